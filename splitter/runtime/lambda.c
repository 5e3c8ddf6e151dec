#include "lambda.h"

#include "client.h"
#include "crash.h"
#include "encoding.h"
#include "gateway.h"
#include "json.h"
#include "records.h"
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAMBDA_VERSION "/2018-06-01/runtime"
#define LAMBDA_POST_MS 30000
#define LAMBDA_TRACE_ROOM 512

struct lambda {
  struct runtime *runtime;
  struct client client;
  char prefix[300]; /* path in front of the API's own, "" or "/…" */
  const char *id;   /* of the running invocation, in the runtime's arena */
  int64_t deadline_ms;
  struct buffer event; /* body of the running invocation */
  struct cleave_field headers[8];
};

/* A post that ended: taken (2xx), refused (4xx: the loop may go on), or the end of the process. */
enum post_result { POST_TAKEN, POST_TOO_LARGE, POST_REFUSED, POST_FATAL };

static const char *lambda_path(const struct lambda *lambda, const char *call)
{
  const char *parts[] = {lambda->prefix,
                         LAMBDA_VERSION,
                         lambda->id ? "/invocation/" : "/",
                         lambda->id ? lambda->id : "",
                         lambda->id ? "/" : "",
                         call};
  const size_t n_parts = sizeof(parts) / sizeof(*parts);
  size_t n = 1;
  for (size_t i = 0; i < n_parts; i++) {
    n += strlen(parts[i]);
  }
  char *path = arena_alloc(&lambda->runtime->arena, n);
  char *end = path;
  for (size_t i = 0; i < n_parts; i++) {
    end = stpcpy(end, parts[i]);
  }
  return path;
}

static enum post_result post_result_of(const struct lambda *lambda, enum client_result result,
                                       const char *path)
{
  int status = lambda->client.response.parser.status_code;
  if (result != CLIENT_ANSWERED) {
    cleave_log(CLEAVE_ERROR, "POST %s got no answer", path);
    return POST_FATAL;
  }
  if (status >= 200 && status < 300) {
    return POST_TAKEN;
  }
  if (lambda->client.was_resent && (status == 400 || status == 403)) {
    return POST_TAKEN; /* the first copy had arrived before its connection broke */
  }
  cleave_log(CLEAVE_ERROR, "POST %s was answered with %d: %s", path, status,
             buffer_text(&lambda->client.response.body));
  return status == 413 ? POST_TOO_LARGE : status >= 500 ? POST_FATAL : POST_REFUSED;
}

static enum post_result lambda_post(struct lambda *lambda, const char *path,
                                    const struct cleave_field *headers, size_t n_headers,
                                    struct cleave_bytes body)
{
  struct client_request request = {
      .method = "POST",
      .path = path,
      .headers = headers,
      .n_headers = n_headers,
      .body = body,
      .timeout_ms = LAMBDA_POST_MS,
  };
  return post_result_of(lambda, client_call(&lambda->client, &request), path);
}

/* The error type in the form that the platform keeps: (Runtime|Function).Capital… */
static const char *error_type(const struct cleave_error *error)
{
  const char *name = strchr(error->type, '.');
  bool is_kept =
      name && name[1] >= 'A' && name[1] <= 'Z' &&
      ((name[2] >= 'a' && name[2] <= 'z') || (name[2] >= 'A' && name[2] <= 'Z')) &&
      (strncmp(error->type, "Function.", 9) == 0 || strncmp(error->type, "Runtime.", 8) == 0);
  for (const char *letter = is_kept ? name + 1 : ""; *letter != '\0'; letter++) {
    bool is_letter = (*letter >= 'a' && *letter <= 'z') || (*letter >= 'A' && *letter <= 'Z');
    is_kept = is_kept && is_letter;
  }
  return is_kept ? error->type : "Function.Error";
}

/* The cause for X-Ray as a header value: one line of ASCII. */
static const char *error_cause(struct arena *arena, const struct cleave_error *error)
{
  char *text = NULL;
  json_t *cause = json_pack("{s:s,s:[{s:s,s:o,s:[]}],s:[]}", "working_directory", "", "exceptions",
                            "type", error_type(error), "message",
                            json_safe_string(arena, error->message), "stack", "paths");
  text = json_dumps(cause, JSON_COMPACT | JSON_ENSURE_ASCII);
  json_decref(cause);
  const char *kept = arena_string(arena, text ? text : "{}");
  free(text);
  return kept;
}

static enum post_result lambda_post_error(struct lambda *lambda, const char *call,
                                          const struct cleave_error *error)
{
  struct arena *arena = &lambda->runtime->arena;
  struct cleave_error told = *error;
  snprintf(told.type, sizeof(told.type), "%s", error_type(error));
  const struct cleave_field headers[] = {
      {"Content-Type", "application/vnd.aws.lambda.error+json"},
      {"Lambda-Runtime-Function-Error-Type", told.type},
      {"Lambda-Runtime-Function-XRay-Error-Cause", error_cause(arena, &told)},
  };
  cleave_log(CLEAVE_ERROR, "%s: %s", told.type, told.message);
  return lambda_post(lambda, lambda_path(lambda, call), headers, 3, error_json(arena, &told));
}

static bool id_is_sane(const char *id)
{
  for (const char *letter = id; *letter != '\0'; letter++) {
    if (*letter <= ' ' || *letter > '~' || strchr("/?#%\\\"", *letter)) {
      return false;
    }
  }
  return *id != '\0' && strlen(id) <= 256;
}

/* _X_AMZN_TRACE_ID=…, part of the environment and so of the process. It is rewritten in place:
 * setenv() would leak one string per invocation. */
static char lambda_trace[LAMBDA_TRACE_ROOM];

static void lambda_export_trace(const struct lambda *lambda, const char *trace)
{
  if (!lambda->runtime->settings.exports_trace) {
    return;
  }
  if (*trace == '\0') {
    unsetenv("_X_AMZN_TRACE_ID");
    lambda_trace[0] = '\0';
    return;
  }
  bool is_exported = lambda_trace[0] != '\0';
  snprintf(lambda_trace, sizeof(lambda_trace), "_X_AMZN_TRACE_ID=%s", trace);
  if (!is_exported) {
    putenv(lambda_trace);
  }
}

/* Asks for the next event. 0: there is one; 1: stopped; -1: the platform is lost. */
static int lambda_next(struct lambda *lambda, struct work *work)
{
  lambda->id = NULL;
  arena_reset(&lambda->runtime->arena);
  struct client_request request = {
      .method = "GET",
      .path = lambda_path(lambda, "invocation/next"),
      .is_stoppable = true,
  };
  enum client_result result = client_call(&lambda->client, &request);
  if (result == CLIENT_STOPPED || *lambda->runtime->stop) {
    return 1;
  }
  int status = lambda->client.response.parser.status_code;
  if (result != CLIENT_ANSWERED || status != 200) {
    cleave_log(CLEAVE_ERROR, "GET %s %s %d", request.path,
               result == CLIENT_ANSWERED ? "was answered with" : "got no answer:",
               result == CLIENT_ANSWERED ? status : (int)result);
    return -1;
  }
  struct arena *arena = &lambda->runtime->arena;
  const struct wire *response = &lambda->client.response;
  const char *id = wire_header(response, "Lambda-Runtime-Aws-Request-Id");
  const char *deadline = wire_header(response, "Lambda-Runtime-Deadline-Ms");
  const char *trace = wire_header(response, "Lambda-Runtime-Trace-Id");
  if (!id || !id_is_sane(id)) {
    cleave_log(CLEAVE_ERROR, "GET %s was answered without a usable request id", request.path);
    return -1;
  }
  work_init(work, arena, CLEAVE_ON_LAMBDA);
  lambda->id = arena_string(arena, id);
  lambda->deadline_ms = deadline ? strtoll(deadline, NULL, 10) : 0;
  work->event.request_id = lambda->id;
  work->event.trace_id = trace ? arena_string(arena, trace) : "";
  work->event.traceparent = trace_continue(arena, trace_from_xray(arena, work->event.trace_id));
  lambda_export_trace(lambda, work->event.trace_id);
  /* The event outlives the client's response: a streamed reply is posted while it is read. */
  struct buffer body = lambda->event;
  lambda->event = lambda->client.response.body;
  lambda->client.response.body = body;
  buffer_reset(&lambda->client.response.body);
  work->event.body = (struct cleave_bytes){buffer_text(&lambda->event), lambda->event.length};
  return 0;
}

static const struct cleave_function *find_by(const struct runtime *runtime,
                                             enum cleave_trigger trigger, const char *resource)
{
  const struct cleave_function *found = runtime_find_key(runtime, trigger, resource);
  return found ? found : runtime_find_sole(runtime, trigger);
}

/* Which function a fused binary has in mind: by queue, topic or bucket name, by rule. */
static const struct cleave_function *lambda_dispatch(struct lambda *lambda, struct work *work)
{
  const struct runtime *runtime = lambda->runtime;
  const json_t *record = json_array_get(json_object_get(work->json, "Records"), 0);
  const json_t *sns = json_object_get(record, "Sns");
  const json_t *bucket = json_object_get(json_object_get(record, "s3"), "bucket");
  if (bucket) {
    return find_by(runtime, CLEAVE_OBJECT, json_text(bucket, "name"));
  }
  if (record) {
    const char *arn = sns ? json_text(sns, "TopicArn") : json_text(record, "eventSourceARN");
    bool is_queue = sns || strcmp(json_text(record, "eventSource"), "aws:sqs") == 0;
    return find_by(runtime, is_queue ? CLEAVE_QUEUE : CLEAVE_STREAM, arn);
  }
  if (json_object_get(work->json, "detail-type")) {
    const json_t *rule = json_array_get(json_object_get(work->json, "resources"), 0);
    return find_by(runtime, CLEAVE_SCHEDULE, json_value_text(work->arena, rule));
  }
  const char *name = json_text(work->json, "cleave_function");
  return runtime_find(runtime, name, strlen(name));
}

static bool is_request(const json_t *json)
{
  return json_object_get(json, "httpMethod") ||
         json_object_get(json_object_get(json, "requestContext"), "http");
}

/* An http event: the function by route, parameters from its pattern. */
static int lambda_read_http(struct lambda *lambda, struct work *work, struct cleave_error *error)
{
  if (gateway_read(work, error) != 0) {
    return -1;
  }
  const struct runtime *runtime = lambda->runtime;
  return work_route(work, runtime->only ? runtime->only : runtime->functions,
                    runtime->only ? 1 : runtime->n_functions, error);
}

/* Brings the event into its normal form. */
static int lambda_read(struct lambda *lambda, struct work *work, struct cleave_error *error)
{
  const struct cleave_function *only = lambda->runtime->only;
  if (only) {
    work_assign(work, only);
  }
  if (only && only->trigger == CLEAVE_DIRECT) {
    work->event.content_type = "application/json";
    return 0;
  }
  work->json = json_read_envelope(work->event.body, error);
  if (!work->json) {
    return -1;
  }
  if (!only && !is_request(work->json)) {
    const struct cleave_function *found = lambda_dispatch(lambda, work);
    if (!found) {
      return cleave_error_set(error, 400, "Function.NoRoute", "no function takes this event");
    }
    work_assign(work, found);
  }
  switch (work->function ? work->function->trigger : CLEAVE_HTTP) {
  case CLEAVE_HTTP:
    work->event.body = (struct cleave_bytes){"", 0};
    return lambda_read_http(lambda, work, error);
  case CLEAVE_QUEUE:
  case CLEAVE_STREAM:
    return records_read_messages(work, error);
  case CLEAVE_OBJECT:
    return records_read_objects(work, error);
  case CLEAVE_SCHEDULE:
    return records_read_schedule(work, error);
  default:
    return 0;
  }
}

static bool lambda_stream_begin(void *data, const struct cleave_reply *reply)
{
  static const char nothing[8] = {0};
  struct lambda *lambda = data;
  const struct cleave_field headers[] = {
      {"Content-Type", "application/vnd.awslambda.http-integration-response"},
      {"Lambda-Runtime-Function-Response-Mode", "streaming"},
      {"Trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"},
  };
  struct client_request request = {
      .method = "POST",
      .path = lambda_path(lambda, "response"),
      .headers = headers,
      .n_headers = 3,
  };
  struct cleave_bytes head = gateway_write_head(&lambda->runtime->arena, reply);
  return client_begin(&lambda->client, &request) == CLIENT_ANSWERED &&
         client_write(&lambda->client, head.data, head.length) == CLIENT_ANSWERED &&
         client_write(&lambda->client, nothing, sizeof(nothing)) == CLIENT_ANSWERED;
}

static bool lambda_stream_write(void *data, const void *bytes, size_t n)
{
  struct lambda *lambda = data;
  return client_write(&lambda->client, bytes, n) == CLIENT_ANSWERED;
}

/* Ends a streamed reply; a late error goes into the trailers. */
static enum post_result lambda_stream_end(struct lambda *lambda, const struct cleave_error *error)
{
  struct arena *arena = &lambda->runtime->arena;
  struct cleave_field trailers[2];
  size_t n_trailers = 0;
  if (error) {
    struct cleave_bytes body = error_json(arena, error);
    char *text = arena_alloc(arena, base64_encoded_length(body.length) + 1);
    base64_encode(body.data, body.length, text);
    trailers[0] = (struct cleave_field){"Lambda-Runtime-Function-Error-Type", error_type(error)};
    trailers[1] = (struct cleave_field){"Lambda-Runtime-Function-Error-Body", text};
    n_trailers = 2;
    cleave_log(CLEAVE_ERROR, "%s: %s", error->type, error->message);
  }
  return post_result_of(lambda, client_end(&lambda->client, trailers, n_trailers), "the stream");
}

/* What the platform is told when the calls went well (or partly well, for batches). */
static struct cleave_bytes lambda_render(struct lambda *lambda, struct work *work)
{
  struct cleave_reply *reply = &lambda->runtime->reply;
  switch (work->event.trigger) {
  case CLEAVE_HTTP:
    return gateway_write(work, reply);
  case CLEAVE_QUEUE:
  case CLEAVE_STREAM:
    return work->source == WORK_BATCH ? records_write_failures(work)
                                      : (struct cleave_bytes){"{}", 2};
  case CLEAVE_DIRECT:
    return reply_json_text(reply);
  default:
    return (struct cleave_bytes){"{}", 2};
  }
}

/* An http caller's own mistake is answered, not reported as a failure of the function. */
static void reply_refusal(struct work *work, struct cleave_reply *reply,
                          const struct cleave_error *error)
{
  reply_reset(reply, NULL);
  cleave_reply_status(reply, error->status);
  cleave_reply_header(reply, "content-type", "application/json");
  struct cleave_bytes body = error_json(work->arena, error);
  cleave_reply_write(reply, body.data, body.length);
}

static enum post_result lambda_answer(struct lambda *lambda, struct work *work, int result,
                                      const struct cleave_error *error)
{
  struct cleave_reply *reply = &lambda->runtime->reply;
  if (reply->is_streaming) {
    return lambda_stream_end(lambda, result == 0 ? NULL : error);
  }
  bool is_batch = work->source == WORK_BATCH && work->event.trigger != CLEAVE_HTTP;
  bool is_refusal = work->source == WORK_GATEWAY_V1 || work->source == WORK_GATEWAY_V2;
  is_refusal = is_refusal && error->status >= 400 && error->status < 500;
  if (result != 0 && is_refusal) {
    reply_refusal(work, reply, error);
    work->event.trigger = CLEAVE_HTTP;
  } else if (result != 0 && !(is_batch && work->messages)) {
    return lambda_post_error(lambda, "error", error);
  }
  const struct cleave_field type = {"Content-Type", "application/json"};
  enum post_result posted =
      lambda_post(lambda, lambda_path(lambda, "response"), &type, 1, lambda_render(lambda, work));
  if (posted != POST_REFUSED) {
    return posted;
  }
  struct cleave_error problem;
  cleave_error_set(&problem, 500, "Runtime.ResponseRefused", "the platform refused the response");
  posted = lambda_post_error(lambda, "error", &problem);
  return posted == POST_TAKEN ? POST_TAKEN : POST_FATAL;
}

static enum post_result lambda_handle(struct lambda *lambda, struct work *work)
{
  struct runtime *runtime = lambda->runtime;
  const struct reply_sink sink = {lambda_stream_begin, lambda_stream_write, lambda};
  struct cleave_error error = {0};
  crash_aim_post((const struct sockaddr *)&lambda->client.address, lambda->client.address_length,
                 lambda->client.host, lambda_path(lambda, "error"));
  runtime_enter(runtime, work, lambda->deadline_ms);
  int result = lambda_read(lambda, work, &error);
  bool may_stream = result == 0 && work->function->trigger == CLEAVE_HTTP &&
                    (work->function->flags & CLEAVE_STREAM_REPLY) &&
                    work->source == WORK_GATEWAY_V2;
  reply_reset(&runtime->reply, may_stream ? &sink : NULL);
  if (result == 0) {
    runtime_enter(runtime, work, lambda->deadline_ms);
    result = work_run(work, &runtime->reply, &error);
  }
  enum post_result posted = lambda_answer(lambda, work, result, &error);
  runtime_leave(runtime);
  work_clear(work);
  return posted;
}

static int lambda_start(struct lambda *lambda)
{
  struct cleave_error error;
  crash_aim_post((const struct sockaddr *)&lambda->client.address, lambda->client.address_length,
                 lambda->client.host, lambda_path(lambda, "init/error"));
  int result = runtime_start_functions(lambda->runtime, &error);
  if (result != 0) {
    lambda_post_error(lambda, "init/error", &error);
  }
  runtime_leave(lambda->runtime);
  return result;
}

/* Splits host:port/prefix. */
static bool lambda_open(struct lambda *lambda)
{
  const char *api = lambda->runtime->settings.runtime_api;
  const char *problem = NULL;
  char endpoint[300];
  size_t n = strcspn(api, "/");
  const char *prefix = api + n;
  size_t n_prefix = strlen(prefix);
  while (n_prefix > 0 && prefix[n_prefix - 1] == '/') {
    n_prefix--;
  }
  if (n >= sizeof(endpoint) || n_prefix >= sizeof(lambda->prefix)) {
    cleave_log(CLEAVE_ERROR, "AWS_LAMBDA_RUNTIME_API is too long");
    return false;
  }
  memcpy(endpoint, api, n);
  endpoint[n] = '\0';
  memcpy(lambda->prefix, prefix, n_prefix);
  struct wire_limits limits = {lambda->runtime->settings.max_headers,
                               lambda->runtime->settings.max_body};
  if (!client_init(&lambda->client, lambda->runtime->base, endpoint, limits, &problem)) {
    cleave_log(CLEAVE_ERROR, "cannot use AWS_LAMBDA_RUNTIME_API '%s': %s", api, problem);
    client_clear(&lambda->client);
    return false;
  }
  lambda->client.stop = lambda->runtime->stop;
  return true;
}

int lambda_run(struct runtime *runtime)
{
  struct lambda lambda = {.runtime = runtime};
  buffer_init(&lambda.event, runtime->settings.max_body);
  if (!lambda_open(&lambda)) {
    return 1;
  }
  int status = lambda_start(&lambda) == 0 ? 0 : 1;
  bool is_running = status == 0;
  while (is_running) {
    struct work work;
    int next = lambda_next(&lambda, &work);
    is_running = next == 0;
    if (next < 0) {
      status = 1;
    } else if (next == 0 && lambda_handle(&lambda, &work) == POST_FATAL) {
      status = 1;
      is_running = false;
    }
  }
  unsetenv("_X_AMZN_TRACE_ID");
  client_clear(&lambda.client);
  buffer_clear(&lambda.event);
  return status;
}
