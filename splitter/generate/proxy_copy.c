#include "splitter/generate/proxy_copy.h"

#include <string.h>

#include "splitter/generate/c_writer.h"

char *proxy_copy_name(const char *routine)
{
  return g_strconcat("cleave_local_", routine, NULL);
}

/* Reads C outside of the preprocessor; knows where the declaration at hand began. */
struct reader {
  const char *text;
  gsize at;
  guint line;
  gsize start; /* of the declaration at hand */
  guint start_line;
  int braces;
  int parentheses;
  bool is_line_start;
};

static void step(struct reader *reader)
{
  if (reader->text[reader->at] == '\n') {
    reader->line++;
    reader->is_line_start = true;
  }
  reader->at++;
}

static void skip_to(struct reader *reader, gsize end)
{
  while (reader->at < end && reader->text[reader->at]) {
    step(reader);
  }
}

static gsize end_of_comment(const char *text, gsize at)
{
  const char *end = text[at + 1] == '*' ? strstr(text + at + 2, "*/") : strchr(text + at, '\n');
  return end ? (gsize)(end - text) + (text[at + 1] == '*' ? 2 : 0) : at + strlen(text + at);
}

static gsize end_of_literal(const char *text, gsize at)
{
  char quote = text[at++];
  while (text[at] && text[at] != quote && text[at] != '\n') {
    at += text[at] == '\\' && text[at + 1] ? 2 : 1;
  }
  return text[at] == quote ? at + 1 : at;
}

/* A directive with its continued lines; comments in it may span lines. */
static gsize end_of_directive(const char *text, gsize at)
{
  while (text[at] && text[at] != '\n') {
    if (text[at] == '\\' && text[at + 1] == '\n') {
      at += 2;
    } else if (text[at] == '/' && text[at + 1] == '*') {
      at = end_of_comment(text, at);
    } else {
      at++;
    }
  }
  return at;
}

/* Comments, white space and directives at the reader's place; literals when asked for. */
static bool skip_blank(struct reader *reader)
{
  const char *here = reader->text + reader->at;
  if (g_ascii_isspace(*here)) {
    step(reader);
  } else if (here[0] == '/' && (here[1] == '*' || here[1] == '/')) {
    skip_to(reader, end_of_comment(reader->text, reader->at));
  } else if (*here == '#' && reader->is_line_start) {
    skip_to(reader, end_of_directive(reader->text, reader->at));
    reader->start = 0;
  } else {
    return false;
  }
  return true;
}

/* The reader stands on a token; the declaration at hand begins here if none has begun. */
static void begin_declaration(struct reader *reader)
{
  if (reader->start == 0 && reader->braces == 0 && reader->parentheses == 0) {
    reader->start = reader->at + 1; /* 0 means none: kept one too large */
    reader->start_line = reader->line;
  }
  reader->is_line_start = false;
}

static void take_token(struct reader *reader)
{
  char here = reader->text[reader->at];
  begin_declaration(reader);
  if (here == '"' || here == '\'') {
    skip_to(reader, end_of_literal(reader->text, reader->at));
    return;
  }
  reader->braces += here == '{' ? 1 : here == '}' ? -1 : 0;
  reader->parentheses += here == '(' ? 1 : here == ')' ? -1 : 0;
  if ((here == ';' || here == '}') && reader->braces == 0 && reader->parentheses == 0) {
    reader->start = 0;
  }
  step(reader);
}

static bool is_word(char letter)
{
  return g_ascii_isalnum(letter) || letter == '_';
}

/* Behind the parameters: only attributes may stand before the body. */
static bool reaches_body(const char *text, gsize at)
{
  struct reader reader = {.text = text, .at = at};
  while (text[reader.at]) {
    if (skip_blank(&reader)) {
      continue;
    }
    char here = text[reader.at];
    if (here == '{') {
      return true;
    }
    gsize n = 0;
    while (is_word(text[reader.at + n])) {
      n++;
    }
    bool is_attribute = n >= 9 && strncmp(text + reader.at, "__attribute", 11) == 0;
    if (n > 0 && !is_attribute) {
      return false; /* parameters declared in the old way, or a macro */
    }
    if (n > 0) {
      skip_to(&reader, reader.at + n);
      continue;
    }
    if (here != '(') {
      return false;
    }
    int depth = 0;
    do {
      depth += text[reader.at] == '(' ? 1 : text[reader.at] == ')' ? -1 : 0;
      step(&reader);
    } while (text[reader.at] && depth > 0);
  }
  return false;
}

/* Behind the parenthesis that closes the one at the reader's place; 0 when it is not closed. */
static gsize end_of_parameters(struct reader *reader)
{
  int depth = 0;
  while (reader->text[reader->at]) {
    char here = reader->text[reader->at];
    if (skip_blank(reader)) {
      continue;
    }
    reader->is_line_start = false;
    if (here == '"' || here == '\'') {
      skip_to(reader, end_of_literal(reader->text, reader->at));
      continue;
    }
    depth += here == '(' ? 1 : here == ')' ? -1 : 0;
    step(reader);
    if (depth == 0) {
      return reader->at;
    }
  }
  return 0;
}

char *proxy_copy_find(const char *text, const struct fact_routine *routine,
                      struct definition *definition)
{
  struct reader reader = {.text = text, .line = 1, .is_line_start = true};
  gsize n = strlen(routine->name);
  while (text[reader.at] && reader.line <= (guint)routine->line) {
    if (skip_blank(&reader)) {
      continue;
    }
    bool is_name = reader.line == (guint)routine->line && reader.braces == 0 &&
                   reader.parentheses == 0 && strncmp(text + reader.at, routine->name, n) == 0 &&
                   !is_word(text[reader.at + n]) &&
                   (reader.at == 0 || !is_word(text[reader.at - 1]));
    if (!is_name) {
      take_token(&reader);
      continue;
    }
    definition->routine = routine;
    definition->name = reader.at;
    definition->start = reader.start > 0 ? reader.start - 1 : reader.at;
    definition->line = reader.start > 0 ? reader.start_line : reader.line;
    skip_to(&reader, reader.at + n);
    while (text[reader.at] && skip_blank(&reader)) {
    }
    definition->end = text[reader.at] == '(' ? end_of_parameters(&reader) : 0;
    if (definition->end == 0 || definition->start == definition->name) {
      break;
    }
    if (!reaches_body(text, definition->end)) {
      return g_strdup_printf("the body of %s does not stand behind its parameters", routine->name);
    }
    return NULL;
  }
  return g_strdup_printf("the definition of %s is not found as text: a macro makes it, or the file "
                         "has changed since it was analysed",
                         routine->name);
}

static int compare_definitions(gconstpointer left, gconstpointer right)
{
  const struct definition *a = left;
  const struct definition *b = right;
  return a->start < b->start ? -1 : a->start > b->start;
}

static void append_line(GString *out, guint line, const char *file)
{
  g_autofree char *literal = c_literal(file);
  g_string_append_printf(out, "#line %u %s\n", line, literal);
}

char *proxy_copy_make(const char *text, const char *file, const GArray *definitions)
{
  g_autoptr(GArray) sorted = g_array_copy((GArray *)definitions);
  GString *out = g_string_new(NULL);
  gsize at = 0;
  g_array_sort(sorted, compare_definitions);
  append_line(out, 1, file);
  for (guint i = 0; i < sorted->len; i++) {
    const struct definition *definition = &g_array_index(sorted, struct definition, i);
    const char *name = definition->routine->name;
    g_autofree char *local = proxy_copy_name(name);
    g_string_append_len(out, text + at, (gssize)(definition->start - at));
    g_string_append_c(out, '\n');
    append_line(out, definition->line, file);
    g_string_append_len(out, text + definition->start,
                        (gssize)(definition->end - definition->start));
    g_string_append(out, ";\n");
    append_line(out, definition->line, file);
    g_string_append_len(out, text + definition->start,
                        (gssize)(definition->name - definition->start));
    g_string_append(out, local);
    at = definition->name + strlen(name);
  }
  g_string_append(out, text + at);
  if (out->str[out->len - 1] != '\n') {
    g_string_append_c(out, '\n');
  }
  return g_string_free(out, FALSE);
}
