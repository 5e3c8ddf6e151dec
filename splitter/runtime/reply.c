#include "reply.h"

#include "encoding.h"
#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "application/json"

void reply_init(struct cleave_reply *reply, size_t max_body)
{
  memset(reply, 0, sizeof(*reply));
  arena_init(&reply->arena);
  buffer_init(&reply->body, max_body);
}

void reply_clear(struct cleave_reply *reply)
{
  arena_clear(&reply->arena);
  buffer_clear(&reply->body);
}

void reply_reset(struct cleave_reply *reply, const struct reply_sink *sink)
{
  arena_reset(&reply->arena);
  buffer_reset(&reply->body);
  reply->status = 0;
  reply->headers = (struct fields){NULL, 0, 0};
  reply->cookies = (struct fields){NULL, 0, 0};
  reply->is_json = false;
  reply->is_too_large = false;
  reply->is_streaming = false;
  reply->is_broken = false;
  reply->sink = sink;
}

void cleave_reply_clear(struct cleave_reply *reply)
{
  if (!reply->is_streaming) {
    reply_reset(reply, reply->sink);
  }
}

void cleave_reply_status(struct cleave_reply *reply, int status)
{
  if (status >= 200 && status <= 599) {
    reply->status = status;
  }
}

static bool is_token(const char *name)
{
  static const char separators[] = "()<>@,;:\\\"/[]?={} \t";
  for (const char *letter = name; *letter != '\0'; letter++) {
    if (*letter <= 0x20 || *letter >= 0x7F || strchr(separators, *letter)) {
      return false;
    }
  }
  return *name != '\0';
}

static bool is_field_value(const char *value)
{
  for (const char *letter = value; *letter != '\0'; letter++) {
    unsigned char byte = (unsigned char)*letter;
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F) {
      return false;
    }
  }
  return true;
}

static bool is_framing(const char *name)
{
  return name_equals(name, "Content-Length") || name_equals(name, "Transfer-Encoding") ||
         name_equals(name, "Connection");
}

int cleave_reply_header(struct cleave_reply *reply, const char *name, const char *value)
{
  if (!is_token(name) || !is_field_value(value)) {
    return -1;
  }
  if (name_equals(name, "Set-Cookie")) {
    return cleave_reply_cookie(reply, value);
  }
  if (is_framing(name)) {
    return 0; /* the platform frames the body itself */
  }
  char *kept = arena_string(&reply->arena, value);
  if (name_equals(name, "Content-Type")) {
    for (size_t i = 0; i < reply->headers.n_items; i++) {
      if (name_equals(reply->headers.items[i].name, name)) {
        reply->headers.items[i].value = kept;
        return 0;
      }
    }
  }
  fields_add(&reply->headers, &reply->arena, arena_string(&reply->arena, name), kept);
  return 0;
}

int cleave_reply_cookie(struct cleave_reply *reply, const char *set_cookie)
{
  if (!is_field_value(set_cookie) || *set_cookie == '\0') {
    return -1;
  }
  fields_add(&reply->cookies, &reply->arena, "Set-Cookie", arena_string(&reply->arena, set_cookie));
  return 0;
}

int cleave_reply_write(struct cleave_reply *reply, const void *data, size_t length)
{
  if (reply->is_streaming) {
    if (!reply->is_broken && !reply->sink->write(reply->sink->data, data, length)) {
      reply->is_broken = true;
    }
    return reply->is_broken ? -1 : 0;
  }
  reply->is_json = false;
  if (!buffer_add(&reply->body, data, length)) {
    reply->is_too_large = true;
    return -1;
  }
  return 0;
}

int cleave_reply_print(struct cleave_reply *reply, const char *format, ...)
{
  char small[512];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(small, sizeof(small), format, arguments);
  va_end(arguments);
  if (n < 0) {
    return -1;
  }
  if ((size_t)n < sizeof(small)) {
    return cleave_reply_write(reply, small, (size_t)n);
  }
  char *large = arena_alloc(&reply->arena, (size_t)n + 1);
  va_start(arguments, format);
  vsnprintf(large, (size_t)n + 1, format, arguments);
  va_end(arguments);
  return cleave_reply_write(reply, large, (size_t)n);
}

bool reply_set_json_text(struct cleave_reply *reply, struct cleave_bytes text)
{
  buffer_reset(&reply->body);
  if (cleave_reply_write(reply, text.data, text.length) != 0) {
    return false;
  }
  reply->is_json = true;
  if (!reply_header(reply, "Content-Type")) {
    cleave_reply_header(reply, "Content-Type", JSON_TYPE);
  }
  return true;
}

int cleave_reply_json(struct cleave_reply *reply, json_t *value)
{
  char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
  json_decref(value);
  if (!text) {
    return -1;
  }
  bool is_set = reply_set_json_text(reply, (struct cleave_bytes){text, strlen(text)});
  free(text);
  return is_set ? 0 : -1;
}

int cleave_reply_flush(struct cleave_reply *reply)
{
  if (!reply->sink) {
    return 0;
  }
  if (!reply->is_streaming) {
    reply->is_streaming = true;
    reply->is_broken = !reply->sink->begin(reply->sink->data, reply);
    if (!reply->is_broken && reply->body.length > 0) {
      reply->is_broken =
          !reply->sink->write(reply->sink->data, reply->body.data, reply->body.length);
    }
    buffer_reset(&reply->body);
  }
  return reply->is_broken ? -1 : 0;
}

int reply_status(const struct cleave_reply *reply)
{
  if (reply->status != 0) {
    return reply->status;
  }
  return reply->body.length > 0 || reply->is_streaming || reply->headers.n_items > 0 ? 200 : 204;
}

const char *reply_header(const struct cleave_reply *reply, const char *name)
{
  struct cleave_fields view = fields_view(&reply->headers);
  return cleave_fields_get(&view, name, true);
}

struct cleave_bytes reply_body(const struct cleave_reply *reply)
{
  return (struct cleave_bytes){buffer_text(&reply->body), reply->body.length};
}

bool reply_is_text(const struct cleave_reply *reply)
{
  const char *coding = reply_header(reply, "Content-Encoding");
  return (!coding || name_equals(coding, "identity")) &&
         text_is_plain(buffer_text(&reply->body), reply->body.length);
}

struct cleave_fields reply_http_headers(struct cleave_reply *reply)
{
  struct fields all = {NULL, 0, 0};
  for (size_t i = 0; i < reply->headers.n_items; i++) {
    fields_add(&all, &reply->arena, reply->headers.items[i].name, reply->headers.items[i].value);
  }
  for (size_t i = 0; i < reply->cookies.n_items; i++) {
    fields_add(&all, &reply->arena, "Set-Cookie", reply->cookies.items[i].value);
  }
  return fields_view(&all);
}

struct cleave_bytes reply_json_text(struct cleave_reply *reply)
{
  struct cleave_bytes body = reply_body(reply);
  if (body.length == 0) {
    return (struct cleave_bytes){"null", 4};
  }
  if (reply->is_json) {
    return body;
  }
  json_t *value = NULL;
  if (utf8_is_valid(body.data, body.length)) {
    value = json_stringn(body.data, body.length);
  } else {
    char *text = arena_alloc(&reply->arena, base64_encoded_length(body.length) + 1);
    base64_encode(body.data, body.length, text);
    value = json_pack("{s:s}", "base64", text);
  }
  struct cleave_bytes printed = json_print(&reply->arena, value);
  json_decref(value);
  return printed;
}
