/* Which headers of the system sources ask for, themselves or through headers of their own.
 *
 * A guess from the texts alone, conditions unread: it decides what may be worth sharing and nothing
 * else. */
#ifndef CLEAVE_ANALYZER_PREFIXES_WANTED_H
#define CLEAVE_ANALYZER_PREFIXES_WANTED_H

#include <glib.h>

/* Fewer includes of headers than this, all together, do not pay for what they would share. */
enum { ADDED_MIN_USES = 10 };

/* What has been read so far; files are read once. Free with wanted_free(). */
struct wanted *wanted_new(void);
void wanted_free(struct wanted *wanted);

/* The names in angle brackets that are asked for behind the line `shared_line` of SOURCE (absolute
 * path), which is compiled with ARGUMENTS: a set of char *, to be unreferenced, with a value that
 * is not NULL where the source itself does. What the lines up to there reach is left out. Adds the
 * number of headers of the tree that are reached behind that line to `n_own`. Linear in the headers
 * that the source reaches. */
GHashTable *wanted_of(struct wanted *wanted, const char *source, const char *const *arguments,
                      unsigned shared_line, guint *n_own);

/* Includes, a line each, of the standard headers that two or more of these SETS name, or half of
 * them through their own headers, the most wanted first; NULL where few are named, and where it
 * does not pay: the sources reach most of them, or more than that, through `n_own` headers of the
 * tree, all of which would have to be looked through. To be freed. */
char *wanted_choose(const GPtrArray *sets, guint n_own);

#endif
