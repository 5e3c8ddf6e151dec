/* Files that everybody uses and that keep nothing of anybody: every service carries a copy. Marks
 * them; draws no boundary. */
#ifndef CLEAVE_SPLITTER_UTILITIES_H
#define CLEAVE_SPLITTER_UTILITIES_H

#include "splitter/roles.h"

/* Makes utilities of the routines in such files and their state private, one file making others
 * possible. The roles of states and the gateways have to be known. O(files * (calls + accesses)).
 */
void utilities_mark(const struct monolith *monolith, struct roles *roles);

#endif
