/* The account of one name: where it is, why, what crosses its boundary and what stands in its way,
 * read back from the store's facts and plan. Prints nothing. */
#ifndef CLEAVE_SPLITTER_ACCOUNT_H
#define CLEAVE_SPLITTER_ACCOUNT_H

#include "splitter/monolith.h"

enum account_subject { ACCOUNT_ROUTINE, ACCOUNT_STATE, ACCOUNT_SERVICE, ACCOUNT_FUNCTION };

struct candidate {
  enum account_subject subject;
  int64_t id;
  char *text; /* as a NAME that means it alone, with its kind and place */
};

/* One line of an account. */
struct account_line {
  char *what; /* place, calls, state, types, names …, cut, read by, written by, obstacle, step */
  char *text;
  double weight; /* share, price or 0 */
  char *file;
  gint64 line;
};

/* Everything in STORE that NAME may mean: routines, states, services, functions, in this order.
 * NULL and ERROR when the store cannot be read. */
GPtrArray *account_candidates(struct store *store, const struct monolith *monolith,
                              const char *name, GError **error);

/* The account of one candidate as struct account_line *, the most important first. */
GPtrArray *account_of(struct store *store, const struct monolith *monolith,
                      const struct candidate *candidate, GError **error);

#endif
