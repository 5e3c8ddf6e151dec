#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleave_replay_values.h"
#include "encoding.h"

/* As the functions have them. */
#define LEVELS 64
#define CHAIN_LIMIT 1000000
#define NUMBER_LIMIT (64u << 20)

struct writing {
  unsigned level;
  int is_endless;
};

static json_t *write(struct writing *writing, const struct cleave_type *type, const void *place,
                     const void *record, const struct cleave_slot *field);

static json_t *integer_json(const struct cleave_type *type, int64_t value)
{
  char text[24];
  if (type->bits < 64) {
    return json_integer(value);
  }
  if (type->is_signed) {
    snprintf(text, sizeof text, "%lld", (long long)value);
  } else {
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  }
  return json_string(text);
}

static json_t *enum_json(const struct cleave_type *type, int64_t value)
{
  for (size_t i = 0; i < type->n_names; i++) {
    if (type->names[i].value == value) {
      return json_string(type->names[i].name);
    }
  }
  return json_integer(value);
}

/* What is no number, by its bits. FRACTION: below the sign, exponent and leading bit; QUIET: what
 * it is in the NaN that has no other name. */
static json_t *no_number(int is_negative, uint64_t fraction, uint64_t quiet)
{
  char text[48];
  if (fraction == quiet) {
    return json_string(is_negative ? "-NaN" : "NaN");
  }
  snprintf(text, sizeof text, "%sNaN(0x%llx)", is_negative ? "-" : "",
           (unsigned long long)fraction);
  return json_string(text);
}

static json_t *float_json(const struct cleave_type *type, const void *place)
{
  uint64_t bits = 0;
  memcpy(&bits, place, type->size < sizeof bits ? type->size : sizeof bits);
  if (type->size == sizeof(float)) {
    float value;
    memcpy(&value, place, sizeof value);
    return isnan(value)   ? no_number((int)(bits >> 31), bits & 0x7fffff, 0x400000)
           : isinf(value) ? json_string(value > 0 ? "Infinity" : "-Infinity")
                          : json_real((double)value);
  }
  if (type->size == sizeof(double)) {
    double value;
    memcpy(&value, place, sizeof value);
    return isnan(value)   ? no_number((int)(bits >> 63), bits & 0xfffffffffffff, 0x8000000000000)
           : isinf(value) ? json_string(value > 0 ? "Infinity" : "-Infinity")
                          : json_real(value);
  }
  long double value;
  char text[64];
  memcpy(&value, place, sizeof value);
  if (isnan(value)) {
    return no_number(signbit(value) != 0, bits & 0x7fffffffffffffff, 0x4000000000000000);
  }
  if (isinf(value)) {
    return json_string(value > 0 ? "Infinity" : "-Infinity");
  }
  snprintf(text, sizeof text, "%.21Lg", value);
  return json_string(text);
}

static json_t *base64_json(const void *data, size_t n)
{
  char *text = malloc(base64_encoded_length(n) + 1);
  if (!text) {
    abort();
  }
  base64_encode(data, n, text);
  json_t *value = json_string(text);
  free(text);
  return value;
}

static json_t *text_json(const char *text, size_t n)
{
  json_t *value = json_stringn(text, n); /* NULL when it is not UTF-8 */
  return value ? value : json_pack("{s:o}", "base64", base64_json(text, n));
}

/* The number of elements that lie there; 0 and no end when it cannot be one. */
static size_t number_of(struct writing *writing, const void *record,
                        const struct cleave_slot *field)
{
  cleave_wide number = field && field->number ? field->number(record) : 0;
  if (number < 0 || number > NUMBER_LIMIT) {
    writing->is_endless = 1;
    return 0;
  }
  return (size_t)number;
}

static json_t *elements_json(struct writing *writing, const struct cleave_type *element,
                             const char *data, size_t n)
{
  json_t *array = json_array();
  for (size_t i = 0; i < n; i++) {
    json_array_append_new(array, write(writing, element, data + i * element->size, NULL, NULL));
  }
  return array;
}

/* All elements of a fixed array, or as many as its neighbour says. */
static json_t *array_json(struct writing *writing, const struct cleave_type *type, const char *data,
                          const void *record, const struct cleave_slot *field)
{
  size_t n = field && field->number ? number_of(writing, record, field) : type->length;
  if (n > type->length) {
    writing->is_endless = 1;
    n = 0;
  }
  return elements_json(writing, type->element, data, n);
}

static json_t *record_json(struct writing *writing, const struct cleave_type *type,
                           const char *record)
{
  if (writing->is_endless || writing->level >= LEVELS) {
    writing->is_endless = 1;
    return json_null();
  }
  json_t *object = json_object();
  writing->level++;
  for (size_t i = 0; i < type->n_fields; i++) {
    const struct cleave_slot *field = &type->fields[i];
    if (field->type->kind != CLEAVE_OMITTED && field->type->kind != CLEAVE_COUNT) {
      json_object_set_new(object, field->name,
                          write(writing, field->type, record + field->offset, record, field));
    }
  }
  writing->level--;
  return object;
}

static json_t *union_json(struct writing *writing, const struct cleave_type *type,
                          const char *place, const void *record, const struct cleave_slot *field)
{
  cleave_wide tag = field && field->number ? field->number(record) : 0;
  for (size_t i = 0; i < type->n_arms; i++) {
    const struct cleave_slot *arm = &type->fields[type->arms[i].field];
    if (type->arms[i].value == tag) {
      return json_pack("{s:o}", arm->name,
                       write(writing, arm->type, place + arm->offset, place, arm));
    }
  }
  return json_null();
}

static int is_last(const struct cleave_type *type, const char *element)
{
  const struct cleave_slot *field =
      type->has_sentinel ? &type->element->fields[type->sentinel] : NULL;
  if (field && field->get) {
    return field->get(element) == 0;
  }
  const char *at = field ? element + field->offset : element;
  size_t n = field ? field->type->size : type->element->size;
  for (size_t i = 0; i < n; i++) {
    if (at[i] != 0) {
      return 0;
    }
  }
  return 1;
}

static json_t *chain_json(struct writing *writing, const struct cleave_type *type, const char *at)
{
  json_t *array = json_array();
  size_t n = 0;
  int is_list = type->kind == CLEAVE_LIST;
  while (is_list ? at != NULL : !is_last(type, at)) {
    if (writing->is_endless || n++ >= CHAIN_LIMIT) {
      writing->is_endless = 1;
      break;
    }
    json_array_append_new(array, write(writing, type->element, at, NULL, NULL));
    at = is_list ? replay_pointer(at + type->link) : at + type->element->size;
  }
  return array;
}

static json_t *pointed_json(struct writing *writing, const struct cleave_type *type,
                            const char *data, const void *record, const struct cleave_slot *field)
{
  size_t n = 0;
  if (!data) {
    return json_null();
  }
  switch (type->kind) {
  case CLEAVE_STRING:
    return text_json(data, strlen(data));
  case CLEAVE_TEXT:
    n = number_of(writing, record, field);
    return text_json(data, field && field->flags & CLEAVE_ENDS_WITH_NUL ? strnlen(data, n) : n);
  case CLEAVE_BYTES:
    return base64_json(data, number_of(writing, record, field));
  case CLEAVE_COUNTED:
    return elements_json(writing, type->element, data, number_of(writing, record, field));
  case CLEAVE_TERMINATED:
    return chain_json(writing, type, data);
  default:
    return write(writing, type->element, data, record, field);
  }
}

static json_t *write(struct writing *writing, const struct cleave_type *type, const void *place,
                     const void *record, const struct cleave_slot *field)
{
  switch (type->kind) {
  case CLEAVE_BOOLEAN:
    return json_boolean(replay_integer(type, field, place, record) != 0);
  case CLEAVE_INTEGER:
  case CLEAVE_COUNT:
    return integer_json(type, replay_integer(type, field, place, record));
  case CLEAVE_ENUM:
    return enum_json(type, replay_integer(type, field, place, record));
  case CLEAVE_FLOAT:
    return float_json(type, place);
  case CLEAVE_TEXT_ARRAY:
    return text_json(place, strnlen(place, type->size));
  case CLEAVE_BYTE_ARRAY:
    return base64_json(place, type->size);
  case CLEAVE_RECORD:
    return record_json(writing, type, place);
  case CLEAVE_ARRAY:
    return array_json(writing, type, place, record, field);
  case CLEAVE_UNION:
    return union_json(writing, type, place, record, field);
  case CLEAVE_LIST:
    return chain_json(writing, type, replay_pointer(place));
  case CLEAVE_OMITTED:
    return json_null();
  default:
    return pointed_json(writing, type, replay_pointer(place), record, field);
  }
}

static json_t *field_json(struct writing *writing, const struct cleave_slot *field,
                          const char *values)
{
  return write(writing, field->type, values + field->offset, values, field);
}

static int travels_in(const struct cleave_slot *field)
{
  return field->flags & CLEAVE_COMES_IN && field->type->kind != CLEAVE_OMITTED &&
         field->type->kind != CLEAVE_COUNT;
}

json_t *replay_input_json(const struct cleave_replay_function *function, const void *values)
{
  struct writing writing = {0, 0};
  json_t *object = json_object();
  for (size_t i = 0; i < function->n_fields; i++) {
    const struct cleave_slot *field = &function->fields[i];
    if (!travels_in(field)) {
      continue;
    }
    json_t *value = field_json(&writing, field, values);
    if (function->is_whole) {
      json_decref(object);
      return value;
    }
    json_object_set_new(object, field->name, value);
  }
  return object;
}

/* A number that is larger than the room is not believed. */
static int has_too_much(const struct cleave_slot *field, const void *values, size_t room)
{
  struct writing writing = {0, 0};
  int is_measured = field->flags & CLEAVE_COMES_OUT && !(field->flags & CLEAVE_COMES_IN) &&
                    (field->type->kind == CLEAVE_COUNTED || field->type->kind == CLEAVE_BYTES ||
                     field->type->kind == CLEAVE_TEXT);
  return is_measured && field->number && number_of(&writing, values, field) > room;
}

json_t *replay_output_json(const struct cleave_replay_function *function, const void *values,
                           const size_t *rooms, const char **failure)
{
  struct writing writing = {0, 0};
  *failure = function->fails && function->fails(values) ? "Function.Failed" : NULL;
  for (size_t i = 0; i < function->n_fields; i++) {
    if (has_too_much(&function->fields[i], values, rooms[i])) {
      *failure = "Function.TooLittleRoom";
    }
  }
  json_t *object = json_object();
  if (*failure) {
    return object;
  }
  if (function->result) {
    json_object_set_new(object, "result", field_json(&writing, function->result, values));
  }
  for (size_t i = 0; i < function->n_fields; i++) {
    const struct cleave_slot *field = &function->fields[i];
    if (field->flags & CLEAVE_COMES_OUT && field->type->kind != CLEAVE_OMITTED) {
      json_object_set_new(object, field->name, field_json(&writing, field, values));
    }
  }
  if (function->has_errno) {
    json_object_set_new(object, "errno", json_integer(function->error_number(values)));
  }
  if (writing.is_endless) {
    *failure = "Function.EndlessResult";
  }
  return object;
}
