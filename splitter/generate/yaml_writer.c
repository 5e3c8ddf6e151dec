#include "splitter/generate/yaml_writer.h"

#include <stdbool.h>
#include <string.h>

static void write_value(GString *out, const json_t *value, unsigned depth);

/* Words that YAML 1.1 or 1.2 readers take for booleans or null. */
static bool is_reserved(const char *text)
{
  static const char *const words[] = {"true", "false", "yes", "no",   "on", "off",
                                      "null", "y",     "n",   "none", "~",  NULL};
  for (size_t i = 0; words[i]; i++) {
    if (g_ascii_strcasecmp(text, words[i]) == 0) {
      return true;
    }
  }
  return false;
}

static bool is_plain(const char *text)
{
  if (!*text || is_reserved(text) || !g_ascii_isalpha(*text)) {
    /* Paths are common and safe. */
    if (*text != '/' && *text != '_') {
      return false;
    }
  }
  size_t n = strlen(text);
  for (size_t i = 0; i < n; i++) {
    char c = text[i];
    if (!g_ascii_isalnum(c) && !strchr("_-./ ()+=;<>$,", c)) {
      return false;
    }
  }
  return text[n - 1] != ' ' && !strstr(text, " #") && !strchr(text, ',');
}

static void write_string(GString *out, const char *text)
{
  if (is_plain(text)) {
    g_string_append(out, text);
    return;
  }
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  json_t *string = json_string(valid);
  char *quoted = json_dumps(string, JSON_ENCODE_ANY);
  g_string_append(out, quoted);
  free(quoted);
  json_decref(string);
}

static void indent(GString *out, unsigned depth)
{
  for (unsigned i = 0; i < depth; i++) {
    g_string_append(out, "  ");
  }
}

static void write_comment(GString *out, const char *text, unsigned depth)
{
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (size_t i = 0; lines[i]; i++) {
    if (i > 0) {
      indent(out, depth);
    }
    g_string_append_printf(out, "#%s%s\n", *lines[i] ? " " : "", lines[i]);
  }
}

static bool is_empty(const json_t *value)
{
  return (json_is_object(value) && json_object_size(value) == 0) ||
         (json_is_array(value) && json_array_size(value) == 0);
}

/* A small mapping or list of scalars that fits on a line. */
static bool is_short(const json_t *value)
{
  if (!json_is_array(value) || json_array_size(value) > 8) {
    return false;
  }
  size_t n = 0;
  for (size_t i = 0; i < json_array_size(value); i++) {
    const json_t *item = json_array_get(value, i);
    if (json_is_object(item) || json_is_array(item)) {
      return false;
    }
    n += json_is_string(item) ? json_string_length(item) + 4 : 8;
  }
  return n < 72;
}

static void write_scalar(GString *out, const json_t *value)
{
  if (json_is_string(value)) {
    write_string(out, json_string_value(value));
    return;
  }
  if (is_empty(value)) {
    g_string_append(out, json_is_object(value) ? "{}" : "[]");
    return;
  }
  char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
  g_string_append(out, text);
  free(text);
}

static void write_short(GString *out, const json_t *list)
{
  g_string_append_c(out, '[');
  for (size_t i = 0; i < json_array_size(list); i++) {
    g_string_append(out, i > 0 ? ", " : "");
    write_scalar(out, json_array_get(list, i));
  }
  g_string_append_c(out, ']');
}

/* What stands behind "key:" or "-": on the same line or below. */
static void write_member(GString *out, const json_t *value, unsigned depth, bool is_item)
{
  if (is_empty(value) || (!json_is_object(value) && !json_is_array(value))) {
    g_string_append_c(out, ' ');
    write_scalar(out, value);
    g_string_append_c(out, '\n');
  } else if (is_short(value)) {
    g_string_append_c(out, ' ');
    write_short(out, value);
    g_string_append_c(out, '\n');
  } else if (is_item) {
    g_string_append_c(out, ' ');
    write_value(out, value, depth + 1);
  } else {
    g_string_append_c(out, '\n');
    indent(out, depth + 1);
    write_value(out, value, depth + 1);
  }
}

/* The first line is already indented. */
static void write_value(GString *out, const json_t *value, unsigned depth)
{
  bool is_first = true;
  if (json_is_object(value)) {
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key, member)
    {
      if (!is_first) {
        indent(out, depth);
      }
      is_first = false;
      if (*key == '#') {
        write_comment(out, json_string_value(member), depth);
        continue;
      }
      write_string(out, key);
      g_string_append_c(out, ':');
      write_member(out, member, depth, false);
    }
    return;
  }
  for (size_t i = 0; i < json_array_size(value); i++) {
    if (!is_first) {
      indent(out, depth);
    }
    is_first = false;
    g_string_append_c(out, '-');
    write_member(out, json_array_get(value, i), depth, true);
  }
}

char *yaml_write(const json_t *root)
{
  GString *out = g_string_new(NULL);
  if (is_empty(root) || (!json_is_object(root) && !json_is_array(root))) {
    write_scalar(out, root);
    g_string_append_c(out, '\n');
  } else {
    write_value(out, root, 0);
  }
  return g_string_free(out, FALSE);
}
