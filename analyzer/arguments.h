/* Compiler arguments: split, cleaned and put into one form.
 *
 * What is recorded in a compile database is untrusted. Only what changes the meaning of the source
 * is kept; everything that writes a file, loads code, runs a program or is another compiler's own
 * is left out. Nothing is ever handed to a shell. */
#ifndef CLEAVE_ANALYZER_ARGUMENTS_H
#define CLEAVE_ANALYZER_ARGUMENTS_H

#include <glib.h>
#include <stdbool.h>

enum source_language { SOURCE_C, SOURCE_CXX, SOURCE_OTHER };

struct arguments {
  GPtrArray *kept; /* char *, NULL at the end */
  char *object;    /* absolute path of the object file, or NULL */
  enum source_language language;
};

/* Old prefix -> new prefix, applied to every path. */
struct path_map {
  char *from;
  char *to;
};

/* Splits a command line by the quoting rules of POSIX shells, without any expansion. Free with
 * g_strfreev(). */
char **arguments_split(const char *command);

/* `words` is the command with the compiler first; `directory` where it runs, `file` the source as
 * the entry names it. `notices` (char * -> count) gathers what was left out and is worth saying.
 * Response files are read, relative to the directory, at most ten deep. */
void arguments_normalise(struct arguments *arguments, const char *const *words,
                         const char *directory, const char *file, const GArray *path_maps,
                         GHashTable *notices);
void arguments_clear(struct arguments *arguments);

/* A new string: `path` below `directory` unless absolute, mapped, without "." and "..". */
char *arguments_path(const char *path, const char *directory, const GArray *path_maps);

#endif
