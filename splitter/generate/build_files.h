/* The CMake files of the generated project. The one writer of CMake text. */
#ifndef CLEAVE_GENERATE_BUILD_FILES_H
#define CLEAVE_GENERATE_BUILD_FILES_H

#include "splitter/generate/artifact.h"
#include "splitter/generate/monolith_sources.h"
#include "splitter/generate/product.h"

/* CMakeLists.txt at the top, monolith.cmake and one CMakeLists.txt per artifact.
 * ARTIFACTS: struct artifact *. */
void build_files_add(struct product *product, const struct inventory *inventory,
                     const GPtrArray *artifacts, const GPtrArray *groups);

#endif
