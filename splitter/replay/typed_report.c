#include <string.h>

#include "splitter/replay/answers.h"
#include "splitter/replay/typed.h"

#define INPUT_SHOWN 600 /* characters of an input in the text */

static const char *about(enum typed_kind kind)
{
  switch (kind) {
  case TYPED_DIFFERS:
    return "the answers differ";
  case TYPED_HISTORY:
    return "a new instance answers alike: the function keeps something between calls";
  case TYPED_UNSTEADY:
    return "the original itself answers otherwise when it is asked again";
  case TYPED_OUTCOME:
    return "one side does what the other does not";
  case TYPED_BOTH_CRASH:
    return "no difference, but neither side answers";
  }
  return "";
}

static char *input_text(const struct typed_finding *finding)
{
  char *text = json_dumps(finding->input, JSON_COMPACT | JSON_ENCODE_ANY);
  g_autofree char *copy = g_strdup(text ? text : "(none)");
  free(text);
  if (g_utf8_strlen(copy, -1) <= INPUT_SHOWN) {
    return g_steal_pointer(&copy);
  }
  g_autofree char *cut = g_utf8_substring(copy, 0, INPUT_SHOWN);
  return g_strconcat(cut, "\xe2\x80\xa6", NULL);
}

static void add_finding(GString *text, const struct typed_result *result,
                        const struct typed_function *function, const struct typed_finding *finding)
{
  g_autofree char *input = input_text(finding);
  g_string_append_printf(text, "\n  %s: %zu case%s\n", about(finding->kind), finding->n,
                         finding->n == 1 ? "" : "s");
  g_string_append_printf(text, "    input%s: %s\n", finding->is_shrunk ? " (made simpler)" : "",
                         input);
  if (finding->differences->len == 0) {
    g_string_append_printf(text, "    original: %s\n    function: %s\n", finding->original,
                           finding->function);
  }
  for (guint i = 0; i < finding->differences->len; i++) {
    const struct answer_difference *difference = finding->differences->pdata[i];
    g_string_append_printf(text, "    %s\n      original: %s\n      function: %s\n",
                           difference->where, difference->left, difference->right);
  }
  g_string_append_printf(text, "    again: cleave replay --typed DIR %s --seed %" G_GUINT64_FORMAT,
                         function->name, result->seed);
  if (finding->kind != TYPED_HISTORY) { /* which needs what came before */
    g_string_append_printf(text, " --case %" G_GUINT64_FORMAT, finding->index);
  }
  g_string_append_c(text, '\n');
}

static void add_function(GString *text, const struct typed_result *result,
                         const struct typed_function *function, size_t n_shown)
{
  if (function->skipped) {
    g_string_append_printf(text, "%s: not asked: %s\n", function->name, function->skipped);
    return;
  }
  g_string_append_printf(text,
                         "%s: %" G_GUINT64_FORMAT " boundary and %" G_GUINT64_FORMAT
                         " random inputs: %" G_GUINT64_FORMAT " answered alike",
                         function->name, function->n_boundary, function->n_random,
                         function->n_alike);
  if (function->n_failed > 0) {
    g_string_append_printf(text, " (%" G_GUINT64_FORMAT " failed alike)", function->n_failed);
  }
  g_string_append_printf(text, ", %" G_GUINT64_FORMAT " different", function->n_different);
  if (function->n_both_crashed > 0) {
    g_string_append_printf(text, ", %" G_GUINT64_FORMAT " crashed on both sides",
                           function->n_both_crashed);
  }
  if (function->n_unfit > 0) {
    g_string_append_printf(text, ", %" G_GUINT64_FORMAT " not asked: no such values",
                           function->n_unfit);
  }
  g_string_append_c(text, '\n');
  for (guint i = 0; i < function->findings->len && i < n_shown; i++) {
    add_finding(text, result, function, function->findings->pdata[i]);
  }
  if (function->findings->len > n_shown) {
    g_string_append_printf(text, "\n  ... and %zu more kinds of findings\n",
                           function->findings->len - n_shown);
  }
}

char *typed_report_text(const struct typed_result *result, size_t n_shown)
{
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < result->functions->len; i++) {
    add_function(text, result, result->functions->pdata[i], n_shown);
  }
  g_string_append_printf(text,
                         "%" G_GUINT64_FORMAT " cases with seed %" G_GUINT64_FORMAT
                         ", %" G_GUINT64_FORMAT " different\n",
                         result->n_cases, result->seed, result->n_different);
  return g_string_free(text, FALSE);
}

static json_t *text_json(const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  return json_string(valid);
}

static json_t *finding_json(const struct typed_finding *finding)
{
  json_t *differences = json_array();
  for (guint i = 0; i < finding->differences->len; i++) {
    const struct answer_difference *difference = finding->differences->pdata[i];
    json_array_append_new(differences,
                          json_pack("{s:o, s:o, s:o}", "where", text_json(difference->where),
                                    "original", text_json(difference->left), "function",
                                    text_json(difference->right)));
  }
  return json_pack("{s:s, s:I, s:I, s:b, s:O, s:o, s:o, s:o}", "kind",
                   typed_kind_name(finding->kind), "case", (json_int_t)finding->index, "n_cases",
                   (json_int_t)finding->n, "is_simpler", finding->is_shrunk, "input",
                   finding->input, "original", text_json(finding->original), "function",
                   text_json(finding->function), "differences", differences);
}

static json_t *function_json(const struct typed_function *function)
{
  json_t *findings = json_array();
  if (function->skipped) {
    json_decref(findings);
    return json_pack("{s:s, s:s}", "name", function->name, "skipped", function->skipped);
  }
  for (guint i = 0; i < function->findings->len; i++) {
    json_array_append_new(findings, finding_json(function->findings->pdata[i]));
  }
  return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "name", function->name,
                   "n_boundary", (json_int_t)function->n_boundary, "n_random",
                   (json_int_t)function->n_random, "n_alike", (json_int_t)function->n_alike,
                   "n_failed_alike", (json_int_t)function->n_failed, "n_different",
                   (json_int_t)function->n_different, "n_both_crashed",
                   (json_int_t)function->n_both_crashed, "n_unfit", (json_int_t)function->n_unfit,
                   "findings", findings);
}

char *typed_report_json(const struct typed_result *result)
{
  json_t *functions = json_array();
  for (guint i = 0; i < result->functions->len; i++) {
    json_array_append_new(functions, function_json(result->functions->pdata[i]));
  }
  g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, result->seed);
  json_t *root = json_pack("{s:i, s:s, s:I, s:I, s:o}", "version", 1, "seed", seed, "n_cases",
                           (json_int_t)result->n_cases, "n_different",
                           (json_int_t)result->n_different, "functions", functions);
  char *dump = json_dumps(root, JSON_INDENT(1));
  json_decref(root);
  char *text = g_strconcat(dump, "\n", NULL);
  free(dump);
  return text;
}
