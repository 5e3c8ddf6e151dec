#include "analyzer/visit.h"

#include <string.h>

struct memory_model {
  const char *name;
  int to;     /* argument that is written, from 0 */
  int from;   /* argument that is read, or -1 */
  guint size; /* argument that says how many bytes */
};

static const struct memory_model memory_models[] = {
    {"memcpy", 0, 1, 2},
    {"memmove", 0, 1, 2},
    {"mempcpy", 0, 1, 2},
    {"__builtin_memcpy", 0, 1, 2},
    {"__builtin_memmove", 0, 1, 2},
    {"__builtin___memcpy_chk", 0, 1, 2},
    {"__builtin___memmove_chk", 0, 1, 2},
    {"bcopy", 1, 0, 2},
    {"memset", 0, -1, 2},
    {"__builtin_memset", 0, -1, 2},
    {"__builtin___memset_chk", 0, -1, 2},
    {"bzero", 0, -1, 1},
    {"explicit_bzero", 0, -1, 1},
};

static struct place place_behind(struct visit *visit, struct value *pointer,
                                 const struct spot *spot)
{
  struct c_type *type = pointer->type;
  if (type->kind == CXType_Pointer)
    type = visit_target(visit, type);
  struct place place = {.base = UNIT_BASE_NONE,
                        .object = UNIT_NONE,
                        .node = UNIT_NONE,
                        .record = UNIT_NONE,
                        .routine = UNIT_NONE,
                        .type = type};
  if (pointer->kind == UNIT_ARGUMENT_ADDRESS) {
    place.base = UNIT_BASE_OBJECT;
    place.object = pointer->index;
    place.path = pointer->path;
    return place;
  }
  place.node = value_node(visit, pointer, spot);
  if (place.node == UNIT_NONE)
    return place;
  place.base = UNIT_BASE_POINTER;
  if (pointer->kind == UNIT_ARGUMENT_OBJECT || pointer->kind == UNIT_ARGUMENT_PARAM ||
      pointer->kind == UNIT_ARGUMENT_FIELD_ADDRESS)
    place.object = pointer->index;
  place.record = visit_type_of(visit, pointer->type);
  return place;
}

/* Whether so many bytes are all of what the place names. */
static bool is_whole(struct visit *visit, const struct place *place,
                     const struct unit_argument *size)
{
  bool is_variable = place->base == UNIT_BASE_OBJECT && place->path == 0;
  long long all = is_variable ? (long long)visit_object_row(visit, place->object)->size
                              : visit_size(place->type);
  return size->kind == UNIT_ARGUMENT_INTEGER && all > 0 && size->integer >= all;
}

static void apply_model(struct visit *visit, const struct memory_model *model, struct value *values,
                        const struct unit_argument *size, const struct spot *spot)
{
  struct place place = place_behind(visit, &values[model->to], spot);
  visit->is_partial = size == NULL || !is_whole(visit, &place, size);
  access_add(visit, &place, UNIT_WRITE, UNIT_OPERATION_WHOLE, spot);
  visit->is_partial = false;
  if (model->from < 0)
    return;
  place = place_behind(visit, &values[model->from], spot);
  access_add(visit, &place, UNIT_READ, UNIT_OPERATION_WHOLE, spot);
}

static void apply_atomic(struct visit *visit, struct value *pointer, struct value *stored,
                         uint32_t mode, const struct spot *spot)
{
  struct place place = place_behind(visit, pointer, spot);
  access_add(visit, &place, mode, UNIT_OPERATION_ATOMIC, spot);
  if (stored != NULL)
    flow_assign(visit, &place, stored, spot);
}

void visit_memory(struct visit *visit, const char *name, struct value *values,
                  const struct unit_argument *arguments, guint n, const struct spot *spot)
{
  const struct memory_model *model = NULL;
  bool may_be_one = strchr("_bem", *name) != NULL;
  for (size_t i = 0; may_be_one && i < G_N_ELEMENTS(memory_models) && model == NULL; i++)
    if (strcmp(memory_models[i].name, name) == 0)
      model = &memory_models[i];
  if (model != NULL && n >= 2)
    apply_model(visit, model, values, model->size < n ? &arguments[model->size] : NULL, spot);
  if (g_str_has_prefix(name, "__sync_") && n > 0)
    apply_atomic(visit, &values[0], n > 1 ? &values[n - 1] : NULL, UNIT_READ | UNIT_WRITE, spot);
}

struct value visit_atomic(struct visit *visit, struct syntax *expression)
{
  const struct spot *spot = syntax_spot(visit, expression);
  struct syntax *first = syntax_expression(expression, 0);
  struct c_type *first_type = syntax_type(visit, first);
  struct value pointer = visit_value(visit, first);
  if (pointer.kind == UNIT_ARGUMENT_OTHER && pointer.node == UNIT_NONE)
    pointer.type = first_type;
  uint32_t n = syntax_count_expressions(expression);
  uint32_t mode = n > 2 ? UNIT_READ | UNIT_WRITE : UNIT_READ;
  struct value none = value_none(syntax_type(visit, expression));
  apply_atomic(visit, &pointer, NULL, mode, spot);
  for (struct syntax *operand = syntax_next_expression(expression, first); operand != NULL;
       operand = syntax_next_expression(expression, operand)) {
    struct value stored = visit_value(visit, operand);
    struct place place = place_behind(visit, &pointer, spot);
    place.type = visit_pointee(visit, first_type);
    flow_assign(visit, &place, &stored, spot);
  }
  if (!visit_is_carrier(visit, none.type))
    return none;
  struct place place = place_behind(visit, &pointer, spot);
  place.type = none.type;
  return place_load(visit, &place, spot);
}
