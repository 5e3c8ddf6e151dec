/* A growing run of bytes with a limit, always NUL-terminated.
 * It never grows past its limit and never fails for want of memory (the process aborts then). */
#ifndef CLEAVE_BUFFER_H
#define CLEAVE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
  char *data; /* NULL as long as nothing was added */
  size_t length;
  size_t room;
  size_t limit;
};

void buffer_init(struct buffer *buffer, size_t limit);
void buffer_clear(struct buffer *buffer);

/* Empties it, keeping up to 64 KB of room for the next use. */
void buffer_reset(struct buffer *buffer);

/* Makes room for n bytes in all; more than the limit is cut to the limit. */
void buffer_reserve(struct buffer *buffer, size_t n);

/* false, with nothing added, when the limit would be passed. */
bool buffer_add(struct buffer *buffer, const void *data, size_t n);
bool buffer_add_text(struct buffer *buffer, const char *text);

/* The bytes as a C string; "" when empty. */
const char *buffer_text(const struct buffer *buffer);

#endif
