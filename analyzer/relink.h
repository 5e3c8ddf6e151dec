/* Brings the fact tables up to date with the stored units, as cheaply as what has changed allows:
 * not at all, by moving rows, or by linking all units again.
 *
 * Loads units and decides; never parses. */
#ifndef CLEAVE_ANALYZER_RELINK_H
#define CLEAVE_ANALYZER_RELINK_H

#include "analyzer/analyze.h"
#include "analyzer/moves.h"
#include "store/record.h"

/* Keys of the store's facts about the run. */
#define INFO_ROOT "root"
#define INFO_BUILD_FOLDER "build_folder" /* "" where there is none */
#define INFO_LINKED "linked"             /* relink_hash() of what the fact tables were made from */

/* Hash of what the fact tables are made from beside units: rules, models, what is built. A new
 * string. */
char *relink_rest(const char *root, const char *build_folder,
                  const struct analyze_options *options);

/* Changes exactly when linking again could change a row: `units` are the rows of fact_unit, in any
 * order. A new string. */
char *relink_hash(const struct record_set *units, const char *rest);

/* `moves` is what happened to the units since they were linked, or NULL where that is unknown.
 * Needs an open transaction. */
bool relink_if_changed(struct store *store, const char *root, const char *build_folder,
                       const struct analyze_options *options, const char *rest, struct moves *moves,
                       struct analyze_summary *summary, GError **error);

#endif
