/* Which functions of a service would rather be one: those that share written state of the process,
 * and those that need nearly the same code. Says so; joins nothing and knows no prices. */
#ifndef CLEAVE_SPLITTER_FUSION_H
#define CLEAVE_SPLITTER_FUSION_H

#include "splitter/functions.h"

struct fusion_hint {
  guint function; /* index in the functions */
  double weight;  /* share of code in common, 1 for shared state */
  char *text;
};

/* Hints ordered by function: one per shared state, one for code in common with others (nine tenths
 * and more). O(functions^2 * closure). */
GArray *fusion_hints(const struct proposal *proposal, const GPtrArray *functions);

#endif
