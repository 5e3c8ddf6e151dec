/* PORT mode: instances that listen and are sent their events as requests. */
#include <signal.h>

#include "splitter/host/pool_internal.h"

/* Answers may be larger than through the Runtime API. */
#define MAX_ANSWER ((size_t)32 * 1024 * 1024)
#define MAX_HEADERS ((size_t)64 * 1024)
#define PROBE_MS 2 /* how often a starting instance is asked whether it listens */

static void go_on(struct instance *instance);

/* The answer to the request that the instance works on. */
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
    /* It answers no more: what it does then is unknown. */
    instance_end(instance, SIGKILL, OUTCOME_CRASH);
    return;
  }
  bool is_good = answer->status < 400 || (is_http && answer->status < 500);
  instance_finish_with(instance, is_good ? OUTCOME_OK : OUTCOME_ERROR,
                       is_good ? "" : "Function.Failed", answer->body, answer->n_body, rss, answer);
  go_on(instance);
}

void instance_ask(struct instance *instance, struct invocation *invocation)
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
  instance_begin(instance, invocation);
  instance->is_idle = false;
  instance->delivery = upstream_send(instance->upstream, &request, on_answer, instance);
}

/* The next request, or none. */
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
    instance_ask(instance, invocation);
    return;
  }
  instance_rest(instance);
}

void instance_wait_for_port(struct instance *instance)
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
    instance_wait_for_port(instance);
    return;
  }
  instance->is_ready = true;
  instance->init = (double)(g_get_monotonic_time() - instance->spawned) / 1e6;
  go_on(instance);
}

bool instance_choose_port(struct instance *instance, GError **error)
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
