/* What people decided, as flags and labels per routine and state, and as constraints on the nodes
 * of the evidence. Between boundaries.h (lines) and the solver (numbers). */
#ifndef CLEAVE_SPLITTER_DECIDED_H
#define CLEAVE_SPLITTER_DECIDED_H

#include "splitter/boundaries.h"
#include "splitter/functions.h"
#include "splitter/spans.h"

struct decided {
  bool *is_shared;                          /* per routine */
  bool *is_shared_state;                    /* per state */
  bool *is_external_routine;                /* per routine */
  bool *is_external;                        /* per state */
  gint64 *pinned_routine;                   /* per routine: service of boundaries, or -1 */
  gint64 *pinned_state;                     /* per state */
  bool *is_fixed_routine;                   /* per routine: stays where the solver put it */
  bool *is_fixed_state;                     /* per state */
  const struct span_group **group_of_state; /* per state: what is kept whole with it, or NULL */
  bool *is_allowed;                         /* per routine: its transactions may be cut */
  bool *is_entry;                           /* per routine: people call it a function */
  struct chosen_trigger *trigger;           /* per routine; strings are the boundaries' */
};

/* BOUNDARIES may be NULL: nothing is decided. Routines have to name one routine for a trigger. */
struct decided *decided_new(const struct boundaries *boundaries, const struct monolith *monolith);
void decided_free(struct decided *decided);

/* Takes back roles that decisions speak against: what is pinned or tied to other things is no
 * utility, pinned state has an owner. */
void decided_bend_roles(const struct decided *decided, const struct monolith *monolith,
                        struct roles *roles);

/* Constraints on the nodes of EVIDENCE: the decisions, then every group of GROUPS that they leave
 * room for (coarse and allowed ones are left out). What is grouped becomes fixed in DECIDED. */
struct constraints *decided_constraints(struct decided *decided,
                                        const struct boundaries *boundaries,
                                        const struct monolith *monolith,
                                        const struct evidence *evidence, const GPtrArray *groups);

#endif
