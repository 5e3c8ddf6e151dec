#include "analyzer/added_parts.h"

#include <string.h>

/* Macros that the parser defines without a definition, and what only looks like one. */
static bool is_built_in(const char *macro)
{
  static const char *const names[] = {"__LINE__",
                                      "__FILE__",
                                      "__DATE__",
                                      "__TIME__",
                                      "__COUNTER__",
                                      "__BASE_FILE__",
                                      "__INCLUDE_LEVEL__",
                                      "__TIMESTAMP__",
                                      "__FILE_NAME__",
                                      "__FLT_EVAL_METHOD__",
                                      "__building_module",
                                      "__MODULE__",
                                      "_Pragma"};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
    if (strcmp(macro, names[i]) == 0)
      return true;
  return g_str_has_prefix(macro, "__has_") || g_str_has_prefix(macro, "__is_");
}

enum truth conditions_defined(const struct scan *scan, const char *macro)
{
  const struct added *added = scan->added;
  gpointer state = g_hash_table_lookup(scan->states, macro);
  if (state != NULL)
    return (enum truth)(GPOINTER_TO_UINT(state) - 1);
  if (is_built_in(macro) || g_hash_table_contains(added->undefined, macro) ||
      g_hash_table_contains(added->macros, macro))
    return IS_UNKNOWN;
  if (g_hash_table_contains(added->predefined, macro))
    return IS_TRUE;
  const struct name *name = g_hash_table_lookup(added->names, macro);
  if (name == NULL || !name->is_macro)
    return IS_FALSE;
  return scan_is_seen(scan, name) ? IS_TRUE : IS_UNKNOWN;
}

void conditions_note(struct scan *scan, const struct reader *reader, const char *macro,
                     bool is_defined)
{
  enum truth state = !conditions_is_certain(reader) ? IS_UNKNOWN : is_defined ? IS_TRUE : IS_FALSE;
  g_hash_table_insert(scan->states, g_strdup(macro), GUINT_TO_POINTER((guint)state + 1));
  scan_forget(scan, macro);
}

/* ---- expressions ---- */

struct expression {
  struct scan *scan;
  struct c_tokens tokens;
  struct c_token token;
  guint depth;
  bool is_beyond; /* something that is not understood: the whole is unknown */
  bool is_number; /* the last operand was `number` */
  guint64 number;
};

static enum truth negate(enum truth value)
{
  return value == IS_UNKNOWN ? IS_UNKNOWN : value == IS_TRUE ? IS_FALSE : IS_TRUE;
}

static void advance(struct expression *expression)
{
  expression->token = c_tokens_next(&expression->tokens);
}

static bool is_end(const struct expression *expression)
{
  return expression->token.kind == C_END || expression->token.kind == C_NEWLINE;
}

static enum truth either(struct expression *expression);

static enum truth defined_name(struct expression *expression)
{
  bool is_enclosed = c_token_is(&expression->token, "(");
  if (is_enclosed)
    advance(expression);
  if (expression->token.kind != C_WORD) {
    expression->is_beyond = true;
    return IS_UNKNOWN;
  }
  g_autofree char *name = g_strndup(expression->token.text, expression->token.length);
  advance(expression);
  if (is_enclosed && c_token_is(&expression->token, ")"))
    advance(expression);
  else if (is_enclosed)
    expression->is_beyond = true;
  return conditions_defined(expression->scan, name);
}

static enum truth take_number(struct expression *expression, guint64 number)
{
  expression->is_number = true;
  expression->number = number;
  return number != 0 ? IS_TRUE : IS_FALSE;
}

/* A name that is no macro is 0. */
static enum truth name_value(struct expression *expression)
{
  g_autofree char *name = g_strndup(expression->token.text, expression->token.length);
  advance(expression);
  return conditions_defined(expression->scan, name) == IS_FALSE ? take_number(expression, 0)
                                                                : IS_UNKNOWN;
}

/* Without a sign, and small enough that none of the parser's types matters. */
static enum truth number_value(struct expression *expression)
{
  g_autofree char *digits = g_strndup(expression->token.text, expression->token.length);
  char *end = digits;
  guint64 number = g_ascii_strtoull(digits, &end, 0);
  end += strspn(end, "uUlL");
  advance(expression);
  return *end == '\0' && number <= G_MAXINT32 ? take_number(expression, number) : IS_UNKNOWN;
}

static enum truth unary(struct expression *expression)
{
  expression->is_number = false;
  if (expression->depth >= MAX_DEPTH)
    expression->is_beyond = true;
  if (expression->is_beyond || is_end(expression))
    return IS_UNKNOWN;
  if (c_token_is(&expression->token, "defined")) {
    advance(expression);
    return defined_name(expression);
  }
  if (expression->token.kind == C_WORD)
    return name_value(expression);
  if (expression->token.kind == C_NUMBER)
    return number_value(expression);
  bool is_not = c_token_is(&expression->token, "!");
  bool is_enclosed = c_token_is(&expression->token, "(");
  enum truth value = IS_UNKNOWN;
  advance(expression);
  expression->depth++;
  if (is_not) {
    value = negate(unary(expression));
  } else if (is_enclosed) {
    value = either(expression);
    if (c_token_is(&expression->token, ")"))
      advance(expression);
    else
      expression->is_beyond = true;
  } else {
    expression->is_beyond = true;
  }
  expression->depth--;
  expression->is_number = false;
  return value;
}

static bool takes_pair(struct expression *expression, const char *character)
{
  struct c_tokens ahead = expression->tokens;
  struct c_token second = c_tokens_next(&ahead);
  if (!c_token_is(&expression->token, character) || !c_token_is(&second, character) ||
      second.text != expression->token.text + 1)
    return false;
  expression->tokens = ahead;
  advance(expression);
  return true;
}

/* The comparison that the next characters make, as "<", ">", "l" for "<=", "g" for ">=", "=" or
 * "!"; 0, and nothing taken, where they make none. */
static char takes_comparison(struct expression *expression)
{
  const struct c_token *first = &expression->token;
  struct c_tokens ahead = expression->tokens;
  struct c_token second = c_tokens_next(&ahead);
  bool is_single = first->kind == C_OTHER && first->length == 1;
  bool is_equal = is_single && c_token_is(&second, "=") && second.text == first->text + 1;
  bool is_shift = is_single && second.length == 1 && *second.text == *first->text &&
                  second.text == first->text + 1;
  char sign = is_single && strchr("<>=!", *first->text) != NULL ? *first->text : '\0';
  if (sign == '\0' || (!is_equal && (is_shift || sign == '=' || sign == '!')))
    return '\0';
  if (is_equal)
    expression->tokens = ahead;
  advance(expression);
  return !is_equal || sign == '=' || sign == '!' ? sign : sign == '<' ? 'l' : 'g';
}

static bool compares(guint64 left, char sign, guint64 right)
{
  switch (sign) {
  case '<':
    return left < right;
  case '>':
    return left > right;
  case 'l':
    return left <= right;
  case 'g':
    return left >= right;
  case '=':
    return left == right;
  default:
    return left != right;
  }
}

/* Two numbers, or one; `value` is that of the first. */
static enum truth comparison(struct expression *expression, enum truth value)
{
  if (!expression->is_number)
    return value;
  guint64 left = expression->number;
  char sign = takes_comparison(expression);
  if (sign == '\0')
    return value;
  unary(expression);
  bool is_known = expression->is_number;
  expression->is_number = false;
  return !is_known ? IS_UNKNOWN : compares(left, sign, expression->number) ? IS_TRUE : IS_FALSE;
}

/* An operand of "&&": whatever has another operator in it than one comparison is not computed. */
static enum truth operand(struct expression *expression)
{
  enum truth value = comparison(expression, unary(expression));
  int n_open = 0;
  while (!expression->is_beyond && !is_end(expression)) {
    struct c_tokens ahead = expression->tokens;
    struct c_token next = c_tokens_next(&ahead);
    bool is_pair = (c_token_is(&expression->token, "&") && c_token_is(&next, "&")) ||
                   (c_token_is(&expression->token, "|") && c_token_is(&next, "|"));
    if (n_open == 0 && (is_pair || c_token_is(&expression->token, ")")))
      break;
    n_open += c_token_is(&expression->token, "(") - c_token_is(&expression->token, ")");
    expression->is_beyond =
        c_token_is(&expression->token, "?") || c_token_is(&expression->token, ",");
    value = IS_UNKNOWN;
    if (is_pair)
      advance(expression);
    advance(expression);
  }
  return value;
}

static enum truth both(struct expression *expression)
{
  enum truth value = operand(expression);
  while (!expression->is_beyond && takes_pair(expression, "&")) {
    enum truth right = operand(expression);
    if (value == IS_FALSE || right == IS_FALSE)
      value = IS_FALSE;
    else if (value == IS_UNKNOWN || right == IS_UNKNOWN)
      value = IS_UNKNOWN;
  }
  return value;
}

static enum truth either(struct expression *expression)
{
  enum truth value = both(expression);
  while (!expression->is_beyond && takes_pair(expression, "|")) {
    enum truth right = both(expression);
    if (value == IS_TRUE || right == IS_TRUE)
      value = IS_TRUE;
    else if (value == IS_UNKNOWN || right == IS_UNKNOWN)
      value = IS_UNKNOWN;
  }
  return value;
}

static enum truth evaluate(struct scan *scan, const struct c_tokens *tokens)
{
  struct expression expression = {.scan = scan, .tokens = *tokens};
  advance(&expression);
  enum truth value = either(&expression);
  return expression.is_beyond || !is_end(&expression) ? IS_UNKNOWN : value;
}

/* ---- directives ---- */

bool conditions_is_directive(const struct c_token *word)
{
  static const char *const words[] = {"if",      "ifdef",    "ifndef", "elif",
                                      "elifdef", "elifndef", "else",   "endif"};
  for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
    if (c_token_is(word, words[i]))
      return true;
  return false;
}

bool conditions_is_dead(const struct reader *reader)
{
  for (guint i = 0; i < reader->levels->len; i++)
    if (g_array_index(reader->levels, struct level, i).now == IS_FALSE)
      return true;
  return false;
}

bool conditions_is_certain(const struct reader *reader)
{
  for (guint i = 0; i < reader->levels->len; i++)
    if (g_array_index(reader->levels, struct level, i).now != IS_TRUE)
      return false;
  return !reader->is_conditional;
}

static enum truth value_of(struct scan *scan, const struct reader *reader,
                           const struct c_token *word)
{
  if (c_token_is(word, "if") || c_token_is(word, "elif"))
    return evaluate(scan, &reader->tokens);
  struct c_tokens ahead = reader->tokens;
  struct c_token token = c_tokens_next(&ahead);
  if (token.kind != C_WORD)
    return IS_UNKNOWN;
  g_autofree char *name = g_strndup(token.text, token.length);
  enum truth value = conditions_defined(scan, name);
  return c_token_is(word, "ifdef") || c_token_is(word, "elifdef") ? value : negate(value);
}

/* "#ifndef X" at the start: once X is defined, nothing of the file is read. */
static bool note_guard(struct reader *reader, const struct c_token *word)
{
  if (reader->n_directives != 1 || !c_token_is(word, "ifndef"))
    return false;
  struct c_tokens ahead = reader->tokens;
  struct c_token name = c_tokens_next(&ahead);
  if (name.kind != C_WORD)
    return false;
  g_free(reader->record->guard);
  reader->record->guard = g_strndup(name.text, name.length);
  return true;
}

/* What stands outside of the guard, or in another arm of it, is read again. */
static void lose_guard(struct reader *reader)
{
  g_clear_pointer(&reader->record->guard, g_free);
}

static void open_level(struct scan *scan, struct reader *reader, const struct c_token *word)
{
  bool is_dead = conditions_is_dead(reader);
  if (reader->levels->len == 0 && reader->n_directives != 1)
    lose_guard(reader);
  struct level level = {.now = is_dead ? IS_FALSE : value_of(scan, reader, word),
                        .before = IS_FALSE,
                        .is_guard = note_guard(reader, word)};
  if (!is_dead)
    scan_words(scan, reader, true);
  g_array_append_val(reader->levels, level);
}

static void next_arm(struct scan *scan, struct reader *reader, const struct c_token *word)
{
  if (reader->levels->len == 0) {
    scan_refuse(scan);
    return;
  }
  struct level level = g_array_index(reader->levels, struct level, reader->levels->len - 1);
  if (level.is_guard)
    lose_guard(reader);
  g_array_set_size(reader->levels, reader->levels->len - 1);
  bool is_dead = conditions_is_dead(reader);
  if (level.now == IS_TRUE || level.before == IS_TRUE)
    level.before = IS_TRUE;
  else if (level.now == IS_UNKNOWN)
    level.before = IS_UNKNOWN;
  enum truth value = IS_TRUE;
  if (is_dead || level.before == IS_TRUE) {
    value = IS_FALSE;
  } else if (!c_token_is(word, "else")) {
    value = value_of(scan, reader, word);
    scan_words(scan, reader, true);
  }
  level.now = level.before == IS_UNKNOWN && value == IS_TRUE ? IS_UNKNOWN : value;
  level.is_guard = false;
  g_array_append_val(reader->levels, level);
}

void conditions_directive(struct scan *scan, struct reader *reader, const struct c_token *word)
{
  if (c_token_is(word, "endif")) {
    if (reader->levels->len == 0)
      scan_refuse(scan);
    else
      g_array_set_size(reader->levels, reader->levels->len - 1);
  } else if (g_str_has_prefix(word->text, "if")) {
    open_level(scan, reader, word);
  } else {
    next_arm(scan, reader, word);
  }
  reader->record->has_dead = reader->record->has_dead || conditions_is_dead(reader);
}
