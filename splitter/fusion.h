/* Which functions of a service are one: those whose entries need nearly the same code, and those
 * that share written state which cannot leave the process. Decides by code and state alone; what it
 * costs to go further is setup.h's. */
#ifndef CLEAVE_SPLITTER_FUSION_H
#define CLEAVE_SPLITTER_FUSION_H

#include "splitter/functions.h"
#include "splitter/volume.h"

struct fusion_note {
  guint function; /* index in the functions */
  double weight;  /* share of code in common, 1 for shared state */
  char *text;
  const char *file; /* of the facts, "" when there is no line */
  gint64 line;
};

struct fusion {
  guint32 *unit; /* per function: the first function of its unit, its own number when it is alone */
  GArray *notes; /* struct fusion_note, ordered by function */
};

/* Whom a function answers to: the public, other programs that hand work over, those who run it.
 * Functions of different trust stay apart unless state binds them. */
enum trust { TRUST_PUBLIC, TRUST_HANDED_OVER, TRUST_INSIDE };

enum trust fusion_trust(const struct function *function);

/* Units and what there is to say about them. RECORDINGS (per routine) tells what memory functions
 * need. Blocked functions stay alone: nothing is built of them. O(functions^2 * closure). */
struct fusion *fusion_new(const struct proposal *proposal, const GPtrArray *functions,
                          const struct recording *recordings);
void fusion_free(struct fusion *fusion);

#endif
