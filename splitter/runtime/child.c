#include "child.h"

#include "process.h"
#include "reply.h"

#include <stdio.h>
#include <string.h>
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
    if (!process_write(descriptor, field->name, strlen(field->name) + 1) ||
        !process_write(descriptor, field->value, strlen(field->value) + 1)) {
      return false;
    }
  }
  return true;
}

__attribute__((noreturn)) static void child_run(const struct cleave_function *function,
                                                const struct cleave_event *event,
                                                struct cleave_reply *reply, int descriptor)
{
  struct child_head head;
  memset(&head, 0, sizeof(head));
  bool is_message = event->message && function->consume;
  head.result = is_message         ? function->consume(event->message, &head.error)
                : function->invoke ? function->invoke(event, reply, &head.error)
                                   : -1;
  fflush(NULL);
  head.status = reply->status;
  head.is_json = reply->is_json;
  head.is_too_large = reply->is_too_large;
  head.n_headers = reply->headers.n_items;
  head.n_cookies = reply->cookies.n_items;
  head.n_text = text_length(&reply->headers) + text_length(&reply->cookies);
  head.n_body = reply->body.length;
  bool is_sent = process_write(descriptor, &head, sizeof(head)) &&
                 send_fields(descriptor, &reply->headers) &&
                 send_fields(descriptor, &reply->cookies) &&
                 process_write(descriptor, reply->body.data, reply->body.length);
  _exit(is_sent ? 0 : 1);
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
  reply->is_too_large = reply->is_too_large || head->is_too_large;
  return 0;
}

int child_call(const struct cleave_function *function, const struct cleave_event *event,
               struct cleave_reply *reply, struct cleave_error *error)
{
  struct process process;
  reply->sink = NULL;
  if (process_start(&process, false, error) != 0) {
    return -1;
  }
  if (process.pid == 0) {
    child_run(function, event, reply, process.output);
  }
  struct buffer received;
  bool is_cut;
  buffer_init(&received, reply->body.limit + (size_t)1024 * 1024);
  int code = process_finish(&process, &received, NULL, &is_cut, function->routine, error);
  if (code >= 0) {
    struct child_head head;
    if (child_take(&received, reply, &head) == 0) {
      *error = head.error;
      code = head.result;
    } else {
      code = cleave_error_set(error, 500, "Function.Exit",
                              "routine '%s' ended the process with status %d", function->routine,
                              code);
    }
  }
  buffer_clear(&received);
  return code;
}
