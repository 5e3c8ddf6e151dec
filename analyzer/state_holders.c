#include "analyzer/state_parts.h"

#include "store/identity.h"

#include <string.h>

static uint32_t add_holder(struct state *state, const struct state_holder *holder)
{
  gpointer found = g_hash_table_lookup(state->by_id, &holder->id);
  if (found != NULL)
    return GPOINTER_TO_UINT(found) - 1;
  g_array_append_vals(state->holders, holder, 1);
  g_hash_table_insert(state->by_id, g_memdup2(&holder->id, sizeof holder->id),
                      GUINT_TO_POINTER(state->holders->len));
  return state->holders->len - 1;
}

static const char *storage_of(const struct unit_object *object)
{
  if ((object->flags & UNIT_OBJECT_THREAD) != 0)
    return "thread";
  switch (object->kind) {
  case UNIT_OBJECT_STATIC:
    return "static";
  case UNIT_OBJECT_STATIC_LOCAL:
    return "static-local";
  default:
    return "global";
  }
}

uint32_t state_holder_of_object(struct state *state, uint32_t object)
{
  struct linkage *linkage = state->findings->linkage;
  if (object >= state->n_of_object) {
    uint32_t n = linkage->objects->len + 256;
    state->of_object = g_renew(uint32_t, state->of_object, n);
    memset(state->of_object + state->n_of_object, 0,
           (n - state->n_of_object) * sizeof *state->of_object);
    state->n_of_object = n;
  }
  if (state->of_object[object] != 0)
    return state->of_object[object] - 1;
  const struct link_object *known = linkage_object(linkage, object);
  const struct unit *unit = linkage_unit(linkage, known->unit);
  const struct unit_object *row = &unit->objects[known->row];
  bool is_const = (row->flags & UNIT_OBJECT_CONST) != 0;
  struct state_holder holder = {
      .id = known->id,
      .name = known->name,
      .file = known->file,
      .line = *known->file != '\0' ? row->line : 0,
      .storage = storage_of(row),
      .type = unit_string(unit, row->type),
      .routine = known->routine != LINK_NONE ? linkage_routine(linkage, known->routine)->id : 0,
      .is_const = is_const,
      .is_external = !known->is_defined,
  };
  uint32_t index = add_holder(state, &holder);
  state->of_object[object] = index + 1;
  return index;
}

/* The record that an allocation makes; a new string. */
static char *heap_name(const struct unit *unit, const struct unit_object *row)
{
  g_autofree char *record = g_strdup(unit_string(unit, row->type));
  g_strdelimit(record, "*", ' ');
  g_strstrip(record);
  return *record != '\0' ? g_steal_pointer(&record)
                         : g_strconcat("memory of ", unit_string(unit, row->name), NULL);
}

int64_t state_heap_id(const struct unit *unit, uint32_t object)
{
  const struct unit_object *row = &unit->objects[object];
  g_autofree char *name = heap_name(unit, row);
  char where[48];
  g_snprintf(where, sizeof where, "%u:%u", row->line, row->column);
  return store_id("heap", name, findings_file(unit, row->file), where, NULL);
}

uint32_t state_holder_of_heap(struct state *state, const struct flow *flow, uint32_t object)
{
  const struct flow_object *known = flow_object(flow, object);
  uint64_t key = (uint64_t)known->unit << 32 | known->index;
  uint32_t holder_known = id_map_get(&state->of_heap, key);
  if (holder_known != UINT32_MAX)
    return holder_known;
  struct linkage *linkage = state->findings->linkage;
  const struct unit *unit = linkage_unit(linkage, known->unit);
  const struct unit_object *row = &unit->objects[known->index];
  const char *file = findings_file(unit, row->file);
  const char *type = unit_string(unit, row->type);
  g_autofree char *name = heap_name(unit, row);
  struct state_holder holder = {
      .id = state_heap_id(unit, known->index),
      .name = linkage_string(linkage, name),
      .file = file,
      .line = row->line,
      .storage = "heap",
      .is_memory = true,
      .type = type,
  };
  uint32_t routine = findings_routine(linkage, known->unit, row->routine);
  if (routine != LINK_NONE)
    holder.routine = linkage_routine(linkage, routine)->id;
  uint32_t index = add_holder(state, &holder);
  id_map_put(&state->of_heap, key, index);
  return index;
}

uint32_t state_holder_of_local(struct state *state, uint32_t unit_index, uint32_t object)
{
  const struct linkage *linkage = state->findings->linkage;
  const struct unit *unit = linkage_unit(linkage, unit_index);
  const struct unit_object *row = &unit->objects[object];
  const char *name = unit_string(unit, row->name);
  const char *file = findings_file(unit, row->file);
  uint32_t routine = findings_routine(linkage, unit_index, row->routine);
  struct state_holder holder = {
      .id = store_id("local", name, file, "main", NULL),
      .name = name,
      .file = file,
      .line = row->line,
      .storage = "static-local", /* lives as long as one */
      .is_memory = true,
      .type = unit_string(unit, row->type),
      .routine = routine != LINK_NONE ? linkage_routine(linkage, routine)->id : 0,
  };
  return add_holder(state, &holder);
}

static uint32_t add_record(struct state *state, uint32_t type)
{
  const struct linkage *linkage = state->findings->linkage;
  const struct link_type *known = &g_array_index(linkage->types, struct link_type, type);
  const struct unit *unit = linkage_unit(linkage, known->unit);
  const struct unit_type *row = &unit->types[known->row];
  const char *name = unit_string(unit, row->name);
  if (*name == '\0' || row->file == UNIT_NONE ||
      (unit->files[row->file].flags & UNIT_FILE_INSIDE) == 0)
    return LINK_NONE;
  const char *file = findings_file(unit, row->file);
  struct state_holder holder = {
      .id = store_id("heap", name, file, "record", NULL),
      .name = name,
      .file = file,
      .line = row->line,
      .storage = "heap",
      .is_memory = true,
      .type = name,
  };
  return add_holder(state, &holder);
}

uint32_t state_holder_of_record(struct state *state, uint32_t type)
{
  if (state->of_record == NULL)
    state->of_record = g_new0(uint32_t, state->findings->linkage->types->len);
  if (state->of_record[type] == 0) {
    uint32_t added = add_record(state, type);
    if (added == LINK_NONE)
      return LINK_NONE;
    state->of_record[type] = added + 1;
  }
  return state->of_record[type] - 1;
}

uint32_t state_holder_outside(struct state *state, const char *storage, const char *name)
{
  struct state_holder holder = {
      .id = store_id("outside", storage, name, NULL),
      .name = linkage_string(state->findings->linkage, name),
      .file = "",
      .storage = storage,
      .type = "",
      .is_external = true,
  };
  return add_holder(state, &holder);
}
