/* A proposal: which service every routine and state belongs to, with names, owners and shared code.
 * Made from a partition of the evidence's nodes; knows no store. */
#ifndef CLEAVE_SPLITTER_PROPOSAL_H
#define CLEAVE_SPLITTER_PROPOSAL_H

#include "splitter/evidence.h"
#include "splitter/spans.h"

enum place_role {
  PLACE_NONE,
  PLACE_OWNER,
  PLACE_MEMBER,
  PLACE_SHARED,
  PLACE_REPLICATED,
  PLACE_EXTERNAL,
  PLACE_TEST /* takes no part: only tries the program out (trials.h) */
};

struct place {
  guint32 service; /* MONOLITH_NONE for code and state of no single service */
  enum place_role role;
  char *reason;      /* one sentence */
  double margin;     /* weight to the own service less that to the second */
  double confidence; /* margin over weight to both, 0 to 1 */
  guint32 second;    /* second-best service, or MONOLITH_NONE */
};

struct service {
  char *name;
  char *reason;
  double inside; /* weight of its evidence that stays inside */
  double outside;
  guint32 n_routines;
  guint32 n_states;
};

struct proposal {
  const struct monolith *monolith;
  const struct roles *roles;
  const struct evidence *evidence;
  guint mask;            /* evidence kinds in use */
  struct network *graph; /* of these kinds; owned */
  GArray *services;      /* struct service, ordered by name */
  char **label_name;     /* per label, also of those that became no service; NULL at the end */
  struct place *routine; /* per routine */
  struct place *state;   /* per state */
};

/* What people decided about places, as plain arrays; any member may be NULL. */
struct decisions {
  const bool *is_shared;                          /* per routine */
  const bool *is_external_routine;                /* per routine */
  const bool *is_external;                        /* per state */
  const gint64 *pinned_routine;                   /* per routine: label, or -1 */
  const gint64 *pinned_state;                     /* per state */
  const bool *is_fixed_routine;                   /* per routine: stays where LABELS put it */
  const bool *is_fixed_state;                     /* per state */
  const struct span_group *const *group_of_state; /* per state: what is kept whole, or NULL */
  const char *const *given_names;                 /* per label of LABELS: a name to keep, or NULL */
  const char *const *label_names;                 /* per label */
  guint32 n_labels;
};

/* Turns LABELS (one per node of EVIDENCE, < n_labels) into a proposal: names services, gives every
 * state one owner, sends stateless routines to their only user or into shared code. GRAPH becomes
 * the proposal's. O(evidence + accesses + calls). */
struct proposal *proposal_new(const struct monolith *monolith, const struct roles *roles,
                              const struct evidence *evidence, guint mask, struct network *graph,
                              const guint32 *labels, guint32 n_labels,
                              const struct decisions *decisions);
void proposal_free(struct proposal *proposal);

/* Name of a service, "" for MONOLITH_NONE. */
const char *proposal_service_name(const struct proposal *proposal, guint32 service);

#endif
