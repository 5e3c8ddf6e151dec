/* How often calls are made, from what was seen instead of from loops: a profile counts calls
 * between routines, recorded invocations count events per entry. Sets the volumes of a monolith's
 * calls and draws no conclusions. */
#ifndef CLEAVE_SPLITTER_VOLUME_H
#define CLEAVE_SPLITTER_VOLUME_H

#include "splitter/monolith.h"
#include "splitter/profile.h"

/* What the host recorded of the function that a routine is the entry of. */
struct recording {
  guint32 n;
  double seconds;    /* mean duration of those that were answered */
  double peak_bytes; /* the largest resident size */
  guint32 n_cold;
  double cold_seconds; /* mean of the cold starts */
  double first;        /* time of the first, seconds since 1970 */
  double last;
};

/* Recordings per routine, all zero where there are none; they belong to the plan that the store
 * holds now. NULL and ERROR when the store cannot be read. O(invocations). */
struct recording *volume_recordings(struct store *store, const struct monolith *monolith,
                                    GError **error);

/* Scales the volume of every call by how often the entries are woken whose code makes it: 1 is the
 * mean over the calls that recorded entries reach. FALSE when nothing was recorded.
 * O(entries * calls). */
bool volume_apply_recordings(struct monolith *monolith, const struct recording *recordings);

/* Puts counts in the place of guesses where PROFILE saw the caller run: the counts are scaled so
 * that the geometric mean of the volumes stays. Calls of a caller that ran and did not make them
 * weigh a tenth. Returns how many pairs of routines were recognised. O(calls + profile). */
guint32 volume_apply_profile(struct monolith *monolith, const struct profile *profile);

#endif
