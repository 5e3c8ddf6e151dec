/* The http front: behaves like an API gateway in front of the http functions. */
#include <string.h>

#include "splitter/host/host_internal.h"
#include "splitter/runtime/route.h"

#define FALLBACK_MS 60000

static void tell_span(const struct pending *pending, int status)
{
  const struct host_watcher *watcher = &pending->host->options.watcher;
  if (!watcher->on_span || !pending->name) {
    return;
  }
  struct trace_span span = {
      .trace = pending->context.trace,
      .span = pending->context.span,
      .parent = pending->context.parent,
      .service = "host",
      .name = pending->name,
      .kind = SPAN_SERVER,
      .started = (double)pending->started / 1e6,
      .duration = (double)(g_get_real_time() - pending->started) / 1e6,
      .is_error = status >= 500,
      .note = "",
      .trigger = "http",
      .invocation = "",
      .http_status = status,
  };
  watcher->on_span(&span, watcher->data);
}

static void http_done(const struct invocation_result *result, void *data)
{
  struct pending *pending = data;
  const struct project_function *function = pending->station->function;
  bool is_answer = result->outcome == OUTCOME_OK ||
                   (result->outcome == OUTCOME_ERROR && result->http_status >= 500 &&
                    (function->platform == PROJECT_GCP || function->forwards_http));
  struct http_reply reply;
  if (is_answer) {
    payload_read_http(function, result, &reply);
  }
  int status = is_answer ? reply.status : result->outcome == OUTCOME_TIMEOUT ? 504 : 502;
  tell_span(pending, status);
  struct call *call = pending_take(pending);
  if (call && is_answer) {
    gsize n = 0;
    const void *body = g_bytes_get_data(reply.body, &n);
    call_reply(call, status, (const struct cleave_field *)(const void *)reply.headers->data,
               reply.headers->len, body, n);
  } else if (call) {
    call_reply_json(call, status,
                    status == 504 ? "{\"message\":\"Endpoint request timed out\"}"
                                  : "{\"message\":\"Internal Server Error\"}");
  }
  if (is_answer) {
    http_reply_clear(&reply);
  }
}

static void fallback_done(const struct upstream_answer *answer, void *data)
{
  struct pending *pending = data;
  int status = answer->status != 0 ? answer->status : answer->is_late ? 504 : 502;
  tell_span(pending, status);
  struct call *call = pending_take(pending);
  if (!call) {
    return;
  }
  if (answer->status == 0) {
    call_reply_json(call, status, "{\"message\":\"the fallback gave no answer\"}");
    return;
  }
  g_autoptr(GArray) headers = g_array_new(FALSE, FALSE, sizeof(struct cleave_field));
  for (size_t i = 0; i < answer->fields->n_items; i++) {
    if (!upstream_is_hop(answer->fields->items[i].name)) {
      g_array_append_val(headers, answer->fields->items[i]);
    }
  }
  call_reply(call, status, (const struct cleave_field *)(const void *)headers->data, headers->len,
             answer->body, answer->n_body);
}

/* What no function serves goes where the monolith that remains answers. */
static void fall_back(struct host *host, struct call *call)
{
  const struct wire *request = call_request(call);
  struct pending *pending = pending_new(host, call, NULL);
  trace_context_begin(&pending->context, call_trace(call));
  pending->name = g_strdup("fallback");
  g_autoptr(GArray) headers = g_array_new(FALSE, FALSE, sizeof(struct cleave_field));
  for (size_t i = 0; i < request->headers.n_items; i++) {
    if (!name_equals(request->headers.items[i].name, "traceparent")) {
      g_array_append_val(headers, request->headers.items[i]);
    }
  }
  struct cleave_field trace = {"traceparent", pending->context.traceparent};
  g_array_append_val(headers, trace);
  struct upstream_request sent = {
      .method = http_method_str((enum http_method)request->parser.method),
      .target = buffer_text(&request->target),
      .headers = (const struct cleave_field *)(const void *)headers->data,
      .n_headers = headers->len,
      .body = buffer_text(&request->body),
      .n_body = request->body.length,
      .host = wire_header(request, "host"),
      .timeout_ms = FALLBACK_MS,
  };
  upstream_send(host->fallback, &sent, fallback_done, pending);
}

static void invoke(struct station *station, struct call *call, const struct fields *parameters)
{
  g_autofree char *id = g_uuid_string_random();
  struct http_origin origin = {.route = station->function->key,
                               .parameters = parameters,
                               .peer = call_peer(call),
                               .request_id = id,
                               .now_ms = g_get_real_time() / 1000};
  struct pending *pending = pending_new(station->host, call, station);
  struct trace_context context;
  trace_context_begin(&pending->context, call_trace(call));
  trace_context_begin(&context, pending->context.traceparent);
  pending->name = g_strdup(station->function->key);
  struct payload *payload =
      payload_http(station->function, call_request(call), &origin, context.traceparent);
  pool_invoke(station->pool, payload, &context, http_done, pending);
}

void front_serve(struct call *call, void *data)
{
  struct host *host = data;
  const struct wire *request = call_request(call);
  const char *target = buffer_text(&request->target);
  g_autofree char *path = g_strndup(target, strcspn(target, "?"));
  const char *method = http_method_str((enum http_method)request->parser.method);
  struct arena arena;
  struct fields parameters = {NULL, 0, 0};
  int failure = 404;
  arena_init(&arena);
  const struct cleave_function *found =
      route_find(host->routes, host->n_routes, method, path, &arena, &parameters, &failure);
  if (found) {
    invoke(&host->stations[host->route_stations[found - host->routes]], call, &parameters);
  } else if (host->fallback && failure != 400) {
    fall_back(host, call);
  } else {
    /* A gateway says 404 for a route that has other methods, too. */
    call_reply_json(call, failure == 400 ? 400 : 404, "{\"message\":\"Not Found\"}");
  }
  arena_clear(&arena);
}
