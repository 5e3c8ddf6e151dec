#include "azure.h"

#include "crash.h"
#include "encoding.h"
#include "json.h"
#include "push.h"
#include "route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "application/json"

static int refuse(struct cleave_error *error, const char *what)
{
  return cleave_error_set(error, 400, "Function.BadRequest", "%s", what);
}

/* A string of the envelope: the host writes text as JSON text, so one layer comes off where the
 * string itself is a JSON string; values that are no strings are printed. */
static struct cleave_bytes unwrap(struct work *work, const json_t *value)
{
  if (!value || json_is_null(value)) {
    return (struct cleave_bytes){"", 0};
  }
  if (!json_is_string(value)) {
    return json_print(work->arena, value);
  }
  struct cleave_bytes text = {json_string_value(value), json_string_length(value)};
  if (text.length >= 2 && text.data[0] == '"' && text.data[text.length - 1] == '"') {
    json_t *inner = json_read_envelope(text, NULL);
    if (json_is_string(inner)) {
      size_t n = json_string_length(inner);
      text = (struct cleave_bytes){arena_copy(work->arena, json_string_value(inner), n), n};
    }
    json_decref(inner);
  }
  return text;
}

/* A member of Metadata as text: a plain scalar or JSON text of one. */
static const char *metadata(struct work *work, const char *name)
{
  const json_t *value = json_object_get(json_object_get(work->json, "Metadata"), name);
  struct cleave_bytes text = unwrap(work, value);
  return strlen(text.data) == text.length ? text.data : "";
}

/* A payload: base64 because its binding says dataType binary. */
static struct cleave_bytes payload(struct work *work, const json_t *value)
{
  struct cleave_bytes text = unwrap(work, value);
  if (!json_is_string(value) || (work->function->flags & CLEAVE_TEXT_PAYLOAD)) {
    return text;
  }
  size_t length;
  char *bytes = base64_decode(work->arena, text.data, text.length, &length);
  return bytes ? (struct cleave_bytes){bytes, length} : text;
}

/* The one payload among Data's members. */
static const json_t *data_member(const struct work *work)
{
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(work->json, "Data"), name, value)
  {
    if (strcmp(name, "req") != 0) {
      return value;
    }
  }
  return NULL;
}

static int read_headers(struct work *work, const json_t *headers)
{
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)headers, name, value)
  {
    size_t n = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < n; i++) {
      const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
      const char *text = json_value_text(work->arena, one);
      if (json_is_string(one) && strlen(text) != json_string_length(one)) {
        return -1;
      }
      fields_add(&work->headers, work->arena, name, text);
    }
  }
  return 0;
}

/* Splits an absolute or relative URL into path and query. */
static void read_url(struct work *work, const char *url, const char *prefix)
{
  const char *scheme = strstr(url, "://");
  const char *path = scheme ? strchr(scheme + 3, '/') : url;
  path = path && *path == '/' ? path : "/";
  size_t n = strcspn(path, "?#");
  work->event.query_string =
      path[n] == '?' ? arena_copy(work->arena, path + n + 1, strcspn(path + n + 1, "#")) : "";
  char *whole = arena_copy(work->arena, path, n);
  size_t n_prefix = strlen(prefix);
  if (n_prefix > 0 && strncmp(whole + 1, prefix, n_prefix) == 0 &&
      (whole[n_prefix + 1] == '/' || whole[n_prefix + 1] == '\0')) {
    whole += n_prefix + 1;
  }
  work->event.raw_path = *whole == '\0' ? "/" : whole;
}

/* The parameters by our own pattern, which decodes as everywhere else; the host's where the path
 * is not the pattern's (another route in function.json). */
static int read_parameters(struct work *work, const json_t *request)
{
  struct cleave_event *event = &work->event;
  enum route_match match = route_match(work->function->key, event->method, event->raw_path,
                                       work->arena, &work->parameters);
  if (match == ROUTE_NUL) {
    return -1;
  }
  if (match == ROUTE_MATCH && work->parameters.n_items > 0) {
    return 0;
  }
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(request, "Params"), name, value)
  {
    fields_add(&work->parameters, work->arena, name, json_value_text(work->arena, value));
  }
  return 0;
}

static bool body_is_base64(const char *type)
{
  return name_begins(type, "application/octet-stream") || name_begins(type, "multipart/");
}

static void read_body(struct work *work, const json_t *body)
{
  if (!body || json_is_null(body)) {
    return;
  }
  struct cleave_event *event = &work->event;
  if (!json_is_string(body)) {
    event->body = json_print(work->arena, body);
    return;
  }
  event->body = (struct cleave_bytes){json_string_value(body), json_string_length(body)};
  if (body_is_base64(event->content_type)) {
    size_t length;
    char *bytes = base64_decode(work->arena, event->body.data, event->body.length, &length);
    if (bytes) {
      event->body = (struct cleave_bytes){bytes, length};
    }
  }
}

static int read_http(struct work *work, const char *prefix, struct cleave_error *error)
{
  const json_t *request = json_object_member(json_object_get(work->json, "Data"), "req");
  struct cleave_event *event = &work->event;
  if (!request || *json_text(request, "Method") == '\0') {
    return refuse(error, "the envelope holds no http request in Data.req");
  }
  event->method = json_text(request, "Method");
  event->protocol = "HTTP/1.1";
  read_url(work, json_text(request, "Url"), prefix);
  size_t length;
  event->path =
      percent_decode(work->arena, event->raw_path, strlen(event->raw_path), false, &length);
  if (read_headers(work, json_object_get(request, "Headers")) != 0 ||
      strlen(event->path) != length || read_parameters(work, request) != 0 ||
      !fields_read_query(&work->query, work->arena, event->query_string)) {
    return refuse(error, "embedded NUL in the request");
  }
  work_seal(work);
  const char *type = cleave_event_header(event, "content-type");
  const char *cookies = cleave_event_header(event, "cookie");
  const char *forwarded = cleave_event_header(event, "x-forwarded-for");
  event->content_type = type ? type : "";
  event->source_ip = forwarded ? arena_copy(work->arena, forwarded, strcspn(forwarded, ":, ")) : "";
  fields_read_cookies(&work->cookies, work->arena, cookies ? cookies : "");
  work_seal(work);
  read_body(work, json_object_get(request, "Body"));
  return 0;
}

static void read_message(struct work *work, const json_t *value, struct cleave_message *message)
{
  message->data = payload(work, value);
  message->id = metadata(work, "Id");
  if (*message->id == '\0') {
    message->id = metadata(work, "MessageId");
  }
  if (*message->id == '\0') {
    message->id = work->event.request_id;
  }
  message->time = metadata(work, "InsertionTime");
  message->group = metadata(work, "SessionId");
  message->source = work->function->key ? work->function->key : "";
  const char *count = metadata(work, "DequeueCount");
  count = *count != '\0' ? count : metadata(work, "DeliveryCount");
  message->n_deliveries = (unsigned)strtoul(count, NULL, 10);
}

static int read_messages(struct work *work, struct cleave_error *error)
{
  const json_t *value = data_member(work);
  if (!value) {
    return refuse(error, "the envelope's Data holds no message");
  }
  bool is_batch = work->event.trigger == CLEAVE_STREAM && json_is_array(value);
  work_add_messages(work, is_batch ? json_array_size(value) : 1);
  work->is_ordered = work->event.trigger == CLEAVE_STREAM;
  for (size_t i = 0; i < work->n_messages; i++) {
    read_message(work, is_batch ? json_array_get(value, i) : value, &work->messages[i]);
  }
  return 0;
}

/* A blob trigger (Metadata.BlobTrigger is container/key) or an Event Grid event with a blob's url.
 */
static int read_object(struct work *work, struct cleave_error *error)
{
  const json_t *value = data_member(work);
  const char *where = metadata(work, "BlobTrigger");
  struct cleave_object *object = arena_alloc(work->arena, sizeof(*object));
  *object = (struct cleave_object){"", "", "blob", "", "", 0, {NULL, 0}};
  const json_t *details = json_object_member(value, "data");
  if (details && *where == '\0') {
    const char *url = strstr(json_text(details, "url"), "://");
    const char *path = url ? strchr(url + 3, '/') : NULL;
    size_t length = 0;
    where = path ? percent_decode(work->arena, path + 1, strlen(path + 1), false, &length) : "";
    where = strlen(where) == length ? where : "";
    object->change = json_text(value, "eventType");
    object->etag = json_text(details, "eTag");
    json_int_t size = json_integer_value(json_object_get(details, "contentLength"));
    object->size = size > 0 ? (uint64_t)size : 0;
  } else if (value) {
    object->content = payload(work, value);
    object->size = object->content.length;
  }
  const char *slash = strchr(where, '/');
  if (!slash || slash == where || slash[1] == '\0') {
    return refuse(error, "the envelope names no container and blob");
  }
  object->bucket = arena_copy(work->arena, where, (size_t)(slash - where));
  object->key = slash + 1;
  work->objects = object;
  work->n_objects = 1;
  return 0;
}

static int read_schedule(struct work *work, struct cleave_error *error)
{
  const json_t *value = data_member(work);
  if (!value) {
    return refuse(error, "the envelope's Data holds no timer");
  }
  const json_t *sys = json_object_get(json_object_get(work->json, "Metadata"), "sys");
  work->event.body = unwrap(work, value);
  work->event.content_type = JSON_TYPE;
  work->event.time = json_text(sys, "UtcNow");
  work->event.schedule = work->function->name;
  return 0;
}

int azure_read(struct work *work, struct cleave_bytes envelope, const char *route_prefix,
               struct cleave_error *error)
{
  work->json = json_read_envelope(envelope, error);
  if (!work->json) {
    return -1;
  }
  if (!json_object_member(work->json, "Data")) {
    return refuse(error, "the body is no envelope with Data");
  }
  switch (work->event.trigger) {
  case CLEAVE_QUEUE:
  case CLEAVE_STREAM:
    return read_messages(work, error);
  case CLEAVE_OBJECT:
    return read_object(work, error);
  case CLEAVE_SCHEDULE:
    return read_schedule(work, error);
  default:
    return read_http(work, route_prefix, error);
  }
}

static json_t *header_object(struct arena *arena, struct cleave_fields headers)
{
  json_t *object = json_object();
  for (size_t i = 0; i < headers.n_items; i++) {
    const struct cleave_field *field = &headers.items[i];
    json_t *value = json_safe_string(arena, field->value);
    json_t *before = json_object_get(object, field->name);
    if (json_is_array(before)) {
      json_array_append_new(before, value);
    } else if (before) {
      json_object_set_new(object, field->name, json_pack("[O,o]", before, value));
    } else {
      json_object_set_new(object, field->name, value);
    }
  }
  return object;
}

/* The http output. The host's reader demands all four members, none of them null. */
static json_t *http_output(struct arena *arena, int status, struct cleave_fields headers,
                           struct cleave_bytes body)
{
  char text[16];
  snprintf(text, sizeof(text), "%d", status);
  return json_pack("{s:s,s:s,s:o,s:s%}", "statusCode", text, "status", text, "headers",
                   header_object(arena, headers), "body", body.data, body.length);
}

static void send_outputs(struct exchange *exchange, struct arena *arena, json_t *http)
{
  const struct cleave_field type = {"Content-Type", JSON_TYPE};
  json_t *reply = json_pack("{s:{},s:[],s:n}", "Outputs", "Logs", "ReturnValue");
  if (http) {
    json_object_set_new(json_object_get(reply, "Outputs"), "res", http);
  }
  exchange_reply(exchange, 200, &type, 1, json_print(arena, reply));
  json_decref(reply);
}

/* The answer to an envelope: 200 with outputs, or a failure of the invocation. */
static void azure_answer(struct runtime *runtime, struct work *work, struct exchange *exchange,
                         int result, struct cleave_error *error)
{
  struct cleave_reply *reply = &runtime->reply;
  reply_reset(reply, NULL);
  crash_aim_connection(exchange_descriptor(exchange));
  runtime_enter(runtime, work, 0);
  if (result == 0) {
    result = work_run(work, reply, error);
  }
  bool is_http = work->event.trigger == CLEAVE_HTTP || work->event.trigger == CLEAVE_DIRECT;
  struct cleave_bytes body = reply_body(reply);
  if (result == 0 && work->event.trigger == CLEAVE_DIRECT) {
    body = reply_json_text(reply);
    cleave_reply_status(reply, 200);
    cleave_reply_header(reply, "Content-Type", JSON_TYPE);
  }
  bool is_text = work->event.trigger == CLEAVE_DIRECT || text_is_plain(body.data, body.length);
  if (result == 0 && is_http && !is_text) {
    result = cleave_error_set(error, 500, "Function.BinaryReply",
                              "an envelope cannot carry a binary reply: set "
                              "enableForwardingHttpRequest in host.json");
  }
  if (result == 0) {
    json_t *http =
        is_http ? http_output(work->arena, reply_status(reply), reply_http_headers(reply), body)
                : NULL;
    send_outputs(exchange, work->arena, http);
  } else if (is_http && work->json && error->status >= 400 && error->status < 500) {
    const struct cleave_field type = {"Content-Type", JSON_TYPE};
    struct cleave_fields headers = {&type, 1};
    cleave_log(CLEAVE_WARNING, "%s: %s", error->type, error->message);
    send_outputs(exchange, work->arena,
                 http_output(work->arena, error->status, headers, error_json(work->arena, error)));
  } else {
    port_reply_error(runtime, exchange, error);
  }
  runtime_leave(runtime);
}

/* The direct function that a forwarded request asks for: its route is its name. */
static const struct cleave_function *forwarded_direct(const struct runtime *runtime,
                                                      const char *target, size_t n)
{
  const char *prefix = runtime->settings.route_prefix;
  size_t n_prefix = strlen(prefix);
  const char *name = target + 1;
  size_t n_name = n - 1;
  if (n_prefix > 0) {
    if (n_name <= n_prefix + 1 || memcmp(name, prefix, n_prefix) != 0 || name[n_prefix] != '/') {
      return NULL;
    }
    name += n_prefix + 1;
    n_name -= n_prefix + 1;
  }
  const struct cleave_function *function = runtime_find(runtime, name, n_name);
  return function && function->trigger == CLEAVE_DIRECT ? function : NULL;
}

static void azure_handle(struct runtime *runtime, struct exchange *exchange)
{
  const struct wire *request = exchange_request(exchange);
  const char *target = buffer_text(&request->target);
  size_t n = strcspn(target, "?#");
  bool is_post = request->parser.method == HTTP_POST;
  if (!is_post && ((n == 1 && *target == '/') || (n == 8 && memcmp(target, "/healthz", 8) == 0))) {
    const struct cleave_field type = {"Content-Type", JSON_TYPE};
    exchange_reply(exchange, 200, &type, 1, (struct cleave_bytes){"{\"status\":\"ok\"}", 15});
    return;
  }
  struct work work;
  struct cleave_error error = {0};
  work_init(&work, &runtime->arena, CLEAVE_ON_AZURE);
  port_identify(&work, request, "X-Azure-Functions-InvocationId");
  const struct cleave_function *function =
      is_post && n > 1 ? runtime_find(runtime, target + 1, n - 1) : NULL;
  const struct cleave_function *direct =
      is_post && n > 1 && !function ? forwarded_direct(runtime, target, n) : NULL;
  if (function) {
    work_assign(&work, function);
    struct cleave_bytes body = {buffer_text(&request->body), request->body.length};
    int result = azure_read(&work, body, runtime->settings.route_prefix, &error);
    azure_answer(runtime, &work, exchange, result, &error);
  } else if (direct) {
    work_assign(&work, direct);
    int result = push_read(&work, request, &error);
    port_answer(runtime, &work, exchange, result, &error);
  } else {
    int result = port_read_http(runtime, &work, exchange, runtime->settings.route_prefix, &error);
    port_answer(runtime, &work, exchange, result, &error);
  }
  work_clear(&work);
}

int azure_run(struct runtime *runtime)
{
  struct server *server = port_open(runtime);
  if (!server) {
    return 1;
  }
  struct exchange *exchange;
  while ((exchange = server_next(server))) {
    arena_reset(&runtime->arena);
    azure_handle(runtime, exchange);
  }
  server_free(server);
  return 0;
}
