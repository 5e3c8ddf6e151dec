#include "analyzer/points_to_parts.h"

struct points_to *points_to_new(const struct points_to_types *types)
{
  struct points_to *solver = g_new0(struct points_to, 1);
  solver->types = *types;
  solver->waiters = g_array_new(FALSE, FALSE, sizeof(struct waiters));
  solver->objects = g_array_new(FALSE, FALSE, sizeof(struct object));
  solver->constraints = g_array_new(FALSE, FALSE, sizeof(struct constraint));
  solver->calls = g_array_new(FALSE, FALSE, sizeof(struct call));
  solver->own_calls = g_array_new(FALSE, FALSE, sizeof(struct own_call));
  solver->own_arguments = g_array_new(FALSE, FALSE, sizeof(struct points_to_argument));
  solver->records = g_array_new(FALSE, FALSE, sizeof(struct record_link));
  solver->mirrors = g_array_new(FALSE, FALSE, sizeof(struct mirror));
  solver->routines = g_array_new(FALSE, FALSE, sizeof(struct routine));
  solver->operands = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  solver->relays.members = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  solver->pending = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  solver->waiting = g_array_new(FALSE, FALSE, sizeof(uint64_t));
  return solver;
}

void points_to_free(struct points_to *solver)
{
  if (solver == NULL)
    return;
  id_pool_clear(&solver->pool);
  for (guint i = 0; i < solver->objects->len; i++)
    g_free(OBJECT(solver, i)->locations);
  g_free(solver->nodes);
  g_free(solver->parents);
  g_free(solver->waiter_of);
  GArray *arrays[] = {solver->waiters, solver->objects,       solver->constraints, solver->calls,
                      solver->waiting, solver->own_arguments, solver->own_calls,   solver->records,
                      solver->mirrors, solver->routines,      solver->operands,    solver->pending};
  for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
    g_array_unref(arrays[i]);
  id_map_clear(&solver->locations);
  id_map_clear(&solver->pairs);
  id_map_clear(&solver->owned);
  id_map_clear(&solver->views);
  id_map_clear(&solver->copies);
  id_map_clear(&solver->fits);
  points_to_free_relays(solver);
  g_free(solver);
}

void points_to_watch(struct points_to *solver, const volatile sig_atomic_t *is_interrupted)
{
  solver->is_interrupted = is_interrupted;
}

void points_to_reserve(struct points_to *solver, uint32_t n)
{
  if (n <= solver->n_nodes_allocated)
    return;
  solver->nodes = g_renew(struct node, solver->nodes, n);
  solver->parents = g_renew(uint32_t, solver->parents, n);
  solver->waiter_of = g_renew(uint32_t, solver->waiter_of, n);
  solver->n_nodes_allocated = n;
}

static uint32_t add_node(struct points_to *solver, uint32_t object, uint32_t offset)
{
  uint32_t index = solver->n_nodes++;
  if (index == solver->n_nodes_allocated)
    points_to_reserve(solver, MAX(256, index * 2));
  solver->nodes[index] =
      (struct node){.object = object, .offset = offset & (OFFSET_LIMIT - 1), .rank = UINT32_MAX};
  solver->parents[index] = index;
  return index;
}

struct waiters *points_to_waiters(struct points_to *solver, uint32_t node)
{
  static const struct waiters nobody = {.constraints = POINTS_TO_NONE,
                                        .calls = POINTS_TO_NONE,
                                        .own_calls = POINTS_TO_NONE,
                                        .records = POINTS_TO_NONE};
  if (!NODE(solver, node)->is_awaited) {
    NODE(solver, node)->is_awaited = true;
    solver->waiter_of[node] = solver->waiters->len;
    g_array_append_val(solver->waiters, nobody);
  }
  return WAITERS(solver, node);
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

void points_to_set_whole(struct points_to *solver, uint32_t object)
{
  OBJECT(solver, object)->is_whole = true;
}

void points_to_restrict(struct points_to *solver, uint32_t node, uint32_t target)
{
  NODE(solver, points_to_representative(solver, node))->target = target;
}

/* Whether a location may be the target of a pointer to a type. Raw memory may be anything, routines
 * and scalars are no records. */
enum points_to_fit points_to_fit_at(struct points_to *solver, uint32_t location, uint32_t target)
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
  return points_to_fit_at(solver, location, target) != POINTS_TO_MISFIT;
}

struct filter {
  struct points_to *solver;
  uint32_t target;
};

static bool passes(void *context, uint32_t location)
{
  const struct filter *filter = context;
  return fits(filter->solver, location, filter->target);
}

/* Whether nobody asks for what a node holds: nothing has to be done about it. Before the solution
 * begins, who asks may be still to come. */
static bool is_end(const struct points_to *solver, const struct node *node)
{
  return solver->is_solving && node->edges.n == 0 && !node->is_awaited && node->fresh.n == 0;
}

/* Adds to a node's fresh targets what is new there and fits. */
bool points_to_pour(struct points_to *solver, struct node *target, const struct id_set *source)
{
  struct filter filter = {solver, target->target};
  bool (*accepts)(void *, uint32_t) = filter.target == POINTS_TO_UNKNOWN ? NULL : passes;
  if (is_end(solver, target)) {
    id_set_add_missing_in(&solver->pool, &target->all, source, &target->fresh, accepts, &filter);
    return false;
  }
  return id_set_add_missing_in(&solver->pool, &target->fresh, source, &target->all, accepts,
                               &filter);
}

static void add_edge(struct points_to *solver, uint32_t from, uint32_t to)
{
  from = points_to_representative(solver, from);
  to = points_to_representative(solver, to);
  if (from == to || !id_set_add_in(&solver->pool, &NODE(solver, from)->edges, to))
    return;
  struct node *target = NODE(solver, to);
  if (points_to_pour(solver, target, &NODE(solver, from)->all))
    points_to_let_wait(solver, to);
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

void points_to_insert(struct points_to *solver, uint32_t node, uint32_t location)
{
  node = points_to_representative(solver, node);
  struct node *target = NODE(solver, node);
  if (!fits(solver, location, target->target))
    return;
  if (!id_set_has(&target->all, location) && id_set_add_in(&solver->pool, &target->fresh, location))
    points_to_let_wait(solver, node);
}

void points_to_add_address(struct points_to *solver, uint32_t to, uint32_t object, uint64_t offset)
{
  uint32_t location = points_to_location(solver, object, offset);
  if (to != POINTS_TO_NONE && location != POINTS_TO_NONE)
    points_to_insert(solver, to, location);
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
  id_set_join_in(&solver->pool, &node->fresh, &node->all);
  node->all.n = 0;
  points_to_let_wait(solver, index);
}

static void add_constraint(struct points_to *solver, enum constraint_kind kind, uint32_t node,
                           uint32_t other, int64_t offset, uint32_t type)
{
  if (node == POINTS_TO_NONE || other == POINTS_TO_NONE || offset >= OFFSET_LIMIT ||
      offset <= -(int64_t)OFFSET_LIMIT)
    return;
  node = points_to_representative(solver, node);
  struct waiters *owner = points_to_waiters(solver, node);
  struct constraint constraint = {owner->constraints, other, (int32_t)offset, type, kind,
                                  POINTS_TO_NONE};
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

void points_to_add_bytes(struct points_to *solver, uint32_t to, uint32_t from, bool is_anywhere)
{
  enum constraint_kind kind = is_anywhere ? CONSTRAINT_ANYWHERE : CONSTRAINT_BYTES;
  add_constraint(solver, kind, from, to, 0, POINTS_TO_UNKNOWN);
}

static void add_record_link(struct points_to *solver, uint32_t node, uint32_t number, uint32_t type,
                            bool is_source)
{
  node = points_to_representative(solver, node);
  struct waiters *owner = points_to_waiters(solver, node);
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
  pointer = points_to_representative(solver, pointer);
  struct waiters *owner = points_to_waiters(solver, pointer);
  struct call call = {owner->calls, first, n_arguments, result, shape};
  owner->calls = solver->calls->len;
  g_array_append_val(solver->calls, call);
  revisit(solver, pointer);
}

void points_to_add_own_call(struct points_to *solver, uint32_t pointer, uint32_t base,
                            const struct points_to_step *steps, uint32_t n_steps,
                            const struct points_to_argument *arguments, uint32_t n_arguments,
                            uint32_t shape)
{
  if (pointer == POINTS_TO_NONE || base == POINTS_TO_NONE)
    return;
  base = points_to_representative(solver, base);
  struct waiters *owner = points_to_waiters(solver, base);
  struct own_call call = {.next = owner->own_calls,
                          .pointer = pointer,
                          .steps = {steps[0], steps[n_steps - 1]},
                          .n_steps = n_steps,
                          .first_argument = solver->own_arguments->len,
                          .n_arguments = n_arguments,
                          .shape = shape};
  g_array_append_vals(solver->own_arguments, arguments, n_arguments);
  owner->own_calls = solver->own_calls->len;
  g_array_append_val(solver->own_calls, call);
  revisit(solver, base);
}

const uint32_t *points_to_targets(const struct points_to *solver, uint32_t node, uint32_t *n)
{
  const struct id_set *all = &NODE(solver, points_to_representative(solver, node))->all;
  *n = all->n;
  return all->ids;
}

bool points_to_holds(const struct points_to *solver, uint32_t node, uint32_t location)
{
  return id_set_has(&NODE(solver, points_to_representative(solver, node))->all, location);
}

void points_to_trace(const struct points_to *solver, uint32_t location, const uint32_t *sources,
                     uint32_t n_sources, struct id_map *origins)
{
  g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (uint32_t i = 0; i < n_sources; i++) {
    uint32_t node = points_to_representative(solver, sources[i]);
    if (id_set_has(&NODE(solver, node)->all, location) && id_map_put_new(origins, node, i))
      g_array_append_val(queue, node);
  }
  for (guint at = 0; at < queue->len; at++) {
    uint32_t node = g_array_index(queue, uint32_t, at);
    uint32_t origin = id_map_get(origins, node);
    const struct id_set *edges = &NODE(solver, node)->edges;
    for (uint32_t i = 0; i < edges->n; i++) {
      uint32_t to = points_to_representative(solver, edges->ids[i]);
      if (id_set_has(&NODE(solver, to)->all, location) && id_map_put_new(origins, to, origin))
        g_array_append_val(queue, to);
    }
  }
}

uint32_t points_to_origin(const struct points_to *solver, const struct id_map *origins,
                          uint32_t node)
{
  return id_map_get(origins, points_to_representative(solver, node));
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
  return solver->n_nodes;
}
