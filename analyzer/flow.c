#include "analyzer/flow_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- edges ---- */

/* The value of a field holds what the field's type says. */
uint32_t flow_loaded_target(const struct flow *flow, uint32_t unit, const struct unit_edge *edge)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  uint32_t field = from->paths[edge->path].field;
  if (edge->path == 0 || field == UNIT_NONE || from->nodes[edge->to].kind != UNIT_NODE_TEMP)
    return POINTS_TO_UNKNOWN;
  uint32_t target = flow_target_of_field(flow->linkage, unit, &from->fields[field]);
  return target == POINTS_TO_NONE ? POINTS_TO_UNKNOWN : target;
}

void flow_add_edge(struct flow *flow, uint32_t unit, const struct unit_edge *edge)
{
  const struct link_unit *here = &flow->linkage->units[unit];
  uint32_t to = flow_place(flow, unit, edge->to);
  uint32_t offset = here->path_offsets[edge->path];
  uint32_t type = here->path_types[edge->path] + 1;
  uint32_t object, target;
  if (points_to_is_shared(flow->solver, to) &&
      (edge->kind == UNIT_EDGE_LOAD || edge->kind == UNIT_EDGE_ADDRESS))
    return;
  switch (edge->kind) {
  case UNIT_EDGE_ADDRESS:
    object = flow_object_of(flow, unit, edge->from);
    if (object != LINK_NONE)
      points_to_add_address(flow->solver, to, object, offset);
    break;
  case UNIT_EDGE_ROUTINE:
    object = flow_resolver(flow, unit, edge->from);
    if (object != LINK_NONE)
      points_to_add_copy(flow->solver, to, object);
    else
      points_to_add_address(flow->solver, to,
                            flow_routine_object(flow, flow_resolve(flow, unit, edge->from)), 0);
    break;
  case UNIT_EDGE_COPY:
    points_to_add_copy(flow->solver, to, flow_guarded_source(flow, unit, edge));
    break;
  case UNIT_EDGE_LOAD:
    target = flow_loaded_target(flow, unit, edge);
    if (target != POINTS_TO_UNKNOWN)
      points_to_restrict(flow->solver, to, target);
    points_to_add_load(flow->solver, to, flow_place(flow, unit, edge->from), offset, type);
    break;
  case UNIT_EDGE_STORE:
    points_to_add_store(flow->solver, to, flow_guarded_source(flow, unit, edge), offset, type);
    break;
  case UNIT_EDGE_FIELD:
    points_to_add_field(flow->solver, to, flow_place(flow, unit, edge->from), (int64_t)offset,
                        type);
    break;
  case UNIT_EDGE_CONTAINER:
    points_to_add_field(flow->solver, to, flow_place(flow, unit, edge->from), -(int64_t)offset, 0);
    break;
  case UNIT_EDGE_BYTES:
    points_to_add_bytes(flow->solver, to, flow_place(flow, unit, edge->from),
                        (edge->flags & UNIT_EDGE_ANYWHERE) != 0);
    break;
  case UNIT_EDGE_RECORD:
    points_to_add_record(flow->solver, to, flow_place(flow, unit, edge->from),
                         linkage_record(flow->linkage, unit, edge->record) + 1);
    break;
  default:
    break;
  }
}

/* ---- the program ---- */

static bool looks_at(const struct flow *flow, uint32_t unit, uint32_t row)
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

enum look { LOOK_UNKNOWN, LOOK_NO, LOOK_YES };

bool flow_looks_at(const struct flow *flow, uint32_t unit, uint32_t row)
{
  if (row == UNIT_NONE)
    return looks_at(flow, unit, row);
  uint8_t **looks = &flow->looks[unit];
  if (*looks == NULL)
    *looks = g_new0(uint8_t, MAX(linkage_unit(flow->linkage, unit)->n_routines, 1));
  if ((*looks)[row] == LOOK_UNKNOWN)
    (*looks)[row] = looks_at(flow, unit, row) ? LOOK_YES : LOOK_NO;
  return (*looks)[row] == LOOK_YES;
}

static void forget_looks(struct flow *flow)
{
  for (uint32_t i = 0; i < flow->linkage->n_units; i++)
    g_clear_pointer(&flow->looks[i], g_free);
}

/* An initialiser is as alive as its variable. */
bool flow_takes_edge(const struct flow *flow, uint32_t unit, const struct unit_edge *edge)
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
  return flow->phase == FLOW_DEAD || flow_takes_edge(flow, unit, edge);
}

void flow_add_call(struct flow *flow, uint32_t unit, uint32_t row)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  uint32_t pointer = call->callee != UNIT_NONE ? flow_resolver(flow, unit, call->callee)
                                               : flow_place(flow, unit, call->pointer);
  if (pointer == LINK_NONE)
    flow_add_direct_call(flow, unit, row);
  else
    flow_add_call_through(flow, unit, row, pointer, flow_add_own_call(flow, unit, row, pointer));
}

static void add_unit(struct flow *flow, uint32_t index)
{
  const struct unit *unit = linkage_unit(flow->linkage, index);
  flow_share(flow, true);
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    if (flow_takes_edge(flow, index, &unit->edges[i]) &&
        !flow_is_helper_row(flow, index, unit->edges[i].routine))
      flow_add_edge(flow, index, &unit->edges[i]);
  }
  for (uint32_t i = 0; i < unit->n_calls; i++) {
    if (flow_looks_at(flow, index, unit->calls[i].caller) &&
        !flow_is_helper_row(flow, index, unit->calls[i].caller))
      flow_add_call(flow, index, i);
  }
  flow_add_bodies(flow);
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
  forget_looks(flow);
  for (guint i = 0; i < flow->program->units->len; i++)
    add_unit(flow, g_array_index(flow->program->units, uint32_t, i));
  flow_name_objects(flow, points_to_n_objects(flow->solver));
  flow_solve(flow);
  return true;
}

/* About as many nodes as the program's units have. */
static void reserve_nodes(struct flow *flow)
{
  uint32_t n = 0;
  for (guint i = 0; i < flow->program->units->len; i++)
    n += linkage_unit(flow->linkage, g_array_index(flow->program->units, uint32_t, i))->n_nodes;
  points_to_reserve(flow->solver, n);
}

struct flow *flow_new(struct linkage *linkage, const struct link_program *program,
                      const struct liveness *liveness, const struct models *models)
{
  struct flow *flow = g_new0(struct flow, 1);
  flow->linkage = linkage;
  flow->liveness = liveness;
  flow->models = models;
  flow->program = program;
  struct points_to_types types = flow_types(flow);
  flow->solver = points_to_new(&types);
  points_to_watch(flow->solver, linkage->is_interrupted);
  reserve_nodes(flow);
  flow->freed = freed_new(linkage, program, models);
  flow->objects = g_array_new(FALSE, FALSE, sizeof(struct flow_object));
  flow->callbacks = g_array_new(FALSE, FALSE, sizeof(struct flow_callback));
  flow->raw_memory = flow->opaque_local = flow->body = LINK_NONE;
  flow->bodies = g_array_new(FALSE, FALSE, sizeof(struct flow_body));
  flow->waiting = g_array_new(FALSE, FALSE, sizeof(struct flow_waiting));
  flow->shapes = g_ptr_array_new();
  flow->shape_numbers = g_hash_table_new(g_str_hash, g_str_equal);
  flow->slots = g_hash_table_new(g_str_hash, g_str_equal);
  flow->models_by_name =
      g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
  flow->nodes = g_new0(uint32_t *, MAX(linkage->n_units, 1));
  flow->unit_objects = g_new0(uint32_t *, MAX(linkage->n_units, 1));
  flow->looks = g_new0(uint8_t *, MAX(linkage->n_units, 1));
  flow->sources = g_new0(uint32_t *, MAX(linkage->n_units, 1));
  flow_reserve_routines(flow);
  flow_reserve_statics(flow);
  flow->helpers = flow_helpers_find(flow);
  flow_start_guarded(flow);
  for (guint i = 0; i < program->units->len; i++)
    flow_find_guarded(flow, g_array_index(program->units, uint32_t, i));
  for (guint i = 0; i < program->units->len; i++)
    add_unit(flow, g_array_index(program->units, uint32_t, i));
  flow_add_uncalled(flow);
  flow_name_objects(flow, points_to_n_objects(flow->solver));
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
  flow_free_sources(flow);
  forget_looks(flow);
  g_free(flow->looks);
  flow_free_guarded(flow);
  flow_free_bodies(flow);
  flow_helpers_free(flow->helpers);
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

static int compare_holds(const void *key, const void *element)
{
  uint32_t argument = *(const uint32_t *)key;
  const struct unit_hold *hold = element;
  return (argument > hold->argument) - (argument < hold->argument);
}

/* The routines that surely stand in a field of the record that a call is handed; whether they are
 * known. */
static bool find_held(const struct flow *flow, const struct flow_callback *callback,
                      struct id_set *routines)
{
  bool is_known = false;
  const struct unit *unit = linkage_unit(flow->linkage, callback->unit);
  uint32_t argument =
      unit->calls[callback->call].first_argument + (uint32_t)callback->model->callback;
  const struct unit_hold *found =
      unit->n_holds == 0
          ? NULL
          : bsearch(&argument, unit->holds, unit->n_holds, sizeof *unit->holds, compare_holds);
  while (found != NULL && found > unit->holds && found[-1].argument == argument)
    found--;
  for (; found != NULL && found < unit->holds + unit->n_holds && found->argument == argument;
       found++) {
    g_autofree char *path = unit_path_text(unit, found->path);
    if (!pattern_matches(callback->model->field, path))
      continue;
    is_known = true;
    if (found->routine != UNIT_NONE)
      id_set_add(routines, linkage_resolve_routine(flow->linkage, flow->program, callback->unit,
                                                   found->routine));
  }
  return is_known;
}

struct id_set flow_callback_routines(const struct flow *flow, const struct flow_callback *callback)
{
  if (callback->model->field == NULL)
    return flow_routines(flow, callback->node);
  struct id_set routines = {0};
  if (find_held(flow, callback, &routines))
    return routines;
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
