/* What an http mapping leaves out: said, so that nobody takes a function's answers for the
 * monolith's where they cannot be. Reads mapping and types; finds nothing itself. */
#ifndef CLEAVE_GENERATE_HTTP_GAPS_H
#define CLEAVE_GENERATE_HTTP_GAPS_H

#include "splitter/generate/inventory.h"
#include "splitter/generate/spec.h"

/* The names of a route's parameters: "id" of "GET /rooms/:id"; char *, in their order. The caller
 * unrefs. */
GPtrArray *http_route_parameters(const char *key);

/* Puts a line into spec->todo for each part of the mapping that is missing, in the place of those
 * it put there before: call it again when people have changed the mapping. */
void http_gaps_note(const struct inventory *inventory, struct function_spec *spec);

#endif
