#include <signal.h>
#include <string.h>

#include "splitter/host/pool_internal.h"

#define INIT_SECONDS 10  /* the platform's limit for start-up */
#define MEASURE_US 50000 /* memory is read at most this often */

void instance_finish_with(struct instance *instance, enum outcome outcome, const char *error_type,
                          const char *body, size_t n_body, int64_t max_rss,
                          const struct upstream_answer *answer)
{
  struct invocation *invocation = instance->current;
  gint64 now = g_get_monotonic_time();
  struct invocation_result result = {
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
  pool_deliver(instance->pool, invocation, &result);
}

void instance_finish(struct instance *instance, enum outcome outcome, const char *error_type,
                     const char *body, size_t n_body, int64_t max_rss)
{
  instance_finish_with(instance, outcome, error_type, body, n_body, max_rss, NULL);
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

void instance_begin(struct instance *instance, struct invocation *invocation)
{
  instance->current = invocation;
  instance->handed_over = g_get_monotonic_time();
  instance->handed_over_real = g_get_real_time();
  instance_arm(instance, instance->pool->options.function->timeout_s);
}

void instance_rest(struct instance *instance)
{
  struct pool *pool = instance->pool;
  instance_arm(instance, pool->options.keep_alive_s);
  guint index = 0;
  g_ptr_array_find(pool->instances, instance, &index);
  pool->instances->pdata[index] = pool->instances->pdata[pool->instances->len - 1];
  pool->instances->pdata[pool->instances->len - 1] = instance;
}

void instance_retire(struct instance *instance)
{
  instance->is_retired = true;
  instance_say(instance, "replaced");
  if (!instance->current && !instance->is_ending) {
    instance_end(instance, SIGTERM, OUTCOME_OK);
  }
}

static void on_line(const char *line, void *data)
{
  struct instance *instance = data;
  const struct host_watcher *watcher = &instance->pool->options.watcher;
  if (watcher->on_output) {
    watcher->on_output(instance->pool->options.function->name, line, watcher->data);
  }
}

void instance_free(void *pointer)
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

struct instance *instance_spawn(struct pool *pool, GError **error)
{
  struct instance *instance = g_new0(struct instance, 1);
  const struct project_function *function = pool->options.function;
  instance->pool = pool;
  instance->token = g_strdup_printf("%s-%" G_GUINT64_FORMAT, function->name, ++pool->n_tokens);
  instance->timer = evtimer_new(pool->options.base, on_timer, instance);
  instance->ending = OUTCOME_CRASH;
  bool is_good = instance_choose_port(instance, error);
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
    instance_wait_for_port(instance);
  }
  instance_say(instance, "started");
  return instance;
}
