/* Base64, percent encoding, UTF-8 and JSON string escapes.
 * Works on bytes in memory only; never allocates except from the arena it is given. */
#ifndef CLEAVE_ENCODING_H
#define CLEAVE_ENCODING_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>

/* Standard base64 (RFC 4648 section 4), padded, without line breaks. */
size_t base64_encoded_length(size_t n);
/* out has room for base64_encoded_length(n) + 1 bytes. */
void base64_encode(const void *data, size_t n, char *out);

/* Decodes padded or unpadded base64; returns NULL when text is not base64. */
char *base64_decode(struct arena *arena, const char *text, size_t n, size_t *length);

/* Percent-decodes n bytes ('+' becomes a space in forms); sequences that are no escape stay as they
 * are. The result may hold NUL bytes: length tells its size. */
char *percent_decode(struct arena *arena, const char *text, size_t n, bool is_form, size_t *length);

/* Percent-encodes n bytes with upper-case digits (RFC 3986 section 2.1); letters, digits and the
 * characters in kept stay. */
char *percent_encode(struct arena *arena, const char *text, size_t n, const char *kept);

/* Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF). O(n). */
bool utf8_is_valid(const char *text, size_t n);

/* UTF-8 without control characters other than tab, line feed, carriage return and form feed: what
 * may travel as text. */
bool text_is_plain(const char *text, size_t n);

/* Copies text, each byte that is not part of well-formed UTF-8 replaced by U+FFFD. */
char *utf8_repair(struct arena *arena, const char *text, size_t n);

/* Writes text as the inside of a JSON string into out (size bytes, always terminated), cutting what
 * does not fit and dropping bytes beyond ASCII. Async-signal-safe. Returns the bytes written. */
size_t json_escape_ascii(char *out, size_t size, const char *text);

#endif
