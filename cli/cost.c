/* cleave cost: bills. */
#include <string.h>

#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cost/age.h"
#include "cost/bill_diff.h"
#include "cost/comparison_text.h"
#include "cost/scenario.h"

/* Draws of everything uncertain, for the 5, 50 and 95 % points. */
#define DRAWS 2000
/* Calls of each function that are simulated. */
#define CALLS 50000

/* Prices older than a year are said aloud, each source once. */
static void say_ages(struct context *context, const struct bill *bill)
{
  g_autofree char *today = catalogue_today();
  g_autoptr(GHashTable) said = g_hash_table_new(g_str_hash, g_str_equal);
  for (unsigned int i = 0; i < bill->lines->len; i++) {
    const struct bill_line *line = bill->lines->pdata[i];
    int days = 0;
    if (age_days(line->as_of, today, &days) && days > AGE_OLD_DAYS &&
        g_hash_table_add(said, (gpointer)line->source)) {
      context_say(context, "note: prices from '%s' are of %s, older than a year", line->source,
                  line->as_of);
    }
  }
}

static void print_bill(struct context *context, const struct bill *bill)
{
  const char *format = context_format(context);
  g_autofree char *text = strcmp(format, "json") == 0  ? bill_json(bill)
                          : strcmp(format, "csv") == 0 ? bill_csv(bill)
                                                       : bill_table(bill);
  for (unsigned int i = 0; i < bill->warnings->len; i++) {
    context_say(context, "note: %s", (const char *)bill->warnings->pdata[i]);
  }
  say_ages(context, bill);
  fputs(text, context->out);
}

static int run_scenario(struct context *context, const struct catalogue *catalogue,
                        const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(scenario_t) scenario = scenario_read(catalogue, path, &error);
  g_autoptr(bill_t) bill = scenario == NULL ? NULL : scenario_bill(scenario, &error);
  if (bill == NULL) {
    return context_fail_with(context, error);
  }
  print_bill(context, bill);
  return EXIT_DONE;
}

static void show_progress(void *data, unsigned int done, unsigned int total)
{
  progress_set(data, done, total, NULL);
}

/* Prices the plan in the store and keeps the bill there. */
static int run_workload(struct context *context, const struct catalogue *catalogue,
                        const char *path)
{
  g_autoptr(GError) error = NULL;
  int code = EXIT_DONE;
  g_autoptr(workload_t) workload = workload_read(path, &error);
  if (workload == NULL) {
    return context_fail_with(context, error);
  }
  g_autoptr(store_t) store = context_open_store(context, STORE_WRITE, &code);
  if (store == NULL) {
    return code;
  }
  g_autoptr(comparison_t) comparison = comparison_new(catalogue, workload, store, &error);
  if (comparison == NULL || !comparison_write(comparison, store, &error)) {
    return context_fail_with(context, error);
  }
  for (unsigned int i = 0; i < comparison->loads->notes->len; i++) {
    context_say(context, "note: %s", (const char *)comparison->loads->notes->pdata[i]);
  }
  const char *format = context_format(context);
  g_autoptr(progress_t) progress = progress_new(context, "simulating", "functions");
  progress_tick(progress);
  struct cost_watch watch = {.tell = show_progress, .data = progress};
  g_autoptr(insight_t) insight =
      insight_new(comparison, (uint64_t)context_integer(context, "seed", 1), DRAWS, CALLS, &watch);
  g_clear_pointer(&progress, progress_free);
  if (!insight_write(insight, store, &error)) {
    return context_fail_with(context, error);
  }
  g_autofree char *text = strcmp(format, "json") == 0  ? comparison_json(comparison, insight)
                          : strcmp(format, "csv") == 0 ? comparison_csv(comparison)
                                                       : comparison_table(comparison, insight);
  fputs(text, context->out);
  return EXIT_DONE;
}

/* The bill of one side of --diff: a scenario file; a catalogue folder, under which --scenario is
 * billed; or a store, whose plan --workload loads. */
static struct bill *bill_of(struct context *context, const char *path, GError **error)
{
  const char *scenario_path = context_text(context, "scenario");
  const char *workload_path = context_text(context, "workload");
  bool is_folder = g_file_test(path, G_FILE_TEST_IS_DIR);
  g_autoptr(catalogue_t) catalogue =
      catalogue_open(context, is_folder ? path : context_text(context, "catalogue"), error);
  if (catalogue == NULL) {
    return NULL;
  }
  if (workload_path != NULL && !is_folder) {
    g_autoptr(workload_t) workload = workload_read(workload_path, error);
    g_autoptr(store_t) store = workload == NULL ? NULL : store_open(path, STORE_READ, error);
    g_autoptr(comparison_t) comparison =
        store == NULL ? NULL : comparison_new(catalogue, workload, store, error);
    return comparison == NULL ? NULL : comparison_bill(comparison);
  }
  g_autoptr(scenario_t) scenario =
      scenario_read(catalogue, is_folder ? scenario_path : path, error);
  return scenario == NULL ? NULL : scenario_bill(scenario, error);
}

static int run_diff(struct context *context)
{
  g_autoptr(GError) error = NULL;
  const char *first = context->n_arguments > 0 ? context->arguments[0] : NULL;
  const char *second = context->n_arguments > 1 ? context->arguments[1] : NULL;
  if (second == NULL) {
    return context_fail(context, EXIT_USAGE, "cost --diff needs two scenarios, folders or stores");
  }
  if ((g_file_test(first, G_FILE_TEST_IS_DIR) || g_file_test(second, G_FILE_TEST_IS_DIR)) &&
      context_text(context, "scenario") == NULL) {
    return context_fail(context, EXIT_USAGE, "cost --diff of two catalogues needs --scenario FILE");
  }
  g_autoptr(bill_t) before = bill_of(context, first, &error);
  g_autoptr(bill_t) after = before == NULL ? NULL : bill_of(context, second, &error);
  if (after == NULL) {
    return context_fail_with(context, error);
  }
  g_autoptr(bill_diff_t) diff = bill_diff_new(before, after);
  const char *format = context_format(context);
  g_autofree char *text = strcmp(format, "json") == 0  ? bill_diff_json(diff)
                          : strcmp(format, "csv") == 0 ? bill_diff_csv(diff)
                                                       : bill_diff_table(diff);
  fputs(text, context->out);
  return diff->changes->len > 0 ? EXIT_FINDINGS : EXIT_DONE;
}

static int run(struct context *context)
{
  g_autoptr(GError) error = NULL;
  const char *scenario = context_text(context, "scenario");
  const char *workload = context_text(context, "workload");
  if (context_flag(context, "diff")) {
    return run_diff(context);
  }
  if (context->n_arguments > 0) {
    return context_fail(context, EXIT_USAGE, "cost takes arguments only with --diff");
  }
  if ((scenario == NULL) == (workload == NULL)) {
    return context_fail(context, EXIT_USAGE, "cost needs --scenario FILE or --workload FILE");
  }
  g_autoptr(catalogue_t) catalogue =
      catalogue_open(context, context_text(context, "catalogue"), &error);
  if (catalogue == NULL) {
    return context_fail_with(context, error);
  }
  return scenario != NULL ? run_scenario(context, catalogue, scenario)
                          : run_workload(context, catalogue, workload);
}

static const struct option options[] = {
    {"scenario", 0, OPTION_TEXT, "FILE", "a bill by hand: scenario.yaml", NULL},
    {"workload", 0, OPTION_TEXT, "FILE",
     "prices the plan of the store: workload.yaml tells the load", NULL},
    {"diff", 0, OPTION_FLAG, NULL,
     "what changed between two scenarios, two catalogues (with --scenario) or two stores (with "
     "--workload)",
     NULL},
    {"seed", 0, OPTION_INTEGER, "N", "of the draws behind the ranges (default 1)", NULL},
    {"catalogue", 0, OPTION_TEXT, "DIR", "price files that override or extend the shipped ones",
     NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

extern const struct command cost_command;
const struct command cost_command = {
    .name = "cost",
    .arguments = "[A B]",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary = "what functions and servers cost, line by line",
    .description =
        "Prices a scenario: functions, the infrastructure around them and an always-on baseline, "
        "on any billing plan of the catalogue. Money is exact; every line has its price, source "
        "and date. Grants and price tiers are applied once per account.\n\n"
        "With --workload the plan in the store is priced: every function from its trigger, rate, "
        "duration and memory (recorded by 'cleave host' when there), every cut, and what stands "
        "around, beside the monolith and its services always on for the same latency; the bill and "
        "how far what is uncertain moves it are kept in the store (show bill, show ranges).\n\n"
        "The scenario is YAML; docs/cost.md describes its keys and the plans.",
    .options = options,
    .formats = "table|json|csv",
    .run = run,
};
