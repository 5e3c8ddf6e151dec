/* Which files changed together, from the git history of the analysed tree. Reads the repository's
 * objects through libgit2 and nothing else of it: no configuration of people, no hooks, no child
 * processes. */
#ifndef CLEAVE_SPLITTER_HISTORY_H
#define CLEAVE_SPLITTER_HISTORY_H

#include "splitter/evidence.h"

/* Pairs of FILES (char *, relative to ROOT, ascending) that changed together at least three times
 * and in a quarter of the changes to either, as struct co_change ordered by a, b. Empty when ROOT
 * is not the top of a repository that can be read. Looks at the last 2,000 commits; merges and
 * commits to more than 40 of the files say nothing. O(commits * files of a commit squared). */
GArray *history_of(const char *root, const GPtrArray *files);

#endif
