#include "analyzer/visit.h"

struct value value_none(struct c_type *type)
{
  return (struct value){.kind = UNIT_ARGUMENT_OTHER,
                        .index = UNIT_NONE,
                        .node = UNIT_NONE,
                        .heap = UNIT_NONE,
                        .type = type};
}

void flow_edge(struct visit *visit, enum unit_edge_kind kind, uint32_t to, uint32_t from,
               uint32_t path, uint32_t flags, const struct spot *spot)
{
  struct unit_edge edge = {.kind = kind,
                           .to = to,
                           .from = from,
                           .path = path,
                           .flags = flags |
                                    (visit->is_initialiser ? (uint32_t)UNIT_EDGE_INITIALISER : 0u),
                           .file = spot->file,
                           .line = spot->line,
                           .routine = visit->routine,
                           .record = UNIT_NONE,
                           .guard = visit->guard};
  unit_builder_add_edge(visit->builder, &edge);
}

static uint32_t literal_object(struct visit *visit, uint32_t text, const struct spot *spot)
{
  struct unit_object added = {.name = text,
                              .kind = UNIT_OBJECT_LITERAL,
                              .flags = UNIT_OBJECT_CONST | UNIT_OBJECT_DEFINED,
                              .file = spot->file,
                              .line = spot->line,
                              .column = spot->column,
                              .routine = visit->routine,
                              .type = unit_builder_string(visit->builder, "char[]"),
                              .record = UNIT_NONE,
                              .value = UNIT_VALUE_ARRAY | UNIT_VALUE_CHARACTER};
  return unit_builder_add_object(visit->builder, &added);
}

void flow_into(struct visit *visit, uint32_t node, struct value *value, const struct spot *spot)
{
  switch (value->kind) {
  case UNIT_ARGUMENT_ROUTINE:
    flow_edge(visit, UNIT_EDGE_ROUTINE, node, value->index, 0, value->edge_flags, spot);
    return;
  case UNIT_ARGUMENT_ADDRESS:
    flow_edge(visit, UNIT_EDGE_ADDRESS, node, value->index, value->path, value->edge_flags, spot);
    return;
  case UNIT_ARGUMENT_STRING:
    flow_edge(visit, UNIT_EDGE_ADDRESS, node, literal_object(visit, value->text, spot), 0,
              value->edge_flags, spot);
    return;
  case UNIT_ARGUMENT_INTEGER:
  case UNIT_ARGUMENT_NULL:
    return;
  default:
    break;
  }
  uint32_t from = value_node(visit, value, spot);
  if (from != UNIT_NONE && from != node)
    flow_edge(visit, UNIT_EDGE_COPY, node, from, 0, value->edge_flags, spot);
}

bool value_is_carrier(struct visit *visit, const struct value *value)
{
  return (value->kind == UNIT_ARGUMENT_OBJECT && visit_is_carrier(visit, value->type)) ||
         (value->kind == UNIT_ARGUMENT_PARAM &&
          (visit_is_carrier(visit, value->type) || type_is_array(value->type)));
}

uint32_t value_node(struct visit *visit, struct value *value, const struct spot *spot)
{
  if (value->node != UNIT_NONE)
    return value->node;
  switch (value->kind) {
  case UNIT_ARGUMENT_OBJECT:
  case UNIT_ARGUMENT_PARAM:
    if (value_is_carrier(visit, value))
      value->node = unit_builder_node(visit->builder, UNIT_NODE_OBJECT, value->index, value->path);
    break;
  case UNIT_ARGUMENT_ROUTINE:
  case UNIT_ARGUMENT_ADDRESS:
  case UNIT_ARGUMENT_STRING: {
    uint32_t temp = unit_builder_temp(visit->builder);
    flow_into(visit, temp, value, spot);
    value->node = temp;
    break;
  }
  default:
    break;
  }
  return value->node;
}

/* A pointer node for a place, so that it can be the side of a RECORD edge. */
static uint32_t address_node(struct visit *visit, const struct place *place,
                             const struct spot *spot)
{
  struct value address = place_address(visit, place, spot);
  return value_node(visit, &address, spot);
}

void flow_shape_heap(struct visit *visit, uint32_t heap, struct c_type *type)
{
  if (type->kind != CXType_Pointer)
    return;
  uint32_t value = visit_value_flags(visit, visit_target(visit, type));
  bool is_pointer = (value & UNIT_VALUE_POINTER) != 0;
  if ((value & (UNIT_VALUE_VOID | UNIT_VALUE_CHARACTER)) != 0 && !is_pointer)
    return;
  if (visit_object_row(visit, heap)->record != UNIT_NONE && !is_pointer)
    return;
  uint32_t record = visit_type_of(visit, type);
  uint32_t text = visit_type_text(visit, type);
  struct unit_object *row = visit_object_row(visit, heap);
  row->record = record;
  row->type = text;
  row->value = value;
}

/* A parameter written as an array is a pointer, whatever its elements are. */
static bool is_array_param(struct visit *visit, const struct place *place)
{
  return place->base == UNIT_BASE_OBJECT && place->path == 0 && type_is_array(place->type) &&
         visit_object_row(visit, place->object)->kind == UNIT_OBJECT_PARAM;
}

void flow_assign(struct visit *visit, const struct place *place, struct value *value,
                 const struct spot *spot)
{
  if (value->heap != UNIT_NONE && place->type->type.kind != CXType_Invalid)
    flow_shape_heap(visit, value->heap, place->type);
  visit_hold_assign(visit, place, value);
  if (place->base == UNIT_BASE_NONE ||
      (!visit_is_carrier(visit, place->type) && !is_array_param(visit, place)))
    return;
  if (type_is_record(place->type) && !visit_is_va_list(visit, place->type)) {
    uint32_t from = value_node(visit, value, spot);
    uint32_t to = from != UNIT_NONE ? address_node(visit, place, spot) : UNIT_NONE;
    if (to != UNIT_NONE) {
      uint32_t record = visit_type_of(visit, place->type);
      flow_edge(visit, UNIT_EDGE_RECORD, to, from, 0, value->edge_flags, spot);
      GArray *edges = visit->builder->edges;
      g_array_index(edges, struct unit_edge, edges->len - 1).record = record;
    }
    return;
  }
  if (place->base == UNIT_BASE_OBJECT) {
    uint32_t node = unit_builder_node(visit->builder, UNIT_NODE_OBJECT, place->object, place->path);
    flow_into(visit, node, value, spot);
    return;
  }
  uint32_t from = value_node(visit, value, spot);
  if (from != UNIT_NONE && place->node != UNIT_NONE)
    flow_edge(visit, UNIT_EDGE_STORE, place->node, from, place->path, value->edge_flags, spot);
}

/* A cast to "char *" of what is none, and bytes added to it. */
static bool counts_bytes(struct visit *visit, struct syntax *expression)
{
  struct syntax *at = syntax_strip(expression, false);
  while (at != NULL && syntax_kind(at) == CXCursor_BinaryOperator) {
    at = syntax_expression(at, 0);
    at = at != NULL ? syntax_strip(at, false) : NULL;
  }
  struct syntax *operand = at != NULL && syntax_kind(at) == CXCursor_CStyleCastExpr &&
                                   type_is_pointer(syntax_type(visit, at))
                               ? syntax_operand(at)
                               : NULL;
  if (operand == NULL)
    return false;
  struct c_type *from = syntax_type(visit, syntax_strip(operand, false));
  return !type_is_array(from) && (visit_value_flags(visit, from) & UNIT_VALUE_CHARACTER) == 0;
}

void flow_note_bytes(struct visit *visit, const struct place *place, struct syntax *expression)
{
  const uint32_t text = UNIT_VALUE_POINTER | UNIT_VALUE_CHARACTER;
  if (place->base != UNIT_BASE_OBJECT || place->path != 0 ||
      visit_object_row(visit, place->object)->kind != UNIT_OBJECT_LOCAL ||
      (visit_value_flags(visit, place->type) & text) != text)
    return;
  if (counts_bytes(visit, expression))
    visit_object_row(visit, place->object)->flags |= UNIT_OBJECT_BYTES;
}

/* What "*p" reads or writes. */
static uint32_t plain_size(const struct place *place)
{
  if (place->base != UNIT_BASE_POINTER || place->path != 0 || type_is_array(place->type))
    return 0;
  long long size = visit_size(place->type);
  return size > 0 && size <= UINT32_MAX ? (uint32_t)size : 0;
}

uint32_t access_add_call(struct visit *visit, const struct place *place, uint32_t mode,
                         enum unit_access_operation operation, const struct spot *spot,
                         uint32_t call)
{
  if (place->base == UNIT_BASE_NONE || place->routine != UNIT_NONE)
    return UNIT_NONE;
  if ((mode & UNIT_ADDRESS) != 0)
    visit_hold_expose(visit, place);
  if (place->base == UNIT_BASE_OBJECT &&
      visit_object_row(visit, place->object)->kind > UNIT_OBJECT_STATIC_LOCAL) {
    if ((mode & UNIT_READ) != 0)
      visit_use(visit, place->object, UNIT_USE_VALUE);
    /* Whoever has its address may write it. */
    if ((mode & (UNIT_WRITE | UNIT_ADDRESS)) != 0 && operation != UNIT_OPERATION_INITIALISER)
      visit_use(visit, place->object, UNIT_USE_ASSIGNED);
    if (!visit_is_of_main(visit, place))
      return UNIT_NONE;
  }
  if (place->base == UNIT_BASE_POINTER) {
    if ((mode & UNIT_READ) != 0)
      visit_use(visit, place->object, UNIT_USE_READ);
    if ((mode & UNIT_WRITE) != 0)
      visit_use(visit, place->object, UNIT_USE_WRITTEN);
  }
  struct unit_access access = {.routine = visit->routine,
                               .base = place->base,
                               .object = place->object,
                               .node = place->base == UNIT_BASE_POINTER ? place->node : UNIT_NONE,
                               .path = place->path,
                               .record = place->record,
                               .mode = mode,
                               .operation = operation,
                               .file = spot->file != UNIT_NONE ? spot->file : 0,
                               .line = spot->line,
                               .column = spot->column,
                               .call = call,
                               .value = visit_value_flags(visit, place->type),
                               .size = plain_size(place)};
  uint32_t row = unit_builder_add_access(visit->builder, &access);
  visit_note_moment(visit, place, row);
  return row;
}

void access_add(struct visit *visit, const struct place *place, uint32_t mode,
                enum unit_access_operation operation, const struct spot *spot)
{
  access_add_call(visit, place, mode, operation, spot, UNIT_NONE);
}

struct value place_load(struct visit *visit, const struct place *place, const struct spot *spot)
{
  struct value value = value_none(place->type);
  bool is_record = type_is_record(place->type) && !visit_is_va_list(visit, place->type);
  if (is_record) {
    value = place_address(visit, place, spot);
    value.kind = place->base == UNIT_BASE_OBJECT ? UNIT_ARGUMENT_OBJECT : UNIT_ARGUMENT_FIELD;
    if (place->base == UNIT_BASE_OBJECT) {
      struct value address = place_address(visit, place, spot);
      value.node = value_node(visit, &address, spot);
    }
    value.type = place->type;
    return value;
  }
  if (place->base == UNIT_BASE_OBJECT) {
    const struct unit_object *object = visit_object_row(visit, place->object);
    value.index = place->object;
    value.path = place->path;
    value.kind = UNIT_ARGUMENT_OBJECT;
    if (object->kind == UNIT_OBJECT_PARAM && place->path == 0) {
      value.kind = UNIT_ARGUMENT_PARAM;
      value.integer = object->position;
    }
    return value;
  }
  if (place->base != UNIT_BASE_POINTER)
    return value;
  value.kind = UNIT_ARGUMENT_FIELD;
  value.index = place->object;
  value.path = place->path;
  if (visit_is_carrier(visit, place->type) && place->node != UNIT_NONE) {
    value.node = unit_builder_temp(visit->builder);
    flow_edge(visit, UNIT_EDGE_LOAD, value.node, place->node, place->path, 0, spot);
  }
  return value;
}

struct value place_address(struct visit *visit, const struct place *place, const struct spot *spot)
{
  struct value value = value_none(place->type);
  if (place->routine != UNIT_NONE) {
    value.kind = UNIT_ARGUMENT_ROUTINE;
    value.index = place->routine;
  } else if (place->is_string) {
    value.kind = UNIT_ARGUMENT_STRING;
    value.text = place->text;
  } else if (place->base == UNIT_BASE_OBJECT) {
    value.kind = UNIT_ARGUMENT_ADDRESS;
    value.index = place->object;
    value.path = place->path;
  } else if (place->base == UNIT_BASE_POINTER) {
    value.kind = UNIT_ARGUMENT_FIELD_ADDRESS;
    value.index = place->object;
    value.path = place->path;
    if (place->path == 0) {
      value.node = place->node;
    } else if (place->node != UNIT_NONE) {
      value.node = unit_builder_temp(visit->builder);
      flow_edge(visit, UNIT_EDGE_FIELD, value.node, place->node, place->path, 0, spot);
    }
  }
  return value;
}
