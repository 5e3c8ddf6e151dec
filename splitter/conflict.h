/* The smallest reason why decisions cannot all be kept: QuickXplain (Junker, AAAI 2004) over any
 * test of feasibility. Knows nothing of what the decisions say. */
#ifndef CLEAVE_SPLITTER_CONFLICT_H
#define CLEAVE_SPLITTER_CONFLICT_H

#include <glib.h>

/* Whether the decisions with IS_IN set (one flag each) can be kept together. Must be monotone: what
 * is feasible stays so when decisions are taken out. */
typedef gboolean conflict_test(const guint8 *is_in, guint n, gpointer data);

/* The numbers (guint, ascending) of a conflict among N decisions from which none can be taken out
 * without making the rest feasible; NULL when all N are feasible. Earlier decisions are preferred
 * to be kept out of the conflict. O(k log(n / k)) tests for a conflict of k. */
GArray *conflict_minimal(guint n, conflict_test *is_feasible, gpointer data);

#endif
