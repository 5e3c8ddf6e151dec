#include "analyzer/state_parts.h"

#include <string.h>

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

/* The holder of a variable with static storage. What the C library keeps for itself is an effect,
 * not state of the program. */
static bool find_variable(struct state *state, const struct flow *flow, uint32_t unit, uint32_t row,
                          uint32_t *holder)
{
  struct linkage *linkage = state->findings->linkage;
  uint32_t object = linkage_resolve_object(linkage, flow->program, unit, row);
  if (object == LINK_NONE)
    return false;
  uint32_t flags = linkage_unit(linkage, unit)->objects[row].flags;
  if ((flags & UNIT_OBJECT_SYSTEM) != 0 && !linkage_object(linkage, object)->is_defined)
    return false;
  *holder = state_holder_of_object(state, object);
  return true;
}

static void add_named(struct state *state, const struct flow *flow, uint32_t unit,
                      const struct unit_access *row, struct state_access access)
{
  struct linkage *linkage = state->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  bool is_local = from->objects[row->object].kind > UNIT_OBJECT_STATIC_LOCAL;
  if (is_local ? !state_is_of_main(from, row->object)
               : !find_variable(state, flow, unit, row->object, &access.holder))
    return;
  if (is_local) {
    access.memory = state_memory_of_local(state, unit, row->object) + 1;
    access.holder = state_holder_of_local(state, unit, row->object);
  }
  access.field = linkage_path(linkage, unit, row->path);
  uint32_t modes = row->mode;
  if ((row->mode & UNIT_ADDRESS) != 0 && row->call != UNIT_NONE &&
      is_outside_call(state, flow, unit, &from->calls[row->call])) {
    access.how = "call";
    modes = (row->mode & ~(uint32_t)UNIT_ADDRESS) |
            modes_of_outside(from, &from->calls[row->call], row);
  }
  if (is_local)
    state_add_named_use(state, unit, row, &access, modes);
  state_add_modes(state, access, modes);
}

/* Whether an access to the same state was added since: bodies have allocations of their own at one
 * place. */
static bool is_added(const struct state *state, guint first, const struct state_access *access)
{
  for (guint i = first; i < state->accesses->len; i++) {
    const struct state_access *known = &g_array_index(state->accesses, struct state_access, i);
    if (known->holder == access->holder && known->field == access->field &&
        (known->memory == 0 || known->memory == access->memory))
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

/* A shorter record may stand for a longer one that begins with the same fields, as far as it goes.
 */
static bool is_beyond(const struct linkage *linkage, const struct flow_object *object,
                      uint32_t offset)
{
  uint64_t size = object->type != LINK_NONE ? linkage_size(linkage, object->type) : 0;
  return size != 0 && offset >= size;
}

/* Whether memory has the type that its allocation gives it: it is no view of other memory. */
static bool is_typed(const struct flow *flow, uint32_t object)
{
  const struct flow_object *known = flow_object(flow, object);
  return known->index != UNIT_NONE && known->type != LINK_NONE &&
         points_to_viewed(flow->solver, object) == POINTS_TO_NONE;
}

/* Record types that some allocation says that it makes. */
static bool *find_allocated(const struct flow *flow)
{
  bool *is_allocated = g_new0(bool, MAX(flow->linkage->types->len, 1));
  for (uint32_t i = 0; i < points_to_n_objects(flow->solver); i++) {
    const struct flow_object *object = flow_object(flow, i);
    if (object->kind == FLOW_HEAP && is_typed(flow, i))
      is_allocated[object->type] = true;
  }
  return is_allocated;
}

/* What accesses find in one program. */
struct seen {
  struct state *state;
  struct flow *flow;
  const uint8_t *flags;     /* of the solver's objects */
  const uint32_t *memories; /* likewise: see state_number_memories() */
  const bool *is_allocated; /* link types */
};

/* Of memory without a type it is the access that has one. Where the program allocates such records
 * by their type, the uses of other memory say little: whatever lies in it comes out under each
 * type. */
static uint32_t holder_of_memory(const struct seen *seen, uint32_t object, uint32_t record)
{
  if (is_typed(seen->flow, object))
    return state_holder_of_heap(seen->state, seen->flow, object);
  uint32_t type = flow_object(seen->flow, object)->type;
  type = type != LINK_NONE ? type : record;
  return type != LINK_NONE && !seen->is_allocated[type] ? state_holder_of_record(seen->state, type)
                                                        : LINK_NONE;
}

static uint32_t holder_of_object(const struct seen *seen, uint32_t object, uint32_t record)
{
  const struct flow_object *known = flow_object(seen->flow, object);
  if (known->kind == FLOW_STATIC)
    return state_holder_of_object(seen->state, known->index);
  return known->kind == FLOW_LOCAL ? state_holder_of_local(seen->state, known->unit, known->index)
                                   : holder_of_memory(seen, object, record);
}

static bool is_state(const struct flow_object *object, bool is_reachable)
{
  return object->kind == FLOW_STATIC || (object->kind == FLOW_HEAP && is_reachable);
}

static bool is_constant(const struct linkage *linkage, const struct flow_object *object)
{
  if (object->kind != FLOW_STATIC)
    return false;
  const struct link_object *known = linkage_object(linkage, object->index);
  return (linkage_unit(linkage, known->unit)->objects[known->row].flags & UNIT_OBJECT_CONST) != 0;
}

/* What an object of the solver is here. */
enum { OBJECT_STATE = 1, OBJECT_CONSTANT = 2, OBJECT_MEMORY = 4 };

static uint8_t *flags_of_objects(const struct flow *flow, const bool *is_reachable,
                                 const uint32_t *memories)
{
  uint32_t n = points_to_n_objects(flow->solver);
  uint8_t *flags = g_new0(uint8_t, MAX(n, 1));
  for (uint32_t i = 0; i < n; i++) {
    const struct flow_object *object = flow_object(flow, i);
    flags[i] = (uint8_t)((is_state(object, is_reachable[i]) ? OBJECT_STATE : 0) |
                         (memories[i] != 0 ? OBJECT_MEMORY : 0) |
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

/* What a pointer to no record leads to is the affair of who made the pointer; of a record it is
 * said which one it is. */
static const char *how_through(const struct unit_access *row, uint32_t record, const char *how)
{
  if (record == LINK_NONE && row->path == 0)
    return strcmp(how, "add") != 0 ? "pointee" : how;
  return how[0] == '\0' ? "member" : how;
}

/* Places that a pointer to text may point to; one that may point to more says nothing by what is
 * read there: text goes through every "const char *". */
enum { MOST_TEXTS = 16 };

/* The modes of an access through a pointer that count at the objects of its targets: of what is
 * const, and of all the others. */
struct pointed_modes {
  uint32_t of_constants, of_others;
};

static struct pointed_modes modes_through(const struct seen *seen, const struct unit_access *row,
                                          const uint32_t *targets, uint32_t n)
{
  const uint32_t shaped = UNIT_VALUE_POINTER | UNIT_VALUE_RECORD;
  bool is_text =
      row->path == 0 && (row->value & (UNIT_VALUE_CHARACTER | shaped)) == UNIT_VALUE_CHARACTER;
  uint32_t n_constants = 0, n_texts = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t object = points_to_object_of(seen->flow->solver, targets[i]);
    uint32_t offset = points_to_offset_of(seen->flow->solver, targets[i]);
    bool is_constant = (seen->flags[object] & OBJECT_CONSTANT) != 0;
    n_constants += is_constant;
    n_texts += is_text && !is_constant && n_texts <= MOST_TEXTS && seen->flags[object] != 0 &&
               may_mean(seen->state->findings->linkage, flow_object(seen->flow, object), offset,
                        row, LINK_NONE);
  }
  uint32_t modes = row->mode & ~(uint32_t)UNIT_ADDRESS;
  const uint32_t no_write = ~(uint32_t)UNIT_WRITE, no_read = ~(uint32_t)UNIT_READ;
  return (struct pointed_modes){
      .of_constants = n_constants > MOST_TEXTS ? 0 : modes & no_write,
      .of_others = n_texts > MOST_TEXTS ? modes & no_read : modes,
  };
}

/* Accesses through a pointer, to every object that outlives the call. What is const cannot be
 * written. */
static void add_pointed(const struct seen *seen, uint32_t unit, const struct unit_access *row,
                        struct state_access access)
{
  struct state *state = seen->state;
  struct flow *flow = seen->flow;
  const uint8_t *flags = seen->flags;
  struct linkage *linkage = state->findings->linkage;
  const struct link_unit *here = &linkage->units[unit];
  uint32_t node = flow_node(flow, unit, row->node);
  if (node == LINK_NONE)
    return;
  uint32_t record = linkage_record(linkage, unit, row->record);
  /* What begins a record is named when it is accessed as what it is. */
  bool is_plain = record == LINK_NONE && row->operation != UNIT_OPERATION_WHOLE &&
                  (row->value & (UNIT_VALUE_VOID | UNIT_VALUE_RECORD)) == 0;
  access.how = how_through(row, record, access.how);
  uint32_t n = 0;
  guint first = state->accesses->len;
  const uint32_t *targets = points_to_targets(flow->solver, node, &n);
  struct pointed_modes counts = modes_through(seen, row, targets, n);
  for (uint32_t i = 0; i < n; i++) {
    uint32_t object = points_to_object_of(flow->solver, targets[i]);
    bool is_constant = (flags[object] & OBJECT_CONSTANT) != 0;
    uint32_t modes = is_constant ? counts.of_constants : counts.of_others;
    if (modes == 0 || (flags[object] & (OBJECT_STATE | OBJECT_MEMORY)) == 0)
      continue;
    uint32_t offset = points_to_offset_of(flow->solver, targets[i]);
    const struct flow_object *known = flow_object(flow, object);
    if (!may_mean(linkage, known, offset, row, record) ||
        is_beyond(linkage, known, offset + here->path_offsets[row->path]))
      continue;
    if (row->path != 0 && known->type != LINK_NONE)
      access.field = linkage_field_at(linkage, known->type, offset + here->path_offsets[row->path],
                                      first_bit(here->unit, row->path));
    else if (row->path == 0 && known->type != LINK_NONE && (offset != 0 || is_plain))
      access.field = linkage_field_at(linkage, known->type, offset, 0);
    else
      access.field = linkage_path(linkage, unit, row->path);
    access.memory = seen->memories[object];
    access.holder = holder_of_object(seen, object, record);
    state_add_pointed_use(state, unit, row, &access, modes,
                          n == 1 && record != LINK_NONE && record == known->type && offset == 0);
    if (access.holder != LINK_NONE && !is_added(state, first, &access))
      state_add_modes(state, access, modes);
  }
}

/* The objects that are views of the same memory one after another, beginning with itself: the next
 * of each, or POINTS_TO_NONE. */
static uint32_t *list_views(const struct flow *flow, uint32_t n_objects)
{
  uint32_t *next = g_new(uint32_t, MAX(n_objects, 1));
  for (uint32_t i = 0; i < n_objects; i++)
    next[i] = POINTS_TO_NONE;
  for (uint32_t i = 0; i < n_objects; i++) {
    uint32_t memory = state_memory_of(flow, i);
    if (memory != i) {
      next[i] = next[memory];
      next[memory] = i;
    }
  }
  return next;
}

/* Heap objects that a variable with static storage leads to, over any number of steps; a piece of
 * memory with all its views. */
static bool *reachable_objects(const struct flow *flow)
{
  uint32_t n_objects = points_to_n_objects(flow->solver);
  bool *is_reachable = g_new0(bool, MAX(n_objects, 1));
  g_autofree uint32_t *next_view = list_views(flow, n_objects);
  g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  g_autoptr(GArray) pointed = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (uint32_t i = 0; i < n_objects; i++) {
    if (flow_object(flow, i)->kind == FLOW_STATIC || flow_object(flow, i)->kind == FLOW_SLOT)
      g_array_append_val(stack, i);
  }
  while (stack->len != 0) {
    uint32_t object = g_array_index(stack, uint32_t, stack->len - 1);
    g_array_set_size(stack, stack->len - 1);
    g_array_set_size(pointed, 0);
    state_add_pointed(flow, object, pointed);
    for (guint i = 0; i < pointed->len; i++) {
      uint32_t next = state_memory_of(flow, g_array_index(pointed, uint32_t, i));
      if (is_reachable[next] || flow_object(flow, next)->kind != FLOW_HEAP)
        continue;
      for (; next != POINTS_TO_NONE; next = next_view[next]) {
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
  g_autofree uint32_t *memories = state_number_memories(state, flow, is_reachable);
  g_autofree uint8_t *flags = flags_of_objects(flow, is_reachable, memories);
  g_autofree bool *is_allocated = find_allocated(flow);
  const struct seen seen = {state, flow, flags, memories, is_allocated};
  for (guint i = 0; i < flow->program->units->len; i++) {
    uint32_t index = g_array_index(flow->program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(linkage, index);
    for (uint32_t a = 0; a < unit->n_accesses; a++) {
      const struct unit_access *row = &unit->accesses[a];
      uint32_t routine = findings_routine(linkage, index, row->routine);
      if (routine == LINK_NONE || !flow_looks_at(flow, index, row->routine))
        continue;
      struct state_access access = {
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
        add_pointed(&seen, index, row, access);
    }
  }
}
