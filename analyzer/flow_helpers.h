/* Which routines are worth a look of their own at every call: helpers that put into containers
 * (flow_containers.h), or take from them, what their callers hand over or get.
 *
 * A constructor of a container, a setter of its callbacks, a look-up that calls them, and what puts
 * a link in between two others, mix all containers of a program when one body stands for all calls.
 * Routines through which no such thing flows are told apart by nothing and are left alone (compare
 * Li et al., Precision-Guided Context Sensitivity, OOPSLA 2018: flows that go in and out of an
 * object). Knows no solution. */
#ifndef CLEAVE_ANALYZER_FLOW_HELPERS_H
#define CLEAVE_ANALYZER_FLOW_HELPERS_H

#include "analyzer/linkage.h"

struct flow;

/* What a body is made of; the rows that only it has. */
struct flow_helper {
  uint32_t unit, row;
  uint32_t first_node, n_nodes;     /* of the unit */
  uint32_t first_object, n_objects; /* likewise */
};

struct flow_helpers;

/* Looks at all bodies that are alive in the flow's program. Linear in their rows, times the depth
 * of helpers that call helpers. */
struct flow_helpers *flow_helpers_find(struct flow *flow);
void flow_helpers_free(struct flow_helpers *helpers);

/* NULL where a routine is none. */
const struct flow_helper *flow_helper(const struct flow_helpers *helpers, uint32_t routine);

#endif
