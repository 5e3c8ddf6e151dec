/* Which files never meet in a process, because no program holds both. Reads the monolith. */
#ifndef CLEAVE_SPLITTER_STRANGERS_H
#define CLEAVE_SPLITTER_STRANGERS_H

#include "splitter/monolith.h"

struct strangers;

/* What nothing links, because its build was not seen to the end, is taken to be of the programs
 * that it shares calls with. O(calls + programs of files). */
struct strangers *strangers_new(const struct monolith *monolith);
/* Accepts NULL. */
void strangers_free(struct strangers *strangers);

/* Whether no program holds the files A and B; false where one's programs are not known.
 * O(programs of the two files). */
bool strangers_are(const struct strangers *strangers, guint32 a, guint32 b);

#endif
