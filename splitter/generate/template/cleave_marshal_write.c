#include "cleave_marshal_internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encoding.h"

cleave_wide cleave_extent(struct cleave_marshal *marshal, cleave_wide value)
{
  (void)marshal;
  /* Three of them multiplied still fit. */
  const cleave_wide limit = (cleave_wide)1 << 40;
  return value > limit ? limit : value < -limit ? -limit : value;
}

size_t cleave_number(struct cleave_marshal *marshal, cleave_wide number)
{
  if (number < 0 || number > MARSHAL_ROOM) {
    marshal->is_endless = 1;
    return 0;
  }
  return (size_t)number;
}

int cleave_room(struct cleave_marshal *marshal, cleave_wide number, size_t *room)
{
  if (number < 0 || number > MARSHAL_ROOM) {
    return cleave_marshal_refuse(marshal, "the room for what comes out cannot be made");
  }
  *room = (size_t)number;
  return 0;
}

int cleave_may_follow(struct cleave_marshal *marshal, size_t n)
{
  marshal->is_endless = marshal->is_endless || n >= MARSHAL_CHAIN;
  return !marshal->is_endless;
}

int cleave_descend(struct cleave_marshal *marshal)
{
  if (marshal->is_endless || marshal->level >= MARSHAL_DEPTH) {
    marshal->is_endless = 1;
    return -1;
  }
  marshal->level++;
  return 0;
}

void cleave_ascend(struct cleave_marshal *marshal)
{
  marshal->level--;
}

cleave_value *cleave_write_object(void)
{
  return ours(json_object());
}

cleave_value *cleave_write_array(void)
{
  return ours(json_array());
}

void cleave_put(cleave_value *object, const char *member, cleave_value *value)
{
  json_object_set_new(json(object), member, value ? json(value) : json_null());
}

void cleave_append(cleave_value *array, cleave_value *value)
{
  json_array_append_new(json(array), value ? json(value) : json_null());
}

cleave_value *cleave_write_null(void)
{
  return ours(json_null());
}

cleave_value *cleave_write_boolean(int value)
{
  return ours(json_boolean(value));
}

cleave_value *cleave_write_signed(int64_t value, int bits)
{
  char text[24];
  if (bits < 64) {
    return ours(json_integer(value));
  }
  snprintf(text, sizeof text, "%lld", (long long)value);
  return ours(json_string(text));
}

cleave_value *cleave_write_unsigned(uint64_t value, int bits)
{
  char text[24];
  if (bits < 64) {
    return ours(json_integer((json_int_t)value));
  }
  snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  return ours(json_string(text));
}

/* A NaN with its bits: "NaN" is the quiet one without a sign or a payload. */
static cleave_value *write_no_number(int is_negative, uint64_t fraction, unsigned n_bits)
{
  char text[40] = "";
  if (fraction != (uint64_t)1 << (n_bits - 1)) {
    snprintf(text, sizeof text, "(0x%llx)", (unsigned long long)fraction);
  }
  return ours(json_sprintf("%sNaN%s", is_negative ? "-" : "", text));
}

static cleave_value *write_wide(long double value)
{
  char text[64];
  if (isnan(value)) {
    uint64_t low = (uint64_t)1 << 62;
#if LDBL_MANT_DIG == 64
    memcpy(&low, &value, sizeof low);
#endif
    return write_no_number(signbit(value) != 0, low & ~((uint64_t)1 << 63), 63);
  }
  snprintf(text, sizeof text, "%.*Lg", LDBL_DECIMAL_DIG, value);
  return ours(json_string(text));
}

cleave_value *cleave_write_float(const void *place, size_t size)
{
  double value = 0;
  uint64_t bits = 0;
  if (size > sizeof(double)) {
    long double wide;
    memcpy(&wide, place, sizeof wide);
    if (!isinf(wide)) {
      return write_wide(wide);
    }
    value = wide > 0 ? (double)INFINITY : -(double)INFINITY;
  } else if (size == sizeof(double)) {
    memcpy(&bits, place, size);
    memcpy(&value, place, size);
  } else {
    float narrow;
    memcpy(&bits, place, size);
    memcpy(&narrow, place, size);
    value = (double)narrow;
  }
  if (isnan(value)) {
    return size == sizeof(double) ? write_no_number((int)(bits >> 63), bits & 0xfffffffffffffu, 52)
                                  : write_no_number((int)(bits >> 31), bits & 0x7fffffu, 23);
  }
  if (isinf(value)) {
    return ours(json_string(value > 0 ? "Infinity" : "-Infinity"));
  }
  return ours(json_real(value));
}

cleave_value *cleave_write_enum(int64_t value, const struct cleave_enumerator *names, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (names[i].value == value) {
      return ours(json_string(names[i].name));
    }
  }
  return ours(json_integer(value));
}

cleave_value *cleave_write_bytes(const void *data, size_t n)
{
  if (!data) {
    return ours(json_null());
  }
  char *text = malloc(base64_encoded_length(n) + 1);
  if (!text) {
    abort();
  }
  base64_encode(data, n, text);
  json_t *value = json_string(text);
  free(text);
  return ours(value);
}

cleave_value *cleave_write_text(const char *text, size_t n)
{
  if (!text) {
    return ours(json_null());
  }
  json_t *value = utf8_is_valid(text, n) ? json_stringn(text, n) : NULL;
  if (!value) {
    value = json_object();
    json_object_set_new(value, "base64", json(cleave_write_bytes(text, n)));
  }
  return ours(value);
}

cleave_value *cleave_write_string(const char *text)
{
  return cleave_write_text(text, text ? strlen(text) : 0);
}

int cleave_marshal_reply(struct cleave_marshal *marshal, struct cleave_reply *reply,
                         cleave_value *value)
{
  if (marshal->is_endless) {
    json_decref(json(value));
    return cleave_error_set(marshal->error, 500, "Function.EndlessResult",
                            "the result is nested too deep, leads back to itself or has a number "
                            "that cannot be one");
  }
  if (cleave_reply_json(reply, json(value)) != 0) {
    return cleave_error_set(marshal->error, 500, "Function.ResponseSizeTooLarge",
                            "the reply is larger than the platform allows");
  }
  return 0;
}
