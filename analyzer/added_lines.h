/* The lines of a description of added headers that tell of files, their words and what the compiler
 * defines by itself; added_open() reads them.
 *
 * Private to added_describe.c, which finds out what they say and writes the lines of single names
 * as it meets them. */
#ifndef CLEAVE_ANALYZER_ADDED_LINES_H
#define CLEAVE_ANALYZER_ADDED_LINES_H

#include <clang-c/Index.h>
#include <glib.h>

/* One entry of a file: headers that are not guarded have several. */
struct entry {
  guint file;       /* number + 1 */
  GArray *included; /* guint: entries */
};

/* What the parser read; it asks for a file's place among all of them each time. */
struct content {
  const char *text; /* the parser's */
  size_t size;
};

/* PATHS (char *) by number, what each of ENTRIES (struct entry *) reaches, and the DIRECTORIES (set
 * of char *) where headers were found. */
void added_write_files(GString *text, const GPtrArray *paths, const GPtrArray *entries,
                       GHashTable *directories);

/* The words of all CONTENTS (struct content), and the macros that they undefine. */
void added_write_words(GString *text, const GArray *contents);

/* The macros of a file without text. */
void added_write_predefined(GString *text, CXTranslationUnit empty);

#endif
