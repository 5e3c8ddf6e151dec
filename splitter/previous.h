/* The plan that a store already holds: where people have seen everything, and the groups in which
 * the solver had it. The two differ: what is stateless or shared, and state whose writers are
 * elsewhere, is placed by its use. */
#ifndef CLEAVE_SPLITTER_PREVIOUS_H
#define CLEAVE_SPLITTER_PREVIOUS_H

#include "splitter/evidence.h"

struct previous {
  GPtrArray *services;    /* char *, ascending */
  guint32 *routine;       /* per routine: number in services, or MONOLITH_NONE */
  guint32 *state;         /* per state */
  GPtrArray *groups;      /* char *: names, each once; the services where a plan has no groups */
  guint32 *routine_group; /* per routine: number in groups, or MONOLITH_NONE */
  guint32 *state_group;
  gint64 resolution; /* 0 when not known */
  char *options;     /* what the plan was made with, or NULL */
};

/* Reads the plan of STORE in the numbers of MONOLITH. NULL without error when there is none. */
struct previous *previous_load(struct store *store, const struct monolith *monolith,
                               GError **error);
/* Accepts NULL. */
void previous_free(struct previous *previous);

/* The group of a node of EVIDENCE, or MONOLITH_NONE for what is new. */
guint32 previous_group(const struct previous *previous, const struct evidence *evidence,
                       guint32 node);

/* One label per node of EVIDENCE: its earlier group, or a label of its own for a new node. */
guint32 *previous_labels(const struct previous *previous, const struct evidence *evidence);

/* Names for LABELS (per node, < n_labels): every label gets the name of the earlier group with
 * which it shares most, each name once. Entries without one are NULL; strings are PREVIOUS's. */
const char **previous_names(const struct previous *previous, const struct evidence *evidence,
                            const guint32 *labels, guint32 n_labels);

/* The groups of LABELS (per node) as text, for a later run: a line for each, its members' ids and
 * its name. */
char *previous_groups_text(const struct monolith *monolith, const struct evidence *evidence,
                           const guint32 *labels, const char *const *label_name);

#endif
