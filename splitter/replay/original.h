/* The program of a generated project that calls original routines with drawn values: started,
 * asked, ended. It answers one request at a time and runs each in a child of its own. */
#ifndef CLEAVE_REPLAY_ORIGINAL_H
#define CLEAVE_REPLAY_ORIGINAL_H

#include <glib.h>
#include <jansson.h>
#include <stdint.h>

#define ORIGINAL_ERROR (original_error_quark())
GQuark original_error_quark(void);

struct original;
typedef struct original original_owner;

/* Which values the routine is called with. */
struct original_request {
  const char *function;
  guint64 seed;
  guint64 index;   /* of the case */
  json_t *choices; /* instead of those of the case; NULL: the case's own */
  unsigned timeout_ms;
};

/* Starts PROGRAM in its folder. Sets ERROR and returns NULL when it cannot be started or is not of
 * this version. Release with original_free(). */
struct original *original_start(const char *program, GError **error);
void original_free(struct original *original);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(original_owner, original_free)

/* How many cases try the boundary values of FUNCTION; -1 when it has no such function. */
int64_t original_n_boundary(const struct original *original, const char *function);

/* One call: `outcome` (answered, failed, crashed, exited, timeout, unfit, not started) with
 * `input`, `choices`, and `output`, `error`, `signal`, `note`, `code` or `message` as it fits. The
 * caller owns the object. NULL with ERROR set when the program itself has ended. */
json_t *original_ask(struct original *original, const struct original_request *request,
                     GError **error);

#endif
