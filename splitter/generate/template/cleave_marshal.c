#include "cleave_marshal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "encoding.h"

#define DEPTH_LIMIT 64
#define ROOM (64u << 20)
#define CHAIN_LIMIT 1000000 /* elements of a list or an array with a terminator */

struct cleave_marshal_block {
  struct cleave_marshal_block *next;
  void *data;
  size_t size;
  const char *place; /* of the pointer that leads here, or NULL */
  int is_kept;
  int is_settled;
};

static json_t *json(const cleave_value *value)
{
  return (json_t *)(uintptr_t)value;
}

static cleave_value *ours(json_t *value)
{
  return (cleave_value *)value;
}

void cleave_marshal_begin(struct cleave_marshal *marshal, struct cleave_error *error)
{
  memset(marshal, 0, sizeof *marshal);
  marshal->error = error;
  marshal->room = ROOM;
}

void cleave_marshal_end(struct cleave_marshal *marshal)
{
  while (marshal->blocks) {
    struct cleave_marshal_block *block = marshal->blocks;
    marshal->blocks = block->next;
    free(block->data);
    free(block);
  }
  json_decref(json(marshal->input));
  marshal->input = NULL;
}

int cleave_marshal_refuse(struct cleave_marshal *marshal, const char *message)
{
  const char *place = *marshal->path ? marshal->path : "the input";
  return cleave_error_set(marshal->error, 400, "Function.BadInput", "%s: %s", place, message);
}

void *cleave_marshal_alloc(struct cleave_marshal *marshal, size_t n, size_t size)
{
  if (size == 0 || n > marshal->room / size) {
    cleave_marshal_refuse(marshal, "too large");
    return NULL;
  }
  struct cleave_marshal_block *block = malloc(sizeof *block);
  void *data = calloc(n > 0 ? n : 1, size);
  if (!block || !data) {
    free(block);
    free(data);
    cleave_marshal_refuse(marshal, "too large");
    return NULL;
  }
  marshal->room -= n * size;
  block->data = data;
  block->size = n > 0 ? n * size : size;
  block->place = NULL;
  block->is_kept = marshal->is_kept;
  block->is_settled = 0;
  block->next = marshal->blocks;
  marshal->blocks = block;
  return data;
}

void cleave_marshal_place(struct cleave_marshal *marshal, const void *place)
{
  marshal->blocks->place = place;
}

static int compare_blocks(const void *left, const void *right)
{
  uintptr_t a = (uintptr_t)(*(struct cleave_marshal_block *const *)left)->data;
  uintptr_t b = (uintptr_t)(*(struct cleave_marshal_block *const *)right)->data;
  return a < b ? -1 : a > b;
}

/* The block that the address lies in, or NULL. */
static struct cleave_marshal_block *holder_of(struct cleave_marshal_block **sorted, size_t n,
                                              const char *address)
{
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    uintptr_t start = (uintptr_t)sorted[middle]->data;
    if ((uintptr_t)address < start) {
      high = middle;
    } else if ((uintptr_t)address - start < sorted[middle]->size) {
      return sorted[middle];
    } else {
      low = middle + 1;
    }
  }
  return NULL;
}

void cleave_marshal_settle(struct cleave_marshal *marshal)
{
  size_t n = 0, i = 0;
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    n += block->data != NULL;
  }
  struct cleave_marshal_block **ordered = malloc((n + 1) * 2 * sizeof *ordered);
  if (!ordered) {
    abort();
  }
  struct cleave_marshal_block **sorted = ordered + n + 1;
  /* The list begins with the newest: holders were made before what they hold. */
  i = n;
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    if (block->data) {
      ordered[--i] = block;
    }
  }
  memcpy(sorted, ordered, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, compare_blocks);
  for (i = 0; i < n; i++) {
    struct cleave_marshal_block *holder =
        ordered[i]->place ? holder_of(sorted, n, ordered[i]->place) : NULL;
    const void *now = NULL;
    if (holder && !holder->is_settled) {
      memcpy(&now, ordered[i]->place, sizeof now);
    }
    ordered[i]->is_settled = holder && now != ordered[i]->data;
  }
  for (i = 0; i < n; i++) {
    if (ordered[i]->is_settled) {
      ordered[i]->data = NULL;
    }
  }
  free(ordered);
}

void cleave_marshal_keep(struct cleave_marshal *marshal, int is_kept)
{
  marshal->is_kept = is_kept;
}

void cleave_marshal_release(struct cleave_marshal *marshal)
{
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    if (block->is_kept) {
      block->data = NULL;
    }
  }
}

/* What was only read on the way to somewhere else. POINTER may be none of ours. */
static void drop(struct cleave_marshal *marshal, const void *pointer)
{
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    if (block->data == pointer) {
      free(block->data);
      block->data = NULL;
      return;
    }
  }
}

void cleave_marshal_give(struct cleave_marshal *marshal)
{
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    block->data = NULL;
  }
}

const cleave_value *cleave_marshal_parse(struct cleave_marshal *marshal, struct cleave_bytes text)
{
  marshal->input = ours(cleave_json_parse(text, marshal->error));
  return marshal->input;
}

static int enter(struct cleave_marshal *marshal, const char *text, int is_element)
{
  if (marshal->depth >= DEPTH_LIMIT) {
    return cleave_marshal_refuse(marshal, "nested too deep");
  }
  size_t length = strlen(marshal->path);
  marshal->lengths[marshal->depth++] = length;
  snprintf(marshal->path + length, sizeof marshal->path - length, "%s%s",
           length > 0 && !is_element ? "." : "", text);
  return 0;
}

int cleave_enter(struct cleave_marshal *marshal, const char *member)
{
  return enter(marshal, member, 0);
}

int cleave_enter_element(struct cleave_marshal *marshal, size_t index)
{
  char text[32];
  snprintf(text, sizeof text, "[%zu]", index);
  return enter(marshal, text, 1);
}

void cleave_leave(struct cleave_marshal *marshal)
{
  marshal->path[marshal->lengths[--marshal->depth]] = '\0';
}

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

int cleave_read_float(struct cleave_marshal *marshal, const cleave_value *value, int bits,
                      long double *out)
{
  json_t *number = json(value);
  const char *text = json_string_value(number);
  if (json_is_number(number)) {
    *out = (long double)json_number_value(number);
  } else if (text && strcmp(text, "NaN") == 0) {
    *out = (long double)NAN;
    return 0;
  } else if (text && strcmp(text, "Infinity") == 0) {
    *out = (long double)INFINITY;
    return 0;
  } else if (text && strcmp(text, "-Infinity") == 0) {
    *out = -(long double)INFINITY;
    return 0;
  } else if (text && bits > 64) {
    char *end = NULL;
    *out = strtold(text, &end);
    if (end == text || *end) {
      return cleave_marshal_refuse(marshal, "a number is expected");
    }
  } else {
    return cleave_marshal_refuse(marshal, value ? "a number is expected" : "missing");
  }
  if (bits == 32 && isinf((float)*out)) {
    return cleave_marshal_refuse(marshal, "out of range");
  }
  return 0;
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

/* A text, or {"base64": ...} where it is not UTF-8. The bytes belong to the value or the marshal.
 */
static int read_plain_text(struct cleave_marshal *marshal, const cleave_value *value,
                           const char **text, size_t *n)
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
  if (memchr(*text, '\0', *n)) {
    return cleave_marshal_refuse(marshal, "a text with a NUL in it");
  }
  return 0;
}

int cleave_read_text_array(struct cleave_marshal *marshal, const cleave_value *value, char *out,
                           size_t size)
{
  const char *text = NULL;
  size_t n = 0;
  if (read_plain_text(marshal, value, &text, &n) != 0) {
    return -1;
  }
  if (n >= size) {
    return cleave_marshal_refuse(marshal, "too long");
  }
  memset(out, 0, size);
  memcpy(out, text, n);
  drop(marshal, text);
  return 0;
}

static void point(void *out, const void *data)
{
  memcpy(out, &data, sizeof data);
}

/* The block is one of the newest. */
static void place_data(struct cleave_marshal *marshal, const void *data, const void *place)
{
  struct cleave_marshal_block *block = marshal->blocks;
  while (block && block->data != data) {
    block = block->next;
  }
  if (block) {
    block->place = place;
  }
}

int cleave_read_text(struct cleave_marshal *marshal, const cleave_value *value, int is_nullable,
                     void *out, size_t *n)
{
  const char *text = NULL;
  size_t length = 0;
  if (is_nullable && cleave_is_null(value)) {
    point(out, NULL);
  } else {
    if (read_plain_text(marshal, value, &text, &length) != 0) {
      return -1;
    }
    char *copy = cleave_marshal_alloc(marshal, length + 1, 1);
    if (!copy) {
      return -1;
    }
    memcpy(copy, text, length);
    drop(marshal, text);
    point(out, copy);
    place_data(marshal, copy, out);
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
    place_data(marshal, data, out);
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
  drop(marshal, data);
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

cleave_wide cleave_extent(struct cleave_marshal *marshal, cleave_wide value)
{
  (void)marshal;
  /* Three of them multiplied still fit. */
  const cleave_wide limit = (cleave_wide)1 << 40;
  return value > limit ? limit : value < -limit ? -limit : value;
}

size_t cleave_number(struct cleave_marshal *marshal, cleave_wide number)
{
  if (number < 0 || number > ROOM) {
    marshal->is_endless = 1;
    return 0;
  }
  return (size_t)number;
}

int cleave_room(struct cleave_marshal *marshal, cleave_wide number, size_t *room)
{
  if (number < 0 || number > ROOM) {
    return cleave_marshal_refuse(marshal, "the room for what comes out cannot be made");
  }
  *room = (size_t)number;
  return 0;
}

int cleave_may_follow(struct cleave_marshal *marshal, size_t n)
{
  marshal->is_endless = marshal->is_endless || n >= CHAIN_LIMIT;
  return !marshal->is_endless;
}

int cleave_descend(struct cleave_marshal *marshal)
{
  if (marshal->is_endless || marshal->level >= DEPTH_LIMIT) {
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

cleave_value *cleave_write_float(long double value, int bits)
{
  char text[64];
  if (isnan(value)) {
    return ours(json_string("NaN"));
  }
  if (isinf(value)) {
    return ours(json_string(value > 0 ? "Infinity" : "-Infinity"));
  }
  if (bits > 64) {
    snprintf(text, sizeof text, "%.21Lg", value);
    return ours(json_string(text));
  }
  return ours(json_real((double)value));
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
