#include "splitter/host/host.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "splitter/host/host_internal.h"
#include "splitter/host/schedule.h"

#define MAX_HEADERS ((size_t)64 * 1024)
#define MAX_BODY ((size_t)10 * 1024 * 1024) /* the gateway's limit */
#define MAX_API_BODY ((size_t)8 * 1024 * 1024)
#define CHECK_MS 100 /* how often memory and binaries are looked at */

struct pending *pending_new(struct host *host, struct call *call, struct station *station)
{
  struct pending *pending = g_new0(struct pending, 1);
  pending->host = host;
  pending->station = station;
  pending->call = call;
  pending->started = g_get_real_time();
  g_hash_table_insert(host->open, call, pending);
  return pending;
}

struct call *pending_take(struct pending *pending)
{
  struct call *call = pending->call;
  if (call) {
    g_hash_table_remove(pending->host->open, call);
  }
  g_free(pending->name);
  g_free(pending);
  return call;
}

const char *call_trace(const struct call *call)
{
  const char *trace = wire_header(call_request(call), "traceparent");
  return trace ? trace : "";
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

static void on_output(const char *function, const char *line, void *data)
{
  const struct host_watcher *watcher = &((struct host *)data)->options.watcher;
  if (watcher->on_output) {
    watcher->on_output(function, line, watcher->data);
  }
}

static void on_change(const char *function, int pid, const char *what, void *data)
{
  const struct host_watcher *watcher = &((struct host *)data)->options.watcher;
  if (watcher->on_change) {
    watcher->on_change(function, pid, what, watcher->data);
  }
}

static void tell_span(const struct host_watcher *watcher, const struct invocation_result *result)
{
  g_autofree char *trace = g_strndup(result->traceparent + 3, 32);
  g_autofree char *span_id = g_strndup(result->traceparent + 36, 16);
  bool is_message = strcmp(result->trigger, "queue") == 0 || strcmp(result->trigger, "stream") == 0;
  struct trace_span span = {
      .trace = trace,
      .span = span_id,
      .parent = result->parent,
      .service = result->function,
      .name = result->function,
      .kind = is_message ? SPAN_CONSUMER : SPAN_SERVER,
      .started = result->started,
      .duration = result->duration,
      .is_error = result->outcome != OUTCOME_OK,
      .note = result->error_type,
      .trigger = result->trigger,
      .invocation = result->id,
      .is_cold = result->is_cold,
      .http_status = result->http_status,
  };
  watcher->on_span(&span, watcher->data);
}

static void on_result(const struct invocation_result *result, void *data)
{
  struct host *host = data;
  const struct host_watcher *watcher = &host->options.watcher;
  metrics_observe(host->metrics, result);
  if (watcher->on_span) {
    tell_span(watcher, result);
  }
  if (watcher->on_result) {
    watcher->on_result(result, watcher->data);
  }
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
    for (size_t i = 0; i < host->n_stations; i++) {
      if (pool_reap(host->stations[i].pool, pid, status, (int64_t)usage.ru_maxrss * 1024)) {
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
  for (size_t i = 0; i < host->n_stations; i++) {
    pool_check(host->stations[i].pool);
  }
  if (host->options.on_tick) {
    host->options.on_tick(host->options.watcher.data);
  }
}

static void on_signal(evutil_socket_t fd, short what, void *data)
{
  (void)what;
  struct host *host = data;
  host->signal_number = (int)fd;
  event_base_loopbreak(host->base);
}

static void make_stations(struct host *host)
{
  const struct project *project = host->options.project;
  host->stations = g_new0(struct station, project->n_functions + 1);
  host->routes = g_new0(struct cleave_function, project->n_functions + 1);
  host->route_stations = g_new0(size_t, project->n_functions + 1);
  for (size_t i = 0; i < project->n_functions; i++) {
    const struct project_function *function = &project->functions[i];
    struct station *station = &host->stations[host->n_stations++];
    struct pool_options options = {.base = host->base,
                                   .function = function,
                                   .api_port = listener_port(host->api),
                                   .keep_alive_s = host->options.keep_alive_s,
                                   .region = host->options.region,
                                   .watcher = host->watcher};
    *station = (struct station){.host = host, .function = function, .watch = -1};
    station->pool = pool_new(&options);
    if (function->trigger == CLEAVE_HTTP) {
      host->route_stations[host->n_routes] = i;
      host->routes[host->n_routes++] = (struct cleave_function){
          .name = function->name, .trigger = CLEAVE_HTTP, .key = function->key};
    }
  }
}

static bool has_queue(const struct host *host, const struct project_function *function)
{
  return function->trigger == CLEAVE_QUEUE || feeds_want_queue(host, function);
}

static bool has_queues(const struct host *host)
{
  const struct project *project = host->options.project;
  for (size_t i = 0; i < project->n_functions; i++) {
    if (has_queue(host, &project->functions[i])) {
      return true;
    }
  }
  return false;
}

static bool open_queues(struct host *host, GError **error)
{
  const struct project *project = host->options.project;
  if (!has_queues(host)) {
    return true;
  }
  g_autofree char *path = host->options.queues
                              ? g_strdup(host->options.queues)
                              : g_build_filename(project->folder, "queues.db", NULL);
  host->ledger = ledger_new(host->base, path, error);
  for (size_t i = 0; host->ledger && i < host->n_stations; i++) {
    struct station *station = &host->stations[i];
    if (has_queue(host, station->function)) {
      station->consumer = consumer_new(host->base, host->ledger, station->pool);
    }
  }
  return host->ledger != NULL;
}

static bool open_sockets(struct host *host, GError **error)
{
  struct wire_limits front_limits = {.max_headers = MAX_HEADERS, .max_body = MAX_BODY};
  struct wire_limits api_limits = {.max_headers = MAX_HEADERS, .max_body = MAX_API_BODY};
  const struct host_options *options = &host->options;
  if (options->fallback) {
    host->fallback = upstream_from_url(host->base, options->fallback, front_limits, error);
    if (!host->fallback) {
      return false;
    }
  }
  host->api = listener_new(host->base, "127.0.0.1", options->api_port, api_limits, api_serve,
                           on_gone, host, error);
  if (host->api) {
    host->front = listener_new(host->base, options->listen, options->port, front_limits,
                               front_serve, on_gone, host, error);
  }
  return host->front != NULL;
}

static void watch_signals(struct host *host)
{
  struct timeval time = {.tv_usec = CHECK_MS * 1000};
  host->on_interrupt = evsignal_new(host->base, SIGINT, on_signal, host);
  host->on_terminate = evsignal_new(host->base, SIGTERM, on_signal, host);
  host->on_child = evsignal_new(host->base, SIGCHLD, on_child, host);
  host->tick = event_new(host->base, -1, EV_PERSIST, on_tick, host);
  evsignal_add(host->on_interrupt, NULL);
  evsignal_add(host->on_terminate, NULL);
  evsignal_add(host->on_child, NULL);
  event_add(host->tick, &time);
}

struct host *host_new(const struct host_options *options, GError **error)
{
  struct host *host = g_new0(struct host, 1);
  host->options = *options;
  host->base = event_base_new();
  host->inotify_descriptor = -1;
  host->open = g_hash_table_new(NULL, NULL);
  host->metrics = metrics_new(options->project);
  host->watcher = (struct host_watcher){
      .on_output = on_output, .on_change = on_change, .on_result = on_result, .data = host};
  bool is_good = open_sockets(host, error);
  if (is_good) {
    make_stations(host);
    is_good = open_queues(host, error) && feeds_start(host, error);
  }
  if (!is_good) {
    host_free(host);
    return NULL;
  }
  watch_signals(host);
  timers_start(host);
  buckets_start(host);
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

void host_figures(struct host *host, size_t i, struct host_figures *figures)
{
  const struct station *station = &host->stations[i];
  struct pool_figures now;
  struct metrics_totals totals;
  struct queue_figures messages = {0};
  pool_figures(station->pool, &now);
  metrics_totals(host->metrics, i, &totals);
  bool has_queue = station->consumer && consumer_figures(station->consumer, &messages);
  *figures = (struct host_figures){
      .name = station->function->name,
      .trigger = trigger_name(station->function->trigger),
      .n_instances = now.n_instances,
      .n_busy = now.n_busy,
      .n_waiting = now.n_waiting,
      .memory = now.memory,
      .n = totals.n,
      .n_failed = totals.n_failed,
      .n_cold = totals.n_cold,
      .mean = totals.mean,
      .p99 = totals.p99,
      .n_messages = has_queue ? messages.n_visible + messages.n_out : -1,
      .n_dead = messages.n_dead,
  };
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

static void free_pending(void *call, void *pending, void *data)
{
  (void)call;
  (void)data;
  g_free(((struct pending *)pending)->name);
  g_free(pending);
}

void host_free(struct host *host)
{
  if (!host) {
    return;
  }
  /* First the pools: what runs is given back to its queue. */
  for (size_t i = 0; i < host->n_stations; i++) {
    pool_free(host->stations[i].pool);
  }
  feeds_free(host);
  for (size_t i = 0; i < host->n_stations; i++) {
    consumer_free(host->stations[i].consumer);
    free_event(host->stations[i].timer);
    g_free(host->stations[i].schedule);
    g_free(host->stations[i].folder);
  }
  ledger_free(host->ledger);
  upstream_free(host->fallback);
  g_hash_table_foreach(host->open, free_pending, NULL);
  g_hash_table_remove_all(host->open);
  listener_free(host->front);
  listener_free(host->api);
  free_event(host->on_interrupt);
  free_event(host->on_terminate);
  free_event(host->on_child);
  free_event(host->tick);
  free_event(host->inotify);
  if (host->inotify_descriptor >= 0) {
    close(host->inotify_descriptor);
  }
  event_base_free(host->base);
  g_hash_table_destroy(host->open);
  metrics_free(host->metrics);
  g_free(host->stations);
  g_free(host->routes);
  g_free(host->route_stations);
  g_free(host);
}
