/* Records on the heap that code works on for whoever holds them: lists, trees, buffers, the objects
 * of an interpreter. */
#ifndef CLEAVE_SPLITTER_HANDED_H
#define CLEAVE_SPLITTER_HANDED_H

#include "splitter/roles.h"

/* Gives the role STATE_HANDED to every record on the heap that is only written by routines that
 * get all memory handed in: neither they nor what they call by name use a variable that can hold
 * memory. O(routines + calls + accesses). */
void handed_mark(const struct monolith *monolith, struct roles *roles);

#endif
