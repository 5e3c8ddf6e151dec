/* Stretches of lines that run under one lock or inside one transaction, routines that only open or
 * only close one included. */
#ifndef CLEAVE_ANALYZER_SPANS_H
#define CLEAVE_ANALYZER_SPANS_H

#include "analyzer/findings.h"
#include "analyzer/state.h"

/* Needs the call graph and the states. */
void spans_find(struct findings *findings, struct state *state);

#endif
