/* The cold-start plan: which parts of the monolith's start-up a function needs before its first
 * event, in order. Found from what its closure reads and who writes that before the program serves.
 *
 * It calls nothing and decides nothing that it cannot show: what depends on arguments of the
 * program, on local variables or on a branch becomes a named decision. */
#ifndef CLEAVE_GENERATE_STARTUP_H
#define CLEAVE_GENERATE_STARTUP_H

#include "splitter/generate/inventory.h"
#include "splitter/generate/source_text.h"
#include "splitter/generate/spec.h"
#include "splitter/generate/startup_calls.h"

/* Fills spec->start and spec->left_out. Needs spec->program and spec->closure.
 * CALLS keeps what the functions of a program have in common. O(variables that the calls of the
 * start set and read). */
void startup_plan(const struct inventory *inventory, struct startup_calls *calls,
                  struct source_texts *texts, struct function_spec *spec);

/* The first of NAMES (char *) that start-up code of a function cannot know, such as a local
 * variable of main(); NULL when it knows all. */
const char *startup_unknown_name(const struct inventory *inventory, const GPtrArray *names);

/* Makes STEP a decision that people have to make: WHY, and the expression as the program has it
 * (may be NULL, may be step->run). */
void startup_mark_decision(struct start_step *step, const char *why, const char *expression);

#endif
