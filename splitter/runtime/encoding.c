#include "encoding.h"

#include <stdint.h>
#include <string.h>

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_encoded_length(size_t n)
{
  return (n + 2) / 3 * 4;
}

void base64_encode(const void *data, size_t n, char *out)
{
  const unsigned char *in = data;
  while (n >= 3) {
    *out++ = base64_letters[in[0] >> 2];
    *out++ = base64_letters[(in[0] & 3) << 4 | in[1] >> 4];
    *out++ = base64_letters[(in[1] & 15) << 2 | in[2] >> 6];
    *out++ = base64_letters[in[2] & 63];
    in += 3;
    n -= 3;
  }
  if (n > 0) {
    unsigned second = n == 2 ? in[1] : 0U;
    *out++ = base64_letters[in[0] >> 2];
    *out++ = base64_letters[(in[0] & 3U) << 4 | second >> 4];
    *out++ = n == 2 ? base64_letters[(second & 15U) << 2] : '=';
    *out++ = '=';
  }
  *out = '\0';
}

static int base64_value(char letter)
{
  if (letter >= 'A' && letter <= 'Z') {
    return letter - 'A';
  }
  if (letter >= 'a' && letter <= 'z') {
    return letter - 'a' + 26;
  }
  if (letter >= '0' && letter <= '9') {
    return letter - '0' + 52;
  }
  return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

char *base64_decode(struct arena *arena, const char *text, size_t n, size_t *length)
{
  if (n % 4 == 0 && n > 0 && text[n - 1] == '=') {
    n -= text[n - 2] == '=' ? 2 : 1;
  }
  if (n % 4 == 1) {
    return NULL;
  }
  unsigned char *out = arena_alloc(arena, n / 4 * 3 + 4);
  size_t written = 0;
  uint32_t bits = 0;
  unsigned n_bits = 0;
  for (size_t i = 0; i < n; i++) {
    int value = base64_value(text[i]);
    if (value < 0) {
      return NULL;
    }
    bits = bits << 6 | (uint32_t)value;
    n_bits += 6;
    if (n_bits >= 8) {
      n_bits -= 8;
      out[written++] = (unsigned char)(bits >> n_bits & 0xFF);
    }
  }
  out[written] = '\0';
  *length = written;
  return (char *)out;
}

static int hex_value(char digit)
{
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  if (digit >= 'a' && digit <= 'f') {
    return digit - 'a' + 10;
  }
  return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

char *percent_encode(struct arena *arena, const char *text, size_t n, const char *kept)
{
  static const char digits[] = "0123456789ABCDEF";
  char *out = arena_alloc(arena, 3 * n + 1);
  size_t written = 0;
  for (size_t i = 0; i < n; i++) {
    unsigned char byte = (unsigned char)text[i];
    bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                    (byte >= 'A' && byte <= 'Z') || (byte != '\0' && strchr(kept, byte));
    if (is_plain) {
      out[written++] = (char)byte;
    } else {
      out[written++] = '%';
      out[written++] = digits[byte >> 4];
      out[written++] = digits[byte & 15];
    }
  }
  out[written] = '\0';
  return out;
}

char *percent_decode(struct arena *arena, const char *text, size_t n, bool is_form, size_t *length)
{
  char *out = arena_alloc(arena, n + 1);
  size_t written = 0;
  for (size_t i = 0; i < n; i++) {
    int high = text[i] == '%' && i + 2 < n ? hex_value(text[i + 1]) : -1;
    int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out[written++] = (char)(high << 4 | low);
      i += 2;
    } else {
      out[written++] = is_form && text[i] == '+' ? ' ' : text[i];
    }
  }
  out[written] = '\0';
  *length = written;
  return out;
}

/* The length of the well-formed sequence at text, or 0. */
static size_t utf8_sequence(const unsigned char *text, size_t n)
{
  unsigned char first = text[0];
  if (first < 0x80) {
    return 1;
  }
  size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || length > n) {
    return 0;
  }
  unsigned char lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned char highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (text[1] < lowest || text[1] > highest) {
    return 0;
  }
  for (size_t i = 2; i < length; i++) {
    if ((text[i] & 0xC0) != 0x80) {
      return 0;
    }
  }
  return length;
}

bool utf8_is_valid(const char *text, size_t n)
{
  const unsigned char *bytes = (const unsigned char *)text;
  for (size_t i = 0; i < n;) {
    size_t length = utf8_sequence(bytes + i, n - i);
    if (length == 0) {
      return false;
    }
    i += length;
  }
  return true;
}

bool text_is_plain(const char *text, size_t n)
{
  const unsigned char *bytes = (const unsigned char *)text;
  for (size_t i = 0; i < n;) {
    unsigned char byte = bytes[i];
    bool is_blank = byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
    if ((byte < 0x20 && !is_blank) || byte == 0x7F) {
      return false;
    }
    size_t length = utf8_sequence(bytes + i, n - i);
    if (length == 0) {
      return false;
    }
    i += length;
  }
  return true;
}

char *utf8_repair(struct arena *arena, const char *text, size_t n)
{
  const unsigned char *bytes = (const unsigned char *)text;
  char *out = arena_alloc(arena, n * 3 + 1);
  size_t written = 0;
  for (size_t i = 0; i < n;) {
    size_t length = utf8_sequence(bytes + i, n - i);
    const char *from = length > 0 ? text + i : "\xEF\xBF\xBD";
    size_t n_from = length > 0 ? length : 3;
    memcpy(out + written, from, n_from);
    written += n_from;
    i += length > 0 ? length : 1;
  }
  out[written] = '\0';
  return out;
}

size_t json_escape_ascii(char *out, size_t size, const char *text)
{
  static const char digits[] = "0123456789abcdef";
  size_t written = 0;
  for (; *text != '\0' && written + 7 < size; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\') {
      out[written++] = '\\';
      out[written++] = (char)byte;
    } else if (byte < 0x20) {
      memcpy(out + written, "\\u00", 4);
      out[written + 4] = digits[byte >> 4];
      out[written + 5] = digits[byte & 15];
      written += 6;
    } else if (byte < 0x7F) {
      out[written++] = (char)byte;
    }
  }
  out[written] = '\0';
  return written;
}
