/* Stores with three clumps of code, apples, wagons and mirrors, with a table each; a counter and a
 * utility that all of them use; and what a split makes of them. */
#ifndef CLEAVE_TESTS_SPLITTER_CLUMPS_H
#define CLEAVE_TESTS_SPLITTER_CLUMPS_H

#include "hand_made.h"
#include "splitter/split.h"

enum { N_PER_CLUMP = 6 };

/* Routines WORD_0 to WORD_5 and the table WORD; they use text_trim and n_done, which must be there.
 */
void add_clump(struct store *store, const char *word);

/* A new store at a path. The order in which clumps are written must mean nothing. */
struct store *make_clumps(const char *path, bool is_turned);

struct split_result split_or_fail(struct store *store, const char *boundaries, guint32 n_services);

/* The service and role of a routine or state, as "role service". */
char *place_of(struct store *store, int64_t item);
void assert_place(struct store *store, int64_t item, const char *expected);

#endif
