/* What a function answers, before the platform's form is given to it.
 * Holds status, headers, cookies and body; a sink takes the parts of a streamed reply. */
#ifndef CLEAVE_REPLY_H
#define CLEAVE_REPLY_H

#include "arena.h"
#include "buffer.h"
#include "cleave_runtime.h"
#include "fields.h"

/* Where a streamed reply goes. begin is called once, before the first write. */
struct reply_sink {
  bool (*begin)(void *data, const struct cleave_reply *reply);
  bool (*write)(void *data, const void *bytes, size_t n);
  void *data;
};

struct cleave_reply {
  struct arena arena;
  int status; /* 0: not set */
  struct fields headers;
  struct fields cookies; /* name unused */
  struct buffer body;
  bool is_json;      /* the body is known to be JSON text */
  bool is_too_large; /* a write passed the limit */
  bool is_streaming; /* begin was called */
  bool is_broken;    /* the peer of the stream is gone */
  const struct reply_sink *sink;
};

void reply_init(struct cleave_reply *reply, size_t max_body);
void reply_clear(struct cleave_reply *reply);
void reply_reset(struct cleave_reply *reply, const struct reply_sink *sink);

/* Takes the body as JSON text that is known to be valid. false when too large. */
bool reply_set_json_text(struct cleave_reply *reply, struct cleave_bytes text);

int reply_status(const struct cleave_reply *reply);
const char *reply_header(const struct cleave_reply *reply, const char *name);
struct cleave_bytes reply_body(const struct cleave_reply *reply);

/* Whether the body may travel as text: plain UTF-8 and no content coding. */
bool reply_is_text(const struct cleave_reply *reply);

/* Headers for an HTTP peer: the function's own, nothing guessed, then cookies as Set-Cookie. In the
 * reply's arena. */
struct cleave_fields reply_http_headers(struct cleave_reply *reply);

/* A body as JSON: JSON as it is, text as a string, bytes as {"base64":…}. New reference or text. */
struct cleave_bytes reply_json_text(struct cleave_reply *reply);

#endif
