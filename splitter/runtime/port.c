#include "port.h"

#include "crash.h"
#include "encoding.h"
#include "fission.h"
#include "json.h"
#include "openfaas.h"
#include "push.h"
#include "records.h"
#include "route.h"
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "application/json"

/* The path of a request target, absolute form included, and where its query begins. */
static const char *target_path(struct arena *arena, const struct wire *request, bool is_fission,
                               const char **query)
{
  const char *target = is_fission ? fission_target(request) : buffer_text(&request->target);
  if (*target != '/') {
    const char *scheme = strstr(target, "://");
    const char *path = scheme ? strchr(scheme + 3, '/') : NULL;
    target = path ? path : "/";
  }
  size_t n = strcspn(target, "?#");
  *query = "";
  if (target[n] == '?') {
    *query = arena_copy(arena, target + n + 1, strcspn(target + n + 1, "#"));
  }
  return arena_copy(arena, target, n);
}

static bool is_id(const char *text)
{
  size_t n = strlen(text);
  return n > 0 && n <= 128 &&
         strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") == n;
}

/* X-Cloud-Trace-Context: TRACE_ID/SPAN_ID;o=1 */
static const char *trace_of(struct arena *arena, const struct wire *request)
{
  const char *parent = wire_header(request, "traceparent");
  if (parent && trace_is_valid(parent)) {
    return parent;
  }
  const char *context = wire_header(request, "X-Cloud-Trace-Context");
  if (context && strcspn(context, "/") == 32) {
    return arena_print(arena, "00-%.32s-0000000000000001-%s", context,
                       strstr(context, ";o=1") ? "01" : "00");
  }
  return "";
}

void port_identify(struct work *work, const struct wire *request, const char *id_header)
{
  const char *id = wire_header(request, id_header);
  work->event.traceparent = trace_continue(work->arena, trace_of(work->arena, request));
  work->event.trace_id = trace_id(work->arena, work->event.traceparent);
  work->event.request_id = id && is_id(id) ? id : work->event.trace_id;
}

static const char *without_prefix(const char *path, const char *prefix)
{
  size_t n = strlen(prefix);
  if (n > 0 && path[0] == '/' && strncmp(path + 1, prefix, n) == 0 &&
      (path[n + 1] == '/' || path[n + 1] == '\0')) {
    return path[n + 1] == '\0' ? "/" : path + n + 1;
  }
  return path;
}

/* Gives the event to the function of its route. Where a router forwards to "/", the path that the
 * caller asked for goes first. */
static int port_route(struct runtime *runtime, struct work *work, const struct wire *request,
                      const char *prefix, bool is_forwarded, struct cleave_error *error)
{
  const char *query;
  const char *path = target_path(work->arena, request, is_forwarded, &query);
  const struct cleave_function *only = runtime->only;
  work->event.raw_path = without_prefix(path, prefix);
  int result =
      work_route(work, only ? only : runtime->functions, only ? 1 : runtime->n_functions, error);
  return result != 0 && is_forwarded && error->status == 404
             ? port_route(runtime, work, request, prefix, false, error)
             : result;
}

int port_read_http(struct runtime *runtime, struct work *work, struct exchange *exchange,
                   const char *prefix, struct cleave_error *error)
{
  const struct wire *request = exchange_request(exchange);
  struct cleave_event *event = &work->event;
  bool is_fission = runtime->settings.platform == CLEAVE_ON_FISSION;
  target_path(work->arena, request, false, &event->query_string);
  event->method = http_method_str((enum http_method)request->parser.method);
  event->protocol = request->parser.http_minor > 0 ? "HTTP/1.1" : "HTTP/1.0";
  const char *forwarded = wire_header(request, "X-Forwarded-For");
  event->source_ip = forwarded ? arena_copy(work->arena, forwarded, strcspn(forwarded, ", "))
                               : arena_string(work->arena, exchange_peer(exchange));
  event->body = (struct cleave_bytes){buffer_text(&request->body), request->body.length};
  work->headers = request->headers;
  if (is_fission) {
    fission_parameters(work, request);
  }
  if (port_route(runtime, work, request, prefix, is_fission, error) != 0) {
    return -1;
  }
  if (!fields_read_query(&work->query, work->arena, event->query_string)) {
    return cleave_error_set(error, 400, "Function.BadRequest", "embedded NUL in the request");
  }
  work_seal(work);
  return 0;
}

/* A reply's headers with those that the platform expects. */
static struct cleave_fields port_headers(struct runtime *runtime, struct cleave_fields headers)
{
  return runtime->settings.platform == CLEAVE_ON_OPENFAAS
             ? openfaas_headers(&runtime->arena, headers, runtime->began_ns)
             : headers;
}

void port_reply_error(struct runtime *runtime, struct exchange *exchange,
                      const struct cleave_error *error)
{
  int status = error->status >= 400 && error->status <= 599 ? error->status : 500;
  cleave_log(status < 500 ? CLEAVE_WARNING : CLEAVE_ERROR, "%s: %s", error->type, error->message);
  const struct cleave_field type = {"Content-Type", JSON_TYPE};
  struct cleave_fields headers = port_headers(runtime, (struct cleave_fields){&type, 1});
  exchange_reply(exchange, status, headers.items, headers.n_items,
                 error_json(&runtime->arena, error));
}

/* A streamed reply goes straight to the connection. */
struct port_stream {
  struct runtime *runtime;
  struct exchange *exchange;
  struct cleave_reply *reply;
};

static bool stream_begin(void *data, const struct cleave_reply *reply)
{
  struct port_stream *stream = data;
  struct cleave_fields headers = port_headers(stream->runtime, reply_http_headers(stream->reply));
  crash_aim_log(); /* a report cannot go into the middle of a body */
  exchange_begin(stream->exchange, reply_status(reply), headers.items, headers.n_items);
  return true;
}

static bool stream_write(void *data, const void *bytes, size_t n)
{
  struct port_stream *stream = data;
  return exchange_write(stream->exchange, bytes, n);
}

static void answer_native(struct runtime *runtime, struct work *work, struct exchange *exchange)
{
  struct cleave_reply *reply = &runtime->reply;
  const struct cleave_field type = {"Content-Type", JSON_TYPE};
  struct cleave_fields headers = {NULL, 0};
  struct cleave_bytes body = {"", 0};
  int status = 204;
  if (work->event.trigger == CLEAVE_HTTP) {
    headers = reply_http_headers(reply);
    status = reply_status(reply);
    body = reply_body(reply);
  } else if (work->event.trigger == CLEAVE_DIRECT) {
    headers = (struct cleave_fields){&type, 1};
    status = 200;
    body = reply_json_text(reply);
  }
  headers = port_headers(runtime, headers);
  exchange_reply(exchange, status, headers.items, headers.n_items, body);
}

/* When the caller wants the call to be over; 0: the settings or the descriptor say. */
static int64_t deadline_of(struct runtime *runtime, struct work *work, struct exchange *exchange)
{
  int64_t limit = runtime->settings.timeout_ms > 0 ? runtime->settings.timeout_ms
                  : work->function                 ? (int64_t)work->function->timeout_ms
                                                   : 0;
  return runtime->settings.platform == CLEAVE_ON_OPENFAAS
             ? openfaas_deadline(exchange_request(exchange), limit)
             : 0;
}

void port_answer(struct runtime *runtime, struct work *work, struct exchange *exchange, int result,
                 struct cleave_error *error)
{
  struct port_stream stream = {runtime, exchange, &runtime->reply};
  const struct reply_sink sink = {stream_begin, stream_write, &stream};
  bool may_stream = result == 0 && work->event.trigger == CLEAVE_HTTP &&
                    (work->function->flags & CLEAVE_STREAM_REPLY);
  reply_reset(&runtime->reply, may_stream ? &sink : NULL);
  crash_aim_connection(exchange_descriptor(exchange));
  runtime_enter(runtime, work, deadline_of(runtime, work, exchange));
  if (result == 0) {
    result = work_run(work, &runtime->reply, error);
  }
  if (runtime->reply.is_streaming) {
    if (result != 0) {
      cleave_log(CLEAVE_ERROR, "%s: %s", error->type, error->message);
    }
    exchange_end(exchange, result == 0);
  } else if (result != 0) {
    port_reply_error(runtime, exchange, error);
  } else {
    answer_native(runtime, work, exchange);
  }
  runtime_leave(runtime);
}

/* Whether a route asks for just this path; one that takes whatever is left over does not. */
static bool is_routed(struct runtime *runtime, const struct wire *request, const char *path)
{
  struct fields parameters = {NULL, 0, 0};
  int failure;
  const struct cleave_function *function =
      route_find(runtime->functions, runtime->n_functions,
                 http_method_str((enum http_method)request->parser.method), path, &runtime->arena,
                 &parameters, &failure);
  return function && function->key && *function->key != '\0' && !strpbrk(function->key, "*+");
}

/* The function that a push is for: named by path, or by what the event comes from. */
static const struct cleave_function *push_function(struct runtime *runtime,
                                                   const struct wire *request, const char *path)
{
  static const enum cleave_trigger triggers[] = {CLEAVE_QUEUE, CLEAVE_STREAM, CLEAVE_OBJECT,
                                                 CLEAVE_SCHEDULE};
  const size_t n_triggers = sizeof(triggers) / sizeof(*triggers);
  if (runtime->only) {
    return runtime->only->trigger == CLEAVE_HTTP ? NULL : runtime->only;
  }
  const struct cleave_function *found = runtime_find(runtime, path + 1, strlen(path + 1));
  if (found && found->trigger != CLEAVE_HTTP && !is_routed(runtime, request, path)) {
    return found;
  }
  found = NULL;
  if (strcmp(path, "/") != 0) {
    return NULL;
  }
  json_t *json;
  const char *resource = push_resource(request, &runtime->arena, &json);
  for (size_t i = 0; i < n_triggers && *resource != '\0' && !found; i++) {
    found = runtime_find_key(runtime, triggers[i], resource);
  }
  for (size_t i = 0; i < n_triggers && *resource != '\0' && !found; i++) {
    found = runtime_find_sole(runtime, triggers[i]);
  }
  json_decref(json);
  return found;
}

static bool is_health_check(struct runtime *runtime, const struct wire *request, const char *path)
{
  struct fields parameters = {NULL, 0, 0};
  int failure;
  if (strcmp(path, "/healthz") != 0 || request->parser.method == HTTP_POST) {
    return false;
  }
  /* Reserved unless a route names it. */
  const struct cleave_function *function =
      route_find(runtime->functions, runtime->n_functions, "GET", path, &runtime->arena,
                 &parameters, &failure);
  return !function || !function->key || !strstr(function->key, "/healthz");
}

/* What a platform asks for itself. */
static bool answers_platform(struct runtime *runtime, struct fission *fission,
                             struct exchange *exchange, const char *path)
{
  return runtime->settings.platform == CLEAVE_ON_OPENFAAS
             ? openfaas_answer_probe(exchange, path)
             : runtime->settings.platform == CLEAVE_ON_FISSION &&
                   fission_answer_specialise(fission, runtime, exchange, path);
}

static const char *id_header(const struct runtime *runtime)
{
  return runtime->settings.platform == CLEAVE_ON_OPENFAAS  ? "X-Call-Id"
         : runtime->settings.platform == CLEAVE_ON_FISSION ? "X-Fission-Request-ID"
                                                           : "X-Request-Id";
}

static void port_handle(struct runtime *runtime, struct fission *fission, struct exchange *exchange)
{
  const struct wire *request = exchange_request(exchange);
  const char *query;
  const char *path = target_path(&runtime->arena, request, false, &query);
  runtime->began_ns = openfaas_clock_ns();
  if (answers_platform(runtime, fission, exchange, path)) {
    return;
  }
  if (is_health_check(runtime, request, path)) {
    const struct cleave_field type = {"Content-Type", JSON_TYPE};
    exchange_reply(exchange, 200, &type, 1, (struct cleave_bytes){"{\"status\":\"ok\"}", 15});
    return;
  }
  struct work work;
  struct cleave_error error = {0};
  int result;
  work_init(&work, &runtime->arena, runtime->settings.platform);
  port_identify(&work, request, id_header(runtime));
  const struct cleave_function *function = push_function(runtime, request, path);
  if (!function) {
    result = port_read_http(runtime, &work, exchange, "", &error);
  } else {
    work_assign(&work, function);
    bool is_push = request->parser.method == HTTP_POST || request->parser.method == HTTP_PUT ||
                   function->trigger == CLEAVE_SCHEDULE;
    result =
        is_push ? push_read(&work, request, &error)
                : cleave_error_set(&error, 405, "Function.BadRequest", "events are sent with POST");
  }
  port_answer(runtime, &work, exchange, result, &error);
  work_clear(&work);
}

struct server *port_listen(struct runtime *runtime)
{
  const char *problem = "PORT is no port number";
  struct server_options options = {
      .host = runtime->settings.host,
      .port = runtime->settings.port,
      .limits = {runtime->settings.max_headers, runtime->settings.max_body},
      .peer_timeout_ms = runtime->settings.peer_timeout_ms,
      .stop = runtime->stop,
  };
  struct server *server = options.port != 0 ? server_new(runtime->base, &options, &problem) : NULL;
  if (!server) {
    cleave_log(CLEAVE_ERROR, "cannot listen on %s:%u: %s", options.host, options.port, problem);
  }
  return server;
}

struct server *port_open(struct runtime *runtime)
{
  struct cleave_error error;
  if (runtime_start_functions(runtime, &error) != 0) {
    cleave_log(CLEAVE_ERROR, "%s: %s", error.type, error.message);
    return NULL;
  }
  return port_listen(runtime);
}

int port_run(struct runtime *runtime)
{
  if (runtime->settings.platform == CLEAVE_ON_OPENFAAS) {
    openfaas_export_secrets(runtime);
  }
  struct server *server = port_open(runtime);
  if (!server) {
    return 1;
  }
  struct fission fission = {false};
  struct exchange *exchange;
  while ((exchange = server_next(server))) {
    arena_reset(&runtime->arena);
    port_handle(runtime, &fission, exchange);
  }
  server_free(server);
  return 0;
}
