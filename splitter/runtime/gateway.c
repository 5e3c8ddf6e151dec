#include "gateway.h"

#include "encoding.h"
#include "json.h"

#include <string.h>

static int refuse(struct cleave_error *error, const char *what)
{
  return cleave_error_set(error, 400, "Function.BadRequest", "%s", what);
}

/* Adds the string members of an object; -1 when one holds a NUL. */
static int read_fields(const json_t *object, struct arena *arena, struct fields *fields)
{
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)object, name, value)
  {
    if (!json_is_string(value)) {
      continue;
    }
    const char *text = json_string_value(value);
    if (strlen(text) != json_string_length(value)) {
      return -1;
    }
    fields_add(fields, arena, name, text);
  }
  return 0;
}

/* Adds the members of an object of lists of strings. */
static int read_lists(const json_t *object, struct arena *arena, struct fields *fields)
{
  const char *name;
  json_t *list;
  json_object_foreach((json_t *)object, name, list)
  {
    size_t i;
    json_t *value;
    json_array_foreach(list, i, value)
    {
      const char *text = json_value_text(arena, value);
      if (json_is_string(value) && strlen(text) != json_string_length(value)) {
        return -1;
      }
      fields_add(fields, arena, name, text);
    }
  }
  return 0;
}

/* cookies: ["a=1","b=2"] also as the header that a program expects. */
static void read_cookies(struct work *work)
{
  const json_t *list = json_array_member(work->json, "cookies");
  size_t i;
  json_t *value;
  const char *header = "";
  json_array_foreach(list, i, value)
  {
    const char *text = json_value_text(work->arena, value);
    header = arena_print(work->arena, "%s%s%s", header, *header != '\0' ? "; " : "", text);
  }
  if (*header != '\0') {
    fields_add(&work->headers, work->arena, "cookie", header);
  }
}

static int read_body(struct work *work, struct cleave_error *error)
{
  struct cleave_bytes body = json_bytes(work->json, "body");
  if (!body.data) {
    return 0;
  }
  if (json_is_true(json_object_get(work->json, "isBase64Encoded"))) {
    size_t length;
    body.data = base64_decode(work->arena, body.data, body.length, &length);
    if (!body.data) {
      return refuse(error, "the body is marked as base64 but is not");
    }
    body.length = length;
  }
  work->event.body = body;
  return 0;
}

/* Without the stage that a default endpoint puts in front. */
static const char *without_stage(const char *path, const char *stage)
{
  size_t n = strlen(stage);
  if (n > 0 && strcmp(stage, "$default") != 0 && path[0] == '/' &&
      strncmp(path + 1, stage, n) == 0 && (path[n + 1] == '/' || path[n + 1] == '\0')) {
    return path[n + 1] == '\0' ? "/" : path + n + 1;
  }
  return path;
}

static int read_v2(struct work *work, struct cleave_error *error)
{
  const json_t *json = work->json;
  struct cleave_event *event = &work->event;
  const json_t *context = json_object_member(json, "requestContext");
  const json_t *http = json_object_member(context, "http");
  event->method = json_text(http, "method");
  event->protocol = json_text(http, "protocol");
  event->source_ip = json_text(http, "sourceIp");
  event->raw_path = without_stage(json_text(json, "rawPath"), json_text(context, "stage"));
  event->query_string = json_text(json, "rawQueryString");
  work->source = WORK_GATEWAY_V2;
  if (read_fields(json_object_get(json, "headers"), work->arena, &work->headers) != 0 ||
      read_fields(json_object_get(json, "pathParameters"), work->arena, &work->parameters) != 0) {
    return refuse(error, "a header or path parameter holds a NUL");
  }
  if (*event->query_string == '\0') {
    if (read_fields(json_object_get(json, "queryStringParameters"), work->arena, &work->query) !=
        0) {
      return refuse(error, "a query parameter holds a NUL");
    }
  } else if (!fields_read_query(&work->query, work->arena, event->query_string)) {
    return refuse(error, "a query parameter holds a NUL");
  }
  read_cookies(work);
  return read_body(work, error);
}

/* The decoded parameters as a query string again, for programs that read QUERY_STRING. */
static const char *query_text(struct arena *arena, const struct fields *query)
{
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  static const char digits[] = "0123456789ABCDEF";
  size_t room = 1;
  for (size_t i = 0; i < query->n_items; i++) {
    room += 3 * (strlen(query->items[i].name) + strlen(query->items[i].value)) + 2;
  }
  char *text = arena_alloc(arena, room);
  size_t n = 0;
  for (size_t i = 0; i < query->n_items; i++) {
    const char *parts[] = {query->items[i].name, query->items[i].value};
    for (size_t part = 0; part < 2; part++) {
      if (part == 1 || i > 0) {
        text[n++] = part == 1 ? '=' : '&';
      }
      for (const char *letter = parts[part]; *letter != '\0'; letter++) {
        if (strchr(plain, *letter)) {
          text[n++] = *letter;
        } else {
          text[n++] = '%';
          text[n++] = digits[(unsigned char)*letter >> 4];
          text[n++] = digits[(unsigned char)*letter & 15];
        }
      }
    }
  }
  return text;
}

static int read_v1(struct work *work, struct cleave_error *error)
{
  const json_t *json = work->json;
  struct cleave_event *event = &work->event;
  const json_t *context = json_object_member(json, "requestContext");
  const json_t *many_headers = json_object_member(json, "multiValueHeaders");
  const json_t *many_queries = json_object_member(json, "multiValueQueryStringParameters");
  event->method = json_text(json, "httpMethod");
  event->protocol = json_text(context, "protocol");
  event->source_ip = json_text(json_object_get(context, "identity"), "sourceIp");
  event->raw_path = json_text(json, "path");
  work->source = WORK_GATEWAY_V1;
  int headers = many_headers
                    ? read_lists(many_headers, work->arena, &work->headers)
                    : read_fields(json_object_get(json, "headers"), work->arena, &work->headers);
  int queries = many_queries ? read_lists(many_queries, work->arena, &work->query)
                             : read_fields(json_object_get(json, "queryStringParameters"),
                                           work->arena, &work->query);
  if (headers != 0 || queries != 0 ||
      read_fields(json_object_get(json, "pathParameters"), work->arena, &work->parameters) != 0) {
    return refuse(error, "a header or parameter holds a NUL");
  }
  event->query_string = query_text(work->arena, &work->query);
  return read_body(work, error);
}

int gateway_read(struct work *work, struct cleave_error *error)
{
  struct cleave_event *event = &work->event;
  bool is_v2 = json_object_member(json_object_get(work->json, "requestContext"), "http") != NULL;
  int result = is_v2 ? read_v2(work, error) : read_v1(work, error);
  if (result != 0) {
    return result;
  }
  if (*event->method == '\0' || *event->raw_path != '/') {
    return refuse(error, "the event is no API Gateway or function URL request");
  }
  if (*event->protocol == '\0') {
    event->protocol = "HTTP/1.1";
  }
  return 0;
}

json_t *gateway_headers(struct arena *arena, const struct fields *headers)
{
  json_t *object = json_object();
  for (size_t i = 0; i < headers->n_items; i++) {
    const struct cleave_field *field = &headers->items[i];
    const char *before = json_text(object, field->name);
    const char *value =
        *before == '\0' ? field->value : arena_print(arena, "%s, %s", before, field->value);
    json_object_set_new(object, field->name, json_safe_string(arena, value));
  }
  return object;
}

json_t *gateway_cookies(struct arena *arena, const struct fields *cookies)
{
  json_t *list = json_array();
  for (size_t i = 0; i < cookies->n_items; i++) {
    json_array_append_new(list, json_safe_string(arena, cookies->items[i].value));
  }
  return list;
}

static json_t *reply_head(struct arena *arena, const struct cleave_reply *reply, bool is_v1)
{
  json_t *head = json_pack("{s:i,s:o}", "statusCode", reply_status(reply), "headers",
                           gateway_headers(arena, &reply->headers));
  if (reply->cookies.n_items > 0 && is_v1) {
    json_object_set_new(head, "multiValueHeaders",
                        json_pack("{s:o}", "Set-Cookie", gateway_cookies(arena, &reply->cookies)));
  } else if (reply->cookies.n_items > 0) {
    json_object_set_new(head, "cookies", gateway_cookies(arena, &reply->cookies));
  }
  return head;
}

struct cleave_bytes gateway_write_head(struct arena *arena, const struct cleave_reply *reply)
{
  json_t *head = reply_head(arena, reply, false);
  struct cleave_bytes text = json_print(arena, head);
  json_decref(head);
  return text;
}

struct cleave_bytes gateway_write(struct work *work, struct cleave_reply *reply)
{
  struct cleave_bytes body = reply_body(reply);
  bool is_text = reply_is_text(reply);
  if (body.length > 0 && !reply_header(reply, "Content-Type")) {
    cleave_reply_header(reply, "content-type",
                        is_text ? "text/plain; charset=utf-8" : "application/octet-stream");
  }
  json_t *object = reply_head(work->arena, reply, work->source == WORK_GATEWAY_V1);
  if (is_text) {
    json_object_set_new(object, "body", json_stringn_nocheck(body.data, body.length));
  } else {
    char *text = arena_alloc(work->arena, base64_encoded_length(body.length) + 1);
    base64_encode(body.data, body.length, text);
    json_object_set_new(object, "body", json_string_nocheck(text));
  }
  json_object_set_new(object, "isBase64Encoded", json_boolean(!is_text));
  struct cleave_bytes printed = json_print(work->arena, object);
  json_decref(object);
  return printed;
}
