#include "analyzer/visit.h"

#include <string.h>

/* Conditions that compare with a constant: the strcmp chains and switches that commands and routes
 * hang on. */

struct arms {
  struct visit *visit;
  uint32_t group;
  uint32_t first;
  struct spot start;
  uint32_t end_line;
};

static void note_subject(struct visit *visit, CXCursor subject, struct unit_arm *arm)
{
  arm->subject = visit_text(visit, subject);
  CXCursor stripped = visit_strip(visit, subject, true);
  if (clang_getCursorKind(stripped) != CXCursor_DeclRefExpr)
    return;
  CXCursor referenced = clang_getCursorReferenced(stripped);
  enum CXCursorKind kind = clang_getCursorKind(referenced);
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
  arm->end_line = arms->end_line;
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

/* strcmp(subject, "literal") with either order of the two. */
static void compare_call(struct arms *arms, CXCursor call, bool is_zero_equal)
{
  struct visit *visit = arms->visit;
  CXCursor referenced = clang_getCursorReferenced(call);
  CXString spelling = clang_getCursorSpelling(call);
  const char *name = clang_getCString(spelling);
  if (name != NULL && *name != '\0' && clang_getCursorKind(referenced) == CXCursor_FunctionDecl &&
      name_compares(name, is_zero_equal)) {
    struct unit_arm arm = {.kind = UNIT_ARM_STRING, .object = UNIT_NONE};
    arm.via = unit_builder_string(visit->builder, name);
    guint n = 0;
    guint start = visit_push_expressions(visit, call, &n);
    bool has_literal = false;
    CXCursor subject = call;
    bool has_subject = false;
    for (guint i = 1; i < n; i++) {
      CXCursor argument = visit_strip(visit, visit_at(visit, start + i), true);
      if (!has_literal && clang_getCursorKind(argument) == CXCursor_StringLiteral) {
        arm.text = visit_literal_text(visit, argument);
        has_literal = true;
      } else if (!has_subject) {
        subject = visit_at(visit, start + i);
        has_subject = true;
      }
    }
    visit_pop(visit, start);
    if (has_literal && has_subject) {
      note_subject(visit, subject, &arm);
      add_arm(arms, &arm);
    }
  }
  clang_disposeString(spelling);
}

bool visit_constant(struct visit *visit, CXCursor expression, int64_t *integer, uint32_t *text)
{
  CXCursor stripped = visit_strip(visit, expression, true);
  enum CXCursorKind kind = clang_getCursorKind(stripped);
  *text = 0;
  if (kind == CXCursor_DeclRefExpr) {
    CXCursor referenced = clang_getCursorReferenced(stripped);
    if (clang_getCursorKind(referenced) != CXCursor_EnumConstantDecl)
      return false;
    *integer = clang_getEnumConstantDeclValue(referenced);
    *text = visit_string(visit, clang_getCursorSpelling(referenced));
    return true;
  }
  if (kind == CXCursor_CallExpr || kind == CXCursor_MemberRefExpr ||
      kind == CXCursor_ArraySubscriptExpr || !visit_integer(stripped, integer))
    return false;
  if (kind == CXCursor_CharacterLiteral && *integer > 32 && *integer < 127) {
    char character[2] = {(char)*integer, '\0'};
    *text = unit_builder_string(visit->builder, character);
  } else {
    *text = visit_macro(visit, stripped);
  }
  return true;
}

static void compare_constant(struct arms *arms, CXCursor left, CXCursor right)
{
  struct visit *visit = arms->visit;
  struct unit_arm arm = {.kind = UNIT_ARM_EQUAL, .object = UNIT_NONE};
  if (visit_constant(visit, left, &arm.integer, &arm.text)) {
    CXCursor swap = left;
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

static bool is_zero(struct visit *visit, CXCursor expression)
{
  int64_t value = 1;
  CXCursor stripped = visit_strip(visit, expression, true);
  return clang_getCursorKind(stripped) == CXCursor_IntegerLiteral &&
         visit_integer(stripped, &value) && value == 0;
}

/* `when` is the truth of the condition in the branch. */
static void gather(struct arms *arms, CXCursor condition, bool when)
{
  struct visit *visit = arms->visit;
  CXCursor stripped = visit_strip(visit, condition, true);
  CXCursor child;
  switch (clang_getCursorKind(stripped)) {
  case CXCursor_UnaryOperator:
    if (clang_getCursorUnaryOperatorKind(stripped) == CXUnaryOperator_LNot &&
        visit_child(visit, stripped, 0, &child))
      gather(arms, child, !when);
    return;
  case CXCursor_CallExpr: {
    CXString spelling = clang_getCursorSpelling(stripped);
    const char *name = clang_getCString(spelling);
    bool is_expect = name != NULL && strcmp(name, "__builtin_expect") == 0;
    clang_disposeString(spelling);
    if (is_expect && visit_child(visit, stripped, 1, &child))
      gather(arms, child, when);
    else
      compare_call(arms, stripped, !when);
    return;
  }
  case CXCursor_BinaryOperator:
    break;
  default:
    return;
  }
  guint n = 0;
  guint start = visit_push_expressions(visit, stripped, &n);
  CXCursor left = n > 0 ? visit_at(visit, start) : stripped;
  CXCursor right = n > 1 ? visit_at(visit, start + 1) : stripped;
  visit_pop(visit, start);
  if (n < 2)
    return;
  switch (clang_getCursorBinaryOperatorKind(stripped)) {
  case CXBinaryOperator_LAnd:
  case CXBinaryOperator_LOr:
    gather(arms, left, when);
    gather(arms, right, when);
    return;
  case CXBinaryOperator_EQ:
  case CXBinaryOperator_NE: {
    bool is_equal = (clang_getCursorBinaryOperatorKind(stripped) == CXBinaryOperator_EQ) == when;
    CXCursor left_plain = visit_strip(visit, left, true);
    CXCursor right_plain = visit_strip(visit, right, true);
    if (is_zero(visit, right) && clang_getCursorKind(left_plain) == CXCursor_CallExpr)
      compare_call(arms, left_plain, is_equal);
    else if (is_zero(visit, left) && clang_getCursorKind(right_plain) == CXCursor_CallExpr)
      compare_call(arms, right_plain, is_equal);
    else if (is_equal)
      compare_constant(arms, left, right);
    return;
  }
  default:
    return;
  }
}

uint32_t visit_condition_arms(struct visit *visit, CXCursor condition, bool when, uint32_t group,
                              CXCursor branch)
{
  if (visit->routine == UNIT_NONE)
    return UNIT_NONE;
  struct arms arms = {.visit = visit, .group = group, .first = UNIT_NONE};
  arms.start = visit_spot(visit, condition);
  arms.end_line = 0;
  guint before = visit->builder->arms->len;
  gather(&arms, condition, when);
  if (visit->builder->arms->len > before) {
    struct spot end = visit_location(visit, clang_getRangeEnd(clang_getCursorExtent(branch)));
    for (guint i = before; i < visit->builder->arms->len; i++)
      g_array_index(visit->builder->arms, struct unit_arm, i).end_line = end.line;
  }
  return arms.first;
}

uint32_t visit_case_arm(struct visit *visit, CXCursor label, CXCursor subject, uint32_t group)
{
  struct unit_arm arm = {.routine = visit->routine != UNIT_NONE ? visit->routine : 0,
                         .kind = UNIT_ARM_DEFAULT,
                         .group = group,
                         .parent = visit->switch_arm,
                         .object = UNIT_NONE};
  arm.via = unit_builder_string(visit->builder, "switch");
  struct spot spot = visit_spot(visit, label);
  struct spot end = visit_location(visit, clang_getRangeEnd(clang_getCursorExtent(label)));
  arm.file = spot.file != UNIT_NONE ? spot.file : 0;
  arm.line = spot.line;
  arm.end_line = end.line;
  CXCursor value;
  if (clang_getCursorKind(label) == CXCursor_CaseStmt && visit_child(visit, label, 0, &value)) {
    arm.kind = UNIT_ARM_CASE;
    CXCursor third;
    bool is_range = visit_child(visit, label, 2, &third);
    if (!visit_constant(visit, value, &arm.integer, &arm.text) || is_range)
      arm.flags |= UNIT_ARM_REACHED;
  }
  note_subject(visit, subject, &arm);
  return unit_builder_add_arm(visit->builder, &arm);
}
