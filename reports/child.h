/* Work in a child process with limits of time and memory: what crashes or does not end there leaves
 * us whole. The child has no way to our files but the bytes that it hands back. */
#ifndef CLEAVE_REPORTS_CHILD_H
#define CLEAVE_REPORTS_CHILD_H

#include "reports/picture.h"

/* Runs in the child; appends what it makes to OUT, false when it cannot. */
typedef bool child_work(GByteArray *out, void *data);

/* The bytes that WORK made. PICTURE_ERROR_TOO_LARGE when it was stopped by LIMITS or crashed. */
GBytes *child_run(child_work *work, void *data, const struct picture_limits *limits,
                  GError **error);

#endif
