#include "analyzer/visit.h"

#include <string.h>

/* Conditions over the routine's own parameters: what they guard runs for some arguments only. */

struct guards {
  struct visit *visit;
  uint32_t innermost;
};

static void add_guard(struct guards *guards, struct syntax *subject, enum unit_guard_kind kind,
                      int64_t integer)
{
  struct visit *visit = guards->visit;
  struct syntax *stripped = syntax_strip(subject, false);
  if (syntax_kind(stripped) != CXCursor_DeclRefExpr)
    return;
  struct declared *referenced = syntax_referenced(visit, stripped);
  if (referenced->cursor.kind != CXCursor_ParmDecl)
    return;
  struct unit_guard guard = {.routine = visit->routine,
                             .parent = guards->innermost,
                             .kind = kind,
                             .object = visit_object(visit, referenced),
                             .integer = integer};
  guards->innermost = unit_builder_add_guard(visit->builder, &guard);
}

static void gather(struct guards *guards, struct syntax *condition, bool when);

/* "x == 1", "x != NULL", "(x & FLAG) == 0". */
static void compare(struct guards *guards, struct syntax *left, struct syntax *right, bool is_equal)
{
  int64_t constant = 0;
  uint32_t ignored = 0;
  if (!visit_constant(guards->visit, right, &constant, &ignored)) {
    struct syntax *other = left;
    if (!visit_constant(guards->visit, left, &constant, &ignored))
      return;
    left = right;
    right = other;
  }
  if (constant == 0)
    gather(guards, left, !is_equal);
  else
    add_guard(guards, left, is_equal ? UNIT_GUARD_EQUAL : UNIT_GUARD_UNEQUAL, constant);
}

static void gather_binary(struct guards *guards, struct syntax *expression, struct syntax *left,
                          struct syntax *right, bool when)
{
  enum CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(expression->cursor);
  int64_t constant = 0;
  uint32_t ignored = 0;
  if (kind == (when ? CXBinaryOperator_LAnd : CXBinaryOperator_LOr)) {
    gather(guards, left, when);
    gather(guards, right, when);
  } else if (kind == CXBinaryOperator_EQ || kind == CXBinaryOperator_NE) {
    compare(guards, left, right, (kind == CXBinaryOperator_EQ) == when);
  } else if (kind == CXBinaryOperator_And &&
             visit_constant(guards->visit, right, &constant, &ignored)) {
    add_guard(guards, left, when ? UNIT_GUARD_BITS : UNIT_GUARD_NO_BITS, constant);
  }
}

/* Adds what must hold where `condition` is `when`. */
static void gather(struct guards *guards, struct syntax *condition, bool when)
{
  struct syntax *stripped = syntax_strip(condition, false);
  struct syntax *first = syntax_expression(stripped, 0);
  if (first == NULL && syntax_kind(stripped) != CXCursor_DeclRefExpr)
    return;
  switch (syntax_kind(stripped)) {
  case CXCursor_UnaryOperator:
    if (clang_getCursorUnaryOperatorKind(stripped->cursor) == CXUnaryOperator_LNot)
      gather(guards, first, !when);
    return;
  case CXCursor_CallExpr: {
    struct syntax *argument = syntax_next_expression(stripped, first);
    if (argument != NULL && syntax_calls_expect(stripped))
      gather(guards, argument, when);
    return;
  }
  case CXCursor_DeclRefExpr:
    add_guard(guards, stripped, when ? UNIT_GUARD_UNEQUAL : UNIT_GUARD_EQUAL, 0);
    return;
  case CXCursor_BinaryOperator: {
    struct syntax *second = syntax_next_expression(stripped, first);
    if (second != NULL && syntax_next_expression(stripped, second) == NULL)
      gather_binary(guards, stripped, first, second, when);
    return;
  }
  default:
    return;
  }
}

uint32_t visit_guards(struct visit *visit, struct syntax *condition, bool when)
{
  struct guards guards = {visit, visit->guard};
  if (visit->routine != UNIT_NONE)
    gather(&guards, condition, when);
  return guards.innermost;
}

uint32_t visit_case_guard(struct visit *visit, struct syntax *subject, int64_t integer)
{
  struct guards guards = {visit, visit->guard};
  if (visit->routine != UNIT_NONE)
    add_guard(&guards, subject, UNIT_GUARD_EQUAL, integer);
  return guards.innermost;
}

void visit_forget_guards(struct visit *visit)
{
  for (uint32_t guard = visit->guard; guard != UNIT_NONE;) {
    struct unit_guard *row = &g_array_index(visit->builder->guards, struct unit_guard, guard);
    row->is_void = 1;
    guard = row->parent;
  }
}
