/* One binary: the functions in it, their glue files, start-up steps and descriptors as C source.
 *
 * Writes text only; where it goes is decided by the caller. */
#ifndef CLEAVE_GENERATE_ARTIFACT_H
#define CLEAVE_GENERATE_ARTIFACT_H

#include "splitter/generate/glue.h"
#include "splitter/generate/spec.h"

struct artifact {
  char *name; /* function, or service */
  const char *program;
  GPtrArray *specs; /* struct function_spec *, by name; not owned */
  struct glue *glue;
  char *main_source; /* descriptors and the way into the runtime */
  GPtrArray *replayed;      /* const struct function_spec *: what typed replay can ask */
  struct glue *replay_glue; /* of the program that calls their routines directly */
  char *replay_source;      /* its main file; NULL when there is nothing to replay */
};

/* Writes everything in memory. SPECS are of one program. */
struct artifact *artifact_new(const struct inventory *inventory, const char *name,
                              GPtrArray *specs);
void artifact_free(struct artifact *artifact);

#endif
