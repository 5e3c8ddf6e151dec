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
 * no function. CHOSEN (per routine, may be NULL) replaces triggers. O(entries * calls). */
GPtrArray *functions_of(const struct proposal *proposal, const struct chosen_trigger *chosen);

/* Fills obstacles and readiness of FUNCTION. */
void function_assess(const struct proposal *proposal, struct function *function);

void function_free(gpointer function);

#endif
