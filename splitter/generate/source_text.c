#include "splitter/generate/source_text.h"

#include <string.h>

#include "splitter/generate/source_text_internal.h"

#define SIZE_LIMIT (16u << 20)

void source_texts_init(struct source_texts *texts, const char *root)
{
  texts->root = g_strdup(root ? root : ".");
  texts->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void source_texts_clear(struct source_texts *texts)
{
  g_clear_pointer(&texts->root, g_free);
  g_clear_pointer(&texts->files, g_hash_table_unref);
}

char *source_blank_out(const char *text)
{
  char *out = g_strdup(text);
  bool is_line_start = true;
  for (char *c = out; *c;) {
    if (c[0] == '/' && (c[1] == '*' || c[1] == '/')) {
      const char *end = c[1] == '*' ? strstr(c + 2, "*/") : strchr(c, '\n');
      size_t n = end ? (size_t)(end - c) + (c[1] == '*' ? 2 : 0) : strlen(c);
      for (size_t i = 0; i < n; i++) {
        c[i] = c[i] == '\n' ? '\n' : ' ';
      }
      c += n;
    } else if (*c == '"' || *c == '\'') {
      char quote = *c++;
      while (*c && *c != quote && *c != '\n') {
        bool is_escape = *c == '\\' && c[1] && c[1] != '\n';
        *c++ = ' ';
        if (is_escape) {
          *c++ = ' ';
        }
      }
      c += *c == quote;
      is_line_start = false;
    } else if (*c == '#' && is_line_start) {
      while (*c && *c != '\n') {
        bool is_continued = *c == '\\' && c[1] == '\n';
        *c++ = ' ';
        c += is_continued;
      }
    } else {
      is_line_start = *c == '\n' || (is_line_start && g_ascii_isspace(*c));
      c++;
    }
  }
  return out;
}

const char *source_texts_file(struct source_texts *texts, const char *file)
{
  gpointer text = NULL;
  if (g_hash_table_lookup_extended(texts->files, file, NULL, &text)) {
    return text;
  }
  g_autofree char *path =
      g_path_is_absolute(file) ? g_strdup(file) : g_build_filename(texts->root, file, NULL);
  char *contents = NULL;
  gsize length = 0;
  if (!g_file_get_contents(path, &contents, &length, NULL) || length > SIZE_LIMIT) {
    g_clear_pointer(&contents, g_free);
  }
  g_hash_table_insert(texts->files, g_strdup(file), contents);
  return contents;
}

char *source_texts_line(struct source_texts *texts, const char *file, int64_t line)
{
  const char *start = source_texts_file(texts, file);
  for (int64_t i = 1; start && i < line; i++) {
    start = strchr(start, '\n');
    start = start ? start + 1 : NULL;
  }
  return start && line >= 1 ? g_strndup(start, strcspn(start, "\n")) : NULL;
}

void source_call_clear(struct source_call *call)
{
  g_clear_pointer(&call->expression, g_free);
  g_clear_pointer(&call->assigned, g_free);
  g_clear_pointer(&call->fails, g_free);
}

bool source_is_word(char c)
{
  return g_ascii_isalnum(c) || c == '_';
}

/* NAME as a whole word in [from, to). */
static const char *find_word(const char *start, const char *from, const char *to, const char *name)
{
  size_t n = strlen(name);
  for (const char *c = from; c < to && (c = strstr(c, name)) && c < to; c++) {
    if ((c == start || !source_is_word(c[-1])) && !source_is_word(c[n])) {
      return c;
    }
  }
  return NULL;
}

const char *source_skip_parentheses(const char *open)
{
  int depth = 0;
  for (const char *c = open; *c; c++) {
    depth += *c == '(' ? 1 : *c == ')' ? -1 : 0;
    if (depth == 0) {
      return c + 1;
    }
  }
  return NULL;
}

static char *squeeze(const char *from, const char *to)
{
  GString *out = g_string_new(NULL);
  for (const char *c = from; c < to; c++) {
    if (!g_ascii_isspace(*c)) {
      g_string_append_c(out, *c);
    } else if (out->len > 0 && out->str[out->len - 1] != ' ') {
      g_string_append_c(out, ' ');
    }
  }
  while (out->len > 0 && out->str[out->len - 1] == ' ') {
    g_string_truncate(out, out->len - 1);
  }
  return g_string_free(out, FALSE);
}

/* The text from AT on, N bytes, with white space and comments made single blanks and literals as
 * they are. BLANK is the same text blanked out: what it leaves of a literal are its quotes. */
static char *squeeze_source(const char *at, const char *blank, size_t n)
{
  GString *out = g_string_new(NULL);
  char quote = '\0';
  for (size_t i = 0; i < n; i++) {
    bool is_quote = blank[i] == '"' || blank[i] == '\'';
    if (quote != '\0' || is_quote || !g_ascii_isspace(blank[i])) {
      g_string_append_c(out, at[i]);
    } else if (out->len > 0 && out->str[out->len - 1] != ' ') {
      g_string_append_c(out, ' ');
    }
    if (is_quote) {
      quote = quote == '\0' ? blank[i] : quote == blank[i] ? '\0' : quote;
    }
  }
  return g_string_free(out, FALSE);
}

/* Where the statement with AT begins: behind the last ';', '{' or '}' that is not inside
 * parentheses. */
static const char *statement_start(const char *text, const char *at)
{
  int depth = 0;
  const char *c = at;
  for (; c > text; c--) {
    char before = c[-1];
    if (before == ')') {
      depth++;
    } else if (before == '(') {
      depth--;
    } else if (depth <= 0 && (before == ';' || before == '{' || before == '}')) {
      break;
    }
  }
  while (c < at && g_ascii_isspace(*c)) {
    c++;
  }
  return c;
}

/* The part of a condition that holds [from, to): up to "||", "&&" or the parenthesis around.
 * CONDITION is where its own parenthesis stands. */
static void find_term(const char *condition, const char *from, const char *to, const char **begin,
                      const char **end)
{
  int depth = 0;
  const char *b = from;
  for (; b > condition + 1; b--) {
    char before = b[-1];
    if (before == ')') {
      depth++;
    } else if (before == '(') {
      depth--;
      if (depth < 0) {
        break;
      }
    } else if (depth == 0 && (before == '|' || before == '&') && b[-2] == before) {
      break;
    }
  }
  depth = 0;
  const char *e = to;
  for (; *e; e++) {
    if (*e == '(') {
      depth++;
    } else if (*e == ')' && --depth < 0) {
      break;
    } else if (depth == 0 && (*e == '|' || *e == '&') && e[1] == *e) {
      break;
    }
  }
  *begin = b;
  *end = e;
}

/* Whether what follows a condition gives up: leaves the routine or the program. */
static bool gives_up(const char *after)
{
  static const char *const words[] = {"return", "exit", "_exit", "abort", "goto", "die",
                                      "fatal",  "err",  "errx",  "usage", "fail", NULL};
  const char *end = after;
  while (g_ascii_isspace(*end)) {
    end++;
  }
  if (*end == '{') {
    int depth = 0;
    for (; *end; end++) {
      depth += *end == '{' ? 1 : *end == '}' ? -1 : 0;
      if (depth == 0) {
        break;
      }
    }
  } else {
    while (*end && *end != ';') {
      end++;
    }
  }
  for (size_t i = 0; words[i]; i++) {
    if (find_word(after, after, end, words[i])) {
      return true;
    }
  }
  return false;
}

static bool begins_with_word(const char *text, const char *word)
{
  size_t n = strlen(word);
  return strncmp(text, word, n) == 0 && !source_is_word(text[n]);
}

/* "x = " before the call, when nothing else stands there. */
static char *read_assigned(const char *from, const char *at)
{
  const char *equals = at;
  while (equals > from && g_ascii_isspace(equals[-1])) {
    equals--;
  }
  if (equals <= from || equals[-1] != '=') {
    return NULL;
  }
  equals--;
  if (equals > from && strchr("=!<>+-*/%&|^", equals[-1])) {
    return NULL;
  }
  const char *begin = from;
  while (begin < equals && (g_ascii_isspace(*begin) || *begin == '(')) {
    begin++;
  }
  return squeeze(begin, equals);
}

/* Reads the condition of "if (...)" in which the call at [from, to) stands. */
static void read_condition(const char *condition, const char *from, const char *to,
                           struct source_call *call)
{
  const char *begin = NULL;
  const char *end = NULL;
  const char *left = from;
  const char *right = to;
  call->is_tested = true;
  /* (x = call(...)) is one unit. */
  const char *term_begin = NULL;
  const char *term_end = NULL;
  find_term(condition, from, to, &term_begin, &term_end);
  char *assigned = read_assigned(term_begin, from);
  if (assigned && *term_end == ')' && term_begin > condition + 1) {
    left = term_begin;
    right = term_end;
    find_term(condition, left - 1, right + 1, &begin, &end);
    call->assigned = assigned;
  } else {
    g_free(assigned);
    begin = term_begin;
    end = term_end;
  }
  const char *after = source_skip_parentheses(condition);
  if (!after || !gives_up(after)) {
    return;
  }
  g_autofree char *before = squeeze(begin, left);
  g_autofree char *behind = squeeze(right, end);
  call->fails = g_strdup_printf("%s%sresult%s%s", before,
                                *before && !strchr("!(", before[strlen(before) - 1]) ? " " : "",
                                *behind && *behind != ')' ? " " : "", behind);
}

/* Depth of braces between the routine's beginning and AT; a routine's brace stands in column 1 or
 * behind ')' at depth 0. */
static int brace_depth(const char *blank, const char *at)
{
  int depth = 0;
  for (const char *c = blank; c < at; c++) {
    depth += *c == '{' ? 1 : *c == '}' ? -1 : 0;
  }
  return depth;
}

const char *source_find_call(const char *blank, int64_t line, int64_t column, const char *callee)
{
  const char *start = blank;
  for (int64_t i = 1; i < line && start; i++) {
    start = strchr(start, '\n');
    start = start ? start + 1 : NULL;
  }
  if (!start) {
    return NULL;
  }
  const char *end = strchr(start, '\n');
  end = end ? end : start + strlen(start);
  const char *from = column > 1 && column - 1 < end - start ? start + column - 1 : start;
  const char *found = find_word(blank, from, end, callee);
  return found ? found : find_word(blank, start, end, callee);
}

bool source_texts_call(struct source_texts *texts, const char *file, int64_t line, int64_t column,
                       const char *callee, struct source_call *call)
{
  memset(call, 0, sizeof *call);
  const char *text = source_texts_file(texts, file);
  if (!text) {
    return false;
  }
  g_autofree char *blank = source_blank_out(text);
  const char *at = source_find_call(blank, line, column, callee);
  const char *open = at ? at + strlen(callee) : NULL;
  while (open && g_ascii_isspace(*open)) {
    open++;
  }
  const char *end = open && *open == '(' ? source_skip_parentheses(open) : NULL;
  if (!end) {
    return false;
  }
  call->expression = squeeze_source(text + (at - blank), at, (size_t)(end - at));
  call->is_conditional = brace_depth(blank, at) > 1;
  const char *statement = statement_start(blank, at);
  bool is_if = begins_with_word(statement, "if") || begins_with_word(statement, "while");
  const char *condition = is_if ? strchr(statement, '(') : NULL;
  const char *behind = condition ? source_skip_parentheses(condition) : NULL;
  if (behind && at > condition && at < behind) {
    read_condition(condition, at, end, call);
  } else if (is_if || begins_with_word(statement, "for") || begins_with_word(statement, "else") ||
             begins_with_word(statement, "switch") || begins_with_word(statement, "case")) {
    call->is_conditional = true;
  } else {
    call->assigned = read_assigned(statement, at);
    while (g_ascii_isspace(*end)) {
      end++;
    }
    if (*end != ';' && !call->assigned) {
      call->is_tested = true;
    }
  }
  return true;
}

char **source_call_arguments(const char *expression)
{
  g_autofree char *blank = source_blank_out(expression);
  GPtrArray *arguments = g_ptr_array_new();
  const char *open = strchr(blank, '(');
  const char *end = open ? source_skip_parentheses(open) : NULL;
  const char *begin = open ? open + 1 : blank;
  int depth = 0;
  for (const char *c = begin; end && c < end; c++) {
    bool is_last = c + 1 == end;
    if (is_last || (*c == ',' && depth == 0)) {
      char *argument = g_strndup(expression + (begin - blank), (gsize)(c - begin));
      if (!is_last || arguments->len > 0 || *g_strstrip(argument) != '\0') {
        g_ptr_array_add(arguments, g_strstrip(argument));
      } else {
        g_free(argument);
      }
      begin = c + 1;
    }
    depth += *c == '(' || *c == '[' || *c == '{' ? 1 : *c == ')' || *c == ']' || *c == '}' ? -1 : 0;
  }
  g_ptr_array_add(arguments, NULL);
  return (char **)g_ptr_array_free(arguments, FALSE);
}
