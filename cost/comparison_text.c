#include "cost/comparison_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cost/advice.h"
#include "cost/bill_json.h"

static const char *const source_words[] = {"measured", "stated", "assumed"};
static const char *const clouds[] = {"aws", "gcp", "azure"};

static json_t *json_range(struct range range)
{
  json_t *array = json_array();
  json_array_append_new(array, json_real(range.low));
  json_array_append_new(array, json_real(range.likely));
  json_array_append_new(array, json_real(range.high));
  return array;
}

/* What an offer's bill charges under a name, all items together. */
static const struct decimal *named_total(const struct offer *offer, const char *name)
{
  const struct decimal *sum = decimal_from_int(offer->bill->pool, 0);
  for (unsigned int i = 0; i < offer->bill->lines->len; i++) {
    const struct bill_line *line = offer->bill->lines->pdata[i];
    if (strcmp(line->name, name) == 0) {
      sum = decimal_add(offer->bill->pool, sum, line->exact);
    }
  }
  return sum;
}

static json_t *json_offer(const struct offer *offer)
{
  json_t *object = json_object();
  const struct decimal *total = offer_total(offer);
  const struct decimal *of_rounded = decimal_from_int(offer->bill->pool, 0);
  for (int section = 0; section < N_SECTIONS; section++) {
    of_rounded = decimal_add(offer->bill->pool, of_rounded,
                             bill_total(offer->bill, (enum section)section).sum_of_rounded);
  }
  json_object_set_new(object, "stage", json_string(stage_names[offer->stage]));
  json_object_set_new(object, "cloud", json_string(offer->cloud));
  json_object_set_new(object, "plan", json_string(offer->plan));
  json_object_set_new(object, "chosen", json_boolean(offer->is_chosen));
  json_object_set_new(object, "exact", bill_json_decimal(total));
  json_object_set_new(object, "rounded", bill_json_money(total));
  json_object_set_new(object, "sum_of_rounded", bill_json_money(of_rounded));
  json_t *fleets = json_array();
  for (unsigned int i = 0; offer->fleets != NULL && i < offer->fleets->len; i++) {
    const struct fleet *fleet = &g_array_index(offer->fleets, struct fleet, i);
    json_t *item = json_object();
    json_object_set_new(item, "plan", json_string(fleet->plan->name));
    json_object_set_new(item, "instances", json_integer((json_int_t)fleet->count));
    json_object_set_new(item, "vcpu", json_real(fleet->vcpu));
    json_object_set_new(item, "memory_mb", json_real(fleet->memory_mb));
    json_object_set_new(item, "use_at_peak", json_real(fleet->use));
    json_object_set_new(item, "use_after_loss", json_real(fleet->use_degraded));
    json_object_set_new(item, "late_after_loss", json_real(fleet->waits_above));
    json_array_append_new(fleets, item);
  }
  json_object_set_new(object, "fleets", fleets);
  return object;
}

static json_t *json_placements(const struct comparison *comparison, const struct load *load)
{
  json_t *array = json_array();
  for (unsigned int i = 0; i < comparison->offers->len; i++) {
    const struct offer *offer = comparison->offers->pdata[i];
    for (unsigned int j = 0; offer->placements != NULL && j < offer->placements->len; j++) {
      const struct placement *placement = &g_array_index(offer->placements, struct placement, j);
      if (placement->load != load) {
        continue;
      }
      json_t *item = json_object();
      json_object_set_new(item, "plan", json_string(offer->plan));
      json_object_set_new(item, "memory_mb", json_real(placement->memory_mb));
      json_object_set_new(item, "duration_ms", json_real(placement->duration_ms));
      json_object_set_new(item, "cold_share", json_real(placement->cold_share));
      json_object_set_new(item, "kept_warm", json_boolean(placement->is_kept_warm));
      json_object_set_new(item, "exact", bill_json_decimal(named_total(offer, load->name)));
      json_array_append_new(array, item);
    }
  }
  return array;
}

static json_t *json_function(const struct comparison *comparison, const struct load *load)
{
  json_t *object = json_object();
  json_object_set_new(object, "name", json_string(load->name));
  json_object_set_new(object, "service", json_string(load->service));
  json_object_set_new(object, "trigger", json_string(load->trigger));
  json_object_set_new(object, "key", json_string(load->key));
  json_object_set_new(object, "per_day", json_range(load->per_day));
  json_object_set_new(object, "rate_source", json_string(source_words[load->rate_source]));
  json_object_set_new(object, "duration_ms", json_range(load->duration_ms));
  json_object_set_new(object, "duration_source", json_string(source_words[load->duration_source]));
  json_object_set_new(object, "memory_mb", json_range(load->memory_mb));
  json_object_set_new(object, "memory_source", json_string(source_words[load->memory_source]));
  json_object_set_new(object, "state_reads", json_integer((json_int_t)load->n_state_reads));
  json_object_set_new(object, "state_writes", json_integer((json_int_t)load->n_state_writes));
  json_object_set_new(object, "plans", json_placements(comparison, load));
  return object;
}

static json_t *json_cut(const struct cut_load *cut)
{
  json_t *object = json_object();
  json_object_set_new(object, "from_service", json_string(cut->from_service));
  json_object_set_new(object, "to_service", json_string(cut->to_service));
  json_object_set_new(object, "what", json_string(cut->what));
  json_object_set_new(object, "per_day", json_range(cut->per_day));
  json_object_set_new(object, "round_trip_ms", json_range(cut->round_trip_ms));
  return object;
}

static json_t *json_lines(const struct comparison *comparison)
{
  json_t *lines = json_array();
  for (unsigned int i = 0; i < comparison->offers->len; i++) {
    const struct offer *offer = comparison->offers->pdata[i];
    for (unsigned int j = 0; offer->is_chosen && j < offer->bill->lines->len; j++) {
      json_t *line = bill_json_line(offer->bill->lines->pdata[j]);
      json_object_set_new(line, "stage", json_string(stage_names[offer->stage]));
      json_object_set_new(line, "cloud", json_string(offer->cloud));
      json_array_append_new(lines, line);
    }
  }
  return lines;
}

static json_t *json_quantiles(struct quantiles quantiles)
{
  json_t *object = json_object();
  json_object_set_new(object, "p5", json_real(quantiles.p5));
  json_object_set_new(object, "p50", json_real(quantiles.p50));
  json_object_set_new(object, "p95", json_real(quantiles.p95));
  return object;
}

static json_t *json_tornado(const GArray *swings)
{
  json_t *array = json_array();
  for (unsigned int i = 0; i < swings->len; i++) {
    const struct swing *swing = &g_array_index(swings, struct swing, i);
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(swing->part));
    json_object_set_new(object, "input", json_string(swing->input));
    json_object_set_new(object, "low", json_real(swing->low));
    json_object_set_new(object, "high", json_real(swing->high));
    json_array_append_new(array, object);
  }
  return array;
}

static json_t *json_flips(const GArray *flips)
{
  json_t *array = json_array();
  for (unsigned int i = 0; i < flips->len; i++) {
    const struct flip *flip = &g_array_index(flips, struct flip, i);
    json_t *object = json_object();
    bool has_rate = isfinite(flip->rate);
    json_object_set_new(object, "name", json_string(flip->load->name));
    json_object_set_new(object, "usd_per_call", json_real(flip->per_call));
    json_object_set_new(object, "calls_per_s", has_rate ? json_real(flip->rate) : json_null());
    json_object_set_new(object, "duty_cycle", has_rate ? json_real(flip->duty_cycle) : json_null());
    json_array_append_new(array, object);
  }
  return array;
}

static json_t *json_rehearsals(const GArray *rehearsals)
{
  json_t *array = json_array();
  for (unsigned int i = 0; i < rehearsals->len; i++) {
    const struct rehearsal *rehearsal = &g_array_index(rehearsals, struct rehearsal, i);
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(rehearsal->load->name));
    json_object_set_new(object, "calls", json_integer((json_int_t)rehearsal->n_calls));
    json_object_set_new(object, "cold_share", json_real(rehearsal->cold_share));
    json_object_set_new(object, "p50_ms", json_real(rehearsal->p50_ms));
    json_object_set_new(object, "p95_ms", json_real(rehearsal->p95_ms));
    json_object_set_new(object, "p99_ms", json_real(rehearsal->p99_ms));
    json_object_set_new(object, "peak_instances",
                        json_integer((json_int_t)rehearsal->peak_instances));
    json_object_set_new(object, "mean_running", json_real(rehearsal->mean_running));
    json_object_set_new(object, "billed_ms", json_real(rehearsal->billed_ms));
    json_object_set_new(object, "meets_objective", json_boolean(rehearsal->meets_objective));
    json_array_append_new(array, object);
  }
  return array;
}

static json_t *json_cloud_insight(const struct cloud_insight *insight)
{
  json_t *object = json_object();
  json_t *crossings = json_array();
  for (unsigned int i = 0; i < insight->crossings->len; i++) {
    const struct crossing *crossing = &g_array_index(insight->crossings, struct crossing, i);
    json_t *item = json_object();
    json_object_set_new(item, "factor", json_real(crossing->rate));
    json_object_set_new(item, "cheaper_above",
                        json_string(crossing->functions_win ? "functions" : "monolith"));
    json_array_append_new(crossings, item);
  }
  json_object_set_new(object, "cloud", json_string(insight->offer->cloud));
  json_object_set_new(object, "plan", json_string(insight->offer->plan));
  json_object_set_new(object, "functions_usd", json_quantiles(insight->total));
  json_object_set_new(object, "breakeven_factor", json_quantiles(insight->breakeven));
  json_object_set_new(object, "crossings", crossings);
  json_object_set_new(object, "breakeven", json_flips(insight->flips));
  json_object_set_new(object, "simulation", json_rehearsals(insight->rehearsals));
  json_object_set_new(object, "tornado", json_tornado(insight->tornado));
  return object;
}

static json_t *json_advice(const GPtrArray *list)
{
  json_t *array = json_array();
  for (unsigned int i = 0; i < list->len; i++) {
    const struct advice *advice = list->pdata[i];
    json_t *object = json_object();
    json_object_set_new(object, "kind", json_string(advice->kind));
    json_object_set_new(object, "cloud", json_string(advice->cloud));
    json_object_set_new(object, "subject", json_string(advice->subject));
    json_object_set_new(object, "text", json_string(advice->text));
    json_object_set_new(object, "saving_usd", json_real(advice->saving));
    json_object_set_new(object, "assumption", json_string(advice->assumption));
    json_array_append_new(array, object);
  }
  return array;
}

static json_t *json_uncertainty(const struct insight *insight)
{
  json_t *array = json_array();
  for (unsigned int i = 0; i < insight->clouds->len; i++) {
    json_array_append_new(array, json_cloud_insight(insight->clouds->pdata[i]));
  }
  return array;
}

char *comparison_json(const struct comparison *comparison, const struct insight *insight)
{
  json_t *root = json_object();
  json_t *stages = json_array();
  json_t *functions = json_array();
  json_t *cuts = json_array();
  json_t *notes = json_array();
  const struct loads *loads = comparison->loads;
  for (unsigned int i = 0; i < comparison->offers->len; i++) {
    json_array_append_new(stages, json_offer(comparison->offers->pdata[i]));
  }
  for (unsigned int i = 0; i < loads->functions->len; i++) {
    json_array_append_new(functions, json_function(comparison, loads->functions->pdata[i]));
  }
  for (unsigned int i = 0; i < loads->cuts->len; i++) {
    json_array_append_new(cuts, json_cut(loads->cuts->pdata[i]));
  }
  for (unsigned int i = 0; i < loads->notes->len; i++) {
    json_array_append_new(notes, json_string(loads->notes->pdata[i]));
  }
  json_object_set_new(root, "version", json_integer(1));
  json_object_set_new(root, "currency", json_string("USD"));
  json_object_set_new(root, "hours", json_real(comparison->workload->days * 24.0));
  json_object_set_new(root, "free_tier", json_boolean(comparison->workload->has_free_tier));
  json_object_set_new(root, "stages", stages);
  json_object_set_new(root, "lines", json_lines(comparison));
  json_object_set_new(root, "functions", functions);
  json_object_set_new(root, "cuts", cuts);
  json_object_set_new(root, "uncertainty", json_uncertainty(insight));
  json_object_set_new(root, "advice", json_advice(insight->advice));
  json_object_set_new(root, "notes", notes);
  return bill_json_text(root);
}

char *comparison_csv(const struct comparison *comparison)
{
  GString *text = g_string_new(NULL);
  for (unsigned int i = 0; i < comparison->offers->len; i++) {
    const struct offer *offer = comparison->offers->pdata[i];
    if (!offer->is_chosen) {
      continue;
    }
    g_autofree char *lines = bill_csv(offer->bill);
    const char *rest = strchr(lines, '\n') + 1;
    if (text->len == 0) {
      g_string_append_printf(text, "stage,cloud,%.*s", (int)(rest - lines), lines);
    }
    g_auto(GStrv) rows = g_strsplit(rest, "\n", -1);
    for (char **row = rows; *row != NULL && **row != '\0'; row++) {
      g_string_append_printf(text, "%s,%s,%s\n", stage_names[offer->stage], offer->cloud, *row);
    }
  }
  return g_string_free(text, FALSE);
}

static void append_matrix(GString *text, const struct comparison *comparison)
{
  g_string_append_printf(text, "%-12s", "");
  for (size_t i = 0; i < G_N_ELEMENTS(clouds); i++) {
    g_string_append_printf(text, "  %30s", clouds[i]);
  }
  g_string_append_c(text, '\n');
  for (int stage = 0; stage < N_STAGES; stage++) {
    g_string_append_printf(text, "%-12s", stage_names[stage]);
    for (size_t i = 0; i < G_N_ELEMENTS(clouds); i++) {
      const struct offer *offer = comparison_chosen(comparison, (enum stage)stage, clouds[i]);
      if (offer == NULL) {
        g_string_append_printf(text, "  %30s", "-");
        continue;
      }
      g_autofree char *amount = decimal_fixed(offer_total(offer), 2);
      g_string_append_printf(text, "  %20s %9s", offer->plan, amount);
    }
    g_string_append_c(text, '\n');
  }
}

static void append_functions(GString *text, const struct comparison *comparison,
                             const struct offer *offer)
{
  g_string_append_printf(text, "\nfunctions on %s\n%-32s %-10s %12s %10s %9s %9s %12s\n",
                         offer->plan, "name", "trigger", "calls/day", "memory MB", "ms", "cold %",
                         "USD");
  for (unsigned int i = 0; i < offer->placements->len; i++) {
    const struct placement *placement = &g_array_index(offer->placements, struct placement, i);
    g_autofree char *amount = decimal_fixed(named_total(offer, placement->load->name), 2);
    g_string_append_printf(text, "%-32s %-10s %12.0f %10.0f %9.2f %9.3f %12s%s\n",
                           placement->load->name, placement->load->trigger,
                           placement->load->per_day.likely, placement->memory_mb,
                           placement->duration_ms, 100.0 * placement->cold_share, amount,
                           placement->is_kept_warm ? " (kept warm)" : "");
  }
  const struct decimal *cuts = decimal_from_int(offer->bill->pool, 0);
  for (unsigned int i = 0; i < offer->bill->lines->len; i++) {
    const struct bill_line *line = offer->bill->lines->pdata[i];
    if (g_str_has_prefix(line->name, "cut: ")) {
      cuts = decimal_add(offer->bill->pool, cuts, line->exact);
    }
  }
  g_autofree char *amount = decimal_fixed(cuts, 2);
  g_string_append_printf(text, "%-32s %-10s %12u %10s %9s %9s %12s\n", "cuts between services",
                         "direct", comparison->loads->cuts->len, "", "", "", amount);
}

/* One line for all fleets of a stage on the same machine. */
static void append_machines(GString *text, const struct offer *offer)
{
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  for (unsigned int i = 0; i < offer->fleets->len; i++) {
    const char *plan = g_array_index(offer->fleets, struct fleet, i).plan->name;
    unsigned int n_fleets = 0;
    unsigned int n_instances = 0;
    double busiest = 0.0;
    for (unsigned int j = i; j < offer->fleets->len; j++) {
      const struct fleet *fleet = &g_array_index(offer->fleets, struct fleet, j);
      if (strcmp(fleet->plan->name, plan) == 0) {
        n_fleets++;
        n_instances += fleet->count;
        busiest = fmax(busiest, fleet->use_degraded);
      }
    }
    if (g_hash_table_add(seen, (gpointer)plan)) {
      g_string_append_printf(text, "%-10s %-6s %4u x %-22s in %u fleet%s, at most %.1f %% busy\n",
                             stage_names[offer->stage], offer->cloud, n_instances, plan, n_fleets,
                             n_fleets == 1 ? "" : "s", 100.0 * busiest);
    }
  }
}

static void append_fleets(GString *text, const struct comparison *comparison)
{
  g_string_append(text, "\nalways on, sized for the busiest hour with one instance lost\n");
  for (unsigned int i = 0; i < comparison->offers->len; i++) {
    const struct offer *offer = comparison->offers->pdata[i];
    if (offer->fleets != NULL) {
      append_machines(text, offer);
    }
  }
}

static void append_spread(GString *text, const struct cloud_insight *insight)
{
  g_string_append_printf(text, "\n%s: USD with 5 %%, 50 %%, 95 %%: %.2f  %.2f  %.2f\n",
                         insight->offer->plan, insight->total.p5, insight->total.p50,
                         insight->total.p95);
  if (insight->crossings->len == 0) {
    g_string_append_printf(text, "  functions stay cheaper up to the largest fleet looked at\n");
  }
  for (unsigned int i = 0; i < insight->crossings->len && i < 6; i++) {
    const struct crossing *crossing = &g_array_index(insight->crossings, struct crossing, i);
    g_string_append_printf(text, "  above %.4g times the likely load %s\n", crossing->rate,
                           crossing->functions_win ? "functions win again"
                                                   : "the always-on monolith is cheaper");
  }
  if (insight->crossings->len > 0) {
    g_string_append_printf(text, "  the first of these with 5 %%, 50 %%, 95 %%: %.4g  %.4g  %.4g\n",
                           insight->breakeven.p5, insight->breakeven.p50, insight->breakeven.p95);
  }
  unsigned int n_late = 0;
  for (unsigned int i = 0; i < insight->rehearsals->len; i++) {
    const struct rehearsal *rehearsal = &g_array_index(insight->rehearsals, struct rehearsal, i);
    if (!rehearsal->meets_objective && n_late++ < 5) {
      g_string_append_printf(text,
                             "  simulated: %s answers 99 of 100 calls within %.0f ms, %.1f %% "
                             "cold: misses the objective\n",
                             rehearsal->load->name, rehearsal->p99_ms,
                             100.0 * rehearsal->cold_share);
    }
  }
  if (n_late == 0) {
    g_string_append(text, "  simulated: the latency objective is met\n");
  }
  for (unsigned int i = 0; i < insight->tornado->len && i < 5; i++) {
    const struct swing *swing = &g_array_index(insight->tornado, struct swing, i);
    g_string_append_printf(text, "  %-40s %-10s %10.2f to %10.2f\n", swing->part, swing->input,
                           swing->low, swing->high);
  }
}

static void append_advice(GString *text, const GPtrArray *list)
{
  if (list->len > 0) {
    g_string_append(text, "\nadvice, by what it would save (USD, estimates)\n");
  }
  for (unsigned int i = 0; i < list->len && i < 12; i++) {
    const struct advice *advice = list->pdata[i];
    g_string_append_printf(text, "%10.2f  %s %s%s%s\n            if: %s\n", advice->saving,
                           advice->cloud, advice->subject, advice->subject[0] != '\0' ? ": " : "",
                           advice->text, advice->assumption);
  }
}

char *comparison_table(const struct comparison *comparison, const struct insight *insight)
{
  GString *text = g_string_new(NULL);
  g_string_append_printf(text, "USD for %.0f days, free tier %s\n\n", comparison->workload->days,
                         comparison->workload->has_free_tier ? "applied once per account"
                                                             : "not applied");
  append_matrix(text, comparison);
  g_string_append(text, "\nbilling plans of functions\n");
  for (unsigned int i = 0; i < comparison->offers->len; i++) {
    const struct offer *offer = comparison->offers->pdata[i];
    if (offer->stage == STAGE_FUNCTIONS) {
      g_autofree char *amount = decimal_fixed(offer_total(offer), 2);
      g_string_append_printf(text, "%-24s %12s%s\n", offer->plan, amount,
                             offer->is_chosen ? "  cheapest of its cloud" : "");
    }
  }
  append_fleets(text, comparison);
  for (size_t i = 0; i < G_N_ELEMENTS(clouds); i++) {
    const struct offer *offer = comparison_chosen(comparison, STAGE_FUNCTIONS, clouds[i]);
    if (offer != NULL) {
      append_functions(text, comparison, offer);
    }
  }
  for (unsigned int i = 0; i < insight->clouds->len; i++) {
    append_spread(text, insight->clouds->pdata[i]);
  }
  append_advice(text, insight->advice);
  return g_string_free(text, FALSE);
}
