/* Worker processes that parse. A worker that crashes, hangs or eats too much memory costs the unit
 * that it was at, never the run.
 *
 * Workers are forked when there is work, read nothing but sources, write nothing but their pipe and
 * die with their parent. */
#ifndef CLEAVE_ANALYZER_WORKERS_H
#define CLEAVE_ANALYZER_WORKERS_H

#include "analyzer/compilations.h"
#include "analyzer/parse.h"

#include <signal.h>

struct workers_options {
  const char *parser; /* path of the parser's module */
  const char *resource_dir;
  unsigned n_workers;                          /* at least 1 */
  unsigned time_limit;                         /* seconds for one unit; 0: none */
  uint64_t memory_limit;                       /* bytes of address space for one worker; 0: none */
  const volatile sig_atomic_t *is_interrupted; /* stop when it becomes true, or NULL */
};

/* One result, which stays the caller's, or NULL and
 * `reason`. Called in the parent, in the order of arrival. False ends the run with ERROR set. */
typedef bool workers_take(void *context, guint number, const struct parsed *parsed,
                          const char *reason, GError **error);
/* Called when a unit begins and at least every 100 ms: `current` is one that is at work. */
typedef void workers_progress(void *context, guint n_done, const char *current);

/* Parses compilations[numbers[0..n]]. A unit whose worker dies or runs out of time is tried once
 * more alone. Returns false with ERROR when no worker can be started or `take` failed, and false
 * without when interrupted. */
bool workers_run(const struct compilations *compilations, const guint *numbers, guint n,
                 const struct workers_options *options, workers_take *take,
                 workers_progress *progress, void *context, GError **error);

#define WORKERS_ERROR (workers_error_quark())
GQuark workers_error_quark(void);

#endif
