/* Between the files that write an account; nobody else includes it. */
#ifndef CLEAVE_SPLITTER_ACCOUNT_INTERNAL_H
#define CLEAVE_SPLITTER_ACCOUNT_INTERNAL_H

#include "splitter/account.h"
#include "store/plan.h"

struct accounting {
  const struct monolith *monolith;
  struct record_set *services;
  struct record_set *members;
  struct record_set *functions;
  struct record_set *cuts; /* dearest first */
  struct record_set *reasons;
  struct record_set *steps;
  struct record_set *setups;
  struct record_set *decisions;
  struct record_set *closures;
  GPtrArray *lines;
};

/* Adds a line; TEXT passes to it. */
void account_say(struct accounting *accounting, const char *what, double weight, const char *file,
                 gint64 line, char *text);
const char *account_service(const struct accounting *accounting, int64_t id);
/* Name of a routine or state: a new string. */
char *account_item(const struct monolith *monolith, bool is_routine, int64_t id);

/* State that the service owns: who writes and reads it, and from where. */
void account_say_states(struct accounting *accounting, int64_t service);
/* Ways to put the service into functions. */
void account_say_setups(struct accounting *accounting, int64_t service);
/* Lines of the boundaries that name the subject, and what they cost. */
void account_say_decisions(struct accounting *accounting, enum account_subject subject, int64_t id);
/* Sums per neighbour, then every cut of the subject with all its sites. */
void account_say_cuts(struct accounting *accounting, enum account_subject subject, int64_t id);
/* State of other services that the function works on. */
void account_say_foreign(struct accounting *accounting, int64_t function);

#endif
