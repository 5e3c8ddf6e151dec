#include "splitter/generate/http_gaps.h"

#include <string.h>

#include "splitter/generate/http_shape.h"

#define PREFIX "http: "

static bool is_parameter(const char *segment)
{
  return *segment == ':' || *segment == '{' || *segment == '<';
}

GPtrArray *http_route_parameters(const char *key)
{
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  const char *path = strchr(key, '/');
  g_auto(GStrv) segments = g_strsplit(path ? path : "", "/", -1);
  for (size_t i = 0; segments[i]; i++) {
    if (is_parameter(segments[i])) {
      const char *name = segments[i] + 1 + strspn(segments[i] + 1, "*");
      g_ptr_array_add(names, g_strndup(name, strcspn(name, "}>+*?(:")));
    }
  }
  return names;
}

static void add(struct function_spec *spec, char *text)
{
  g_ptr_array_add(spec->todo, text);
}

static void forget(struct function_spec *spec)
{
  guint i = 0;
  while (i < spec->todo->len) {
    if (g_str_has_prefix(spec->todo->pdata[i], PREFIX)) {
      g_ptr_array_remove_index(spec->todo, i);
    } else {
      i++;
    }
  }
}

static bool brings_body(const char *key)
{
  static const char *const methods[] = {"POST", "PUT", "PATCH"};
  for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
    if (g_str_has_prefix(key, methods[i])) {
      return true;
    }
  }
  return false;
}

static void note_request(const struct inventory *inventory, struct function_spec *spec)
{
  const GPtrArray *params = inventory_list(inventory->params_by_routine, &spec->routine->id);
  bool has_body = false;
  for (guint i = 0; i < params->len; i++) {
    const struct fact_param *param = params->pdata[i];
    has_body = has_body || (param->position > 0 && spec->http.request_type &&
                            strstr(param->type, spec->http.request_type) &&
                            http_field_find(inventory, param->type_id, http_body_words));
  }
  if (!spec->http.body && !spec->http.make && (has_body || brings_body(spec->key))) {
    add(spec,
        g_strdup_printf(PREFIX "nothing takes over the request's body: 'request: {body: ...}' "
                               "in function.yaml (\"CLEAVE_USE(body)\" when %s reads none)",
                        spec->routine->name));
  }
  g_autoptr(GPtrArray) names = http_route_parameters(spec->key);
  if (names->len > 0 && !spec->http.parameter) {
    g_ptr_array_add(names, NULL);
    g_autofree char *list = g_strjoinv(", :", (char **)names->pdata);
    add(spec, g_strdup_printf(PREFIX "nothing takes over :%s of the route: 'request: {parameter: "
                                     "...}' in function.yaml (\"CLEAVE_USE(value)\" when %s reads "
                                     "the path)",
                              list, spec->routine->name));
  }
}

static void note_response(struct function_spec *spec)
{
  const struct http_mapping *http = &spec->http;
  if (!http->data || !http->length) {
    add(spec, g_strdup_printf(PREFIX "the body of the answer is not found in %s: 'response: {data: "
                                     "..., length: ...}' in function.yaml; until then it is empty",
                              http->response_type));
  }
  if (!http->content_type && !(http->header_count && http->header_name && http->header_value)) {
    add(spec,
        g_strdup_printf(PREFIX "the content type of the answer is not found in %s: 'response: "
                               "{content_type: ...}' in function.yaml; until then it has none",
                        http->response_type));
  }
}

static void note_result(const struct inventory *inventory, struct function_spec *spec)
{
  static const char *const types[] = {"int", "bool", "_Bool", "long", "short", NULL};
  const struct fact_param *result = inventory_param(inventory, spec->routine->id, 0);
  if (result && g_strv_contains(types, result->type) && !spec->http.fails && spec->http.call) {
    add(spec, g_strdup_printf(PREFIX "what the result of %s means is not found: 'call: {fails: "
                                     "...}' in function.yaml, say \"result != 0\" (\"0\" when it "
                                     "means nothing); until then every answer counts",
                              spec->routine->name));
  }
}

void http_gaps_note(const struct inventory *inventory, struct function_spec *spec)
{
  forget(spec);
  note_response(spec);
  note_result(inventory, spec);
  note_request(inventory, spec);
}
