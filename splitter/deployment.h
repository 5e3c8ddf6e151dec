/* Set-ups of each service's functions: what calls between them, and parts of them split off, would
 * cost and save. Turns a proposal into the problems of setup.h and their fronts into words. */
#ifndef CLEAVE_SPLITTER_DEPLOYMENT_H
#define CLEAVE_SPLITTER_DEPLOYMENT_H

#include "splitter/fusion.h"
#include "splitter/setup.h"

/* One way of putting a service's code into functions. */
struct service_setup {
  guint32 service;
  guint32 number;   /* from 1, by rising cost */
  bool is_planned;  /* what the plan says: every call inside, in a copy */
  bool is_on_front; /* no other is both cheaper and faster; what is planned is listed anyway */
  guint32 n_functions;
  double cost;    /* USD per 30 days */
  double latency; /* seconds of an awaited event, mean */
  double gap;     /* what the search alone would have missed of the front; -1: not proved */
  char *text;     /* what goes across, and why */
};

/* A call from one function to what is another: in words with its price. */
struct double_billing {
  guint function; /* index in the functions: the caller */
  double cost;    /* USD per 30 days that going across would add */
  char *text;
  const char *file;
  gint64 line;
};

struct deployment {
  GArray *setups;  /* struct service_setup, by service and number */
  GArray *billing; /* struct double_billing, by function */
};

/* TERMS holds the prices. RECORDINGS (per routine, may be NULL) gives rates, durations and memory
 * of what was recorded; docs/cost.md tells the assumptions for the rest. O(functions * calls) and
 * setup_solve() per service. */
struct deployment *deployment_new(const struct proposal *proposal, const GPtrArray *functions,
                                  const struct fusion *fusion, const struct recording *recordings,
                                  const struct setup_terms *terms);
void deployment_free(struct deployment *deployment);

#endif
