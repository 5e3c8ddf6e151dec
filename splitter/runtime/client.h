/* An HTTP/1.1 client for one peer over one kept connection (Lambda's Runtime API).
 * One call at a time; reconnects when the peer has closed the connection meanwhile, as happens to a
 * frozen process. Never follows redirects and never gives up on a call without a time limit. */
#ifndef CLEAVE_CLIENT_H
#define CLEAVE_CLIENT_H

#include "wire.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>

enum client_result {
  CLIENT_ANSWERED, /* client->response is complete */
  CLIENT_REFUSED,  /* no connection */
  CLIENT_BROKEN,   /* the connection broke, or what came back was no HTTP */
  CLIENT_LATE,     /* the time limit passed */
  CLIENT_STOPPED   /* *stop became true while waiting */
};

struct client {
  struct event_base *base;
  struct bufferevent *connection;
  struct evbuffer *output; /* of the request that is being written */
  struct sockaddr_storage address;
  socklen_t address_length;
  char host[300];
  struct wire response;
  const volatile sig_atomic_t *stop;
  bool is_connected;
  bool is_waiting; /* a response is due */
  bool has_failed;
  bool is_late;
  bool was_resent; /* the last call was sent twice: the first connection had gone */
};

struct client_request {
  const char *method;
  const char *path; /* begins with '/' */
  const struct cleave_field *headers;
  size_t n_headers;
  struct cleave_bytes body; /* must live until the call returns */
  int64_t timeout_ms;       /* 0: none */
  bool is_stoppable;
};

/* endpoint is host:port. Returns false with problem set when it cannot be resolved. */
bool client_init(struct client *client, struct event_base *base, const char *endpoint,
                 struct wire_limits limits, const char **problem);
void client_clear(struct client *client);

/* Sends a request and waits for its response. */
enum client_result client_call(struct client *client, const struct client_request *request);

/* A request in parts: begin sends the head with chunked transfer, write sends a chunk and waits
 * while more than 64 KB are unsent, end sends the trailers and waits for the response. After a
 * result other than CLIENT_ANSWERED the request is over. */
enum client_result client_begin(struct client *client, const struct client_request *request);
enum client_result client_write(struct client *client, const void *data, size_t n);
enum client_result client_end(struct client *client, const struct cleave_field *trailers,
                              size_t n_trailers);

#endif
