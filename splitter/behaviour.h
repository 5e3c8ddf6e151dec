/* What the use of a state shows of it, whatever its name: counters with their resets, caches, what
 * is only written. Reads the monolith; decides nothing. */
#ifndef CLEAVE_SPLITTER_BEHAVIOUR_H
#define CLEAVE_SPLITTER_BEHAVIOUR_H

#include "splitter/monolith.h"

/* Whether a state lies outside of the process: a table, a data file, a shared segment. */
bool behaviour_is_outside(const struct fact_state *state);

struct behaviour {
  bool *is_reset;      /* per routine: sets counters back and does nothing else with them */
  bool *reads_outside; /* per routine: reads a table, a data file or a shared segment, or calls what
                          does */
  bool *writes_outside; /* per routine: the same for writes */
};

/* O(calls * depth + accesses^2 of a state). */
struct behaviour *behaviour_new(const struct monolith *monolith);
void behaviour_free(struct behaviour *behaviour);

/* Why STATE is a cache, in words, or NULL: some routine looks it up, reads an outside store and
 * fills it, in this order and without changing the outside; everybody who reads it is part of that;
 * and something else drops what is in it, so that losing it is foreseen. A new string.
 * O(calls of the callers of its users). */
char *behaviour_cache(const struct monolith *monolith, const struct behaviour *behaviour,
                      guint32 state);

/* Whether STATE is written while the program serves and read by nobody, not even at start-up. */
bool behaviour_only_written(const struct monolith *monolith, guint32 state);

#endif
