#include "whisk.h"

#include "crash.h"
#include "encoding.h"
#include "json.h"
#include "log.h"
#include "process.h"

#include <ctype.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JSON_TYPE "application/json"

struct whisk {
  struct runtime *runtime;
  bool is_initialised; /* /init was answered with 200 */
  bool is_started;     /* the functions' init ran */
  bool has_failed;     /* it failed: another container has to be made */
};

static void send_json(struct whisk *whisk, struct exchange *exchange, int status, json_t *value)
{
  const struct cleave_field type = {"Content-Type", JSON_TYPE};
  exchange_reply(exchange, status, &type, 1, json_print(&whisk->runtime->arena, value));
  json_decref(value);
}

/* The invoker reads the log of an activation up to these lines; they must begin a line. */
static void end_log(void)
{
  if (__fpending(stdout) > 0) {
    putc('\n', stdout);
  }
  fflush(NULL);
  process_write(log_descriptor(), WHISK_SENTINEL, sizeof(WHISK_SENTINEL) - 1);
  process_write(STDERR_FILENO, WHISK_SENTINEL, sizeof(WHISK_SENTINEL) - 1);
}

static void send_problem(struct whisk *whisk, struct exchange *exchange, int status,
                         const char *what)
{
  cleave_log(status < 500 ? CLEAVE_WARNING : CLEAVE_ERROR, "%s", what);
  end_log();
  send_json(whisk, exchange, status,
            json_pack("{s:o}", "error", json_safe_string(&whisk->runtime->arena, what)));
}

static bool is_variable(const char *name)
{
  for (const char *letter = name; *letter != '\0'; letter++) {
    if (!isalnum((unsigned char)*letter) && *letter != '_') {
      return false;
    }
  }
  return *name != '\0' && !isdigit((unsigned char)*name);
}

/* Text as it is, other values as JSON; what holds a NUL is left out. */
static void export_value(struct whisk *whisk, const char *name, const json_t *value)
{
  struct cleave_bytes text = {"", 0};
  if (json_is_string(value)) {
    text = (struct cleave_bytes){json_string_value(value), json_string_length(value)};
  } else if (!json_is_null(value)) {
    text = json_print(&whisk->runtime->arena, value);
  }
  if (is_variable(name) && strlen(text.data) == text.length) {
    setenv(name, text.data, 1);
  }
}

/* Names of what a function reads, NULL for one that is not chosen. */
static const char *const *variables_of(const struct runtime *runtime,
                                       const struct cleave_function *function)
{
  return !runtime->only || runtime->only == function ? function->environment : NULL;
}

/* Variables that functions read and that nobody has set yet. */
static bool is_missing(const struct whisk *whisk)
{
  const struct runtime *runtime = whisk->runtime;
  for (size_t i = 0; i < runtime->n_functions; i++) {
    const char *const *name = variables_of(runtime, &runtime->functions[i]);
    for (; name && *name; name++) {
      if (!getenv(*name)) {
        return true;
      }
    }
  }
  return false;
}

static int start(struct whisk *whisk, struct cleave_error *error)
{
  crash_aim_log();
  whisk->is_started = true;
  whisk->has_failed = runtime_start_functions(whisk->runtime, error) != 0;
  return whisk->has_failed ? -1 : 0;
}

/* The function that this container is: called like the entry point, or like the action. false when
 * there is none of the entry point's name. */
static bool choose(struct whisk *whisk, const json_t *value)
{
  struct runtime *runtime = whisk->runtime;
  const char *entry = json_text(value, "main");
  bool is_named = *entry != '\0' && strcmp(entry, "main") != 0;
  const char *name = is_named ? entry : json_text(value, "name");
  const struct cleave_function *found = runtime_find(runtime, name, strlen(name));
  if (found && (is_named || !runtime->only)) {
    runtime->only = found;
  }
  return found || !is_named;
}

static void handle_init(struct whisk *whisk, struct exchange *exchange, const json_t *body,
                        const struct cleave_error *malformed)
{
  const json_t *value = json_object_member(body, "value");
  struct cleave_error error = {0};
  const char *name;
  json_t *member;
  if (whisk->is_initialised || whisk->has_failed) {
    send_problem(whisk, exchange, 403, "Cannot initialize the action more than once.");
    return;
  }
  if (!body || !json_is_object(value)) {
    send_problem(whisk, exchange, 400,
                 body ? "Error unmarshaling request: no object called value" : malformed->message);
    return;
  }
  if (*json_text(value, "code") != '\0') {
    send_problem(whisk, exchange, 403,
                 "This image holds its function: create the action without code.");
    return;
  }
  if (!choose(whisk, value)) {
    send_problem(whisk, exchange, 502, "The image holds no function of the name of main.");
    return;
  }
  json_object_foreach(json_object_get(value, "env"), name, member)
  {
    export_value(whisk, name, member);
  }
  if (!is_missing(whisk) && start(whisk, &error) != 0) {
    send_problem(whisk, exchange, 502, error.message);
    return;
  }
  whisk->is_initialised = true;
  send_json(whisk, exchange, 200, json_pack("{s:b}", "ok", 1));
}

/* The activation's own fields: __OW_ACTIVATION_ID and so on. */
static void export_context(struct whisk *whisk, const json_t *body)
{
  const char *name;
  json_t *member;
  json_object_foreach((json_t *)body, name, member)
  {
    char *variable = arena_print(&whisk->runtime->arena, "__OW_%s", name);
    for (char *letter = variable; *letter != '\0'; letter++) {
      *letter = (char)toupper((unsigned char)*letter);
    }
    if (strcmp(name, "value") != 0) {
      export_value(whisk, variable, member);
    }
  }
}

/* Parameters bound to the action that a function reads as variables: they leave the event, and are
 * exported before the start, so that no later caller can change them. */
static void take_settings(struct whisk *whisk, json_t *value)
{
  const struct runtime *runtime = whisk->runtime;
  for (size_t i = 0; i < runtime->n_functions; i++) {
    const char *const *name = variables_of(runtime, &runtime->functions[i]);
    for (; name && *name; name++) {
      const json_t *member = json_object_get(value, *name);
      if (member && !whisk->is_started && !getenv(*name)) {
        export_value(whisk, *name, member);
      }
    }
  }
  for (size_t i = 0; i < runtime->n_functions; i++) {
    const char *const *name = runtime->functions[i].environment;
    for (; name && *name; name++) {
      json_object_del(value, *name);
    }
  }
}

/* {"error":…} with status 200 is what OpenWhisk takes for the application's own error and passes to
 * a web caller; any other status says that the action is broken. */
static json_t *failure_of(struct whisk *whisk, const struct work *work,
                          const struct cleave_error *error)
{
  struct arena *arena = &whisk->runtime->arena;
  struct cleave_bytes text = error_json(arena, error);
  bool is_web = work->event.trigger == CLEAVE_HTTP || *work->event.method != '\0';
  int status = error->status >= 400 && error->status <= 599 ? error->status : 500;
  json_t *told = is_web ? json_pack("{s:i,s:{s:s},s:s%}", "statusCode", status, "headers",
                                    "Content-Type", JSON_TYPE, "body", text.data, text.length)
                        : json_read_envelope(text, NULL);
  bool is_caller = is_web && status < 500;
  cleave_log(status < 500 ? CLEAVE_WARNING : CLEAVE_ERROR, "%s: %s", error->type, error->message);
  return is_caller ? told : json_pack("{s:o}", "error", told);
}

/* The answer of a call that went well, or NULL with error set. */
static json_t *answer_of(struct whisk *whisk, const struct work *work, struct cleave_error *error)
{
  struct cleave_reply *reply = &whisk->runtime->reply;
  if (work->event.trigger == CLEAVE_HTTP) {
    return whisk_web_reply(&whisk->runtime->arena, reply, error);
  }
  if (work->event.trigger != CLEAVE_DIRECT) {
    return json_object();
  }
  json_t *answer = json_read_envelope(reply_json_text(reply), NULL);
  if (!json_is_object(answer) && !json_is_array(answer)) {
    json_decref(answer);
    cleave_error_set(error, 502, "Function.BadReply",
                     "The action did not return a dictionary or array.");
    return NULL;
  }
  return answer;
}

static int64_t deadline_of(struct whisk *whisk, const json_t *body)
{
  return strtoll(json_scalar(&whisk->runtime->arena, body, "deadline"), NULL, 10);
}

static void activate(struct whisk *whisk, struct exchange *exchange, const json_t *body,
                     const json_t *value)
{
  struct runtime *runtime = whisk->runtime;
  struct work work;
  struct cleave_error error = {0};
  work_init(&work, &runtime->arena, CLEAVE_ON_OPENWHISK);
  port_identify(&work, exchange_request(exchange), "X-Request-Id");
  if (*json_text(body, "activation_id") != '\0') {
    work.event.request_id = json_text(body, "activation_id");
  }
  if (runtime->only) {
    work_assign(&work, runtime->only);
  }
  reply_reset(&runtime->reply, NULL);
  crash_aim_action(exchange_descriptor(exchange));
  runtime_enter(runtime, &work, deadline_of(whisk, body));
  int result = whisk_read(runtime, &work, value, &error);
  if (result == 0) {
    runtime_enter(runtime, &work, deadline_of(whisk, body));
    result = work_run(&work, &runtime->reply, &error);
  }
  json_t *answer = result == 0 ? answer_of(whisk, &work, &error) : failure_of(whisk, &work, &error);
  runtime_leave(runtime);
  if (answer) {
    end_log();
    send_json(whisk, exchange, 200, answer);
  } else {
    send_problem(whisk, exchange, 502, error.message);
  }
  work_clear(&work);
}

/* The one function of a container, unless the action is a web action that routes tell apart. */
static void handle_run(struct whisk *whisk, struct exchange *exchange, json_t *body,
                       const struct cleave_error *malformed)
{
  json_t *value = json_object_get(body, "value");
  struct cleave_error error = {0};
  if (!whisk->is_initialised) {
    send_problem(whisk, exchange, 500, "no action defined yet");
    return;
  }
  if (!json_is_object(body) || (value && !json_is_object(value) && !json_is_array(value))) {
    send_problem(whisk, exchange, 400,
                 body ? "The activation holds no object called value." : malformed->message);
    return;
  }
  if (!value) {
    value = json_object();
    json_object_set_new(body, "value", value);
  }
  export_context(whisk, body);
  take_settings(whisk, value);
  if (!whisk->is_started && start(whisk, &error) != 0) {
    send_problem(whisk, exchange, 502, error.message);
  } else if (whisk->has_failed) {
    send_problem(whisk, exchange, 502, "The action failed to start.");
  } else {
    activate(whisk, exchange, body, value);
  }
}

static void whisk_handle(struct whisk *whisk, struct exchange *exchange)
{
  const struct wire *request = exchange_request(exchange);
  const char *target = buffer_text(&request->target);
  size_t n = strcspn(target, "?#");
  bool is_init = n == 5 && memcmp(target, "/init", 5) == 0;
  bool is_run = n == 4 && memcmp(target, "/run", 4) == 0;
  struct cleave_error error = {0};
  if (!is_init && !is_run) {
    send_problem(whisk, exchange, 404, "An action answers /init and /run.");
    return;
  }
  if (request->parser.method != HTTP_POST) {
    send_problem(whisk, exchange, 405, "An action is asked with POST.");
    return;
  }
  struct cleave_bytes text = {buffer_text(&request->body), request->body.length};
  json_t *body = json_read_envelope(text, &error);
  if (is_init) {
    handle_init(whisk, exchange, body, &error);
  } else {
    handle_run(whisk, exchange, body, &error);
  }
  json_decref(body);
}

int whisk_run(struct runtime *runtime)
{
  struct whisk whisk = {.runtime = runtime};
  struct server *server = port_listen(runtime);
  struct exchange *exchange;
  if (!server) {
    return 1;
  }
  while (!whisk.has_failed && (exchange = server_next(server))) {
    arena_reset(&runtime->arena);
    whisk_handle(&whisk, exchange);
  }
  server_free(server);
  return whisk.has_failed ? 1 : 0;
}
