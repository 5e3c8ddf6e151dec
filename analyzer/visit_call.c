#include "analyzer/visit.h"

#include <string.h>

static const char *string_at(const struct visit *visit, uint32_t string)
{
  uint32_t offset = g_array_index(visit->builder->string_offsets, uint32_t, string);
  return visit->builder->string_bytes->str + offset;
}

static const char *routine_name(struct visit *visit, uint32_t routine)
{
  return string_at(visit, visit_routine_row(visit, routine)->name);
}

static bool is_routine(CXType type)
{
  enum CXTypeKind kind = clang_getCanonicalType(type).kind;
  return kind == CXType_FunctionProto || kind == CXType_FunctionNoProto;
}

/* What is called, without conversions and without the "*" and "&" that mean nothing on routines. */
static CXCursor strip_callee(struct visit *visit, CXCursor callee)
{
  for (;;) {
    CXCursor stripped = visit_strip(visit, callee, true);
    CXCursor child;
    if (clang_getCursorKind(stripped) != CXCursor_UnaryOperator ||
        !visit_child(visit, stripped, 0, &child))
      return stripped;
    enum CXUnaryOperatorKind kind = clang_getCursorUnaryOperatorKind(stripped);
    bool is_idle = (kind == CXUnaryOperator_Deref && is_routine(clang_getCursorType(stripped))) ||
                   (kind == CXUnaryOperator_AddrOf && is_routine(clang_getCursorType(child)));
    if (!is_idle)
      return stripped;
    callee = child;
  }
}

/* ---- arguments ---- */

static bool may_be_constant(enum CXCursorKind kind)
{
  return kind == CXCursor_IntegerLiteral || kind == CXCursor_CharacterLiteral ||
         kind == CXCursor_UnaryOperator || kind == CXCursor_BinaryOperator ||
         kind == CXCursor_UnaryExpr || kind == CXCursor_ConditionalOperator;
}

static bool is_pointer(CXType type)
{
  return clang_getCanonicalType(type).kind == CXType_Pointer;
}

static void fill_constant(struct visit *visit, CXCursor expression, struct unit_argument *argument)
{
  CXCursor stripped = visit_strip(visit, expression, true);
  enum CXCursorKind kind = clang_getCursorKind(stripped);
  if (!may_be_constant(kind))
    return;
  int64_t integer = 0;
  if (!visit_integer(stripped, &integer))
    return;
  if (is_pointer(clang_getCursorType(expression)) && integer == 0) {
    argument->kind = UNIT_ARGUMENT_NULL;
    return;
  }
  argument->kind = UNIT_ARGUMENT_INTEGER;
  argument->integer = integer;
  argument->text = visit_macro(visit, stripped);
}

static struct unit_argument describe(struct visit *visit, CXCursor expression, struct value *value,
                                     const struct spot *spot)
{
  CXCursor stripped = visit_strip(visit, expression, true);
  CXType type = clang_getCursorType(stripped);
  struct unit_argument argument = {.kind = value->kind,
                                   .index = value->index,
                                   .path = value->path,
                                   .text = value->text,
                                   .integer = value->integer,
                                   .node = UNIT_NONE,
                                   .record = visit_type_of(visit, type),
                                   .type = visit_type_text(visit, type),
                                   .flags = value->kind == UNIT_ARGUMENT_PARAM
                                                ? visit_param_flags(type)
                                                : visit_value_flags(type)};
  if (value->kind == UNIT_ARGUMENT_OTHER)
    fill_constant(visit, expression, &argument);
  if (value->kind != UNIT_ARGUMENT_STRING && value->kind != UNIT_ARGUMENT_INTEGER)
    argument.node = value_node(visit, value, spot);
  if (value->kind == UNIT_ARGUMENT_PARAM &&
      (is_pointer(value->type) || visit_is_array(value->type)))
    visit_use(visit, value->index, UNIT_USE_PASSED);
  return argument;
}

/* The record in a "sizeof" among the arguments: what an allocation is for. */
static enum CXChildVisitResult find_sizeof(CXCursor cursor, CXCursor parent, CXClientData data)
{
  (void)parent;
  CXType *type = data;
  if (clang_getCursorKind(cursor) != CXCursor_UnaryExpr)
    return CXChildVisit_Recurse;
  CXCursor operand = clang_getNullCursor();
  guint n = 0;
  (void)n;
  struct visit *none = NULL;
  if (visit_child(none, cursor, 0, &operand)) {
    *type = clang_getCursorType(operand);
    return CXChildVisit_Break;
  }
  return CXChildVisit_Continue;
}

static enum CXChildVisitResult find_type_reference(CXCursor cursor, CXCursor parent,
                                                   CXClientData data)
{
  (void)parent;
  CXType *type = data;
  if (clang_getCursorKind(cursor) != CXCursor_TypeRef)
    return CXChildVisit_Recurse;
  *type = clang_getCursorType(clang_getCursorReferenced(cursor));
  return CXChildVisit_Break;
}

static uint32_t heap_candidate(struct visit *visit, CXCursor call, CXType result, uint32_t callee,
                               uint32_t expression)
{
  if (!is_pointer(result) ||
      visit_canonical(clang_getPointeeType(clang_getCanonicalType(result))).kind != CXType_Void)
    return UNIT_NONE;
  uint32_t name = callee != UNIT_NONE ? visit_routine_row(visit, callee)->name : expression;
  uint32_t heap = visit_new_object(visit, UNIT_OBJECT_HEAP, name, call, result);
  visit_object_row(visit, heap)->type = 0;
  visit_object_row(visit, heap)->size = 0;
  visit_object_row(visit, heap)->value = UNIT_VALUE_VOID;
  CXType type = {.kind = CXType_Invalid, .data = {NULL, NULL}};
  clang_visitChildren(call, find_sizeof, &type);
  if (type.kind == CXType_Invalid)
    clang_visitChildren(call, find_type_reference, &type);
  if (type.kind != CXType_Invalid && visit_is_record(type)) {
    uint32_t record = visit_type_of(visit, type);
    uint32_t text = visit_type_text(visit, type);
    struct unit_object *row = visit_object_row(visit, heap);
    row->record = record;
    row->type = text;
    row->value = UNIT_VALUE_RECORD;
  }
  return heap;
}

/* ---- models of what every C program does ---- */

struct memory_model {
  const char *name;
  int to;   /* argument that is written, from 0 */
  int from; /* argument that is read, or -1 */
};

static const struct memory_model memory_models[] = {
    {"memcpy", 0, 1},
    {"memmove", 0, 1},
    {"mempcpy", 0, 1},
    {"__builtin_memcpy", 0, 1},
    {"__builtin_memmove", 0, 1},
    {"__builtin___memcpy_chk", 0, 1},
    {"__builtin___memmove_chk", 0, 1},
    {"bcopy", 1, 0},
    {"memset", 0, -1},
    {"__builtin_memset", 0, -1},
    {"__builtin___memset_chk", 0, -1},
    {"bzero", 0, -1},
    {"explicit_bzero", 0, -1},
};

static struct place place_behind(struct visit *visit, struct value *pointer,
                                 const struct spot *spot)
{
  CXType canonical = clang_getCanonicalType(pointer->type);
  struct place place = {.base = UNIT_BASE_NONE,
                        .object = UNIT_NONE,
                        .node = UNIT_NONE,
                        .record = UNIT_NONE,
                        .routine = UNIT_NONE,
                        .type = canonical.kind == CXType_Pointer ? clang_getPointeeType(canonical)
                                                                 : canonical};
  if (pointer->kind == UNIT_ARGUMENT_ADDRESS) {
    place.base = UNIT_BASE_OBJECT;
    place.object = pointer->index;
    place.path = pointer->path;
    return place;
  }
  place.node = value_node(visit, pointer, spot);
  if (place.node == UNIT_NONE)
    return place;
  place.base = UNIT_BASE_POINTER;
  if (pointer->kind == UNIT_ARGUMENT_OBJECT || pointer->kind == UNIT_ARGUMENT_PARAM ||
      pointer->kind == UNIT_ARGUMENT_FIELD_ADDRESS)
    place.object = pointer->index;
  place.record = visit_type_of(visit, pointer->type);
  return place;
}

static void apply_memory(struct visit *visit, const char *name, GArray *values,
                         const struct spot *spot)
{
  for (size_t i = 0; i < G_N_ELEMENTS(memory_models); i++) {
    const struct memory_model *model = &memory_models[i];
    if (strcmp(model->name, name) != 0 || (int)values->len < 2)
      continue;
    struct value *to = &g_array_index(values, struct value, model->to);
    struct place place = place_behind(visit, to, spot);
    access_add(visit, &place, UNIT_WRITE, UNIT_OPERATION_WHOLE, spot);
    if (model->from < 0)
      return;
    struct value *from = &g_array_index(values, struct value, model->from);
    place = place_behind(visit, from, spot);
    access_add(visit, &place, UNIT_READ, UNIT_OPERATION_WHOLE, spot);
    return;
  }
}

static void apply_atomic(struct visit *visit, struct value *pointer, struct value *stored,
                         uint32_t mode, const struct spot *spot)
{
  struct place place = place_behind(visit, pointer, spot);
  access_add(visit, &place, mode, UNIT_OPERATION_ATOMIC, spot);
  if (stored != NULL)
    flow_assign(visit, &place, stored, spot);
}

struct value visit_atomic(struct visit *visit, CXCursor expression, guint start, guint n)
{
  struct spot spot = visit_spot(visit, expression);
  CXCursor first = visit_at(visit, start);
  struct value pointer = visit_value(visit, first);
  if (pointer.kind == UNIT_ARGUMENT_OTHER && pointer.node == UNIT_NONE)
    pointer.type = clang_getCursorType(first);
  uint32_t mode = n > 2 ? UNIT_READ | UNIT_WRITE : UNIT_READ;
  struct value none = value_none(clang_getCursorType(expression));
  apply_atomic(visit, &pointer, NULL, mode, &spot);
  for (guint i = 1; i < n; i++) {
    struct value stored = visit_value(visit, visit_at(visit, start + i));
    struct place place = place_behind(visit, &pointer, &spot);
    place.type = clang_getPointeeType(clang_getCanonicalType(clang_getCursorType(first)));
    flow_assign(visit, &place, &stored, &spot);
  }
  if (!visit_is_carrier(none.type))
    return none;
  struct place place = place_behind(visit, &pointer, &spot);
  place.type = none.type;
  return place_load(visit, &place, &spot);
}

/* va_start(ap) fills ap with the arguments behind the "..." of this routine; va_copy copies. */
static bool apply_varargs(struct visit *visit, const char *name, GArray *values,
                          const struct spot *spot)
{
  bool is_start = strcmp(name, "__builtin_va_start") == 0;
  bool is_copy = strcmp(name, "__builtin_va_copy") == 0;
  if (!is_start && !is_copy)
    return strcmp(name, "__builtin_va_end") == 0;
  if (values->len == 0 || visit->routine == UNIT_NONE)
    return true;
  struct value *list = &g_array_index(values, struct value, 0);
  uint32_t node = value_node(visit, list, spot);
  if (node == UNIT_NONE)
    return true;
  if (is_start) {
    uint32_t varargs = unit_builder_node(visit->builder, UNIT_NODE_VARARGS, visit->routine, 0);
    flow_edge(visit, UNIT_EDGE_COPY, node, varargs, 0, 0, spot);
  } else if (values->len > 1) {
    flow_into(visit, node, &g_array_index(values, struct value, 1), spot);
  }
  return true;
}

/* Arguments of these are not evaluated. */
static bool is_unevaluated(const char *name)
{
  return strcmp(name, "__builtin_constant_p") == 0 || strcmp(name, "__builtin_object_size") == 0 ||
         strcmp(name, "__builtin_dynamic_object_size") == 0 ||
         strcmp(name, "__builtin_classify_type") == 0;
}

/* ---- the call ---- */

static uint32_t add_call(struct visit *visit, struct unit_call *call, GArray *arguments,
                         guint first_access)
{
  uint32_t row = visit->builder->calls->len;
  call->first_argument = visit->builder->arguments->len;
  call->n_arguments = arguments->len;
  for (guint i = 0; i < arguments->len; i++) {
    struct unit_argument *argument = &g_array_index(arguments, struct unit_argument, i);
    argument->call = row;
    argument->position = i + 1;
    unit_builder_add_argument(visit->builder, argument);
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
          (visit->is_initialiser ? (uint32_t)UNIT_CALL_INITIALISER : 0u) |
          (visit->is_possible ? (uint32_t)UNIT_CALL_POSSIBLE : 0u)};
}

void visit_call_of(struct visit *visit, uint32_t callee, const struct spot *spot, uint32_t flags,
                   const struct place *argument)
{
  struct unit_call call = new_call(visit, spot);
  call.callee = callee;
  call.flags |= flags;
  g_autoptr(GArray) arguments = g_array_new(FALSE, FALSE, sizeof(struct unit_argument));
  struct value address = place_address(visit, argument, spot);
  struct unit_argument described = {.kind = address.kind,
                                    .index = address.index,
                                    .path = address.path,
                                    .node = value_node(visit, &address, spot),
                                    .record = visit_type_of(visit, argument->type),
                                    .type = visit_type_text(visit, argument->type),
                                    .flags = visit_value_flags(argument->type)};
  g_array_append_val(arguments, described);
  add_call(visit, &call, arguments, visit->builder->accesses->len);
}

/* Fills callee or pointer and slot. */
static void resolve_callee(struct visit *visit, CXCursor callee, struct unit_call *call,
                           const struct spot *spot)
{
  CXCursor stripped = strip_callee(visit, callee);
  struct value value;
  if (visit_is_place(visit, stripped)) {
    struct place place = visit_place(visit, stripped);
    place.type = clang_getCursorType(stripped);
    if (place.routine != UNIT_NONE) {
      call->callee = place.routine;
      return;
    }
    call->slot_base = place.base;
    call->slot_object = place.object;
    call->slot_path = place.path;
    struct spot slot_spot = visit_spot(visit, stripped);
    access_add(visit, &place, UNIT_READ, UNIT_OPERATION_PLAIN, &slot_spot);
    if (place.base == UNIT_BASE_OBJECT)
      visit_use(visit, place.object, UNIT_USE_CALLED);
    value = place_load(visit, &place, &slot_spot);
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
  call->expression = visit_text(visit, callee);
}

static uint32_t shape_of_call(struct visit *visit, CXCursor callee)
{
  return visit_shape_string(visit, clang_getCursorType(callee));
}

struct value visit_call(struct visit *visit, CXCursor expression)
{
  CXType type = clang_getCursorType(expression);
  struct spot spot = visit_spot(visit, expression);
  guint n = 0;
  guint start = visit_push_expressions(visit, expression, &n);
  if (n == 0) {
    visit_pop(visit, start);
    return value_none(type);
  }
  struct unit_call call = new_call(visit, &spot);
  resolve_callee(visit, visit_at(visit, start), &call, &spot);
  const char *name = call.callee != UNIT_NONE ? routine_name(visit, call.callee) : "";
  if (is_unevaluated(name)) {
    visit_pop(visit, start);
    return value_none(type);
  }
  g_autofree char *kept_name = g_strdup(name);
  if (g_str_has_prefix(kept_name, "__builtin_") || g_str_has_prefix(kept_name, "__sync_"))
    call.flags |= UNIT_CALL_BUILTIN;
  if (call.callee == UNIT_NONE)
    call.shape = shape_of_call(visit, visit_at(visit, start));
  call.macro = visit_macro(visit, expression);

  guint first_access = visit->builder->accesses->len;
  g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct value));
  g_autoptr(GArray) arguments = g_array_new(FALSE, FALSE, sizeof(struct unit_argument));
  for (guint i = 1; i < n; i++) {
    CXCursor argument = visit_at(visit, start + i);
    struct value value = visit_value(visit, argument);
    struct unit_argument described = describe(visit, argument, &value, &spot);
    g_array_append_val(values, value);
    g_array_append_val(arguments, described);
  }
  visit_pop(visit, start);

  struct value result = value_none(type);
  if (apply_varargs(visit, kept_name, values, &spot))
    call.flags |= UNIT_CALL_BUILTIN;
  apply_memory(visit, kept_name, values, &spot);
  if (g_str_has_prefix(kept_name, "__sync_") && values->len > 0)
    apply_atomic(visit, &g_array_index(values, struct value, 0),
                 values->len > 1 ? &g_array_index(values, struct value, values->len - 1) : NULL,
                 UNIT_READ | UNIT_WRITE, &spot);
  if (strcmp(kept_name, "__builtin_expect") == 0 && values->len > 0)
    result = g_array_index(values, struct value, 0);
  else if (visit_is_carrier(type)) {
    call.result = unit_builder_temp(visit->builder);
    call.heap = heap_candidate(visit, expression, type, call.callee, call.expression);
    result.kind = UNIT_ARGUMENT_CALL;
    result.node = call.result;
    result.heap = call.heap;
  }
  uint32_t row = add_call(visit, &call, arguments, first_access);
  if (result.kind == UNIT_ARGUMENT_OTHER && type.kind != CXType_Void)
    result.kind = UNIT_ARGUMENT_CALL;
  if (result.kind == UNIT_ARGUMENT_CALL)
    result.index = row;
  return result;
}
