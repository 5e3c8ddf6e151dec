#include "splitter/host/envelope.h"

#include <jansson.h>
#include <string.h>

#include "splitter/runtime/encoding.h"

#define BAD_GATEWAY "{\"message\":\"Internal Server Error\"}"

static GBytes *to_bytes(json_t *object)
{
  char *text = json_dumps(object, JSON_COMPACT);
  json_decref(object);
  GBytes *bytes = g_bytes_new(text, strlen(text));
  free(text);
  return bytes;
}

/* Whatever bytes a peer sends: those that are no UTF-8 become replacement characters. */
static json_t *text_json(const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  return json_string(valid);
}

/* Adds VALUE to the string member KEY, after a comma when there is one already. */
static void join(json_t *object, const char *key, const char *value)
{
  const char *before = json_string_value(json_object_get(object, key));
  g_autofree char *both = before ? g_strconcat(before, ",", value, NULL) : g_strdup(value);
  json_t *text = json_string(both);
  json_object_set_new(object, key, text ? text : json_string(""));
}

static json_t *headers_json(const struct wire *request, json_t **cookies)
{
  json_t *headers = json_object();
  *cookies = json_array();
  for (size_t i = 0; i < request->headers.n_items; i++) {
    const struct cleave_field *field = &request->headers.items[i];
    g_autofree char *name = g_ascii_strdown(field->name, -1);
    if (strcmp(name, "cookie") != 0) {
      join(headers, name, field->value);
      continue;
    }
    g_auto(GStrv) parts = g_strsplit(field->value, ";", -1);
    for (char **part = parts; *part; part++) {
      json_t *cookie = json_string(g_strstrip(*part));
      json_array_append_new(*cookies, cookie ? cookie : json_string(""));
    }
  }
  return headers;
}

static json_t *fields_json(const struct fields *fields)
{
  json_t *object = json_object();
  for (size_t i = 0; i < fields->n_items; i++) {
    join(object, fields->items[i].name, fields->items[i].value);
  }
  return object;
}

static void set_body(json_t *event, const struct buffer *body)
{
  if (body->length == 0) {
    json_object_set_new(event, "isBase64Encoded", json_false());
    return;
  }
  bool is_text = text_is_plain(buffer_text(body), body->length);
  json_object_set_new(event, "isBase64Encoded", json_boolean(!is_text));
  if (is_text) {
    json_object_set_new(event, "body", json_stringn(body->data, body->length));
    return;
  }
  g_autofree char *encoded = g_base64_encode((const guchar *)body->data, body->length);
  json_object_set_new(event, "body", json_string(encoded));
}

GBytes *envelope_http(const struct wire *request, const struct http_origin *origin,
                      const char *traceparent)
{
  const char *target = buffer_text(&request->target);
  const char *mark = strchr(target, '?');
  g_autofree char *path = mark ? g_strndup(target, (gsize)(mark - target)) : g_strdup(target);
  const char *query = mark ? mark + 1 : "";
  const char *method = http_method_str((enum http_method)request->parser.method);
  const char *agent = wire_header(request, "user-agent");
  const char *host = wire_header(request, "host");
  json_t *cookies = NULL;
  json_t *headers = headers_json(request, &cookies);
  if (traceparent[0] != '\0') {
    json_object_set_new(headers, "traceparent", json_string(traceparent));
  }
  json_t *http =
      json_pack("{s:s,s:o,s:s,s:s,s:o}", "method", method, "path", text_json(path), "protocol",
                "HTTP/1.1", "sourceIp", origin->peer, "userAgent", text_json(agent ? agent : ""));
  json_t *context =
      json_pack("{s:s,s:s,s:o,s:s,s:o,s:s,s:s,s:s,s:I}", "accountId", "000000000000", "apiId",
                "local", "domainName", text_json(host ? host : "localhost"), "domainPrefix",
                "local", "http", http, "requestId", origin->request_id, "routeKey", origin->route,
                "stage", "$default", "timeEpoch", (json_int_t)origin->now_ms);
  json_t *event = json_pack("{s:s,s:s,s:o,s:o,s:o,s:o}", "version", "2.0", "routeKey",
                            origin->route, "rawPath", text_json(path), "rawQueryString",
                            text_json(query), "headers", headers, "requestContext", context);
  if (json_array_size(cookies) > 0) {
    json_object_set(event, "cookies", cookies);
  }
  json_decref(cookies);
  if (origin->parameters->n_items > 0) {
    json_object_set_new(event, "pathParameters", fields_json(origin->parameters));
  }
  if (query[0] != '\0') {
    struct arena arena;
    struct fields fields = {NULL, 0, 0};
    arena_init(&arena);
    if (fields_read_query(&fields, &arena, query)) {
      json_object_set_new(event, "queryStringParameters", fields_json(&fields));
    }
    arena_clear(&arena);
  }
  set_body(event, &request->body);
  return to_bytes(event);
}

json_t *envelope_queue_record(const char *queue, const char *message_id, const char *body,
                              size_t n_body, unsigned n_deliveries, int64_t sent_ms,
                              const char *traceparent)
{
  g_autofree char *arn = g_strdup_printf("arn:aws:sqs:us-east-1:000000000000:%s", queue);
  g_autofree char *count = g_strdup_printf("%u", n_deliveries);
  g_autofree char *sent = g_strdup_printf("%" G_GINT64_FORMAT, sent_ms);
  g_autofree char *md5 = g_compute_checksum_for_data(G_CHECKSUM_MD5, (const guchar *)body, n_body);
  json_t *attributes =
      json_pack("{s:s,s:s}", "ApproximateReceiveCount", count, "SentTimestamp", sent);
  json_t *message_attributes = json_object();
  if (traceparent[0] != '\0') {
    json_object_set_new(message_attributes, "traceparent",
                        json_pack("{s:s,s:s}", "stringValue", traceparent, "dataType", "String"));
  }
  return json_pack("{s:s,s:s,s:s%,s:o,s:o,s:s,s:s,s:s,s:s}", "messageId", message_id,
                   "receiptHandle", message_id, "body", body, n_body, "attributes", attributes,
                   "messageAttributes", message_attributes, "md5OfBody", md5, "eventSource",
                   "aws:sqs", "eventSourceARN", arn, "awsRegion", "us-east-1");
}

GBytes *envelope_schedule(const char *name, const char *time)
{
  return to_bytes(json_pack("{s:s,s:s}", "job", name, "at", time));
}

GBytes *envelope_object(const char *bucket, const char *key, uint64_t size, const char *etag,
                        const char *time)
{
  g_autofree char *arn = g_strdup_printf("arn:aws:s3:::%s", bucket);
  g_autofree char *encoded = g_uri_escape_string(key, "/", FALSE);
  json_t *s3 = json_pack("{s:s,s:{s:s,s:s},s:{s:s,s:I,s:s}}", "s3SchemaVersion", "1.0", "bucket",
                         "name", bucket, "arn", arn, "object", "key", encoded, "size",
                         (json_int_t)size, "eTag", etag);
  json_t *record = json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "eventVersion", "2.1", "eventSource",
                             "aws:s3", "awsRegion", "us-east-1", "eventTime", time, "eventName",
                             "ObjectCreated:Put", "s3", s3);
  return to_bytes(json_pack("{s:[o]}", "Records", record));
}

/* Takes what FAILURE names out of IS_PROCESSED; false when it names nothing that was sent. */
static bool take_failure(const json_t *failure, const char *const *ids, size_t n,
                         bool *is_processed)
{
  const char *id = json_string_value(json_object_get(failure, "itemIdentifier"));
  bool is_known = false;
  for (size_t i = 0; id && i < n; i++) {
    if (strcmp(ids[i], id) == 0) {
      is_processed[i] = false;
      is_known = true;
    }
  }
  return is_known;
}

void envelope_queue_read(const char *reply, size_t n_reply, const char *const *ids, size_t n,
                         bool *is_processed)
{
  json_t *root = json_loadb(reply, n_reply, JSON_REJECT_DUPLICATES, NULL);
  json_t *failures = json_object_get(root, "batchItemFailures");
  bool is_good = json_is_array(failures);
  for (size_t i = 0; i < n; i++) {
    is_processed[i] = true;
  }
  for (size_t i = 0; is_good && i < json_array_size(failures); i++) {
    is_good = take_failure(json_array_get(failures, i), ids, n, is_processed);
  }
  for (size_t i = 0; !is_good && i < n; i++) {
    is_processed[i] = false;
  }
  json_decref(root);
}

/* A header's name as RFC 9110 has it. */
static bool is_token(const char *name)
{
  size_t n = strlen(name);
  return n > 0 && strspn(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == n;
}

void http_reply_add(struct http_reply *reply, const char *name, const char *value)
{
  if (!value || !is_token(name) || strpbrk(value, "\r\n")) {
    return;
  }
  if (g_ascii_strcasecmp(name, "content-length") == 0 ||
      g_ascii_strcasecmp(name, "transfer-encoding") == 0 ||
      g_ascii_strcasecmp(name, "connection") == 0) {
    return; /* the gateway's own */
  }
  struct cleave_field field = {g_string_chunk_insert(reply->strings, name),
                               g_string_chunk_insert(reply->strings, value)};
  g_array_append_val(reply->headers, field);
}

static void set_reply_body(struct http_reply *reply, const json_t *root)
{
  const json_t *body = json_object_get(root, "body");
  if (json_is_true(json_object_get(root, "isBase64Encoded")) && json_is_string(body)) {
    gsize n = 0;
    guchar *data = g_base64_decode(json_string_value(body), &n);
    reply->body = g_bytes_new_take(data, n);
  } else {
    reply->body = g_bytes_new(json_string_value(body), json_string_length(body));
  }
}

static void read_object(struct http_reply *reply, json_t *root)
{
  json_t *status = json_object_get(root, "statusCode");
  json_int_t number = json_is_string(status)
                          ? (json_int_t)g_ascii_strtoll(json_string_value(status), NULL, 10)
                          : json_integer_value(status);
  reply->status = number >= 100 && number <= 599 ? (int)number : 502;
  if (number < 100 || number > 599) {
    http_reply_add(reply, "Content-Type", "application/json");
    reply->body = g_bytes_new_static(BAD_GATEWAY, strlen(BAD_GATEWAY));
    return;
  }
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(root, "headers"), name, value)
  {
    for (size_t i = 0; i < json_array_size(value); i++) { /* as Azure's custom handlers write */
      http_reply_add(reply, name, json_string_value(json_array_get(value, i)));
    }
    http_reply_add(reply, name, json_string_value(value));
  }
  size_t index;
  json_array_foreach(json_object_get(root, "cookies"), index, value)
  {
    http_reply_add(reply, "Set-Cookie", json_string_value(value));
  }
  set_reply_body(reply, root);
}

void http_reply_init(struct http_reply *reply)
{
  reply->status = 200;
  reply->headers = g_array_new(FALSE, FALSE, sizeof(struct cleave_field));
  reply->strings = g_string_chunk_new(1024);
  reply->body = NULL;
}

void http_reply_read(struct http_reply *reply, const char *text, size_t n_text)
{
  http_reply_init(reply);
  json_t *root = json_loadb(text, n_text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
  if (json_is_object(root) && json_object_get(root, "statusCode")) {
    read_object(reply, root);
  } else if (root) { /* JSON without a status is the body of a 200 */
    reply->status = 200;
    http_reply_add(reply, "Content-Type", "application/json");
    reply->body = g_bytes_new(text, n_text);
  } else {
    reply->status = 502;
    http_reply_add(reply, "Content-Type", "application/json");
    reply->body = g_bytes_new_static(BAD_GATEWAY, strlen(BAD_GATEWAY));
  }
  json_decref(root);
}

void http_reply_clear(struct http_reply *reply)
{
  g_array_unref(reply->headers);
  g_string_chunk_free(reply->strings);
  g_bytes_unref(reply->body);
}
