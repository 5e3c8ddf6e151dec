/* Which fields and variables that hold routines are ever set in a program: where no body that can
 * run stores anything but NULL, a call through them cannot call anything. */
#ifndef CLEAVE_ANALYZER_SLOTS_H
#define CLEAVE_ANALYZER_SLOTS_H

#include "analyzer/flow.h"

struct slots;

/* Nothing is looked at before the first question, which is linear in the edges of the program. The
 * flow must outlive it. */
struct slots *slots_new(struct flow *flow);
void slots_free(struct slots *slots);

/* Whether it is sure that the slot of a call through a pointer is NULL whenever it is looked at:
 * the program is complete, the slot is a field of a record of the tree, a variable of the program
 * or a parameter, nothing is ever stored there, and its address (its routine's) is not taken. */
bool slots_is_never_set(struct slots *slots, uint32_t unit, const struct unit_call *call);

#endif
