#include "analyzer/visit.h"

#include <string.h>

/* Conditions over the routine's own parameters: what they guard runs for some arguments only. */

struct guards {
  struct visit *visit;
  uint32_t innermost;
};

static void add_guard(struct guards *guards, CXCursor subject, enum unit_guard_kind kind,
                      int64_t integer)
{
  struct visit *visit = guards->visit;
  CXCursor stripped = visit_strip(visit, subject, false);
  if (clang_getCursorKind(stripped) != CXCursor_DeclRefExpr)
    return;
  CXCursor referenced = clang_getCursorReferenced(stripped);
  if (clang_getCursorKind(referenced) != CXCursor_ParmDecl)
    return;
  struct unit_guard guard = {.routine = visit->routine,
                             .parent = guards->innermost,
                             .kind = kind,
                             .object = visit_object(visit, referenced),
                             .integer = integer};
  guards->innermost = unit_builder_add_guard(visit->builder, &guard);
}

static bool is_call_of(CXCursor call, const char *name)
{
  CXString spelling = clang_getCursorSpelling(call);
  const char *text = clang_getCString(spelling);
  bool is_same = text != NULL && strcmp(text, name) == 0;
  clang_disposeString(spelling);
  return is_same;
}

static void gather(struct guards *guards, CXCursor condition, bool when);

/* "x == 1", "x != NULL", "(x & FLAG) == 0". */
static void compare(struct guards *guards, CXCursor left, CXCursor right, bool is_equal)
{
  int64_t constant = 0;
  uint32_t ignored = 0;
  if (!visit_constant(guards->visit, right, &constant, &ignored)) {
    CXCursor other = left;
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

static void gather_binary(struct guards *guards, CXCursor expression, CXCursor left, CXCursor right,
                          bool when)
{
  enum CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(expression);
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
static void gather(struct guards *guards, CXCursor condition, bool when)
{
  struct visit *visit = guards->visit;
  CXCursor stripped = visit_strip(visit, condition, false);
  CXCursor child;
  switch (clang_getCursorKind(stripped)) {
  case CXCursor_UnaryOperator:
    if (clang_getCursorUnaryOperatorKind(stripped) == CXUnaryOperator_LNot &&
        visit_child(visit, stripped, 0, &child))
      gather(guards, child, !when);
    return;
  case CXCursor_CallExpr:
    if (is_call_of(stripped, "__builtin_expect") && visit_child(visit, stripped, 1, &child))
      gather(guards, child, when);
    return;
  case CXCursor_DeclRefExpr:
    add_guard(guards, stripped, when ? UNIT_GUARD_UNEQUAL : UNIT_GUARD_EQUAL, 0);
    return;
  case CXCursor_BinaryOperator: {
    guint n = 0;
    guint start = visit_push_expressions(visit, stripped, &n);
    CXCursor left = n > 0 ? visit_at(visit, start) : stripped;
    CXCursor right = n > 1 ? visit_at(visit, start + 1) : stripped;
    visit_pop(visit, start);
    if (n == 2)
      gather_binary(guards, stripped, left, right, when);
    return;
  }
  default:
    return;
  }
}

uint32_t visit_guards(struct visit *visit, CXCursor condition, bool when)
{
  struct guards guards = {visit, visit->guard};
  if (visit->routine != UNIT_NONE)
    gather(&guards, condition, when);
  return guards.innermost;
}

uint32_t visit_case_guard(struct visit *visit, CXCursor subject, int64_t integer)
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
