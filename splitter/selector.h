/* Names as people write them: `[program:][file::]routine`, `[file::]variable[.field]`,
 * `table:orders`, with globs. Finds what they mean in a monolith. */
#ifndef CLEAVE_SPLITTER_SELECTOR_H
#define CLEAVE_SPLITTER_SELECTOR_H

#include "splitter/monolith.h"

/* Numbers of the routines that TEXT names, ascending. */
GArray *selector_routines(const struct monolith *monolith, const char *text);

/* Numbers of the states that TEXT names, ascending: a variable without a field means all its
 * fields, a storage before a colon (table:, file:, heap: …) that kind of state alone. */
GArray *selector_states(const struct monolith *monolith, const char *text);

/* Numbers of the routines that lie in files which TEXT names, ascending. */
GArray *selector_file_routines(const struct monolith *monolith, const char *text);

/* The known name nearest to TEXT, or NULL: of routines and states, or of files. */
const char *selector_nearest(const struct monolith *monolith, const char *text, gboolean is_file);

/* Whether TEXT holds glob characters. */
gboolean selector_is_glob(const char *text);

#endif
