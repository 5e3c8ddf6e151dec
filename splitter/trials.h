/* Code that only tries the program out: tests, examples, benchmarks. It is told apart before
 * anything is split, with the reason, unless people put it into a service. */
#ifndef CLEAVE_SPLITTER_TRIALS_H
#define CLEAVE_SPLITTER_TRIALS_H

#include "splitter/boundaries.h"
#include "splitter/monolith.h"

/* A program is a trial when its main lies in a folder of tests, examples or benchmarks, or in a
 * file that is named as one; without a main, when all its files do. A file is left out when it lies
 * so or is named so and no other program holds it: what the program itself is linked from stays,
 * wherever it lies. Programs whose routines BOUNDARIES (may be NULL) put into a service or make a
 * function stay whole. Nothing is left out when nothing else would be left, or where no program is
 * known at all: a dependency list that was imported means every item of it.
 *
 * Takes the calls, accesses, entries, effects and spans of what is left out from MONOLITH and
 * leaves the reasons there (monolith_trial_of_routine()). O(facts). */
void trials_leave_out(struct monolith *monolith, const struct boundaries *boundaries);

/* Why the code of a file at PATH tries something out: "lies in test/unit", or NULL. The caller's to
 * free. O(length). */
char *trials_reason_of_path(const char *path);

#endif
