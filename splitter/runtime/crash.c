#include "crash.h"

#include "current.h"
#include "encoding.h"
#include "log.h"
#include "whisk.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A real-time signal that neither glibc nor a monolith's alarm() uses. */
#define CRASH_TIMER_SIGNAL (SIGRTMAX - 3)
#define CRASH_TEXT 2048

/* How a process ends: by a signal; by the timer's, which means too late; or, without one, because
 * the routine called exit(). */
struct crash_end {
  int number; /* of the signal, or 0 */
  int status; /* of exit() */
};

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};

enum crash_target { TARGET_LOG, TARGET_POST, TARGET_CONNECTION, TARGET_ACTION };

static struct {
  enum crash_target target;
  struct sockaddr_storage address;
  socklen_t address_length;
  char host[300];
  char path[1024];
  int connection;
  timer_t timer;
  int has_timer;
  int is_installed;
  volatile sig_atomic_t is_reporting;
  _Alignas(16) char stack[32 * 1024];
} crash = {.connection = -1};

/* A text with a limit, for the handler: appends what fits. */
struct crash_text {
  char bytes[CRASH_TEXT];
  size_t length;
};

static void say(struct crash_text *text, const char *more)
{
  size_t n = strlen(more);
  size_t room = sizeof(text->bytes) - 1 - text->length;
  n = n < room ? n : room;
  memcpy(text->bytes + text->length, more, n);
  text->length += n;
  text->bytes[text->length] = '\0';
}

static void say_escaped(struct crash_text *text, const char *more)
{
  text->length +=
      json_escape_ascii(text->bytes + text->length, sizeof(text->bytes) - text->length, more);
}

static void say_number(struct crash_text *text, size_t number)
{
  char digits[24];
  size_t i = sizeof(digits) - 1;
  digits[i] = '\0';
  do {
    digits[--i] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  say(text, digits + i);
}

static const char *signal_name(int number)
{
  switch (number) {
  case SIGSEGV:
    return "SIGSEGV";
  case SIGBUS:
    return "SIGBUS";
  case SIGILL:
    return "SIGILL";
  case SIGFPE:
    return "SIGFPE";
  case SIGABRT:
    return "SIGABRT";
  default:
    return "SIGSYS";
  }
}

static void say_message(struct crash_text *text, struct crash_end end)
{
  struct current current = current_get();
  const char *routine = *current.routine != '\0' ? current.routine : "the start of the process";
  say(text, "routine '");
  say_escaped(text, routine);
  if (end.number == 0) {
    say(text, "' ended the process with status ");
    say_number(text, (size_t)(end.status & 255));
  } else if (end.number == CRASH_TIMER_SIGNAL) {
    say(text, "' overran its deadline");
  } else {
    say(text, "' was ended by ");
    say(text, signal_name(end.number));
  }
}

static void write_all(int descriptor, const char *data, size_t n)
{
  while (n > 0) {
    ssize_t written = write(descriptor, data, n);
    if (written <= 0) {
      return;
    }
    data += written;
    n -= (size_t)written;
  }
}

static void crash_log(struct crash_end end)
{
  struct current current = current_get();
  struct crash_text line = {.length = 0};
  say(&line, "{\"level\":\"error\",\"severity\":\"ERROR\",\"message\":\"");
  say_message(&line, end);
  say(&line, "\",\"function\":\"");
  say_escaped(&line, current.function);
  say(&line, "\",\"request_id\":\"");
  say_escaped(&line, current.request_id);
  say(&line, "\",\"trace_id\":\"");
  say_escaped(&line, current.trace_id);
  say(&line, "\"}\n");
  write_all(log_descriptor(), line.bytes, line.length);
}

static const char *error_type(struct crash_end end)
{
  return end.number == 0                    ? "Function.Exit"
         : end.number == CRASH_TIMER_SIGNAL ? "Function.DeadlineExceeded"
                                            : "Function.Crash";
}

static void say_body(struct crash_text *body, struct crash_end end)
{
  say(body, "{\"errorMessage\":\"");
  say_message(body, end);
  say(body, "\",\"errorType\":\"");
  say(body, error_type(end));
  say(body, "\",\"stackTrace\":[]}");
}

static void crash_post(struct crash_end end)
{
  struct crash_text body = {.length = 0};
  say_body(&body, end);
  struct crash_text request = {.length = 0};
  say(&request, "POST ");
  say(&request, crash.path);
  say(&request, " HTTP/1.1\r\nHost: ");
  say(&request, crash.host);
  say(&request, "\r\nContent-Type: application/json\r\nConnection: close\r\n"
                "Lambda-Runtime-Function-Error-Type: ");
  say(&request, error_type(end));
  say(&request, "\r\nContent-Length: ");
  say_number(&request, body.length);
  say(&request, "\r\n\r\n");
  say(&request, body.bytes);
  int descriptor = socket(crash.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 ||
      connect(descriptor, (const struct sockaddr *)&crash.address, crash.address_length) != 0) {
    return;
  }
  write_all(descriptor, request.bytes, request.length);
  /* The answer is awaited so that the report has arrived before the process is gone. */
  struct pollfd wait = {.fd = descriptor, .events = POLLIN};
  if (poll(&wait, 1, 1000) == 1) {
    char answer[512];
    ssize_t got = read(descriptor, answer, sizeof(answer));
    (void)got;
  }
}

static void crash_reply(struct crash_end end)
{
  bool is_late = end.number == CRASH_TIMER_SIGNAL;
  bool is_action = crash.target == TARGET_ACTION;
  struct crash_text body = {.length = 0};
  say(&body, is_action ? "{\"error\":" : "");
  say_body(&body, end);
  say(&body, is_action ? "}" : "");
  struct crash_text reply = {.length = 0};
  say(&reply, is_action ? "HTTP/1.1 502 Bad Gateway\r\n"
              : is_late ? "HTTP/1.1 504 Gateway Timeout\r\n"
                        : "HTTP/1.1 500 Internal Server Error\r\n");
  say(&reply, "Content-Type: application/json\r\nConnection: close\r\nContent-Length: ");
  say_number(&reply, body.length);
  say(&reply, "\r\n\r\n");
  say(&reply, body.bytes);
  write_all(crash.connection, reply.bytes, reply.length);
  shutdown(crash.connection, SHUT_WR);
}

static void crash_report(struct crash_end end)
{
  if (crash.is_reporting) { /* a crash while reporting one ends the process at once */
    return;
  }
  crash.is_reporting = 1;
  crash_log(end);
  if (crash.target == TARGET_POST) {
    crash_post(end);
  } else if (crash.target == TARGET_CONNECTION) {
    crash_reply(end);
  } else if (crash.target == TARGET_ACTION) {
    /* What the routine printed last may not have ended its line. */
    write_all(log_descriptor(), "\n" WHISK_SENTINEL, sizeof(WHISK_SENTINEL));
    write_all(STDERR_FILENO, "\n" WHISK_SENTINEL, sizeof(WHISK_SENTINEL));
    crash_reply(end);
  }
}

/* The monolith's own way out: exit() in the middle of a call. */
static void crash_leave(int status, void *unused)
{
  (void)unused;
  if (crash.is_installed && *current_get().function != '\0') {
    fflush(NULL);
    crash_report((struct crash_end){.status = status});
    _exit((status & 255) != 0 ? status : 1);
  }
}

static void crash_handle(int number)
{
  crash_report((struct crash_end){.number = number});
  _exit(number == CRASH_TIMER_SIGNAL ? 124 : 128 + number);
}

void crash_install(void)
{
  crash.is_installed = 1;
  on_exit(crash_leave, NULL);
  stack_t stack = {.ss_sp = crash.stack, .ss_size = sizeof(crash.stack)};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_handler = crash_handle, .sa_flags = SA_ONSTACK | SA_NODEFER};
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < sizeof(crash_signals) / sizeof(*crash_signals); i++) {
    sigdelset(&action.sa_mask, crash_signals[i]);
  }
  for (size_t i = 0; i < sizeof(crash_signals) / sizeof(*crash_signals); i++) {
    sigaction(crash_signals[i], &action, NULL);
  }
  sigaction(CRASH_TIMER_SIGNAL, &action, NULL);
}

void crash_uninstall(void)
{
  for (size_t i = 0; i < sizeof(crash_signals) / sizeof(*crash_signals); i++) {
    signal(crash_signals[i], SIG_DFL);
  }
  signal(CRASH_TIMER_SIGNAL, SIG_DFL);
  crash.is_installed = 0;
  crash.has_timer = 0; /* timers are not inherited */
  crash.target = TARGET_LOG;
}

static void copy_text(char *out, size_t size, const char *text)
{
  size_t n = strlen(text);
  n = n < size - 1 ? n : size - 1;
  memcpy(out, text, n);
  out[n] = '\0';
}

void crash_aim_post(const struct sockaddr *address, socklen_t length, const char *host,
                    const char *path)
{
  crash.target = TARGET_LOG;
  if (length <= sizeof(crash.address)) {
    memcpy(&crash.address, address, length);
    crash.address_length = length;
    copy_text(crash.host, sizeof(crash.host), host);
    copy_text(crash.path, sizeof(crash.path), path);
    crash.target = TARGET_POST;
  }
}

void crash_aim_connection(int descriptor)
{
  crash.connection = descriptor;
  crash.target = TARGET_CONNECTION;
}

void crash_aim_action(int descriptor)
{
  crash.target = TARGET_ACTION;
  crash.connection = descriptor;
}

void crash_aim_log(void)
{
  crash.target = TARGET_LOG;
}

void crash_watch(int64_t at_ms)
{
  if (!crash.has_timer) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = CRASH_TIMER_SIGNAL};
    if (timer_create(CLOCK_REALTIME, &event, &crash.timer) != 0) {
      return;
    }
    crash.has_timer = 1;
  }
  struct itimerspec when = {.it_value = {at_ms / 1000, (long)(at_ms % 1000) * 1000000}};
  timer_settime(crash.timer, TIMER_ABSTIME, &when, NULL);
}

void crash_unwatch(void)
{
  if (crash.has_timer) {
    struct itimerspec never = {0};
    timer_settime(crash.timer, 0, &never, NULL);
  }
}
