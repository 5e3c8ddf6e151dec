/* A strict reader of the YAML files that people write : rules, models, boundaries, contracts,
 * workloads, scenarios, catalogues.
 *
 * Every error names file, line and column; unknown keys are refused with the nearest known one.
 * The only place that reads YAML. It never writes YAML. */
#ifndef CLEAVE_BASE_YAML_H
#define CLEAVE_BASE_YAML_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define YAML_ERROR (yaml_error_quark())
GQuark yaml_error_quark(void);

enum yaml_error {
  YAML_ERROR_READ,   /* the file cannot be read */
  YAML_ERROR_SYNTAX, /* it is not YAML */
  YAML_ERROR_CONTENT /* it is YAML that says something else than what was asked for */
};

/* A loaded file, and a place in it. Nodes live as long as their file. */
struct yaml_file;
struct yaml_node;

/* Loads a file that must be a mapping with `version: 1`. Files over 4 MB are refused.
 * Release with yaml_file_free(). */
struct yaml_file *yaml_file_load(const char *path, GError **error);
/* The same from memory; `name` stands in for the path in errors. */
struct yaml_file *yaml_file_parse(const char *name, const char *text, GError **error);
void yaml_file_free(struct yaml_file *file);
typedef struct yaml_file yaml_file_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(yaml_file_owner, yaml_file_free)

struct yaml_node *yaml_file_root(const struct yaml_file *file);

/* Sets an error of the form "file:line:column: message" at a node. Always returns false. */
bool yaml_refuse(const struct yaml_file *file, struct yaml_node *node, GError **error,
                 const char *format, ...) G_GNUC_PRINTF(4, 5);

/* True when the node is a mapping whose keys are all in the NULL-terminated list, each once. */
bool yaml_check_keys(const struct yaml_file *file, struct yaml_node *node, const char *const *keys,
                     GError **error);

/* The value of a key, or NULL when the mapping does not have it. */
struct yaml_node *yaml_get(struct yaml_node *mapping, const char *key);

/* Number of entries of a mapping, and one of them in the order of the file. KEY is a copy that the
 * caller releases with g_free(); KEY_NODE may be NULL. A node that is no mapping has none. */
size_t yaml_n_entries(struct yaml_node *mapping);
bool yaml_entry(const struct yaml_file *file, struct yaml_node *mapping, size_t index, char **key,
                struct yaml_node **key_node, struct yaml_node **value, GError **error);

/* Where a node stands, both from 1. */
void yaml_position(struct yaml_node *node, unsigned *line, unsigned *column);

/* Number of elements of a sequence, and one of them. A node that is no sequence has none. */
size_t yaml_count(struct yaml_node *sequence);
struct yaml_node *yaml_item(struct yaml_node *sequence, size_t index);
bool yaml_is_sequence(struct yaml_node *node);
bool yaml_is_mapping(struct yaml_node *node);

/* Scalars. Text is a copy that the caller releases with g_free(). */
bool yaml_text(const struct yaml_file *file, struct yaml_node *node, char **text, GError **error);
bool yaml_integer(const struct yaml_file *file, struct yaml_node *node, int64_t low, int64_t high,
                  int64_t *value, GError **error);
bool yaml_number(const struct yaml_file *file, struct yaml_node *node, double low, double high,
                 double *value, GError **error);
bool yaml_boolean(const struct yaml_file *file, struct yaml_node *node, bool *value,
                  GError **error);

#endif
