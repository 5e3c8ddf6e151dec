/* How alike things are by what they have in common: sparse vectors of features, compared by their
 * angle, and the nearest of each kept. Works on plain arrays and knows no monolith. */
#ifndef CLEAVE_SPLITTER_LIKENESS_H
#define CLEAVE_SPLITTER_LIKENESS_H

#include <glib.h>

struct likeness_pair {
  guint32 item;
  guint32 feature;
};

struct likeness_tie {
  guint32 a; /* a < b */
  guint32 b;
  double likeness; /* cosine, over 0 to 1 */
};

/* Ties between each of N_ITEMS and its N_NEAREST nearest, ordered by a, b: struct likeness_tie, one
 * for a pair whichever side chose it. FAMILIES are arrays of struct likeness_pair (items < n_items;
 * doubles count once; they are sorted here); every family weighs the same in an item that has
 * features of it, however many these are. A feature weighs the logarithm of how rare it is (inverse
 * document frequency; Salton and Buckley 1988); what one item alone has, or more than
 * LIKENESS_MOST, says nothing. Of equals the smaller number is nearer. O(sum over features of users
 * squared), at most O(pairs * LIKENESS_MOST). */
GArray *likeness_ties(guint32 n_items, GArray *const *families, guint n_families, guint n_nearest);

enum { LIKENESS_MOST = 300 };

#endif
