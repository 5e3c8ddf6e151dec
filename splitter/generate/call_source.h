/* C source of the call and consumer adapters: typed JSON in, the routine's call, typed JSON out. */
#ifndef CLEAVE_GENERATE_CALL_SOURCE_H
#define CLEAVE_GENERATE_CALL_SOURCE_H

#include "splitter/generate/glue.h"
#include "splitter/generate/spec.h"

/* Writes the function's invoke or consume into FILE. Needs spec->contract without a refusal. */
void call_source_write(struct glue *glue, struct glue_file *file, const struct function_spec *spec);

#endif
