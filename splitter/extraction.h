/* The strangler order: which service to take out of the monolith first, and what is left between
 * them after every step. Reads a proposal; changes nothing. */
#ifndef CLEAVE_SPLITTER_EXTRACTION_H
#define CLEAVE_SPLITTER_EXTRACTION_H

#include "splitter/cuts.h"
#include "splitter/functions.h"

struct extraction_step {
  guint32 service;
  double own_cut;  /* price of its own cuts towards what remains */
  double cut;      /* price of all cuts between what is out and what remains */
  guint32 n_ready; /* its functions that are ready */
  guint32 n_functions;
  guint32 n_blocked;
  char *reason;
};

/* One step per service, in order: always the service whose extraction adds the least cut price per
 * routine, blocked functions counted on top; what makes the process run goes last. O(services^2 +
 * cuts). */
GArray *extraction_order(const struct proposal *proposal, const GArray *cuts,
                         const GPtrArray *functions);

#endif
