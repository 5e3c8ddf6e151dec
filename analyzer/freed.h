/* Parameters that a routine frees on every path: whoever calls it hands over allocated memory, so
 * nothing else can be behind such a parameter.
 *
 * Derived bottom-up over direct calls from the models of freeing library routines. */
#ifndef CLEAVE_ANALYZER_FREED_H
#define CLEAVE_ANALYZER_FREED_H

#include "analyzer/linkage.h"
#include "analyzer/models.h"

struct freed;

struct freed *freed_new(struct linkage *linkage, const struct link_program *program,
                        const struct models *models);
void freed_free(struct freed *freed);

/* Whether a link routine frees its parameter (from 0). Linear in the routine's calls, once. */
bool freed_is_param(struct freed *freed, uint32_t routine, uint32_t param);

#endif
