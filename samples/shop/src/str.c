#include "shop.h"

#include <stdarg.h>

void buffer_init(struct buffer *buffer) {
  buffer->data = mem_alloc(64);
  buffer->length = 0;
  buffer->capacity = 64;
}

void buffer_clear(struct buffer *buffer) {
  free(buffer->data);
  memset(buffer, 0, sizeof *buffer);
}

static void buffer_reserve(struct buffer *buffer, size_t extra) {
  size_t wanted = buffer->length + extra + 1;
  if (wanted <= buffer->capacity) return;
  size_t capacity = buffer->capacity ? buffer->capacity : 64;
  while (capacity < wanted) capacity *= 2;
  buffer->data = mem_resize(buffer->data, capacity);
  buffer->capacity = capacity;
}

void buffer_add(struct buffer *buffer, const char *data, size_t length) {
  buffer_reserve(buffer, length);
  if (length) memcpy(buffer->data + buffer->length, data, length);
  buffer->length += length;
  buffer->data[buffer->length] = '\0';
}

void buffer_puts(struct buffer *buffer, const char *text) { buffer_add(buffer, text, strlen(text)); }

void buffer_printf(struct buffer *buffer, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (length > 0) {
    buffer_reserve(buffer, (size_t)length);
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
    buffer->length += (size_t)length;
  }
  va_end(again);
}

void str_copy(char *to, size_t size, const char *from) { snprintf(to, size, "%s", from); }

char *str_trim(char *text) {
  while (isspace((unsigned char)*text)) text++;
  char *end = text + strlen(text);
  while (end > text && isspace((unsigned char)end[-1])) end--;
  *end = '\0';
  return text;
}

void str_lower(char *text) {
  for (; *text; text++) *text = (char)tolower((unsigned char)*text);
}

int str_starts_with(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

/* The whole text must be a number: 0 when it is, -1 otherwise. */
int str_to_long(const char *text, long *value) {
  char *end = NULL;
  if (!text || !*text) return -1;
  errno = 0;
  long number = strtol(text, &end, 10);
  if (errno || *end) return -1;
  *value = number;
  return 0;
}

char *str_replace(const char *text, const char *what, const char *with) {
  struct buffer out;
  buffer_init(&out);
  const char *hit;
  while ((hit = strstr(text, what))) {
    buffer_add(&out, text, (size_t)(hit - text));
    buffer_puts(&out, with);
    text = hit + strlen(what);
  }
  buffer_puts(&out, text);
  return out.data;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)tolower((unsigned char)c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *str_url_decode(const char *text, size_t length) {
  char *out = mem_alloc(length + 1);
  size_t n = 0;
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '%' && i + 2 < length && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      out[n++] = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out[n++] = text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/* Cuts the text in place at white space. */
int str_split(char *text, char **words, int max) {
  int n = 0;
  char *rest = NULL;
  for (char *word = strtok_r(text, " \t\r\n", &rest); word && n < max; word = strtok_r(NULL, " \t\r\n", &rest))
    words[n++] = word;
  return n;
}

uint64_t str_hash(const char *text, uint64_t seed) {
  uint64_t hash = 14695981039346656037ULL ^ seed;
  for (; *text; text++) {
    hash ^= (unsigned char)*text;
    hash *= 1099511628211ULL;
  }
  return hash;
}

void str_format_money(char *to, size_t size, long cents) { snprintf(to, size, "%ld.%02ld", cents / 100, cents % 100); }
