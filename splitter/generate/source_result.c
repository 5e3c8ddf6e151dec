/* What becomes of a call's result, read from the source: see source_text.h. */
#include <string.h>

#include "splitter/generate/source_text.h"
#include "splitter/generate/source_text_internal.h"

void source_result_clear(struct source_result *result)
{
  g_clear_pointer(&result->condition, g_free);
  g_clear_pointer(&result->branch, g_free);
}

static const char *skip_blanks(const char *c)
{
  while (g_ascii_isspace(*c)) {
    c++;
  }
  return c;
}

/* Behind the last character before C that is no blank. */
static const char *back_over_blanks(const char *start, const char *c)
{
  while (c > start && g_ascii_isspace(c[-1])) {
    c--;
  }
  return c;
}

/* Whether the word stands right before C. */
static bool follows_word(const char *start, const char *c, const char *word)
{
  size_t n = strlen(word);
  c = back_over_blanks(start, c);
  return (size_t)(c - start) >= n && strncmp(c - n, word, n) == 0 &&
         (c - n == start || !source_is_word(c[-1 - (gssize)n]));
}

/* The name that "name =" before AT assigns to: a new string, or NULL. */
static char *assigned_name(const char *start, const char *at)
{
  const char *c = back_over_blanks(start, at);
  if (c == start || c[-1] != '=' || (c - 1 > start && strchr("=!<>+-*/%&|^", c[-2]))) {
    return NULL;
  }
  const char *end = back_over_blanks(start, c - 1);
  const char *begin = end;
  while (begin > start && source_is_word(begin[-1])) {
    begin--;
  }
  bool is_member = begin > start && (begin[-1] == '.' || begin[-1] == '>');
  return begin < end && !is_member ? g_strndup(begin, (gsize)(end - begin)) : NULL;
}

/* The comparison behind C: "result < 0" for "< 0 )". NULL when none with an integer stands there.
 */
static char *comparison(const char *c, const char **end)
{
  static const char *const operators[] = {"==", "!=", "<=", ">=", "<", ">", NULL};
  for (size_t i = 0; operators[i]; i++) {
    if (!g_str_has_prefix(c, operators[i])) {
      continue;
    }
    const char *number = skip_blanks(c + strlen(operators[i]));
    char *behind = NULL;
    gint64 value = g_ascii_strtoll(number, &behind, 0);
    if (behind == number || source_is_word(*behind)) {
      return NULL;
    }
    *end = skip_blanks(behind);
    return g_strdup_printf("result %s %" G_GINT64_FORMAT, operators[i], value);
  }
  return NULL;
}

static int64_t line_of(const char *blank, const char *at)
{
  int64_t line = 1;
  for (const char *c = blank; c < at; c++) {
    line += *c == '\n';
  }
  return line;
}

/* The statement or block behind a condition. */
static void take_branch(const char *blank, const char *after, struct source_result *result)
{
  const char *begin = skip_blanks(after);
  const char *end = begin;
  int depth = 0;
  for (; *end; end++) {
    depth += *end == '{' ? 1 : *end == '}' ? -1 : 0;
    if (depth <= 0 && (*end == '}' || *end == ';')) {
      end++;
      break;
    }
  }
  result->branch = g_strndup(begin, (gsize)(end - begin));
  result->line = line_of(blank, begin);
  result->end_line = line_of(blank, end);
}

/* The condition whose operand is [left, right): what lies between it and the ends of its term. */
static void read_test(const char *blank, const char *left, const char *right,
                      struct source_result *result)
{
  const char *before = back_over_blanks(blank, left);
  const char *behind = skip_blanks(right);
  bool is_negated = before > blank && before[-1] == '!';
  if (is_negated) {
    before = back_over_blanks(blank, before - 1);
  }
  g_autofree char *compared = is_negated ? NULL : comparison(behind, &behind);
  bool is_begin = before > blank && strchr("(&|", before[-1]);
  if (!is_begin || !strchr(")&|", *behind)) {
    return;
  }
  /* Out to the parenthesis of the if. */
  int depth = 0;
  const char *open = before;
  while (open > blank && depth >= 0) {
    open--;
    depth += *open == ')' ? 1 : *open == '(' ? -1 : 0;
  }
  const char *close = *open == '(' ? source_skip_parentheses(open) : NULL;
  if (!close || !follows_word(blank, open, "if")) {
    return;
  }
  result->use = SOURCE_RESULT_TESTED;
  result->has_operator = compared != NULL;
  result->condition = compared     ? g_steal_pointer(&compared)
                      : is_negated ? g_strdup("result == 0")
                                   : g_strdup("result != 0");
  take_branch(blank, close, result);
}

/* "(x)" around an operand, where the parenthesis is not that of an if or a call. */
static bool widen(const char *blank, const char **left, const char **right)
{
  const char *before = back_over_blanks(blank, *left);
  const char *behind = skip_blanks(*right);
  if (before == blank || before[-1] != '(' || *behind != ')') {
    return false;
  }
  const char *outer = back_over_blanks(blank, before - 1);
  if (outer > blank && source_is_word(outer[-1])) {
    return false;
  }
  *left = before - 1;
  *right = behind + 1;
  return true;
}

/* A cast before an operand: "(void)". */
static bool skip_cast(const char *blank, const char **left)
{
  const char *close = back_over_blanks(blank, *left);
  if (close == blank || close[-1] != ')') {
    return false;
  }
  const char *open = close - 1;
  while (open > blank &&
         (source_is_word(open[-1]) || g_ascii_isspace(open[-1]) || open[-1] == '*')) {
    open--;
  }
  if (open == blank || open[-1] != '(' || open == close - 1) {
    return false;
  }
  const char *outer = back_over_blanks(blank, open - 1);
  if (outer > blank && source_is_word(outer[-1]) && !follows_word(blank, outer, "return")) {
    return false;
  }
  *left = open - 1;
  return true;
}

/* Where the variable is read next in the same routine: a return or a condition. */
static void follow_variable(const char *blank, const char *from, const char *name,
                            struct source_result *result)
{
  size_t n = strlen(name);
  int depth = 0;
  for (const char *c = from; *c && depth > -8; c++) {
    depth += *c == '{' ? 1 : *c == '}' ? -1 : 0;
    bool is_end = *c == '}' && (c == blank || c[-1] == '\n');
    if (is_end) {
      return;
    }
    if (strncmp(c, name, n) != 0 || source_is_word(c[-1]) || source_is_word(c[n])) {
      continue;
    }
    if (follows_word(blank, c, "return") && *skip_blanks(c + n) == ';') {
      result->use = SOURCE_RESULT_RETURNED;
    } else {
      read_test(blank, c, c + n, result);
    }
    return;
  }
}

void source_texts_result(struct source_texts *texts, const char *file, int64_t line, int64_t column,
                         const char *expression, struct source_result *result)
{
  memset(result, 0, sizeof *result);
  const char *text = source_texts_file(texts, file);
  g_autofree char *blank = text ? source_blank_out(text) : NULL;
  const char *at = blank ? source_find_call(blank, line, column, expression) : NULL;
  const char *open = at ? at + strlen(expression) : NULL;
  while (open && (g_ascii_isspace(*open) || *open == ')')) {
    open++;
  }
  const char *right = open && *open == '(' ? source_skip_parentheses(open) : NULL;
  if (!right) {
    return;
  }
  const char *left = at;
  while (widen(blank, &left, &right) || skip_cast(blank, &left)) {
  }
  const char *before = back_over_blanks(blank, left);
  g_autofree char *name = assigned_name(blank, left);
  if (name) {
    const char *inner = left;
    const char *outer = right;
    while (inner > blank && !strchr("(;{}", inner[-1])) {
      inner--;
    }
    if (widen(blank, &inner, &outer)) {
      read_test(blank, inner, outer, result);
    } else if (*skip_blanks(right) == ';') {
      follow_variable(blank, right, name, result);
    }
  } else if (*skip_blanks(right) == ';' && follows_word(blank, left, "return")) {
    result->use = SOURCE_RESULT_RETURNED;
  } else if (*skip_blanks(right) == ';' &&
             (before == blank || strchr(";{})", before[-1]) || follows_word(blank, left, "else"))) {
    result->use = SOURCE_RESULT_DROPPED;
  } else {
    read_test(blank, left, right, result);
  }
}
