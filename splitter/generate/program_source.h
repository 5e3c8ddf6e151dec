/* C source for programs that were not written for events: main, cgi, fastcgi, microhttpd. */
#ifndef CLEAVE_GENERATE_PROGRAM_SOURCE_H
#define CLEAVE_GENERATE_PROGRAM_SOURCE_H

#include "splitter/generate/glue.h"
#include "splitter/generate/spec.h"

/* Writes the function's invoke. */
void program_source_write(struct glue *glue, const struct function_spec *spec);

#endif
