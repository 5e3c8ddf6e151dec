/* Values that differ from run to run (session tokens, new ids) put in place of those of another
 * run. Replaces whole words alone: "12" inside "123" stays. Pure. */
#ifndef CLEAVE_REPLAY_TRANSLATION_H
#define CLEAVE_REPLAY_TRANSLATION_H

#include <glib.h>
#include <stdbool.h>

struct translation;

struct translation *translation_new(void);
void translation_free(struct translation *translation);

/* From here on FROM becomes TO; a later TO for the same FROM replaces the earlier one. */
void translation_add(struct translation *translation, const char *from, const char *to);

/* TEXT with everything known replaced; a new string of *N_RESULT bytes (NUL-terminated). Values of
 * less than eight characters are replaced only where IS_PATH says that TEXT is a path: a short
 * number in a body may mean anything. O(n) plus O(n) per value that is no word. */
char *translation_apply(const struct translation *translation, const char *text, gsize n,
                        bool is_path, gsize *n_result);

#endif
