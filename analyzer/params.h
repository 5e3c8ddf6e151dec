/* How every parameter and result is used, what is handed on to other routines included. */
#ifndef CLEAVE_ANALYZER_PARAMS_H
#define CLEAVE_ANALYZER_PARAMS_H

#include "analyzer/findings.h"

/* Needs the call graph. Linear in calls times the length of the longest chain of hand-overs. */
void params_find(struct findings *findings);

#endif
