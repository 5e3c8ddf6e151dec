/* Everything that the function runtime reads from outside. The first byte chooses the reader, the
 * second the trigger; the rest is what the platform or a program would have sent. A reader either
 * fills its result or refuses with a status from 400 to 599; what it filled is walked through. */
#include "splitter/runtime/azure.h"
#include "splitter/runtime/cgi.h"
#include "splitter/runtime/encoding.h"
#include "splitter/runtime/gateway.h"
#include "splitter/runtime/json.h"
#include "splitter/runtime/push.h"
#include "splitter/runtime/records.h"
#include "splitter/runtime/route.h"
#include "splitter/runtime/trace.h"
#include "splitter/runtime/whisk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t sum; /* keeps the walks from being optimised away */

static void walk_text(const char *text)
{
  if (!text) {
    abort(); /* strings of an event are never NULL */
  }
  sum += strlen(text);
}

static void walk_bytes(struct cleave_bytes bytes)
{
  if (bytes.data && bytes.data[bytes.length] != '\0') {
    abort(); /* bytes end with a NUL */
  }
  for (size_t i = 0; i < bytes.length; i++) {
    sum += (unsigned char)bytes.data[i];
  }
}

static void walk_fields(struct cleave_fields fields)
{
  for (size_t i = 0; i < fields.n_items; i++) {
    walk_text(fields.items[i].name);
    walk_text(fields.items[i].value);
  }
}

static void walk_message(const struct cleave_message *message)
{
  walk_text(message->id);
  walk_bytes(message->data);
  walk_text(message->source);
  walk_text(message->type);
  walk_text(message->group);
  walk_text(message->time);
  walk_fields(message->attributes);
}

static void walk(struct work *work)
{
  const struct cleave_event *event = &work->event;
  const char *const texts[] = {event->function,     event->request_id, event->trace_id,
                               event->traceparent,  event->method,     event->path,
                               event->raw_path,     event->protocol,   event->source_ip,
                               event->query_string, event->schedule,   event->time,
                               event->content_type};
  for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
    walk_text(texts[i]);
  }
  walk_bytes(event->body);
  walk_fields(event->headers);
  walk_fields(event->query);
  walk_fields(event->parameters);
  walk_fields(event->cookies);
  walk_fields(cgi_environment(work->arena, event));
  for (size_t i = 0; work->messages && i < work->n_messages; i++) {
    walk_message(&work->messages[i]);
    if (!work->has_failed[i]) {
      abort(); /* nothing was called, so nothing may be acknowledged */
    }
  }
  for (size_t i = 0; i < work->n_objects; i++) {
    walk_text(work->objects[i].bucket);
    walk_text(work->objects[i].key);
    walk_text(work->objects[i].change);
    walk_bytes(work->objects[i].content);
  }
}

static void check(int result, const struct cleave_error *error)
{
  if (result != 0 && (error->status < 400 || error->status > 599 || error->message[0] == '\0')) {
    abort();
  }
}

static void read_lambda(struct work *work, struct cleave_bytes bytes, struct cleave_error *error)
{
  work->json = json_read_envelope(bytes, error);
  if (!work->json) {
    return check(-1, error);
  }
  int result = 0;
  switch (work->event.trigger) {
  case CLEAVE_HTTP:
    result = gateway_read(work, error);
    work_seal(work);
    break;
  case CLEAVE_OBJECT:
    result = records_read_objects(work, error);
    break;
  case CLEAVE_SCHEDULE:
    result = records_read_schedule(work, error);
    break;
  default:
    result = records_read_messages(work, error);
    if (result == 0) {
      walk_bytes(records_write_failures(work));
    }
  }
  check(result, error);
  if (result == 0) {
    walk(work);
  }
}

static void read_push(struct work *work, struct cleave_bytes bytes, struct cleave_error *error)
{
  struct wire wire;
  wire_init(&wire, HTTP_REQUEST, (struct wire_limits){8192, 65536});
  size_t half = bytes.length / 2;
  size_t used = wire_feed(&wire, bytes.data, half);
  if (used == half) {
    wire_feed(&wire, bytes.data + half, bytes.length - half);
  }
  wire_finish(&wire);
  if (wire.state == WIRE_COMPLETE) {
    json_t *json;
    walk_text(push_resource(&wire, work->arena, &json));
    json_decref(json);
    int result = push_read(work, &wire, error);
    check(result, error);
    if (result == 0) {
      walk(work);
    }
    work_clear(work);
  } else if (wire.state != WIRE_FAILED || wire.failure < 400) {
    abort();
  }
  wire_clear(&wire);
}

static void read_program(struct cleave_bytes bytes, struct cleave_error *error)
{
  struct cleave_reply reply;
  reply_init(&reply, 65536);
  reply_reset(&reply, NULL);
  check(cgi_reply(bytes, &reply, error), error);
  walk_fields(reply_http_headers(&reply));
  walk_bytes(reply_json_text(&reply));
  reply_clear(&reply);
}

/* A pattern, a line feed, a path. */
static void read_route(struct arena *arena, const char *text)
{
  char *pattern = arena_string(arena, text);
  char *path = strchr(pattern, '\n');
  struct fields found = {NULL, 0, 0};
  if (path) {
    *path++ = '\0';
    route_match(pattern, "GET", path, arena, &found);
    walk_fields(fields_view(&found));
  }
}

static void read_texts(struct arena *arena, struct cleave_bytes bytes)
{
  struct fields fields = {NULL, 0, 0};
  char escaped[64];
  size_t length = 0;
  char *encoded = arena_alloc(arena, base64_encoded_length(bytes.length) + 1);
  base64_encode(bytes.data, bytes.length, encoded);
  char *decoded = base64_decode(arena, encoded, strlen(encoded), &length);
  if (!decoded || length != bytes.length || memcmp(decoded, bytes.data, length) != 0) {
    abort();
  }
  base64_decode(arena, bytes.data, bytes.length, &length);
  fields_read_query(&fields, arena, bytes.data);
  fields_read_cookies(&fields, arena, bytes.data);
  walk_fields(fields_view(&fields));
  const char *repaired = utf8_repair(arena, bytes.data, bytes.length);
  if (strlen(repaired) == bytes.length && !utf8_is_valid(repaired, bytes.length)) {
    abort();
  }
  json_escape_ascii(escaped, sizeof(escaped), bytes.data);
  const char *trace = trace_from_xray(arena, bytes.data);
  if (*trace != '\0' && !trace_is_valid(trace)) {
    abort();
  }
  walk_text(trace_continue(arena, bytes.data));
}

/* An activation's parameters, and the body as a web action's answer of that type. */
static void read_whisk(struct work *work, struct cleave_bytes bytes, struct cleave_error *error)
{
  struct runtime runtime = {.functions = work->function, .n_functions = 1};
  struct cleave_reply reply;
  work->json = json_read_envelope(bytes, error);
  if (!work->json) {
    return;
  }
  int result = whisk_read(&runtime, work, work->json, error);
  check(result, error);
  if (result == 0) {
    walk(work);
  }
  reply_init(&reply, 1 << 20);
  cleave_reply_header(&reply, "Content-Type", work->event.content_type);
  cleave_reply_write(&reply, work->event.body.data, work->event.body.length);
  json_decref(whisk_web_reply(work->arena, &reply, error));
  reply_clear(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct cleave_function functions[] = {
      {"f", "routine", CLEAVE_DIRECT, "", 0, 0, NULL, NULL, NULL, NULL},
      {"f", "routine", CLEAVE_HTTP, "/price/{sku}", 0, 0, NULL, NULL, NULL, NULL},
      {"f", "routine", CLEAVE_SCHEDULE, "", 0, 0, NULL, NULL, NULL, NULL},
      {"f", "routine", CLEAVE_QUEUE, "", 0, 0, NULL, NULL, NULL, NULL},
      {"f", "routine", CLEAVE_STREAM, "", 0, 0, NULL, NULL, NULL, NULL},
      {"f", "routine", CLEAVE_OBJECT, "", CLEAVE_TEXT_PAYLOAD, 0, NULL, NULL, NULL, NULL},
  };
  if (size < 2) {
    return 0;
  }
  struct arena arena;
  struct work work;
  struct cleave_error error = {0};
  arena_init(&arena);
  work_init(&work, &arena, CLEAVE_ON_PORT);
  work_assign(&work, &functions[data[1] % 6]);
  struct cleave_bytes bytes = {arena_copy(&arena, (const char *)data + 2, size - 2), size - 2};
  switch (data[0] % 7) {
  case 0:
    read_lambda(&work, bytes, &error);
    break;
  case 1:
    read_push(&work, bytes, &error);
    break;
  case 2: {
    int result = azure_read(&work, bytes, "api", &error);
    check(result, &error);
    if (result == 0) {
      walk(&work);
    }
    break;
  }
  case 3:
    read_program(bytes, &error);
    break;
  case 4:
    read_route(&arena, bytes.data);
    break;
  case 6:
    read_whisk(&work, bytes, &error);
    break;
  default:
    read_texts(&arena, bytes);
  }
  work_clear(&work);
  arena_clear(&arena);
  return 0;
}
