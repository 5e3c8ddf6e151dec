#include "analyzer/visit.h"

#include <string.h>

bool visit_integer(CXCursor expression, int64_t *integer)
{
  CXEvalResult result = clang_Cursor_Evaluate(expression);
  if (result == NULL)
    return false;
  bool is_integer = clang_EvalResult_getKind(result) == CXEval_Int;
  if (is_integer)
    *integer = clang_EvalResult_getAsLongLong(result);
  clang_EvalResult_dispose(result);
  return is_integer;
}

/* The spelling of a literal is quoted and escaped: "a\"b\n". */
uint32_t visit_literal_text(struct visit *visit, CXCursor literal)
{
  CXString spelling = clang_getCursorSpelling(literal);
  const char *text = clang_getCString(spelling);
  const char *start = text != NULL ? strchr(text, '"') : NULL;
  uint32_t row = 0;
  if (start != NULL) {
    const char *end = strrchr(start + 1, '"');
    g_autofree char *inner =
        g_strndup(start + 1, end != NULL ? (size_t)(end - start - 1) : strlen(start + 1));
    g_autofree char *plain = g_strcompress(inner);
    row = unit_builder_string(visit->builder, plain);
  }
  clang_disposeString(spelling);
  return row;
}

static bool holds_pointers(const struct value *value)
{
  return value->node != UNIT_NONE || value->kind == UNIT_ARGUMENT_ROUTINE ||
         value->kind == UNIT_ARGUMENT_ADDRESS || value->kind == UNIT_ARGUMENT_STRING ||
         value_is_carrier(value);
}

static struct value join(struct visit *visit, struct value *first, struct value *second,
                         CXType type, const struct spot *spot)
{
  bool has_first = holds_pointers(first);
  bool has_second = holds_pointers(second);
  if (!has_first && !has_second)
    return value_none(type);
  if (!has_first)
    return *second;
  if (!has_second)
    return *first;
  struct value both = value_none(type);
  both.node = unit_builder_temp(visit->builder);
  both.heap = first->heap != UNIT_NONE ? first->heap : second->heap;
  flow_into(visit, both.node, first, spot);
  flow_into(visit, both.node, second, spot);
  if (first->kind == UNIT_ARGUMENT_STRING && second->kind == UNIT_ARGUMENT_STRING) {
    const struct unit_builder *builder = visit->builder;
    const uint32_t *offsets = (const uint32_t *)(const void *)builder->string_offsets->data;
    g_autofree char *text = g_strconcat(builder->string_bytes->str + offsets[first->text], "\n",
                                        builder->string_bytes->str + offsets[second->text], NULL);
    both.kind = UNIT_ARGUMENT_LIST;
    both.text = unit_builder_string(visit->builder, text);
  }
  return both;
}

static struct value load(struct visit *visit, CXCursor expression, CXType type)
{
  struct place place = visit_place(visit, expression);
  place.type = type;
  struct spot spot = visit_spot(visit, expression);
  /* "*pointer" of a routine pointer is the routine, which is its address again. A parameter that is
   * spelled as a routine is a pointer. */
  bool is_behind = place.base == UNIT_BASE_POINTER && visit_is_routine(expression);
  if (place.routine != UNIT_NONE || place.is_string || is_behind)
    return place_address(visit, &place, &spot);
  if (visit_is_array_object(expression) && !visit_is_va_list(type)) {
    access_add(visit, &place, UNIT_ADDRESS, UNIT_OPERATION_SUBSCRIPT, &spot);
    place.path = unit_builder_path(visit->builder, place.path, UNIT_NONE);
    struct value value = place_address(visit, &place, &spot);
    value.type = type;
    return value;
  }
  bool is_whole = visit_is_record(type) && !visit_is_va_list(type);
  access_add(visit, &place, UNIT_READ, is_whole ? UNIT_OPERATION_WHOLE : UNIT_OPERATION_PLAIN,
             &spot);
  return place_load(visit, &place, &spot);
}

/* Tests a condition: a pointer parameter that stands alone is compared with NULL. */
void visit_truth(struct visit *visit, CXCursor condition)
{
  struct value value = visit_value(visit, condition);
  if (value.kind == UNIT_ARGUMENT_PARAM && visit_is_pointer_value(value.type))
    visit_use(visit, value.index, UNIT_USE_NULL_TESTED);
}

void visit_discard(struct visit *visit, CXCursor expression)
{
  struct value ignored = visit_value(visit, expression);
  (void)ignored;
}

static struct value value_of_unary(struct visit *visit, CXCursor expression, CXType type)
{
  CXCursor child;
  if (!visit_child(visit, expression, 0, &child))
    return value_none(type);
  struct value value;
  switch (clang_getCursorUnaryOperatorKind(expression)) {
  case CXUnaryOperator_AddrOf: {
    struct place place = visit_place(visit, child);
    struct spot spot = visit_spot(visit, expression);
    uint32_t access =
        access_add_call(visit, &place, UNIT_ADDRESS, UNIT_OPERATION_PLAIN, &spot, UNIT_NONE);
    (void)access;
    value = place_address(visit, &place, &spot);
    value.type = type;
    return value;
  }
  case CXUnaryOperator_PostInc:
  case CXUnaryOperator_PreInc:
  case CXUnaryOperator_PostDec:
  case CXUnaryOperator_PreDec: {
    enum CXUnaryOperatorKind kind = clang_getCursorUnaryOperatorKind(expression);
    bool is_increment = kind == CXUnaryOperator_PostInc || kind == CXUnaryOperator_PreInc;
    struct place place = visit_place(visit, child);
    struct spot spot = visit_spot(visit, expression);
    access_add(visit, &place, UNIT_READ | UNIT_WRITE,
               is_increment ? UNIT_OPERATION_INCREMENT : UNIT_OPERATION_DECREMENT, &spot);
    if (place.base == UNIT_BASE_OBJECT && place.path == 0 && visit_is_pointer_value(type))
      visit_use(visit, place.object, UNIT_USE_INDEXED);
    value = place_load(visit, &place, &spot);
    value.edge_flags |= UNIT_EDGE_ARITHMETIC;
    return value;
  }
  case CXUnaryOperator_LNot:
    visit_truth(visit, child);
    return value_none(type);
  case CXUnaryOperator_Extension:
    return visit_value(visit, child);
  default:
    value = visit_value(visit, child);
    return value_none(type);
  }
}

static struct value value_of_assignment(struct visit *visit, CXCursor left, CXCursor right,
                                        CXType type, const struct spot *spot)
{
  struct place place = visit_place(visit, left);
  place.type = clang_getCursorType(left);
  uint32_t outer = visit->object;
  visit->object = place.base == UNIT_BASE_OBJECT ? place.object : outer;
  struct value value = visit_value(visit, right);
  visit->object = outer;
  bool is_whole = visit_is_record(type);
  access_add(visit, &place, UNIT_WRITE, is_whole ? UNIT_OPERATION_WHOLE : UNIT_OPERATION_PLAIN,
             spot);
  bool outlives = place.base == UNIT_BASE_POINTER ||
                  (place.base == UNIT_BASE_OBJECT &&
                   visit_object_row(visit, place.object)->kind <= UNIT_OBJECT_STATIC_LOCAL);
  if (value.kind == UNIT_ARGUMENT_PARAM && visit_is_pointer(value.type) && outlives)
    visit_use(visit, value.index, UNIT_USE_KEPT);
  flow_assign(visit, &place, &value, spot);
  return value;
}

static bool has_offsetof(struct visit *visit, CXCursor expression, uint32_t *path)
{
  CXCursor stripped = visit_strip(visit, expression, true);
  if (clang_getCursorKind(stripped) != CXCursor_UnexposedExpr)
    return false;
  guint n = 0;
  guint start = visit_push(visit, stripped, &n);
  *path = 0;
  bool has_member = false;
  for (guint i = 0; i < n; i++) {
    CXCursor child = visit_at(visit, start + i);
    if (clang_getCursorKind(child) != CXCursor_MemberRef)
      continue;
    CXCursor field = clang_getCursorReferenced(child);
    uint32_t row =
        clang_getCursorKind(field) == CXCursor_FieldDecl ? visit_field(visit, field) : UNIT_NONE;
    if (row == UNIT_NONE)
      continue;
    *path = unit_builder_path(visit->builder, *path, row);
    has_member = true;
  }
  visit_pop(visit, start);
  return has_member;
}

/* Whether the address of a record is taken as one of bytes. */
static bool is_bytes_of_record(struct visit *visit, CXCursor expression, CXType type)
{
  CXType from = clang_getCursorType(visit_strip(visit, expression, true));
  return visit_is_pointer(from) &&
         (visit_value_flags(type) & (UNIT_VALUE_CHARACTER | UNIT_VALUE_VOID)) != 0 &&
         clang_getCanonicalType(clang_getPointeeType(clang_getCanonicalType(from))).kind ==
             CXType_Record;
}

static struct value value_of_bytes(struct visit *visit, CXCursor expression, struct value *pointer,
                                   CXType type)
{
  struct spot spot = visit_spot(visit, expression);
  struct value bytes = value_none(type);
  uint32_t from = value_node(visit, pointer, &spot);
  bytes.node = unit_builder_temp(visit->builder);
  if (from != UNIT_NONE)
    flow_edge(visit, UNIT_EDGE_BYTES, bytes.node, from, 0, UNIT_EDGE_ARITHMETIC, &spot);
  return bytes;
}

static struct value value_of_arithmetic(struct visit *visit, CXCursor expression, CXCursor left,
                                        CXCursor right, CXType type, enum CXBinaryOperatorKind kind)
{
  struct value first = visit_value(visit, left);
  uint32_t path = 0;
  if (kind == CXBinaryOperator_Sub && holds_pointers(&first) && has_offsetof(visit, right, &path)) {
    struct spot spot = visit_spot(visit, expression);
    uint32_t from = value_node(visit, &first, &spot);
    struct value container = value_none(type);
    container.node = unit_builder_temp(visit->builder);
    if (from != UNIT_NONE)
      flow_edge(visit, UNIT_EDGE_CONTAINER, container.node, from, path, 0, &spot);
    return container;
  }
  struct value second = visit_value(visit, right);
  bool is_comparison = kind >= CXBinaryOperator_Cmp && kind <= CXBinaryOperator_NE;
  if (is_comparison) {
    if (first.kind == UNIT_ARGUMENT_PARAM && visit_is_pointer(first.type) &&
        !holds_pointers(&second))
      visit_use(visit, first.index, UNIT_USE_NULL_TESTED);
    if (second.kind == UNIT_ARGUMENT_PARAM && visit_is_pointer(second.type) &&
        !holds_pointers(&first))
      visit_use(visit, second.index, UNIT_USE_NULL_TESTED);
    return value_none(type);
  }
  bool is_pointer_result = visit_is_pointer_value(type);
  bool is_wide = !is_pointer_result && clang_Type_getSizeOf(type) == 8;
  if (!is_pointer_result && !is_wide)
    return value_none(type);
  struct value *pointer = holds_pointers(&first) ? &first : &second;
  if (!holds_pointers(pointer) || (holds_pointers(&first) && holds_pointers(&second)))
    return value_none(type);
  if (is_pointer_result && pointer->kind == UNIT_ARGUMENT_PARAM)
    visit_use(visit, pointer->index, UNIT_USE_INDEXED);
  CXCursor operand = pointer == &first ? left : right;
  if (is_pointer_result && is_bytes_of_record(visit, operand, type))
    return value_of_bytes(visit, expression, pointer, type);
  pointer->edge_flags |= is_pointer_result ? UNIT_EDGE_ARITHMETIC : UNIT_EDGE_INTEGER;
  return *pointer;
}

/* `when` is the left side's truth where the right side runs. */
static void visit_short_circuit(struct visit *visit, CXCursor left, CXCursor right, bool when)
{
  visit_truth(visit, left);
  uint32_t outer = visit->guard;
  visit->guard = visit_guards(visit, left, when);
  visit->conditional_depth++;
  visit_truth(visit, right);
  visit->conditional_depth--;
  visit->guard = outer;
}

static struct value value_of_binary(struct visit *visit, CXCursor expression, CXType type)
{
  guint n = 0;
  guint start = visit_push_expressions(visit, expression, &n);
  if (n < 2) {
    visit_pop(visit, start);
    return value_none(type);
  }
  CXCursor left = visit_at(visit, start);
  CXCursor right = visit_at(visit, start + 1);
  visit_pop(visit, start);
  enum CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(expression);
  switch (kind) {
  case CXBinaryOperator_Assign: {
    struct spot spot = visit_spot(visit, expression);
    return value_of_assignment(visit, left, right, type, &spot);
  }
  case CXBinaryOperator_Comma:
    visit_discard(visit, left);
    return visit_value(visit, right);
  case CXBinaryOperator_LAnd:
  case CXBinaryOperator_LOr:
    visit_short_circuit(visit, left, right, kind == CXBinaryOperator_LAnd);
    return value_none(type);
  default:
    return value_of_arithmetic(visit, expression, left, right, type, kind);
  }
}

static struct value value_of_compound_assignment(struct visit *visit, CXCursor expression,
                                                 CXType type)
{
  CXCursor left;
  CXCursor right;
  if (!visit_child(visit, expression, 0, &left) || !visit_child(visit, expression, 1, &right))
    return value_none(type);
  struct place place = visit_place(visit, left);
  struct value ignored = visit_value(visit, right);
  (void)ignored;
  struct spot spot = visit_spot(visit, expression);
  enum CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(expression);
  enum unit_access_operation operation =
      kind == CXBinaryOperator_AddAssign   ? UNIT_OPERATION_INCREMENT
      : kind == CXBinaryOperator_SubAssign ? UNIT_OPERATION_DECREMENT
                                           : UNIT_OPERATION_COMPOUND;
  access_add(visit, &place, UNIT_READ | UNIT_WRITE, operation, &spot);
  if (place.base == UNIT_BASE_OBJECT && place.path == 0 && visit_is_pointer_value(type))
    visit_use(visit, place.object, UNIT_USE_INDEXED);
  struct value value = place_load(visit, &place, &spot);
  value.edge_flags |= UNIT_EDGE_ARITHMETIC;
  return value;
}

static struct value value_of_conditional(struct visit *visit, CXCursor expression, CXType type)
{
  guint n = 0;
  guint start = visit_push_expressions(visit, expression, &n);
  struct value value = value_none(type);
  if (n == 3) {
    CXCursor condition = visit_at(visit, start);
    uint32_t outer = visit->guard;
    visit_truth(visit, condition);
    visit->conditional_depth++;
    visit->guard = visit_guards(visit, condition, true);
    struct value first = visit_value(visit, visit_at(visit, start + 1));
    visit->guard = outer;
    visit->guard = visit_guards(visit, condition, false);
    struct value second = visit_value(visit, visit_at(visit, start + 2));
    visit->guard = outer;
    visit->conditional_depth--;
    struct spot spot = visit_spot(visit, expression);
    value = join(visit, &first, &second, type, &spot);
  }
  visit_pop(visit, start);
  return value;
}

/* Sets CAST where the pointer changes the record or the signature that it stands for. */
static void note_cast(struct value *value, CXType from, CXType to)
{
  CXType from_pointee = visit_canonical(clang_getPointeeType(clang_getCanonicalType(from)));
  CXType to_pointee = visit_canonical(clang_getPointeeType(clang_getCanonicalType(to)));
  bool is_shaped = from_pointee.kind == CXType_Record || to_pointee.kind == CXType_Record ||
                   from_pointee.kind == CXType_FunctionProto ||
                   to_pointee.kind == CXType_FunctionProto;
  if (is_shaped && !clang_equalTypes(from_pointee, to_pointee))
    value->edge_flags |= UNIT_EDGE_CAST;
}

static struct value value_of_cast(struct visit *visit, CXCursor expression, CXType type)
{
  CXCursor child;
  if (!visit_operand(visit, expression, &child))
    return value_none(type);
  struct value value = visit_value(visit, child);
  CXType from = clang_getCursorType(child);
  if (clang_getCanonicalType(type).kind == CXType_Void)
    return value_none(type);
  if (value.heap != UNIT_NONE && visit_is_pointer(type)) {
    flow_shape_heap(visit, value.heap, type);
  }
  if (visit_is_pointer(type) && visit_is_pointer(from))
    note_cast(&value, from, type);
  else if (visit_is_pointer(type) != visit_is_pointer(from) && !visit_is_array(from) &&
           holds_pointers(&value))
    value.edge_flags |= UNIT_EDGE_INTEGER;
  return value;
}

static struct value value_of_generic(struct visit *visit, CXCursor expression, CXType type)
{
  guint n = 0;
  guint start = visit_push_expressions(visit, expression, &n);
  guint n_matching = 0;
  for (guint i = 1; i < n; i++)
    if (clang_equalTypes(clang_getCursorType(visit_at(visit, start + i)), type))
      n_matching++;
  struct value value = value_none(type);
  uint32_t outer = visit->is_possible;
  visit->is_possible |= n_matching != 1;
  for (guint i = 1; i < n; i++) {
    CXCursor arm = visit_at(visit, start + i);
    if (n_matching > 0 && !clang_equalTypes(clang_getCursorType(arm), type))
      continue;
    struct value one = visit_value(visit, arm);
    struct spot spot = visit_spot(visit, expression);
    value = join(visit, &value, &one, type, &spot);
  }
  visit->is_possible = outer;
  visit_pop(visit, start);
  return value;
}

/* The word at the place where the expression is spelled: va_arg, __atomic_load_n ... */
static bool begins_with_atomic(struct visit *visit, CXCursor expression)
{
  CXFile file = NULL;
  unsigned offset = 0;
  clang_getSpellingLocation(clang_getCursorLocation(expression), &file, NULL, NULL, &offset);
  size_t size = 0;
  const char *text = visit_file_text(visit, file, &size);
  if (text == NULL || offset >= size)
    return false;
  static const char *const prefixes[] = {"__atomic_", "__c11_atomic_", "__scoped_atomic_"};
  for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
    if (size - offset > strlen(prefixes[i]) &&
        strncmp(text + offset, prefixes[i], strlen(prefixes[i])) == 0)
      return true;
  return false;
}

static struct value value_of_hidden(struct visit *visit, CXCursor expression, CXType type)
{
  guint n = 0;
  guint start = visit_push_expressions(visit, expression, &n);
  struct value value = value_none(type);
  if (n == 1) {
    CXCursor child = visit_at(visit, start);
    visit_pop(visit, start);
    CXType child_type = clang_getCursorType(child);
    if (visit_is_va_list(child_type) && !visit_is_va_list(type) && !visit_is_record(type)) {
      struct value list = visit_value(visit, child);
      value.node = holds_pointers(&list) && visit_is_carrier(type) ? UNIT_NONE : value.node;
      if (visit_is_carrier(type)) {
        struct spot spot = visit_spot(visit, expression);
        value.node = value_node(visit, &list, &spot);
      }
      return value;
    }
    return visit_value(visit, child);
  }
  if (n >= 2 && begins_with_atomic(visit, expression)) {
    value = visit_atomic(visit, expression, start, n);
  } else if (n == 4 && clang_equalCursors(visit_at(visit, start), visit_at(visit, start + 1))) {
    /* a ?: b lists its first operand three times */
    struct value first = visit_value(visit, visit_at(visit, start));
    visit->conditional_depth++;
    struct value second = visit_value(visit, visit_at(visit, start + 3));
    visit->conditional_depth--;
    struct spot spot = visit_spot(visit, expression);
    if (first.kind == UNIT_ARGUMENT_PARAM && visit_is_pointer(first.type))
      visit_use(visit, first.index, UNIT_USE_NULL_TESTED);
    value = join(visit, &first, &second, type, &spot);
  } else {
    for (guint i = 0; i < n; i++) {
      struct value one = visit_value(visit, visit_at(visit, start + i));
      struct spot spot = visit_spot(visit, expression);
      value = join(visit, &value, &one, type, &spot);
    }
  }
  visit_pop(visit, start);
  return value;
}

struct value visit_value(struct visit *visit, CXCursor expression)
{
  CXType type = clang_getCursorType(expression);
  CXCursor child;
  switch (clang_getCursorKind(expression)) {
  case CXCursor_UnexposedExpr:
    return value_of_hidden(visit, expression, type);
  case CXCursor_ParenExpr:
    return visit_child(visit, expression, 0, &child) ? visit_value(visit, child) : value_none(type);
  case CXCursor_DeclRefExpr: {
    CXCursor referenced = clang_getCursorReferenced(expression);
    if (clang_getCursorKind(referenced) != CXCursor_EnumConstantDecl)
      return load(visit, expression, type);
    struct value value = value_none(type);
    value.kind = UNIT_ARGUMENT_INTEGER;
    value.integer = clang_getEnumConstantDeclValue(referenced);
    value.text = visit_string(visit, clang_getCursorSpelling(referenced));
    visit_count_use(visit, value.text);
    return value;
  }
  case CXCursor_MemberRefExpr:
  case CXCursor_ArraySubscriptExpr:
  case CXCursor_CompoundLiteralExpr:
  case CXCursor_StringLiteral:
    return load(visit, expression, type);
  case CXCursor_UnaryOperator:
    if (clang_getCursorUnaryOperatorKind(expression) == CXUnaryOperator_Deref)
      return load(visit, expression, type);
    return value_of_unary(visit, expression, type);
  case CXCursor_BinaryOperator:
    return value_of_binary(visit, expression, type);
  case CXCursor_CompoundAssignOperator:
    return value_of_compound_assignment(visit, expression, type);
  case CXCursor_ConditionalOperator:
    return value_of_conditional(visit, expression, type);
  case CXCursor_CStyleCastExpr:
    return value_of_cast(visit, expression, type);
  case CXCursor_CallExpr:
    return visit_call(visit, expression);
  case CXCursor_StmtExpr:
    return visit_child(visit, expression, 0, &child) ? visit_value(visit, child)
                                                     : visit_statement_value(visit, expression);
  case CXCursor_GenericSelectionExpr:
    return value_of_generic(visit, expression, type);
  case CXCursor_InitListExpr:
    return visit_child(visit, expression, 0, &child) ? visit_value(visit, child) : value_none(type);
  default:
    return value_none(type);
  }
}
