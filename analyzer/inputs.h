/* What a unit was made from: the files read, and whether they are still the same.
 *
 * A file whose size and time are those recorded is the same; otherwise its content decides, and of
 * files of the tree its shape: other comments need no parse (file_shape.h). */
#ifndef CLEAVE_ANALYZER_INPUTS_H
#define CLEAVE_ANALYZER_INPUTS_H

#include "analyzer/unit.h"

/* Remembers what it has seen of the file system, so that a header is looked at once per run. Free
 * with inputs_check_free(). */
struct inputs_check;
struct inputs_check *inputs_check_new(const char *root);
void inputs_check_free(struct inputs_check *check);

/* The record as bytes of the files that a parse has read, listed as in parse.h. `started` is when
 * the run began, in nanoseconds since the epoch: a file that changed since then is recorded without
 * a time, so that its content is compared next time. */
GBytes *inputs_record(struct inputs_check *check, GBytes *files, int64_t started);

/* True when every file says what it said. Damaged records are never fresh. */
bool inputs_are_fresh(struct inputs_check *check, GBytes *record);

/* The recorded content hash of a file (path as in the facts); 0 when it is not in the record. */
typedef void inputs_visit(void *context, const char *path, uint64_t hash);
void inputs_each(GBytes *record, inputs_visit *visit, void *context);

/* Visits the files that were read because they are not as recorded, with the hash of what they hold
 * now. False, and nothing is visited, where there are none. Paths live as long as the check. */
bool inputs_each_read(const struct inputs_check *check, inputs_visit *visit, void *context);

#endif
