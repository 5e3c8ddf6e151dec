#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "splitter/replay/har.h"
#include "splitter/runtime/encoding.h"
#include "splitter/runtime/fields.h"

struct har_writer {
  char *path;
  char *part;
  FILE *file;
  size_t n_entries;
};

static bool fail(const char *path, GError **error)
{
  g_set_error(error, HAR_ERROR, HAR_ERROR_FILE, "cannot write '%s': %s", path, g_strerror(errno));
  return false;
}

static void put(json_t *object, const char *name, json_t *value)
{
  json_object_set_new(object, name, value ? value : json_string(""));
}

static json_t *text_json(const char *text)
{
  g_autofree char *valid = g_utf8_make_valid(text, -1);
  return json_string(valid);
}

static json_t *pair_json(const char *name, const char *value)
{
  json_t *pair = json_object();
  put(pair, "name", text_json(name));
  put(pair, "value", text_json(value));
  return pair;
}

static json_t *fields_json(const struct cleave_field *fields, size_t n)
{
  json_t *list = json_array();
  for (size_t i = 0; i < n; i++) {
    json_array_append_new(list, pair_json(fields[i].name, fields[i].value));
  }
  return list;
}

static const char *find(const struct cleave_field *fields, size_t n, const char *name)
{
  struct cleave_fields view = {fields, n};
  const char *value = cleave_fields_get(&view, name, true);
  return value ? value : "";
}

/* name=value pairs of a Cookie header, or of all Set-Cookie headers. */
static json_t *cookies_json(const struct cleave_field *fields, size_t n, const char *header)
{
  json_t *list = json_array();
  for (size_t i = 0; i < n; i++) {
    if (!name_equals(fields[i].name, header)) {
      continue;
    }
    g_auto(GStrv) parts = g_strsplit(fields[i].value, ";", -1);
    for (size_t j = 0; parts[j] && (j == 0 || name_equals(header, "cookie")); j++) {
      char *equals = strchr(g_strstrip(parts[j]), '=');
      if (equals) {
        *equals = '\0';
        json_array_append_new(list, pair_json(parts[j], equals + 1));
      }
    }
  }
  return list;
}

static json_t *query_json(const char *target)
{
  json_t *list = json_array();
  const char *mark = strchr(target, '?');
  struct arena arena;
  struct fields fields = {NULL, 0, 0};
  arena_init(&arena);
  if (mark && fields_read_query(&fields, &arena, mark + 1)) {
    for (size_t i = 0; i < fields.n_items; i++) {
      json_array_append_new(list, pair_json(fields.items[i].name, fields.items[i].value));
    }
  }
  arena_clear(&arena);
  return list;
}

/* Text as it is, anything else as base64. The specification has the encoding for answers only;
 * har_load() reads it in both. */
static void put_content(json_t *object, const char *body, size_t n)
{
  if (text_is_plain(body, n)) {
    put(object, "text", json_stringn(body, n));
    return;
  }
  g_autofree char *encoded = g_base64_encode((const guchar *)body, n);
  put(object, "text", json_string(encoded));
  put(object, "encoding", json_string("base64"));
}

static json_t *request_json(const struct har_exchange *exchange)
{
  g_autofree char *url = g_strconcat(exchange->origin, exchange->target, NULL);
  json_t *request = json_object();
  put(request, "method", text_json(exchange->method));
  put(request, "url", text_json(url));
  put(request, "httpVersion", json_string("HTTP/1.1"));
  put(request, "cookies", cookies_json(exchange->headers, exchange->n_headers, "cookie"));
  put(request, "headers", fields_json(exchange->headers, exchange->n_headers));
  put(request, "queryString", query_json(exchange->target));
  put(request, "headersSize", json_integer(-1));
  put(request, "bodySize", json_integer((json_int_t)exchange->n_body));
  if (exchange->n_body > 0) {
    json_t *data = json_object();
    put(data, "mimeType", text_json(find(exchange->headers, exchange->n_headers, "content-type")));
    put_content(data, exchange->body, exchange->n_body);
    put(request, "postData", data);
  }
  return request;
}

static json_t *response_json(const struct har_exchange *exchange)
{
  json_t *response = json_object();
  json_t *content = json_object();
  const struct cleave_field *fields = exchange->answer_headers;
  size_t n = exchange->n_answer_headers;
  put(content, "size", json_integer((json_int_t)exchange->n_answer_body));
  put(content, "mimeType", text_json(find(fields, n, "content-type")));
  put_content(content, exchange->answer_body, exchange->n_answer_body);
  put(response, "status", json_integer(exchange->status));
  put(response, "statusText", text_json(exchange->reason));
  put(response, "httpVersion", json_string("HTTP/1.1"));
  put(response, "cookies", cookies_json(fields, n, "set-cookie"));
  put(response, "headers", fields_json(fields, n));
  put(response, "content", content);
  put(response, "redirectURL", text_json(find(fields, n, "location")));
  put(response, "headersSize", json_integer(-1));
  put(response, "bodySize", json_integer((json_int_t)exchange->n_answer_body));
  return response;
}

static json_t *entry_json(const struct har_exchange *exchange)
{
  g_autoptr(GDateTime) start = g_date_time_new_from_unix_utc((gint64)exchange->started);
  int milliseconds = (int)((exchange->started - (double)(gint64)exchange->started) * 1000);
  g_autofree char *seconds = g_date_time_format(start, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *time = g_strdup_printf("%s.%03d+00:00", seconds, milliseconds);
  double took = exchange->seconds * 1000;
  json_t *entry = json_object();
  json_t *timings = json_object();
  put(timings, "send", json_integer(0));
  put(timings, "wait", json_real(took));
  put(timings, "receive", json_integer(0));
  put(entry, "startedDateTime", json_string(time));
  put(entry, "time", json_real(took));
  put(entry, "request", request_json(exchange));
  put(entry, "response", response_json(exchange));
  put(entry, "cache", json_object());
  put(entry, "timings", timings);
  return entry;
}

struct har_writer *har_writer_new(const char *path, const char *creator_version, GError **error)
{
  struct har_writer *writer = g_new0(struct har_writer, 1);
  writer->path = g_strdup(path);
  writer->part = g_strconcat(path, ".part", NULL);
  int descriptor = open(writer->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  writer->file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  json_t *creator = json_object();
  put(creator, "name", json_string("cleave"));
  put(creator, "version", text_json(creator_version));
  char *text = json_dumps(creator, JSON_COMPACT);
  json_decref(creator);
  bool is_good =
      writer->file &&
      fprintf(writer->file, "{\"log\":{\"version\":\"1.2\",\"creator\":%s,\"entries\":[", text) > 0;
  free(text);
  if (!is_good) {
    fail(writer->part, error);
    har_writer_free(writer);
    return NULL;
  }
  return writer;
}

bool har_writer_add(struct har_writer *writer, const struct har_exchange *exchange, GError **error)
{
  json_t *entry = entry_json(exchange);
  bool is_good = fputs(writer->n_entries++ > 0 ? ",\n" : "\n", writer->file) >= 0 &&
                 json_dumpf(entry, writer->file, JSON_COMPACT | JSON_REAL_PRECISION(7)) == 0;
  json_decref(entry);
  return is_good || fail(writer->part, error);
}

bool har_writer_finish(struct har_writer *writer, GError **error)
{
  bool is_good = fputs("\n]}}\n", writer->file) >= 0 && fflush(writer->file) == 0 &&
                 fsync(fileno(writer->file)) == 0;
  is_good = fclose(g_steal_pointer(&writer->file)) == 0 && is_good;
  if (!is_good || g_rename(writer->part, writer->path) != 0) {
    return fail(writer->path, error);
  }
  g_clear_pointer(&writer->part, g_free);
  return true;
}

void har_writer_free(struct har_writer *writer)
{
  if (!writer) {
    return;
  }
  if (writer->file) {
    fclose(writer->file);
    g_unlink(writer->part);
  }
  g_free(writer->path);
  g_free(writer->part);
  g_free(writer);
}
