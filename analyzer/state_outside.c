#include "analyzer/state_parts.h"

#include "analyzer/conditions.h"
#include "analyzer/effects.h"
#include "analyzer/sql.h"

#include <string.h>

static void add_tables(struct state *state, const char *text, struct state_access access)
{
  g_autoptr(GPtrArray) tables = sql_tables(text);
  for (guint i = 0; i < tables->len; i++) {
    const struct sql_table *table = g_ptr_array_index(tables, i);
    access.holder = state_holder_outside(state, "table", table->name);
    access.how = "sql";
    state_add_modes(state, access,
                    (table->is_read ? (uint32_t)UNIT_READ : 0u) |
                        (table->is_written ? (uint32_t)UNIT_WRITE : 0u));
  }
}

static uint32_t modes_of_storage(const struct storage_rule *rule, const struct unit *unit,
                                 const struct unit_call *call)
{
  if (rule->mode != NULL)
    return strcmp(rule->mode, "read") == 0    ? UNIT_READ
           : strcmp(rule->mode, "write") == 0 ? UNIT_WRITE
                                              : UNIT_READ | UNIT_WRITE;
  const struct unit_argument *mode = conditions_argument(unit, call, rule->mode_argument);
  if (mode == NULL)
    return UNIT_READ;
  if (mode->kind == UNIT_ARGUMENT_INTEGER || mode->kind == UNIT_ARGUMENT_NULL) {
    int64_t way = mode->kind == UNIT_ARGUMENT_NULL ? 0 : mode->integer & 3;
    return way == 0 ? UNIT_READ : way == 1 ? UNIT_WRITE : UNIT_READ | UNIT_WRITE;
  }
  g_autofree char *text = conditions_text(unit, mode);
  if (text == NULL)
    return UNIT_READ | UNIT_WRITE;
  bool is_both = strchr(text, '+') != NULL;
  return is_both ? UNIT_READ | UNIT_WRITE : text[0] == 'r' ? UNIT_READ : UNIT_WRITE;
}

/* Whether a rule for outside stores is about a routine of this name. */
static bool is_storing(struct state *state, const char *name)
{
  gpointer known = g_hash_table_lookup(state->is_storing, name);
  if (known != NULL)
    return GPOINTER_TO_INT(known) == 2;
  g_autofree char *plain = effects_plain_name(name);
  const GPtrArray *storages = state->findings->rules->storages;
  bool is_any = false;
  for (guint i = 0; i < storages->len && !is_any; i++)
    is_any = pattern_matches_once(((const struct storage_rule *)storages->pdata[i])->call, plain);
  g_hash_table_insert(state->is_storing, (gpointer)name, GINT_TO_POINTER(is_any ? 2 : 1));
  return is_any;
}

static void judge_call(struct state *state, uint32_t unit, const struct unit_call *call)
{
  const struct unit *from = linkage_unit(state->findings->linkage, unit);
  uint32_t routine = findings_routine(state->findings->linkage, unit, call->caller);
  if (routine == LINK_NONE || call->callee == UNIT_NONE)
    return;
  const char *called = unit_string(from, from->routines[call->callee].name);
  if (!is_storing(state, called))
    return;
  g_autofree char *name = effects_plain_name(called);
  const GPtrArray *storages = state->findings->rules->storages;
  for (guint i = 0; i < storages->len; i++) {
    const struct storage_rule *rule = g_ptr_array_index(storages, i);
    if (!pattern_matches(rule->call, name))
      continue;
    const struct unit_argument *argument = conditions_argument(from, call, rule->name_argument);
    if (argument == NULL || argument->kind != UNIT_ARGUMENT_STRING)
      continue;
    const char *path = unit_string(from, argument->text);
    struct state_access access = {
        .holder = state_holder_outside(state, rule->storage, path),
        .routine = routine,
        .field = "",
        .how = "call",
        .file = findings_file(from, call->file),
        .line = call->line,
        .column = call->column,
    };
    state_add_modes(state, access, modes_of_storage(rule, from, call));
  }
}

void state_find_outside(struct state *state)
{
  struct linkage *linkage = state->findings->linkage;
  for (uint32_t u = 0; u < linkage->n_units; u++) {
    const struct unit *unit = linkage_unit(linkage, u);
    for (uint32_t i = 0; i < unit->n_literals; i++) {
      const struct unit_literal *literal = &unit->literals[i];
      uint32_t routine = findings_routine(linkage, u, literal->routine);
      if (routine == LINK_NONE || !linkage_stands_for(linkage, u, literal->routine))
        continue;
      struct state_access access = {
          .routine = routine,
          .field = "",
          .file = findings_file(unit, literal->file),
          .line = literal->line,
          .column = literal->column,
      };
      add_tables(state, unit_string(unit, literal->text), access);
    }
    for (uint32_t i = 0; i < unit->n_calls; i++)
      judge_call(state, u, &unit->calls[i]);
  }
}
