/* JSON Schema (2020-12) of a function's input and output. */
#ifndef CLEAVE_GENERATE_SCHEMA_H
#define CLEAVE_GENERATE_SCHEMA_H

#include <jansson.h>

#include "splitter/generate/contract.h"

/* New references. */
json_t *schema_input(const struct inventory *inventory, const struct contract *contract);
json_t *schema_output(const struct inventory *inventory, const struct contract *contract);

/* The names of an enum's values, in their order. A new reference. */
json_t *schema_enum_names(const struct inventory *inventory, const struct shape *shape);

#endif
