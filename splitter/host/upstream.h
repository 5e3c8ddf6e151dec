/* Another HTTP/1.1 server that requests are sent on to: the monolith behind the recorder, processes
 * in PORT mode, peers of a replay. Many requests at a time, each on a connection of its own; idle
 * connections are kept and used again. Never blocks, never follows redirects, never sends a request
 * twice unless nothing was answered on a kept connection and its method is idempotent. */
#ifndef CLEAVE_HOST_UPSTREAM_H
#define CLEAVE_HOST_UPSTREAM_H

#include <event2/event.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "splitter/runtime/wire.h"

#define UPSTREAM_ERROR (upstream_error_quark())
GQuark upstream_error_quark(void);

struct upstream;
struct delivery; /* a request on its way */

/* What came back. Everything belongs to the delivery and lives until the call returns. */
struct upstream_answer {
  int status;                  /* 0: there was no answer; problem says why */
  const struct fields *fields; /* headers in the order of arrival; NULL without an answer */
  const char *body;
  size_t n_body;
  const char *problem; /* "" when there was an answer */
  bool is_late;        /* the time limit passed */
  double seconds;      /* from sending to the last byte */
};
typedef void (*upstream_done)(const struct upstream_answer *answer, void *data);

/* HOST is a name or an address; resolved here, once. Sets ERROR and returns NULL when it cannot.
 * Release with upstream_free(): what is under way is dropped without being told. */
struct upstream *upstream_new(struct event_base *base, const char *host, uint16_t port,
                              struct wire_limits limits, GError **error);
/* From "http://HOST[:PORT][/]"; other schemes and paths are refused. */
struct upstream *upstream_from_url(struct event_base *base, const char *url,
                                   struct wire_limits limits, GError **error);
void upstream_free(struct upstream *upstream);
typedef struct upstream upstream_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(upstream_owner, upstream_free)

/* "HOST:PORT" as it stands in a Host header. */
const char *upstream_authority(const struct upstream *upstream);

/* A request; header fields that belong to a connection (Connection, Content-Length,
 * Transfer-Encoding, Keep-Alive, TE, Upgrade, Expect) and Host are left out and written anew. */
struct upstream_request {
  const char *method;
  const char *target;
  const struct cleave_field *headers;
  size_t n_headers;
  const void *body;
  size_t n_body;
  const char *host;    /* value of Host; NULL: upstream_authority() */
  unsigned timeout_ms; /* 0: none */
};

/* Sends; DONE is called exactly once, never from within this call, unless cancelled. */
struct delivery *upstream_send(struct upstream *upstream, const struct upstream_request *request,
                               upstream_done done, void *data);
/* Forgets a delivery: DONE is not called any more. */
void upstream_cancel(struct delivery *delivery);

/* True for fields that belong to one connection and are not passed on. */
bool upstream_is_hop(const char *name);

#endif
