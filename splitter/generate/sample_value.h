/* Inputs to try: values that fit a contract, small and the same every time. */
#ifndef CLEAVE_GENERATE_SAMPLE_VALUE_H
#define CLEAVE_GENERATE_SAMPLE_VALUE_H

#include <jansson.h>

#include "splitter/generate/contract.h"

/* An input that the function accepts. A new reference. */
json_t *sample_input(const struct inventory *inventory, const struct contract *contract);

#endif
