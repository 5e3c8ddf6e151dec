/* One HTTP/1.1 message as it comes off the wire, request or response, within limits.
 * Knows no sockets: bytes are fed in. Never reads past the end of a message. */
#ifndef CLEAVE_WIRE_H
#define CLEAVE_WIRE_H

#include "arena.h"
#include "buffer.h"
#include "fields.h"

#include <http_parser.h>

enum wire_state { WIRE_EMPTY, WIRE_HEADERS, WIRE_BODY, WIRE_COMPLETE, WIRE_FAILED };

struct wire_limits {
  size_t max_headers; /* bytes of start line and header fields together */
  size_t max_body;
};

struct wire {
  http_parser parser;
  struct wire_limits limits;
  struct arena arena; /* holds target and headers until wire_reset() */
  struct buffer target;
  struct buffer name;
  struct buffer value;
  struct fields headers;
  struct buffer body;
  size_t n_header_bytes;
  bool has_value;
  bool is_head_reply; /* set by the client: no body follows whatever the headers say */
  bool wants_continue;
  bool keep_alive;
  enum wire_state state;
  int failure; /* WIRE_FAILED: the HTTP status that says why */
};

void wire_init(struct wire *wire, enum http_parser_type type, struct wire_limits limits);
void wire_clear(struct wire *wire);
void wire_reset(struct wire *wire);

/* Reads up to the end of the message. Returns how many bytes were used; look at state. */
size_t wire_feed(struct wire *wire, const char *data, size_t n);

/* The peer has closed: completes a message that ends so, fails one that is cut off. */
void wire_finish(struct wire *wire);

/* First value of a header, or NULL. */
const char *wire_header(const struct wire *wire, const char *name);

#endif
