#include "cleave_adapters.h"

#include "cgi.h"
#include "crash.h"
#include "process.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* The web server's side of FastCGI 1.0 (Open Market, 29 April 1996): one request per connection, on
 * a socket without a name in the file system. */
#define FASTCGI_PROGRAMS 32
#define FASTCGI_MARGIN_MS 20
#define FASTCGI_RECORD 65528

enum record_type {
  RECORD_BEGIN = 1,
  RECORD_END = 3,
  RECORD_PARAMS = 4,
  RECORD_STDIN = 5,
  RECORD_STDOUT = 6,
  RECORD_STDERR = 7
};

/* A program that was started. It waits for its next request as long as this process lives, so where
 * to find it is state of the process. */
struct fastcgi {
  const struct cleave_program *program;
  pid_t pid; /* 0: not running */
  struct sockaddr_un address;
  socklen_t address_length;
};

static struct fastcgi fastcgi_started[FASTCGI_PROGRAMS];

static struct fastcgi *fastcgi_find(const struct cleave_program *program)
{
  for (size_t i = 0; i < FASTCGI_PROGRAMS; i++) {
    if (!fastcgi_started[i].program || fastcgi_started[i].program == program) {
      fastcgi_started[i].program = program;
      return &fastcgi_started[i];
    }
  }
  return NULL;
}

__attribute__((noreturn)) static void fastcgi_child(const struct cleave_program *program,
                                                    int listener)
{
  static const int numbers[] = {SIGTERM, SIGPIPE, SIGINT, SIGHUP, SIGCHLD};
  char *arguments[64];
  int n_arguments = 0;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  crash_uninstall();
  for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
    signal(numbers[i], SIG_DFL);
  }
  dup2(listener, STDIN_FILENO); /* FCGI_LISTENSOCK_FILENO */
  arguments[n_arguments++] = strdup(program->name);
  for (size_t i = 0; program->arguments && program->arguments[i] && n_arguments < 63; i++) {
    arguments[n_arguments++] = strdup(program->arguments[i]);
  }
  arguments[n_arguments] = NULL;
  exit(program->main(n_arguments, arguments));
}

static int fastcgi_start(struct fastcgi *fastcgi, struct cleave_error *error)
{
  struct sockaddr_un any = {.sun_family = AF_UNIX};
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  fastcgi->address_length = sizeof(fastcgi->address);
  /* An address of only a family makes the kernel choose a free one. */
  if (listener < 0 ||
      bind(listener, (struct sockaddr *)&any, offsetof(struct sockaddr_un, sun_path)) != 0 ||
      listen(listener, 16) != 0 ||
      getsockname(listener, (struct sockaddr *)&fastcgi->address, &fastcgi->address_length) != 0) {
    int failure = errno;
    if (listener >= 0) {
      close(listener);
    }
    return cleave_error_set(error, 500, "Function.NoProcess", "cannot open a socket: %s",
                            strerror(failure));
  }
  fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) {
    fastcgi_child(fastcgi->program, listener);
  }
  int failure = errno;
  close(listener);
  if (pid < 0) {
    return cleave_error_set(error, 500, "Function.NoProcess", "cannot start a process: %s",
                            strerror(failure));
  }
  fastcgi->pid = pid;
  return 0;
}

/* Whether the program still runs; reaps it when it has ended. */
static bool fastcgi_runs(struct fastcgi *fastcgi)
{
  if (fastcgi->pid > 0 && waitpid(fastcgi->pid, NULL, WNOHANG) == fastcgi->pid) {
    fastcgi->pid = 0;
  }
  return fastcgi->pid > 0;
}

static void fastcgi_stop(struct fastcgi *fastcgi)
{
  if (fastcgi->pid > 0) {
    kill(fastcgi->pid, SIGKILL);
    while (waitpid(fastcgi->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    fastcgi->pid = 0;
  }
}

static void record_add(struct buffer *out, enum record_type type, const void *data, size_t n)
{
  unsigned char head[8] = {
      1, (unsigned char)type, 0, 1, (unsigned char)(n >> 8), (unsigned char)(n & 0xFF), 0, 0};
  buffer_add(out, head, sizeof(head));
  buffer_add(out, data, n);
}

/* A stream: its records, then an empty one. */
static void stream_add(struct buffer *out, enum record_type type, const char *data, size_t n)
{
  while (n > 0) {
    size_t piece = n < FASTCGI_RECORD ? n : FASTCGI_RECORD;
    record_add(out, type, data, piece);
    data += piece;
    n -= piece;
  }
  record_add(out, type, "", 0);
}

static void length_add(struct buffer *out, size_t n)
{
  unsigned char bytes[4] = {(unsigned char)(0x80 | (n >> 24 & 0x7F)),
                            (unsigned char)(n >> 16 & 0xFF), (unsigned char)(n >> 8 & 0xFF),
                            (unsigned char)(n & 0xFF)};
  if (n < 128) {
    buffer_add(out, &bytes[3], 1);
  } else {
    buffer_add(out, bytes, 4);
  }
}

static void request_write(struct buffer *out, const struct cleave_event *event, struct arena *arena)
{
  static const unsigned char begin[8] = {0, 1, 0, 0,
                                         0, 0, 0, 0}; /* responder, no kept connection */
  struct cleave_fields environment = cgi_environment(arena, event);
  struct buffer parameters;
  buffer_init(&parameters, (size_t)16 * 1024 * 1024);
  for (size_t i = 0; i < environment.n_items; i++) {
    const struct cleave_field *field = &environment.items[i];
    length_add(&parameters, strlen(field->name));
    length_add(&parameters, strlen(field->value));
    buffer_add_text(&parameters, field->name);
    buffer_add_text(&parameters, field->value);
  }
  record_add(out, RECORD_BEGIN, begin, sizeof(begin));
  stream_add(out, RECORD_PARAMS, buffer_text(&parameters), parameters.length);
  stream_add(out, RECORD_STDIN, event->body.data, event->body.length);
  buffer_clear(&parameters);
}

/* Takes the whole records off input. Returns true when the request has ended. */
static bool records_take(struct buffer *input, struct buffer *output)
{
  size_t used = 0;
  bool is_end = false;
  while (!is_end && input->length - used >= 8) {
    const unsigned char *head = (const unsigned char *)input->data + used;
    size_t n = (size_t)head[4] << 8 | head[5];
    size_t whole = 8 + n + head[6];
    if (input->length - used < whole) {
      break;
    }
    if (head[1] == RECORD_STDOUT) {
      buffer_add(output, head + 8, n);
    } else if (head[1] == RECORD_STDERR && n > 0) {
      size_t n_text = n - (head[8 + n - 1] == '\n');
      cleave_log(CLEAVE_WARNING, "%.*s", (int)n_text, (const char *)head + 8);
    }
    is_end = head[1] == RECORD_END;
    used += whole;
  }
  if (used > 0) {
    memmove(input->data, input->data + used, input->length - used);
    input->length -= used;
  }
  return is_end;
}

/* Sends and receives until the end record. 0: done; 1: the program closed the connection; -1: the
 * deadline came first. */
static int talk(int descriptor, const struct buffer *request, struct buffer *output)
{
  struct buffer input;
  size_t n_sent = 0;
  int result = 1;
  char piece[16384];
  buffer_init(&input, (size_t)2 * FASTCGI_RECORD + sizeof(piece));
  for (;;) {
    int64_t left = cleave_deadline_ms_left();
    if (left <= FASTCGI_MARGIN_MS) {
      result = -1;
      break;
    }
    short events = (short)(n_sent < request->length ? POLLIN | POLLOUT : POLLIN);
    struct pollfd wait = {.fd = descriptor, .events = events};
    int64_t longest = left == INT64_MAX ? 60000 : left - FASTCGI_MARGIN_MS;
    if (poll(&wait, 1, longest < 60000 ? (int)longest : 60000) <= 0) {
      continue;
    }
    if (wait.revents & POLLOUT) {
      ssize_t n = send(descriptor, request->data + n_sent, request->length - n_sent,
                       MSG_NOSIGNAL | MSG_DONTWAIT);
      n_sent += n > 0 ? (size_t)n : 0;
    }
    if (wait.revents & (POLLIN | POLLHUP | POLLERR)) {
      ssize_t got = recv(descriptor, piece, sizeof(piece), MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        break;
      }
      if (got > 0 && (!buffer_add(&input, piece, (size_t)got) || records_take(&input, output))) {
        result = 0;
        break;
      }
    }
  }
  buffer_clear(&input);
  return result;
}

static int fastcgi_connect(struct fastcgi *fastcgi, struct cleave_error *error)
{
  for (int attempt = 0; attempt < 2; attempt++) {
    if (!fastcgi_runs(fastcgi) && fastcgi_start(fastcgi, error) != 0) {
      return -1;
    }
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 &&
        connect(descriptor, (struct sockaddr *)&fastcgi->address, fastcgi->address_length) == 0) {
      return descriptor;
    }
    if (descriptor >= 0) {
      close(descriptor);
    }
    fastcgi_stop(fastcgi); /* it closed its socket: begin anew */
  }
  return cleave_error_set(error, 500, "Function.Exit", "'%s' takes no requests",
                          fastcgi->program->name);
}

/* Why the program closed the connection without an end: it is given a moment to be reaped. */
static int fastcgi_explain(struct fastcgi *fastcgi, struct cleave_error *error)
{
  int state = 0;
  pid_t pid = 0;
  for (int turn = 0; turn < 100 && pid == 0; turn++) {
    pid = waitpid(fastcgi->pid, &state, WNOHANG);
    if (pid == 0) {
      poll(NULL, 0, 2);
    }
  }
  if (pid != fastcgi->pid) {
    fastcgi_stop(fastcgi);
    return cleave_error_set(error, 502, "Function.BadGateway", "'%s' broke off its reply",
                            fastcgi->program->name);
  }
  fastcgi->pid = 0;
  if (WIFSIGNALED(state)) {
    return cleave_error_set(error, 500, "Function.Crash", "'%s' was ended by signal %d (%s)",
                            fastcgi->program->name, WTERMSIG(state), strsignal(WTERMSIG(state)));
  }
  return cleave_error_set(error, 500, "Function.Exit", "'%s' ended with exit code %d",
                          fastcgi->program->name, WEXITSTATUS(state));
}

int cleave_fastcgi_invoke(const struct cleave_program *program, const struct cleave_event *event,
                          struct cleave_reply *reply, struct cleave_error *error)
{
  struct fastcgi *fastcgi = fastcgi_find(program);
  if (!fastcgi) {
    return cleave_error_set(error, 500, "Function.NoProcess", "more than %d FastCGI programs",
                            FASTCGI_PROGRAMS);
  }
  int descriptor = fastcgi_connect(fastcgi, error);
  if (descriptor < 0) {
    return -1;
  }
  struct buffer request;
  struct buffer output;
  crash_unwatch(); /* talk() watches the program; this process must live to report it */
  buffer_init(&request, event->body.length * 2 + (size_t)17 * 1024 * 1024);
  buffer_init(&output, reply->body.limit + (size_t)64 * 1024);
  request_write(&request, event, &reply->arena);
  int result = talk(descriptor, &request, &output);
  close(descriptor);
  if (result < 0) {
    fastcgi_stop(fastcgi);
    result = cleave_error_set(error, 504, "Function.DeadlineExceeded", "'%s' overran its deadline",
                              program->name);
  } else if (result > 0) {
    result = fastcgi_explain(fastcgi, error);
  } else {
    result = cgi_reply((struct cleave_bytes){buffer_text(&output), output.length}, reply, error);
  }
  buffer_clear(&request);
  buffer_clear(&output);
  return result;
}
