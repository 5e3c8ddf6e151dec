#include "splitter/host/otlp.h"

#include <glib.h>
#include <jansson.h>
#include <string.h>

static json_t *text(const char *value)
{
  g_autofree char *valid = g_utf8_make_valid(value, -1);
  return json_string(valid);
}

static void add(json_t *attributes, const char *key, const char *value)
{
  if (value && value[0] != '\0') {
    json_array_append_new(
        attributes, json_pack("{s:s,s:{s:o}}", "key", key, "value", "stringValue", text(value)));
  }
}

/* Nanoseconds as a string: they pass 2^53. */
static json_t *nanoseconds(double seconds)
{
  g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)(seconds * 1e6) * 1000);
  return json_string(number);
}

char *otlp_line(const struct trace_span *span)
{
  json_t *attributes = json_array();
  add(attributes, "faas.trigger", span->trigger);
  add(attributes, "faas.invocation_id", span->invocation);
  add(attributes, "error.type", span->note);
  if (span->is_cold) {
    json_array_append_new(
        attributes, json_pack("{s:s,s:{s:b}}", "key", "faas.coldstart", "value", "boolValue", 1));
  }
  if (span->http_status > 0) {
    g_autofree char *number = g_strdup_printf("%d", span->http_status);
    json_array_append_new(attributes, json_pack("{s:s,s:{s:s}}", "key", "http.response.status_code",
                                                "value", "intValue", number));
  }
  json_t *one = json_pack("{s:s,s:s,s:o,s:i,s:o,s:o,s:o,s:{s:i}}", "traceId", span->trace, "spanId",
                          span->span, "name", text(span->name), "kind", (int)span->kind,
                          "startTimeUnixNano", nanoseconds(span->started), "endTimeUnixNano",
                          nanoseconds(span->started + span->duration), "attributes", attributes,
                          "status", "code", span->is_error ? 2 : 0);
  if (span->parent[0] != '\0') {
    json_object_set_new(one, "parentSpanId", json_string(span->parent));
  }
  json_t *resource = json_array();
  add(resource, "service.name", span->service);
  json_t *root =
      json_pack("{s:[{s:{s:o},s:[{s:{s:s},s:[o]}]}]}", "resourceSpans", "resource", "attributes",
                resource, "scopeSpans", "scope", "name", "cleave", "spans", one);
  char *dump = json_dumps(root, JSON_COMPACT);
  json_decref(root);
  char *line = g_strconcat(dump, "\n", NULL);
  free(dump);
  return line;
}
