/* Growth: what newer code has across the boundaries of an older plan that the older code had not.
 *
 * Routines and state keep the service that the older plan gave them; a new one belongs to the
 * service that most of its file belongs to. So a finding means that code was written, not that a
 * proposal moved. */
#ifndef CLEAVE_REPORTS_GROWTH_H
#define CLEAVE_REPORTS_GROWTH_H

#include "reports/findings.h"

/* New cuts, new writers of foreign state and newly blocked functions of NOW against BEFORE, sorted.
 * The caller frees with g_ptr_array_unref(). O(rows). */
GPtrArray *growth_find(const struct model *before, const struct model *now);

#endif
