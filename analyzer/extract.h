/* From a parsed translation unit to its facts. Never parses, never writes. */
#ifndef CLEAVE_ANALYZER_EXTRACT_H
#define CLEAVE_ANALYZER_EXTRACT_H

#include "analyzer/unit.h"

#include <clang-c/Index.h>

struct extract_input {
  CXTranslationUnit tu;
  const char *root;          /* absolute */
  const char *file;          /* absolute path of the source */
  const char *object;        /* what the command writes, "" when unknown */
  const char *arguments;     /* normalised, separated by newlines */
  const char *configuration; /* hash of the arguments */
  const struct unit *prefix; /* files of the precompiled header that it was parsed with, or NULL */
};

/* The frozen facts. Content hashes of files are not known here: `hash` of every file row is 0 until
 * the caller fills it in. */
struct unit_builder *extract_unit(const struct extract_input *input);

/* The files that a prefix was made from, as a unit with nothing but file rows, in the order of
 * inclusion; `hash` is 1 where the prefix itself names the file. NULL where its headers may not be
 * read once for several sources: errors, headers that are not guarded, macros and pragmas whose
 * meaning depends on where they stand. */
struct unit_builder *extract_prefix(const struct extract_input *input);

/* True where the parser has entered a header again that the prefix itself names: then the facts are
 * not those of a plain parse. */
bool extract_enters_again(const struct extract_input *input);

#endif
