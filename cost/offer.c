#include "cost/offer.h"

#include <math.h>
#include <string.h>

#include "cost/error.h"

const char *const stage_names[N_STAGES] = {"monolith", "services", "functions"};

/* A call to a service that stands for a local call: marshalling on the side that is called. */
#define MARSHAL_S 0.0005
/* Latency objective when the workload states none. */
#define DEFAULT_P99_MS 1000.0

void offer_free(struct offer *offer)
{
  if (offer == NULL) {
    return;
  }
  g_free(offer->plan);
  scenario_free(offer->scenario);
  bill_free(offer->bill);
  g_clear_pointer(&offer->placements, g_array_unref);
  g_clear_pointer(&offer->fleets, g_array_unref);
  g_free(offer);
}

const struct decimal *offer_total(const struct offer *offer)
{
  const struct decimal *total = decimal_from_int(offer->bill->pool, 0);
  for (int section = 0; section < N_SECTIONS; section++) {
    total =
        decimal_add(offer->bill->pool, total, bill_total(offer->bill, (enum section)section).exact);
  }
  return total;
}

void entry_set_number(struct scenario *scenario, struct entry *entry, const char *key, double value,
                      unsigned int digits)
{
  g_autofree char *text = g_strdup_printf("%.*f", (int)digits, fmax(0.0, value));
  entry_set(entry, key, decimal_literal(scenario->pool, text));
}

double load_duration_ms(const struct load *load, double speed)
{
  double computing = load->duration_ms.likely * load->cpu_share.likely;
  return computing / speed + load->duration_ms.likely - computing;
}

static double rule_or(const struct plan *plan, const char *rule, double otherwise)
{
  const struct decimal *value = plan_rule(plan, rule);
  return value == NULL ? otherwise : decimal_to_double(value);
}

double plan_speed(const struct plan *plan, double memory_mb)
{
  g_autofree char *clock = g_strdup_printf("ghz_%.0f", memory_mb);
  if (plan_rule(plan, clock) != NULL) {
    return fmin(1.0, rule_or(plan, clock, 1.0) / rule_or(plan, "ghz_per_vcpu", 2.4));
  }
  double full = rule_or(plan, "memory_mb_per_vcpu", 0.0);
  return full > 0.0 ? fmin(1.0, memory_mb / full) : 1.0;
}

double load_slow_duration_ms(const struct load *load, double speed)
{
  double computing = load->duration_ms.high * load->cpu_share.high;
  return computing / speed + load->duration_ms.high - computing;
}

double plan_best_memory(const struct plan *plan, const struct load *load, double p99_ms)
{
  static const double steps[] = {128,  192,  256,  320,  384,  512,  640,  768,  1024,
                                 1280, 1536, 1769, 2048, 3008, 4096, 6144, 8192, 10240};
  double least = load->memory_mb.likely * 1.25;
  double most = rule_or(plan, "maximum_memory_mb", 10240.0);
  double best = 0.0;
  double best_cost = INFINITY;
  unsigned int n_sizes = plan->sizes->len > 0 ? plan->sizes->len : G_N_ELEMENTS(steps);
  double largest = 0.0;
  for (unsigned int i = 0; i < n_sizes; i++) {
    double size = plan->sizes->len > 0 ? decimal_to_double(plan->sizes->pdata[i]) : steps[i];
    double speed = plan_speed(plan, size);
    double cost = size * load_duration_ms(load, speed);
    if (size > most) {
      break;
    }
    largest = size;
    if (size < least || (p99_ms > 0.0 && load_slow_duration_ms(load, speed) > p99_ms)) {
      continue;
    }
    if (cost <= best_cost * (1.0 + 1e-9)) {
      best = size;
      best_cost = cost;
    }
  }
  return best > 0.0 ? best : largest;
}

struct demand demand_of(const struct workload *workload, const struct loads *loads,
                        const char *service)
{
  struct demand demand = {
      .quantile = 0.99,
      .max_use = workload->max_use,
      .survives_zone = workload->survives_zone,
      .memory_mb = 64.0,
  };
  double longest_ms = 0.0;
  for (unsigned int i = 0; i < loads->functions->len; i++) {
    const struct load *load = loads->functions->pdata[i];
    if (service != NULL && strcmp(load->service, service) != 0) {
      continue;
    }
    double peak = load->per_day.likely / 86400.0 * load->peak_factor;
    double seconds = load->duration_ms.likely / 1000.0;
    demand.peak_rate += peak;
    demand.cpu_s += peak * seconds * load->cpu_share.likely;
    demand.wait_s += peak * seconds * (1.0 - load->cpu_share.likely);
    demand.memory_mb = fmax(demand.memory_mb, 64.0 + 2.0 * load->memory_mb.likely);
    if (strcmp(load->trigger, "http") == 0) {
      longest_ms = fmax(longest_ms, load->duration_ms.likely);
    }
  }
  for (unsigned int i = 0; service != NULL && i < loads->cuts->len; i++) {
    const struct cut_load *cut = loads->cuts->pdata[i];
    if (strcmp(cut->to_service, service) == 0) {
      double rate = cut->per_day.likely / 86400.0 * 2.0;
      demand.peak_rate += rate;
      demand.cpu_s += rate * MARSHAL_S;
    }
  }
  if (demand.peak_rate > 0.0) {
    demand.cpu_s /= demand.peak_rate;
    demand.wait_s /= demand.peak_rate;
  }
  double objective_ms = workload->p99_ms > 0.0 ? workload->p99_ms : DEFAULT_P99_MS;
  demand.max_wait_s = fmax(0.001, (objective_ms - longest_ms) / 1000.0);
  return demand;
}

/* The plans around a fleet, per cloud; NULL where the catalogue prices none. */
static const struct surroundings {
  const char *cloud;
  const char *balancer;
  const char *queue;
  double queue_calls; /* metered calls per message */
  const char *logs;
} surroundings[] = {
    {"aws", "aws-alb", "aws-sqs", 3, "aws-logs"},
    {"gcp", "gcp-lb", "gcp-pubsub", 2, NULL},
    {"azure", "azure-appgw", "azure-queue", 3, NULL},
};

static const struct surroundings *surroundings_of(const char *cloud)
{
  for (size_t i = 0; i < G_N_ELEMENTS(surroundings); i++) {
    if (strcmp(surroundings[i].cloud, cloud) == 0) {
      return &surroundings[i];
    }
  }
  return NULL;
}

static bool add_fleet(struct offer *offer, const char *name, const struct fleet *fleet,
                      GError **error)
{
  struct entry *entry =
      scenario_add(offer->scenario, SECTION_BASELINE, name, fleet->plan->name, NULL, error);
  if (entry == NULL) {
    return false;
  }
  entry_set_number(offer->scenario, entry, "instances", fleet->count, 0);
  if (strcmp(fleet->plan->billing, "container") == 0) {
    entry_set_number(offer->scenario, entry, "vcpu", fleet->vcpu, 3);
    entry_set_number(offer->scenario, entry, "memory_mb", fleet->memory_mb, 0);
  }
  g_array_append_val(offer->fleets, *fleet);
  return true;
}

/* Load balancer, queue and logs of an always-on stage. */
static bool add_surroundings(struct offer *offer, const struct workload *workload,
                             const struct loads *loads, bool has_queue, GError **error)
{
  const struct surroundings *around = surroundings_of(offer->cloud);
  double http = 0.0;
  double http_gb = 0.0;
  double queued = 0.0;
  double calls = 0.0;
  for (unsigned int i = 0; i < loads->functions->len; i++) {
    const struct load *load = loads->functions->pdata[i];
    double requests = load->per_day.likely * workload->days;
    calls += requests;
    if (strcmp(load->trigger, "http") == 0) {
      http += requests;
      http_gb += requests * load->payload_kb.likely / 1048576.0;
    } else if (strcmp(load->trigger, "queue") == 0) {
      queued += requests;
    }
  }
  if (http > 0.0) {
    struct entry *entry = scenario_add(offer->scenario, SECTION_BASELINE, "load balancer",
                                       around->balancer, NULL, error);
    if (entry == NULL) {
      return false;
    }
    entry_set_number(offer->scenario, entry, "requests", http, 0);
    entry_set_number(offer->scenario, entry, "gb", http_gb, 3);
  }
  if (queued > 0.0 && has_queue) {
    struct entry *entry =
        scenario_add(offer->scenario, SECTION_BASELINE, "queue", around->queue, NULL, error);
    if (entry == NULL) {
      return false;
    }
    entry_set_number(offer->scenario, entry, "requests", queued * around->queue_calls, 0);
  }
  if (around->logs != NULL) {
    struct entry *entry =
        scenario_add(offer->scenario, SECTION_BASELINE, "logs", around->logs, NULL, error);
    if (entry == NULL) {
      return false;
    }
    entry_set_number(offer->scenario, entry, "gb", calls * 0.5 / 1048576.0, 6);
  }
  return true;
}

struct offer *offer_always_on(const struct catalogue *catalogue, const struct workload *workload,
                              const struct loads *loads, const char *cloud, bool is_by_service,
                              GError **error)
{
  const char *region = catalogue_cloud(catalogue, cloud)->default_region;
  struct offer *offer = g_new0(struct offer, 1);
  offer->stage = is_by_service ? STAGE_SERVICES : STAGE_MONOLITH;
  offer->cloud = surroundings_of(cloud)->cloud;
  offer->fleets = g_array_new(FALSE, FALSE, sizeof(struct fleet));
  offer->scenario = scenario_new(catalogue);
  offer->scenario->has_free_tier = workload->has_free_tier;
  g_autofree char *hours = g_strdup_printf("%.3f", workload->days * 24.0);
  offer->scenario->hours = decimal_literal(offer->scenario->pool, hours);
  unsigned int n_fleets = is_by_service ? loads->services->len : 1;
  bool is_good = true;
  for (unsigned int i = 0; i < n_fleets && is_good; i++) {
    const char *service = is_by_service ? loads->services->pdata[i] : NULL;
    struct demand demand = demand_of(workload, loads, service);
    struct fleet fleet;
    is_good = fleet_cheapest(catalogue, cloud, region, &demand, workload->is_arm_allowed, &fleet) &&
              add_fleet(offer, service != NULL ? service : "monolith", &fleet, error);
    if (is_good && i == 0) {
      offer->plan = g_strdup(fleet.plan->name);
    }
  }
  is_good = is_good && add_surroundings(offer, workload, loads, is_by_service, error);
  offer->bill = is_good ? scenario_bill(offer->scenario, error) : NULL;
  if (offer->bill == NULL) {
    g_clear_pointer(&offer, offer_free);
  }
  return offer;
}
