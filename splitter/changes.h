/* What a split changed against the plan that was there, and why. Reads; changes nothing. */
#ifndef CLEAVE_SPLITTER_CHANGES_H
#define CLEAVE_SPLITTER_CHANGES_H

#include "splitter/splitting.h"

/* struct split_change * for every routine and state that is elsewhere now. A service that only has
 * another name is one change and none of its members. Empty without an earlier plan. */
GPtrArray *changes_of(const struct splitting *splitting);

#endif
