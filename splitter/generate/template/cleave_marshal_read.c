#include "cleave_marshal_internal.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "encoding.h"

int cleave_read_object(struct cleave_marshal *marshal, const cleave_value *value,
                       const char *const *members)
{
  const char *name;
  json_t *member;
  if (!json_is_object(json(value))) {
    return cleave_marshal_refuse(marshal, value ? "an object is expected" : "missing");
  }
  json_object_foreach(json(value), name, member)
  {
    size_t i = 0;
    while (members[i] && strcmp(members[i], name) != 0) {
      i++;
    }
    if (!members[i]) {
      char message[160];
      snprintf(message, sizeof message, "member '%.100s' is not known", name);
      return cleave_marshal_refuse(marshal, message);
    }
  }
  return 0;
}

const cleave_value *cleave_member(const cleave_value *object, const char *member)
{
  return ours(json_object_get(json(object), member));
}

const cleave_value *cleave_element(const cleave_value *array, size_t index)
{
  return ours(json_array_get(json(array), index));
}

int cleave_is_null(const cleave_value *value)
{
  return !value || json_is_null(json(value));
}

int cleave_read_boolean(struct cleave_marshal *marshal, const cleave_value *value, int *out)
{
  if (!json_is_boolean(json(value))) {
    return cleave_marshal_refuse(marshal, value ? "true or false is expected" : "missing");
  }
  *out = json_is_true(json(value));
  return 0;
}

/* A decimal number in a string: the whole of it, no white space. */
static int is_decimal(const char *text, int is_signed)
{
  if (*text == '-' && is_signed) {
    text++;
  }
  return *text >= '0' && *text <= '9' && strspn(text, "0123456789") == strlen(text);
}

int cleave_read_signed(struct cleave_marshal *marshal, const cleave_value *value, int bits,
                       int64_t *out)
{
  int64_t highest = bits >= 64 ? INT64_MAX : ((int64_t)1 << (bits - 1)) - 1;
  json_t *number = json(value);
  if (json_is_integer(number)) {
    *out = json_integer_value(number);
  } else if (json_is_real(number) && fabs(json_real_value(number)) <= 9007199254740992.0 &&
             json_real_value(number) == floor(json_real_value(number))) {
    *out = (int64_t)json_real_value(number);
  } else if (json_is_string(number) && is_decimal(json_string_value(number), 1)) {
    errno = 0;
    *out = strtoll(json_string_value(number), NULL, 10);
    if (errno != 0) {
      return cleave_marshal_refuse(marshal, "out of range");
    }
  } else {
    return cleave_marshal_refuse(marshal, value ? "a whole number is expected" : "missing");
  }
  if (*out > highest || *out < -highest - 1) {
    return cleave_marshal_refuse(marshal, "out of range");
  }
  return 0;
}

int cleave_read_unsigned(struct cleave_marshal *marshal, const cleave_value *value, int bits,
                         uint64_t *out)
{
  uint64_t highest = bits >= 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
  json_t *number = json(value);
  if (json_is_string(number) && is_decimal(json_string_value(number), 0)) {
    errno = 0;
    *out = strtoull(json_string_value(number), NULL, 10);
    if (errno != 0 || *out > highest) {
      return cleave_marshal_refuse(marshal, "out of range");
    }
    return 0;
  }
  int64_t small = 0;
  if (cleave_read_signed(marshal, value, 64, &small) != 0) {
    return -1;
  }
  if (small < 0 || (uint64_t)small > highest) {
    return cleave_marshal_refuse(marshal, "out of range");
  }
  *out = (uint64_t)small;
  return 0;
}

/* The bits of a NaN that is not the usual one: "-NaN", "NaN(0x8000000001234)". FRACTION: in, that
 * of the usual one. Returns whether TEXT is one. */
static int read_no_number(const char *text, int *is_negative, uint64_t *fraction)
{
  *is_negative = *text == '-';
  text += *is_negative;
  if (strncmp(text, "NaN", 3) != 0) {
    return 0;
  }
  text += 3;
  if (*text == '\0') {
    return 1;
  }
  const char *digits = text + 3;
  size_t n = strncmp(text, "(0x", 3) == 0 ? strspn(digits, "0123456789abcdef") : 0;
  if (n == 0 || n > 16 || strcmp(digits + n, ")") != 0) {
    return 0;
  }
  *fraction = strtoull(digits, NULL, 16);
  return 1;
}

static int put_no_number(void *out, size_t size, const char *text)
{
  int is_negative = 0;
  unsigned bits = size == sizeof(float) ? 23 : size == sizeof(double) ? 52 : 63;
  uint64_t fraction = (uint64_t)1 << (bits - 1);
  if (!read_no_number(text, &is_negative, &fraction) || fraction == 0 || fraction >> bits) {
    return -1;
  }
  if (size == sizeof(float)) {
    uint32_t value = (uint32_t)is_negative << 31 | 0x7f800000u | (uint32_t)fraction;
    memcpy(out, &value, sizeof value);
  } else if (size == sizeof(double)) {
    uint64_t value = (uint64_t)is_negative << 63 | 0x7ff0000000000000u | fraction;
    memcpy(out, &value, sizeof value);
  } else {
    long double value = is_negative ? -(long double)NAN : (long double)NAN;
#if LDBL_MANT_DIG == 64 /* x86: the lower eight bytes are the leading bit and the fraction */
    fraction |= (uint64_t)1 << 63;
    memcpy(&value, &fraction, sizeof fraction);
#endif
    memcpy(out, &value, sizeof value);
  }
  return 0;
}

static int put_number(struct cleave_marshal *marshal, void *out, size_t size, long double number)
{
  if (size == sizeof(float)) {
    float value = (float)number;
    if (isinf(value) && !isinf(number)) {
      return cleave_marshal_refuse(marshal, "out of range");
    }
    memcpy(out, &value, sizeof value);
  } else if (size == sizeof(double)) {
    double value = (double)number;
    memcpy(out, &value, sizeof value);
  } else {
    memcpy(out, &number, sizeof number);
  }
  return 0;
}

int cleave_read_float(struct cleave_marshal *marshal, const cleave_value *value, size_t size,
                      void *out)
{
  json_t *number = json(value);
  const char *text = json_string_value(number);
  if (json_is_number(number)) {
    return put_number(marshal, out, size,
                      json_is_integer(number) ? (long double)json_integer_value(number)
                                              : (long double)json_real_value(number));
  }
  if (text && (strcmp(text, "Infinity") == 0 || strcmp(text, "-Infinity") == 0)) {
    return put_number(marshal, out, size,
                      *text == '-' ? -(long double)INFINITY : (long double)INFINITY);
  }
  if (text && put_no_number(out, size, text) == 0) {
    return 0;
  }
  if (text && size > sizeof(double) && strpbrk(text, "0123456789")) {
    char *end = NULL;
    long double wide = strtold(text, &end);
    if (end != text && *end == '\0' && !isnan(wide)) {
      return put_number(marshal, out, size, wide);
    }
  }
  return cleave_marshal_refuse(marshal, value ? "a number is expected" : "missing");
}

int cleave_read_enum(struct cleave_marshal *marshal, const cleave_value *value,
                     const struct cleave_enumerator *names, size_t n, int64_t *out)
{
  const char *text = json_string_value(json(value));
  for (size_t i = 0; i < n; i++) {
    if (text ? strcmp(names[i].name, text) == 0
             : json_is_integer(json(value)) && json_integer_value(json(value)) == names[i].value) {
      *out = names[i].value;
      return 0;
    }
  }
  return cleave_marshal_refuse(marshal, value ? "not a name of the enumeration" : "missing");
}

const cleave_value *cleave_read_arm(struct cleave_marshal *marshal, const cleave_value *value,
                                    const char *arm)
{
  json_t *inner = json_object_get(json(value), arm);
  if (!inner || json_object_size(json(value)) != 1) {
    char message[160];
    snprintf(message, sizeof message, "an object with '%.100s' alone belongs to this tag", arm);
    cleave_marshal_refuse(marshal, message);
    return NULL;
  }
  return ours(inner);
}

static char *decode_base64(struct cleave_marshal *marshal, const char *text, size_t length,
                           size_t *n);

/* A text, or {"base64": ...} where it is not UTF-8. Only one whose length travels beside it may hold
 * a NUL. The bytes belong to the value or the marshal. */
static int read_plain_text(struct cleave_marshal *marshal, const cleave_value *value,
                           int is_counted, const char **text, size_t *n)
{
  const json_t *base64 = json_is_object(json(value)) && json_object_size(json(value)) == 1
                             ? json_object_get(json(value), "base64")
                             : NULL;
  if (json_is_string(base64)) {
    *text = decode_base64(marshal, json_string_value(base64), json_string_length(base64), n);
    if (!*text) {
      return -1;
    }
  } else if (json_is_string(json(value))) {
    *text = json_string_value(json(value));
    *n = json_string_length(json(value));
  } else {
    return cleave_marshal_refuse(marshal, value ? "a text is expected" : "missing");
  }
  if (!is_counted && memchr(*text, '\0', *n)) {
    return cleave_marshal_refuse(marshal, "a text with a NUL in it");
  }
  return 0;
}

int cleave_read_text_array(struct cleave_marshal *marshal, const cleave_value *value, char *out,
                           size_t size)
{
  const char *text = NULL;
  size_t n = 0;
  if (read_plain_text(marshal, value, 0, &text, &n) != 0) {
    return -1;
  }
  if (n >= size) {
    return cleave_marshal_refuse(marshal, "too long");
  }
  memset(out, 0, size);
  memcpy(out, text, n);
  marshal_drop(marshal, text);
  return 0;
}

static void point(void *out, const void *data)
{
  memcpy(out, &data, sizeof data);
}

int cleave_read_text(struct cleave_marshal *marshal, const cleave_value *value, int is_nullable,
                     void *out, size_t *n)
{
  const char *text = NULL;
  size_t length = 0;
  if (is_nullable && cleave_is_null(value)) {
    point(out, NULL);
  } else {
    if (read_plain_text(marshal, value, n != NULL, &text, &length) != 0) {
      return -1;
    }
    char *copy = cleave_marshal_alloc(marshal, length + 1, 1);
    if (!copy) {
      return -1;
    }
    memcpy(copy, text, length);
    marshal_drop(marshal, text);
    point(out, copy);
    marshal_place_data(marshal, copy, out);
  }
  if (n) {
    *n = length;
  }
  return 0;
}

/* Decoded into memory of the marshal; NULL with the error set. */
static char *decode_base64(struct cleave_marshal *marshal, const char *text, size_t length,
                           size_t *n)
{
  struct arena arena;
  arena_init(&arena);
  char *decoded = base64_decode(&arena, text, length, n);
  char *copy = decoded ? cleave_marshal_alloc(marshal, *n + 1, 1) : NULL;
  if (copy) {
    memcpy(copy, decoded, *n);
  } else if (!decoded) {
    cleave_marshal_refuse(marshal, "base64 is expected");
  }
  arena_clear(&arena);
  return copy;
}

static char *read_base64(struct cleave_marshal *marshal, const cleave_value *value, size_t *n)
{
  if (!json_is_string(json(value))) {
    cleave_marshal_refuse(marshal, value ? "a text is expected" : "missing");
    return NULL;
  }
  return decode_base64(marshal, json_string_value(json(value)), json_string_length(json(value)), n);
}

int cleave_read_bytes(struct cleave_marshal *marshal, const cleave_value *value, int is_nullable,
                      void *out, size_t *n)
{
  size_t length = 0;
  char *data = NULL;
  if (!is_nullable || !cleave_is_null(value)) {
    data = read_base64(marshal, value, &length);
    if (!data) {
      return -1;
    }
    marshal_place_data(marshal, data, out);
  }
  point(out, data);
  if (n) {
    *n = length;
  }
  return 0;
}

int cleave_read_byte_array(struct cleave_marshal *marshal, const cleave_value *value, void *out,
                           size_t size)
{
  size_t n = 0;
  const char *data = read_base64(marshal, value, &n);
  if (!data) {
    return -1;
  }
  if (n != size) {
    return cleave_marshal_refuse(marshal, "wrong number of bytes");
  }
  memcpy(out, data, n);
  marshal_drop(marshal, data);
  return 0;
}

int cleave_read_array(struct cleave_marshal *marshal, const cleave_value *value, size_t length,
                      size_t *n)
{
  if (!json_is_array(json(value))) {
    return cleave_marshal_refuse(marshal, value ? "an array is expected" : "missing");
  }
  *n = json_array_size(json(value));
  if (length > 0 && *n != length) {
    return cleave_marshal_refuse(marshal, "wrong number of elements");
  }
  return 0;
}
