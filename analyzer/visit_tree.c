#include "analyzer/visit.h"

/* Cursors are compared as what they are, four numbers: the parser's own comparison costs more than
 * making one. */
static bool is_same(const CXCursor *left, const CXCursor *right)
{
  return left->data[0] == right->data[0] && left->kind == right->kind &&
         left->data[1] == right->data[1] && left->data[2] == right->data[2];
}

static void close_innermost(struct visit *visit)
{
  uint32_t index = visit->open[--visit->n_open];
  visit->tree[index].size = visit->n_tree - index;
}

static void open_latest(struct visit *visit)
{
  if (visit->n_open == visit->n_open_allocated) {
    visit->n_open_allocated = MAX(64, visit->n_open * 2);
    visit->open = g_renew(uint32_t, visit->open, visit->n_open_allocated);
  }
  visit->open[visit->n_open++] = visit->n_tree - 1;
}

static void add(struct visit *visit, const CXCursor *cursor)
{
  if (visit->n_tree == visit->n_allocated) {
    visit->n_allocated = MAX(1024, visit->n_tree * 2);
    visit->tree = g_renew(struct syntax, visit->tree, visit->n_allocated);
  }
  visit->tree[visit->n_tree++] = (struct syntax){.cursor = *cursor, .size = 1, .is_integer = -1};
}

/* "a ?: b" lists "a" three times, in different clothes: what is below is wanted once, and would be
 * listed three times as often on each level. */
static bool is_repeated(struct syntax *parent, const CXCursor *cursor)
{
  if (syntax_kind(parent) != CXCursor_UnexposedExpr)
    return false;
  if (parent->n_children == 1)
    parent->is_repeating = is_same(&parent[1].cursor, cursor);
  return parent->is_repeating && parent->n_children <= 2;
}

/* Nothing stands in these, which the parser would look for, or nothing that matters here. */
static bool is_leaf(enum CXCursorKind kind)
{
  switch (kind) {
  case CXCursor_DeclRefExpr:
  case CXCursor_IntegerLiteral:
  case CXCursor_FloatingLiteral:
  case CXCursor_CharacterLiteral:
  case CXCursor_StringLiteral:
  case CXCursor_TypeRef:
  case CXCursor_MemberRef:
  case CXCursor_ParmDecl:
    return true;
  default:
    return false;
  }
}

static enum CXChildVisitResult grow(CXCursor cursor, CXCursor parent, CXClientData data)
{
  struct visit *visit = data;
  while (visit->n_open > 1 &&
         !is_same(&visit->tree[visit->open[visit->n_open - 1]].cursor, &parent))
    close_innermost(visit);
  struct syntax *around = &visit->tree[visit->open[visit->n_open - 1]];
  bool is_end = is_repeated(around, &cursor) || is_leaf(cursor.kind);
  around->n_children++;
  add(visit, &cursor);
  if (is_end)
    return CXChildVisit_Continue;
  open_latest(visit);
  return CXChildVisit_Recurse;
}

struct syntax *visit_grow(struct visit *visit, CXCursor root)
{
  visit->n_tree = 0;
  visit->n_open = 0;
  add(visit, &root);
  open_latest(visit);
  clang_visitChildren(root, grow, visit);
  while (visit->n_open > 0)
    close_innermost(visit);
  return visit->tree;
}

struct syntax *syntax_child(struct syntax *parent, uint32_t number)
{
  if (number >= parent->n_children)
    return NULL;
  struct syntax *child = parent + 1;
  while (number-- > 0)
    child += child->size;
  return child;
}

struct syntax *syntax_last(struct syntax *parent)
{
  return parent->n_children > 0 ? syntax_child(parent, parent->n_children - 1) : NULL;
}

struct syntax *syntax_next_expression(const struct syntax *parent, struct syntax *child)
{
  do
    child = syntax_next(parent, child);
  while (child != NULL && !syntax_is_expression(child));
  return child;
}

struct syntax *syntax_expression(struct syntax *parent, uint32_t number)
{
  struct syntax *child = syntax_first(parent);
  if (child != NULL && !syntax_is_expression(child))
    child = syntax_next_expression(parent, child);
  while (child != NULL && number-- > 0)
    child = syntax_next_expression(parent, child);
  return child;
}

uint32_t syntax_count_expressions(struct syntax *parent)
{
  uint32_t n = 0;
  for (struct syntax *child = syntax_expression(parent, 0); child != NULL;
       child = syntax_next_expression(parent, child))
    n++;
  return n;
}

struct syntax *syntax_operand(struct syntax *syntax)
{
  struct syntax *last = NULL;
  for (struct syntax *child = syntax_expression(syntax, 0); child != NULL;
       child = syntax_next_expression(syntax, child))
    last = child;
  return last;
}

static bool is_wrapper(const struct syntax *syntax, bool strip_casts)
{
  switch (syntax_kind(syntax)) {
  case CXCursor_ParenExpr:
  case CXCursor_UnexposedExpr:
    return true;
  case CXCursor_CStyleCastExpr:
    return strip_casts;
  case CXCursor_UnaryOperator:
    return clang_getCursorUnaryOperatorKind(syntax->cursor) == CXUnaryOperator_Extension;
  default:
    return false;
  }
}

/* What a member is named by, below "offsetof" or in an initialiser; or NULL. */
static struct syntax *first_member(struct syntax *parent)
{
  struct syntax *child = syntax_first(parent);
  while (child != NULL && syntax_kind(child) != CXCursor_MemberRef)
    child = syntax_next(parent, child);
  return child;
}

/* Designators of an initialiser have no type. */
bool syntax_is_offsetof(struct syntax *syntax)
{
  return syntax_kind(syntax) == CXCursor_UnexposedExpr && first_member(syntax) != NULL &&
         clang_getCursorType(syntax->cursor).kind != CXType_Void;
}

struct syntax *syntax_offsetof_index(struct syntax *syntax, struct syntax *before)
{
  return syntax_next_expression(syntax, before != NULL ? before : first_member(syntax));
}

struct syntax *syntax_strip(struct syntax *syntax, bool strip_casts)
{
  while (is_wrapper(syntax, strip_casts) && !syntax_is_offsetof(syntax)) {
    bool is_cast = syntax_kind(syntax) == CXCursor_CStyleCastExpr;
    struct syntax *inner = is_cast ? syntax_operand(syntax) : syntax_expression(syntax, 0);
    if (inner == NULL || (!is_cast && syntax_next_expression(syntax, inner) != NULL))
      return syntax;
    syntax = inner;
  }
  return syntax;
}

struct c_type *syntax_type(struct visit *visit, struct syntax *syntax)
{
  if (syntax->type == NULL)
    syntax->type = visit_cursor_type(visit, syntax->cursor);
  return syntax->type;
}

struct declared *syntax_referenced(struct visit *visit, struct syntax *syntax)
{
  if (syntax->referenced == NULL)
    syntax->referenced = visit_declared(visit, clang_getCursorReferenced(syntax->cursor));
  return syntax->referenced;
}

static bool evaluate(CXCursor cursor, int64_t *integer)
{
  CXEvalResult result = clang_Cursor_Evaluate(cursor);
  if (result == NULL)
    return false;
  bool is_integer = clang_EvalResult_getKind(result) == CXEval_Int;
  if (is_integer)
    *integer = clang_EvalResult_getAsLongLong(result);
  clang_EvalResult_dispose(result);
  return is_integer;
}

bool syntax_integer(struct syntax *syntax, int64_t *integer)
{
  if (syntax->is_integer < 0)
    syntax->is_integer = evaluate(syntax->cursor, &syntax->integer);
  if (syntax->is_integer != 0)
    *integer = syntax->integer;
  return syntax->is_integer != 0;
}
