/* How alike two partitions are: MoJo and its kin, ARI, c2c, a2a. Works on named partitions and
 * nothing else; formulas as published and, where the published programs differ, as these compute.
 * A is the recovered or newer partition, B the truth or the older one. */
#ifndef CLEAVE_SPLITTER_COMPARISON_H
#define CLEAVE_SPLITTER_COMPARISON_H

#include "splitter/grouping.h"

struct comparison {
  guint32 n_a; /* items */
  guint32 n_b;
  guint32 n_shared;
  guint32 k_a; /* groups */
  guint32 k_b;
  guint32 mojo_ab; /* moves and joins from A to B, over shared items */
  guint32 mojo_ba;
  guint32 mojo_plus_ab;
  double mojofm_ab; /* MoJoFM in [0, 1], both sides restricted to shared items */
  double mojofm_ba;
  double mojofm_full_ab; /* as arcade_core: B's group sizes counted with unshared items */
  double mojofm_full_ba;
  double mojo_evo_ab; /* MoJoEvo in [0, 1], with arcade_core's group sizes */
  double ari;         /* adjusted Rand index (Hubert and Arabie 1985) over shared items */
  double a2a;         /* architecture to architecture (Le et al. 2015), A older, B newer alike */
  double c2c_a;       /* share of A's groups with a partner in B, threshold 0.66 strict */
  double c2c_b;
};

/* Compares A with B. Groups without shared items do not count in MoJo and ARI.
 * O(n log n) and two matchings of groups. */
struct comparison comparison_of(const struct grouping *a, const struct grouping *b);

/* ARI of two labellings of the same N nodes (labels < n). 1 when both are the same partition.
 * O(n log n). */
double comparison_ari(guint32 n, const guint32 *a, const guint32 *b);

/* The same where node i stands for mass[i] nodes (NULL: one each); their sum stays under 2^32. */
double comparison_ari_of_masses(guint32 n, const guint32 *a, const guint32 *b, const gint64 *mass);

/* MoJoFM of two labellings of the same N nodes, from A to B. */
double comparison_mojofm(guint32 n, const guint32 *a, const guint32 *b);

#endif
