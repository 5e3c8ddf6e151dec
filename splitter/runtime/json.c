#include "json.h"

#include "encoding.h"

#include <stdlib.h>
#include <string.h>

/* The quote that ends the string whose first letter is at start, or NULL. Most of JSON is strings:
 * memchr() makes this several times faster than a loop over letters. */
static const char *string_end(const char *start, const char *end)
{
  const char *from = start;
  for (;;) {
    const char *quote = memchr(from, '"', (size_t)(end - from));
    const char *slash = quote;
    while (slash && slash > start && slash[-1] == '\\') {
      slash--;
    }
    if (!quote || (quote - slash) % 2 == 0) {
      return quote;
    }
    from = quote + 1;
  }
}

/* Whether brackets outside strings nest no deeper than JSON_DEPTH. */
static bool json_depth_is_bounded(struct cleave_bytes bytes)
{
  const char *end = bytes.data + bytes.length;
  unsigned depth = 0;
  for (const char *letter = bytes.data; letter < end; letter++) {
    if (*letter == '"') {
      letter = string_end(letter + 1, end);
      if (!letter) {
        return true; /* the parser will tell that the string does not end */
      }
    } else if (*letter == '[' || *letter == '{') {
      if (++depth > JSON_DEPTH) {
        return false;
      }
    } else if ((*letter == ']' || *letter == '}') && depth > 0) {
      depth--;
    }
  }
  return true;
}

static json_t *json_read(struct cleave_bytes bytes, size_t flags, struct cleave_error *error)
{
  if (bytes.length == 0) {
    return json_null();
  }
  if (!json_depth_is_bounded(bytes)) {
    cleave_error_set(error, 400, "Function.BadRequest", "JSON is nested deeper than %d levels",
                     JSON_DEPTH);
    return NULL;
  }
  json_error_t problem;
  json_t *value = json_loadb(bytes.data, bytes.length, JSON_DECODE_ANY | flags, &problem);
  if (!value) {
    cleave_error_set(error, 400, "Function.BadRequest", "not JSON: line %d column %d: %s",
                     problem.line, problem.column, problem.text);
  }
  return value;
}

json_t *cleave_json_parse(struct cleave_bytes bytes, struct cleave_error *error)
{
  return json_read(bytes, JSON_REJECT_DUPLICATES, error);
}

json_t *cleave_event_json(const struct cleave_event *event, struct cleave_error *error)
{
  return cleave_json_parse(event->body, error);
}

json_t *json_read_envelope(struct cleave_bytes bytes, struct cleave_error *error)
{
  return json_read(bytes, JSON_ALLOW_NUL, error);
}

struct cleave_bytes json_bytes(const json_t *object, const char *member)
{
  const json_t *value = json_object_get(object, member);
  if (!json_is_string(value)) {
    return (struct cleave_bytes){NULL, 0};
  }
  return (struct cleave_bytes){json_string_value(value), json_string_length(value)};
}

const char *json_text(const json_t *object, const char *member)
{
  struct cleave_bytes bytes = json_bytes(object, member);
  return bytes.data && strlen(bytes.data) == bytes.length ? bytes.data : "";
}

const char *json_value_text(struct arena *arena, const json_t *value)
{
  if (json_is_string(value)) {
    const char *text = json_string_value(value);
    return strlen(text) == json_string_length(value) ? text : "";
  }
  if (json_is_number(value) || json_is_boolean(value)) {
    return json_print(arena, value).data;
  }
  return "";
}

const char *json_scalar(struct arena *arena, const json_t *object, const char *member)
{
  return json_value_text(arena, json_object_get(object, member));
}

const json_t *json_object_member(const json_t *object, const char *member)
{
  const json_t *value = json_object_get(object, member);
  return json_is_object(value) ? value : NULL;
}

const json_t *json_array_member(const json_t *object, const char *member)
{
  const json_t *value = json_object_get(object, member);
  return json_is_array(value) ? value : NULL;
}

struct cleave_bytes json_print(struct arena *arena, const json_t *value)
{
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
  if (!text) {
    return (struct cleave_bytes){"null", 4};
  }
  size_t n = strlen(text);
  struct cleave_bytes bytes = {arena_copy(arena, text, n), n};
  free(text);
  return bytes;
}

json_t *json_safe_string(struct arena *arena, const char *text)
{
  json_t *value = json_string(text);
  return value ? value : json_string(utf8_repair(arena, text, strlen(text)));
}
