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

/* Whether only a library can have set the slot of a call: the program is complete, the slot is a
 * field of a record or a variable that a header of a library declares, the variable is not defined
 * here, and no body that can run stores anything but NULL there or takes the variable's address.
 * What is called is the library's own then, or one of slots_handed_out(). */
bool slots_is_of_library(struct slots *slots, uint32_t unit, const struct unit_call *call);

/* Link routines that the library of such a slot is handed, as arguments of its routines or in
 * records behind them. The library is told by the folder of its headers; outside routines that the
 * tree declares by hand may be of any. Ascending, owned by the slots. The first question is linear
 * in what the arguments of outside calls point to. */
const struct id_set *slots_handed_out(struct slots *slots, uint32_t unit,
                                      const struct unit_call *call);

#endif
