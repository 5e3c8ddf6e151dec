/* Names for services, from the words that set their members apart. */
#ifndef CLEAVE_SPLITTER_NAMING_H
#define CLEAVE_SPLITTER_NAMING_H

#include "splitter/evidence.h"

/* One new name per label, all different: the word that its members' names share and others lack,
 * two words where one is taken. GIVEN (per label, may be NULL) holds names that people chose.
 * O(names). */
char **naming_of_labels(const struct monolith *monolith, const struct evidence *evidence,
                        const guint32 *labels, guint32 n_labels, const char *const *given);

#endif
