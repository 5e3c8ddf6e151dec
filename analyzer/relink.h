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

struct relink_input {
  const char *root;
  const char *build_folder; /* "" where there is none */
  const struct analyze_options *options;
  const char *rest;               /* relink_rest() */
  const struct record_set *units; /* rows of fact_unit, facts and inputs apart */
  struct moves *moves; /* what happened to the units since they were linked; NULL: unknown */
  bool commits_units;  /* before all is linked: an interruption costs none of them */
};

/* Needs an open transaction. `is_linked` tells whether all units were linked again. */
bool relink_if_changed(struct store *store, const struct relink_input *input, bool *is_linked,
                       GError **error);

#endif
