#include "analyzer/points_to.h"

#include <string.h>

#define OFFSET_LIMIT (1u << 20)
/* Different offsets inside one object; beyond that all further ones are the first. */
#define LOCATION_LIMIT 4096u

enum constraint_kind { CONSTRAINT_LOAD, CONSTRAINT_STORE, CONSTRAINT_FIELD, CONSTRAINT_BYTES };

/* A constraint that waits for the targets of its node. */
struct constraint {
  uint32_t next; /* of the same node */
  uint32_t other;
  int32_t offset;
  uint32_t type;
  enum constraint_kind kind;
};

struct call {
  uint32_t next; /* of the same node */
  uint32_t first_argument;
  uint32_t n_arguments;
  uint32_t result;
  uint32_t shape;
};

/* A record copy goes through an object of its own: sources flow into it, it flows into targets. */
struct record_link {
  uint32_t next;
  uint32_t link;  /* number of the copy */
  uint32_t type;  /* record that is copied, or POINTS_TO_UNKNOWN */
  bool is_source; /* what the node points to flows into the copy */
};

struct node {
  uint32_t parent; /* union-find */
  uint32_t object; /* of a location, or POINTS_TO_NONE */
  uint32_t offset;
  uint32_t constraints;
  uint32_t calls;
  uint32_t records;
  uint32_t target;     /* POINTS_TO_UNKNOWN: may hold anything */
  uint32_t rank;       /* place in the last order of nodes; new ones come first */
  bool is_waiting;     /* among solver->waiting */
  struct id_set all;   /* what was propagated */
  struct id_set fresh; /* what is still to be propagated */
  struct id_set edges; /* copy edges to other nodes */
};

/* Everything at from_offset and beyond is also at to_offset of another object. */
struct mirror {
  uint32_t next;
  uint32_t from_offset;
  uint32_t to_object;
  uint32_t to_offset;
};

struct object {
  uint32_t size; /* 0 when unknown */
  uint32_t type;
  uint32_t routine; /* or POINTS_TO_NONE */
  uint32_t mirrors;
  uint32_t viewed; /* the object that this is a view of, or POINTS_TO_NONE */
  uint32_t bytes;  /* of a view: what it is a view of, see view_of() */
  bool is_opaque;
  bool is_number;  /* a plain number */
  bool is_memory;  /* allocated */
  bool is_between; /* made for a record copy */
  uint32_t n_locations, n_allocated;
  uint32_t *locations;
};

struct routine {
  uint32_t first_param;
  uint32_t n_params;
  uint32_t result;
  uint32_t rest;
  uint32_t shape;
};

struct points_to {
  struct points_to_types types;
  GArray *nodes;
  GArray *objects;
  GArray *constraints;
  GArray *calls;
  GArray *records;
  GArray *mirrors;
  GArray *routines;
  GArray *operands; /* arguments and parameters, adjacent by owner */
  struct id_map locations;
  struct id_map pairs;  /* record links and call bindings already made */
  struct id_map copies; /* record copy, type and offset -> object */
  uint32_t n_copies;
  struct id_map views; /* raw memory and type -> view */
  struct id_map fits;  /* location and type -> 0 or 1 */
  GArray *waiting;     /* uint32_t: nodes with fresh targets, a heap by rank */
  const volatile sig_atomic_t *is_interrupted; /* or NULL */
};

#define NODE(solver, i) (&g_array_index((solver)->nodes, struct node, i))
#define OBJECT(solver, i) (&g_array_index((solver)->objects, struct object, i))

struct points_to *points_to_new(const struct points_to_types *types)
{
  struct points_to *solver = g_new0(struct points_to, 1);
  solver->types = *types;
  solver->nodes = g_array_new(FALSE, FALSE, sizeof(struct node));
  solver->objects = g_array_new(FALSE, FALSE, sizeof(struct object));
  solver->constraints = g_array_new(FALSE, FALSE, sizeof(struct constraint));
  solver->calls = g_array_new(FALSE, FALSE, sizeof(struct call));
  solver->records = g_array_new(FALSE, FALSE, sizeof(struct record_link));
  solver->mirrors = g_array_new(FALSE, FALSE, sizeof(struct mirror));
  solver->routines = g_array_new(FALSE, FALSE, sizeof(struct routine));
  solver->operands = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  solver->waiting = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  return solver;
}

void points_to_free(struct points_to *solver)
{
  if (solver == NULL)
    return;
  for (guint i = 0; i < solver->nodes->len; i++) {
    struct node *node = NODE(solver, i);
    id_set_clear(&node->all);
    id_set_clear(&node->fresh);
    id_set_clear(&node->edges);
  }
  for (guint i = 0; i < solver->objects->len; i++)
    g_free(OBJECT(solver, i)->locations);
  GArray *arrays[] = {solver->nodes,    solver->objects,  solver->constraints,
                      solver->calls,    solver->records,  solver->mirrors,
                      solver->routines, solver->operands, solver->waiting};
  for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
    g_array_unref(arrays[i]);
  id_map_clear(&solver->locations);
  id_map_clear(&solver->pairs);
  id_map_clear(&solver->views);
  id_map_clear(&solver->copies);
  id_map_clear(&solver->fits);
  g_free(solver);
}

void points_to_watch(struct points_to *solver, const volatile sig_atomic_t *is_interrupted)
{
  solver->is_interrupted = is_interrupted;
}

static bool is_interrupted(const struct points_to *solver)
{
  return solver->is_interrupted != NULL && *solver->is_interrupted != 0;
}

static uint32_t representative(const struct points_to *solver, uint32_t node)
{
  while (NODE(solver, node)->parent != node) {
    struct node *here = NODE(solver, node);
    here->parent = NODE(solver, here->parent)->parent;
    node = here->parent;
  }
  return node;
}

/* ---- nodes with something new, the one nearest to the sources first ---- */

static bool is_before(const struct points_to *solver, guint left, guint right)
{
  uint32_t a = g_array_index(solver->waiting, uint32_t, left);
  uint32_t b = g_array_index(solver->waiting, uint32_t, right);
  uint32_t rank_a = NODE(solver, a)->rank, rank_b = NODE(solver, b)->rank;
  return rank_a != rank_b ? rank_a > rank_b : a < b;
}

static void swap_waiting(struct points_to *solver, guint left, guint right)
{
  uint32_t *waiting = (uint32_t *)(void *)solver->waiting->data;
  uint32_t kept = waiting[left];
  waiting[left] = waiting[right];
  waiting[right] = kept;
}

static void let_wait(struct points_to *solver, uint32_t node)
{
  if (NODE(solver, node)->is_waiting)
    return;
  NODE(solver, node)->is_waiting = true;
  g_array_append_val(solver->waiting, node);
  guint at = solver->waiting->len - 1;
  while (at != 0 && is_before(solver, at, (at - 1) / 2)) {
    swap_waiting(solver, at, (at - 1) / 2);
    at = (at - 1) / 2;
  }
}

static void sink(struct points_to *solver, guint at)
{
  for (;;) {
    guint first = at, child = 2 * at + 1;
    if (child < solver->waiting->len && is_before(solver, child, first))
      first = child;
    if (child + 1 < solver->waiting->len && is_before(solver, child + 1, first))
      first = child + 1;
    if (first == at)
      return;
    swap_waiting(solver, at, first);
    at = first;
  }
}

static uint32_t next_waiting(struct points_to *solver)
{
  uint32_t node = g_array_index(solver->waiting, uint32_t, 0);
  g_array_remove_index_fast(solver->waiting, 0);
  sink(solver, 0);
  NODE(solver, node)->is_waiting = false;
  return node;
}

static uint32_t add_node(struct points_to *solver, uint32_t object, uint32_t offset)
{
  struct node node = {
      .parent = solver->nodes->len,
      .object = object,
      .offset = offset,
      .constraints = POINTS_TO_NONE,
      .calls = POINTS_TO_NONE,
      .records = POINTS_TO_NONE,
      .rank = UINT32_MAX,
  };
  g_array_append_val(solver->nodes, node);
  return node.parent;
}

uint32_t points_to_add_node(struct points_to *solver)
{
  return add_node(solver, POINTS_TO_NONE, 0);
}

uint32_t points_to_add_object(struct points_to *solver, uint64_t size, uint32_t type)
{
  struct object object = {
      .size = (uint32_t)MIN(size, OFFSET_LIMIT),
      .type = type,
      .routine = POINTS_TO_NONE,
      .mirrors = POINTS_TO_NONE,
      .viewed = POINTS_TO_NONE,
  };
  g_array_append_val(solver->objects, object);
  return solver->objects->len - 1;
}

void points_to_set_opaque(struct points_to *solver, uint32_t object)
{
  OBJECT(solver, object)->is_opaque = true;
}

void points_to_set_number(struct points_to *solver, uint32_t object)
{
  OBJECT(solver, object)->is_number = true;
}

void points_to_set_memory(struct points_to *solver, uint32_t object)
{
  OBJECT(solver, object)->is_memory = true;
}

void points_to_restrict(struct points_to *solver, uint32_t node, uint32_t target)
{
  NODE(solver, representative(solver, node))->target = target;
}

/* Whether a location may be the target of a pointer to a type. Raw memory may be anything, routines
 * and scalars are no records. */
static enum points_to_fit fit(struct points_to *solver, uint32_t location, uint32_t target)
{
  if (target == POINTS_TO_UNKNOWN || target == POINTS_TO_NONE)
    return target == POINTS_TO_NONE ? POINTS_TO_MISFIT : POINTS_TO_FIT;
  const struct node *node = NODE(solver, location);
  const struct object *object = OBJECT(solver, node->object);
  if (object->routine != POINTS_TO_NONE || target == POINTS_TO_ROUTINE)
    return object->routine != POINTS_TO_NONE && target == POINTS_TO_ROUTINE ? POINTS_TO_FIT
                                                                            : POINTS_TO_MISFIT;
  if (target == POINTS_TO_MEMORY)
    return object->is_memory ? POINTS_TO_FIT : POINTS_TO_MISFIT;
  if (object->type == POINTS_TO_UNKNOWN)
    return POINTS_TO_FIT;
  if (object->type == POINTS_TO_SCALAR && target == POINTS_TO_NUMBER)
    return POINTS_TO_FIT;
  if (object->type == POINTS_TO_SCALAR && target == POINTS_TO_POINTER)
    return object->is_opaque || object->is_number ? POINTS_TO_MISFIT : POINTS_TO_FIT;
  if (object->type == POINTS_TO_SCALAR)
    return target == POINTS_TO_TEXT && object->is_opaque ? POINTS_TO_FIT : POINTS_TO_MISFIT;
  if (object->type == target && node->offset == 0)
    return POINTS_TO_FIT;
  uint64_t key = (uint64_t)location << 32 | target;
  uint32_t answer = id_map_get(&solver->fits, key);
  if (answer == POINTS_TO_NONE) {
    answer = solver->types.fit(solver->types.context, object->type, node->offset, target);
    id_map_put(&solver->fits, key, answer);
  }
  return (enum points_to_fit)answer;
}

static bool fits(struct points_to *solver, uint32_t location, uint32_t target)
{
  return fit(solver, location, target) != POINTS_TO_MISFIT;
}

/* Adds to a node's fresh targets what is new there and fits. */
static bool pour(struct points_to *solver, struct node *target, const struct id_set *source)
{
  if (target->target == POINTS_TO_UNKNOWN)
    return id_set_add_missing(&target->fresh, source, &target->all);
  struct id_set fitting = {0};
  for (uint32_t i = 0; i < source->n; i++) {
    if (fits(solver, source->ids[i], target->target))
      id_set_add(&fitting, source->ids[i]);
  }
  bool is_any = id_set_add_missing(&target->fresh, &fitting, &target->all);
  id_set_clear(&fitting);
  return is_any;
}

static void add_edge(struct points_to *solver, uint32_t from, uint32_t to)
{
  from = representative(solver, from);
  to = representative(solver, to);
  if (from == to || !id_set_add(&NODE(solver, from)->edges, to))
    return;
  struct node *target = NODE(solver, to);
  if (pour(solver, target, &NODE(solver, from)->all))
    let_wait(solver, to);
}

/* Whether a record has room for a pointer where a copy would put it. */
static bool holds_pointer(const struct points_to *solver, const struct mirror *mirror,
                          uint32_t offset)
{
  uint32_t type = OBJECT(solver, mirror->to_object)->type;
  uint64_t at = (uint64_t)mirror->to_offset + offset - mirror->from_offset;
  return type == POINTS_TO_UNKNOWN || type == POINTS_TO_SCALAR || at >= OFFSET_LIMIT ||
         solver->types.target_at(solver->types.context, type, (uint32_t)at) != POINTS_TO_NONE;
}

static void mirror_location(struct points_to *solver, const struct mirror *mirror, uint32_t node,
                            uint32_t offset)
{
  if (offset < mirror->from_offset)
    return;
  /* Raw memory has one place only; its views are not copied. */
  const struct object *target = OBJECT(solver, mirror->to_object);
  if (target->type == POINTS_TO_UNKNOWN && !target->is_between &&
      mirror->to_offset + offset != mirror->from_offset)
    return;
  if (NODE(solver, node)->target == POINTS_TO_NONE || !holds_pointer(solver, mirror, offset))
    return;
  uint32_t to = points_to_location(solver, mirror->to_object,
                                   (uint64_t)mirror->to_offset + offset - mirror->from_offset);
  if (to != POINTS_TO_NONE)
    add_edge(solver, node, to);
}

uint32_t points_to_location(struct points_to *solver, uint32_t object, uint64_t offset)
{
  struct object *owner = OBJECT(solver, object);
  if (offset >= OFFSET_LIMIT || (owner->size != 0 && offset >= owner->size))
    return POINTS_TO_NONE;
  uint64_t key = (uint64_t)object << 32 | offset;
  uint32_t node = id_map_get(&solver->locations, key);
  if (node != POINTS_TO_NONE)
    return node;
  if (owner->n_locations >= LOCATION_LIMIT)
    return owner->locations[0];
  node = add_node(solver, object, (uint32_t)offset);
  bool is_record = owner->type != POINTS_TO_UNKNOWN && owner->type != POINTS_TO_SCALAR;
  if (is_record)
    NODE(solver, node)->target =
        solver->types.target_at(solver->types.context, owner->type, (uint32_t)offset);
  id_map_put(&solver->locations, key, node);
  if (owner->n_locations == owner->n_allocated) {
    owner->n_allocated = MAX(2, owner->n_allocated * 2);
    owner->locations = g_renew(uint32_t, owner->locations, owner->n_allocated);
  }
  owner->locations[owner->n_locations++] = node;
  for (uint32_t i = owner->mirrors; i != POINTS_TO_NONE;) {
    struct mirror mirror = g_array_index(solver->mirrors, struct mirror, i);
    mirror_location(solver, &mirror, node, (uint32_t)offset);
    i = mirror.next;
  }
  return node;
}

static void insert(struct points_to *solver, uint32_t node, uint32_t location)
{
  node = representative(solver, node);
  struct node *target = NODE(solver, node);
  if (!fits(solver, location, target->target))
    return;
  if (!id_set_has(&target->all, location) && id_set_add(&target->fresh, location))
    let_wait(solver, node);
}

void points_to_add_address(struct points_to *solver, uint32_t to, uint32_t object, uint64_t offset)
{
  uint32_t location = points_to_location(solver, object, offset);
  if (to != POINTS_TO_NONE && location != POINTS_TO_NONE)
    insert(solver, to, location);
}

void points_to_add_copy(struct points_to *solver, uint32_t to, uint32_t from)
{
  if (to != POINTS_TO_NONE && from != POINTS_TO_NONE)
    add_edge(solver, from, to);
}

/* Puts what a node already holds back among what is to be looked at, for a new constraint. */
static void revisit(struct points_to *solver, uint32_t index)
{
  struct node *node = NODE(solver, index);
  if (node->all.n == 0)
    return;
  id_set_merge(&node->fresh, &node->all);
  node->all.n = 0;
  let_wait(solver, index);
}

static void add_constraint(struct points_to *solver, enum constraint_kind kind, uint32_t node,
                           uint32_t other, int64_t offset, uint32_t type)
{
  if (node == POINTS_TO_NONE || other == POINTS_TO_NONE || offset >= OFFSET_LIMIT ||
      offset <= -(int64_t)OFFSET_LIMIT)
    return;
  node = representative(solver, node);
  struct node *owner = NODE(solver, node);
  struct constraint constraint = {owner->constraints, other, (int32_t)offset, type, kind};
  owner->constraints = solver->constraints->len;
  g_array_append_val(solver->constraints, constraint);
  revisit(solver, node);
}

void points_to_add_load(struct points_to *solver, uint32_t to, uint32_t from, uint64_t offset,
                        uint32_t type)
{
  add_constraint(solver, CONSTRAINT_LOAD, from, to, (int64_t)MIN(offset, OFFSET_LIMIT), type);
}

void points_to_add_store(struct points_to *solver, uint32_t to, uint32_t from, uint64_t offset,
                         uint32_t type)
{
  add_constraint(solver, CONSTRAINT_STORE, to, from, (int64_t)MIN(offset, OFFSET_LIMIT), type);
}

void points_to_add_field(struct points_to *solver, uint32_t to, uint32_t from, int64_t offset,
                         uint32_t type)
{
  if (offset == 0 && type == 0)
    points_to_add_copy(solver, to, from);
  else
    add_constraint(solver, CONSTRAINT_FIELD, from, to, offset, type);
}

void points_to_add_bytes(struct points_to *solver, uint32_t to, uint32_t from)
{
  add_constraint(solver, CONSTRAINT_BYTES, from, to, 0, POINTS_TO_UNKNOWN);
}

static void add_record_link(struct points_to *solver, uint32_t node, uint32_t number, uint32_t type,
                            bool is_source)
{
  node = representative(solver, node);
  struct node *owner = NODE(solver, node);
  struct record_link link = {owner->records, number, type, is_source};
  owner->records = solver->records->len;
  g_array_append_val(solver->records, link);
  revisit(solver, node);
}

void points_to_add_record(struct points_to *solver, uint32_t to, uint32_t from, uint32_t type)
{
  if (to == POINTS_TO_NONE || from == POINTS_TO_NONE)
    return;
  uint32_t number = solver->n_copies++;
  add_record_link(solver, from, number, type, true);
  add_record_link(solver, to, number, type, false);
}

void points_to_add_record_copy(struct points_to *solver, uint32_t to_object, uint64_t to_offset,
                               uint32_t from_object, uint64_t from_offset)
{
  if (OBJECT(solver, to_object)->is_opaque || OBJECT(solver, from_object)->is_opaque)
    return;
  if (to_offset >= OFFSET_LIMIT || from_offset >= OFFSET_LIMIT || to_object == from_object)
    return;
  struct object *from = OBJECT(solver, from_object);
  struct mirror mirror = {from->mirrors, (uint32_t)from_offset, to_object, (uint32_t)to_offset};
  from->mirrors = solver->mirrors->len;
  g_array_append_val(solver->mirrors, mirror);
  for (uint32_t i = 0; i < OBJECT(solver, from_object)->n_locations; i++) {
    uint32_t node = OBJECT(solver, from_object)->locations[i];
    mirror_location(solver, &mirror, node, NODE(solver, node)->offset);
  }
}

static uint32_t add_operands(struct points_to *solver, const uint32_t *operands, uint32_t n)
{
  uint32_t first = solver->operands->len;
  if (n != 0)
    g_array_append_vals(solver->operands, operands, n);
  return first;
}

void points_to_set_routine(struct points_to *solver, uint32_t object, const uint32_t *params,
                           uint32_t n_params, uint32_t result, uint32_t rest, uint32_t shape)
{
  struct routine routine = {add_operands(solver, params, n_params), n_params, result, rest, shape};
  OBJECT(solver, object)->routine = solver->routines->len;
  g_array_append_val(solver->routines, routine);
}

void points_to_add_call(struct points_to *solver, uint32_t pointer, const uint32_t *arguments,
                        uint32_t n_arguments, uint32_t result, uint32_t shape)
{
  if (pointer == POINTS_TO_NONE)
    return;
  uint32_t first = add_operands(solver, arguments, n_arguments);
  pointer = representative(solver, pointer);
  struct node *owner = NODE(solver, pointer);
  struct call call = {owner->calls, first, n_arguments, result, shape};
  owner->calls = solver->calls->len;
  g_array_append_val(solver->calls, call);
  revisit(solver, pointer);
}

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
  if (known->type == POINTS_TO_UNKNOWN || !known->is_memory) {
    insert(solver, to, location);
  } else if (known->viewed != POINTS_TO_NONE) {
    uint32_t bytes = known->bytes;
    bool is_location = bytes >> 31 != 0;
    insert(solver, to, is_location ? bytes & ~(1u << 31) : points_to_location(solver, bytes, 0));
  } else {
    insert(solver, to, location);
    insert(solver, to, points_to_location(solver, tail_of(solver, object), 0));
  }
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
    enum points_to_fit how = fit(solver, location, constraint->type);
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

static void apply_constraint(struct points_to *solver, const struct constraint *constraint,
                             uint32_t location)
{
  if (constraint->kind == CONSTRAINT_BYTES) {
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
    insert(solver, constraint->other, there);
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
    } else if (fit(solver, location, link->type) != POINTS_TO_FIT) {
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

/* Applies what waits for the targets of a node to those that are new. */
static void apply_waiting(struct points_to *solver, uint32_t node, const struct id_set *targets)
{
  for (uint32_t i = NODE(solver, node)->constraints; i != POINTS_TO_NONE;) {
    struct constraint constraint = g_array_index(solver->constraints, struct constraint, i);
    for (uint32_t t = 0; t < targets->n; t++)
      apply_constraint(solver, &constraint, targets->ids[t]);
    i = constraint.next;
  }
  for (uint32_t i = NODE(solver, node)->calls; i != POINTS_TO_NONE;) {
    struct call call = g_array_index(solver->calls, struct call, i);
    for (uint32_t t = 0; t < targets->n; t++)
      bind_call(solver, &call, i, NODE(solver, targets->ids[t])->object);
    i = call.next;
  }
  for (uint32_t i = NODE(solver, node)->records; i != POINTS_TO_NONE;) {
    struct record_link link = g_array_index(solver->records, struct record_link, i);
    for (uint32_t t = 0; t < targets->n; t++)
      apply_record(solver, &link, targets->ids[t]);
    i = link.next;
  }
}

static void propagate(struct points_to *solver, uint32_t index)
{
  struct node *node = NODE(solver, index);
  if (node->fresh.n == 0)
    return;
  struct id_set fresh = node->fresh;
  node->fresh = (struct id_set){0};
  id_set_merge(&node->all, &fresh);
  for (uint32_t i = 0; i < node->edges.n; i++) {
    uint32_t to = representative(solver, node->edges.ids[i]);
    if (to == index)
      continue;
    struct node *target = NODE(solver, to);
    if (pour(solver, target, &fresh))
      let_wait(solver, to);
  }
  apply_waiting(solver, index, &fresh);
  id_set_clear(&fresh);
}

/* Appends the waiting list of one node to another's. `next` is the first member of each kind. */
static void join_lists(GArray *array, uint32_t *to, uint32_t from)
{
  if (from == POINTS_TO_NONE)
    return;
  uint32_t last = from;
  size_t size = g_array_get_element_size(array);
  uint32_t *next;
  while (*(next = (uint32_t *)(void *)(array->data + last * size)) != POINTS_TO_NONE)
    last = *next;
  *next = *to;
  *to = from;
}

static void collapse(struct points_to *solver, uint32_t into, uint32_t from)
{
  struct node *to = NODE(solver, into), *gone = NODE(solver, from);
  gone->parent = into;
  /* What only one of the two has seen must be looked at again by what the other waits for. */
  struct id_set common = id_set_common(&to->all, &gone->all);
  id_set_merge(&to->fresh, &to->all);
  id_set_merge(&to->fresh, &gone->all);
  id_set_merge(&to->fresh, &gone->fresh);
  id_set_remove(&to->fresh, &common);
  id_set_clear(&to->all);
  to->all = common;
  id_set_merge(&to->edges, &gone->edges);
  id_set_clear(&gone->all);
  id_set_clear(&gone->fresh);
  id_set_clear(&gone->edges);
  join_lists(solver->constraints, &to->constraints, gone->constraints);
  join_lists(solver->calls, &to->calls, gone->calls);
  join_lists(solver->records, &to->records, gone->records);
  gone->constraints = gone->calls = gone->records = POINTS_TO_NONE;
}

/* Tarjan's components, without recursion. */
struct walk {
  uint32_t *index; /* 0: not seen */
  uint32_t *low;
  uint32_t *position; /* next edge of a node on the path */
  GArray *path;
  GArray *stack;
  GArray *order; /* finished representatives: reverse topological */
  uint8_t *is_stacked;
  uint32_t counter;
};

static void walk_enter(struct walk *walk, uint32_t node)
{
  walk->index[node] = walk->low[node] = ++walk->counter;
  walk->position[node] = 0;
  walk->is_stacked[node] = 1;
  g_array_append_val(walk->path, node);
  g_array_append_val(walk->stack, node);
}

static void walk_leave(struct points_to *solver, struct walk *walk, uint32_t node)
{
  g_array_set_size(walk->path, walk->path->len - 1);
  if (walk->path->len != 0) {
    uint32_t above = g_array_index(walk->path, uint32_t, walk->path->len - 1);
    walk->low[above] = MIN(walk->low[above], walk->low[node]);
  }
  if (walk->low[node] != walk->index[node])
    return;
  uint32_t member;
  do {
    member = g_array_index(walk->stack, uint32_t, walk->stack->len - 1);
    g_array_set_size(walk->stack, walk->stack->len - 1);
    walk->is_stacked[member] = 0;
    if (member != node)
      collapse(solver, node, member);
  } while (member != node);
  g_array_append_val(walk->order, node);
}

static void walk_from(struct points_to *solver, struct walk *walk, uint32_t start)
{
  walk_enter(walk, start);
  while (walk->path->len != 0) {
    uint32_t node = g_array_index(walk->path, uint32_t, walk->path->len - 1);
    const struct id_set *edges = &NODE(solver, node)->edges;
    if (walk->position[node] == edges->n) {
      walk_leave(solver, walk, node);
      continue;
    }
    uint32_t next = representative(solver, edges->ids[walk->position[node]++]);
    /* What may hold different things cannot become one. */
    if (NODE(solver, next)->target != NODE(solver, node)->target)
      continue;
    if (walk->index[next] == 0)
      walk_enter(walk, next);
    else if (walk->is_stacked[next])
      walk->low[node] = MIN(walk->low[node], walk->index[next]);
  }
}

/* Collapses all cycles and returns the nodes, sources last. */
static GArray *order_nodes(struct points_to *solver)
{
  guint n = solver->nodes->len;
  struct walk walk = {
      .index = g_new0(uint32_t, n),
      .low = g_new0(uint32_t, n),
      .position = g_new0(uint32_t, n),
      .is_stacked = g_new0(uint8_t, n),
      .path = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
      .stack = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
      .order = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
  };
  for (uint32_t i = 0; i < n; i++) {
    if (NODE(solver, i)->parent == i && walk.index[i] == 0 && NODE(solver, i)->edges.n != 0)
      walk_from(solver, &walk, i);
  }
  for (uint32_t i = 0; i < n; i++) {
    if (NODE(solver, i)->parent == i && walk.index[i] == 0)
      g_array_append_val(walk.order, i);
  }
  g_free(walk.index);
  g_free(walk.low);
  g_free(walk.position);
  g_free(walk.is_stacked);
  g_array_unref(walk.path);
  g_array_unref(walk.stack);
  return walk.order;
}

/* Ranks all nodes anew, the sources highest, and lets those wait that have something new. */
static void rank_nodes(struct points_to *solver)
{
  g_autoptr(GArray) order = order_nodes(solver);
  g_array_set_size(solver->waiting, 0);
  for (uint32_t i = 0; i < solver->nodes->len; i++)
    NODE(solver, i)->is_waiting = false;
  for (guint i = 0; i < order->len; i++)
    NODE(solver, g_array_index(order, uint32_t, i))->rank = i;
  for (guint i = order->len; i-- > 0;) {
    uint32_t node = g_array_index(order, uint32_t, i);
    if (NODE(solver, node)->parent == node && NODE(solver, node)->fresh.n != 0)
      let_wait(solver, node);
  }
}

/* Waves from the sources on. Edges that a wave adds may close cycles and spoil the order, which is
 * made anew once that much has been looked at again. */
void points_to_solve(struct points_to *solver)
{
  do {
    rank_nodes(solver);
    guint limit = solver->waiting->len + solver->nodes->len / 8;
    for (guint n = 0; n < limit && solver->waiting->len != 0 && !is_interrupted(solver); n++)
      propagate(solver, next_waiting(solver));
  } while (solver->waiting->len != 0 && !is_interrupted(solver));
}

const uint32_t *points_to_targets(const struct points_to *solver, uint32_t node, uint32_t *n)
{
  const struct id_set *all = &NODE(solver, representative(solver, node))->all;
  *n = all->n;
  return all->ids;
}

bool points_to_holds(const struct points_to *solver, uint32_t node, uint32_t location)
{
  return id_set_has(&NODE(solver, representative(solver, node))->all, location);
}

void points_to_trace(const struct points_to *solver, uint32_t location, const uint32_t *sources,
                     uint32_t n_sources, struct id_map *origins)
{
  g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (uint32_t i = 0; i < n_sources; i++) {
    uint32_t node = representative(solver, sources[i]);
    if (id_set_has(&NODE(solver, node)->all, location) && id_map_put_new(origins, node, i))
      g_array_append_val(queue, node);
  }
  for (guint at = 0; at < queue->len; at++) {
    uint32_t node = g_array_index(queue, uint32_t, at);
    uint32_t origin = id_map_get(origins, node);
    const struct id_set *edges = &NODE(solver, node)->edges;
    for (uint32_t i = 0; i < edges->n; i++) {
      uint32_t to = representative(solver, edges->ids[i]);
      if (id_set_has(&NODE(solver, to)->all, location) && id_map_put_new(origins, to, origin))
        g_array_append_val(queue, to);
    }
  }
}

uint32_t points_to_origin(const struct points_to *solver, const struct id_map *origins,
                          uint32_t node)
{
  return id_map_get(origins, representative(solver, node));
}

uint32_t points_to_object_of(const struct points_to *solver, uint32_t location)
{
  return NODE(solver, location)->object;
}

uint32_t points_to_offset_of(const struct points_to *solver, uint32_t location)
{
  return NODE(solver, location)->offset;
}

const uint32_t *points_to_locations(const struct points_to *solver, uint32_t object, uint32_t *n)
{
  *n = OBJECT(solver, object)->n_locations;
  return OBJECT(solver, object)->locations;
}

uint32_t points_to_viewed(const struct points_to *solver, uint32_t object)
{
  return OBJECT(solver, object)->viewed;
}

uint32_t points_to_type(const struct points_to *solver, uint32_t object)
{
  return OBJECT(solver, object)->type;
}

uint32_t points_to_n_objects(const struct points_to *solver)
{
  return solver->objects->len;
}

uint32_t points_to_n_nodes(const struct points_to *solver)
{
  return solver->nodes->len;
}
