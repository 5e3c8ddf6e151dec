#include "splitter/host/pool.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A reply may have this many bytes: 6 MiB and 100 bytes, as on the platform. */
#define MAX_REPLY ((size_t)6 * 1024 * 1024 + 100)
#define MAX_LINE ((size_t)64 * 1024)

struct invocation {
  char *id;
  char *trace;
  GBytes *event;
  invocation_done done;
  void *data;
};

struct instance {
  struct pool *pool;
  char *token;
  GPid pid;
  struct bufferevent *output;
  struct event *timer; /* overrun while busy, keep-alive while idle */
  struct call *parked; /* a "next" that waits for an event */
  struct invocation *current;
  gint64 spawned; /* monotonic microseconds */
  gint64 handed_over;
  gint64 handed_over_real;
  double init;   /* seconds, of the first event only */
  bool is_ready; /* has asked for an event */
  bool has_served;
  bool is_ending; /* killed by us */
  bool has_failed_init;
  enum outcome ending; /* what its running invocation becomes when it dies */
};

struct pool {
  struct pool_options options;
  GQueue waiting;
  GPtrArray *instances; /* most recently idle last */
  GHashTable *by_token;
  guint64 n_tokens;
  struct event *pump; /* starts instances outside of the caller's stack */
};

const char *outcome_name(enum outcome outcome)
{
  static const char *const names[] = {"ok", "error", "timeout", "crash", "refused"};
  return names[outcome];
}

static void invocation_free(struct invocation *invocation)
{
  g_free(invocation->id);
  g_free(invocation->trace);
  g_bytes_unref(invocation->event);
  g_free(invocation);
}

/* Peak resident bytes of a living process, 0 when unknown. */
static int64_t peak_rss(GPid pid)
{
  g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL)) {
    return 0;
  }
  const char *line = strstr(text, "VmHWM:");
  return line ? g_ascii_strtoll(line + 6, NULL, 10) * 1024 : 0;
}

static void finish(struct instance *instance, enum outcome outcome, const char *error_type,
                   const char *body, size_t n_body, int64_t max_rss)
{
  struct invocation *invocation = instance->current;
  struct pool *pool = instance->pool;
  gint64 now = g_get_monotonic_time();
  struct invocation_result result = {
      .id = invocation->id,
      .function = pool->options.function->name,
      .trigger = trigger_name(pool->options.function->trigger),
      .traceparent = invocation->trace,
      .outcome = outcome,
      .error_type = error_type,
      .body = body,
      .n_body = n_body,
      .started = (double)instance->handed_over_real / 1e6,
      .duration = (double)(now - instance->handed_over) / 1e6,
      .init = instance->has_served ? 0.0 : instance->init,
      .is_cold = !instance->has_served,
      .max_rss = max_rss,
  };
  instance->current = NULL;
  instance->has_served = true;
  evtimer_del(instance->timer);
  if (invocation->done) {
    invocation->done(&result, invocation->data);
  }
  if (pool->options.watcher.on_result) {
    pool->options.watcher.on_result(&result, pool->options.watcher.data);
  }
  invocation_free(invocation);
}

static char *error_json(const char *type, const char *message)
{
  json_t *object = json_pack("{s:s,s:s}", "errorMessage", message, "errorType", type);
  char *text = json_dumps(object, JSON_COMPACT);
  json_decref(object);
  char *copy = g_strdup(text);
  free(text);
  return copy;
}

static void fail(struct instance *instance, enum outcome outcome, const char *type,
                 const char *message, int64_t max_rss)
{
  g_autofree char *body = error_json(type, message);
  finish(instance, outcome, type, body, strlen(body), max_rss);
}

static void say(struct instance *instance, const char *what)
{
  const struct host_watcher *watcher = &instance->pool->options.watcher;
  if (watcher->on_change) {
    watcher->on_change(instance->pool->options.function->name, (int)instance->pid, what,
                       watcher->data);
  }
}

static void arm(struct instance *instance, unsigned seconds)
{
  struct timeval limit = {.tv_sec = (time_t)seconds};
  evtimer_add(instance->timer, &limit);
}

static void end_instance(struct instance *instance, int signal_number, enum outcome ending)
{
  instance->is_ending = true;
  instance->ending = ending;
  kill(instance->pid, signal_number);
}

static void on_timer(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct instance *instance = data;
  if (instance->current) {
    say(instance, "timeout");
    end_instance(instance, SIGKILL, OUTCOME_TIMEOUT);
  } else if (!instance->is_ready) {
    say(instance, "init timeout");
    end_instance(instance, SIGKILL, OUTCOME_CRASH);
  } else {
    say(instance, "idle");
    end_instance(instance, SIGTERM, OUTCOME_OK);
  }
}

static void hand_over(struct instance *instance, struct call *call)
{
  const struct invocation *invocation = instance->current;
  const struct project_function *function = instance->pool->options.function;
  gint64 deadline = instance->handed_over_real / 1000 + (gint64)function->timeout_s * 1000;
  g_autofree char *deadline_text = g_strdup_printf("%" G_GINT64_FORMAT, deadline);
  g_autofree char *arn = g_strdup_printf("arn:aws:lambda:%s:000000000000:function:%s",
                                         instance->pool->options.region, function->name);
  const struct cleave_field headers[] = {
      {"Content-Type", "application/json"},
      {"Lambda-Runtime-Aws-Request-Id", invocation->id},
      {"Lambda-Runtime-Deadline-Ms", deadline_text},
      {"Lambda-Runtime-Invoked-Function-Arn", arn},
      {"Traceparent", invocation->trace},
  };
  size_t n = G_N_ELEMENTS(headers) - (invocation->trace[0] == '\0' ? 1 : 0);
  gsize length = 0;
  const void *event = g_bytes_get_data(invocation->event, &length);
  call_reply(call, 200, headers, n, event, length);
}

static void take(struct instance *instance, struct invocation *invocation, struct call *call)
{
  instance->current = invocation;
  instance->handed_over = g_get_monotonic_time();
  instance->handed_over_real = g_get_real_time();
  arm(instance, instance->pool->options.function->timeout_s);
  hand_over(instance, call);
}

static void on_output(struct bufferevent *output, void *data)
{
  struct instance *instance = data;
  struct evbuffer *input = bufferevent_get_input(output);
  const struct host_watcher *watcher = &instance->pool->options.watcher;
  for (;;) {
    size_t n = 0;
    char *line = evbuffer_readln(input, &n, EVBUFFER_EOL_LF);
    if (!line && evbuffer_get_length(input) > MAX_LINE) {
      line = calloc(1, MAX_LINE + 1);
      if (line) {
        evbuffer_remove(input, line, MAX_LINE);
      }
    }
    if (!line) {
      return;
    }
    if (watcher->on_output) {
      watcher->on_output(instance->pool->options.function->name, line, watcher->data);
    }
    free(line);
  }
}

static void on_output_event(struct bufferevent *output, short what, void *data)
{
  (void)data;
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
    bufferevent_disable(output, EV_READ);
  }
}

static void instance_free(void *pointer)
{
  struct instance *instance = pointer;
  if (instance->output) {
    bufferevent_free(instance->output);
  }
  event_free(instance->timer);
  g_free(instance->token);
  g_free(instance);
}

static char **environment(const struct instance *instance)
{
  const struct pool_options *options = &instance->pool->options;
  const struct project_function *function = options->function;
  g_autofree char *endpoint =
      g_strdup_printf("127.0.0.1:%u/i/%s", options->api_port, instance->token);
  g_autofree char *memory = g_strdup_printf("%u", function->memory_mb);
  char **list = g_get_environ();
  list = g_environ_setenv(list, "AWS_LAMBDA_RUNTIME_API", endpoint, TRUE);
  list = g_environ_setenv(list, "AWS_LAMBDA_FUNCTION_NAME", function->name, TRUE);
  list = g_environ_setenv(list, "AWS_LAMBDA_FUNCTION_VERSION", "$LATEST", TRUE);
  list = g_environ_setenv(list, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory, TRUE);
  list = g_environ_setenv(list, "AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand", TRUE);
  list = g_environ_setenv(list, "AWS_REGION", options->region, TRUE);
  list = g_environ_setenv(list, "_HANDLER", function->name, TRUE);
  list = g_environ_setenv(list, "CLEAVE_FUNCTION", function->name, TRUE);
  list = g_environ_unsetenv(list, "PORT");
  list = g_environ_unsetenv(list, "FUNCTIONS_CUSTOMHANDLER_PORT");
  return list;
}

/* In the child: dies with the host, keeps its own process group so that Ctrl-C reaches the host
 * alone. */
static void child_set_up(gpointer data)
{
  (void)data;
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static struct instance *spawn(struct pool *pool, GError **error)
{
  struct instance *instance = g_new0(struct instance, 1);
  const struct project_function *function = pool->options.function;
  instance->pool = pool;
  instance->token = g_strdup_printf("%s-%" G_GUINT64_FORMAT, function->name, ++pool->n_tokens);
  instance->timer = evtimer_new(pool->options.base, on_timer, instance);
  instance->ending = OUTCOME_CRASH;
  g_auto(GStrv) list = environment(instance);
  g_autofree char *folder = g_path_get_dirname(function->binary);
  char *arguments[] = {function->binary, NULL};
  int output = -1;
  int pair[2] = {-1, -1};
  if (pipe2(pair, O_CLOEXEC) == 0) {
    output = pair[0];
  }
  bool is_good = g_spawn_async_with_pipes_and_fds(
      folder, (const char *const *)arguments, (const char *const *)list,
      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDIN_FROM_DEV_NULL, child_set_up, NULL, -1, pair[1],
      pair[1], NULL, NULL, 0, &instance->pid, NULL, NULL, NULL, error);
  if (pair[1] >= 0) {
    close(pair[1]);
  }
  if (!is_good) {
    if (output >= 0) {
      close(output);
    }
    instance_free(instance);
    return NULL;
  }
  evutil_make_socket_nonblocking(output);
  instance->output = bufferevent_socket_new(pool->options.base, output, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(instance->output, on_output, NULL, on_output_event, instance);
  bufferevent_enable(instance->output, EV_READ);
  bufferevent_disable(instance->output, EV_WRITE);
  instance->spawned = g_get_monotonic_time();
  g_hash_table_insert(pool->by_token, instance->token, instance);
  g_ptr_array_add(pool->instances, instance);
  arm(instance, 10); /* the platform's limit for start-up */
  say(instance, "started");
  return instance;
}

static void fail_waiting(struct pool *pool, const char *type, const char *message)
{
  struct invocation *invocation = g_queue_pop_head(&pool->waiting);
  if (!invocation) {
    return;
  }
  g_autofree char *body = error_json(type, message);
  struct invocation_result result = {
      .id = invocation->id,
      .function = pool->options.function->name,
      .trigger = trigger_name(pool->options.function->trigger),
      .traceparent = invocation->trace,
      .outcome = OUTCOME_CRASH,
      .error_type = type,
      .body = body,
      .n_body = strlen(body),
      .started = (double)g_get_real_time() / 1e6,
      .is_cold = true,
  };
  if (invocation->done) {
    invocation->done(&result, invocation->data);
  }
  if (pool->options.watcher.on_result) {
    pool->options.watcher.on_result(&result, pool->options.watcher.data);
  }
  invocation_free(invocation);
}

static struct instance *idle_instance(const struct pool *pool)
{
  for (guint i = pool->instances->len; i > 0; i--) {
    struct instance *instance = g_ptr_array_index(pool->instances, i - 1);
    if (instance->parked && !instance->is_ending) {
      return instance;
    }
  }
  return NULL;
}

static unsigned n_starting(const struct pool *pool)
{
  unsigned n = 0;
  for (guint i = 0; i < pool->instances->len; i++) {
    const struct instance *instance = g_ptr_array_index(pool->instances, i);
    n += !instance->is_ready && !instance->is_ending;
  }
  return n;
}

static void on_pump(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct pool *pool = data;
  struct instance *idle;
  while (!g_queue_is_empty(&pool->waiting) && (idle = idle_instance(pool))) {
    struct call *call = idle->parked;
    idle->parked = NULL;
    take(idle, g_queue_pop_head(&pool->waiting), call);
  }
  while (n_starting(pool) < g_queue_get_length(&pool->waiting) &&
         pool->instances->len < pool->options.function->max_instances) {
    g_autoptr(GError) error = NULL;
    if (!spawn(pool, &error)) {
      fail_waiting(pool, "Runtime.InvalidEntrypoint", error->message);
    }
  }
}

static void pump(struct pool *pool)
{
  event_active(pool->pump, EV_TIMEOUT, 0);
}

struct pool *pool_new(const struct pool_options *options)
{
  struct pool *pool = g_new0(struct pool, 1);
  pool->options = *options;
  g_queue_init(&pool->waiting);
  pool->instances = g_ptr_array_new_with_free_func(instance_free);
  pool->by_token = g_hash_table_new(g_str_hash, g_str_equal);
  pool->pump = evtimer_new(options->base, on_pump, pool);
  return pool;
}

void pool_free(struct pool *pool)
{
  if (!pool) {
    return;
  }
  for (guint i = 0; i < pool->instances->len; i++) {
    struct instance *instance = g_ptr_array_index(pool->instances, i);
    kill(instance->pid, SIGKILL);
    waitpid(instance->pid, NULL, 0);
    if (instance->current) {
      fail(instance, OUTCOME_REFUSED, "Host.Stopped", "the host has stopped", 0);
    }
  }
  while (!g_queue_is_empty(&pool->waiting)) {
    fail_waiting(pool, "Host.Stopped", "the host has stopped");
  }
  g_hash_table_destroy(pool->by_token);
  g_ptr_array_unref(pool->instances);
  event_free(pool->pump);
  g_free(pool);
}

const struct project_function *pool_function(const struct pool *pool)
{
  return pool->options.function;
}

unsigned pool_n_instances(const struct pool *pool)
{
  return pool->instances->len;
}

unsigned pool_n_waiting(const struct pool *pool)
{
  return g_queue_get_length(&((struct pool *)pool)->waiting);
}

void pool_invoke(struct pool *pool, GBytes *event, const char *traceparent, invocation_done done,
                 void *data)
{
  struct invocation *invocation = g_new0(struct invocation, 1);
  invocation->id = g_uuid_string_random();
  invocation->trace = g_strdup(traceparent);
  invocation->event = event;
  invocation->done = done;
  invocation->data = data;
  g_queue_push_tail(&pool->waiting, invocation);
  pump(pool);
}

struct instance *pool_instance(struct pool *pool, const char *token)
{
  return g_hash_table_lookup(pool->by_token, token);
}

static void refuse(struct call *call, int status, const char *type, const char *message)
{
  g_autofree char *body = error_json(type, message);
  call_reply_json(call, status, body);
}

void instance_next(struct instance *instance, struct call *call)
{
  if (instance->current) { /* the invocation is still open: the same event again */
    hand_over(instance, call);
    return;
  }
  if (!instance->is_ready) {
    instance->is_ready = true;
    instance->init = (double)(g_get_monotonic_time() - instance->spawned) / 1e6;
  }
  struct pool *pool = instance->pool;
  struct invocation *invocation = g_queue_pop_head(&pool->waiting);
  if (invocation) {
    take(instance, invocation, call);
    return;
  }
  instance->parked = call;
  call_set_tag(call, instance);
  arm(instance, pool->options.keep_alive_s);
  /* Newest idle first: moves to the end. */
  guint index = 0;
  g_ptr_array_find(pool->instances, instance, &index);
  pool->instances->pdata[index] = pool->instances->pdata[pool->instances->len - 1];
  pool->instances->pdata[pool->instances->len - 1] = instance;
}

void instance_forget(struct instance *instance, const struct call *call)
{
  if (instance->parked == call) {
    instance->parked = NULL;
  }
}

/* True when CALL is about the open invocation; otherwise it is answered. */
static bool is_current(const struct instance *instance, struct call *call, const char *id)
{
  if (!instance->current) {
    refuse(call, 403, "InvalidStateTransition", "State transition is not allowed");
    return false;
  }
  if (strcmp(instance->current->id, id) != 0) {
    refuse(call, 400, "InvalidRequestID", "Invalid request ID");
    return false;
  }
  return true;
}

void instance_response(struct instance *instance, struct call *call, const char *id)
{
  if (!is_current(instance, call, id)) {
    return;
  }
  const struct buffer *body = &call_request(call)->body;
  const char *mode = wire_header(call_request(call), "Lambda-Runtime-Function-Response-Mode");
  int64_t rss = peak_rss(instance->pid);
  if (mode && strcmp(mode, "streaming") != 0) {
    refuse(call, 400, "InvalidFunctionResponseMode", "the response mode is not streaming");
    fail(instance, OUTCOME_ERROR, "Runtime.InvalidResponseModeHeader", "invalid response mode",
         rss);
    return;
  }
  if (body->length > MAX_REPLY) {
    refuse(call, 413, "RequestEntityTooLarge", "the response is too large");
    fail(instance, OUTCOME_ERROR, "Function.ResponseSizeTooLarge", "the response is too large",
         rss);
    return;
  }
  g_autofree char *copy = g_memdup2(buffer_text(body), body->length + 1);
  size_t length = body->length;
  call_reply_json(call, 202, "{\"status\":\"OK\"}\n");
  finish(instance, OUTCOME_OK, "", copy, length, rss);
}

void instance_error(struct instance *instance, struct call *call, const char *id)
{
  if (!is_current(instance, call, id)) {
    return;
  }
  const struct wire *request = call_request(call);
  const char *type = wire_header(request, "Lambda-Runtime-Function-Error-Type");
  g_autofree char *type_copy = g_strdup(type ? type : "Function.Unknown");
  g_autofree char *copy = g_memdup2(buffer_text(&request->body), request->body.length + 1);
  size_t length = request->body.length;
  int64_t rss = peak_rss(instance->pid);
  call_reply_json(call, 202, "{\"status\":\"OK\"}\n");
  finish(instance, OUTCOME_ERROR, type_copy, copy, length, rss);
}

void instance_init_error(struct instance *instance, struct call *call)
{
  if (instance->is_ready) {
    refuse(call, 403, "InvalidStateTransition", "State transition is not allowed");
    return;
  }
  g_autofree char *body =
      g_strndup(buffer_text(&call_request(call)->body), call_request(call)->body.length);
  instance->has_failed_init = true;
  call_reply_json(call, 202, "{\"status\":\"OK\"}\n");
  say(instance, "init error");
  fail_waiting(instance->pool, "Runtime.InitError", body);
}

bool pool_reap(struct pool *pool, int pid, int status, int64_t max_rss)
{
  struct instance *instance = NULL;
  for (guint i = 0; i < pool->instances->len && !instance; i++) {
    struct instance *candidate = g_ptr_array_index(pool->instances, i);
    instance = candidate->pid == pid ? candidate : NULL;
  }
  if (!instance) {
    return false;
  }
  if (instance->parked) { /* its connection closes later than the process ended */
    call_set_tag(instance->parked, NULL);
  }
  on_output(instance->output, instance);
  say(instance, instance->is_ending ? "ended" : "died");
  if (instance->current) {
    g_autofree char *why =
        instance->ending == OUTCOME_TIMEOUT ? g_strdup_printf("Task timed out after %u.00 seconds",
                                                              pool->options.function->timeout_s)
        : WIFSIGNALED(status)
            ? g_strdup_printf("Runtime exited with error: signal: %s", strsignal(WTERMSIG(status)))
            : g_strdup_printf("Runtime exited with error: exit status %d", WEXITSTATUS(status));
    fail(instance, instance->ending,
         instance->ending == OUTCOME_TIMEOUT ? "Sandbox.Timedout" : "Runtime.ExitError", why,
         max_rss);
  } else if (!instance->is_ready && !instance->has_failed_init) {
    fail_waiting(pool, "Runtime.ExitError", "the function ended before it asked for an event");
  }
  g_hash_table_remove(pool->by_token, instance->token);
  g_ptr_array_remove(pool->instances, instance);
  pump(pool);
  return true;
}
