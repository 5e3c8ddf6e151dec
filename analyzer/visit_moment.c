#include "analyzer/visit.h"

bool visit_is_certain(const struct visit *visit)
{
  return visit->conditional_depth + visit->n_set == visit->turn_depth && !visit->has_jumped &&
         (visit->loop != UNIT_NONE || visit->has_left == 0) && visit->is_possible == 0;
}

static void end_moments(struct visit *visit, guint first_moment)
{
  const struct unit_builder *builder = visit->builder;
  for (guint i = first_moment; visit->is_main && i < builder->moments->len; i++) {
    struct unit_moment *moment = &g_array_index(builder->moments, struct unit_moment, i);
    if (moment->end_call != UNIT_NONE)
      continue;
    moment->end_call = builder->calls->len;
    moment->end_moment = builder->moments->len;
  }
}

void visit_end_moments(struct visit *visit, guint first_moment)
{
  end_moments(visit, first_moment);
  visit_hold_forget(visit);
}

guint visit_begin_branch(struct visit *visit)
{
  visit->conditional_depth++;
  return visit->builder->moments->len;
}

void visit_end_branch(struct visit *visit, guint first_moment)
{
  visit->conditional_depth--;
  end_moments(visit, first_moment);
  visit_hold_leave(visit);
}

bool visit_is_of_main(struct visit *visit, const struct place *place)
{
  if (!visit->is_main || place->base != UNIT_BASE_OBJECT)
    return false;
  const struct unit_object *object = visit_object_row(visit, place->object);
  return object->kind == UNIT_OBJECT_LOCAL && (object->value & UNIT_VALUE_RECORD) != 0 &&
         (object->flags & UNIT_OBJECT_CONST) == 0;
}

bool visit_has_element(const struct visit *visit, uint32_t path)
{
  while (path != 0) {
    const struct unit_path *step = &g_array_index(visit->builder->paths, struct unit_path, path);
    if (step->field == UNIT_NONE)
      return true;
    path = step->parent;
  }
  return false;
}

/* Whether a write is of all of what its place names: one element of an array is not. */
static bool is_whole(const struct visit *visit, const struct unit_access *access)
{
  bool is_plain = access->operation == UNIT_OPERATION_PLAIN && access->path != 0;
  return access->mode == UNIT_WRITE && !visit->is_partial &&
         (is_plain || access->operation == UNIT_OPERATION_WHOLE) &&
         !visit_has_element(visit, access->path);
}

static bool is_noted(const struct visit *visit, const struct unit_access *access)
{
  const struct unit_builder *builder = visit->builder;
  for (guint i = builder->moments->len; i-- > visit->first_moment;) {
    uint32_t row = g_array_index(builder->moments, struct unit_moment, i).access;
    const struct unit_access *known = &g_array_index(builder->accesses, struct unit_access, row);
    if (known->base == access->base && known->object == access->object &&
        known->path == access->path)
      return true;
  }
  return false;
}

void visit_note_moment(struct visit *visit, const struct place *place, uint32_t access)
{
  struct unit_builder *builder = visit->builder;
  const struct unit_access *row = &g_array_index(builder->accesses, struct unit_access, access);
  bool is_of_main = visit_is_of_main(visit, place);
  bool is_behind_param = place->base == UNIT_BASE_POINTER && place->object != UNIT_NONE &&
                         visit_object_row(visit, place->object)->kind == UNIT_OBJECT_PARAM;
  if (!is_of_main && !is_behind_param)
    return;
  bool is_filling = is_whole(visit, row);
  bool always_runs = visit_is_certain(visit) && visit->loop == UNIT_NONE;
  if (is_behind_param && (!is_filling || !always_runs || is_noted(visit, row)))
    return;
  bool is_of_turn = visit->is_possible == 0 && visit->turn_depth != NO_TURN;
  struct unit_moment moment = {.access = access,
                               .n_calls = builder->calls->len,
                               .loop = visit->loop,
                               .is_certain = is_filling && is_of_turn,
                               .end_call = UNIT_NONE,
                               .end_moment = UNIT_NONE};
  unit_builder_add_moment(builder, &moment);
}
