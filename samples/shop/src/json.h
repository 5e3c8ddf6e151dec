/* Writes JSON into a buffer. A key of NULL stands for a member of an array. */
#ifndef SHOP_JSON_H
#define SHOP_JSON_H

#include "str.h"

struct json {
  struct buffer *out;
  int needs_comma;
};

void json_init(struct json *json, struct buffer *out);
void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_string(struct json *json, const char *key, const char *value);
void json_long(struct json *json, const char *key, long value);

#endif
