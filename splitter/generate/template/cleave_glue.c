#include "cleave_glue.h"

#include <stdbool.h>
#include <stdio.h>
#include <strings.h>

static _Thread_local struct cleave_glue_texts *current;

void cleave_glue_begin(struct cleave_glue_texts *texts, const struct cleave_event *event,
                       struct cleave_error *error)
{
  cleave_marshal_begin(&texts->memory, error);
  texts->memory.is_flat = 1;
  texts->event = event;
  texts->failed = 0;
  current = texts;
  cleave_marshal_watch(&texts->memory);
}

void cleave_glue_leave(struct cleave_glue_texts *texts, const void *request, size_t size)
{
  cleave_marshal_part(&texts->memory, request, size);
}

void cleave_glue_end(struct cleave_glue_texts *texts)
{
  current = NULL;
  cleave_marshal_end(&texts->memory);
}

static void refuse(int status, const char *type, const char *message)
{
  if (!current->failed) {
    current->failed = cleave_error_set(current->memory.error, status, type, "%s", message);
  }
}

static char *copy_bytes(const char *data, size_t n)
{
  char *copy = cleave_marshal_alloc(&current->memory, n + 1, 1);
  if (!copy) {
    current->failed = -1;
    return NULL;
  }
  memcpy(copy, data, n);
  return copy;
}

/* The length of what must hold no NUL: only a body can. */
static size_t length_of(const char *text)
{
  size_t n = strlen(text);
  if (text == current->event->body.data && n < current->event->body.length) {
    refuse(400, "Function.BadRequest", "the body holds a NUL, which the application's text cannot");
  }
  return n;
}

char *cleave_glue_own(const char *text)
{
  if (!text || !current) {
    return NULL;
  }
  bool is_body = text == current->event->body.data;
  return copy_bytes(text, is_body ? current->event->body.length : strlen(text));
}

void cleave_glue_copy_bytes(void *array, size_t size, const char *data, size_t n)
{
  if (current && n >= size) {
    char message[120];
    snprintf(message, sizeof message,
             "%zu bytes of the request do not fit where the application has room for %zu", n,
             size - 1);
    refuse(413, "Function.RequestTooLarge", message);
  }
  size_t kept = n < size ? n : size - 1;
  if (kept > 0) {
    memcpy(array, data, kept);
  }
  ((char *)array)[kept] = '\0';
}

void cleave_glue_copy(void *array, size_t size, const char *text)
{
  size_t n = !text ? 0 : current ? length_of(text) : strlen(text);
  cleave_glue_copy_bytes(array, size, text, n);
}

void cleave_glue_point_bytes(void *pointer, const char *data, size_t n)
{
  if (current && data) {
    data = copy_bytes(data, n);
    if (data) {
      cleave_marshal_place(&current->memory, pointer);
    }
  }
  memcpy(pointer, &data, sizeof data);
}

void cleave_glue_point(void *pointer, const char *text)
{
  cleave_glue_point_bytes(pointer, text, current && text ? length_of(text) : 0);
}

char *cleave_glue_target(const struct cleave_event *event)
{
  const char *path = event->raw_path && *event->raw_path ? event->raw_path : event->path;
  size_t n = strlen(path) + strlen(event->query_string) + 2;
  char *target = malloc(n);
  if (!target) {
    abort();
  }
  snprintf(target, n, "%s%s%s", path, *event->query_string ? "?" : "", event->query_string);
  return target;
}

void cleave_glue_header(struct cleave_reply *reply, const char *name, const char *value)
{
  if (!name || !value || !*name) {
    return;
  }
  if (strcasecmp(name, "set-cookie") == 0) {
    cleave_reply_cookie(reply, value);
  } else {
    cleave_reply_header(reply, name, value);
  }
}

int cleave_glue_body(struct cleave_reply *reply, const void *data, size_t length,
                     struct cleave_error *error)
{
  if (!data || length == 0) {
    return 0;
  }
  if (cleave_reply_write(reply, data, length) != 0) {
    return cleave_error_set(error, 500, "Function.ResponseSizeTooLarge",
                            "the reply is larger than the platform allows");
  }
  return 0;
}
