/* Moves the rows of the store with the lines that they are about, where linking all units again
 * would change nothing else (see moves.h).
 *
 * Rewrites rows; decides nothing. */
#ifndef CLEAVE_ANALYZER_MOVED_ROWS_H
#define CLEAVE_ANALYZER_MOVED_ROWS_H

#include "analyzer/moves.h"
#include "store/store.h"

/* The fact tables, which must be those of the units before, become those of the units after. Needs
 * an open transaction. Closed moves only. Sets *is_done to false where a row cannot be moved: then
 * some rows may be written, and all must be linked. Linear in the moved rows, and one look at each
 * row of the small tables. */
bool moved_rows_write(struct store *store, const struct moves *moves, bool *is_done,
                      GError **error);

#endif
