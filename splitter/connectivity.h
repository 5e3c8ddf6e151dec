/* Tests whether communities hang together: as connected parts, and by their weakest cut.
 * It never joins communities; whoever calls decides what a weak cut means. */
#ifndef CLEAVE_SPLITTER_CONNECTIVITY_H
#define CLEAVE_SPLITTER_CONNECTIVITY_H

#include "splitter/constraints.h"
#include "splitter/network.h"

/* Gives every connected part of a community beyond its first a label of its own (labels < n_ids;
 * n_ids must exceed the number of nodes). Units count as connected. IS_ASKED (per label; NULL for
 * all) tells which communities are looked at. Returns the number of parts that were split off.
 * O(n + edges of these communities). */
guint32 connectivity_split(const struct network *graph, const struct units *units,
                           const guint8 *is_asked, guint32 n_ids, guint32 *labels);

struct weakest_cut {
  gint64 weight;   /* of the edges cut; 0 for one node */
  gint64 mass;     /* of the smaller side */
  guint32 n_nodes; /* nodes of the community */
  guint8 *side;    /* per entry of the nodes asked for: 1 on the smaller side */
};

/* The minimum cut of the subgraph on NODES, units kept whole (Stoer and Wagner, J. ACM 1997, with
 * the contractions of Nagamochi and Ibaraki). SIDE is the caller's to free.
 * O(n m log n) at worst, near O(m log n) where nothing is weak. */
struct weakest_cut connectivity_weakest_cut(const struct network *graph, const struct units *units,
                                            const guint32 *nodes, guint32 n_nodes);

/* Splits every community whose weakest cut is worth less than keeping both sides together at
 * RESOLUTION (a density as for leiden_options), again and again. Returns the number of splits. */
guint32 connectivity_split_weak(const struct network *graph, const struct units *units,
                                gint64 resolution, guint32 n_ids, guint32 *labels);

#endif
