/* cleave cost: bills. */
#include <string.h>

#include "cli/command.h"
#include "cost/error.h"
#include "cost/scenario.h"

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

static int run(struct context *context)
{
  g_autoptr(GError) error = NULL;
  const char *scenario = context_text(context, "scenario");
  if (scenario == NULL) {
    return context_fail(context, EXIT_USAGE, "cost needs --scenario FILE");
  }
  g_autoptr(catalogue_t) catalogue = open_catalogue(context, &error);
  if (catalogue == NULL) {
    return context_fail_with(context, error);
  }
  return run_scenario(context, catalogue, scenario);
}

static const struct option options[] = {
    {"scenario", 0, OPTION_TEXT, "FILE", "a bill by hand: scenario.yaml", NULL},
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
        "The scenario is YAML; docs/cost.md describes its keys and the plans.",
    .options = options,
    .formats = "table|json|csv",
    .run = run,
};
