/* CloudEvents 1.0 over HTTP: binary, structured and batched (CloudEvents HTTP protocol binding).
 * Strict about required attributes and UTF-8; never interprets data. */
#ifndef CLEAVE_CLOUDEVENT_H
#define CLEAVE_CLOUDEVENT_H

#include "arena.h"
#include "wire.h"

struct cloudevent {
  const char *id;
  const char *source;
  const char *type;
  const char *subject;
  const char *time;
  const char *content_type; /* of data */
  struct cleave_bytes data;
  struct fields extensions; /* all attributes that are not above */
};

enum cloudevent_mode {
  CLOUDEVENT_NONE,
  CLOUDEVENT_BINARY,
  CLOUDEVENT_STRUCTURED,
  CLOUDEVENT_BATCH
};

/* How a request carries events, if any. */
enum cloudevent_mode cloudevent_mode(const struct wire *request);

/* Reads all events of a request that carries some. json receives the parsed body of the structured
 * modes (owned by the caller). Returns the number of events in *events (arena), or -1 with error at
 * 400. */
int cloudevent_read(const struct wire *request, struct arena *arena, json_t **json,
                    struct cloudevent **events, struct cleave_error *error);

#endif
