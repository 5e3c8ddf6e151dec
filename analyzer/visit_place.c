#include "analyzer/visit.h"

#include <string.h>

static struct place place_none(CXType type)
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

void visit_count_use(struct visit *visit, uint32_t name)
{
  if (name == 0)
    return;
  gpointer key = GUINT_TO_POINTER(name);
  guint n = GPOINTER_TO_UINT(g_hash_table_lookup(visit->words, key));
  g_hash_table_insert(visit->words, key, GUINT_TO_POINTER(n + 1));
}

static struct place dereference(struct visit *visit, struct value *pointer, CXType type,
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

static struct place place_of_reference(struct visit *visit, CXCursor expression, CXType type)
{
  struct place place = place_none(type);
  CXCursor referenced = clang_getCursorReferenced(expression);
  enum CXCursorKind kind = clang_getCursorKind(referenced);
  if (kind == CXCursor_FunctionDecl) {
    place.routine = visit_routine(visit, referenced);
    visit_count_use(visit, visit_routine_row(visit, place.routine)->name);
  } else if (kind == CXCursor_VarDecl || kind == CXCursor_ParmDecl) {
    place.base = UNIT_BASE_OBJECT;
    place.object = visit_object(visit, referenced);
    visit_count_use(visit, visit_object_row(visit, place.object)->name);
  } else if (kind != CXCursor_EnumConstantDecl && visit_routine_type(type).kind != CXType_Invalid) {
    CXString name = clang_getCursorSpelling(expression);
    const char *text = clang_getCString(name);
    if (text != NULL && *text != '\0')
      place.routine = visit_implicit_routine(visit, text, type);
    clang_disposeString(name);
  }
  return place;
}

bool visit_is_pointer(CXType type)
{
  enum CXTypeKind kind = clang_getCanonicalType(type).kind;
  return kind == CXType_Pointer || kind == CXType_BlockPointer;
}

/* Values are never arrays: an array decays, and the parser spells a parameter that was written as
 * one, and what is computed from it, as an array still. */
bool visit_is_pointer_value(CXType type)
{
  return visit_is_pointer(type) || visit_is_array(type);
}

bool visit_is_routine(CXCursor expression)
{
  enum CXTypeKind kind = clang_getCanonicalType(clang_getCursorType(expression)).kind;
  return kind == CXType_FunctionProto || kind == CXType_FunctionNoProto;
}

/* Whether the expression names an object that is an array, so that its elements lie in that. */
bool visit_is_array_object(CXCursor expression)
{
  return visit_is_array(clang_getCursorType(expression)) &&
         clang_getCursorKind(clang_getCursorReferenced(expression)) != CXCursor_ParmDecl;
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

static struct place place_of_member(struct visit *visit, CXCursor expression, CXType type)
{
  CXCursor base;
  if (!visit_child(visit, expression, 0, &base))
    return place_none(type);
  CXType base_type = clang_getCursorType(base);
  struct place place;
  if (visit_is_pointer(base_type) || visit_is_array(base_type)) {
    struct value pointer = visit_value(visit, base);
    struct spot spot = visit_spot(visit, expression);
    CXType pointee = clang_getPointeeType(clang_getCanonicalType(base_type));
    place = dereference(visit, &pointer, pointee, &spot);
  } else {
    place = visit_place(visit, base);
  }
  note_record(visit, &place);
  CXCursor field = clang_getCursorReferenced(expression);
  uint32_t row =
      clang_getCursorKind(field) == CXCursor_FieldDecl ? visit_field(visit, field) : UNIT_NONE;
  if (row != UNIT_NONE) {
    uint32_t record = visit_type_of(visit, base_type);
    uint32_t owner = g_array_index(visit->builder->fields, struct unit_field, row).type_id;
    if (record != UNIT_NONE)
      add_anonymous(visit, record, owner, &place.path);
    place.path = unit_builder_path(visit->builder, place.path, row);
    visit_count_use(visit, g_array_index(visit->builder->fields, struct unit_field, row).name);
  }
  place.type = type;
  return place;
}

static struct place place_of_subscript(struct visit *visit, CXCursor expression, CXType type)
{
  guint n = 0;
  guint start = visit_push_expressions(visit, expression, &n);
  if (n < 2) {
    visit_pop(visit, start);
    return place_none(type);
  }
  CXCursor base = visit_at(visit, start);
  CXCursor index = visit_at(visit, start + 1);
  visit_pop(visit, start);
  if (!visit_is_pointer(clang_getCursorType(base)) && !visit_is_array(clang_getCursorType(base))) {
    CXCursor swap = base;
    base = index;
    index = swap;
  }
  CXCursor array = visit_strip(visit, base, false);
  struct place place;
  if (visit_is_array_object(array) && visit_is_place(visit, array)) {
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
  struct spot spot = visit_spot(visit, expression);
  place = dereference(visit, &pointer, type, &spot);
  note_record(visit, &place);
  return place;
}

static struct place place_of_compound(struct visit *visit, CXCursor expression, CXType type)
{
  uint32_t object = visit_new_object(visit, UNIT_OBJECT_COMPOUND, 0, expression, type);
  struct place place = place_none(type);
  place.base = UNIT_BASE_OBJECT;
  place.object = object;
  if (visit->routine == UNIT_NONE)
    visit_object_row(visit, object)->flags |= UNIT_OBJECT_DEFINED;
  CXCursor initialiser;
  if (visit_operand(visit, expression, &initialiser))
    visit_initialiser(visit, &place, initialiser, visit->routine == UNIT_NONE);
  return place;
}

static struct place place_of_value(struct visit *visit, CXCursor expression, CXType type)
{
  struct value value = visit_value(visit, expression);
  struct place place = place_none(type);
  if (visit_is_record(type) && value.node != UNIT_NONE) {
    place.base = UNIT_BASE_POINTER;
    place.node = value.node;
  }
  return place;
}

struct place visit_place(struct visit *visit, CXCursor expression)
{
  CXType type = clang_getCursorType(expression);
  CXCursor child;
  switch (clang_getCursorKind(expression)) {
  case CXCursor_ParenExpr:
    if (visit_child(visit, expression, 0, &child))
      return visit_place(visit, child);
    return place_none(type);
  case CXCursor_DeclRefExpr:
    return place_of_reference(visit, expression, type);
  case CXCursor_MemberRefExpr:
    return place_of_member(visit, expression, type);
  case CXCursor_ArraySubscriptExpr:
    return place_of_subscript(visit, expression, type);
  case CXCursor_CompoundLiteralExpr:
    return place_of_compound(visit, expression, type);
  case CXCursor_StringLiteral: {
    struct place place = place_none(type);
    struct spot spot = visit_spot(visit, expression);
    place.is_string = true;
    place.text = visit_literal_text(visit, expression);
    note_literal(visit, place.text, &spot);
    return place;
  }
  case CXCursor_UnaryOperator:
    if (!visit_child(visit, expression, 0, &child))
      return place_none(type);
    if (clang_getCursorUnaryOperatorKind(expression) == CXUnaryOperator_Deref) {
      struct value pointer = visit_value(visit, child);
      struct spot spot = visit_spot(visit, expression);
      struct place place = dereference(visit, &pointer, type, &spot);
      note_record(visit, &place);
      return place;
    }
    if (clang_getCursorUnaryOperatorKind(expression) == CXUnaryOperator_Extension ||
        clang_getCursorUnaryOperatorKind(expression) == CXUnaryOperator_Real ||
        clang_getCursorUnaryOperatorKind(expression) == CXUnaryOperator_Imag)
      return visit_place(visit, child);
    return place_of_value(visit, expression, type);
  case CXCursor_UnexposedExpr: {
    CXCursor stripped = visit_strip(visit, expression, false);
    if (!clang_equalCursors(stripped, expression) && visit_is_place(visit, stripped)) {
      struct place place = visit_place(visit, stripped);
      return place;
    }
    return place_of_value(visit, expression, type);
  }
  default:
    return place_of_value(visit, expression, type);
  }
}

bool visit_is_place(struct visit *visit, CXCursor expression)
{
  CXCursor child;
  switch (clang_getCursorKind(expression)) {
  case CXCursor_MemberRefExpr:
  case CXCursor_ArraySubscriptExpr:
  case CXCursor_CompoundLiteralExpr:
  case CXCursor_StringLiteral:
    return true;
  case CXCursor_DeclRefExpr:
    return clang_getCursorKind(clang_getCursorReferenced(expression)) != CXCursor_EnumConstantDecl;
  case CXCursor_ParenExpr:
    return visit_child(visit, expression, 0, &child) && visit_is_place(visit, child);
  case CXCursor_UnaryOperator:
    switch (clang_getCursorUnaryOperatorKind(expression)) {
    case CXUnaryOperator_Deref:
      return true;
    case CXUnaryOperator_Extension:
    case CXUnaryOperator_Real:
    case CXUnaryOperator_Imag:
      return visit_child(visit, expression, 0, &child) && visit_is_place(visit, child);
    default:
      return false;
    }
  default:
    return false;
  }
}
