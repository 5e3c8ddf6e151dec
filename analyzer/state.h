/* State: variables with static storage field by field, heap memory that they reach, tables and
 * files that literals name; who reads and writes it, and which of it is fixed once a program
 * serves. */
#ifndef CLEAVE_ANALYZER_STATE_H
#define CLEAVE_ANALYZER_STATE_H

#include "analyzer/findings.h"
#include "analyzer/startup.h"

struct state;

struct state *state_new(struct findings *findings);
void state_free(struct state *state);

/* Collects the accesses of one program, through pointers where the solution knows the target. */
void state_find(struct state *state, struct flow *flow);

/* Tables, files and shared memory that literals name. */
void state_find_outside(struct state *state);

/* Classifies and adds the rows. After all programs. */
void state_finish(struct state *state, const struct startup *startup);

/* The id of a variable's state, or of one field of it; 0 when it is none. */
int64_t state_id_of(struct state *state, uint32_t object, const char *field);

/* The id of what an allocation of a unit makes, and of a field of a variable or allocation; the
 * field "" is the whole. */
int64_t state_heap_id(const struct unit *unit, uint32_t object);
int64_t state_field_id(int64_t holder, const char *field);

#endif
