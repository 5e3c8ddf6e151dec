#include "splitter/generate/c_writer.h"

#include <string.h>

static const char *const keywords[] = {"alignas",
                                       "alignof",
                                       "auto",
                                       "bool",
                                       "break",
                                       "case",
                                       "char",
                                       "const",
                                       "continue",
                                       "default",
                                       "do",
                                       "double",
                                       "else",
                                       "enum",
                                       "extern",
                                       "float",
                                       "for",
                                       "goto",
                                       "if",
                                       "inline",
                                       "int",
                                       "long",
                                       "register",
                                       "restrict",
                                       "return",
                                       "short",
                                       "signed",
                                       "sizeof",
                                       "static",
                                       "struct",
                                       "switch",
                                       "typedef",
                                       "typeof",
                                       "union",
                                       "unsigned",
                                       "void",
                                       "volatile",
                                       "while",
                                       "_Alignas",
                                       "_Alignof",
                                       "_Atomic",
                                       "_Bool",
                                       "_Complex",
                                       "_Generic",
                                       "_Noreturn",
                                       "_Static_assert",
                                       "_Thread_local",
                                       NULL};

void c_writer_init(struct c_writer *writer)
{
  writer->text = g_string_new(NULL);
  writer->depth = 0;
}

void c_writer_clear(struct c_writer *writer)
{
  if (writer->text) {
    g_string_free(writer->text, TRUE);
  }
  writer->text = NULL;
}

static void indent(struct c_writer *writer)
{
  for (unsigned i = 0; i < writer->depth; i++) {
    g_string_append(writer->text, "  ");
  }
}

G_GNUC_PRINTF(2, 0)
static void write_line(struct c_writer *writer, const char *format, va_list arguments,
                       const char *tail)
{
  g_autofree char *line = g_strdup_vprintf(format, arguments);
  if (*line || *tail) {
    indent(writer);
  }
  g_string_append(writer->text, line);
  g_string_append(writer->text, tail);
  g_string_append_c(writer->text, '\n');
}

void c_writer_line(struct c_writer *writer, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  write_line(writer, format, arguments, "");
  va_end(arguments);
}

void c_writer_open(struct c_writer *writer, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  write_line(writer, format, arguments, writer->depth == 0 ? "\n{" : " {");
  va_end(arguments);
  writer->depth++;
}

void c_writer_close(struct c_writer *writer, const char *tail)
{
  writer->depth--;
  indent(writer);
  g_string_append_printf(writer->text, "}%s\n", tail);
  if (g_str_has_suffix(tail, "{")) {
    writer->depth++;
  }
}

void c_writer_comment(struct c_writer *writer, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_autoptr(GString) safe = g_string_new(text);
  g_string_replace(safe, "*/", "* /", 0);
  g_string_replace(safe, "/*", "/ *", 0);
  g_string_replace(safe, "\\\n", "\\ \n", 0);
  g_string_replace(safe, "?\?/", "? ?/", 0);
  g_auto(GStrv) lines = g_strsplit(safe->str, "\n", -1);
  for (size_t i = 0; lines[i]; i++) {
    indent(writer);
    g_string_append_printf(writer->text, "%s %s%s\n", i == 0 ? "/*" : " *", lines[i],
                           lines[i + 1] ? "" : " */");
  }
}

char *c_literal(const char *text)
{
  GString *out = g_string_new("\"");
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    switch (*c) {
    case '"':
    case '\\':
      g_string_append_printf(out, "\\%c", *c);
      break;
    case '\n':
      g_string_append(out, "\\n");
      break;
    case '\t':
      g_string_append(out, "\\t");
      break;
    case '?':
      /* No trigraphs. */
      g_string_append(out, c[1] == '?' ? "\\?" : "?");
      break;
    default:
      if (*c < 0x20 || *c == 0x7f) {
        g_string_append_printf(out, "\\%03o", *c);
      } else {
        g_string_append_c(out, (char)*c);
      }
    }
  }
  g_string_append_c(out, '"');
  return g_string_free(out, FALSE);
}

static bool begins_identifier(char c)
{
  return g_ascii_isalpha(c) || c == '_';
}

static bool continues_identifier(char c)
{
  return g_ascii_isalnum(c) || c == '_';
}

bool c_is_identifier(const char *text)
{
  if (!begins_identifier(*text) || g_strv_contains(keywords, text)) {
    return false;
  }
  for (const char *c = text; *c; c++) {
    if (!continues_identifier(*c)) {
      return false;
    }
  }
  return true;
}

/* The character literal at TEXT: its length with both quotes, or 0. */
static size_t character_length(const char *text)
{
  size_t n = text[1] == '\\' ? 2 : 1;
  return text[1] && text[1] != '\'' && text[1] != '\n' && text[n] && text[n + 1] == '\'' ? n + 2
                                                                                         : 0;
}

bool c_is_expression(const char *text)
{
  int depth = 0;
  bool is_after_name = false;
  for (const char *c = text; *c; c++) {
    if (*c == '\'') {
      size_t n = character_length(c);
      if (n == 0) {
        return false;
      }
      c += n - 1;
      continue;
    }
    bool is_assignment = *c == '=' && c[1] != '=' && (c == text || !strchr("=!<>", c[-1]));
    bool is_step = (*c == '+' || *c == '-') && c[1] == *c;
    bool is_comment = *c == '/' && (c[1] == '*' || c[1] == '/');
    if (is_assignment || is_step || is_comment || (*c == '(' && is_after_name) ||
        !(g_ascii_isalnum(*c) || strchr("_ +-*/%().<>=!&|~^?:", *c))) {
      return false;
    }
    depth += *c == '(' ? 1 : *c == ')' ? -1 : 0;
    if (depth < 0) {
      return false;
    }
    if (g_ascii_isalnum(*c) || *c == '_') {
      const char *start = c;
      while (g_ascii_isalnum(c[1]) || c[1] == '_') {
        c++;
      }
      g_autofree char *word = g_strndup(start, (gsize)(c + 1 - start));
      is_after_name = strcmp(word, "sizeof") != 0;
      if (is_after_name && depth == 0 && g_strv_contains(keywords, word)) {
        return false; /* types stand in parentheses */
      }
    } else if (*c != ' ') {
      is_after_name = *c == ')';
    }
  }
  return depth == 0 && *text;
}

char *c_expression_with(const char *expression,
                        const char *(*find)(gpointer data, const char *name), gpointer data)
{
  GString *out = g_string_new(NULL);
  for (const char *c = expression; *c;) {
    const char *start = c;
    if (*c == '\'') {
      c += MAX(character_length(c), 1);
    } else if (g_ascii_isalnum(*c) || *c == '_') {
      while (g_ascii_isalnum(*c) || *c == '_') {
        c++;
      }
      bool is_member =
          start > expression && (start[-1] == '.' || (start[-1] == '>' && start - expression > 1));
      g_autofree char *name = g_strndup(start, (gsize)(c - start));
      const char *other = is_member || g_ascii_isdigit(*name) ? NULL : find(data, name);
      g_string_append(out, other ? other : name);
      continue;
    } else {
      c++;
    }
    g_string_append_len(out, start, c - start);
  }
  return g_string_free(out, FALSE);
}

char *c_identifier(const char *text)
{
  GString *out = g_string_new(NULL);
  if (!begins_identifier(*text)) {
    g_string_append_c(out, '_');
  }
  for (const char *c = text; *c; c++) {
    g_string_append_c(out, continues_identifier(*c) ? *c : '_');
  }
  return g_string_free(out, FALSE);
}

char *c_declarator(const char *type, const char *name)
{
  const char *inside = strstr(type, "(*");
  if (inside) {
    /* void (*)(int): the name stands behind the star and its qualifiers. */
    const char *end = strchr(inside, ')');
    if (end) {
      return g_strdup_printf("%.*s%s%s", (int)(end - type), type, name, end);
    }
  }
  const char *bracket = strchr(type, '[');
  if (bracket) {
    g_autofree char *element = g_strndup(type, (gsize)(bracket - type));
    g_strchomp(element);
    return g_strdup_printf("%s%s%s%s", element, g_str_has_suffix(element, "*") ? "" : " ", name,
                           bracket);
  }
  return g_strdup_printf("%s%s%s", type, g_str_has_suffix(type, "*") ? "" : " ", name);
}

static const char *skip_literal(const char *c)
{
  char quote = *c++;
  while (*c && *c != quote) {
    c += *c == '\\' && c[1] ? 2 : 1;
  }
  return *c ? c + 1 : c;
}

static int compare_names(gconstpointer left, gconstpointer right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

GPtrArray *c_identifiers_in(const char *expression)
{
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  bool is_member = false;
  for (const char *c = expression; *c;) {
    if (*c == '"' || *c == '\'') {
      c = skip_literal(c);
      is_member = false;
    } else if (begins_identifier(*c)) {
      const char *end = c;
      while (continues_identifier(*end)) {
        end++;
      }
      g_autofree char *name = g_strndup(c, (gsize)(end - c));
      if (!is_member && c_is_identifier(name) &&
          !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
        g_ptr_array_add(names, g_steal_pointer(&name));
      }
      is_member = false;
      c = end;
    } else if (g_ascii_isdigit(*c)) {
      while (continues_identifier(*c) || *c == '.') {
        c++;
      }
    } else {
      if (*c == '.' || (*c == '-' && c[1] == '>')) {
        is_member = true;
        c += *c == '.' ? 1 : 2;
        continue;
      }
      if (!g_ascii_isspace(*c)) {
        is_member = false;
      }
      c++;
    }
  }
  g_ptr_array_sort(names, compare_names);
  return names;
}
