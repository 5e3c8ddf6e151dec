#include "cleave_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway.h"
#include "json.h"
#include "records.h"
#include "reply.h"
#include "work.h"

#define REPLY_LIMIT (6u << 20)

static void start_once(const struct cleave_function *function)
{
  static const struct cleave_function *started[64];
  struct cleave_error error = {0};
  size_t i = 0;
  while (i < 64 && started[i] && started[i] != function) {
    i++;
  }
  if (i < 64 && !started[i]) {
    started[i] = function;
    if (function->init && function->init(&error) != 0) {
      fprintf(stderr, "%s does not start: %s\n", function->name, error.message);
      exit(1);
    }
  }
}

/* The payload as it would arrive, whatever the platform. */
static int take_payload(struct work *work, struct cleave_bytes bytes)
{
  struct cleave_event *event = &work->event;
  event->body = bytes;
  if (work->function->trigger == CLEAVE_HTTP) {
    const char *key = work->function->key;
    const char *slash = strchr(key, '/');
    event->method = strncmp(key, "POST", 4) == 0 ? "POST" : "GET";
    event->path = event->raw_path = slash ? slash : "/";
    event->content_type = "application/json";
  } else if (work->function->trigger == CLEAVE_QUEUE || work->function->trigger == CLEAVE_STREAM) {
    work_add_messages(work, 1);
    work->messages[0].data = bytes;
  } else if (work->function->trigger == CLEAVE_OBJECT) {
    return -1; /* has no payload that the routine reads */
  }
  work_seal(work);
  return 0;
}

static int take_event(struct work *work, struct cleave_bytes bytes, struct cleave_error *error)
{
  work->json = json_read_envelope(bytes, error);
  if (!work->json) {
    return -1;
  }
  int result = 0;
  switch (work->function->trigger) {
  case CLEAVE_HTTP:
    result = gateway_read(work, error);
    work_seal(work);
    return result;
  case CLEAVE_OBJECT:
    return records_read_objects(work, error);
  case CLEAVE_SCHEDULE:
    return records_read_schedule(work, error);
  case CLEAVE_DIRECT:
    work->event.body = bytes;
    return 0;
  default:
    return records_read_messages(work, error);
  }
}

int cleave_fuzz_function(const struct cleave_function *functions, size_t n, const uint8_t *data,
                         size_t size)
{
  if (size < 1 || n == 0) {
    return 0;
  }
  const struct cleave_function *function = &functions[(data[0] >> 1) % n];
  start_once(function);
  struct arena arena;
  struct work work;
  struct cleave_reply reply;
  struct cleave_error error = {0};
  arena_init(&arena);
  reply_init(&reply, REPLY_LIMIT);
  reply_reset(&reply, NULL);
  work_init(&work, &arena, CLEAVE_ON_LAMBDA);
  work_assign(&work, function);
  struct cleave_bytes bytes = {arena_copy(&arena, (const char *)data + 1, size - 1), size - 1};
  int taken = data[0] & 1 ? take_event(&work, bytes, &error) : take_payload(&work, bytes);
  if (taken == 0) {
    work_run(&work, &reply, &error);
  }
  work_clear(&work);
  reply_clear(&reply);
  arena_clear(&arena);
  return 0;
}
