#include "analyzer/visit.h"

#include <string.h>

/* The spelling of a literal is quoted and escaped: "a\"b\n". */
uint32_t visit_literal_text(struct visit *visit, struct syntax *literal)
{
  CXString spelling = clang_getCursorSpelling(literal->cursor);
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

bool value_holds_pointers(struct visit *visit, const struct value *value)
{
  return value->node != UNIT_NONE || value->kind == UNIT_ARGUMENT_ROUTINE ||
         value->kind == UNIT_ARGUMENT_ADDRESS || value->kind == UNIT_ARGUMENT_STRING ||
         value_is_carrier(visit, value);
}

struct value value_join(struct visit *visit, struct value *first, struct value *second,
                        struct c_type *type, const struct spot *spot)
{
  bool has_first = value_holds_pointers(visit, first);
  bool has_second = value_holds_pointers(visit, second);
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

static struct value load(struct visit *visit, struct syntax *expression)
{
  struct c_type *type = syntax_type(visit, expression);
  struct place place = visit_place(visit, expression);
  place.type = type;
  const struct spot *spot = syntax_spot(visit, expression);
  /* "*pointer" of a routine pointer is the routine, which is its address again. A parameter that is
   * spelled as a routine is a pointer. */
  bool is_behind = place.base == UNIT_BASE_POINTER && type_is_routine(type);
  if (place.routine != UNIT_NONE || place.is_string || is_behind)
    return place_address(visit, &place, spot);
  if (visit_is_array_object(visit, expression) && !visit_is_va_list(visit, type)) {
    access_add(visit, &place, UNIT_ADDRESS, UNIT_OPERATION_SUBSCRIPT, spot);
    place.path = unit_builder_path(visit->builder, place.path, UNIT_NONE);
    struct value value = place_address(visit, &place, spot);
    value.type = type;
    return value;
  }
  bool is_whole = type_is_record(type) && !visit_is_va_list(visit, type);
  access_add(visit, &place, UNIT_READ, is_whole ? UNIT_OPERATION_WHOLE : UNIT_OPERATION_PLAIN,
             spot);
  return place_load(visit, &place, spot);
}

/* Tests a condition: a pointer parameter that stands alone is compared with NULL. */
void visit_truth(struct visit *visit, struct syntax *condition)
{
  struct value value = visit_value(visit, condition);
  if (value.kind == UNIT_ARGUMENT_PARAM && type_is_pointer_value(value.type))
    visit_use(visit, value.index, UNIT_USE_NULL_TESTED);
}

void visit_discard(struct visit *visit, struct syntax *expression)
{
  struct value ignored = visit_value(visit, expression);
  (void)ignored;
}

void visit_unused(struct visit *visit, struct syntax *expression)
{
  visit->unused = syntax_strip(expression, true);
  visit_discard(visit, expression);
  visit->unused = NULL;
}

/* What adds to a place and says the sum to nobody is told from what goes on with the sum. */
static enum unit_access_operation
operation_of_step(const struct visit *visit, const struct syntax *expression, bool is_increment)
{
  if (visit->unused != expression)
    return UNIT_OPERATION_COMPOUND;
  return is_increment ? UNIT_OPERATION_INCREMENT : UNIT_OPERATION_DECREMENT;
}

static struct value value_of_address(struct visit *visit, struct syntax *expression,
                                     struct syntax *operand)
{
  struct place place = visit_place(visit, operand);
  const struct spot *spot = syntax_spot(visit, expression);
  access_add(visit, &place, UNIT_ADDRESS, UNIT_OPERATION_PLAIN, spot);
  struct value value = place_address(visit, &place, spot);
  value.type = syntax_type(visit, expression);
  return value;
}

static struct value value_of_step(struct visit *visit, struct syntax *expression,
                                  struct syntax *operand, bool is_increment)
{
  enum unit_access_operation operation = operation_of_step(visit, expression, is_increment);
  struct place place = visit_place(visit, operand);
  const struct spot *spot = syntax_spot(visit, expression);
  access_add(visit, &place, UNIT_READ | UNIT_WRITE, operation, spot);
  if (place.base == UNIT_BASE_OBJECT && place.path == 0 &&
      type_is_pointer_value(syntax_type(visit, expression)))
    visit_use(visit, place.object, UNIT_USE_INDEXED);
  struct value value = place_load(visit, &place, spot);
  value.edge_flags |= UNIT_EDGE_ARITHMETIC;
  return value;
}

static struct value value_of_unary(struct visit *visit, struct syntax *expression,
                                   enum CXUnaryOperatorKind kind)
{
  struct syntax *operand = syntax_expression(expression, 0);
  if (operand == NULL)
    return value_none(syntax_type(visit, expression));
  switch (kind) {
  case CXUnaryOperator_AddrOf:
    return value_of_address(visit, expression, operand);
  case CXUnaryOperator_PostInc:
  case CXUnaryOperator_PreInc:
    return value_of_step(visit, expression, operand, true);
  case CXUnaryOperator_PostDec:
  case CXUnaryOperator_PreDec:
    return value_of_step(visit, expression, operand, false);
  case CXUnaryOperator_LNot:
    visit_truth(visit, operand);
    return value_none(syntax_type(visit, expression));
  case CXUnaryOperator_Extension:
    return visit_value(visit, operand);
  default:
    visit_discard(visit, operand);
    return value_none(syntax_type(visit, expression));
  }
}

static struct value value_of_assignment(struct visit *visit, struct syntax *expression,
                                        struct syntax *left, struct syntax *right)
{
  const struct spot *spot = syntax_spot(visit, expression);
  struct place place = visit_place(visit, left);
  place.type = syntax_type(visit, left);
  uint32_t outer = visit->object;
  visit->object = place.base == UNIT_BASE_OBJECT ? place.object : outer;
  struct value value = visit_value(visit, right);
  visit->object = outer;
  bool is_whole = type_is_record(syntax_type(visit, expression));
  access_add(visit, &place, UNIT_WRITE, is_whole ? UNIT_OPERATION_WHOLE : UNIT_OPERATION_PLAIN,
             spot);
  bool outlives = place.base == UNIT_BASE_POINTER ||
                  (place.base == UNIT_BASE_OBJECT &&
                   visit_object_row(visit, place.object)->kind <= UNIT_OBJECT_STATIC_LOCAL);
  if (value.kind == UNIT_ARGUMENT_PARAM && type_is_pointer(value.type) && outlives)
    visit_use(visit, value.index, UNIT_USE_KEPT);
  flow_assign(visit, &place, &value, spot);
  if (value.kind == UNIT_ARGUMENT_OTHER)
    visit_hold_number(visit, &place, right);
  flow_note_bytes(visit, &place, right);
  return value;
}

/* offsetof (record, member) */
static bool has_offsetof(struct visit *visit, struct syntax *stripped, uint32_t *path)
{
  *path = 0;
  bool has_member = false;
  if (!syntax_is_offsetof(stripped))
    return false;
  for (struct syntax *child = syntax_first(stripped); child != NULL;
       child = syntax_next(stripped, child)) {
    if (syntax_kind(child) != CXCursor_MemberRef)
      continue;
    struct declared *field = syntax_referenced(visit, child);
    uint32_t row = field->cursor.kind == CXCursor_FieldDecl ? visit_field(visit, field) : UNIT_NONE;
    if (row == UNIT_NONE)
      continue;
    *path = unit_builder_path(visit->builder, *path, row);
    has_member = true;
  }
  return has_member;
}

/* & ((record *) 0)->member, which is older */
static bool has_member_of_null(struct visit *visit, struct syntax *stripped, uint32_t *path)
{
  if (syntax_kind(stripped) != CXCursor_UnaryOperator ||
      clang_getCursorUnaryOperatorKind(stripped->cursor) != CXUnaryOperator_AddrOf)
    return false;
  struct syntax *operand = syntax_expression(stripped, 0);
  struct syntax *member = operand != NULL ? syntax_strip(operand, false) : NULL;
  struct syntax *base = member;
  while (base != NULL && syntax_kind(base) == CXCursor_MemberRefExpr) {
    base = syntax_expression(base, 0);
    base = base != NULL ? syntax_strip(base, true) : NULL;
  }
  int64_t number = 0;
  if (base == NULL || base == member || !syntax_integer(base, &number) || number != 0)
    return false;
  *path = visit_place(visit, member).path;
  return *path != 0;
}

/* Whether an expression is how far a member lies from the beginning of its record. */
static bool is_offset(struct visit *visit, struct syntax *expression, uint32_t *path)
{
  struct syntax *stripped = syntax_strip(expression, true);
  return has_offsetof(visit, stripped, path) || has_member_of_null(visit, stripped, path);
}

static bool is_pointer_to_bytes(struct visit *visit, struct c_type *type)
{
  return type_is_pointer(type) &&
         (visit_value_flags(visit, type) & (UNIT_VALUE_CHARACTER | UNIT_VALUE_VOID)) != 0;
}

/* Whether the address of a record is taken as one of bytes. */
static bool is_bytes_of_record(struct visit *visit, struct syntax *expression, struct c_type *type)
{
  struct c_type *from = syntax_type(visit, syntax_strip(expression, true));
  return type_is_pointer(from) && is_pointer_to_bytes(visit, type) &&
         type_is_record(visit_target(visit, from));
}

/* "(char *)data", where data may point to anything. */
static bool is_bytes_of_anything(struct visit *visit, struct syntax *expression,
                                 struct c_type *type)
{
  struct c_type *from = syntax_type(visit, syntax_strip(expression, true));
  return type_is_pointer(from) && is_pointer_to_bytes(visit, type) &&
         (visit_value_flags(visit, from) & UNIT_VALUE_VOID) != 0;
}

/* "h + 1" and "&h[1]" */
static bool is_moved(struct syntax *expression)
{
  if (syntax_kind(expression) == CXCursor_BinaryOperator) {
    enum CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(expression->cursor);
    return kind == CXBinaryOperator_Add || kind == CXBinaryOperator_Sub;
  }
  struct syntax *operand =
      syntax_kind(expression) == CXCursor_UnaryOperator &&
              clang_getCursorUnaryOperatorKind(expression->cursor) == CXUnaryOperator_AddrOf
          ? syntax_expression(expression, 0)
          : NULL;
  return operand != NULL &&
         syntax_kind(syntax_strip(operand, false)) == CXCursor_ArraySubscriptExpr;
}

/* Whether a number may be the distance of a field that somebody else chooses: one that is kept in a
 * record or handed over, and what is added to it or subtracted. */
static bool is_distance(struct visit *visit, struct syntax *expression)
{
  struct syntax *stripped = syntax_strip(expression, true);
  enum CXCursorKind kind = syntax_kind(stripped);
  if (kind == CXCursor_DeclRefExpr)
    return syntax_referenced(visit, stripped)->cursor.kind == CXCursor_ParmDecl;
  if (kind != CXCursor_BinaryOperator || !is_moved(stripped))
    return kind == CXCursor_MemberRefExpr;
  struct syntax *left = syntax_expression(stripped, 0), *right = syntax_expression(stripped, 1);
  return (left != NULL && is_distance(visit, left)) || (right != NULL && is_distance(visit, right));
}

/* `flags`: enum unit_edge_flags beside that of arithmetic. */
static struct value value_of_bytes(struct visit *visit, struct syntax *expression,
                                   struct value *pointer, uint32_t flags)
{
  const struct spot *spot = syntax_spot(visit, expression);
  struct value bytes = value_none(syntax_type(visit, expression));
  uint32_t from = value_node(visit, pointer, spot);
  bytes.node = unit_builder_temp(visit->builder);
  if (from != UNIT_NONE)
    flow_edge(visit, UNIT_EDGE_BYTES, bytes.node, from, 0, UNIT_EDGE_ARITHMETIC | flags, spot);
  return bytes;
}

struct value visit_behind_record(struct visit *visit, struct syntax *expression,
                                 struct syntax *operand, struct value *value)
{
  struct syntax *stripped = syntax_strip(operand, false);
  struct c_type *from = syntax_type(visit, stripped);
  struct c_type *type = syntax_type(visit, expression);
  if (!type_is_pointer(type) || !type_is_pointer(from) || !is_moved(stripped) ||
      !type_is_record(visit_target(visit, from)))
    return *value;
  bool is_bytes = is_pointer_to_bytes(visit, type);
  bool is_other = type_is_record(visit_target(visit, type)) &&
                  visit_type_of(visit, type) != visit_type_of(visit, from);
  return is_bytes || is_other ? value_of_bytes(visit, expression, value, 0) : *value;
}

static struct value value_of_container(struct visit *visit, struct syntax *expression,
                                       struct value *member, uint32_t path)
{
  const struct spot *spot = syntax_spot(visit, expression);
  uint32_t from = value_node(visit, member, spot);
  struct value container = value_none(syntax_type(visit, expression));
  container.node = unit_builder_temp(visit->builder);
  if (from != UNIT_NONE)
    flow_edge(visit, UNIT_EDGE_CONTAINER, container.node, from, path, 0, spot);
  return container;
}

static void note_comparison(struct visit *visit, const struct value *value,
                            const struct value *other)
{
  if (value->kind == UNIT_ARGUMENT_PARAM && type_is_pointer(value->type) &&
      !value_holds_pointers(visit, other))
    visit_use(visit, value->index, UNIT_USE_NULL_TESTED);
}

static struct value value_of_arithmetic(struct visit *visit, struct syntax *expression,
                                        struct syntax *left, struct syntax *right,
                                        enum CXBinaryOperatorKind kind)
{
  struct c_type *type = syntax_type(visit, expression);
  struct value first = visit_value(visit, left);
  uint32_t path = 0;
  if (kind == CXBinaryOperator_Sub && value_holds_pointers(visit, &first) &&
      is_offset(visit, right, &path))
    return value_of_container(visit, expression, &first, path);
  struct value second = visit_value(visit, right);
  bool is_comparison = kind >= CXBinaryOperator_Cmp && kind <= CXBinaryOperator_NE;
  if (is_comparison) {
    note_comparison(visit, &first, &second);
    note_comparison(visit, &second, &first);
    return value_none(type);
  }
  bool is_pointer_result = type_is_pointer_value(type);
  bool is_wide = !is_pointer_result && visit_size(type) == 8;
  if (!is_pointer_result && !is_wide)
    return value_none(type);
  bool has_first = value_holds_pointers(visit, &first);
  bool has_second = value_holds_pointers(visit, &second);
  if (has_first && has_second) { /* what is added to a pointer is a number */
    has_first = type_is_pointer_value(syntax_type(visit, left));
    has_second = type_is_pointer_value(syntax_type(visit, right));
  }
  if (has_first == has_second)
    return value_none(type);
  struct value *pointer = has_first ? &first : &second;
  if (is_pointer_result && pointer->kind == UNIT_ARGUMENT_PARAM)
    visit_use(visit, pointer->index, UNIT_USE_INDEXED);
  struct syntax *moved = has_first ? left : right, *amount = has_first ? right : left;
  bool is_record = is_pointer_result && is_bytes_of_record(visit, moved, type);
  bool is_anywhere = is_pointer_result && (is_record || is_bytes_of_anything(visit, moved, type)) &&
                     is_distance(visit, amount);
  if (is_record || is_anywhere)
    return value_of_bytes(visit, expression, pointer, is_anywhere ? UNIT_EDGE_ANYWHERE : 0);
  pointer->edge_flags |= is_pointer_result ? UNIT_EDGE_ARITHMETIC : UNIT_EDGE_INTEGER;
  return *pointer;
}

/* `when` is the left side's truth where the right side runs. */
static void visit_short_circuit(struct visit *visit, struct syntax *left, struct syntax *right,
                                bool when)
{
  visit_truth(visit, left);
  uint32_t outer = visit->guard;
  visit->guard = visit_guards(visit, left, when);
  guint branch = visit_begin_branch(visit);
  visit_truth(visit, right);
  visit_end_branch(visit, branch);
  visit->guard = outer;
}

static struct value value_of_comma(struct visit *visit, const struct syntax *expression,
                                   struct syntax *left, struct syntax *right)
{
  bool is_unused = visit->unused == expression;
  visit_unused(visit, left);
  visit->unused = is_unused ? syntax_strip(right, true) : NULL;
  return visit_value(visit, right);
}

static struct value value_of_binary(struct visit *visit, struct syntax *expression)
{
  struct syntax *left = syntax_expression(expression, 0);
  struct syntax *right = left != NULL ? syntax_next_expression(expression, left) : NULL;
  if (right == NULL)
    return value_none(syntax_type(visit, expression));
  enum CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(expression->cursor);
  switch (kind) {
  case CXBinaryOperator_Assign:
    return value_of_assignment(visit, expression, left, right);
  case CXBinaryOperator_Comma:
    return value_of_comma(visit, expression, left, right);
  case CXBinaryOperator_LAnd:
  case CXBinaryOperator_LOr:
    visit_short_circuit(visit, left, right, kind == CXBinaryOperator_LAnd);
    return value_none(syntax_type(visit, expression));
  default:
    return value_of_arithmetic(visit, expression, left, right, kind);
  }
}

static struct value value_of_compound_assignment(struct visit *visit, struct syntax *expression)
{
  struct c_type *type = syntax_type(visit, expression);
  struct syntax *left = syntax_expression(expression, 0);
  struct syntax *right = left != NULL ? syntax_next_expression(expression, left) : NULL;
  if (right == NULL)
    return value_none(type);
  enum CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(expression->cursor);
  bool is_step = kind == CXBinaryOperator_AddAssign || kind == CXBinaryOperator_SubAssign;
  enum unit_access_operation operation =
      is_step ? operation_of_step(visit, expression, kind == CXBinaryOperator_AddAssign)
              : UNIT_OPERATION_COMPOUND;
  struct place place = visit_place(visit, left);
  visit_discard(visit, right);
  const struct spot *spot = syntax_spot(visit, expression);
  access_add(visit, &place, UNIT_READ | UNIT_WRITE, operation, spot);
  if (place.base == UNIT_BASE_OBJECT && place.path == 0 && type_is_pointer_value(type))
    visit_use(visit, place.object, UNIT_USE_INDEXED);
  struct value value = place_load(visit, &place, spot);
  value.edge_flags |= UNIT_EDGE_ARITHMETIC;
  return value;
}

static struct value value_of_conditional(struct visit *visit, struct syntax *expression)
{
  struct c_type *type = syntax_type(visit, expression);
  if (syntax_count_expressions(expression) != 3)
    return value_none(type);
  struct syntax *condition = syntax_expression(expression, 0);
  struct syntax *then = syntax_next_expression(expression, condition);
  struct syntax *otherwise = syntax_next_expression(expression, then);
  uint32_t outer = visit->guard;
  visit_truth(visit, condition);
  guint branch = visit_begin_branch(visit);
  visit->guard = visit_guards(visit, condition, true);
  struct value first = visit_value(visit, then);
  visit->guard = outer;
  visit_end_moments(visit, branch);
  visit->guard = visit_guards(visit, condition, false);
  struct value second = visit_value(visit, otherwise);
  visit->guard = outer;
  visit_end_branch(visit, branch);
  return value_join(visit, &first, &second, type, syntax_spot(visit, expression));
}

/* Sets CAST where the pointer changes the record or the signature that it stands for. */
static void note_cast(struct visit *visit, struct value *value, struct c_type *from,
                      struct c_type *to)
{
  struct c_type *left = visit_pointee(visit, from);
  struct c_type *right = visit_pointee(visit, to);
  bool is_shaped = type_is_record(left) || type_is_record(right) ||
                   left->kind == CXType_FunctionProto || right->kind == CXType_FunctionProto;
  if (is_shaped && visit_bare(left) != visit_bare(right))
    value->edge_flags |= UNIT_EDGE_CAST;
}

/* "(int *)(base + option->offset)", where the base is one of bytes by its own type: what is cast to
 * bytes there has been moved already. */
static bool is_field_by_number(struct visit *visit, struct syntax *expression,
                               struct syntax *operand)
{
  struct syntax *moved = syntax_strip(operand, true);
  if (syntax_kind(moved) != CXCursor_BinaryOperator || !is_moved(moved) ||
      !type_is_pointer(syntax_type(visit, expression)) ||
      is_pointer_to_bytes(visit, syntax_type(visit, expression)) ||
      !is_pointer_to_bytes(visit, syntax_type(visit, moved)))
    return false;
  struct syntax *left = syntax_expression(moved, 0), *right = syntax_expression(moved, 1);
  if (left == NULL || right == NULL)
    return false;
  bool is_left = type_is_pointer_value(syntax_type(visit, left));
  struct syntax *base = is_left ? left : right, *amount = is_left ? right : left;
  struct c_type *type = syntax_type(visit, moved);
  return !is_bytes_of_record(visit, base, type) && !is_bytes_of_anything(visit, base, type) &&
         is_distance(visit, amount);
}

static struct value value_of_cast(struct visit *visit, struct syntax *expression)
{
  struct c_type *type = syntax_type(visit, expression);
  struct syntax *operand = syntax_operand(expression);
  if (operand == NULL)
    return value_none(type);
  struct value value = visit_value(visit, operand);
  struct c_type *from = syntax_type(visit, operand);
  if (type->kind == CXType_Void)
    return value_none(type);
  if (value.heap != UNIT_NONE && type_is_pointer(type))
    flow_shape_heap(visit, value.heap, type);
  if (type_is_pointer(type) && type_is_pointer(from))
    note_cast(visit, &value, from, type);
  else if (type_is_pointer(type) != type_is_pointer(from) && !type_is_array(from) &&
           value_holds_pointers(visit, &value))
    value.edge_flags |= UNIT_EDGE_INTEGER;
  if (is_field_by_number(visit, expression, operand))
    return value_of_bytes(visit, expression, &value, UNIT_EDGE_ANYWHERE);
  return visit_behind_record(visit, expression, operand, &value);
}

static struct value value_of_name(struct visit *visit, struct syntax *expression)
{
  struct declared *referenced = syntax_referenced(visit, expression);
  if (referenced->cursor.kind != CXCursor_EnumConstantDecl)
    return load(visit, expression);
  struct value value = value_none(syntax_type(visit, expression));
  value.kind = UNIT_ARGUMENT_INTEGER;
  value.integer = clang_getEnumConstantDeclValue(referenced->cursor);
  value.text = visit_name(visit, referenced);
  words_count(visit->words, value.text);
  return value;
}

struct value visit_value(struct visit *visit, struct syntax *expression)
{
  struct syntax *inner = NULL;
  enum CXUnaryOperatorKind kind;
  switch (syntax_kind(expression)) {
  case CXCursor_UnexposedExpr:
    return visit_hidden(visit, expression);
  case CXCursor_ParenExpr:
  case CXCursor_InitListExpr:
    inner = syntax_expression(expression, 0);
    return inner != NULL ? visit_value(visit, inner) : value_none(syntax_type(visit, expression));
  case CXCursor_DeclRefExpr:
    return value_of_name(visit, expression);
  case CXCursor_MemberRefExpr:
  case CXCursor_ArraySubscriptExpr:
  case CXCursor_CompoundLiteralExpr:
  case CXCursor_StringLiteral:
    return load(visit, expression);
  case CXCursor_UnaryOperator:
    kind = clang_getCursorUnaryOperatorKind(expression->cursor);
    return kind == CXUnaryOperator_Deref ? load(visit, expression)
                                         : value_of_unary(visit, expression, kind);
  case CXCursor_BinaryOperator:
    return value_of_binary(visit, expression);
  case CXCursor_CompoundAssignOperator:
    return value_of_compound_assignment(visit, expression);
  case CXCursor_ConditionalOperator:
    return value_of_conditional(visit, expression);
  case CXCursor_CStyleCastExpr:
    return value_of_cast(visit, expression);
  case CXCursor_CallExpr:
    return visit_call(visit, expression);
  case CXCursor_StmtExpr:
    inner = syntax_expression(expression, 0);
    return inner != NULL ? visit_value(visit, inner) : visit_statement_value(visit, expression);
  case CXCursor_GenericSelectionExpr:
    return visit_generic(visit, expression);
  default:
    return value_none(syntax_type(visit, expression));
  }
}
