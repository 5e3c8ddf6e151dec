/* The generated project as a tree of files in memory, and how it reaches the disk.
 *
 * A manifest beside the files remembers what was generated. A file that a person changed since is
 * never overwritten: the new version lies beside it as NAME.new. Nothing outside the folder is
 * touched. */
#ifndef CLEAVE_GENERATE_PRODUCT_H
#define CLEAVE_GENERATE_PRODUCT_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define PRODUCT_MANIFEST ".cleave-manifest.json"

struct product {
  char *folder;
  GTree *files;        /* path relative to the folder -> GBytes */
  GHashTable *written; /* path -> hash of what was generated before, from the manifest */
  GPtrArray *kept;     /* paths that a person changed: kept, with the new version beside */
  GPtrArray *removed;  /* paths generated before, no longer, and unchanged: deleted */
  GPtrArray *orphans;  /* the same, but changed by a person: kept */
  unsigned n_written;
  unsigned n_same;
};

/* Reads the manifest of FOLDER when there is one. NULL and ERROR when it cannot be read. */
struct product *product_new(const char *folder, GError **error);
void product_free(struct product *product);
typedef struct product product_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(product_owner, product_free)

/* Adds a file; takes the text. PATH is relative, without "..". What begins with "#!" may be run. */
void product_add(struct product *product, const char *path, char *text);
void product_add_bytes(struct product *product, const char *path, GBytes *bytes);
/* JSON with two spaces of indentation; takes the reference. */
void product_add_json(struct product *product, const char *path, json_t *value);
/* YAML; takes the reference. */
void product_add_yaml(struct product *product, const char *path, json_t *value);

/* What stands on the disk at PATH when a person changed it since it was generated; NULL when it is
 * as generated, or missing. A new string. */
char *product_edited(const struct product *product, const char *path);

/* Writes everything: each file through a temporary one and a rename, the manifest last. Files
 * generated before and no longer wanted go when they are unchanged. */
bool product_write(struct product *product, GError **error);

#endif
