#include "analyzer/effects.h"

#include "analyzer/conditions.h"

#include <string.h>

char *effects_plain_name(const char *name)
{
  static const char *const kept[] = {"__errno_location", "__assert_fail", "__environ", NULL};
  if (g_strv_contains(kept, name))
    return g_strdup(name);
  const char *start = name;
  if (g_str_has_prefix(start, "__builtin_"))
    start += strlen("__builtin_");
  else if (g_str_has_prefix(start, "__isoc99_"))
    start += strlen("__isoc99_");
  else if (g_str_has_prefix(start, "__isoc23_"))
    start += strlen("__isoc23_");
  size_t length = strlen(start);
  bool is_checked = g_str_has_prefix(start, "__") && g_str_has_suffix(start, "_chk");
  if (is_checked) {
    start += 2;
    length -= 2 + strlen("_chk");
  }
  static const char *const large[] = {
      "open64",   "openat64",  "creat64",   "fopen64",    "lseek64",     "stat64",     "lstat64",
      "fstat64",  "mmap64",    "pread64",   "pwrite64",   "ftruncate64", "truncate64", "fseeko64",
      "ftello64", "mkstemp64", "readdir64", "sendfile64", NULL};
  char *plain = g_strndup(start, length);
  if (g_strv_contains((const char *const *)large, plain))
    plain[length - 2] = '\0';
  return plain;
}

static void add_effect(struct findings *findings, uint32_t routine, const struct effect_rule *rule,
                       const char *via, const char *file, uint32_t line)
{
  struct fact_effect record = {
      .routine = linkage_routine(findings->linkage, routine)->id,
      .effect = rule->effect,
      .via = via,
      .rule = pattern_text(rule->call != NULL ? rule->call : rule->variable),
      .file = file,
      .line = line,
  };
  rows_add(findings->effects, &record);
}

/* The rules for calls of an outside routine, or NULL. */
static GPtrArray *rules_of(const struct findings *findings, const char *name)
{
  g_autofree char *plain = effects_plain_name(name);
  GPtrArray *rules = NULL;
  for (guint i = 0; i < findings->rules->effects->len; i++) {
    struct effect_rule *rule = g_ptr_array_index(findings->rules->effects, i);
    if (rule->call == NULL || !pattern_matches_once(rule->call, plain))
      continue;
    if (rules == NULL)
      rules = g_ptr_array_new();
    g_ptr_array_add(rules, rule);
  }
  return rules;
}

static void judge_call(struct findings *findings, const struct found_call *found,
                       const GPtrArray *rules)
{
  const struct unit *from = linkage_unit(findings->linkage, found->unit);
  const struct unit_call *call = &from->calls[found->call];
  const char *name = linkage_routine(findings->linkage, found->callee)->name;
  for (guint i = 0; i < rules->len; i++) {
    const struct effect_rule *rule = g_ptr_array_index(rules, i);
    if (conditions_hold(rule->conditions, from, call))
      add_effect(findings, found->caller, rule, name, findings_file(from, call->file), call->line);
  }
}

static void free_rules(gpointer rules)
{
  if (rules != NULL)
    g_ptr_array_unref(rules);
}

/* Calls of outside routines. The same ones are called again and again. */
static void judge_calls(struct findings *findings)
{
  struct linkage *linkage = findings->linkage;
  g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func(free_rules);
  g_ptr_array_set_size(rules, (gint)linkage->routines->len);
  g_autofree bool *is_known = g_new0(bool, MAX(linkage->routines->len, 1));
  for (guint i = 0; i < findings->found_calls->len; i++) {
    const struct found_call *call = &g_array_index(findings->found_calls, struct found_call, i);
    const struct link_routine *callee = linkage_routine(linkage, call->callee);
    if (callee->is_defined || callee->is_assembly || call->kind == CALL_CALLBACK)
      continue;
    if (!is_known[call->callee]) {
      is_known[call->callee] = true;
      rules->pdata[call->callee] = rules_of(findings, callee->name);
    }
    if (rules->pdata[call->callee] != NULL)
      judge_call(findings, call, rules->pdata[call->callee]);
  }
}

/* A variable that no unit of any program defines, whoever declares it. */
static bool is_outside(const struct linkage *linkage, const struct unit *unit,
                       const struct unit_object *object)
{
  if (object->kind != UNIT_OBJECT_GLOBAL)
    return false;
  for (guint i = 0; i < linkage->programs->len; i++) {
    const struct link_program *program = g_ptr_array_index(linkage->programs, i);
    if (g_hash_table_contains(program->objects, unit_string(unit, object->assembler)))
      return false;
  }
  return true;
}

static void judge_access(struct findings *findings, uint32_t unit, const struct unit_access *access)
{
  const struct unit *from = linkage_unit(findings->linkage, unit);
  uint32_t routine = findings_routine(findings->linkage, unit, access->routine);
  if (routine == LINK_NONE)
    return;
  const struct unit_object *object = &from->objects[access->object];
  const char *name = unit_string(from, object->name);
  for (guint i = 0; i < findings->rules->effects->len; i++) {
    const struct effect_rule *rule = g_ptr_array_index(findings->rules->effects, i);
    if (rule->variable != NULL && pattern_matches(rule->variable, name) &&
        is_outside(findings->linkage, from, object))
      add_effect(findings, routine, rule, name, findings_file(from, access->file), access->line);
  }
}

/* Whether a rule is about a variable that the program shares with others. */
static bool has_rule(const struct findings *findings, const struct unit *unit,
                     const struct unit_object *object)
{
  if (object->kind != UNIT_OBJECT_GLOBAL)
    return false;
  for (guint i = 0; i < findings->rules->effects->len; i++) {
    const struct effect_rule *rule = g_ptr_array_index(findings->rules->effects, i);
    if (rule->variable != NULL && pattern_matches(rule->variable, unit_string(unit, object->name)))
      return true;
  }
  return false;
}

void effects_find(struct findings *findings)
{
  struct linkage *linkage = findings->linkage;
  for (uint32_t u = 0; u < linkage->n_units; u++) {
    const struct unit *unit = linkage_unit(linkage, u);
    g_autofree bool *is_ruled = g_new0(bool, MAX(unit->n_objects, 1));
    for (uint32_t o = 0; o < unit->n_objects; o++)
      is_ruled[o] = has_rule(findings, unit, &unit->objects[o]);
    for (uint32_t a = 0; a < unit->n_accesses; a++) {
      const struct unit_access *access = &unit->accesses[a];
      if (access->base == UNIT_BASE_OBJECT && is_ruled[access->object])
        judge_access(findings, u, access);
    }
  }
  judge_calls(findings);
}
