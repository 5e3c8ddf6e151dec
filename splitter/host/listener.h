/* An HTTP/1.1 listener for many peers at once: hands out whole requests, takes answers at any later
 * time. Never blocks and never hands out a request that passes its limits. */
#ifndef CLEAVE_HOST_LISTENER_H
#define CLEAVE_HOST_LISTENER_H

#include <event2/event.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "splitter/runtime/wire.h"

struct listener;
struct call; /* a request that waits for its answer */

#define LISTENER_ERROR (listener_error_quark())
GQuark listener_error_quark(void);

/* A whole request has come. It stays readable until listener_reply() or until GONE is called. */
typedef void (*listener_handler)(struct call *call, void *data);
/* The peer closed before it was answered: the call is invalid from here on. */
typedef void (*listener_gone)(struct call *call, void *data);

/* Listens on HOST:PORT; port 0 takes a free one. Sets ERROR and returns NULL when it cannot.
 * Release with listener_free(). */
struct listener *listener_new(struct event_base *base, const char *host, uint16_t port,
                              struct wire_limits limits, listener_handler handler,
                              listener_gone gone, void *data, GError **error);
void listener_free(struct listener *listener);

uint16_t listener_port(const struct listener *listener);

const struct wire *call_request(const struct call *call);
const char *call_peer(const struct call *call);

/* Something that the handler wants to find again from the call; NULL at first. */
void call_set_tag(struct call *call, void *tag);
void *call_tag(const struct call *call);

/* Answers; HEADERS need no Content-Length. The call is invalid from here on. */
void call_reply(struct call *call, int status, const struct cleave_field *headers, size_t n_headers,
                const void *body, size_t n_body);

/* The same with a JSON text. */
void call_reply_json(struct call *call, int status, const char *json);

#endif
