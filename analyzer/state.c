#include "analyzer/state.h"

#include "analyzer/conditions.h"
#include "analyzer/effects.h"
#include "analyzer/sql.h"
#include "store/identity.h"

#include <string.h>

/* What can be accessed: a variable, a heap object or an outside store. */
struct holder {
  int64_t id;
  const char *name;
  const char *file;
  int64_t line;
  const char *storage;
  const char *type;
  int64_t routine;
  bool is_const;
  bool is_external;
  bool is_outside; /* table, file, shared memory: never classified by writes */
};

struct access {
  uint32_t holder;
  const char *field;
  uint32_t routine; /* link routine */
  uint32_t mode;    /* one of enum unit_access_mode */
  const char *how;
  const char *file;
  uint32_t line;
  uint32_t column;
};

struct state {
  struct findings *findings;
  GArray *holders;     /* struct holder */
  GHashTable *by_id;   /* id -> holder + 1 */
  GArray *accesses;    /* struct access */
  uint32_t *of_object; /* link object -> holder + 1, grown on demand */
  uint32_t n_of_object;
  struct id_map of_heap;  /* unit and row of an allocation -> holder */
  GHashTable *is_storing; /* name of a routine -> 1 + whether a rule for stores is about it */
};

struct state *state_new(struct findings *findings)
{
  struct state *state = g_new0(struct state, 1);
  state->findings = findings;
  state->holders = g_array_new(FALSE, FALSE, sizeof(struct holder));
  state->by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  state->accesses = g_array_new(FALSE, FALSE, sizeof(struct access));
  state->is_storing = g_hash_table_new(g_str_hash, g_str_equal);
  return state;
}

void state_free(struct state *state)
{
  if (state == NULL)
    return;
  g_array_unref(state->holders);
  g_hash_table_unref(state->by_id);
  g_array_unref(state->accesses);
  g_free(state->of_object);
  id_map_clear(&state->of_heap);
  g_hash_table_unref(state->is_storing);
  g_free(state);
}

/* ---- holders ---- */

static uint32_t add_holder(struct state *state, const struct holder *holder)
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

static uint32_t holder_of_object(struct state *state, uint32_t object)
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
  struct holder holder = {
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

static uint32_t holder_of_heap(struct state *state, const struct flow *flow, uint32_t object)
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
  struct holder holder = {
      .id = state_heap_id(unit, known->index),
      .name = linkage_string(linkage, name),
      .file = file,
      .line = row->line,
      .storage = "heap",
      .type = type,
  };
  uint32_t routine = findings_routine(linkage, known->unit, row->routine);
  if (routine != LINK_NONE)
    holder.routine = linkage_routine(linkage, routine)->id;
  uint32_t index = add_holder(state, &holder);
  id_map_put(&state->of_heap, key, index);
  return index;
}

static uint32_t holder_outside(struct state *state, const char *storage, const char *name)
{
  struct holder holder = {
      .id = store_id("outside", storage, name, NULL),
      .name = linkage_string(state->findings->linkage, name),
      .file = "",
      .storage = storage,
      .type = "",
      .is_outside = true,
      .is_external = true,
  };
  return add_holder(state, &holder);
}

/* ---- accesses ---- */

static const char *how_of(const struct unit_access *access)
{
  switch (access->operation) {
  case UNIT_OPERATION_INCREMENT:
  case UNIT_OPERATION_DECREMENT:
    return "add";
  case UNIT_OPERATION_COMPOUND:
    return "compound";
  case UNIT_OPERATION_WHOLE:
    return "whole";
  case UNIT_OPERATION_ATOMIC:
    return "atomic";
  case UNIT_OPERATION_ASSEMBLY:
    return "assembly";
  case UNIT_OPERATION_INITIALISER:
    return "init";
  default:
    return (access->mode & UNIT_WRITE) != 0 ? "assign" : "";
  }
}

static void add_modes(struct state *state, struct access access, uint32_t modes)
{
  for (uint32_t mode = UNIT_READ; mode <= UNIT_ADDRESS; mode <<= 1) {
    if ((modes & mode) == 0)
      continue;
    access.mode = mode;
    g_array_append_val(state->accesses, access);
  }
}

/* What an outside routine does with an address: a parameter that is not "const *" is written. */
static uint32_t modes_of_outside(const struct unit *unit, const struct unit_call *call,
                                 const struct unit_access *access)
{
  const struct unit_routine *callee = &unit->routines[call->callee];
  for (uint32_t i = 0; i < call->n_arguments; i++) {
    const struct unit_argument *argument = &unit->arguments[call->first_argument + i];
    if (argument->index != access->object || argument->kind != UNIT_ARGUMENT_ADDRESS)
      continue;
    if (i + 1 >= callee->n_params) {
      const char *name = unit_string(unit, callee->name);
      return strstr(name, "scanf") != NULL ? UNIT_WRITE : UNIT_READ;
    }
    const struct unit_param *param = &unit->params[callee->first_param + i + 1];
    return (param->flags & UNIT_VALUE_POINTEE_CONST) != 0 ? UNIT_READ : UNIT_READ | UNIT_WRITE;
  }
  return UNIT_READ | UNIT_WRITE;
}

static bool is_outside_call(struct state *state, const struct flow *flow, uint32_t unit,
                            const struct unit_call *call)
{
  if (call->callee == UNIT_NONE)
    return false;
  uint32_t callee =
      linkage_resolve_routine(state->findings->linkage, flow->program, unit, call->callee);
  return !linkage_routine(state->findings->linkage, callee)->is_defined;
}

static void add_named(struct state *state, const struct flow *flow, uint32_t unit,
                      const struct unit_access *row, struct access access)
{
  struct linkage *linkage = state->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  if (from->objects[row->object].kind > UNIT_OBJECT_STATIC_LOCAL)
    return;
  uint32_t object = linkage_resolve_object(linkage, flow->program, unit, row->object);
  if (object == LINK_NONE)
    return;
  /* What the C library keeps for itself is an effect, not state of the program. */
  bool is_library = (from->objects[row->object].flags & UNIT_OBJECT_SYSTEM) != 0 &&
                    !linkage_object(linkage, object)->is_defined;
  if (is_library)
    return;
  access.holder = holder_of_object(state, object);
  access.field = linkage_path(linkage, unit, row->path);
  uint32_t modes = row->mode;
  if ((row->mode & UNIT_ADDRESS) != 0 && row->call != UNIT_NONE &&
      is_outside_call(state, flow, unit, &from->calls[row->call])) {
    access.how = "call";
    modes = (row->mode & ~(uint32_t)UNIT_ADDRESS) |
            modes_of_outside(from, &from->calls[row->call], row);
  }
  add_modes(state, access, modes);
}

/* Whether an access to the same state was added since: bodies have allocations of their own at one
 * place. */
static bool is_added(const struct state *state, guint first, const struct access *access)
{
  for (guint i = first; i < state->accesses->len; i++) {
    const struct access *known = &g_array_index(state->accesses, struct access, i);
    if (known->holder == access->holder && known->field == access->field)
      return true;
  }
  return false;
}

/* Whether an access that names no field may mean what is stored somewhere, both as values' flags.
 * Characters may alias anything, but a pointer to a number that became one to characters on its way
 * through "void *" does not mean the number. */
static bool values_fit(uint32_t stored, uint32_t accessed)
{
  const uint32_t pointer = UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER;
  bool is_pointer = (accessed & pointer) != 0;
  bool is_text = !is_pointer && (accessed & UNIT_VALUE_CHARACTER) != 0;
  bool has_pointer = (stored & pointer) != 0;
  bool has_text = !has_pointer && (stored & UNIT_VALUE_CHARACTER) != 0;
  bool is_same_number = (accessed & UNIT_VALUE_FLOATING) == (stored & UNIT_VALUE_FLOATING);
  return is_pointer == has_pointer && is_text == has_text && is_same_number;
}

/* A number is accessed as one of its own size (C17 6.5p7). Bytes may be part of anything, but mean
 * the number no more than characters do. */
static bool sizes_fit(uint64_t stored, uint32_t accessed)
{
  return stored == 0 || accessed == 0 || stored == accessed;
}

/* Bytes of a field that a pointer may lead to: none of a bit-field. */
static uint64_t stored_size(const struct unit_field *field)
{
  return (field->flags & UNIT_VALUE_BIT_FIELD) != 0 ? UINT64_MAX : field->bit_size / 8;
}

/* What an object of no record type holds; anything where memory has no type. */
static bool fits_plain(const struct linkage *linkage, const struct flow_object *object,
                       const struct unit_access *row)
{
  if (object->kind != FLOW_STATIC)
    return true;
  const struct link_object *known = linkage_object(linkage, object->index);
  const struct unit_object *stored = &linkage_unit(linkage, known->unit)->objects[known->row];
  bool is_sized = (stored->value & UNIT_VALUE_ARRAY) == 0;
  return (stored->value & UNIT_VALUE_RECORD) != 0 ||
         (values_fit(stored->value, row->value) &&
          (!is_sized || sizes_fit(stored->size, row->size)));
}

static bool may_mean(struct linkage *linkage, const struct flow_object *object, uint32_t offset,
                     const struct unit_access *row, uint32_t record)
{
  uint32_t unit = 0;
  const struct unit_field *field = NULL;
  bool is_known = (row->value & (UNIT_VALUE_VOID | UNIT_VALUE_RECORD)) == 0;
  if (record != LINK_NONE && object->type != LINK_NONE)
    return row->path == 0 || linkage_fit(linkage, object->type, offset, record) != LINK_MISFIT;
  if (record != LINK_NONE || row->path != 0 || !is_known)
    return true;
  if (object->type == LINK_NONE)
    return fits_plain(linkage, object, row);
  return linkage_leaf_at(linkage, object->type, offset, &unit, &field) != LINK_LEAF ||
         field == NULL ||
         (values_fit(field->flags, row->value) &&
          ((field->flags & UNIT_VALUE_ARRAY) != 0 || sizes_fit(stored_size(field), row->size)));
}

static bool is_state(const struct flow_object *object, bool is_reachable)
{
  return object->kind == FLOW_STATIC || (object->kind == FLOW_HEAP && object->index != UNIT_NONE &&
                                         object->type != LINK_NONE && is_reachable);
}

static bool is_constant(const struct linkage *linkage, const struct flow_object *object)
{
  if (object->kind != FLOW_STATIC)
    return false;
  const struct link_object *known = linkage_object(linkage, object->index);
  return (linkage_unit(linkage, known->unit)->objects[known->row].flags & UNIT_OBJECT_CONST) != 0;
}

/* What an object of the solver is here. */
enum { OBJECT_STATE = 1, OBJECT_CONSTANT = 2 };

static uint8_t *flags_of_objects(const struct flow *flow, const bool *is_reachable)
{
  uint32_t n = points_to_n_objects(flow->solver);
  uint8_t *flags = g_new0(uint8_t, MAX(n, 1));
  for (uint32_t i = 0; i < n; i++) {
    const struct flow_object *object = flow_object(flow, i);
    flags[i] = (uint8_t)((is_state(object, is_reachable[i]) ? OBJECT_STATE : 0) |
                         (is_constant(flow->linkage, object) ? OBJECT_CONSTANT : 0));
  }
  return flags;
}

/* Where a bit-field begins in its first byte; 0 for any other path. */
static uint32_t first_bit(const struct unit *unit, uint32_t path)
{
  uint32_t field = unit->paths[path].field;
  return field != UNIT_NONE && (unit->fields[field].flags & UNIT_VALUE_BIT_FIELD) != 0
             ? unit->fields[field].bit_offset % 8
             : 0;
}

/* Accesses through a pointer, to every object that outlives the call. What is const cannot be
 * written, and a pointer that may point to very many of those says nothing by it: text goes
 * through every "const char *". */
static void add_pointed(struct state *state, struct flow *flow, const uint8_t *flags, uint32_t unit,
                        const struct unit_access *row, struct access access)
{
  enum { MOST_CONSTANTS = 16 };
  struct linkage *linkage = state->findings->linkage;
  const struct link_unit *here = &linkage->units[unit];
  uint32_t node = flow_node(flow, unit, row->node);
  if (node == LINK_NONE)
    return;
  uint32_t record = linkage_record(linkage, unit, row->record);
  /* What begins a record is named when it is accessed as what it is. */
  bool is_plain = record == LINK_NONE && row->operation != UNIT_OPERATION_WHOLE &&
                  (row->value & (UNIT_VALUE_VOID | UNIT_VALUE_RECORD)) == 0;
  uint32_t n = 0;
  guint first = state->accesses->len;
  const uint32_t *targets = points_to_targets(flow->solver, node, &n);
  uint32_t n_constants = 0;
  for (uint32_t i = 0; i < n && n_constants <= MOST_CONSTANTS; i++)
    n_constants += (flags[points_to_object_of(flow->solver, targets[i])] & OBJECT_CONSTANT) != 0;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t object = points_to_object_of(flow->solver, targets[i]);
    uint32_t modes = (flags[object] & OBJECT_STATE) != 0 ? row->mode & ~(uint32_t)UNIT_ADDRESS : 0;
    if ((flags[object] & OBJECT_CONSTANT) != 0)
      modes &= n_constants <= MOST_CONSTANTS ? ~(uint32_t)UNIT_WRITE : 0u;
    if (modes == 0)
      continue;
    uint32_t offset = points_to_offset_of(flow->solver, targets[i]);
    const struct flow_object *known = flow_object(flow, object);
    if (!may_mean(linkage, known, offset, row, record))
      continue;
    if (row->path != 0 && known->type != LINK_NONE)
      access.field = linkage_field_at(linkage, known->type, offset + here->path_offsets[row->path],
                                      first_bit(here->unit, row->path));
    else if (row->path == 0 && known->type != LINK_NONE && (offset != 0 || is_plain))
      access.field = linkage_field_at(linkage, known->type, offset, 0);
    else
      access.field = linkage_path(linkage, unit, row->path);
    access.holder = known->kind == FLOW_STATIC ? holder_of_object(state, known->index)
                                               : holder_of_heap(state, flow, object);
    if (!is_added(state, first, &access))
      add_modes(state, access, modes);
  }
}

/* Heap objects that a variable with static storage leads to, over any number of steps. */
static bool *reachable_objects(const struct flow *flow)
{
  uint32_t n_objects = points_to_n_objects(flow->solver);
  bool *is_reachable = g_new0(bool, MAX(n_objects, 1));
  g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (uint32_t i = 0; i < n_objects; i++) {
    if (flow_object(flow, i)->kind == FLOW_STATIC || flow_object(flow, i)->kind == FLOW_SLOT)
      g_array_append_val(stack, i);
  }
  while (stack->len != 0) {
    uint32_t object = g_array_index(stack, uint32_t, stack->len - 1);
    g_array_set_size(stack, stack->len - 1);
    uint32_t n_inside = 0;
    const uint32_t *inside = points_to_locations(flow->solver, object, &n_inside);
    for (uint32_t i = 0; i < n_inside; i++) {
      uint32_t n = 0;
      const uint32_t *targets = points_to_targets(flow->solver, inside[i], &n);
      for (uint32_t t = 0; t < n; t++) {
        uint32_t next = points_to_object_of(flow->solver, targets[t]);
        if (is_reachable[next] || flow_object(flow, next)->kind != FLOW_HEAP)
          continue;
        is_reachable[next] = true;
        g_array_append_val(stack, next);
      }
    }
  }
  return is_reachable;
}

void state_find(struct state *state, struct flow *flow)
{
  struct linkage *linkage = state->findings->linkage;
  g_autofree bool *is_reachable = reachable_objects(flow);
  g_autofree uint8_t *flags = flags_of_objects(flow, is_reachable);
  for (guint i = 0; i < flow->program->units->len; i++) {
    uint32_t index = g_array_index(flow->program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(linkage, index);
    for (uint32_t a = 0; a < unit->n_accesses; a++) {
      const struct unit_access *row = &unit->accesses[a];
      uint32_t routine = findings_routine(linkage, index, row->routine);
      if (routine == LINK_NONE || !flow_looks_at(flow, index, row->routine))
        continue;
      struct access access = {
          .routine = routine,
          .how = how_of(row),
          .file = findings_file(unit, row->file),
          .line = row->line,
          .column = row->column,
          .field = "",
      };
      if (row->base == UNIT_BASE_OBJECT)
        add_named(state, flow, index, row, access);
      else if (row->base == UNIT_BASE_POINTER)
        add_pointed(state, flow, flags, index, row, access);
    }
  }
}

/* ---- tables, files, shared memory ---- */

static void add_tables(struct state *state, const char *text, struct access access)
{
  g_autoptr(GPtrArray) tables = sql_tables(text);
  for (guint i = 0; i < tables->len; i++) {
    const struct sql_table *table = g_ptr_array_index(tables, i);
    access.holder = holder_outside(state, "table", table->name);
    access.how = "sql";
    add_modes(state, access,
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
    struct access access = {
        .holder = holder_outside(state, rule->storage, path),
        .routine = routine,
        .field = "",
        .how = "call",
        .file = findings_file(from, call->file),
        .line = call->line,
        .column = call->column,
    };
    add_modes(state, access, modes_of_storage(rule, from, call));
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
      struct access access = {
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

/* ---- classes and rows ---- */

int64_t state_field_id(int64_t holder, const char *field)
{
  if (*field == '\0')
    return holder;
  char number[24];
  g_snprintf(number, sizeof number, "%" G_GINT64_MODIFIER "x", (gint64)holder);
  return store_id("field", number, field, NULL);
}

/* One path is the other or lies inside it. */
static bool overlaps(const char *left, const char *right)
{
  size_t n = 0;
  while (left[n] != '\0' && left[n] == right[n])
    n++;
  if (left[n] == '\0' && right[n] == '\0')
    return true;
  return (left[n] == '\0' && (n == 0 || right[n] == '.')) ||
         (right[n] == '\0' && (n == 0 || left[n] == '.'));
}

static gint compare_accesses(gconstpointer left, gconstpointer right)
{
  const struct access *a = left, *b = right;
  if (a->holder != b->holder)
    return a->holder < b->holder ? -1 : 1;
  return strcmp(a->field, b->field);
}

static const char *class_of(const struct state *state, const struct startup *startup,
                            const struct holder *holder, const char *field, guint first, guint end)
{
  if (holder->is_external)
    return "external";
  if (holder->is_const)
    return "const";
  if (strcmp(holder->storage, "heap") == 0)
    field = "";
  for (guint i = first; i < end; i++) {
    const struct access *access = &g_array_index(state->accesses, struct access, i);
    if (access->mode != UNIT_WRITE || !overlaps(access->field, field))
      continue;
    if (!startup_is_before(startup, access->routine, access->line))
      return "shared";
  }
  return "init-only";
}

/* Adds the row of a holder or of a field of it, and returns its id. */
static int64_t add_state_row(struct state *state, const struct startup *startup, uint32_t index,
                             const char *field, guint first, guint end)
{
  const struct holder *holder = &g_array_index(state->holders, struct holder, index);
  struct fact_state record = {
      .id = state_field_id(holder->id, field),
      .name = holder->name,
      .field = field,
      .file = holder->file,
      .line = holder->line,
      .storage = holder->storage,
      .class = class_of(state, startup, holder, field, first, end),
      .type = *field == '\0' ? holder->type : "",
      .object = holder->id,
      .routine = holder->routine,
  };
  rows_add(state->findings->states, &record);
  return record.id;
}

static void add_access_row(struct state *state, const struct startup *startup,
                           const struct access *access, int64_t id)
{
  static const char *const modes[] = {"", "read", "write", "", "address"};
  struct fact_access record = {
      .routine = linkage_routine(state->findings->linkage, access->routine)->id,
      .state = id,
      .mode = modes[access->mode],
      .how = access->how,
      .file = access->file,
      .line = access->line,
      .column = access->column,
      .is_startup = startup_is_before(startup, access->routine, access->line),
  };
  rows_add(state->findings->accesses, &record);
}

/* Rows of one holder: itself, and each field that something accesses. */
static void finish_holder(struct state *state, const struct startup *startup, guint first,
                          guint end)
{
  uint32_t index = g_array_index(state->accesses, struct access, first).holder;
  const char *before = NULL;
  int64_t id = 0;
  for (guint i = first; i < end; i++) {
    const struct access *access = &g_array_index(state->accesses, struct access, i);
    if (before == NULL || strcmp(before, access->field) != 0) {
      if (before == NULL && *access->field != '\0')
        add_state_row(state, startup, index, "", first, end);
      id = add_state_row(state, startup, index, access->field, first, end);
    }
    before = access->field;
    add_access_row(state, startup, access, id);
  }
}

/* Variables that nothing accesses are state too: they are there. */
static void add_untouched(struct state *state)
{
  struct linkage *linkage = state->findings->linkage;
  for (uint32_t i = 0; i < linkage->objects->len; i++) {
    if (linkage_object(linkage, i)->is_defined && *linkage_object(linkage, i)->file != '\0')
      holder_of_object(state, i);
  }
}

void state_finish(struct state *state, const struct startup *startup)
{
  add_untouched(state);
  g_array_sort(state->accesses, compare_accesses);
  g_autofree bool *is_done = g_new0(bool, MAX(state->holders->len, 1));
  for (guint first = 0; first < state->accesses->len;) {
    uint32_t holder = g_array_index(state->accesses, struct access, first).holder;
    guint end = first;
    while (end < state->accesses->len &&
           g_array_index(state->accesses, struct access, end).holder == holder)
      end++;
    finish_holder(state, startup, first, end);
    is_done[holder] = true;
    first = end;
  }
  for (uint32_t i = 0; i < state->holders->len; i++) {
    if (!is_done[i])
      add_state_row(state, startup, i, "", 0, 0);
  }
}

int64_t state_id_of(struct state *state, uint32_t object, const char *field)
{
  if (object == LINK_NONE)
    return 0;
  uint32_t index = holder_of_object(state, object);
  int64_t id = g_array_index(state->holders, struct holder, index).id;
  return state_field_id(id, field);
}
