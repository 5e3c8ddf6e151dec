/* Random graphs with planted communities, made from a seed: the same on every machine. */
#ifndef CLEAVE_TESTS_PLANTED_H
#define CLEAVE_TESTS_PLANTED_H

#include "splitter/network.h"

struct planted {
  struct network *graph;
  guint32 *truth; /* community of every node */
  guint32 n_communities;
};

/* A small generator of random numbers (splitmix64). */
guint64 planted_random(guint64 *state);

/* N_NODES in communities of LOW to HIGH nodes, N_EDGES edges of which a share MIXING has its ends
 * anywhere and the rest within one community. */
struct planted planted_new(guint32 n_nodes, guint32 n_edges, guint32 low, guint32 high,
                           double mixing, guint64 seed);
void planted_clear(struct planted *planted);

#endif
