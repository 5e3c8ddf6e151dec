/* Cuts: calls and state accesses that cross from one service to another, each with its price, how
 * its data travels and what would remove it. Reads a proposal; draws no boundary. */
#ifndef CLEAVE_SPLITTER_CUTS_H
#define CLEAVE_SPLITTER_CUTS_H

#include "splitter/marshal.h"
#include "splitter/proposal.h"

enum cut_kind { CUT_CALL, CUT_READ, CUT_WRITE };
struct cut {
  guint32 from; /* services */
  guint32 to;
  enum cut_kind kind;
  guint32 routine; /* that crosses */
  guint32 item;    /* callee, or state */
  guint32 n_sites;
  double price;
  enum marshal marshal;
  char *reason;
  const char *file; /* first site */
  gint64 line;
};

/* All cuts, ordered by services, kind, routine and item. O(calls + accesses). */
GArray *cuts_of(const struct proposal *proposal);

#endif
