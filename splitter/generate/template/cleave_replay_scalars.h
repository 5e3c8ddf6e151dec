/* Numbers, texts and bytes drawn for typed replay: notable ones first, then any. */
#ifndef CLEAVE_REPLAY_SCALARS_H
#define CLEAVE_REPLAY_SCALARS_H

#include "cleave_replay.h"
#include "cleave_replay_draw.h"

int64_t replay_draw_integer(struct choices *choices, const struct cleave_type *type,
                            uint64_t place);
/* A number that others follow from: small, not negative. */
int64_t replay_draw_dimension(struct choices *choices, const struct cleave_type *type,
                              uint64_t place);
/* The value of one of an enum's names; 0 when it has none. */
int64_t replay_draw_name(struct choices *choices, const struct cleave_type *type, uint64_t place);
/* A float, double or long double of SIZE bytes into TARGET: any bits. */
void replay_draw_float(struct choices *choices, size_t size, void *target, uint64_t place);
/* Up to LIMIT bytes without NUL into BUFFER, which has room for them. Returns their number. */
size_t replay_draw_text(struct choices *choices, uint64_t place, char *buffer, size_t limit);
void replay_draw_bytes(struct choices *choices, uint64_t place, unsigned char *buffer,
                       size_t length);

#endif
