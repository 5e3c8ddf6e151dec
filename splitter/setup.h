/* Which code runs in one function: set-ups of entries and of the routines that they call, with what
 * each costs and how long its callers wait. Works on plain arrays; knows no monolith and reads no
 * prices from files.
 *
 * A candidate is a routine that may be a function of its own. Entries always are one, alone or in a
 * unit with others; every other call of a candidate is made inside, in a copy of its code, or
 * across, to the function that the candidate then is. A set-up says which calls go across. */
#ifndef CLEAVE_SPLITTER_SETUP_H
#define CLEAVE_SPLITTER_SETUP_H

#include <glib.h>
#include <stdbool.h>

#include "cost/price.h"

#define SETUP_NONE G_MAXUINT32

struct setup_candidate {
  double per_day;   /* events from outside, 0 for what is no entry */
  bool is_awaited;  /* somebody waits for the answer to these events */
  double seconds;   /* of one call, without the candidates that it calls */
  double memory_gb; /* what it needs by itself */
  guint32 unit;  /* entries with equal numbers are one function; SETUP_NONE for what is no entry */
  bool is_fixed; /* its calls stay inside: it must not be a function apart from its callers */
};

/* FROM < TO: candidates are ordered so that callers come first. */
struct setup_call {
  guint32 from;
  guint32 to;
  double per_call; /* calls of TO for one call of FROM, 0 and more */
  bool is_awaited; /* FROM needs the answer; otherwise the work is handed over */
  bool
      may_fan_out; /* turns of a loop that do not need one another: across, they run side by side */
};

struct setup_terms {
  struct unit_prices prices;
  double hop_seconds;  /* added to every call that goes across */
  double cold_seconds; /* of one cold start */
};

struct setup_problem {
  guint32 n;
  const struct setup_candidate *candidates;
  const struct setup_call *calls; /* ordered by from, to; pairs come once */
  guint32 n_calls;
  struct setup_terms terms;
};

struct setup {
  guint8 *is_across; /* per candidate */
  guint32 n_functions;
  double cost;      /* USD per day */
  double latency;   /* seconds that an awaited event takes, mean over all of them */
  double waited;    /* seconds a day that callers outside wait in all */
  double n_awaited; /* events a day that somebody waits for */
};

struct setup_front {
  GPtrArray *setups; /* struct setup *, by rising cost and falling latency: none beats another */
  bool is_proved;    /* all set-ups were tried */
  double gap;        /* by what share the search alone would have missed the proved front; else 0 */
};

/* What one set-up costs. A caller that waits is billed while it waits (double billing). The
 * measures of a function are those of its largest member: the memory that any of them needs, the
 * cold starts that the rate of all of them leaves. O(n * calls). */
void setup_price(const struct setup_problem *problem, struct setup *setup);

/* The Pareto front: labels up the dominator tree of the calls, then single changes until none
 * helps; with at most 16 free candidates in a connected part every set-up is tried as well. Source
 * of the cost model: double billing as in Baldini et al., "The Serverless Trilemma", Onward! 2017.
 * O(labels^2 * n * calls) per part. */
struct setup_front *setup_solve(const struct setup_problem *problem);
/* The same without trying everything: for tests of the gap. */
struct setup_front *setup_search(const struct setup_problem *problem);
void setup_front_free(struct setup_front *front);

/* By what share FOUND misses BEST: the largest over BEST's set-ups of how much more the nearest of
 * FOUND costs or takes (the multiplicative epsilon indicator less 1). */
double setup_front_gap(const struct setup_front *best, const struct setup_front *found);

/* Immediate dominators in the graph in which every entry is called from outside: SETUP_NONE for
 * those that nothing but the outside dominates. IDOM holds n. O(n * calls). Source: Cooper, Harvey
 * and Kennedy, "A Simple, Fast Dominance Algorithm", 2001. */
void setup_dominators(const struct setup_problem *problem, guint32 *idom);

#endif
