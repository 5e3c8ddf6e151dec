/* cleave explain NAME: why something is where it is. */
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "reports/rows.h"
#include "reports/text.h"
#include "splitter/account.h"
#include "splitter/selector.h"

static struct view_rows *rows_of(const GPtrArray *lines)
{
  static const char *const columns[] = {"what", "weight", "text", "file", "line", NULL};
  struct view_rows *rows = g_new0(struct view_rows, 1);
  rows->columns = g_strdupv((char **)columns);
  rows->n_columns = G_N_ELEMENTS(columns) - 1;
  rows->cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
  rows->n_rows = lines->len;
  rows->strings = g_string_chunk_new(64);
  for (guint i = 0; i < lines->len; i++) {
    const struct account_line *line = g_ptr_array_index(lines, i);
    const struct cell cells[] = {
        {.type = CELL_TEXT, .text = line->what},   {.type = CELL_REAL, .real = line->weight},
        {.type = CELL_TEXT, .text = line->text},   {.type = CELL_TEXT, .text = line->file},
        {.type = CELL_INT, .integer = line->line},
    };
    g_array_append_vals(rows->cells, cells, G_N_ELEMENTS(cells));
  }
  return rows;
}

/* Lines as a person reads them: what, why, and file:line where there is one. */
static void print_text(struct context *context, const struct candidate *candidate,
                       const GPtrArray *lines)
{
  g_autofree char *title = text_escape(candidate->text, false);
  fprintf(context->out, "%s\n", title);
  for (guint i = 0; i < lines->len; i++) {
    const struct account_line *line = g_ptr_array_index(lines, i);
    g_autofree char *text = text_escape(line->text, false);
    g_autofree char *file = text_escape(line->file, false);
    fprintf(context->out, "  %-11s %s", line->what, text);
    if (file[0] != '\0' && line->line > 0) {
      fprintf(context->out, "  [%s:%" G_GINT64_FORMAT "]", file, line->line);
    }
    fputc('\n', context->out);
  }
}

static int print_account(struct context *context, struct store *store,
                         const struct monolith *monolith, const struct candidate *candidate)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) lines = account_of(store, monolith, candidate, &error);
  if (lines == NULL) {
    return context_fail_with(context, error);
  }
  const char *format = context_format(context);
  if (strcmp(format, "table") == 0) {
    print_text(context, candidate, lines);
    return EXIT_DONE;
  }
  g_autoptr(view_rows) rows = rows_of(lines);
  g_autofree char *text = strcmp(format, "json") == 0 ? rows_json(rows, "account") : rows_csv(rows);
  fputs(text, context->out);
  return EXIT_DONE;
}

static int refuse_name(struct context *context, const struct monolith *monolith, const char *name,
                       const GPtrArray *candidates)
{
  if (candidates->len == 0) {
    const char *nearest = selector_nearest(monolith, name, FALSE);
    return context_fail(context, EXIT_USAGE, "there is no '%s'%s%s%s", name,
                        nearest != NULL ? ", did you mean '" : "", nearest != NULL ? nearest : "",
                        nearest != NULL ? "'?" : "");
  }
  g_autoptr(GString) text = g_string_new(NULL);
  g_string_append_printf(text, "'%s' may mean:", name);
  for (guint i = 0; i < candidates->len; i++) {
    const struct candidate *candidate = g_ptr_array_index(candidates, i);
    g_string_append_printf(text, "\n  %s", candidate->text);
  }
  return context_fail(context, EXIT_USAGE, "%s", text->str);
}

static int explain(struct context *context, struct store *store, const struct monolith *monolith)
{
  const char *name = context->arguments[0];
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) candidates = account_candidates(store, monolith, name, &error);
  if (candidates == NULL) {
    return context_fail_with(context, error);
  }
  if (candidates->len != 1) {
    return refuse_name(context, monolith, name, candidates);
  }
  return print_account(context, store, monolith, g_ptr_array_index(candidates, 0));
}

static int run(struct context *context)
{
  int code = EXIT_DONE;
  g_autoptr(store_t) store = context_open_store(context, STORE_READ, &code);
  if (store == NULL) {
    return code;
  }
  g_autoptr(GError) error = NULL;
  struct monolith *monolith = monolith_load(store, &error);
  if (monolith == NULL) {
    return context_fail_with(context, error);
  }
  code = explain(context, store, monolith);
  monolith_free(monolith);
  return code;
}

extern const struct command explain_command;
const struct command explain_command = {
    .name = "explain",
    .arguments = "NAME",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "Say why something is where it is",
    .description =
        "NAME is a routine ([program:][file::]routine), a state ([file::]variable[.field], or "
        "table:orders), a service ([service:]name) or a function ([function:]name). Prints its "
        "place, the evidence for it with the "
        "lines that show it, the margin to the second-best service, everything that crosses its "
        "boundary with its price, and what stands in its way. A name that may mean several things "
        "lists them.",
    .options = NULL,
    .formats = "table|json|csv",
    .run = run,
};
