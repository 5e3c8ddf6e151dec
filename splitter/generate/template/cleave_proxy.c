#include "cleave_proxy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleave_proxy_log.h"
#include "cleave_proxy_settings.h"
#include "cleave_proxy_target.h"
#include "cleave_proxy_transport.h"
#include "encoding.h"
#include "json.h"
#include "trace.h"

static json_t *json(const cleave_value *value)
{
  return (json_t *)(uintptr_t)value;
}

/* Modes that a routine cannot have, and what happens instead; said once per routine. */
static enum cleave_proxy_mode possible_mode(struct cleave_proxy *proxy, enum cleave_proxy_mode mode)
{
  const char *why = NULL;
  enum cleave_proxy_mode instead = CLEAVE_PROXY_LOCAL;
  bool is_message = (proxy->flags & CLEAVE_PROXY_MESSAGE) != 0;
  if (is_message && (mode == CLEAVE_PROXY_REMOTE || mode == CLEAVE_PROXY_FALLBACK)) {
    return CLEAVE_PROXY_QUEUE;
  }
  if (is_message && mode == CLEAVE_PROXY_SHADOW) {
    why = "its function answers nobody, so that nothing can be compared: local";
  } else if (mode == CLEAVE_PROXY_SHADOW && !(proxy->flags & CLEAVE_PROXY_IDEMPOTENT)) {
    why = "shadow would do it twice, which its contract does not allow: local";
  } else if (mode == CLEAVE_PROXY_QUEUE && !(proxy->flags & CLEAVE_PROXY_UNATTENDED)) {
    why = "somebody waits for its result, a queue gives none: local";
  } else if (mode == CLEAVE_PROXY_REMOTE && !(proxy->flags & CLEAVE_PROXY_TELLS_ERROR)) {
    why = "its contract has no value that means failure: remote with local fallback";
    instead = CLEAVE_PROXY_FALLBACK;
  }
  if (!why) {
    return mode;
  }
  if (!__atomic_exchange_n(&proxy->reported, 1, __ATOMIC_RELAXED)) {
    proxy_log(CLEAVE_WARNING, "mode", proxy, "%s", why);
  }
  return instead;
}

enum cleave_proxy_mode cleave_proxy_begin(struct cleave_proxy_call *call,
                                          struct cleave_proxy *proxy, int is_inside)
{
  memset(call, 0, sizeof *call);
  call->entry_errno = errno;
  call->proxy = proxy;
  call->settings = is_inside ? NULL : proxy_settings_get(proxy);
  if (!call->settings) {
    return CLEAVE_PROXY_LOCAL;
  }
  call->mode = possible_mode(proxy, call->settings->mode);
  call->deadline_ms = proxy_clock_ms() + call->settings->deadline_ms;
  struct proxy_thread *thread = proxy_thread();
  struct arena arena;
  arena_init(&arena);
  snprintf(call->traceparent, sizeof call->traceparent, "%s",
           trace_continue(&arena, thread ? thread->traceparent : ""));
  arena_clear(&arena);
  errno = call->entry_errno;
  return call->mode;
}

void cleave_proxy_end(struct cleave_proxy_call *call)
{
  int saved = errno;
  proxy_settings_free(call->settings);
  free(call->answer);
  json_decref(json(call->expected));
  json_decref(json(call->input));
  errno = saved;
}

void cleave_proxy_trace(const char *traceparent)
{
  struct proxy_thread *thread = proxy_thread();
  if (thread) {
    snprintf(thread->traceparent, sizeof thread->traceparent, "%s",
             traceparent && trace_is_valid(traceparent) ? traceparent : "");
  }
}

int cleave_proxy_refuse(struct cleave_proxy_call *call, const char *message)
{
  call->error_number = EPROTO;
  call->is_certain = 0;
  return cleave_error_set(&call->error, 502, "Proxy.BadAnswer", "%s", message);
}

/* Waits a little longer each time, never past the deadline; false when no time is left. */
static bool wait_for_retry(const struct cleave_proxy_call *call, unsigned n)
{
  int64_t pause = (int64_t)50 << (n < 6 ? n : 6);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  pause = pause / 2 + now.tv_nsec / 1000 % (pause / 2 + 1);
  if (proxy_clock_ms() + pause >= call->deadline_ms) {
    return false;
  }
  struct timespec length = {pause / 1000, pause % 1000 * 1000000};
  while (nanosleep(&length, &length) != 0 && errno == EINTR) {
  }
  return true;
}

int proxy_exchange_judged(struct cleave_proxy_call *call, struct proxy_exchange *exchange,
                          proxy_judge judge)
{
  bool is_idempotent = (call->proxy->flags & CLEAVE_PROXY_IDEMPOTENT) != 0;
  unsigned attempts = is_idempotent ? call->settings->attempts : 1;
  int64_t started = proxy_clock_ms();
  for (unsigned i = 0;; i++) {
    exchange->timeout_ms = call->deadline_ms - proxy_clock_ms();
    if (exchange->timeout_ms <= 0) {
      call->error_number = ETIMEDOUT;
      return cleave_error_set(&call->error, 504, "Proxy.DeadlineExceeded", "no time is left");
    }
    proxy_exchange_clear(exchange);
    proxy_exchange_run(exchange);
    int failed = judge(call, exchange);
    if (!failed) {
      if (proxy_logs_calls()) {
        proxy_log(CLEAVE_INFO, "call", call->proxy,
                  "status %ld after %lld ms, attempt %u, trace %.32s", exchange->status,
                  (long long)(proxy_clock_ms() - started), i + 1, call->traceparent + 3);
      }
      return 0;
    }
    if (i + 1 >= attempts || !proxy_target_may_retry(exchange) || !wait_for_retry(call, i)) {
      return -1;
    }
  }
}

/* Posts BODY to the function; the answer's text into call->answer. */
static int post(struct cleave_proxy_call *call, const char *body)
{
  struct arena arena;
  struct proxy_exchange exchange;
  arena_init(&arena);
  proxy_exchange_init(&exchange, &arena);
  exchange.body = body;
  exchange.n_body = strlen(body);
  int failed = proxy_target_call(call, &exchange);
  failed = failed ? failed : proxy_exchange_judged(call, &exchange, proxy_target_judge);
  free(call->answer);
  call->answer = NULL;
  if (!failed) {
    call->answer = exchange.answer;
    call->n_answer = exchange.n_answer;
    exchange.answer = NULL;
  }
  proxy_exchange_clear(&exchange);
  arena_clear(&arena);
  return failed;
}

cleave_value *cleave_proxy_written(struct cleave_marshal *marshal, cleave_value *value)
{
  int is_endless = marshal->is_endless;
  cleave_marshal_end(marshal);
  if (is_endless) {
    json_decref(json(value));
  }
  return is_endless ? NULL : value;
}

static int refuse_input(struct cleave_proxy_call *call)
{
  call->error_number = EINVAL;
  call->is_certain = 1;
  return cleave_error_set(&call->error, 400, "Proxy.Input",
                          "the parameters are no JSON: they lead back to themselves, or are nested "
                          "too deep");
}

static int post_value(struct cleave_proxy_call *call, const cleave_value *input)
{
  char *body = json_dumps(json(input), JSON_COMPACT | JSON_ENCODE_ANY);
  if (!body) {
    return refuse_input(call);
  }
  int failed = post(call, body);
  free(body);
  return failed;
}

const cleave_value *cleave_proxy_ask(struct cleave_proxy_call *call, struct cleave_marshal *marshal,
                                     cleave_value *input)
{
  int failed = post_value(call, input);
  json_decref(json(input));
  if (failed) {
    return NULL;
  }
  struct cleave_bytes bytes = {call->answer, call->n_answer};
  const cleave_value *output = cleave_marshal_parse(marshal, bytes);
  if (!output || !json_is_object(json(output))) {
    cleave_proxy_refuse(call, "the answer is no JSON object");
    return NULL;
  }
  return output;
}

int cleave_proxy_send(struct cleave_proxy_call *call, cleave_value *input, int is_text)
{
  struct arena arena;
  struct proxy_exchange exchange;
  const char *text = is_text ? json_string_value(json(input)) : NULL;
  char *body = text ? strdup(text) : json_dumps(json(input), JSON_COMPACT | JSON_ENCODE_ANY);
  json_decref(json(input));
  arena_init(&arena);
  proxy_exchange_init(&exchange, &arena);
  int failed =
      body ? proxy_target_message(call, &exchange, body, strlen(body)) : refuse_input(call);
  failed = failed ? failed : proxy_exchange_judged(call, &exchange, proxy_target_judge);
  proxy_exchange_clear(&exchange);
  arena_clear(&arena);
  free(body);
  return failed;
}

int cleave_proxy_may_fall_back(struct cleave_proxy_call *call)
{
  const struct cleave_proxy *proxy = call->proxy;
  bool is_allowed = call->mode == CLEAVE_PROXY_QUEUE || call->mode == CLEAVE_PROXY_FALLBACK;
  bool is_harmless = (proxy->flags & CLEAVE_PROXY_IDEMPOTENT) || call->is_certain;
  bool is_only_answer =
      call->mode == CLEAVE_PROXY_FALLBACK && !(proxy->flags & CLEAVE_PROXY_TELLS_ERROR);
  if (!is_allowed || (!is_harmless && !is_only_answer)) {
    cleave_proxy_report(call);
    return 0;
  }
  proxy_log(CLEAVE_WARNING, "fallback", proxy, "%s: %s; answered by the original%s",
            call->error.type, call->error.message,
            is_harmless ? "" : ", though the function may have run");
  return 1;
}

void cleave_proxy_report(struct cleave_proxy_call *call)
{
  proxy_log(CLEAVE_WARNING, "failure", call->proxy, "%s: %s (errno %d)", call->error.type,
            call->error.message, call->error_number);
}

/* The place of the first difference below PLACE; values stay unsaid. */
static bool find_difference(const json_t *left, const json_t *right, char *place, size_t size)
{
  size_t n = strlen(place);
  const char *name;
  json_t *value;
  if (json_equal((json_t *)(uintptr_t)left, (json_t *)(uintptr_t)right)) {
    return false;
  }
  if (json_is_object(left) && json_is_object(right)) {
    json_object_foreach((json_t *)(uintptr_t)left, name, value)
    {
      snprintf(place + n, size - n, ".%.60s", name);
      if (find_difference(value, json_object_get(right, name), place, size)) {
        return true;
      }
      place[n] = '\0';
    }
  } else if (json_is_array(left) && json_array_size(left) == json_array_size(right)) {
    for (size_t i = 0; i < json_array_size(left); i++) {
      snprintf(place + n, size - n, "[%zu]", i);
      if (find_difference(json_array_get(left, i), json_array_get(right, i), place, size)) {
        return true;
      }
      place[n] = '\0';
    }
  }
  return true;
}

/* Leaves result and errno of an answer. */
static void keep_failure(json_t *answer)
{
  const char *name;
  json_t *value;
  void *next;
  json_object_foreach_safe(answer, next, name, value)
  {
    if (strcmp(name, "result") != 0 && strcmp(name, "errno") != 0) {
      json_object_del(answer, name);
    }
  }
}

void cleave_proxy_compare(struct cleave_proxy_call *call, int is_failure)
{
  int saved = errno;
  struct cleave_marshal marshal;
  char place[256] = "$";
  cleave_marshal_begin(&marshal, &call->error);
  cleave_value *input = call->input;
  call->input = NULL;
  const cleave_value *output = cleave_proxy_ask(call, &marshal, input);
  if (output && is_failure) {
    keep_failure(json(call->expected));
    keep_failure(json(output));
  }
  if (!output) {
    cleave_proxy_report(call);
  } else if (call->expected &&
             find_difference(json(call->expected), json(output), place, sizeof place)) {
    proxy_log(CLEAVE_WARNING, "difference", call->proxy,
              "the function answers otherwise than the original at %s", place);
  }
  cleave_marshal_end(&marshal);
  errno = saved;
}

void cleave_proxy_keep(struct cleave_proxy_call *call, struct cleave_marshal *marshal)
{
  struct proxy_thread *thread = proxy_thread();
  struct proxy_lent *lent = thread ? thread->lent : NULL;
  while (lent && lent->proxy != call->proxy) {
    lent = lent->next;
  }
  if (!lent && thread && (lent = calloc(1, sizeof *lent)) != NULL) {
    lent->proxy = call->proxy;
    lent->next = thread->lent;
    thread->lent = lent;
  }
  if (lent) {
    cleave_marshal_end(&lent->marshal);
    lent->marshal = *marshal;
    memset(marshal, 0, sizeof *marshal);
  }
}
