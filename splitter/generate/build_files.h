/* The CMake files of the generated project, but for proxies/ (proxies.c). */
#ifndef CLEAVE_GENERATE_BUILD_FILES_H
#define CLEAVE_GENERATE_BUILD_FILES_H

#include "splitter/generate/artifact.h"
#include "splitter/generate/monolith_sources.h"
#include "splitter/generate/product.h"

/* CMakeLists.txt at the top, monolith.cmake and one CMakeLists.txt per artifact.
 * ARTIFACTS: struct artifact *. HAS_PROXIES: there is a folder of them, too. */
void build_files_add(struct product *product, const struct inventory *inventory,
                     const GPtrArray *artifacts, const GPtrArray *groups, unsigned platforms,
                     bool has_proxies);

#endif
