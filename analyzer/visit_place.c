#include "analyzer/visit.h"

#include <string.h>

static struct place place_none(struct c_type *type)
{
  return (struct place){.base = UNIT_BASE_NONE,
                        .object = UNIT_NONE,
                        .node = UNIT_NONE,
                        .record = UNIT_NONE,
                        .routine = UNIT_NONE,
                        .type = type};
}

static void note_literal(struct visit *visit, uint32_t text, const struct spot *spot)
{
  struct unit_literal literal = {.routine = visit->routine,
                                 .text = text,
                                 .file = spot->file != UNIT_NONE ? spot->file : 0,
                                 .line = spot->line,
                                 .column = spot->column,
                                 .object = visit->object};
  unit_builder_add_literal(visit->builder, &literal);
}

static struct place dereference(struct visit *visit, struct value *pointer, struct c_type *type,
                                const struct spot *spot)
{
  struct place place = place_none(type);
  if (pointer->kind == UNIT_ARGUMENT_ROUTINE) {
    place.routine = pointer->index;
    return place;
  }
  if (pointer->kind == UNIT_ARGUMENT_STRING) {
    place.is_string = true;
    place.text = pointer->text;
    return place;
  }
  if (pointer->kind == UNIT_ARGUMENT_ADDRESS && (pointer->edge_flags & UNIT_EDGE_CAST) == 0) {
    place.base = UNIT_BASE_OBJECT;
    place.object = pointer->index;
    place.path = pointer->path;
    return place;
  }
  if (pointer->kind == UNIT_ARGUMENT_FIELD_ADDRESS && pointer->path == 0 &&
      pointer->node != UNIT_NONE) {
    place.base = UNIT_BASE_POINTER;
    place.object = pointer->index;
    place.node = pointer->node;
    return place;
  }
  uint32_t node = value_node(visit, pointer, spot);
  place.base = UNIT_BASE_POINTER;
  place.node = node;
  if (pointer->kind == UNIT_ARGUMENT_OBJECT || pointer->kind == UNIT_ARGUMENT_PARAM)
    place.object = pointer->index;
  return place;
}

static struct place place_of_reference(struct visit *visit, struct syntax *expression)
{
  struct c_type *type = syntax_type(visit, expression);
  struct place place = place_none(type);
  struct declared *referenced = syntax_referenced(visit, expression);
  enum CXCursorKind kind = referenced->cursor.kind;
  if (kind == CXCursor_FunctionDecl) {
    place.routine = visit_routine(visit, referenced);
    words_count(visit->words, visit_routine_row(visit, place.routine)->name);
  } else if (kind == CXCursor_VarDecl || kind == CXCursor_ParmDecl) {
    place.base = UNIT_BASE_OBJECT;
    place.object = visit_object(visit, referenced);
    words_count(visit->words, visit_object_row(visit, place.object)->name);
  } else if (kind != CXCursor_EnumConstantDecl && visit_routine_type(visit, type) != NULL) {
    CXString name = clang_getCursorSpelling(expression->cursor);
    const char *text = clang_getCString(name);
    if (text != NULL && *text != '\0')
      place.routine = visit_implicit_routine(visit, text, type);
    clang_disposeString(name);
  }
  return place;
}

bool visit_is_array_object(struct visit *visit, struct syntax *expression)
{
  return type_is_array(syntax_type(visit, expression)) &&
         syntax_referenced(visit, expression)->cursor.kind != CXCursor_ParmDecl;
}

static void note_record(struct visit *visit, struct place *place)
{
  if (place->base == UNIT_BASE_POINTER && place->path == 0)
    place->record = visit_type_of(visit, place->type);
}

/* Adds the steps through anonymous members that lead from a record to the one that a field belongs
 * to: the parser leaves them out. False where there is no way. */
static bool add_anonymous(struct visit *visit, uint32_t record, uint32_t owner, uint32_t *path)
{
  if (record == owner)
    return true;
  const GArray *fields = visit->builder->fields;
  const struct unit_type type = g_array_index(visit->builder->types, struct unit_type, record);
  for (uint32_t i = type.first_field; i < type.first_field + type.n_fields; i++) {
    const struct unit_field *field = &g_array_index(fields, struct unit_field, i);
    if ((field->flags & UNIT_VALUE_ANONYMOUS) == 0 || field->record == UNIT_NONE)
      continue;
    uint32_t inside = unit_builder_path(visit->builder, *path, i);
    if (!add_anonymous(visit, field->record, owner, &inside))
      continue;
    *path = inside;
    return true;
  }
  return false;
}

static struct place place_of_member(struct visit *visit, struct syntax *expression)
{
  struct c_type *type = syntax_type(visit, expression);
  struct syntax *base = syntax_expression(expression, 0);
  if (base == NULL)
    return place_none(type);
  struct c_type *base_type = syntax_type(visit, base);
  struct place place;
  if (type_is_pointer_value(base_type)) {
    struct value pointer = visit_value(visit, base);
    place = dereference(visit, &pointer, visit_pointee(visit, base_type),
                        syntax_spot(visit, expression));
  } else {
    place = visit_place(visit, base);
  }
  note_record(visit, &place);
  struct declared *field = syntax_referenced(visit, expression);
  uint32_t row = field->cursor.kind == CXCursor_FieldDecl ? visit_field(visit, field) : UNIT_NONE;
  if (row != UNIT_NONE) {
    uint32_t record = visit_type_of(visit, base_type);
    uint32_t owner = g_array_index(visit->builder->fields, struct unit_field, row).type_id;
    if (record != UNIT_NONE)
      add_anonymous(visit, record, owner, &place.path);
    place.path = unit_builder_path(visit->builder, place.path, row);
    words_count(visit->words, g_array_index(visit->builder->fields, struct unit_field, row).name);
  }
  place.type = type;
  return place;
}

static struct place place_of_subscript(struct visit *visit, struct syntax *expression)
{
  struct c_type *type = syntax_type(visit, expression);
  struct syntax *base = syntax_expression(expression, 0);
  struct syntax *index = base != NULL ? syntax_next_expression(expression, base) : NULL;
  if (index == NULL)
    return place_none(type);
  if (!type_is_pointer_value(syntax_type(visit, base))) {
    struct syntax *swap = base;
    base = index;
    index = swap;
  }
  struct syntax *array = syntax_strip(base, false);
  struct place place;
  if (visit_is_array_object(visit, array) && visit_is_place(visit, array)) {
    place = visit_place(visit, array);
    visit_discard(visit, index);
    note_record(visit, &place);
    place.path = unit_builder_path(visit->builder, place.path, UNIT_NONE);
    place.type = type;
    return place;
  }
  struct value pointer = visit_value(visit, base);
  visit_discard(visit, index);
  if (pointer.kind == UNIT_ARGUMENT_PARAM)
    visit_use(visit, pointer.index, UNIT_USE_INDEXED);
  place = dereference(visit, &pointer, type, syntax_spot(visit, expression));
  note_record(visit, &place);
  return place;
}

static struct place place_of_compound(struct visit *visit, struct syntax *expression)
{
  struct c_type *type = syntax_type(visit, expression);
  struct place place = place_none(type);
  place.base = UNIT_BASE_OBJECT;
  place.object =
      visit_new_object(visit, UNIT_OBJECT_COMPOUND, 0, syntax_spot(visit, expression), type);
  if (visit->routine == UNIT_NONE)
    visit_object_row(visit, place.object)->flags |= UNIT_OBJECT_DEFINED;
  struct syntax *initialiser = syntax_operand(expression);
  if (initialiser != NULL)
    visit_initialiser(visit, &place, initialiser, visit->routine == UNIT_NONE);
  return place;
}

static struct place place_of_value(struct visit *visit, struct syntax *expression)
{
  struct value value = visit_value(visit, expression);
  struct place place = place_none(syntax_type(visit, expression));
  if (type_is_record(place.type) && value.node != UNIT_NONE) {
    place.base = UNIT_BASE_POINTER;
    place.node = value.node;
  }
  return place;
}

static struct place place_of_literal(struct visit *visit, struct syntax *expression)
{
  struct place place = place_none(syntax_type(visit, expression));
  const struct spot *spot = syntax_spot(visit, expression);
  place.is_string = true;
  place.text = visit_literal_text(visit, expression);
  note_literal(visit, place.text, spot);
  return place;
}

static struct place place_of_unary(struct visit *visit, struct syntax *expression)
{
  struct syntax *child = syntax_expression(expression, 0);
  if (child == NULL)
    return place_none(syntax_type(visit, expression));
  switch (clang_getCursorUnaryOperatorKind(expression->cursor)) {
  case CXUnaryOperator_Deref: {
    struct value pointer = visit_value(visit, child);
    struct place place = dereference(visit, &pointer, syntax_type(visit, expression),
                                     syntax_spot(visit, expression));
    note_record(visit, &place);
    return place;
  }
  case CXUnaryOperator_Extension:
  case CXUnaryOperator_Real:
  case CXUnaryOperator_Imag:
    return visit_place(visit, child);
  default:
    return place_of_value(visit, expression);
  }
}

struct place visit_place(struct visit *visit, struct syntax *expression)
{
  struct syntax *inner = NULL;
  switch (syntax_kind(expression)) {
  case CXCursor_ParenExpr:
    inner = syntax_expression(expression, 0);
    return inner != NULL ? visit_place(visit, inner) : place_none(syntax_type(visit, expression));
  case CXCursor_DeclRefExpr:
    return place_of_reference(visit, expression);
  case CXCursor_MemberRefExpr:
    return place_of_member(visit, expression);
  case CXCursor_ArraySubscriptExpr:
    return place_of_subscript(visit, expression);
  case CXCursor_CompoundLiteralExpr:
    return place_of_compound(visit, expression);
  case CXCursor_StringLiteral:
    return place_of_literal(visit, expression);
  case CXCursor_UnaryOperator:
    return place_of_unary(visit, expression);
  case CXCursor_UnexposedExpr:
    inner = syntax_strip(expression, false);
    if (inner != expression && visit_is_place(visit, inner))
      return visit_place(visit, inner);
    return place_of_value(visit, expression);
  default:
    return place_of_value(visit, expression);
  }
}

bool visit_is_place(struct visit *visit, struct syntax *expression)
{
  struct syntax *child = NULL;
  switch (syntax_kind(expression)) {
  case CXCursor_MemberRefExpr:
  case CXCursor_ArraySubscriptExpr:
  case CXCursor_CompoundLiteralExpr:
  case CXCursor_StringLiteral:
    return true;
  case CXCursor_DeclRefExpr:
    return syntax_referenced(visit, expression)->cursor.kind != CXCursor_EnumConstantDecl;
  case CXCursor_ParenExpr:
    child = syntax_expression(expression, 0);
    return child != NULL && visit_is_place(visit, child);
  case CXCursor_UnaryOperator:
    switch (clang_getCursorUnaryOperatorKind(expression->cursor)) {
    case CXUnaryOperator_Deref:
      return true;
    case CXUnaryOperator_Extension:
    case CXUnaryOperator_Real:
    case CXUnaryOperator_Imag:
      child = syntax_expression(expression, 0);
      return child != NULL && visit_is_place(visit, child);
    default:
      return false;
    }
  default:
    return false;
  }
}
