#include "analyzer/flow_parts.h"

#include <string.h>

/* What fills the value of an expression. Most have one source only, and then the same one that
 * others have: "p->next" is read again and again. Such values share a node of the solver from the
 * start, which is what Rountev and Chandra (PLDI 2000) call variable substitution and Hardekopf and
 * Lin (SAS 2007) value numbering: nodes that surely hold the same are one. */

/* Values that are looked through one inside the other; what lies deeper gets a node. */
enum { MAX_DEPTH = 64 };

const uint32_t *flow_sources(struct flow *flow, uint32_t index)
{
  if (flow->sources[index] != NULL)
    return flow->sources[index];
  const struct unit *unit = linkage_unit(flow->linkage, index);
  uint32_t *sources = g_new(uint32_t, MAX(unit->n_nodes, 1));
  g_autofree uint8_t *is_filled = g_new0(uint8_t, MAX(unit->n_nodes, 1));
  memset(sources, 0xff, MAX(unit->n_nodes, 1) * sizeof *sources);
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    const struct unit_edge *edge = &unit->edges[i];
    if (edge->kind == UNIT_EDGE_STORE || edge->kind == UNIT_EDGE_RECORD ||
        unit->nodes[edge->to].kind != UNIT_NODE_TEMP)
      continue;
    sources[edge->to] = is_filled[edge->to] ? UNIT_NONE : i;
    is_filled[edge->to] = 1;
  }
  for (uint32_t i = 0; i < unit->n_calls; i++) {
    uint32_t result = unit->calls[i].result;
    if (result == UNIT_NONE || unit->nodes[result].kind != UNIT_NODE_TEMP)
      continue;
    sources[result] = is_filled[result] ? UNIT_NONE : unit->n_edges + i;
    is_filled[result] = 1;
  }
  flow->sources[index] = sources;
  return sources;
}

void flow_free_sources(struct flow *flow)
{
  for (uint32_t i = 0; i < flow->linkage->n_units; i++)
    g_free(flow->sources[i]);
  g_free(flow->sources);
}

uint32_t flow_load_of(struct flow *flow, uint32_t unit, uint32_t node)
{
  const struct unit *from = linkage_unit(flow->linkage, unit);
  uint32_t source = flow_sources(flow, unit)[node];
  return source < from->n_edges && from->edges[source].kind == UNIT_EDGE_LOAD ? source : UNIT_NONE;
}

/* ---- shared nodes ---- */

void flow_share(struct flow *flow, bool is_sharing)
{
  flow->depth = is_sharing ? MAX_DEPTH : 0;
}

static uint32_t place_of_edge(struct flow *flow, uint32_t unit, const struct unit_edge *edge)
{
  const struct link_unit *here = &flow->linkage->units[unit];
  uint32_t offset = here->path_offsets[edge->path];
  uint32_t object;
  if (!flow_takes_edge(flow, unit, edge))
    return LINK_NONE;
  switch (edge->kind) {
  case UNIT_EDGE_COPY:
    return flow_guarded_source(flow, unit, edge);
  case UNIT_EDGE_LOAD:
    return points_to_loaded(flow->solver, flow_place(flow, unit, edge->from), offset,
                            here->path_types[edge->path] + 1, flow_loaded_target(flow, unit, edge));
  case UNIT_EDGE_ADDRESS:
    object = flow_object_of(flow, unit, edge->from);
    return object == LINK_NONE ? LINK_NONE : points_to_addressed(flow->solver, object, offset);
  default:
    return LINK_NONE;
  }
}

/* The result of a call is that of its routine, where all calls have the same one. */
static uint32_t place_of_call(struct flow *flow, uint32_t unit, const struct unit_call *call)
{
  if (call->callee == UNIT_NONE || !flow_looks_at(flow, unit, call->caller) ||
      flow_resolver(flow, unit, call->callee) != LINK_NONE)
    return LINK_NONE;
  uint32_t routine = flow_resolve(flow, unit, call->callee);
  if (!linkage_routine(flow->linkage, routine)->is_defined ||
      flow_helper(flow->helpers, routine) != NULL || flow_has_own_result(flow, routine, call))
    return LINK_NONE;
  return flow_lazy_node(flow, &flow->results[routine]);
}

uint32_t flow_shared_place(struct flow *flow, uint32_t unit, uint32_t node)
{
  if (flow->depth == 0)
    return LINK_NONE;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  uint32_t source = flow_sources(flow, unit)[node];
  if (source == UNIT_NONE)
    return LINK_NONE;
  flow->depth--;
  uint32_t place = source < from->n_edges
                       ? place_of_edge(flow, unit, &from->edges[source])
                       : place_of_call(flow, unit, &from->calls[source - from->n_edges]);
  flow->depth++;
  return place;
}
