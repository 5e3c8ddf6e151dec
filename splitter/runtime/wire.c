#include "wire.h"

#include <string.h>

#define WIRE_TRUST ((size_t)1024 * 1024)

static int wire_refuse(struct wire *wire, int status)
{
  wire->failure = status;
  return 1;
}

static bool wire_count(struct wire *wire, size_t n)
{
  wire->n_header_bytes += n;
  return wire->n_header_bytes <= wire->limits.max_headers;
}

static int on_begin(http_parser *parser)
{
  struct wire *wire = parser->data;
  wire->state = WIRE_HEADERS;
  wire->headers = (struct fields){NULL, 0, 0}; /* an interim response may have left some */
  return 0;
}

static int on_url(http_parser *parser, const char *data, size_t n)
{
  struct wire *wire = parser->data;
  if (!wire_count(wire, n)) {
    return wire_refuse(wire, 414);
  }
  buffer_add(&wire->target, data, n);
  return 0;
}

static void wire_take_field(struct wire *wire)
{
  if (!wire->has_value) {
    return;
  }
  fields_add(&wire->headers, &wire->arena,
             arena_copy(&wire->arena, buffer_text(&wire->name), wire->name.length),
             arena_copy(&wire->arena, buffer_text(&wire->value), wire->value.length));
  buffer_reset(&wire->name);
  buffer_reset(&wire->value);
  wire->has_value = false;
}

static int on_field(http_parser *parser, const char *data, size_t n)
{
  struct wire *wire = parser->data;
  wire_take_field(wire);
  if (!wire_count(wire, n)) {
    return wire_refuse(wire, 431);
  }
  buffer_add(&wire->name, data, n);
  return 0;
}

static int on_value(http_parser *parser, const char *data, size_t n)
{
  struct wire *wire = parser->data;
  wire->has_value = true;
  if (!wire_count(wire, n + 4)) {
    return wire_refuse(wire, 431);
  }
  buffer_add(&wire->value, data, n);
  return 0;
}

static int on_headers(http_parser *parser)
{
  struct wire *wire = parser->data;
  wire_take_field(wire);
  wire->state = WIRE_BODY;
  if (parser->http_major != 1) {
    wire_refuse(wire, 505);
    return -1;
  }
  const char *expectation = wire_header(wire, "Expect");
  wire->wants_continue = expectation && name_equals(expectation, "100-continue");
  if (wire->is_head_reply) {
    return 1;
  }
  bool has_length = (parser->flags & F_CONTENTLENGTH) != 0;
  if (has_length && parser->content_length > wire->limits.max_body) {
    wire_refuse(wire, 413);
    return -1;
  }
  if (has_length) {
    /* A peer that announces much and sends little must not cost memory. */
    bool is_large = parser->content_length > WIRE_TRUST;
    buffer_reserve(&wire->body, is_large ? WIRE_TRUST : (size_t)parser->content_length);
  }
  return 0;
}

static int on_body(http_parser *parser, const char *data, size_t n)
{
  struct wire *wire = parser->data;
  return buffer_add(&wire->body, data, n) ? 0 : wire_refuse(wire, 413);
}

static int on_complete(http_parser *parser)
{
  struct wire *wire = parser->data;
  wire_take_field(wire); /* trailers */
  if (parser->type == HTTP_RESPONSE && parser->status_code < 200) {
    return 0; /* an interim response: the real one follows */
  }
  wire->state = WIRE_COMPLETE;
  wire->keep_alive = http_should_keep_alive(parser) != 0;
  http_parser_pause(parser, 1);
  return 0;
}

static const http_parser_settings wire_settings = {
    .on_message_begin = on_begin,
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_headers,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

void wire_init(struct wire *wire, enum http_parser_type type, struct wire_limits limits)
{
  memset(wire, 0, sizeof(*wire));
  http_parser_init(&wire->parser, type);
  wire->parser.data = wire;
  wire->limits = limits;
  arena_init(&wire->arena);
  buffer_init(&wire->target, limits.max_headers);
  buffer_init(&wire->name, limits.max_headers);
  buffer_init(&wire->value, limits.max_headers);
  buffer_init(&wire->body, limits.max_body);
}

void wire_clear(struct wire *wire)
{
  arena_clear(&wire->arena);
  buffer_clear(&wire->target);
  buffer_clear(&wire->name);
  buffer_clear(&wire->value);
  buffer_clear(&wire->body);
}

void wire_reset(struct wire *wire)
{
  enum http_parser_type type = (enum http_parser_type)wire->parser.type;
  http_parser_init(&wire->parser, type);
  wire->parser.data = wire;
  arena_reset(&wire->arena);
  buffer_reset(&wire->target);
  buffer_reset(&wire->name);
  buffer_reset(&wire->value);
  buffer_reset(&wire->body);
  wire->headers = (struct fields){NULL, 0, 0};
  wire->n_header_bytes = 0;
  wire->has_value = false;
  wire->is_head_reply = false;
  wire->wants_continue = false;
  wire->keep_alive = false;
  wire->state = WIRE_EMPTY;
  wire->failure = 0;
}

static void wire_fail(struct wire *wire)
{
  wire->state = WIRE_FAILED;
  if (wire->failure == 0) {
    wire->failure = HTTP_PARSER_ERRNO(&wire->parser) == HPE_HEADER_OVERFLOW ? 431 : 400;
  }
}

size_t wire_feed(struct wire *wire, const char *data, size_t n)
{
  if (wire->state == WIRE_COMPLETE || wire->state == WIRE_FAILED || n == 0) {
    return 0;
  }
  size_t used = http_parser_execute(&wire->parser, &wire_settings, data, n);
  if (wire->state == WIRE_COMPLETE) {
    return used;
  }
  if (HTTP_PARSER_ERRNO(&wire->parser) != HPE_OK || wire->parser.upgrade) {
    wire_fail(wire);
  }
  return used;
}

void wire_finish(struct wire *wire)
{
  if (wire->state == WIRE_COMPLETE || wire->state == WIRE_FAILED) {
    return;
  }
  http_parser_execute(&wire->parser, &wire_settings, NULL, 0);
  if (wire->state != WIRE_COMPLETE) {
    wire_fail(wire);
  }
}

const char *wire_header(const struct wire *wire, const char *name)
{
  struct cleave_fields view = fields_view(&wire->headers);
  return cleave_fields_get(&view, name, true);
}
