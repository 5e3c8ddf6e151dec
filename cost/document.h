/* A strict YAML file as a tree whose every node knows its line and column: scenario, workload and
 * catalogue files are read through it, numbers as exact decimals. It rests on base/yaml.h and never
 * interprets keys.
 */
#ifndef CLEAVE_COST_DOCUMENT_H
#define CLEAVE_COST_DOCUMENT_H

#include <glib.h>
#include <stdbool.h>

#include "cost/decimal.h"

enum node_kind { NODE_SCALAR, NODE_MAPPING, NODE_SEQUENCE };

struct node {
  enum node_kind kind;
  unsigned int line;   /* from 1 */
  unsigned int column; /* from 1 */
  char *text;          /* scalar: its text; otherwise NULL */
  GPtrArray *keys;     /* mapping: struct node *, scalars, in file order; otherwise NULL */
  GPtrArray *values;   /* mapping and sequence: struct node *; otherwise NULL */
};

struct document {
  char *name;        /* as it appears in messages */
  struct node *root; /* never NULL */
};

/* Reads a mapping with `version: 1`. YAML_ERROR_READ, or YAML_ERROR_SYNTAX or _CONTENT with
 * "path:LINE:COLUMN: …". Free with document_free.
 */
struct document *document_read(const char *path, GError **error);

/* The same from memory; name stands for the file in messages. */
struct document *document_parse(const char *text, gsize length, const char *name, GError **error);
void document_free(struct document *document);
typedef struct document document_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(document_t, document_free)

/* Sets YAML_ERROR_CONTENT with "name:line:column: message"; returns false for the caller to return.
 */
bool document_refuse(const struct document *document, const struct node *node, GError **error,
                     const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Refuses unless node is of that kind; what is its name in the message. */
bool document_expect(const struct document *document, const struct node *node, enum node_kind kind,
                     const char *what, GError **error);

/* Refuses a mapping with a key outside keys (NULL-terminated), naming the nearest one. */
bool document_check_keys(const struct document *document, const struct node *mapping,
                         const char *const *keys, GError **error);

/* The value of a key, NULL when the mapping does not have it. */
const struct node *node_find(const struct node *mapping, const char *key);

/* A scalar as a decimal between minimum and maximum, either of which may be NULL for no bound.
 * NULL and an error that names what, otherwise. The value belongs to the pool.
 */
const struct decimal *document_number(const struct document *document, const struct node *node,
                                      const char *what, const char *minimum, const char *maximum,
                                      struct decimal_pool *pool, GError **error);

/* "true" or "false" into *value. */
bool document_boolean(const struct document *document, const struct node *node, const char *what,
                      bool *value, GError **error);

/* A scalar's text, never empty; NULL and an error otherwise. Belongs to the document. */
const char *document_text(const struct document *document, const struct node *node,
                          const char *what, GError **error);

#endif
