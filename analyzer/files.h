/* The tables of files and diagnostics, from the units. */
#ifndef CLEAVE_ANALYZER_FILES_H
#define CLEAVE_ANALYZER_FILES_H

#include "analyzer/inputs.h"
#include "analyzer/unit.h"
#include "store/record.h"

/* Replaces fact_file and fact_diagnostic. `rows` are the fact_unit records and `units` their facts,
 * in the same order. Files whose content is as recorded before are not read again. */
bool files_write(struct store *store, const char *root, const struct record_set *rows,
                 const GPtrArray *units, GError **error);

/* Writes the hash and the lines of stored files that are others by now: of those that the check has
 * read, and of what units were made from that were parsed again (`inputs`: their records). */
bool files_refresh(struct store *store, const char *root, const struct inputs_check *check,
                   const GPtrArray *inputs, GError **error);

#endif
