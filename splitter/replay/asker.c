#include "splitter/replay/asker.h"

#include <event2/event.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "splitter/host/listener.h"
#include "splitter/host/pool.h"

#define MAX_HEADERS ((size_t)64 * 1024)
#define MAX_BODY ((size_t)32 * 1024 * 1024)
#define KEEP_ALIVE_S 3600
#define CHECK_MS 100

struct asker {
  const struct project_function *function;
  struct event_base *base;
  struct listener *api;
  struct pool *pool;
  struct event *on_child;
  struct event *tick;
  struct asked *asked; /* of the question under way */
  bool is_done;
};

static void serve(struct call *call, void *data)
{
  struct asker *asker = data;
  const char *path = buffer_text(&call_request(call)->target);
  size_t n = g_str_has_prefix(path, "/i/") ? strcspn(path + 3, "/") : 0;
  g_autofree char *token = n > 0 ? g_strndup(path + 3, n) : g_strdup("");
  struct instance *instance = pool_instance(asker->pool, token);
  if (!instance || !instance_serve(instance, call, path + 3 + n)) {
    call_reply_json(call, 404, "{\"errorType\":\"NotFound\",\"errorMessage\":\"no such address\"}");
  }
}

static void on_gone(struct call *call, void *data)
{
  (void)data;
  struct instance *instance = call_tag(call);
  if (instance) {
    instance_forget(instance, call);
  }
}

static void on_child(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct asker *asker = data;
  int status = 0;
  struct rusage usage;
  pid_t pid;
  while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
    pool_reap(asker->pool, pid, status, (int64_t)usage.ru_maxrss * 1024);
  }
}

static void on_tick(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  pool_check(((struct asker *)data)->pool);
}

static void start_pool(struct asker *asker)
{
  struct pool_options options = {.base = asker->base,
                                 .function = asker->function,
                                 .api_port = listener_port(asker->api),
                                 .keep_alive_s = KEEP_ALIVE_S,
                                 .region = "local"};
  asker->pool = pool_new(&options);
}

struct asker *asker_new(const struct project_function *function, GError **error)
{
  struct asker *asker = g_new0(struct asker, 1);
  struct timeval time = {.tv_usec = CHECK_MS * 1000};
  struct wire_limits limits = {.max_headers = MAX_HEADERS, .max_body = MAX_BODY};
  asker->function = function;
  asker->base = event_base_new();
  asker->api = listener_new(asker->base, "127.0.0.1", 0, limits, serve, on_gone, asker, error);
  if (!asker->api) {
    event_base_free(asker->base);
    g_free(asker);
    return NULL;
  }
  start_pool(asker);
  asker->on_child = evsignal_new(asker->base, SIGCHLD, on_child, asker);
  asker->tick = event_new(asker->base, -1, EV_PERSIST, on_tick, asker);
  evsignal_add(asker->on_child, NULL);
  event_add(asker->tick, &time);
  return asker;
}

void asker_free(struct asker *asker)
{
  if (!asker) {
    return;
  }
  pool_free(asker->pool);
  event_free(asker->on_child);
  event_free(asker->tick);
  listener_free(asker->api);
  event_base_free(asker->base);
  g_free(asker);
}

void asked_clear(struct asked *asked)
{
  g_clear_pointer(&asked->error_type, g_free);
  g_clear_pointer(&asked->body, g_free);
}

static void on_done(const struct invocation_result *told, void *data)
{
  struct asker *asker = data;
  struct invocation_result inner = *told;
  const struct invocation_result *result = &inner;
  g_autofree char *body = payload_read_direct(asker->function, &inner);
  (void)body;
  struct asked *asked = asker->asked;
  asked->outcome = result->outcome;
  asked->error_type = g_strdup(result->error_type);
  asked->body = g_strndup(result->body ? result->body : "", result->n_body);
  asked->n_body = result->n_body;
  asked->http_status = result->http_status;
  asker->is_done = true;
}

void asker_ask(struct asker *asker, const char *text, struct asked *asked)
{
  struct trace_context context;
  memset(asked, 0, sizeof *asked);
  trace_context_begin(&context, "");
  asker->asked = asked;
  asker->is_done = false;
  pool_invoke(asker->pool, payload_direct(asker->function, text, strlen(text), context.traceparent),
              &context, on_done, asker);
  while (!asker->is_done) {
    event_base_loop(asker->base, EVLOOP_ONCE);
  }
}

void asker_renew(struct asker *asker)
{
  pool_free(asker->pool);
  start_pool(asker);
}
