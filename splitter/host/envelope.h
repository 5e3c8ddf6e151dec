/* Events as AWS writes them, and the replies of http functions read back. Pure functions over JSON.
 *
 * Source: event samples of the platform's documentation (HTTP API payload 2.0, SQS, EventBridge
 * Scheduler), read 2026-11-23. */
#ifndef CLEAVE_HOST_ENVELOPE_H
#define CLEAVE_HOST_ENVELOPE_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "splitter/runtime/wire.h"

struct http_origin {
  const char *route;               /* key of the function: "GET /price/{sku}" */
  const struct fields *parameters; /* of the path, decoded */
  const char *peer;
  const char *request_id;
  int64_t now_ms; /* since 1970 UTC */
};

/* An HTTP API (payload 2.0) event of REQUEST; TRACEPARENT ("" for none) stands in the place of the
 * request's own. */
GBytes *envelope_http(const struct wire *request, const struct http_origin *origin,
                      const char *traceparent);

/* A record of an SQS event: one message; NULL when its body is not UTF-8. */
json_t *envelope_queue_record(const char *queue, const char *message_id, const char *body,
                              size_t n_body, unsigned n_deliveries, int64_t sent_ms,
                              const char *traceparent);

/* What a scheduler sends: the job's name and the time it was due (RFC 3339). */
GBytes *envelope_schedule(const char *name, const char *time);

/* An S3 event: an object was created. TIME is RFC 3339. */
GBytes *envelope_object(const char *bucket, const char *key, uint64_t size, const char *etag,
                        const char *time);

/* Which of the N messages with these IDS the REPLY to a queue event says were processed: all, or
 * those that its list of failures does not name. A malformed reply, or one that names none of them,
 * says so of none. O(n failures). */
void envelope_queue_read(const char *reply, size_t n_reply, const char *const *ids, size_t n,
                         bool *is_processed);

/* An http reply: status, headers, cookies and body, as the gateway understands it. */
struct http_reply {
  int status;
  GArray *headers; /* struct cleave_field; strings belong to the reply */
  GStringChunk *strings;
  GBytes *body;
};

/* An empty reply with status 200, body NULL, to be filled by hand. */
void http_reply_init(struct http_reply *reply);
/* Adds a header unless it is no header or belongs to the gateway (lengths, connection). */
void http_reply_add(struct http_reply *reply, const char *name, const char *value);

/* Reads what an http function answered; a malformed reply becomes 502. Release with
 * http_reply_clear(). */
void http_reply_read(struct http_reply *reply, const char *text, size_t n_text);
void http_reply_clear(struct http_reply *reply);

#endif
