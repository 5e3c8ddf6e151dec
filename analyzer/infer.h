/* Compile commands for a tree that has none: every C file, with the folders of the headers that it
 * includes. Reads files of the tree only, follows no symbolic links, runs nothing. */
#ifndef CLEAVE_ANALYZER_INFER_H
#define CLEAVE_ANALYZER_INFER_H

#include "analyzer/compilations.h"

/* Adds a compilation per C file below `root`. Fails with COMPILATIONS_ERROR_NONE where there is no
 * C file. Linear in the size of the tree. */
bool infer_compilations(struct compilations *compilations, const char *root, GError **error);

#endif
