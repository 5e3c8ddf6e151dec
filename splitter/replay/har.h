/* HAR 1.2 files: requests with their answers, as browsers and our recorder write them.
 * Never sends anything and never interprets a body.
 *
 * Source: HAR 1.2 specification (W3C web performance group draft,
 * softwareishard.com/blog/har-12-spec). */
#ifndef CLEAVE_REPLAY_HAR_H
#define CLEAVE_REPLAY_HAR_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "splitter/runtime/cleave_runtime.h"

#define HAR_ERROR (har_error_quark())
GQuark har_error_quark(void);

enum har_error {
  HAR_ERROR_FILE,   /* cannot be read or written */
  HAR_ERROR_CONTENT /* is no HAR */
};

struct har_entry {
  const char *method;
  const char *target; /* path and query */
  const struct cleave_field *headers;
  size_t n_headers;
  GBytes *body;
  double offset; /* seconds after the first entry of the file */
  int status;    /* 0: the recording holds no answer */
  const struct cleave_field *answer_headers;
  size_t n_answer_headers;
  GBytes *answer_body; /* NULL: the recording left it out */
};

struct har {
  GArray *entries;  /* struct har_entry, in the order of their start */
  char *origin;     /* "http://127.0.0.1:8080" of the entries */
  size_t n_foreign; /* entries for other origins, left out */
  GStringChunk *strings;
  GPtrArray *arrays; /* header lists */
};
typedef struct har har_owner;

/* Loads the entries for ORIGIN, or for the origin of the first entry when ORIGIN is NULL. Release
 * with har_free(). O(n log n). */
struct har *har_load(const char *path, const char *origin, GError **error);
/* The same from memory; NAME stands in for the path in errors. */
struct har *har_parse(const char *name, const char *text, size_t n, const char *origin,
                      GError **error);
void har_free(struct har *har);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(har_owner, har_free)

/* Entry I. */
#define har_at(har, i) (&g_array_index((har)->entries, struct har_entry, i))

/* One exchange to write down. Times are seconds, STARTED since 1970 UTC. */
struct har_exchange {
  const char *method;
  const char *origin; /* "http://127.0.0.1:8080" */
  const char *target;
  const struct cleave_field *headers;
  size_t n_headers;
  const char *body;
  size_t n_body;
  int status;
  const char *reason;
  const struct cleave_field *answer_headers;
  size_t n_answer_headers;
  const char *answer_body;
  size_t n_answer_body;
  double started;
  double seconds;
};

/* Writes a file as exchanges come. Until har_writer_finish() it is called PATH.part, readable by
 * its owner alone: recordings hold sessions. */
struct har_writer;
struct har_writer *har_writer_new(const char *path, const char *creator_version, GError **error);
bool har_writer_add(struct har_writer *writer, const struct har_exchange *exchange, GError **error);
/* Completes the file under its name. */
bool har_writer_finish(struct har_writer *writer, GError **error);
/* Gives up what was not finished; accepts NULL. */
void har_writer_free(struct har_writer *writer);

#endif
