/* The main line of the analysis: which units are stale, parsing them, storing their facts, linking
 * them into the fact tables.
 *
 * Writes the store and nothing else; never prints. */
#ifndef CLEAVE_ANALYZER_ANALYZE_H
#define CLEAVE_ANALYZER_ANALYZE_H

#include "analyzer/compilations.h"
#include "analyzer/workers.h"
#include "store/store.h"

struct analyze_options {
  struct workers_options workers;
  bool is_fresh;            /* parse everything again */
  unsigned shard;           /* from 0 */
  unsigned n_shards;        /* 0 or 1: everything, and link */
  const char *data_folder;  /* folder that holds rules/ and models/ */
  const char *const *rules; /* further rule files, NULL at the end, or NULL */
  int64_t started;          /* now, nanoseconds since the epoch */
  void (*progress)(void *context, unsigned n_done, unsigned n_all, const char *current);
  void *context;
};

struct analyze_summary {
  unsigned n_units; /* of this run, reused ones too */
  unsigned n_parsed;
  unsigned n_failed; /* no facts at all */
  unsigned n_errors; /* units with errors, facts in part */
  unsigned n_gone;   /* units of an earlier run that are no longer compiled */
  bool is_linked;    /* the fact tables were written again */
  bool is_interrupted;
};

/* Analyses the compilations into the store. What was parsed is kept even when the run ends early;
 * the fact tables change at the end in one transaction or not at all. */
bool analyze_run(struct store *store, const struct compilations *compilations,
                 const struct analyze_options *options, struct analyze_summary *summary,
                 GError **error);

/* Puts the units of other stores into `store` and links them. The order of the stores does not
 * matter and a store may be given twice. When interrupted, the store stays as it was. */
bool analyze_merge(struct store *store, struct store *const *parts, unsigned n_parts,
                   const struct analyze_options *options, struct analyze_summary *summary,
                   GError **error);

#define ANALYZE_ERROR (analyze_error_quark())
GQuark analyze_error_quark(void);
enum analyze_error { ANALYZE_ERROR_MERGE };

#endif
