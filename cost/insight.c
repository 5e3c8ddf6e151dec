#include "cost/insight.h"

#include <math.h>
#include <string.h>

#include "cost/advice.h"
#include "store/results.h"

#define TORNADO_LIMIT 12
#define MOST_INSTANCES 64
#define MOST_INSTANCES_OF_ONE 16

static const char *const clouds[] = {"aws", "gcp", "azure"};

static void cloud_insight_free(gpointer data)
{
  struct cloud_insight *insight = data;
  g_clear_pointer(&insight->tornado, g_array_unref);
  g_clear_pointer(&insight->crossings, g_array_unref);
  g_clear_pointer(&insight->flips, g_array_unref);
  g_clear_pointer(&insight->rehearsals, g_array_unref);
  estimate_free(insight->estimate);
  g_free(insight);
}

void insight_free(struct insight *insight)
{
  if (insight == NULL) {
    return;
  }
  g_ptr_array_unref(insight->clouds);
  g_ptr_array_unref(insight->advice);
  g_free(insight);
}

static double sustained_vcpu(const struct fleet *fleet)
{
  const struct decimal *sustained = plan_rule(fleet->plan, "sustained_vcpu");
  return sustained != NULL ? decimal_to_double(sustained) : fleet->vcpu;
}

/* Dividing limits in calls/s by the mean rate turns them into factors on the likely load. */
static double mean_rate(const struct loads *loads)
{
  double sum = 0.0;
  for (unsigned int i = 0; i < loads->functions->len; i++) {
    const struct load *load = loads->functions->pdata[i];
    sum += load->per_day.likely / 86400.0;
  }
  return sum;
}

static struct demand demand_of_one(const struct workload *workload, const struct load *load)
{
  g_autoptr(GPtrArray) one = g_ptr_array_new();
  g_autoptr(GPtrArray) none = g_ptr_array_new();
  const struct loads alone = {.functions = one, .cuts = none};
  g_ptr_array_add(one, (gpointer)load);
  return demand_of(workload, &alone, NULL);
}

static double linear_hourly(double rate, void *data)
{
  return rate * 3600.0 * *(const double *)data;
}

static struct flip flip_of(const struct comparison *comparison, const struct estimate *estimate,
                           unsigned int part, const struct placement *placement,
                           const struct fleet *machine, double fixed_hourly)
{
  const struct load *load = placement->load;
  struct flip flip = {.load = load, .rate = INFINITY};
  g_autofree double *used = g_new0(double, MAX(1, estimate_n_meters(estimate)));
  double values[N_INPUTS];
  for (int input = 0; input < N_INPUTS; input++) {
    values[input] = estimate_range(estimate, part, (enum input)input).likely;
  }
  double calls = values[INPUT_RATE] * comparison->workload->days;
  if (calls <= 0.0) {
    return flip;
  }
  estimate_use(estimate, part, values, 1.0, used);
  flip.per_call = estimate_marginal(estimate, used) / calls;
  struct demand demand = demand_of_one(comparison->workload, load);
  bool is_http = strcmp(load->trigger, "http") == 0;
  g_autoptr(GArray) staircase =
      breakeven_staircase(&demand, load->peak_factor, machine->vcpu, sustained_vcpu(machine),
                          INFINITY, MOST_INSTANCES_OF_ONE);
  g_autoptr(GArray) crossings =
      breakeven_crossings(staircase, machine->hourly, is_http ? fixed_hourly : 0.0, linear_hourly,
                          &flip.per_call, INFINITY, 1);
  if (crossings->len > 0) {
    flip.rate = g_array_index(crossings, struct crossing, 0).rate;
    flip.duty_cycle = flip.rate * placement->duration_ms / 1000.0;
  }
  return flip;
}

static struct cloud_insight *look_at(const struct comparison *comparison, const struct offer *offer,
                                     const struct offer *monolith, uint64_t seed,
                                     unsigned int n_draws)
{
  const struct workload *workload = comparison->workload;
  const struct loads *loads = comparison->loads;
  struct cloud_insight *insight = g_new0(struct cloud_insight, 1);
  insight->offer = offer;
  insight->estimate = estimate_new(comparison->catalogue, workload, loads, offer);
  insight->total = spread_total(insight->estimate, workload->has_free_tier, seed, n_draws);
  insight->tornado = spread_tornado(insight->estimate, workload->has_free_tier, TORNADO_LIMIT);
  insight->flips = g_array_new(FALSE, FALSE, sizeof(struct flip));
  if (monolith == NULL) {
    insight->crossings = g_array_new(FALSE, FALSE, sizeof(struct crossing));
    return insight;
  }
  const struct fleet *machine = &g_array_index(monolith->fleets, struct fleet, 0);
  double hours = workload->days * 24.0;
  double total = decimal_to_double(offer_total(monolith));
  struct demand demand = demand_of(workload, loads, NULL);
  double mean = mean_rate(loads);
  struct always_on always_on = {
      .staircase = breakeven_staircase(&demand, demand.peak_rate, machine->vcpu,
                                       sustained_vcpu(machine), MAX_FACTOR, MOST_INSTANCES),
      .hourly = machine->hourly,
      .fixed_hourly = fmax(0.0, total / hours - machine->count * machine->hourly),
  };
  insight->crossings =
      spread_breakeven(insight->estimate, &always_on, hours, workload->has_free_tier, MAX_FACTOR);
  insight->breakeven = mean > 0.0 ? spread_first_breakeven(insight->estimate, &always_on, hours,
                                                           workload->has_free_tier, MAX_FACTOR,
                                                           seed, MIN(n_draws, 500))
                                  : (struct quantiles){MAX_FACTOR, MAX_FACTOR, MAX_FACTOR};
  for (unsigned int i = 0; i < offer->placements->len; i++) {
    const struct placement *placement = &g_array_index(offer->placements, struct placement, i);
    const struct flip flip =
        flip_of(comparison, insight->estimate, i, placement, machine, always_on.fixed_hourly);
    g_array_append_val(insight->flips, flip);
  }
  g_array_unref(always_on.staircase);
  return insight;
}

struct insight *insight_new(const struct comparison *comparison, uint64_t seed,
                            unsigned int n_draws, uint64_t n_calls, struct cost_watch *watch)
{
  if (watch != NULL) {
    watch->n_before = 0;
    watch->n_total = (unsigned int)G_N_ELEMENTS(clouds) * comparison->loads->functions->len;
  }
  struct insight *insight = g_new0(struct insight, 1);
  insight->clouds = g_ptr_array_new_with_free_func(cloud_insight_free);
  for (size_t i = 0; i < G_N_ELEMENTS(clouds); i++) {
    const struct offer *offer = comparison_chosen(comparison, STAGE_FUNCTIONS, clouds[i]);
    const struct offer *monolith = comparison_chosen(comparison, STAGE_MONOLITH, clouds[i]);
    if (offer != NULL) {
      struct cloud_insight *cloud = look_at(comparison, offer, monolith, seed, n_draws);
      cloud->rehearsals =
          rehearsal_run(offer, comparison->catalogue, comparison->workload, seed, n_calls, watch);
      g_ptr_array_add(insight->clouds, cloud);
    }
    if (watch != NULL) {
      watch->n_before += comparison->loads->functions->len;
    }
  }
  insight->advice = advice_list(comparison);
  return insight;
}

static bool write_ranges(const struct cloud_insight *cloud, struct store *store, int64_t *position,
                         GError **error)
{
  struct result_range range = {
      .position = (*position)++,
      .cloud = cloud->offer->cloud,
      .billing_plan = cloud->offer->plan,
      .name = "",
      .input = "",
      .low = cloud->total.p5,
      .likely = cloud->total.p50,
      .high = cloud->total.p95,
  };
  bool is_good = store_insert(store, &result_range_table, &range, error);
  for (unsigned int i = 0; is_good && i < cloud->tornado->len; i++) {
    const struct swing *swing = &g_array_index(cloud->tornado, struct swing, i);
    range.position = (*position)++;
    range.name = swing->part;
    range.input = swing->input;
    range.low = MIN(swing->low, swing->high);
    range.likely = decimal_to_double(offer_total(cloud->offer));
    range.high = MAX(swing->low, swing->high);
    is_good = store_insert(store, &result_range_table, &range, error);
  }
  return is_good;
}

bool insight_write(const struct insight *insight, struct store *store, GError **error)
{
  int64_t position = 0;
  if (!store_begin(store, error)) {
    return false;
  }
  bool is_good = store_clear(store, &result_range_table, error);
  for (unsigned int i = 0; is_good && i < insight->clouds->len; i++) {
    is_good = write_ranges(insight->clouds->pdata[i], store, &position, error);
  }
  if (!is_good) {
    store_rollback(store);
    return false;
  }
  return store_commit(store, error);
}
