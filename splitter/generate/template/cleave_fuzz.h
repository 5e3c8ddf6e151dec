/* The entry of a fuzz target: one input for one of the binary's functions. */
#ifndef CLEAVE_FUZZ_H
#define CLEAVE_FUZZ_H

#include "cleave_runtime.h"

#include <stdint.h>

/* The first byte chooses the function; its lowest bit whether the rest is a payload or the event
 * that AWS Lambda would send. Always 0. */
int cleave_fuzz_function(const struct cleave_function *functions, size_t n, const uint8_t *data,
                         size_t size);

#endif
