#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleave_proxy.h"
#include "cleave_proxy_log.h"
#include "cleave_proxy_settings.h"
#include "cleave_proxy_target.h"
#include "cleave_proxy_transport.h"
#include "encoding.h"
#include "json.h"
#include "trace.h"

struct cleave_proxy_request {
  struct arena arena;
  const char *method;
  const char *path; /* encoded */
  const char *query;
  struct fields headers;
  const char *body;
  size_t n_body;
  char *answer; /* what an answer's texts point into */
};

struct cleave_proxy_request *cleave_proxy_request_new(const char *method, const char *path,
                                                      const char *query)
{
  struct cleave_proxy_request *request = calloc(1, sizeof *request);
  if (!request) {
    abort();
  }
  arena_init(&request->arena);
  request->method = arena_string(&request->arena, method ? method : "GET");
  path = path && *path ? path : "/";
  request->path = percent_encode(&request->arena, path, strlen(path), "-_.~/!$&'()*+,;=:@");
  request->query = arena_string(&request->arena, query ? query : "");
  request->body = "";
  return request;
}

void cleave_proxy_request_free(struct cleave_proxy_request *request)
{
  if (request) {
    arena_clear(&request->arena);
    free(request->answer);
    free(request);
  }
}

static int is_of_connection(const char *name)
{
  static const char *const names[] = {
      "host",   "connection", "content-length", "keep-alive", "transfer-encoding",
      "te",     "trailer",    "upgrade",        "expect",     "date",
      "server", "via",        "traceparent"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (name_equals(name, names[i])) {
      return 1;
    }
  }
  return name_begins(name, "proxy-") || name_begins(name, "x-amz") ||
         name_begins(name, "x-cleave-");
}

void cleave_proxy_request_header(struct cleave_proxy_request *request, const char *name,
                                 const char *value)
{
  if (name && value && *name && (!is_of_connection(name) || name_equals(name, "traceparent"))) {
    fields_add(&request->headers, &request->arena, arena_string(&request->arena, name),
               arena_string(&request->arena, value));
  }
}

void cleave_proxy_request_argument(struct cleave_proxy_request *request, const char *name,
                                   const char *value)
{
  if (name) {
    value = value ? value : "";
    request->query =
        arena_print(&request->arena, "%s%s%s=%s", request->query, *request->query ? "&" : "",
                    percent_encode(&request->arena, name, strlen(name), "-_.~"),
                    percent_encode(&request->arena, value, strlen(value), "-_.~"));
  }
}

void cleave_proxy_request_body(struct cleave_proxy_request *request, const void *data, size_t n)
{
  if (data && n > 0) {
    request->body = arena_copy(&request->arena, data, n);
    request->n_body = n;
  }
}

/* The trace that came with the request goes on. */
static void take_trace(struct cleave_proxy_call *call, struct cleave_proxy_request *request)
{
  struct cleave_fields view = fields_view(&request->headers);
  const char *incoming = cleave_fields_get(&view, "traceparent", true);
  if (incoming && trace_is_valid(incoming)) {
    snprintf(call->traceparent, sizeof call->traceparent, "%s",
             trace_continue(&request->arena, incoming));
  }
}

static void put_text(json_t *object, const char *name, const char *value)
{
  json_t *text = json_string(value);
  json_object_set_new(object, name, text ? text : json_string(""));
}

/* Puts VALUE behind a comma where the name has one already. */
static void join(struct arena *arena, json_t *object, const char *name, const char *value)
{
  const char *before = json_string_value(json_object_get(object, name));
  put_text(object, name, before ? arena_print(arena, "%s,%s", before, value) : value);
}

static void put_headers(struct arena *arena, json_t *event, const struct fields *fields,
                        const char *traceparent)
{
  struct cleave_fields view = fields_view(fields);
  json_t *headers = json_object();
  json_t *cookies = json_array();
  for (size_t i = 0; i < view.n_items; i++) {
    char *name = arena_string(arena, view.items[i].name);
    for (char *letter = name; *letter; letter++) {
      *letter = (char)(*letter >= 'A' && *letter <= 'Z' ? *letter + 32 : *letter);
    }
    if (strcmp(name, "cookie") != 0) {
      join(arena, headers, name, view.items[i].value);
      continue;
    }
    char *rest = NULL;
    char *copy = arena_string(arena, view.items[i].value);
    for (char *part = strtok_r(copy, ";", &rest); part; part = strtok_r(NULL, ";", &rest)) {
      json_t *cookie = json_string(part + strspn(part, " "));
      json_array_append_new(cookies, cookie ? cookie : json_string(""));
    }
  }
  put_text(headers, "traceparent", traceparent);
  json_object_set_new(event, "headers", headers);
  if (json_array_size(cookies) > 0) {
    json_object_set_new(event, "cookies", cookies);
  } else {
    json_decref(cookies);
  }
}

static void put_query(struct arena *arena, json_t *event, const char *query)
{
  struct fields fields = {NULL, 0, 0};
  put_text(event, "rawQueryString", query);
  if (!*query || !fields_read_query(&fields, arena, query)) {
    return;
  }
  struct cleave_fields view = fields_view(&fields);
  json_t *object = json_object();
  for (size_t i = 0; i < view.n_items; i++) {
    join(arena, object, view.items[i].name, view.items[i].value);
  }
  json_object_set_new(event, "queryStringParameters", object);
}

/* The event of an HTTP API, payload version 2.0. */
static char *event_of(const struct cleave_proxy_call *call, struct cleave_proxy_request *request)
{
  struct arena *arena = &request->arena;
  json_t *http = json_object();
  put_text(http, "method", request->method);
  put_text(http, "path", request->path);
  put_text(http, "protocol", "HTTP/1.1");
  put_text(http, "sourceIp", "");
  json_t *context =
      json_pack("{s:s, s:s, s:o}", "stage", "$default", "routeKey", call->proxy->key, "http", http);
  json_t *event = json_pack("{s:s, s:s, s:o}", "version", "2.0", "routeKey", call->proxy->key,
                            "requestContext", context);
  put_text(event, "rawPath", request->path);
  put_query(arena, event, request->query);
  put_headers(arena, event, &request->headers, call->traceparent);
  int is_text = text_is_plain(request->body, request->n_body);
  if (request->n_body > 0 && is_text) {
    json_object_set_new(event, "body", json_stringn(request->body, request->n_body));
  } else if (request->n_body > 0) {
    char *text = arena_alloc(arena, base64_encoded_length(request->n_body) + 1);
    base64_encode(request->body, request->n_body, text);
    json_object_set_new(event, "body", json_string(text));
  }
  json_object_set_new(event, "isBase64Encoded", json_boolean(request->n_body > 0 && !is_text));
  char *text = json_dumps(event, JSON_COMPACT);
  json_decref(event);
  return text;
}

static void add_answer_header(struct arena *arena, struct fields *headers,
                              struct cleave_proxy_answer *answer, const char *name,
                              const char *value)
{
  if (name_equals(name, "content-type")) {
    answer->content_type = arena_string(arena, value);
  } else if (!is_of_connection(name) && !name_equals(name, "apigw-requestid")) {
    fields_add(headers, arena, arena_string(arena, name), arena_string(arena, value));
  }
}

/* What the function replied to an event, as a gateway reads it. */
static int read_reply(struct cleave_proxy_call *call, struct arena *arena,
                      const struct proxy_exchange *exchange, struct cleave_proxy_answer *answer)
{
  struct cleave_bytes bytes = {exchange->answer, exchange->n_answer};
  struct fields headers = {NULL, 0, 0};
  json_t *reply = json_read_envelope(bytes, NULL);
  json_int_t status = json_integer_value(json_object_get(reply, "statusCode"));
  const char *name;
  json_t *value;
  size_t i;
  if (status < 100 || status > 599) {
    json_decref(reply);
    return cleave_proxy_refuse(call, "the reply has no status");
  }
  answer->status = (int)status;
  json_object_foreach(json_object_get(reply, "headers"), name, value)
  {
    add_answer_header(arena, &headers, answer, name, json_value_text(arena, value));
  }
  json_array_foreach(json_object_get(reply, "cookies"), i, value)
  {
    add_answer_header(arena, &headers, answer, "Set-Cookie", json_value_text(arena, value));
  }
  answer->headers = fields_view(&headers);
  struct cleave_bytes body = json_bytes(reply, "body");
  bool is_base64 = json_is_true(json_object_get(reply, "isBase64Encoded"));
  answer->body = is_base64 && body.data
                     ? base64_decode(arena, body.data, body.length, &answer->n_body)
                     : arena_copy(arena, body.data ? body.data : "", body.length);
  answer->n_body = is_base64 ? answer->n_body : body.length;
  json_decref(reply);
  return answer->body ? 0 : cleave_proxy_refuse(call, "the reply's body is no base64");
}

/* Any status is an answer, but for those that a gateway gives in a function's place. */
static int judge_http(struct cleave_proxy_call *call, const struct proxy_exchange *exchange)
{
  bool is_gateways = exchange->status == 0 || exchange->status == 429 || exchange->status == 502 ||
                     exchange->status == 503 || exchange->status == 504;
  return is_gateways ? proxy_target_judge(call, exchange) : 0;
}

static int forward_event(struct cleave_proxy_call *call, struct cleave_proxy_request *request,
                         struct proxy_exchange *exchange, struct cleave_proxy_answer *answer)
{
  char *event = event_of(call, request);
  if (!event) {
    return cleave_proxy_refuse(call, "the request is no JSON");
  }
  exchange->body = event;
  exchange->n_body = strlen(event);
  int failed = proxy_target_call(call, exchange);
  failed = failed ? failed : proxy_exchange_judged(call, exchange, proxy_target_judge);
  failed = failed ? failed : read_reply(call, &request->arena, exchange, answer);
  free(event);
  return failed;
}

static int forward_http(struct cleave_proxy_call *call, struct cleave_proxy_request *request,
                        struct proxy_exchange *exchange, struct cleave_proxy_answer *answer)
{
  struct cleave_fields view = fields_view(&request->headers);
  struct fields headers = {NULL, 0, 0};
  exchange->method = request->method;
  exchange->url = arena_print(&request->arena, "%s%s%s%s", call->settings->front, request->path,
                              *request->query ? "?" : "", request->query);
  exchange->body = request->body;
  exchange->n_body = request->n_body;
  for (size_t i = 0; i < view.n_items; i++) {
    if (!is_of_connection(view.items[i].name)) {
      proxy_exchange_header(exchange, view.items[i].name, view.items[i].value);
    }
  }
  int failed = proxy_target_authorize(call, exchange, call->settings->front);
  failed = failed ? failed : proxy_exchange_judged(call, exchange, judge_http);
  if (failed) {
    return failed;
  }
  view = fields_view(&exchange->answer_headers);
  for (size_t i = 0; i < view.n_items; i++) {
    add_answer_header(&request->arena, &headers, answer, view.items[i].name, view.items[i].value);
  }
  answer->status = (int)exchange->status;
  answer->headers = fields_view(&headers);
  free(request->answer);
  request->answer = exchange->answer;
  exchange->answer = NULL;
  answer->body = request->answer ? request->answer : "";
  answer->n_body = exchange->n_answer;
  return 0;
}

int cleave_proxy_forward(struct cleave_proxy_call *call, struct cleave_proxy_request *request,
                         struct cleave_proxy_answer *answer)
{
  struct proxy_exchange exchange;
  bool is_event = call->settings->kind == PROXY_LAMBDA || call->settings->kind == PROXY_HOST;
  memset(answer, 0, sizeof *answer);
  answer->content_type = "";
  proxy_exchange_init(&exchange, &request->arena);
  take_trace(call, request);
  int failed = (is_event ? forward_event : forward_http)(call, request, &exchange, answer);
  proxy_exchange_clear(&exchange);
  return failed;
}

void cleave_proxy_compare_answer(struct cleave_proxy_call *call,
                                 struct cleave_proxy_request *request, int status, const void *body,
                                 size_t n_body)
{
  struct cleave_proxy_answer answer;
  int saved = errno;
  if (cleave_proxy_forward(call, request, &answer) != 0) {
    cleave_proxy_report(call);
  } else if (answer.status != status) {
    proxy_log(CLEAVE_WARNING, "difference", call->proxy,
              "the function answers otherwise than the original at $.status: %d, not %d",
              answer.status, status);
  } else if (answer.n_body != n_body || (n_body > 0 && memcmp(answer.body, body, n_body) != 0)) {
    size_t n = answer.n_body < n_body ? answer.n_body : n_body;
    size_t at = 0;
    while (at < n && answer.body[at] == ((const char *)body)[at]) {
      at++;
    }
    proxy_log(CLEAVE_WARNING, "difference", call->proxy,
              "the function answers otherwise than the original at $.body, byte %zu", at);
  }
  errno = saved;
}

const char *cleave_proxy_constant(const char *text)
{
  static struct constant {
    struct constant *next;
    char *text;
  } * known;
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  struct constant *at = known;
  size_t n = 0;
  while (at && strcmp(at->text, text) != 0) {
    at = at->next;
    n++;
  }
  if (!at && n < 256 && (at = calloc(1, sizeof *at)) != NULL) {
    at->text = strdup(text);
    at->next = known;
    known = at->text ? at : known;
  }
  pthread_mutex_unlock(&lock);
  return at && at->text ? at->text : "application/octet-stream";
}
