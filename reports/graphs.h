/* The graphs that people ask for, from the model: services, calls, state, files, cost. */
#ifndef CLEAVE_REPORTS_GRAPHS_H
#define CLEAVE_REPORTS_GRAPHS_H

#include "reports/graph.h"
#include "reports/model.h"

struct graph_options {
  unsigned limit;   /* boxes at most */
  int around;       /* calls: index of the routine in the middle, or -1 */
  unsigned depth;   /* calls: steps from the middle */
  bool has_shared;  /* draw shared code too */
  const char *link; /* address of a report page that boxes link into, or NULL */
};

/* Services and what crosses between them. */
struct graph *graph_of_services(const struct model *model, const struct graph_options *options);

/* Routines and their calls: around one, or all that belong to services. */
struct graph *graph_of_calls(const struct model *model, const struct graph_options *options);

/* State and the routines that read and write it, framed by service. */
struct graph *graph_of_state(const struct model *model, const struct graph_options *options);

/* Files and the calls between them, framed by folder. */
struct graph *graph_of_files(const struct model *model, const struct graph_options *options);

/* Bills: stages and clouds, and what is paid for in each. */
struct graph *graph_of_cost(const struct model *model, const struct graph_options *options);

#endif
