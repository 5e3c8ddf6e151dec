/* What routines do to the world: one row per call of an outside routine, or use of an outside
 * variable, that a rule names; and for what a routine reaches through others, one shortest path. */
#ifndef CLEAVE_ANALYZER_EFFECTS_H
#define CLEAVE_ANALYZER_EFFECTS_H

#include "analyzer/findings.h"

/* Direct effects. Needs the call graph. */
void effects_find(struct findings *findings);

/* The effects that routines have through those that they call: one path each, the shortest, of
 * several the one whose weakest call is the surest (tiers in the order of fact_call). Breadth first
 * from the direct effects; what is only handed over to run later is not on the way. Needs the
 * direct effects. Kinds of effects, numbers below effects_n_kinds(), may be followed by several
 * threads at once, O(calls) each; effects_finish() adds the rows and frees. */
struct effects_paths;
struct effects_paths *effects_begin(struct findings *findings);
unsigned effects_n_kinds(const struct effects_paths *paths);
void effects_follow(struct effects_paths *paths, unsigned kind);
void effects_finish(struct effects_paths *paths);

/* The name that rules know an outside routine by: fortified, 64-bit and versioned variants folded.
 * A new string. */
char *effects_plain_name(const char *name);

#endif
