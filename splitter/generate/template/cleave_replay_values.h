/* C values by their tables: drawn, and written as JSON. */
#ifndef CLEAVE_REPLAY_VALUES_H
#define CLEAVE_REPLAY_VALUES_H

#include <jansson.h>

#include "cleave_replay.h"
#include "cleave_replay_draw.h"
#include "cleave_replay_memory.h"

/* What comes in, and room for what only comes out, into VALUES (zeroed, function->size bytes).
 * ROOMS gets the elements that each parameter has room for. choices->is_unfit tells that no such
 * values can be had. */
void replay_draw_values(const struct cleave_replay_function *function, struct choices *choices,
                        struct guarded_memory *memory, void *values, size_t *rooms);

/* The input as the function expects it. */
json_t *replay_input_json(const struct cleave_replay_function *function, const void *values);
/* The answer as the function should give it; *FAILURE is the type of its error where it should give
 * none, else NULL. The caller owns both values. */
json_t *replay_output_json(const struct cleave_replay_function *function, const void *values,
                           const size_t *rooms, const char **failure);

/* What cleave_replay_json.c and cleave_replay_values.c share. */
int64_t replay_integer(const struct cleave_type *type, const struct cleave_slot *field,
                       const void *place, const void *record);
void replay_set_integer(const struct cleave_type *type, const struct cleave_slot *field,
                        void *place, void *record, int64_t value);
/* The pointer that lies at PLACE. */
void *replay_pointer(const void *place);

#endif
