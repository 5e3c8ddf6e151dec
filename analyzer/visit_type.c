#include "analyzer/visit.h"

#include <string.h>

static struct c_type *add_type(struct visit *visit, CXType type)
{
  struct c_type *added = g_new(struct c_type, 1);
  CXType canonical = clang_getCanonicalType(type);
  *added = (struct c_type){.type = type,
                           .canonical = canonical,
                           .kind = canonical.kind,
                           .is_carrier = -1,
                           .is_va_list = -1};
  g_hash_table_insert(visit->types, type.data[0], added);
  return added;
}

void c_type_free(gpointer data)
{
  struct c_type *type = data;
  if (type->fields != NULL)
    g_array_unref(type->fields);
  g_free(type);
}

struct c_type *visit_type(struct visit *visit, CXType type)
{
  struct c_type **recent = &visit->recent_types[recent_slot(type.data[0])];
  if (*recent != NULL && (*recent)->type.data[0] == type.data[0])
    return *recent;
  *recent = g_hash_table_lookup(visit->types, type.data[0]);
  if (*recent == NULL)
    *recent = add_type(visit, type);
  return *recent;
}

struct c_type *visit_cursor_type(struct visit *visit, CXCursor cursor)
{
  return visit_type(visit, clang_getCursorType(cursor));
}

struct c_type *visit_no_type(struct visit *visit)
{
  return visit_type(visit, (CXType){.kind = CXType_Invalid, .data = {NULL, NULL}});
}

struct c_type *visit_canonical(struct visit *visit, struct c_type *type)
{
  return visit_type(visit, type->canonical);
}

static CXType target_of(const struct c_type *type)
{
  if (type_is_pointer(type))
    return clang_getPointeeType(type->canonical);
  if (type_is_array(type))
    return clang_getArrayElementType(type->canonical);
  if (type->kind == CXType_Atomic)
    return clang_Type_getValueType(type->canonical);
  return (CXType){.kind = CXType_Invalid, .data = {NULL, NULL}};
}

struct c_type *visit_target(struct visit *visit, struct c_type *type)
{
  if (type->target == NULL)
    type->target = visit_type(visit, target_of(type));
  return type->target;
}

struct c_type *visit_pointee(struct visit *visit, struct c_type *type)
{
  return type_is_pointer(type) ? visit_target(visit, type) : visit_no_type(visit);
}

const void *visit_bare(struct c_type *type)
{
  if (type->bare == NULL)
    type->bare = clang_getUnqualifiedType(type->canonical).data[0];
  return type->bare;
}

long long visit_size(struct c_type *type)
{
  if (!type->has_size)
    type->size = clang_Type_getSizeOf(type->type);
  type->has_size = true;
  return type->size;
}

static bool has_name(CXType type, const char *name)
{
  CXString spelling = clang_getCursorSpelling(clang_getTypeDeclaration(type));
  const char *text = clang_getCString(spelling);
  bool is_equal = text != NULL && strcmp(text, name) == 0;
  clang_disposeString(spelling);
  return is_equal;
}

static bool is_va_list(struct visit *visit, struct c_type *type)
{
  struct c_type *record = type;
  if (type_is_array(type) || type->kind == CXType_Pointer)
    record = visit_target(visit, type);
  return type_is_record(record) && has_name(record->canonical, "__va_list_tag");
}

bool visit_is_va_list(struct visit *visit, struct c_type *type)
{
  if (type->is_va_list < 0)
    type->is_va_list = is_va_list(visit, type);
  return type->is_va_list != 0;
}

static bool is_pointer_sized_name(CXType type)
{
  if (type.kind != CXType_Elaborated && type.kind != CXType_Typedef)
    return false;
  return has_name(type, "uintptr_t") || has_name(type, "intptr_t");
}

static bool is_carrier(struct visit *visit, struct c_type *type)
{
  struct c_type *element = type;
  while (type_is_array(element))
    element = visit_target(visit, element);
  switch ((int)element->kind) {
  case CXType_Pointer:
  case CXType_BlockPointer:
  case CXType_Record:
  case CXType_FunctionProto:
  case CXType_FunctionNoProto:
    return true;
  case CXType_Atomic:
    return visit_is_carrier(visit, visit_target(visit, element));
  default:
    return is_pointer_sized_name(type->type);
  }
}

bool visit_is_carrier(struct visit *visit, struct c_type *type)
{
  if (type->is_carrier < 0)
    type->is_carrier = is_carrier(visit, type);
  return type->is_carrier != 0;
}

struct c_type *visit_routine_type(struct visit *visit, struct c_type *type)
{
  while (!type_is_routine(type)) {
    if (!type_is_pointer(type) && !type_is_array(type) && type->kind != CXType_Atomic)
      return NULL;
    type = visit_target(visit, type);
  }
  return type;
}

static uint32_t flags_of_pointee(const struct c_type *pointee)
{
  uint32_t flags = 0;
  if (clang_isConstQualifiedType(pointee->canonical))
    flags |= UNIT_VALUE_POINTEE_CONST;
  switch ((int)pointee->kind) {
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
    return type_is_array(pointee) ? flags | UNIT_VALUE_DEEP : flags;
  }
}

static uint32_t value_flags(struct visit *visit, struct c_type *type)
{
  uint32_t flags = 0;
  /* The qualifiers of an array's elements stand on the array once the type is canonical. */
  for (; type_is_array(type); type = visit_target(visit, type)) {
    flags |= UNIT_VALUE_ARRAY;
    if (clang_isConstQualifiedType(type->canonical))
      flags |= UNIT_VALUE_CONST;
  }
  if (clang_isConstQualifiedType(type->canonical))
    flags |= UNIT_VALUE_CONST;
  if (clang_isVolatileQualifiedType(type->canonical))
    flags |= UNIT_VALUE_VOLATILE;
  switch ((int)type->kind) {
  case CXType_Pointer:
  case CXType_BlockPointer:
    return flags | UNIT_VALUE_POINTER | flags_of_pointee(visit_target(visit, type));
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
    return flags | UNIT_VALUE_ATOMIC | visit_value_flags(visit, visit_target(visit, type));
  default:
    return flags;
  }
}

uint32_t visit_value_flags(struct visit *visit, struct c_type *type)
{
  if (!type->has_flags)
    type->flags = value_flags(visit, type);
  type->has_flags = true;
  return type->flags;
}

uint32_t visit_param_flags(struct visit *visit, struct c_type *type)
{
  return type_is_array(type) && !visit_is_va_list(visit, type)
             ? UNIT_VALUE_POINTER | flags_of_pointee(visit_target(visit, type))
             : visit_value_flags(visit, type);
}

/* ---- shapes ---- */

static char class_of(const struct c_type *type)
{
  switch ((int)type->kind) {
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

static void append_class(struct visit *visit, CXType spelled, GString *shape)
{
  struct c_type *type = visit_type(visit, spelled);
  if (type->kind == CXType_Atomic)
    type = visit_target(visit, type);
  char letter = class_of(type);
  g_string_append_c(shape, letter);
  if (letter == 'v' || letter == 'p')
    return;
  long long size = visit_size(type);
  g_string_append_printf(shape, "%lld", size > 0 ? size : 0);
}

static void append_shape(struct visit *visit, CXType type, GString *shape)
{
  append_class(visit, clang_getResultType(type), shape);
  if (type.kind == CXType_FunctionNoProto) {
    g_string_append(shape, "(?)");
    return;
  }
  int n = clang_getNumArgTypes(type);
  g_string_append_c(shape, '(');
  for (int i = 0; i < n; i++) {
    if (i > 0)
      g_string_append_c(shape, ',');
    append_class(visit, clang_getArgType(type, (unsigned)i), shape);
  }
  if (clang_isFunctionTypeVariadic(type))
    g_string_append(shape, n > 0 ? ",..." : "...");
  g_string_append_c(shape, ')');
}

/* The size of a record that is handed over is known from the file that defines it. */
static void refer_record(struct visit *visit, CXType type)
{
  CXType canonical = clang_getCanonicalType(type);
  unsigned offset = 0;
  CXFile file = NULL;
  if (canonical.kind == CXType_Record)
    file =
        visit_file_at(visit, clang_getCursorLocation(clang_getTypeDeclaration(canonical)), &offset);
  if (file != NULL)
    visit_refer(visit, file);
}

static uint32_t shape_of(struct visit *visit, struct c_type *type)
{
  struct c_type *routine = visit_routine_type(visit, type);
  if (routine == NULL)
    return 0;
  if (routine->shape != 0)
    return routine->shape - 1;
  int n = visit->unseen != NULL ? clang_getNumArgTypes(routine->canonical) : 0;
  if (visit->unseen != NULL)
    refer_record(visit, clang_getResultType(routine->canonical));
  for (int i = 0; i < n; i++)
    refer_record(visit, clang_getArgType(routine->canonical, (unsigned)i));
  g_autoptr(GString) shape = g_string_new(NULL);
  append_shape(visit, routine->canonical, shape);
  routine->shape = unit_builder_string(visit->builder, shape->str) + 1;
  return routine->shape - 1;
}

uint32_t visit_shape_string(struct visit *visit, struct c_type *type)
{
  if (type->shape == 0)
    type->shape = shape_of(visit, type) + 1;
  return type->shape - 1;
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

uint32_t visit_type_text(struct visit *visit, struct c_type *type)
{
  if (type->text == 0)
    type->text = spell_type(visit, type->type) + 1;
  return type->text - 1;
}

static uint32_t type_of(struct visit *visit, struct c_type *type)
{
  while (type_is_pointer(type) || type_is_array(type) || type->kind == CXType_Atomic)
    type = visit_target(visit, type);
  return type->kind == CXType_Record || type->kind == CXType_Enum
             ? visit_record(visit, clang_getTypeDeclaration(type->canonical))
             : UNIT_NONE;
}

uint32_t visit_type_of(struct visit *visit, struct c_type *type)
{
  if (!type->has_record)
    type->record = type_of(visit, type) + 1;
  type->has_record = true;
  return type->record - 1;
}
