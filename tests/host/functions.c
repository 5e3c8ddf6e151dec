/* A small project for the host's tests: an http function with every way to fail, a consumer, a
 * timer, an object function. What they did stands in the file that HOST_TEST_NOTES names. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "splitter/runtime/cleave_runtime.h"

/* Adds a line, durable when it returns 0. */
static int note(const char *text)
{
  const char *path = getenv("HOST_TEST_NOTES");
  char line[512];
  int n = snprintf(line, sizeof line, "%s\n", text);
  int descriptor = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  if (descriptor < 0) {
    return -1;
  }
  ssize_t written = write(descriptor, line, (size_t)n);
  return close(descriptor) == 0 && written == n ? 0 : -1;
}

static void use_memory(const char *megabytes)
{
  size_t n = (size_t)atoi(megabytes) << 20;
  volatile char *memory = malloc(n);
  for (size_t i = 0; memory && i < n; i += 4096) {
    memory[i] = 1;
  }
  usleep(500000); /* until it is noticed */
  free((void *)memory);
}

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
  if (strcmp(id, "memory") == 0) {
    use_memory(n ? n : "1");
  }
  for (volatile int forever = strcmp(id, "slow") == 0; forever;) {
  }
  cleave_reply_cookie(reply, "a=1");
  cleave_reply_cookie(reply, "b=2");
  cleave_reply_status(reply, 201);
  cleave_reply_header(reply, "Content-Type", "text/plain");
  cleave_reply_header(reply, "X-Trace", cleave_traceparent());
  cleave_reply_print(reply, "%s %s id=%s n=%s body=", event->method, event->path, id, n ? n : "");
  cleave_reply_write(reply, event->body.data, event->body.length);
  return 0;
}

static int consume(const struct cleave_message *message, struct cleave_error *error)
{
  char line[256];
  if (strcmp(message->data.data, "bad") == 0) {
    return cleave_error_set(error, 500, "Refused", "bad message");
  }
  if (strcmp(message->data.data, "crash") == 0) {
    abort();
  }
  snprintf(line, sizeof line, "mail %s %s", message->data.data, cleave_traceparent());
  return note(line) == 0 ? 0 : cleave_error_set(error, 500, "Disk", "cannot write it down");
}

static int beat(const struct cleave_event *event, struct cleave_reply *reply,
                struct cleave_error *error)
{
  (void)reply;
  (void)error;
  char line[256];
  snprintf(line, sizeof line, "%s %s", event->schedule, event->time);
  return note(line);
}

static int created(const struct cleave_event *event, struct cleave_reply *reply,
                   struct cleave_error *error)
{
  (void)reply;
  char line[512];
  const struct cleave_object *object = event->object;
  static int n_tries;
  if (strcmp(object->key, "later.txt") == 0 && n_tries++ == 0) {
    return cleave_error_set(error, 500, "Later", "not yet");
  }
  snprintf(line, sizeof line, "object %s %s %llu", object->bucket, object->key,
           (unsigned long long)object->size);
  return note(line);
}

/* What came, and refusals by the caller's fault and by ours. */
static int mirror(const struct cleave_event *event, struct cleave_reply *reply,
                  struct cleave_error *error)
{
  if (strstr(event->body.data, "refuse")) {
    return cleave_error_set(error, 422, "Refused", "not this");
  }
  if (strstr(event->body.data, "fail")) {
    return cleave_error_set(error, 500, "Broken", "cannot do that");
  }
  cleave_reply_write(reply, event->body.data, event->body.length);
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
      {.name = "mail", .routine = "mail_send", .trigger = CLEAVE_QUEUE, .consume = consume},
      {.name = "post", .routine = "mail_send", .trigger = CLEAVE_QUEUE, .consume = consume},
      {.name = "beat", .routine = "beat", .trigger = CLEAVE_SCHEDULE, .invoke = beat},
      {.name = "daily", .routine = "beat", .trigger = CLEAVE_SCHEDULE, .invoke = beat},
      {.name = "mirror", .routine = "mirror", .trigger = CLEAVE_DIRECT, .invoke = mirror},
      {.name = "thumb", .routine = "created", .trigger = CLEAVE_OBJECT, .invoke = created},
  };
  return cleave_runtime_main(functions, sizeof functions / sizeof *functions);
}
