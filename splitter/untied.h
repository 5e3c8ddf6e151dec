/* What no evidence ties to the rest: small programs of their own, which stay services, and loose
 * ends, which go with the largest service. Says which is which and why. */
#ifndef CLEAVE_SPLITTER_UNTIED_H
#define CLEAVE_SPLITTER_UNTIED_H

#include "splitter/constraints.h"
#include "splitter/proposal.h"

/* Marks in IS_KEPT (per node) what a program of its own consists of: a connected part of GRAPH with
 * an entry or a main of MONOLITH, when its WORTH (per node) comes to less than LEAST_MASS, which
 * would have it adopted. A GRAPH that is one part has none. O(nodes + edges). */
void untied_keep_programs(const struct monolith *monolith, const struct evidence *evidence,
                          const struct network *graph, const struct units *units,
                          const gint64 *worth, gint64 least_mass, guint8 *is_kept);

/* Gives the reason of every place whose item nothing ties to the rest of its service, and of every
 * service that nothing ties to another. Places with a reason, and those of DECISIONS, keep what
 * they have. O(nodes + edges). */
void untied_explain(struct proposal *proposal, const struct units *units,
                    const struct decisions *decisions);

#endif
