#include "analyzer/flow_parts.h"

const GPtrArray *flow_models_of(struct flow *flow, const char *name)
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
  const GPtrArray *models = flow_models_of(flow, name);
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
      flow_summary_of(trace->flow, flow_resolve(trace->flow, trace->unit, call->callee));
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

static bool is_seen(const struct trace *trace, uint32_t node)
{
  return node != UNIT_NONE && g_hash_table_contains(trace->seen, GUINT_TO_POINTER(node));
}

/* Whether a call may put something into memory that it is handed, or put it somewhere. */
static bool call_touches(struct trace *trace, const struct unit_call *call)
{
  const struct unit *from = linkage_unit(trace->flow->linkage, trace->unit);
  bool is_handed = false;
  for (uint32_t i = 0; i < call->n_arguments && !is_handed; i++)
    is_handed = is_seen(trace, from->arguments[call->first_argument + i].node);
  if (!is_handed || call->callee == UNIT_NONE)
    return is_handed;
  uint32_t callee = flow_resolve(trace->flow, trace->unit, call->callee);
  const struct link_routine known = *linkage_routine(trace->flow->linkage, callee);
  if (!known.is_defined) {
    const GPtrArray *models = flow_models_of(trace->flow, known.name);
    bool is_any = false;
    for (guint i = 0; i < models->len && !is_any; i++) {
      const struct model *model = g_ptr_array_index(models, i);
      is_any = model->keep_slot != NULL || model->fill_slot != NULL ||
               model->copy_to != MODEL_NO_ARGUMENT || model->callback != MODEL_NO_ARGUMENT;
    }
    return is_any;
  }
  /* What passes it through only is part of the trace, and what is freed is not returned. */
  struct flow_summary summary = flow_summary_of(trace->flow, callee);
  const struct unit *home = linkage_unit(trace->flow->linkage, known.unit);
  const struct unit_routine *row = &home->routines[known.row];
  const uint32_t touching = UNIT_USE_WRITTEN | UNIT_USE_KEPT | UNIT_USE_PASSED;
  for (uint32_t i = 0; i < call->n_arguments; i++) {
    bool is_passed =
        freed_is_param(trace->flow->freed, callee, i) ||
        (i < 32 && summary.state == FLOW_SUMMARY_WHOLE && (summary.params >> i & 1) != 0);
    if (is_passed || !is_seen(trace, from->arguments[call->first_argument + i].node))
      continue;
    if (i + 1 >= row->n_params || (home->params[row->first_param + i + 1].uses & touching) != 0)
      return true;
  }
  return false;
}

/* Whether pointers are put into the memory that a routine returns, or it somewhere else, before its
 * caller has it. */
static bool is_touched(struct trace *trace)
{
  const struct link_unit *here = &trace->flow->linkage->units[trace->unit];
  uint32_t row = trace->routine;
  for (uint32_t i = here->first_edge[row]; i < here->first_edge[row + 1]; i++) {
    const struct unit_edge *edge = &here->unit->edges[here->edges_by_routine[i]];
    bool is_transfer = edge->kind == UNIT_EDGE_STORE || edge->kind == UNIT_EDGE_RECORD;
    if (is_transfer && (is_seen(trace, edge->to) || is_seen(trace, edge->from)))
      return true;
    bool is_named = edge->kind == UNIT_EDGE_COPY && is_seen(trace, edge->from) &&
                    !is_seen(trace, edge->to) &&
                    here->unit->nodes[edge->to].kind == UNIT_NODE_OBJECT;
    if (is_named)
      return true;
  }
  for (uint32_t i = here->first_call[row]; i < here->first_call[row + 1]; i++) {
    if (call_touches(trace, &here->unit->calls[here->calls_by_routine[i]]))
      return true;
  }
  return false;
}

/* What a routine returns, when that is only memory that it has just allocated and parameters that
 * it passes through: then every call has a result of its own. */
struct flow_summary flow_summary_of(struct flow *flow, uint32_t routine)
{
  flow_reserve_routines(flow);
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
    if (result != UNIT_NONE && trace_node(&trace, result) &&
        !(trace.summary.is_fresh && is_touched(&trace)))
      summary = trace.summary;
  }
  flow_reserve_routines(flow);
  flow->summaries[routine] = summary;
  return summary;
}
