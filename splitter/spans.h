/* Transactions and critical sections as groups of code and state that belong together: what one
 * lock guards, what one transaction writes. Finds them; whoever splits decides what to keep. */
#ifndef CLEAVE_SPLITTER_SPANS_H
#define CLEAVE_SPLITTER_SPANS_H

#include "splitter/roles.h"

struct span_group {
  bool is_transaction; /* else a lock */
  bool is_coarse;      /* spans so much that keeping it whole would leave one service */
  bool is_aside;       /* start-up and administration: no entry of the outside reaches it */
  guint32 routine;     /* where it begins (the first of the spans of a lock) */
  guint32 lock;        /* state, or MONOLITH_NONE */
  const char *file;
  gint64 line;
  gint64 end_line;
  GArray *routines; /* guint32, ascending: begin it, or write within it */
  GArray *states;   /* guint32, ascending: owned state that is written within it */
};

/* Groups by file and line: one per transaction, one per lock. Calls within a transaction are
 * followed, calls within a lock's span as far as the file. O(spans * calls). */
GPtrArray *spans_group(const struct monolith *monolith, const struct roles *roles);

#endif
