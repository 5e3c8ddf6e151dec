#include "splitter/replay/report.h"

#include <jansson.h>
#include <string.h>

static const double percentiles[] = {50, 95, 99};

static void add_list(GString *text, const char *what, const GPtrArray *list)
{
  if (list->len == 0) {
    return;
  }
  g_string_append_printf(text, "    %s:", what);
  for (guint i = 0; i < list->len; i++) {
    g_string_append_printf(text, "%s %s", i > 0 ? "," : "",
                           (const char *)g_ptr_array_index(list, i));
  }
  g_string_append_c(text, '\n');
}

static GPtrArray *pattern_texts(const struct replay_rules *rules)
{
  GPtrArray *list = g_ptr_array_new();
  for (guint i = 0; i < rules->patterns->len; i++) {
    g_ptr_array_add(list, (gpointer)g_regex_get_pattern(g_ptr_array_index(rules->patterns, i)));
  }
  return list;
}

static void add_side(GString *text, const char *name, const char *url,
                     const struct replay_side *side)
{
  if (!url) {
    return;
  }
  g_string_append_printf(text, "  %-9s  %s: %zu answers, %zu without;", name, url, side->n_answers,
                         side->n_failures);
  for (size_t i = 0; i < G_N_ELEMENTS(percentiles); i++) {
    g_string_append_printf(text, " p%.0f %.2f ms", percentiles[i],
                           replay_percentile(side->seconds, percentiles[i]) * 1000);
  }
  g_string_append_c(text, '\n');
}

static void add_finding(GString *text, const struct replay_finding *finding,
                        const struct har_entry *entry, const char *left, const char *right)
{
  g_string_append_printf(text, "\n#%zu %s %s\n", finding->index + 1, entry->method, entry->target);
  for (guint i = 0; i < finding->differences->len; i++) {
    const struct answer_difference *difference = g_ptr_array_index(finding->differences, i);
    g_string_append_printf(text, "  %s %s\n    %s: %s\n    %s: %s\n", difference->what,
                           difference->where, left, difference->left, right, difference->right);
  }
}

char *replay_report_text(const struct replay_result *result, const struct replay_options *options,
                         size_t n_shown)
{
  const struct replay_rules *rules = options->rules;
  bool has_both = options->monolith && options->functions;
  const char *left = has_both ? "monolith" : "recorded";
  const char *right = options->functions ? "functions" : "monolith";
  GString *text = g_string_new(NULL);
  g_string_append_printf(text,
                         "%zu requests: %zu answered identically, %zu equal after the rules, %zu "
                         "different; %zu skipped\n",
                         result->n_sent, result->n_identical, result->n_equal, result->n_different,
                         result->n_skipped);
  add_side(text, "monolith", options->monolith, &result->monolith);
  add_side(text, "functions", options->functions, &result->functions);
  g_string_append(text, "  rules: JSON bodies are compared as values, others byte for byte\n");
  g_autoptr(GPtrArray) patterns = pattern_texts(rules);
  add_list(text, "ignored headers", rules->headers);
  add_list(text, "ignored members", rules->members);
  add_list(text, "ignored patterns", patterns);
  add_list(text, "carried members (and all cookies)", rules->carry);
  add_list(text, "not sent", rules->skip);
  for (guint i = 0; i < result->findings->len && i < n_shown; i++) {
    const struct replay_finding *finding = g_ptr_array_index(result->findings, i);
    add_finding(text, finding, har_at(options->har, finding->index), left, right);
  }
  if (result->findings->len > n_shown) {
    g_string_append_printf(text, "\n... and %zu more requests that differ\n",
                           result->findings->len - n_shown);
  }
  return g_string_free(text, FALSE);
}

static json_t *text_json(const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  return json_string(valid);
}

static json_t *list_json(const GPtrArray *list)
{
  json_t *array = json_array();
  for (guint i = 0; i < list->len; i++) {
    json_array_append_new(array, text_json(g_ptr_array_index(list, i)));
  }
  return array;
}

static json_t *side_json(const char *url, const struct replay_side *side)
{
  if (!url) {
    return json_null();
  }
  return json_pack(
      "{s:o,s:I,s:I,s:f,s:f,s:f}", "url", text_json(url), "n_answers", (json_int_t)side->n_answers,
      "n_failures", (json_int_t)side->n_failures, "p50", replay_percentile(side->seconds, 50),
      "p95", replay_percentile(side->seconds, 95), "p99", replay_percentile(side->seconds, 99));
}

static json_t *finding_json(const struct replay_finding *finding, const struct har_entry *entry)
{
  json_t *differences = json_array();
  for (guint i = 0; i < finding->differences->len; i++) {
    const struct answer_difference *difference = g_ptr_array_index(finding->differences, i);
    json_array_append_new(differences, json_pack("{s:s,s:o,s:o,s:o}", "what", difference->what,
                                                 "where", text_json(difference->where), "left",
                                                 text_json(difference->left), "right",
                                                 text_json(difference->right)));
  }
  return json_pack("{s:I,s:o,s:o,s:o}", "request", (json_int_t)finding->index + 1, "method",
                   text_json(entry->method), "target", text_json(entry->target), "differences",
                   differences);
}

char *replay_report_json(const struct replay_result *result, const struct replay_options *options)
{
  const struct replay_rules *rules = options->rules;
  g_autoptr(GPtrArray) patterns = pattern_texts(rules);
  json_t *findings = json_array();
  for (guint i = 0; i < result->findings->len; i++) {
    const struct replay_finding *finding = g_ptr_array_index(result->findings, i);
    json_array_append_new(findings, finding_json(finding, har_at(options->har, finding->index)));
  }
  json_t *root = json_pack(
      "{s:i,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:{s:o,s:o,s:o,s:o,s:o},s:o}", "version", 1, "n_sent",
      (json_int_t)result->n_sent, "n_skipped", (json_int_t)result->n_skipped, "n_identical",
      (json_int_t)result->n_identical, "n_equal", (json_int_t)result->n_equal, "n_different",
      (json_int_t)result->n_different, "monolith", side_json(options->monolith, &result->monolith),
      "functions", side_json(options->functions, &result->functions), "rules", "headers",
      list_json(rules->headers), "members", list_json(rules->members), "patterns",
      list_json(patterns), "carry", list_json(rules->carry), "skip", list_json(rules->skip),
      "findings", findings);
  char *dump = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
  json_decref(root);
  char *text = g_strconcat(dump, "\n", NULL);
  free(dump);
  return text;
}
