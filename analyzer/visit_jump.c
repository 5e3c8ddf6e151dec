#include "analyzer/visit.h"

/* Whether an expression ends in a call of what is declared never to return. */
static bool ends_program(struct visit *visit, struct syntax *expression)
{
  struct syntax *stripped = syntax_strip(expression, true);
  if (syntax_kind(stripped) == CXCursor_BinaryOperator) {
    struct syntax *right = syntax_expression(stripped, 1);
    return clang_getCursorBinaryOperatorKind(stripped->cursor) == CXBinaryOperator_Comma &&
           right != NULL && ends_program(visit, right);
  }
  if (syntax_kind(stripped) != CXCursor_CallExpr)
    return false;
  struct declared *callee = syntax_referenced(visit, stripped);
  return callee->cursor.kind == CXCursor_FunctionDecl &&
         (visit_routine_row(visit, visit_routine(visit, callee))->flags & UNIT_ROUTINE_NORETURN) !=
             0;
}

bool visit_ends_in_jump(struct visit *visit, struct syntax *statement)
{
  switch (syntax_kind(statement)) {
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
    struct syntax *last = syntax_last(statement);
    return last != NULL && visit_ends_in_jump(visit, last);
  }
  default:
    return syntax_is_expression(statement) && ends_program(visit, statement);
  }
}
