#include "work.h"

#include "child.h"
#include "crash.h"
#include "current.h"
#include "encoding.h"
#include "json.h"
#include "reply.h"
#include "route.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>

int cleave_error_set(struct cleave_error *error, int status, const char *type, const char *format,
                     ...)
{
  if (error) {
    error->status = status;
    snprintf(error->type, sizeof(error->type), "%s%s", strchr(type, '.') ? "" : "Function.", type);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
  }
  return -1;
}

struct cleave_bytes error_json(struct arena *arena, const struct cleave_error *error)
{
  json_t *value =
      json_pack("{s:o,s:o,s:[]}", "errorMessage", json_safe_string(arena, error->message),
                "errorType", json_safe_string(arena, error->type), "stackTrace");
  struct cleave_bytes text = json_print(arena, value);
  json_decref(value);
  return text;
}

void work_init(struct work *work, struct arena *arena, enum cleave_platform platform)
{
  memset(work, 0, sizeof(*work));
  work->arena = arena;
  work->event = (struct cleave_event){
      .platform = platform,
      .function = "",
      .request_id = "",
      .trace_id = "",
      .traceparent = "",
      .body = {"", 0},
      .content_type = "",
      .method = "",
      .path = "",
      .raw_path = "",
      .query_string = "",
      .protocol = "",
      .source_ip = "",
      .schedule = "",
      .time = "",
  };
}

void work_clear(struct work *work)
{
  json_decref(work->json);
  work->json = NULL;
}

void work_assign(struct work *work, const struct cleave_function *function)
{
  work->function = function;
  work->event.function = function->name;
  work->event.trigger = function->trigger;
}

void work_add_messages(struct work *work, size_t n)
{
  static const struct cleave_message empty = {"", {"", 0}, "", "", "", "", 0, {NULL, 0}};
  work->messages = arena_alloc(work->arena, (n + 1) * sizeof(*work->messages));
  work->has_failed = arena_alloc(work->arena, (n + 1) * sizeof(*work->has_failed));
  work->n_messages = n;
  for (size_t i = 0; i < n; i++) {
    work->messages[i] = empty;
    work->has_failed[i] = true;
  }
}

void work_seal(struct work *work)
{
  work->event.headers = fields_view(&work->headers);
  work->event.query = fields_view(&work->query);
  work->event.parameters = fields_view(&work->parameters);
  work->event.cookies = fields_view(&work->cookies);
}

int work_route(struct work *work, const struct cleave_function *functions, size_t n_functions,
               struct cleave_error *error)
{
  struct cleave_event *event = &work->event;
  struct fields parameters = {NULL, 0, 0};
  int failure;
  const struct cleave_function *function = route_find(
      functions, n_functions, event->method, event->raw_path, work->arena, &parameters, &failure);
  if (!function) {
    return cleave_error_set(error, failure, "Function.NoRoute", "%s '%s'",
                            failure == 405   ? "method not allowed for"
                            : failure == 400 ? "embedded NUL in"
                                             : "no function serves",
                            event->raw_path);
  }
  if (parameters.n_items > 0) {
    work->parameters = parameters;
  }
  size_t length;
  event->path =
      percent_decode(work->arena, event->raw_path, strlen(event->raw_path), false, &length);
  work_assign(work, function);
  work_seal(work);
  const char *cookies = cleave_event_header(event, "cookie");
  const char *type = cleave_event_header(event, "content-type");
  fields_read_cookies(&work->cookies, work->arena, cookies ? cookies : "");
  event->content_type = type ? type : "";
  work_seal(work);
  return strlen(event->path) == length
             ? 0
             : cleave_error_set(error, 400, "Function.BadRequest", "embedded NUL in the path");
}

/* One call under the eye of the crash report. An error that the function left empty gets a text. */
static int work_call(const struct work *work, const struct cleave_event *event,
                     struct cleave_reply *reply, struct cleave_error *error)
{
  const struct cleave_function *function = work->function;
  memset(error, 0, sizeof(*error));
  int result;
  if (function->flags & CLEAVE_PROCESS_PER_EVENT) {
    result = child_call(function, event, reply, error);
  } else if (event->message && function->consume) {
    result = function->consume(event->message, error);
  } else if (function->invoke) {
    result = function->invoke(event, reply, error);
  } else {
    result = cleave_error_set(error, 500, "Function.NotCallable", "function '%s' takes no %s",
                              function->name, event->message ? "messages" : "events");
  }
  if (event->platform == CLEAVE_ON_OPENWHISK && __fpending(stdout) > 0) {
    putc('\n', stdout); /* the end of its log must begin a line */
  }
  fflush(stdout); /* a frozen process would keep it */
  if (result == 0 && reply->is_too_large) {
    result = cleave_error_set(error, 500, "Function.ResponseSizeTooLarge",
                              "the reply of '%s' is larger than %zu bytes", function->name,
                              reply->body.limit);
  }
  if (result != 0 && error->message[0] == '\0') {
    cleave_error_set(error, 500, "Function.Failed", "routine '%s' returned %d", function->routine,
                     result);
  }
  return result == 0 ? 0 : -1;
}

/* How long before the deadline no further message is begun: the longest call so far and a margin
 * for the report, but never more than half of what there was. */
static bool may_begin(int64_t longest_ms, int64_t budget_ms)
{
  int64_t left = cleave_deadline_ms_left();
  int64_t reserve = longest_ms + 100;
  return left > (reserve < budget_ms / 2 ? reserve : budget_ms / 2);
}

static int work_run_messages(struct work *work, struct cleave_reply *reply,
                             struct cleave_error *error)
{
  struct cleave_error problem;
  int64_t budget = cleave_deadline_ms_left();
  int64_t longest = 0;
  size_t n_failed = 0;
  for (size_t i = 0; i < work->n_messages; i++) {
    int64_t begin = clock_ms();
    if (!may_begin(longest, budget)) {
      cleave_log(CLEAVE_WARNING, "the deadline is near: %zu of %zu messages are left unprocessed",
                 work->n_messages - i, work->n_messages);
      if (n_failed == 0) {
        cleave_error_set(error, 503, "Function.DeadlineNear", "messages are left unprocessed");
      }
      return -1;
    }
    struct cleave_event event = work->event;
    event.message = &work->messages[i];
    event.body = work->messages[i].data;
    reply_reset(reply, NULL);
    int result = work_call(work, &event, reply, &problem);
    int64_t spent = clock_ms() - begin;
    longest = spent > longest ? spent : longest;
    if (result == 0) {
      work->has_failed[i] = false;
      continue;
    }
    cleave_log(CLEAVE_ERROR, "message '%s' failed: %s: %s", work->messages[i].id, problem.type,
               problem.message);
    if (n_failed++ == 0) {
      *error = problem;
    }
    if (work->is_ordered) {
      break;
    }
  }
  reply_reset(reply, NULL);
  return n_failed == 0 ? 0 : -1;
}

static int work_run_objects(struct work *work, struct cleave_reply *reply,
                            struct cleave_error *error)
{
  for (size_t i = 0; i < work->n_objects; i++) {
    struct cleave_event event = work->event;
    event.object = &work->objects[i];
    reply_reset(reply, NULL);
    if (work_call(work, &event, reply, error) != 0) {
      return -1;
    }
  }
  reply_reset(reply, NULL);
  return 0;
}

int work_run(struct work *work, struct cleave_reply *reply, struct cleave_error *error)
{
  int64_t deadline = current_get().deadline_ms;
  /* A child is watched by its parent, which must live to report it. */
  bool is_watched = deadline > 0 && !(work->function->flags & CLEAVE_PROCESS_PER_EVENT);
  if (is_watched) {
    crash_watch(deadline);
  }
  int result;
  if (work->messages) {
    result = work_run_messages(work, reply, error);
  } else if (work->objects) {
    result = work_run_objects(work, reply, error);
  } else {
    result = work_call(work, &work->event, reply, error);
  }
  if (is_watched) {
    crash_unwatch();
  }
  return result;
}
