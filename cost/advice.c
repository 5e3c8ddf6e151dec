#include "cost/advice.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "cost/estimate.h"
#include "cost/price.h"

/* Messages that a queue hands over in one invocation. */
#define BATCH 10.0
/* Savings below a cent are no advice. */
#define LEAST_SAVING 0.01

static const char *const clouds[] = {"aws", "gcp", "azure"};

static void advice_free(gpointer data)
{
  struct advice *advice = data;
  g_free(advice->kind);
  g_free(advice->cloud);
  g_free(advice->subject);
  g_free(advice->text);
  g_free(advice->assumption);
  g_free(advice);
}

static void add(GPtrArray *list, const char *kind, const char *cloud, const char *subject,
                double saving, const char *assumption, const char *format, ...) G_GNUC_PRINTF(7, 8);

static void add(GPtrArray *list, const char *kind, const char *cloud, const char *subject,
                double saving, const char *assumption, const char *format, ...)
{
  va_list arguments;
  if (fabs(saving) < LEAST_SAVING) {
    return;
  }
  struct advice *advice = g_new0(struct advice, 1);
  va_start(arguments, format);
  advice->text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  advice->kind = g_strdup(kind);
  advice->cloud = g_strdup(cloud);
  advice->subject = g_strdup(subject);
  advice->assumption = g_strdup(assumption);
  advice->saving = saving;
  g_ptr_array_add(list, advice);
}

static const struct offer *find_offer(const struct comparison *comparison, const char *plan)
{
  for (unsigned int i = 0; i < comparison->offers->len; i++) {
    const struct offer *offer = comparison->offers->pdata[i];
    if (offer->stage == STAGE_FUNCTIONS && strcmp(offer->plan, plan) == 0) {
      return offer;
    }
  }
  return NULL;
}

static double total(const struct offer *offer)
{
  return decimal_to_double(offer_total(offer));
}

static void advise_stage(GPtrArray *list, const struct comparison *comparison, const char *cloud)
{
  const struct offer *functions = comparison_chosen(comparison, STAGE_FUNCTIONS, cloud);
  const struct offer *monolith = comparison_chosen(comparison, STAGE_MONOLITH, cloud);
  if (functions == NULL || monolith == NULL) {
    return;
  }
  double saving = total(monolith) - total(functions);
  if (saving >= 0.0) {
    add(list, "stage", cloud, "", saving,
        "the likely load; the fleet keeps the objective with one instance lost",
        "move to functions on %s instead of keeping the monolith on %s", functions->plan,
        monolith->plan);
  } else {
    add(list, "stage", cloud, "", -saving,
        "the likely load; the fleet keeps the objective with one instance lost",
        "keep the monolith on %s rather than functions on %s", monolith->plan, functions->plan);
  }
}

static void advise_arm(GPtrArray *list, const struct comparison *comparison)
{
  const struct offer *x86 = find_offer(comparison, "aws-lambda-x86");
  const struct offer *arm = find_offer(comparison, "aws-lambda-arm");
  if (x86 != NULL && arm != NULL) {
    add(list, "arm", "aws", "", total(x86) - total(arm),
        "equal durations on both; measure before believing it",
        "build the functions for arm instead of x86");
  }
}

/* What the chosen sizes save against one that gives a whole vCPU. */
static void advise_memory(GPtrArray *list, const struct comparison *comparison)
{
  const struct offer *offer = comparison_chosen(comparison, STAGE_FUNCTIONS, "aws");
  struct unit_prices prices;
  if (offer == NULL ||
      !unit_prices_find(comparison->catalogue,
                        strcmp(offer->plan, "aws-lambda-arm") == 0 ? "aws-arm" : "aws", &prices,
                        NULL)) {
    return;
  }
  for (unsigned int i = 0; i < offer->placements->len; i++) {
    const struct placement *placement = &g_array_index(offer->placements, struct placement, i);
    double whole_ms = load_duration_ms(placement->load, 1.0);
    double chosen = placement->requests * placement->duration_ms / 1000.0 * placement->memory_mb /
                    1024.0 * prices.gb_second;
    double whole = placement->requests * whole_ms / 1000.0 * 1769.0 / 1024.0 * prices.gb_second;
    add(list, "memory", "aws", placement->load->name, whole - chosen,
        "duration follows the CPU share for the computing part; before the free grant",
        "%.0f MB (%.1f ms) instead of 1769 MB (%.1f ms)", placement->memory_mb,
        placement->duration_ms, whole_ms);
  }
}

static void advise_batching(GPtrArray *list, const struct comparison *comparison)
{
  const struct offer *offer = comparison_chosen(comparison, STAGE_FUNCTIONS, "aws");
  struct unit_prices prices;
  if (offer == NULL || !unit_prices_find(comparison->catalogue, "aws", &prices, NULL)) {
    return;
  }
  for (unsigned int i = 0; i < offer->placements->len; i++) {
    const struct placement *placement = &g_array_index(offer->placements, struct placement, i);
    if (strcmp(placement->load->trigger, "queue") == 0) {
      double less = placement->requests * (1.0 - 1.0 / BATCH);
      add(list, "batching", "aws", placement->load->name,
          less * (prices.request + prices.queue_message * 2.0 / 3.0),
          "batches are full; before the free grant",
          "take %.0f messages in one invocation: one request, one receive and one delete", BATCH);
    }
  }
}

/* Provisioned concurrency pays off where an environment is busy most of the time. */
static void advise_provisioned(GPtrArray *list, const struct comparison *comparison)
{
  const struct catalogue *catalogue = comparison->catalogue;
  const struct offer *offer = comparison_chosen(comparison, STAGE_FUNCTIONS, "aws");
  const struct plan *plan = offer == NULL ? NULL : catalogue_plan(catalogue, offer->plan);
  static const char *const roles[] = {"compute", "provisioned", "provisioned-compute"};
  double prices[3];
  for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
    const struct meter *meter = plan == NULL ? NULL : catalogue_role(catalogue, plan, roles[i]);
    const struct price *price =
        meter == NULL ? NULL : catalogue_price(catalogue, meter, "us-east-1");
    if (price == NULL) {
      return;
    }
    const struct price_tier *tier = price->tiers->pdata[0];
    prices[i] = decimal_to_double(tier->price);
  }
  for (unsigned int i = 0; i < offer->placements->len; i++) {
    const struct placement *placement = &g_array_index(offer->placements, struct placement, i);
    double busy = placement->load->per_day.likely / 86400.0 * placement->duration_ms / 1000.0;
    double whole = floor(busy); /* environments that are always busy */
    double seconds = comparison->workload->days * 86400.0;
    double gb = placement->memory_mb / 1024.0;
    double saving = whole * seconds * gb * (prices[0] - prices[1] - prices[2]);
    add(list, "provisioned", "aws", placement->load->name, saving,
        "an even load: these environments are busy all the time; the switch point is 60 %",
        "provision %.0f environments for the steady part", whole);
  }
}

static void advise_fusion(GPtrArray *list, const struct comparison *comparison)
{
  const struct offer *offer = comparison_chosen(comparison, STAGE_FUNCTIONS, "aws");
  struct unit_prices prices;
  if (offer == NULL || !unit_prices_find(comparison->catalogue, "aws", &prices, NULL)) {
    return;
  }
  for (unsigned int i = 0; i < comparison->loads->cuts->len; i++) {
    const struct cut_load *cut = comparison->loads->cuts->pdata[i];
    double calls = cut->per_day.likely * comparison->workload->days;
    double each = unit_prices_remote_call(&prices, cut->round_trip_ms.likely / 1000.0, 0.25);
    g_autofree char *subject =
        g_strdup_printf("%s to %s: %s", cut->from_service, cut->to_service, cut->what);
    add(list, "fusion", "aws", subject, calls * each,
        "each side keeps 256 MB for the round trip; before the free grant",
        "keep both sides of this cut in one function: %.0f remote calls less", calls);
  }
}

struct candidate {
  double density; /* USD of functions for a vCPU-second */
  unsigned int part;
};

static int compare_candidates(gconstpointer a, gconstpointer b)
{
  const struct candidate *left = a;
  const struct candidate *right = b;
  if (left->density != right->density) {
    return left->density < right->density ? 1 : -1;
  }
  return left->part < right->part ? -1 : 1;
}

/* Functions in the order of what they cost for the computing that a server would have to do. */
static GArray *rank(const struct estimate *estimate, const struct loads *loads)
{
  GArray *candidates = g_array_new(FALSE, FALSE, sizeof(struct candidate));
  g_autofree double *used = g_new0(double, MAX(1, estimate_n_meters(estimate)));
  for (unsigned int i = 0; i < loads->functions->len; i++) {
    const struct load *load = loads->functions->pdata[i];
    double values[N_INPUTS];
    for (int input = 0; input < N_INPUTS; input++) {
      values[input] = estimate_range(estimate, i, (enum input)input).likely;
    }
    memset(used, 0, estimate_n_meters(estimate) * sizeof *used);
    estimate_use(estimate, i, values, 1.0, used);
    double computing = load->per_day.likely * load->duration_ms.likely * load->cpu_share.likely;
    const struct candidate candidate = {
        computing > 0.0 ? estimate_marginal(estimate, used) / computing : 0.0, i};
    g_array_append_val(candidates, candidate);
  }
  g_array_sort(candidates, compare_candidates);
  return candidates;
}

/* Leaves the first n functions of the ranking on a fleet of the monolith's machines, the rest on
 * functions: the cheapest n. */
static void advise_mixed(GPtrArray *list, const struct comparison *comparison, const char *cloud)
{
  const struct loads *loads = comparison->loads;
  const struct workload *workload = comparison->workload;
  const struct offer *offer = comparison_chosen(comparison, STAGE_FUNCTIONS, cloud);
  const struct offer *monolith = comparison_chosen(comparison, STAGE_MONOLITH, cloud);
  if (offer == NULL || monolith == NULL || loads->functions->len < 2) {
    return;
  }
  g_autoptr(estimate_t) estimate = estimate_new(comparison->catalogue, workload, loads, offer);
  g_autoptr(GArray) ranking = rank(estimate, loads);
  const struct fleet *machine = &g_array_index(monolith->fleets, struct fleet, 0);
  const struct decimal *sustained = plan_rule(machine->plan, "sustained_vcpu");
  double hours = workload->days * 24.0;
  double fixed = total(monolith) - machine->count * machine->hourly * hours;
  g_autofree double *used = g_new0(double, MAX(1, estimate_n_meters(estimate)));
  for (unsigned int i = 0; i < estimate_n_parts(estimate); i++) {
    double values[N_INPUTS];
    for (int input = 0; input < N_INPUTS; input++) {
      values[input] = estimate_range(estimate, i, (enum input)input).likely;
    }
    estimate_use(estimate, i, values, 1.0, used);
  }
  double all_functions = estimate_cost(estimate, used, workload->has_free_tier);
  double best = fmin(all_functions, total(monolith));
  double best_cost = best;
  unsigned int best_kept = 0;
  struct loads kept = {.functions = g_ptr_array_new(), .cuts = g_ptr_array_new()};
  g_autoptr(GString) names = g_string_new(NULL);
  g_autofree char *best_names = NULL;
  for (unsigned int i = 0; i + 1 < ranking->len; i++) {
    const struct candidate *candidate = &g_array_index(ranking, struct candidate, i);
    double values[N_INPUTS];
    struct fleet fleet;
    for (int input = 0; input < N_INPUTS; input++) {
      values[input] = estimate_range(estimate, candidate->part, (enum input)input).likely;
    }
    estimate_use(estimate, candidate->part, values, -1.0, used);
    g_ptr_array_add(kept.functions, loads->functions->pdata[candidate->part]);
    if (i < 12) {
      g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                             estimate_part_name(estimate, candidate->part));
    }
    struct demand demand = demand_of(workload, &kept, NULL);
    if (!fleet_size(&demand, machine->vcpu,
                    sustained != NULL ? decimal_to_double(sustained) : machine->vcpu,
                    machine->memory_mb, &fleet)) {
      continue;
    }
    double cost = fleet.count * machine->hourly * hours + fixed +
                  estimate_cost(estimate, used, workload->has_free_tier);
    if (cost < best_cost) {
      best_cost = cost;
      best_kept = i + 1;
      g_free(best_names);
      best_names = g_strdup(names->str);
    }
  }
  g_ptr_array_unref(kept.functions);
  g_ptr_array_unref(kept.cuts);
  if (best_kept > 0) {
    add(list, "mixed", cloud, "", best - best_cost,
        "against the cheaper of all on servers and all on functions; cuts stay as they are",
        "leave %u functions on %s (%s%s) and move the rest to %s", best_kept, machine->plan->name,
        best_names, best_kept > 12 ? " …" : "", offer->plan);
  }
}

static int compare_advice(gconstpointer a, gconstpointer b)
{
  const struct advice *left = *(const struct advice *const *)a;
  const struct advice *right = *(const struct advice *const *)b;
  if (left->saving != right->saving) {
    return left->saving < right->saving ? 1 : -1;
  }
  int order = strcmp(left->kind, right->kind);
  return order != 0 ? order : strcmp(left->subject, right->subject);
}

GPtrArray *advice_list(const struct comparison *comparison)
{
  GPtrArray *list = g_ptr_array_new_with_free_func(advice_free);
  for (size_t i = 0; i < G_N_ELEMENTS(clouds); i++) {
    advise_stage(list, comparison, clouds[i]);
    advise_mixed(list, comparison, clouds[i]);
  }
  advise_arm(list, comparison);
  advise_memory(list, comparison);
  advise_batching(list, comparison);
  advise_provisioned(list, comparison);
  advise_fusion(list, comparison);
  g_ptr_array_sort(list, compare_advice);
  return list;
}
