/* Chooses how fine a partition is: the resolution that stays the same over the longest range, or
 * the one that gives a number of communities asked for. Uses the solver and nothing else. */
#ifndef CLEAVE_SPLITTER_RESOLUTION_H
#define CLEAVE_SPLITTER_RESOLUTION_H

#include "splitter/leiden.h"

struct resolution_choice {
  gint64 resolution;
  guint32 *labels; /* one per node */
  guint32 n_communities;
  /* Of the longest run, in half octaves that are wholly alike; at least 1 where nothing can be
   * joined any more, 0 where no run stands out. */
  double length;
};

/* Scans resolutions from the finest that joins anything to one community. Every step solves several
 * disturbed graphs (consensus.h) and keeps what they agree on. Runs of steps that stay alike are
 * plateaus; instead of the longest alone every run weighs by its length, by exponents (the average
 * over models of Hoeting et al., Statistical Science 14, 1999), and the choice is the median of all
 * partitions so weighed: neither single edges nor the ends of a plateau decide. A run of more than
 * 16 effective communities is shortened by 0.6 ln(effective / 16) steps. About 200 solves. Above
 * RESOLUTION_LARGE nodes the scan runs on a graph of small communities (undisturbed and in steps
 * twice as wide where that has more than 500,000 rows), and one solve follows. Communities with a
 * cut that is worth less than keeping them together are split at it. */
struct resolution_choice resolution_longest(const struct network *graph, const struct units *units);

/* Exactly WANTED communities where constraints allow, else the nearest number. Communities under
 * LEAST_MASS (of MASS, as for dust_adopt) without a node of IS_KEPT (may be NULL) are adopted by
 * others before they are counted (0: none is). */
struct resolution_choice resolution_for_count(const struct network *graph,
                                              const struct units *units, guint32 wanted,
                                              const gint64 *mass, gint64 least_mass,
                                              const guint8 *is_kept);

void resolution_choice_clear(struct resolution_choice *choice);

enum { RESOLUTION_LARGE = 5000 };

#endif
