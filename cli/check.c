/* cleave check [PATH]: has the code grown across a boundary? For continuous integration. */
#include <string.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "cli/analysis.h"
#include "cli/command.h"
#include "reports/allowed.h"
#include "reports/growth.h"
#include "reports/rows.h"
#include "reports/sarif.h"
#include "splitter/split.h"

#define DEFAULT_ALLOW "check.yaml"

/* A copy of the baseline, so that only what changed is parsed again. */
struct workplace {
  char *folder;
  char *path;
};

static void workplace_clear(struct workplace *workplace)
{
  if (workplace->path) {
    g_remove(workplace->path);
  }
  if (workplace->folder) {
    g_rmdir(workplace->folder);
  }
  g_free(workplace->path);
  g_free(workplace->folder);
}

static bool workplace_init(struct workplace *workplace, const char *baseline, GError **error)
{
  workplace->folder = g_dir_make_tmp("cleave-check-XXXXXX", error);
  if (!workplace->folder) {
    return false;
  }
  workplace->path = g_build_filename(workplace->folder, "now.db", NULL);
  g_autoptr(GFile) from = g_file_new_for_path(baseline);
  g_autoptr(GFile) to = g_file_new_for_path(workplace->path);
  return g_file_copy(from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, error);
}

/* Analyses PATH into STORE and makes a plan of it. */
static int analyse_again(struct context *context, struct store *store, const char *root)
{
  g_autoptr(GError) error = NULL;
  struct compilations_request request = {
      .path = context->n_arguments > 0 ? context->arguments[0] : ".",
      .root = context_text(context, "root") ? context_text(context, "root") : root,
      .path_maps = context_list(context, "path-map")};
  struct compilations *compilations = compilations_find(&request, &error);
  if (!compilations) {
    return analysis_fail(context, error);
  }
  struct analyze_options into = {0};
  int code = analysis_run(context, store, compilations, &into);
  compilations_free(compilations);
  if (code != EXIT_DONE && code != EXIT_PARTIAL) {
    return code;
  }
  struct split_options options = {.boundaries = context_text(context, "boundaries")};
  struct split_result result = {0};
  if (!split_run(store, &options, &result, &error)) {
    return context_fail_with(context, error);
  }
  for (guint i = 0; i < result.remarks->len; i++) {
    context_say(context, "%s", (const char *)g_ptr_array_index(result.remarks, i));
  }
  split_result_clear(&result);
  return code;
}

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

/* Analyses into a copy of BASELINE and loads what came out. */
static struct model *load_now(struct context *context, const char *baseline, int *code)
{
  g_autoptr(GError) error = NULL;
  struct workplace workplace = {NULL, NULL};
  struct model *now = NULL;
  if (!workplace_init(&workplace, baseline, &error)) {
    *code = context_fail_with(context, error);
  } else {
    g_autoptr(store_t) store = store_open(workplace.path, STORE_WRITE, &error);
    if (!store) {
      *code = context_fail_with(context, error);
    } else {
      g_autofree char *root = store_info(store, "root", NULL);
      *code = analyse_again(context, store, root);
    }
  }
  if (*code == EXIT_DONE || *code == EXIT_PARTIAL) {
    now = load(context, workplace.path, code);
  }
  workplace_clear(&workplace);
  return now;
}

static void print_findings(struct context *context, const GPtrArray *findings)
{
  const char *format = context_format(context);
  g_autofree char *text = NULL;
  if (strcmp(format, "sarif") == 0) {
    text = sarif_write(findings, CLEAVE_VERSION);
  } else if (strcmp(format, "table") == 0) {
    text = finding_list_text(findings);
  } else {
    g_autoptr(view_rows) table = finding_list_table(findings);
    text = strcmp(format, "json") == 0 ? rows_json(table, "check") : rows_csv(table);
  }
  fputs(text, context->out);
}

/* The allowances of --allow, or of check.yaml where there is one; empty when there is none. */
static GPtrArray *load_allowances(struct context *context, GError **error)
{
  const char *path = context_text(context, "allow");
  if (!path && !g_file_test(DEFAULT_ALLOW, G_FILE_TEST_EXISTS)) {
    return g_ptr_array_new();
  }
  return allowed_load(path ? path : DEFAULT_ALLOW, error);
}

static int report(struct context *context, const struct model *before, const struct model *now,
                  GPtrArray *allowances, int code)
{
  g_autoptr(GDateTime) time = g_date_time_new_now_utc();
  g_autofree char *today = g_date_time_format(time, "%Y-%m-%d");
  const char *day = context_text(context, "on");
  g_autoptr(GPtrArray) findings = growth_find(before, now);
  unsigned n_allowed = allowed_apply(allowances, findings, day ? day : today);
  print_findings(context, findings);
  context_say(context, "%u finding%s, %u allowed", findings->len, findings->len == 1 ? "" : "s",
              n_allowed);
  for (guint i = 0; i < allowances->len; i++) {
    const struct allowance *allowance = g_ptr_array_index(allowances, i);
    if (allowance->n_used == 0) {
      context_say(context, "the allowance of line %u covers nothing: %s %s", allowance->line,
                  allowance->rule, allowance->subject);
    }
  }
  return findings->len > 0 ? EXIT_FINDINGS : code;
}

static int run_check(struct context *context)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) allowances = load_allowances(context, &error);
  if (!allowances) {
    return context_fail_with(context, error);
  }
  int code = EXIT_DONE;
  const char *baseline = context_text(context, "baseline");
  baseline = baseline ? baseline : context_db(context);
  g_autoptr(model_t) before = load(context, baseline, &code);
  if (!before) {
    return code;
  }
  if (before->services->n == 0) {
    return context_fail(context, EXIT_USAGE,
                        "'%s' has no plan to check against; 'cleave split' makes one", baseline);
  }
  const char *current = context_text(context, "current");
  g_autoptr(model_t) now =
      current ? load(context, current, &code) : load_now(context, baseline, &code);
  return now ? report(context, before, now, allowances, code) : code;
}

static const struct option check_options[] = {
    {"baseline", 0, OPTION_TEXT, "STORE", "the plan to check against (default: that of --db)",
     NULL},
    {"current", 0, OPTION_TEXT, "STORE", "do not analyse: the code is in this store", NULL},
    {"boundaries", 0, OPTION_TEXT, "FILE", "what people decided: boundaries.yaml", NULL},
    {"allow", 0, OPTION_TEXT, "FILE", "findings that are accepted (default check.yaml)", NULL},
    {"on", 0, OPTION_TEXT, "DAY", "the day that counts for allowances (default: today, UTC)", NULL},
    {"root", 0, OPTION_TEXT, "DIR", "as for analyze (default: the baseline's)", NULL},
    {"path-map", 0, OPTION_LIST, "OLD=NEW", "as for analyze", NULL},
    OPTION_JOBS,
    OPTION_RULES,
    {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
};

const struct command check_command = {
    .name = "check",
    .arguments = "[PATH]",
    .max_arguments = 1,
    .summary = "Fail when the code has grown across a boundary",
    .description =
        "Analyses PATH (default: the current folder) into a copy of the baseline, which is not\n"
        "changed, and compares. Findings are new cuts (new-cut), new writers of state that "
        "another\n"
        "service owns (new-writer) and functions that are blocked for a new reason (new-blocked).\n"
        "Routines keep the service that the baseline's plan gave them; a new one belongs to the\n"
        "service that most of its file belongs to.\n\n"
        "check.yaml holds what is accepted, each with a reason and a last day:\n\n"
        "  version: 1\n"
        "  allow:\n"
        "    - {rule: new-cut, subject: \"orders * call mail *\", reason: \"a queue comes\",\n"
        "       until: 2026-12-31}\n\n"
        "Exit codes: 0 nothing new, 1 findings.",
    .options = check_options,
    .formats = "table|json|csv|sarif",
    .run = run_check,
};
