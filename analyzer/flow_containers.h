/* Which records are containers: what a program uses in many places, each time for something else.
 *
 * - What carries routines: a record that has a routine pointer, or is one pointer away from one,
 * and is made in many places (a dictionary with its type, a list with its destructor).
 * - Links: a record that lies in several other records and points to its like (struct list_head,
 * the node of a tree), and heads: a record that leads to links and to nothing else.
 *
 * Knows no solution and no routines. */
#ifndef CLEAVE_ANALYZER_FLOW_CONTAINERS_H
#define CLEAVE_ANALYZER_FLOW_CONTAINERS_H

#include "analyzer/linkage.h"

struct flow_containers;

/* Linear in the fields of all records. The linkage must outlive the containers. */
struct flow_containers *flow_containers_new(struct linkage *linkage);
void flow_containers_free(struct flow_containers *containers);

/* Whether a record may be a container: carries routines, or is a link or a head. A type is a link
 * type or LINK_NONE, here and below. */
bool flow_containers_may_be(struct flow_containers *containers, uint32_t type);

/* Tells that one more place makes a record. */
void flow_containers_count(struct flow_containers *containers, uint32_t type);
/* All places are counted: what carries routines and is made in few of them is none from now on. */
void flow_containers_end_count(struct flow_containers *containers);

/* Whether a record is a container, as far as that is known by now. */
bool flow_containers_has(struct flow_containers *containers, uint32_t type);

#endif
