/* What the files of the marshal share. Not for others: cleave_marshal.h is the door. */
#ifndef CLEAVE_MARSHAL_INTERNAL_H
#define CLEAVE_MARSHAL_INTERNAL_H

#include "cleave_marshal.h"

#include <jansson.h>

#define MARSHAL_DEPTH 64
#define MARSHAL_ROOM (64u << 20) /* bytes */
#define MARSHAL_CHAIN 1000000    /* elements of a list or an array with a terminator */

static inline json_t *json(const cleave_value *value)
{
  return (json_t *)(uintptr_t)value;
}

static inline cleave_value *ours(json_t *value)
{
  return (cleave_value *)value;
}

/* Frees what was only read on the way to somewhere else. POINTER may be none of ours. */
void marshal_drop(struct cleave_marshal *marshal, const void *pointer);
/* PLACE is the pointer that leads to DATA, one of the newest blocks. */
void marshal_place_data(struct cleave_marshal *marshal, const void *data, const void *place);

#endif
