#include "splitter/generate/http_mapping.h"

#include <string.h>

#include "splitter/generate/http_finding.h"
#include "splitter/generate/http_gaps.h"
#include "splitter/generate/http_shape.h"

void http_set(struct http_finding *finding, char **line, char *text, const char *what, char *why)
{
  *line = text;
  g_ptr_array_add(finding->mapping->reasons, g_strdup_printf("%s: %s", what, why));
  g_free(why);
}

static bool looks_like_request(const struct inventory *inventory, int64_t type)
{
  return http_field_find(inventory, type, http_method_words) != NULL ||
         (http_field_find(inventory, type, http_path_words) != NULL &&
          http_field_find(inventory, type, http_header_words) != NULL) ||
         (http_field_find(inventory, type, http_query_words) != NULL &&
          http_field_find(inventory, type, http_body_words) != NULL);
}

static bool looks_like_response(const struct inventory *inventory, int64_t type)
{
  return http_field_is_number(http_field_find(inventory, type, http_status_words)) &&
         (http_body_find(inventory, type) || http_field_find(inventory, type, http_data_words));
}

static const struct fact_param *find_param(const struct inventory *inventory, int64_t routine,
                                           bool (*looks)(const struct inventory *, int64_t),
                                           int64_t from)
{
  const GPtrArray *params = inventory_list(inventory->params_by_routine, &routine);
  for (guint i = 0; i < params->len; i++) {
    const struct fact_param *param = params->pdata[i];
    if (param->position >= from && http_type_is_single_pointer(param->type) &&
        http_record_of(inventory, param->type_id) && looks(inventory, param->type_id)) {
      return param;
    }
  }
  return NULL;
}

static bool find_params(const struct inventory *inventory, const struct fact_routine *routine,
                        const struct fact_param **request, const struct fact_param **response)
{
  *request = find_param(inventory, routine->id, looks_like_request, 1);
  *response = find_param(inventory, routine->id, looks_like_response, 0);
  if (!*request || !*response || *request == *response) {
    return false;
  }
  unsigned n = inventory_n_params(inventory, routine->id);
  return n == ((*response)->position == 0 ? 1u : 2u);
}

bool http_mapping_fits(const struct inventory *inventory, const struct fact_routine *routine)
{
  const struct fact_param *request = NULL;
  const struct fact_param *response = NULL;
  return find_params(inventory, routine, &request, &response);
}

static void find_release(struct http_finding *finding, int64_t type, bool is_made,
                         const char *variable, char **line, const char *what)
{
  static const char *const frees[] = {"free", "destroy", "delete", "release", NULL};
  static const char *const clears[] = {"clear", "fini", "cleanup", "done", NULL};
  const struct fact_routine *release = http_find_routine(finding, http_releases, type);
  if (!release ||
      (!is_made && http_has_word(release->name, frees) && !http_has_word(release->name, clears) &&
       !(finding->driver && http_is_called_by(finding, release, finding->driver)))) {
    return;
  }
  http_set(finding, line, g_strdup_printf("%s(%s)", release->name, variable), what,
           http_why_routine(finding, release, "gives back what it is handed"));
}

static void find_reply_buffer(struct http_finding *finding, const struct fact_field *body)
{
  struct http_buffer buffer;
  if (!http_buffer_read(finding->inventory, body->field_type, &buffer)) {
    return;
  }
  char *data = g_strdup_printf("response->%s%s%s", body->field, body->is_pointer ? "->" : ".",
                               buffer.data->field);
  finding->mapping->length =
      buffer.length ? g_strdup_printf("response->%s%s%s", body->field,
                                      body->is_pointer ? "->" : ".", buffer.length->field)
                    : g_strdup_printf("%s ? strlen(%s) : 0", data, data);
  http_set(finding, &finding->mapping->data, data, "response.data",
           g_strdup_printf("member %s holds %s%s%s", body->field, buffer.data->field,
                           buffer.length ? " and " : "",
                           buffer.length ? buffer.length->field : ""));
}

static void find_reply_body(struct http_finding *finding)
{
  const struct inventory *inventory = finding->inventory;
  int64_t type = finding->response->type_id;
  const struct fact_field *body = http_body_find(inventory, type);
  body = body ? body : http_field_find(inventory, type, http_data_words);
  if (!body) {
    return;
  }
  if (!http_field_is_text(body) && http_record_of(inventory, body->field_type)) {
    find_reply_buffer(finding, body);
    return;
  }
  const struct fact_field *length = http_field_find(inventory, type, http_length_words);
  http_set(finding, &finding->mapping->data, g_strdup_printf("response->%s", body->field),
           "response.data", g_strdup_printf("member %s", body->field));
  finding->mapping->length =
      http_field_is_number(length) && length != http_field_find(inventory, type, http_status_words)
          ? g_strdup_printf("response->%s", length->field)
      : body->array_length > 0
          ? g_strdup_printf("strnlen(response->%s, sizeof response->%s)", body->field, body->field)
          : g_strdup_printf("response->%s ? strlen(response->%s) : 0", body->field, body->field);
}

static void find_reply(struct http_finding *finding)
{
  const struct inventory *inventory = finding->inventory;
  int64_t type = finding->response->type_id;
  struct http_mapping *mapping = finding->mapping;
  const struct fact_routine *prepare = http_find_routine(finding, http_prepares, type);
  if (prepare && finding->response->position > 0) {
    http_set(finding, &mapping->response_prepare, g_strdup_printf("%s(response)", prepare->name),
             "response.prepare", http_why_routine(finding, prepare, "sets up such a response"));
  }
  const struct fact_field *status = http_field_find(inventory, type, http_status_words);
  http_set(finding, &mapping->status, g_strdup_printf("response->%s", status->field),
           "response.status", g_strdup_printf("member %s", status->field));
  const struct fact_field *content_type = http_content_type_find(inventory, type);
  if (content_type) {
    http_set(finding, &mapping->content_type, g_strdup_printf("response->%s", content_type->field),
             "response.content_type", g_strdup_printf("member %s", content_type->field));
  }
  const struct fact_field *headers = http_field_find(inventory, type, http_header_words);
  struct http_list shape;
  if (headers && http_list_read(inventory, type, headers, "response->", &shape)) {
    http_set(finding, &mapping->header_count, g_strdup(shape.count), "response.headers",
             g_strdup_printf("member %s holds names and values", headers->field));
    mapping->header_name = g_strdup_printf("%s[i].%s", shape.items, shape.name);
    mapping->header_value = g_strdup_printf("%s[i].%s", shape.items, shape.value);
    http_list_clear(&shape);
  }
  find_reply_body(finding);
  find_release(finding, type, finding->response->position == 0, "response", &mapping->response_free,
               "response.free");
}

static void find_call(struct http_finding *finding)
{
  const struct fact_routine *routine = finding->spec->routine;
  bool is_result = finding->response->position == 0;
  const char *arguments = is_result                         ? "request"
                          : finding->request->position == 1 ? "request, response"
                                                            : "response, request";
  finding->mapping->call = g_strdup_printf("%s(%s)", routine->name, arguments);
}

void http_mapping_find(const struct inventory *inventory, struct source_texts *texts,
                       struct function_spec *spec)
{
  struct http_finding finding = {
      .inventory = inventory, .texts = texts, .spec = spec, .mapping = &spec->http};
  if (!find_params(inventory, spec->routine, &finding.request, &finding.response)) {
    return;
  }
  spec->http.request_type = http_pointee(finding.request->type);
  spec->http.response_type = http_pointee(finding.response->type);
  http_request_find(&finding);
  find_release(&finding, finding.request->type_id, spec->http.make != NULL, "request",
               &spec->http.request_free, "request.free");
  find_reply(&finding);
  find_call(&finding);
  http_failure_find(&finding);
  if (finding.response->position == 0) {
    /* The routine returns the response: its call makes it. */
    spec->http.response_make = g_steal_pointer(&spec->http.call);
  }
  http_gaps_note(inventory, spec);
}

bool http_mapping_is_complete(const struct http_mapping *mapping)
{
  return mapping->request_type && mapping->response_type && mapping->status &&
         (mapping->call || mapping->response_make);
}
