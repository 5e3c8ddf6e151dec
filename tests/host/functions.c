/* A small project for the host's tests: an http function with every way to fail, and a consumer. */
#include <stdlib.h>
#include <string.h>

#include "splitter/runtime/cleave_runtime.h"

static int invoke(const struct cleave_event *event, struct cleave_reply *reply,
                  struct cleave_error *error)
{
  const char *id = cleave_event_parameter(event, "id");
  const char *n = cleave_event_query(event, "n");
  if (strcmp(id, "crash") == 0) {
    abort();
  }
  if (strcmp(id, "fail") == 0) {
    return cleave_error_set(error, 500, "Refused", "cannot do that");
  }
  for (volatile int forever = strcmp(id, "slow") == 0; forever;) {
  }
  cleave_reply_cookie(reply, "a=1");
  cleave_reply_cookie(reply, "b=2");
  cleave_reply_status(reply, 201);
  cleave_reply_header(reply, "Content-Type", "text/plain");
  cleave_reply_print(reply, "%s %s id=%s n=%s body=", event->method, event->path, id, n ? n : "");
  cleave_reply_write(reply, event->body.data, event->body.length);
  return 0;
}

static int consume(const struct cleave_message *message, struct cleave_error *error)
{
  if (strcmp(message->data.data, "bad") == 0) {
    return cleave_error_set(error, 500, "Refused", "bad message");
  }
  return 0;
}

int main(void)
{
  static const struct cleave_function functions[] = {
      {.name = "item",
       .routine = "item_show",
       .trigger = CLEAVE_HTTP,
       .key = "GET,POST /items/:id",
       .invoke = invoke},
      {.name = "mail",
       .routine = "mail_send",
       .trigger = CLEAVE_QUEUE,
       .key = "mail",
       .consume = consume},
  };
  return cleave_runtime_main(functions, sizeof functions / sizeof *functions);
}
