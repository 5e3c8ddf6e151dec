/* Route patterns of http functions and which function a path belongs to.
 * Pattern: "[METHOD[,METHOD] ]/segment/{name}/:name/<name>/STAR": a parameter takes one segment, a
 * trailing star (*) all that is left. */
#ifndef CLEAVE_ROUTE_H
#define CLEAVE_ROUTE_H

#include "arena.h"
#include "fields.h"

enum route_match {
  ROUTE_NONE,         /* the path differs */
  ROUTE_OTHER_METHOD, /* the path fits, the method does not */
  ROUTE_NUL,          /* a parameter would hold a NUL */
  ROUTE_MATCH
};

/* parameters receives the decoded parameters of a match. A pattern that is empty or NULL fits
 * everything. */
enum route_match route_match(const char *pattern, const char *method, const char *raw_path,
                             struct arena *arena, struct fields *parameters);

/* The http function for a path: literal segments go before parameters, parameters before a star,
 * then the order of the array. NULL with *failure set to 404, 405 or 400. */
const struct cleave_function *route_find(const struct cleave_function *functions,
                                         size_t n_functions, const char *method,
                                         const char *raw_path, struct arena *arena,
                                         struct fields *parameters, int *failure);

#endif
