/* An undirected weighted graph on plain arrays (compressed rows), as the partition solver reads it.
 * It knows nothing of routines, stores or SQL, and it is never changed once it is built. */
#ifndef CLEAVE_SPLITTER_NETWORK_H
#define CLEAVE_SPLITTER_NETWORK_H

#include <glib.h>
#include <stdint.h>

/* Weights are fixed-point integers: sums do not depend on their order. */
#define NETWORK_WEIGHT_ONE (INT64_C(1) << 16)

struct network {
  guint32 n_nodes;
  guint32 n_rows;     /* entries in neighbour and weight: each edge stands twice */
  guint32 *first;     /* n_nodes + 1 offsets into neighbour and weight */
  guint32 *neighbour; /* ascending within a row, never the node itself */
  gint64 *weight;     /* > 0 */
  gint64 *mass;       /* > 0; the sum stays under 2^32 */
  guint64 *key;       /* what a node is known by, whatever its number; NULL: its number */
};

/* Builds a graph from N_EDGES pairs; direction is dropped, parallel edges are added up, self edges
 * and weights <= 0 are left out. MASS may be NULL (every node 1). The arrays stay the caller's.
 * The result does not depend on the order of the edges. O(n_nodes + n_edges). */
struct network *network_new(guint32 n_nodes, gsize n_edges, const guint32 *from, const guint32 *to,
                            const gint64 *weight, const gint64 *mass);

/* Accepts NULL. */
void network_free(struct network *graph);

#endif
