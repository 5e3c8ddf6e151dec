#include "analyzer/visit.h"

#include "analyzer/declarations.h"

#include <string.h>

/* The variable's cleanup attribute calls a routine that no call expression names. */
static void visit_cleanup(struct visit *visit, CXCursor declaration, const struct place *place)
{
  if (!clang_Cursor_hasAttrs(declaration))
    return;
  struct attributes attributes;
  attributes_read(visit, declaration, &attributes);
  if (attributes.cleanup != NULL) {
    CXCursor routine;
    struct spot spot = visit_spot(visit, declaration);
    uint32_t callee = visit_find_routine(visit, attributes.cleanup, &routine)
                          ? visit_routine(visit, routine)
                          : visit_implicit_routine(visit, attributes.cleanup, place->type);
    visit_call_of(visit, callee, &spot, UNIT_CALL_CLEANUP, place);
  }
  attributes_clear(&attributes);
}

void visit_variable(struct visit *visit, CXCursor declaration)
{
  CXCursor initialiser = clang_Cursor_getVarDeclInitializer(declaration);
  bool has_initialiser =
      !clang_Cursor_isNull(initialiser) && !clang_isInvalid(clang_getCursorKind(initialiser));
  bool has_storage = clang_Cursor_hasVarDeclGlobalStorage(declaration) == 1;
  bool has_attributes = clang_Cursor_hasAttrs(declaration) != 0;
  CXType type = clang_getCursorType(declaration);
  if (!has_initialiser && !has_storage && !has_attributes)
    return;
  if (has_storage && clang_Cursor_getStorageClass(declaration) == CX_SC_Extern && !has_initialiser)
    return;
  struct place place = {.base = UNIT_BASE_OBJECT,
                        .object = visit_object(visit, declaration),
                        .node = UNIT_NONE,
                        .record = UNIT_NONE,
                        .routine = UNIT_NONE,
                        .type = type};
  if (has_initialiser) {
    uint32_t flags = visit_value_flags(type);
    bool is_table = (flags & UNIT_VALUE_ARRAY) != 0 && (flags & UNIT_VALUE_CONST) != 0;
    visit_initialiser(visit, &place, initialiser, has_storage || is_table);
  }
  visit_cleanup(visit, declaration, &place);
}

/* Sizes of variable arrays and the like run too. */
static void visit_declarations(struct visit *visit, CXCursor statement)
{
  guint n = 0;
  guint start = visit_push(visit, statement, &n);
  for (guint i = 0; i < n; i++) {
    CXCursor declaration = visit_at(visit, start + i);
    enum CXCursorKind kind = clang_getCursorKind(declaration);
    if (kind == CXCursor_VarDecl) {
      if (clang_getCanonicalType(clang_getCursorType(declaration)).kind == CXType_VariableArray) {
        CXCursor size;
        if (visit_child(visit, declaration, 0, &size))
          visit_discard(visit, size);
      }
      visit_variable(visit, declaration);
    } else if (kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl ||
               kind == CXCursor_EnumDecl) {
      if (clang_isCursorDefinition(declaration))
        visit_record(visit, declaration);
    } else if (kind == CXCursor_TypedefDecl) {
      visit_typedef(visit, declaration);
    }
  }
  visit_pop(visit, start);
}

static void visit_conditional(struct visit *visit, CXCursor statement)
{
  visit->conditional_depth++;
  visit_statement(visit, statement);
  visit->conditional_depth--;
}

enum null_test { NULL_TEST_NONE, NULL_TEST_SET, NULL_TEST_NULL };

static bool is_pointer_type(CXType type)
{
  enum CXTypeKind kind = clang_getCanonicalType(type).kind;
  return kind == CXType_Pointer;
}

/* "p", "p != NULL" or "!p", "p == NULL". */
static enum null_test null_test_of(struct visit *visit, CXCursor condition)
{
  CXCursor stripped = visit_strip(visit, condition, false);
  CXCursor left, right;
  if (clang_getCursorKind(stripped) == CXCursor_UnaryOperator &&
      clang_getCursorUnaryOperatorKind(stripped) == CXUnaryOperator_LNot &&
      visit_child(visit, stripped, 0, &left))
    return is_pointer_type(clang_getCursorType(visit_strip(visit, left, false))) ? NULL_TEST_NULL
                                                                                 : NULL_TEST_NONE;
  if (clang_getCursorKind(stripped) != CXCursor_BinaryOperator)
    return is_pointer_type(clang_getCursorType(stripped)) ? NULL_TEST_SET : NULL_TEST_NONE;
  enum CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(stripped);
  bool is_equality = kind == CXBinaryOperator_EQ || kind == CXBinaryOperator_NE;
  if (!is_equality || !visit_child(visit, stripped, 0, &left) ||
      !visit_child(visit, stripped, 1, &right) || !is_pointer_type(clang_getCursorType(left)) ||
      clang_getCursorKind(visit_strip(visit, right, true)) != CXCursor_IntegerLiteral)
    return NULL_TEST_NONE;
  return kind == CXBinaryOperator_EQ ? NULL_TEST_NULL : NULL_TEST_SET;
}

static void visit_then(struct visit *visit, CXCursor then, enum null_test test)
{
  if (test == NULL_TEST_SET) {
    visit_statement(visit, then);
    return;
  }
  uint32_t outer = visit->is_null_guard;
  visit->is_null_guard = test == NULL_TEST_NULL;
  visit_conditional(visit, then);
  visit->is_null_guard = outer;
}

/* The rest of the routine does not run on this path. */
static void note_leaving(struct visit *visit)
{
  if (visit->conditional_depth > 0 && !visit->is_null_guard)
    visit->has_left = 1;
}

static void visit_if(struct visit *visit, CXCursor statement, uint32_t group)
{
  guint n = 0;
  guint start = visit_push(visit, statement, &n);
  if (n < 2) {
    visit_pop(visit, start);
    return;
  }
  CXCursor condition = visit_at(visit, start);
  CXCursor then = visit_at(visit, start + 1);
  visit_truth(visit, condition);
  if (group == UNIT_NONE)
    group = visit->n_groups++;
  uint32_t outer = visit->arm, outer_guard = visit->guard;
  uint32_t arm = visit_condition_arms(visit, condition, true, group, then);
  if (arm != UNIT_NONE)
    visit->arm = arm;
  visit->guard = visit_guards(visit, condition, true);
  visit_then(visit, then, null_test_of(visit, condition));
  visit->arm = outer;
  visit->guard = outer_guard;
  if (n > 2) {
    CXCursor otherwise = visit_at(visit, start + 2);
    arm = visit_condition_arms(visit, condition, false, group, otherwise);
    if (arm != UNIT_NONE)
      visit->arm = arm;
    visit->guard = visit_guards(visit, condition, false);
    visit->conditional_depth++;
    if (clang_getCursorKind(otherwise) == CXCursor_IfStmt) {
      visit->n_statements++;
      visit_if(visit, otherwise, group);
    } else {
      visit_statement(visit, otherwise);
    }
    visit->conditional_depth--;
    visit->arm = outer;
    visit->guard = outer_guard;
  }
  visit_pop(visit, start);
}

static uint32_t open_loop(struct visit *visit, CXCursor statement, enum unit_loop_kind kind,
                          bool is_endless)
{
  struct spot spot = visit_spot(visit, statement);
  struct spot end = visit_location(visit, clang_getRangeEnd(clang_getCursorExtent(statement)));
  struct unit_loop loop = {.routine = visit->routine != UNIT_NONE ? visit->routine : 0,
                           .kind = kind,
                           .parent = visit->loop,
                           .is_endless = is_endless,
                           .file = spot.file != UNIT_NONE ? spot.file : 0,
                           .line = spot.line,
                           .end_line = end.line};
  return unit_builder_add_loop(visit->builder, &loop);
}

static bool is_constant_true(struct visit *visit, CXCursor condition)
{
  CXCursor stripped = visit_strip(visit, condition, true);
  enum CXCursorKind kind = clang_getCursorKind(stripped);
  if (kind == CXCursor_DeclRefExpr || kind == CXCursor_CallExpr || kind == CXCursor_MemberRefExpr)
    return false;
  int64_t value = 0;
  return visit_integer(stripped, &value) && value != 0;
}

/* "for (;;)", "for (;c;)", "for (i;;)" list their parts without saying which: the source between
 * the parentheses does. Returns true where the condition is absent. */
static bool for_lacks_condition(struct visit *visit, CXCursor statement)
{
  struct spot spot = visit_spot(visit, statement);
  size_t size = 0;
  const char *text = visit_file_text(visit, spot.handle, &size);
  if (text == NULL)
    return false;
  size_t at = spot.offset;
  int depth = 0;
  bool is_after_first = false;
  for (; at < size; at++) {
    char c = text[at];
    if (c == '(')
      depth++;
    else if (c == ')' && --depth == 0)
      return false;
    else if (c == ';' && depth == 1) {
      if (is_after_first)
        return true;
      is_after_first = true;
    } else if (is_after_first && !g_ascii_isspace(c)) {
      return false;
    } else if (depth == 0 && at > spot.offset + 64) {
      return false; /* not a plain "for": made by a macro */
    }
  }
  return false;
}

static void visit_loop(struct visit *visit, CXCursor statement, enum CXCursorKind kind)
{
  guint n = 0;
  guint start = visit_push(visit, statement, &n);
  if (n == 0) {
    visit_pop(visit, start);
    return;
  }
  guint body = kind == CXCursor_DoStmt ? 0 : n - 1;
  bool is_endless = false;
  if (kind == CXCursor_ForStmt)
    is_endless = n == 1 || for_lacks_condition(visit, statement);
  else
    is_endless = is_constant_true(visit, visit_at(visit, start + (body == 0 ? n - 1 : 0)));
  uint32_t outer = visit->loop;
  guint first = 0;
  if (kind == CXCursor_ForStmt && n > 1 &&
      clang_getCursorKind(visit_at(visit, start)) == CXCursor_DeclStmt) {
    visit_declarations(visit, visit_at(visit, start));
    first = 1;
  }
  visit->loop = open_loop(visit, statement,
                          kind == CXCursor_ForStmt  ? UNIT_LOOP_FOR
                          : kind == CXCursor_DoStmt ? UNIT_LOOP_DO
                                                    : UNIT_LOOP_WHILE,
                          is_endless);
  visit->loop_depth++;
  for (guint i = first; i < n; i++) {
    CXCursor part = visit_at(visit, start + i);
    bool is_body = i == body;
    if (!is_body)
      visit_truth(visit, part);
    else if (kind == CXCursor_DoStmt)
      visit_statement(visit, part);
    else
      visit_conditional(visit, part);
  }
  visit->loop_depth--;
  visit->loop = outer;
  visit_pop(visit, start);
}

/* Labels nest: "case 1: case 2: f();" is a case in a case. Every label opens an arm that lasts
 * until the next one. */
static void visit_label(struct visit *visit, CXCursor label, CXCursor subject, uint32_t group)
{
  bool is_after_jump = visit->is_after_jump;
  visit->is_after_jump = false;
  guint n = 0;
  guint start = visit_push(visit, label, &n);
  if (n > 0) {
    uint32_t arm = visit_case_arm(visit, label, subject, group);
    bool was_label = visit->arm != UNIT_NONE && visit->is_label_open;
    struct unit_arm *row = &g_array_index(visit->builder->arms, struct unit_arm, arm);
    if (was_label)
      row->flags |= UNIT_ARM_JOINED;
    else if (!is_after_jump)
      row->flags |= UNIT_ARM_REACHED;
    if (!was_label)
      visit->arm = arm;
    CXCursor inner = visit_at(visit, start + n - 1);
    enum CXCursorKind kind = clang_getCursorKind(inner);
    bool is_label = kind == CXCursor_CaseStmt || kind == CXCursor_DefaultStmt;
    bool is_alone = !is_label && !was_label && row->kind == UNIT_ARM_CASE &&
                    (row->flags & UNIT_ARM_REACHED) == 0;
    if (is_alone)
      visit->guard = visit_case_guard(visit, subject, row->integer);
    uint32_t outer = visit->is_label_open;
    visit->is_label_open = is_label;
    if (is_label)
      visit_label(visit, inner, subject, group);
    else
      visit_statement(visit, inner);
    visit->is_label_open = outer;
  }
  visit_pop(visit, start);
}

static void visit_switch(struct visit *visit, CXCursor statement)
{
  guint n = 0;
  guint start = visit_push(visit, statement, &n);
  if (n < 2) {
    visit_pop(visit, start);
    return;
  }
  CXCursor subject = visit_at(visit, start);
  CXCursor body = visit_at(visit, start + n - 1);
  visit_discard(visit, subject);
  uint32_t outer = visit->arm;
  uint32_t group = visit->n_groups++;
  CXCursor outer_subject = visit->subject;
  uint32_t outer_group = visit->group;
  uint32_t outer_switch_arm = visit->switch_arm;
  uint32_t outer_guard = visit->guard, outer_switch_guard = visit->switch_guard;
  visit->subject = subject;
  visit->group = group;
  visit->switch_arm = outer;
  visit->switch_guard = outer_guard;
  visit->is_switch_body = clang_getCursorKind(body) == CXCursor_CompoundStmt;
  visit_conditional(visit, body);
  visit->subject = outer_subject;
  visit->group = outer_group;
  visit->switch_arm = outer_switch_arm;
  visit->switch_guard = outer_switch_guard;
  visit->guard = outer_guard;
  visit->arm = outer;
  visit_pop(visit, start);
}

static void visit_return(struct visit *visit, CXCursor statement)
{
  CXCursor expression;
  if (!visit_child(visit, statement, 0, &expression))
    return;
  struct value value = visit_value(visit, expression);
  if (value.kind == UNIT_ARGUMENT_PARAM)
    visit_use(visit, value.index, UNIT_USE_RETURNED);
  if (value.heap != UNIT_NONE)
    visit_result_use(visit, UNIT_USE_ALLOCATED);
  if (visit->routine == UNIT_NONE || !visit_is_carrier(clang_getCursorType(expression)))
    return;
  struct spot spot = visit_spot(visit, statement);
  uint32_t result = unit_builder_node(visit->builder, UNIT_NODE_RESULT, visit->routine, 0);
  flow_into(visit, result, &value, &spot);
}

/* Inputs stand under a load, outputs do not; pointers that go in may be written through. */
static void visit_assembly(struct visit *visit, CXCursor statement)
{
  if (visit->routine != UNIT_NONE)
    visit_routine_row(visit, visit->routine)->flags |= UNIT_ROUTINE_ASSEMBLY;
  guint n = 0;
  guint start = visit_push_expressions(visit, statement, &n);
  for (guint i = 0; i < n; i++) {
    CXCursor operand = visit_at(visit, start + i);
    if (!visit_is_place(visit, operand)) {
      visit_discard(visit, operand);
      continue;
    }
    struct place place = visit_place(visit, operand);
    struct spot spot = visit_spot(visit, operand);
    access_add(visit, &place, UNIT_READ | UNIT_WRITE, UNIT_OPERATION_ASSEMBLY, &spot);
  }
  visit_pop(visit, start);
}

/* Whether an expression ends in a call of what is declared never to return. */
static bool ends_program(struct visit *visit, CXCursor expression)
{
  CXCursor stripped = visit_strip(visit, expression, true), right;
  if (clang_getCursorKind(stripped) == CXCursor_BinaryOperator)
    return clang_getCursorBinaryOperatorKind(stripped) == CXBinaryOperator_Comma &&
           visit_child(visit, stripped, 1, &right) && ends_program(visit, right);
  if (clang_getCursorKind(stripped) != CXCursor_CallExpr)
    return false;
  CXCursor callee = clang_getCursorReferenced(stripped);
  return clang_getCursorKind(callee) == CXCursor_FunctionDecl &&
         (visit_routine_row(visit, visit_routine(visit, callee))->flags & UNIT_ROUTINE_NORETURN) !=
             0;
}

/* Whether the end of a statement is never reached, as far as its last word tells. */
static bool ends_in_jump(struct visit *visit, CXCursor statement)
{
  switch (clang_getCursorKind(statement)) {
  case CXCursor_BreakStmt:
  case CXCursor_ContinueStmt:
  case CXCursor_GotoStmt:
  case CXCursor_IndirectGotoStmt:
  case CXCursor_ReturnStmt:
    return true;
  case CXCursor_CompoundStmt:
  case CXCursor_CaseStmt:
  case CXCursor_DefaultStmt:
  case CXCursor_LabelStmt: {
    guint n = 0;
    guint start = visit_push(visit, statement, &n);
    bool is_jump = n != 0 && ends_in_jump(visit, visit_at(visit, start + n - 1));
    visit_pop(visit, start);
    return is_jump;
  }
  default:
    return clang_isExpression(clang_getCursorKind(statement)) && ends_program(visit, statement);
  }
}

/* "if (!p) return;": the rest of the block runs only where that does not hold. */
static uint32_t guards_after(struct visit *visit, CXCursor statement)
{
  guint n = 0;
  guint start = visit_push(visit, statement, &n);
  uint32_t guard = visit->guard;
  if (n == 2 && ends_in_jump(visit, visit_at(visit, start + 1)))
    guard = visit_guards(visit, visit_at(visit, start), false);
  visit_pop(visit, start);
  return guard;
}

static void visit_all(struct visit *visit, CXCursor statement)
{
  uint32_t outer_guard = visit->guard;
  guint n = 0;
  guint start = visit_push(visit, statement, &n);
  bool is_switch_body = visit->is_switch_body;
  visit->is_switch_body = false;
  for (guint i = 0; i < n; i++) {
    CXCursor part = visit_at(visit, start + i);
    enum CXCursorKind kind = clang_getCursorKind(part);
    /* Only labels of a switch ask. */
    bool is_label = kind == CXCursor_CaseStmt || kind == CXCursor_DefaultStmt;
    visit->is_after_jump =
        is_label && (i == 0 ? is_switch_body : ends_in_jump(visit, visit_at(visit, start + i - 1)));
    visit_statement(visit, part);
    if (kind == CXCursor_IfStmt)
      visit->guard = guards_after(visit, part);
  }
  visit->guard = outer_guard;
  visit_pop(visit, start);
}

/* A label can be jumped to: the arms around it say nothing of what follows. */
static void visit_jump_label(struct visit *visit, CXCursor statement)
{
  for (uint32_t arm = visit->arm; arm != UNIT_NONE;) {
    struct unit_arm *row = &g_array_index(visit->builder->arms, struct unit_arm, arm);
    row->flags |= UNIT_ARM_REACHED;
    arm = row->parent;
  }
  visit_forget_guards(visit);
  visit_all(visit, statement);
}

void visit_statement(struct visit *visit, CXCursor statement)
{
  enum CXCursorKind kind = clang_getCursorKind(statement);
  if (clang_isExpression(kind)) {
    visit->n_statements++;
    visit_discard(visit, statement);
    return;
  }
  if (kind != CXCursor_CompoundStmt && kind != CXCursor_NullStmt && clang_isStatement(kind))
    visit->n_statements++;
  switch (kind) {
  case CXCursor_CompoundStmt:
  case CXCursor_UnexposedStmt:
    visit_all(visit, statement);
    break;
  case CXCursor_LabelStmt:
    visit_jump_label(visit, statement);
    break;
  case CXCursor_DeclStmt:
    visit_declarations(visit, statement);
    break;
  case CXCursor_IfStmt:
    visit_if(visit, statement, UNIT_NONE);
    break;
  case CXCursor_ForStmt:
  case CXCursor_WhileStmt:
  case CXCursor_DoStmt:
    visit_loop(visit, statement, kind);
    break;
  case CXCursor_SwitchStmt:
    visit_switch(visit, statement);
    break;
  case CXCursor_CaseStmt:
  case CXCursor_DefaultStmt:
    visit->arm = visit->switch_arm;
    visit->guard = visit->switch_guard;
    visit->is_label_open = 0;
    visit_label(visit, statement, visit->subject, visit->group);
    break;
  case CXCursor_ReturnStmt:
    visit_return(visit, statement);
    note_leaving(visit);
    break;
  case CXCursor_GotoStmt:
    note_leaving(visit);
    break;
  case CXCursor_GCCAsmStmt:
  case CXCursor_MSAsmStmt:
    visit_assembly(visit, statement);
    break;
  case CXCursor_IndirectGotoStmt: {
    note_leaving(visit);
    CXCursor target;
    if (visit_child(visit, statement, 0, &target))
      visit_discard(visit, target);
    break;
  }
  default:
    break;
  }
}

struct value visit_statement_value(struct visit *visit, CXCursor expression)
{
  CXType type = clang_getCursorType(expression);
  struct value value = value_none(type);
  guint n = 0;
  guint start = visit_push(visit, expression, &n);
  CXCursor compound = n > 0 ? visit_at(visit, start) : expression;
  visit_pop(visit, start);
  if (n == 0)
    return value;
  start = visit_push(visit, compound, &n);
  for (guint i = 0; i < n; i++) {
    CXCursor statement = visit_at(visit, start + i);
    bool is_value = i + 1 == n && clang_isExpression(clang_getCursorKind(statement));
    if (is_value) {
      visit->n_statements++;
      value = visit_value(visit, statement);
    } else {
      visit_statement(visit, statement);
    }
  }
  visit_pop(visit, start);
  return value;
}
