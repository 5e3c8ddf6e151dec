/* A map from declarations to rows. All declarations of one entity are one key.
 *
 * Private to the walk. */
#ifndef CLEAVE_ANALYZER_DECLARATIONS_H
#define CLEAVE_ANALYZER_DECLARATIONS_H

#include "analyzer/unit.h"

#include <clang-c/Index.h>

GHashTable *declarations_new(void);
void declarations_put(GHashTable *declarations, CXCursor declaration, uint32_t row);
/* The row, or UNIT_NONE. */
uint32_t declarations_get(GHashTable *declarations, CXCursor declaration);

#endif
