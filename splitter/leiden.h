/* The partition solver: Leiden (Traag, Waltman, van Eck, arXiv 1810.08473) with a constant-Potts
 * objective and constraints that cannot be broken. It works on plain arrays and uses neither time
 * nor chance: equal input gives equal output. Nodes are visited by number, so a caller who numbers
 * them by a stable key gets results that do not depend on the order of its input. */
#ifndef CLEAVE_SPLITTER_LEIDEN_H
#define CLEAVE_SPLITTER_LEIDEN_H

#include "splitter/constraints.h"
#include "splitter/network.h"

struct leiden_options {
  gint64 resolution; /* weight per squared mass, times 2^RESOLUTION_SHIFT (level.h) */
  guint n_passes;    /* at most so many passes over all levels; 0 means 8 */
  gint64 move_price; /* warm start: weight units for every node that leaves its label */
  guint n_sweeps;    /* looks at units per level and pass, times all units; 0: while any improves */
  guint n_starts;    /* cold: the best of so many orders of visiting; 0 means 1 */
  guint first_start; /* the first of these orders; 0 is by number */
};

/* Resolution as the solver takes it, for DENSITY weight units per squared mass. */
gint64 leiden_resolution(double density);

/* Maximises the weight inside communities less resolution times the product of masses over all
 * pairs inside. WARM (one label per node, < n_nodes; may be NULL) is where to begin and what
 * move_price refers to. Labels that a constraint forbids are mended first. Every community is
 * connected as far as the units are. Returns one label per node, numbered by first node.
 * About O(edges) per pass. */
guint32 *leiden_solve(const struct network *graph, const struct units *units,
                      const struct leiden_options *options, const guint32 *warm,
                      guint32 *n_communities);

/* Solves again after an edit: begins with WARM, looks at the units of the TOUCHED nodes and at what
 * their moves disturb, and leaves everything else as it is: communities that gain or lose nothing
 * are connected afterwards if they were. O(n_nodes + edges of what moves). */
guint32 *leiden_resolve(const struct network *graph, const struct units *units,
                        const struct leiden_options *options, const guint32 *warm,
                        const guint32 *touched, guint32 n_touched, guint32 *n_communities);

/* Renumbers LABELS (any values < n_labels) by first node; returns their number. */
guint32 partition_number(guint32 n_nodes, guint32 n_labels, guint32 *labels);

/* The objective, times 2^RESOLUTION_SHIFT, as a double: for reports and comparisons only. */
double leiden_score(const struct network *graph, const guint32 *labels, gint64 resolution);

#endif
