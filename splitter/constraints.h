/* What a partition has to keep, on plain arrays: nodes that stay together, pairs that stay apart,
 * nodes anchored to a named place. A constraint is never a weight: the solver cannot break one.
 * This file knows neither names nor files; boundaries.h turns lines of people into these. */
#ifndef CLEAVE_SPLITTER_CONSTRAINTS_H
#define CLEAVE_SPLITTER_CONSTRAINTS_H

#include <glib.h>

struct node_pair {
  guint32 a;
  guint32 b;
};

struct node_anchor {
  guint32 node;
  guint32 label; /* nodes with equal labels end together, with different labels apart */
};

struct constraints {
  guint32 n_nodes;
  GArray *together; /* struct node_pair */
  GArray *apart;    /* struct node_pair */
  GArray *anchors;  /* struct node_anchor */
};

struct constraints *constraints_new(guint32 n_nodes);
void constraints_free(struct constraints *constraints);
void constraints_add_together(struct constraints *constraints, guint32 a, guint32 b);
void constraints_add_apart(struct constraints *constraints, guint32 a, guint32 b);
void constraints_add_anchor(struct constraints *constraints, guint32 node, guint32 label);

/* Constraints made ready for solving: nodes that must stay together form one unit. */
struct units {
  guint32 n_nodes;
  guint32 n_units;
  guint32 *unit_of;     /* n_nodes */
  guint32 *first;       /* n_units + 1 offsets into member */
  guint32 *member;      /* nodes of a unit, ascending */
  gint64 *anchor;       /* n_units: label, or -1 */
  guint32 *apart_first; /* n_units + 1 offsets into apart */
  guint32 *apart;       /* units that a unit may not join, ascending, no doubles */
};

/* Puts nodes into units. NULL when the constraints contradict one another (two labels in one unit,
 * or an apart pair within one). CONSTRAINTS may be NULL: then every node is a unit.
 * Units are numbered by their first node. O(n + c log c). */
struct units *units_new(guint32 n_nodes, const struct constraints *constraints);
/* The same constraints over parts: PART has the part (< n_parts) of every node, units lie in one
 * part and no part holds what must be apart. */
struct units *units_of_parts(const struct units *units, const guint32 *part, guint32 n_parts);
void units_free(struct units *units);

/* Whether LABELS (one per node) keeps every constraint; anchors are kept when equal labels meet in
 * one part and different ones do not. */
gboolean constraints_are_kept(const struct constraints *constraints, const guint32 *labels);

#endif
