/* Communities too small to be services are joined to what they hang on most. */
#ifndef CLEAVE_SPLITTER_DUST_H
#define CLEAVE_SPLITTER_DUST_H

#include "splitter/constraints.h"
#include "splitter/network.h"

/* MASS (per node) is what counts here; NULL takes the graph's.
 * Joins every community of less than LEAST_MASS to the community with the strongest tie per mass
 * that constraints allow; IS_KEPT (per node, may be NULL) marks nodes whose community stays.
 * What has no ties goes to the heaviest. Renumbers LABELS; returns their number. O(rounds * edges).
 */
guint32 dust_adopt(const struct network *graph, const struct units *units, const gint64 *mass,
                   gint64 least_mass, const guint8 *is_kept, guint32 *labels, guint32 n_labels);

#endif
