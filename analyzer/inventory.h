/* Rows for what is simply there: programs, routines, words, types, fields and
 * enumerators. */
#ifndef CLEAVE_ANALYZER_INVENTORY_H
#define CLEAVE_ANALYZER_INVENTORY_H

#include "analyzer/findings.h"

void inventory_add(struct findings *findings);

/* Adds the rows of one routine's words, which read "cart:3 item:1"; `strings` keeps them. */
void inventory_add_words(struct rows *rows, GStringChunk *strings, int64_t routine,
                         const char *words);

#endif
