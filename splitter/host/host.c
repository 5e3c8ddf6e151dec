#include "splitter/host/host.h"

#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "splitter/host/envelope.h"
#include "splitter/host/listener.h"
#include "splitter/host/pool.h"
#include "splitter/runtime/encoding.h"
#include "splitter/runtime/route.h"

#define MAX_HEADERS ((size_t)64 * 1024)
#define MAX_BODY ((size_t)10 * 1024 * 1024) /* the gateway's limit */
#define MAX_API_BODY ((size_t)8 * 1024 * 1024)

struct host {
  struct host_options options;
  struct event_base *base;
  struct listener *front;
  struct listener *api;
  struct event *on_interrupt;
  struct event *on_terminate;
  struct event *on_child;
  struct event *tick;
  struct pool **pools;            /* one per function, in the project's order */
  struct cleave_function *routes; /* http functions as the router wants them */
  size_t *route_pools;            /* pool of each of them */
  size_t n_routes;
  GHashTable *open; /* calls that wait for a function */
  int signal_number;
};

/* A call of the front or the API that waits for a function; call is NULL when its peer is gone. */
struct pending {
  struct host *host;
  struct call *call;
  char *message_id; /* queue only */
};

static struct pending *pending_new(struct host *host, struct call *call)
{
  struct pending *pending = g_new0(struct pending, 1);
  pending->host = host;
  pending->call = call;
  g_hash_table_insert(host->open, call, pending);
  return pending;
}

/* The call that still waits, or NULL; releases PENDING. */
static struct call *pending_take(struct pending *pending)
{
  struct call *call = pending->call;
  if (call) {
    g_hash_table_remove(pending->host->open, call);
  }
  g_free(pending->message_id);
  g_free(pending);
  return call;
}

static void on_gone(struct call *call, void *data)
{
  struct host *host = data;
  struct pending *pending = g_hash_table_lookup(host->open, call);
  if (pending) {
    pending->call = NULL;
    g_hash_table_remove(host->open, call);
  } else if (call_tag(call)) {
    instance_forget(call_tag(call), call);
  }
}

static const char *trace_of(const struct call *call)
{
  const char *trace = wire_header(call_request(call), "traceparent");
  return trace ? trace : "";
}

static void http_done(const struct invocation_result *result, void *data)
{
  struct call *call = pending_take(data);
  if (!call) {
    return;
  }
  if (result->outcome != OUTCOME_OK) {
    int status = result->outcome == OUTCOME_TIMEOUT ? 504 : 502;
    call_reply_json(call, status,
                    status == 504 ? "{\"message\":\"Endpoint request timed out\"}"
                                  : "{\"message\":\"Internal Server Error\"}");
    return;
  }
  struct http_reply reply;
  http_reply_read(&reply, result->body, result->n_body);
  gsize n = 0;
  const void *body = g_bytes_get_data(reply.body, &n);
  call_reply(call, reply.status, (const struct cleave_field *)(const void *)reply.headers->data,
             reply.headers->len, body, n);
  http_reply_clear(&reply);
}

static void on_front(struct call *call, void *data)
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
  if (!found) {
    /* A gateway says 404 for a route that has other methods, too. */
    call_reply_json(call, failure == 400 ? 400 : 404, "{\"message\":\"Not Found\"}");
    arena_clear(&arena);
    return;
  }
  g_autofree char *id = g_uuid_string_random();
  struct http_origin origin = {.route = found->key,
                               .parameters = &parameters,
                               .peer = call_peer(call),
                               .request_id = id,
                               .now_ms = g_get_real_time() / 1000};
  GBytes *event = envelope_http(request, &origin);
  arena_clear(&arena);
  struct pool *pool = host->pools[host->route_pools[found - host->routes]];
  g_autofree char *trace = g_strdup(trace_of(call));
  pool_invoke(pool, event, trace, http_done, pending_new(host, call));
}

static struct pool *pool_of(struct host *host, const char *name)
{
  for (size_t i = 0; i < host->options.project->n_functions; i++) {
    if (strcmp(host->options.project->functions[i].name, name) == 0) {
      return host->pools[i];
    }
  }
  return NULL;
}

static struct pool *pool_of_trigger(struct host *host, enum cleave_trigger trigger, const char *key)
{
  for (size_t i = 0; i < host->options.project->n_functions; i++) {
    const struct project_function *function = &host->options.project->functions[i];
    if (function->trigger == trigger &&
        (strcmp(function->key, key) == 0 || strcmp(function->name, key) == 0)) {
      return host->pools[i];
    }
  }
  return NULL;
}

static void not_found(struct call *call)
{
  call_reply_json(call, 404,
                  "{\"errorType\":\"ResourceNotFoundException\",\"errorMessage\":"
                  "\"there is no such function or resource\"}");
}

/* Runtime API: what stands behind /i/TOKEN. */
static void on_runtime(struct host *host, struct call *call, const char *token, const char *rest)
{
  struct instance *instance = NULL;
  for (size_t i = 0; i < host->options.project->n_functions && !instance; i++) {
    instance = pool_instance(host->pools[i], token);
  }
  bool is_post = call_request(call)->parser.method == HTTP_POST;
  static const char invocation[] = "/2018-06-01/runtime/invocation/";
  if (!instance) {
    call_reply_json(call, 403, "{\"errorType\":\"Forbidden\",\"errorMessage\":\"no instance\"}");
    return;
  }
  if (!is_post && strcmp(rest, "/2018-06-01/runtime/invocation/next") == 0) {
    instance_next(instance, call);
  } else if (is_post && strcmp(rest, "/2018-06-01/runtime/init/error") == 0) {
    instance_init_error(instance, call);
  } else if (is_post && g_str_has_prefix(rest, invocation)) {
    g_auto(GStrv) parts = g_strsplit(rest + sizeof invocation - 1, "/", 2);
    if (g_strcmp0(parts[1], "response") == 0) {
      instance_response(instance, call, parts[0]);
    } else if (g_strcmp0(parts[1], "error") == 0) {
      instance_error(instance, call, parts[0]);
    } else {
      not_found(call);
    }
  } else {
    not_found(call);
  }
}

static void invoke_done(const struct invocation_result *result, void *data)
{
  struct call *call = pending_take(data);
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

static void on_invoke(struct host *host, struct call *call, const char *name)
{
  struct pool *pool = pool_of(host, name);
  if (!pool) {
    not_found(call);
    return;
  }
  const struct wire *request = call_request(call);
  const char *type = wire_header(request, "X-Amz-Invocation-Type");
  GBytes *event = request->body.length > 0 ? g_bytes_new(request->body.data, request->body.length)
                                           : g_bytes_new_static("{}", 2);
  g_autofree char *trace = g_strdup(trace_of(call));
  if (type && strcmp(type, "DryRun") == 0) {
    g_bytes_unref(event);
    call_reply(call, 204, NULL, 0, "", 0);
  } else if (type && strcmp(type, "Event") == 0) {
    call_reply(call, 202, NULL, 0, "", 0);
    pool_invoke(pool, event, trace, NULL, NULL);
  } else {
    pool_invoke(pool, event, trace, invoke_done, pending_new(host, call));
  }
}

static void queue_done(const struct invocation_result *result, void *data)
{
  struct pending *pending = data;
  bool is_done = result->outcome == OUTCOME_OK &&
                 envelope_queue_is_done(result->body, result->n_body, pending->message_id);
  struct call *call = pending_take(pending);
  if (call) {
    call_reply_json(call, is_done ? 200 : 502,
                    is_done ? "{\"processed\":true}" : "{\"processed\":false}");
  }
}

static void on_message(struct host *host, struct call *call, const char *key)
{
  struct pool *pool = pool_of_trigger(host, CLEAVE_QUEUE, key);
  if (!pool) {
    not_found(call);
    return;
  }
  const struct buffer *body = &call_request(call)->body;
  if (!utf8_is_valid(buffer_text(body), body->length)) {
    call_reply_json(call, 400, "{\"message\":\"a message must be UTF-8\"}");
    return;
  }
  struct pending *pending = pending_new(host, call);
  pending->message_id = g_uuid_string_random();
  g_autofree char *trace = g_strdup(trace_of(call));
  GBytes *event = envelope_queue(pool_function(pool)->key, pending->message_id, buffer_text(body),
                                 body->length, 1, g_get_real_time() / 1000, trace);
  pool_invoke(pool, event, trace, queue_done, pending);
}

static void on_schedule(struct host *host, struct call *call, const char *key)
{
  struct pool *pool = pool_of_trigger(host, CLEAVE_SCHEDULE, key);
  if (!pool) {
    not_found(call);
    return;
  }
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
  GBytes *event = envelope_schedule(pool_function(pool)->name, time);
  g_autofree char *trace = g_strdup(trace_of(call));
  pool_invoke(pool, event, trace, invoke_done, pending_new(host, call));
}

/* Decoded segment of a path; NULL when it is not valid. */
static char *segment(const char *text, size_t n)
{
  g_autofree char *raw = g_strndup(text, n);
  return g_uri_unescape_string(raw, "/");
}

static void on_api(struct call *call, void *data)
{
  struct host *host = data;
  static const char functions[] = "/2015-03-31/functions/";
  const char *target = buffer_text(&call_request(call)->target);
  g_autofree char *path = g_strndup(target, strcspn(target, "?"));
  bool is_post = call_request(call)->parser.method == HTTP_POST;
  if (g_str_has_prefix(path, "/i/")) {
    size_t n = strcspn(path + 3, "/");
    g_autofree char *token = g_strndup(path + 3, n);
    on_runtime(host, call, token, path + 3 + n);
    return;
  }
  const char *name = NULL;
  const char *end = NULL;
  void (*handler)(struct host *, struct call *, const char *) = NULL;
  if (is_post && g_str_has_prefix(path, functions) && g_str_has_suffix(path, "/invocations")) {
    name = path + sizeof functions - 1;
    end = path + strlen(path) - strlen("/invocations");
    handler = on_invoke;
  } else if (is_post && g_str_has_prefix(path, "/queues/") && g_str_has_suffix(path, "/messages")) {
    name = path + strlen("/queues/");
    end = path + strlen(path) - strlen("/messages");
    handler = on_message;
  } else if (is_post && g_str_has_prefix(path, "/schedules/")) {
    name = path + strlen("/schedules/");
    end = path + strlen(path);
    handler = on_schedule;
  }
  g_autofree char *decoded = name && end > name ? segment(name, (size_t)(end - name)) : NULL;
  if (!decoded) {
    not_found(call);
    return;
  }
  handler(host, call, decoded);
}

static void on_child(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct host *host = data;
  int status = 0;
  struct rusage usage;
  pid_t pid;
  while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
    for (size_t i = 0; i < host->options.project->n_functions; i++) {
      if (pool_reap(host->pools[i], pid, status, (int64_t)usage.ru_maxrss * 1024)) {
        break;
      }
    }
  }
}

static void on_tick(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct host *host = data;
  host->options.on_tick(host->options.watcher.data);
}

static void on_signal(evutil_socket_t fd, short what, void *data)
{
  (void)what;
  struct host *host = data;
  host->signal_number = (int)fd;
  event_base_loopbreak(host->base);
}

static void make_pools(struct host *host)
{
  const struct project *project = host->options.project;
  host->pools = g_new0(struct pool *, project->n_functions + 1);
  host->routes = g_new0(struct cleave_function, project->n_functions + 1);
  host->route_pools = g_new0(size_t, project->n_functions + 1);
  for (size_t i = 0; i < project->n_functions; i++) {
    const struct project_function *function = &project->functions[i];
    struct pool_options options = {.base = host->base,
                                   .function = function,
                                   .api_port = listener_port(host->api),
                                   .keep_alive_s = host->options.keep_alive_s,
                                   .region = host->options.region,
                                   .watcher = host->options.watcher};
    host->pools[i] = pool_new(&options);
    if (function->trigger == CLEAVE_HTTP) {
      host->route_pools[host->n_routes] = i;
      host->routes[host->n_routes++] = (struct cleave_function){
          .name = function->name, .trigger = CLEAVE_HTTP, .key = function->key};
    }
  }
}

struct host *host_new(const struct host_options *options, GError **error)
{
  struct wire_limits front_limits = {.max_headers = MAX_HEADERS, .max_body = MAX_BODY};
  struct wire_limits api_limits = {.max_headers = MAX_HEADERS, .max_body = MAX_API_BODY};
  struct host *host = g_new0(struct host, 1);
  host->options = *options;
  host->base = event_base_new();
  host->open = g_hash_table_new(NULL, NULL);
  host->api = listener_new(host->base, "127.0.0.1", options->api_port, api_limits, on_api, on_gone,
                           host, error);
  if (host->api) {
    host->front = listener_new(host->base, options->listen, options->port, front_limits, on_front,
                               on_gone, host, error);
  }
  if (!host->front) {
    host_free(host);
    return NULL;
  }
  make_pools(host);
  host->on_interrupt = evsignal_new(host->base, SIGINT, on_signal, host);
  host->on_terminate = evsignal_new(host->base, SIGTERM, on_signal, host);
  host->on_child = evsignal_new(host->base, SIGCHLD, on_child, host);
  evsignal_add(host->on_interrupt, NULL);
  evsignal_add(host->on_terminate, NULL);
  evsignal_add(host->on_child, NULL);
  if (options->on_tick) {
    struct timeval second = {.tv_sec = 1};
    host->tick = event_new(host->base, -1, EV_PERSIST, on_tick, host);
    event_add(host->tick, &second);
  }
  return host;
}

uint16_t host_port(const struct host *host)
{
  return listener_port(host->front);
}

uint16_t host_api_port(const struct host *host)
{
  return listener_port(host->api);
}

int host_run(struct host *host)
{
  event_base_dispatch(host->base);
  return host->signal_number;
}

static void free_event(struct event *event)
{
  if (event) {
    event_free(event);
  }
}

void host_free(struct host *host)
{
  if (!host) {
    return;
  }
  for (size_t i = 0; host->pools && i < host->options.project->n_functions; i++) {
    pool_free(host->pools[i]);
  }
  listener_free(host->front);
  listener_free(host->api);
  free_event(host->on_interrupt);
  free_event(host->on_terminate);
  free_event(host->on_child);
  free_event(host->tick);
  event_base_free(host->base);
  g_hash_table_destroy(host->open);
  g_free(host->pools);
  g_free(host->routes);
  g_free(host->route_pools);
  g_free(host);
}
