#include "base/yaml.h"

#include "base/nearest.h"

#include <libfyaml.h>
#include <string.h>

#include <errno.h>
#include <stdio.h>

#define SIZE_LIMIT (4 << 20)

G_DEFINE_QUARK(cleave - yaml - error - quark, yaml_error)

struct yaml_file {
  char *name;
  char *text;
  struct fy_document *document;
};

static struct fy_node *fy(struct yaml_node *node)
{
  return (struct fy_node *)node;
}

static struct yaml_node *ours(struct fy_node *node)
{
  return (struct yaml_node *)node;
}

/* The first line of a parser's message, without the trailing line feed. */
static void set_syntax_error(const char *name, struct fy_diag *diag, GError **error)
{
  void *iterator = NULL;
  const struct fy_diag_error *first = fy_diag_errors_iterate(diag, &iterator);
  if (first == NULL) {
    g_set_error(error, YAML_ERROR, YAML_ERROR_SYNTAX, "%s:1:1: not a YAML document", name);
    return;
  }
  g_autofree char *message = g_strdup(first->msg != NULL ? first->msg : "not YAML");
  g_strdelimit(message, "\n", ' ');
  g_strstrip(message);
  g_set_error(error, YAML_ERROR, YAML_ERROR_SYNTAX, "%s:%d:%d: %s", name, first->line,
              first->column, message);
}

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

static struct yaml_file *parse(const char *name, char *text, size_t length, GError **error)
{
  struct yaml_file *file = g_new0(struct yaml_file, 1);
  file->name = g_strdup(name);
  file->text = text;

  struct fy_diag_cfg diag_config;
  fy_diag_cfg_default(&diag_config);
  diag_config.fp = NULL;
  diag_config.output_fn = NULL;
  struct fy_diag *diag = fy_diag_create(&diag_config);
  fy_diag_set_collect_errors(diag, true);
  struct fy_parse_cfg config = {.flags = FYPCF_QUIET, .diag = diag};
  /* libfyaml 0.7 does not come back from some directives that are no UTF-8. */
  if (g_utf8_validate_len(text, length, NULL)) {
    file->document = fy_document_build_from_string(&config, text, length);
  }
  bool is_good = file->document != NULL && fy_document_root(file->document) != NULL;
  if (!is_good) {
    set_syntax_error(name, diag, error);
  }
  fy_diag_destroy(diag);
  if (is_good && check_version(file, error)) {
    return file;
  }
  yaml_file_free(file);
  return NULL;
}

struct yaml_file *yaml_file_parse(const char *name, const char *text, GError **error)
{
  return parse(name, g_strdup(text), strlen(text), error);
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
  return parse(path, g_steal_pointer(&text), length, error);
}

void yaml_file_free(struct yaml_file *file)
{
  if (file == NULL) {
    return;
  }
  if (file->document != NULL)
    fy_document_destroy(file->document);
  g_free(file->text);
  g_free(file->name);
  g_free(file);
}

struct yaml_node *yaml_file_root(const struct yaml_file *file)
{
  return ours(fy_document_root(file->document));
}

/* The first token of a node; a block mapping has none of its own, its first key has. */
static const struct fy_mark *start_of(struct fy_node *node)
{
  for (int depth = 0; node != NULL && depth < 64; depth++) {
    if (fy_node_is_scalar(node)) {
      struct fy_token *token = fy_node_get_scalar_token(node);
      return token != NULL ? fy_token_start_mark(token) : NULL;
    }
    void *iterator = NULL;
    if (fy_node_is_mapping(node)) {
      struct fy_node_pair *pair = fy_node_mapping_iterate(node, &iterator);
      node = pair != NULL ? fy_node_pair_key(pair) : NULL;
    } else {
      node = fy_node_sequence_iterate(node, &iterator);
    }
  }
  return NULL;
}

bool yaml_refuse(const struct yaml_file *file, struct yaml_node *node, GError **error,
                 const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  g_autofree char *message = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  const struct fy_mark *mark = node != NULL ? start_of(fy(node)) : NULL;
  g_set_error(error, YAML_ERROR, YAML_ERROR_CONTENT, "%s:%d:%d: %s", file->name,
              mark != NULL ? mark->line + 1 : 1, mark != NULL ? mark->column + 1 : 1, message);
  return false;
}

bool yaml_check_keys(const struct yaml_file *file, struct yaml_node *node, const char *const *keys,
                     GError **error)
{
  if (!yaml_is_mapping(node)) {
    return yaml_refuse(file, node, error, "a mapping is expected");
  }
  void *iterator = NULL;
  struct fy_node_pair *pair;
  while ((pair = fy_node_mapping_iterate(fy(node), &iterator)) != NULL) {
    struct fy_node *name = fy_node_pair_key(pair);
    size_t length = 0;
    const char *text = fy_node_is_scalar(name) ? fy_node_get_scalar(name, &length) : NULL;
    if (text == NULL) {
      return yaml_refuse(file, ours(name), error, "a key must be a word");
    }
    g_autofree char *key = g_strndup(text, length);
    if (!g_strv_contains(keys, key)) {
      const char *nearest = nearest_name(key, keys, g_strv_length((char **)keys));
      return yaml_refuse(file, ours(name), error, "unknown key '%s'%s%s%s", key,
                         nearest ? ", did you mean '" : "", nearest ? nearest : "",
                         nearest ? "'?" : "");
    }
  }
  return true;
}

bool yaml_is_sequence(struct yaml_node *node)
{
  return node != NULL && fy_node_is_sequence(fy(node));
}

bool yaml_is_mapping(struct yaml_node *node)
{
  return node != NULL && fy_node_is_mapping(fy(node));
}

struct yaml_node *yaml_get(struct yaml_node *mapping, const char *key)
{
  if (!yaml_is_mapping(mapping)) {
    return NULL;
  }
  return ours(fy_node_mapping_lookup_by_string(fy(mapping), key, FY_NT));
}

size_t yaml_n_entries(struct yaml_node *mapping)
{
  return yaml_is_mapping(mapping) ? (size_t)fy_node_mapping_item_count(fy(mapping)) : 0;
}

bool yaml_entry(const struct yaml_file *file, struct yaml_node *mapping, size_t index, char **key,
                struct yaml_node **key_node, struct yaml_node **value, GError **error)
{
  struct fy_node_pair *pair = fy_node_mapping_get_by_index(fy(mapping), (int)index);
  struct yaml_node *name = ours(fy_node_pair_key(pair));
  if (key_node) {
    *key_node = name;
  }
  *value = ours(fy_node_pair_value(pair));
  return yaml_text(file, name, key, error);
}

void yaml_position(struct yaml_node *node, unsigned *line, unsigned *column)
{
  const struct fy_mark *mark = node != NULL ? start_of(fy(node)) : NULL;
  *line = mark != NULL ? (unsigned)mark->line + 1 : 1;
  *column = mark != NULL ? (unsigned)mark->column + 1 : 1;
}

size_t yaml_count(struct yaml_node *sequence)
{
  if (!yaml_is_sequence(sequence)) {
    return 0;
  }
  return (size_t)fy_node_sequence_item_count(fy(sequence));
}

struct yaml_node *yaml_item(struct yaml_node *sequence, size_t index)
{
  return ours(fy_node_sequence_get_by_index(fy(sequence), (int)index));
}

bool yaml_text(const struct yaml_file *file, struct yaml_node *node, char **text, GError **error)
{
  size_t length = 0;
  if (fy_node_is_alias(fy(node))) {
    return yaml_refuse(file, node, error, "anchors and aliases are not supported");
  }
  const char *scalar = fy_node_is_scalar(fy(node)) ? fy_node_get_scalar(fy(node), &length) : NULL;
  if (scalar == NULL) {
    return yaml_refuse(file, node, error, "a text is expected");
  }
  *text = g_strndup(scalar, length);
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
  if (end == text || *end != '\0' || errno != 0) {
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
