/* What "analyze", "check" and "merge" share: options from the command line, progress, interruption,
 * the closing words and the exit code. */
#ifndef CLEAVE_CLI_ANALYSIS_H
#define CLEAVE_CLI_ANALYSIS_H

#include "analyzer/analyze.h"
#include "cli/command.h"

/* Options of every command that analyses; analysis_run and analysis_merge read them. */
#define OPTION_JOBS                                                                                \
  {                                                                                                \
    "jobs", 'j', OPTION_INTEGER, "N", "worker processes (default: one per core)", NULL             \
  }
#define OPTION_RULES                                                                               \
  {                                                                                                \
    "rules", 0, OPTION_LIST, "FILE", "further rules for effects and entries", NULL                 \
  }

/* Analyses into the store. `into` holds what the command has set already. */
int analysis_run(struct context *context, struct store *store,
                 const struct compilations *compilations, struct analyze_options *into);

/* Merges the parts into the store. */
int analysis_merge(struct context *context, struct store *store, struct store *const *parts,
                   unsigned n_parts);

/* Prints the error of any of the analyzer's domains; returns its exit code. */
int analysis_fail(const struct context *context, const GError *error);

#endif
