/* C source around an invocation: variables loaded before it and stored behind it. */
#ifndef CLEAVE_GENERATE_STATE_SOURCE_H
#define CLEAVE_GENERATE_STATE_SOURCE_H

#include "splitter/generate/glue.h"
#include "splitter/generate/spec.h"

/* Readers and writers into the glue behind the variables' files, and into CODE (main.c) what the
 * descriptor of SPEC calls: cleave_stateful_SYMBOL. Needs spec->state without a refusal. */
void state_source_write(struct glue *glue, struct c_writer *code, const struct function_spec *spec);

#endif
