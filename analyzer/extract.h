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
};

/* The frozen facts. Content hashes of files are not known here: `hash` of every file row is 0 until
 * the caller fills it in. */
struct unit_builder *extract_unit(const struct extract_input *input);

#endif
