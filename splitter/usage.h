/* Likeness of use: things that call the same routines, are called by the same, work with the same
 * types and go into the same programs belong together even when they never meet. Reads the
 * monolith; decides nothing. */
#ifndef CLEAVE_SPLITTER_USAGE_H
#define CLEAVE_SPLITTER_USAGE_H

#include "splitter/likeness.h"
#include "splitter/monolith.h"

/* Ties between N_NODES nodes and the ten that each is most alike (likeness.h), by four families of
 * features: what it calls, library routines included; the nodes that call or access it; the types
 * of its parameters and variables; the programs that it is linked into. NODE_OF_ROUTINE and
 * NODE_OF_STATE say where everything counts: a node may be a routine, a state or a whole file, and
 * MONOLITH_NONE takes no part. Names and folders play no role. O(facts + likeness). */
GArray *usage_ties(const struct monolith *monolith, guint32 n_nodes, const guint32 *node_of_routine,
                   const guint32 *node_of_state);

#endif
