#include "analyzer/visit.h"

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
                          ? visit_routine(visit, visit_declared(visit, routine))
                          : visit_implicit_routine(visit, attributes.cleanup, place->type);
    visit_call_of(visit, callee, &spot, UNIT_CALL_CLEANUP, place);
  }
  attributes_clear(&attributes);
}

static struct syntax *initialiser_of(struct syntax *declaration, CXCursor initialiser)
{
  bool is_some =
      !clang_Cursor_isNull(initialiser) && !clang_isInvalid(clang_getCursorKind(initialiser));
  return is_some ? syntax_operand(declaration) : NULL;
}

void visit_variable(struct visit *visit, struct syntax *syntax)
{
  const CXCursor declaration = syntax->cursor;
  struct syntax *initialiser =
      initialiser_of(syntax, clang_Cursor_getVarDeclInitializer(declaration));
  bool has_storage = clang_Cursor_hasVarDeclGlobalStorage(declaration) == 1;
  bool has_attributes = clang_Cursor_hasAttrs(declaration) != 0;
  if (initialiser == NULL && !has_storage && !has_attributes)
    return;
  if (has_storage && initialiser == NULL &&
      clang_Cursor_getStorageClass(declaration) == CX_SC_Extern)
    return;
  struct c_type *type = visit_cursor_type(visit, declaration);
  struct place place = {.base = UNIT_BASE_OBJECT,
                        .object = visit_object(visit, visit_declared(visit, declaration)),
                        .node = UNIT_NONE,
                        .record = UNIT_NONE,
                        .routine = UNIT_NONE,
                        .type = type};
  if (initialiser != NULL) {
    uint32_t flags = visit_value_flags(visit, type);
    bool is_table = (flags & UNIT_VALUE_ARRAY) != 0 && (flags & UNIT_VALUE_CONST) != 0;
    visit_initialiser(visit, &place, initialiser, has_storage || is_table);
    if (visit_is_of_main(visit, &place))
      access_add(visit, &place, UNIT_WRITE, UNIT_OPERATION_INITIALISER, syntax_spot(visit, syntax));
  }
  visit_cleanup(visit, declaration, &place);
}

/* Sizes of variable arrays and the like run too. */
static void visit_declaration(struct visit *visit, struct syntax *declaration)
{
  switch (syntax_kind(declaration)) {
  case CXCursor_VarDecl:
    if (visit_cursor_type(visit, declaration->cursor)->kind == CXType_VariableArray) {
      struct syntax *size = syntax_expression(declaration, 0);
      if (size != NULL)
        visit_discard(visit, size);
    }
    visit_variable(visit, declaration);
    break;
  case CXCursor_StructDecl:
  case CXCursor_UnionDecl:
  case CXCursor_EnumDecl:
    if (clang_isCursorDefinition(declaration->cursor))
      visit_record(visit, declaration->cursor);
    break;
  case CXCursor_TypedefDecl:
    visit_typedef(visit, declaration->cursor);
    break;
  default:
    break;
  }
}

static void visit_declarations(struct visit *visit, struct syntax *statement)
{
  for (struct syntax *child = syntax_first(statement); child != NULL;
       child = syntax_next(statement, child))
    visit_declaration(visit, child);
}

static void visit_conditional(struct visit *visit, struct syntax *statement)
{
  guint branch = visit_begin_branch(visit);
  visit_statement(visit, statement);
  visit_end_branch(visit, branch);
}

enum null_test { NULL_TEST_NONE, NULL_TEST_SET, NULL_TEST_NULL };

static bool is_plain_pointer(struct visit *visit, struct syntax *expression)
{
  return syntax_type(visit, expression)->kind == CXType_Pointer;
}

/* "p", "p != NULL" or "!p", "p == NULL". */
static enum null_test null_test_of(struct visit *visit, struct syntax *condition)
{
  struct syntax *stripped = syntax_strip(condition, false);
  struct syntax *left = syntax_expression(stripped, 0);
  if (syntax_kind(stripped) == CXCursor_UnaryOperator && left != NULL &&
      clang_getCursorUnaryOperatorKind(stripped->cursor) == CXUnaryOperator_LNot)
    return is_plain_pointer(visit, syntax_strip(left, false)) ? NULL_TEST_NULL : NULL_TEST_NONE;
  if (syntax_kind(stripped) != CXCursor_BinaryOperator)
    return is_plain_pointer(visit, stripped) ? NULL_TEST_SET : NULL_TEST_NONE;
  enum CXBinaryOperatorKind kind = clang_getCursorBinaryOperatorKind(stripped->cursor);
  bool is_equality = kind == CXBinaryOperator_EQ || kind == CXBinaryOperator_NE;
  struct syntax *right = left != NULL ? syntax_next_expression(stripped, left) : NULL;
  if (!is_equality || right == NULL || !is_plain_pointer(visit, left) ||
      syntax_kind(syntax_strip(right, true)) != CXCursor_IntegerLiteral)
    return NULL_TEST_NONE;
  return kind == CXBinaryOperator_EQ ? NULL_TEST_NULL : NULL_TEST_SET;
}

static void visit_then(struct visit *visit, struct syntax *then, enum null_test test)
{
  if (test == NULL_TEST_SET) {
    guint first_moment = visit->builder->moments->len;
    visit->n_set++;
    visit_statement(visit, then);
    visit->n_set--;
    visit_end_moments(visit, first_moment);
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

static void visit_if(struct visit *visit, struct syntax *statement, uint32_t group);

static void visit_else(struct visit *visit, struct syntax *condition, struct syntax *otherwise,
                       uint32_t group)
{
  uint32_t arm = visit_condition_arms(visit, condition, false, group, otherwise);
  if (arm != UNIT_NONE)
    visit->arm = arm;
  visit->guard = visit_guards(visit, condition, false);
  guint branch = visit_begin_branch(visit);
  if (syntax_kind(otherwise) == CXCursor_IfStmt) {
    visit->n_statements++;
    visit_if(visit, otherwise, group);
  } else {
    visit_statement(visit, otherwise);
  }
  visit_end_branch(visit, branch);
}

static void visit_if(struct visit *visit, struct syntax *statement, uint32_t group)
{
  if (statement->n_children < 2)
    return;
  struct syntax *condition = syntax_first(statement);
  struct syntax *then = syntax_next(statement, condition);
  struct syntax *otherwise = syntax_next(statement, then);
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
  if (otherwise == NULL)
    return;
  visit_else(visit, condition, otherwise, group);
  visit->arm = outer;
  visit->guard = outer_guard;
}

static uint32_t open_loop(struct visit *visit, struct syntax *statement, enum unit_loop_kind kind,
                          bool is_endless)
{
  const struct spot *spot = syntax_spot(visit, statement);
  CXSourceLocation last = clang_getRangeEnd(clang_getCursorExtent(statement->cursor));
  struct unit_loop loop = {.routine = visit->routine != UNIT_NONE ? visit->routine : 0,
                           .kind = kind,
                           .parent = visit->loop,
                           .is_endless = is_endless,
                           .file = spot->file != UNIT_NONE ? spot->file : 0,
                           .line = spot->line,
                           .end_line = visit_location(visit, last).line};
  return unit_builder_add_loop(visit->builder, &loop);
}

static bool is_constant_true(struct syntax *condition)
{
  struct syntax *stripped = syntax_strip(condition, true);
  enum CXCursorKind kind = syntax_kind(stripped);
  if (kind == CXCursor_DeclRefExpr || kind == CXCursor_CallExpr || kind == CXCursor_MemberRefExpr)
    return false;
  int64_t value = 0;
  return syntax_integer(stripped, &value) && value != 0;
}

/* Behind what begins at AT and holds no code: a literal, a comment; AT itself when it is none. */
static size_t skip_literal(const char *text, size_t size, size_t at)
{
  char quote = text[at];
  if (quote == '"' || quote == '\'') {
    for (at++; at < size && text[at] != quote && text[at] != '\n'; at++)
      at += text[at] == '\\';
    return MIN(at + 1, size);
  }
  if (quote != '/' || at + 1 >= size || (text[at + 1] != '/' && text[at + 1] != '*'))
    return at;
  const char *end =
      g_strstr_len(text + at + 2, (gssize)(size - at - 2), text[at + 1] == '/' ? "\n" : "*/");
  return end == NULL ? size : (size_t)(end - text) + (*end == '*' ? 2 : 1);
}

/* "for (;;)", "for (;c;)", "for (i;;)" list their parts without saying which: the two semicolons in
 * the source between the parentheses do. */
struct semicolons {
  CXFile file;
  size_t first, second;
  bool lacks_condition;
};

/* Returns false where the source tells nothing: the loop comes from a macro. */
static bool find_semicolons(struct visit *visit, struct syntax *statement, struct semicolons *found)
{
  unsigned begin = 0;
  size_t size = 0;
  found->file = visit_file_at(visit, clang_getCursorLocation(statement->cursor), &begin);
  const char *text = visit_file_text(visit, found->file, &size);
  if (text == NULL || begin + 3 > size || strncmp(text + begin, "for", 3) != 0)
    return false;
  int depth = 0;
  bool is_after_first = false;
  found->lacks_condition = true;
  for (size_t at = begin + 3; at < size; at++) {
    size_t behind = skip_literal(text, size, at);
    if (behind > at) {
      found->lacks_condition &= !is_after_first || text[at] == '/';
      at = behind - 1;
      continue;
    }
    char c = text[at];
    if (c == '(' || c == '{' || c == '[')
      depth++;
    else if ((c == ')' || c == '}' || c == ']') && --depth == 0)
      return false;
    if (c == ';' && depth == 1) {
      if (is_after_first) {
        found->second = at;
        return true;
      }
      found->first = at;
      is_after_first = true;
    } else if (is_after_first && !g_ascii_isspace(c)) {
      found->lacks_condition = false;
    } else if (depth == 0 && !g_ascii_isspace(c)) {
      return false;
    }
  }
  return false;
}

/* Of the N parts before a body, the one at INDEX: a condition is asked whether it is true. */
static bool is_condition(struct visit *visit, struct syntax *part, const struct semicolons *found,
                         unsigned index, unsigned n)
{
  if (found == NULL)
    return n == 1 || (n == 3 && index == 1);
  unsigned offset = 0;
  CXFile file = visit_file_at(visit, clang_getCursorLocation(part->cursor), &offset);
  return file != NULL && clang_File_isEqual(file, found->file) && offset > found->first &&
         offset < found->second;
}

static enum unit_loop_kind loop_kind(enum CXCursorKind kind)
{
  return kind == CXCursor_ForStmt  ? UNIT_LOOP_FOR
         : kind == CXCursor_DoStmt ? UNIT_LOOP_DO
                                   : UNIT_LOOP_WHILE;
}

/* Each turn asks the condition and runs the body; what else a "for" lists is not for each. */
static void visit_loop_part(struct visit *visit, struct syntax *part, bool is_body, bool is_asked,
                            bool is_do)
{
  uint32_t depth = visit->conditional_depth + visit->n_set;
  visit_hold_forget(visit);
  visit->turn_depth = is_body && !is_do ? depth + 1 : is_body || is_asked ? depth : NO_TURN;
  if (!is_body && is_asked)
    visit_truth(visit, part);
  else if (!is_body)
    visit_unused(visit, part);
  else if (!is_do)
    visit_conditional(visit, part);
  else {
    guint first_moment = visit->builder->moments->len;
    visit_statement(visit, part);
    visit_end_moments(visit, first_moment);
  }
}

static void visit_loop(struct visit *visit, struct syntax *statement, enum CXCursorKind kind)
{
  if (statement->n_children == 0)
    return;
  bool is_for = kind == CXCursor_ForStmt;
  bool is_do = kind == CXCursor_DoStmt;
  struct syntax *first = syntax_first(statement);
  struct syntax *last = syntax_last(statement);
  struct syntax *body = is_do ? first : last;
  struct semicolons semicolons = {0};
  bool is_known = is_for && find_semicolons(visit, statement, &semicolons);
  bool is_endless = is_for ? statement->n_children == 1 || (is_known && semicolons.lacks_condition)
                           : is_constant_true(is_do ? last : first);
  unsigned n_parts = statement->n_children - 1, index = 0;
  uint32_t outer = visit->loop;
  if (is_for && first != last && syntax_kind(first) == CXCursor_DeclStmt) {
    visit_declarations(visit, first);
    first = syntax_next(statement, first);
    index++;
  }
  visit->loop = open_loop(visit, statement, loop_kind(kind), is_endless);
  visit->loop_depth++;
  uint32_t outer_depth = visit->turn_depth;
  bool had_jumped = visit->has_jumped;
  visit->has_jumped = false;
  for (struct syntax *part = first; part != NULL; part = syntax_next(statement, part)) {
    bool is_asked =
        !is_for || is_condition(visit, part, is_known ? &semicolons : NULL, index++, n_parts);
    visit_loop_part(visit, part, part == body, is_asked, is_do);
  }
  visit->turn_depth = outer_depth;
  visit->has_jumped |= had_jumped;
  visit->loop_depth--;
  visit->loop = outer;
}

/* Labels nest: "case 1: case 2: f();" is a case in a case. Every label opens an arm that lasts
 * until the next one. */
static void visit_label(struct visit *visit, struct syntax *label, struct syntax *subject,
                        uint32_t group)
{
  bool is_after_jump = visit->is_after_jump;
  visit->is_after_jump = false;
  visit_end_moments(visit, visit->switch_moment);
  struct syntax *inner = syntax_last(label);
  if (inner == NULL)
    return;
  uint32_t arm = visit_case_arm(visit, label, subject, group);
  bool was_label = visit->arm != UNIT_NONE && visit->is_label_open;
  struct unit_arm *row = &g_array_index(visit->builder->arms, struct unit_arm, arm);
  if (was_label)
    row->flags |= UNIT_ARM_JOINED;
  else if (!is_after_jump)
    row->flags |= UNIT_ARM_REACHED;
  if (!was_label)
    visit->arm = arm;
  enum CXCursorKind kind = syntax_kind(inner);
  bool is_label = kind == CXCursor_CaseStmt || kind == CXCursor_DefaultStmt;
  bool is_alone =
      !is_label && !was_label && row->kind == UNIT_ARM_CASE && (row->flags & UNIT_ARM_REACHED) == 0;
  if (is_alone && subject != NULL)
    visit->guard = visit_case_guard(visit, subject, row->integer);
  uint32_t outer = visit->is_label_open;
  visit->is_label_open = is_label;
  if (is_label)
    visit_label(visit, inner, subject, group);
  else
    visit_statement(visit, inner);
  visit->is_label_open = outer;
}

static void visit_switch(struct visit *visit, struct syntax *statement)
{
  if (statement->n_children < 2)
    return;
  struct syntax *subject = syntax_first(statement);
  struct syntax *body = syntax_last(statement);
  visit_discard(visit, subject);
  uint32_t outer = visit->arm;
  uint32_t group = visit->n_groups++;
  struct syntax *outer_subject = visit->subject;
  uint32_t outer_group = visit->group;
  uint32_t outer_switch_arm = visit->switch_arm;
  uint32_t outer_guard = visit->guard, outer_switch_guard = visit->switch_guard;
  visit->subject = subject;
  visit->group = group;
  visit->switch_arm = outer;
  visit->switch_guard = outer_guard;
  visit->is_switch_body = syntax_kind(body) == CXCursor_CompoundStmt;
  guint outer_moment = visit->switch_moment;
  visit->switch_moment = visit->builder->moments->len;
  visit_conditional(visit, body);
  visit->switch_moment = outer_moment;
  visit->subject = outer_subject;
  visit->group = outer_group;
  visit->switch_arm = outer_switch_arm;
  visit->switch_guard = outer_switch_guard;
  visit->guard = outer_guard;
  visit->arm = outer;
}

static void visit_return(struct visit *visit, struct syntax *statement)
{
  struct syntax *expression = syntax_expression(statement, 0);
  if (expression == NULL)
    return;
  struct value value = visit_value(visit, expression);
  if (value.kind == UNIT_ARGUMENT_PARAM)
    visit_use(visit, value.index, UNIT_USE_RETURNED);
  if (value.heap != UNIT_NONE)
    visit_result_use(visit, UNIT_USE_ALLOCATED);
  if (visit->routine == UNIT_NONE || !visit_is_carrier(visit, syntax_type(visit, expression)))
    return;
  const struct spot *spot = syntax_spot(visit, statement);
  uint32_t result = unit_builder_node(visit->builder, UNIT_NODE_RESULT, visit->routine, 0);
  flow_into(visit, result, &value, spot);
}

/* Inputs stand under a load, outputs do not; pointers that go in may be written through. */
static void visit_assembly(struct visit *visit, struct syntax *statement)
{
  if (visit->routine != UNIT_NONE)
    visit_routine_row(visit, visit->routine)->flags |= UNIT_ROUTINE_ASSEMBLY;
  for (struct syntax *operand = syntax_expression(statement, 0); operand != NULL;
       operand = syntax_next_expression(statement, operand)) {
    if (!visit_is_place(visit, operand)) {
      visit_discard(visit, operand);
      continue;
    }
    struct place place = visit_place(visit, operand);
    access_add(visit, &place, UNIT_READ | UNIT_WRITE, UNIT_OPERATION_ASSEMBLY,
               syntax_spot(visit, operand));
  }
}

/* "if (!p) return;": the rest of the block runs only where that does not hold. */
static uint32_t guards_after(struct visit *visit, struct syntax *statement)
{
  bool ends = statement->n_children == 2 && visit_ends_in_jump(visit, syntax_last(statement));
  return ends ? visit_guards(visit, syntax_first(statement), false) : visit->guard;
}

static void visit_all(struct visit *visit, struct syntax *statement)
{
  uint32_t outer_guard = visit->guard;
  bool is_switch_body = visit->is_switch_body;
  visit->is_switch_body = false;
  struct syntax *before = NULL;
  for (struct syntax *part = syntax_first(statement); part != NULL;
       part = syntax_next(statement, part)) {
    enum CXCursorKind kind = syntax_kind(part);
    /* Only labels of a switch ask. */
    bool is_label = kind == CXCursor_CaseStmt || kind == CXCursor_DefaultStmt;
    visit->is_after_jump =
        is_label && (before == NULL ? is_switch_body : visit_ends_in_jump(visit, before));
    visit_statement(visit, part);
    if (kind == CXCursor_IfStmt)
      visit->guard = guards_after(visit, part);
    before = part;
  }
  visit->guard = outer_guard;
}

/* A label can be jumped to: the arms around it say nothing of what follows. */
static void visit_jump_label(struct visit *visit, struct syntax *statement)
{
  for (uint32_t arm = visit->arm; arm != UNIT_NONE;) {
    struct unit_arm *row = &g_array_index(visit->builder->arms, struct unit_arm, arm);
    row->flags |= UNIT_ARM_REACHED;
    arm = row->parent;
  }
  visit_forget_guards(visit);
  visit_end_moments(visit, visit->first_moment);
  visit_all(visit, statement);
}

void visit_statement(struct visit *visit, struct syntax *statement)
{
  enum CXCursorKind kind = syntax_kind(statement);
  if (syntax_is_expression(statement)) {
    visit->n_statements++;
    visit_unused(visit, statement);
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
    visit->has_jumped = true;
    break;
  case CXCursor_GCCAsmStmt:
  case CXCursor_MSAsmStmt:
    visit_assembly(visit, statement);
    break;
  case CXCursor_IndirectGotoStmt: {
    note_leaving(visit);
    visit->has_jumped = true;
    struct syntax *target = syntax_expression(statement, 0);
    if (target != NULL)
      visit_discard(visit, target);
    break;
  }
  default:
    break;
  }
}

struct value visit_statement_value(struct visit *visit, struct syntax *expression)
{
  struct value value = value_none(syntax_type(visit, expression));
  struct syntax *compound = syntax_first(expression);
  if (compound == NULL)
    return value;
  for (struct syntax *statement = syntax_first(compound); statement != NULL;
       statement = syntax_next(compound, statement)) {
    bool is_value = syntax_next(compound, statement) == NULL && syntax_is_expression(statement);
    if (is_value) {
      visit->n_statements++;
      value = visit_value(visit, statement);
    } else {
      visit_statement(visit, statement);
    }
  }
  return value;
}
