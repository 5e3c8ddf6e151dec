/* From the facts of all units to the fact tables of the store: programs, routines, calls, state,
 * effects, entries, spans, types, parameters.
 *
 * Reads units and rule files, replaces the fact tables but fact_unit, fact_file and
 * fact_diagnostic. Never parses. */
#ifndef CLEAVE_ANALYZER_LINK_H
#define CLEAVE_ANALYZER_LINK_H

#include "analyzer/models.h"
#include "analyzer/rules.h"
#include "analyzer/unit.h"
#include "store/store.h"

struct link_input {
  const struct unit *const *units; /* sorted by file, arguments, id */
  const int64_t *ids;              /* fact_unit.id of each */
  uint32_t n_units;
  const char *root;         /* absolute: what relative paths are relative to */
  const char *build_folder; /* where the compile commands were found, absolute, or NULL */
  const char *data_folder;  /* holds rules/ and models/ */
  const char *const *rules; /* further rule files, NULL at the end, or NULL */
  const volatile sig_atomic_t *is_interrupted; /* stop when it becomes true, or NULL */
  unsigned n_threads;                          /* to use at most; 0 is 1 */
};

/* Replaces the rows of all linked tables. Needs an open transaction. Same units, same rows. False
 * without ERROR when interrupted. */
bool link_run(struct store *store, const struct link_input *input, GError **error);

/* Reads the rules and models of a data folder, and further rule files, NULL at their end, or NULL. */
bool link_read_data(const char *data_folder, const char *const *files, struct rules *rules,
                    struct models *models, GError **error);

/* A hash of the rule and model files that link_run() would read: when it and the units are the
 * same, so are the rows. New string; a file that cannot be read counts as absent. */
char *link_data_hash(const char *data_folder, const char *const *rules);

#endif
