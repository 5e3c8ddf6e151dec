/* Writes a proposal into the store's plan tables. The only file of the splitter that writes. */
#ifndef CLEAVE_SPLITTER_PLAN_WRITER_H
#define CLEAVE_SPLITTER_PLAN_WRITER_H

#include "splitter/functions.h"
#include "store/plan.h"

/* Replaces the plan in STORE by this one, in one transaction. */
bool plan_write(struct store *store, const struct proposal *proposal, const GPtrArray *functions,
                const GArray *cuts, GError **error);

#endif
