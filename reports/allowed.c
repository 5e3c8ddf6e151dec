#include "reports/allowed.h"

#include <stdio.h>
#include <string.h>

#include "base/yaml.h"

static void free_allowance(gpointer data)
{
  struct allowance *allowance = data;
  g_free(allowance->rule);
  g_free(allowance->subject);
  g_free(allowance->reason);
  g_free(allowance->until);
  g_free(allowance);
}

static bool is_day(const char *text)
{
  int year = 0;
  int month = 0;
  int day = 0;
  char end = 0;
  return strlen(text) == 10 && sscanf(text, "%4d-%2d-%2d%c", &year, &month, &day, &end) == 3 &&
         g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
}

static bool is_rule(const char *text)
{
  for (int i = 0; i < N_FINDING_RULES; i++) {
    if (strcmp(finding_rule_id((enum finding_rule)i), text) == 0) {
      return true;
    }
  }
  return false;
}

static bool read_text(const struct yaml_file *file, struct yaml_node *node, const char *key,
                      char **text, GError **error)
{
  struct yaml_node *value = yaml_get(node, key);
  if (!value) {
    return yaml_refuse(file, node, error, "an allowance needs its %s", key);
  }
  if (!yaml_text(file, value, text, error)) {
    return false;
  }
  return (*text)[0] != '\0' || yaml_refuse(file, value, error, "the %s is empty", key);
}

static bool read_allowance(const struct yaml_file *file, struct yaml_node *node,
                           GPtrArray *allowances, GError **error)
{
  static const char *const keys[] = {"rule", "subject", "reason", "until", NULL};
  struct allowance *allowance = g_new0(struct allowance, 1);
  g_ptr_array_add(allowances, allowance);
  yaml_position(node, &allowance->line, &(unsigned){0});
  if (!yaml_check_keys(file, node, keys, error) ||
      !read_text(file, node, "rule", &allowance->rule, error) ||
      !read_text(file, node, "subject", &allowance->subject, error) ||
      !read_text(file, node, "reason", &allowance->reason, error) ||
      !read_text(file, node, "until", &allowance->until, error)) {
    return false;
  }
  if (!is_rule(allowance->rule)) {
    return yaml_refuse(file, yaml_get(node, "rule"), error, "there is no rule '%s'",
                       allowance->rule);
  }
  if (!is_day(allowance->until)) {
    return yaml_refuse(file, yaml_get(node, "until"), error, "'%s' is no day like 2026-12-31",
                       allowance->until);
  }
  return true;
}

GPtrArray *allowed_load(const char *path, GError **error)
{
  static const char *const keys[] = {"version", "allow", NULL};
  g_autoptr(yaml_file_owner) file = yaml_file_load(path, error);
  if (!file || !yaml_check_keys(file, yaml_file_root(file), keys, error)) {
    return NULL;
  }
  g_autoptr(GPtrArray) allowances = g_ptr_array_new_with_free_func(free_allowance);
  struct yaml_node *list = yaml_get(yaml_file_root(file), "allow");
  if (list && !yaml_is_sequence(list)) {
    yaml_refuse(file, list, error, "'allow' must be a list");
    return NULL;
  }
  for (size_t i = 0; list && i < yaml_count(list); i++) {
    if (!read_allowance(file, yaml_item(list, i), allowances, error)) {
      return NULL;
    }
  }
  return g_steal_pointer(&allowances);
}

/* True when FINDING is covered on DAY; notes an allowance that is over in its message. */
static bool covers(GPtrArray *allowances, struct finding *finding, const char *day)
{
  for (guint i = 0; i < allowances->len; i++) {
    struct allowance *allowance = g_ptr_array_index(allowances, i);
    if (strcmp(allowance->rule, finding_rule_id(finding->rule)) != 0 ||
        !g_pattern_match_simple(allowance->subject, finding->subject)) {
      continue;
    }
    allowance->n_used++;
    if (strcmp(day, allowance->until) <= 0) {
      return true;
    }
    g_autofree char *before = g_steal_pointer(&finding->message);
    finding->message = g_strdup_printf("%s (was allowed until %s: %s)", before, allowance->until,
                                       allowance->reason);
  }
  return false;
}

unsigned allowed_apply(GPtrArray *allowances, GPtrArray *findings, const char *day)
{
  unsigned n_covered = 0;
  for (guint i = 0; i < findings->len;) {
    if (covers(allowances, g_ptr_array_index(findings, i), day)) {
      g_ptr_array_remove_index(findings, i);
      n_covered++;
    } else {
      i++;
    }
  }
  return n_covered;
}
