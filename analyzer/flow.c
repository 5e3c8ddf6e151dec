#include "analyzer/flow.h"

#include <string.h>

enum allocator_state { ALLOCATOR_UNKNOWN, ALLOCATOR_BUSY, ALLOCATOR_NO, ALLOCATOR_YES };

/* ---- objects and nodes ---- */

/* The solver makes objects of its own for record copies. */
static void name_objects(struct flow *flow, uint32_t n)
{
  static const struct flow_object between = {FLOW_BETWEEN, 0, 0, LINK_NONE, UNIT_NONE};
  while (flow->objects->len < n)
    g_array_append_val(flow->objects, between);
}

static uint32_t add_object(struct flow *flow, struct flow_object object, uint64_t size)
{
  uint32_t index = points_to_add_object(flow->solver, size, object.type + 1);
  name_objects(flow, index);
  g_array_append_val(flow->objects, object);
  return index;
}

/* Routines and variables come up while names are resolved: room for all that may. */
static void reserve_routines(struct flow *flow)
{
  uint32_t n = flow->linkage->routines->len;
  if (n <= flow->n_routines)
    return;
  n += 256;
  flow->routine_objects = g_renew(uint32_t, flow->routine_objects, n);
  flow->results = g_renew(uint32_t, flow->results, n);
  flow->rests = g_renew(uint32_t, flow->rests, n);
  flow->allocators = g_renew(uint8_t, flow->allocators, n);
  for (uint32_t i = flow->n_routines; i < n; i++) {
    flow->routine_objects[i] = flow->results[i] = flow->rests[i] = LINK_NONE;
    flow->allocators[i] = ALLOCATOR_UNKNOWN;
  }
  flow->n_routines = n;
}

static void reserve_statics(struct flow *flow)
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

static uint32_t lazy_node(struct flow *flow, uint32_t *place)
{
  if (*place == LINK_NONE)
    *place = points_to_add_node(flow->solver);
  return *place;
}

static uint32_t record_of_object(const struct flow *flow, uint32_t unit, uint32_t row)
{
  const struct unit_object *object = &linkage_unit(flow->linkage, unit)->objects[row];
  if (object->kind == UNIT_OBJECT_HEAP) {
    /* "T **" is an array of pointers, not of records. */
    const char *star = strchr(unit_string(linkage_unit(flow->linkage, unit), object->type), '*');
    if (star != NULL && strchr(star + 1, '*') != NULL)
      return LINK_NONE;
    return linkage_record(flow->linkage, unit, object->record);
  }
  if ((object->value & UNIT_VALUE_RECORD) == 0 || (object->value & UNIT_VALUE_POINTER) != 0)
    return LINK_NONE;
  return linkage_record(flow->linkage, unit, object->record);
}

static uint32_t static_object(struct flow *flow, uint32_t unit, uint32_t row)
{
  uint32_t index = linkage_resolve_object(flow->linkage, flow->program, unit, row);
  if (index == LINK_NONE)
    return LINK_NONE;
  reserve_statics(flow);
  if (flow->static_objects[index] != LINK_NONE)
    return flow->static_objects[index];
  const struct link_object *known = linkage_object(flow->linkage, index);
  const struct unit_object *definition =
      &linkage_unit(flow->linkage, known->unit)->objects[known->row];
  struct flow_object object = {
      .kind = FLOW_STATIC,
      .index = index,
      .unit = known->unit,
      .type = record_of_object(flow, known->unit, known->row),
      .call = UNIT_NONE,
  };
  uint64_t size = known->is_defined ? definition->size : 0;
  flow->static_objects[index] = add_object(flow, object, size);
  return flow->static_objects[index];
}

/* The solver's object of a unit's object; LINK_NONE for literals, through which nothing flows. */
static uint32_t object_of(struct flow *flow, uint32_t unit, uint32_t row)
{
  uint32_t *place = &flow->unit_objects[unit][row];
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
      .type = record_of_object(flow, unit, row),
      .call = UNIT_NONE,
  };
  uint64_t size = object->kind == UNIT_OBJECT_HEAP ? 0 : object->size;
  *place = add_object(flow, fresh, size);
  return *place;
}

static uint32_t param_node(struct flow *flow, uint32_t unit, const struct unit_param *param)
{
  if (param->object == UNIT_NONE)
    return LINK_NONE;
  return points_to_location(flow->solver, object_of(flow, unit, param->object), 0);
}

/* The object that is a routine's address. Calls through it bind to the body that stands for it. */
static uint32_t routine_object(struct flow *flow, uint32_t routine)
{
  reserve_routines(flow);
  if (flow->routine_objects[routine] != LINK_NONE)
    return flow->routine_objects[routine];
  const struct link_routine *known = linkage_routine(flow->linkage, routine);
  struct flow_object object = {
      .kind = FLOW_ROUTINE,
      .index = routine,
      .unit = known->unit,
      .type = LINK_NONE,
      .call = UNIT_NONE,
  };
  uint32_t index = add_object(flow, object, 0);
  flow->routine_objects[routine] = index;
  if (!known->is_defined)
    return index;
  const struct unit *unit = linkage_unit(flow->linkage, known->unit);
  const struct unit_routine *row = &unit->routines[known->row];
  g_autoptr(GArray) params = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (uint32_t i = 1; i < row->n_params; i++) {
    uint32_t node = param_node(flow, known->unit, &unit->params[row->first_param + i]);
    g_array_append_val(params, node);
  }
  points_to_set_routine(flow->solver, index, (const uint32_t *)(void *)params->data, params->len,
                        lazy_node(flow, &flow->results[routine]),
                        lazy_node(flow, &flow->rests[routine]));
  return index;
}

static uint32_t resolve(struct flow *flow, uint32_t unit, uint32_t row)
{
  uint32_t routine = linkage_resolve_routine(flow->linkage, flow->program, unit, row);
  reserve_routines(flow);
  return routine;
}

uint32_t flow_node(struct flow *flow, uint32_t unit, uint32_t node)
{
  if (node == UNIT_NONE)
    return LINK_NONE;
  uint32_t *place = &flow->nodes[unit][node];
  if (*place != LINK_NONE)
    return *place;
  const struct unit_node *row = &linkage_unit(flow->linkage, unit)->nodes[node];
  uint32_t object;
  switch (row->kind) {
  case UNIT_NODE_OBJECT:
    object = object_of(flow, unit, row->index);
    if (object != LINK_NONE)
      *place = points_to_location(flow->solver, object,
                                  flow->linkage->units[unit].path_offsets[row->path]);
    break;
  case UNIT_NODE_RESULT:
    *place = lazy_node(flow, &flow->results[resolve(flow, unit, row->index)]);
    break;
  case UNIT_NODE_VARARGS:
    *place = lazy_node(flow, &flow->rests[resolve(flow, unit, row->index)]);
    break;
  default:
    break;
  }
  return lazy_node(flow, place);
}

/* ---- edges ---- */

static void add_edge(struct flow *flow, uint32_t unit, const struct unit_edge *edge)
{
  const struct link_unit *here = &flow->linkage->units[unit];
  uint32_t to = flow_node(flow, unit, edge->to);
  uint32_t offset = here->path_offsets[edge->path];
  uint32_t type = here->path_types[edge->path] + 1;
  uint32_t object;
  switch (edge->kind) {
  case UNIT_EDGE_ADDRESS:
    object = object_of(flow, unit, edge->from);
    if (object != LINK_NONE)
      points_to_add_address(flow->solver, to, object, offset);
    break;
  case UNIT_EDGE_ROUTINE:
    points_to_add_address(flow->solver, to, routine_object(flow, resolve(flow, unit, edge->from)),
                          0);
    break;
  case UNIT_EDGE_COPY:
    points_to_add_copy(flow->solver, to, flow_node(flow, unit, edge->from));
    break;
  case UNIT_EDGE_LOAD:
    points_to_add_load(flow->solver, to, flow_node(flow, unit, edge->from), offset, type);
    break;
  case UNIT_EDGE_STORE:
    points_to_add_store(flow->solver, to, flow_node(flow, unit, edge->from), offset, type);
    break;
  case UNIT_EDGE_FIELD:
    points_to_add_field(flow->solver, to, flow_node(flow, unit, edge->from), (int64_t)offset, type);
    break;
  case UNIT_EDGE_CONTAINER:
    points_to_add_field(flow->solver, to, flow_node(flow, unit, edge->from), -(int64_t)offset, 0);
    break;
  case UNIT_EDGE_RECORD:
    points_to_add_record(flow->solver, to, flow_node(flow, unit, edge->from));
    break;
  default:
    break;
  }
}

/* ---- allocators ---- */

static const GPtrArray *models_of(struct flow *flow, const char *name)
{
  GPtrArray *found = g_hash_table_lookup(flow->models_by_name, name);
  if (found != NULL)
    return found;
  found = g_ptr_array_new();
  for (guint i = 0; i < flow->models->models->len; i++) {
    struct model *model = g_ptr_array_index(flow->models->models, i);
    if (pattern_matches(model->routine, name))
      g_ptr_array_add(found, model);
  }
  g_hash_table_insert(flow->models_by_name, (gpointer)name, found);
  return found;
}

/* Outside routines that return "void *" give fresh memory unless a model says otherwise. */
static bool outside_allocates(struct flow *flow, const char *name)
{
  const GPtrArray *models = models_of(flow, name);
  for (guint i = 0; i < models->len; i++) {
    const struct model *model = g_ptr_array_index(models, i);
    if ((model->returns != MODEL_NO_ARGUMENT || model->returns_slot != NULL) &&
        !model->is_allocator)
      return false;
  }
  return true;
}

static bool is_allocator(struct flow *flow, uint32_t routine);

/* Whether all that a node of one routine can hold is memory allocated there. */
static bool node_is_fresh(struct flow *flow, uint32_t unit, uint32_t routine, uint32_t node,
                          GHashTable *seen, bool *is_any)
{
  if (!g_hash_table_add(seen, GUINT_TO_POINTER(node)))
    return true;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  const struct link_unit *here = &flow->linkage->units[unit];
  for (uint32_t i = here->first_call[routine]; i < here->first_call[routine + 1]; i++) {
    const struct unit_call *call = &from->calls[here->calls_by_routine[i]];
    if (call->result != node)
      continue;
    if (call->heap == UNIT_NONE || call->callee == UNIT_NONE ||
        !is_allocator(flow, resolve(flow, unit, call->callee)))
      return false;
    *is_any = true;
  }
  for (uint32_t i = here->first_edge[routine]; i < here->first_edge[routine + 1]; i++) {
    const struct unit_edge *edge = &from->edges[here->edges_by_routine[i]];
    if (edge->to != node)
      continue;
    if (edge->kind == UNIT_EDGE_STORE || edge->kind == UNIT_EDGE_RECORD)
      continue;
    if (edge->kind != UNIT_EDGE_COPY && edge->kind != UNIT_EDGE_FIELD)
      return false;
    if (!node_is_fresh(flow, unit, routine, edge->from, seen, is_any))
      return false;
  }
  const struct unit_node *row = &from->nodes[node];
  return row->kind != UNIT_NODE_OBJECT || (from->objects[row->index].kind == UNIT_OBJECT_LOCAL ||
                                           from->objects[row->index].kind == UNIT_OBJECT_PARAM);
}

/* A routine whose every result is memory that it has just allocated: its callers make the
 * objects. */
static bool is_allocator(struct flow *flow, uint32_t routine)
{
  reserve_routines(flow);
  if (flow->allocators[routine] != ALLOCATOR_UNKNOWN)
    return flow->allocators[routine] == ALLOCATOR_YES;
  const struct link_routine known = *linkage_routine(flow->linkage, routine);
  flow->allocators[routine] = ALLOCATOR_BUSY;
  bool is_fresh;
  if (!known.is_defined) {
    is_fresh = outside_allocates(flow, known.name);
  } else {
    const struct unit *unit = linkage_unit(flow->linkage, known.unit);
    uint32_t result = UNIT_NONE;
    for (uint32_t i = 0; i < unit->n_nodes && result == UNIT_NONE; i++) {
      if (unit->nodes[i].kind == UNIT_NODE_RESULT && unit->nodes[i].index == known.row)
        result = i;
    }
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
    bool is_any = false;
    is_fresh = result != UNIT_NONE &&
               node_is_fresh(flow, known.unit, known.row, result, seen, &is_any) && is_any;
  }
  flow->allocators[routine] = is_fresh ? ALLOCATOR_YES : ALLOCATOR_NO;
  return is_fresh;
}

/* ---- calls ---- */

static uint32_t argument_node(struct flow *flow, uint32_t unit, const struct unit_call *call,
                              int position)
{
  if (position < 0 || (uint32_t)position >= call->n_arguments)
    return LINK_NONE;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  return flow_node(flow, unit, from->arguments[call->first_argument + (uint32_t)position].node);
}

static uint32_t slot_node(struct flow *flow, const char *name)
{
  gpointer found = NULL;
  if (g_hash_table_lookup_extended(flow->slots, name, NULL, &found))
    return points_to_location(flow->solver, GPOINTER_TO_UINT(found), 0);
  struct flow_object object = {FLOW_SLOT, 0, 0, LINK_NONE, UNIT_NONE};
  uint32_t index = add_object(flow, object, 1);
  g_hash_table_insert(flow->slots, (gpointer)name, GUINT_TO_POINTER(index));
  return points_to_location(flow->solver, index, 0);
}

static bool model_applies(const struct flow *flow, const struct model *model, uint32_t unit,
                          const struct unit_call *call)
{
  if (model->when == NULL)
    return true;
  if ((uint32_t)model->when_argument >= call->n_arguments)
    return false;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  const struct unit_argument *argument =
      &from->arguments[call->first_argument + (uint32_t)model->when_argument];
  g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, argument->integer);
  return (argument->text != 0 && pattern_matches(model->when, unit_string(from, argument->text))) ||
         (argument->kind == UNIT_ARGUMENT_INTEGER && pattern_matches(model->when, number));
}

static void apply_callback(struct flow *flow, const struct model *model, uint32_t unit,
                           uint32_t row, const struct unit_call *call)
{
  uint32_t node = argument_node(flow, unit, call, model->callback);
  if (node == LINK_NONE)
    return;
  struct flow_callback callback = {unit, row, model, node};
  g_array_append_val(flow->callbacks, callback);
  uint32_t passed[MODEL_MAX_PASS];
  for (size_t i = 0; i < model->n_pass; i++) {
    const struct model_pass *pass = &model->pass[i];
    passed[i] = pass->slot != NULL ? slot_node(flow, pass->slot)
                                   : argument_node(flow, unit, call, pass->argument);
  }
  if (model->field == NULL)
    points_to_add_call(flow->solver, node, passed, (uint32_t)model->n_pass, LINK_NONE);
}

static void apply_model(struct flow *flow, const struct model *model, uint32_t unit, uint32_t row)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  if (!model_applies(flow, model, unit, call))
    return;
  uint32_t result = flow_node(flow, unit, call->result);
  if (model->callback != MODEL_NO_ARGUMENT)
    apply_callback(flow, model, unit, row, call);
  if (model->returns != MODEL_NO_ARGUMENT)
    points_to_add_copy(flow->solver, result, argument_node(flow, unit, call, model->returns));
  if (model->returns_slot != NULL)
    points_to_add_copy(flow->solver, result, slot_node(flow, model->returns_slot));
  uint32_t kept = argument_node(flow, unit, call, model->keep);
  if (model->keep_slot != NULL)
    points_to_add_copy(flow->solver, slot_node(flow, model->keep_slot), kept);
  uint32_t filled = argument_node(flow, unit, call, model->fill);
  if (model->fill_slot != NULL && filled != LINK_NONE)
    points_to_add_store(flow->solver, filled, slot_node(flow, model->fill_slot), 0, 0);
  uint32_t to = argument_node(flow, unit, call, model->copy_to);
  uint32_t from = argument_node(flow, unit, call, model->copy_from);
  if (to != LINK_NONE && from != LINK_NONE)
    points_to_add_record(flow->solver, to, from);
}

static void bind_direct(struct flow *flow, uint32_t unit, const struct unit_call *call,
                        uint32_t routine)
{
  routine_object(flow, routine);
  const struct link_routine *known = linkage_routine(flow->linkage, routine);
  const struct unit *home = linkage_unit(flow->linkage, known->unit);
  const struct unit_routine *row = &home->routines[known->row];
  for (uint32_t i = 0; i < call->n_arguments; i++) {
    uint32_t from = argument_node(flow, unit, call, (int)i);
    if (from == LINK_NONE)
      continue;
    uint32_t to = flow->rests[routine];
    if (i + 1 < row->n_params)
      to = param_node(flow, known->unit, &home->params[row->first_param + i + 1]);
    points_to_add_copy(flow->solver, to, from);
  }
}

static void add_heap(struct flow *flow, uint32_t unit, uint32_t row, const struct unit_call *call)
{
  uint32_t object = object_of(flow, unit, call->heap);
  g_array_index(flow->objects, struct flow_object, object).call = row;
  points_to_add_address(flow->solver, flow_node(flow, unit, call->result), object, 0);
}

static void add_direct_call(struct flow *flow, uint32_t unit, uint32_t row)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  uint32_t routine = resolve(flow, unit, call->callee);
  bool is_defined = linkage_routine(flow->linkage, routine)->is_defined;
  bool allocates = call->heap != UNIT_NONE && is_allocator(flow, routine);
  if (allocates)
    add_heap(flow, unit, row, call);
  if (is_defined) {
    bind_direct(flow, unit, call, routine);
    if (!allocates)
      points_to_add_copy(flow->solver, flow_node(flow, unit, call->result), flow->results[routine]);
    return;
  }
  const GPtrArray *models = models_of(flow, linkage_routine(flow->linkage, routine)->name);
  for (guint i = 0; i < models->len; i++)
    apply_model(flow, g_ptr_array_index(models, i), unit, row);
}

static void add_indirect_call(struct flow *flow, uint32_t unit, uint32_t row)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  g_autofree uint32_t *arguments = g_new(uint32_t, MAX(call->n_arguments, 1));
  for (uint32_t i = 0; i < call->n_arguments; i++)
    arguments[i] = argument_node(flow, unit, call, (int)i);
  points_to_add_call(flow->solver, flow_node(flow, unit, call->pointer), arguments,
                     call->n_arguments, flow_node(flow, unit, call->result));
}

/* ---- the program ---- */

static uint32_t *none_array(uint32_t n)
{
  uint32_t *array = g_new(uint32_t, MAX(n, 1));
  memset(array, 0xff, MAX(n, 1) * sizeof *array);
  return array;
}

static void add_unit(struct flow *flow, uint32_t index)
{
  const struct unit *unit = linkage_unit(flow->linkage, index);
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    if (linkage_stands_for(flow->linkage, index, unit->edges[i].routine))
      add_edge(flow, index, &unit->edges[i]);
  }
  for (uint32_t i = 0; i < unit->n_calls; i++) {
    if (!linkage_stands_for(flow->linkage, index, unit->calls[i].caller))
      continue;
    if (unit->calls[i].callee != UNIT_NONE)
      add_direct_call(flow, index, i);
    else
      add_indirect_call(flow, index, i);
  }
}

static bool filter(void *context, uint32_t object_type, uint32_t offset, uint32_t access_type)
{
  return linkage_is_compatible(context, object_type - 1, offset, access_type - 1);
}

struct flow *flow_new(struct linkage *linkage, const struct link_program *program,
                      const struct models *models)
{
  struct flow *flow = g_new0(struct flow, 1);
  flow->linkage = linkage;
  flow->models = models;
  flow->program = program;
  flow->solver = points_to_new(filter, linkage);
  flow->objects = g_array_new(FALSE, FALSE, sizeof(struct flow_object));
  flow->callbacks = g_array_new(FALSE, FALSE, sizeof(struct flow_callback));
  flow->slots = g_hash_table_new(g_str_hash, g_str_equal);
  flow->models_by_name =
      g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
  flow->nodes = g_new0(uint32_t *, MAX(linkage->n_units, 1));
  flow->unit_objects = g_new0(uint32_t *, MAX(linkage->n_units, 1));
  /* A header's body may stand in a unit of another program: every unit has its arrays. */
  for (uint32_t i = 0; i < linkage->n_units; i++) {
    flow->nodes[i] = none_array(linkage_unit(linkage, i)->n_nodes);
    flow->unit_objects[i] = none_array(linkage_unit(linkage, i)->n_objects);
  }
  reserve_routines(flow);
  reserve_statics(flow);
  for (guint i = 0; i < program->units->len; i++)
    add_unit(flow, g_array_index(program->units, uint32_t, i));
  name_objects(flow, points_to_n_objects(flow->solver));
  points_to_solve(flow->solver);
  return flow;
}

void flow_free(struct flow *flow)
{
  if (flow == NULL)
    return;
  for (uint32_t i = 0; i < flow->linkage->n_units; i++) {
    g_free(flow->nodes[i]);
    g_free(flow->unit_objects[i]);
  }
  g_free(flow->nodes);
  g_free(flow->unit_objects);
  g_free(flow->routine_objects);
  g_free(flow->results);
  g_free(flow->rests);
  g_free(flow->static_objects);
  g_free(flow->allocators);
  g_hash_table_unref(flow->slots);
  g_hash_table_unref(flow->models_by_name);
  g_array_unref(flow->callbacks);
  g_array_unref(flow->objects);
  points_to_free(flow->solver);
  g_free(flow);
}

struct id_set flow_routines(const struct flow *flow, uint32_t node)
{
  struct id_set routines = {0};
  if (node == LINK_NONE)
    return routines;
  uint32_t n = 0;
  const uint32_t *locations = points_to_targets(flow->solver, node, &n);
  for (uint32_t i = 0; i < n; i++) {
    const struct flow_object *object =
        flow_object(flow, points_to_object_of(flow->solver, locations[i]));
    if (object->kind == FLOW_ROUTINE)
      id_set_add(&routines, object->index);
  }
  return routines;
}

struct id_set flow_callback_routines(const struct flow *flow, const struct flow_callback *callback)
{
  if (callback->model->field == NULL)
    return flow_routines(flow, callback->node);
  struct id_set routines = {0};
  uint32_t n = 0;
  const uint32_t *holders = points_to_targets(flow->solver, callback->node, &n);
  for (uint32_t i = 0; i < n; i++) {
    uint32_t object = points_to_object_of(flow->solver, holders[i]);
    uint32_t type = flow_object(flow, object)->type;
    uint32_t n_inside = 0;
    const uint32_t *inside = points_to_locations(flow->solver, object, &n_inside);
    for (uint32_t j = 0; j < n_inside; j++) {
      g_autofree char *field =
          linkage_field_at(flow->linkage, type, points_to_offset_of(flow->solver, inside[j]));
      if (!pattern_matches(callback->model->field, field))
        continue;
      struct id_set some = flow_routines(flow, inside[j]);
      id_set_merge(&routines, &some);
      id_set_clear(&some);
    }
  }
  return routines;
}
