/* Functions: one per entry, with the code and state that it needs, and what stands in its way.
 * Reads a proposal; draws no boundary. */
#ifndef CLEAVE_SPLITTER_FUNCTIONS_H
#define CLEAVE_SPLITTER_FUNCTIONS_H

#include "splitter/proposal.h"

enum readiness { READINESS_READY, READINESS_ADAPT, READINESS_BLOCKED };

extern const char *const readiness_names[];

struct obstacle {
  enum readiness readiness;
  char *text;
  const char *file;
  gint64 line;
};

struct function {
  char *name;
  guint32 entry; /* number in monolith->entries, MONOLITH_NONE when people declared it */
  guint32 routine;
  guint32 service; /* MONOLITH_NONE when its entry is shared code */
  char *trigger;
  char *key;
  GArray *routines;  /* guint32, ascending: all that its entry can reach */
  GArray *states;    /* guint32, ascending: all that these touch */
  GArray *obstacles; /* struct obstacle, the worst first */
  enum readiness readiness;
};

/* A trigger or key that people gave for an entry's routine. */
struct chosen_trigger {
  const char *trigger;
  const char *key;
};

/* One function per entry, ordered by name. A main that sets up other entries is start-up code and
 * no function; a thread whose loop waits is one function, not one for every way in which it waits.
 * CHOSEN (per routine, may be NULL) replaces triggers. O(entries * calls). */
GPtrArray *functions_of(const struct proposal *proposal, const struct chosen_trigger *chosen);

/* Whether ENTRY's routine takes its next piece of work itself, in a loop that waits: the place that
 * waits is in it or in what it calls by name. O(calls). */
bool function_takes_work(const struct monolith *monolith, const struct fact_entry *entry);

/* Fills obstacles and readiness of FUNCTION. */
void function_assess(const struct proposal *proposal, struct function *function);

void function_free(gpointer function);

#endif
