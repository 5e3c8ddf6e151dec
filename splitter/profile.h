/* How often routines called one another in a run that somebody profiled: what callgrind writes
 * (Valgrind manual, "Callgrind Format Specification", version 1). Reads the file; knows no monolith
 * and gives counts only. */
#ifndef CLEAVE_SPLITTER_PROFILE_H
#define CLEAVE_SPLITTER_PROFILE_H

#include <glib.h>

#define PROFILE_ERROR (profile_error_quark())

enum profile_error {
  PROFILE_ERROR_READ,
  PROFILE_ERROR_SYNTAX, /* the message begins with file:line */
};

GQuark profile_error_quark(void);

struct profile_call {
  const char *caller; /* name as in the source; recursion marks ('2) are gone */
  const char *caller_file;
  const char *callee;
  const char *callee_file; /* "" when the profile does not say */
  guint64 count;
};

struct profile {
  GStringChunk *strings;
  GArray *calls; /* struct profile_call, in the order of the file; pairs may come twice */
};

/* Reads the file at PATH. NULL and ERROR when it cannot be read or is no callgrind output.
 * O(bytes). */
struct profile *profile_read(const char *path, GError **error);
/* The same from memory; NAME stands for the path in messages. */
struct profile *profile_parse(const char *name, const char *text, gsize length, GError **error);
/* Accepts NULL. */
void profile_free(struct profile *profile);

#endif
