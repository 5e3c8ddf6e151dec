#include "child.h"

#include "crash.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child sends: this head, then the headers and cookies as NUL-terminated strings, then the
 * body. Both ends are the same program. */
struct child_head {
  int result;
  int status;
  bool is_json;
  bool is_too_large;
  size_t n_headers;
  size_t n_cookies;
  size_t n_text;
  size_t n_body;
  struct cleave_error error;
};

static bool send_all(int descriptor, const void *data, size_t n)
{
  const char *bytes = data;
  while (n > 0) {
    ssize_t written = write(descriptor, bytes, n);
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    bytes += written;
    n -= (size_t)written;
  }
  return true;
}

static size_t text_length(const struct fields *fields)
{
  size_t n = 0;
  for (size_t i = 0; i < fields->n_items; i++) {
    n += strlen(fields->items[i].name) + strlen(fields->items[i].value) + 2;
  }
  return n;
}

static bool send_fields(int descriptor, const struct fields *fields)
{
  for (size_t i = 0; i < fields->n_items; i++) {
    const struct cleave_field *field = &fields->items[i];
    if (!send_all(descriptor, field->name, strlen(field->name) + 1) ||
        !send_all(descriptor, field->value, strlen(field->value) + 1)) {
      return false;
    }
  }
  return true;
}

__attribute__((noreturn)) static void child_run(const struct cleave_function *function,
                                                const struct cleave_event *event,
                                                struct cleave_reply *reply, int descriptor)
{
  crash_uninstall();
  struct child_head head;
  memset(&head, 0, sizeof(head));
  bool is_message = event->message && function->consume;
  head.result = is_message         ? function->consume(event->message, &head.error)
                : function->invoke ? function->invoke(event, reply, &head.error)
                                   : -1;
  fflush(stdout);
  head.status = reply->status;
  head.is_json = reply->is_json;
  head.is_too_large = reply->is_too_large;
  head.n_headers = reply->headers.n_items;
  head.n_cookies = reply->cookies.n_items;
  head.n_text = text_length(&reply->headers) + text_length(&reply->cookies);
  head.n_body = reply->body.length;
  bool is_sent = send_all(descriptor, &head, sizeof(head)) &&
                 send_fields(descriptor, &reply->headers) &&
                 send_fields(descriptor, &reply->cookies) &&
                 send_all(descriptor, reply->body.data, reply->body.length);
  _exit(is_sent ? 0 : 1);
}

/* Reads until end of file or the deadline; false at the deadline. */
static bool receive(int descriptor, struct buffer *buffer)
{
  char piece[16384];
  for (;;) {
    int64_t left = cleave_deadline_ms_left();
    if (left <= 20) {
      return false;
    }
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    int ready = poll(&wait, 1, left - 20 < 60000 ? (int)(left - 20) : 60000);
    if (ready <= 0) {
      continue;
    }
    ssize_t got = read(descriptor, piece, sizeof(piece));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return true;
    }
    if (!buffer_add(buffer, piece, (size_t)got)) {
      return true;
    }
  }
}

static const char *take_text(const char **text, const char *end)
{
  const char *start = *text;
  const char *stop = start < end ? memchr(start, '\0', (size_t)(end - start)) : NULL;
  if (!stop) {
    return NULL;
  }
  *text = stop + 1;
  return start;
}

/* Puts what the child sent into reply; -1 when it is not whole. */
static int child_take(const struct buffer *received, struct cleave_reply *reply,
                      struct child_head *head)
{
  if (received->length < sizeof(*head)) {
    return -1;
  }
  memcpy(head, received->data, sizeof(*head));
  if (received->length - sizeof(*head) != head->n_text + head->n_body) {
    return -1;
  }
  const char *text = received->data + sizeof(*head);
  const char *end = text + head->n_text;
  for (size_t i = 0; i < head->n_headers + head->n_cookies; i++) {
    const char *name = take_text(&text, end);
    const char *value = name ? take_text(&text, end) : NULL;
    if (!value) {
      return -1;
    }
    cleave_reply_header(reply, name, value);
  }
  cleave_reply_status(reply, head->status);
  cleave_reply_write(reply, end, head->n_body);
  reply->is_json = head->is_json;
  reply->is_too_large = head->is_too_large;
  return 0;
}

static int child_finish(const struct cleave_function *function, pid_t pid, bool is_late,
                        const struct buffer *received, struct cleave_reply *reply,
                        struct cleave_error *error)
{
  if (is_late) {
    kill(pid, SIGKILL);
  }
  int state = 0;
  while (waitpid(pid, &state, 0) < 0 && errno == EINTR) {
  }
  if (is_late) {
    return cleave_error_set(error, 504, "Function.DeadlineExceeded",
                            "routine '%s' overran its deadline", function->routine);
  }
  if (WIFSIGNALED(state)) {
    return cleave_error_set(error, 500, "Function.Crash",
                            "routine '%s' was ended by signal %d (%s)", function->routine,
                            WTERMSIG(state), strsignal(WTERMSIG(state)));
  }
  struct child_head head;
  if (child_take(received, reply, &head) != 0) {
    return cleave_error_set(error, 500, "Function.Exit",
                            "routine '%s' ended the process with status %d", function->routine,
                            WEXITSTATUS(state));
  }
  *error = head.error;
  return head.result;
}

int child_call(const struct cleave_function *function, const struct cleave_event *event,
               struct cleave_reply *reply, struct cleave_error *error)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return cleave_error_set(error, 500, "Function.NoProcess", "cannot open a pipe: %s",
                            strerror(errno));
  }
  fflush(NULL); /* or the child would write it a second time */
  reply->sink = NULL;
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    child_run(function, event, reply, ends[1]);
  }
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return cleave_error_set(error, 500, "Function.NoProcess", "cannot start a process: %s",
                            strerror(errno));
  }
  struct buffer received;
  buffer_init(&received, reply->body.limit + 1024 * 1024);
  bool is_late = !receive(ends[0], &received);
  close(ends[0]);
  int result = child_finish(function, pid, is_late, &received, reply, error);
  buffer_clear(&received);
  return result;
}
