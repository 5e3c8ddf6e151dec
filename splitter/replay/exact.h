/* Two JSON answers of a typed call, compared bit for bit: every leaf of such an answer stands for
 * the bits of one C value, so that 0.0 and -0.0 differ, and 1 and 1.0. Pure. */
#ifndef CLEAVE_REPLAY_EXACT_H
#define CLEAVE_REPLAY_EXACT_H

#include <glib.h>
#include <jansson.h>

/* Appends at most LIMIT differences (struct answer_difference *; `left` is ORIGINAL's) and returns
 * how many values differ. The order of members does not count. O(n). */
size_t exact_compare(const json_t *original, const json_t *function, size_t limit,
                     GPtrArray *differences);

#endif
