/* The plan that a store already holds: where people have seen everything. */
#ifndef CLEAVE_SPLITTER_PREVIOUS_H
#define CLEAVE_SPLITTER_PREVIOUS_H

#include "splitter/evidence.h"

struct previous {
  GPtrArray *services; /* char *, ascending */
  guint32 *routine;    /* per routine: number in services, or MONOLITH_NONE */
  guint32 *state;      /* per state */
  gint64 resolution;   /* 0 when not known */
  char *options;       /* what the plan was made with, or NULL */
};

/* Reads the plan of STORE in the numbers of MONOLITH. NULL without error when there is none. */
struct previous *previous_load(struct store *store, const struct monolith *monolith,
                               GError **error);
/* Accepts NULL. */
void previous_free(struct previous *previous);

/* One label per node of EVIDENCE: its earlier service, or a label of its own for a new node. */
guint32 *previous_labels(const struct previous *previous, const struct evidence *evidence);

/* Names for LABELS (per node, < n_labels): every label gets the name of the earlier service with
 * which it shares most, each name once. Entries without one are NULL; strings are PREVIOUS's. */
const char **previous_names(const struct previous *previous, const struct evidence *evidence,
                            const guint32 *labels, guint32 n_labels);

#endif
