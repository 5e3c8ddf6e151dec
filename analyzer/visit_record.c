#include "analyzer/visit.h"

#include <string.h>

static enum CXVisitorResult collect_field(CXCursor cursor, CXClientData data)
{
  GArray *fields = data;
  g_array_append_val(fields, cursor);
  return CXVisit_Continue;
}

static enum CXChildVisitResult collect_enumerator(CXCursor cursor, CXCursor parent,
                                                  CXClientData data)
{
  (void)parent;
  GArray *enumerators = data;
  if (clang_getCursorKind(cursor) == CXCursor_EnumConstantDecl)
    g_array_append_val(enumerators, cursor);
  return CXChildVisit_Continue;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
  const unsigned char *at = bytes;
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ at[i]) * 1099511628211u;
  return hash;
}

static uint64_t mix_text(struct visit *visit, uint64_t hash, uint32_t string)
{
  uint32_t offset = g_array_index(visit->builder->string_offsets, uint32_t, string);
  const char *text = visit->builder->string_bytes->str + offset;
  return mix(hash, text, strlen(text) + 1);
}

static struct unit_type *type_row(struct visit *visit, uint32_t row)
{
  return &g_array_index(visit->builder->types, struct unit_type, row);
}

static void fill_fields(struct visit *visit, uint32_t row, CXType type)
{
  g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(CXCursor));
  clang_Type_visitFields(type, collect_field, fields);
  uint32_t first = visit->builder->fields->len;
  type_row(visit, row)->first_field = first;
  type_row(visit, row)->n_fields = fields->len;
  /* Rows first, so that records which refer to one another find them in place. */
  for (guint i = 0; i < fields->len; i++) {
    CXCursor field = g_array_index(fields, CXCursor, i);
    struct unit_field added = {.type_id = row, .position = i, .record = UNIT_NONE};
    visit_put(visit, visit_declared(visit, field), unit_builder_add_field(visit->builder, &added));
  }
  uint64_t layout = 14695981039346656037u;
  for (guint i = 0; i < fields->len; i++) {
    CXCursor cursor = g_array_index(fields, CXCursor, i);
    struct c_type *field_type = visit_cursor_type(visit, cursor);
    long long offset = clang_Cursor_getOffsetOfField(cursor);
    long long size = visit_size(field_type);
    struct unit_field field = {.type_id = row, .position = i};
    bool is_anonymous =
        clang_Cursor_isAnonymousRecordDecl(clang_getTypeDeclaration(field_type->canonical)) != 0;
    CXString name = clang_getCursorSpelling(cursor);
    const char *text = clang_getCString(name);
    is_anonymous = is_anonymous && (text == NULL || *text == '\0' || strchr(text, '(') != NULL);
    field.name = is_anonymous ? 0 : unit_builder_string(visit->builder, text);
    clang_disposeString(name);
    field.type = visit_type_text(visit, field_type);
    field.record = visit_type_of(visit, field_type);
    field.flags = visit_value_flags(visit, field_type) | (is_anonymous ? UNIT_VALUE_ANONYMOUS : 0);
    field.bit_offset = offset >= 0 ? (uint32_t)offset : 0;
    field.bit_size = size > 0 ? (uint32_t)size * 8 : 0;
    if (clang_Cursor_isBitField(cursor)) {
      field.flags |= UNIT_VALUE_BIT_FIELD;
      field.bit_size = (uint32_t)clang_getFieldDeclBitWidth(cursor);
    }
    if (field_type->kind == CXType_ConstantArray)
      field.n_elements = (uint32_t)clang_getArraySize(field_type->canonical);
    field.shape = visit_shape_string(visit, field_type);
    field.line = visit_line_at(visit, clang_getCursorLocation(cursor));
    if (clang_Cursor_hasAttrs(cursor)) {
      struct attributes attributes;
      attributes_read(visit, cursor, &attributes);
      field.annotations = unit_builder_string(visit->builder, attributes.annotations->str);
      attributes_clear(&attributes);
    }
    layout = mix_text(visit, layout, field.name);
    layout = mix_text(visit, layout, field.type);
    layout = mix(layout, &field.bit_offset, sizeof field.bit_offset);
    layout = mix(layout, &field.bit_size, sizeof field.bit_size);
    g_array_index(visit->builder->fields, struct unit_field, first + i) = field;
  }
  type_row(visit, row)->layout = layout;
}

static void fill_enumerators(struct visit *visit, uint32_t row, CXCursor definition)
{
  g_autoptr(GArray) enumerators = g_array_new(FALSE, FALSE, sizeof(CXCursor));
  clang_visitChildren(definition, collect_enumerator, enumerators);
  type_row(visit, row)->first_enumerator = visit->builder->enumerators->len;
  type_row(visit, row)->n_enumerators = enumerators->len;
  uint64_t layout = 14695981039346656037u;
  for (guint i = 0; i < enumerators->len; i++) {
    CXCursor cursor = g_array_index(enumerators, CXCursor, i);
    struct unit_enumerator added = {.type_id = row,
                                    .name = visit_string(visit, clang_getCursorSpelling(cursor)),
                                    .value = clang_getEnumConstantDeclValue(cursor)};
    unit_builder_add_enumerator(visit->builder, &added);
    layout = mix_text(visit, layout, added.name);
    layout = mix(layout, &added.value, sizeof added.value);
  }
  type_row(visit, row)->layout = layout;
}

static uint32_t record_name(struct visit *visit, CXCursor declaration)
{
  if (clang_Cursor_isAnonymous(declaration))
    return 0;
  CXString name = clang_getCursorSpelling(declaration);
  const char *text = clang_getCString(name);
  if (text == NULL || strchr(text, '(') != NULL) {
    clang_disposeString(name);
    return 0;
  }
  return visit_string(visit, name);
}

/* Other names that a header gave to a record before it was complete. */
static void complete_typedefs(struct visit *visit, uint32_t record)
{
  for (uint32_t i = 0; i < visit->n_early_types; i++) {
    struct unit_type *type = type_row(visit, i);
    if (type->kind == UNIT_TYPEDEF && type->record == record && type->size == 0)
      type->size = type_row(visit, record)->size;
  }
}

uint32_t visit_record(struct visit *visit, CXCursor cursor)
{
  struct declared *declaration = visit_declared(visit, cursor);
  uint32_t row = declared_row(declaration);
  if (row == UNIT_NONE) {
    row = visit_base_find(visit, UNIT_DECLARES_TYPE, declaration);
    if (row != UNIT_NONE)
      visit_put(visit, declaration, row);
  }
  if (row != UNIT_NONE && (row >= visit->n_early_types || type_row(visit, row)->is_complete != 0))
    return row;
  CXCursor definition = clang_getCursorDefinition(cursor);
  bool is_complete = visit_sees(visit, definition);
  if (row != UNIT_NONE && !is_complete)
    return row;
  if (!is_complete)
    definition = declaration->canonical->cursor;
  enum CXCursorKind kind = clang_getCursorKind(definition);
  struct unit_type added = {.kind = kind == CXCursor_EnumDecl    ? UNIT_ENUM
                                    : kind == CXCursor_UnionDecl ? UNIT_UNION
                                                                 : UNIT_STRUCT,
                            .record = UNIT_NONE,
                            .owner = UNIT_NONE,
                            .is_complete = is_complete};
  struct spot spot = visit_spot(visit, definition);
  added.file = spot.file;
  added.line = spot.line;
  added.column = spot.column;
  added.name = record_name(visit, definition);
  /* What a header leaves open may be completed by its user. */
  if (row == UNIT_NONE)
    row = unit_builder_add_type(visit->builder, &added);
  else
    *type_row(visit, row) = added;
  visit_put(visit, declaration, row);
  if (!is_complete)
    return row;

  CXType type = clang_getCursorType(definition);
  long long size = clang_Type_getSizeOf(type);
  type_row(visit, row)->size = size > 0 ? (uint64_t)size : 0;
  if (row < visit->n_early_types)
    complete_typedefs(visit, row);
  CXCursor owner = clang_getCursorSemanticParent(definition);
  enum CXCursorKind owner_kind = clang_getCursorKind(owner);
  if (owner_kind == CXCursor_StructDecl || owner_kind == CXCursor_UnionDecl) {
    uint32_t owner_row = visit_record(visit, owner);
    type_row(visit, row)->owner = owner_row;
  }
  if (clang_Cursor_hasAttrs(definition)) {
    struct attributes attributes;
    attributes_read(visit, definition, &attributes);
    uint32_t text = unit_builder_string(visit->builder, attributes.annotations->str);
    type_row(visit, row)->annotations = text;
    attributes_clear(&attributes);
  }
  if (added.kind == UNIT_ENUM) {
    uint32_t underlying =
        visit_type_text(visit, visit_type(visit, clang_getEnumDeclIntegerType(definition)));
    type_row(visit, row)->underlying = underlying;
    fill_enumerators(visit, row, definition);
  } else {
    fill_fields(visit, row, type);
  }
  return row;
}

uint32_t visit_typedef(struct visit *visit, CXCursor cursor)
{
  struct declared *declaration = visit_declared(visit, cursor);
  uint32_t row = declared_row(declaration);
  if (row == UNIT_NONE)
    row = visit_base_find(visit, UNIT_DECLARES_TYPE, declaration);
  if (row != UNIT_NONE)
    return row;
  struct c_type *underlying = visit_type(visit, clang_getTypedefDeclUnderlyingType(cursor));
  struct spot spot = visit_spot(visit, cursor);
  long long size = visit_size(underlying);
  struct unit_type added = {.kind = UNIT_TYPEDEF,
                            .name = visit_name(visit, declaration),
                            .file = spot.file,
                            .line = spot.line,
                            .column = spot.column,
                            .underlying = visit_type_text(visit, underlying),
                            .owner = UNIT_NONE,
                            .is_complete = 1,
                            .size = size > 0 ? (uint64_t)size : 0};
  added.record = visit_type_of(visit, underlying);
  if (added.record != UNIT_NONE && type_row(visit, added.record)->name == 0 &&
      (underlying->kind == CXType_Record || underlying->kind == CXType_Enum))
    type_row(visit, added.record)->name = added.name;
  row = unit_builder_add_type(visit->builder, &added);
  visit_put(visit, declaration, row);
  return row;
}

uint32_t visit_field(struct visit *visit, struct declared *field)
{
  uint32_t row = declared_row(field);
  if (row != UNIT_NONE)
    return row;
  row = visit_base_find(visit, UNIT_DECLARES_FIELD, field);
  if (row != UNIT_NONE) {
    visit_put(visit, field, row);
    return row;
  }
  visit_record(visit, clang_getCursorSemanticParent(field->cursor));
  return declared_row(field);
}
