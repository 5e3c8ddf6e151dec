/* One thing to do: an event in its normal form with the function that it is for, and the calls that
 * it makes. Platforms fill it, work_run() calls the function, platforms render what came out.
 * Never acknowledges: every message counts as failed until its call has returned success. */
#ifndef CLEAVE_WORK_H
#define CLEAVE_WORK_H

#include "arena.h"
#include "cleave_runtime.h"
#include "fields.h"

/* What the platform calls the records of this event, and so how their outcome is told. */
enum work_source {
  WORK_PLAIN,
  WORK_GATEWAY_V1, /* REST API: replies carry multiValueHeaders */
  WORK_GATEWAY_V2, /* HTTP API and function URL */
  WORK_BATCH       /* partial failures can be reported: SQS, Kinesis, DynamoDB */
};

struct work {
  struct arena *arena; /* of this event */
  json_t *json;        /* the envelope that strings are borrowed from; owned */
  const struct cleave_function *function;
  enum work_source source;
  struct cleave_event event;
  struct cleave_message *messages;
  bool *has_failed; /* per message */
  size_t n_messages;
  bool is_ordered; /* stop at the first failure */
  struct cleave_object *objects;
  size_t n_objects;
  /* The runtime's lists behind event.headers and so on, while they are filled. */
  struct fields headers;
  struct fields query;
  struct fields parameters;
  struct fields cookies;
};

void work_init(struct work *work, struct arena *arena, enum cleave_platform platform);
void work_clear(struct work *work);

/* Gives the work its function and hence its trigger. */
void work_assign(struct work *work, const struct cleave_function *function);

/* Room for n messages, all marked as failed. */
void work_add_messages(struct work *work, size_t n);

/* Makes the event's views of the lists. */
void work_seal(struct work *work);

/* Gives an http event whose method, raw_path, query and headers were read to its function, with the
 * decoded path, the route's parameters (those in the envelope where its pattern has none), content
 * type and cookies. Returns 0, or -1 with error at 400, 404 or 405. */
int work_route(struct work *work, const struct cleave_function *functions, size_t n_functions,
               struct cleave_error *error);

/* Calls the function: once, per message or per object. Returns 0 when all went well, -1 with error
 * set otherwise; has_failed tells which messages. reply holds the answer of http and direct. */
int work_run(struct work *work, struct cleave_reply *reply, struct cleave_error *error);

/* {"errorMessage":…,"errorType":…,"stackTrace":[]} in the work's arena. */
struct cleave_bytes error_json(struct arena *arena, const struct cleave_error *error);

#endif
