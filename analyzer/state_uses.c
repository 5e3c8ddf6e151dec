/* How records on the stack of main are used, and which uses surely write a part of them. */
#include "analyzer/state_parts.h"

#include <stdlib.h>

static int compare_moments(const void *key, const void *element)
{
  uint32_t access = *(const uint32_t *)key;
  const struct unit_moment *moment = element;
  return (access > moment->access) - (access < moment->access);
}

static const struct unit_moment *find_moment(const struct unit *unit, const struct unit_access *row)
{
  uint32_t access = (uint32_t)(row - unit->accesses);
  return unit->n_moments == 0 ? NULL
                              : bsearch(&access, unit->moments, unit->n_moments,
                                        sizeof *unit->moments, compare_moments);
}

/* Members of a union share memory: who writes one has not written another. */
static bool is_in_union(const struct unit *unit, uint32_t path)
{
  for (; path != 0; path = unit->paths[path].parent) {
    uint32_t field = unit->paths[path].field;
    if (field != UNIT_NONE && unit->types[unit->fields[field].type_id].kind == UNIT_UNION)
      return true;
  }
  return false;
}

/* Whether a write is of what its field says: of a record that is not known here nobody can tell. */
static bool may_fill(const struct unit *unit, const struct unit_access *row,
                     const struct state_access *access)
{
  return !is_in_union(unit, row->path) && (row->path == 0) == (*access->field == '\0');
}

/* Whether an address is only handed to what writes the record as a whole: the row of that write
 * belongs to the same call. */
static bool is_of_whole(const struct unit *unit, const struct unit_access *row)
{
  const struct unit_access *end = unit->accesses + unit->n_accesses;
  for (const struct unit_access *at = row + 1; at < end && at->routine == row->routine; at++) {
    const struct unit_moment *moment = at->object == row->object ? find_moment(unit, at) : NULL;
    if (moment != NULL && moment->n_calls > row->call)
      return false;
    if (moment != NULL && moment->n_calls == row->call && at->mode == UNIT_WRITE &&
        at->operation == UNIT_OPERATION_WHOLE && at->path == row->path)
      return true;
  }
  return false;
}

void state_add_named_use(struct state *state, uint32_t unit, const struct unit_access *row,
                         const struct state_access *access, uint32_t modes)
{
  const struct unit *from = linkage_unit(state->findings->linkage, unit);
  const struct unit_moment *moment = find_moment(from, row);
  bool is_whole = (row->mode & UNIT_ADDRESS) != 0 && row->call != UNIT_NONE &&
                  (modes & UNIT_READ) != 0 && is_of_whole(from, row);
  struct state_use use = {
      .memory = access->memory - 1,
      .unit = unit,
      .access = (uint32_t)(row - from->accesses),
      .routine = access->routine,
      .modes = is_whole ? UNIT_WRITE : modes,
      .field = access->field,
      .moment = moment,
      .is_named = true,
      .is_filling = moment != NULL && moment->is_certain != 0 && may_fill(from, row, access),
  };
  if (moment != NULL)
    g_array_append_val(state->uses, use);
}

static bool is_param_kept(const struct unit *unit, uint32_t object)
{
  const struct unit_object *row = &unit->objects[object];
  const struct unit_routine *routine = &unit->routines[row->routine];
  return row->position < routine->n_params &&
         (unit->params[routine->first_param + row->position].uses & UNIT_USE_ASSIGNED) == 0;
}

void state_add_pointed_use(struct state *state, uint32_t unit, const struct unit_access *row,
                           const struct state_access *access, uint32_t modes, bool is_only)
{
  if (access->memory == 0 ||
      !g_array_index(state->memories, struct state_memory, access->memory - 1).is_local)
    return;
  const struct unit *from = linkage_unit(state->findings->linkage, unit);
  const struct unit_moment *moment = is_only ? find_moment(from, row) : NULL;
  bool is_large = row->operation == UNIT_OPERATION_WHOLE ||
                  (row->value & (UNIT_VALUE_RECORD | UNIT_VALUE_ARRAY)) != 0;
  struct state_use use = {
      .memory = access->memory - 1,
      .unit = unit,
      .access = (uint32_t)(row - from->accesses),
      .routine = access->routine,
      .modes = modes,
      .field = is_large && (modes & UNIT_READ) != 0 ? "" : access->field,
      .moment = moment,
      .is_filling = moment != NULL && moment->is_certain != 0 && is_param_kept(from, row->object) &&
                    may_fill(from, row, access),
  };
  g_array_append_val(state->uses, use);
}
