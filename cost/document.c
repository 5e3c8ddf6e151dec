#include "cost/document.h"

#include <string.h>

#include "base/nearest.h"
#include "base/yaml.h"

#define MAX_DEPTH 32

static void node_free(gpointer data)
{
  struct node *node = data;
  g_free(node->text);
  g_clear_pointer(&node->keys, g_ptr_array_unref);
  g_clear_pointer(&node->values, g_ptr_array_unref);
  g_free(node);
}

static struct node *node_new(enum node_kind kind)
{
  struct node *node = g_new0(struct node, 1);
  node->kind = kind;
  node->line = 1;
  node->column = 1;
  if (kind != NODE_SCALAR) {
    node->values = g_ptr_array_new_with_free_func(node_free);
  }
  if (kind == NODE_MAPPING) {
    node->keys = g_ptr_array_new_with_free_func(node_free);
  }
  return node;
}

void document_free(struct document *document)
{
  if (document == NULL) {
    return;
  }
  g_free(document->name);
  if (document->root != NULL) {
    node_free(document->root);
  }
  g_free(document);
}

bool document_refuse(const struct document *document, const struct node *node, GError **error,
                     const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  g_set_error(error, YAML_ERROR, YAML_ERROR_CONTENT, "%s:%u:%u: %s", document->name, node->line,
              node->column, message);
  return false;
}

static struct node *node_convert(const struct yaml_file *file, struct yaml_node *source,
                                 unsigned int depth, GError **error);

static bool mapping_convert(const struct yaml_file *file, struct yaml_node *source,
                            struct node *node, unsigned int depth, GError **error)
{
  size_t n_entries = yaml_n_entries(source);
  for (size_t i = 0; i < n_entries; i++) {
    struct yaml_node *name = NULL;
    struct yaml_node *value = NULL;
    struct node *key = node_new(NODE_SCALAR);
    g_ptr_array_add(node->keys, key);
    if (!yaml_entry(file, source, i, &key->text, &name, &value, error)) {
      return false;
    }
    yaml_position(name, &key->line, &key->column);
    struct node *child = node_convert(file, value, depth + 1, error);
    if (child == NULL) {
      return false;
    }
    if (child->kind == NODE_SCALAR ? child->text[0] == '\0' : child->values->len == 0) {
      child->line = key->line; /* an empty value has no place of its own */
      child->column = key->column;
    }
    g_ptr_array_add(node->values, child);
  }
  return true;
}

static bool sequence_convert(const struct yaml_file *file, struct yaml_node *source,
                             struct node *node, unsigned int depth, GError **error)
{
  size_t n_items = yaml_count(source);
  for (size_t i = 0; i < n_items; i++) {
    struct node *child = node_convert(file, yaml_item(source, i), depth + 1, error);
    if (child == NULL) {
      return false;
    }
    g_ptr_array_add(node->values, child);
  }
  return true;
}

/* Nothing after "key:" is an empty scalar. */
static struct node *node_convert(const struct yaml_file *file, struct yaml_node *source,
                                 unsigned int depth, GError **error)
{
  enum node_kind kind = yaml_is_mapping(source)    ? NODE_MAPPING
                        : yaml_is_sequence(source) ? NODE_SEQUENCE
                                                   : NODE_SCALAR;
  struct node *node = node_new(kind);
  bool is_good = true;
  if (source == NULL) {
    node->text = g_strdup("");
    return node;
  }
  yaml_position(source, &node->line, &node->column);
  if (kind == NODE_SCALAR) {
    is_good = yaml_text(file, source, &node->text, error);
  } else if (depth >= MAX_DEPTH) {
    is_good = yaml_refuse(file, source, error, "nested too deeply");
  } else if (kind == NODE_MAPPING) {
    is_good = mapping_convert(file, source, node, depth, error);
  } else {
    is_good = sequence_convert(file, source, node, depth, error);
  }
  if (!is_good) {
    g_clear_pointer(&node, node_free);
  }
  return node;
}

static struct document *document_convert(struct yaml_file *file, const char *name, GError **error)
{
  if (file == NULL) {
    return NULL;
  }
  struct document *document = g_new0(struct document, 1);
  document->name = g_strdup(name);
  document->root = node_convert(file, yaml_file_root(file), 0, error);
  if (document->root == NULL) {
    g_clear_pointer(&document, document_free);
  }
  return document;
}

struct document *document_parse(const char *text, gsize length, const char *name, GError **error)
{
  if (memchr(text, '\0', length) != NULL || !g_utf8_validate(text, (gssize)length, NULL)) {
    g_set_error(error, YAML_ERROR, YAML_ERROR_SYNTAX, "%s:1:1: not a text file in UTF-8", name);
    return NULL;
  }
  g_autofree char *copy = g_strndup(text, length);
  g_autoptr(yaml_file_owner) file = yaml_file_parse(name, copy, error);
  return document_convert(file, name, error);
}

struct document *document_read(const char *path, GError **error)
{
  g_autoptr(yaml_file_owner) file = yaml_file_load(path, error);
  return document_convert(file, path, error);
}

bool document_expect(const struct document *document, const struct node *node, enum node_kind kind,
                     const char *what, GError **error)
{
  static const char *const names[] = {"a single value", "a mapping (key: value)", "a list"};
  if (node->kind == kind) {
    return true;
  }
  return document_refuse(document, node, error, "%s must be %s", what, names[kind]);
}

bool document_check_keys(const struct document *document, const struct node *mapping,
                         const char *const *keys, GError **error)
{
  for (unsigned int i = 0; i < mapping->keys->len; i++) {
    const struct node *key = mapping->keys->pdata[i];
    if (g_strv_contains(keys, key->text)) {
      continue;
    }
    const char *nearest = nearest_name(key->text, keys, g_strv_length((char **)keys));
    if (nearest != NULL) {
      return document_refuse(document, key, error, "unknown key '%s', did you mean '%s'?",
                             key->text, nearest);
    }
    g_autofree char *list = g_strjoinv(", ", (char **)keys);
    return document_refuse(document, key, error, "unknown key '%s', known: %s", key->text, list);
  }
  return true;
}

const struct node *node_find(const struct node *mapping, const char *key)
{
  if (mapping->kind != NODE_MAPPING) {
    return NULL;
  }
  for (unsigned int i = 0; i < mapping->keys->len; i++) {
    const struct node *name = mapping->keys->pdata[i];
    if (strcmp(name->text, key) == 0) {
      return mapping->values->pdata[i];
    }
  }
  return NULL;
}

const struct decimal *document_number(const struct document *document, const struct node *node,
                                      const char *what, const char *minimum, const char *maximum,
                                      struct decimal_pool *pool, GError **error)
{
  if (!document_expect(document, node, NODE_SCALAR, what, error)) {
    return NULL;
  }
  const struct decimal *value = decimal_parse(pool, node->text, NULL);
  if (value == NULL) {
    document_refuse(document, node, error, "%s must be a number, not '%.40s'", what, node->text);
    return NULL;
  }
  if (decimal_sign(value) < 0 && minimum != NULL && minimum[0] == '0') {
    document_refuse(document, node, error, "%s must not be negative", what);
    return NULL;
  }
  if (minimum != NULL && decimal_compare(value, decimal_literal(pool, minimum)) < 0) {
    document_refuse(document, node, error, "%s must be at least %s, not %s", what, minimum,
                    node->text);
    return NULL;
  }
  if (maximum != NULL && decimal_compare(value, decimal_literal(pool, maximum)) > 0) {
    document_refuse(document, node, error, "%s must be at most %s, not %s", what, maximum,
                    node->text);
    return NULL;
  }
  return value;
}

bool document_boolean(const struct document *document, const struct node *node, const char *what,
                      bool *value, GError **error)
{
  if (node->kind == NODE_SCALAR && strcmp(node->text, "true") == 0) {
    *value = true;
    return true;
  }
  if (node->kind == NODE_SCALAR && strcmp(node->text, "false") == 0) {
    *value = false;
    return true;
  }
  return document_refuse(document, node, error, "%s must be true or false", what);
}

const char *document_text(const struct document *document, const struct node *node,
                          const char *what, GError **error)
{
  if (!document_expect(document, node, NODE_SCALAR, what, error)) {
    return NULL;
  }
  if (node->text[0] == '\0') {
    document_refuse(document, node, error, "%s is empty", what);
    return NULL;
  }
  return node->text;
}
