#include "runtime.h"

#include "azure.h"
#include "crash.h"
#include "lambda.h"
#include "log.h"
#include "port.h"
#include "records.h"
#include "whisk.h"

#include <errno.h>
#include <event2/util.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How long before the platform's end a call is cut off, so that the report still leaves. */
#define RUNTIME_MARGIN_MS 25

static bool was_started(const struct runtime *runtime, size_t before)
{
  for (size_t i = 0; i < before; i++) {
    if (runtime->functions[i].init == runtime->functions[before].init) {
      return true;
    }
  }
  return false;
}

int runtime_start_functions(struct runtime *runtime, struct cleave_error *error)
{
  for (size_t i = 0; i < runtime->n_functions; i++) {
    const struct cleave_function *function = &runtime->functions[i];
    if (!function->init || (runtime->only && runtime->only != function) ||
        (!runtime->only && was_started(runtime, i))) {
      continue;
    }
    current_set((struct current){function->name, "init", "", "", "", 0});
    memset(error, 0, sizeof(*error));
    int result = function->init(error);
    if (result != 0) {
      if (error->message[0] == '\0') {
        cleave_error_set(error, 500, "Function.InitFailed", "init of '%s' returned %d",
                         function->name, result);
      }
      return -1;
    }
    current_clear();
  }
  return 0;
}

void runtime_enter(struct runtime *runtime, const struct work *work, int64_t platform_deadline_ms)
{
  const struct cleave_function *function = work->function;
  int64_t limit = runtime->settings.timeout_ms > 0 ? runtime->settings.timeout_ms
                  : function                       ? (int64_t)function->timeout_ms
                                                   : 0;
  int64_t deadline = 0;
  if (platform_deadline_ms > 0) {
    deadline = platform_deadline_ms - RUNTIME_MARGIN_MS;
  } else if (limit > 0) {
    deadline = clock_ms() + limit;
  }
  current_set((struct current){
      .function = function ? function->name : "",
      .routine = function ? function->routine : "",
      .request_id = work->event.request_id,
      .trace_id = work->event.trace_id,
      .traceparent = work->event.traceparent,
      .deadline_ms = deadline,
  });
}

void runtime_leave(struct runtime *runtime)
{
  (void)runtime;
  crash_aim_log();
  current_clear();
}

const struct cleave_function *runtime_find(const struct runtime *runtime, const char *name,
                                           size_t n)
{
  for (size_t i = 0; i < runtime->n_functions; i++) {
    const char *candidate = runtime->functions[i].name;
    if (strlen(candidate) == n && memcmp(candidate, name, n) == 0) {
      return &runtime->functions[i];
    }
  }
  return NULL;
}

const struct cleave_function *runtime_find_key(const struct runtime *runtime,
                                               enum cleave_trigger trigger, const char *resource)
{
  for (size_t i = 0; i < runtime->n_functions; i++) {
    const struct cleave_function *function = &runtime->functions[i];
    if (function->trigger == trigger && function->key && *function->key != '\0' &&
        strcmp(function->key, resource_name(resource)) == 0) {
      return function;
    }
  }
  return NULL;
}

const struct cleave_function *runtime_find_sole(const struct runtime *runtime,
                                                enum cleave_trigger trigger)
{
  const struct cleave_function *sole = NULL;
  for (size_t i = 0; i < runtime->n_functions; i++) {
    if (runtime->functions[i].trigger == trigger) {
      if (sole) {
        return NULL;
      }
      sole = &runtime->functions[i];
    }
  }
  return sole;
}

/* SIGTERM is noted at once, also while a routine runs, and wakes the loop through a pipe. A signal
 * handler has no parameter, hence the variable. */
static struct {
  volatile sig_atomic_t stop;
  int ends[2];
} termination = {.ends = {-1, -1}};

static void on_terminate(int number)
{
  (void)number;
  int problem = errno;
  termination.stop = 1;
  ssize_t written = write(termination.ends[1], "", 1);
  (void)written; /* a full pipe wakes as well */
  errno = problem;
}

static void on_wake(evutil_socket_t descriptor, short what, void *data)
{
  (void)what;
  char drained[16];
  ssize_t got = read(descriptor, drained, sizeof(drained));
  (void)got; /* the variable tells what happened */
  event_base_loopbreak(data);
}

static struct event *termination_watch(struct event_base *base)
{
  if (pipe2(termination.ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return NULL;
  }
  struct event *wake = event_new(base, termination.ends[0], EV_READ | EV_PERSIST, on_wake, base);
  struct sigaction action = {.sa_handler = on_terminate, .sa_flags = SA_RESTART};
  sigaction(SIGTERM, &action, NULL);
  event_add(wake, NULL);
  return wake;
}

static bool functions_are_usable(const struct cleave_function *functions, size_t n_functions)
{
  for (size_t i = 0; functions && i < n_functions; i++) {
    const struct cleave_function *function = &functions[i];
    if (!function->name || *function->name == '\0' || !function->routine ||
        (!function->invoke && !function->consume)) {
      return false;
    }
  }
  return functions && n_functions > 0;
}

static struct event_base *base_new(void)
{
  struct event_config *config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  struct event_base *base = event_base_new_with_config(config);
  event_config_free(config);
  return base;
}

/* The function that CLEAVE_FUNCTION or _HANDLER names: whole, or the part behind the last dot. */
static const struct cleave_function *function_of_settings(const struct runtime *runtime)
{
  const char *name = runtime->settings.function;
  const char *dot = strrchr(name, '.');
  const struct cleave_function *found = runtime_find(runtime, name, strlen(name));
  if (!found && dot) {
    found = runtime_find(runtime, dot + 1, strlen(dot + 1));
  }
  return found ? found : runtime->n_functions == 1 ? &runtime->functions[0] : NULL;
}

static int runtime_run(struct runtime *runtime)
{
  switch (runtime->settings.platform) {
  case CLEAVE_ON_LAMBDA:
    return lambda_run(runtime);
  case CLEAVE_ON_AZURE:
    return azure_run(runtime);
  case CLEAVE_ON_OPENWHISK:
    return whisk_run(runtime);
  default:
    return port_run(runtime);
  }
}

int cleave_runtime_main(const struct cleave_function *functions, size_t n_functions)
{
  log_open();
  setvbuf(stdout, NULL, _IOLBF, 0); /* what a routine printed is not lost when it crashes */
  if (!functions_are_usable(functions, n_functions)) {
    cleave_log(CLEAVE_ERROR, "no usable function: each needs a name, a routine and a call");
    return 2;
  }
  struct runtime runtime = {.functions = functions, .n_functions = n_functions};
  runtime.settings = settings_read();
  runtime.only = function_of_settings(&runtime);
  runtime.base = base_new();
  if (!runtime.base) {
    cleave_log(CLEAVE_ERROR, "cannot open an event loop");
    return 1;
  }
  arena_init(&runtime.arena);
  reply_init(&runtime.reply, runtime.settings.max_body);
  signal(SIGPIPE, SIG_IGN);
  crash_install();
  runtime.stop = &termination.stop;
  struct event *wake = termination_watch(runtime.base);
  int status = wake ? runtime_run(&runtime) : 1;
  current_clear(); /* from here on exit() is no routine's */
  if (wake) {
    event_free(wake);
  }
  event_base_free(runtime.base);
  reply_clear(&runtime.reply);
  arena_clear(&runtime.arena);
  return status;
}
