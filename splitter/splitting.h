/* One run of the splitter between its files: split.c is the main line, decision_price.c does parts
 * of it again without a line of the boundaries. */
#ifndef CLEAVE_SPLITTER_SPLITTING_H
#define CLEAVE_SPLITTER_SPLITTING_H

#include "splitter/decided.h"
#include "splitter/deployment.h"
#include "splitter/previous.h"
#include "splitter/split.h"
#include "splitter/volume.h"

/* A service owns something that outlives the process, or has at least the mass of five routines. */
enum { LEAST_SERVICE_MASS = 20 };

/* Everything of one run; what is not yet there is NULL. */
struct splitting {
  const struct split_options *options;
  const GArray *history; /* struct co_change, or NULL */
  guint mask;
  struct monolith *monolith;
  struct recording *recordings;
  struct boundaries *boundaries;
  struct decided *decided;
  struct roles *roles;
  GPtrArray *groups;
  struct evidence *evidence;
  struct constraints *constraints;
  struct units *units;
  struct network *graph; /* passes to the proposal */
  guint8 *is_kept;       /* per node: what is enough for a service of its own */
  gint64 *worth;         /* per node: mass towards a service, 0 for what may be copied */
  struct previous *previous;
  guint32 *labels;
  guint32 n_labels;
  gint64 resolution;
  struct proposal *proposal;
};

/* Roles, groups, evidence, constraints and units of what is decided. */
void splitting_gather(struct splitting *splitting);
/* Joins what is too small to be a service, or not worth its boundary, to others. Renumbers LABELS
 * (< N_LABELS) and returns their number; RESOLUTION is lowered to where the joins pay. What comes
 * out is not changed by another call. */
guint32 splitting_join_small(const struct splitting *splitting, guint32 *labels, guint32 n_labels,
                             gint64 *resolution);
/* The proposal of the labels. */
void splitting_propose(struct splitting *splitting);
/* Frees what the run made; options and history are not its own. */
void splitting_clear(struct splitting *splitting);

#endif
