/* From a parsed translation unit to its facts. Never parses, never writes. */
#ifndef CLEAVE_ANALYZER_EXTRACT_H
#define CLEAVE_ANALYZER_EXTRACT_H

#include "analyzer/unit_builder.h"

#include <clang-c/Index.h>

struct extract_input {
  CXTranslationUnit tu;
  const char *root;          /* absolute */
  const char *file;          /* absolute path of the source */
  const char *object;        /* what the command writes, "" when unknown */
  const char *arguments;     /* normalised, separated by newlines */
  const char *configuration; /* hash of the arguments */
  unsigned prefix_line;      /* last line of what it shares with others, or 0 */
  const char *prefix_header; /* absolute path of the header that it shares instead, or NULL */
  const struct unit *prefix; /* facts of the precompiled header it was parsed with, or NULL */
  GBytes *prefix_files;      /* what was read for it */
  GHashTable *unseen; /* real paths of precompiled headers that it must not depend on, or NULL */
};

/* Every file that was read: path as in the facts -> enum read_role. */
enum read_role { READ_NESTED = 1, READ_NAMED };

/* The facts; `read` is filled with the files. With a prefix, the walk goes on from its facts and
 * looks at the declarations of the source alone; NULL where that does not do, or where the source
 * refers to what an unseen header declares, and it must be parsed without. */
struct unit_builder *extract_unit(const struct extract_input *input, GHashTable *read);

/* The facts of a prefix: those of its declarations, with a list of their places (declarations);
 * a file that it names itself is READ_NAMED. NULL where its headers may not
 * be read once for several sources: errors, headers that are not guarded, macros and pragmas whose
 * meaning depends on where they stand. */
struct unit_builder *extract_prefix(const struct extract_input *input, GHashTable *read);

#endif
