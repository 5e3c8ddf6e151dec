/* Rows of accesses that came or went, where the routine makes the same access elsewhere too: what
 * that one means is known, and so is what this one means or meant. */
#ifndef CLEAVE_ANALYZER_MOVED_TWINS_H
#define CLEAVE_ANALYZER_MOVED_TWINS_H

#include "analyzer/moves.h"
#include "store/store.h"

/* Deletes the rows of accesses that went, before rows are moved. Sets *is_lost where they are not
 * those of their twins: then all must be linked. Needs an open transaction. */
bool moved_twins_delete(struct store *store, const struct moved_unit *unit, bool *is_lost,
                        GError **error);

/* Adds the rows of accesses that came, after rows were moved; likewise. */
bool moved_twins_add(struct store *store, const struct moved_unit *unit, bool *is_lost,
                     GError **error);

#endif
