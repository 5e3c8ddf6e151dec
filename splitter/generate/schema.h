/* JSON Schema (2020-12) of a function's input and output, and values that fit it to try. */
#ifndef CLEAVE_GENERATE_SCHEMA_H
#define CLEAVE_GENERATE_SCHEMA_H

#include <jansson.h>

#include "splitter/generate/contract.h"

/* New references. */
json_t *schema_input(const struct inventory *inventory, const struct contract *contract);
json_t *schema_output(const struct inventory *inventory, const struct contract *contract);

/* An input that the function accepts: small, and the same every time. */
json_t *schema_sample(const struct inventory *inventory, const struct contract *contract);

#endif
