#include "cleave_proxy_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleave_proxy_metadata.h"
#include "encoding.h"
#include "json.h"
#include "trace.h"

#define AWS_BODY_LIMIT (6u << 20)

static int fail(struct cleave_proxy_call *call, int error_number, const char *type,
                const char *message)
{
  call->error_number = error_number;
  call->is_certain = 1;
  return cleave_error_set(&call->error, 500, type, "%s", message);
}

/* X-Ray's header of a W3C traceparent. */
static const char *xray_of(struct arena *arena, const char *traceparent)
{
  return arena_print(arena, "Root=1-%.8s-%.24s;Parent=%.16s;Sampled=%d", traceparent + 3,
                     traceparent + 11, traceparent + 36, traceparent[54] & 1);
}

int proxy_target_authorize(struct cleave_proxy_call *call, struct proxy_exchange *exchange,
                           const char *audience)
{
  const struct cleave_proxy_settings *settings = call->settings;
  proxy_exchange_header(exchange, "traceparent", call->traceparent);
  if (settings->kind == PROXY_LAMBDA || settings->kind == PROXY_HOST) {
    proxy_exchange_header(exchange, "X-Amzn-Trace-Id", xray_of(exchange->arena, call->traceparent));
  }
  if (settings->kind == PROXY_RUN && strcmp(settings->auth, "none") != 0) {
    const char *token = proxy_google_token(exchange->arena, audience);
    if (!token) {
      return fail(call, EACCES, "Proxy.NoCredential", "the metadata server gives no token");
    }
    proxy_exchange_header(exchange, "Authorization",
                          arena_print(exchange->arena, "Bearer %s", token));
  }
  if (settings->kind == PROXY_AZURE && *settings->key_env) {
    const char *key = getenv(settings->key_env);
    if (!key || !*key) {
      return fail(call, EACCES, "Proxy.NoCredential",
                  "the variable of the function key is not set");
    }
    proxy_exchange_header(exchange, "x-functions-key", key);
  }
  return 0;
}

static const char *invoke_url(const struct cleave_proxy_settings *settings, struct arena *arena)
{
  const char *base = *settings->url
                         ? settings->url
                         : arena_print(arena, "https://lambda.%s.amazonaws.com", settings->region);
  return arena_print(arena, "%s/2015-03-31/functions/%s/invocations%s%s", base, settings->function,
                     *settings->qualifier ? "?Qualifier=" : "", settings->qualifier);
}

int proxy_target_call(struct cleave_proxy_call *call, struct proxy_exchange *exchange)
{
  const struct cleave_proxy_settings *settings = call->settings;
  proxy_exchange_header(exchange, "Content-Type", "application/json");
  exchange->url = settings->url;
  if (settings->kind == PROXY_LAMBDA || settings->kind == PROXY_HOST) {
    exchange->url = invoke_url(settings, exchange->arena);
    exchange->service = settings->kind == PROXY_LAMBDA ? "lambda" : NULL;
    exchange->region = settings->region;
    if (exchange->n_body > AWS_BODY_LIMIT) {
      return fail(call, EMSGSIZE, "Proxy.TooLarge", "the parameters are larger than 6 MB");
    }
  }
  return proxy_target_authorize(call, exchange, settings->url);
}

static const char *base64_of(struct arena *arena, const char *body, size_t n_body)
{
  char *text = arena_alloc(arena, base64_encoded_length(n_body) + 1);
  base64_encode(body, n_body, text);
  return text;
}

static void set_body(struct proxy_exchange *exchange, const char *type, char *body)
{
  proxy_exchange_header(exchange, "Content-Type", type);
  exchange->body = body;
  exchange->n_body = strlen(body);
}

static void sqs_message(struct cleave_proxy_call *call, struct proxy_exchange *exchange,
                        const char *body, size_t n_body)
{
  struct arena *arena = exchange->arena;
  const char *trace = xray_of(arena, call->traceparent);
  set_body(
      exchange, "application/x-www-form-urlencoded",
      arena_print(arena,
                  "Action=SendMessage&Version=2012-11-05&MessageBody=%s"
                  "&MessageSystemAttribute.1.Name=AWSTraceHeader"
                  "&MessageSystemAttribute.1.Value.DataType=String"
                  "&MessageSystemAttribute.1.Value.StringValue=%s"
                  "&MessageAttribute.1.Name=traceparent&MessageAttribute.1.Value.DataType=String"
                  "&MessageAttribute.1.Value.StringValue=%s",
                  percent_encode(arena, body, n_body, "-_.~"),
                  percent_encode(arena, trace, strlen(trace), "-_.~"), call->traceparent));
  exchange->service = "sqs";
  exchange->region = call->settings->region;
}

int proxy_target_message(struct cleave_proxy_call *call, struct proxy_exchange *exchange,
                         const char *body, size_t n_body)
{
  const struct cleave_proxy_settings *settings = call->settings;
  struct arena *arena = exchange->arena;
  const char *url = settings->queue_url;
  if (strncmp(url, "env:", 4) == 0) {
    url = getenv(url + 4); /* an address that holds a signature is a secret */
    url = url ? url : "";
  }
  exchange->url = url;
  switch (settings->kind) {
  case PROXY_LAMBDA:
    if (*url) {
      sqs_message(call, exchange, body, n_body);
      return proxy_target_authorize(call, exchange, "");
    }
    exchange->body = body;
    exchange->n_body = n_body;
    proxy_exchange_header(exchange, "X-Amz-Invocation-Type", "Event");
    return proxy_target_call(call, exchange);
  case PROXY_HOST:
    exchange->body = body;
    exchange->n_body = n_body;
    if (!*url && !*call->proxy->key) {
      proxy_exchange_header(exchange, "X-Amz-Invocation-Type", "Event");
      return proxy_target_call(call, exchange);
    }
    exchange->url = *url ? url
                         : arena_print(arena, "%s/queues/%s/messages", settings->url,
                                       percent_encode(arena, call->proxy->key,
                                                      strlen(call->proxy->key), "-_.~"));
    proxy_exchange_header(exchange, "Content-Type", "application/octet-stream");
    break;
  case PROXY_RUN:
    set_body(exchange, "application/json",
             arena_print(arena,
                         "{\"messages\":[{\"data\":\"%s\",\"attributes\":"
                         "{\"traceparent\":\"%s\"}}]}",
                         base64_of(arena, body, n_body), call->traceparent));
    break;
  case PROXY_AZURE:
    set_body(exchange, "application/xml",
             arena_print(arena, "<QueueMessage><MessageText>%s</MessageText></QueueMessage>",
                         base64_of(arena, body, n_body)));
    break;
  }
  if (!*exchange->url) {
    return fail(call, EDESTADDRREQ, "Proxy.NoQueue", "queue_url is not set");
  }
  return proxy_target_authorize(call, exchange, "");
}

static int errno_of_status(long status)
{
  switch (status) {
  case 400:
  case 415:
  case 422:
    return EINVAL;
  case 401:
  case 403:
    return EACCES;
  case 404:
    return ENOENT;
  case 408:
  case 504:
    return ETIMEDOUT;
  case 413:
    return EMSGSIZE;
  case 429:
    return EAGAIN;
  default:
    return EIO;
  }
}

static const char *header_of(const struct proxy_exchange *exchange, const char *name)
{
  struct cleave_fields view = fields_view(&exchange->answer_headers);
  return cleave_fields_get(&view, name, true);
}

/* A Lambda function error: HTTP 200, told by a header and an errorType in the body. */
static int judge_function_error(struct cleave_proxy_call *call,
                                const struct proxy_exchange *exchange)
{
  struct cleave_bytes bytes = {exchange->answer, exchange->n_answer};
  json_t *root = cleave_json_parse(bytes, NULL);
  char type[64];
  snprintf(type, sizeof type, "%.60s", json_text(root, "errorType"));
  json_decref(root);
  bool is_refusal =
      strcmp(type, "Function.BadInput") == 0 || strcmp(type, "Function.BadRequest") == 0;
  bool is_late = strcmp(type, "Function.DeadlineExceeded") == 0 ||
                 strcmp(type, "Sandbox.Timedout") == 0 || strcmp(type, "Sandbox.Timeout") == 0;
  call->error_number = is_refusal ? EINVAL : is_late ? ETIMEDOUT : EIO;
  call->is_certain = is_refusal;
  return cleave_error_set(&call->error, 500, *type ? type : "Function.Unknown",
                          "the function failed");
}

int proxy_target_judge(struct cleave_proxy_call *call, const struct proxy_exchange *exchange)
{
  if (exchange->status == 0) {
    call->error_number = exchange->error_number;
    call->is_certain = exchange->is_unsent;
    return cleave_error_set(&call->error, 502, "Proxy.NoAnswer", "%s", exchange->problem);
  }
  if (exchange->status < 200 || exchange->status > 299) {
    call->error_number = errno_of_status(exchange->status);
    /* These are said before a function runs. */
    call->is_certain = exchange->status == 400 || exchange->status == 401 ||
                       exchange->status == 403 || exchange->status == 404 ||
                       exchange->status == 413 || exchange->status == 415 ||
                       exchange->status == 429;
    return cleave_error_set(&call->error, (int)exchange->status, "Proxy.Status", "status %ld",
                            exchange->status);
  }
  if (header_of(exchange, "X-Amz-Function-Error")) {
    return judge_function_error(call, exchange);
  }
  return 0;
}

int proxy_target_may_retry(const struct proxy_exchange *exchange)
{
  if (exchange->status == 0) {
    return exchange->error_number != EACCES && exchange->error_number != EMSGSIZE;
  }
  return exchange->status == 429 || exchange->status == 500 || exchange->status == 502 ||
         exchange->status == 503 || exchange->status == 504;
}
