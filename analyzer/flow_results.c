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
    if (result != UNIT_NONE && trace_node(&trace, result))
      summary = trace.summary;
  }
  flow_reserve_routines(flow);
  flow->summaries[routine] = summary;
  return summary;
}
