/* Finds the handler of a request in the route table and calls it. */
#ifndef SHOP_ROUTER_H
#define SHOP_ROUTER_H

#include "request.h"

struct route {
  const char *method;
  const char *path; /* "/products/:id": a segment with a colon becomes an argument */
  handler_fn handler;
};

extern const struct route routes[];
extern const int n_routes;

/* Whether the path fits the pattern; with add_args its segments become arguments. */
int route_match(const char *pattern, struct request *request, int add_args);

void router_dispatch(struct request *request, struct response *response);

#endif
