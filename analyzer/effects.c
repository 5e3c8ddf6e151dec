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

static void judge_call(struct findings *findings, uint32_t unit, uint32_t row, uint32_t caller,
                       const char *name)
{
  const struct unit *from = linkage_unit(findings->linkage, unit);
  const struct unit_call *call = &from->calls[row];
  g_autofree char *plain = effects_plain_name(name);
  for (guint i = 0; i < findings->rules->effects->len; i++) {
    const struct effect_rule *rule = g_ptr_array_index(findings->rules->effects, i);
    if (rule->call != NULL && pattern_matches(rule->call, plain) &&
        conditions_hold(rule->conditions, from, call))
      add_effect(findings, caller, rule, name, findings_file(from, call->file), call->line);
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
  if (routine == LINK_NONE || access->base != UNIT_BASE_OBJECT)
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

void effects_find(struct findings *findings)
{
  struct linkage *linkage = findings->linkage;
  for (uint32_t u = 0; u < linkage->n_units; u++) {
    const struct unit *unit = linkage_unit(linkage, u);
    for (uint32_t a = 0; a < unit->n_accesses; a++)
      judge_access(findings, u, &unit->accesses[a]);
  }
  for (guint i = 0; i < findings->found_calls->len; i++) {
    const struct found_call *call = &g_array_index(findings->found_calls, struct found_call, i);
    const struct link_routine *callee = linkage_routine(linkage, call->callee);
    if (!callee->is_defined && !callee->is_assembly && call->kind != CALL_CALLBACK)
      judge_call(findings, call->unit, call->call, call->caller, callee->name);
  }
}
