/* How an application's own request and response structs meet an http event: found from the types of
 * the routine's parameters, the routines that fill them, and how the monolith itself does it.
 *
 * Every line found comes with its reason. What is not found stays empty, and open when the function
 * cannot be called without it. */
#ifndef CLEAVE_GENERATE_HTTP_MAPPING_H
#define CLEAVE_GENERATE_HTTP_MAPPING_H

#include "splitter/generate/inventory.h"
#include "splitter/generate/source_text.h"
#include "splitter/generate/spec.h"

/* Whether the routine takes a request that is a struct of the application, and a response. */
bool http_mapping_fits(const struct inventory *inventory, const struct fact_routine *routine);

/* Fills spec->http from spec->routine and spec->program. */
void http_mapping_find(const struct inventory *inventory, struct source_texts *texts,
                       struct function_spec *spec);

/* Whether the mapping says enough to call the routine and to answer. */
bool http_mapping_is_complete(const struct http_mapping *mapping);

#endif
