#include "analyzer/flow_parts.h"

#include "analyzer/signature.h"

#include <string.h>

/* A "va_list" stands for the arguments themselves, whatever record the compiler makes of it. */
static bool is_va_list(const struct linkage *linkage, uint32_t unit, uint32_t record)
{
  const struct unit *from = linkage_unit(linkage, unit);
  return record != UNIT_NONE &&
         strcmp(unit_string(from, from->types[record].name), "__va_list_tag") == 0;
}

uint32_t flow_record_of(const struct flow *flow, uint32_t unit, uint32_t row)
{
  const struct unit_object *object = &linkage_unit(flow->linkage, unit)->objects[row];

  if ((object->value & UNIT_VALUE_RECORD) == 0 || (object->value & UNIT_VALUE_POINTER) != 0 ||
      is_va_list(flow->linkage, unit, object->record))
    return LINK_NONE;
  return linkage_record(flow->linkage, unit, object->record);
}

static struct linkage *linkage_of(const void *context)
{
  return ((const struct flow *)context)->linkage;
}

static bool holds_pointer(const struct linkage *linkage, uint32_t type, uint32_t offset)
{
  uint32_t unit = 0;
  const struct unit_field *field = NULL;
  if (linkage_leaf_at(linkage, type, offset, &unit, &field) != LINK_LEAF || field == NULL)
    return true;
  return (field->flags & (UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER)) != 0;
}

static bool holds_number(const struct linkage *linkage, uint32_t type, uint32_t offset)
{
  uint32_t unit = 0;
  const struct unit_field *field = NULL;
  linkage_leaf_at(linkage, type, offset, &unit, &field);
  return field == NULL || (field->flags & (UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER)) == 0;
}

static enum points_to_fit fit(void *context, uint32_t object_type, uint32_t offset,
                              uint32_t access_type)
{
  static const enum points_to_fit answers[] = {
      [LINK_MISFIT] = POINTS_TO_MISFIT, [LINK_FIT] = POINTS_TO_FIT, [LINK_RAW] = POINTS_TO_RAW};
  if (access_type == POINTS_TO_TEXT)
    return linkage_is_text(linkage_of(context), object_type - 1, offset) ? POINTS_TO_FIT
                                                                         : POINTS_TO_MISFIT;
  if (access_type == POINTS_TO_NUMBER)
    return holds_number(linkage_of(context), object_type - 1, offset) ? POINTS_TO_FIT
                                                                      : POINTS_TO_MISFIT;
  if (access_type == POINTS_TO_POINTER)
    return holds_pointer(linkage_of(context), object_type - 1, offset) ? POINTS_TO_FIT
                                                                       : POINTS_TO_MISFIT;
  return answers[linkage_fit(linkage_of(context), object_type - 1, offset, access_type - 1)];
}

static uint64_t size_of(void *context, uint32_t type)
{
  return linkage_size(linkage_of(context), type - 1);
}

/* What a pointer of these flags, with this record behind it, may point to. */
uint32_t flow_target_of(const struct linkage *linkage, uint32_t unit, uint32_t flags,
                        uint32_t record)
{
  bool is_plain_routine =
      (flags & UNIT_VALUE_ROUTINE_POINTER) != 0 && (flags & UNIT_VALUE_RECORD) == 0;
  if (is_plain_routine)
    return POINTS_TO_ROUTINE;
  const uint32_t anything = UNIT_VALUE_VOID | UNIT_VALUE_DEEP;
  if ((flags & UNIT_VALUE_POINTERS) != 0 && (flags & UNIT_VALUE_ARRAY) == 0)
    return POINTS_TO_POINTER;
  if ((flags & UNIT_VALUE_POINTER) == 0 || (flags & anything) != 0)
    return POINTS_TO_UNKNOWN;
  if ((flags & UNIT_VALUE_CHARACTER) != 0)
    return POINTS_TO_TEXT;
  if (record == UNIT_NONE)
    return POINTS_TO_NUMBER;
  if (is_va_list(linkage, unit, record))
    return POINTS_TO_UNKNOWN;
  uint32_t known = linkage_record(linkage, unit, record);
  return known == LINK_NONE ? POINTS_TO_UNKNOWN : known + 1;
}

/* What a field of this row may point to. */
uint32_t flow_target_of_field(const struct linkage *linkage, uint32_t unit,
                              const struct unit_field *field)
{
  const uint32_t holders = UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER;
  bool is_wide = (field->flags & UNIT_VALUE_ARRAY) == 0 && field->bit_size >= 8 * sizeof(void *);
  if ((field->flags & holders) == 0 && !is_wide)
    return POINTS_TO_NONE;
  return flow_target_of(linkage, unit, field->flags, field->record);
}

static uint32_t target_at(void *context, uint32_t object_type, uint32_t offset)
{
  const struct linkage *linkage = linkage_of(context);
  uint32_t unit = 0;
  const struct unit_field *field = NULL;
  enum link_leaf known = linkage_leaf_at(linkage, object_type - 1, offset, &unit, &field);
  if (field == NULL)
    return known == LINK_NO_LEAF ? POINTS_TO_NONE : POINTS_TO_UNKNOWN;
  return flow_target_of_field(linkage, unit, field);
}

/* Shapes by number, 0 for one that fits everything. */
uint32_t flow_shape_number(struct flow *flow, const char *shape)
{
  gpointer found = NULL;
  if (*shape == '\0')
    return 0;
  if (g_hash_table_lookup_extended(flow->shape_numbers, shape, NULL, &found))
    return GPOINTER_TO_UINT(found);
  g_ptr_array_add(flow->shapes, (gpointer)shape);
  g_hash_table_insert(flow->shape_numbers, (gpointer)shape, GUINT_TO_POINTER(flow->shapes->len));
  return flow->shapes->len;
}

static bool accepts(void *context, uint32_t call_shape, uint32_t routine_shape)
{
  const struct flow *flow = context;
  return call_shape == 0 || routine_shape == 0 ||
         signature_fits(g_ptr_array_index(flow->shapes, call_shape - 1),
                        g_ptr_array_index(flow->shapes, routine_shape - 1));
}

static uint32_t places(void *context, uint32_t type, uint32_t from, uint32_t *offsets, uint32_t n)
{
  if (linkage_is_characters(linkage_of(context), type - 1, from))
    return 0;
  return linkage_places(linkage_of(context), type - 1, offsets, n);
}

struct points_to_types flow_types(struct flow *flow)
{
  return (struct points_to_types){fit, size_of, target_at, places, accepts, flow};
}
