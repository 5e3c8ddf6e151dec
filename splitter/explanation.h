/* Why everything is where it is: for each routine, state and service the strongest evidence, with
 * the line that shows it. Reads a proposal; changes nothing. */
#ifndef CLEAVE_SPLITTER_EXPLANATION_H
#define CLEAVE_SPLITTER_EXPLANATION_H

#include "splitter/proposal.h"

enum reason_subject { REASON_ROUTINE, REASON_STATE, REASON_SERVICE };

struct reason {
  enum reason_subject subject;
  guint32 item; /* routine, state or service */
  const char *evidence;
  double weight; /* share of all weight to its own service, or the service's share of a kind */
  char *text;
  const char *file;
  gint64 line;
};

/* Three reasons for each member and owned state, one for each evidence kind of each service; those
 * of one subject follow each other, the strongest first.
 * O(ties + nodes). */
GArray *explanation_of(const struct proposal *proposal);

#endif
