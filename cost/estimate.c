#include "cost/estimate.h"

#include <math.h>
#include <string.h>

#define MAX_TIERS 8
#define MAX_USES 10

const char *const input_names[N_INPUTS] = {"rate", "duration", "cpu share"};

struct meter_model {
  const struct meter *meter;
  unsigned int n_tiers;
  double up_to[MAX_TIERS]; /* infinite for the last */
  double price[MAX_TIERS];
};

struct grant_model {
  bool is_money;
  double amount;
  GArray *meters; /* unsigned int, the dearest first */
};

/* What a part uses of one meter: per_call for each call, plus per_second for each billed second of
 * it, plus a fixed amount in the period. */
struct use_model {
  unsigned int meter;
  double per_call;
  double per_second;
  double fixed;
};

struct part {
  const char *name;
  struct range ranges[N_INPUTS];
  double speed;
  double step_ms;
  double least_ms;
  double share; /* 1 / calls that share an instance */
  unsigned int n_uses;
  struct use_model uses[MAX_USES];
};

struct estimate {
  const struct catalogue *catalogue;
  double days;
  GArray *meters; /* struct meter_model */
  GArray *grants; /* struct grant_model */
  GArray *parts;  /* struct part */
  GPtrArray *names;
};

void estimate_free(struct estimate *estimate)
{
  if (estimate == NULL) {
    return;
  }
  for (unsigned int i = 0; i < estimate->grants->len; i++) {
    g_array_unref(g_array_index(estimate->grants, struct grant_model, i).meters);
  }
  g_array_unref(estimate->meters);
  g_array_unref(estimate->grants);
  g_array_unref(estimate->parts);
  g_ptr_array_unref(estimate->names);
  g_free(estimate);
}

static unsigned int meter_index(struct estimate *estimate, const struct meter *meter)
{
  for (unsigned int i = 0; i < estimate->meters->len; i++) {
    if (g_array_index(estimate->meters, struct meter_model, i).meter == meter) {
      return i;
    }
  }
  const struct cloud *cloud = catalogue_cloud(estimate->catalogue, meter->cloud);
  const struct price *price = catalogue_price(estimate->catalogue, meter, cloud->default_region);
  struct meter_model model = {.meter = meter};
  for (unsigned int i = 0; price != NULL && i < price->tiers->len && i < MAX_TIERS; i++) {
    const struct price_tier *tier = price->tiers->pdata[i];
    model.up_to[i] = tier->up_to != NULL ? decimal_to_double(tier->up_to) : INFINITY;
    model.price[i] = decimal_to_double(tier->price);
    model.n_tiers++;
  }
  g_array_append_val(estimate->meters, model);
  return estimate->meters->len - 1;
}

static void add_use(struct estimate *estimate, struct part *part, const char *plan_name,
                    const char *role, double per_call, double per_second, double fixed)
{
  const struct plan *plan = catalogue_plan(estimate->catalogue, plan_name);
  const struct meter *meter = plan == NULL ? NULL : catalogue_role(estimate->catalogue, plan, role);
  if (meter == NULL || part->n_uses == MAX_USES) {
    return;
  }
  part->uses[part->n_uses++] = (struct use_model){
      .meter = meter_index(estimate, meter),
      .per_call = per_call,
      .per_second = per_second,
      .fixed = fixed,
  };
}

static double rule_or(const struct plan *plan, const char *rule, double otherwise)
{
  const struct decimal *value = plan_rule(plan, rule);
  return value == NULL ? otherwise : decimal_to_double(value);
}

/* What a second of a plan's instance uses, by the way it is billed. */
static void add_seconds(struct estimate *estimate, struct part *part, const struct plan *plan,
                        double memory_mb, double init_s_per_call)
{
  double gb = memory_mb / 1024.0;
  if (strcmp(plan->billing, "run-request") == 0) {
    add_use(estimate, part, plan->name, "cpu", init_s_per_call, 1.0, 0.0);
    add_use(estimate, part, plan->name, "memory", gb * init_s_per_call, gb, 0.0);
  } else if (strcmp(plan->billing, "gen1") == 0) {
    g_autofree char *rule = g_strdup_printf("ghz_%.0f", memory_mb);
    add_use(estimate, part, plan->name, "cpu", 0.0, rule_or(plan, rule, 0.0), 0.0);
    add_use(estimate, part, plan->name, "memory", 0.0, gb, 0.0);
  } else {
    double step = rule_or(plan, "memory_step_mb", 0.0);
    double billed = step > 0.0 ? fmax(step, ceil(memory_mb / step) * step) / 1024.0 : gb;
    add_use(estimate, part, plan->name, "compute", billed * init_s_per_call, billed, 0.0);
  }
}

static void part_init(struct part *part, const struct plan *plan, const char *name, double speed,
                      double concurrency)
{
  bool is_stepped = strcmp(plan->billing, "lambda") == 0 || plan_rule(plan, "step_ms") != NULL;
  part->name = name;
  part->speed = speed;
  part->step_ms = is_stepped ? rule_or(plan, "step_ms", 1.0) : 1.0;
  part->least_ms = rule_or(plan, "minimum_ms", 0.0);
  part->share = 1.0 / fmax(1.0, concurrency);
}

/* The entries of the offer's scenario that stand around a load, as uses for each of its calls. */
static void add_surroundings(struct estimate *estimate, struct part *part,
                             const struct offer *offer, const struct placement *placement)
{
  for (unsigned int i = 0; i < offer->scenario->entries->len; i++) {
    const struct entry *entry = offer->scenario->entries->pdata[i];
    if (entry->section != SECTION_INFRASTRUCTURE ||
        strcmp(entry->name, placement->load->name) != 0 || placement->requests <= 0.0) {
      continue;
    }
    static const char *const keys[][2] = {
        {"requests", "requests"}, {"reads", "reads"}, {"gb", "gb"}};
    double chunk = rule_or(entry->plan, "chunk_kb", 0.0);
    const struct decimal *payload = entry_get(entry, "request_kb");
    double factor =
        chunk > 0.0 && payload != NULL ? fmax(1.0, ceil(decimal_to_double(payload) / chunk)) : 1.0;
    for (size_t j = 0; j < G_N_ELEMENTS(keys); j++) {
      const struct decimal *value = entry_get(entry, keys[j][0]);
      if (value == NULL) {
        continue;
      }
      double per_call = decimal_to_double(value) / placement->requests;
      if (strcmp(entry->plan->billing, "volume") == 0) {
        double bytes = payload == NULL ? 0.0 : decimal_to_double(payload) * 1024.0;
        bytes = fmax(bytes, rule_or(entry->plan, "minimum_bytes", 0.0));
        add_use(estimate, part, entry->plan->name, "volume", per_call * bytes / 1099511627776.0,
                0.0, 0.0);
      } else {
        add_use(estimate, part, entry->plan->name, keys[j][1], per_call * (j == 0 ? factor : 1.0),
                0.0, 0.0);
      }
    }
    const struct decimal *jobs = entry_get(entry, "instances");
    if (jobs != NULL) {
      add_use(estimate, part, entry->plan->name, "instances", 0.0, 0.0, decimal_to_double(jobs));
    }
  }
}

/* Kept-warm functions are taken as they stand in the bill: their cost hardly depends on the rate.
 */
static void add_function(struct estimate *estimate, const struct plan *plan,
                         const struct offer *offer, const struct placement *placement)
{
  const struct load *load = placement->load;
  struct part part = {0};
  bool has_init = strcmp(plan->billing, "lambda") == 0 || strcmp(plan->billing, "run-request") == 0;
  double init_s = has_init ? placement->cold_share * load->init_ms.likely / 1000.0 : 0.0;
  part_init(&part, plan, load->name, plan_speed(plan, placement->memory_mb),
            placement->concurrency);
  part.ranges[INPUT_RATE] = load->per_day;
  part.ranges[INPUT_DURATION] = load->duration_ms;
  part.ranges[INPUT_CPU_SHARE] =
      part.speed < 1.0 ? load->cpu_share : range_exact(load->cpu_share.likely);
  if (placement->is_kept_warm) {
    part.ranges[INPUT_RATE] = range_exact(load->per_day.likely);
    part.ranges[INPUT_DURATION] = range_exact(load->duration_ms.likely);
  }
  add_seconds(estimate, &part, plan, placement->memory_mb, init_s);
  add_use(estimate, &part, plan->name, "requests", 1.0, 0.0, 0.0);
  add_surroundings(estimate, &part, offer, placement);
  g_array_append_val(estimate->parts, part);
}

static void add_cut(struct estimate *estimate, const struct plan *plan, const struct cut_load *cut)
{
  struct part part = {0};
  char *name = g_strdup_printf("cut: %s to %s: %s", cut->from_service, cut->to_service, cut->what);
  double memory = strcmp(plan->billing, "flex") == 0 ? 512.0 : 256.0;
  g_ptr_array_add(estimate->names, name);
  part_init(&part, plan, name, 1.0, 1.0);
  part.ranges[INPUT_RATE] = cut->per_day;
  part.ranges[INPUT_DURATION] = range_scaled(cut->round_trip_ms, 2.0);
  part.ranges[INPUT_CPU_SHARE] = range_exact(1.0);
  add_seconds(estimate, &part, plan, memory, 0.0);
  add_use(estimate, &part, plan->name, "requests", 1.0, 0.0, 0.0);
  g_array_append_val(estimate->parts, part);
}

static int compare_dearest(gconstpointer a, gconstpointer b, gpointer data)
{
  const GArray *meters = data;
  const struct meter_model *left =
      &g_array_index(meters, struct meter_model, *(const unsigned int *)a);
  const struct meter_model *right =
      &g_array_index(meters, struct meter_model, *(const unsigned int *)b);
  return (left->price[0] < right->price[0]) - (left->price[0] > right->price[0]);
}

static void add_grants(struct estimate *estimate)
{
  GHashTableIter iterator;
  gpointer value = NULL;
  g_hash_table_iter_init(&iterator, estimate->catalogue->grants);
  while (g_hash_table_iter_next(&iterator, NULL, &value)) {
    const struct grant *grant = value;
    struct grant_model model = {grant->is_money, decimal_to_double(grant->amount),
                                g_array_new(FALSE, FALSE, sizeof(unsigned int))};
    for (unsigned int i = 0; i < estimate->meters->len; i++) {
      const struct meter_model *meter = &g_array_index(estimate->meters, struct meter_model, i);
      if (g_ptr_array_find_with_equal_func(grant->meters, meter->meter->id, g_str_equal, NULL)) {
        g_array_append_val(model.meters, i);
      }
    }
    g_array_sort_with_data(model.meters, compare_dearest, estimate->meters);
    g_array_append_val(estimate->grants, model);
  }
}

struct estimate *estimate_new(const struct catalogue *catalogue, const struct workload *workload,
                              const struct loads *loads, const struct offer *offer)
{
  const struct plan *plan = catalogue_plan(catalogue, offer->plan);
  struct estimate *estimate = g_new0(struct estimate, 1);
  estimate->catalogue = catalogue;
  estimate->days = workload->days;
  estimate->meters = g_array_new(FALSE, FALSE, sizeof(struct meter_model));
  estimate->grants = g_array_new(FALSE, FALSE, sizeof(struct grant_model));
  estimate->parts = g_array_new(FALSE, FALSE, sizeof(struct part));
  estimate->names = g_ptr_array_new_with_free_func(g_free);
  for (unsigned int i = 0; i < offer->placements->len; i++) {
    add_function(estimate, plan, offer, &g_array_index(offer->placements, struct placement, i));
  }
  for (unsigned int i = 0; i < loads->cuts->len; i++) {
    add_cut(estimate, plan, loads->cuts->pdata[i]);
  }
  add_grants(estimate);
  return estimate;
}

unsigned int estimate_n_parts(const struct estimate *estimate)
{
  return estimate->parts->len;
}

unsigned int estimate_n_meters(const struct estimate *estimate)
{
  return estimate->meters->len;
}

struct range estimate_range(const struct estimate *estimate, unsigned int part, enum input input)
{
  return g_array_index(estimate->parts, struct part, part).ranges[input];
}

const char *estimate_part_name(const struct estimate *estimate, unsigned int part)
{
  return g_array_index(estimate->parts, struct part, part).name;
}

void estimate_use(const struct estimate *estimate, unsigned int index, const double *values,
                  double sign, double *used)
{
  const struct part *part = &g_array_index(estimate->parts, struct part, index);
  double calls = values[INPUT_RATE] * estimate->days;
  double computing = values[INPUT_DURATION] * values[INPUT_CPU_SHARE];
  double milliseconds = computing / part->speed + values[INPUT_DURATION] - computing;
  milliseconds = fmax(part->least_ms, ceil(milliseconds / part->step_ms - 1e-9) * part->step_ms);
  double seconds = calls * milliseconds / 1000.0 * part->share;
  for (unsigned int i = 0; i < part->n_uses; i++) {
    const struct use_model *use = &part->uses[i];
    used[use->meter] += sign * (calls * use->per_call + seconds * use->per_second + use->fixed);
  }
}

static double tiered(const struct meter_model *meter, double quantity)
{
  double sum = 0.0;
  double below = 0.0;
  for (unsigned int i = 0; i < meter->n_tiers && quantity > below; i++) {
    sum += (fmin(quantity, meter->up_to[i]) - below) * meter->price[i];
    below = meter->up_to[i];
  }
  return sum;
}

double estimate_cost(const struct estimate *estimate, const double *used, bool has_free_tier)
{
  double granted[64] = {0};
  double money[64] = {0};
  double sum = 0.0;
  for (unsigned int i = 0; has_free_tier && i < estimate->grants->len; i++) {
    const struct grant_model *grant = &g_array_index(estimate->grants, struct grant_model, i);
    double rest = grant->amount;
    for (unsigned int j = 0; j < grant->meters->len; j++) {
      unsigned int meter = g_array_index(grant->meters, unsigned int, j);
      const struct meter_model *model = &g_array_index(estimate->meters, struct meter_model, meter);
      double open = grant->is_money ? used[meter] * model->price[0] : used[meter];
      double given = fmin(rest, fmax(0.0, open));
      rest -= given;
      (grant->is_money ? money : granted)[meter] += given;
    }
  }
  for (unsigned int i = 0; i < estimate->meters->len && i < G_N_ELEMENTS(granted); i++) {
    const struct meter_model *meter = &g_array_index(estimate->meters, struct meter_model, i);
    sum += fmax(0.0, tiered(meter, used[i] - granted[i]) - money[i]);
  }
  return sum;
}

double estimate_marginal(const struct estimate *estimate, const double *used)
{
  double sum = 0.0;
  for (unsigned int i = 0; i < estimate->meters->len; i++) {
    sum += used[i] * g_array_index(estimate->meters, struct meter_model, i).price[0];
  }
  return sum;
}
