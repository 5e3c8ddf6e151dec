/* cleave diff A B: what changed between two stores. */
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "reports/difference.h"
#include "reports/rows.h"
#include "reports/text.h"

static struct model *load(struct context *context, const char *path, int *code)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = store_open(path, STORE_READ, &error);
  struct model *model = store ? model_load(store, &error) : NULL;
  if (!model) {
    *code = context_fail_with(context, error);
  }
  return model;
}

static void print_rows(struct context *context, const struct view_rows *rows)
{
  const char *format = context_format(context);
  g_autofree char *text = NULL;
  if (strcmp(format, "json") == 0) {
    text = rows_json(rows, "diff");
  } else if (strcmp(format, "csv") == 0) {
    text = rows_csv(rows);
  } else if (rows->n_rows > 0) {
    text = text_table(rows, terminal_width(context->out),
                      terminal_has_color(context->out, context_text(context, "color")), NULL);
  }
  fputs(text ? text : "", context->out);
}

/* ROWS of the kinds that --only names. */
static struct view_rows *choose(struct context *context, struct view_rows *rows)
{
  const char *const *only = context_list(context, "only");
  if (!only[0]) {
    return rows;
  }
  GArray *cells = g_array_new(FALSE, FALSE, sizeof(struct cell));
  size_t n_rows = 0;
  for (size_t row = 0; row < rows->n_rows; row++) {
    if (g_strv_contains(only, view_text(rows, row, "kind"))) {
      g_array_append_vals(cells, view_cell(rows, row, 0), rows->n_columns);
      n_rows++;
    }
  }
  g_array_unref(rows->cells);
  rows->cells = cells;
  rows->n_rows = n_rows;
  return rows;
}

static int run_diff(struct context *context)
{
  int code = EXIT_DONE;
  g_autoptr(model_t) before = load(context, context->arguments[0], &code);
  g_autoptr(model_t) after = before ? load(context, context->arguments[1], &code) : NULL;
  if (!after) {
    return code;
  }
  g_autoptr(view_rows) rows = choose(context, difference_find(before, after));
  print_rows(context, rows);
  if (rows->n_rows == 0) {
    context_say(context, "no difference");
  }
  return rows->n_rows > 0 ? EXIT_FINDINGS : EXIT_DONE;
}

static const struct option diff_options[] = {
    {"only", 0, OPTION_LIST, "KINDS", "only these kinds",
     "routine|call|state|access|service|member|function|cut|bill"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

const struct command diff_command = {
    .name = "diff",
    .arguments = "A B",
    .min_arguments = 2,
    .max_arguments = 2,
    .summary = "What changed between two stores",
    .description =
        "Compares routines, calls, state, accesses, services, their members, functions, cuts and\n"
        "bills by their names; lines that moved are no change.\n\n"
        "Exit codes: 0 no difference, 1 a difference.",
    .options = diff_options,
    .formats = "table|json|csv",
    .run = run_diff,
};
