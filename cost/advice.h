/* Advice that can be argued with: what another choice would save, each with the saving and what it
 * rests on; and which functions to leave on a server. Estimates, not bills.
 */
#ifndef CLEAVE_COST_ADVICE_H
#define CLEAVE_COST_ADVICE_H

#include <glib.h>

#include "cost/comparison.h"

struct advice {
  char *kind;       /* stage, mixed, arm, memory, batching, provisioned, fusion */
  char *cloud;      /* "aws" … */
  char *subject;    /* a function, a cut, or "" for the whole plan */
  char *text;       /* what to do */
  char *assumption; /* what it rests on */
  double saving;    /* USD in the period; negative: it would cost that much more */
};

/* Largest saving first; struct advice *, free with g_ptr_array_unref. O(functions^2) in the worst
 * case, for the mixed plan. */
GPtrArray *advice_list(const struct comparison *comparison);

#endif
