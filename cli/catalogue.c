/* cleave catalogue check, cleave catalogue import: price files. */
#include <string.h>
#include <time.h>

#include "cli/catalogue.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "cost/catalogue_check.h"
#include "cost/import.h"

struct catalogue *catalogue_open(struct context *context, const char *own, GError **error)
{
  g_autoptr(catalogue_t) catalogue = catalogue_new();
  g_autofree char *shipped = context_data_folder(context, "catalogue");
  if (!catalogue_read_folder(catalogue, shipped, error) ||
      (own != NULL && !catalogue_read_folder(catalogue, own, error)) ||
      !catalogue_resolve(catalogue, error)) {
    return NULL;
  }
  return g_steal_pointer(&catalogue);
}

char *catalogue_today(void)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  return g_date_time_format(now, "%Y-%m-%d");
}

static int run_check(struct context *context)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(catalogue_t) catalogue =
      catalogue_open(context, context->n_arguments > 0 ? context->arguments[0] : NULL, &error);
  if (catalogue == NULL) {
    return context_fail_with(context, error);
  }
  g_autofree char *now = catalogue_today();
  const char *today = context_text(context, "today");
  g_autoptr(GPtrArray) findings = catalogue_check(catalogue, today != NULL ? today : now);
  unsigned int n_problems = 0;
  for (unsigned int i = 0; i < findings->len; i++) {
    const struct finding *finding = findings->pdata[i];
    n_problems += finding->is_problem;
    g_autofree char *text =
        g_strdup_printf("%s:%u: %s: %s", finding->file, finding->line,
                        finding->is_problem ? "problem" : "warning", finding->text);
    g_autofree char *safe = terminal_escape(text);
    fprintf(context->out, "%s\n", safe);
  }
  context_say(context, "%u plans, %u meters; %u problems, %u warnings",
              g_hash_table_size(catalogue->plans), g_hash_table_size(catalogue->meters), n_problems,
              findings->len - n_problems);
  return n_problems > 0 ? EXIT_FINDINGS : EXIT_DONE;
}

static const struct option check_options[] = {
    {"today", 0, OPTION_TEXT, "DATE", "the day to count ages from (default: today), YYYY-MM-DD",
     NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

extern const struct command catalogue_check_command;
const struct command catalogue_check_command = {
    .name = "catalogue check",
    .arguments = "[DIR]",
    .min_arguments = 0,
    .max_arguments = 1,
    .summary = "are the price files sound and fresh?",
    .description =
        "Reads the shipped catalogue and, over it, the files of DIR. Gaps between tiers, missing "
        "units and unknown keys are refused with file, line and column; dearer tiers, plans "
        "without prices and grants over different units are problems (exit code 1); prices older "
        "than a year, without a date or unverified are warnings.",
    .options = check_options,
    .run = run_check,
};

static int run_import(struct context *context)
{
  g_autoptr(GError) error = NULL;
  const char *path = context->arguments[0];
  const char *output = context_text(context, "output");
  g_autofree char *name = g_path_get_basename(path);
  const char *title = context_text(context, "title");
  g_autoptr(import_t) import = import_read(path, title != NULL ? title : name, &error);
  if (import == NULL) {
    return context_fail_with(context, error);
  }
  g_autofree char *text = import_text(import);
  context_say(context, "%s: %u prices taken, %u entries passed over", import->cloud,
              import->n_prices, import->n_passed);
  if (output == NULL) {
    fputs(text, context->out);
    return EXIT_DONE;
  }
  return output_write(context, output, text, strlen(text));
}

static const struct option import_options[] = {
    {"output", 'o', OPTION_TEXT, "FILE", "catalogue file to write (default: standard output)",
     NULL},
    {"title", 0, OPTION_TEXT, "TEXT", "names the source of the prices (default: the file's name)",
     NULL},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

extern const struct command catalogue_import_command;
const struct command catalogue_import_command = {
    .name = "catalogue import",
    .arguments = "FILE",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "turns a cloud's price file into a catalogue file",
    .description =
        "Reads an offer file of the AWS price list, an answer of the Azure retail prices API or a "
        "SKU list of Google's billing API from disk, and writes the prices that the catalogue "
        "knows as a catalogue file. Put it into a folder of its own and name that with "
        "--catalogue: it overrides or extends the shipped prices, region by region.",
    .options = import_options,
    .run = run_import,
};
