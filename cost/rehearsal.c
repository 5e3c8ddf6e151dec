#include "cost/rehearsal.h"

#include <math.h>
#include <string.h>

/* As in offer_functions.c: recycled every five hours on average. */
#define RECYCLING_HAZARD (0.2 / 3600.0)
/* Mean length of a burst. */
#define BURST_S 60.0

static double rule_or(const struct plan *plan, const char *rule, double otherwise)
{
  const struct decimal *value = plan_rule(plan, rule);
  return value == NULL ? otherwise : decimal_to_double(value);
}

static struct rehearsal rehearse(const struct placement *placement, const struct plan *plan,
                                 const struct workload *workload, uint64_t seed, uint64_t max_calls)
{
  const struct load *load = placement->load;
  const struct workload_entry *entry = load->entry;
  struct rehearsal rehearsal = {.load = load, .meets_objective = true};
  double calls = round(load->per_day.likely * workload->days);
  double warm_s = placement->duration_ms / 1000.0;
  bool is_scheduled = strcmp(load->trigger, "schedule") == 0;
  if (calls < 1.0) {
    return rehearsal;
  }
  struct simulation simulation = {
      .seed = seed,
      .n_calls = (uint64_t)fmin(calls, (double)max_calls),
      .arrivals = ARRIVALS_DIURNAL,
      .rate = load->per_day.likely / 86400.0,
      .hours = entry != NULL ? entry->shape->hours : shape_find("flat")->hours,
      .service = SERVICE_EXPONENTIAL,
      .warm_s = warm_s,
      .cold_s = warm_s,
      .init_s = load->init_ms.likely / 1000.0,
      .curve = keepalive_curve(plan->cloud),
      .hazard = RECYCLING_HAZARD,
      .provisioned = placement->is_kept_warm ? 1 : 0,
      .step_s = rule_or(plan, "step_ms", 0.0) / 1000.0,
  };
  if (entry != NULL && entry->burst > 1.0) {
    simulation.arrivals = ARRIVALS_BURSTY;
    simulation.burst = entry->burst;
    simulation.burst_s = BURST_S;
  }
  g_autofree double *times = NULL;
  if (is_scheduled) { /* evenly spaced */
    simulation.arrivals = ARRIVALS_TRACE;
    simulation.n_trace = simulation.n_calls;
    times = g_new(double, simulation.n_trace);
    for (size_t i = 0; i < simulation.n_trace; i++) {
      times[i] = (double)i / simulation.rate;
    }
    simulation.trace = times;
  }
  struct simulation_result result;
  simulation_run(&simulation, &result);
  rehearsal.n_calls = result.n_calls;
  rehearsal.cold_share = result.cold_share;
  rehearsal.p50_ms = simulation_quantile(&result, 0.50) * 1000.0;
  rehearsal.p95_ms = simulation_quantile(&result, 0.95) * 1000.0;
  rehearsal.p99_ms = simulation_quantile(&result, 0.99) * 1000.0;
  rehearsal.peak_instances = result.peak_instances;
  rehearsal.mean_running = result.mean_running;
  rehearsal.billed_ms = result.billed_s * 1000.0 / (double)result.n_calls;
  rehearsal.meets_objective = workload->p99_ms <= 0.0 || strcmp(load->trigger, "http") != 0 ||
                              rehearsal.p99_ms <= workload->p99_ms;
  return rehearsal;
}

GArray *rehearsal_run(const struct offer *offer, const struct catalogue *catalogue,
                      const struct workload *workload, uint64_t seed, uint64_t max_calls,
                      const struct cost_watch *watch)
{
  const struct plan *plan = catalogue_plan(catalogue, offer->plan);
  GArray *rehearsals = g_array_new(FALSE, FALSE, sizeof(struct rehearsal));
  for (unsigned int i = 0; i < offer->placements->len; i++) {
    const struct placement *placement = &g_array_index(offer->placements, struct placement, i);
    const struct rehearsal rehearsal = rehearse(placement, plan, workload, seed + i, max_calls);
    g_array_append_val(rehearsals, rehearsal);
    if (watch != NULL) {
      watch->tell(watch->data, watch->n_before + i + 1, watch->n_total);
    }
  }
  return rehearsals;
}
