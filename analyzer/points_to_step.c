#include "analyzer/points_to_parts.h"

/* Locations from which on a load or store goes through a node that others share. */
enum { RELAY_LEAST = 4 };

static void bind_call(struct points_to *solver, const struct call *call, uint32_t index,
                      uint32_t object)
{
  uint32_t routine_index = OBJECT(solver, object)->routine;
  if (routine_index == POINTS_TO_NONE ||
      !id_map_put_new(&solver->pairs, (uint64_t)index << 32 | object, 1))
    return;
  struct routine routine = g_array_index(solver->routines, struct routine, routine_index);
  if (!solver->types.accepts(solver->types.context, call->shape, routine.shape))
    return;
  for (uint32_t i = 0; i < call->n_arguments; i++) {
    uint32_t from = g_array_index(solver->operands, uint32_t, call->first_argument + i);
    uint32_t to = routine.rest;
    if (i < routine.n_params)
      to = g_array_index(solver->operands, uint32_t, routine.first_param + i);
    points_to_add_copy(solver, to, from);
  }
  points_to_add_copy(solver, call->result, routine.result);
}

/* Raw memory as one record: all of an object, or the bytes at a location. Views of views are views
 * of the memory itself. */
static uint32_t view_of(struct points_to *solver, uint32_t object, uint32_t location, uint32_t type)
{
  bool is_whole = OBJECT(solver, object)->type == POINTS_TO_UNKNOWN;
  uint32_t bytes = is_whole ? object : 1u << 31 | location;
  if (OBJECT(solver, object)->viewed != POINTS_TO_NONE) {
    bytes = OBJECT(solver, object)->bytes;
    object = OBJECT(solver, object)->viewed;
  }
  uint64_t key = (uint64_t)bytes << 32 | type;
  uint32_t view = id_map_get(&solver->views, key);
  if (view == POINTS_TO_NONE) {
    uint64_t size = solver->types.size_of(solver->types.context, type);
    view = points_to_add_object(solver, size, type);
    OBJECT(solver, view)->viewed = object;
    OBJECT(solver, view)->bytes = bytes;
    OBJECT(solver, view)->is_memory = OBJECT(solver, object)->is_memory;
    id_map_put(&solver->views, key, view);
  }
  return view;
}

/* The memory behind an allocated record. */
static uint32_t tail_of(struct points_to *solver, uint32_t object)
{
  uint64_t key = (uint64_t)object << 32 | POINTS_TO_MEMORY;
  uint32_t tail = id_map_get(&solver->views, key);
  if (tail == POINTS_TO_NONE) {
    tail = points_to_add_object(solver, 0, POINTS_TO_UNKNOWN);
    OBJECT(solver, tail)->viewed = object;
    OBJECT(solver, tail)->bytes = tail;
    OBJECT(solver, tail)->is_memory = true;
    id_map_put(&solver->views, key, tail);
  }
  return tail;
}

/* The memory around a location. */
static void apply_bytes(struct points_to *solver, uint32_t to, uint32_t location)
{
  const uint32_t object = NODE(solver, location)->object;
  const struct object *known = OBJECT(solver, object);
  if (known->type == POINTS_TO_UNKNOWN || !known->is_memory || known->is_whole) {
    points_to_insert(solver, to, location);
  } else if (known->viewed != POINTS_TO_NONE) {
    uint32_t bytes = known->bytes;
    bool is_location = bytes >> 31 != 0;
    points_to_insert(solver, to,
                     is_location ? bytes & ~(1u << 31) : points_to_location(solver, bytes, 0));
  } else {
    points_to_insert(solver, to, location);
    points_to_insert(solver, to, points_to_location(solver, tail_of(solver, object), 0));
  }
}

/* Fields of a record that a pointer is moved in; one that has more is not gone into. */
enum { MAX_PLACES = 1024 };

/* Every place of the record that a location is in, where nothing may lie behind that. */
static void apply_anywhere(struct points_to *solver, uint32_t to, uint32_t location)
{
  const uint32_t object = NODE(solver, location)->object;
  uint32_t type = OBJECT(solver, object)->type, offsets[MAX_PLACES];
  bool has_tail = OBJECT(solver, object)->is_memory && !OBJECT(solver, object)->is_whole;
  if (type == POINTS_TO_UNKNOWN || type >= POINTS_TO_POINTER || has_tail)
    return;
  uint32_t from = NODE(solver, location)->offset;
  uint32_t n = solver->types.places(solver->types.context, type, from, offsets, MAX_PLACES);
  for (uint32_t i = 0; i < n && n <= MAX_PLACES; i++)
    points_to_insert(solver, to, points_to_location(solver, object, offsets[i]));
}

/* Where a constraint leads from a location; POINTS_TO_NONE where types forbid it. */
static uint32_t step(struct points_to *solver, const struct constraint *constraint,
                     uint32_t location)
{
  uint32_t object = NODE(solver, location)->object;
  int64_t offset = (int64_t)NODE(solver, location)->offset;
  uint32_t type = OBJECT(solver, object)->type;
  if (type == POINTS_TO_UNKNOWN) {
    if (constraint->type == POINTS_TO_UNKNOWN)
      return location;
    object = view_of(solver, object, location, constraint->type);
    offset = 0;
  } else {
    enum points_to_fit how = points_to_fit_at(solver, location, constraint->type);
    if (how == POINTS_TO_MISFIT)
      return POINTS_TO_NONE;
    if (how == POINTS_TO_RAW) {
      object = view_of(solver, object, location, constraint->type);
      offset = 0;
    }
  }
  offset += constraint->offset;
  return offset < 0 ? POINTS_TO_NONE : points_to_location(solver, object, (uint64_t)offset);
}

void points_to_apply_at(struct points_to *solver, const struct constraint *constraint,
                        uint32_t location)
{
  if (constraint->kind == CONSTRAINT_ANYWHERE)
    apply_anywhere(solver, constraint->other, location);
  if (constraint->kind == CONSTRAINT_ANYWHERE || constraint->kind == CONSTRAINT_BYTES) {
    apply_bytes(solver, constraint->other, location);
    return;
  }
  bool is_content = constraint->kind != CONSTRAINT_FIELD;
  if (is_content && OBJECT(solver, NODE(solver, location)->object)->is_opaque)
    return;
  uint32_t there = step(solver, constraint, location);
  if (there == POINTS_TO_NONE)
    return;
  if (constraint->kind == CONSTRAINT_LOAD)
    points_to_add_copy(solver, constraint->other, there);
  else if (constraint->kind == CONSTRAINT_STORE)
    points_to_add_copy(solver, there, constraint->other);
  else
    points_to_insert(solver, constraint->other, there);
}

/* The object between the two sides of a copy: one for all when its record is known, one for every
 * type and offset of what is copied otherwise. */
static uint32_t between_of(struct points_to *solver, const struct record_link *link, uint32_t type,
                           uint32_t offset)
{
  uint64_t key = (uint64_t)link->link << 40 | (uint64_t)(type & 0xfffff) << 20 | offset;
  uint32_t object = id_map_get(&solver->copies, key);
  if (object == POINTS_TO_NONE) {
    uint64_t size = 0;
    if (link->type != POINTS_TO_UNKNOWN)
      size = solver->types.size_of(solver->types.context, link->type);
    object = points_to_add_object(solver, size, POINTS_TO_UNKNOWN);
    OBJECT(solver, object)->is_between = true;
    id_map_put(&solver->copies, key, object);
  }
  return object;
}

static void apply_record(struct points_to *solver, const struct record_link *link,
                         uint32_t location)
{
  uint32_t object = NODE(solver, location)->object;
  uint32_t offset = NODE(solver, location)->offset;
  uint32_t type = OBJECT(solver, object)->type;
  if (OBJECT(solver, object)->is_opaque)
    return;
  uint32_t between;
  if (link->type == POINTS_TO_UNKNOWN) {
    if (type == POINTS_TO_UNKNOWN)
      return;
    between = between_of(solver, link, type, offset);
  } else {
    if (type == POINTS_TO_UNKNOWN) {
      object = view_of(solver, object, location, link->type);
      offset = 0;
    } else if (points_to_fit_at(solver, location, link->type) != POINTS_TO_FIT) {
      return;
    }
    between = between_of(solver, link, 0, 0);
  }
  /* Bit 63 tells record copies from call bindings. */
  uint64_t key =
      UINT64_C(1) << 63 | (uint64_t)link->is_source << 62 | (uint64_t)between << 31 | location;
  if (!id_map_put_new(&solver->pairs, key, 1))
    return;
  if (link->is_source)
    points_to_add_record_copy(solver, between, 0, object, offset);
  else
    points_to_add_record_copy(solver, object, offset, between, 0);
}

/* ---- arguments from the object whose routine is called ---- */

/* Objects of one call that are told apart. */
#define OWN_LIMIT 64

/* The location that a step leads to from another one. */
static uint32_t follow(struct points_to *solver, const struct points_to_step *way,
                       uint32_t location)
{
  struct constraint load = {.offset = (int32_t)MIN(way->offset, OFFSET_LIMIT),
                            .type = way->type,
                            .kind = CONSTRAINT_LOAD};
  return OBJECT(solver, NODE(solver, location)->object)->is_opaque ? POINTS_TO_NONE
                                                                   : step(solver, &load, location);
}

/* The node of an argument as one object gives it; POINTS_TO_NONE: of all objects, or none. */
static uint32_t argument_of(struct points_to *solver, const struct points_to_argument *argument,
                            uint32_t location)
{
  if (argument->kind == POINTS_TO_FIELD)
    return follow(solver, &argument->step, location);
  if (argument->kind == POINTS_TO_FOREIGN)
    return POINTS_TO_NONE;
  uint32_t self = points_to_add_node(solver);
  points_to_insert(solver, self, location);
  return self;
}

static void bind_own(struct points_to *solver, uint32_t index, uint32_t location)
{
  if (!id_map_put_new(&solver->owned, (uint64_t)index << 32 | location, 1))
    return;
  struct own_call *known = &g_array_index(solver->own_calls, struct own_call, index);
  if (known->n_objects > OWN_LIMIT)
    return;
  bool is_beyond = ++known->n_objects > OWN_LIMIT;
  const struct own_call call = *known;
  uint32_t pointer = is_beyond ? call.pointer : follow(solver, &call.steps[0], location);
  if (pointer == POINTS_TO_NONE)
    return;
  if (!is_beyond && call.n_steps == 2) {
    uint32_t inner = points_to_add_node(solver);
    points_to_add_load(solver, inner, pointer, call.steps[1].offset, call.steps[1].type);
    pointer = inner;
  }
  g_autofree uint32_t *arguments = g_new(uint32_t, call.n_arguments);
  for (uint32_t i = 0; i < call.n_arguments; i++) {
    struct points_to_argument argument =
        g_array_index(solver->own_arguments, struct points_to_argument, call.first_argument + i);
    if (!is_beyond)
      arguments[i] = argument_of(solver, &argument, location);
    else
      arguments[i] = argument.kind == POINTS_TO_FOREIGN ? POINTS_TO_NONE : argument.node;
  }
  points_to_add_call(solver, pointer, arguments, call.n_arguments, POINTS_TO_NONE, call.shape);
}

static void apply_constraints(struct points_to *solver, uint32_t first,
                              const struct id_set *targets)
{
  uint32_t set = POINTS_TO_NONE;
  for (uint32_t i = first; i != POINTS_TO_NONE;) {
    struct constraint constraint = g_array_index(solver->constraints, struct constraint, i);
    bool is_access = constraint.kind == CONSTRAINT_LOAD || constraint.kind == CONSTRAINT_STORE;
    if (is_access && targets->n >= RELAY_LEAST) {
      if (set == POINTS_TO_NONE)
        set = points_to_number_set(solver, targets);
      points_to_relay(solver, i, set, targets);
    } else {
      for (uint32_t t = 0; t < targets->n; t++)
        points_to_apply_at(solver, &constraint, targets->ids[t]);
    }
    i = constraint.next;
  }
}

/* Applies what waits for the targets of a node to those that are new. */
void points_to_apply(struct points_to *solver, uint32_t node, const struct id_set *targets)
{
  apply_constraints(solver, WAITERS(solver, node)->constraints, targets);
  for (uint32_t i = WAITERS(solver, node)->calls; i != POINTS_TO_NONE;) {
    struct call call = g_array_index(solver->calls, struct call, i);
    for (uint32_t t = 0; t < targets->n; t++)
      bind_call(solver, &call, i, NODE(solver, targets->ids[t])->object);
    i = call.next;
  }
  for (uint32_t i = WAITERS(solver, node)->own_calls; i != POINTS_TO_NONE;) {
    for (uint32_t t = 0; t < targets->n; t++)
      bind_own(solver, i, targets->ids[t]);
    i = g_array_index(solver->own_calls, struct own_call, i).next;
  }
  for (uint32_t i = WAITERS(solver, node)->records; i != POINTS_TO_NONE;) {
    struct record_link link = g_array_index(solver->records, struct record_link, i);
    for (uint32_t t = 0; t < targets->n; t++)
      apply_record(solver, &link, targets->ids[t]);
    i = link.next;
  }
}
