/* Matchings of sparse bipartite graphs on plain arrays, for the comparison of partitions. */
#ifndef CLEAVE_SPLITTER_MATCHING_H
#define CLEAVE_SPLITTER_MATCHING_H

#include <glib.h>

/* Row i is joined to column[first[i]] … column[first[i + 1] - 1], each with a value > 0. */
struct bipartite {
  guint32 n_rows;
  guint32 n_columns;
  const guint32 *first;
  const guint32 *column;
  const guint32 *value;
};

/* The largest number of pairs (augmenting paths, Kuhn). O(rows * edges) at worst. */
guint32 matching_size(const struct bipartite *graph);

/* The largest sum of values over pairs (successive shortest paths with potentials).
 * O(rows * edges * log columns) at worst. */
guint64 matching_value(const struct bipartite *graph);

#endif
