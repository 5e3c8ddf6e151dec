/* The Runtime API's side of an instance: states, and what is refused in which of them.
 *
 * Source of the rules: see pool.h. */
#include <signal.h>
#include <string.h>

#include "splitter/host/pool_internal.h"

/* A reply may have this many bytes: 6 MiB and 100 bytes, as on the platform. */
#define MAX_REPLY ((size_t)6 * 1024 * 1024 + 100)

static void refuse(struct call *call, int status, const char *type, const char *message)
{
  g_autofree char *body = pool_error_json(type, message);
  call_reply_json(call, status, body);
}

/* Answers the parked or given "next" with the current invocation's event. */
static void hand_over(struct instance *instance, struct call *call)
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

void instance_take(struct instance *instance, struct invocation *invocation, struct call *call)
{
  instance_begin(instance, invocation);
  hand_over(instance, call);
}

/* GET /runtime/invocation/next: answered at once or when an event comes. */
static void on_next(struct instance *instance, struct call *call)
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
  if (instance->is_retired && !instance->is_ending) {
    instance_end(instance, SIGTERM, OUTCOME_OK);
  }
  struct invocation *invocation = instance->is_ending ? NULL : g_queue_pop_head(&pool->waiting);
  if (invocation) {
    instance_take(instance, invocation, call);
    return;
  }
  instance->parked = call;
  call_set_tag(call, instance);
  instance_rest(instance);
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

/* POST .../{id}/response. */
static void on_response(struct instance *instance, struct call *call, const char *id)
{
  if (!is_current(instance, call, id)) {
    return;
  }
  const struct buffer *body = &call_request(call)->body;
  const char *mode = wire_header(call_request(call), "Lambda-Runtime-Function-Response-Mode");
  int64_t rss = instance_peak_memory(instance);
  if (mode && strcmp(mode, "streaming") != 0) {
    refuse(call, 400, "InvalidFunctionResponseMode", "the response mode is not streaming");
    instance_fail(instance, OUTCOME_ERROR, "Runtime.InvalidResponseModeHeader",
                  "invalid response mode", rss);
    return;
  }
  if (body->length > MAX_REPLY) {
    refuse(call, 413, "RequestEntityTooLarge", "the response is too large");
    instance_fail(instance, OUTCOME_ERROR, "Function.ResponseSizeTooLarge",
                  "the response is too large", rss);
    return;
  }
  g_autofree char *copy = g_memdup2(buffer_text(body), body->length + 1);
  size_t length = body->length;
  call_reply_json(call, 202, "{\"status\":\"OK\"}\n");
  instance_finish(instance, OUTCOME_OK, "", copy, length, rss);
}

/* POST .../{id}/error. */
static void on_error(struct instance *instance, struct call *call, const char *id)
{
  if (!is_current(instance, call, id)) {
    return;
  }
  const struct wire *request = call_request(call);
  const char *type = wire_header(request, "Lambda-Runtime-Function-Error-Type");
  g_autofree char *type_copy = g_strdup(type ? type : "Function.Unknown");
  g_autofree char *copy = g_memdup2(buffer_text(&request->body), request->body.length + 1);
  size_t length = request->body.length;
  int64_t rss = instance_peak_memory(instance);
  call_reply_json(call, 202, "{\"status\":\"OK\"}\n");
  instance_finish(instance, OUTCOME_ERROR, type_copy, copy, length, rss);
}

/* POST /runtime/init/error. */
static void on_init_error(struct instance *instance, struct call *call)
{
  if (instance->is_ready) {
    refuse(call, 403, "InvalidStateTransition", "State transition is not allowed");
    return;
  }
  g_autofree char *body =
      g_strndup(buffer_text(&call_request(call)->body), call_request(call)->body.length);
  instance->has_failed_init = true;
  call_reply_json(call, 202, "{\"status\":\"OK\"}\n");
  instance_say(instance, "init error");
  pool_fail_waiting(instance->pool, "Runtime.InitError", body);
}

bool instance_serve(struct instance *instance, struct call *call, const char *path)
{
  static const char invocation[] = "/2018-06-01/runtime/invocation/";
  bool is_post = call_request(call)->parser.method == HTTP_POST;
  if (!is_post && strcmp(path, "/2018-06-01/runtime/invocation/next") == 0) {
    on_next(instance, call);
    return true;
  }
  if (is_post && strcmp(path, "/2018-06-01/runtime/init/error") == 0) {
    on_init_error(instance, call);
    return true;
  }
  if (!is_post || !g_str_has_prefix(path, invocation)) {
    return false;
  }
  g_auto(GStrv) parts = g_strsplit(path + sizeof invocation - 1, "/", 2);
  if (g_strcmp0(parts[1], "response") == 0) {
    on_response(instance, call, parts[0]);
  } else if (g_strcmp0(parts[1], "error") == 0) {
    on_error(instance, call, parts[0]);
  } else {
    return false;
  }
  return true;
}
