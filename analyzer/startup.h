/* What runs before a program serves, and what runs after.
 *
 * A program serves from the first call in main that starts a server, a thread or an endless loop;
 * what only the lines before it reach is start-up. Needs the call graph; writes nothing. */
#ifndef CLEAVE_ANALYZER_STARTUP_H
#define CLEAVE_ANALYZER_STARTUP_H

#include "analyzer/findings.h"

struct startup {
  uint32_t n_routines;
  bool *runs;             /* link routine -> may run while the program serves */
  uint32_t *serving_line; /* link routine -> first line that serves; 0 when it is not on the way
                             from main to serving */
  bool *has_one_job;      /* link routine -> main of a program that never serves and does its job in
                             one call of main, in no loop */
};

/* Linear in the number of calls. */
struct startup *startup_find(const struct findings *findings);
void startup_free(struct startup *startup);

/* True when a line of a routine can only run before the program serves. */
bool startup_is_before(const struct startup *startup, uint32_t routine, uint32_t line);

#endif
