/* C source of the http adapter: an event becomes the application's request, its response the reply.
 */
#ifndef CLEAVE_GENERATE_HTTP_SOURCE_H
#define CLEAVE_GENERATE_HTTP_SOURCE_H

#include "splitter/generate/glue.h"
#include "splitter/generate/spec.h"

/* Writes the function's invoke into FILE. */
void http_source_write(struct glue *glue, struct glue_file *file, const struct function_spec *spec);

#endif
