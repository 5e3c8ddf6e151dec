#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_KEEP ((size_t)64 * 1024)

void buffer_init(struct buffer *buffer, size_t limit)
{
  *buffer = (struct buffer){.limit = limit};
}

void buffer_clear(struct buffer *buffer)
{
  free(buffer->data);
  buffer_init(buffer, buffer->limit);
}

void buffer_reset(struct buffer *buffer)
{
  if (buffer->room > BUFFER_KEEP) {
    buffer_clear(buffer);
  }
  buffer->length = 0;
  if (buffer->data) {
    buffer->data[0] = '\0';
  }
}

void buffer_reserve(struct buffer *buffer, size_t n)
{
  if (n > buffer->limit) {
    n = buffer->limit;
  }
  if (n + 1 <= buffer->room) {
    return;
  }
  char *data = realloc(buffer->data, n + 1);
  if (!data) {
    abort();
  }
  buffer->data = data;
  buffer->room = n + 1;
  buffer->data[buffer->length] = '\0';
}

bool buffer_add(struct buffer *buffer, const void *data, size_t n)
{
  if (n > buffer->limit - buffer->length) {
    return false;
  }
  if (n == 0) {
    return true;
  }
  size_t needed = buffer->length + n;
  if (needed + 1 > buffer->room) {
    size_t doubled = buffer->room * 2 > 256 ? buffer->room * 2 : 256;
    buffer_reserve(buffer, doubled > needed ? doubled : needed);
  }
  memcpy(buffer->data + buffer->length, data, n);
  buffer->length = needed;
  buffer->data[needed] = '\0';
  return true;
}

bool buffer_add_text(struct buffer *buffer, const char *text)
{
  return buffer_add(buffer, text, strlen(text));
}

const char *buffer_text(const struct buffer *buffer)
{
  return buffer->data ? buffer->data : "";
}
