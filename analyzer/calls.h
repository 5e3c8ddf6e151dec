/* Who calls whom in one program: sites, their possible callees with tier and witness, and what is
 * passed.
 *
 * Adds rows; the same site in several programs gives the same rows. */
#ifndef CLEAVE_ANALYZER_CALLS_H
#define CLEAVE_ANALYZER_CALLS_H

#include "analyzer/findings.h"

void calls_find(struct findings *findings, struct flow *flow);

#endif
