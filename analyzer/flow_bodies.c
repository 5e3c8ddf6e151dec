#include "analyzer/flow_parts.h"

#include <string.h>

/* Bodies below one call from outside all helpers, and rows of all bodies of a program: what goes
 * beyond is answered by the common bodies. */
enum { MAX_INSIDE = 64, MAX_ROWS = 1 << 16 };

static struct flow_body *body_at(const struct flow *flow, uint32_t body)
{
  return &g_array_index(flow->bodies, struct flow_body, body);
}

struct flow_body *flow_present(const struct flow *flow)
{
  return flow->body == LINK_NONE ? NULL : body_at(flow, flow->body);
}

/* ---- rows ---- */

/* A place in the array of one unit, which is made when something in the unit is asked for: a
 * header's body may stand in a unit of another program, but most units of others are never seen. */
static inline uint32_t *shared_slot(uint32_t **array, uint32_t n, uint32_t row)
{
  if (*array == NULL) {
    *array = g_new(uint32_t, MAX(n, 1));
    memset(*array, 0xff, MAX(n, 1) * sizeof **array);
  }
  return &(*array)[row];
}

uint32_t *flow_node_slot(struct flow *flow, uint32_t unit, uint32_t node)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  uint32_t *shared = shared_slot(&flow->nodes[unit], from->n_nodes, node);
  if (flow->body == LINK_NONE)
    return shared;
  const struct flow_body *body = flow_present(flow);
  const struct flow_helper *helper = flow_helper(flow->helpers, body->routine);
  if (helper == NULL || helper->unit != unit || node < helper->first_node ||
      node - helper->first_node >= helper->n_nodes)
    return shared;
  const struct unit_node *row = &from->nodes[node];
  bool is_own = true;
  if (row->kind == UNIT_NODE_OBJECT)
    is_own = flow_object_slot(flow, unit, row->index) !=
             shared_slot(&flow->unit_objects[unit], from->n_objects, row->index);
  else if (row->kind != UNIT_NODE_TEMP)
    is_own = row->index == helper->row;
  return is_own ? &body->nodes[node - helper->first_node] : shared;
}

uint32_t *flow_object_slot(struct flow *flow, uint32_t unit, uint32_t row)
{
  uint32_t *shared =
      shared_slot(&flow->unit_objects[unit], linkage_unit(flow->linkage, unit)->n_objects, row);
  if (flow->body == LINK_NONE)
    return shared;
  const struct flow_body *body = flow_present(flow);
  const struct flow_helper *helper = flow_helper(flow->helpers, body->routine);
  if (helper == NULL || helper->unit != unit || row < helper->first_object ||
      row - helper->first_object >= helper->n_objects)
    return shared;
  const struct unit_object *object = &linkage_unit(flow->linkage, unit)->objects[row];
  bool is_own = object->kind > UNIT_OBJECT_STATIC_LOCAL && object->routine == helper->row;
  return is_own ? &body->objects[row - helper->first_object] : shared;
}

bool flow_is_helper_row(const struct flow *flow, uint32_t unit, uint32_t row)
{
  if (row == UNIT_NONE || flow->linkage->units[unit].routines[row] == LINK_NONE)
    return false;
  const struct flow_helper *helper =
      flow_helper(flow->helpers, flow->linkage->units[unit].routines[row]);
  return helper != NULL && helper->unit == unit && helper->row == row;
}

/* ---- which body a call gets ---- */

void flow_need_common(struct flow *flow, uint32_t routine)
{
  if (flow_helper(flow->helpers, routine) == NULL || !id_map_put_new(&flow->common, routine, 1))
    return;
  struct flow_waiting waiting = {routine, LINK_NONE};
  g_array_append_val(flow->waiting, waiting);
}

static uint32_t rows_of(const struct flow *flow, const struct flow_helper *helper)
{
  const struct link_unit *here = &flow->linkage->units[helper->unit];
  return here->first_edge[helper->row + 1] - here->first_edge[helper->row] +
         here->first_call[helper->row + 1] - here->first_call[helper->row];
}

static uint32_t *none_array(uint32_t n)
{
  uint32_t *array = g_new(uint32_t, MAX(n, 1));
  memset(array, 0xff, MAX(n, 1) * sizeof *array);
  return array;
}

static uint32_t add_body(struct flow *flow, uint32_t routine, const struct flow_helper *helper)
{
  uint32_t latest = id_map_get(&flow->first_bodies, routine);
  struct flow_body body = {
      .routine = routine,
      .caller = flow->body,
      .next = latest,
      .nodes = none_array(helper->n_nodes),
      .objects = none_array(helper->n_objects),
      .result = LINK_NONE,
      .rest = LINK_NONE,
  };
  uint32_t index = flow->bodies->len;
  g_array_append_val(flow->bodies, body);
  id_map_put(&flow->first_bodies, routine, index);
  flow->n_body_rows += rows_of(flow, helper);
  struct flow_waiting waiting = {routine, index};
  g_array_append_val(flow->waiting, waiting);
  return index;
}

/* The body that a call goes on in, or a new one; LINK_NONE where there is none. */
static uint32_t choose_body(struct flow *flow, uint32_t routine)
{
  const struct flow_helper *helper = flow_helper(flow->helpers, routine);
  if (helper == NULL || flow->phase != FLOW_LIVE)
    return LINK_NONE;
  /* Who calls itself, through any number of others, goes on in the same body. */
  uint32_t top = LINK_NONE;
  for (uint32_t body = flow->body; body != LINK_NONE; body = body_at(flow, body)->caller) {
    if (body_at(flow, body)->routine == routine)
      return body;
    top = body;
  }
  bool is_beyond = flow->n_body_rows > MAX_ROWS ||
                   (top != LINK_NONE && body_at(flow, top)->n_inside >= MAX_INSIDE);
  if (is_beyond)
    return LINK_NONE;
  if (top != LINK_NONE)
    body_at(flow, top)->n_inside++;
  return add_body(flow, routine, helper);
}

static uint64_t call_key(uint32_t left, uint32_t call)
{
  return (uint64_t)left << 32 | call;
}

uint32_t flow_body_of_call(struct flow *flow, uint32_t unit, uint32_t call, uint32_t routine)
{
  uint32_t body = choose_body(flow, routine);
  if (body != LINK_NONE && flow->body != LINK_NONE)
    id_map_put(&flow->chosen, call_key(flow->body, call), body);
  else if (body != LINK_NONE)
    id_map_put(&flow->chosen_by_common, call_key(unit, call), body);
  return body;
}

uint32_t flow_body_called(const struct flow *flow, uint32_t body, uint32_t unit, uint32_t call)
{
  return body != LINK_NONE ? id_map_get(&flow->chosen, call_key(body, call))
                           : id_map_get(&flow->chosen_by_common, call_key(unit, call));
}

/* ---- adding rows ---- */

static void add_rows(struct flow *flow, const struct flow_waiting *waiting)
{
  const struct flow_helper *helper = flow_helper(flow->helpers, waiting->routine);
  const struct link_unit *here = &flow->linkage->units[helper->unit];
  uint32_t present = flow->body, row = helper->row;
  flow->body = waiting->body;
  for (uint32_t i = here->first_edge[row]; i < here->first_edge[row + 1]; i++)
    flow_add_edge(flow, helper->unit, &here->unit->edges[here->edges_by_routine[i]]);
  for (uint32_t i = here->first_call[row]; i < here->first_call[row + 1]; i++)
    flow_add_call(flow, helper->unit, here->calls_by_routine[i]);
  flow->body = present;
}

void flow_add_bodies(struct flow *flow)
{
  flow_share(flow, true);
  for (guint i = 0; i < flow->waiting->len; i++) {
    struct flow_waiting waiting = g_array_index(flow->waiting, struct flow_waiting, i);
    add_rows(flow, &waiting);
  }
  flow_share(flow, false);
  g_array_set_size(flow->waiting, 0);
}

void flow_add_uncalled(struct flow *flow)
{
  for (uint32_t i = 0; i < flow->linkage->routines->len; i++) {
    if (flow_helper(flow->helpers, i) != NULL && id_map_get(&flow->first_bodies, i) == UINT32_MAX)
      flow_need_common(flow, i);
  }
  flow_add_bodies(flow);
}

/* ---- questions ---- */

/* What is asked about the rows of a helper is answered for all its bodies. */
static void join(struct flow *flow, uint32_t unit, uint32_t node)
{
  if (node == UNIT_NONE)
    return;
  uint32_t own = flow_place(flow, unit, node);
  uint64_t key = (uint64_t)unit << 32 | node;
  uint32_t joined = id_map_get(&flow->joined, key);
  if (joined == LINK_NONE) {
    joined = points_to_add_node(flow->solver);
    id_map_put(&flow->joined, key, joined);
    uint32_t present = flow->body;
    flow->body = LINK_NONE;
    points_to_add_copy(flow->solver, joined, flow_place(flow, unit, node));
    flow->body = present;
  }
  points_to_add_copy(flow->solver, joined, own);
}

static void join_rows(struct flow *flow, const struct flow_helper *helper)
{
  const struct link_unit *here = &flow->linkage->units[helper->unit];
  const struct unit *unit = here->unit;
  uint32_t row = helper->row;
  for (uint32_t i = here->first_call[row]; i < here->first_call[row + 1]; i++) {
    const struct unit_call *call = &unit->calls[here->calls_by_routine[i]];
    join(flow, helper->unit, call->pointer);
    for (uint32_t a = 0; a < call->n_arguments; a++)
      join(flow, helper->unit, unit->arguments[call->first_argument + a].node);
  }
  for (uint32_t i = here->first_access[row]; i < here->first_access[row + 1]; i++)
    join(flow, helper->unit, unit->accesses[here->accesses_by_routine[i]].node);
}

void flow_join_bodies(struct flow *flow)
{
  for (; flow->n_joined < flow->bodies->len; flow->n_joined++) {
    flow->body = flow->n_joined;
    join_rows(flow, flow_helper(flow->helpers, flow_present(flow)->routine));
  }
  flow->body = LINK_NONE;
  points_to_solve(flow->solver);
}

struct id_set flow_called(struct flow *flow, uint32_t unit, const struct unit_call *call)
{
  struct id_set routines = {0};
  g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  flow_add_nodes(flow, unit, call->caller, call->pointer, nodes);
  for (guint i = 0; i < nodes->len; i++) {
    struct id_set some = flow_routines(flow, g_array_index(nodes, uint32_t, i));
    id_set_merge(&routines, &some);
    id_set_clear(&some);
  }
  return routines;
}

void flow_list_bodies(const struct flow *flow, uint32_t unit, uint32_t row, GArray *bodies)
{
  uint32_t body = LINK_NONE;
  g_array_set_size(bodies, 1);
  g_array_index(bodies, uint32_t, 0) = body;
  if (!flow_is_helper_row(flow, unit, row))
    return;
  body = id_map_get(&flow->first_bodies, flow->linkage->units[unit].routines[row]);
  for (; body != LINK_NONE; body = body_at(flow, body)->next)
    g_array_append_val(bodies, body);
}

uint32_t flow_node(struct flow *flow, uint32_t unit, uint32_t node)
{
  if (node == UNIT_NONE)
    return LINK_NONE;
  uint32_t joined = id_map_get(&flow->joined, (uint64_t)unit << 32 | node);
  return joined != LINK_NONE ? joined : flow_place(flow, unit, node);
}

uint32_t flow_node_in(struct flow *flow, uint32_t body, uint32_t unit, uint32_t node)
{
  flow->body = body;
  uint32_t place = flow_place(flow, unit, node);
  flow->body = LINK_NONE;
  return place;
}

void flow_add_nodes(struct flow *flow, uint32_t unit, uint32_t row, uint32_t node, GArray *nodes)
{
  g_autoptr(GArray) bodies = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  flow_list_bodies(flow, unit, row, bodies);
  for (guint i = 0; i < bodies->len; i++) {
    uint32_t place = flow_node_in(flow, g_array_index(bodies, uint32_t, i), unit, node);
    g_array_append_val(nodes, place);
  }
}

void flow_free_bodies(struct flow *flow)
{
  for (guint i = 0; i < flow->bodies->len; i++) {
    g_free(body_at(flow, i)->nodes);
    g_free(body_at(flow, i)->objects);
  }
  g_array_unref(flow->bodies);
  g_array_unref(flow->waiting);
  id_map_clear(&flow->first_bodies);
  id_map_clear(&flow->common);
  id_map_clear(&flow->joined);
  id_map_clear(&flow->chosen);
  id_map_clear(&flow->chosen_by_common);
}
