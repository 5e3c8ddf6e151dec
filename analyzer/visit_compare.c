#include "analyzer/visit.h"

#include <string.h>

/* Conditions that compare with a constant: the strcmp chains and switches that commands and routes
 * hang on. */

struct arms {
  struct visit *visit;
  uint32_t group;
  uint32_t first;
  struct spot start;
};

static void note_subject(struct visit *visit, struct syntax *subject, struct unit_arm *arm)
{
  struct syntax *stripped = syntax_strip(subject, true);
  arm->subject = visit_text(visit, stripped->cursor);
  if (syntax_kind(stripped) != CXCursor_DeclRefExpr)
    return;
  struct declared *referenced = syntax_referenced(visit, stripped);
  enum CXCursorKind kind = referenced->cursor.kind;
  if (kind == CXCursor_VarDecl || kind == CXCursor_ParmDecl)
    arm->object = visit_object(visit, referenced);
}

static void add_arm(struct arms *arms, struct unit_arm *arm)
{
  struct visit *visit = arms->visit;
  arm->routine = visit->routine;
  arm->group = arms->group;
  arm->parent = visit->arm;
  arm->file = arms->start.file != UNIT_NONE ? arms->start.file : 0;
  arm->line = arms->start.line;
  uint32_t row = unit_builder_add_arm(visit->builder, arm);
  if (arms->first == UNIT_NONE)
    arms->first = row;
}

static bool name_compares(const char *name, bool is_zero_equal)
{
  if (is_zero_equal)
    return strstr(name, "cmp") != NULL || strstr(name, "comp") != NULL;
  return strstr(name, "eq") != NULL || strstr(name, "match") != NULL ||
         strstr(name, "starts") != NULL || strstr(name, "prefix") != NULL ||
         strstr(name, "same") != NULL || strncmp(name, "is", 2) == 0;
}

static void compare_with_literal(struct arms *arms, struct syntax *call, const char *name)
{
  struct visit *visit = arms->visit;
  struct unit_arm arm = {.kind = UNIT_ARM_STRING, .object = UNIT_NONE};
  arm.via = unit_builder_string(visit->builder, name);
  struct syntax *subject = NULL;
  bool has_literal = false;
  struct syntax *argument = syntax_expression(call, 0);
  while (argument != NULL && (argument = syntax_next_expression(call, argument)) != NULL) {
    struct syntax *stripped = syntax_strip(argument, true);
    if (!has_literal && syntax_kind(stripped) == CXCursor_StringLiteral) {
      arm.text = visit_literal_text(visit, stripped);
      has_literal = true;
    } else if (subject == NULL) {
      subject = argument;
    }
  }
  if (!has_literal || subject == NULL)
    return;
  note_subject(visit, subject, &arm);
  add_arm(arms, &arm);
}

/* strcmp(subject, "literal") with either order of the two. */
static void compare_call(struct arms *arms, struct syntax *call, bool is_zero_equal)
{
  struct visit *visit = arms->visit;
  if (syntax_referenced(visit, call)->cursor.kind != CXCursor_FunctionDecl)
    return;
  CXString spelling = clang_getCursorSpelling(call->cursor);
  const char *name = clang_getCString(spelling);
  if (name != NULL && *name != '\0' && name_compares(name, is_zero_equal))
    compare_with_literal(arms, call, name);
  clang_disposeString(spelling);
}

bool syntax_calls_expect(struct syntax *call)
{
  CXString spelling = clang_getCursorSpelling(call->cursor);
  const char *name = clang_getCString(spelling);
  bool is_expect = name != NULL && strcmp(name, "__builtin_expect") == 0;
  clang_disposeString(spelling);
  return is_expect;
}

bool visit_constant(struct visit *visit, struct syntax *expression, int64_t *integer,
                    uint32_t *text)
{
  struct syntax *stripped = syntax_strip(expression, true);
  enum CXCursorKind kind = syntax_kind(stripped);
  *text = 0;
  if (kind == CXCursor_DeclRefExpr) {
    struct declared *referenced = syntax_referenced(visit, stripped);
    if (referenced->cursor.kind != CXCursor_EnumConstantDecl)
      return false;
    *integer = clang_getEnumConstantDeclValue(referenced->cursor);
    *text = visit_name(visit, referenced);
    return true;
  }
  if (kind == CXCursor_CallExpr || kind == CXCursor_MemberRefExpr ||
      kind == CXCursor_ArraySubscriptExpr || !syntax_integer(stripped, integer))
    return false;
  if (kind == CXCursor_CharacterLiteral && *integer > 32 && *integer < 127) {
    char character[2] = {(char)*integer, '\0'};
    *text = unit_builder_string(visit->builder, character);
  } else {
    *text = visit_macro(visit, stripped->cursor);
  }
  return true;
}

static void compare_constant(struct arms *arms, struct syntax *left, struct syntax *right)
{
  struct visit *visit = arms->visit;
  struct unit_arm arm = {.kind = UNIT_ARM_EQUAL, .object = UNIT_NONE};
  if (visit_constant(visit, left, &arm.integer, &arm.text)) {
    struct syntax *swap = left;
    left = right;
    right = swap;
  } else if (!visit_constant(visit, right, &arm.integer, &arm.text)) {
    return;
  }
  int64_t other = 0;
  uint32_t ignored = 0;
  if (visit_constant(visit, left, &other, &ignored))
    return;
  arm.via = unit_builder_string(visit->builder, "==");
  note_subject(visit, left, &arm);
  add_arm(arms, &arm);
}

static bool is_zero(struct syntax *expression)
{
  int64_t value = 1;
  struct syntax *stripped = syntax_strip(expression, true);
  return syntax_kind(stripped) == CXCursor_IntegerLiteral && syntax_integer(stripped, &value) &&
         value == 0;
}

static void gather_equality(struct arms *arms, struct syntax *left, struct syntax *right,
                            bool is_equal)
{
  struct syntax *left_plain = syntax_strip(left, true);
  struct syntax *right_plain = syntax_strip(right, true);
  if (is_zero(right) && syntax_kind(left_plain) == CXCursor_CallExpr)
    compare_call(arms, left_plain, is_equal);
  else if (is_zero(left) && syntax_kind(right_plain) == CXCursor_CallExpr)
    compare_call(arms, right_plain, is_equal);
  else if (is_equal)
    compare_constant(arms, left, right);
}

/* `when` is the truth of the condition in the branch. */
static void gather(struct arms *arms, struct syntax *condition, bool when)
{
  struct syntax *stripped = syntax_strip(condition, true);
  struct syntax *first = syntax_expression(stripped, 0);
  struct syntax *second = first != NULL ? syntax_next_expression(stripped, first) : NULL;
  switch (syntax_kind(stripped)) {
  case CXCursor_UnaryOperator:
    if (clang_getCursorUnaryOperatorKind(stripped->cursor) == CXUnaryOperator_LNot && first != NULL)
      gather(arms, first, !when);
    return;
  case CXCursor_CallExpr:
    if (second != NULL && syntax_calls_expect(stripped))
      gather(arms, second, when);
    else
      compare_call(arms, stripped, !when);
    return;
  case CXCursor_BinaryOperator:
    break;
  default:
    return;
  }
  if (second == NULL)
    return;
  enum CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(stripped->cursor);
  switch (kind) {
  case CXBinaryOperator_LAnd:
  case CXBinaryOperator_LOr:
    gather(arms, first, when);
    gather(arms, second, when);
    return;
  case CXBinaryOperator_EQ:
  case CXBinaryOperator_NE:
    gather_equality(arms, first, second, (kind == CXBinaryOperator_EQ) == when);
    return;
  default:
    return;
  }
}

static uint32_t end_line_of(struct visit *visit, const struct syntax *syntax)
{
  return visit_location(visit, clang_getRangeEnd(clang_getCursorExtent(syntax->cursor))).line;
}

uint32_t visit_condition_arms(struct visit *visit, struct syntax *condition, bool when,
                              uint32_t group, struct syntax *branch)
{
  if (visit->routine == UNIT_NONE)
    return UNIT_NONE;
  struct arms arms = {.visit = visit, .group = group, .first = UNIT_NONE};
  arms.start = *syntax_spot(visit, condition);
  guint before = visit->builder->arms->len;
  gather(&arms, condition, when);
  if (visit->builder->arms->len > before) {
    uint32_t end_line = end_line_of(visit, branch);
    for (guint i = before; i < visit->builder->arms->len; i++)
      g_array_index(visit->builder->arms, struct unit_arm, i).end_line = end_line;
  }
  return arms.first;
}

uint32_t visit_case_arm(struct visit *visit, struct syntax *label, struct syntax *subject,
                        uint32_t group)
{
  struct unit_arm arm = {.routine = visit->routine != UNIT_NONE ? visit->routine : 0,
                         .kind = UNIT_ARM_DEFAULT,
                         .group = group,
                         .parent = visit->switch_arm,
                         .object = UNIT_NONE};
  arm.via = unit_builder_string(visit->builder, "switch");
  const struct spot *spot = syntax_spot(visit, label);
  arm.file = spot->file != UNIT_NONE ? spot->file : 0;
  arm.line = spot->line;
  arm.end_line = end_line_of(visit, label);
  struct syntax *value = syntax_expression(label, 0);
  if (syntax_kind(label) == CXCursor_CaseStmt && value != NULL) {
    arm.kind = UNIT_ARM_CASE;
    bool is_range = syntax_expression(label, 2) != NULL;
    if (!visit_constant(visit, value, &arm.integer, &arm.text) || is_range)
      arm.flags |= UNIT_ARM_REACHED;
  }
  if (subject != NULL)
    note_subject(visit, subject, &arm);
  return unit_builder_add_arm(visit->builder, &arm);
}
