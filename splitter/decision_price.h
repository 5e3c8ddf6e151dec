/* What every line of boundaries.yaml costs: the plan with it against the plan that would be made
 * without it. Changes nothing. */
#ifndef CLEAVE_SPLITTER_DECISION_PRICE_H
#define CLEAVE_SPLITTER_DECISION_PRICE_H

#include <glib.h>

struct splitting;

/* With the line less without it. */
struct decision_price {
  char *says;        /* the line in words */
  guint32 n_matches; /* routines and states that it names */
  double cut_price;
  gint64 n_cuts;
  gint64 n_foreign_writes;
  double evidence; /* kept inside services without it, and not with it */
  guint32 n_moved; /* routines and states that would be elsewhere without it */
  char *effect;    /* in words */
};

/* One struct decision_price * per decision, in their order; empty without boundaries. The plan
 * without a line begins with the labels of SPLITTING and moves what gains by it. CUTS are those of
 * the proposal. Lines are left unpriced (effect says so) where lines times nodes exceed two
 * millions. O(decisions * (facts + moves)). */
GPtrArray *decision_prices(const struct splitting *splitting, const GArray *cuts);

#endif
