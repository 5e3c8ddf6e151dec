#include "splitter/generate/http_source.h"

#include <string.h>

/* A statement out of the mapping, closed by one semicolon. */
static void write_statement(struct c_writer *code, const char *statement)
{
  bool is_closed = g_str_has_suffix(statement, ";") || g_str_has_suffix(statement, "}");
  c_writer_line(code, "%s%s", statement, is_closed ? "" : ";");
}

static void write_list(struct c_writer *code, const char *list, const char *statement)
{
  if (!statement) {
    return;
  }
  c_writer_open(code, "for (i = 0; i < event->%s.n_items; i++)", list);
  c_writer_line(code, "const char *name = event->%s.items[i].name;", list);
  c_writer_line(code, "const char *value = event->%s.items[i].value;", list);
  c_writer_line(code, "CLEAVE_USE(name);");
  c_writer_line(code, "CLEAVE_USE(value);");
  write_statement(code, statement);
  c_writer_close(code, "");
}

static void write_variables(struct c_writer *code)
{
  static const char *const texts[][2] = {
      {"method", "event->method"},
      {"path", "event->path"},
      {"query_string", "event->query_string"},
      {"protocol", "event->protocol"},
      {"source_ip", "event->source_ip"},
      {"content_type", "event->content_type"},
      {"body", "event->body.data"},
  };
  c_writer_line(code, "char *target = cleave_glue_target(event);");
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    c_writer_line(code, "const char *%s = %s;", texts[i][0], texts[i][1]);
  }
  c_writer_line(code, "size_t body_length = event->body.length;");
  c_writer_line(code, "size_t i;");
}

static void write_use(struct c_writer *code)
{
  c_writer_line(code, "CLEAVE_USE(target);");
  c_writer_line(code, "CLEAVE_USE(method);");
  c_writer_line(code, "CLEAVE_USE(path);");
  c_writer_line(code, "CLEAVE_USE(query_string);");
  c_writer_line(code, "CLEAVE_USE(protocol);");
  c_writer_line(code, "CLEAVE_USE(source_ip);");
  c_writer_line(code, "CLEAVE_USE(content_type);");
  c_writer_line(code, "CLEAVE_USE(body);");
  c_writer_line(code, "CLEAVE_USE(body_length);");
  c_writer_line(code, "CLEAVE_USE(i);");
}

/* "T *name" from an expression, or a zeroed one. */
static void write_object(struct c_writer *code, const char *type, const char *name,
                         const char *make)
{
  if (make) {
    c_writer_line(code, "%s *%s = %s;", type, name, make);
  } else {
    c_writer_line(code, "%s %s_value;", type, name);
    c_writer_line(code, "%s *%s = &%s_value;", type, name, name);
  }
}

static void write_request(struct c_writer *code, const struct http_mapping *mapping)
{
  write_object(code, mapping->request_type, "request", mapping->make);
  if (mapping->make) {
    c_writer_open(code, "if (!request)");
    c_writer_line(code, "cleave_glue_end(&cleave_texts);");
    c_writer_line(code, "free(target);");
    c_writer_line(code, "return cleave_error_set(error, 400, \"Function.BadRequest\", "
                        "\"the request cannot be made\");");
    c_writer_close(code, "");
  } else {
    c_writer_line(code, "memset(request, 0, sizeof *request);");
  }
  if (mapping->prepare) {
    write_statement(code, mapping->prepare);
  }
  write_list(code, "headers", mapping->header);
  write_list(code, "query", mapping->query);
  if (mapping->body) {
    write_statement(code, mapping->body);
  }
  write_list(code, "parameters", mapping->parameter);
}

/* Gives the request back, and what it was made of. */
static void write_end(struct c_writer *code, const struct http_mapping *mapping, const char *result)
{
  if (mapping->request_free) {
    write_statement(code, mapping->request_free);
  }
  c_writer_line(code, "cleave_glue_end(&cleave_texts);");
  c_writer_line(code, "free(target);");
  c_writer_line(code, "return %s;", result);
}

static void write_reply(struct c_writer *code, const struct http_mapping *mapping)
{
  c_writer_line(code, "cleave_reply_status(reply, (int)(%s));", mapping->status);
  if (mapping->content_type) {
    c_writer_line(code, "cleave_glue_header(reply, \"content-type\", %s);", mapping->content_type);
  }
  if (mapping->header_count && mapping->header_name && mapping->header_value) {
    c_writer_open(code, "for (i = 0; i < (size_t)(%s); i++)", mapping->header_count);
    c_writer_line(code, "cleave_glue_header(reply, %s, %s);", mapping->header_name,
                  mapping->header_value);
    c_writer_close(code, "");
  }
  if (mapping->data && mapping->length) {
    c_writer_line(code, "failed = cleave_glue_body(reply, %s, (size_t)(%s), error);", mapping->data,
                  mapping->length);
  }
}

static void write_call(struct c_writer *code, const struct function_spec *spec)
{
  const struct http_mapping *mapping = &spec->http;
  if (!mapping->call) {
    return;
  }
  bool has_result = mapping->fails != NULL;
  if (!has_result) {
    write_statement(code, mapping->call);
    return;
  }
  c_writer_line(code, "__typeof__(%s) result = %s;", mapping->call, mapping->call);
  c_writer_line(code, "CLEAVE_USE(result);");
  c_writer_open(code, "if (%s)", mapping->fails);
  if (mapping->failure) {
    write_statement(code, mapping->failure);
  } else {
    g_autofree char *message = g_strdup_printf("%s failed", spec->routine->name);
    g_autofree char *literal = c_literal(message);
    c_writer_line(code, "failed = cleave_error_set(error, 500, \"Function.Failed\", %s);", literal);
  }
  c_writer_close(code, "");
}

static void declare_all(struct glue *glue, struct glue_file *file,
                        const struct http_mapping *mapping)
{
  const char *const expressions[] = {mapping->make,          mapping->prepare,
                                     mapping->header,        mapping->query,
                                     mapping->body,          mapping->parameter,
                                     mapping->call,          mapping->failure,
                                     mapping->response_make, mapping->response_prepare,
                                     mapping->request_free,  mapping->response_free};
  for (size_t i = 0; i < G_N_ELEMENTS(expressions); i++) {
    if (expressions[i]) {
      glue_declare(glue, file, expressions[i]);
    }
  }
}

void http_source_write(struct glue *glue, struct glue_file *file, const struct function_spec *spec)
{
  const struct http_mapping *mapping = &spec->http;
  struct c_writer *code = &file->code;
  declare_all(glue, file, mapping);
  c_writer_line(code,
                "int cleave_call_%s(const struct cleave_event *event, struct cleave_reply "
                "*reply,",
                spec->symbol);
  c_writer_line(code, "    struct cleave_error *error);");
  c_writer_open(code,
                "int cleave_call_%s(const struct cleave_event *event, struct cleave_reply "
                "*reply,\n    struct cleave_error *error)",
                spec->symbol);
  write_variables(code);
  c_writer_line(code, "int failed = 0;");
  write_use(code);
  c_writer_line(code, "struct cleave_glue_texts cleave_texts;");
  c_writer_line(code, "cleave_glue_begin(&cleave_texts, event, error);");
  write_request(code, mapping);
  c_writer_open(code, "if (cleave_texts.failed)");
  write_end(code, mapping, "cleave_texts.failed");
  c_writer_close(code, "");
  write_object(code, mapping->response_type, "response", mapping->response_make);
  if (!mapping->response_make) {
    c_writer_line(code, "memset(response, 0, sizeof *response);");
  }
  if (mapping->response_prepare) {
    write_statement(code, mapping->response_prepare);
  }
  write_call(code, spec);
  c_writer_line(code, "cleave_glue_leave(&cleave_texts, request, sizeof *request);");
  c_writer_open(code, "if (!failed)");
  write_reply(code, mapping);
  c_writer_close(code, "");
  if (mapping->response_free) {
    write_statement(code, mapping->response_free);
  }
  write_end(code, mapping, "failed");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}
