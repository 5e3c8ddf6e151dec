/* Pub/Sub, by REST version 1: pulls from a subscription. An access token is sent where the
 * environment has one (PUBSUB_ACCESS_TOKEN); the emulator wants none.
 *
 * Source: projects.subscriptions: pull, acknowledge, modifyAckDeadline (docs.cloud.google.com, read
 * 2026-11-27). */
#include <string.h>

#include "splitter/host/source/kind.h"
#include "splitter/runtime/encoding.h"
#include "splitter/runtime/trace.h"

#define LONGEST_DEADLINE 600

static bool prepare(struct source_place *place, GError **error)
{
  if (!strstr(place->path, "/subscriptions/") || !g_str_has_prefix(place->path, "/v1/projects/")) {
    g_set_error(error, SOURCE_ERROR, 0,
                "'%s%s' is no address of the form http://HOST[:PORT]/v1/projects/PROJECT/"
                "subscriptions/NAME",
                place->url, place->path);
    return false;
  }
  return true;
}

/* Takes BODY over. */
static bool write_request(const struct source_place *place, const char *action, json_t *body,
                          struct source_request *request)
{
  const char *token = g_getenv("PUBSUB_ACCESS_TOKEN");
  char *text = json_dumps(body, JSON_COMPACT);
  json_decref(body);
  request->method = "POST";
  request->target = arena_print(&request->arena, "%s:%s", place->path, action);
  request->body = arena_string(&request->arena, text);
  request->n_body = strlen(text);
  free(text);
  fields_add(&request->headers, &request->arena, "Content-Type", "application/json");
  if (token && *token) {
    fields_add(&request->headers, &request->arena, "Authorization",
               arena_print(&request->arena, "Bearer %s", token));
  }
  return true;
}

static bool receive(const struct source_place *place, unsigned n, unsigned seconds,
                    struct source_request *request, GError **error)
{
  (void)seconds;
  (void)error;
  return write_request(place, "pull", json_pack("{s:i}", "maxMessages", (int)n), request);
}

static bool acknowledge(const struct source_place *place, const struct source_message *message,
                        struct source_request *request, GError **error)
{
  (void)error;
  return write_request(place, "acknowledge", json_pack("{s:[s]}", "ackIds", message->receipt),
                       request);
}

static bool release(const struct source_place *place, const struct source_message *message,
                    unsigned seconds, struct source_request *request, GError **error)
{
  (void)error;
  return write_request(place, "modifyAckDeadline",
                       json_pack("{s:[s],s:i}", "ackIds", message->receipt, "ackDeadlineSeconds",
                                 (int)MIN(seconds, LONGEST_DEADLINE)),
                       request);
}

static bool hold(const struct source_place *place, const GPtrArray *messages, unsigned seconds,
                 struct source_request *request, GError **error)
{
  (void)error;
  json_t *ids = json_array();
  for (guint i = 0; i < messages->len; i++) {
    const struct source_message *message = g_ptr_array_index(messages, i);
    json_array_append_new(ids, json_string(message->receipt));
  }
  return write_request(place, "modifyAckDeadline",
                       json_pack("{s:o,s:i}", "ackIds", ids, "ackDeadlineSeconds",
                                 (int)MIN(seconds, LONGEST_DEADLINE)),
                       request);
}

static const char *text_of(const json_t *object, const char *key)
{
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

static int64_t milliseconds(const char *time)
{
  g_autoptr(GDateTime) moment = g_date_time_new_from_iso8601(time, NULL);
  return moment ? g_date_time_to_unix(moment) * 1000 + g_date_time_get_microsecond(moment) / 1000
                : 0;
}

static struct source_message *read_message(const struct source_place *place, json_t *given)
{
  (void)place;
  json_t *inner = json_object_get(given, "message");
  json_t *attributes = json_object_get(inner, "attributes");
  const char *receipt = text_of(given, "ackId");
  const char *id = text_of(inner, "messageId");
  const char *data = text_of(inner, "data");
  const char *trace = text_of(attributes, "traceparent");
  trace = *trace ? trace : text_of(attributes, "googclient_traceparent");
  struct arena arena;
  size_t n = 0;
  arena_init(&arena);
  const char *body = base64_decode(&arena, data, strlen(data), &n);
  struct source_message *message = NULL;
  if (body && *receipt && *id) {
    message = g_new0(struct source_message, 1);
    message->id = g_strdup(id);
    message->receipt = g_strdup(receipt);
    message->body = g_bytes_new(body, n);
    message->n_deliveries = (unsigned)json_integer_value(json_object_get(given, "deliveryAttempt"));
    message->sent_ms = milliseconds(text_of(inner, "publishTime"));
    message->trace = g_strdup(trace_is_valid(trace) ? trace : "");
    message->attributes = json_is_object(attributes) ? json_incref(attributes) : json_object();
    message->is_ordered = *text_of(inner, "orderingKey") != '\0';
  }
  arena_clear(&arena);
  return message;
}

static bool read_answer(const struct source_place *place, const char *text, size_t n_text,
                        GPtrArray *messages, GError **error)
{
  return source_read_list(place, text, n_text, "receivedMessages", read_message, messages, error);
}

const struct source_kind source_pubsub = {
    .name = "pubsub",
    .max_batch = 100,
    .does_wait = true,
    .buries_itself = true,
    .prepare = prepare,
    .receive = receive,
    .read = read_answer,
    .acknowledge = acknowledge,
    .release = release,
    .hold = hold,
};
