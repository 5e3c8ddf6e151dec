#include "analyzer/calls_parts.h"

/* A call for the later steps, in one body of its caller. */
static void note_call(struct call_search *search, uint32_t body, const struct found_call *call)
{
  struct found_call found = *call;
  found.program = search->program;
  found.caller_body = body;
  found.callee_body = found.kind == CALL_DIRECT
                          ? flow_body_called(search->flow, body, call->unit, call->call)
                          : LINK_NONE;
  g_array_append_val(search->findings->found_calls, found);
}

/* The same in all bodies; of a call through a pointer, in those where the pointer holds the
 * routine, unless that is not how it was found. */
static void note_in_bodies(struct call_search *search, const struct found_call *call)
{
  struct flow *flow = search->flow;
  const struct unit_call *row = &linkage_unit(flow->linkage, call->unit)->calls[call->call];
  GArray *bodies = search->bodies;
  flow_list_bodies(flow, call->unit, row->caller, bodies);
  uint32_t location = call->kind == CALL_INDIRECT && row->pointer != UNIT_NONE
                          ? flow_routine_location(flow, call->callee)
                          : LINK_NONE;
  guint n_before = search->findings->found_calls->len;
  for (guint i = 0; i < bodies->len && bodies->len > 1 && location != LINK_NONE; i++) {
    uint32_t body = g_array_index(bodies, uint32_t, i);
    if (points_to_holds(flow->solver, flow_node_in(flow, body, call->unit, row->pointer), location))
      note_call(search, body, call);
  }
  if (search->findings->found_calls->len != n_before)
    return;
  for (guint i = 0; i < bodies->len; i++)
    note_call(search, g_array_index(bodies, uint32_t, i), call);
}

static void add_target(struct call_search *search, int64_t site, uint32_t caller, uint32_t callee,
                       uint32_t unit, uint32_t call, enum call_kind kind, const char *tier,
                       uint32_t node)
{
  const struct unit *from = linkage_unit(search->findings->linkage, unit);
  const struct unit *witness_unit = NULL;
  const struct unit_edge *witness = calls_witness_of(
      search, callee, node, findings_file(from, from->calls[call].file), &witness_unit);
  calls_add_row(search, site, caller, callee, unit, call, kind, tier,
                witness != NULL ? findings_file(witness_unit, witness->file) : "",
                witness != NULL ? witness->line : 0);
}

/* Adds the targets of a call through a pointer; true when there can be no other. */
static bool add_indirect(struct call_search *search, int64_t site, uint32_t caller, uint32_t unit,
                         uint32_t row)
{
  const struct unit_call *call = &linkage_unit(search->findings->linkage, unit)->calls[row];
  struct call_targets targets = calls_targets_of(search, unit, row);
  uint32_t node = flow_node(search->flow, unit, call->pointer);
  for (uint32_t i = 0; i < targets.routines.n; i++) {
    uint32_t callee = targets.routines.ids[i];
    add_target(search, site, caller, callee, unit, row, CALL_INDIRECT, targets.tier, node);
    note_in_bodies(search, &(struct found_call){.caller = caller,
                                                .callee = callee,
                                                .unit = unit,
                                                .call = row,
                                                .kind = CALL_INDIRECT,
                                                .tier = targets.tier});
  }
  id_set_clear(&targets.routines);
  return targets.is_complete;
}

/* What an ifunc may be, beside the name that is called. */
static void add_resolved(struct call_search *search, int64_t site, uint32_t caller, uint32_t unit,
                         uint32_t row)
{
  const struct unit *from = linkage_unit(search->findings->linkage, unit);
  uint32_t node = flow_resolver(search->flow, unit, from->calls[row].callee);
  struct id_set targets = flow_routines(search->flow, node);
  for (uint32_t i = 0; i < targets.n; i++) {
    add_target(search, site, caller, targets.ids[i], unit, row, CALL_INDIRECT, "flow", node);
    note_in_bodies(search, &(struct found_call){.caller = caller,
                                                .callee = targets.ids[i],
                                                .unit = unit,
                                                .call = row,
                                                .kind = CALL_INDIRECT,
                                                .tier = "flow"});
  }
  id_set_clear(&targets);
}

static void add_call(struct call_search *search, uint32_t unit, uint32_t row)
{
  struct linkage *linkage = search->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_call *call = &from->calls[row];
  uint32_t caller = findings_routine(linkage, unit, call->caller);
  if (caller == LINK_NONE || (call->flags & UNIT_CALL_BUILTIN) != 0)
    return;
  int64_t site = findings_site(linkage, unit, row);
  for (uint32_t i = 0; i < call->n_arguments; i++)
    calls_add_argument(search, site, from, &from->arguments[call->first_argument + i]);
  if (call->callee == UNIT_NONE) {
    bool is_complete = add_indirect(search, site, caller, unit, row);
    calls_add_site(search, site, caller, from, call, is_complete);
    return;
  }
  calls_add_site(search, site, caller, from, call, true);
  uint32_t callee = linkage_resolve_routine(linkage, search->flow->program, unit, call->callee);
  calls_add_row(search, site, caller, callee, unit, row, CALL_DIRECT, "direct",
                findings_file(from, call->file), call->line);
  note_in_bodies(search, &(struct found_call){.caller = caller,
                                              .callee = callee,
                                              .unit = unit,
                                              .call = row,
                                              .kind = CALL_DIRECT,
                                              .tier = "direct"});
  add_resolved(search, site, caller, unit, row);
}

/* Calls from which outside routines run callbacks that were handed over before. */
static void add_invokers(struct call_search *search, const struct pattern *invoked_by,
                         uint32_t callee, uint32_t node)
{
  struct linkage *linkage = search->findings->linkage;
  const struct link_program *program = search->flow->program;
  for (guint i = 0; i < program->units->len; i++) {
    uint32_t index = g_array_index(program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(linkage, index);
    for (uint32_t c = 0; c < unit->n_calls; c++) {
      const struct unit_call *call = &unit->calls[c];
      uint32_t caller = findings_routine(linkage, index, call->caller);
      if (call->callee == UNIT_NONE || caller == LINK_NONE ||
          !pattern_matches(invoked_by, unit_string(unit, unit->routines[call->callee].name)))
        continue;
      add_target(search, findings_site(linkage, index, c), caller, callee, index, c, CALL_CALLBACK,
                 "model", node);
      note_in_bodies(search, &(struct found_call){.caller = caller,
                                                  .callee = callee,
                                                  .unit = index,
                                                  .call = c,
                                                  .kind = CALL_CALLBACK,
                                                  .tier = "model"});
    }
  }
}

static void add_callbacks(struct call_search *search)
{
  struct linkage *linkage = search->findings->linkage;
  for (guint i = 0; i < search->flow->callbacks->len; i++) {
    const struct flow_callback *callback =
        &g_array_index(search->flow->callbacks, struct flow_callback, i);
    const struct unit_call *call = &linkage_unit(linkage, callback->unit)->calls[callback->call];
    uint32_t caller = findings_routine(linkage, callback->unit, call->caller);
    if (!flow_looks_at(search->flow, callback->unit, call->caller))
      continue;
    struct id_set targets = flow_callback_routines(search->flow, callback);
    for (uint32_t t = 0; t < targets.n && caller != LINK_NONE; t++) {
      int64_t site = findings_site(linkage, callback->unit, callback->call);
      add_target(search, site, caller, targets.ids[t], callback->unit, callback->call,
                 CALL_CALLBACK, "model", callback->node);
      bool is_later = callback->model->is_detached || callback->model->invoked_by != NULL;
      note_call(search, callback->body,
                &(struct found_call){.caller = caller,
                                     .callee = targets.ids[t],
                                     .unit = callback->unit,
                                     .call = callback->call,
                                     .kind = CALL_CALLBACK,
                                     .tier = "model",
                                     .is_later = is_later});
      if (callback->model->invoked_by != NULL)
        add_invokers(search, callback->model->invoked_by, targets.ids[t], callback->node);
    }
    id_set_clear(&targets);
  }
}

void calls_find(struct findings *findings, struct flow *flow)
{
  struct call_search search = {
      .findings = findings,
      .program = flow->program->number,
      .flow = flow,
      .bodies = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
  };
  search.slots = slots_new(flow);
  if (flow->phase == FLOW_LIVE)
    calls_reserve_rows(findings, flow);
  calls_start_witnesses(&search);
  calls_bind_fallbacks(&search);
  for (guint i = 0; i < flow->program->units->len; i++) {
    uint32_t index = g_array_index(flow->program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(findings->linkage, index);
    for (uint32_t c = 0; c < unit->n_calls; c++) {
      if (flow_looks_at(flow, index, unit->calls[c].caller))
        add_call(&search, index, c);
    }
  }
  add_callbacks(&search);
  slots_free(search.slots);
  g_array_unref(search.bodies);
  calls_free_fields(&search);
  calls_free_witnesses(&search);
}
