/* What routines outside the analysed code do with pointers and callbacks: data, not code.
 *
 * A model says which argument an outside routine calls and with what, what it returns, copies or
 * keeps. Without one an outside routine is taken to do nothing with what it is given. */
#ifndef CLEAVE_ANALYZER_MODELS_H
#define CLEAVE_ANALYZER_MODELS_H

#include "analyzer/pattern.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define MODEL_NO_ARGUMENT (-1)
#define MODEL_MAX_PASS 8

/* What one parameter of a callback receives. */
struct model_pass {
  int argument; /* of the modelled call, or MODEL_NO_ARGUMENT */
  char *slot;   /* a named place that other models fill, or NULL */
};

struct model {
  struct pattern *routine; /* the outside routine */
  int when_argument;       /* the model holds only if this constant argument ... */
  struct pattern *when;    /* ... is written so: number, enumerator, macro or literal */

  int callback;          /* argument that is called, or MODEL_NO_ARGUMENT */
  struct pattern *field; /* the callback stands in this field of what the argument points to */
  struct model_pass pass[MODEL_MAX_PASS];
  size_t n_pass;
  struct pattern *invoked_by; /* outside routines whose callers run the callback; NULL: at once */
  bool is_allocator;          /* the result is fresh memory, whatever else it may be */
  bool is_detached;           /* runs on a thread or at a signal: nobody in the tree calls it */

  int frees;          /* argument that is freed, or MODEL_NO_ARGUMENT */
  int names;          /* literal argument that is the symbol of the result, or MODEL_NO_ARGUMENT */
  int returns;        /* argument that is the result, or MODEL_NO_ARGUMENT */
  char *returns_slot; /* or what is kept there */
  int copy_to;        /* argument whose pointee receives all fields ... */
  int copy_from;      /* ... of this one's */
  int keep;           /* argument that is kept ... */
  char *keep_slot;    /* ... here */
  int fill;           /* argument through which ... */
  char *fill_slot;    /* ... what is kept there is handed out */
};

struct models {
  GPtrArray *models; /* struct model */
};

struct models *models_new(void);
void models_free(struct models *models);
typedef struct models models_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(models_owner, models_free)

/* Adds the models of a file, of a text, or of all *.yaml of a folder. Errors name file, line and
 * column. */
bool models_read_file(struct models *models, const char *path, GError **error);
bool models_read_text(struct models *models, const char *name, const char *text, GError **error);
bool models_read_folder(struct models *models, const char *folder, GError **error);

#endif
