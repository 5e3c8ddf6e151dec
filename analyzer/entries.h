/* Where the outside world comes in, by the rules: handlers handed to calls, tables of keys and
 * routines, chains of comparisons, names. */
#ifndef CLEAVE_ANALYZER_ENTRIES_H
#define CLEAVE_ANALYZER_ENTRIES_H

#include "analyzer/findings.h"

struct entries;

struct entries *entries_new(struct findings *findings);
void entries_free(struct entries *entries);

/* Entries of one program that calls register, in every phase of the flow. */
void entries_find_registered(struct entries *entries, struct flow *flow);

/* All other entries of one program. After its calls are found. */
void entries_find(struct entries *entries, struct flow *flow);

/* Adds the rows: of several rules that say the same, the most confident. After all programs. */
void entries_finish(struct entries *entries);

#endif
