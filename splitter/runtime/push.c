#include "push.h"

#include "cloudevent.h"
#include "encoding.h"
#include "json.h"
#include "records.h"

#include <stdlib.h>
#include <string.h>

#define PUBSUB_TYPE "google.cloud.pubsub.topic.v1.messagePublished"

static const char *header(const struct wire *request, const char *name)
{
  const char *value = wire_header(request, name);
  return value ? value : "";
}

static struct cleave_bytes request_body(const struct wire *request)
{
  return (struct cleave_bytes){buffer_text(&request->body), request->body.length};
}

static bool is_pubsub(const json_t *json)
{
  return json_object_member(json, "message") &&
         json_is_string(json_object_get(json, "subscription"));
}

/* {"subscription":…,"message":{"data":base64,"attributes":{…},"messageId":…}} */
static int read_pubsub(struct work *work, const json_t *json, struct cleave_message *message,
                       struct cleave_error *error)
{
  const json_t *body = json_object_get(json, "message");
  struct cleave_bytes data = json_bytes(body, "data");
  struct fields attributes = {NULL, 0, 0};
  const char *name;
  json_t *value;
  message->id = json_text(body, "messageId");
  if (*message->id == '\0') {
    message->id = json_text(body, "message_id");
  }
  message->time = json_text(body, "publishTime");
  message->group = json_text(body, "orderingKey");
  message->source = json_text(json, "subscription");
  message->n_deliveries = (unsigned)json_integer_value(json_object_get(json, "deliveryAttempt"));
  json_object_foreach(json_object_get(body, "attributes"), name, value)
  {
    fields_add(&attributes, work->arena, name, json_value_text(work->arena, value));
  }
  message->attributes = fields_view(&attributes);
  if (data.data) {
    message->data.data = base64_decode(work->arena, data.data, data.length, &message->data.length);
    if (!message->data.data) {
      return cleave_error_set(error, 400, "Function.BadRequest",
                              "the Pub/Sub message's data is not base64");
    }
  }
  return 0;
}

static int read_event_message(struct work *work, const struct cloudevent *event,
                              struct cleave_message *message, struct cleave_error *error)
{
  if (strcmp(event->type, PUBSUB_TYPE) == 0) {
    json_t *json = json_read_envelope(event->data, error);
    if (!json || !is_pubsub(json)) {
      json_decref(json);
      return cleave_error_set(error, 400, "Function.BadRequest",
                              "the CloudEvent's data is no Pub/Sub message");
    }
    /* The message borrows from this tree: it lives in an array with the work's own. */
    json_t *kept = json_pack("[o?,o]", work->json, json);
    work->json = kept;
    int result = read_pubsub(work, json, message, error);
    message->type = event->type;
    return result;
  }
  struct fields attributes = event->extensions;
  if (*event->subject != '\0') {
    fields_add(&attributes, work->arena, "subject", event->subject);
  }
  message->id = event->id;
  message->data = event->data;
  message->source = event->source;
  message->type = event->type;
  message->time = event->time;
  message->attributes = fields_view(&attributes);
  struct cleave_fields view = message->attributes;
  const char *key = cleave_fields_get(&view, "partitionkey", false);
  message->group = key ? key : "";
  return 0;
}

/* Pub/Sub push without wrapper (metadata in headers), Cloud Tasks, or a bare body. */
static void read_bare_message(struct work *work, const struct wire *request,
                              struct cleave_message *message)
{
  struct fields attributes = {NULL, 0, 0};
  for (size_t i = 0; i < request->headers.n_items; i++) {
    fields_add(&attributes, work->arena, request->headers.items[i].name,
               request->headers.items[i].value);
  }
  message->attributes = fields_view(&attributes);
  message->data = request_body(request);
  message->id = header(request, "x-goog-pubsub-message-id");
  message->time = header(request, "x-goog-pubsub-publish-time");
  message->source = header(request, "x-goog-pubsub-subscription-name");
  if (*header(request, "X-CloudTasks-TaskName") != '\0') {
    message->id = header(request, "X-CloudTasks-TaskName");
    message->source = header(request, "X-CloudTasks-QueueName");
    message->time = header(request, "X-CloudTasks-TaskETA");
    message->n_deliveries =
        (unsigned)strtoul(header(request, "X-CloudTasks-TaskRetryCount"), NULL, 10) + 1;
  }
  /* Fission's own and its KEDA connectors, OpenFaaS' connectors. */
  static const char *const topics[] = {"X-Fission-MQTrigger-Topic", "KEDA-Topic", "X-Topic"};
  for (size_t i = 0; i < sizeof(topics) / sizeof(*topics) && *message->source == '\0'; i++) {
    message->source = header(request, topics[i]);
  }
  if (*message->id == '\0') {
    message->id = work->event.request_id;
  }
}

static int read_messages(struct work *work, const struct wire *request,
                         const struct cloudevent *events, size_t n_events,
                         struct cleave_error *error)
{
  work_add_messages(work, n_events > 0 ? n_events : 1);
  for (size_t i = 0; i < n_events; i++) {
    if (read_event_message(work, &events[i], &work->messages[i], error) != 0) {
      return -1;
    }
  }
  if (n_events > 0) {
    return 0;
  }
  if (*header(request, "x-goog-pubsub-message-id") == '\0' &&
      *header(request, "X-CloudTasks-TaskName") == '\0') {
    work->json = json_read_envelope(request_body(request), NULL);
    if (is_pubsub(work->json)) {
      return read_pubsub(work, work->json, &work->messages[0], error);
    }
  }
  read_bare_message(work, request, &work->messages[0]);
  return 0;
}

static int read_object(struct work *work, const json_t *data, const char *change,
                       struct cleave_object *object)
{
  object->bucket = json_text(data, "bucket");
  object->key = json_text(data, "name");
  object->change = change;
  object->version = json_scalar(work->arena, data, "generation");
  object->etag = json_text(data, "etag");
  object->size = strtoull(json_scalar(work->arena, data, "size"), NULL, 10);
  return *object->bucket != '\0' && *object->key != '\0' ? 0 : -1;
}

/* Storage events come as CloudEvents, or as Pub/Sub notifications with the object as data. */
static int read_objects(struct work *work, const struct wire *request,
                        const struct cloudevent *events, size_t n_events,
                        struct cleave_error *error)
{
  size_t n = n_events > 0 ? n_events : 1;
  json_t *trees = json_array();
  work->objects = arena_alloc(work->arena, n * sizeof(*work->objects));
  work->n_objects = n;
  int result = 0;
  for (size_t i = 0; i < n && result == 0; i++) {
    struct cleave_message message = {0};
    struct cleave_bytes data = n_events > 0 ? events[i].data : request_body(request);
    const char *change = n_events > 0 ? events[i].type : "";
    json_t *tree = json_read_envelope(data, error);
    if (tree && is_pubsub(tree) && read_pubsub(work, tree, &message, error) == 0) {
      const char *event_type = cleave_fields_get(&message.attributes, "eventType", false);
      change = event_type ? event_type : change;
      json_array_append_new(trees, tree);
      tree = json_read_envelope(message.data, error);
    }
    if (!tree || read_object(work, tree, change, &work->objects[i]) != 0) {
      result = cleave_error_set(error, 400, "Function.BadRequest",
                                "the event names no bucket and object");
    }
    json_array_append_new(trees, tree ? tree : json_null());
  }
  json_t *kept = json_pack("[o?,o]", work->json, trees);
  work->json = kept;
  return result;
}

/* A timer's event, the scheduler's own request, or what the scheduler told a Pub/Sub topic. */
static int read_schedule(struct work *work, const struct wire *request,
                         const struct cloudevent *events, size_t n_events,
                         struct cleave_error *error)
{
  json_t *tree = n_events > 0 ? NULL : json_read_envelope(request_body(request), NULL);
  if (is_pubsub(tree)) {
    struct cleave_message message = {0};
    work->json = tree;
    int result = read_pubsub(work, tree, &message, error);
    work->event.body = message.data;
    work->event.time = message.time;
    work->event.schedule = resource_name(message.source);
    return result;
  }
  json_decref(tree);
  work->event.body = n_events > 0 ? events[0].data : request_body(request);
  work->event.time =
      n_events > 0 ? events[0].time : header(request, "X-CloudScheduler-ScheduleTime");
  work->event.schedule =
      n_events > 0 ? resource_name(events[0].source) : header(request, "X-CloudScheduler-JobName");
  if (*work->event.schedule == '\0') {
    work->event.schedule = header(request, "X-Fission-Timer-Name");
  }
  return 0;
}

int push_read(struct work *work, const struct wire *request, struct cleave_error *error)
{
  struct cloudevent *events = NULL;
  int n_events = 0;
  if (cloudevent_mode(request) != CLOUDEVENT_NONE) {
    n_events = cloudevent_read(request, work->arena, &work->json, &events, error);
    if (n_events <= 0) {
      return n_events < 0 ? -1
                          : cleave_error_set(error, 400, "Function.BadRequest",
                                             "the CloudEvent batch is empty");
    }
  }
  struct cleave_event *event = &work->event;
  event->content_type = n_events > 0 ? events[0].content_type : header(request, "Content-Type");
  switch (event->trigger) {
  case CLEAVE_QUEUE:
  case CLEAVE_STREAM:
    return read_messages(work, request, events, (size_t)n_events, error);
  case CLEAVE_OBJECT:
    return read_objects(work, request, events, (size_t)n_events, error);
  case CLEAVE_SCHEDULE:
    return read_schedule(work, request, events, (size_t)n_events, error);
  default:
    break;
  }
  if (n_events > 1) {
    return cleave_error_set(error, 400, "Function.BadRequest",
                            "the function takes one event, not a batch");
  }
  event->body = n_events == 1 ? events[0].data : request_body(request);
  return 0;
}

const char *push_resource(const struct wire *request, struct arena *arena, json_t **json)
{
  static const char *const names[] = {"X-CloudScheduler-JobName",
                                      "X-CloudTasks-QueueName",
                                      "x-goog-pubsub-subscription-name",
                                      "X-Fission-Timer-Name",
                                      "X-Fission-MQTrigger-Topic",
                                      "KEDA-Topic",
                                      "X-Topic"};
  *json = NULL;
  for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
    if (*header(request, names[i]) != '\0') {
      return header(request, names[i]);
    }
  }
  if (cloudevent_mode(request) != CLOUDEVENT_NONE) {
    struct cloudevent *events = NULL;
    int n = cloudevent_read(request, arena, json, &events, NULL);
    return n > 0 ? events[0].source : "";
  }
  *json = json_read_envelope(request_body(request), NULL);
  return is_pubsub(*json) ? json_text(*json, "subscription") : "";
}
