#include "analyzer/flow_parts.h"

#include "analyzer/guards.h"

/* Parameters that are stored under a condition over another one: "if (mask & READABLE) e->read =
 * run;". What a direct call with constants hands over goes only where they lead; what comes through
 * a pointer goes everywhere. */

struct flow_guarded {
  uint32_t next;     /* of the same routine */
  uint32_t position; /* from 0 */
  uint32_t guard;
  uint32_t node; /* solver node: what the parameter may be behind the guard */
};

static const struct flow_guarded *guarded_at(const struct flow *flow, uint32_t index)
{
  return &g_array_index(flow->guarded, struct flow_guarded, index);
}

/* The routine whose parameter an edge stores, and the parameter's position from 0; LINK_NONE for
 * any other edge. */
static uint32_t stored_param(const struct flow *flow, uint32_t unit, const struct unit_edge *edge,
                             uint32_t *position)
{
  const struct link_unit *here = &flow->linkage->units[unit];
  if (edge->guard == UNIT_NONE || edge->routine == UNIT_NONE ||
      (edge->kind != UNIT_EDGE_STORE && edge->kind != UNIT_EDGE_COPY))
    return LINK_NONE;
  const struct unit_node *from = &here->unit->nodes[edge->from];
  uint32_t routine = here->routines[edge->routine];
  if (from->kind != UNIT_NODE_OBJECT || from->path != 0 || routine == LINK_NONE ||
      here->unit->objects[from->index].routine != edge->routine)
    return LINK_NONE;
  const struct link_routine *known = linkage_routine(flow->linkage, routine);
  uint32_t param = guards_param(here->unit, edge->routine, from->index);
  if (param == 0 || known->unit != unit || known->row != edge->routine ||
      flow_helper(flow->helpers, routine) != NULL ||
      freed_is_param(flow->freed, routine, param - 1))
    return LINK_NONE;
  *position = param - 1;
  return routine;
}

static uint32_t find(const struct flow *flow, uint32_t routine, uint32_t position, uint32_t guard)
{
  uint32_t at = id_map_get(&flow->first_guarded, routine);
  while (at != LINK_NONE &&
         (guarded_at(flow, at)->position != position || guarded_at(flow, at)->guard != guard))
    at = guarded_at(flow, at)->next;
  return at;
}

void flow_find_guarded(struct flow *flow, uint32_t index)
{
  const struct unit *unit = linkage_unit(flow->linkage, index);
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    uint32_t position = 0;
    uint32_t routine = stored_param(flow, index, &unit->edges[i], &position);
    if (routine == LINK_NONE || find(flow, routine, position, unit->edges[i].guard) != LINK_NONE)
      continue;
    struct flow_guarded guarded = {id_map_get(&flow->first_guarded, routine), position,
                                   unit->edges[i].guard, points_to_add_node(flow->solver)};
    id_map_put(&flow->first_guarded, routine, flow->guarded->len);
    g_array_append_val(flow->guarded, guarded);
  }
}

uint32_t flow_guarded_source(struct flow *flow, uint32_t unit, const struct unit_edge *edge)
{
  uint32_t position = 0, routine = stored_param(flow, unit, edge, &position);
  uint32_t at = routine == LINK_NONE ? LINK_NONE : find(flow, routine, position, edge->guard);
  return at == LINK_NONE ? flow_place(flow, unit, edge->from) : guarded_at(flow, at)->node;
}

void flow_bind_guarded(struct flow *flow, uint32_t unit, const struct unit_call *call,
                       uint32_t routine, uint32_t position, uint32_t from)
{
  uint32_t home = linkage_routine(flow->linkage, routine)->unit;
  for (uint32_t at = id_map_get(&flow->first_guarded, routine); at != LINK_NONE;
       at = guarded_at(flow, at)->next) {
    const struct flow_guarded *guarded = guarded_at(flow, at);
    if (guarded->position == position &&
        !guards_skip(linkage_unit(flow->linkage, home), guarded->guard,
                     linkage_unit(flow->linkage, unit), call))
      points_to_add_copy(flow->solver, guarded->node, from);
  }
}

uint32_t flow_open_entrance(struct flow *flow, uint32_t routine, uint32_t position, uint32_t node)
{
  uint32_t open = LINK_NONE;
  for (uint32_t at = id_map_get(&flow->first_guarded, routine); at != LINK_NONE;
       at = guarded_at(flow, at)->next) {
    if (guarded_at(flow, at)->position != position)
      continue;
    if (open == LINK_NONE) {
      open = points_to_add_node(flow->solver);
      points_to_add_copy(flow->solver, node, open);
    }
    points_to_add_copy(flow->solver, guarded_at(flow, at)->node, open);
  }
  return open != LINK_NONE ? open : node;
}

void flow_free_guarded(struct flow *flow)
{
  g_array_unref(flow->guarded);
  id_map_clear(&flow->first_guarded);
}

void flow_start_guarded(struct flow *flow)
{
  flow->guarded = g_array_new(FALSE, FALSE, sizeof(struct flow_guarded));
}
