#include "analyzer/prefixes_directives.h"

#include <string.h>

enum { MAX_DIRECTIVES = 64, MAX_CONDITIONAL_LINES = 200 };

/* Behind blanks and comments, or the end. */
static const char *skip_blanks(const char *at, const char *end)
{
  while (at < end) {
    if (g_ascii_isspace(*at)) {
      at++;
    } else if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
      const char *line = memchr(at, '\n', (size_t)(end - at));
      at = line != NULL ? line : end;
      if (line != NULL && line[-1] == '\\')
        return end; /* a comment that goes on in the next line: leave it alone */
    } else if (end - at >= 2 && at[0] == '/' && at[1] == '*') {
      const char *close = g_strstr_len(at + 2, end - at - 2, "*/");
      at = close != NULL ? close + 2 : end;
    } else {
      break;
    }
  }
  return at;
}

/* What a directive does: its word, and what stands behind it. */
enum directive_kind { OTHER, INCLUDE, MACRO, IF, ELSE, ENDIF };

static enum directive_kind kind_of(const char *line)
{
  static const struct {
    const char *word;
    enum directive_kind kind;
  } words[] = {{"include", INCLUDE}, {"define", MACRO}, {"undef", MACRO},
               {"if", IF},           {"ifdef", IF},     {"ifndef", IF},
               {"elif", ELSE},       {"else", ELSE},    {"endif", ENDIF}};
  if (*line != '#')
    return OTHER;
  const char *at = line + 1;
  while (*at == ' ' || *at == '\t')
    at++;
  for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
    size_t length = strlen(words[i].word);
    if (strncmp(at, words[i].word, length) != 0 || g_ascii_isalnum(at[length]) || at[length] == '_')
      continue;
    at += length;
    while (*at == ' ' || *at == '\t')
      at++;
    return words[i].kind != INCLUDE || *at == '"' || *at == '<' ? words[i].kind : OTHER;
  }
  return OTHER;
}

/* Whether a condition asks where it stands. */
static bool asks_for_place(const char *line)
{
  static const char *const names[] = {"__has_", "__FILE",    "__BASE_FILE",
                                      "__LINE", "__COUNTER", "__INCLUDE"};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    if (strstr(line, names[i]) != NULL)
      return true;
  }
  return false;
}

/* One line without the comment behind it; NULL where it goes on or a comment leaves it open. */
static char *whole_line(const char *start, const char *stop)
{
  g_autofree char *line = g_strndup(start, (size_t)(stop - start));
  char *comment = strstr(line, "/*");
  char *other = strstr(line, "//");
  if (strchr(line, '\\') != NULL || strstr(line, "?\?") != NULL)
    return NULL;
  if (comment != NULL && (other == NULL || comment < other)) {
    char *close = strstr(comment + 2, "*/");
    if (close == NULL || *g_strstrip(close + 2) != '\0')
      return NULL;
    *comment = '\0';
  } else if (other != NULL && strchr(line, '"') == NULL && strchr(line, '<') == NULL) {
    *other = '\0';
  } else if (other != NULL) {
    return NULL; /* it may stand inside a path or a literal */
  }
  return g_strdup(g_strstrip(line));
}

/* Where a source is read. */
struct reader {
  const char *at, *end;
  const char *counted; /* up to here the lines are counted */
  guint line;
};

/* The next directive, of one line, and its number; NULL where something else stands there. */
static char *next_directive(struct reader *reader, guint *number)
{
  const char *at = skip_blanks(reader->at, reader->end);
  const char *stop =
      at < reader->end && *at == '#' ? memchr(at, '\n', (size_t)(reader->end - at)) : NULL;
  if (stop == NULL || memchr(at, '\0', (size_t)(stop - at)) != NULL)
    return NULL;
  for (; reader->counted < at; reader->counted++)
    reader->line += *reader->counted == '\n';
  *number = reader->line;
  reader->at = stop;
  return whole_line(at, stop);
}

/* A conditional up to its end; NULL where it holds anything but directives. `first` is taken. */
static char *whole_conditional(struct reader *reader, char *first, guint *number)
{
  g_autoptr(GString) text = g_string_new(NULL);
  g_autofree char *line = first;
  guint depth = 0;
  for (guint n = 0; line != NULL && n < MAX_CONDITIONAL_LINES; n++) {
    enum directive_kind kind = kind_of(line);
    if (kind == OTHER || ((kind == IF || kind == ELSE) && asks_for_place(line)))
      return NULL;
    g_string_append_printf(text, "%s%s", n > 0 ? "\n" : "", line);
    depth += kind == IF;
    depth -= kind == ENDIF;
    if (depth == 0)
      return g_string_free(g_steal_pointer(&text), FALSE);
    g_free(line);
    line = next_directive(reader, number);
  }
  return NULL;
}

bool directive_includes(const char *directive)
{
  for (const char *line = directive; line != NULL; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (kind_of(line) == INCLUDE)
      return true;
  }
  return false;
}

GPtrArray *directive_quoted(const char *directive)
{
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  g_auto(GStrv) lines = g_strsplit(directive, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    const char *start = kind_of(*line) == INCLUDE ? strchr(*line, '"') : NULL;
    const char *end = start != NULL ? strchr(start + 1, '"') : NULL;
    if (end != NULL)
      g_ptr_array_add(names, g_strndup(start + 1, (gsize)(end - start - 1)));
  }
  return names;
}

GPtrArray *prefixes_directives(const char *source, size_t size, GArray *lines)
{
  GPtrArray *directives = g_ptr_array_new_with_free_func(g_free);
  struct reader reader = {source, source + size, source, 1};
  while (directives->len < MAX_DIRECTIVES) {
    guint number = 0;
    char *directive = next_directive(&reader, &number);
    enum directive_kind kind = directive != NULL ? kind_of(directive) : OTHER;
    if (kind == IF) {
      directive = whole_conditional(&reader, directive, &number);
    } else if (kind != INCLUDE && kind != MACRO) {
      g_clear_pointer(&directive, g_free);
    }
    if (directive == NULL)
      break;
    g_ptr_array_add(directives, directive);
    if (lines != NULL)
      g_array_append_val(lines, number);
  }
  /* What stands behind the last include is read with the source itself. */
  while (directives->len > 0 && !directive_includes(directives->pdata[directives->len - 1]))
    g_ptr_array_remove_index(directives, directives->len - 1);
  return directives;
}
