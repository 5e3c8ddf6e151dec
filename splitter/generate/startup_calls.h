/* The calls that a program makes while it starts, in order, and what each of them sets and reads:
 * facts of the program alone, found once for all its functions.
 *
 * It knows no function: which call one needs is decided by startup.c. */
#ifndef CLEAVE_GENERATE_STARTUP_CALLS_H
#define CLEAVE_GENERATE_STARTUP_CALLS_H

#include "splitter/generate/inventory.h"

/* What a routine does with variables when it is called at start-up, with all that it calls at once.
 * Objects are pointers to ids of states or of what they are parts of. */
struct startup_effect {
  GPtrArray *writes;   /* const struct fact_access *: the first write of each object, by place */
  GPtrArray *reads;    /* const int64_t *: objects */
  const char *outside; /* name of the first thing outside the process that it writes, or NULL */
};

/* A call made while the program starts. */
struct startup_call {
  const struct fact_site *site;
  const struct fact_routine *callee;
  const struct fact_routine *caller;
  bool serves; /* begins to serve: listens, starts threads, loops over events */
};

struct startup_calls;

/* INVENTORY must outlive it. O(calls + accesses). */
struct startup_calls *startup_calls_new(const struct inventory *inventory);
void startup_calls_free(struct startup_calls *calls);

/* The calls of MAIN, the program's start: struct startup_call. Found at the first question, in
 * O(calls at start-up * calls of the program); kept. */
const GArray *startup_calls_of(struct startup_calls *calls, const struct fact_routine *main);

/* What a call of ROUTINE does. Found at the first question, in O(calls + accesses * log); kept. */
const struct startup_effect *startup_effect_of(struct startup_calls *calls,
                                               const struct fact_routine *routine);

/* Whether an access sets, at start-up, something inside the process. */
bool startup_sets(const struct startup_calls *calls, const struct fact_access *access);

/* Inside the process, and not constant. */
bool startup_is_inner(const struct fact_state *state);

/* The id of the object that a state is part of. */
const int64_t *startup_object(const struct fact_state *state);

#endif
