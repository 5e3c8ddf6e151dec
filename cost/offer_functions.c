/* Functions on a billing plan: placement of each load, and what stands around it. */
#include <math.h>
#include <string.h>

#include "cost/erlang.h"
#include "cost/keepalive.h"
#include "cost/offer.h"

/* START, END and REPORT lines of the platform and a line of the function. */
#define LOG_KB 0.5
/* Instances are recycled now and then whatever their idle time, per second. */
#define RECYCLING_HAZARD (0.2 / 3600.0)

/* What a cloud bills around a function; NULL where it bills nothing. */
static const struct around {
  const char *cloud;
  const char *gateway;
  const char *queue;
  double queue_calls; /* metered calls per message */
  const char *schedule;
  bool is_by_job; /* the schedule is billed by the job, not by the call */
  const char *storage;
  const char *logs;
} arounds[] = {
    {"aws", "aws-apigw-http", "aws-sqs", 3, "aws-scheduler", false, "aws-s3", "aws-logs"},
    {"gcp", NULL, "gcp-pubsub", 2, "gcp-scheduler", true, NULL, NULL},
    {"azure", NULL, "azure-queue", 3, NULL, false, NULL, NULL},
};

static const struct around *around_of(const char *cloud)
{
  for (size_t i = 0; i < G_N_ELEMENTS(arounds); i++) {
    if (strcmp(arounds[i].cloud, cloud) == 0) {
      return &arounds[i];
    }
  }
  return NULL;
}

/* Cold starts over the hours of the day, each with its own rate. */
static double cold_share(const struct load *load, const char *cloud)
{
  const struct keepalive_curve *curve = keepalive_curve(cloud);
  const struct shape *shape = load->entry != NULL ? load->entry->shape : shape_find("flat");
  double daily = load->per_day.likely / 86400.0;
  double sum = 0.0;
  double cold = 0.0;
  if (strcmp(load->trigger, "schedule") == 0) { /* regular, not random, gaps */
    return daily > 0.0 ? keepalive_gone(curve, 1.0 / daily) : 1.0;
  }
  for (int hour = 0; hour < 24; hour++) {
    sum += shape->hours[hour];
  }
  for (int hour = 0; hour < 24; hour++) {
    double share = shape->hours[hour] / sum;
    cold += share * keepalive_cold_share(curve, daily * share * 24.0, RECYCLING_HAZARD);
  }
  return cold;
}

/* Calls that overlap on one instance on average: the mean number in flight while any is. */
static double overlap(const struct plan *plan, const struct load *load, double duration_ms)
{
  const struct decimal *limit = plan_rule(plan, "concurrency");
  double most = limit == NULL ? 1.0 : decimal_to_double(limit);
  double in_flight = load->per_day.likely / 86400.0 * duration_ms / 1000.0;
  if (strcmp(plan->billing, "run-request") != 0 && strcmp(plan->billing, "flex") != 0) {
    return 1.0;
  }
  if (in_flight < 1e-9) {
    return 1.0;
  }
  double computing = fmax(0.05, load->cpu_share.likely);
  most = fmin(most, fmax(1.0, 0.6 / computing)); /* the scaler aims at 60 % of the CPU */
  return fmin(most, in_flight / -expm1(-in_flight));
}

static struct placement place(const struct plan *plan, const struct load *load,
                              const struct workload *workload)
{
  struct placement placement = {.load = load};
  bool is_watched = strcmp(load->trigger, "http") == 0 && workload->p99_ms > 0.0;
  placement.memory_mb = plan_best_memory(plan, load, is_watched ? workload->p99_ms : 0.0);
  if (strcmp(plan->billing, "consumption") == 0) { /* bills what is used */
    placement.memory_mb = fmin(1536.0, fmax(128.0, ceil(load->memory_mb.likely)));
  } else if (strcmp(plan->billing, "run-request") == 0) {
    placement.memory_mb = fmax(256.0, ceil(load->memory_mb.likely * 1.25));
  } else if (strcmp(plan->billing, "gen1") == 0) {
    placement.memory_mb = 128.0;
    while (placement.memory_mb < 8192.0 &&
           (placement.memory_mb < load->memory_mb.likely * 1.25 ||
            (is_watched && load_slow_duration_ms(load, plan_speed(plan, placement.memory_mb)) >
                               workload->p99_ms))) {
      placement.memory_mb *= 2.0;
    }
  }
  placement.duration_ms = load_duration_ms(load, plan_speed(plan, placement.memory_mb));
  placement.cold_share = cold_share(load, plan->cloud);
  placement.concurrency = overlap(plan, load, placement.duration_ms);
  placement.requests = round(load->per_day.likely * workload->days);
  placement.is_kept_warm = is_watched && placement.cold_share > 0.01 &&
                           placement.duration_ms + load->init_ms.likely > workload->p99_ms;
  return placement;
}

/* Instances that are kept warm so that 99 of 100 calls of the busiest hour find one. */
static double warm_instances(const struct placement *placement)
{
  double rate = placement->load->per_day.likely / 86400.0 * placement->load->peak_factor;
  double in_flight = rate * placement->duration_ms / 1000.0;
  unsigned int n = 1;
  while (n < 10000 && erlang_b(n, in_flight) > 0.01) {
    n++;
  }
  return n;
}

static bool add_function(struct offer *offer, const struct plan *plan,
                         const struct placement *placement, GError **error)
{
  struct scenario *scenario = offer->scenario;
  const struct load *load = placement->load;
  struct entry *entry =
      scenario_add(scenario, SECTION_FUNCTIONS, load->name, plan->name, NULL, error);
  if (entry == NULL) {
    return false;
  }
  double cold = round(placement->requests * placement->cold_share);
  double warm = placement->is_kept_warm ? warm_instances(placement) : 0.0;
  bool is_lambda = strcmp(plan->billing, "lambda") == 0;
  bool is_provisioned = is_lambda && warm > 0.0;
  entry_set_number(scenario, entry, "memory_mb", placement->memory_mb, 0);
  entry_set_number(scenario, entry, is_provisioned ? "provisioned.requests" : "requests",
                   placement->requests, 0);
  entry_set_number(scenario, entry, is_provisioned ? "provisioned.duration_ms" : "duration_ms",
                   placement->duration_ms, 3);
  if (is_provisioned) {
    entry_set_number(scenario, entry, "provisioned.instances", warm, 0);
  } else if (is_lambda || strcmp(plan->billing, "run-request") == 0) {
    entry_set_number(scenario, entry, "cold_starts", cold, 0);
    entry_set_number(scenario, entry, "init_ms", load->init_ms.likely, 3);
  }
  if (strcmp(plan->billing, "run-request") == 0 || strcmp(plan->billing, "flex") == 0) {
    entry_set_number(scenario, entry, "concurrency", placement->concurrency, 3);
  }
  if (warm > 0.0 &&
      (strcmp(plan->billing, "run-request") == 0 || strcmp(plan->billing, "gen1") == 0)) {
    entry_set_number(scenario, entry, "min_instances", warm, 0);
  } else if (warm > 0.0 && strcmp(plan->billing, "flex") == 0) {
    entry_set_number(scenario, entry, "always_ready", warm, 0);
  }
  return true;
}

static bool add_around(struct offer *offer, const char *name, const char *plan, const char *key,
                       double value, double request_kb, GError **error)
{
  if (plan == NULL || value <= 0.0) {
    return true;
  }
  struct entry *entry =
      scenario_add(offer->scenario, SECTION_INFRASTRUCTURE, name, plan, NULL, error);
  if (entry == NULL) {
    return false;
  }
  entry_set_number(offer->scenario, entry, key, value, 6);
  if (request_kb > 0.0) {
    entry_set_number(offer->scenario, entry, "request_kb", request_kb, 3);
  }
  return true;
}

/* Gateway, queue or schedule by the trigger; logs; state that must live outside. */
static bool add_surroundings(struct offer *offer, const struct around *around,
                             const struct placement *placement, GError **error)
{
  const struct load *load = placement->load;
  double requests = placement->requests;
  double payload = load->payload_kb.likely;
  bool is_good = true;
  if (strcmp(load->trigger, "http") == 0) {
    is_good = add_around(offer, load->name, around->gateway, "requests", requests, payload, error);
  } else if (strcmp(load->trigger, "queue") == 0) {
    is_good = add_around(offer, load->name, around->queue, "requests",
                         requests * around->queue_calls, payload, error);
  } else if (strcmp(load->trigger, "schedule") == 0) {
    is_good = add_around(offer, load->name, around->schedule,
                         around->is_by_job ? "instances" : "requests",
                         around->is_by_job ? 1.0 : requests, 0.0, error);
  }
  is_good = is_good && add_around(offer, load->name, around->logs, "gb",
                                  requests * LOG_KB / 1048576.0, 0.0, error);
  if (is_good && around->storage != NULL && load->n_state_reads + load->n_state_writes > 0) {
    struct entry *entry = scenario_add(offer->scenario, SECTION_INFRASTRUCTURE, load->name,
                                       around->storage, NULL, error);
    if (entry == NULL) {
      return false;
    }
    entry_set_number(offer->scenario, entry, "reads", load->n_state_reads > 0 ? requests : 0.0, 0);
    entry_set_number(offer->scenario, entry, "requests", load->n_state_writes > 0 ? requests : 0.0,
                     0);
  }
  return is_good;
}

/* A cut is a request; the callee runs and the caller waits, each for the round trip. */
static bool add_cut(struct offer *offer, const struct plan *plan, const struct cut_load *cut,
                    double days, GError **error)
{
  static const char *const is_memory_fixed[] = {"flex", NULL};
  g_autofree char *name =
      g_strdup_printf("cut: %s to %s: %s", cut->from_service, cut->to_service, cut->what);
  struct entry *entry =
      scenario_add(offer->scenario, SECTION_FUNCTIONS, name, plan->name, NULL, error);
  if (entry == NULL) {
    return false;
  }
  double memory = g_strv_contains(is_memory_fixed, plan->billing) ? 512.0 : 256.0;
  entry_set_number(offer->scenario, entry, "requests", cut->per_day.likely * days, 0);
  entry_set_number(offer->scenario, entry, "duration_ms", 2.0 * cut->round_trip_ms.likely, 3);
  entry_set_number(offer->scenario, entry, "memory_mb", memory, 0);
  return true;
}

static bool fill(struct offer *offer, const struct plan *plan, const struct workload *workload,
                 const struct loads *loads, GError **error)
{
  const struct around *around = around_of(plan->cloud);
  for (unsigned int i = 0; i < loads->functions->len; i++) {
    const struct placement placement = place(plan, loads->functions->pdata[i], workload);
    g_array_append_val(offer->placements, placement);
    if (!add_function(offer, plan, &placement, error)) {
      return false;
    }
  }
  for (unsigned int i = 0; i < loads->cuts->len; i++) {
    if (!add_cut(offer, plan, loads->cuts->pdata[i], workload->days, error)) {
      return false;
    }
  }
  for (unsigned int i = 0; i < offer->placements->len; i++) {
    if (!add_surroundings(offer, around, &g_array_index(offer->placements, struct placement, i),
                          error)) {
      return false;
    }
  }
  return true;
}

struct offer *offer_functions(const struct catalogue *catalogue, const struct workload *workload,
                              const struct loads *loads, const char *plan_name, GError **error)
{
  const struct plan *plan = catalogue_plan(catalogue, plan_name);
  struct offer *offer = g_new0(struct offer, 1);
  offer->stage = STAGE_FUNCTIONS;
  offer->cloud = around_of(plan->cloud)->cloud;
  offer->plan = g_strdup(plan_name);
  offer->placements = g_array_new(FALSE, FALSE, sizeof(struct placement));
  offer->scenario = scenario_new(catalogue);
  offer->scenario->has_free_tier = workload->has_free_tier;
  g_autofree char *hours = g_strdup_printf("%.3f", workload->days * 24.0);
  offer->scenario->hours = decimal_literal(offer->scenario->pool, hours);
  if (!fill(offer, plan, workload, loads, error)) {
    offer_free(offer);
    return NULL;
  }
  offer->bill = scenario_bill(offer->scenario, error);
  if (offer->bill == NULL) {
    g_clear_pointer(&offer, offer_free);
  }
  return offer;
}
