/* Standard headers in a precompiled header that go before those of a source, in another order and
 * with some that it does not include itself.
 *
 * That changes nothing for a source in which no word occurs that such a header declares or defines
 * before the source has included it, and which defines no macro that such a header mentions: what
 * does not occur cannot be told from what is not there. added_fits() proves this for one source
 * from its text and that of its own headers; when in doubt it says no. */
#ifndef CLEAVE_ANALYZER_ADDED_HEADERS_H
#define CLEAVE_ANALYZER_ADDED_HEADERS_H

#include <clang-c/Index.h>
#include <glib.h>
#include <stdbool.h>

/* What is behind the headers that FILE, the text of which was parsed with a detailed preprocessing
 * record, includes: files, what each declares, and which includes which, and which may not be
 * added: not guarded, not the system's, macros whose meaning depends on their place. `empty` is an
 * empty file parsed likewise: the macros that are there without any header. NULL where there are
 * errors. The headers that had better be left out, since some file of theirs may not be added,
 * go to `unfit`: char * to be freed, as they are asked for. */
GBytes *added_describe(CXTranslationUnit tu, CXTranslationUnit empty, const char *file,
                       GPtrArray *unfit);

/* The same read back, for use by many sources. `own` is the folder of the compiler's own headers.
 * NULL where it is damaged. Free with added_free(). */
struct added *added_open(GBytes *description, const char *own);
void added_free(gpointer added);

/* A file of the precompiled header below: what its macros mention counts where they occur. */
void added_below(struct added *added, const char *path);

/* Real and absolute paths of all files that are added; they belong to `added`. */
const GPtrArray *added_files(const struct added *added);

/* What must hold when a source was parsed with the headers added; else it means something else. */
struct added_terms {
  GHashTable *expected; /* real paths: no other file was entered, but the compiler's own */
  GHashTable *unseen;   /* real paths of added files that the source does not include: it refers to
                           nothing that they declare, and is without error */
};
void added_terms_clear(struct added_terms *terms);

/* True where the source at PATH, compiled with these arguments, means the same with the headers
 * added, provided that the terms hold, which are then filled. Linear in the text of the source and
 * of its headers that are not precompiled. `below` are real paths of the files in the precompiled
 * header under them, or NULL; it was made of the source's lines up to `shared_line`. */
bool added_fits(struct added *added, const char *path, const char *const *arguments,
                GHashTable *below, unsigned shared_line, struct added_terms *terms);

/* A source entered a file in spite of the terms: sources that might do so, too, do not fit from
 * here on. That saves parses and changes nothing else. */
void added_note_entered(struct added *added, const char *path);

#endif
