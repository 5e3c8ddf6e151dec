#include "analyzer/visit.h"

#include <string.h>

struct value visit_generic(struct visit *visit, struct syntax *expression)
{
  struct c_type *type = syntax_type(visit, expression);
  struct value value = value_none(type);
  struct syntax *control = syntax_expression(expression, 0);
  guint n_matching = 0;
  struct syntax *arm = control;
  while (arm != NULL && (arm = syntax_next_expression(expression, arm)) != NULL)
    n_matching += syntax_type(visit, arm) == type;
  uint32_t outer = visit->is_possible;
  visit->is_possible |= n_matching != 1;
  arm = control;
  while (arm != NULL && (arm = syntax_next_expression(expression, arm)) != NULL) {
    if (n_matching > 0 && syntax_type(visit, arm) != type)
      continue;
    struct value one = visit_value(visit, arm);
    value = value_join(visit, &value, &one, type, syntax_spot(visit, expression));
  }
  visit->is_possible = outer;
  return value;
}

/* The word at the place where the expression is spelled: va_arg, __atomic_load_n ... */
static bool begins_with_atomic(struct visit *visit, struct syntax *expression)
{
  unsigned offset = 0;
  CXFile file = visit_spelled_at(visit, clang_getCursorLocation(expression->cursor), &offset);
  size_t size = 0;
  const char *text = visit_file_text(visit, file, &size);
  if (text == NULL || offset >= size)
    return false;
  static const char *const prefixes[] = {"__atomic_", "__c11_atomic_", "__scoped_atomic_"};
  for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
    if (size - offset > strlen(prefixes[i]) &&
        strncmp(text + offset, prefixes[i], strlen(prefixes[i])) == 0)
      return true;
  return false;
}

/* A conversion, or va_arg. */
static struct value value_inside(struct visit *visit, struct syntax *expression,
                                 struct syntax *inner)
{
  if (!visit_is_va_list(visit, syntax_type(visit, inner))) {
    struct value converted = visit_value(visit, inner);
    return visit_behind_record(visit, expression, inner, &converted);
  }
  struct c_type *type = syntax_type(visit, expression);
  if (visit_is_va_list(visit, type) || type_is_record(type))
    return visit_value(visit, inner);
  struct value value = value_none(type);
  struct value list = visit_value(visit, inner);
  if (visit_is_carrier(visit, type))
    value.node = value_node(visit, &list, syntax_spot(visit, expression));
  return value;
}

/* "a ?: b", whose first operand is listed three times. */
static struct value value_or(struct visit *visit, struct syntax *expression)
{
  struct value first = visit_value(visit, syntax_expression(expression, 0));
  guint branch = visit_begin_branch(visit);
  struct value second = visit_value(visit, syntax_expression(expression, 3));
  visit_end_branch(visit, branch);
  if (first.kind == UNIT_ARGUMENT_PARAM && type_is_pointer(first.type))
    visit_use(visit, first.index, UNIT_USE_NULL_TESTED);
  return value_join(visit, &first, &second, syntax_type(visit, expression),
                    syntax_spot(visit, expression));
}

/* Of "offsetof" only the indexes run, not what "typeof" is asked about. */
static struct value value_of_offset(struct visit *visit, struct syntax *expression)
{
  for (struct syntax *index = syntax_offsetof_index(expression, NULL); index != NULL;
       index = syntax_offsetof_index(expression, index))
    visit_discard(visit, index);
  return value_none(syntax_type(visit, expression));
}

struct value visit_hidden(struct visit *visit, struct syntax *expression)
{
  if (syntax_is_offsetof(expression))
    return value_of_offset(visit, expression);
  uint32_t n = syntax_count_expressions(expression);
  struct syntax *inner = syntax_expression(expression, 0);
  if (n == 1)
    return value_inside(visit, expression, inner);
  if (n >= 2 && begins_with_atomic(visit, expression))
    return visit_atomic(visit, expression);
  if (n == 4 && expression->is_repeating)
    return value_or(visit, expression);
  struct c_type *type = syntax_type(visit, expression);
  struct value value = value_none(type);
  for (; inner != NULL; inner = syntax_next_expression(expression, inner)) {
    struct value one = visit_value(visit, inner);
    value = value_join(visit, &value, &one, type, syntax_spot(visit, expression));
  }
  return value;
}
