#include "whisk.h"

#include "encoding.h"
#include "gateway.h"
#include "json.h"
#include "trace.h"

#include <ctype.h>
#include <string.h>

#define JSON_TYPE "application/json"

static int refuse(struct cleave_error *error, const char *what)
{
  return cleave_error_set(error, 400, "Function.BadRequest", "%s", what);
}

/* TYPE without its parameters, in lower case, cut where it is longer than any type. */
static void media_type(const char *type, char *plain, size_t size)
{
  size_t n = strcspn(type, "; \t");
  n = n < size ? n : size - 1;
  for (size_t i = 0; i < n; i++) {
    plain[i] = (char)tolower((unsigned char)type[i]);
  }
  plain[n] = '\0';
}

static bool is_json_family(const char *plain)
{
  size_t n = strlen(plain);
  return strcmp(plain, JSON_TYPE) == 0 || (n > 5 && strcmp(plain + n - 5, "+json") == 0);
}

/* As akka-http sorts media types: those with a character set are text, others are not. */
bool whisk_type_is_binary(const char *type)
{
  static const char *const texts[] = {
      "application/atom+xml", "application/javascript",           "application/rss+xml",
      "application/soap+xml", "application/vnd.api+json",         "application/xhtml+xml",
      "application/xml",      "application/x-www-form-urlencoded"};
  char plain[128];
  media_type(type, plain, sizeof(plain));
  for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
    if (strcmp(plain, texts[i]) == 0) {
      return false;
    }
  }
  return strncmp(plain, "text/", 5) != 0 && !is_json_family(plain) && !strstr(type, "charset=");
}

static int read_headers(struct work *work, const json_t *value)
{
  const char *name;
  json_t *header;
  json_object_foreach(json_object_get(value, "__ow_headers"), name, header)
  {
    const char *text = json_value_text(work->arena, header);
    if (json_is_string(header) && strlen(text) != json_string_length(header)) {
      return -1;
    }
    fields_add(&work->headers, work->arena, name, text);
  }
  work_seal(work);
  return 0;
}

/* A raw action's query, or the parameters of one that is not raw: every member that is text. */
static int read_query(struct work *work, const json_t *value)
{
  const json_t *raw = json_object_get(value, "__ow_query");
  if (json_is_string(raw)) {
    work->event.query_string = json_text(value, "__ow_query");
    return fields_read_query(&work->query, work->arena, work->event.query_string) ? 0 : -1;
  }
  const char *name;
  json_t *member;
  json_object_foreach((json_t *)value, name, member)
  {
    if (strncmp(name, "__ow_", 5) == 0 || !json_is_string(member)) {
      continue;
    }
    if (strlen(json_string_value(member)) != json_string_length(member)) {
      return -1;
    }
    fields_add(&work->query, work->arena, name, json_string_value(member));
  }
  return 0;
}

/* Base64 for binary types and for application/json, text for all others. */
static int read_body(struct work *work, const json_t *value, struct cleave_error *error)
{
  struct cleave_bytes body = json_bytes(value, "__ow_body");
  const char *type = cleave_event_header(&work->event, "content-type");
  char plain[128];
  media_type(type ? type : "", plain, sizeof(plain));
  if (!body.data) {
    return 0;
  }
  if (type && (whisk_type_is_binary(type) || strcmp(plain, JSON_TYPE) == 0)) {
    size_t length;
    body.data = base64_decode(work->arena, body.data, body.length, &length);
    if (!body.data) {
      return refuse(error, "__ow_body is not base64, as its type demands");
    }
    body.length = length;
  }
  work->event.body = body;
  return 0;
}

static char *upper_case(struct arena *arena, const char *text)
{
  char *upper = arena_string(arena, text);
  for (char *letter = upper; *letter != '\0'; letter++) {
    *letter = (char)toupper((unsigned char)*letter);
  }
  return upper;
}

static int read_http(struct runtime *runtime, struct work *work, const json_t *value,
                     struct cleave_error *error)
{
  struct cleave_event *event = &work->event;
  const char *path = json_text(value, "__ow_path");
  event->method = upper_case(work->arena, json_text(value, "__ow_method"));
  event->protocol = "HTTP/1.1";
  event->raw_path = *path == '/' ? path : arena_print(work->arena, "/%s", path);
  if (*event->method == '\0') {
    return refuse(error, "the activation is no web request: it has no __ow_method");
  }
  if (read_headers(work, value) != 0 || read_query(work, value) != 0) {
    return refuse(error, "embedded NUL in the request");
  }
  const char *parent = cleave_event_header(event, "traceparent");
  if (parent && trace_is_valid(parent)) {
    event->traceparent = trace_continue(work->arena, parent);
    event->trace_id = trace_id(work->arena, event->traceparent);
  }
  const char *forwarded = cleave_event_header(event, "x-forwarded-for");
  event->source_ip = forwarded ? arena_copy(work->arena, forwarded, strcspn(forwarded, ", ")) : "";
  const struct cleave_function *functions = work->function ? work->function : runtime->functions;
  size_t n_functions = work->function ? 1 : runtime->n_functions;
  if (work_route(work, functions, n_functions, error) != 0) {
    return -1;
  }
  return read_body(work, value, error);
}

static struct cleave_bytes text_of(struct work *work, const json_t *value)
{
  if (!value || json_is_null(value)) {
    return (struct cleave_bytes){"", 0};
  }
  return json_is_string(value)
             ? (struct cleave_bytes){json_string_value(value), json_string_length(value)}
             : json_print(work->arena, value);
}

/* One record of the messaging package's feeds. */
static void read_record(struct work *work, const json_t *record, struct cleave_message *message)
{
  message->data = text_of(work, json_object_get(record, "value"));
  message->source = json_text(record, "topic");
  message->group = json_text(record, "key");
  message->id = arena_print(work->arena, "%s-%s-%s", message->source,
                            json_scalar(work->arena, record, "partition"),
                            json_scalar(work->arena, record, "offset"));
}

/* {"messages":[…]} of a Kafka feed, or the trigger's parameters as one message. */
static int read_messages(struct work *work, const json_t *value, struct cleave_error *error)
{
  const json_t *list = json_array_member(value, "messages");
  size_t n = list ? json_array_size(list) : 1;
  if (n == 0) {
    return refuse(error, "the activation holds no message");
  }
  work_add_messages(work, n);
  work->is_ordered = work->event.trigger == CLEAVE_STREAM;
  for (size_t i = 0; list && i < n; i++) {
    const json_t *record = json_array_get(list, i);
    if (!json_object_get(record, "value")) {
      return refuse(error, "a message of the activation has no value");
    }
    read_record(work, record, &work->messages[i]);
  }
  if (!list) {
    work->messages[0].data = text_of(work, value);
    work->messages[0].id = work->event.request_id;
    work->messages[0].source = work->function->key ? work->function->key : "";
  }
  return 0;
}

/* bucket and key, as who fires the trigger tells them. */
static int read_object(struct work *work, const json_t *value, struct cleave_error *error)
{
  const json_t *file = json_object_get(value, "file");
  struct cleave_object *object = arena_alloc(work->arena, sizeof(*object));
  *object = (struct cleave_object){json_text(value, "bucket"),
                                   json_text(value, "key"),
                                   json_text(value, "status"),
                                   json_text(value, "version"),
                                   json_text(file, "ETag"),
                                   0,
                                   {NULL, 0}};
  json_int_t size = json_integer_value(json_object_get(file, "Size"));
  object->size = size > 0 ? (uint64_t)size : 0;
  if (*object->bucket == '\0' || *object->key == '\0') {
    return refuse(error, "the activation names no bucket and key");
  }
  work->objects = object;
  work->n_objects = 1;
  return 0;
}

int whisk_read(struct runtime *runtime, struct work *work, const json_t *value,
               struct cleave_error *error)
{
  const struct cleave_function *function = work->function;
  if (!function || function->trigger == CLEAVE_HTTP) {
    return read_http(runtime, work, value, error);
  }
  switch (function->trigger) {
  case CLEAVE_QUEUE:
  case CLEAVE_STREAM:
    return read_messages(work, value, error);
  case CLEAVE_OBJECT:
    return read_object(work, value, error);
  default:
    work->event.body = json_print(work->arena, value);
    work->event.content_type = JSON_TYPE;
    work->event.schedule = function->trigger == CLEAVE_SCHEDULE ? function->name : "";
    return 0;
  }
}

/* Whether OpenWhisk would take a text of a JSON type for base64. */
static bool looks_like_base64(const char *text, size_t n)
{
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  return n % 4 == 0 && strspn(text, letters) == n;
}

json_t *whisk_web_reply(struct arena *arena, const struct cleave_reply *reply,
                        struct cleave_error *error)
{
  struct cleave_bytes body = reply_body(reply);
  const char *type = reply_header(reply, "Content-Type");
  bool is_text = reply_is_text(reply);
  json_t *headers = gateway_headers(arena, &reply->headers);
  char plain[128];
  if (!type && body.length > 0) {
    type = is_text ? "text/plain; charset=utf-8" : "application/octet-stream";
    json_object_set_new(headers, "Content-Type", json_string(type));
  }
  media_type(type ? type : "", plain, sizeof(plain));
  if (reply->cookies.n_items > 0) {
    json_object_set_new(headers, "Set-Cookie", gateway_cookies(arena, &reply->cookies));
  }
  bool is_base64 =
      type && (whisk_type_is_binary(type) ||
               (is_json_family(plain) && (!is_text || looks_like_base64(body.data, body.length))));
  if (!is_base64 && !is_text) {
    json_decref(headers);
    cleave_error_set(error, 500, "Function.BinaryReply",
                     "OpenWhisk carries a body of type '%s' as text only", type);
    return NULL;
  }
  char *text = NULL;
  if (is_base64) {
    text = arena_alloc(arena, base64_encoded_length(body.length) + 1);
    base64_encode(body.data, body.length, text);
  }
  return json_pack("{s:i,s:o,s:o}", "statusCode", reply_status(reply), "headers", headers, "body",
                   text ? json_string_nocheck(text) : json_stringn_nocheck(body.data, body.length));
}
