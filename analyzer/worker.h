/* One process that parses what it is asked for, until its pipe closes.
 *
 * Runs in a child: it has nothing of the parent's but what was in memory at the fork. */
#ifndef CLEAVE_ANALYZER_WORKER_H
#define CLEAVE_ANALYZER_WORKER_H

#include "analyzer/prefixes.h"
#include "analyzer/workers.h"

struct request {
  uint32_t number; /* of a compilation; of a prefix while those are made */
  uint32_t is_plain;
};

struct answer_header {
  uint32_t number;
  uint32_t is_failure;
  uint64_t n_facts;       /* bytes that follow: the facts, or why there are none */
  uint64_t n_files;       /* and behind them: the files that were read */
  uint64_t n_description; /* and behind them: of headers added to a prefix */
};

/* A precompiled header on top of another one holds its path: it must be the same in all processes.
 * The one of prefix N is at descriptor BELOW_FD + N. */
enum { BELOW_FD = 512, N_BELOW = 400 };

/* What a worker knows: all of it was there before the fork. */
struct work {
  const struct compilations *compilations;
  const struct workers_options *options;
  const struct prefixes *prefixes;
  const char *folder; /* where precompiled headers go while they are made; NULL afterwards */
};

/* Where the precompiled header of a prefix goes while it is made. */
char *worker_prefix_path(const char *folder, guint number, bool is_added);

bool worker_write(int fd, const void *bytes, size_t size);

/* Reads requests from `in`, writes answers to `out`, and ends the process. */
_Noreturn void worker_run(const struct work *work, int in, int out);

#endif
