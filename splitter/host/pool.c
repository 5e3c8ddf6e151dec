#include "splitter/host/pool.h"

#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "splitter/host/pool_internal.h"

const char *outcome_name(enum outcome outcome)
{
  static const char *const names[] = {"ok", "error", "timeout", "crash", "memory", "refused"};
  return names[outcome];
}

void pool_deliver(struct pool *pool, struct invocation *invocation,
                  struct invocation_result *result)
{
  result->id = invocation->id;
  result->function = pool->options.function->name;
  result->trigger = trigger_name(pool->options.function->trigger);
  result->traceparent = invocation->context.traceparent;
  result->parent = invocation->context.parent;
  if (invocation->done) {
    invocation->done(result, invocation->data);
  }
  if (pool->options.watcher.on_result) {
    pool->options.watcher.on_result(result, pool->options.watcher.data);
  }
  g_free(invocation->id);
  payload_free(invocation->payload);
  g_free(invocation);
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

void pool_fail_waiting(struct pool *pool, const char *type, const char *message)
{
  struct invocation *invocation = g_queue_pop_head(&pool->waiting);
  if (!invocation) {
    return;
  }
  g_autofree char *body = pool_error_json(type, message);
  struct invocation_result result = {
      .outcome = OUTCOME_CRASH,
      .error_type = type,
      .body = body,
      .n_body = strlen(body),
      .started = (double)g_get_real_time() / 1e6,
      .is_cold = true,
  };
  pool_deliver(pool, invocation, &result);
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
      instance_ask(idle, g_queue_pop_head(&pool->waiting));
    }
  }
  while (n_coming(pool) < g_queue_get_length(&pool->waiting) &&
         pool->instances->len < pool->options.function->max_instances) {
    g_autoptr(GError) error = NULL;
    if (!instance_spawn(pool, &error)) {
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

void pool_check(struct pool *pool)
{
  bool has_changed = is_replaced(pool);
  int64_t limit = (int64_t)pool->options.function->memory_mb * 1024 * 1024;
  for (guint i = 0; i < pool->instances->len; i++) {
    struct instance *instance = g_ptr_array_index(pool->instances, i);
    if (has_changed && !instance->is_retired) {
      instance_retire(instance);
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
  *figures = (struct pool_figures){
      .n_instances = pool->instances->len,
      .n_waiting = g_queue_get_length(&((struct pool *)pool)->waiting),
  };
  for (guint i = 0; i < pool->instances->len; i++) {
    const struct instance *instance = g_ptr_array_index(pool->instances, i);
    figures->n_busy += instance->current != NULL;
    figures->memory += process_memory(instance->process.pid);
  }
}
