/* XML as storage services answer it: a list of like records with texts inside. Never resolves
 * entities of a document's own, never reads anything from elsewhere. */
#ifndef CLEAVE_HOST_SOURCE_MARKUP_H
#define CLEAVE_HOST_SOURCE_MARKUP_H

#include <glib.h>

/* The elements called RECORD inside of the root element ROOT, as GHashTable (name of a child -> its
 * text; deeper ones by their own name too), in order. The root's own texts go to TOP (may be NULL).
 * NULL with ERROR when TEXT is no well-formed document or has another root. O(n). */
GPtrArray *markup_records(const char *text, size_t n, const char *root, const char *record,
                          GHashTable *top, GError **error);

/* The text of NAME in a record, or "". */
const char *markup_text(GHashTable *record, const char *name);

#endif
