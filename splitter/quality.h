/* How good one partition is by the measures of the literature, over distinct directed edges.
 * Each measure says which variant it is: published numbers differ in them. */
#ifndef CLEAVE_SPLITTER_QUALITY_H
#define CLEAVE_SPLITTER_QUALITY_H

#include <glib.h>

/* Directed edges without doubles and self edges, over N nodes with labels < k. */
struct labelled_edges {
  guint32 n;
  guint32 k;
  const guint32 *label; /* per node */
  gsize n_edges;
  const guint32 *from;
  const guint32 *to;
  const double *volume; /* calls per edge; NULL means 1 each */
};

struct quality {
  gsize n_inside;       /* edges within a group */
  double icp;           /* Mono2Micro as coded: share of sum (ln volume + 1) between groups */
  double ifn;           /* Mono2Micro as coded: node pairs between groups / k */
  double ned;           /* 1 - share of nodes in groups of ned_low to ned_high nodes */
  double sm;            /* Mono2Micro as coded: coupling over ordered pairs */
  double sm_unordered;  /* the same with coupling over unordered pairs */
  double turbo_mq;      /* Bunch: sum of cluster factors */
  double turbo_mq_mean; /* divided by k, as ARCADE and CARGO print it */
  double rci;           /* ARCADE: connected ordered group pairs / k (k - 1) */
  double two_way;       /* ARCADE: group pairs that depend on each other / pairs */
  double instability;   /* ARCADE prints it as stability: mean fan-out / (fan-in + fan-out) */
  double modularity;    /* directed, resolution 1 */
};

/* O(n + edges log edges). NED counts groups of NED_LOW to NED_HIGH nodes (5 to 20 for classes). */
struct quality quality_of(const struct labelled_edges *edges, guint32 ned_low, guint32 ned_high);

/* Sorts N_EDGES pairs in place, drops self edges and doubles; returns how many are left. */
gsize quality_distinct_edges(gsize n_edges, guint32 *from, guint32 *to);

#endif
