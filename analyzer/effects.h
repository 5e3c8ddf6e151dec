/* What routines do to the world: one row per call of an outside routine, or use of an outside
 * variable, that a rule names. Direct effects only; whoever wants what a routine can reach walks
 * the calls. */
#ifndef CLEAVE_ANALYZER_EFFECTS_H
#define CLEAVE_ANALYZER_EFFECTS_H

#include "analyzer/findings.h"

/* Needs the call graph. */
void effects_find(struct findings *findings);

/* The name that rules know an outside routine by: fortified, 64-bit and versioned variants folded.
 * A new string. */
char *effects_plain_name(const char *name);

#endif
