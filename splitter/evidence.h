/* What ties routines and states together, kind by kind, as weights between nodes. Every kind can be
 * left out, and its share in a decision can be asked for. Decides nothing itself. */
#ifndef CLEAVE_SPLITTER_EVIDENCE_H
#define CLEAVE_SPLITTER_EVIDENCE_H

#include "splitter/network.h"
#include "splitter/roles.h"

enum evidence_kind {
  EVIDENCE_CALLS,
  EVIDENCE_STATE,
  EVIDENCE_TYPES,
  EVIDENCE_NAMES,
  EVIDENCE_PATHS,
  EVIDENCE_HISTORY,
  EVIDENCE_USES, /* likeness of use (usage.h) */
  N_EVIDENCE_KINDS
};

extern const char *const evidence_names[N_EVIDENCE_KINDS];

struct tie {
  guint32 a; /* nodes, a < b */
  guint32 b;
  gint64 weight;
};

/* Nodes are the routines and states that a service may own, in the order of the monolith. */
struct evidence {
  guint32 n_nodes;
  guint32 n_routines;       /* nodes below it are routines, the others states */
  guint32 *item;            /* per node: number of its routine or state */
  guint32 *node_of_routine; /* MONOLITH_NONE when it takes no part */
  guint32 *node_of_state;
  gint64 *mass;
  guint64 *key; /* made of file and name: the same in every version of a program */
  GArray *ties[N_EVIDENCE_KINDS]; /* struct tie, ordered by a, b; no doubles */
};

/* Files that changed together, for the kind history: numbers in monolith->files. */
struct co_change {
  guint32 a;
  guint32 b;
  double likeness; /* share of the changes to either that touch both, 0 to 1 */
};

/* Gathers every kind. IS_SHARED (per routine) and IS_EXTERNAL (per state) leave out what people
 * took out; both may be NULL, as may HISTORY. O(calls + accesses + pairs of rare groups). */
struct evidence *evidence_new(const struct monolith *monolith, const struct roles *roles,
                              const bool *is_shared, const bool *is_external,
                              const struct co_change *history, guint32 n_history);
void evidence_free(struct evidence *evidence);

/* The graph of the kinds in MASK (1 << kind). */
struct network *evidence_graph(const struct evidence *evidence, guint mask);

#endif
