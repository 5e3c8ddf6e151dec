#include "analyzer/visit.h"

static enum CXChildVisitResult push_one(CXCursor cursor, CXCursor parent, CXClientData data)
{
  (void)parent;
  GArray *stack = data;
  g_array_append_val(stack, cursor);
  return CXChildVisit_Continue;
}

guint visit_push(struct visit *visit, CXCursor cursor, guint *n_children)
{
  guint start = visit->stack->len;
  clang_visitChildren(cursor, push_one, visit->stack);
  *n_children = visit->stack->len - start;
  return start;
}

static enum CXChildVisitResult push_expression(CXCursor cursor, CXCursor parent, CXClientData data)
{
  (void)parent;
  GArray *stack = data;
  if (clang_isExpression(clang_getCursorKind(cursor)))
    g_array_append_val(stack, cursor);
  return CXChildVisit_Continue;
}

guint visit_push_expressions(struct visit *visit, CXCursor cursor, guint *n_children)
{
  guint start = visit->stack->len;
  clang_visitChildren(cursor, push_expression, visit->stack);
  *n_children = visit->stack->len - start;
  return start;
}

void visit_pop(struct visit *visit, guint start)
{
  g_array_set_size(visit->stack, start);
}

struct nth {
  guint left;
  bool is_found;
  CXCursor cursor;
};

static enum CXChildVisitResult pick_nth(CXCursor cursor, CXCursor parent, CXClientData data)
{
  (void)parent;
  struct nth *nth = data;
  if (!clang_isExpression(clang_getCursorKind(cursor)))
    return CXChildVisit_Continue;
  if (nth->left-- > 0)
    return CXChildVisit_Continue;
  nth->cursor = cursor;
  nth->is_found = true;
  return CXChildVisit_Break;
}

bool visit_child(struct visit *visit, CXCursor cursor, guint number, CXCursor *child)
{
  (void)visit;
  struct nth nth = {.left = number, .is_found = false};
  clang_visitChildren(cursor, pick_nth, &nth);
  if (nth.is_found)
    *child = nth.cursor;
  return nth.is_found;
}

bool visit_operand(struct visit *visit, CXCursor cursor, CXCursor *operand)
{
  guint n = 0;
  guint start = visit_push_expressions(visit, cursor, &n);
  if (n != 0)
    *operand = visit_at(visit, start + n - 1);
  visit_pop(visit, start);
  return n != 0;
}

CXCursor visit_strip(struct visit *visit, CXCursor cursor, bool strip_casts)
{
  for (;;) {
    enum CXCursorKind kind = clang_getCursorKind(cursor);
    bool is_wrapper = kind == CXCursor_ParenExpr || kind == CXCursor_UnexposedExpr ||
                      (strip_casts && kind == CXCursor_CStyleCastExpr) ||
                      (kind == CXCursor_UnaryOperator &&
                       clang_getCursorUnaryOperatorKind(cursor) == CXUnaryOperator_Extension);
    if (!is_wrapper)
      return cursor;
    if (kind == CXCursor_CStyleCastExpr) {
      if (!visit_operand(visit, cursor, &cursor))
        return cursor;
      continue;
    }
    guint n = 0;
    guint start = visit_push_expressions(visit, cursor, &n);
    CXCursor child = n == 1 ? visit_at(visit, start) : cursor;
    visit_pop(visit, start);
    if (n != 1)
      return cursor;
    cursor = child;
  }
}
