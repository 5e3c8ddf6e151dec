#include "base/yaml.h"

#include "base/nearest.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#define SIZE_LIMIT (4 << 20)
/* What people write is flat; what is deeper than this would only use up the stack. */
#define DEPTH_LIMIT 64

G_DEFINE_QUARK(cleave - yaml - error - quark, yaml_error)

struct yaml_node {
  enum { SCALAR, SEQUENCE, MAPPING } kind;
  unsigned line; /* both from 1 */
  unsigned column;
  char *text;       /* of a scalar */
  GPtrArray *keys;  /* struct yaml_node, of a mapping */
  GPtrArray *items; /* struct yaml_node: elements of a sequence, or values by key, NULL where a key
                       has nothing behind it */
};

struct yaml_file {
  char *name;
  struct yaml_node *root;
};

static void node_free(gpointer data)
{
  struct yaml_node *node = data;
  if (node == NULL) {
    return;
  }
  g_free(node->text);
  g_clear_pointer(&node->keys, g_ptr_array_unref);
  g_clear_pointer(&node->items, g_ptr_array_unref);
  g_free(node);
}

/* ---- from events to nodes ---- */

struct reading {
  yaml_parser_t parser;
  const char *name;
};

static void refuse_at(const struct reading *reading, const yaml_mark_t *mark, GError **error,
                      const char *problem, const char *what)
{
  g_set_error(error, YAML_ERROR, YAML_ERROR_SYNTAX, "%s:%zu:%zu: %s%s%s", reading->name,
              mark->line + 1, mark->column + 1, problem, what != NULL ? " " : "",
              what != NULL ? what : "");
}

/* The next event; release with yaml_event_delete(). */
static bool next_event(struct reading *reading, yaml_event_t *event, GError **error)
{
  if (yaml_parser_parse(&reading->parser, event)) {
    return true;
  }
  const yaml_parser_t *parser = &reading->parser;
  const char *problem = parser->problem != NULL ? parser->problem : "not YAML";
  refuse_at(reading, &parser->problem_mark, error, problem, parser->context);
  return false;
}

static bool has_key(const GPtrArray *keys, const char *text)
{
  for (guint i = 0; i < keys->len; i++) {
    const struct yaml_node *key = g_ptr_array_index(keys, i);
    if (g_strcmp0(key->text, text) == 0) {
      return true;
    }
  }
  return false;
}

static struct yaml_node *read_node(struct reading *reading, unsigned depth, bool *is_end,
                                   GError **error);

/* What stands between the start and the end of a collection. */
static bool read_inside(struct reading *reading, struct yaml_node *node, unsigned depth,
                        GError **error)
{
  for (;;) {
    bool is_end = false;
    struct yaml_node *item = read_node(reading, depth, &is_end, error);
    if (item == NULL) {
      return is_end;
    }
    if (node->kind == SEQUENCE) {
      g_ptr_array_add(node->items, item);
      continue;
    }
    bool is_double = item->text != NULL && has_key(node->keys, item->text);
    g_ptr_array_add(node->keys, item);
    if (is_double) {
      const yaml_mark_t mark = {.line = item->line - 1, .column = item->column - 1};
      refuse_at(reading, &mark, error, "the key stands here twice:", item->text);
      return false;
    }
    struct yaml_node *value = read_node(reading, depth, &is_end, error);
    if (value == NULL) {
      return false;
    }
    if (value->kind == SCALAR && value->text == NULL) {
      g_clear_pointer(&value, node_free);
    }
    g_ptr_array_add(node->items, value);
  }
}

/* One node with all that is in it; NULL at the end of a collection (IS_END) or with an error. */
static struct yaml_node *read_node(struct reading *reading, unsigned depth, bool *is_end,
                                   GError **error)
{
  yaml_event_t event;
  if (!next_event(reading, &event, error)) {
    return NULL;
  }
  struct yaml_node *node = g_new0(struct yaml_node, 1);
  node->line = (unsigned)event.start_mark.line + 1;
  node->column = (unsigned)event.start_mark.column + 1;
  node->kind = event.type == YAML_MAPPING_START_EVENT    ? MAPPING
               : event.type == YAML_SEQUENCE_START_EVENT ? SEQUENCE
                                                         : SCALAR;
  bool is_good = false;
  if (event.type == YAML_SCALAR_EVENT) {
    bool is_nothing =
        event.data.scalar.length == 0 && event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    /* People are shown what is quoted, not the quote. */
    node->column += event.data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
                    event.data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    node->text = is_nothing ? NULL : g_strdup((const char *)event.data.scalar.value);
    is_good = true;
  } else if (node->kind != SCALAR && depth == DEPTH_LIMIT) {
    refuse_at(reading, &event.start_mark, error, "nested too deeply", NULL);
  } else if (node->kind != SCALAR) {
    node->keys = node->kind == MAPPING ? g_ptr_array_new_with_free_func(node_free) : NULL;
    node->items = g_ptr_array_new_with_free_func(node_free);
    is_good = read_inside(reading, node, depth + 1, error);
    const GPtrArray *inside = node->kind == MAPPING ? node->keys : node->items;
    if (is_good && inside->len > 0) {
      const struct yaml_node *first = g_ptr_array_index(inside, 0);
      node->line = first->line;
      node->column = first->column;
    }
  } else if (event.type == YAML_ALIAS_EVENT) {
    refuse_at(reading, &event.start_mark, error, "anchors and aliases are not supported", NULL);
  } else {
    *is_end = true;
  }
  yaml_event_delete(&event);
  if (!is_good) {
    g_clear_pointer(&node, node_free);
  }
  return node;
}

/* The type and place of the next event. */
static bool take(struct reading *reading, yaml_event_type_t *type, yaml_mark_t *mark,
                 GError **error)
{
  yaml_event_t event;
  if (!next_event(reading, &event, error)) {
    return false;
  }
  *type = event.type;
  *mark = event.start_mark;
  yaml_event_delete(&event);
  return true;
}

/* The only document of a file; NULL with an error. */
static struct yaml_node *read_document(struct reading *reading, GError **error)
{
  yaml_event_type_t type;
  yaml_mark_t mark;
  bool is_end = false;
  if (!take(reading, &type, &mark, error) || !take(reading, &type, &mark, error)) {
    return NULL;
  }
  if (type != YAML_DOCUMENT_START_EVENT) {
    refuse_at(reading, &mark, error, "not a YAML document", NULL);
    return NULL;
  }
  struct yaml_node *root = read_node(reading, 0, &is_end, error);
  if (root != NULL && take(reading, &type, &mark, error) && take(reading, &type, &mark, error)) {
    if (type == YAML_STREAM_END_EVENT) {
      return root;
    }
    refuse_at(reading, &mark, error, "a second document in one file", NULL);
  }
  node_free(root);
  return NULL;
}

/* ---- files ---- */

static bool check_version(const struct yaml_file *file, GError **error)
{
  struct yaml_node *root = yaml_file_root(file);
  if (!yaml_is_mapping(root)) {
    return yaml_refuse(file, root, error, "a mapping with 'version: 1' is expected");
  }
  struct yaml_node *version = yaml_get(root, "version");
  if (version == NULL) {
    return yaml_refuse(file, root, error, "'version: 1' is missing");
  }
  int64_t number = 0;
  if (!yaml_integer(file, version, 0, G_MAXINT32, &number, error)) {
    return false;
  }
  if (number != 1)
    return yaml_refuse(file, version, error, "version %d is not known, only 1 is", (int)number);
  return true;
}

static struct yaml_file *parse(const char *name, const char *text, size_t length, GError **error)
{
  if (!g_utf8_validate_len(text, length, NULL)) {
    g_set_error(error, YAML_ERROR, YAML_ERROR_SYNTAX, "%s:1:1: not UTF-8", name);
    return NULL;
  }
  struct reading reading = {.name = name};
  if (!yaml_parser_initialize(&reading.parser)) {
    g_error("out of memory");
  }
  yaml_parser_set_encoding(&reading.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&reading.parser, (const unsigned char *)text, length);
  struct yaml_node *root = read_document(&reading, error);
  yaml_parser_delete(&reading.parser);
  if (root == NULL) {
    return NULL;
  }
  struct yaml_file *file = g_new0(struct yaml_file, 1);
  file->name = g_strdup(name);
  file->root = root;
  if (check_version(file, error)) {
    return file;
  }
  yaml_file_free(file);
  return NULL;
}

struct yaml_file *yaml_file_parse(const char *name, const char *text, GError **error)
{
  return parse(name, text, strlen(text), error);
}

struct yaml_file *yaml_file_load(const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  g_autoptr(GError) reason = NULL;
  if (!g_file_get_contents(path, &text, &length, &reason)) {
    g_set_error(error, YAML_ERROR, YAML_ERROR_READ, "cannot read '%s': %s", path, reason->message);
    return NULL;
  }
  if (length > SIZE_LIMIT) {
    g_set_error(error, YAML_ERROR, YAML_ERROR_READ, "'%s' is larger than 4 MB", path);
    return NULL;
  }
  return parse(path, text, length, error);
}

void yaml_file_free(struct yaml_file *file)
{
  if (file == NULL) {
    return;
  }
  node_free(file->root);
  g_free(file->name);
  g_free(file);
}

struct yaml_node *yaml_file_root(const struct yaml_file *file)
{
  return file->root;
}

bool yaml_refuse(const struct yaml_file *file, struct yaml_node *node, GError **error,
                 const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  unsigned line = 0, column = 0;
  yaml_position(node, &line, &column);
  g_set_error(error, YAML_ERROR, YAML_ERROR_CONTENT, "%s:%u:%u: %s", file->name, line, column,
              message);
  return false;
}

bool yaml_check_keys(const struct yaml_file *file, struct yaml_node *node, const char *const *keys,
                     GError **error)
{
  if (!yaml_is_mapping(node)) {
    return yaml_refuse(file, node, error, "a mapping is expected");
  }
  for (guint i = 0; i < node->keys->len; i++) {
    struct yaml_node *key = g_ptr_array_index(node->keys, i);
    if (key->text == NULL) {
      return yaml_refuse(file, key, error, "a key must be a word");
    }
    if (!g_strv_contains(keys, key->text)) {
      const char *nearest = nearest_name(key->text, keys, g_strv_length((char **)keys));
      return yaml_refuse(file, key, error, "unknown key '%s'%s%s%s", key->text,
                         nearest ? ", did you mean '" : "", nearest ? nearest : "",
                         nearest ? "'?" : "");
    }
  }
  return true;
}

bool yaml_is_sequence(struct yaml_node *node)
{
  return node != NULL && node->kind == SEQUENCE;
}

bool yaml_is_mapping(struct yaml_node *node)
{
  return node != NULL && node->kind == MAPPING;
}

struct yaml_node *yaml_get(struct yaml_node *mapping, const char *key)
{
  for (size_t i = 0; i < yaml_n_entries(mapping); i++) {
    const struct yaml_node *name = g_ptr_array_index(mapping->keys, i);
    if (g_strcmp0(name->text, key) == 0) {
      return g_ptr_array_index(mapping->items, i);
    }
  }
  return NULL;
}

size_t yaml_n_entries(struct yaml_node *mapping)
{
  return yaml_is_mapping(mapping) ? mapping->keys->len : 0;
}

bool yaml_entry(const struct yaml_file *file, struct yaml_node *mapping, size_t index, char **key,
                struct yaml_node **key_node, struct yaml_node **value, GError **error)
{
  struct yaml_node *name = g_ptr_array_index(mapping->keys, index);
  if (key_node) {
    *key_node = name;
  }
  *value = g_ptr_array_index(mapping->items, index);
  return yaml_text(file, name, key, error);
}

void yaml_position(struct yaml_node *node, unsigned *line, unsigned *column)
{
  *line = node != NULL ? node->line : 1;
  *column = node != NULL ? node->column : 1;
}

size_t yaml_count(struct yaml_node *sequence)
{
  return yaml_is_sequence(sequence) ? sequence->items->len : 0;
}

struct yaml_node *yaml_item(struct yaml_node *sequence, size_t index)
{
  return g_ptr_array_index(sequence->items, index);
}

bool yaml_text(const struct yaml_file *file, struct yaml_node *node, char **text, GError **error)
{
  if (node == NULL || node->text == NULL) {
    return yaml_refuse(file, node, error, "a text is expected");
  }
  *text = g_strdup(node->text);
  return true;
}

bool yaml_integer(const struct yaml_file *file, struct yaml_node *node, int64_t low, int64_t high,
                  int64_t *value, GError **error)
{
  g_autofree char *text = NULL;
  if (!yaml_text(file, node, &text, error)) {
    return false;
  }
  char *end = NULL;
  errno = 0;
  int64_t number = g_ascii_strtoll(text, &end, 0);
  /* The first call in a process may wait for another thread's, which leaves EAGAIN behind. */
  if (end == text || *end != '\0' || errno == ERANGE) {
    return yaml_refuse(file, node, error, "'%s' is not a whole number", text);
  }
  if (number < low || number > high)
    return yaml_refuse(file, node, error,
                       "%s is not between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, text, low,
                       high);
  *value = number;
  return true;
}

bool yaml_number(const struct yaml_file *file, struct yaml_node *node, double low, double high,
                 double *value, GError **error)
{
  g_autofree char *text = NULL;
  if (!yaml_text(file, node, &text, error)) {
    return false;
  }
  char *end = NULL;
  double number = g_ascii_strtod(text, &end);
  if (end == text || *end != '\0') {
    return yaml_refuse(file, node, error, "'%s' is not a number", text);
  }
  if (!(number >= low && number <= high))
    return yaml_refuse(file, node, error, "%s is not between %g and %g", text, low, high);
  *value = number;
  return true;
}

bool yaml_boolean(const struct yaml_file *file, struct yaml_node *node, bool *value, GError **error)
{
  g_autofree char *text = NULL;
  if (!yaml_text(file, node, &text, error)) {
    return false;
  }
  if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
    return yaml_refuse(file, node, error, "'%s' is neither true nor false", text);
  *value = strcmp(text, "true") == 0;
  return true;
}
