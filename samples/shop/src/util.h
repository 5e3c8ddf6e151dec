/* What every file of the shop uses: memory, strings, JSON, the log. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define UNUSED __attribute__((unused))

/* Allocation that does not fail: running out of memory ends the program. */
void *mem_alloc(size_t size);
void *mem_resize(void *block, size_t size);
char *mem_string(const char *text);
char *mem_string_part(const char *text, size_t length);

/* Strings: growing buffers, numbers, URL decoding. Keeps no state. */
struct buffer {
  char *data;
  size_t length, capacity;
};

void buffer_init(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
void buffer_add(struct buffer *buffer, const char *data, size_t length);
void buffer_puts(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

void str_copy(char *to, size_t size, const char *from);
#define str_set(array, text) str_copy(array, sizeof array, text)
char *str_trim(char *text);
void str_lower(char *text);
int str_starts_with(const char *text, const char *prefix);
int str_to_long(const char *text, long *value);
char *str_replace(const char *text, const char *what, const char *with);
char *str_url_decode(const char *text, size_t length);
int str_split(char *text, char **words, int max);
uint64_t str_hash(const char *text, uint64_t seed);
void str_format_money(char *to, size_t size, long cents);

/* Whole files. Reading appends; 0, or -1. */
int file_read(const char *path, struct buffer *to);
int file_write(const char *path, const struct buffer *from);

/* Writes JSON into a buffer: a format in which ' stands for ", %s for a string that gets its quotes
 * and escapes, and %l for a long. json_item() puts a comma before all members of an array but the
 * first. */
void json_write(struct buffer *out, const char *format, ...);
void json_item(struct buffer *out, const char *format, ...);

/* One line per event on stderr. */
enum log_level { LOG_ERROR, LOG_NOTICE, LOG_DEBUG };

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_notice(...) log_write(LOG_NOTICE, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
