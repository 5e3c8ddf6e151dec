/* What a routine or a state is to the split, before any boundary is drawn: shared code, a utility
 * that every service carries, state that needs an owner, a counter, a cache, a log. Reads the
 * monolith, decides nothing about services. */
#ifndef CLEAVE_SPLITTER_ROLES_H
#define CLEAVE_SPLITTER_ROLES_H

#include "splitter/monolith.h"

enum state_role {
  STATE_OWNED,         /* needs exactly one owner */
  STATE_CONSTANT,      /* const: travels with the code */
  STATE_CONFIGURATION, /* written only at start-up: copied, set by the cold start */
  STATE_COUNTER,       /* only added to and reported: one per copy, added up outside */
  STATE_CACHE,         /* filled from elsewhere and safe to lose: one per copy */
  STATE_LOG,           /* only appended: goes to the log of the platform or a queue */
  STATE_LOCK,          /* guards other state and goes where that goes */
  STATE_THREAD,        /* one per thread: one per copy */
  STATE_PRIVATE,       /* of a utility that every service carries: a handle, not data */
  STATE_HANDED,  /* a record that goes with whoever holds it: a list, an interpreter's object */
  STATE_OUTSIDE, /* of the platform or a library: stdout, optarg */
};

enum routine_role {
  ROUTINE_OUTSIDE,   /* has no body in the analysed code */
  ROUTINE_MEMBER,    /* belongs to a service */
  ROUTINE_STATELESS, /* may be copied; belongs to a service when only that one uses it */
  ROUTINE_UTILITY,   /* used from all over, holds at most state that may be copied */
};

struct roles {
  guint32 n_states;
  enum routine_role *routine; /* per routine */
  enum state_role *state;     /* per state */
  char **state_reason;        /* per state, may be NULL */
  char **handle;              /* per state that needs an owner: handle_in_state(), may be NULL */
  bool *handle_may_be_opened; /* per state with a handle: another process can open its own */
  bool *is_entry;             /* per routine: the outside world reaches it (main does not count) */
  bool *is_tainted;           /* per routine: state that cannot be copied is behind it */
  bool *is_gateway; /* per call: a dispatch to an entry, which the platform does instead */
  /* Per routine: makes the process run (accepts, dispatches, starts, administers); nothing that
   * customers ask for reaches it. */
  bool *is_frame;
  bool *is_in_frame;  /* per routine: lies in a file that is to a third and more of the frame */
  bool *is_all_frame; /* per routine: more than half of a program that holds it is frame */
};

/* IS_ENTRY (per routine, may be NULL) marks further entries. O(routines + calls + accesses). */
struct roles *roles_new(const struct monolith *monolith, const bool *is_entry);
void roles_free(struct roles *roles);

/* Whether an access of a serving program shows that its routine works on state that needs an owner:
 * reading a record of others through a pointer that was passed in does not. O(1). */
bool roles_works_on(const struct monolith *monolith, const struct roles *roles,
                    const struct access *access);

/* Whether it also ties the code of the routine to that state. Text, numbers and pointers that a
 * pointer leads to in another file do not: whose they are is the caller's affair. O(1). */
bool roles_is_tied_by(const struct monolith *monolith, const struct roles *roles,
                      const struct access *access);

/* Whether ROUTINE hands over to many entries, itself or through what it calls: the platform does
 * its work. O(calls). */
bool roles_dispatches(const struct monolith *monolith, const struct roles *roles, guint32 routine);

/* Whether ROUTINE is of a frame that can be told from the work. Where all is frame, as in a tool or
 * a server whose requests no rule knows, it says nothing of what belongs together. O(1). */
bool roles_is_set_apart(const struct roles *roles, guint32 routine);

/* Marks ROUTINE and all that call it, dispatch to entries excepted. O(calls). */
void roles_taint(const struct monolith *monolith, const struct roles *roles, guint32 routine,
                 bool *is_tainted);

/* Whether every copy of the program may hold its own. */
bool state_role_is_replicable(enum state_role role);

#endif
