/* The splitter's main line: facts in, plan out. Prints nothing and reads no file but the store and
 * what people decided. */
#ifndef CLEAVE_SPLITTER_SPLIT_H
#define CLEAVE_SPLITTER_SPLIT_H

#include <glib.h>
#include <stdbool.h>

#include "store/store.h"

#define SPLIT_ERROR (split_error_quark())

enum split_error {
  SPLIT_ERROR_EMPTY,    /* the store holds no routine with a body */
  SPLIT_ERROR_CONFLICT, /* decisions that cannot all be kept */
};

GQuark split_error_quark(void);

struct split_options {
  guint32 n_services;  /* 0: the longest stable plateau decides */
  guint evidence_mask; /* 1 << evidence kind (evidence.h); 0 means all */
};

struct split_summary {
  guint32 n_services;
  guint32 n_functions;
  guint32 n_cuts;
  guint32 n_foreign_writes; /* state written from outside its owner */
};

/* Makes the plan of STORE anew. */
bool split_run(struct store *store, const struct split_options *options,
               struct split_summary *summary, GError **error);

#endif
