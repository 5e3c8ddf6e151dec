/* http events of AWS: API Gateway HTTP API and function URL (payload 2.0), REST API (1.0), and the
 * replies they understand. */
#ifndef CLEAVE_GATEWAY_H
#define CLEAVE_GATEWAY_H

#include "reply.h"
#include "work.h"

/* Fills the work's event from an envelope (work->json). Returns 0, or -1 with error at 400. */
int gateway_read(struct work *work, struct cleave_error *error);

/* The reply object: statusCode, headers, cookies, body, isBase64Encoded. */
struct cleave_bytes gateway_write(struct work *work, struct cleave_reply *reply);

/* The head of a streamed reply: statusCode, headers and cookies alone. */
struct cleave_bytes gateway_write_head(struct arena *arena, const struct cleave_reply *reply);

/* Headers as an object (repeated ones joined), cookies as a list. New references. */
json_t *gateway_headers(struct arena *arena, const struct fields *headers);
json_t *gateway_cookies(struct arena *arena, const struct fields *cookies);

#endif
