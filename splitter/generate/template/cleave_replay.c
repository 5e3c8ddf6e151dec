#include "cleave_replay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleave_replay_values.h"

#define LINE_LIMIT (64u << 20)

/* One request: which values the routine is called with. */
struct request {
  const struct cleave_replay_function *function;
  uint64_t seed;
  uint64_t index; /* of the case */
  uint64_t *given;
  size_t n_given;
  int is_random; /* what is not given is random */
  int timeout_ms;
};

/* What a signal handler of the child knows. */
static struct {
  const struct guarded_memory *memory;
  int out;
} watch;

static int64_t now_ms(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void write_all(int out, const char *data, size_t n)
{
  while (n > 0) {
    ssize_t written = write(out, data, n);
    if (written < 0 && errno != EINTR) {
      return;
    }
    data += written > 0 ? written : 0;
    n -= written > 0 ? (size_t)written : 0;
  }
}

/* One line; takes VALUE. */
static void write_line(int out, json_t *value)
{
  char *text = json_dumps(value, JSON_COMPACT);
  json_decref(value);
  if (!text) {
    abort();
  }
  size_t n = strlen(text);
  text[n] = '\n';
  write_all(out, text, n + 1);
  free(text);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
  char line[400];
  size_t behind = 0, size = 0;
  const char *name = guarded_find(watch.memory, info->si_addr, &behind, &size);
  (void)number, (void)context;
  if (name) {
    int n = snprintf(line, sizeof line,
                     "{\"note\":\"it touched byte %zu of '%.200s', which has %zu\"}\n",
                     size + behind + 1, name, size);
    write_all(watch.out, line, (size_t)n);
  }
  /* The handler is gone: the same instruction ends the process now. */
}

static void watch_faults(const struct guarded_memory *memory, int out)
{
  static char stack[65536];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction action = {.sa_sigaction = on_fault,
                             .sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND)};
  watch.memory = memory;
  watch.out = out;
  sigaltstack(&alternate, NULL);
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGBUS, &action, NULL);
}

static json_t *choices_json(const struct choices *choices)
{
  json_t *array = json_array();
  for (size_t i = 0; i < choices->n_made; i++) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)choices->made[i].value);
    json_array_append_new(array, json_string(text));
  }
  return array;
}

/* The child: draws, tells the input, calls, tells the answer. */
static void run(const struct request *request, int out)
{
  const struct cleave_replay_function *function = request->function;
  struct cleave_error error = {0};
  struct choices choices;
  struct guarded_memory memory = {0};
  const char *failure = NULL;
  size_t *rooms = calloc(function->n_fields + 1, sizeof *rooms);
  void *values = calloc(1, function->size);
  if (!rooms || !values) {
    abort();
  }
  signal(SIGPIPE, SIG_DFL);
  if (function->init && function->init(&error) != 0) {
    write_line(out, json_pack("{s:s, s:s}", "outcome", "not started", "message", error.message));
    _exit(0);
  }
  choices_init(&choices, request->given, request->n_given);
  if (request->is_random) {
    choices_seed(&choices, function->name, request->seed, request->index);
  }
  replay_draw_values(function, &choices, &memory, values, rooms);
  json_t *input = choices.is_unfit ? NULL : replay_input_json(function, values);
  if (!input) {
    write_line(out, json_pack("{s:s}", "outcome", "unfit"));
    _exit(0);
  }
  write_line(out, json_pack("{s:o, s:o}", "choices", choices_json(&choices), "input", input));
  watch_faults(&memory, out);
  function->call(values);
  json_t *output = replay_output_json(function, values, rooms, &failure);
  write_line(out, failure ? json_pack("{s:s, s:s}", "outcome", "failed", "error", failure)
                          : json_pack("{s:s, s:O}", "outcome", "answered", "output", output));
  _exit(0);
}

static const char *signal_name(int number)
{
  const char *name = sigabbrev_np(number);
  return name ? name : "?";
}

/* Joins the lines of the child into one answer. */
static void read_lines(char *text, json_t *answer)
{
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    json_t *part = json_loads(line, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    if (json_is_object(part)) {
      json_object_update(answer, part);
    }
    json_decref(part);
  }
}

/* Everything that the child writes until it ends or its time is up. A new string. */
static char *read_child(int in, int64_t deadline, int *is_late)
{
  size_t n = 0, room = 65536;
  char *text = malloc(room + 1);
  for (;;) {
    struct pollfd poll_in = {.fd = in, .events = POLLIN};
    int64_t left = deadline - now_ms();
    int ready = left > 0 ? poll(&poll_in, 1, (int)left) : 0;
    if (ready < 0 && errno == EINTR) {
      continue;
    }
    *is_late = ready == 0;
    if (n == room) {
      room *= 2;
      text = room < LINE_LIMIT ? realloc(text, room + 1) : NULL;
    }
    if (!text) {
      abort();
    }
    ssize_t got = ready > 0 ? read(in, text + n, room - n) : 0;
    if (got <= 0) {
      text[n] = '\0';
      return text;
    }
    n += (size_t)got;
  }
}

static json_t *answer_request(const struct request *request)
{
  int ends[2];
  int status = 0, is_late = 0;
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return json_pack("{s:s, s:s}", "outcome", "not started", "message", strerror(errno));
  }
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    run(request, ends[1]);
  }
  close(ends[1]);
  char *text = read_child(ends[0], now_ms() + request->timeout_ms, &is_late);
  close(ends[0]);
  if (is_late) {
    kill(child, SIGKILL);
  }
  waitpid(child, &status, 0);
  json_t *answer = json_object();
  read_lines(text, answer);
  free(text);
  if (is_late) {
    json_object_set_new(answer, "outcome", json_string("timeout"));
  } else if (WIFSIGNALED(status)) {
    json_object_set_new(answer, "outcome", json_string("crashed"));
    json_object_set_new(answer, "signal", json_string(signal_name(WTERMSIG(status))));
  } else if (!json_object_get(answer, "outcome")) {
    json_object_set_new(answer, "outcome", json_string("exited"));
    json_object_set_new(answer, "code", json_integer(WEXITSTATUS(status)));
  }
  return answer;
}

/* The lists of choices that try everything once. */
static void make_plans(const struct cleave_replay_function *function, struct choice_plans *plans)
{
  choice_plans_add(plans, NULL, 0, 0); /* all plain */
  for (size_t i = 0; i < plans->n; i++) {
    struct choices choices;
    struct guarded_memory memory = {0};
    void *values = calloc(1, function->size);
    size_t *rooms = calloc(function->n_fields + 1, sizeof *rooms);
    if (!values || !rooms) {
      abort();
    }
    choices_init(&choices, plans->lists[i], plans->lengths[i]);
    replay_draw_values(function, &choices, &memory, values, rooms);
    choice_plans_learn(plans, &choices);
    choices_clear(&choices);
    guarded_clear(&memory);
    free(values);
    free(rooms);
  }
}

static void greet(const struct cleave_replay_function *functions, size_t n,
                  const struct choice_plans *plans, int out)
{
  json_t *list = json_array();
  for (size_t i = 0; i < n; i++) {
    json_array_append_new(list, json_pack("{s:s, s:I}", "name", functions[i].name, "n_boundary",
                                          (json_int_t)plans[i].n));
  }
  write_line(out, json_pack("{s:i, s:o}", "version", 1, "functions", list));
}

static uint64_t number_of(const json_t *value)
{
  return json_is_string(value) ? strtoull(json_string_value(value), NULL, 10)
                               : (uint64_t)json_integer_value(value);
}

static void read_request(const json_t *line, const struct choice_plans *plans,
                         struct request *request)
{
  const json_t *given = json_object_get(line, "choices");
  request->seed = number_of(json_object_get(line, "seed"));
  request->index = number_of(json_object_get(line, "case"));
  request->timeout_ms = (int)json_integer_value(json_object_get(line, "timeout_ms"));
  if (json_is_array(given)) {
    request->n_given = json_array_size(given);
    request->given = calloc(request->n_given + 1, sizeof *request->given);
    for (size_t i = 0; request->given && i < request->n_given; i++) {
      request->given[i] = number_of(json_array_get(given, i));
    }
  } else if (request->index < plans->n) {
    request->n_given = plans->lengths[request->index];
    request->given = calloc(request->n_given, sizeof *request->given);
    if (request->given) {
      memcpy(request->given, plans->lists[request->index], request->n_given * sizeof(uint64_t));
    }
  } else {
    request->is_random = 1;
  }
}

static json_t *serve(const struct cleave_replay_function *functions, size_t n,
                     const struct choice_plans *plans, const json_t *line)
{
  const char *name = json_string_value(json_object_get(line, "function"));
  struct request request = {0};
  for (size_t i = 0; name && i < n; i++) {
    if (strcmp(functions[i].name, name) == 0) {
      request.function = &functions[i];
      read_request(line, &plans[i], &request);
      json_t *answer = answer_request(&request);
      free(request.given);
      return answer;
    }
  }
  return json_pack("{s:s, s:s}", "outcome", "not started", "message", "no such function");
}

int cleave_replay_main(const struct cleave_replay_function *functions, size_t n)
{
  /* What the routine itself reads and prints does not come between. */
  int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
  int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
  int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  FILE *requests = in >= 0 ? fdopen(in, "r") : NULL;
  struct choice_plans *plans = calloc(n + 1, sizeof *plans);
  if (!requests || out < 0 || nowhere < 0 || !plans || dup2(nowhere, STDIN_FILENO) < 0 ||
      dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    return 1;
  }
  signal(SIGPIPE, SIG_IGN);
  for (size_t i = 0; i < n; i++) {
    make_plans(&functions[i], &plans[i]);
  }
  greet(functions, n, plans, out);
  char *text = NULL;
  size_t room = 0;
  while (getline(&text, &room, requests) > 0) {
    json_t *line = json_loads(text, 0, NULL);
    write_line(out, serve(functions, n, plans, line));
    json_decref(line);
  }
  free(text);
  for (size_t i = 0; i < n; i++) {
    choice_plans_clear(&plans[i]);
  }
  free(plans);
  fclose(requests);
  close(out);
  return 0;
}
