#include "cloudevent.h"

#include "encoding.h"
#include "json.h"

#include <string.h>

static bool type_is(const char *type, const char *wanted)
{
  size_t n = strlen(wanted);
  return name_begins(type, wanted) && (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

enum cloudevent_mode cloudevent_mode(const struct wire *request)
{
  const char *type = wire_header(request, "Content-Type");
  if (type && type_is(type, "application/cloudevents-batch+json")) {
    return CLOUDEVENT_BATCH;
  }
  if (type && type_is(type, "application/cloudevents+json")) {
    return CLOUDEVENT_STRUCTURED;
  }
  for (size_t i = 0; i < request->headers.n_items; i++) {
    const char *name = request->headers.items[i].name;
    if (name_equals(name, "ce-specversion") || name_equals(name, "ce-id") ||
        name_equals(name, "ce-type")) {
      return CLOUDEVENT_BINARY;
    }
  }
  return CLOUDEVENT_NONE;
}

static const struct cloudevent nothing = {"", "", "", "", "", "", {"", 0}, {NULL, 0, 0}};

static void set_attribute(struct cloudevent *event, struct arena *arena, const char *name,
                          const char *value)
{
  if (strcmp(name, "id") == 0) {
    event->id = value;
  } else if (strcmp(name, "source") == 0) {
    event->source = value;
  } else if (strcmp(name, "type") == 0) {
    event->type = value;
  } else if (strcmp(name, "subject") == 0) {
    event->subject = value;
  } else if (strcmp(name, "time") == 0) {
    event->time = value;
  } else if (strcmp(name, "datacontenttype") == 0) {
    event->content_type = value;
  } else {
    fields_add(&event->extensions, arena, name, value);
  }
}

static int check(const struct cloudevent *event, struct cleave_error *error)
{
  struct cleave_fields extensions = fields_view(&event->extensions);
  const char *version = cleave_fields_get(&extensions, "specversion", false);
  if (!version || strcmp(version, "1.0") != 0) {
    return cleave_error_set(error, 400, "Function.BadRequest",
                            "the CloudEvent has no specversion 1.0");
  }
  const char *missing = *event->id == '\0'       ? "id"
                        : *event->source == '\0' ? "source"
                        : *event->type == '\0'   ? "type"
                                                 : NULL;
  if (missing) {
    return cleave_error_set(error, 400, "Function.BadRequest", "the CloudEvent has no %s", missing);
  }
  return 0;
}

static char lower(char letter)
{
  return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
}

/* A header value: unquoted (older bindings quoted), percent-decoded once. NULL when not UTF-8. */
static const char *header_value(struct arena *arena, const char *value)
{
  size_t n = strlen(value);
  if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
    char *plain = arena_alloc(arena, n);
    size_t written = 0;
    for (size_t i = 1; i + 1 < n; i++) {
      i += value[i] == '\\' && i + 2 < n;
      plain[written++] = value[i];
    }
    value = plain;
    n = written;
  }
  size_t length;
  char *decoded = percent_decode(arena, value, n, false, &length);
  return strlen(decoded) == length && utf8_is_valid(decoded, length) ? decoded : NULL;
}

static int read_binary(const struct wire *request, struct arena *arena, struct cloudevent *event,
                       struct cleave_error *error)
{
  *event = nothing;
  for (size_t i = 0; i < request->headers.n_items; i++) {
    const struct cleave_field *field = &request->headers.items[i];
    if (!name_begins(field->name, "ce-")) {
      continue;
    }
    char *name = arena_string(arena, field->name + 3);
    for (char *letter = name; *letter != '\0'; letter++) {
      *letter = lower(*letter);
    }
    const char *value = header_value(arena, field->value);
    if (!value) {
      return cleave_error_set(error, 400, "Function.BadRequest", "header '%s' is not UTF-8",
                              field->name);
    }
    set_attribute(event, arena, name, value);
  }
  const char *type = wire_header(request, "Content-Type");
  event->content_type = type ? type : "";
  event->data = (struct cleave_bytes){buffer_text(&request->body), request->body.length};
  return check(event, error);
}

static int read_data(const json_t *json, struct arena *arena, struct cloudevent *event,
                     struct cleave_error *error)
{
  const json_t *data = json_object_get(json, "data");
  struct cleave_bytes base64 = json_bytes(json, "data_base64");
  if (base64.data) {
    size_t length;
    char *bytes = base64_decode(arena, base64.data, base64.length, &length);
    if (data || !bytes) {
      return cleave_error_set(error, 400, "Function.BadRequest",
                              "the CloudEvent's data_base64 cannot be used");
    }
    event->data = (struct cleave_bytes){bytes, length};
    return 0;
  }
  const char *type = event->content_type;
  bool is_json = *type == '\0' || strstr(type, "json") != NULL;
  if (json_is_string(data) && !is_json) {
    event->data = (struct cleave_bytes){json_string_value(data), json_string_length(data)};
  } else if (data) {
    event->data = json_print(arena, data);
  }
  if (*type == '\0') {
    event->content_type = "application/json";
  }
  return 0;
}

static int read_structured(const json_t *json, struct arena *arena, struct cloudevent *event,
                           struct cleave_error *error)
{
  *event = nothing;
  const char *name;
  json_t *value;
  json_object_foreach((json_t *)json, name, value)
  {
    if (strcmp(name, "data") != 0 && strcmp(name, "data_base64") != 0) {
      set_attribute(event, arena, name, json_value_text(arena, value));
    }
  }
  return check(event, error) == 0 ? read_data(json, arena, event, error) : -1;
}

int cloudevent_read(const struct wire *request, struct arena *arena, json_t **json,
                    struct cloudevent **events, struct cleave_error *error)
{
  enum cloudevent_mode mode = cloudevent_mode(request);
  *json = NULL;
  if (mode == CLOUDEVENT_BINARY) {
    *events = arena_alloc(arena, sizeof(**events));
    return read_binary(request, arena, *events, error) == 0 ? 1 : -1;
  }
  *json = json_read_envelope(
      (struct cleave_bytes){buffer_text(&request->body), request->body.length}, error);
  if (!*json) {
    return -1;
  }
  if (mode == CLOUDEVENT_BATCH ? !json_is_array(*json) : !json_is_object(*json)) {
    return cleave_error_set(error, 400, "Function.BadRequest", "the body is no CloudEvent%s",
                            mode == CLOUDEVENT_BATCH ? " batch" : "");
  }
  size_t n = mode == CLOUDEVENT_BATCH ? json_array_size(*json) : 1;
  *events = arena_alloc(arena, (n + 1) * sizeof(**events));
  for (size_t i = 0; i < n; i++) {
    const json_t *one = mode == CLOUDEVENT_BATCH ? json_array_get(*json, i) : *json;
    if (read_structured(one, arena, &(*events)[i], error) != 0) {
      return -1;
    }
  }
  return (int)n;
}
