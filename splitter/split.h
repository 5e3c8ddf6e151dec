/* The splitter's main line: facts in, plan out. Prints nothing; reads the store and what people
 * decided, writes the store's plan. */
#ifndef CLEAVE_SPLITTER_SPLIT_H
#define CLEAVE_SPLITTER_SPLIT_H

#include <glib.h>
#include <stdbool.h>

#include "store/store.h"

#define SPLIT_ERROR (split_error_quark())

enum split_error {
  SPLIT_ERROR_EMPTY,    /* the store holds no routine with a body */
  SPLIT_ERROR_CONFLICT, /* decisions that cannot all be kept; the message lists them */
};

GQuark split_error_quark(void);

struct unit_prices;

struct split_options {
  const char *boundaries;           /* path of boundaries.yaml, or NULL */
  const char *profile;              /* path of callgrind output, or NULL */
  guint32 n_services;               /* 0: as many as stay over a wide range */
  const struct unit_prices *prices; /* of remote calls and functions; NULL: no set-ups are priced */
  guint evidence_mask;              /* 1 << evidence kind (evidence.h); 0 means all */
  bool is_fresh;                    /* forget the plan that is there */
  /* Told before each part of the work, or NULL: DONE of TOTAL steps, which are about equally long.
   */
  void (*tell)(void *data, guint done, guint total, const char *what);
  void *tell_data;
};

struct split_change {
  char *kind; /* routine, state, or service when it only has another name */
  char *name;
  char *from; /* service, "" when there was none */
  char *to;   /* service, "" for shared or external */
  char *reason;
};

struct split_result {
  guint32 n_services;
  guint32 n_functions;
  guint32 n_units; /* functions to deploy: some serve several entries */
  guint32 n_ready;
  guint32 n_cuts;
  guint32 n_foreign_writes; /* state written from outside its owner */
  guint32 n_broken;         /* transactions and critical sections that the services cut */
  guint32 n_trials;         /* routines of tests, examples and benchmarks: told apart */
  guint32 n_profiled;       /* pairs of routines whose calls a profile counted */
  bool has_recordings;      /* recorded invocations weigh the calls */
  bool is_warm;             /* began with the plan that was there */
  bool is_open;             /* many numbers of services are as good as the one that was chosen */
  double fresh_gain;        /* warm: how much better a fresh plan would score, as a share */
  GPtrArray *remarks;       /* char *: lines of the boundaries that match nothing */
  GPtrArray *decisions;     /* char *: every line of the boundaries and what it costs */
  GPtrArray *steps;         /* char *: the order in which to take services out */
  GPtrArray *changes;       /* struct split_change *: against the plan that was there */
};

/* Makes the plan of STORE anew. With a plan in the store made with the same options it moves only
 * what decisions and new code ask for. RESULT is the caller's to clear, filled on success. */
bool split_run(struct store *store, const struct split_options *options,
               struct split_result *result, GError **error);

void split_result_clear(struct split_result *result);

#endif
