/* cleave show WHAT: the rows of a public view. */
#include <string.h>

#include "base/nearest.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "reports/findings.h"
#include "reports/rows.h"
#include "reports/sarif.h"
#include "reports/table.h"
#include "reports/text.h"
#include "splitter/plan_reader.h"
#include "store/view.h"

struct subject {
  const char *word;
  const char *view;
};

static const struct subject subjects[] = {
    {"files", "v_file"},
    {"routines", "v_routine"},
    {"calls", "v_call"},
    {"unresolved", "v_unresolved"},
    {"state", "v_state"},
    {"accesses", "v_access"},
    {"effects", "v_effect"},
    {"entries", "v_entry"},
    {"spans", "v_span"},
    {"programs", "v_program"},
    {"diagnostics", "v_diagnostic"},
    {"services", "v_service"},
    {"members", "v_member"},
    {"functions", "v_function"},
    {"cuts", "v_cut"},
    {"params", "v_param"},
    {"types", "v_type"},
    {"fields", "v_field"},
    {"invocations", "v_invocation"},
    {"measurements", "v_measurement"},
    {"bill", "v_bill"},
    {"ranges", "v_range"},
    {"steps", "v_step"},
    {"units", "v_unit"},
    {"setups", "v_setup"},
    {"decisions", "v_decision"},
};

static const char *find_view(const char *word)
{
  for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
    if (strcmp(subjects[i].word, word) == 0) {
      return subjects[i].view;
    }
  }
  return NULL;
}

static int unknown_subject(struct context *context, const char *word)
{
  const char *words[G_N_ELEMENTS(subjects) + 1] = {NULL};
  for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
    words[i] = subjects[i].word;
  }
  const char *nearest = nearest_name(word, words, G_N_ELEMENTS(subjects));
  if (nearest) {
    return context_fail(context, EXIT_USAGE, "cannot show '%s', did you mean '%s'?", word, nearest);
  }
  g_autofree char *all = g_strjoinv(", ", (char **)words);
  return context_fail(context, EXIT_USAGE, "cannot show '%s'; there are: %s", word, all);
}

/* False and a message when VIEW has no COLUMN. */
static bool check_column(struct context *context, char *const *columns, const char *column)
{
  if (g_strv_contains((const char *const *)columns, column)) {
    return true;
  }
  const char *nearest =
      nearest_name(column, (const char *const *)columns, g_strv_length((char **)columns));
  context_fail(context, EXIT_USAGE, "there is no column '%s'%s%s%s", column,
               nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
  return false;
}

/* COLUMN=VALUE pairs as filters; refuses columns that the view does not have. */
static bool read_filters(struct context *context, struct store *store, const char *view,
                         GArray *filters, int *code)
{
  g_autoptr(GError) error = NULL;
  for (const char *const *pair = context_list(context, "where"); *pair; pair++) {
    const char *equals = strchr(*pair, '=');
    if (!equals) {
      *code = context_fail(context, EXIT_USAGE, "--where needs COLUMN=VALUE, not '%s'", *pair);
      return false;
    }
    g_autofree char *column = g_strndup(*pair, (gsize)(equals - *pair));
    g_auto(GStrv) columns = view_columns(store, view, &error);
    if (!columns) {
      *code = context_fail_with(context, error);
      return false;
    }
    if (!check_column(context, columns, column)) {
      *code = EXIT_USAGE;
      return false;
    }
    struct view_filter filter = {g_intern_string(column), equals + 1};
    g_array_append_val(filters, filter);
  }
  return true;
}

static void print_rows(struct context *context, const struct view_rows *rows, const char *what)
{
  const char *format = context_format(context);
  g_autofree char *text = NULL;
  if (strcmp(format, "json") == 0) {
    text = rows_json(rows, what);
  } else if (strcmp(format, "csv") == 0) {
    text = rows_csv(rows);
  } else {
    unsigned n_left_out = 0;
    text =
        text_table(rows, terminal_width(context->out),
                   terminal_has_color(context->out, context_text(context, "color")), &n_left_out);
    if (n_left_out > 0) {
      context_say(context, "%u of %u columns do not fit here: --columns chooses which", n_left_out,
                  rows->n_columns);
    }
  }
  fputs(text, context->out);
  if (strcmp(format, "table") == 0 && rows->n_rows == 0) {
    context_say(context, "no rows");
  }
}

/* Cuts and blocked functions as SARIF. */
static int print_sarif(struct context *context, struct store *store, const char *what)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(model_t) model = model_load(store, &error);
  if (!model) {
    return context_fail_with(context, error);
  }
  g_autoptr(GPtrArray) findings =
      strcmp(what, "cuts") == 0 ? finding_list_of_cuts(model) : finding_list_of_blocked(model);
  g_autofree char *text = sarif_write(findings, CLEAVE_VERSION);
  fputs(text, context->out);
  return EXIT_DONE;
}

/* Members as Rigi facts: contain SERVICE ITEM. */
static int print_rsf(struct context *context, struct store *store)
{
  const char *level = context_text(context, "level");
  bool is_file = level != NULL && strcmp(level, "file") == 0;
  g_autoptr(GError) error = NULL;
  struct grouping *grouping =
      plan_read_grouping(store, is_file ? PLAN_LEVEL_FILE : PLAN_LEVEL_ROUTINE, &error);
  if (!grouping) {
    return context_fail_with(context, error);
  }
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < grouping->items->len; i++) {
    guint32 group = g_array_index(grouping->group_of, guint32, i);
    rsf_append(text, "contain", g_ptr_array_index(grouping->groups, group),
               g_ptr_array_index(grouping->items, i));
  }
  grouping_free(grouping);
  fputs(text->str, context->out);
  return EXIT_DONE;
}

static int show(struct context *context)
{
  const char *what = context->arguments[0];
  const char *view = find_view(what);
  if (!view) {
    return unknown_subject(context, what);
  }
  bool is_sarif = strcmp(context_format(context), "sarif") == 0;
  if (is_sarif && strcmp(what, "cuts") != 0 && strcmp(what, "functions") != 0) {
    return context_fail(context, EXIT_USAGE, "only cuts and functions can be shown as sarif");
  }
  bool is_rsf = strcmp(context_format(context), "rsf") == 0;
  if (is_rsf && strcmp(what, "members") != 0) {
    return context_fail(context, EXIT_USAGE, "only members can be shown as rsf");
  }
  int code = EXIT_DONE;
  g_autoptr(store_t) store = context_open_store(context, STORE_READ, &code);
  if (!store) {
    return code;
  }
  if (is_rsf) {
    return print_rsf(context, store);
  }
  if (is_sarif) {
    return print_sarif(context, store, what);
  }
  g_autoptr(GArray) filters = g_array_new(FALSE, FALSE, sizeof(struct view_filter));
  if (!read_filters(context, store, view, filters, &code)) {
    return code;
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(view_rows) rows =
      view_read(store, view, (struct view_filter *)(void *)filters->data, filters->len, &error);
  if (!rows) {
    return context_fail_with(context, error);
  }
  const char *const *columns = context_list(context, "columns");
  for (unsigned i = 0; columns[i]; i++) {
    if (!check_column(context, rows->columns, columns[i])) {
      return EXIT_USAGE;
    }
  }
  g_autoptr(view_rows) chosen = columns[0] ? table_choose(rows, columns) : NULL;
  print_rows(context, chosen ? chosen : rows, what);
  return EXIT_DONE;
}

static const struct option show_options[] = {
    {"where", 'w', OPTION_LIST, "COLUMN=VALUE", "only rows in which the column has the value",
     NULL},
    {"columns", 'c', OPTION_LIST, "NAMES", "only these columns, in this order", NULL},
    {"level", 0, OPTION_TEXT, "LEVEL", "members as rsf: whole files or routines", "file|routine"},
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

const struct command show_command = {
    .name = "show",
    .arguments = "WHAT",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = "Show what was found and proposed",
    .description =
        "WHAT is one of files, routines, calls, unresolved, state, accesses, effects, entries,\n"
        "spans, programs, diagnostics, services, members, functions, cuts, params, types, fields,\n"
        "invocations, measurements, bill, ranges, steps, units, setups, decisions. The columns are "
        "those of\n"
        "the public views (docs/views.md). SARIF holds\n"
        "cuts, or blocked functions, for code-scanning services.",
    .options = show_options,
    .formats = "table|json|csv|sarif|rsf",
    .run = show,
};
