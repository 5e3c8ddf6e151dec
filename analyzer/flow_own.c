#include "analyzer/flow_parts.h"

#include <string.h>

/* Calls of routines that a record carries, with the record or what lies in it: "o->run(o, o->data)"
 * binds the data of each object to its own routines only. */

#define ARGUMENT_LIMIT 32

/* By node of a unit: the load that alone fills it, or UNIT_NONE. */
static const uint32_t *loads_of(struct flow *flow, uint32_t index)
{
  if (flow->loads[index] != NULL)
    return flow->loads[index];
  const struct unit *unit = linkage_unit(flow->linkage, index);
  uint32_t *loads = g_new(uint32_t, MAX(unit->n_nodes, 1));
  g_autofree uint8_t *n = g_new0(uint8_t, MAX(unit->n_nodes, 1));
  memset(loads, 0xff, MAX(unit->n_nodes, 1) * sizeof *loads);
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    const struct unit_edge *edge = &unit->edges[i];
    if (edge->kind == UNIT_EDGE_STORE || edge->kind == UNIT_EDGE_RECORD)
      continue;
    bool is_first = n[edge->to] == 0;
    n[edge->to] = 1;
    bool is_load =
        is_first && edge->kind == UNIT_EDGE_LOAD && unit->nodes[edge->to].kind == UNIT_NODE_TEMP;
    loads[edge->to] = is_load ? i : UNIT_NONE;
  }
  for (uint32_t i = 0; i < unit->n_calls; i++) {
    if (unit->calls[i].result != UNIT_NONE)
      loads[unit->calls[i].result] = UNIT_NONE;
  }
  flow->loads[index] = loads;
  return loads;
}

void flow_free_loads(struct flow *flow)
{
  for (uint32_t i = 0; i < flow->linkage->n_units; i++)
    g_free(flow->loads[i]);
  g_free(flow->loads);
}

static struct points_to_step step_of(const struct flow *flow, uint32_t unit, uint32_t load)
{
  const struct link_unit *here = &flow->linkage->units[unit];
  uint32_t path = here->unit->edges[load].path;
  return (struct points_to_step){here->path_offsets[path], here->path_types[path] + 1};
}

/* What an argument is to the record that a node points to. */
static struct points_to_argument own_argument(struct flow *flow, uint32_t unit, uint32_t base,
                                              const struct unit_argument *argument)
{
  const uint32_t *loads = loads_of(flow, unit);
  struct points_to_argument own = {.kind = POINTS_TO_FOREIGN, .node = POINTS_TO_NONE};
  if (argument->node == UNIT_NONE)
    return own;
  uint32_t load = loads[argument->node];
  if (argument->node == base) {
    own.kind = POINTS_TO_SELF;
  } else if (load != UNIT_NONE && flow->linkage->units[unit].unit->edges[load].from == base) {
    own.kind = POINTS_TO_FIELD;
    own.step = step_of(flow, unit, load);
  }
  if (own.kind != POINTS_TO_FOREIGN)
    own.node = flow_place(flow, unit, argument->node);
  return own;
}

/* The arguments that come from what a node points to, bit i for argument i. */
static uint32_t own_arguments(struct flow *flow, uint32_t unit, const struct unit_call *call,
                              uint32_t base, struct points_to_argument *arguments)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  uint32_t own = 0;
  for (uint32_t i = 0; i < call->n_arguments; i++) {
    arguments[i] = own_argument(flow, unit, base, &from->arguments[call->first_argument + i]);
    own |= (uint32_t)(arguments[i].kind != POINTS_TO_FOREIGN) << i;
  }
  return own;
}

uint32_t flow_add_own_call(struct flow *flow, uint32_t unit, uint32_t row, uint32_t pointer)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  const struct unit_call *call = &from->calls[row];
  if (call->pointer == UNIT_NONE || call->n_arguments == 0 || call->n_arguments > ARGUMENT_LIMIT)
    return 0;
  const uint32_t *loads = loads_of(flow, unit);
  struct points_to_argument arguments[ARGUMENT_LIMIT];
  struct points_to_step steps[2] = {0};
  uint32_t node = call->pointer;
  for (uint32_t n = 1; n <= G_N_ELEMENTS(steps) && loads[node] != UNIT_NONE; n++) {
    steps[1] = steps[0];
    steps[0] = step_of(flow, unit, loads[node]);
    node = from->edges[loads[node]].from;
    uint32_t own = own_arguments(flow, unit, call, node, arguments);
    if (own == 0)
      continue;
    points_to_add_own_call(flow->solver, pointer, flow_place(flow, unit, node), steps, n, arguments,
                           call->n_arguments,
                           flow_shape_number(flow, unit_string(from, call->shape)));
    return own;
  }
  return 0;
}
