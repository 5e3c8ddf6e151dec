#include "analyzer/visit.h"

#include <string.h>

/* What is called, without conversions and without the "*" and "&" that mean nothing on routines. */
static struct syntax *strip_callee(struct visit *visit, struct syntax *callee)
{
  for (;;) {
    struct syntax *stripped = syntax_strip(callee, true);
    struct syntax *child = syntax_expression(stripped, 0);
    if (syntax_kind(stripped) != CXCursor_UnaryOperator || child == NULL)
      return stripped;
    enum CXUnaryOperatorKind kind = clang_getCursorUnaryOperatorKind(stripped->cursor);
    bool is_idle =
        (kind == CXUnaryOperator_Deref && type_is_routine(syntax_type(visit, stripped))) ||
        (kind == CXUnaryOperator_AddrOf && type_is_routine(syntax_type(visit, child)));
    if (!is_idle)
      return stripped;
    callee = child;
  }
}

static const char *routine_name(const struct visit *visit, uint32_t routine)
{
  const struct unit_routine *row =
      &g_array_index(visit->builder->routines, struct unit_routine, routine);
  return unit_builder_text(visit->builder, row->name);
}

/* ---- arguments ---- */

static bool may_be_constant(enum CXCursorKind kind)
{
  return kind == CXCursor_IntegerLiteral || kind == CXCursor_CharacterLiteral ||
         kind == CXCursor_UnaryOperator || kind == CXCursor_BinaryOperator ||
         kind == CXCursor_UnaryExpr || kind == CXCursor_ConditionalOperator;
}

static void fill_constant(struct visit *visit, struct syntax *expression,
                          struct unit_argument *argument)
{
  struct syntax *stripped = syntax_strip(expression, true);
  int64_t integer = 0;
  if (!may_be_constant(syntax_kind(stripped)) || !syntax_integer(stripped, &integer))
    return;
  if (integer == 0 && syntax_type(visit, expression)->kind == CXType_Pointer) {
    argument->kind = UNIT_ARGUMENT_NULL;
    return;
  }
  argument->kind = UNIT_ARGUMENT_INTEGER;
  argument->integer = integer;
  argument->text = visit_macro(visit, stripped->cursor);
}

static struct unit_argument describe(struct visit *visit, struct syntax *expression,
                                     struct value *value, const struct spot *spot)
{
  struct c_type *type = syntax_type(visit, syntax_strip(expression, true));
  struct unit_argument argument = {.kind = value->kind,
                                   .index = value->index,
                                   .path = value->path,
                                   .text = value->text,
                                   .integer = value->integer,
                                   .node = UNIT_NONE,
                                   .record = visit_type_of(visit, type),
                                   .type = visit_type_text(visit, type),
                                   .flags = value->kind == UNIT_ARGUMENT_PARAM
                                                ? visit_param_flags(visit, type)
                                                : visit_value_flags(visit, type)};
  if (value->kind == UNIT_ARGUMENT_OTHER)
    fill_constant(visit, expression, &argument);
  if (value->kind != UNIT_ARGUMENT_STRING && value->kind != UNIT_ARGUMENT_INTEGER)
    argument.node = value_node(visit, value, spot);
  if (value->kind == UNIT_ARGUMENT_PARAM &&
      (value->type->kind == CXType_Pointer || type_is_array(value->type)))
    visit_use(visit, value->index, UNIT_USE_PASSED);
  return argument;
}

/* More than so many of something, or another size. */
static bool may_add(struct syntax *expression)
{
  if (syntax_kind(expression) == CXCursor_ConditionalOperator)
    return true;
  return syntax_kind(expression) == CXCursor_BinaryOperator &&
         clang_getCursorBinaryOperatorKind(expression->cursor) != CXBinaryOperator_Mul;
}

/* The type in a "sizeof" among the arguments: what an allocation is for. Or NULL. */
static struct c_type *find_sizeof(struct visit *visit, struct syntax *call)
{
  for (struct syntax *at = call + 1; at < call + call->size;) {
    bool is_sizeof = syntax_kind(at) == CXCursor_UnaryExpr;
    struct syntax *operand = is_sizeof ? syntax_expression(at, 0) : NULL;
    if (operand != NULL)
      return syntax_type(visit, operand);
    at += is_sizeof ? at->size : 1;
  }
  return NULL;
}

/* Whether a call of an allocator that names the type of its memory asks for no more than that: no
 * sum, and no other number that is not constant, but for how many ("calloc"). */
static bool is_whole(struct visit *visit, struct syntax *call, const char *name)
{
  bool is_counted = strstr(name, "calloc") != NULL || strstr(name, "array") != NULL;
  struct syntax *argument = syntax_expression(call, 0);
  while (argument != NULL && (argument = syntax_next_expression(call, argument)) != NULL) {
    struct syntax *stripped = syntax_strip(argument, true);
    bool is_number = !type_is_pointer_value(syntax_type(visit, stripped));
    bool is_type = false;
    for (struct syntax *at = stripped; at < stripped + stripped->size; at++) {
      is_type = is_type || syntax_kind(at) == CXCursor_UnaryExpr;
      if (is_number && may_add(at))
        return false;
    }
    int64_t constant = 0;
    if (is_number && !is_type && !is_counted && !syntax_integer(stripped, &constant))
      return false;
  }
  return true;
}

static struct c_type *find_type_reference(struct visit *visit, struct syntax *call)
{
  for (struct syntax *at = call + 1; at < call + call->size; at++)
    if (syntax_kind(at) == CXCursor_TypeRef)
      return visit_cursor_type(visit, clang_getCursorReferenced(at->cursor));
  return NULL;
}

static uint32_t heap_candidate(struct visit *visit, struct syntax *call, uint32_t callee,
                               uint32_t expression)
{
  struct c_type *result = syntax_type(visit, call);
  if (result->kind != CXType_Pointer || visit_target(visit, result)->kind != CXType_Void)
    return UNIT_NONE;
  uint32_t name = callee != UNIT_NONE ? visit_routine_row(visit, callee)->name : expression;
  uint32_t heap = visit_new_object(visit, UNIT_OBJECT_HEAP, name, syntax_spot(visit, call), result);
  visit_object_row(visit, heap)->type = 0;
  visit_object_row(visit, heap)->size = 0;
  visit_object_row(visit, heap)->value = UNIT_VALUE_VOID;
  struct c_type *type = find_sizeof(visit, call);
  bool is_sized = type != NULL;
  if (type == NULL || type->type.kind == CXType_Invalid)
    type = find_type_reference(visit, call);
  if (type != NULL && type_is_record(type)) {
    uint32_t record = visit_type_of(visit, type);
    uint32_t text = visit_type_text(visit, type);
    struct unit_object *row = visit_object_row(visit, heap);
    row->record = record;
    row->type = text;
    row->value = UNIT_VALUE_RECORD;
    if (is_sized && is_whole(visit, call, unit_builder_text(visit->builder, name)))
      row->size = (uint64_t)MAX(visit_size(type), 0);
  }
  return heap;
}

/* va_start(ap) fills ap with the arguments behind the "..." of this routine; va_copy copies. */
static bool apply_varargs(struct visit *visit, const char *name, struct value *values, guint n,
                          const struct spot *spot)
{
  if (*name != '_')
    return false;
  bool is_start = strcmp(name, "__builtin_va_start") == 0;
  bool is_copy = strcmp(name, "__builtin_va_copy") == 0;
  if (!is_start && !is_copy)
    return strcmp(name, "__builtin_va_end") == 0;
  if (n == 0 || visit->routine == UNIT_NONE)
    return true;
  uint32_t node = value_node(visit, &values[0], spot);
  if (node == UNIT_NONE)
    return true;
  if (is_start) {
    uint32_t varargs = unit_builder_node(visit->builder, UNIT_NODE_VARARGS, visit->routine, 0);
    flow_edge(visit, UNIT_EDGE_COPY, node, varargs, 0, 0, spot);
  } else if (n > 1) {
    flow_into(visit, node, &values[1], spot);
  }
  return true;
}

/* Arguments of these are not evaluated. */
static bool is_unevaluated(const char *name)
{
  if (*name != '_')
    return false;
  return strcmp(name, "__builtin_constant_p") == 0 || strcmp(name, "__builtin_object_size") == 0 ||
         strcmp(name, "__builtin_dynamic_object_size") == 0 ||
         strcmp(name, "__builtin_classify_type") == 0;
}

/* ---- the call ---- */

static uint32_t add_call(struct visit *visit, struct unit_call *call,
                         struct unit_argument *arguments, guint n, guint first_access)
{
  uint32_t row = visit->builder->calls->len;
  call->first_argument = visit->builder->arguments->len;
  call->n_arguments = n;
  for (guint i = 0; i < n; i++) {
    struct unit_argument *argument = &arguments[i];
    argument->call = row;
    argument->position = i + 1;
    unit_builder_add_argument(visit->builder, argument);
    visit_hold_argument(visit, call, argument, visit->builder->arguments->len - 1);
    bool is_address =
        argument->kind == UNIT_ARGUMENT_ADDRESS || argument->kind == UNIT_ARGUMENT_FIELD_ADDRESS;
    for (guint at = first_access; is_address && at < visit->builder->accesses->len; at++) {
      struct unit_access *access = &g_array_index(visit->builder->accesses, struct unit_access, at);
      bool is_same =
          (access->mode & UNIT_ADDRESS) != 0 && access->object == argument->index &&
          (access->path == argument->path ||
           (access->operation == UNIT_OPERATION_SUBSCRIPT &&
            g_array_index(visit->builder->paths, struct unit_path, argument->path).parent ==
                access->path));
      if (is_same && access->call == UNIT_NONE)
        access->call = row;
    }
  }
  visit_hold_end_call(visit);
  return unit_builder_add_call(visit->builder, call);
}

static struct unit_call new_call(struct visit *visit, const struct spot *spot)
{
  return (struct unit_call){
      .caller = visit->routine,
      .file = spot->file != UNIT_NONE ? spot->file : 0,
      .line = spot->line,
      .column = spot->column,
      .callee = UNIT_NONE,
      .pointer = UNIT_NONE,
      .slot_base = UNIT_BASE_NONE,
      .slot_object = UNIT_NONE,
      .result = UNIT_NONE,
      .loop = visit->loop,
      .loop_depth = visit->loop_depth,
      .arm = visit->arm,
      .guard = visit->guard,
      .heap = UNIT_NONE,
      .flags =
          (visit->conditional_depth + visit->has_left > 0 ? (uint32_t)UNIT_CALL_CONDITIONAL : 0u) |
          (visit_is_certain(visit) ? (uint32_t)UNIT_CALL_EVERY_TURN : 0u) |
          (visit->is_initialiser ? (uint32_t)UNIT_CALL_INITIALISER : 0u) |
          (visit->is_possible ? (uint32_t)UNIT_CALL_POSSIBLE : 0u)};
}

void visit_call_of(struct visit *visit, uint32_t callee, const struct spot *spot, uint32_t flags,
                   const struct place *argument)
{
  struct unit_call call = new_call(visit, spot);
  call.callee = callee;
  call.flags |= flags;
  struct value address = place_address(visit, argument, spot);
  struct unit_argument described = {.kind = address.kind,
                                    .index = address.index,
                                    .path = address.path,
                                    .node = value_node(visit, &address, spot),
                                    .record = visit_type_of(visit, argument->type),
                                    .type = visit_type_text(visit, argument->type),
                                    .flags = visit_value_flags(visit, argument->type)};
  add_call(visit, &call, &described, 1, visit->builder->accesses->len);
}

/* Fills callee or pointer and slot. */
static void resolve_callee(struct visit *visit, struct syntax *callee, struct unit_call *call,
                           const struct spot *spot)
{
  struct syntax *stripped = strip_callee(visit, callee);
  struct value value;
  if (visit_is_place(visit, stripped)) {
    struct place place = visit_place(visit, stripped);
    place.type = syntax_type(visit, stripped);
    if (place.routine != UNIT_NONE) {
      call->callee = place.routine;
      return;
    }
    call->slot_base = place.base;
    call->slot_object = place.object;
    call->slot_path = place.path;
    const struct spot *slot_spot = syntax_spot(visit, stripped);
    access_add(visit, &place, UNIT_READ, UNIT_OPERATION_PLAIN, slot_spot);
    if (place.base == UNIT_BASE_OBJECT)
      visit_use(visit, place.object, UNIT_USE_CALLED);
    value = place_load(visit, &place, slot_spot);
  } else {
    value = visit_value(visit, stripped);
    if (value.kind == UNIT_ARGUMENT_ROUTINE) {
      call->callee = value.index;
      return;
    }
  }
  call->pointer = value_node(visit, &value, spot);
  if (call->pointer == UNIT_NONE)
    call->pointer = unit_builder_temp(visit->builder);
  call->expression = visit_text(visit, callee->cursor);
}

/* Puts the arguments on the stacks. */
static void visit_arguments(struct visit *visit, struct syntax *call, struct syntax *callee)
{
  const struct spot *spot = syntax_spot(visit, call);
  for (struct syntax *argument = syntax_next_expression(call, callee); argument != NULL;
       argument = syntax_next_expression(call, argument)) {
    struct value value = visit_value(visit, argument);
    struct unit_argument described = describe(visit, argument, &value, spot);
    g_array_append_val(visit->values, value);
    g_array_append_val(visit->arguments, described);
  }
}

/* What the call yields. */
static struct value result_of(struct visit *visit, struct syntax *expression, const char *name,
                              struct value *values, const struct unit_argument *arguments, guint n,
                              struct unit_call *call)
{
  struct c_type *type = syntax_type(visit, expression);
  struct value result = value_none(type);
  const struct spot *spot = syntax_spot(visit, expression);
  if (apply_varargs(visit, name, values, n, spot))
    call->flags |= UNIT_CALL_BUILTIN;
  visit_memory(visit, name, values, arguments, n, spot);
  if (strcmp(name, "__builtin_expect") == 0 && n > 0) {
    result = values[0];
  } else if (visit_is_carrier(visit, type)) {
    call->result = unit_builder_temp(visit->builder);
    call->heap = heap_candidate(visit, expression, call->callee, call->expression);
    result.kind = UNIT_ARGUMENT_CALL;
    result.node = call->result;
    result.heap = call->heap;
  }
  return result;
}

struct value visit_call(struct visit *visit, struct syntax *expression)
{
  struct c_type *type = syntax_type(visit, expression);
  const struct spot *spot = syntax_spot(visit, expression);
  struct syntax *callee = syntax_expression(expression, 0);
  if (callee == NULL)
    return value_none(type);
  struct unit_call call = new_call(visit, spot);
  resolve_callee(visit, callee, &call, spot);
  const char *name = call.callee != UNIT_NONE ? routine_name(visit, call.callee) : "";
  if (is_unevaluated(name))
    return value_none(type);
  g_autofree char *kept_name = g_strdup(name);
  if (g_str_has_prefix(kept_name, "__builtin_") || g_str_has_prefix(kept_name, "__sync_"))
    call.flags |= UNIT_CALL_BUILTIN;
  if (call.callee == UNIT_NONE)
    call.shape = visit_shape_string(visit, syntax_type(visit, callee));
  call.macro = visit_macro(visit, expression->cursor);
  guint first_access = visit->builder->accesses->len;
  guint first = visit->values->len;
  visit_arguments(visit, expression, callee);
  guint n = visit->values->len - first;
  struct value result =
      result_of(visit, expression, kept_name, &g_array_index(visit->values, struct value, first),
                &g_array_index(visit->arguments, struct unit_argument, first), n, &call);
  uint32_t row = add_call(
      visit, &call, &g_array_index(visit->arguments, struct unit_argument, first), n, first_access);
  visit->values->len = visit->arguments->len = first;
  if (result.kind == UNIT_ARGUMENT_OTHER && type->type.kind != CXType_Void)
    result.kind = UNIT_ARGUMENT_CALL;
  if (result.kind == UNIT_ARGUMENT_CALL)
    result.index = row;
  return result;
}
