#include "analyzer/flow_parts.h"

/* Calls of routines that a record carries, with the record or what lies in it: "o->run(o, o->data)"
 * binds the data of each object to its own routines only. */

#define ARGUMENT_LIMIT 32

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
  struct points_to_argument own = {.kind = POINTS_TO_FOREIGN, .node = POINTS_TO_NONE};
  if (argument->node == UNIT_NONE)
    return own;
  uint32_t load = flow_load_of(flow, unit, argument->node);
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
  struct points_to_argument arguments[ARGUMENT_LIMIT];
  struct points_to_step steps[2] = {0};
  uint32_t node = call->pointer, load = flow_load_of(flow, unit, node);
  for (uint32_t n = 1; n <= G_N_ELEMENTS(steps) && load != UNIT_NONE; n++) {
    steps[1] = steps[0];
    steps[0] = step_of(flow, unit, load);
    node = from->edges[load].from;
    load = flow_load_of(flow, unit, node);
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
