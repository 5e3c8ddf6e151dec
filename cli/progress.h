/* Progress of long work: one line on a terminal with count, rate and remaining time.
 *
 * Silent when the stream is no terminal, when --quiet was given, and during the first second. Never
 * writes to stdout, never keeps a line on the screen after progress_free(). */
#ifndef CLEAVE_CLI_PROGRESS_H
#define CLEAVE_CLI_PROGRESS_H

#include <glib.h>
#include <stdint.h>

#include "cli/command.h"

struct progress;

/* Work called WHAT ("analyzing") on things called UNIT ("files").
 * The caller frees with progress_free(). */
struct progress *progress_new(const struct context *context, const char *what, const char *unit);

/* DONE of TOTAL are done (TOTAL 0: not known), CURRENT (or NULL) is at work. Cheap: call it for
 * every thing; the line is drawn at most ten times a second. */
void progress_set(struct progress *progress, uint64_t done, uint64_t total, const char *current);

/* Draws the line again twice a second from a thread of its own, for work that seldom calls
 * progress_set(). */
void progress_tick(struct progress *progress);

/* Wipes the line; accepts NULL. */
void progress_free(struct progress *progress);
typedef struct progress progress_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(progress_t, progress_free)

/* The line for DONE of TOTAL after SECONDS, of which the last thing was done WAITED seconds ago;
 * cut to WIDTH columns. Pure, for tests. New string. */
char *progress_line(const char *what, const char *unit, uint64_t done, uint64_t total,
                    double seconds, double waited, const char *current, unsigned width);

#endif
