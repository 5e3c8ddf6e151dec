/* Which units make which program.
 *
 * Sources, best first: what the build folder records (link.txt of CMake's Makefiles, build.ninja),
 * otherwise the closure of undefined names from every main. Units that nothing needs form a program
 * of their own. Never runs a build tool. */
#ifndef CLEAVE_ANALYZER_PROGRAMS_H
#define CLEAVE_ANALYZER_PROGRAMS_H

#include "analyzer/linkage.h"

/* Adds the programs of a run to the linkage, sorted by name. `build_folder` is where the compile
 * commands were found, absolute, or NULL; `root` is what relative paths of units are relative to.
 * What cannot be read there is left out. */
void programs_find(struct linkage *linkage, const char *root, const char *build_folder);

/* A program that a build folder describes: its name and its object files and archives, absolute. */
struct build_target {
  char *name;
  const char *source;
  bool is_archive;
  GPtrArray *inputs; /* char * */
  char *output;
};

/* Reads link.txt files and build.ninja below a folder. Sorted by output. Release with
 * g_ptr_array_unref(). */
GPtrArray *build_targets_read(const char *build_folder);

#endif
