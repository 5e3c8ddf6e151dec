/* An HTTP/1.1 server over bufferevents that hands out one complete request at a time.
 * Many peers may be connected; only whole requests within the limits are handed out, so a slow peer
 * delays nobody. Never starts a second request while one is handed out. */
#ifndef CLEAVE_SERVER_H
#define CLEAVE_SERVER_H

#include "wire.h"

#include <event2/event.h>
#include <signal.h>
#include <stdint.h>

struct server;
struct exchange; /* a request with the connection that waits for its reply */

struct server_options {
  const char *host;
  uint16_t port;
  struct wire_limits limits;
  int64_t peer_timeout_ms; /* from its first byte a request must be complete in this time */
  const volatile sig_atomic_t *stop; /* when it turns true no connection is accepted any more */
};

/* Listens. NULL with problem set (static text, errno kept) when it cannot. */
struct server *server_new(struct event_base *base, const struct server_options *options,
                          const char **problem);

/* Waits up to five seconds for unsent replies, then closes everything. */
void server_free(struct server *server);

/* The next request, in order of completion; NULL once stopped and nothing is left to answer. */
struct exchange *server_next(struct server *server);

const struct wire *exchange_request(const struct exchange *exchange);
int exchange_descriptor(const struct exchange *exchange);
const char *exchange_peer(const struct exchange *exchange); /* address of the peer */

/* Answers and gives the exchange back. headers need no Content-Length. */
void exchange_reply(struct exchange *exchange, int status, const struct cleave_field *headers,
                    size_t n_headers, struct cleave_bytes body);

/* The same in parts. write returns false when the peer is gone; end gives the exchange back. */
void exchange_begin(struct exchange *exchange, int status, const struct cleave_field *headers,
                    size_t n_headers);
bool exchange_write(struct exchange *exchange, const void *data, size_t n);
/* is_whole false: the body broke off, and the connection is closed so that the peer can tell. */
void exchange_end(struct exchange *exchange, bool is_whole);

#endif
