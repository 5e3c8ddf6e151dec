/* Which routines named records hold when calls are handed them.
 *
 * One record is often filled in again and again ("sa.sa_handler = on_alarm; sigaction (SIGALRM,
 * &sa, NULL); sa.sa_handler = on_child; ..."), and what it holds at one call is not what it held at
 * the one before. Followed is only what needs no guess: a routine that was stored by name, on every
 * way that leads here. Branches forget what was stored in them; loops and labels forget everything,
 * and a call forgets what others may store: records that are no local ones. */
#include "analyzer/visit.h"

static struct hold *hold_at(const struct visit *visit, guint index)
{
  return &g_array_index(visit->holds, struct hold, index);
}

static const struct unit_path *path_at(const struct visit *visit, uint32_t path)
{
  return &g_array_index(visit->builder->paths, struct unit_path, path);
}

static bool is_followed(struct visit *visit, const struct place *place)
{
  return visit->routine != UNIT_NONE && place->base == UNIT_BASE_OBJECT &&
         place->object != UNIT_NONE &&
         visit_object_row(visit, place->object)->kind <= UNIT_OBJECT_LOCAL;
}

void visit_hold_forget(struct visit *visit)
{
  g_array_set_size(visit->holds, 0);
}

void visit_hold_begin(struct visit *visit)
{
  visit_hold_forget(visit);
  g_hash_table_remove_all(visit->exposed);
}

void visit_hold_leave(struct visit *visit)
{
  uint32_t depth = visit->conditional_depth + visit->n_set;
  for (guint i = visit->holds->len; i-- > 0;)
    if (hold_at(visit, i)->depth > depth)
      g_array_remove_index_fast(visit->holds, i);
}

/* The members of a union are one place: the path of the outermost union that a path leads into, or
 * the path itself. */
static uint32_t memory_of(const struct visit *visit, uint32_t path)
{
  uint32_t memory = path;
  for (uint32_t at = path; at != 0; at = path_at(visit, at)->parent) {
    uint32_t field = path_at(visit, at)->field;
    if (field == UNIT_NONE)
      continue;
    const struct unit_field *row = &g_array_index(visit->builder->fields, struct unit_field, field);
    if (g_array_index(visit->builder->types, struct unit_type, row->type_id).kind == UNIT_UNION)
      memory = path_at(visit, at)->parent;
  }
  return memory;
}

static bool lies_in(const struct visit *visit, uint32_t path, uint32_t whole)
{
  while (path != 0 && path != whole)
    path = path_at(visit, path)->parent;
  return path == whole;
}

void visit_hold_end_call(struct visit *visit)
{
  for (guint i = visit->holds->len; i-- > 0;)
    if (visit_object_row(visit, hold_at(visit, i)->object)->kind != UNIT_OBJECT_LOCAL)
      g_array_remove_index_fast(visit->holds, i);
}

/* What is written at a path is none of what the object held there. */
static void drop(struct visit *visit, uint32_t object, uint32_t path)
{
  uint32_t memory = memory_of(visit, path);
  for (guint i = visit->holds->len; i-- > 0;)
    if (hold_at(visit, i)->object == object && lies_in(visit, hold_at(visit, i)->path, memory))
      g_array_remove_index_fast(visit->holds, i);
}

static void hold(struct visit *visit, const struct place *place, uint32_t routine)
{
  struct hold row = {place->object, place->path, routine, visit->conditional_depth + visit->n_set};
  if (place->path != 0 && !visit_has_element(visit, place->path))
    g_array_append_val(visit->holds, row);
}

void visit_hold_assign(struct visit *visit, const struct place *place, const struct value *value)
{
  if (!is_followed(visit, place))
    return;
  drop(visit, place->object, place->path);
  if (value->kind == UNIT_ARGUMENT_ROUTINE)
    hold(visit, place, value->index);
}

void visit_hold_number(struct visit *visit, const struct place *place, struct syntax *expression)
{
  int64_t number = 0;
  if (is_followed(visit, place) && type_is_pointer(place->type) &&
      syntax_integer(syntax_strip(expression, true), &number))
    hold(visit, place, UNIT_NONE);
}

/* ---- addresses ---- */

static guint n_exposed(const struct visit *visit, uint32_t object)
{
  return GPOINTER_TO_UINT(g_hash_table_lookup(visit->exposed, GUINT_TO_POINTER(object + 1)));
}

static void set_exposed(struct visit *visit, uint32_t object, guint n)
{
  g_hash_table_insert(visit->exposed, GUINT_TO_POINTER(object + 1), GUINT_TO_POINTER(n));
}

void visit_hold_expose(struct visit *visit, const struct place *place)
{
  if (is_followed(visit, place))
    set_exposed(visit, place->object, n_exposed(visit, place->object) + 1);
}

/* Whether a call only reads what an argument points to, as the callee's declaration says. */
static bool only_reads(struct visit *visit, const struct unit_call *call, uint32_t position)
{
  if (call->callee == UNIT_NONE)
    return false;
  const struct unit_routine *callee = visit_routine_row(visit, call->callee);
  return position < callee->n_params &&
         (g_array_index(visit->builder->params, struct unit_param, callee->first_param + position)
              .flags &
          UNIT_VALUE_POINTEE_CONST) != 0;
}

void visit_hold_argument(struct visit *visit, const struct unit_call *call,
                         const struct unit_argument *argument, uint32_t row)
{
  guint n = argument->kind == UNIT_ARGUMENT_ADDRESS ? n_exposed(visit, argument->index) : 0;
  if (n == 0)
    return;
  set_exposed(visit, argument->index, n - 1);
  for (guint i = 0; n == 1 && i < visit->holds->len; i++) {
    const struct hold *hold = hold_at(visit, i);
    if (hold->object == argument->index && lies_in(visit, hold->path, argument->path))
      unit_builder_add_hold(
          visit->builder,
          &(struct unit_hold){.argument = row, .path = hold->path, .routine = hold->routine});
  }
  if (!only_reads(visit, call, argument->position))
    drop(visit, argument->index, argument->path);
}
