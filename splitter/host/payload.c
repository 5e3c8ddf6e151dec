#include "splitter/host/payload.h"

#include <jansson.h>
#include <string.h>

#include "splitter/host/upstream.h"
#include "splitter/runtime/encoding.h"
#include "splitter/runtime/trace.h"

static struct payload *payload_new(GBytes *body)
{
  struct payload *payload = g_new0(struct payload, 1);
  payload->headers = g_array_new(FALSE, FALSE, sizeof(struct cleave_field));
  payload->strings = g_string_chunk_new(256);
  payload->body = body;
  return payload;
}

void payload_free(struct payload *payload)
{
  if (payload) {
    g_free(payload->method);
    g_free(payload->target);
    g_array_unref(payload->headers);
    g_string_chunk_free(payload->strings);
    g_bytes_unref(payload->body);
    g_free(payload);
  }
}

static void add(struct payload *payload, const char *name, const char *value)
{
  struct cleave_field field = {g_string_chunk_insert(payload->strings, name),
                               g_string_chunk_insert(payload->strings, value)};
  g_array_append_val(payload->headers, field);
}

static void add_trace(struct payload *payload, const char *traceparent)
{
  if (traceparent[0] != '\0') {
    add(payload, "traceparent", traceparent);
  }
}

static GBytes *to_bytes(json_t *object)
{
  char *text = json_dumps(object, JSON_COMPACT);
  json_decref(object);
  GBytes *bytes = g_bytes_new(text ? text : "", text ? strlen(text) : 0);
  free(text);
  return bytes;
}

/* A POST with a JSON body. */
static struct payload *posted(const char *target, json_t *object, const char *type,
                              const char *traceparent)
{
  struct payload *payload = payload_new(to_bytes(object));
  payload->method = g_strdup("POST");
  payload->target = g_strdup(target);
  add(payload, "Content-Type", type);
  add_trace(payload, traceparent);
  return payload;
}

static char *rfc3339(int64_t ms)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(ms / 1000);
  g_autofree char *seconds = g_date_time_format(time, "%Y-%m-%dT%H:%M:%S");
  return g_strdup_printf("%s.%03dZ", seconds, (int)(ms % 1000));
}

static json_t *string_json(const char *text)
{
  json_t *value = json_string(text);
  return value ? value : json_string("");
}

/* The request itself, with the fields that a proxy adds. */
static struct payload *forwarded(const struct wire *request, const struct http_origin *origin,
                                 const char *prefix, const char *traceparent)
{
  struct payload *payload = payload_new(g_bytes_new(request->body.data, request->body.length));
  payload->method = g_strdup(http_method_str((enum http_method)request->parser.method));
  payload->target = g_strconcat(prefix, buffer_text(&request->target), NULL);
  for (size_t i = 0; i < request->headers.n_items; i++) {
    const struct cleave_field *field = &request->headers.items[i];
    if (!upstream_is_hop(field->name) && g_ascii_strcasecmp(field->name, "traceparent") != 0 &&
        g_ascii_strcasecmp(field->name, "x-forwarded-for") != 0) {
      add(payload, field->name, field->value);
    }
  }
  add(payload, "X-Forwarded-For", origin->peer);
  add_trace(payload, traceparent);
  return payload;
}

static json_t *azure_headers(const struct wire *request)
{
  json_t *headers = json_object();
  for (size_t i = 0; i < request->headers.n_items; i++) {
    const struct cleave_field *field = &request->headers.items[i];
    json_t *list = json_object_get(headers, field->name);
    if (!list) {
      list = json_array();
      json_object_set_new(headers, field->name, list);
    }
    json_array_append_new(list, string_json(field->value));
  }
  return headers;
}

static json_t *azure_query(const char *target)
{
  json_t *query = json_object();
  const char *mark = strchr(target, '?');
  struct arena arena;
  struct fields fields = {NULL, 0, 0};
  arena_init(&arena);
  if (mark && fields_read_query(&fields, &arena, mark + 1)) {
    for (size_t i = 0; i < fields.n_items; i++) {
      json_object_set_new(query, fields.items[i].name, string_json(fields.items[i].value));
    }
  }
  arena_clear(&arena);
  return query;
}

/* Text as text, what a form of files or bytes is as base64: as the platform does. */
static json_t *azure_body(const struct wire *request)
{
  const char *type = wire_header(request, "content-type");
  const struct buffer *body = &request->body;
  bool is_binary = type && (g_str_has_prefix(type, "application/octet-stream") ||
                            g_str_has_prefix(type, "multipart/"));
  if (!is_binary && utf8_is_valid(buffer_text(body), body->length)) {
    return json_stringn(buffer_text(body), body->length);
  }
  g_autofree char *encoded = g_base64_encode((const guchar *)buffer_text(body), body->length);
  return json_string(encoded);
}

static struct payload *envelope(const struct project_function *function, const char *name,
                                json_t *value, json_t *metadata, const char *traceparent)
{
  g_autofree char *target = g_strconcat("/", function->name, NULL);
  json_object_set_new(metadata, "sys", json_pack("{s:s}", "MethodName", function->name));
  g_autofree char *id = g_uuid_string_random();
  struct payload *payload =
      posted(target, json_pack("{s:{s:o},s:o}", "Data", name, value, "Metadata", metadata),
             "application/json", traceparent);
  add(payload, "X-Azure-Functions-InvocationId", id);
  add(payload, "X-Azure-Functions-HostVersion", "4.0.0");
  return payload;
}

static struct payload *azure_http(const struct project_function *function,
                                  const struct wire *request, const struct http_origin *origin,
                                  const char *traceparent)
{
  const char *target = buffer_text(&request->target);
  const char *host = wire_header(request, "host");
  g_autofree char *url = g_strdup_printf("http://%s/api%s", host ? host : "localhost", target);
  json_t *parameters = json_object();
  for (size_t i = 0; i < origin->parameters->n_items; i++) {
    json_object_set_new(parameters, origin->parameters->items[i].name,
                        string_json(origin->parameters->items[i].value));
  }
  json_t *http = json_pack("{s:o,s:s,s:o,s:o,s:o,s:[]}", "Url", string_json(url), "Method",
                           http_method_str((enum http_method)request->parser.method), "Query",
                           azure_query(target), "Headers", azure_headers(request), "Params",
                           parameters, "Identities");
  if (request->body.length > 0) {
    json_object_set_new(http, "Body", azure_body(request));
  }
  return envelope(function, "req", http, json_object(), traceparent);
}

struct payload *payload_http(const struct project_function *function, const struct wire *request,
                             const struct http_origin *origin, const char *traceparent)
{
  switch (function->platform) {
  case PROJECT_AWS:
    return payload_new(envelope_http(request, origin, traceparent));
  case PROJECT_AZURE:
    return function->forwards_http ? forwarded(request, origin, "/api", traceparent)
                                   : azure_http(function, request, origin, traceparent);
  case PROJECT_GCP:
    break;
  }
  return forwarded(request, origin, "", traceparent);
}

static struct payload *pubsub_push(const struct project_function *function,
                                   const struct payload_message *message)
{
  g_autofree char *data = g_base64_encode(message->body, message->n_body);
  g_autofree char *subscription =
      message->origin && g_str_has_prefix(message->origin, "/v1/")
          ? g_strdup(message->origin + 4)
          : g_strdup_printf("projects/local/subscriptions/%s", function->name);
  g_autofree char *time = rfc3339(message->sent_ms);
  json_t *attributes = message->attributes ? json_copy(message->attributes) : json_object();
  if (message->traceparent[0] != '\0') {
    json_object_set_new(attributes, "traceparent", json_string(message->traceparent));
  }
  json_t *inner =
      json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "data", data, "messageId", message->id, "message_id",
                message->id, "publishTime", time, "publish_time", time, "attributes", attributes);
  return posted("/",
                json_pack("{s:o,s:o,s:i}", "message", inner, "subscription",
                          string_json(subscription), "deliveryAttempt", (int)message->n_deliveries),
                "application/json", message->traceparent);
}

static struct payload *azure_queue(const struct project_function *function,
                                   const struct payload_message *message)
{
  g_autofree char *data = g_base64_encode(message->body, message->n_body);
  g_autofree char *id = g_strdup_printf("\"%s\"", message->id);
  g_autofree char *time_text = rfc3339(message->sent_ms);
  g_autofree char *time = g_strdup_printf("\"%s\"", time_text);
  g_autofree char *count = g_strdup_printf("%u", message->n_deliveries);
  return envelope(
      function, "msg", json_string(data),
      json_pack("{s:s,s:s,s:s}", "Id", id, "DequeueCount", count, "InsertionTime", time),
      message->traceparent);
}

/* An event whose records are the messages. */
static struct payload *sqs_event(const struct project_function *function,
                                 const struct payload_message *messages, size_t n)
{
  json_t *records = json_array();
  for (size_t i = 0; i < n; i++) {
    const struct payload_message *message = &messages[i];
    json_t *record =
        message->record
            ? json_incref(message->record)
            : envelope_queue_record(function->key, message->id, message->body, message->n_body,
                                    message->n_deliveries, message->sent_ms, message->traceparent);
    if (!record || json_array_append_new(records, record) != 0) {
      json_decref(records);
      return NULL;
    }
  }
  return payload_new(to_bytes(json_pack("{s:o}", "Records", records)));
}

struct payload *payload_queue(const struct project_function *function,
                              const struct payload_message *messages, size_t n)
{
  switch (function->platform) {
  case PROJECT_AZURE:
    return azure_queue(function, messages);
  case PROJECT_GCP:
    return pubsub_push(function, messages);
  case PROJECT_AWS:
    break;
  }
  return sqs_event(function, messages, n);
}

struct payload *payload_schedule(const struct project_function *function, int64_t due_ms,
                                 const char *traceparent)
{
  g_autofree char *time = rfc3339(due_ms);
  if (function->platform == PROJECT_AZURE) {
    json_t *timer = json_pack("{s:{s:b},s:n,s:b}", "Schedule", "AdjustForDST", 1, "ScheduleStatus",
                              "IsPastDue", 0);
    json_t *metadata = json_object();
    struct payload *payload = envelope(function, "tick", timer, metadata, traceparent);
    return payload;
  }
  if (function->platform == PROJECT_GCP) {
    struct payload *payload = posted("/", json_object(), "application/json", traceparent);
    add(payload, "X-CloudScheduler", "true");
    add(payload, "X-CloudScheduler-JobName", function->name);
    add(payload, "X-CloudScheduler-ScheduleTime", time);
    return payload;
  }
  return payload_new(envelope_schedule(function->name, time));
}

static struct payload *cloudevent(const struct payload_object *object, const char *traceparent)
{
  g_autofree char *time = rfc3339(object->now_ms);
  g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)object->size);
  g_autofree char *source =
      g_strdup_printf("//storage.googleapis.com/projects/_/buckets/%s", object->bucket);
  g_autofree char *subject = g_strdup_printf("objects/%s", object->key);
  g_autofree char *id = g_uuid_string_random();
  struct payload *payload = posted("/",
                                   json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "kind", "storage#object",
                                             "bucket", object->bucket, "name", object->key, "size",
                                             size, "etag", object->etag, "timeCreated", time),
                                   "application/json", traceparent);
  add(payload, "ce-specversion", "1.0");
  add(payload, "ce-id", id);
  add(payload, "ce-type", "google.cloud.storage.object.v1.finalized");
  add(payload, "ce-source", source);
  add(payload, "ce-subject", subject);
  add(payload, "ce-time", time);
  return payload;
}

struct payload *payload_object(const struct project_function *function,
                               const struct payload_object *object, const char *traceparent)
{
  switch (function->platform) {
  case PROJECT_GCP:
    return cloudevent(object, traceparent);
  case PROJECT_AZURE: {
    g_autofree char *where = g_strdup_printf("\"%s/%s\"", object->bucket, object->key);
    g_autofree char *data = g_base64_encode(object->content, object->n_content);
    return envelope(function, "blob", json_string(data), json_pack("{s:s}", "BlobTrigger", where),
                    traceparent);
  }
  case PROJECT_AWS:
    break;
  }
  g_autofree char *time = rfc3339(object->now_ms);
  return payload_new(
      envelope_object(object->bucket, object->key, object->size, object->etag, time));
}

/* A direct function wakes by http: function.json gives it an httpTrigger without a route. */
static struct payload *azure_direct(const struct project_function *function, const char *body,
                                    size_t n_body, const char *traceparent)
{
  g_autofree char *url = g_strdup_printf("http://localhost/api/%s", function->name);
  json_t *text = json_stringn(body, n_body);
  json_t *http = json_pack("{s:s,s:s,s:{},s:{s:[s]},s:{},s:[],s:o}", "Url", url, "Method", "POST",
                           "Query", "Headers", "Content-Type", "application/json", "Params",
                           "Identities", "Body", text ? text : json_string(""));
  return envelope(function, "req", http, json_object(), traceparent);
}

/* Whether a direct call of it travels in an envelope. */
static bool has_envelope(const struct project_function *function)
{
  return function->platform == PROJECT_AZURE && function->trigger == CLEAVE_DIRECT &&
         !function->forwards_http;
}

struct payload *payload_direct(const struct project_function *function, const void *body,
                               size_t n_body, const char *traceparent)
{
  if (has_envelope(function)) {
    return azure_direct(function, n_body > 0 ? body : "{}", n_body > 0 ? n_body : 2, traceparent);
  }
  struct payload *payload =
      payload_new(n_body > 0 ? g_bytes_new(body, n_body) : g_bytes_new_static("{}", 2));
  if (function->platform != PROJECT_AWS) {
    bool is_direct = function->trigger == CLEAVE_DIRECT;
    payload->method = g_strdup("POST");
    payload->target = function->platform == PROJECT_AZURE
                          ? g_strconcat(is_direct ? "/api/" : "/", function->name, NULL)
                          : g_strdup("/");
    add(payload, "Content-Type", "application/json");
    add_trace(payload, traceparent);
  }
  return payload;
}

/* A base64 member as bytes; NULL when it is no base64. */
static GBytes *decoded(const json_t *value)
{
  size_t n = 0;
  struct arena arena;
  arena_init(&arena);
  const char *data = json_is_string(value) ? base64_decode(&arena, json_string_value(value),
                                                           json_string_length(value), &n)
                                           : NULL;
  GBytes *bytes = data ? g_bytes_new(data, n) : NULL;
  arena_clear(&arena);
  return bytes;
}

static GBytes *json_data(const json_t *value)
{
  if (json_is_string(value)) {
    return g_bytes_new(json_string_value(value), json_string_length(value));
  }
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  return text ? g_bytes_new_with_free_func(text, strlen(text), free, text) : NULL;
}

/* The member "traceparent" when it is one, or "". */
static char *trace_member(const json_t *object, const char *name)
{
  const char *text = json_string_value(json_object_get(object, name));
  return g_strdup(text && trace_is_valid(text) ? text : "");
}

static GBytes *pubsub_data(const json_t *message, char **trace)
{
  const json_t *attributes = json_object_get(message, "attributes");
  const json_t *value = json_object_get(message, "data");
  *trace = trace_member(attributes, json_object_get(attributes, "traceparent")
                                        ? "traceparent"
                                        : "googclient_traceparent");
  return value ? decoded(value) : g_bytes_new_static("", 0);
}

static GBytes *event_data(const json_t *event, char **trace)
{
  const json_t *base64 = json_object_get(event, "data_base64");
  const json_t *value = json_object_get(event, "data");
  *trace = trace_member(event, "traceparent");
  return base64 ? decoded(base64) : value ? json_data(value) : g_bytes_new_static("", 0);
}

GBytes *payload_from_push(const struct wire *request, char **trace)
{
  const char *type = wire_header(request, "content-type");
  const char *binary_trace = wire_header(request, "ce-traceparent");
  const struct buffer *body = &request->body;
  bool is_binary = wire_header(request, "ce-specversion") != NULL;
  bool is_json = type && strstr(type, "json") && !is_binary;
  json_t *root = is_json ? json_loadb(buffer_text(body), body->length, JSON_ALLOW_NUL, NULL) : NULL;
  const json_t *message = json_object_get(root, "message");
  bool is_pubsub = json_is_object(message) && json_is_string(json_object_get(root, "subscription"));
  bool is_event = type && g_str_has_prefix(type, "application/cloudevents+json");
  GBytes *data = NULL;
  if (is_pubsub) {
    data = pubsub_data(message, trace);
  } else if (is_event && json_is_string(json_object_get(root, "specversion"))) {
    data = event_data(root, trace);
  } else if (!is_event) {
    *trace =
        g_strdup(is_binary && binary_trace && trace_is_valid(binary_trace) ? binary_trace : "");
    data = g_bytes_new(buffer_text(body), body->length);
  }
  json_decref(root);
  return data;
}

static void pass_on(const struct invocation_result *result, struct http_reply *reply)
{
  http_reply_init(reply);
  reply->status = result->http_status;
  for (size_t i = 0; result->http_fields && i < result->http_fields->n_items; i++) {
    const struct cleave_field *field = &result->http_fields->items[i];
    if (!upstream_is_hop(field->name)) {
      http_reply_add(reply, field->name, field->value);
    }
  }
  reply->body = g_bytes_new(result->body, result->n_body);
}

/* {"Outputs":{"res":{"statusCode":..,"headers":{..},"body":..}}} */
static void read_outputs(const struct invocation_result *result, struct http_reply *reply)
{
  json_t *root = json_loadb(result->body, result->n_body, JSON_ALLOW_NUL, NULL);
  json_t *http = json_object_get(json_object_get(root, "Outputs"), "res");
  char *text = json_is_object(http) ? json_dumps(http, JSON_COMPACT) : NULL;
  http_reply_read(reply, text ? text : "", text ? strlen(text) : 0);
  free(text);
  json_decref(root);
}

void payload_read_http(const struct project_function *function,
                       const struct invocation_result *result, struct http_reply *reply)
{
  if (function->platform == PROJECT_AWS) {
    http_reply_read(reply, result->body, result->n_body);
  } else if (function->platform == PROJECT_AZURE && !function->forwards_http) {
    read_outputs(result, reply);
  } else {
    pass_on(result, reply);
  }
}

char *payload_read_direct(const struct project_function *function, struct invocation_result *result)
{
  if (!has_envelope(function) || result->outcome != OUTCOME_OK) {
    return NULL;
  }
  struct http_reply reply;
  read_outputs(result, &reply);
  gsize n = 0;
  const void *data = g_bytes_get_data(reply.body, &n);
  char *body = g_strndup(data ? data : "", n);
  result->http_status = reply.status;
  result->body = body;
  result->n_body = n;
  if (reply.status >= 400) {
    result->outcome = OUTCOME_ERROR;
    result->error_type = "Function.Failed";
  }
  http_reply_clear(&reply);
  return body;
}

void payload_is_processed(const struct project_function *function,
                          const struct invocation_result *result, const char *const *ids, size_t n,
                          bool *is_processed)
{
  bool is_batch = function->platform == PROJECT_AWS && function->trigger == CLEAVE_QUEUE;
  bool is_good =
      result->outcome == OUTCOME_OK && (function->platform == PROJECT_AWS ||
                                        (result->http_status >= 200 && result->http_status < 300));
  for (size_t i = 0; i < n; i++) {
    is_processed[i] = is_good;
  }
  if (is_good && is_batch) {
    envelope_queue_read(result->body, result->n_body, ids, n, is_processed);
  }
}
