#include "splitter/host/pool.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "splitter/host/pool_internal.h"

/* In PORT mode answers may be larger. */
#define MAX_ANSWER ((size_t)32 * 1024 * 1024)
#define MAX_HEADERS ((size_t)64 * 1024)
#define INIT_SECONDS 10  /* the platform's limit for start-up */
#define MEASURE_US 50000 /* memory is read at most this often */
#define PROBE_MS 2       /* how often a starting instance is asked whether it listens */

const char *outcome_name(enum outcome outcome)
{
  static const char *const names[] = {"ok", "error", "timeout", "crash", "memory", "refused"};
  return names[outcome];
}

static void invocation_free(struct invocation *invocation)
{
  g_free(invocation->id);
  payload_free(invocation->payload);
  g_free(invocation);
}

static void finish_with(struct instance *instance, enum outcome outcome, const char *error_type,
                        const char *body, size_t n_body, int64_t max_rss,
                        const struct upstream_answer *answer)
{
  struct invocation *invocation = instance->current;
  struct pool *pool = instance->pool;
  gint64 now = g_get_monotonic_time();
  struct invocation_result result = {
      .id = invocation->id,
      .function = pool->options.function->name,
      .trigger = trigger_name(pool->options.function->trigger),
      .traceparent = invocation->context.traceparent,
      .parent = invocation->context.parent,
      .outcome = outcome,
      .error_type = error_type,
      .body = body,
      .n_body = n_body,
      .http_status = answer ? answer->status : 0,
      .http_fields = answer ? answer->fields : NULL,
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

void instance_finish(struct instance *instance, enum outcome outcome, const char *error_type,
                     const char *body, size_t n_body, int64_t max_rss)
{
  finish_with(instance, outcome, error_type, body, n_body, max_rss, NULL);
}

/* The highest memory so far; reading it costs as much as a small invocation. */
int64_t instance_peak_memory(struct instance *instance)
{
  gint64 now = g_get_monotonic_time();
  if (now - instance->measured > MEASURE_US) {
    instance->peak = process_peak_memory(instance->process.pid);
    instance->measured = now;
  }
  return instance->peak;
}

char *pool_error_json(const char *type, const char *message)
{
  json_t *object = json_pack("{s:s,s:s}", "errorMessage", message, "errorType", type);
  char *text = json_dumps(object, JSON_COMPACT);
  json_decref(object);
  char *copy = g_strdup(text);
  free(text);
  return copy;
}

void instance_fail(struct instance *instance, enum outcome outcome, const char *type,
                   const char *message, int64_t max_rss)
{
  g_autofree char *body = pool_error_json(type, message);
  instance_finish(instance, outcome, type, body, strlen(body), max_rss);
}

void instance_say(struct instance *instance, const char *what)
{
  const struct host_watcher *watcher = &instance->pool->options.watcher;
  if (watcher->on_change) {
    watcher->on_change(instance->pool->options.function->name, (int)instance->process.pid, what,
                       watcher->data);
  }
}

void instance_arm(struct instance *instance, unsigned seconds)
{
  struct timeval limit = {.tv_sec = (time_t)seconds};
  evtimer_add(instance->timer, &limit);
}

void instance_end(struct instance *instance, int signal_number, enum outcome ending)
{
  instance->is_ending = true;
  instance->ending = ending;
  kill(instance->process.pid, signal_number);
}

static void on_timer(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct instance *instance = data;
  if (instance->current) {
    instance_say(instance, "timeout");
    instance_end(instance, SIGKILL, OUTCOME_TIMEOUT);
  } else if (!instance->is_ready) {
    instance_say(instance, "init timeout");
    instance_end(instance, SIGKILL, OUTCOME_CRASH);
  } else {
    instance_say(instance, "idle");
    instance_end(instance, SIGTERM, OUTCOME_OK);
  }
}

void instance_hand_over(struct instance *instance, struct call *call)
{
  const struct invocation *invocation = instance->current;
  const struct project_function *function = instance->pool->options.function;
  gint64 deadline = instance->handed_over_real / 1000 + (gint64)function->timeout_s * 1000;
  g_autofree char *deadline_text = g_strdup_printf("%" G_GINT64_FORMAT, deadline);
  g_autofree char *arn = g_strdup_printf("arn:aws:lambda:%s:000000000000:function:%s",
                                         instance->pool->options.region, function->name);
  /* X-Ray's way to write the same ids. */
  g_autofree char *trace =
      g_strdup_printf("Root=1-%.8s-%s;Parent=%s;Sampled=1", invocation->context.trace,
                      invocation->context.trace + 8, invocation->context.span);
  const struct cleave_field headers[] = {
      {"Content-Type", "application/json"},
      {"Lambda-Runtime-Aws-Request-Id", invocation->id},
      {"Lambda-Runtime-Deadline-Ms", deadline_text},
      {"Lambda-Runtime-Invoked-Function-Arn", arn},
      {"Lambda-Runtime-Trace-Id", trace},
  };
  gsize length = 0;
  const void *event = g_bytes_get_data(invocation->payload->body, &length);
  call_reply(call, 200, headers, G_N_ELEMENTS(headers), event, length);
}

static void begin(struct instance *instance, struct invocation *invocation)
{
  instance->current = invocation;
  instance->handed_over = g_get_monotonic_time();
  instance->handed_over_real = g_get_real_time();
  instance_arm(instance, instance->pool->options.function->timeout_s);
}

void instance_take(struct instance *instance, struct invocation *invocation, struct call *call)
{
  begin(instance, invocation);
  instance_hand_over(instance, call);
}

static void go_on(struct instance *instance);

/* PORT mode: the answer to the request that the instance works on. */
static void on_answer(const struct upstream_answer *answer, void *data)
{
  struct instance *instance = data;
  instance->delivery = NULL;
  if (!instance->current || instance->is_ending) {
    return; /* its end tells how the invocation ended */
  }
  int64_t rss = instance_peak_memory(instance);
  bool is_http = instance->pool->options.function->trigger == CLEAVE_HTTP;
  if (answer->status == 0) {
    instance->ending = OUTCOME_CRASH;
    instance->is_ending = true;
    kill(instance->process.pid, SIGKILL); /* it answers no more: what it does then is unknown */
    return;
  }
  bool is_good = answer->status < 400 || (is_http && answer->status < 500);
  finish_with(instance, is_good ? OUTCOME_OK : OUTCOME_ERROR, is_good ? "" : "Function.Failed",
              answer->body, answer->n_body, rss, answer);
  go_on(instance);
}

/* PORT mode: sends the invocation to the instance. */
static void ask(struct instance *instance, struct invocation *invocation)
{
  const struct payload *payload = invocation->payload;
  gsize n = 0;
  const void *body = g_bytes_get_data(payload->body, &n);
  const char *host = NULL;
  for (guint i = 0; i < payload->headers->len; i++) {
    const struct cleave_field *field = &g_array_index(payload->headers, struct cleave_field, i);
    host = g_ascii_strcasecmp(field->name, "host") == 0 ? field->value : host;
  }
  struct upstream_request request = {
      .method = payload->method,
      .target = payload->target,
      .headers = (const struct cleave_field *)(const void *)payload->headers->data,
      .n_headers = payload->headers->len,
      .body = body,
      .n_body = n,
      .host = host,
  };
  begin(instance, invocation);
  instance->is_idle = false;
  instance->delivery = upstream_send(instance->upstream, &request, on_answer, instance);
}

/* PORT mode: the next request, or none. */
static void go_on(struct instance *instance)
{
  struct pool *pool = instance->pool;
  instance->is_idle = true;
  if (instance->is_retired) {
    instance_end(instance, SIGTERM, OUTCOME_OK);
    return;
  }
  struct invocation *invocation = g_queue_pop_head(&pool->waiting);
  if (invocation) {
    ask(instance, invocation);
    return;
  }
  instance_arm(instance, pool->options.keep_alive_s);
  /* Newest idle first: moves to the end. */
  guint index = 0;
  g_ptr_array_find(pool->instances, instance, &index);
  pool->instances->pdata[index] = pool->instances->pdata[pool->instances->len - 1];
  pool->instances->pdata[pool->instances->len - 1] = instance;
}

static void wait_for_port(struct instance *instance)
{
  struct timeval time = {.tv_usec = PROBE_MS * 1000};
  evtimer_add(instance->probe, &time);
}

static void on_probe(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct instance *instance = data;
  if (instance->is_ending) {
    return;
  }
  if (!process_accepts(instance->port)) {
    wait_for_port(instance);
    return;
  }
  instance->is_ready = true;
  instance->init = (double)(g_get_monotonic_time() - instance->spawned) / 1e6;
  go_on(instance);
}

static void on_line(const char *line, void *data)
{
  struct instance *instance = data;
  const struct host_watcher *watcher = &instance->pool->options.watcher;
  if (watcher->on_output) {
    watcher->on_output(instance->pool->options.function->name, line, watcher->data);
  }
}

static void instance_free(void *pointer)
{
  struct instance *instance = pointer;
  if (instance->delivery) {
    upstream_cancel(instance->delivery);
  }
  upstream_free(instance->upstream);
  if (instance->probe) {
    event_free(instance->probe);
  }
  process_clear(&instance->process);
  event_free(instance->timer);
  g_free(instance->token);
  g_free(instance);
}

static char **aws_environment(const struct instance *instance, char **list)
{
  const struct pool_options *options = &instance->pool->options;
  const struct project_function *function = options->function;
  g_autofree char *endpoint =
      g_strdup_printf("127.0.0.1:%u/i/%s", options->api_port, instance->token);
  g_autofree char *memory = g_strdup_printf("%u", function->memory_mb);
  list = g_environ_setenv(list, "AWS_LAMBDA_RUNTIME_API", endpoint, TRUE);
  list = g_environ_setenv(list, "AWS_LAMBDA_FUNCTION_NAME", function->name, TRUE);
  list = g_environ_setenv(list, "AWS_LAMBDA_FUNCTION_VERSION", "$LATEST", TRUE);
  list = g_environ_setenv(list, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory, TRUE);
  list = g_environ_setenv(list, "AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand", TRUE);
  list = g_environ_setenv(list, "AWS_REGION", options->region, TRUE);
  return g_environ_setenv(list, "_HANDLER", function->name, TRUE);
}

static char **environment(const struct instance *instance)
{
  const struct project_function *function = instance->pool->options.function;
  g_autofree char *api = g_strdup_printf("http://127.0.0.1:%u", instance->pool->options.api_port);
  g_autofree char *port = g_strdup_printf("%u", instance->port);
  char **list = g_get_environ();
  list = g_environ_setenv(list, "CLEAVE_FUNCTION", function->name, TRUE);
  list = g_environ_setenv(list, "CLEAVE_HOST", api, TRUE);
  list = g_environ_unsetenv(list, "PORT");
  list = g_environ_unsetenv(list, "FUNCTIONS_CUSTOMHANDLER_PORT");
  list = g_environ_unsetenv(list, "AWS_LAMBDA_RUNTIME_API");
  switch (function->platform) {
  case PROJECT_AWS:
    return aws_environment(instance, list);
  case PROJECT_GCP:
    list = g_environ_setenv(list, "K_SERVICE", function->name, TRUE);
    list = g_environ_setenv(list, "K_REVISION", "local-1", TRUE);
    list = g_environ_setenv(list, "FUNCTION_TARGET", function->name, TRUE);
    return g_environ_setenv(list, "PORT", port, TRUE);
  case PROJECT_AZURE:
    break;
  }
  return g_environ_setenv(list, "FUNCTIONS_CUSTOMHANDLER_PORT", port, TRUE);
}

/* PORT mode: where the instance will listen. */
static bool choose_port(struct instance *instance, GError **error)
{
  struct pool *pool = instance->pool;
  struct wire_limits limits = {MAX_HEADERS, MAX_ANSWER};
  if (pool->options.function->platform == PROJECT_AWS) {
    return true;
  }
  instance->port = process_free_port();
  instance->upstream = upstream_new(pool->options.base, "127.0.0.1", instance->port, limits, error);
  instance->probe = evtimer_new(pool->options.base, on_probe, instance);
  return instance->upstream != NULL;
}

static struct instance *spawn(struct pool *pool, GError **error)
{
  struct instance *instance = g_new0(struct instance, 1);
  const struct project_function *function = pool->options.function;
  instance->pool = pool;
  instance->token = g_strdup_printf("%s-%" G_GUINT64_FORMAT, function->name, ++pool->n_tokens);
  instance->timer = evtimer_new(pool->options.base, on_timer, instance);
  instance->ending = OUTCOME_CRASH;
  bool is_good = choose_port(instance, error);
  if (is_good) {
    g_auto(GStrv) list = environment(instance);
    is_good = process_start(&instance->process, pool->options.base, function->binary, list, on_line,
                            instance, error);
  }
  if (!is_good) {
    instance_free(instance);
    return NULL;
  }
  instance->spawned = g_get_monotonic_time();
  g_hash_table_insert(pool->by_token, instance->token, instance);
  g_ptr_array_add(pool->instances, instance);
  instance_arm(instance, INIT_SECONDS);
  if (instance->probe) {
    wait_for_port(instance);
  }
  instance_say(instance, "started");
  return instance;
}

void pool_fail_waiting(struct pool *pool, const char *type, const char *message)
{
  struct invocation *invocation = g_queue_pop_head(&pool->waiting);
  if (!invocation) {
    return;
  }
  g_autofree char *body = pool_error_json(type, message);
  struct invocation_result result = {
      .id = invocation->id,
      .function = pool->options.function->name,
      .trigger = trigger_name(pool->options.function->trigger),
      .traceparent = invocation->context.traceparent,
      .parent = invocation->context.parent,
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
    if ((instance->parked || instance->is_idle) && !instance->is_ending) {
      return instance;
    }
  }
  return NULL;
}

/* Instances that will ask for an event soon: starting ones, and those that have just answered. */
static unsigned n_coming(const struct pool *pool)
{
  unsigned n = 0;
  for (guint i = 0; i < pool->instances->len; i++) {
    const struct instance *instance = g_ptr_array_index(pool->instances, i);
    bool is_between = instance->is_ready && !instance->current && !instance->parked &&
                      !instance->is_idle && !instance->is_retired;
    n += (!instance->is_ready || is_between) && !instance->is_ending;
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
    if (call) {
      idle->parked = NULL;
      instance_take(idle, g_queue_pop_head(&pool->waiting), call);
    } else {
      ask(idle, g_queue_pop_head(&pool->waiting));
    }
  }
  while (n_coming(pool) < g_queue_get_length(&pool->waiting) &&
         pool->instances->len < pool->options.function->max_instances) {
    g_autoptr(GError) error = NULL;
    if (!spawn(pool, &error)) {
      pool_fail_waiting(pool, "Runtime.InvalidEntrypoint", error->message);
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
  stat(options->function->binary, &pool->binary);
  return pool;
}

void pool_free(struct pool *pool)
{
  if (!pool) {
    return;
  }
  for (guint i = 0; i < pool->instances->len; i++) {
    struct instance *instance = g_ptr_array_index(pool->instances, i);
    kill(instance->process.pid, SIGKILL);
    waitpid(instance->process.pid, NULL, 0);
    if (instance->parked) { /* its connection closes later */
      call_set_tag(instance->parked, NULL);
    }
    if (instance->current) {
      instance_fail(instance, OUTCOME_REFUSED, "Host.Stopped", "the host has stopped", 0);
    }
  }
  while (!g_queue_is_empty(&pool->waiting)) {
    pool_fail_waiting(pool, "Host.Stopped", "the host has stopped");
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

void pool_invoke(struct pool *pool, struct payload *payload, const struct trace_context *context,
                 invocation_done done, void *data)
{
  struct invocation *invocation = g_new0(struct invocation, 1);
  invocation->id = g_uuid_string_random();
  invocation->context = *context;
  invocation->payload = payload;
  invocation->done = done;
  invocation->data = data;
  g_queue_push_tail(&pool->waiting, invocation);
  pump(pool);
}

struct instance *pool_instance(struct pool *pool, const char *token)
{
  return g_hash_table_lookup(pool->by_token, token);
}

bool pool_reap(struct pool *pool, int pid, int status, int64_t max_rss)
{
  struct instance *instance = NULL;
  for (guint i = 0; i < pool->instances->len && !instance; i++) {
    struct instance *candidate = g_ptr_array_index(pool->instances, i);
    instance = candidate->process.pid == pid ? candidate : NULL;
  }
  if (!instance) {
    return false;
  }
  if (instance->parked) { /* its connection closes later than the process ended */
    call_set_tag(instance->parked, NULL);
  }
  process_drain(&instance->process);
  instance_say(instance, instance->is_ending ? "ended" : "died");
  if (instance->current) {
    g_autofree char *why =
        instance->ending == OUTCOME_MEMORY
            ? g_strdup_printf("more than %u MB of memory", pool->options.function->memory_mb)
        : instance->ending == OUTCOME_TIMEOUT
            ? g_strdup_printf("Task timed out after %u.00 seconds",
                              pool->options.function->timeout_s)
        : WIFSIGNALED(status)
            ? g_strdup_printf("Runtime exited with error: signal: %s", strsignal(WTERMSIG(status)))
            : g_strdup_printf("Runtime exited with error: exit status %d", WEXITSTATUS(status));
    const char *type = instance->ending == OUTCOME_TIMEOUT  ? "Sandbox.Timedout"
                       : instance->ending == OUTCOME_MEMORY ? "Runtime.OutOfMemory"
                                                            : "Runtime.ExitError";
    instance_fail(instance, instance->ending, type, why, max_rss);
  } else if (!instance->is_ready && !instance->has_failed_init) {
    pool_fail_waiting(pool, "Runtime.ExitError", "the function ended before it asked for an event");
  }
  g_hash_table_remove(pool->by_token, instance->token);
  g_ptr_array_remove(pool->instances, instance);
  pump(pool);
  return true;
}

unsigned pool_room(const struct pool *pool)
{
  unsigned n_open = g_queue_get_length(&((struct pool *)pool)->waiting);
  for (guint i = 0; i < pool->instances->len; i++) {
    const struct instance *instance = g_ptr_array_index(pool->instances, i);
    n_open += instance->current != NULL;
  }
  unsigned limit = pool->options.function->max_instances;
  return n_open < limit ? limit - n_open : 0;
}

static bool is_replaced(struct pool *pool)
{
  struct stat now;
  if (stat(pool->options.function->binary, &now) != 0 || now.st_size == 0 ||
      !(now.st_mode & S_IXUSR)) {
    return false; /* a linker is at work */
  }
  bool is_new = now.st_mtim.tv_sec != pool->binary.st_mtim.tv_sec ||
                now.st_mtim.tv_nsec != pool->binary.st_mtim.tv_nsec ||
                now.st_ino != pool->binary.st_ino || now.st_size != pool->binary.st_size;
  bool is_settled = is_new && pool->is_changing;
  pool->is_changing = is_new;
  if (is_settled) {
    pool->binary = now;
    pool->is_changing = false;
  }
  return is_settled;
}

static void retire(struct instance *instance)
{
  instance->is_retired = true;
  instance_say(instance, "replaced");
  if (!instance->current && !instance->is_ending) {
    instance_end(instance, SIGTERM, OUTCOME_OK);
  }
}

void pool_check(struct pool *pool)
{
  bool has_changed = is_replaced(pool);
  int64_t limit = (int64_t)pool->options.function->memory_mb * 1024 * 1024;
  for (guint i = 0; i < pool->instances->len; i++) {
    struct instance *instance = g_ptr_array_index(pool->instances, i);
    if (has_changed && !instance->is_retired) {
      retire(instance);
    }
    if (instance->current && !instance->is_ending &&
        process_memory(instance->process.pid) > limit) {
      instance_say(instance, "out of memory");
      instance_end(instance, SIGKILL, OUTCOME_MEMORY);
    }
  }
}

void pool_figures(const struct pool *pool, struct pool_figures *figures)
{
  *figures =
      (struct pool_figures){.n_instances = pool->instances->len, .n_waiting = pool_n_waiting(pool)};
  for (guint i = 0; i < pool->instances->len; i++) {
    const struct instance *instance = g_ptr_array_index(pool->instances, i);
    figures->n_busy += instance->current != NULL;
    figures->memory += process_memory(instance->process.pid);
  }
}
