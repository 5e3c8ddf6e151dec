/* The API port: Runtime API for instances, Invoke API, queues, schedules, metrics. */
#include <string.h>

#include "splitter/host/host_internal.h"
#include "splitter/runtime/encoding.h"

static struct station *station_of(struct host *host, const char *name)
{
  for (size_t i = 0; i < host->n_stations; i++) {
    if (strcmp(host->stations[i].function->name, name) == 0) {
      return &host->stations[i];
    }
  }
  return NULL;
}

static struct station *station_with(struct host *host, enum cleave_trigger trigger, const char *key)
{
  for (size_t i = 0; i < host->n_stations; i++) {
    const struct project_function *function = host->stations[i].function;
    if (function->trigger == trigger &&
        (strcmp(function->key, key) == 0 || strcmp(function->name, key) == 0)) {
      return &host->stations[i];
    }
  }
  return NULL;
}

/* One whose messages lie in the host's queues, by name or key. */
static struct station *station_queued(struct host *host, const char *key)
{
  struct station *station = station_with(host, CLEAVE_QUEUE, key);
  station = station ? station : station_with(host, CLEAVE_OBJECT, key);
  return station && station->consumer ? station : NULL;
}

static void not_found(struct call *call)
{
  static const char body[] = "{\"Type\":\"User\",\"Message\":"
                             "\"there is no such function or resource\"}";
  /* AWS clients take the kind of an error from the header. */
  const struct cleave_field headers[] = {{"Content-Type", "application/json"},
                                         {"X-Amzn-ErrorType", "ResourceNotFoundException"}};
  call_reply(call, 404, headers, G_N_ELEMENTS(headers), body, sizeof body - 1);
}

/* Runtime API: what stands behind /i/TOKEN. */
static void serve_runtime(struct host *host, struct call *call, const char *token, const char *rest)
{
  struct instance *instance = NULL;
  for (size_t i = 0; i < host->n_stations && !instance; i++) {
    instance = pool_instance(host->stations[i].pool, token);
  }
  if (!instance) {
    call_reply_json(call, 403, "{\"errorType\":\"Forbidden\",\"errorMessage\":\"no instance\"}");
  } else if (!instance_serve(instance, call, rest)) {
    not_found(call);
  }
}

static void invoke_done(const struct invocation_result *told, void *data)
{
  struct pending *pending = data;
  struct invocation_result inner = *told;
  const struct invocation_result *result = &inner;
  g_autofree char *body = payload_read_direct(pending->station->function, &inner);
  (void)body;
  struct call *call = pending_take(pending);
  if (!call) {
    return;
  }
  const struct cleave_field headers[] = {
      {"Content-Type", "application/json"},
      {"X-Amz-Executed-Version", "$LATEST"},
      {"X-Amz-Function-Error", result->outcome == OUTCOME_ERROR ? "Handled" : "Unhandled"},
  };
  size_t n = result->outcome == OUTCOME_OK ? 2 : 3;
  call_reply(call, 200, headers, n, result->body, result->n_body);
}

static void serve_invoke(struct host *host, struct call *call, const char *name)
{
  struct station *station = station_of(host, name);
  if (!station) {
    not_found(call);
    return;
  }
  const struct wire *request = call_request(call);
  const char *type = wire_header(request, "X-Amz-Invocation-Type");
  bool is_dry = type && strcmp(type, "DryRun") == 0;
  bool is_event = type && strcmp(type, "Event") == 0;
  if (is_dry) {
    call_reply(call, 204, NULL, 0, "", 0);
    return;
  }
  struct trace_context context;
  trace_context_begin(&context, call_trace(call));
  struct payload *payload = payload_direct(station->function, buffer_text(&request->body),
                                           request->body.length, context.traceparent);
  if (is_event) {
    call_reply(call, 202, NULL, 0, "", 0);
    pool_invoke(station->pool, payload, &context, NULL, NULL);
  } else {
    pool_invoke(station->pool, payload, &context, invoke_done, pending_new(host, call, station));
  }
}

static void message_kept(bool is_good, int64_t id, void *data)
{
  struct call *call = pending_take(data);
  if (call && is_good) {
    g_autofree char *text = g_strdup_printf("{\"id\":\"%" G_GINT64_FORMAT "\"}", id);
    call_reply_json(call, 202, text);
  } else if (call) {
    call_reply_json(call, 500, "{\"message\":\"the message could not be kept\"}");
  }
}

static void message_processed(bool is_processed, void *data)
{
  struct call *call = pending_take(data);
  if (call) {
    call_reply_json(call, is_processed ? 200 : 502,
                    is_processed ? "{\"processed\":true}" : "{\"processed\":false}");
  }
}

/* The value of a query parameter, or NULL; in ARENA. */
static const char *query_value(const struct call *call, struct arena *arena, const char *name)
{
  const char *mark = strchr(buffer_text(&call_request(call)->target), '?');
  struct fields fields = {NULL, 0, 0};
  if (!mark || !fields_read_query(&fields, arena, mark + 1)) {
    return NULL;
  }
  struct cleave_fields view = fields_view(&fields);
  return cleave_fields_get(&view, name, false);
}

static void serve_message(struct host *host, struct call *call, const char *key)
{
  struct station *station = station_with(host, CLEAVE_QUEUE, key);
  if (!station) {
    not_found(call);
    return;
  }
  const struct buffer *body = &call_request(call)->body;
  if (!utf8_is_valid(buffer_text(body), body->length)) {
    call_reply_json(call, 400, "{\"message\":\"a message must be UTF-8\"}");
    return;
  }
  struct arena arena;
  arena_init(&arena);
  const char *wait = query_value(call, &arena, "wait");
  const char *delay = query_value(call, &arena, "delay");
  guint64 delay_s = 0;
  if (delay && !g_ascii_string_to_unsigned(delay, 10, 0, 900, &delay_s, NULL)) {
    call_reply_json(call, 400, "{\"message\":\"delay is a number of seconds up to 900\"}");
  } else {
    bool is_waiting = wait && strcmp(wait, "true") == 0;
    struct consumer_sender sender = {.kept = is_waiting ? NULL : message_kept,
                                     .processed = is_waiting ? message_processed : NULL,
                                     .data = pending_new(host, call, station)};
    consumer_send(station->consumer, buffer_text(body), body->length, call_trace(call),
                  (int64_t)delay_s * 1000, &sender);
  }
  arena_clear(&arena);
}

static void push_processed(const struct invocation_result *result, void *data)
{
  struct pending *pending = data;
  const char *id = pending->station->function->name; /* as serve_push() called the message */
  bool is_processed = false;
  payload_is_processed(pending->station->function, result, &id, 1, &is_processed);
  message_processed(is_processed, pending);
}

/* Hands a pushed message to its function at once: what fails is the sender's to send again. */
static void push_through(struct station *station, struct call *call, const char *body, size_t n,
                         const char *trace)
{
  struct trace_context context;
  trace_context_begin(&context, trace);
  struct payload_message sent = {.id = station->function->name,
                                 .body = body,
                                 .n_body = n,
                                 .n_deliveries = 1,
                                 .sent_ms = g_get_real_time() / 1000,
                                 .traceparent = context.traceparent};
  pool_invoke(station->pool, payload_queue(station->function, &sent, 1), &context, push_processed,
              pending_new(station->host, call, station));
}

/* Pub/Sub, Eventarc and others push: acknowledged once the message is on the disk, or, with
 * ?wait=true, once its function has processed it. */
static void serve_push(struct host *host, struct call *call, const char *key)
{
  struct station *station = station_with(host, CLEAVE_QUEUE, key);
  if (!station) {
    not_found(call);
    return;
  }
  g_autofree char *own_trace = NULL;
  g_autoptr(GBytes) data = payload_from_push(call_request(call), &own_trace);
  gsize n = 0;
  const char *body = data ? g_bytes_get_data(data, &n) : NULL;
  body = body ? body : "";
  if (!data || !utf8_is_valid(body, n)) {
    call_reply_json(call, 400, "{\"message\":\"this is no event with UTF-8 data\"}");
    return;
  }
  struct arena arena;
  arena_init(&arena);
  const char *wait = query_value(call, &arena, "wait");
  const char *trace = *own_trace ? own_trace : call_trace(call);
  if (wait && strcmp(wait, "true") == 0) {
    push_through(station, call, body, n, trace);
  } else {
    struct consumer_sender sender = {.kept = message_kept,
                                     .data = pending_new(host, call, station)};
    consumer_send(station->consumer, body, n, trace, 0, &sender);
  }
  arena_clear(&arena);
}

static void serve_schedule(struct host *host, struct call *call, const char *key)
{
  struct station *station = station_with(host, CLEAVE_SCHEDULE, key);
  if (!station) {
    not_found(call);
    return;
  }
  struct trace_context context;
  trace_context_begin(&context, call_trace(call));
  timer_wake(station, g_get_real_time() / 1000, &context, invoke_done,
             pending_new(host, call, station));
}

static void serve_queue(struct host *host, struct call *call, const char *key)
{
  struct station *station = station_queued(host, key);
  if (!station) {
    not_found(call);
    return;
  }
  g_autofree char *text = consumer_describe(station->consumer);
  call_reply_json(call, 200, text);
}

static void serve_redrive(struct host *host, struct call *call, const char *key)
{
  struct station *station = station_queued(host, key);
  if (!station) {
    not_found(call);
    return;
  }
  g_autofree char *text =
      g_strdup_printf("{\"moved\":%" G_GINT64_FORMAT "}", consumer_redrive(station->consumer));
  call_reply_json(call, 200, text);
}

static void serve_metrics(struct host *host, struct call *call)
{
  g_autofree struct metrics_now *now = g_new0(struct metrics_now, host->n_stations + 1);
  for (size_t i = 0; i < host->n_stations; i++) {
    struct pool_figures figures;
    struct queue_figures messages;
    pool_figures(host->stations[i].pool, &figures);
    now[i] = (struct metrics_now){
        figures.n_instances, figures.n_busy, figures.n_waiting, figures.memory, -1, -1, -1};
    if (host->stations[i].consumer && consumer_figures(host->stations[i].consumer, &messages)) {
      now[i].n_visible = messages.n_visible;
      now[i].n_out = messages.n_out;
      now[i].n_dead = messages.n_dead;
    }
  }
  g_autofree struct metrics_source *sources = g_new0(struct metrics_source, host->sources->len + 1);
  for (guint i = 0; i < host->sources->len; i++) {
    struct source_figures figures;
    source_figures(g_ptr_array_index(host->sources, i), &figures);
    sources[i] = (struct metrics_source){.function = figures.function,
                                         .kind = figures.kind,
                                         .name = figures.name,
                                         .n_received = figures.n_received,
                                         .n_done = figures.n_done,
                                         .n_failed = figures.n_failed,
                                         .n_buried = figures.n_buried,
                                         .n_unsure = figures.n_unsure};
  }
  g_autofree char *text = metrics_text(host->metrics, now, sources, host->sources->len);
  const struct cleave_field type = {"Content-Type", "text/plain; version=0.0.4; charset=utf-8"};
  call_reply(call, 200, &type, 1, text, strlen(text));
}

/* Addresses of the form PREFIX NAME SUFFIX. */
struct place {
  bool is_post;
  const char *prefix;
  const char *suffix;
  void (*serve)(struct host *host, struct call *call, const char *name);
};

static const struct place places[] = {
    {true, "/2015-03-31/functions/", "/invocations", serve_invoke},
    {true, "/queues/", "/messages", serve_message},
    {true, "/queues/", "/push", serve_push},
    {true, "/queues/", "/redrive", serve_redrive},
    {false, "/queues/", "", serve_queue},
    {true, "/schedules/", "", serve_schedule},
};

/* The decoded name between the prefix and the suffix of PLACE, or NULL. */
static char *name_at(const struct place *place, const char *path)
{
  size_t n = strlen(path);
  size_t n_prefix = strlen(place->prefix);
  size_t n_suffix = strlen(place->suffix);
  if (n <= n_prefix + n_suffix || !g_str_has_prefix(path, place->prefix) ||
      !g_str_has_suffix(path, place->suffix)) {
    return NULL;
  }
  g_autofree char *raw = g_strndup(path + n_prefix, n - n_prefix - n_suffix);
  return g_uri_unescape_string(raw, "/");
}

void api_serve(struct call *call, void *data)
{
  struct host *host = data;
  const char *target = buffer_text(&call_request(call)->target);
  g_autofree char *path = g_strndup(target, strcspn(target, "?"));
  bool is_post = call_request(call)->parser.method == HTTP_POST;
  bool is_get = call_request(call)->parser.method == HTTP_GET;
  if (g_str_has_prefix(path, "/i/")) {
    size_t n = strcspn(path + 3, "/");
    g_autofree char *token = g_strndup(path + 3, n);
    serve_runtime(host, call, token, path + 3 + n);
    return;
  }
  if (is_get && strcmp(path, "/metrics") == 0) {
    serve_metrics(host, call);
    return;
  }
  for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
    g_autofree char *name = places[i].is_post ? (is_post ? name_at(&places[i], path) : NULL)
                                              : (is_get ? name_at(&places[i], path) : NULL);
    if (name) {
      places[i].serve(host, call, name);
      return;
    }
  }
  not_found(call);
}
