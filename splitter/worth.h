/* Services have to be worth their boundary: what holds less than it gives away joins the service
 * that it hangs on. Works on the graph alone and knows no store. */
#ifndef CLEAVE_SPLITTER_WORTH_H
#define CLEAVE_SPLITTER_WORTH_H

#include "splitter/constraints.h"
#include "splitter/network.h"

/* Joins every community that is not worth its boundary to the neighbour with the strongest tie per
 * square root of mass (WORTH, per node) that constraints allow, the least worth first.
 *  - One that the outside world reaches (IS_WOKEN, per node) is worth it when the weight that its
 *    nodes have among themselves, counted at both ends, is at least what they have towards others:
 *    a community in the weak sense of Radicchi et al. (PNAS 101, 2004).
 *  - One that only other services call has no reason but what it holds: counted once, it must be at
 *    least what crosses.
 * Where nothing is woken (a library, a plain list of dependencies) the second holds for all.
 * Communities with a node of IS_KEPT (may be NULL) or an anchor stay, and so does what has no ties.
 * RESOLUTION (of the Potts model) is lowered to where every join pays, so that a warm start from
 * here does not take the joins back.
 * Renumbers LABELS (one per node, < N_LABELS, units undivided); returns their number.
 * O(edges + communities * ties between communities). */
guint32 worth_join(const struct network *graph, const struct units *units, const gint64 *worth,
                   const guint8 *is_kept, const guint8 *is_woken, guint32 *labels, guint32 n_labels,
                   gint64 *resolution);

#endif
