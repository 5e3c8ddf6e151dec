#include "cleave_adapters.h"

#include "cgi.h"
#include "encoding.h"
#include "process.h"
#include "reply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PROGRAM_ARGUMENTS 4096

/* What a program is started with, and what it left. */
struct program_run {
  const struct cleave_program *program;
  char **arguments; /* ended by NULL */
  int n_arguments;
  struct cleave_bytes input;
  struct cleave_fields environment;
  struct buffer output;
  struct buffer problems;
  bool captures_problems;
  bool is_cut;
};

static void run_init(struct program_run *run, const struct cleave_program *program,
                     struct cleave_reply *reply)
{
  memset(run, 0, sizeof(*run));
  run->program = program;
  run->arguments = arena_alloc(&reply->arena, (PROGRAM_ARGUMENTS + 2) * sizeof(*run->arguments));
  run->arguments[run->n_arguments++] = arena_string(&reply->arena, program->name);
  for (size_t i = 0; program->arguments && program->arguments[i]; i++) {
    if (run->n_arguments < PROGRAM_ARGUMENTS) {
      run->arguments[run->n_arguments++] = arena_string(&reply->arena, program->arguments[i]);
    }
  }
  buffer_init(&run->output, reply->body.limit);
  buffer_init(&run->problems, reply->body.limit);
}

static void run_clear(struct program_run *run)
{
  buffer_clear(&run->output);
  buffer_clear(&run->problems);
}

static int run_add_argument(struct program_run *run, struct cleave_reply *reply, const char *text,
                            struct cleave_error *error)
{
  if (run->n_arguments >= PROGRAM_ARGUMENTS) {
    return cleave_error_set(error, 400, "Function.BadRequest", "more than %d arguments",
                            PROGRAM_ARGUMENTS);
  }
  run->arguments[run->n_arguments++] = arena_string(&reply->arena, text);
  return 0;
}

/* Standard input as a file in memory: the program may seek, and no pipe can fill up. */
static int input_open(struct cleave_bytes input)
{
  int descriptor = memfd_create("stdin", MFD_CLOEXEC);
  if (descriptor >= 0 && (!process_write(descriptor, input.data, input.length) ||
                          lseek(descriptor, 0, SEEK_SET) != 0)) {
    close(descriptor);
    return -1;
  }
  return descriptor;
}

__attribute__((noreturn)) static void run_child(const struct program_run *run,
                                                const struct process *process, int input)
{
  for (size_t i = 0; i < run->environment.n_items; i++) {
    setenv(run->environment.items[i].name, run->environment.items[i].value, 1);
  }
  dup2(input, STDIN_FILENO);
  dup2(process->output, STDOUT_FILENO);
  if (process->problems >= 0) {
    dup2(process->problems, STDERR_FILENO);
    close(process->problems);
  }
  close(process->output);
  close(input);
  clearerr(stdin);
  setvbuf(stdout, NULL, _IOFBF, BUFSIZ); /* as a program's standard output is when piped */
  exit(run->program->main(run->n_arguments, run->arguments));
}

/* Returns the exit code, or -1 with error set. */
static int run_program(struct program_run *run, struct cleave_error *error)
{
  int input = input_open(run->input);
  if (input < 0) {
    return cleave_error_set(error, 500, "Function.NoProcess", "cannot write standard input: %s",
                            strerror(errno));
  }
  struct process process;
  if (process_start(&process, run->captures_problems, error) != 0) {
    close(input);
    return -1;
  }
  if (process.pid == 0) {
    run_child(run, &process, input);
  }
  close(input);
  int code = process_finish(&process, &run->output, &run->problems, &run->is_cut,
                            run->program->name, error);
  if (code >= 0 && run->is_cut) {
    return cleave_error_set(error, 500, "Function.ResponseSizeTooLarge",
                            "the output of '%s' is larger than %zu bytes", run->program->name,
                            run->output.limit);
  }
  return code;
}

static int refuse(struct cleave_error *error, const char *what)
{
  return cleave_error_set(error, 400, "Function.BadRequest", "%s", what);
}

static int read_arguments(const json_t *json, struct program_run *run, struct cleave_reply *reply,
                          struct cleave_error *error)
{
  const json_t *list = json_object_get(json, "arguments");
  if (list && !json_is_array(list)) {
    return refuse(error, "arguments is no array");
  }
  size_t i;
  json_t *value;
  json_array_foreach(list, i, value)
  {
    if (!json_is_string(value)) {
      return refuse(error, "arguments holds something that is no string");
    }
    if (run_add_argument(run, reply, json_string_value(value), error) != 0) {
      return -1;
    }
  }
  return 0;
}

static int read_input(const json_t *json, struct program_run *run, struct cleave_reply *reply,
                      struct cleave_error *error)
{
  const json_t *text = json_object_get(json, "stdin");
  const json_t *base64 = json_object_get(json, "stdin_base64");
  if ((text && !json_is_string(text)) || (base64 && (text || !json_is_string(base64)))) {
    return refuse(error, "stdin or stdin_base64 is one string");
  }
  run->input = (struct cleave_bytes){"", 0};
  if (text) {
    size_t n = json_string_length(text);
    run->input = (struct cleave_bytes){arena_copy(&reply->arena, json_string_value(text), n), n};
  } else if (base64) {
    run->input.data = base64_decode(&reply->arena, json_string_value(base64),
                                    json_string_length(base64), &run->input.length);
    if (!run->input.data) {
      return refuse(error, "stdin_base64 is not base64");
    }
  }
  return 0;
}

static int read_environment(const json_t *json, struct program_run *run, struct cleave_reply *reply,
                            struct cleave_error *error)
{
  json_t *object = json_object_get(json, "environment");
  struct fields fields = {NULL, 0, 0};
  const char *name;
  json_t *value;
  if (object && !json_is_object(object)) {
    return refuse(error, "environment is no object");
  }
  json_object_foreach(object, name, value)
  {
    if (!json_is_string(value) || *name == '\0' || strchr(name, '=')) {
      return refuse(error, "environment holds something that is no name with a string");
    }
    fields_add(&fields, &reply->arena, arena_string(&reply->arena, name),
               arena_string(&reply->arena, json_string_value(value)));
  }
  run->environment = fields_view(&fields);
  return 0;
}

static int read_direct(const struct cleave_event *event, struct program_run *run,
                       struct cleave_reply *reply, struct cleave_error *error)
{
  json_t *json = cleave_event_json(event, error);
  if (!json) {
    return -1;
  }
  static const char *const known[] = {"arguments", "stdin", "stdin_base64", "environment"};
  int result =
      json_is_object(json) || json_is_null(json) ? 0 : refuse(error, "the event is no object");
  const char *name;
  json_t *value;
  json_object_foreach(json, name, value)
  {
    bool is_known = false;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
      is_known = is_known || strcmp(known[i], name) == 0;
    }
    if (!is_known && result == 0) {
      result = cleave_error_set(error, 400, "Function.BadRequest", "unknown member '%.100s'", name);
    }
  }
  if (result == 0 &&
      (read_arguments(json, run, reply, error) != 0 || read_input(json, run, reply, error) != 0 ||
       read_environment(json, run, reply, error) != 0)) {
    result = -1;
  }
  json_decref(json);
  return result;
}

static void set_output(json_t *object, struct cleave_reply *reply, const char *name,
                       const struct buffer *buffer)
{
  if (utf8_is_valid(buffer_text(buffer), buffer->length)) {
    json_object_set_new(object, name, json_stringn(buffer_text(buffer), buffer->length));
    return;
  }
  char *text = arena_alloc(&reply->arena, base64_encoded_length(buffer->length) + 1);
  base64_encode(buffer->data, buffer->length, text);
  json_object_set_new(object, arena_print(&reply->arena, "%s_base64", name), json_string(text));
}

static int answer_direct(const struct program_run *run, int code, struct cleave_reply *reply)
{
  json_t *object = json_pack("{s:i}", "exit_code", code);
  set_output(object, reply, "stdout", &run->output);
  set_output(object, reply, "stderr", &run->problems);
  return cleave_reply_json(reply, object);
}

static int answer_http(const struct program_run *run, int code, struct cleave_reply *reply)
{
  cleave_reply_status(reply, code == 0 ? 200 : 500);
  cleave_reply_header(reply, "x-exit-code", arena_print(&reply->arena, "%d", code));
  return cleave_reply_write(reply, buffer_text(&run->output), run->output.length);
}

static int answer(const struct program_run *run, int code, const struct cleave_event *event,
                  struct cleave_reply *reply, struct cleave_error *error)
{
  if (event->trigger == CLEAVE_DIRECT) {
    return answer_direct(run, code, reply);
  }
  if (event->trigger == CLEAVE_HTTP) {
    return answer_http(run, code, reply);
  }
  cleave_reply_write(reply, buffer_text(&run->output), run->output.length);
  return code == 0 ? 0
                   : cleave_error_set(error, 500, "Function.Exit", "'%s' ended with exit code %d",
                                      run->program->name, code);
}

int cleave_main_invoke(const struct cleave_program *program, const struct cleave_event *event,
                       struct cleave_reply *reply, struct cleave_error *error)
{
  struct program_run run;
  run_init(&run, program, reply);
  int result = 0;
  if (event->trigger == CLEAVE_DIRECT) {
    run.captures_problems = true;
    result = read_direct(event, &run, reply, error);
  } else {
    run.input = event->body;
    for (size_t i = 0; i < event->query.n_items && result == 0; i++) {
      if (strcmp(event->query.items[i].name, "arg") == 0) {
        result = run_add_argument(&run, reply, event->query.items[i].value, error);
      }
    }
  }
  int code = result == 0 ? run_program(&run, error) : -1;
  result = code < 0 ? -1 : answer(&run, code, event, reply, error);
  run_clear(&run);
  return result;
}

int cleave_cgi_invoke(const struct cleave_program *program, const struct cleave_event *event,
                      struct cleave_reply *reply, struct cleave_error *error)
{
  struct program_run run;
  run_init(&run, program, reply);
  run.input = event->body;
  run.environment = cgi_environment(&reply->arena, event);
  int result = run_program(&run, error);
  if (result >= 0) {
    struct cleave_bytes output = {buffer_text(&run.output), run.output.length};
    if (result > 0) {
      cleave_log(CLEAVE_WARNING, "'%s' ended with exit code %d", program->name, result);
    }
    result = cgi_reply(output, reply, error);
  }
  run_clear(&run);
  return result;
}
