#include "analyzer/visit.h"

#include "analyzer/declarations.h"

#include <string.h>

CXType visit_canonical(CXType type)
{
  return clang_getUnqualifiedType(clang_getCanonicalType(type));
}

bool visit_is_array(CXType type)
{
  enum CXTypeKind kind = clang_getCanonicalType(type).kind;
  return kind == CXType_ConstantArray || kind == CXType_IncompleteArray ||
         kind == CXType_VariableArray;
}

static bool has_name(CXType type, const char *name)
{
  CXCursor declaration = clang_getTypeDeclaration(type);
  CXString spelling = clang_getCursorSpelling(declaration);
  const char *text = clang_getCString(spelling);
  bool is_equal = text != NULL && strcmp(text, name) == 0;
  clang_disposeString(spelling);
  return is_equal;
}

bool visit_is_va_list(CXType type)
{
  CXType canonical = clang_getCanonicalType(type);
  if (visit_is_array(canonical))
    canonical = clang_getCanonicalType(clang_getArrayElementType(canonical));
  else if (canonical.kind == CXType_Pointer)
    canonical = clang_getCanonicalType(clang_getPointeeType(canonical));
  return canonical.kind == CXType_Record && has_name(canonical, "__va_list_tag");
}

bool visit_is_record(CXType type)
{
  return clang_getCanonicalType(type).kind == CXType_Record;
}

static bool is_pointer_sized_name(CXType type)
{
  if (type.kind != CXType_Elaborated && type.kind != CXType_Typedef)
    return false;
  return has_name(type, "uintptr_t") || has_name(type, "intptr_t");
}

bool visit_is_carrier(CXType type)
{
  CXType canonical = clang_getCanonicalType(type);
  while (visit_is_array(canonical))
    canonical = clang_getCanonicalType(clang_getArrayElementType(canonical));
  switch ((int)canonical.kind) {
  case CXType_Pointer:
  case CXType_BlockPointer:
  case CXType_Record:
  case CXType_FunctionProto:
  case CXType_FunctionNoProto:
    return true;
  case CXType_Atomic:
    return visit_is_carrier(clang_Type_getValueType(canonical));
  default:
    return is_pointer_sized_name(type);
  }
}

CXType visit_routine_type(CXType type)
{
  CXType at = clang_getCanonicalType(type);
  for (;;) {
    if (at.kind == CXType_FunctionProto || at.kind == CXType_FunctionNoProto)
      return at;
    if (at.kind == CXType_Pointer || at.kind == CXType_BlockPointer)
      at = clang_getCanonicalType(clang_getPointeeType(at));
    else if (visit_is_array(at))
      at = clang_getCanonicalType(clang_getArrayElementType(at));
    else if (at.kind == CXType_Atomic)
      at = clang_getCanonicalType(clang_Type_getValueType(at));
    else
      return (CXType){.kind = CXType_Invalid, .data = {NULL, NULL}};
  }
}

static uint32_t flags_of_pointee(CXType pointee)
{
  uint32_t flags = 0;
  CXType canonical = clang_getCanonicalType(pointee);
  if (clang_isConstQualifiedType(canonical))
    flags |= UNIT_VALUE_POINTEE_CONST;
  switch ((int)canonical.kind) {
  case CXType_Char_S:
  case CXType_Char_U:
  case CXType_SChar:
  case CXType_UChar:
    return flags | UNIT_VALUE_CHARACTER;
  case CXType_Void:
    return flags | UNIT_VALUE_VOID;
  case CXType_FunctionProto:
  case CXType_FunctionNoProto:
    return flags | UNIT_VALUE_ROUTINE_POINTER;
  case CXType_Pointer:
  case CXType_BlockPointer:
    return flags | UNIT_VALUE_DEEP | UNIT_VALUE_POINTERS;
  default:
    return visit_is_array(canonical) ? flags | UNIT_VALUE_DEEP : flags;
  }
}

uint32_t visit_value_flags(CXType type)
{
  uint32_t flags = 0;
  CXType canonical = clang_getCanonicalType(type);
  /* The qualifiers of an array's elements stand on the array once the type is canonical. */
  while (visit_is_array(canonical)) {
    flags |= UNIT_VALUE_ARRAY;
    if (clang_isConstQualifiedType(canonical))
      flags |= UNIT_VALUE_CONST;
    canonical = clang_getCanonicalType(clang_getArrayElementType(canonical));
  }
  if (clang_isConstQualifiedType(canonical))
    flags |= UNIT_VALUE_CONST;
  if (clang_isVolatileQualifiedType(canonical))
    flags |= UNIT_VALUE_VOLATILE;
  switch ((int)canonical.kind) {
  case CXType_Pointer:
  case CXType_BlockPointer:
    return flags | UNIT_VALUE_POINTER | flags_of_pointee(clang_getPointeeType(canonical));
  case CXType_Record:
    return flags | UNIT_VALUE_RECORD;
  case CXType_Char_S:
  case CXType_Char_U:
  case CXType_SChar:
  case CXType_UChar:
    return flags | UNIT_VALUE_CHARACTER;
  case CXType_Void:
    return flags | UNIT_VALUE_VOID;
  case CXType_Float:
  case CXType_Double:
  case CXType_LongDouble:
  case CXType_Float128:
  case CXType_Float16:
  case CXType_Half:
    return flags | UNIT_VALUE_FLOATING;
  case CXType_Atomic:
    return flags | UNIT_VALUE_ATOMIC | visit_value_flags(clang_Type_getValueType(canonical));
  default:
    return flags;
  }
}

uint32_t visit_param_flags(CXType type)
{
  CXType canonical = clang_getCanonicalType(type);
  return visit_is_array(canonical) && !visit_is_va_list(type)
             ? UNIT_VALUE_POINTER | flags_of_pointee(clang_getArrayElementType(canonical))
             : visit_value_flags(type);
}

/* ---- shapes ---- */

static char class_of(CXType type)
{
  switch ((int)type.kind) {
  case CXType_Void:
    return 'v';
  case CXType_Pointer:
  case CXType_BlockPointer:
  case CXType_ConstantArray:
  case CXType_IncompleteArray:
  case CXType_VariableArray:
  case CXType_FunctionProto:
  case CXType_FunctionNoProto:
    return 'p';
  case CXType_Record:
    return 's';
  case CXType_Float:
  case CXType_Double:
  case CXType_LongDouble:
  case CXType_Float128:
  case CXType_Float16:
  case CXType_Half:
    return 'f';
  case CXType_Complex:
    return 'c';
  case CXType_Vector:
  case CXType_ExtVector:
    return 'x';
  default:
    return 'i';
  }
}

static void append_class(CXType type, GString *shape)
{
  CXType canonical = clang_getCanonicalType(type);
  if (canonical.kind == CXType_Atomic)
    canonical = clang_getCanonicalType(clang_Type_getValueType(canonical));
  char letter = class_of(canonical);
  g_string_append_c(shape, letter);
  if (letter == 'v' || letter == 'p')
    return;
  long long size = clang_Type_getSizeOf(canonical);
  g_string_append_printf(shape, "%lld", size > 0 ? size : 0);
}

void visit_shape(CXType type, GString *shape)
{
  append_class(clang_getResultType(type), shape);
  if (type.kind == CXType_FunctionNoProto) {
    g_string_append(shape, "(?)");
    return;
  }
  int n = clang_getNumArgTypes(type);
  g_string_append_c(shape, '(');
  for (int i = 0; i < n; i++) {
    if (i > 0)
      g_string_append_c(shape, ',');
    append_class(clang_getArgType(type, (unsigned)i), shape);
  }
  if (clang_isFunctionTypeVariadic(type))
    g_string_append(shape, n > 0 ? ",..." : "...");
  g_string_append_c(shape, ')');
}

/* The size of a record that is handed over is known from the file that defines it. */
static void refer_record(struct visit *visit, CXType type)
{
  CXType canonical = clang_getCanonicalType(type);
  CXFile file = NULL;
  if (canonical.kind == CXType_Record)
    clang_getExpansionLocation(clang_getCursorLocation(clang_getTypeDeclaration(canonical)), &file,
                               NULL, NULL, NULL);
  if (file != NULL)
    visit_refer(visit, file);
}

uint32_t visit_shape_string(struct visit *visit, CXType type)
{
  CXType routine = visit_routine_type(type);
  if (routine.kind == CXType_Invalid)
    return 0;
  int n = visit->unseen != NULL ? clang_getNumArgTypes(routine) : 0;
  if (visit->unseen != NULL)
    refer_record(visit, clang_getResultType(routine));
  for (int i = 0; i < n; i++)
    refer_record(visit, clang_getArgType(routine, (unsigned)i));
  g_autoptr(GString) shape = g_string_new(NULL);
  visit_shape(routine, shape);
  return unit_builder_string(visit->builder, shape->str);
}

static uint32_t spell_type(struct visit *visit, CXType type)
{
  CXString spelling = clang_getTypeSpelling(type);
  const char *text = clang_getCString(spelling);
  /* Types without a name are spelled with the place where they stand: the place is machine
   * dependent, so that only the kind is kept. */
  const char *at = text != NULL ? strstr(text, " at ") : NULL;
  if (at == NULL || strchr(text, '(') == NULL)
    return visit_string(visit, spelling);
  g_autoptr(GString) cut = g_string_new(NULL);
  while (at != NULL) {
    const char *end = strchr(at, ')');
    if (end == NULL)
      break;
    g_string_append_len(cut, text, at - text);
    text = end;
    at = strstr(text, " at ");
  }
  g_string_append(cut, text);
  clang_disposeString(spelling);
  return unit_builder_string(visit->builder, cut->str);
}

uint32_t visit_type_text(struct visit *visit, CXType type)
{
  gpointer known = g_hash_table_lookup(visit->type_texts, type.data[0]);
  if (known != NULL)
    return GPOINTER_TO_UINT(known) - 1;
  uint32_t text = spell_type(visit, type);
  g_hash_table_insert(visit->type_texts, type.data[0], GUINT_TO_POINTER(text + 1));
  return text;
}

/* ---- rows ---- */

uint32_t visit_type_of(struct visit *visit, CXType type)
{
  CXType at = type;
  for (;;) {
    CXType canonical = clang_getCanonicalType(at);
    if (canonical.kind == CXType_Pointer || canonical.kind == CXType_BlockPointer)
      at = clang_getPointeeType(canonical);
    else if (visit_is_array(canonical))
      at = clang_getArrayElementType(canonical);
    else if (canonical.kind == CXType_Atomic)
      at = clang_Type_getValueType(canonical);
    else if (canonical.kind == CXType_Record || canonical.kind == CXType_Enum)
      return visit_record(visit, clang_getTypeDeclaration(canonical));
    else
      return UNIT_NONE;
  }
}

struct collected {
  GArray *fields;      /* CXCursor */
  GArray *enumerators; /* CXCursor */
};

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
    visit_put(visit, visit->fields, field, unit_builder_add_field(visit->builder, &added));
  }
  uint64_t layout = 14695981039346656037u;
  for (guint i = 0; i < fields->len; i++) {
    CXCursor cursor = g_array_index(fields, CXCursor, i);
    CXType field_type = clang_getCursorType(cursor);
    long long offset = clang_Cursor_getOffsetOfField(cursor);
    long long size = clang_Type_getSizeOf(field_type);
    struct unit_field field = {.type_id = row, .position = i};
    bool is_anonymous = clang_Cursor_isAnonymousRecordDecl(
                            clang_getTypeDeclaration(clang_getCanonicalType(field_type))) != 0;
    CXString name = clang_getCursorSpelling(cursor);
    const char *text = clang_getCString(name);
    is_anonymous = is_anonymous && (text == NULL || *text == '\0' || strchr(text, '(') != NULL);
    field.name = is_anonymous ? 0 : unit_builder_string(visit->builder, text);
    clang_disposeString(name);
    field.type = visit_type_text(visit, field_type);
    field.record = visit_type_of(visit, field_type);
    field.flags = visit_value_flags(field_type) | (is_anonymous ? UNIT_VALUE_ANONYMOUS : 0);
    field.bit_offset = offset >= 0 ? (uint32_t)offset : 0;
    field.bit_size = size > 0 ? (uint32_t)size * 8 : 0;
    if (clang_Cursor_isBitField(cursor)) {
      field.flags |= UNIT_VALUE_BIT_FIELD;
      field.bit_size = (uint32_t)clang_getFieldDeclBitWidth(cursor);
    }
    CXType canonical = clang_getCanonicalType(field_type);
    if (canonical.kind == CXType_ConstantArray)
      field.n_elements = (uint32_t)clang_getArraySize(canonical);
    field.shape = visit_shape_string(visit, field_type);
    clang_getExpansionLocation(clang_getCursorLocation(cursor), NULL, &field.line, NULL, NULL);
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

uint32_t visit_record(struct visit *visit, CXCursor declaration)
{
  uint32_t row = declarations_get(visit->types, declaration);
  if (row == UNIT_NONE) {
    row = visit_base_find(visit, UNIT_DECLARES_TYPE, declaration);
    if (row != UNIT_NONE)
      visit_put(visit, visit->types, declaration, row);
  }
  if (row != UNIT_NONE && (row >= visit->n_early_types || type_row(visit, row)->is_complete != 0))
    return row;
  CXCursor definition = clang_getCursorDefinition(declaration);
  bool is_complete = visit_sees(visit, definition);
  if (row != UNIT_NONE && !is_complete)
    return row;
  if (!is_complete)
    definition = clang_getCanonicalCursor(declaration);
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
  visit_put(visit, visit->types, declaration, row);
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
    uint32_t underlying = visit_type_text(visit, clang_getEnumDeclIntegerType(definition));
    type_row(visit, row)->underlying = underlying;
    fill_enumerators(visit, row, definition);
  } else {
    fill_fields(visit, row, type);
  }
  return row;
}

uint32_t visit_typedef(struct visit *visit, CXCursor declaration)
{
  uint32_t row = declarations_get(visit->types, declaration);
  if (row == UNIT_NONE)
    row = visit_base_find(visit, UNIT_DECLARES_TYPE, declaration);
  if (row != UNIT_NONE)
    return row;
  CXType underlying = clang_getTypedefDeclUnderlyingType(declaration);
  struct spot spot = visit_spot(visit, declaration);
  long long size = clang_Type_getSizeOf(underlying);
  struct unit_type added = {.kind = UNIT_TYPEDEF,
                            .name = visit_string(visit, clang_getCursorSpelling(declaration)),
                            .file = spot.file,
                            .line = spot.line,
                            .column = spot.column,
                            .underlying = visit_type_text(visit, underlying),
                            .owner = UNIT_NONE,
                            .is_complete = 1,
                            .size = size > 0 ? (uint64_t)size : 0};
  added.record = visit_type_of(visit, underlying);
  CXType canonical = clang_getCanonicalType(underlying);
  if (added.record != UNIT_NONE && type_row(visit, added.record)->name == 0 &&
      (canonical.kind == CXType_Record || canonical.kind == CXType_Enum))
    type_row(visit, added.record)->name = added.name;
  row = unit_builder_add_type(visit->builder, &added);
  visit_put(visit, visit->types, declaration, row);
  return row;
}

uint32_t visit_field(struct visit *visit, CXCursor field)
{
  uint32_t row = declarations_get(visit->fields, field);
  if (row != UNIT_NONE)
    return row;
  row = visit_base_find(visit, UNIT_DECLARES_FIELD, field);
  if (row != UNIT_NONE) {
    visit_put(visit, visit->fields, field, row);
    return row;
  }
  visit_record(visit, clang_getCursorSemanticParent(field));
  return declarations_get(visit->fields, field);
}
