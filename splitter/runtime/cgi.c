#include "cgi.h"

#include "reply.h"

#include <stdlib.h>
#include <string.h>

static char upper(char letter)
{
  return letter >= 'a' && letter <= 'z' ? (char)(letter - ('a' - 'A'))
         : letter == '-'                ? '_'
                                        : letter;
}

/* HTTP_NAME, repeated headers joined. */
static void add_header(struct fields *fields, struct arena *arena,
                       const struct cleave_field *header)
{
  char *name = arena_print(arena, "HTTP_%s", header->name);
  for (char *letter = name; *letter != '\0'; letter++) {
    *letter = upper(*letter);
  }
  for (size_t i = 0; i < fields->n_items; i++) {
    if (strcmp(fields->items[i].name, name) == 0) {
      const char *separator = strcmp(name, "HTTP_COOKIE") == 0 ? "; " : ", ";
      fields->items[i].value =
          arena_print(arena, "%s%s%s", fields->items[i].value, separator, header->value);
      return;
    }
  }
  fields_add(fields, arena, name, header->value);
}

/* Where the program is, and what comes behind it: the star of the route pattern. Where nothing
 * does, the variable is missing, which is the same to RFC 3875 (section 4.1): web servers leave it
 * out, and some programs step over its first character without a look. */
static void add_paths(struct fields *fields, struct arena *arena, const struct cleave_event *event)
{
  const char *rest = NULL;
  if (event->parameters.n_items > 0) {
    rest = event->parameters.items[event->parameters.n_items - 1].value;
  }
  size_t n = strlen(event->path);
  size_t n_rest = rest ? strlen(rest) : 0;
  bool is_behind = rest && n > n_rest && event->path[n - n_rest - 1] == '/' &&
                   strcmp(event->path + n - n_rest, rest) == 0;
  size_t n_script = is_behind ? n - n_rest - 1 : n;
  fields_add(fields, arena, "SCRIPT_NAME", arena_copy(arena, event->path, n_script));
  if (n_script < n) {
    fields_add(fields, arena, "PATH_INFO", event->path + n_script);
  }
}

struct cleave_fields cgi_environment(struct arena *arena, const struct cleave_event *event)
{
  struct fields fields = {NULL, 0, 0};
  const char *host = cleave_event_header(event, "host");
  const char *scheme = cleave_event_header(event, "x-forwarded-proto");
  bool is_https = scheme && strcmp(scheme, "https") == 0;
  host = host ? host : "localhost";
  const char *colon = strrchr(host, ':');
  size_t n_host = colon ? (size_t)(colon - host) : strlen(host);
  fields_add(&fields, arena, "GATEWAY_INTERFACE", "CGI/1.1");
  fields_add(&fields, arena, "SERVER_SOFTWARE", "cleave");
  fields_add(&fields, arena, "SERVER_PROTOCOL",
             *event->protocol != '\0' ? event->protocol : "HTTP/1.1");
  fields_add(&fields, arena, "SERVER_NAME", arena_copy(arena, host, n_host));
  fields_add(&fields, arena, "SERVER_PORT", colon ? colon + 1 : is_https ? "443" : "80");
  fields_add(&fields, arena, "REMOTE_ADDR",
             *event->source_ip != '\0' ? event->source_ip : "127.0.0.1");
  fields_add(&fields, arena, "REQUEST_METHOD", event->method);
  fields_add(&fields, arena, "REQUEST_URI",
             *event->query_string != '\0'
                 ? arena_print(arena, "%s?%s", event->raw_path, event->query_string)
                 : event->raw_path);
  fields_add(&fields, arena, "QUERY_STRING", event->query_string);
  add_paths(&fields, arena, event);
  if (is_https) {
    fields_add(&fields, arena, "HTTPS", "on");
  }
  if (*event->content_type != '\0') {
    fields_add(&fields, arena, "CONTENT_TYPE", event->content_type);
  }
  if (event->body.length > 0 || cleave_event_header(event, "content-length")) {
    fields_add(&fields, arena, "CONTENT_LENGTH", arena_print(arena, "%zu", event->body.length));
  }
  for (size_t i = 0; i < event->headers.n_items; i++) {
    const struct cleave_field *header = &event->headers.items[i];
    if (!name_equals(header->name, "proxy") && !name_equals(header->name, "content-type") &&
        !name_equals(header->name, "content-length")) {
      add_header(&fields, arena, header);
    }
  }
  return fields_view(&fields);
}

static int refuse(struct cleave_error *error, const char *what)
{
  return cleave_error_set(error, 502, "Function.BadGateway", "%s", what);
}

/* One header line of n bytes without its line end. */
static int read_header(const char *line, size_t n, struct cleave_reply *reply, bool *has_status)
{
  const char *colon = memchr(line, ':', n);
  if (!colon || colon == line) {
    return -1;
  }
  const char *value = colon + 1;
  const char *end = line + n;
  while (value < end && (*value == ' ' || *value == '\t')) {
    value++;
  }
  char *name_text = arena_copy(&reply->arena, line, (size_t)(colon - line));
  char *value_text = arena_copy(&reply->arena, value, (size_t)(end - value));
  if (name_equals(name_text, "Status")) {
    long status = strtol(value_text, NULL, 10);
    if (status < 200 || status > 599) {
      return -1;
    }
    cleave_reply_status(reply, (int)status);
    *has_status = true;
    return 0;
  }
  if (name_equals(name_text, "Location") && !*has_status) {
    cleave_reply_status(reply, 302);
  }
  return cleave_reply_header(reply, name_text, value_text);
}

int cgi_reply(struct cleave_bytes output, struct cleave_reply *reply, struct cleave_error *error)
{
  const char *line = output.data;
  const char *end = output.data + output.length;
  size_t n_headers = 0;
  bool has_status = false;
  while (line < end) {
    const char *feed = memchr(line, '\n', (size_t)(end - line));
    if (!feed) {
      return refuse(error, "the program's output ends inside its headers");
    }
    size_t n = (size_t)(feed - line);
    n -= n > 0 && line[n - 1] == '\r';
    const char *next = feed + 1;
    if (n == 0 && n_headers > 0) {
      if (!has_status && !reply->status) {
        cleave_reply_status(reply, 200);
      }
      return cleave_reply_write(reply, next, (size_t)(end - next)) == 0
                 ? 0
                 : refuse(error, "the program's output is too large");
    }
    if (n == 0 || memchr(line, '\0', n) || read_header(line, n, reply, &has_status) != 0) {
      return refuse(error, "the program's output has a bad header");
    }
    n_headers++;
    line = next;
  }
  return refuse(error, "the program's output has no headers");
}
