/* Reading JSON within bounds and looking into what was read.
 * Never follows more than JSON_DEPTH levels, so hostile nesting costs no stack. */
#ifndef CLEAVE_JSON_H
#define CLEAVE_JSON_H

#include "arena.h"
#include "cleave_runtime.h"

#define JSON_DEPTH 128

/* How a platform's own envelope is read: embedded NULs are accepted here and judged where a string
 * is used. Otherwise as cleave_json_parse(). */
json_t *json_read_envelope(struct cleave_bytes bytes, struct cleave_error *error);

/* The member's string, or "" when it is absent, no string, or holds a NUL. Borrowed from object. */
const char *json_text(const json_t *object, const char *member);

/* The member's string with its length; data is NULL when it is absent or no string. */
struct cleave_bytes json_bytes(const json_t *object, const char *member);

/* The member as text: strings as they are, numbers and booleans printed. "" otherwise. */
const char *json_scalar(struct arena *arena, const json_t *object, const char *member);
const char *json_value_text(struct arena *arena, const json_t *value);

/* The member when it is an object or an array, else NULL. */
const json_t *json_object_member(const json_t *object, const char *member);
const json_t *json_array_member(const json_t *object, const char *member);

/* Compact JSON text of a value, in the arena. */
struct cleave_bytes json_print(struct arena *arena, const json_t *value);

/* A JSON string of any C string: bytes that are not UTF-8 become U+FFFD. New reference. */
json_t *json_safe_string(struct arena *arena, const char *text);

#endif
