#include "splitter/generate/proxy_http.h"

#include <string.h>

#include "splitter/generate/http_finding.h"
#include "splitter/generate/http_shape.h"
#include "splitter/generate/proxy_copy.h"
#include "splitter/generate/proxy_source.h"

struct search {
  const struct inventory *inventory;
  struct function_spec *spec;
  int64_t request; /* types */
  int64_t response;
};

static void found(struct search *search, char **line, char *text, const char *what, char *why)
{
  *line = text;
  g_ptr_array_add(search->spec->http.reasons, g_strdup_printf("forward.%s: %s", what, why));
  g_free(why);
}

static char *member(const struct fact_field *field)
{
  return g_strdup_printf("request->%s", field->field);
}

static void find_line(struct search *search, const char *const *words, char **line,
                      const char *what)
{
  const struct fact_field *field = http_field_find(search->inventory, search->request, words);
  if (http_field_is_text(field)) {
    found(search, line, member(field), what, g_strdup_printf("member %s", field->field));
  }
}

static bool find_list(struct search *search, const char *const *words, const char *what,
                      char **count, char **name, char **value)
{
  const struct fact_field *field = http_field_find(search->inventory, search->request, words);
  struct http_list list;
  if (!field || !http_list_read(search->inventory, search->request, field, "request->", &list)) {
    return false;
  }
  found(search, count, g_strdup(list.count), what,
        g_strdup_printf("member %s holds names and values", field->field));
  *name = g_strdup_printf("%s[i].%s", list.items, list.name);
  *value = g_strdup_printf("%s[i].%s", list.items, list.value);
  http_list_clear(&list);
  return true;
}

static void find_request_body(struct search *search)
{
  struct http_mapping *http = &search->spec->http;
  const struct inventory *inventory = search->inventory;
  const struct fact_field *body = http_body_find(inventory, search->request);
  if (!body) {
    return;
  }
  if (http_record_of(inventory, body->field_type) && !http_field_is_text(body)) {
    struct http_buffer buffer;
    const char *access = body->is_pointer ? "->" : ".";
    if (http_buffer_read(inventory, body->field_type, &buffer) && buffer.length) {
      found(
          search, &http->f_body,
          g_strdup_printf("(const void *)request->%s%s%s", body->field, access, buffer.data->field),
          "body", g_strdup_printf("member %s", body->field));
      http->f_body_length =
          g_strdup_printf("request->%s%s%s", body->field, access, buffer.length->field);
    }
    return;
  }
  const struct fact_field *n = http_field_find(inventory, search->request, http_length_words);
  found(search, &http->f_body, member(body), "body", g_strdup_printf("member %s", body->field));
  http->f_body_length =
      http_field_is_number(n)
          ? member(n)
          : g_strdup_printf("request->%s ? strlen(request->%s) : 0", body->field, body->field);
}

/* The routine of the program with three parameters, a pointer to TYPE first, that ACCEPTS. */
static const struct fact_routine *find_adder(const struct search *search, int64_t type,
                                             bool (*accepts)(const struct fact_routine *routine,
                                                             const struct fact_param *second,
                                                             const struct fact_param *third))
{
  const struct inventory *inventory = search->inventory;
  for (size_t i = 0; i < inventory->routines->n; i++) {
    const struct fact_routine *routine = record_at(inventory->routines, fact_routine, i);
    const struct fact_param *first = inventory_param(inventory, routine->id, 1);
    const struct fact_param *second = inventory_param(inventory, routine->id, 2);
    const struct fact_param *third = inventory_param(inventory, routine->id, 3);
    if (routine->is_defined && !routine->is_variadic && first &&
        (!routine->is_static || strcmp(routine->file, search->spec->routine->file) == 0) &&
        first->type_id == type && strchr(first->type, '*') && second && third &&
        inventory_n_params(inventory, routine->id) == 3 && accepts(routine, second, third) &&
        inventory_find_routine(inventory, search->spec->program, routine->name) == routine) {
      return routine;
    }
  }
  return NULL;
}

static bool adds_header(const struct fact_routine *routine, const struct fact_param *second,
                        const struct fact_param *third)
{
  return (strstr(routine->name, "header") || http_has_word(routine->name, http_header_words)) &&
         http_type_is_text(second->type) && http_type_is_text(third->type);
}

static bool adds_bytes(const struct fact_routine *routine, const struct fact_param *second,
                       const struct fact_param *third)
{
  static const char *const words[] = {"add", "append", "write", "put"};
  bool is_called_so = false;
  for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
    is_called_so = is_called_so || strstr(routine->name, words[i]);
  }
  return is_called_so && strchr(second->type, '*') && g_str_has_prefix(second->type, "const ") &&
         !strchr(third->type, '*') && third->type_id == 0;
}

static char *why_routine(const struct fact_routine *routine)
{
  return g_strdup_printf("%s:%" G_GINT64_FORMAT, routine->file, routine->line);
}

/* Without a routine: an array of names and values that are arrays themselves. */
static void find_header_array(struct search *search)
{
  const struct inventory *inventory = search->inventory;
  const struct fact_field *field = http_field_find(inventory, search->response, http_header_words);
  struct http_list list;
  if (!field || !http_list_read(inventory, search->response, field, "response->", &list)) {
    return;
  }
  const struct fact_field *name = http_field_find(inventory, field->field_type, http_name_words);
  const struct fact_field *value = http_field_find(inventory, field->field_type, http_value_words);
  if (list.limit > 0 && name && value && name->array_length > 0 && value->array_length > 0) {
    found(search, &search->spec->http.f_add_header,
          g_strdup_printf("if (%s < %" G_GINT64_FORMAT ") { CLEAVE_SET(%s[%s].%s, name); "
                          "CLEAVE_SET(%s[%s].%s, value); %s++; }",
                          list.count, list.limit, list.items, list.count, list.name, list.items,
                          list.count, list.value, list.count),
          "add_header", g_strdup_printf("member %s is an array of them", field->field));
  }
  http_list_clear(&list);
}

static void find_answer(struct search *search)
{
  struct http_mapping *http = &search->spec->http;
  const struct inventory *inventory = search->inventory;
  const struct fact_field *status = http_field_find(inventory, search->response, http_status_words);
  const struct fact_field *type = http_content_type_find(inventory, search->response);
  const struct fact_field *body = http_body_find(inventory, search->response);
  if (http_field_is_number(status)) {
    found(search, &http->f_set_status, g_strdup_printf("response->%s = status", status->field),
          "set_status", g_strdup_printf("member %s", status->field));
  }
  if (type) {
    found(search, &http->f_set_type,
          type->array_length > 0
              ? g_strdup_printf("CLEAVE_SET(response->%s, content_type)", type->field)
              : g_strdup_printf("response->%s = (void *)cleave_proxy_constant(content_type)",
                                type->field),
          "set_content_type", g_strdup_printf("member %s", type->field));
  }
  const struct fact_routine *header = find_adder(search, search->response, adds_header);
  if (header) {
    found(search, &http->f_add_header, g_strdup_printf("%s(response, name, value)", header->name),
          "add_header", why_routine(header));
  } else {
    find_header_array(search);
  }
  const struct fact_routine *bytes =
      body && body->field_type ? find_adder(search, body->field_type, adds_bytes) : NULL;
  if (bytes) {
    found(search, &http->f_add_body,
          g_strdup_printf("%s(%sresponse->%s, data, length)", bytes->name,
                          body->is_pointer ? "" : "&", body->field),
          "add_body", why_routine(bytes));
    return;
  }
  bytes = find_adder(search, search->response, adds_bytes);
  if (bytes) {
    found(search, &http->f_add_body, g_strdup_printf("%s(response, data, length)", bytes->name),
          "add_body", why_routine(bytes));
  }
}

/* The parameter that has this type ("struct request") behind its pointer; 0 when none has. */
static int64_t param_with(const struct inventory *inventory, const struct function_spec *spec,
                          const char *type, int64_t *position)
{
  const GPtrArray *params = inventory_list(inventory->params_by_routine, &spec->routine->id);
  for (guint i = 0; type && i < params->len; i++) {
    const struct fact_param *param = params->pdata[i];
    if (param->position > 0 && strstr(param->type, type) && strchr(param->type, '*')) {
      *position = param->position;
      return param->type_id;
    }
  }
  return 0;
}

void proxy_http_find(const struct inventory *inventory, struct function_spec *spec)
{
  struct search search = {.inventory = inventory, .spec = spec};
  struct http_mapping *http = &spec->http;
  int64_t position = 0;
  search.request = param_with(inventory, spec, http->request_type, &position);
  search.response = param_with(inventory, spec, http->response_type, &position);
  if (!search.request || !search.response) {
    return;
  }
  find_line(&search, http_method_words, &http->f_method, "method");
  find_line(&search, http_path_words, &http->f_path, "path");
  find_line(&search, http_query_words, &http->f_query, "query");
  find_list(&search, http_header_words, "headers", &http->f_header_count, &http->f_header_name,
            &http->f_header_value);
  if (!http->f_query &&
      !find_list(&search, http_parameter_words, "arguments", &http->f_argument_count,
                 &http->f_argument_name, &http->f_argument_value)) {
    find_list(&search, http_query_list_words, "arguments", &http->f_argument_count,
              &http->f_argument_name, &http->f_argument_value);
  }
  find_request_body(&search);
  find_answer(&search);
}

static bool zero_is_success(const char *fails)
{
  static const char *const tests[] = {"result != 0", "result < 0", "result == -1", NULL};
  return fails && g_strv_contains(tests, fails);
}

char *proxy_http_refusal(const struct function_spec *spec)
{
  const struct http_mapping *http = &spec->http;
  /* What the function takes in and gives back must go both ways. */
  const char *missing = !http->f_method                             ? "method"
                        : !http->f_path                             ? "path"
                        : http->header && !http->f_header_count     ? "header_count"
                        : http->body && !http->f_body               ? "body"
                        : !http->f_set_status                       ? "set_status"
                        : http->content_type && !http->f_set_type   ? "set_content_type"
                        : http->header_count && !http->f_add_header ? "add_header"
                        : !http->f_add_body                         ? "add_body"
                                                                    : NULL;
  if (missing) {
    return g_strdup_printf("how a request goes on is not found: 'forward: {%s: ...}' is missing in "
                           "its function.yaml",
                           missing);
  }
  return zero_is_success(http->fails)
             ? NULL
             : g_strdup(
                   "which result of it means success is not known: 'call: {fails: ...}' in its "
                   "function.yaml");
}

char *proxy_http_losses(const struct function_spec *spec)
{
  const struct http_mapping *http = &spec->http;
  const char *lost = http->f_set_type && http->f_add_header ? NULL
                     : http->f_set_type                     ? "headers"
                     : http->f_add_header                   ? "the content type"
                                                            : "content type and headers";
  return lost ? g_strdup_printf("%s of the function's answer are lost: nothing in %s is found for "
                                "them",
                                lost, http->response_type)
              : NULL;
}

static void write_statement(struct c_writer *code, const char *statement)
{
  bool is_closed = g_str_has_suffix(statement, ";") || g_str_has_suffix(statement, "}");
  c_writer_line(code, "%s%s", statement, is_closed ? "" : ";");
}

static void write_list(struct c_writer *code, const char *count, const char *name,
                       const char *value, const char *what)
{
  if (!count || !name || !value) {
    return;
  }
  c_writer_open(code, "for (i = 0; i < (size_t)(%s); i++)", count);
  c_writer_line(code, "cleave_proxy_request_%s(out, %s, %s);", what, name, value);
  c_writer_close(code, "");
}

static void write_request(struct c_writer *code, const struct proxy_plan *plan)
{
  const struct http_mapping *http = &plan->spec->http;
  c_writer_open(code, "static struct cleave_proxy_request *request_%s(%s *request)",
                plan->spec->symbol, http->request_type);
  c_writer_line(code, "size_t i = 0;");
  c_writer_line(code, "struct cleave_proxy_request *out = cleave_proxy_request_new(%s, %s, %s);",
                http->f_method, http->f_path, http->f_query ? http->f_query : "NULL");
  c_writer_line(code, "(void)i;");
  write_list(code, http->f_header_count, http->f_header_name, http->f_header_value, "header");
  write_list(code, http->f_argument_count, http->f_argument_name, http->f_argument_value,
             "argument");
  if (http->f_body && http->f_body_length) {
    c_writer_line(code, "cleave_proxy_request_body(out, %s, (size_t)(%s));", http->f_body,
                  http->f_body_length);
  }
  c_writer_line(code, "return out;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

static void write_answer(struct c_writer *code, const struct proxy_plan *plan)
{
  const struct http_mapping *http = &plan->spec->http;
  c_writer_open(code,
                "static void answer_%s(const struct cleave_proxy_answer *answer, %s *response)",
                plan->spec->symbol, http->response_type);
  c_writer_line(code, "int status = answer->status;");
  c_writer_line(code, "const char *content_type = answer->content_type;");
  c_writer_line(code, "const char *data = answer->body;");
  c_writer_line(code, "size_t length = answer->n_body;");
  write_statement(code, http->f_set_status);
  if (http->f_set_type) {
    c_writer_open(code, "if (*content_type)");
    write_statement(code, http->f_set_type);
    c_writer_close(code, "");
  }
  if (http->f_add_header) {
    c_writer_open(code, "for (size_t i = 0; i < answer->headers.n_items; i++)");
    c_writer_line(code, "const char *name = answer->headers.items[i].name;");
    c_writer_line(code, "const char *value = answer->headers.items[i].value;");
    write_statement(code, http->f_add_header);
    c_writer_close(code, "");
  }
  c_writer_open(code, "if (length > 0)");
  write_statement(code, http->f_add_body);
  c_writer_close(code, "");
  c_writer_line(code, "(void)content_type;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

/* Name of the parameter at a position, as in the proxy's head. */
static char *param_name(const struct inventory *inventory, const struct function_spec *spec,
                        int64_t position)
{
  const struct fact_param *param = inventory_param(inventory, spec->routine->id, position);
  return param && *param->name && c_is_identifier(param->name)
             ? g_strdup(param->name)
             : g_strdup_printf("p%" G_GINT64_FORMAT, position);
}

static void write_shadow(struct c_writer *code, const struct proxy_plan *plan, const char *response)
{
  const struct http_mapping *http = &plan->spec->http;
  if (!http->data || !http->length) {
    return;
  }
  c_writer_open(code, "if (cleave_mode == CLEAVE_PROXY_SHADOW && cleave_result == 0)");
  c_writer_line(code, "%s *response = %s;", http->response_type, response);
  c_writer_line(code,
                "cleave_proxy_compare_answer(&cleave_call, cleave_asked, (int)(%s), %s, "
                "(size_t)(%s));",
                http->status, http->data, http->length);
  c_writer_close(code, "");
}

static void write_proxy(struct glue *glue, struct c_writer *code, const struct proxy_plan *plan)
{
  const struct function_spec *spec = plan->spec;
  int64_t at_request = 0;
  int64_t at_response = 0;
  param_with(glue->inventory, spec, spec->http.request_type, &at_request);
  param_with(glue->inventory, spec, spec->http.response_type, &at_response);
  g_autofree char *request = param_name(glue->inventory, spec, at_request);
  g_autofree char *response = param_name(glue->inventory, spec, at_response);
  g_autofree char *local = proxy_copy_name(spec->routine->name);
  g_autofree char *head = proxy_source_head(glue->inventory, spec->routine);
  g_autofree char *arguments = at_request < at_response
                                   ? g_strdup_printf("%s, %s", request, response)
                                   : g_strdup_printf("%s, %s", response, request);
  c_writer_line(code, "%s;", head);
  c_writer_open(code, "%s", head);
  c_writer_line(code, "struct cleave_proxy_call cleave_call;");
  c_writer_line(code, "struct cleave_proxy_answer cleave_answer;");
  c_writer_line(code, "int cleave_result = 0, cleave_is_local = 1, cleave_errno = errno;");
  c_writer_line(code,
                "enum cleave_proxy_mode cleave_mode = cleave_proxy_begin(&cleave_call, "
                "&cleave_proxy_%s, cleave_inside_%s > 0);",
                spec->symbol, spec->symbol);
  c_writer_line(code,
                "struct cleave_proxy_request *cleave_asked = cleave_mode == CLEAVE_PROXY_LOCAL ? "
                "NULL : request_%s((void *)%s);",
                spec->symbol, request);
  c_writer_open(code, "if (cleave_mode == CLEAVE_PROXY_REMOTE || cleave_mode == "
                      "CLEAVE_PROXY_FALLBACK)");
  c_writer_line(code, "cleave_is_local = 0;");
  c_writer_open(code, "if (cleave_proxy_forward(&cleave_call, cleave_asked, &cleave_answer) == 0)");
  c_writer_line(code, "answer_%s(&cleave_answer, %s);", spec->symbol, response);
  c_writer_close(code, " else if (cleave_proxy_may_fall_back(&cleave_call)) {");
  c_writer_line(code, "cleave_is_local = 1;");
  c_writer_close(code, " else {");
  c_writer_line(code, "cleave_result = %s;", plan->error);
  c_writer_line(code, "cleave_errno = cleave_call.error_number;");
  c_writer_close(code, "");
  c_writer_close(code, "");
  c_writer_open(code, "if (cleave_is_local)");
  c_writer_line(code, "errno = cleave_call.entry_errno;");
  c_writer_line(code, "cleave_inside_%s++;", spec->symbol);
  c_writer_line(code, "cleave_result = %s(%s);", local, arguments);
  c_writer_line(code, "cleave_inside_%s--;", spec->symbol);
  c_writer_line(code, "cleave_errno = errno;");
  c_writer_close(code, "");
  write_shadow(code, plan, response);
  c_writer_line(code, "cleave_proxy_request_free(cleave_asked);");
  c_writer_line(code, "cleave_proxy_end(&cleave_call);");
  c_writer_line(code, "errno = cleave_errno;");
  c_writer_line(code, "return cleave_result;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

void proxy_http_write(struct glue *glue, struct glue_file *file, const struct proxy_plan *plan)
{
  proxy_source_descriptor(&file->code, plan);
  write_request(&file->code, plan);
  write_answer(&file->code, plan);
  write_proxy(glue, &file->code, plan);
}
