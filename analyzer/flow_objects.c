#include "analyzer/flow_parts.h"

/* The solver makes objects of its own: for record copies, and for raw memory seen as a record. */
void flow_name_objects(struct flow *flow, uint32_t n)
{
  while (flow->objects->len < n) {
    struct flow_object object = {FLOW_BETWEEN, 0, 0, LINK_NONE, UNIT_NONE};
    uint32_t viewed = points_to_viewed(flow->solver, flow->objects->len);
    if (viewed != POINTS_TO_NONE) {
      object = *flow_object(flow, viewed);
      object.type = points_to_type(flow->solver, flow->objects->len) - 1;
    }
    g_array_append_val(flow->objects, object);
  }
}

uint32_t flow_add_object(struct flow *flow, struct flow_object object, uint64_t size)
{
  bool is_raw = object.kind == FLOW_HEAP && object.index == UNIT_NONE;
  bool is_scalar = object.type == LINK_NONE && !is_raw && object.kind != FLOW_SLOT;
  uint32_t index =
      points_to_add_object(flow->solver, size, is_scalar ? POINTS_TO_SCALAR : object.type + 1);
  flow_name_objects(flow, index);
  g_array_append_val(flow->objects, object);
  if (object.kind == FLOW_HEAP)
    points_to_set_memory(flow->solver, index);
  return index;
}

/* Routines and variables come up while names are resolved: room for all that may. */
void flow_reserve_routines(struct flow *flow)
{
  uint32_t n = flow->linkage->routines->len;
  if (n <= flow->n_routines)
    return;
  n += 256;
  flow->routine_objects = g_renew(uint32_t, flow->routine_objects, n);
  flow->results = g_renew(uint32_t, flow->results, n);
  flow->rests = g_renew(uint32_t, flow->rests, n);
  flow->summaries = g_renew(struct flow_summary, flow->summaries, n);
  for (uint32_t i = flow->n_routines; i < n; i++) {
    flow->routine_objects[i] = flow->results[i] = flow->rests[i] = LINK_NONE;
    flow->summaries[i] = (struct flow_summary){FLOW_SUMMARY_UNKNOWN, false, 0};
  }
  flow->n_routines = n;
}

void flow_reserve_statics(struct flow *flow)
{
  uint32_t n = flow->linkage->objects->len;
  if (n <= flow->n_statics)
    return;
  n += 256;
  flow->static_objects = g_renew(uint32_t, flow->static_objects, n);
  for (uint32_t i = flow->n_statics; i < n; i++)
    flow->static_objects[i] = LINK_NONE;
  flow->n_statics = n;
}

uint32_t flow_lazy_node(struct flow *flow, uint32_t *place)
{
  if (*place == LINK_NONE)
    *place = points_to_add_node(flow->solver);
  return *place;
}

/* A named variable holds what its type says. */
static void restrict_object(struct flow *flow, uint32_t object, uint32_t unit, uint32_t row)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  const struct unit_object *variable = &from->objects[row];
  if (variable->kind == UNIT_OBJECT_HEAP || (variable->flags & UNIT_OBJECT_BYTES) != 0)
    return;
  const uint32_t shaped = UNIT_VALUE_POINTER | UNIT_VALUE_RECORD | UNIT_VALUE_ROUTINE_POINTER;
  bool is_number = (variable->value & shaped) == 0 && variable->shape == 0 &&
                   variable->size < sizeof(void *) && variable->size != 0;
  if ((variable->value & (shaped | UNIT_VALUE_VOID)) == 0 && variable->shape == 0)
    points_to_set_number(flow->solver, object);
  if (is_number) {
    points_to_restrict(flow->solver, points_to_location(flow->solver, object, 0), POINTS_TO_NONE);
    return;
  }
  if (variable->shape != 0 && (variable->value & UNIT_VALUE_RECORD) == 0 &&
      (variable->value & UNIT_VALUE_POINTER) == 0) {
    /* A parameter that is written as a routine is a pointer to one. */
    points_to_restrict(flow->solver, points_to_location(flow->solver, object, 0),
                       POINTS_TO_ROUTINE);
    return;
  }
  uint32_t target = flow_target_of(flow->linkage, unit, variable->value, variable->record);
  if (target != POINTS_TO_UNKNOWN)
    points_to_restrict(flow->solver, points_to_location(flow->solver, object, 0), target);
}

/* Numbers and characters hold no pointers; of memory whose type is not known nothing is sure. */
static bool may_hold_pointers(const struct flow *flow, uint32_t unit, uint32_t row)
{
  const struct unit_object *object = &linkage_unit(flow->linkage, unit)->objects[row];
  const uint32_t holders = UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER | UNIT_VALUE_RECORD;
  if (object->kind == UNIT_OBJECT_HEAP)
    return (object->value & (holders | UNIT_VALUE_VOID)) != 0;
  return (object->value & holders) != 0 || object->size == 0 || object->shape != 0 ||
         ((object->value & UNIT_VALUE_ARRAY) == 0 && object->size >= sizeof(void *));
}

static uint32_t static_object(struct flow *flow, uint32_t unit, uint32_t row)
{
  uint32_t index = linkage_resolve_object(flow->linkage, flow->program, unit, row);
  if (index == LINK_NONE)
    return LINK_NONE;
  flow_reserve_statics(flow);
  if (flow->static_objects[index] != LINK_NONE)
    return flow->static_objects[index];
  const struct link_object *known = linkage_object(flow->linkage, index);
  const struct unit_object *definition =
      &linkage_unit(flow->linkage, known->unit)->objects[known->row];
  struct flow_object object = {
      .kind = FLOW_STATIC,
      .index = index,
      .unit = known->unit,
      .type = flow_record_of(flow, known->unit, known->row),
      .call = UNIT_NONE,
  };
  uint64_t size = known->is_defined ? definition->size : 0;
  if (size != 0 && object.type != LINK_NONE) /* elements of a flexible array member */
    size = MAX(size, linkage_size(flow->linkage, object.type));
  flow->static_objects[index] = flow_add_object(flow, object, size);
  restrict_object(flow, flow->static_objects[index], object.unit, known->row);
  if (known->is_defined && !may_hold_pointers(flow, object.unit, known->row))
    points_to_set_opaque(flow->solver, flow->static_objects[index]);
  return flow->static_objects[index];
}

/* Memory that nothing gives a type is one object: telling its sites apart tells nothing, since
 * whatever accesses it sees a view of its own. */
static uint32_t raw_memory(struct flow *flow)
{
  if (flow->raw_memory == LINK_NONE) {
    struct flow_object raw = {FLOW_HEAP, UNIT_NONE, UNIT_NONE, LINK_NONE, UNIT_NONE};
    flow->raw_memory = flow_add_object(flow, raw, 0);
  }
  return flow->raw_memory;
}

/* Buffers on the stack hold no pointers and are no state: one object stands for all of them. */
static uint32_t opaque_local(struct flow *flow)
{
  if (flow->opaque_local == LINK_NONE) {
    struct flow_object local = {FLOW_LOCAL, UNIT_NONE, UNIT_NONE, LINK_NONE, UNIT_NONE};
    flow->opaque_local = flow_add_object(flow, local, 1);
    points_to_set_opaque(flow->solver, flow->opaque_local);
  }
  return flow->opaque_local;
}

static bool is_raw_memory(const struct flow *flow, uint32_t unit, uint32_t row)
{
  const struct unit_object *object = &linkage_unit(flow->linkage, unit)->objects[row];
  const uint32_t shaped = UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER | UNIT_VALUE_RECORD;
  return (object->value & UNIT_VALUE_VOID) != 0 && (object->value & shaped) == 0;
}

/* The solver's object of a unit's object; LINK_NONE for literals, through which nothing flows. */
uint32_t flow_object_of(struct flow *flow, uint32_t unit, uint32_t row)
{
  uint32_t *place = flow_object_slot(flow, unit, row);
  if (*place != LINK_NONE)
    return *place;
  const struct unit_object *object = &linkage_unit(flow->linkage, unit)->objects[row];
  if (object->kind == UNIT_OBJECT_LITERAL)
    return LINK_NONE;
  if (object->kind <= UNIT_OBJECT_STATIC_LOCAL) {
    *place = static_object(flow, unit, row);
    return *place;
  }
  struct flow_object fresh = {
      .kind = object->kind == UNIT_OBJECT_HEAP ? FLOW_HEAP : FLOW_LOCAL,
      .index = row,
      .unit = unit,
      .type = flow_record_of(flow, unit, row),
      .call = UNIT_NONE,
  };
  if (object->kind == UNIT_OBJECT_HEAP && is_raw_memory(flow, unit, row)) {
    *place = raw_memory(flow);
    return *place;
  }
  if (object->kind != UNIT_OBJECT_HEAP && !may_hold_pointers(flow, unit, row) &&
      object->kind != UNIT_OBJECT_PARAM) {
    *place = opaque_local(flow);
    return *place;
  }
  uint64_t size = object->size;
  if (object->kind == UNIT_OBJECT_HEAP)
    size = fresh.type != LINK_NONE ? linkage_size(flow->linkage, fresh.type) : 0;
  *place = flow_add_object(flow, fresh, size);
  if (object->kind == UNIT_OBJECT_HEAP && object->size != 0)
    points_to_set_whole(flow->solver, *place);
  restrict_object(flow, *place, unit, row);
  if (!may_hold_pointers(flow, unit, row))
    points_to_set_opaque(flow->solver, *place);
  return *place;
}

uint32_t flow_param_node(struct flow *flow, uint32_t unit, const struct unit_param *param)
{
  if (param->object == UNIT_NONE)
    return LINK_NONE;
  return points_to_location(flow->solver, flow_object_of(flow, unit, param->object), 0);
}

/* The node that arguments flow into: in front of a parameter that is freed, one that lets nothing
 * but allocated memory through. */
uint32_t flow_entrance(struct flow *flow, uint32_t routine, uint32_t position, uint32_t node)
{
  if (node == LINK_NONE || !freed_is_param(flow->freed, routine, position))
    return node;
  /* A body of its own has each parameter bound once. */
  uint64_t key = (uint64_t)routine << 32 | position;
  bool is_common = flow->body == LINK_NONE;
  uint32_t gate = is_common ? id_map_get(&flow->gates, key) : LINK_NONE;
  if (gate == LINK_NONE) {
    gate = points_to_add_node(flow->solver);
    points_to_restrict(flow->solver, gate, POINTS_TO_MEMORY);
    points_to_add_copy(flow->solver, node, gate);
    if (is_common)
      id_map_put(&flow->gates, key, gate);
  }
  return gate;
}

static uint32_t make_routine_object(struct flow *flow, uint32_t routine)
{
  const struct link_routine *known = linkage_routine(flow->linkage, routine);
  struct flow_object object = {
      .kind = FLOW_ROUTINE,
      .index = routine,
      .unit = known->unit,
      .type = LINK_NONE,
      .call = UNIT_NONE,
  };
  uint32_t index = flow_add_object(flow, object, 1);
  points_to_set_opaque(flow->solver, index);
  flow->routine_objects[routine] = index;
  if (!known->is_defined) {
    points_to_set_routine(flow->solver, index, NULL, 0, LINK_NONE, LINK_NONE, 0);
    return index;
  }
  const struct unit *unit = linkage_unit(flow->linkage, known->unit);
  const struct unit_routine *row = &unit->routines[known->row];
  g_autoptr(GArray) params = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (uint32_t i = 1; i < row->n_params; i++) {
    uint32_t node = flow_param_node(flow, known->unit, &unit->params[row->first_param + i]);
    node = flow_open_entrance(flow, routine, i - 1, flow_entrance(flow, routine, i - 1, node));
    g_array_append_val(params, node);
  }
  points_to_set_routine(flow->solver, index, (const uint32_t *)(void *)params->data, params->len,
                        flow_lazy_node(flow, &flow->results[routine]),
                        flow_lazy_node(flow, &flow->rests[routine]),
                        flow_shape_number(flow, unit_string(unit, row->shape)));
  return index;
}

/* The object that is a routine's address. Calls through it bind to the body that stands for it. */
uint32_t flow_routine_object(struct flow *flow, uint32_t routine)
{
  flow_reserve_routines(flow);
  if (flow->routine_objects[routine] != LINK_NONE)
    return flow->routine_objects[routine];
  uint32_t present = flow->body;
  flow->body = LINK_NONE;
  uint32_t object = make_routine_object(flow, routine);
  flow->body = present;
  flow_need_common(flow, routine);
  return object;
}

uint32_t flow_resolve(struct flow *flow, uint32_t unit, uint32_t row)
{
  uint32_t routine = linkage_resolve_routine(flow->linkage, flow->program, unit, row);
  flow_reserve_routines(flow);
  return routine;
}

uint32_t flow_resolver(struct flow *flow, uint32_t unit, uint32_t row)
{
  uint32_t home, resolver;
  if (!linkage_resolver(flow->linkage, flow->program, unit, row, &home, &resolver))
    return LINK_NONE;
  uint32_t routine = flow_resolve(flow, home, resolver);
  flow_need_common(flow, routine);
  return flow_lazy_node(flow, &flow->results[routine]);
}

/* What a routine returns and what stands behind its "...", in the present body. */
static uint32_t result_of(struct flow *flow, uint32_t unit, const struct unit_node *row)
{
  uint32_t routine = flow_resolve(flow, unit, row->index);
  struct flow_body *body = flow_present(flow);
  bool is_own = body != NULL && body->routine == routine;
  if (row->kind == UNIT_NODE_RESULT)
    return flow_lazy_node(flow, is_own ? &body->result : &flow->results[routine]);
  return flow_lazy_node(flow, is_own ? &body->rest : &flow->rests[routine]);
}

uint32_t flow_place(struct flow *flow, uint32_t unit, uint32_t node)
{
  if (node == UNIT_NONE)
    return LINK_NONE;
  uint32_t *place = flow_node_slot(flow, unit, node);
  if (*place != LINK_NONE)
    return *place;
  const struct unit_node *row = &linkage_unit(flow->linkage, unit)->nodes[node];
  uint32_t object;
  switch (row->kind) {
  case UNIT_NODE_OBJECT:
    object = flow_object_of(flow, unit, row->index);
    if (object != LINK_NONE)
      *place = points_to_location(flow->solver, object,
                                  flow->linkage->units[unit].path_offsets[row->path]);
    break;
  case UNIT_NODE_RESULT:
  case UNIT_NODE_VARARGS:
    *place = result_of(flow, unit, row);
    break;
  default:
    object = flow_shared_place(flow, unit, node);
    place = flow_node_slot(flow, unit, node); /* bodies may have moved */
    if (*place == LINK_NONE)
      *place = object;
    break;
  }
  return flow_lazy_node(flow, place);
}
