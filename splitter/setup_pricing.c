#include "splitter/setup_pricing.h"

#include <string.h>

#include "cost/keepalive.h"

/* Instances are recycled now and then whatever their idle time, per second (docs/cost.md). */
static const double recycling_hazard = 0.2 / 3600;
static const double seconds_per_day = 86400;

/* One pricing. Functions are numbered by their first candidate: the first entry of a unit, or the
 * candidate itself. */
struct setup_pricing {
  const struct setup_problem *problem;
  const struct setup *setup;
  guint32 *function; /* per candidate: the function that it is, SETUP_NONE when it is only copied */
  guint32 *first_call;    /* per candidate + 1: offsets into the calls */
  double *invocations;    /* per candidate: times a day that it is woken or called across */
  double *memory;         /* per function */
  double *rate;           /* per function: invocations per day */
  double *cold;           /* per function: share of cold starts */
  double *priced_rate;    /* per function: the rate that cold is of, -1 for none */
  double *seconds;        /* per candidate, within the function under work; < 0: not yet */
  double *all_seconds;    /* per candidate that is a function: of one invocation, warm */
  double n_handed_over;   /* messages a day */
  double *executions;     /* scratch of spread(): zeros between calls */
  guint32 *first_of_unit; /* per entry: the first candidate of its unit */
};

static bool goes_across(const struct setup_pricing *pricing, guint32 function, guint32 callee)
{
  return pricing->setup->is_across[callee] && pricing->function[callee] != function;
}

/* Numbers of functions. Units are named by their first member. */
static void number_functions(struct setup_pricing *pricing)
{
  const struct setup_problem *problem = pricing->problem;
  for (guint32 i = 0; i < problem->n; i++) {
    bool is_entry = problem->candidates[i].unit != SETUP_NONE;
    bool is_function = is_entry || pricing->setup->is_across[i];
    pricing->function[i] = !is_function ? SETUP_NONE : is_entry ? pricing->first_of_unit[i] : i;
  }
}

/* The first member of every entry's unit. */
static void find_units(struct setup_pricing *pricing)
{
  const struct setup_problem *problem = pricing->problem;
  g_autoptr(GHashTable) first = g_hash_table_new(NULL, NULL);
  for (guint32 i = 0; i < problem->n; i++) {
    guint32 unit = problem->candidates[i].unit;
    if (unit == SETUP_NONE) {
      continue;
    }
    gpointer known = g_hash_table_lookup(first, GUINT_TO_POINTER(unit + 1));
    if (known == NULL) {
      known = GUINT_TO_POINTER(i + 1);
      g_hash_table_insert(first, GUINT_TO_POINTER(unit + 1), known);
    }
    pricing->first_of_unit[i] = GPOINTER_TO_UINT(known) - 1;
  }
}

/* Spreads the invocations of ROOT over what its function does: calls inside run in it, calls across
 * wake others. */
static void spread(struct setup_pricing *pricing, guint32 root)
{
  double *executions = pricing->executions;
  const struct setup_problem *problem = pricing->problem;
  guint32 function = pricing->function[root];
  executions[root] = pricing->invocations[root];
  for (guint32 i = root; i < problem->n; i++) {
    double count = executions[i];
    executions[i] = 0;
    if (count <= 0) {
      continue;
    }
    pricing->memory[function] = MAX(pricing->memory[function], problem->candidates[i].memory_gb);
    for (guint32 c = pricing->first_call[i]; c < pricing->first_call[i + 1]; c++) {
      const struct setup_call *call = &problem->calls[c];
      bool is_across = goes_across(pricing, function, call->to);
      *(is_across ? &pricing->invocations[call->to] : &executions[call->to]) +=
          count * call->per_call;
      pricing->n_handed_over += is_across && !call->is_awaited ? count * call->per_call : 0;
    }
  }
}

static double cold_seconds(const struct setup_pricing *pricing, guint32 candidate)
{
  return pricing->cold[pricing->function[candidate]] * pricing->problem->terms.cold_seconds;
}

/* Seconds of one call of each candidate inside FUNCTION; callees come behind their callers. */
static void time_function(struct setup_pricing *pricing, guint32 function)
{
  const struct setup_problem *problem = pricing->problem;
  for (guint32 i = problem->n; i-- > 0;) {
    double seconds = problem->candidates[i].seconds;
    for (guint32 c = pricing->first_call[i]; c < pricing->first_call[i + 1]; c++) {
      const struct setup_call *call = &problem->calls[c];
      double hop = problem->terms.hop_seconds;
      if (!goes_across(pricing, function, call->to)) {
        seconds += call->per_call * pricing->seconds[call->to];
      } else if (!call->is_awaited) {
        seconds += call->per_call * hop;
      } else {
        double turns = call->may_fan_out ? MIN(call->per_call, 1) : call->per_call;
        seconds += turns * (hop + pricing->all_seconds[call->to] + cold_seconds(pricing, call->to));
      }
    }
    pricing->seconds[i] = seconds;
  }
}

struct setup_pricing *setup_pricing_new(const struct setup_problem *problem)
{
  gsize n = MAX(problem->n, 1);
  struct setup_pricing *pricing = g_new(struct setup_pricing, 1);
  *pricing = (struct setup_pricing){.problem = problem,
                                    .function = g_new(guint32, n),
                                    .first_call = g_new0(guint32, n + 1),
                                    .invocations = g_new0(double, n),
                                    .memory = g_new0(double, n),
                                    .rate = g_new0(double, n),
                                    .cold = g_new0(double, n),
                                    .priced_rate = g_new(double, n),
                                    .seconds = g_new0(double, n),
                                    .all_seconds = g_new0(double, n),
                                    .executions = g_new0(double, n),
                                    .first_of_unit = g_new0(guint32, n)};
  for (guint32 c = 0; c < problem->n_calls; c++) {
    pricing->first_call[problem->calls[c].from + 1]++;
  }
  for (guint32 i = 0; i < problem->n; i++) {
    pricing->first_call[i + 1] += pricing->first_call[i];
    pricing->priced_rate[i] = -1;
  }
  find_units(pricing);
  return pricing;
}

void setup_pricing_free(struct setup_pricing *pricing)
{
  if (pricing == NULL) {
    return;
  }
  void *arrays[] = {pricing->function,   pricing->first_call,   pricing->invocations,
                    pricing->memory,     pricing->rate,         pricing->cold,
                    pricing->seconds,    pricing->all_seconds,  pricing->priced_rate,
                    pricing->executions, pricing->first_of_unit};
  for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++) {
    g_free(arrays[i]);
  }
  g_free(pricing);
}

static void count_invocations(struct setup_pricing *pricing)
{
  const struct setup_problem *problem = pricing->problem;
  for (guint32 i = 0; i < problem->n; i++) {
    pricing->invocations[i] += problem->candidates[i].per_day;
    if (pricing->function[i] != SETUP_NONE) {
      spread(pricing, i);
      pricing->rate[pricing->function[i]] += pricing->invocations[i];
    }
  }
  const struct keepalive_curve *curve = keepalive_curve("aws");
  for (guint32 i = 0; i < problem->n; i++) {
    if (pricing->rate[i] != pricing->priced_rate[i]) {
      pricing->priced_rate[i] = pricing->rate[i];
      pricing->cold[i] =
          keepalive_cold_share(curve, pricing->rate[i] / seconds_per_day, recycling_hazard);
    }
  }
}

void setup_pricing_run(struct setup_pricing *pricing, struct setup *setup)
{
  const struct setup_problem *problem = pricing->problem;
  const struct unit_prices *prices = &problem->terms.prices;
  pricing->setup = setup;
  pricing->n_handed_over = 0;
  double *sums[] = {pricing->invocations, pricing->memory, pricing->rate};
  for (gsize i = 0; i < G_N_ELEMENTS(sums); i++) {
    memset(sums[i], 0, problem->n * sizeof(double));
  }
  number_functions(pricing);
  count_invocations(pricing);
  double waited = 0;
  double events = 0;
  setup->cost = 0;
  setup->n_functions = 0;
  /* Callees first: what a caller waits for is known by then. */
  for (guint32 i = problem->n; i-- > 0;) {
    guint32 function = pricing->function[i];
    if (function == SETUP_NONE) {
      continue;
    }
    setup->n_functions += function == i;
    time_function(pricing, function);
    pricing->all_seconds[i] = pricing->seconds[i];
    double billed = pricing->seconds[i] + cold_seconds(pricing, i);
    setup->cost += pricing->invocations[i] *
                   (prices->request + billed * pricing->memory[function] * prices->gb_second);
    if (problem->candidates[i].is_awaited) {
      waited += problem->candidates[i].per_day * billed;
      events += problem->candidates[i].per_day;
    }
  }
  setup->cost += pricing->n_handed_over * prices->queue_message;
  setup->waited = waited;
  setup->n_awaited = events;
  setup->latency = events > 0 ? waited / events : 0;
}

void setup_price(const struct setup_problem *problem, struct setup *setup)
{
  struct setup_pricing *pricing = setup_pricing_new(problem);
  setup_pricing_run(pricing, setup);
  setup_pricing_free(pricing);
}
