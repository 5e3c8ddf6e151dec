/* README.md of the generated project. */
#ifndef CLEAVE_GENERATE_README_H
#define CLEAVE_GENERATE_README_H

#include "splitter/generate/artifact.h"
#include "splitter/generate/generate.h"

/* A new string. RESULT tells what was refused. */
char *readme_text(const GPtrArray *artifacts, const struct generated *result, unsigned platforms);

#endif
