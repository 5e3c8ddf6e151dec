#include "shop.h"

static void fields_take(struct fields *fields, char *name, char *value) {
  fields->items = mem_resize(fields->items, (size_t)(fields->n + 1) * sizeof *fields->items);
  fields->items[fields->n].name = name;
  fields->items[fields->n].value = value;
  fields->n++;
}

void fields_add(struct fields *fields, const char *name, const char *value) {
  fields_take(fields, mem_string(name), mem_string(value));
}

const char *fields_get(const struct fields *fields, const char *name) {
  for (int i = 0; i < fields->n; i++)
    if (!strcmp(fields->items[i].name, name)) return fields->items[i].value;
  return NULL;
}

void fields_parse_form(struct fields *fields, const char *text, size_t length) {
  const char *end = text + length;
  while (text < end) {
    const char *stop = memchr(text, '&', (size_t)(end - text));
    if (!stop) stop = end;
    const char *equals = memchr(text, '=', (size_t)(stop - text));
    const char *name_end = equals ? equals : stop;
    const char *value = equals ? equals + 1 : stop;
    if (name_end > text)
      fields_take(fields, str_url_decode(text, (size_t)(name_end - text)),
                  str_url_decode(value, (size_t)(stop - value)));
    text = stop + 1;
  }
}

void fields_clear(struct fields *fields) {
  for (int i = 0; i < fields->n; i++) {
    free(fields->items[i].name);
    free(fields->items[i].value);
  }
  free(fields->items);
  fields->items = NULL;
  fields->n = 0;
}

struct request *request_new(const char *method, const char *target) {
  struct request *request = mem_alloc(sizeof *request);
  str_set(request->method, method);
  const char *query = strchr(target, '?');
  request->path = str_url_decode(target, query ? (size_t)(query - target) : strlen(target));
  if (query) fields_parse_form(&request->args, query + 1, strlen(query + 1));
  return request;
}

void request_free(struct request *request) {
  if (!request) return;
  fields_clear(&request->args);
  fields_clear(&request->headers);
  free(request->path);
  free(request->body);
  free(request);
}

void request_add_header(struct request *request, const char *name, const char *value) {
  char *lower = mem_string(name);
  str_lower(lower);
  fields_take(&request->headers, lower, mem_string(value));
}

void request_set_body(struct request *request, const char *data, size_t length) {
  free(request->body);
  request->body = mem_string_part(data, length);
  request->body_length = length;
  const char *type = request_header(request, "content-type");
  if (type && str_starts_with(type, "application/x-www-form-urlencoded"))
    fields_parse_form(&request->args, request->body, length);
}

const char *request_arg(const struct request *request, const char *name) { return fields_get(&request->args, name); }

int request_arg_long(const struct request *request, const char *name, long *value) {
  return str_to_long(request_arg(request, name), value);
}

const char *request_header(const struct request *request, const char *name) {
  return fields_get(&request->headers, name);
}

void response_init(struct response *response) {
  memset(response, 0, sizeof *response);
  response->status = 200;
  str_set(response->content_type, "application/json");
  buffer_init(&response->body);
}

void response_clear(struct response *response) {
  buffer_clear(&response->body);
  fields_clear(&response->headers);
}

void response_add_header(struct response *response, const char *name, const char *value) {
  fields_add(&response->headers, name, value);
}

int response_error(struct response *response, int status, const char *message) {
  stats.errors++;
  response->status = status;
  response->body.length = 0;
  str_set(response->content_type, "application/json");
  json_write(&response->body, "{'error':%s}", message);
  return 0;
}

int response_file(struct response *response, const char *path, const char *content_type) {
  response->body.length = 0;
  str_set(response->content_type, content_type);
  return file_read(path, &response->body);
}
