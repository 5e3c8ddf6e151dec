#include "json.h"

static void json_quote(struct buffer *out, const char *text)
{
  buffer_puts(out, "\"");
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      buffer_printf(out, "\\%c", c);
    else if (c == '\n')
      buffer_puts(out, "\\n");
    else if (c < 0x20)
      buffer_printf(out, "\\u%04x", c);
    else
      buffer_add(out, text, 1);
  }
  buffer_puts(out, "\"");
}

static void json_key(struct json *json, const char *key)
{
  if (json->needs_comma)
    buffer_puts(json->out, ",");
  if (key) {
    json_quote(json->out, key);
    buffer_puts(json->out, ":");
  }
  json->needs_comma = 1;
}

static void json_open(struct json *json, const char *key, const char *bracket)
{
  json_key(json, key);
  buffer_puts(json->out, bracket);
  json->needs_comma = 0;
}

static void json_close(struct json *json, const char *bracket)
{
  buffer_puts(json->out, bracket);
  json->needs_comma = 1;
}

void json_init(struct json *json, struct buffer *out)
{
  json->out = out;
  json->needs_comma = 0;
}

void json_object(struct json *json, const char *key)
{
  json_open(json, key, "{");
}

void json_object_end(struct json *json)
{
  json_close(json, "}");
}

void json_array(struct json *json, const char *key)
{
  json_open(json, key, "[");
}

void json_array_end(struct json *json)
{
  json_close(json, "]");
}

void json_string(struct json *json, const char *key, const char *value)
{
  json_key(json, key);
  json_quote(json->out, value ? value : "");
}

void json_long(struct json *json, const char *key, long value)
{
  json_key(json, key);
  buffer_printf(json->out, "%ld", value);
}
