/* Rows for what is simply there: programs, routines, words, types, fields and
 * enumerators. */
#ifndef CLEAVE_ANALYZER_INVENTORY_H
#define CLEAVE_ANALYZER_INVENTORY_H

#include "analyzer/findings.h"

void inventory_add(struct findings *findings);

#endif
