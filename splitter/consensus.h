/* Many partitions of one graph, each of it slightly disturbed, and the one that agrees best with
 * all of them: what depends on chance or on single edges does not outlive it. Uses the solver and
 * nothing else. */
#ifndef CLEAVE_SPLITTER_CONSENSUS_H
#define CLEAVE_SPLITTER_CONSENSUS_H

#include "splitter/leiden.h"

/* The graph without one edge in twenty; which, SEED and the keys of its ends alone decide: graphs
 * that differ in little lose the same edges. O(edges). */
struct network *consensus_disturbed(const struct network *graph, guint seed);

/* The median of N PARTITIONS (one label per node each, < n_nodes), each of which counts WEIGHTS
 * times (NULL: once; at most 65,535 in all): most of the pairs that it keeps together are together
 * in at least half of them, and most that it parts are not. It maximises the sum over pairs inside
 * of mass times mass times (share of partitions that agree - 1/2), which minimises the distance of
 * Mirkin to all of them; constraints hold. Source: Lancichinetti and Fortunato, "Consensus
 * clustering in complex networks", 2012, for the matrix of agreement. Returns one label per node,
 * numbered by first node. O(n * nodes + groups of nodes that no partition parts, squared). */
guint32 *consensus_median(const struct network *graph, const struct units *units,
                          const guint32 *const *partitions, const guint16 *weights, guint n,
                          guint32 *n_communities);

#endif
