#include "splitter/replay/rules.h"

#include <string.h>

#include "base/yaml.h"

static const char *const default_headers[] = {
    "connection", "content-length",    "date", "keep-alive", "server",       "traceparent",
    "tracestate", "transfer-encoding", "via",  "x-amzn-*",   "x-request-id",
};

static struct replay_rules *rules_new(void)
{
  struct replay_rules *rules = g_new0(struct replay_rules, 1);
  rules->headers = g_ptr_array_new_with_free_func(g_free);
  rules->members = g_ptr_array_new_with_free_func(g_free);
  rules->patterns = g_ptr_array_new_with_free_func((GDestroyNotify)g_regex_unref);
  rules->skip = g_ptr_array_new_with_free_func(g_free);
  rules->carry = g_ptr_array_new_with_free_func(g_free);
  return rules;
}

struct replay_rules *replay_rules_default(void)
{
  struct replay_rules *rules = rules_new();
  for (size_t i = 0; i < G_N_ELEMENTS(default_headers); i++) {
    g_ptr_array_add(rules->headers, g_strdup(default_headers[i]));
  }
  return rules;
}

static bool read_list(const struct yaml_file *file, struct yaml_node *list, GPtrArray *into,
                      GError **error)
{
  if (list && !yaml_is_sequence(list)) {
    return yaml_refuse(file, list, error, "this must be a list");
  }
  for (size_t i = 0; list && i < yaml_count(list); i++) {
    char *text = NULL;
    if (!yaml_text(file, yaml_item(list, i), &text, error)) {
      return false;
    }
    g_ptr_array_add(into, text);
  }
  return true;
}

static bool read_patterns(const struct yaml_file *file, struct yaml_node *list, GPtrArray *into,
                          GError **error)
{
  g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
  if (!read_list(file, list, texts, error)) {
    return false;
  }
  for (guint i = 0; i < texts->len; i++) {
    g_autoptr(GError) reason = NULL;
    GRegex *pattern = g_regex_new(g_ptr_array_index(texts, i), G_REGEX_OPTIMIZE, 0, &reason);
    if (!pattern) {
      return yaml_refuse(file, yaml_item(list, i), error, "%s", reason->message);
    }
    g_ptr_array_add(into, pattern);
  }
  return true;
}

static bool read_rules(const struct yaml_file *file, struct replay_rules *rules, GError **error)
{
  static const char *const keys[] = {"version", "ignore", "skip", "carry", NULL};
  static const char *const ignore_keys[] = {"headers", "members", "patterns", NULL};
  struct yaml_node *root = yaml_file_root(file);
  struct yaml_node *ignore = yaml_get(root, "ignore");
  return yaml_check_keys(file, root, keys, error) &&
         (!ignore || (yaml_check_keys(file, ignore, ignore_keys, error) &&
                      read_list(file, yaml_get(ignore, "headers"), rules->headers, error) &&
                      read_list(file, yaml_get(ignore, "members"), rules->members, error) &&
                      read_patterns(file, yaml_get(ignore, "patterns"), rules->patterns, error))) &&
         read_list(file, yaml_get(root, "skip"), rules->skip, error) &&
         read_list(file, yaml_get(root, "carry"), rules->carry, error);
}

struct replay_rules *replay_rules_load(const char *path, GError **error)
{
  g_autoptr(yaml_file_owner) file = yaml_file_load(path, error);
  if (!file) {
    return NULL;
  }
  g_autoptr(replay_rules_owner) rules = replay_rules_default();
  return read_rules(file, rules, error) ? g_steal_pointer(&rules) : NULL;
}

void replay_rules_free(struct replay_rules *rules)
{
  if (!rules) {
    return;
  }
  g_ptr_array_unref(rules->headers);
  g_ptr_array_unref(rules->members);
  g_ptr_array_unref(rules->patterns);
  g_ptr_array_unref(rules->skip);
  g_ptr_array_unref(rules->carry);
  g_free(rules);
}

/* "GET /stats" fits GET /stats?x; star fits any method; a trailing star any rest. */
static bool fits(const char *rule, const char *method, const char *target)
{
  const char *space = strchr(rule, ' ');
  const char *pattern = space ? space + 1 : rule;
  size_t n_method = space ? (size_t)(space - rule) : 0;
  if (space && strncmp(rule, "*", n_method) != 0 &&
      (strlen(method) != n_method || strncmp(rule, method, n_method) != 0)) {
    return false;
  }
  size_t n_path = strcspn(target, "?");
  size_t n_pattern = strlen(pattern);
  if (n_pattern > 0 && pattern[n_pattern - 1] == '*') {
    return n_path >= n_pattern - 1 && strncmp(target, pattern, n_pattern - 1) == 0;
  }
  return n_path == n_pattern && strncmp(target, pattern, n_path) == 0;
}

bool replay_rules_skips(const struct replay_rules *rules, const char *method, const char *target)
{
  for (guint i = 0; i < rules->skip->len; i++) {
    if (fits(g_ptr_array_index(rules->skip, i), method, target)) {
      return true;
    }
  }
  return false;
}

bool replay_rules_ignores_header(const struct replay_rules *rules, const char *name)
{
  for (guint i = 0; i < rules->headers->len; i++) {
    const char *rule = g_ptr_array_index(rules->headers, i);
    size_t n = strlen(rule);
    if (n > 0 && rule[n - 1] == '*' ? g_ascii_strncasecmp(rule, name, n - 1) == 0
                                    : g_ascii_strcasecmp(rule, name) == 0) {
      return true;
    }
  }
  return false;
}

static bool is_listed(const GPtrArray *list, const char *path, const char *name)
{
  for (guint i = 0; i < list->len; i++) {
    const char *rule = g_ptr_array_index(list, i);
    if (strcmp(rule, rule[0] == '$' ? path : name) == 0) {
      return true;
    }
  }
  return false;
}

bool replay_rules_ignores_member(const struct replay_rules *rules, const char *path,
                                 const char *name)
{
  return is_listed(rules->members, path, name);
}

bool replay_rules_carries(const struct replay_rules *rules, const char *name)
{
  return is_listed(rules->carry, name, name);
}

char *replay_rules_normalise(const struct replay_rules *rules, const char *text)
{
  char *result = g_strdup(text);
  if (rules->patterns->len > 0 && !g_utf8_validate(text, -1, NULL)) {
    return result;
  }
  for (guint i = 0; i < rules->patterns->len; i++) {
    char *next = g_regex_replace_literal(g_ptr_array_index(rules->patterns, i), result, -1, 0,
                                         "\xe2\x80\xa6", 0, NULL);
    if (next) {
      g_free(result);
      result = next;
    }
  }
  return result;
}
