/* Rows for what is simply there: programs, routines, words, types, fields and
 * enumerators. */
#ifndef CLEAVE_ANALYZER_INVENTORY_H
#define CLEAVE_ANALYZER_INVENTORY_H

#include "analyzer/findings.h"

/* Programs and routines: when all of them are known. */
void inventory_add(struct findings *findings);

/* Words, types, fields and enumerators, which are known from the start: ready to be written, while
 * others add other rows. `routines` is a copy of those n that the linkage began with, `texts` keeps
 * strings. */
void inventory_add_early(struct findings *findings, const struct link_routine *routines, guint n,
                         GStringChunk *texts);

/* Adds the rows of one routine's words, which read "cart:3 item:1"; `strings` keeps them. */
void inventory_add_words(struct rows *rows, GStringChunk *strings, int64_t routine,
                         const char *words);

#endif
