/* What an instance is handed for one invocation, and what its answer means, per platform.
 *
 * On AWS that is an event of the Runtime API; on PORT (Cloud Run functions, Knative) an HTTP
 * request (passed on, CloudEvent or Pub/Sub push); on Azure the envelope of a custom handler. Pure.
 */
#ifndef CLEAVE_HOST_PAYLOAD_H
#define CLEAVE_HOST_PAYLOAD_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "splitter/host/envelope.h"
#include "splitter/host/project.h"
#include "splitter/host/watcher.h"

struct payload {
  char *method; /* NULL on AWS: the body is an event */
  char *target;
  GArray *headers; /* struct cleave_field; strings in STRINGS */
  GStringChunk *strings;
  GBytes *body;
};
void payload_free(struct payload *payload);

struct payload_message {
  const char *id;
  const void *body;
  size_t n_body;
  unsigned n_deliveries;
  int64_t sent_ms;
  const char *traceparent; /* or "" */
  json_t *record;          /* AWS: the whole record of the event, when the back end told it */
  json_t *attributes;      /* name -> text; may be NULL */
  const char *origin;      /* path of the queue or subscription elsewhere; NULL: the host's own */
};

struct payload_object {
  const char *bucket;
  const char *key;
  uint64_t size;
  const char *etag;
  const void *content; /* Azure sends it along */
  size_t n_content;
  int64_t now_ms;
};

/* One payload per trigger. The caller releases with payload_free(). */
struct payload *payload_http(const struct project_function *function, const struct wire *request,
                             const struct http_origin *origin, const char *traceparent);
/* N messages in one event on AWS; elsewhere N is 1. NULL when the platform's event cannot hold a
 * body: on AWS that is text. */
struct payload *payload_queue(const struct project_function *function,
                              const struct payload_message *messages, size_t n);
struct payload *payload_schedule(const struct project_function *function, int64_t due_ms,
                                 const char *traceparent);
struct payload *payload_object(const struct project_function *function,
                               const struct payload_object *object, const char *traceparent);
/* Any JSON, as the Invoke API takes it. */
struct payload *payload_direct(const struct project_function *function, const void *body,
                               size_t n_body, const char *traceparent);

/* What a push carries: the data of a Pub/Sub message or of a CloudEvent (structured or binary),
 * else the body itself. *TRACE, a new string: the traceparent that the message or event carries
 * itself, or "". NULL when it claims to be one of these and is none. */
GBytes *payload_from_push(const struct wire *request, char **trace);

/* Reads the answer of an http function. Release with http_reply_clear(). */
void payload_read_http(const struct project_function *function,
                       const struct invocation_result *result, struct http_reply *reply);

/* Takes the answer of a direct call out of its envelope, where it has one: RESULT then tells what
 * is inside. The new string, or NULL, must outlive RESULT's body. */
char *payload_read_direct(const struct project_function *function,
                          struct invocation_result *result);

/* Which of the N messages with these IDS the answer says were processed. */
void payload_is_processed(const struct project_function *function,
                          const struct invocation_result *result, const char *const *ids, size_t n,
                          bool *is_processed);

#endif
