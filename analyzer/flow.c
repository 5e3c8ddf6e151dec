#include "analyzer/flow.h"

#include "analyzer/signature.h"

#include <string.h>

/* ---- objects and nodes ---- */

/* The solver makes objects of its own: for record copies, and for raw memory seen as a record. */
static void name_objects(struct flow *flow, uint32_t n)
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

static uint32_t add_object(struct flow *flow, struct flow_object object, uint64_t size)
{
  bool is_raw = object.kind == FLOW_HEAP && object.index == UNIT_NONE;
  bool is_scalar = object.type == LINK_NONE && !is_raw && object.kind != FLOW_SLOT;
  uint32_t index =
      points_to_add_object(flow->solver, size, is_scalar ? POINTS_TO_SCALAR : object.type + 1);
  name_objects(flow, index);
  g_array_append_val(flow->objects, object);
  if (object.kind == FLOW_HEAP)
    points_to_set_memory(flow->solver, index);
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
  flow->summaries = g_renew(struct flow_summary, flow->summaries, n);
  for (uint32_t i = flow->n_routines; i < n; i++) {
    flow->routine_objects[i] = flow->results[i] = flow->rests[i] = LINK_NONE;
    flow->summaries[i] = (struct flow_summary){FLOW_SUMMARY_UNKNOWN, false, 0};
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

/* A "va_list" stands for the arguments themselves, whatever record the compiler makes of it. */
static bool is_va_list(const struct linkage *linkage, uint32_t unit, uint32_t record)
{
  const struct unit *from = linkage_unit(linkage, unit);
  return record != UNIT_NONE &&
         strcmp(unit_string(from, from->types[record].name), "__va_list_tag") == 0;
}

static uint32_t record_of_object(const struct flow *flow, uint32_t unit, uint32_t row)
{
  const struct unit_object *object = &linkage_unit(flow->linkage, unit)->objects[row];

  if ((object->value & UNIT_VALUE_RECORD) == 0 || (object->value & UNIT_VALUE_POINTER) != 0 ||
      is_va_list(flow->linkage, unit, object->record))
    return LINK_NONE;
  return linkage_record(flow->linkage, unit, object->record);
}

static struct linkage *linkage_of(const void *context)
{
  return ((const struct flow *)context)->linkage;
}

static bool holds_pointer(const struct linkage *linkage, uint32_t type, uint32_t offset)
{
  uint32_t unit = 0;
  const struct unit_field *field = NULL;
  if (linkage_leaf_at(linkage, type, offset, &unit, &field) != LINK_LEAF || field == NULL)
    return true;
  return (field->flags & (UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER)) != 0;
}

static bool holds_number(const struct linkage *linkage, uint32_t type, uint32_t offset)
{
  uint32_t unit = 0;
  const struct unit_field *field = NULL;
  linkage_leaf_at(linkage, type, offset, &unit, &field);
  return field == NULL || (field->flags & (UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER)) == 0;
}

static enum points_to_fit fit(void *context, uint32_t object_type, uint32_t offset,
                              uint32_t access_type)
{
  static const enum points_to_fit answers[] = {
      [LINK_MISFIT] = POINTS_TO_MISFIT, [LINK_FIT] = POINTS_TO_FIT, [LINK_RAW] = POINTS_TO_RAW};
  if (access_type == POINTS_TO_TEXT)
    return linkage_is_text(linkage_of(context), object_type - 1, offset) ? POINTS_TO_FIT
                                                                         : POINTS_TO_MISFIT;
  if (access_type == POINTS_TO_NUMBER)
    return holds_number(linkage_of(context), object_type - 1, offset) ? POINTS_TO_FIT
                                                                      : POINTS_TO_MISFIT;
  if (access_type == POINTS_TO_POINTER)
    return holds_pointer(linkage_of(context), object_type - 1, offset) ? POINTS_TO_FIT
                                                                       : POINTS_TO_MISFIT;
  return answers[linkage_fit(linkage_of(context), object_type - 1, offset, access_type - 1)];
}

static uint64_t size_of(void *context, uint32_t type)
{
  return linkage_size(linkage_of(context), type - 1);
}

/* What a pointer of these flags, with this record behind it, may point to. */
static uint32_t target_of(const struct linkage *linkage, uint32_t unit, uint32_t flags,
                          uint32_t record)
{
  bool is_plain_routine =
      (flags & UNIT_VALUE_ROUTINE_POINTER) != 0 && (flags & UNIT_VALUE_RECORD) == 0;
  if (is_plain_routine)
    return POINTS_TO_ROUTINE;
  const uint32_t anything = UNIT_VALUE_VOID | UNIT_VALUE_DEEP;
  if ((flags & UNIT_VALUE_POINTERS) != 0 && (flags & UNIT_VALUE_ARRAY) == 0)
    return POINTS_TO_POINTER;
  if ((flags & UNIT_VALUE_POINTER) == 0 || (flags & anything) != 0)
    return POINTS_TO_UNKNOWN;
  if ((flags & UNIT_VALUE_CHARACTER) != 0)
    return POINTS_TO_TEXT;
  if (record == UNIT_NONE)
    return POINTS_TO_NUMBER;
  if (is_va_list(linkage, unit, record))
    return POINTS_TO_UNKNOWN;
  uint32_t known = linkage_record(linkage, unit, record);
  return known == LINK_NONE ? POINTS_TO_UNKNOWN : known + 1;
}

/* What a field of this row may point to. */
static uint32_t target_of_field(const struct linkage *linkage, uint32_t unit,
                                const struct unit_field *field)
{
  const uint32_t holders = UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER;
  bool is_wide = (field->flags & UNIT_VALUE_ARRAY) == 0 && field->bit_size >= 8 * sizeof(void *);
  if ((field->flags & holders) == 0 && !is_wide)
    return POINTS_TO_NONE;
  return target_of(linkage, unit, field->flags, field->record);
}

static uint32_t target_at(void *context, uint32_t object_type, uint32_t offset)
{
  const struct linkage *linkage = linkage_of(context);
  uint32_t unit = 0;
  const struct unit_field *field = NULL;
  enum link_leaf known = linkage_leaf_at(linkage, object_type - 1, offset, &unit, &field);
  if (field == NULL)
    return known == LINK_NO_LEAF ? POINTS_TO_NONE : POINTS_TO_UNKNOWN;
  return target_of_field(linkage, unit, field);
}

/* A named variable holds what its type says. */
static void restrict_object(struct flow *flow, uint32_t object, uint32_t unit, uint32_t row)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  const struct unit_object *variable = &from->objects[row];
  if (variable->kind == UNIT_OBJECT_HEAP)
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
  uint32_t target = target_of(flow->linkage, unit, variable->value, variable->record);
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
    flow->raw_memory = add_object(flow, raw, 0);
  }
  return flow->raw_memory;
}

/* Buffers on the stack hold no pointers and are no state: one object stands for all of them. */
static uint32_t opaque_local(struct flow *flow)
{
  if (flow->opaque_local == LINK_NONE) {
    struct flow_object local = {FLOW_LOCAL, UNIT_NONE, UNIT_NONE, LINK_NONE, UNIT_NONE};
    flow->opaque_local = add_object(flow, local, 1);
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
  *place = add_object(flow, fresh, size);
  restrict_object(flow, *place, unit, row);
  if (!may_hold_pointers(flow, unit, row))
    points_to_set_opaque(flow->solver, *place);
  return *place;
}

static uint32_t param_node(struct flow *flow, uint32_t unit, const struct unit_param *param)
{
  if (param->object == UNIT_NONE)
    return LINK_NONE;
  return points_to_location(flow->solver, object_of(flow, unit, param->object), 0);
}

/* The node that arguments flow into: in front of a parameter that is freed, one that lets nothing
 * but allocated memory through. */
static uint32_t entrance(struct flow *flow, uint32_t routine, uint32_t position, uint32_t node)
{
  if (node == LINK_NONE || !freed_is_param(flow->freed, routine, position))
    return node;
  uint64_t key = (uint64_t)routine << 32 | position;
  uint32_t gate = id_map_get(&flow->gates, key);
  if (gate == LINK_NONE) {
    gate = points_to_add_node(flow->solver);
    points_to_restrict(flow->solver, gate, POINTS_TO_MEMORY);
    points_to_add_copy(flow->solver, node, gate);
    id_map_put(&flow->gates, key, gate);
  }
  return gate;
}

/* Shapes by number, 0 for one that fits everything. */
static uint32_t shape_number(struct flow *flow, const char *shape)
{
  gpointer found = NULL;
  if (*shape == '\0')
    return 0;
  if (g_hash_table_lookup_extended(flow->shape_numbers, shape, NULL, &found))
    return GPOINTER_TO_UINT(found);
  g_ptr_array_add(flow->shapes, (gpointer)shape);
  g_hash_table_insert(flow->shape_numbers, (gpointer)shape, GUINT_TO_POINTER(flow->shapes->len));
  return flow->shapes->len;
}

static bool accepts(void *context, uint32_t call_shape, uint32_t routine_shape)
{
  const struct flow *flow = context;
  return call_shape == 0 || routine_shape == 0 ||
         signature_fits(g_ptr_array_index(flow->shapes, call_shape - 1),
                        g_ptr_array_index(flow->shapes, routine_shape - 1));
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
  uint32_t index = add_object(flow, object, 1);
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
    uint32_t node = param_node(flow, known->unit, &unit->params[row->first_param + i]);
    node = entrance(flow, routine, i - 1, node);
    g_array_append_val(params, node);
  }
  points_to_set_routine(flow->solver, index, (const uint32_t *)(void *)params->data, params->len,
                        lazy_node(flow, &flow->results[routine]),
                        lazy_node(flow, &flow->rests[routine]),
                        shape_number(flow, unit_string(unit, row->shape)));
  return index;
}

static uint32_t resolve(struct flow *flow, uint32_t unit, uint32_t row)
{
  uint32_t routine = linkage_resolve_routine(flow->linkage, flow->program, unit, row);
  reserve_routines(flow);
  return routine;
}

uint32_t flow_resolver(struct flow *flow, uint32_t unit, uint32_t row)
{
  uint32_t home, resolver;
  if (!linkage_resolver(flow->linkage, flow->program, unit, row, &home, &resolver))
    return LINK_NONE;
  return lazy_node(flow, &flow->results[resolve(flow, home, resolver)]);
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

/* The value of a field holds what the field's type says. */
static void restrict_loaded(struct flow *flow, uint32_t unit, const struct unit_edge *edge,
                            uint32_t to)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  uint32_t field = from->paths[edge->path].field;
  if (edge->path == 0 || field == UNIT_NONE || from->nodes[edge->to].kind != UNIT_NODE_TEMP)
    return;
  uint32_t target = target_of_field(flow->linkage, unit, &from->fields[field]);
  if (target != POINTS_TO_NONE && target != POINTS_TO_UNKNOWN)
    points_to_restrict(flow->solver, to, target);
}

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
    object = flow_resolver(flow, unit, edge->from);
    if (object != LINK_NONE)
      points_to_add_copy(flow->solver, to, object);
    else
      points_to_add_address(flow->solver, to, routine_object(flow, resolve(flow, unit, edge->from)),
                            0);
    break;
  case UNIT_EDGE_COPY:
    points_to_add_copy(flow->solver, to, flow_node(flow, unit, edge->from));
    break;
  case UNIT_EDGE_LOAD:
    restrict_loaded(flow, unit, edge, to);
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
  case UNIT_EDGE_BYTES:
    points_to_add_bytes(flow->solver, to, flow_node(flow, unit, edge->from));
    break;
  case UNIT_EDGE_RECORD:
    points_to_add_record(flow->solver, to, flow_node(flow, unit, edge->from),
                         linkage_record(flow->linkage, unit, edge->record) + 1);
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
static struct flow_summary outside_summary(struct flow *flow, const char *name)
{
  struct flow_summary summary = {FLOW_SUMMARY_WHOLE, true, 0};
  const GPtrArray *models = models_of(flow, name);
  for (guint i = 0; i < models->len; i++) {
    const struct model *model = g_ptr_array_index(models, i);
    if (model->returns_slot != NULL)
      summary.state = FLOW_SUMMARY_PART;
    if (model->returns != MODEL_NO_ARGUMENT) {
      summary.params |= 1u << model->returns;
      summary.is_fresh = model->is_allocator;
    }
  }
  return summary;
}

static struct flow_summary summary_of(struct flow *flow, uint32_t routine);

/* The inside of one routine, while its result is traced back. */
struct trace {
  struct flow *flow;
  uint32_t unit;
  uint32_t routine; /* row */
  GHashTable *seen;
  struct flow_summary summary;
};

static bool trace_node(struct trace *trace, uint32_t node);

/* A call that makes a node: fresh memory, or what the callee passes through. */
static bool trace_call(struct trace *trace, const struct unit_call *call)
{
  const struct unit *from = linkage_unit(trace->flow->linkage, trace->unit);
  if (call->callee == UNIT_NONE)
    return false;
  struct flow_summary inner =
      summary_of(trace->flow, resolve(trace->flow, trace->unit, call->callee));
  if (inner.state != FLOW_SUMMARY_WHOLE || (inner.is_fresh && call->heap == UNIT_NONE))
    return false;
  trace->summary.is_fresh = trace->summary.is_fresh || inner.is_fresh;
  for (uint32_t i = 0; i < call->n_arguments && i < 32; i++) {
    uint32_t node = from->arguments[call->first_argument + i].node;
    if ((inner.params >> i & 1) != 0 && node != UNIT_NONE && !trace_node(trace, node))
      return false;
  }
  return true;
}

static bool trace_node(struct trace *trace, uint32_t node)
{
  if (!g_hash_table_add(trace->seen, GUINT_TO_POINTER(node)))
    return true;
  const struct unit *from = linkage_unit(trace->flow->linkage, trace->unit);
  const struct link_unit *here = &trace->flow->linkage->units[trace->unit];
  uint32_t routine = trace->routine;
  for (uint32_t i = here->first_call[routine]; i < here->first_call[routine + 1]; i++) {
    const struct unit_call *call = &from->calls[here->calls_by_routine[i]];
    if (call->result == node && !trace_call(trace, call))
      return false;
  }
  for (uint32_t i = here->first_edge[routine]; i < here->first_edge[routine + 1]; i++) {
    const struct unit_edge *edge = &from->edges[here->edges_by_routine[i]];
    if (edge->to != node || edge->kind == UNIT_EDGE_STORE || edge->kind == UNIT_EDGE_RECORD)
      continue;
    bool is_step = edge->kind == UNIT_EDGE_COPY || edge->kind == UNIT_EDGE_FIELD;
    if (!is_step || here->path_offsets[edge->path] != 0 || !trace_node(trace, edge->from))
      return false;
  }
  const struct unit_node *row = &from->nodes[node];
  if (row->kind != UNIT_NODE_OBJECT)
    return true;
  const struct unit_object *object = &from->objects[row->index];
  bool is_own_param = object->kind == UNIT_OBJECT_PARAM && object->position != 0 &&
                      object->position <= 32 && object->routine == routine;
  if (is_own_param)
    trace->summary.params |= 1u << (object->position - 1);
  return row->path == 0 && (is_own_param || object->kind == UNIT_OBJECT_LOCAL);
}

/* What a routine returns, when that is only memory that it has just allocated and parameters that
 * it passes through: then every call has a result of its own. */
static struct flow_summary summary_of(struct flow *flow, uint32_t routine)
{
  reserve_routines(flow);
  if (flow->summaries[routine].state != FLOW_SUMMARY_UNKNOWN)
    return flow->summaries[routine];
  flow->summaries[routine].state = FLOW_SUMMARY_PART;
  const struct link_routine known = *linkage_routine(flow->linkage, routine);
  struct flow_summary summary = {FLOW_SUMMARY_PART, false, 0};
  if (!known.is_defined) {
    summary = outside_summary(flow, known.name);
  } else {
    uint32_t result = flow->linkage->units[known.unit].result_nodes[known.row];
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
    struct trace trace = {flow, known.unit, known.row, seen, {FLOW_SUMMARY_WHOLE, false, 0}};
    if (result != UNIT_NONE && trace_node(&trace, result))
      summary = trace.summary;
  }
  reserve_routines(flow);
  flow->summaries[routine] = summary;
  return summary;
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

/* What is resized and handed back is allocated memory, whatever else the argument may be. */
static void pass_memory(struct flow *flow, uint32_t to, uint32_t from)
{
  if (to == LINK_NONE || from == LINK_NONE)
    return;
  uint32_t memory = points_to_add_node(flow->solver);
  points_to_restrict(flow->solver, memory, POINTS_TO_MEMORY);
  points_to_add_copy(flow->solver, memory, from);
  points_to_add_copy(flow->solver, to, memory);
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
    points_to_add_call(flow->solver, node, passed, (uint32_t)model->n_pass, LINK_NONE, 0);
}

/* Whether an argument is a pointer to characters, or an array of them: what is copied there is
 * text. */
static bool is_text(const struct flow *flow, uint32_t unit, const struct unit_call *call,
                    int position)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  return (from->arguments[call->first_argument + (uint32_t)position].flags &
          UNIT_VALUE_CHARACTER) != 0;
}

/* The record that a copy is about, as its arguments say: of both, the one that is known. */
static uint32_t copied_record(const struct flow *flow, uint32_t unit, const struct unit_call *call,
                              const struct model *model)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  const int positions[] = {model->copy_to, model->copy_from};
  for (size_t i = 0; i < G_N_ELEMENTS(positions); i++) {
    const struct unit_argument *argument =
        &from->arguments[call->first_argument + (uint32_t)positions[i]];
    const char *star = strchr(unit_string(from, argument->type), '*');
    const uint32_t pointers = UNIT_VALUE_ARRAY | UNIT_VALUE_POINTER;
    bool is_plain =
        (star == NULL || strchr(star + 1, '*') == NULL) && (argument->flags & pointers) != pointers;
    uint32_t record = linkage_record(flow->linkage, unit, argument->record);
    if (is_plain && record != LINK_NONE)
      return record + 1;
  }
  return POINTS_TO_UNKNOWN;
}

/* The routine of the program that a literal names. */
static void add_named(struct flow *flow, const struct model *model, uint32_t unit,
                      const struct unit_call *call, uint32_t result)
{
  if (model->names == MODEL_NO_ARGUMENT || (uint32_t)model->names >= call->n_arguments)
    return;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  const struct unit_argument *argument =
      &from->arguments[call->first_argument + (uint32_t)model->names];
  if (argument->kind != UNIT_ARGUMENT_STRING)
    return;
  const struct link_symbol *found =
      g_hash_table_lookup(flow->program->routines, unit_string(from, argument->text));
  if (found != NULL)
    points_to_add_address(flow->solver, result,
                          routine_object(flow, resolve(flow, found->unit, found->row)), 0);
}

static void apply_model(struct flow *flow, const struct model *model, uint32_t unit, uint32_t row)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  if (!model_applies(flow, model, unit, call))
    return;
  uint32_t result = flow_node(flow, unit, call->result);
  add_named(flow, model, unit, call, result);
  if (model->callback != MODEL_NO_ARGUMENT)
    apply_callback(flow, model, unit, row, call);
  if (model->returns != MODEL_NO_ARGUMENT && model->is_allocator)
    pass_memory(flow, result, argument_node(flow, unit, call, model->returns));
  else if (model->returns != MODEL_NO_ARGUMENT)
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
  if (to != LINK_NONE && from != LINK_NONE && !is_text(flow, unit, call, model->copy_to) &&
      !is_text(flow, unit, call, model->copy_from))
    points_to_add_record(flow->solver, to, from, copied_record(flow, unit, call, model));
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
      to = entrance(flow, routine, i,
                    param_node(flow, known->unit, &home->params[row->first_param + i + 1]));
    points_to_add_copy(flow->solver, to, from);
  }
}

static void add_heap(struct flow *flow, uint32_t unit, uint32_t row, const struct unit_call *call)
{
  uint32_t object = object_of(flow, unit, call->heap);
  if (object != flow->raw_memory)
    g_array_index(flow->objects, struct flow_object, object).call = row;
  points_to_add_address(flow->solver, flow_node(flow, unit, call->result), object, 0);
}

/* The result of a call of the tree's own routine: its own where the callee's summary allows. */
static void bind_result(struct flow *flow, uint32_t unit, uint32_t row, uint32_t routine)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  struct flow_summary summary = summary_of(flow, routine);
  uint32_t result = flow_node(flow, unit, call->result);
  if (summary.state != FLOW_SUMMARY_WHOLE || (summary.is_fresh && call->heap == UNIT_NONE)) {
    points_to_add_copy(flow->solver, result, flow->results[routine]);
    return;
  }
  if (summary.is_fresh)
    add_heap(flow, unit, row, call);
  for (uint32_t i = 0; i < call->n_arguments && i < 32; i++) {
    if ((summary.params >> i & 1) == 0)
      continue;
    uint32_t passed = argument_node(flow, unit, call, (int)i);
    if (summary.is_fresh)
      pass_memory(flow, result, passed);
    else
      points_to_add_copy(flow->solver, result, passed);
  }
}

static void add_direct_call(struct flow *flow, uint32_t unit, uint32_t row)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  uint32_t routine = resolve(flow, unit, call->callee);
  if (linkage_routine(flow->linkage, routine)->is_defined) {
    bind_direct(flow, unit, call, routine);
    if (call->result != UNIT_NONE)
      bind_result(flow, unit, row, routine);
    return;
  }
  if (call->heap != UNIT_NONE && summary_of(flow, routine).is_fresh)
    add_heap(flow, unit, row, call);
  const GPtrArray *models = models_of(flow, linkage_routine(flow->linkage, routine)->name);
  for (guint i = 0; i < models->len; i++)
    apply_model(flow, g_ptr_array_index(models, i), unit, row);
}

static void add_call_through(struct flow *flow, uint32_t unit, uint32_t row, uint32_t pointer)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  g_autofree uint32_t *arguments = g_new(uint32_t, MAX(call->n_arguments, 1));
  for (uint32_t i = 0; i < call->n_arguments; i++)
    arguments[i] = argument_node(flow, unit, call, (int)i);
  points_to_add_call(
      flow->solver, pointer, arguments, call->n_arguments, flow_node(flow, unit, call->result),
      shape_number(flow, unit_string(linkage_unit(flow->linkage, unit), call->shape)));
}

void flow_bind(struct flow *flow, uint32_t unit, uint32_t call, const struct id_set *routines)
{
  uint32_t pointer = points_to_add_node(flow->solver);
  for (uint32_t i = 0; i < routines->n; i++)
    points_to_add_address(flow->solver, pointer, routine_object(flow, routines->ids[i]), 0);
  add_call_through(flow, unit, call, pointer);
}

/* What an outside routine does when it is called through a pointer; true when that is new. */
static bool bind_outside(struct flow *flow, uint32_t unit, uint32_t row, uint32_t routine)
{
  uint64_t key = (uint64_t)unit << 44 | (uint64_t)(row & 0x3fffff) << 22 | (routine & 0x3fffff);
  if (linkage_routine(flow->linkage, routine)->is_defined ||
      !id_map_put_new(&flow->outside, key, 1))
    return false;
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  if (call->heap != UNIT_NONE && summary_of(flow, routine).is_fresh)
    add_heap(flow, unit, row, call);
  const GPtrArray *models = models_of(flow, linkage_routine(flow->linkage, routine)->name);
  for (guint i = 0; i < models->len; i++)
    apply_model(flow, g_ptr_array_index(models, i), unit, row);
  return call->heap != UNIT_NONE || models->len != 0;
}

static bool bind_outside_calls(struct flow *flow)
{
  bool is_any = false;
  for (guint i = 0; i < flow->program->units->len; i++) {
    uint32_t index = g_array_index(flow->program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(flow->linkage, index);
    for (uint32_t c = 0; c < unit->n_calls; c++) {
      const struct unit_call *call = &unit->calls[c];
      if (call->callee != UNIT_NONE || !flow_looks_at(flow, index, call->caller))
        continue;
      struct id_set targets = flow_routines(flow, flow_node(flow, index, call->pointer));
      for (uint32_t t = 0; t < targets.n; t++)
        is_any |= bind_outside(flow, index, c, targets.ids[t]);
      id_set_clear(&targets);
    }
  }
  return is_any;
}

void flow_solve(struct flow *flow)
{
  do {
    points_to_solve(flow->solver);
    name_objects(flow, points_to_n_objects(flow->solver));
  } while (bind_outside_calls(flow));
}

/* ---- the program ---- */

static uint32_t *none_array(uint32_t n)
{
  uint32_t *array = g_new(uint32_t, MAX(n, 1));
  memset(array, 0xff, MAX(n, 1) * sizeof *array);
  return array;
}

bool flow_looks_at(const struct flow *flow, uint32_t unit, uint32_t row)
{
  if (!linkage_stands_for(flow->linkage, unit, row))
    return false;
  uint32_t routine = row == UNIT_NONE ? LINK_NONE : flow->linkage->units[unit].routines[row];
  if (routine == LINK_NONE)
    return flow->phase == FLOW_LIVE;
  if (flow->phase == FLOW_LIVE)
    return liveness_of_routine(flow->liveness, flow->program, routine);
  return !liveness_anywhere(flow->liveness, routine);
}

/* Whether an edge is added in this phase. An initialiser is as alive as its variable. */
static bool takes_edge(struct flow *flow, uint32_t unit, const struct unit_edge *edge)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  const struct unit_node *to = &from->nodes[edge->to];
  bool is_initialiser = edge->routine == UNIT_NONE && to->kind == UNIT_NODE_OBJECT &&
                        from->objects[to->index].kind <= UNIT_OBJECT_STATIC_LOCAL;
  if (!is_initialiser)
    return flow_looks_at(flow, unit, edge->routine);
  uint32_t object = linkage_resolve_object(flow->linkage, flow->program, unit, to->index);
  bool is_alive = object == LINK_NONE || liveness_of_object(flow->liveness, flow->program, object);
  return is_alive == (flow->phase == FLOW_LIVE);
}

bool flow_has_edge(struct flow *flow, uint32_t unit, const struct unit_edge *edge)
{
  return flow->phase == FLOW_DEAD || takes_edge(flow, unit, edge);
}

static void add_unit(struct flow *flow, uint32_t index)
{
  const struct unit *unit = linkage_unit(flow->linkage, index);
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    if (takes_edge(flow, index, &unit->edges[i]))
      add_edge(flow, index, &unit->edges[i]);
  }
  for (uint32_t i = 0; i < unit->n_calls; i++) {
    if (!flow_looks_at(flow, index, unit->calls[i].caller))
      continue;
    const struct unit_call *call = &unit->calls[i];
    uint32_t pointer = call->callee != UNIT_NONE ? flow_resolver(flow, index, call->callee)
                                                 : flow_node(flow, index, call->pointer);
    if (pointer == LINK_NONE)
      add_direct_call(flow, index, i);
    else
      add_call_through(flow, index, i, pointer);
  }
}

static bool has_dead(const struct flow *flow)
{
  for (guint i = 0; i < flow->program->units->len; i++) {
    uint32_t unit = g_array_index(flow->program->units, uint32_t, i);
    const struct link_unit *here = &flow->linkage->units[unit];
    for (uint32_t r = 0; r < here->unit->n_routines; r++) {
      if (here->routines[r] != LINK_NONE && !liveness_anywhere(flow->liveness, here->routines[r]))
        return true;
    }
  }
  return false;
}

bool flow_add_dead(struct flow *flow)
{
  if (!has_dead(flow))
    return false;
  flow->phase = FLOW_DEAD;
  for (guint i = 0; i < flow->program->units->len; i++)
    add_unit(flow, g_array_index(flow->program->units, uint32_t, i));
  name_objects(flow, points_to_n_objects(flow->solver));
  flow_solve(flow);
  return true;
}

struct flow *flow_new(struct linkage *linkage, const struct link_program *program,
                      const struct liveness *liveness, const struct models *models)
{
  struct flow *flow = g_new0(struct flow, 1);
  flow->linkage = linkage;
  flow->liveness = liveness;
  flow->models = models;
  flow->program = program;
  struct points_to_types types = {fit, size_of, target_at, accepts, flow};
  flow->solver = points_to_new(&types);
  points_to_watch(flow->solver, linkage->is_interrupted);
  flow->freed = freed_new(linkage, program, models);
  flow->objects = g_array_new(FALSE, FALSE, sizeof(struct flow_object));
  flow->callbacks = g_array_new(FALSE, FALSE, sizeof(struct flow_callback));
  flow->raw_memory = flow->opaque_local = LINK_NONE;
  flow->shapes = g_ptr_array_new();
  flow->shape_numbers = g_hash_table_new(g_str_hash, g_str_equal);
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
  flow_solve(flow);
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
  g_free(flow->summaries);
  g_ptr_array_unref(flow->shapes);
  g_hash_table_unref(flow->shape_numbers);
  g_hash_table_unref(flow->slots);
  g_hash_table_unref(flow->models_by_name);
  g_array_unref(flow->callbacks);
  g_array_unref(flow->objects);
  points_to_free(flow->solver);
  freed_free(flow->freed);
  id_map_clear(&flow->gates);
  id_map_clear(&flow->outside);
  g_free(flow);
}

uint32_t flow_routine_location(const struct flow *flow, uint32_t routine)
{
  if (routine >= flow->n_routines || flow->routine_objects[routine] == LINK_NONE)
    return LINK_NONE;
  return points_to_location(flow->solver, flow->routine_objects[routine], 0);
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

static bool field_matches(const char *path, const void *context)
{
  return pattern_matches(context, path);
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
      if (!linkage_has_field_at(flow->linkage, type, points_to_offset_of(flow->solver, inside[j]),
                                field_matches, callback->model->field))
        continue;
      struct id_set some = flow_routines(flow, inside[j]);
      id_set_merge(&routines, &some);
      id_set_clear(&some);
    }
  }
  return routines;
}
