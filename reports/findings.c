#include "reports/findings.h"

#include <string.h>

#include "reports/table.h"
#include "reports/text.h"

static const struct {
  const char *id;
  const char *about;
} rules[N_FINDING_RULES] = {
    [RULE_CALL_CUT] = {"call-cut", "A call crosses from one service to another."},
    [RULE_READ_CUT] = {"read-cut", "A routine reads state that another service owns."},
    [RULE_WRITE_CUT] = {"write-cut", "A routine writes state that another service owns."},
    [RULE_BLOCKED_FUNCTION] = {"blocked-function",
                               "Something keeps this function from being deployed on its own."},
    [RULE_NEW_CUT] = {"new-cut", "The code has grown a call or a read across a service boundary."},
    [RULE_NEW_WRITER] = {"new-writer",
                         "The code has grown a write of state that another service owns."},
    [RULE_NEW_BLOCKED] = {"new-blocked",
                          "A function is blocked for a reason that it did not have."},
};

const char *finding_rule_id(enum finding_rule rule)
{
  return rules[rule].id;
}

const char *finding_rule_about(enum finding_rule rule)
{
  return rules[rule].about;
}

const char *finding_level_name(enum finding_level level)
{
  static const char *const names[] = {"note", "warning", "error"};
  return names[level];
}

static void free_finding(gpointer data)
{
  struct finding *finding = data;
  g_free(finding->subject);
  g_free(finding->message);
  g_free(finding->file);
  g_free(finding);
}

GPtrArray *finding_list_new(void)
{
  return g_ptr_array_new_with_free_func(free_finding);
}

void finding_list_add(GPtrArray *findings, struct finding finding)
{
  g_ptr_array_add(findings, g_memdup2(&finding, sizeof finding));
}

static gint compare_findings(gconstpointer a, gconstpointer b)
{
  const struct finding *x = *(const struct finding *const *)a;
  const struct finding *y = *(const struct finding *const *)b;
  int by_file = strcmp(x->file, y->file);
  if (by_file != 0) {
    return by_file;
  }
  if (x->line != y->line) {
    return x->line - y->line;
  }
  return x->rule != y->rule ? (int)x->rule - (int)y->rule : strcmp(x->subject, y->subject);
}

void finding_list_sort(GPtrArray *findings)
{
  g_ptr_array_sort(findings, compare_findings);
}

static void add_cut(GPtrArray *findings, const struct model *model, const struct plan_cut *cut)
{
  int routine = model_routine(model, cut->routine);
  bool is_call = strcmp(cut->kind, "call") == 0;
  int item = is_call ? model_routine(model, cut->item) : model_state(model, cut->item);
  if (routine < 0 || item < 0) {
    return;
  }
  bool is_write = strcmp(cut->mode, "write") == 0;
  g_autofree char *what =
      is_call ? g_strdup(model_routine_at(model, item)->name) : model_state_name(model, item);
  const char *from = model_service_name(model, model_service(model, cut->from_service));
  const char *to = model_service_name(model, model_service(model, cut->to_service));
  const char *name = model_routine_at(model, routine)->name;
  bool is_refused = strcmp(cut->marshal, "refused") == 0;
  bool is_open = strcmp(cut->marshal, "needs-contract") == 0;
  finding_list_add(
      findings, (struct finding){
                    .rule = is_call    ? RULE_CALL_CUT
                            : is_write ? RULE_WRITE_CUT
                                       : RULE_READ_CUT,
                    .level = is_refused || is_write ? LEVEL_ERROR
                             : is_open              ? LEVEL_WARNING
                                                    : LEVEL_NOTE,
                    .subject = g_strdup_printf("%s %s %s %s %s", from, name, cut->mode, to, what),
                    .message = g_strdup_printf("%s of %s %s %s of %s%s%s", name, from,
                                               is_call    ? "calls"
                                               : is_write ? "writes"
                                                          : "reads",
                                               what, to, cut->reason[0] ? ": " : "", cut->reason),
                    .file = g_strdup(cut->file),
                    .line = (int)cut->line});
}

GPtrArray *finding_list_of_cuts(const struct model *model)
{
  GPtrArray *findings = finding_list_new();
  for (size_t i = 0; i < model->cuts->n; i++) {
    add_cut(findings, model, record_at(model->cuts, plan_cut, i));
  }
  finding_list_sort(findings);
  return findings;
}

GPtrArray *finding_list_of_blocked(const struct model *model)
{
  GPtrArray *findings = finding_list_new();
  for (size_t i = 0; i < model->functions->n; i++) {
    const struct plan_function *function = record_at(model->functions, plan_function, i);
    if (strcmp(function->readiness, "blocked") != 0) {
      continue;
    }
    finding_list_add(findings,
                     (struct finding){.rule = RULE_BLOCKED_FUNCTION,
                                      .level = LEVEL_WARNING,
                                      .subject = g_strdup(function->name),
                                      .message = g_strdup_printf("%s (%s %s) is blocked: %s",
                                                                 function->name, function->trigger,
                                                                 function->key, function->reason),
                                      .file = g_strdup(function->file),
                                      .line = (int)function->line});
  }
  finding_list_sort(findings);
  return findings;
}

char *finding_list_text(const GPtrArray *findings)
{
  GString *out = g_string_new(NULL);
  for (guint i = 0; i < findings->len; i++) {
    const struct finding *finding = g_ptr_array_index(findings, i);
    g_autofree char *file = text_escape(finding->file, false);
    g_autofree char *message = text_escape(finding->message, false);
    if (file[0]) {
      g_string_append_printf(out, "%s:%d: ", file, finding->line);
    }
    g_autofree char *subject = text_escape(finding->subject, false);
    g_string_append_printf(out, "%s: %s [%s: %s]\n", finding_level_name(finding->level), message,
                           finding_rule_id(finding->rule), subject);
  }
  return g_string_free(out, FALSE);
}

struct view_rows *finding_list_table(const GPtrArray *findings)
{
  struct view_rows *table = table_new("rule", "level", "subject", "message", "file", "line", NULL);
  for (guint i = 0; i < findings->len; i++) {
    const struct finding *finding = g_ptr_array_index(findings, i);
    table_add_text(table, finding_rule_id(finding->rule));
    table_add_text(table, finding_level_name(finding->level));
    table_add_text(table, finding->subject);
    table_add_text(table, finding->message);
    table_add_text(table, finding->file);
    table_add_integer(table, finding->line);
  }
  return table;
}
