/* Whether what changed in calls and accesses decides anything: a constant that a call hands over is
 * looked at by rules and models for the routine that is called, and by that routine where it guards
 * something by its parameter.
 *
 * Reads rules, and the store as it was linked last; changes nothing. */
#ifndef CLEAVE_ANALYZER_MOVED_CONSTANTS_H
#define CLEAVE_ANALYZER_MOVED_CONSTANTS_H

#include "analyzer/moves.h"
#include "store/store.h"

struct moved_constants_input {
  struct store *store;
  const char *data_folder;  /* holds rules/ and models/ */
  const char *const *files; /* further rule files, NULL at the end, or NULL */
};

/* Sets *is_harmless to whether no constant that changed and no access that came or went decides
 * anything but its own rows. Closed moves only. False only on an error. Linear in the calls and
 * accesses of the units; reads the facts of units whose routines are handed a changed number. */
bool moved_constants_judge(const struct moved_constants_input *input, const struct moves *moves,
                           bool *is_harmless, GError **error);

#endif
