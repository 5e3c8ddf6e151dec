/* Strings: growing buffers, numbers, URL decoding. Keeps no state. */
#ifndef SHOP_STR_H
#define SHOP_STR_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
  char *data;
  size_t length;
  size_t capacity;
};

void buffer_init(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
void buffer_add(struct buffer *buffer, const char *data, size_t length);
void buffer_puts(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void str_copy(char *to, size_t size, const char *from);
char *str_trim(char *text);
void str_lower(char *text);
int str_starts_with(const char *text, const char *prefix);
int str_to_long(const char *text, long *value);
char *str_replace(const char *text, const char *what, const char *with);
char *str_url_decode(const char *text, size_t length);
int str_split(char *text, char **words, int max);
uint64_t str_hash(const char *text, uint64_t seed);
void str_format_money(char *to, size_t size, long cents);

#endif
