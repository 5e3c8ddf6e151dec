#include "cost/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cost/random.h"

/* Values of all inputs of all parts, drawn so that every input falls once into each of n_draws
 * equally likely slices. Row by row: a draw after the other. Free with g_free. */
static double *draw_all(const struct estimate *estimate, uint64_t seed, unsigned int n_draws)
{
  unsigned int n_inputs = estimate_n_parts(estimate) * N_INPUTS;
  double *values = g_new(double, (size_t)n_inputs *n_draws);
  g_autofree unsigned int *order = g_new(unsigned int, n_draws);
  struct random random;
  random_init(&random, seed);
  for (unsigned int i = 0; i < n_inputs; i++) {
    struct range range = estimate_range(estimate, i / N_INPUTS, (enum input)(i % N_INPUTS));
    bool is_exact = range_is_exact(range);
    for (unsigned int j = 0; j < n_draws; j++) {
      order[j] = j;
    }
    for (unsigned int j = n_draws; j > 1 && !is_exact; j--) {
      unsigned int other = (unsigned int)(random_uniform(&random) * j);
      unsigned int swapped = order[j - 1];
      order[j - 1] = order[other];
      order[other] = swapped;
    }
    for (unsigned int j = 0; j < n_draws; j++) {
      double share = is_exact ? 0.5 : (order[j] + random_uniform(&random)) / n_draws;
      values[(size_t)j * n_inputs + i] = range_quantile(range, share);
    }
  }
  return values;
}

static int compare_doubles(const void *a, const void *b)
{
  double left = *(const double *)a;
  double right = *(const double *)b;
  return (left > right) - (left < right);
}

static struct quantiles quantiles_of(double *values, unsigned int n_values)
{
  qsort(values, n_values, sizeof *values, compare_doubles);
  return (struct quantiles){values[(unsigned int)(0.05 * n_values)],
                            values[(unsigned int)(0.50 * n_values)],
                            values[(unsigned int)(0.95 * n_values)]};
}

static void use_all(const struct estimate *estimate, const double *values, double *used)
{
  unsigned int n_parts = estimate_n_parts(estimate);
  memset(used, 0, estimate_n_meters(estimate) * sizeof *used);
  for (unsigned int i = 0; i < n_parts; i++) {
    estimate_use(estimate, i, &values[i * N_INPUTS], 1.0, used);
  }
}

struct quantiles spread_total(const struct estimate *estimate, bool has_free_tier, uint64_t seed,
                              unsigned int n_draws)
{
  unsigned int n_inputs = estimate_n_parts(estimate) * N_INPUTS;
  g_autofree double *values = draw_all(estimate, seed, n_draws);
  g_autofree double *used = g_new(double, MAX(1, estimate_n_meters(estimate)));
  g_autofree double *totals = g_new(double, n_draws);
  for (unsigned int i = 0; i < n_draws; i++) {
    use_all(estimate, &values[(size_t)i * n_inputs], used);
    totals[i] = estimate_cost(estimate, used, has_free_tier);
  }
  return quantiles_of(totals, n_draws);
}

static double *likely_values(const struct estimate *estimate)
{
  unsigned int n_inputs = estimate_n_parts(estimate) * N_INPUTS;
  double *values = g_new(double, MAX(1, n_inputs));
  for (unsigned int i = 0; i < n_inputs; i++) {
    values[i] = estimate_range(estimate, i / N_INPUTS, (enum input)(i % N_INPUTS)).likely;
  }
  return values;
}

static int compare_swings(gconstpointer a, gconstpointer b)
{
  const struct swing *left = a;
  const struct swing *right = b;
  double difference = fabs(right->high - right->low) - fabs(left->high - left->low);
  if (difference != 0.0) {
    return difference > 0.0 ? 1 : -1;
  }
  int order = strcmp(left->part, right->part);
  return order != 0 ? order : strcmp(left->input, right->input);
}

GArray *spread_tornado(const struct estimate *estimate, bool has_free_tier, unsigned int limit)
{
  GArray *swings = g_array_new(FALSE, FALSE, sizeof(struct swing));
  g_autofree double *values = likely_values(estimate);
  unsigned int n_meters = estimate_n_meters(estimate);
  g_autofree double *used = g_new(double, MAX(1, n_meters));
  g_autofree double *moved = g_new(double, MAX(1, n_meters));
  use_all(estimate, values, used);
  for (unsigned int i = 0; i < estimate_n_parts(estimate) * N_INPUTS; i++) {
    unsigned int part = i / N_INPUTS;
    enum input input = (enum input)(i % N_INPUTS);
    struct range range = estimate_range(estimate, part, input);
    double costs[2];
    if (range_is_exact(range)) {
      continue;
    }
    for (int end = 0; end < 2; end++) {
      double inputs[N_INPUTS];
      memcpy(inputs, &values[part * N_INPUTS], sizeof inputs);
      memcpy(moved, used, n_meters * sizeof *used);
      estimate_use(estimate, part, inputs, -1.0, moved);
      inputs[input] = range_quantile(range, end == 0 ? 0.05 : 0.95);
      estimate_use(estimate, part, inputs, 1.0, moved);
      costs[end] = estimate_cost(estimate, moved, has_free_tier);
    }
    const struct swing swing = {estimate_part_name(estimate, part), input_names[input], costs[0],
                                costs[1]};
    g_array_append_val(swings, swing);
  }
  g_array_sort(swings, compare_swings);
  if (swings->len > limit) {
    g_array_set_size(swings, limit);
  }
  return swings;
}

/* What scaled functions cost per hour. */
struct scaling {
  const struct estimate *estimate;
  const double *used; /* at factor 1 */
  double *scaled;
  double hours;
  bool has_free_tier;
};

static double scaled_hourly(double factor, void *data)
{
  const struct scaling *scaling = data;
  for (unsigned int i = 0; i < estimate_n_meters(scaling->estimate); i++) {
    scaling->scaled[i] = scaling->used[i] * factor;
  }
  return estimate_cost(scaling->estimate, scaling->scaled, scaling->has_free_tier) / scaling->hours;
}

static GArray *crossings_of(const struct estimate *estimate, const double *values,
                            const struct always_on *always_on, double hours, bool has_free_tier,
                            double max_factor, unsigned int limit)
{
  unsigned int n_meters = MAX(1, estimate_n_meters(estimate));
  g_autofree double *used = g_new(double, n_meters);
  g_autofree double *scaled = g_new(double, n_meters);
  use_all(estimate, values, used);
  struct scaling scaling = {estimate, used, scaled, hours, has_free_tier};
  return breakeven_crossings(always_on->staircase, always_on->hourly, always_on->fixed_hourly,
                             scaled_hourly, &scaling, max_factor, limit);
}

GArray *spread_breakeven(const struct estimate *estimate, const struct always_on *always_on,
                         double hours, bool has_free_tier, double max_factor)
{
  g_autofree double *values = likely_values(estimate);
  return crossings_of(estimate, values, always_on, hours, has_free_tier, max_factor, G_MAXUINT);
}

struct quantiles spread_first_breakeven(const struct estimate *estimate,
                                        const struct always_on *always_on, double hours,
                                        bool has_free_tier, double max_factor, uint64_t seed,
                                        unsigned int n_draws)
{
  unsigned int n_inputs = estimate_n_parts(estimate) * N_INPUTS;
  g_autofree double *values = draw_all(estimate, seed, n_draws);
  g_autofree double *factors = g_new(double, n_draws);
  for (unsigned int i = 0; i < n_draws; i++) {
    g_autoptr(GArray) crossings = crossings_of(estimate, &values[(size_t)i * n_inputs], always_on,
                                               hours, has_free_tier, max_factor, 1);
    factors[i] =
        crossings->len == 0 ? max_factor : g_array_index(crossings, struct crossing, 0).rate;
  }
  return quantiles_of(factors, n_draws);
}
