#include "analyzer/flow_helpers.h"

#include "analyzer/flow_containers.h"
#include "analyzer/flow_parts.h"

/* Bits of what a node may hold: parameter i from 0, and memory that the body allocates. */
enum { MAX_PARAMS = 31, MAX_OWN = 40, MAX_RANGE = 4096, MAX_TREE = 300 };
#define IS_FRESH (UINT32_C(1) << MAX_PARAMS)
#define PARAMS (IS_FRESH - 1)

/* What a node holds as it came, and what was read from the memory behind that. */
struct origin {
  uint32_t exact, once, twice;
};

struct body {
  struct flow_helper helper;
  bool is_candidate;
  bool is_helper;
  bool is_maker;   /* returns such memory, made here */
  uint32_t bases;  /* parameters whose memory matters */
  uint32_t n_rows; /* with those of the helpers that it calls; 0 where that is not known yet */
  bool is_measured;
  bool is_ranged;   /* the helper's range of nodes is known */
  uint32_t callers; /* first of the list of routines that call it, see struct mention */
  bool is_waiting;
};

struct mention {
  uint32_t next;
  uint32_t routine;
};

struct flow_helpers {
  struct flow *flow;
  struct body *bodies; /* by link routine */
  uint32_t n;
  GArray *mentions;
  struct flow_containers *containers;
  bool is_counted;                   /* the places where containers are made are known */
  const struct flow_helper *current; /* the body that is looked at */
  struct origin *nodes;              /* of its unit; those of its range are valid */
  uint32_t n_nodes;
};

/* Whether a value of these flags, with this record behind it, matters. */
static bool is_carrier(struct flow_helpers *helpers, uint32_t unit, uint32_t flags, uint32_t record)
{
  if ((flags & UNIT_VALUE_ROUTINE_POINTER) != 0)
    return true;
  return (flags & (UNIT_VALUE_POINTER | UNIT_VALUE_RECORD)) != 0 &&
         flow_containers_may_be(helpers->containers,
                                linkage_record(helpers->flow->linkage, unit, record));
}

/* ---- one body ---- */

static bool is_inside(const struct flow_helpers *helpers, uint32_t node)
{
  return node != UNIT_NONE && node >= helpers->current->first_node &&
         node - helpers->current->first_node < helpers->current->n_nodes;
}

static struct origin origin_of(const struct flow_helpers *helpers, uint32_t node)
{
  return is_inside(helpers, node) ? helpers->nodes[node] : (struct origin){0, 0, 0};
}

static bool add_origin(struct flow_helpers *helpers, uint32_t node, struct origin origin)
{
  if (!is_inside(helpers, node))
    return false;
  struct origin *known = &helpers->nodes[node];
  bool is_new = (origin.exact & ~known->exact) != 0 || (origin.once & ~known->once) != 0 ||
                (origin.twice & ~known->twice) != 0;
  known->exact |= origin.exact;
  known->once |= origin.once;
  known->twice |= origin.twice;
  return is_new;
}

static uint32_t any_of(struct origin origin)
{
  return origin.exact | origin.once | origin.twice;
}

static bool pass_edge(struct flow_helpers *helpers, const struct unit_edge *edge)
{
  struct origin from = {0, 0, 0};
  if (edge->kind != UNIT_EDGE_ADDRESS && edge->kind != UNIT_EDGE_ROUTINE)
    from = origin_of(helpers, edge->from);
  switch (edge->kind) {
  case UNIT_EDGE_COPY:
  case UNIT_EDGE_FIELD:
  case UNIT_EDGE_CONTAINER:
  case UNIT_EDGE_BYTES:
    return add_origin(helpers, edge->to, from);
  case UNIT_EDGE_LOAD:
    return add_origin(helpers, edge->to, (struct origin){0, from.exact, from.once});
  default:
    return false;
  }
}

static const struct unit_argument *argument_at(const struct unit *unit,
                                               const struct unit_call *call, uint32_t i)
{
  return &unit->arguments[call->first_argument + i];
}

static uint32_t callee_of(struct flow_helpers *helpers, uint32_t unit, const struct unit_call *call)
{
  if (call->callee == UNIT_NONE)
    return LINK_NONE;
  uint32_t routine = flow_resolve(helpers->flow, unit, call->callee);
  return routine < helpers->n ? routine : LINK_NONE;
}

/* Where the result of a call comes from. */
static bool pass_call(struct flow_helpers *helpers, uint32_t unit, const struct unit_call *call)
{
  struct flow *flow = helpers->flow;
  const struct unit *from = linkage_unit(flow->linkage, unit);
  uint32_t callee = callee_of(helpers, unit, call);
  if (callee == LINK_NONE || call->result == UNIT_NONE)
    return false;
  struct flow_summary summary = flow_summary_of(flow, callee);
  struct origin result = {0, 0, 0};
  bool is_made = call->heap != UNIT_NONE && summary.is_fresh &&
                 flow_containers_has(helpers->containers, flow_record_of(flow, unit, call->heap));
  if (is_made || helpers->bodies[callee].is_maker)
    result.exact |= IS_FRESH;
  for (uint32_t i = 0; i < call->n_arguments && i < MAX_PARAMS; i++) {
    struct origin origin = origin_of(helpers, argument_at(from, call, i)->node);
    if ((summary.params >> i & 1) != 0) {
      result.exact |= origin.exact;
      result.once |= origin.once;
      result.twice |= origin.twice;
    }
    if ((helpers->bodies[callee].bases >> i & 1) != 0)
      result.once |= origin.exact;
  }
  return add_origin(helpers, call->result, result);
}

/* The parameters that are pointers to records that matter, or routines. */
static uint32_t carriers_of(struct flow_helpers *helpers, uint32_t unit,
                            const struct unit_routine *row)
{
  const struct unit *from = linkage_unit(helpers->flow->linkage, unit);
  uint32_t carriers = 0;
  if (!helpers->is_counted)
    return 0;
  for (uint32_t i = 1; i < row->n_params && i <= MAX_PARAMS; i++) {
    const struct unit_param *param = &from->params[row->first_param + i];
    if ((param->flags & UNIT_VALUE_POINTER) != 0 &&
        flow_containers_has(helpers->containers,
                            linkage_record(helpers->flow->linkage, unit, param->record)))
      carriers |= UINT32_C(1) << (i - 1);
  }
  return carriers;
}

static void start_origins(struct flow_helpers *helpers, const struct unit *unit,
                          const struct flow_helper *helper)
{
  helpers->current = helper;
  if (helpers->n_nodes < unit->n_nodes) {
    helpers->n_nodes = unit->n_nodes;
    helpers->nodes = g_renew(struct origin, helpers->nodes, helpers->n_nodes);
  }
  for (uint32_t i = 0; i < helper->n_nodes; i++) {
    struct origin *origin = &helpers->nodes[helper->first_node + i];
    *origin = (struct origin){0, 0, 0};
    const struct unit_node *node = &unit->nodes[helper->first_node + i];
    if (node->kind != UNIT_NODE_OBJECT || node->path != 0)
      continue;
    const struct unit_object *object = &unit->objects[node->index];
    bool is_param = object->kind == UNIT_OBJECT_PARAM && object->routine == helper->row &&
                    object->position != 0 && object->position <= MAX_PARAMS;
    if (is_param)
      origin->exact = UINT32_C(1) << (object->position - 1);
  }
}

/* What is found out about one body. */
struct findings_of_body {
  uint32_t bases;
  bool is_maker;
};

static bool is_kept_value(struct flow_helpers *helpers, uint32_t unit, const struct unit_edge *edge)
{
  const struct unit *from = linkage_unit(helpers->flow->linkage, unit);
  uint32_t path = edge->path;
  while (path != 0 && from->paths[path].field == UNIT_NONE)
    path = from->paths[path].parent;
  if (path == 0)
    return false;
  const struct unit_field *field = &from->fields[from->paths[path].field];
  return is_carrier(helpers, unit, field->flags, field->record);
}

static bool returns_carrier(struct flow_helpers *helpers, uint32_t unit, uint32_t row)
{
  const struct unit *from = linkage_unit(helpers->flow->linkage, unit);
  const struct unit_routine *routine = &from->routines[row];
  const struct unit_param *result = &from->params[routine->first_param];
  return routine->n_params != 0 && is_carrier(helpers, unit, result->flags, result->record);
}

static void look_at_edge(struct flow_helpers *helpers, uint32_t unit, const struct unit_edge *edge,
                         struct findings_of_body *found)
{
  if (edge->kind == UNIT_EDGE_STORE && is_kept_value(helpers, unit, edge) &&
      (any_of(origin_of(helpers, edge->from)) & PARAMS) != 0)
    found->bases |=
        (origin_of(helpers, edge->to).exact | origin_of(helpers, edge->to).once) & PARAMS;
  const struct unit_node *to = &linkage_unit(helpers->flow->linkage, unit)->nodes[edge->to];
  if (to->kind != UNIT_NODE_RESULT)
    return;
  struct origin result = origin_of(helpers, edge->to);
  if (returns_carrier(helpers, unit, to->index))
    found->bases |= (result.once | result.twice) & PARAMS;
  found->is_maker = found->is_maker || (result.exact & IS_FRESH) != 0;
}

static void look_at_call(struct flow_helpers *helpers, uint32_t unit, const struct unit_call *call,
                         struct findings_of_body *found)
{
  const struct unit *from = linkage_unit(helpers->flow->linkage, unit);
  if (call->callee == UNIT_NONE) {
    found->bases |= any_of(origin_of(helpers, call->pointer)) & PARAMS;
    return;
  }
  uint32_t callee = callee_of(helpers, unit, call);
  for (uint32_t i = 0; callee != LINK_NONE && i < call->n_arguments && i < MAX_PARAMS; i++) {
    if ((helpers->bodies[callee].bases >> i & 1) != 0)
      found->bases |= origin_of(helpers, argument_at(from, call, i)->node).exact & PARAMS;
  }
}

static void stretch(uint32_t *first, uint32_t *n, uint32_t row)
{
  if (row == UNIT_NONE)
    return;
  if (*n == 0) {
    *first = row;
    *n = 1;
  } else if (row < *first) {
    *n += *first - row;
    *first = row;
  } else if (row - *first >= *n) {
    *n = row - *first + 1;
  }
}

static void stretch_node(struct flow_helper *helper, const struct unit *unit, uint32_t node)
{
  if (node == UNIT_NONE)
    return;
  const struct unit_node *row = &unit->nodes[node];
  if (row->kind != UNIT_NODE_OBJECT || unit->objects[row->index].routine == helper->row)
    stretch(&helper->first_node, &helper->n_nodes, node);
}

/* The rows that a body's rows name, from the first to the last. */
static void measure(const struct link_unit *here, struct flow_helper *helper)
{
  const struct unit *unit = here->unit;
  uint32_t row = helper->row;
  for (uint32_t i = here->first_edge[row]; i < here->first_edge[row + 1]; i++) {
    const struct unit_edge *edge = &unit->edges[here->edges_by_routine[i]];
    stretch_node(helper, unit, edge->to);
    if (edge->kind > UNIT_EDGE_ROUTINE)
      stretch_node(helper, unit, edge->from);
  }
  for (uint32_t i = here->first_call[row]; i < here->first_call[row + 1]; i++) {
    const struct unit_call *call = &unit->calls[here->calls_by_routine[i]];
    stretch_node(helper, unit, call->pointer);
    stretch_node(helper, unit, call->result);
    for (uint32_t a = 0; a < call->n_arguments; a++)
      stretch_node(helper, unit, argument_at(unit, call, a)->node);
  }
  for (uint32_t i = here->first_access[row]; i < here->first_access[row + 1]; i++)
    stretch_node(helper, unit, unit->accesses[here->accesses_by_routine[i]].node);
}

/* Whether a call may make memory that matters. */
static bool may_make(struct flow_helpers *helpers, uint32_t unit, const struct unit_call *call)
{
  uint32_t callee = call->result == UNIT_NONE ? LINK_NONE : callee_of(helpers, unit, call);
  return callee != LINK_NONE && (call->heap != UNIT_NONE || helpers->bodies[callee].is_maker);
}

/* Whether there is anything to find in a body by now: parameters that matter, or a call that makes
 * what it may return. */
static bool is_promising(struct flow_helpers *helpers, uint32_t routine)
{
  const struct flow_helper *helper = &helpers->bodies[routine].helper;
  uint32_t unit = helper->unit, row = helper->row;
  const struct link_unit *here = &helpers->flow->linkage->units[unit];
  bool is_any = carriers_of(helpers, unit, &here->unit->routines[row]) != 0;
  for (uint32_t i = here->first_call[row]; i < here->first_call[row + 1] && !is_any; i++)
    is_any = may_make(helpers, unit, &here->unit->calls[here->calls_by_routine[i]]);
  return is_any;
}

/* Looks at a body; true when it turned out to be more of a helper than was known. */
static bool look_at_body(struct flow_helpers *helpers, uint32_t routine)
{
  struct body *body = &helpers->bodies[routine];
  uint32_t unit = body->helper.unit, row = body->helper.row;
  const struct link_unit *here = &helpers->flow->linkage->units[unit];
  if (!is_promising(helpers, routine))
    return false;
  if (!body->is_ranged)
    measure(here, &body->helper);
  body->is_ranged = true;
  if (body->helper.n_nodes > MAX_RANGE)
    return false;
  start_origins(helpers, here->unit, &body->helper);
  bool is_more = true;
  while (is_more) {
    is_more = false;
    for (uint32_t i = here->first_edge[row]; i < here->first_edge[row + 1]; i++)
      is_more |= pass_edge(helpers, &here->unit->edges[here->edges_by_routine[i]]);
    for (uint32_t i = here->first_call[row]; i < here->first_call[row + 1]; i++)
      is_more |= pass_call(helpers, unit, &here->unit->calls[here->calls_by_routine[i]]);
  }
  struct findings_of_body found = {0, false};
  for (uint32_t i = here->first_edge[row]; i < here->first_edge[row + 1]; i++)
    look_at_edge(helpers, unit, &here->unit->edges[here->edges_by_routine[i]], &found);
  for (uint32_t i = here->first_call[row]; i < here->first_call[row + 1]; i++)
    look_at_call(helpers, unit, &here->unit->calls[here->calls_by_routine[i]], &found);
  const struct unit_routine *known = &here->unit->routines[row];
  found.bases &= carriers_of(helpers, unit, known);
  body = &helpers->bodies[routine];
  bool is_new = (found.bases & ~body->bases) != 0 || (found.is_maker && !body->is_maker);
  body->bases |= found.bases;
  body->is_maker = body->is_maker || found.is_maker;
  body->is_helper = body->bases != 0 || body->is_maker;
  return is_new;
}

/* ---- all bodies ---- */

/* One body of each routine: what several configurations make differently is none. */
static void add_candidates(struct flow_helpers *helpers, uint32_t unit)
{
  const struct flow *flow = helpers->flow;
  const struct link_unit *here = &flow->linkage->units[unit];
  for (uint32_t r = 0; r < here->unit->n_routines; r++) {
    uint32_t routine = here->routines[r];
    if (routine == LINK_NONE || !flow_looks_at(flow, unit, r))
      continue;
    struct body *body = &helpers->bodies[routine];
    bool is_first = body->helper.unit == UNIT_NONE;
    uint32_t n_own = here->first_edge[r + 1] - here->first_edge[r] + here->first_call[r + 1] -
                     here->first_call[r];
    body->helper = (struct flow_helper){.unit = unit, .row = r};
    body->is_candidate = is_first && n_own <= MAX_OWN;
  }
  for (uint32_t i = 0; i < here->unit->n_objects; i++) {
    uint32_t row = here->unit->objects[i].routine;
    uint32_t routine = row == UNIT_NONE ? LINK_NONE : here->routines[row];
    struct body *body = routine == LINK_NONE ? NULL : &helpers->bodies[routine];
    if (body == NULL || !body->is_candidate || body->helper.unit != unit || body->helper.row != row)
      continue;
    stretch(&body->helper.first_object, &body->helper.n_objects, i);
    body->is_candidate = body->is_candidate && body->helper.n_objects <= MAX_RANGE;
  }
}

static void add_mentions(struct flow_helpers *helpers, uint32_t routine)
{
  const struct flow_helper *helper = &helpers->bodies[routine].helper;
  const struct link_unit *here = &helpers->flow->linkage->units[helper->unit];
  for (uint32_t i = here->first_call[helper->row]; i < here->first_call[helper->row + 1]; i++) {
    uint32_t callee =
        callee_of(helpers, helper->unit, &here->unit->calls[here->calls_by_routine[i]]);
    if (callee == LINK_NONE)
      continue;
    struct mention mention = {helpers->bodies[callee].callers, routine};
    helpers->bodies[callee].callers = helpers->mentions->len;
    g_array_append_val(helpers->mentions, mention);
  }
}

static void wait_for(struct flow_helpers *helpers, GArray *waiting, uint32_t routine)
{
  struct body *body = &helpers->bodies[routine];
  if (!body->is_candidate || body->is_waiting)
    return;
  body->is_waiting = true;
  g_array_append_val(waiting, routine);
}

/* Answers only grow, so that their order does not matter. */
static void look_at_all(struct flow_helpers *helpers)
{
  g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (uint32_t i = 0; i < helpers->n; i++)
    wait_for(helpers, waiting, i);
  for (guint at = 0; at < waiting->len; at++) {
    uint32_t routine = g_array_index(waiting, uint32_t, at);
    helpers->bodies[routine].is_waiting = false;
    if (!look_at_body(helpers, routine))
      continue;
    for (uint32_t i = helpers->bodies[routine].callers; i != LINK_NONE;) {
      struct mention mention = g_array_index(helpers->mentions, struct mention, i);
      wait_for(helpers, waiting, mention.routine);
      i = mention.next;
    }
  }
}

/* Rows of a helper with all helpers below it. What has too many is none. */
static uint32_t measure_tree(struct flow_helpers *helpers, uint32_t routine)
{
  struct body *body = &helpers->bodies[routine];
  if (!body->is_helper || body->is_measured)
    return body->is_helper ? body->n_rows : 0;
  body->is_measured = true; /* whoever calls itself goes on in the same body */
  const struct link_unit *here = &helpers->flow->linkage->units[body->helper.unit];
  uint32_t row = body->helper.row, end = here->first_call[row + 1];
  uint32_t n = here->first_edge[row + 1] - here->first_edge[row] + end - here->first_call[row];
  for (uint32_t i = here->first_call[row]; i < end && n <= MAX_TREE; i++) {
    uint32_t callee =
        callee_of(helpers, body->helper.unit, &here->unit->calls[here->calls_by_routine[i]]);
    if (callee != LINK_NONE)
      n += measure_tree(helpers, callee);
  }
  body->n_rows = n;
  body->is_candidate = n <= MAX_TREE;
  return n;
}

/* The record that a call makes, or LINK_NONE. */
static uint32_t made_by(struct flow_helpers *helpers, uint32_t unit, const struct unit_call *call)
{
  struct flow *flow = helpers->flow;
  if (call->heap != UNIT_NONE)
    return flow_record_of(flow, unit, call->heap);
  uint32_t callee = callee_of(helpers, unit, call);
  if (callee == LINK_NONE || !helpers->bodies[callee].is_maker)
    return LINK_NONE;
  const struct flow_helper *helper = &helpers->bodies[callee].helper;
  const struct unit *home = linkage_unit(flow->linkage, helper->unit);
  const struct unit_param *result = &home->params[home->routines[helper->row].first_param];
  return linkage_record(flow->linkage, helper->unit, result->record);
}

/* Where records are made: variables, allocations, and calls of what returns a new one. */
static void count_places(struct flow_helpers *helpers)
{
  struct flow *flow = helpers->flow;
  for (guint i = 0; i < flow->program->units->len; i++) {
    uint32_t index = g_array_index(flow->program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(flow->linkage, index);
    for (uint32_t c = 0; c < unit->n_calls; c++) {
      if (flow_looks_at(flow, index, unit->calls[c].caller))
        flow_containers_count(helpers->containers, made_by(helpers, index, &unit->calls[c]));
    }
  }
}

static void forget_helpers(struct flow_helpers *helpers)
{
  for (uint32_t i = 0; i < helpers->n; i++) {
    struct body *body = &helpers->bodies[i];
    body->is_helper = body->is_maker = body->is_measured = false;
    body->bases = body->n_rows = 0;
  }
}

/* Whether all helpers are small; those that are not are none from now on. */
static bool are_small(struct flow_helpers *helpers)
{
  bool is_all = true;
  for (uint32_t i = 0; i < helpers->n; i++)
    is_all &= measure_tree(helpers, i) <= MAX_TREE;
  return is_all;
}

struct flow_helpers *flow_helpers_find(struct flow *flow)
{
  struct flow_helpers *helpers = g_new0(struct flow_helpers, 1);
  helpers->flow = flow;
  helpers->n = flow->linkage->routines->len;
  helpers->containers = flow_containers_new(flow->linkage);
  helpers->bodies = g_new0(struct body, MAX(helpers->n, 1));
  helpers->mentions = g_array_new(FALSE, FALSE, sizeof(struct mention));
  for (uint32_t i = 0; i < helpers->n; i++) {
    helpers->bodies[i].helper.unit = UNIT_NONE;
    helpers->bodies[i].callers = LINK_NONE;
  }
  for (guint i = 0; i < flow->program->units->len; i++)
    add_candidates(helpers, g_array_index(flow->program->units, uint32_t, i));
  for (uint32_t i = 0; i < helpers->n; i++) {
    if (helpers->bodies[i].is_candidate)
      add_mentions(helpers, i);
  }
  look_at_all(helpers);
  count_places(helpers);
  flow_containers_end_count(helpers->containers);
  helpers->is_counted = true;
  do {
    forget_helpers(helpers);
    look_at_all(helpers);
  } while (!are_small(helpers));
  return helpers;
}

void flow_helpers_free(struct flow_helpers *helpers)
{
  if (helpers == NULL)
    return;
  g_free(helpers->bodies);
  g_free(helpers->nodes);
  g_array_unref(helpers->mentions);
  flow_containers_free(helpers->containers);
  g_free(helpers);
}

const struct flow_helper *flow_helper(const struct flow_helpers *helpers, uint32_t routine)
{
  return routine < helpers->n && helpers->bodies[routine].is_helper
             ? &helpers->bodies[routine].helper
             : NULL;
}
