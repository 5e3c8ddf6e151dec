/* What "analyze" and "merge" share: options from the command line, progress, interruption, the
 * closing words and the exit code. */
#ifndef CLEAVE_CLI_ANALYSIS_H
#define CLEAVE_CLI_ANALYSIS_H

#include "analyzer/analyze.h"
#include "cli/command.h"

/* Analyses into the store. `into` holds what the command has set already. */
int analysis_run(struct context *context, struct store *store,
                 const struct compilations *compilations, struct analyze_options *into);

/* Merges the parts into the store. */
int analysis_merge(struct context *context, struct store *store, struct store *const *parts,
                   unsigned n_parts);

/* Prints the error of any of the analyzer's domains; returns its exit code. */
int analysis_fail(const struct context *context, const GError *error);

#endif
