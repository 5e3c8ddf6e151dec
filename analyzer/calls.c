#include "analyzer/calls.h"

#include "analyzer/signature.h"
#include "analyzer/slots.h"

#include <string.h>

/* Where a routine's address is taken. */
struct taken {
  uint32_t routine;
  uint32_t unit;
  uint32_t edge;
};

/* How a routine's address came to where it is called. */
struct way {
  struct id_map origins; /* of points_to_trace() */
  GArray *places;        /* uint32_t: of each source, the place of search.taken from the first on */
};

struct search {
  struct findings *findings;
  uint32_t program; /* number of flow->program */
  struct flow *flow;
  GArray *taken;        /* struct taken, by routine, then place */
  GHashTable *by_field; /* "type:offset" -> struct id_set of routines stored there; NULL: unknown */
  struct slots *slots;
  GHashTable *ways; /* routine -> struct way */
  GArray *bodies;   /* uint32_t: those of the present call's caller */
};

static gint compare_taken(gconstpointer left, gconstpointer right)
{
  const struct taken *a = left, *b = right;
  if (a->routine != b->routine)
    return a->routine < b->routine ? -1 : 1;
  if (a->unit != b->unit)
    return a->unit < b->unit ? -1 : 1;
  return (a->edge > b->edge) - (a->edge < b->edge);
}

static void collect_taken(struct search *search)
{
  struct linkage *linkage = search->findings->linkage;
  const struct link_program *program = search->flow->program;
  for (guint i = 0; i < program->units->len; i++) {
    uint32_t index = g_array_index(program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(linkage, index);
    for (uint32_t e = 0; e < unit->n_edges; e++) {
      if (unit->edges[e].kind != UNIT_EDGE_ROUTINE ||
          !flow_has_edge(search->flow, index, &unit->edges[e]))
        continue;
      struct taken taken = {linkage_resolve_routine(linkage, program, index, unit->edges[e].from),
                            index, e};
      g_array_append_val(search->taken, taken);
    }
  }
  g_array_sort(search->taken, compare_taken);
}

static guint first_taken(const struct search *search, uint32_t routine)
{
  guint low = 0, high = search->taken->len;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (g_array_index(search->taken, struct taken, middle).routine < routine)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static const struct unit_edge *taken_edge(const struct search *search, guint index,
                                          const struct unit **unit)
{
  const struct taken *taken = &g_array_index(search->taken, struct taken, index);
  *unit = linkage_unit(search->findings->linkage, taken->unit);
  return &(*unit)->edges[taken->edge];
}

/* The way of a routine whose address is taken at n places from `first` on, traced once. */
static const struct way *way_of(const struct search *search, uint32_t routine, guint first, guint n)
{
  struct way *way = g_hash_table_lookup(search->ways, GUINT_TO_POINTER(routine));
  if (way != NULL)
    return way;
  way = g_new0(struct way, 1);
  way->places = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  g_autoptr(GArray) sources = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (guint i = 0; i < n; i++) {
    const struct taken *taken = &g_array_index(search->taken, struct taken, first + i);
    const struct unit_edge *edge =
        &linkage_unit(search->findings->linkage, taken->unit)->edges[taken->edge];
    flow_add_nodes(search->flow, taken->unit, edge->routine, edge->to, sources);
    while (way->places->len < sources->len)
      g_array_append_val(way->places, i);
  }
  points_to_trace(search->flow->solver, flow_routine_location(search->flow, routine),
                  (const uint32_t *)(void *)sources->data, sources->len, &way->origins);
  g_hash_table_insert(search->ways, GUINT_TO_POINTER(routine), way);
  return way;
}

/* The place where a routine's address was taken that led to a node by the shortest way. Where none
 * can be told, one in the file of the call, or the first. NULL when it is never taken. */
static const struct unit_edge *witness_of(const struct search *search, uint32_t routine,
                                          uint32_t node, const char *file, const struct unit **unit)
{
  guint first = first_taken(search, routine), n = 0;
  while (first + n < search->taken->len &&
         g_array_index(search->taken, struct taken, first + n).routine == routine)
    n++;
  if (n == 0)
    return NULL;
  if (n > 1 && node != LINK_NONE) {
    const struct way *way = way_of(search, routine, first, n);
    uint32_t origin = points_to_origin(search->flow->solver, &way->origins, node);
    if (origin != POINTS_TO_NONE)
      return taken_edge(search, first + g_array_index(way->places, uint32_t, origin), unit);
  }
  for (guint i = 0; i < n; i++) {
    const struct unit_edge *edge = taken_edge(search, first + i, unit);
    if (strcmp(findings_file(*unit, edge->file), file) == 0)
      return edge;
  }
  return taken_edge(search, first, unit);
}

static const char *tier_of_slot(const struct search *search, uint32_t unit,
                                const struct unit_call *call, const struct id_set *targets)
{
  if (call->slot_base != UNIT_BASE_OBJECT || call->slot_object == UNIT_NONE)
    return "flow";
  const struct unit_object *object =
      &linkage_unit(search->findings->linkage, unit)->objects[call->slot_object];
  if (object->kind == UNIT_OBJECT_PARAM && call->slot_path == 0)
    return "callback";
  bool is_const = (object->flags & UNIT_OBJECT_CONST) != 0;
  bool is_static = object->kind <= UNIT_OBJECT_STATIC_LOCAL;
  return is_static && (is_const || targets->n == 1) ? "exact" : "flow";
}

static void add_call_row(struct search *search, int64_t site, uint32_t caller, uint32_t callee,
                         uint32_t unit, uint32_t call, enum call_kind kind, const char *tier,
                         const char *witness_file, int64_t witness_line)
{
  static const char *const kinds[] = {"direct", "indirect", "callback"};
  struct linkage *linkage = search->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_call *row = &from->calls[call];
  struct fact_call record = {
      .site = site,
      .caller = linkage_routine(linkage, caller)->id,
      .callee = linkage_routine(linkage, callee)->id,
      .kind = kinds[kind],
      .tier = tier,
      .file = findings_file(from, row->file),
      .line = row->line,
      .column = row->column,
      .witness_file = witness_file,
      .witness_line = witness_line,
  };
  rows_add(search->findings->calls, &record);
}

/* A call for the later steps, in one body of its caller. */
static void note_call(struct search *search, uint32_t body, const struct found_call *call)
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
static void note_in_bodies(struct search *search, const struct found_call *call)
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

static void add_target(struct search *search, int64_t site, uint32_t caller, uint32_t callee,
                       uint32_t unit, uint32_t call, enum call_kind kind, const char *tier,
                       uint32_t node)
{
  const struct unit *from = linkage_unit(search->findings->linkage, unit);
  const struct unit *witness_unit = NULL;
  const struct unit_edge *witness =
      witness_of(search, callee, node, findings_file(from, from->calls[call].file), &witness_unit);
  add_call_row(search, site, caller, callee, unit, call, kind, tier,
               witness != NULL ? findings_file(witness_unit, witness->file) : "",
               witness != NULL ? witness->line : 0);
}

static bool fits(const struct search *search, const char *shape, uint32_t routine)
{
  const struct link_routine *known = linkage_routine(search->findings->linkage, routine);
  const struct unit *unit = linkage_unit(search->findings->linkage, known->unit);
  return signature_fits(shape, unit_string(unit, unit->routines[known->row].shape));
}

/* Keeps the routines whose signature fits the call, unless none does. */
static void keep_fitting(const struct search *search, const char *shape, struct id_set *targets)
{
  struct id_set fitting = {0};
  for (uint32_t i = 0; i < targets->n; i++) {
    if (fits(search, shape, targets->ids[i]))
      id_set_add(&fitting, targets->ids[i]);
  }
  if (fitting.n == 0) {
    id_set_clear(&fitting);
    return;
  }
  id_set_clear(targets);
  *targets = fitting;
}

static struct id_set signature_targets(const struct search *search, const char *shape)
{
  struct id_set targets = {0};
  for (guint i = 0; i < search->taken->len; i++) {
    uint32_t routine = g_array_index(search->taken, struct taken, i).routine;
    if (fits(search, shape, routine))
      id_set_add(&targets, routine);
  }
  return targets;
}

static uint64_t field_key(uint32_t type, uint32_t offset)
{
  return (uint64_t)type << 32 | offset;
}

static void field_set_free(gpointer data)
{
  id_set_clear(data);
  g_free(data);
}

/* What any object of a record holds at an offset, over the whole program. */
static void collect_fields(struct search *search)
{
  const struct flow *flow = search->flow;
  search->by_field = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, field_set_free);
  uint32_t n_objects = points_to_n_objects(flow->solver);
  for (uint32_t i = 0; i < n_objects; i++) {
    uint32_t type = flow_object(flow, i)->type;
    uint32_t n = 0;
    const uint32_t *inside = points_to_locations(flow->solver, i, &n);
    for (uint32_t j = 0; j < n && type != LINK_NONE; j++) {
      uint32_t n_held = 0;
      points_to_targets(flow->solver, inside[j], &n_held);
      if (n_held == 0)
        continue;
      struct id_set routines = flow_routines(flow, inside[j]);
      if (routines.n != 0) {
        uint64_t key = field_key(type, points_to_offset_of(flow->solver, inside[j]));
        struct id_set *known = g_hash_table_lookup(search->by_field, &key);
        if (known == NULL) {
          known = g_new0(struct id_set, 1);
          g_hash_table_insert(search->by_field, g_memdup2(&key, sizeof key), known);
        }
        id_set_merge(known, &routines);
      }
      id_set_clear(&routines);
    }
  }
}

static struct id_set field_targets(struct search *search, uint32_t unit,
                                   const struct unit_call *call)
{
  struct id_set targets = {0};
  const struct link_unit *here = &search->findings->linkage->units[unit];
  uint32_t type = here->path_types[call->slot_path];
  if (call->slot_path == 0 || type == LINK_NONE)
    return targets;
  uint64_t key = field_key(type, here->path_offsets[call->slot_path]);
  if (search->by_field == NULL)
    collect_fields(search);
  const struct id_set *known = g_hash_table_lookup(search->by_field, &key);
  if (known != NULL)
    id_set_merge(&targets, known);
  return targets;
}

/* A variable of the program's own: what never flows into it cannot be called through it. */
static bool slot_is_known(const struct search *search, uint32_t unit, const struct unit_call *call)
{
  struct linkage *linkage = search->findings->linkage;
  if (call->slot_base != UNIT_BASE_OBJECT || call->slot_object == UNIT_NONE ||
      linkage_unit(linkage, unit)->objects[call->slot_object].kind > UNIT_OBJECT_STATIC_LOCAL)
    return false;
  uint32_t object = linkage_resolve_object(linkage, search->flow->program, unit, call->slot_object);
  return object != LINK_NONE && linkage_object(linkage, object)->is_defined;
}

/* The targets that only the field's type tells; none where the solution has some. */
static struct id_set fallback_targets(struct search *search, uint32_t unit,
                                      const struct unit_call *call)
{
  struct id_set targets = {0};
  if (slot_is_known(search, unit, call))
    return targets;
  targets = field_targets(search, unit, call);
  keep_fitting(search, unit_string(linkage_unit(search->findings->linkage, unit), call->shape),
               &targets);
  return targets;
}

/* What such calls hand over is part of the solution too. */
static bool bind_fallback(struct search *search, uint32_t unit, uint32_t row)
{
  const struct unit_call *call = &linkage_unit(search->findings->linkage, unit)->calls[row];
  if ((call->flags & UNIT_CALL_BUILTIN) != 0)
    return false;
  struct id_set known = flow_routines(search->flow, flow_node(search->flow, unit, call->pointer));
  struct id_set targets = {0};
  if (known.n == 0)
    targets = fallback_targets(search, unit, call);
  if (targets.n != 0)
    flow_bind(search->flow, unit, row, &targets);
  bool is_any = targets.n != 0;
  id_set_clear(&known);
  id_set_clear(&targets);
  return is_any;
}

static void bind_fallbacks(struct search *search)
{
  const struct linkage *linkage = search->findings->linkage;
  const struct link_program *program = search->flow->program;
  bool is_any = false;
  for (guint i = 0; i < program->units->len; i++) {
    uint32_t index = g_array_index(program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(linkage, index);
    for (uint32_t c = 0; c < unit->n_calls; c++) {
      if (unit->calls[c].callee == UNIT_NONE &&
          flow_looks_at(search->flow, index, unit->calls[c].caller))
        is_any |= bind_fallback(search, index, c);
    }
  }
  if (!is_any)
    return;
  flow_solve(search->flow);
  g_clear_pointer(&search->by_field, g_hash_table_unref);
}

/* Whether a variable's address is taken: what fills it may be out of the solution's sight. */
static bool is_address_taken(const struct unit *unit, uint32_t object)
{
  for (uint32_t i = 0; i < unit->n_edges; i++) {
    if (unit->edges[i].kind == UNIT_EDGE_ADDRESS && unit->edges[i].from == object) {
      return true;
    }
  }
  return false;
}

/* A field of a record, or a variable in a program that is complete, into which nothing flows:
 * whoever fills it is outside. */
static bool slot_is_typed(const struct search *search, uint32_t unit, const struct unit_call *call)
{
  const struct link_unit *here = &search->findings->linkage->units[unit];
  if (call->slot_path != 0)
    return here->path_types[call->slot_path] != LINK_NONE;
  return search->flow->program->has_main && call->slot_base == UNIT_BASE_OBJECT &&
         call->slot_object != UNIT_NONE &&
         here->unit->objects[call->slot_object].kind <= UNIT_OBJECT_PARAM &&
         !is_address_taken(here->unit, call->slot_object);
}

/* Adds the targets of a call through a pointer; true when there can be no other. */
static bool add_indirect(struct search *search, int64_t site, uint32_t caller, uint32_t unit,
                         uint32_t row)
{
  const struct unit *from = linkage_unit(search->findings->linkage, unit);
  const struct unit_call *call = &from->calls[row];
  const char *shape = unit_string(from, call->shape);
  struct id_set targets = flow_routines(search->flow, flow_node(search->flow, unit, call->pointer));
  keep_fitting(search, shape, &targets);
  const char *tier = tier_of_slot(search, unit, call, &targets);
  if (targets.n == 0 && slots_is_never_set(search->slots, unit, call))
    return true;
  if (targets.n == 0 && slot_is_known(search, unit, call))
    return false;
  if (targets.n == 0) {
    targets = fallback_targets(search, unit, call);
    tier = "field";
  }
  if (targets.n == 0 && !slot_is_typed(search, unit, call)) {
    targets = signature_targets(search, shape);
    tier = "signature";
  }
  uint32_t node = flow_node(search->flow, unit, call->pointer);
  for (uint32_t i = 0; i < targets.n; i++) {
    add_target(search, site, caller, targets.ids[i], unit, row, CALL_INDIRECT, tier, node);
    note_in_bodies(search, &(struct found_call){.caller = caller,
                                                .callee = targets.ids[i],
                                                .unit = unit,
                                                .call = row,
                                                .kind = CALL_INDIRECT,
                                                .tier = tier});
  }
  id_set_clear(&targets);
  return false;
}

/* ---- sites and arguments ---- */

static void add_site(struct search *search, int64_t site, uint32_t caller, const struct unit *unit,
                     const struct unit_call *call, bool is_complete)
{
  bool is_direct = call->callee != UNIT_NONE;
  struct fact_site record = {
      .id = site,
      .caller = linkage_routine(search->findings->linkage, caller)->id,
      .file = findings_file(unit, call->file),
      .line = call->line,
      .column = call->column,
      .is_direct = is_direct,
      .is_complete = is_complete,
      .expression = is_direct ? unit_string(unit, unit->routines[call->callee].name)
                              : unit_string(unit, call->expression),
      .loop_depth = call->loop_depth,
  };
  rows_add(search->findings->sites, &record);
}

static const char *object_name(struct search *search, const struct unit *unit,
                               const struct unit_argument *argument)
{
  if (argument->index == UNIT_NONE)
    return "";
  const char *name = unit_string(unit, unit->objects[argument->index].name);
  if (argument->path == 0)
    return name;
  g_autofree char *path = linkage_path_text(unit, argument->path);
  if (*path == '\0')
    return name;
  g_autofree char *whole = g_strconcat(name, ".", path, NULL);
  return linkage_string(search->findings->linkage, whole);
}

static const char *number_text(struct search *search, int64_t number)
{
  char text[32] = "-";
  uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;
  *linkage_write_number(number < 0 ? text + 1 : text, size, 10) = '\0';
  return linkage_string(search->findings->linkage, text);
}

static void add_argument(struct search *search, int64_t site, const struct unit *unit,
                         const struct unit_argument *argument)
{
  struct fact_argument record = {.site = site, .position = argument->position, .kind = "other"};
  switch (argument->kind) {
  case UNIT_ARGUMENT_INTEGER:
    record.kind = "integer";
    record.value = number_text(search, argument->integer);
    break;
  case UNIT_ARGUMENT_NULL:
    record.kind = "integer";
    record.value = "0";
    break;
  case UNIT_ARGUMENT_STRING:
  case UNIT_ARGUMENT_LIST:
    record.kind = "string";
    record.value = unit_string(unit, argument->text);
    break;
  case UNIT_ARGUMENT_ROUTINE:
    record.kind = "routine";
    record.value = unit_string(unit, unit->routines[argument->index].name);
    break;
  case UNIT_ARGUMENT_PARAM:
    record.kind = "param";
    record.value = number_text(search, argument->integer);
    break;
  case UNIT_ARGUMENT_ADDRESS:
  case UNIT_ARGUMENT_OBJECT:
    if (unit->objects[argument->index].kind <= UNIT_OBJECT_STATIC_LOCAL)
      record.kind = "state";
    record.value = object_name(search, unit, argument);
    break;
  default:
    break;
  }
  rows_add(search->findings->arguments, &record);
}

/* What an ifunc may be, beside the name that is called. */
static void add_resolved(struct search *search, int64_t site, uint32_t caller, uint32_t unit,
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

static void add_call(struct search *search, uint32_t unit, uint32_t row)
{
  struct linkage *linkage = search->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_call *call = &from->calls[row];
  uint32_t caller = findings_routine(linkage, unit, call->caller);
  if (caller == LINK_NONE || (call->flags & UNIT_CALL_BUILTIN) != 0)
    return;
  int64_t site = findings_site(linkage, unit, row);
  for (uint32_t i = 0; i < call->n_arguments; i++)
    add_argument(search, site, from, &from->arguments[call->first_argument + i]);
  if (call->callee == UNIT_NONE) {
    bool is_complete = add_indirect(search, site, caller, unit, row);
    add_site(search, site, caller, from, call, is_complete);
    return;
  }
  add_site(search, site, caller, from, call, true);
  uint32_t callee = linkage_resolve_routine(linkage, search->flow->program, unit, call->callee);
  add_call_row(search, site, caller, callee, unit, row, CALL_DIRECT, "direct",
               findings_file(from, call->file), call->line);
  note_in_bodies(search, &(struct found_call){.caller = caller,
                                              .callee = callee,
                                              .unit = unit,
                                              .call = row,
                                              .kind = CALL_DIRECT,
                                              .tier = "direct"});
  add_resolved(search, site, caller, unit, row);
}

/* ---- callbacks that outside routines run ---- */

/* Calls from which outside routines run callbacks that were handed over before. */
static void add_invokers(struct search *search, const struct pattern *invoked_by, uint32_t callee,
                         uint32_t node)
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

static void add_callbacks(struct search *search)
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

static void way_free(gpointer data)
{
  struct way *way = data;
  id_map_clear(&way->origins);
  g_array_unref(way->places);
  g_free(way);
}

/* Room for what the direct calls of a program will add, all at once. */
static void reserve_rows(struct findings *findings, const struct flow *flow)
{
  guint n_calls = 0, n_arguments = 0;
  for (guint i = 0; i < flow->program->units->len; i++) {
    const struct unit *unit =
        linkage_unit(findings->linkage, g_array_index(flow->program->units, uint32_t, i));
    n_calls += unit->n_calls;
    n_arguments += unit->n_arguments;
  }
  rows_reserve(findings->sites, n_calls);
  rows_reserve(findings->calls, n_calls);
  rows_reserve(findings->arguments, n_arguments);
  guint n_found = findings->found_calls->len;
  g_array_set_size(findings->found_calls, n_found + n_calls);
  g_array_set_size(findings->found_calls, n_found);
}

void calls_find(struct findings *findings, struct flow *flow)
{
  struct search search = {
      .findings = findings,
      .program = flow->program->number,
      .flow = flow,
      .taken = g_array_new(FALSE, FALSE, sizeof(struct taken)),
      .bodies = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
      .ways = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, way_free),
  };
  search.slots = slots_new(flow);
  if (flow->phase == FLOW_LIVE)
    reserve_rows(findings, flow);
  collect_taken(&search);
  bind_fallbacks(&search);
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
  g_array_unref(search.taken);
  g_array_unref(search.bodies);
  g_clear_pointer(&search.by_field, g_hash_table_unref);
  g_hash_table_unref(search.ways);
}
