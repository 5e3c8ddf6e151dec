/* What changed between two stores: routines, calls, state, boundaries, functions, cuts, bills. */
#ifndef CLEAVE_REPORTS_DIFFERENCE_H
#define CLEAVE_REPORTS_DIFFERENCE_H

#include "reports/model.h"
#include "store/view.h"

/* Rows of kind, change (added, removed, changed), name, before and after; sorted. Things are the
 * same when their names are the same; lines that moved are no change. The caller frees with
 * view_rows_free(). O(rows log rows). */
struct view_rows *difference_find(const struct model *before, const struct model *after);

#endif
