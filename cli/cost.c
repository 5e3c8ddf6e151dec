/* cleave cost: bills. */
#include <string.h>

#include "cli/command.h"
#include "cost/comparison_text.h"
#include "cost/scenario.h"

/* Draws of everything uncertain, for the 5, 50 and 95 % points. */
#define DRAWS 2000

/* The shipped catalogue, and over it the folder of --catalogue. */
static struct catalogue *open_catalogue(struct context *context, GError **error)
{
  g_autoptr(catalogue_t) catalogue = catalogue_new();
  g_autofree char *shipped = context_data_folder(context, "catalogue");
  const char *own = context_text(context, "catalogue");
  if (!catalogue_read_folder(catalogue, shipped, error) ||
      (own != NULL && !catalogue_read_folder(catalogue, own, error)) ||
      !catalogue_resolve(catalogue, error)) {
    return NULL;
  }
  return g_steal_pointer(&catalogue);
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
  g_autoptr(insight_t) insight =
      insight_new(comparison, (uint64_t)context_integer(context, "seed", 1), DRAWS);
  g_autofree char *text = strcmp(format, "json") == 0  ? comparison_json(comparison, insight)
                          : strcmp(format, "csv") == 0 ? comparison_csv(comparison)
                                                       : comparison_table(comparison, insight);
  fputs(text, context->out);
  return EXIT_DONE;
}

static int run(struct context *context)
{
  g_autoptr(GError) error = NULL;
  const char *scenario = context_text(context, "scenario");
  const char *workload = context_text(context, "workload");
  if ((scenario == NULL) == (workload == NULL)) {
    return context_fail(context, EXIT_USAGE, "cost needs --scenario FILE or --workload FILE");
  }
  g_autoptr(catalogue_t) catalogue = open_catalogue(context, &error);
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
    {"seed", 0, OPTION_INTEGER, "N", "of the draws behind the ranges (default 1)", NULL},
    {"catalogue", 0, OPTION_TEXT, "DIR", "price files that override or extend the shipped ones",
     NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

extern const struct command cost_command;
const struct command cost_command = {
    .name = "cost",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = "what functions and servers cost, line by line",
    .description =
        "Prices a scenario: functions, the infrastructure around them and an always-on baseline, "
        "on any billing plan of the catalogue. Money is exact; every line has its price, source "
        "and date. Grants and price tiers are applied once per account.\n\n"
        "With --workload the plan in the store is priced: every function from its trigger, rate, "
        "duration and memory (recorded by 'cleave host' when there), every cut, and what stands "
        "around, beside the monolith and its services always on for the same latency; the bill is "
        "kept in the store (show bill).\n\n"
        "The scenario is YAML; docs/cost.md describes its keys and the plans.",
    .options = options,
    .formats = "table|json|csv",
    .run = run,
};
