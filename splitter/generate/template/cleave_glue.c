#include "cleave_glue.h"

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

/* The body may hold NULs: it is copied whole. */
static size_t length_of(const char *text)
{
  return text == current->event->body.data ? current->event->body.length : strlen(text);
}

static char *copy_text(const char *text)
{
  size_t n = length_of(text);
  char *copy = cleave_marshal_alloc(&current->memory, n + 1, 1);
  if (!copy) {
    current->failed = -1;
    return NULL;
  }
  memcpy(copy, text, n);
  return copy;
}

char *cleave_glue_own(const char *text)
{
  return text && current ? copy_text(text) : NULL;
}

void cleave_glue_copy(void *array, size_t size, const char *text)
{
  snprintf(array, size, "%s", text ? text : "");
}

void cleave_glue_point(void *pointer, const char *text)
{
  if (current && text) {
    text = copy_text(text);
    if (text) {
      cleave_marshal_place(&current->memory, pointer);
    }
  }
  memcpy(pointer, &text, sizeof text);
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
