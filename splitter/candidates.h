/* The candidates of one service for functions: its entries, and routines that there is a reason to
 * split off; with the calls between them. */
#ifndef CLEAVE_SPLITTER_CANDIDATES_H
#define CLEAVE_SPLITTER_CANDIDATES_H

#include "splitter/fusion.h"
#include "splitter/setup.h"

struct candidate_routine {
  guint32 routine;
  const char *reason; /* why it may be split off; NULL for entries */
};

struct candidates {
  GArray *routines;            /* struct candidate_routine, callers first */
  GArray *items;               /* struct setup_candidate, the same order */
  GArray *calls;               /* struct setup_call, ordered by from, to */
  const struct call **example; /* per call: a site that shows it; may be another routine's */
};

/* Candidates of SERVICE. Rates and durations come from RECORDINGS (may be NULL), else from the
 * assumptions of docs/cost.md: 1,000 events a day (direct functions 10, schedules what their key
 * says), 10 ms and 64 MB. O(candidates * calls). */
struct candidates *candidates_of(const struct proposal *proposal, const GPtrArray *functions,
                                 const struct fusion *fusion, const struct recording *recordings,
                                 guint32 service);
void candidates_free(struct candidates *candidates);

#endif
