#include "analyzer/flow_parts.h"

#include <string.h>

/* ---- calls ---- */

static uint32_t argument_node(struct flow *flow, uint32_t unit, const struct unit_call *call,
                              int position)
{
  if (position < 0 || (uint32_t)position >= call->n_arguments)
    return LINK_NONE;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  return flow_place(flow, unit, from->arguments[call->first_argument + (uint32_t)position].node);
}

static uint32_t slot_node(struct flow *flow, const char *name)
{
  gpointer found = NULL;
  if (g_hash_table_lookup_extended(flow->slots, name, NULL, &found))
    return points_to_location(flow->solver, GPOINTER_TO_UINT(found), 0);
  struct flow_object object = {FLOW_SLOT, 0, 0, LINK_NONE, UNIT_NONE};
  uint32_t index = flow_add_object(flow, object, 1);
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
  struct flow_callback callback = {unit, row, model, node, flow->body};
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

struct lookup {
  struct flow *flow;
  uint32_t result;
};

static void add_found(void *context, uint32_t unit, uint32_t row)
{
  const struct lookup *lookup = context;
  struct flow *flow = lookup->flow;
  points_to_add_address(flow->solver, lookup->result,
                        flow_routine_object(flow, flow_resolve(flow, unit, row)), 0);
}

/* The routines that a literal names; what is put together can name any of a plug-in. */
static void add_named(struct flow *flow, const struct model *model, uint32_t unit,
                      const struct unit_call *call, uint32_t result)
{
  if (model->names == MODEL_NO_ARGUMENT || (uint32_t)model->names >= call->n_arguments)
    return;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  const struct unit_argument *argument =
      &from->arguments[call->first_argument + (uint32_t)model->names];
  bool is_literal = argument->kind == UNIT_ARGUMENT_STRING;
  struct lookup lookup = {flow, result};
  linkage_look_up(flow->linkage, flow->program,
                  is_literal ? unit_string(from, argument->text) : NULL, add_found, &lookup);
}

static void apply_model(struct flow *flow, const struct model *model, uint32_t unit, uint32_t row)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  if (!model_applies(flow, model, unit, call))
    return;
  uint32_t result = flow_place(flow, unit, call->result);
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

/* Where the arguments of a call go. */
struct entry {
  uint32_t routine;
  uint32_t body; /* LINK_NONE: the common one */
};

static uint32_t param_of(struct flow *flow, struct entry entry, uint32_t position)
{
  const struct link_routine *known = linkage_routine(flow->linkage, entry.routine);
  const struct unit *home = linkage_unit(flow->linkage, known->unit);
  const struct unit_routine *row = &home->routines[known->row];
  uint32_t present = flow->body;
  flow->body = entry.body;
  uint32_t node;
  if (position + 1 < row->n_params)
    node = flow_entrance(
        flow, entry.routine, position,
        flow_param_node(flow, known->unit, &home->params[row->first_param + position + 1]));
  else
    node = flow_lazy_node(flow, entry.body != LINK_NONE ? &flow_present(flow)->rest
                                                        : &flow->rests[entry.routine]);
  flow->body = present;
  return node;
}

static void bind_direct(struct flow *flow, uint32_t unit, const struct unit_call *call,
                        struct entry entry)
{
  if (entry.body == LINK_NONE)
    flow_routine_object(flow, entry.routine);
  for (uint32_t i = 0; i < call->n_arguments; i++) {
    uint32_t from = argument_node(flow, unit, call, (int)i);
    if (from == LINK_NONE)
      continue;
    points_to_add_copy(flow->solver, param_of(flow, entry, i), from);
    if (entry.body == LINK_NONE)
      flow_bind_guarded(flow, unit, call, entry.routine, i, from);
  }
}

static void add_heap(struct flow *flow, uint32_t unit, uint32_t row, const struct unit_call *call)
{
  uint32_t object = flow_object_of(flow, unit, call->heap);
  if (object != flow->raw_memory)
    g_array_index(flow->objects, struct flow_object, object).call = row;
  points_to_add_address(flow->solver, flow_place(flow, unit, call->result), object, 0);
}

bool flow_has_own_result(struct flow *flow, uint32_t routine, const struct unit_call *call)
{
  struct flow_summary summary = flow_summary_of(flow, routine);
  return summary.state == FLOW_SUMMARY_WHOLE && (!summary.is_fresh || call->heap != UNIT_NONE);
}

/* The result of a call of the tree's own routine: its own where the callee's summary allows. */
static void bind_result(struct flow *flow, uint32_t unit, uint32_t row, struct entry entry)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  uint32_t result = flow_place(flow, unit, call->result);
  if (!flow_has_own_result(flow, entry.routine, call)) {
    uint32_t *place = entry.body != LINK_NONE
                          ? &g_array_index(flow->bodies, struct flow_body, entry.body).result
                          : &flow->results[entry.routine];
    points_to_add_copy(flow->solver, result, flow_lazy_node(flow, place));
    return;
  }
  struct flow_summary summary = flow_summary_of(flow, entry.routine);
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

/* What an outside routine does when it is called. */
static void apply_outside(struct flow *flow, uint32_t unit, uint32_t row, uint32_t routine)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  if (call->heap != UNIT_NONE && flow_summary_of(flow, routine).is_fresh)
    add_heap(flow, unit, row, call);
  const GPtrArray *models = flow_models_of(flow, linkage_routine(flow->linkage, routine)->name);
  for (guint i = 0; i < models->len; i++)
    apply_model(flow, g_ptr_array_index(models, i), unit, row);
}

void flow_add_direct_call(struct flow *flow, uint32_t unit, uint32_t row)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  uint32_t routine = flow_resolve(flow, unit, call->callee);
  if (linkage_routine(flow->linkage, routine)->is_defined) {
    struct entry entry = {routine, flow_body_of_call(flow, unit, row, routine)};
    bind_direct(flow, unit, call, entry);
    if (call->result != UNIT_NONE)
      bind_result(flow, unit, row, entry);
    return;
  }
  apply_outside(flow, unit, row, routine);
}

void flow_add_call_through(struct flow *flow, uint32_t unit, uint32_t row, uint32_t pointer,
                           uint32_t own)
{
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  g_autofree uint32_t *arguments = g_new(uint32_t, MAX(call->n_arguments, 1));
  for (uint32_t i = 0; i < call->n_arguments; i++)
    arguments[i] =
        i < 32 && (own >> i & 1) != 0 ? LINK_NONE : argument_node(flow, unit, call, (int)i);
  points_to_add_call(
      flow->solver, pointer, arguments, call->n_arguments, flow_place(flow, unit, call->result),
      flow_shape_number(flow, unit_string(linkage_unit(flow->linkage, unit), call->shape)));
}

void flow_bind(struct flow *flow, uint32_t unit, uint32_t call, const struct id_set *routines)
{
  uint32_t pointer = points_to_add_node(flow->solver);
  for (uint32_t i = 0; i < routines->n; i++)
    points_to_add_address(flow->solver, pointer, flow_routine_object(flow, routines->ids[i]), 0);
  uint32_t caller = linkage_unit(flow->linkage, unit)->calls[call].caller;
  g_autoptr(GArray) bodies = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  flow_list_bodies(flow, unit, caller, bodies);
  for (guint i = 0; i < bodies->len; i++) {
    flow->body = g_array_index(bodies, uint32_t, i);
    flow_add_call_through(flow, unit, call, pointer, 0);
  }
  flow->body = LINK_NONE;
}

/* What an outside routine does when it is called through a pointer; true when that is new. */
static bool bind_outside(struct flow *flow, uint32_t unit, uint32_t row, uint32_t routine)
{
  uint64_t key = (uint64_t)unit << 44 | (uint64_t)(row & 0x3fffff) << 22 | (routine & 0x3fffff);
  if (linkage_routine(flow->linkage, routine)->is_defined ||
      !id_map_put_new(&flow->outside, key, 1))
    return false;
  const struct unit_call *call = &linkage_unit(flow->linkage, unit)->calls[row];
  g_autoptr(GArray) bodies = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  flow_list_bodies(flow, unit, call->caller, bodies);
  for (guint i = 0; i < bodies->len; i++) {
    flow->body = g_array_index(bodies, uint32_t, i);
    apply_outside(flow, unit, row, routine);
  }
  flow->body = LINK_NONE;
  return true;
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
      struct id_set targets = flow_called(flow, index, call);
      for (uint32_t t = 0; t < targets.n; t++)
        is_any |= bind_outside(flow, index, c, targets.ids[t]);
      id_set_clear(&targets);
    }
  }
  return is_any;
}

void flow_solve(struct flow *flow)
{
  flow_add_bodies(flow);
  do {
    points_to_solve(flow->solver);
    flow_name_objects(flow, points_to_n_objects(flow->solver));
  } while (bind_outside_calls(flow));
  flow_join_bodies(flow);
}
