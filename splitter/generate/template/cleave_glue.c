#include "cleave_glue.h"

#include <stdio.h>
#include <strings.h>

void cleave_glue_copy(void *array, size_t size, const char *text)
{
  snprintf(array, size, "%s", text ? text : "");
}

void cleave_glue_point(void *pointer, const char *text)
{
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
