#include "analyzer/calls_parts.h"
#include "analyzer/signature.h"

static const char *tier_of_slot(const struct call_search *search, uint32_t unit,
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

static bool fits(const struct call_search *search, const char *shape, uint32_t routine)
{
  const struct link_routine *known = linkage_routine(search->findings->linkage, routine);
  const struct unit *unit = linkage_unit(search->findings->linkage, known->unit);
  return signature_fits(shape, unit_string(unit, unit->routines[known->row].shape));
}

/* Keeps the routines whose signature fits the call, unless none does. */
static void keep_fitting(const struct call_search *search, const char *shape,
                         struct id_set *targets)
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

static struct id_set signature_targets(const struct call_search *search, const char *shape)
{
  struct id_set targets = {0};
  for (guint i = 0; i < search->taken->len; i++) {
    uint32_t routine = g_array_index(search->taken, struct call_taken, i).routine;
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
static void collect_fields(struct call_search *search)
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

static struct id_set field_targets(struct call_search *search, uint32_t unit,
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
static bool slot_is_known(const struct call_search *search, uint32_t unit,
                          const struct unit_call *call)
{
  struct linkage *linkage = search->findings->linkage;
  if (call->slot_base != UNIT_BASE_OBJECT || call->slot_object == UNIT_NONE ||
      linkage_unit(linkage, unit)->objects[call->slot_object].kind > UNIT_OBJECT_STATIC_LOCAL)
    return false;
  uint32_t object = linkage_resolve_object(linkage, search->flow->program, unit, call->slot_object);
  return object != LINK_NONE && linkage_object(linkage, object)->is_defined;
}

/* The targets that only the field's type tells; none where the solution has some. */
static struct id_set fallback_targets(struct call_search *search, uint32_t unit,
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
static bool bind_fallback(struct call_search *search, uint32_t unit, uint32_t row)
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

void calls_bind_fallbacks(struct call_search *search)
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
static bool slot_is_typed(const struct call_search *search, uint32_t unit,
                          const struct unit_call *call)
{
  const struct link_unit *here = &search->findings->linkage->units[unit];
  if (call->slot_path != 0)
    return here->path_types[call->slot_path] != LINK_NONE;
  return search->flow->program->has_main && call->slot_base == UNIT_BASE_OBJECT &&
         call->slot_object != UNIT_NONE &&
         here->unit->objects[call->slot_object].kind <= UNIT_OBJECT_PARAM &&
         !is_address_taken(here->unit, call->slot_object);
}

/* Whether the slot holds what a library put there, and none of what libraries are handed fits. */
static bool is_of_library(const struct call_search *search, uint32_t unit,
                          const struct unit_call *call, const char *shape)
{
  if (!slots_is_of_library(search->slots, unit, call))
    return false;
  const struct id_set *handed = slots_handed_out(search->slots, unit, call);
  for (uint32_t i = 0; i < handed->n; i++) {
    if (fits(search, shape, handed->ids[i]))
      return false;
  }
  return true;
}

struct call_targets calls_targets_of(struct call_search *search, uint32_t unit, uint32_t row)
{
  const struct unit *from = linkage_unit(search->findings->linkage, unit);
  const struct unit_call *call = &from->calls[row];
  const char *shape = unit_string(from, call->shape);
  struct call_targets targets = {
      .routines = flow_routines(search->flow, flow_node(search->flow, unit, call->pointer))};
  keep_fitting(search, shape, &targets.routines);
  targets.tier = tier_of_slot(search, unit, call, &targets.routines);
  if (targets.routines.n != 0)
    return targets;
  targets.is_complete =
      slots_is_never_set(search->slots, unit, call) || is_of_library(search, unit, call, shape);
  if (targets.is_complete || slot_is_known(search, unit, call))
    return targets;
  targets.routines = fallback_targets(search, unit, call);
  targets.tier = "field";
  if (targets.routines.n == 0 && !slot_is_typed(search, unit, call)) {
    targets.routines = signature_targets(search, shape);
    targets.tier = "signature";
  }
  return targets;
}

void calls_free_fields(struct call_search *search)
{
  g_clear_pointer(&search->by_field, g_hash_table_unref);
}
