/* Which units make which program.
 *
 * Sources, best first: what the build describes (build_targets.h), finished ELF files by their
 * symbol tables, otherwise the closure of undefined names from every main. Units that nothing needs
 * form a program of their own. Never runs a build tool. */
#ifndef CLEAVE_ANALYZER_PROGRAMS_H
#define CLEAVE_ANALYZER_PROGRAMS_H

#include "analyzer/linkage.h"

/* Adds the programs of a run to the linkage, sorted by name. `build_folder` is where the compile
 * commands were found, absolute, or NULL; `root` is what relative paths of units are relative to.
 * What cannot be read there is left out. */
void programs_find(struct linkage *linkage, const char *root, const char *build_folder);

#endif
