#include "splitter/generate/http_shape.h"

#include <string.h>

/* Words that a member's name is made of, by what it holds. */
const char *const http_method_words[] = {"method", "verb", "http_method", "req_method", NULL};
const char *const http_path_words[] = {"path", "uri", "url", "target", "request_uri", NULL};
const char *const http_query_words[] = {"query", "query_string", "querystring", "qs", NULL};
const char *const http_header_words[] = {"headers", "header", "hdrs", "http_headers", NULL};
const char *const http_parameter_words[] = {"params",   "parameters",   "path_params", "vars",
                                            "captures", "route_params", "args",        NULL};
const char *const http_query_list_words[] = {"query", "query_params", "args", "get", NULL};
const char *const http_body_words[] = {"body", "content", "payload", "post_data", NULL};
const char *const http_length_words[] = {"body_length",
                                         "body_len",
                                         "body_size",
                                         "content_length",
                                         "payload_length",
                                         "payload_len",
                                         "content_len",
                                         "length",
                                         "len",
                                         "size",
                                         "used",
                                         "n_body",
                                         "n",
                                         "body_n",
                                         "nbytes",
                                         NULL};
const char *const http_status_words[] = {"status",      "status_code",   "code",
                                         "http_status", "response_code", NULL};
const char *const http_type_words[] = {"content_type", "mime",        "mime_type",
                                       "type",         "contenttype", NULL};
const char *const http_data_words[] = {"data", "ptr",  "buf",    "bytes",   "text", "str",
                                       "s",    "base", "buffer", "content", NULL};
const char *const http_count_words[] = {"n",        "count",         "len",          "length",
                                        "size",     "n_items",       "num",          "n_headers",
                                        "n_fields", "headers_count", "header_count", NULL};
const char *const http_name_words[] = {"name", "key", "field", "header", NULL};
const char *const http_value_words[] = {"value", "val", "data", "content", NULL};

const struct fact_type *http_record_of(const struct inventory *inventory, int64_t id)
{
  const struct fact_type *type = inventory_type(inventory, id);
  return type && (strcmp(type->kind, "struct") == 0 || strcmp(type->kind, "union") == 0) ? type
                                                                                         : NULL;
}

const struct fact_field *http_field_find(const struct inventory *inventory, int64_t type,
                                         const char *const *words)
{
  const GPtrArray *fields = inventory_list(inventory->fields_by_type, &type);
  for (size_t w = 0; words[w]; w++) {
    for (guint i = 0; i < fields->len; i++) {
      const struct fact_field *field = fields->pdata[i];
      if (g_ascii_strcasecmp(field->field, words[w]) == 0) {
        return field;
      }
    }
  }
  return NULL;
}

bool http_type_is_single_pointer(const char *type)
{
  const char *star = strchr(type, '*');
  return star && !strchr(star + 1, '*') && !strchr(type, '(');
}

bool http_type_is_text(const char *type)
{
  return strstr(type, "char") && !strstr(type, "**") && !strchr(type, '(');
}

bool http_field_is_text(const struct fact_field *field)
{
  return field && http_type_is_text(field->type);
}

bool http_field_is_number(const struct fact_field *field)
{
  return field && !field->is_pointer && field->array_length == 0 && field->field_type == 0 &&
         !strstr(field->type, "char *") && !strchr(field->type, '*');
}

void http_list_clear(struct http_list *shape)
{
  g_free(shape->items);
  g_free(shape->count);
}

static bool read_item(const struct inventory *inventory, const struct fact_field *items,
                      struct http_list *shape)
{
  const struct fact_field *name = http_field_find(inventory, items->field_type, http_name_words);
  const struct fact_field *value = http_field_find(inventory, items->field_type, http_value_words);
  if (!http_field_is_text(name) || !http_field_is_text(value) || name == value) {
    return false;
  }
  shape->name = name->field;
  shape->value = value->field;
  shape->limit = items->array_length;
  return true;
}

bool http_list_read(const struct inventory *inventory, int64_t owner,
                    const struct fact_field *field, const char *path, struct http_list *shape)
{
  memset(shape, 0, sizeof *shape);
  if (!http_record_of(inventory, field->field_type)) {
    return false;
  }
  if (read_item(inventory, field, shape)) {
    const struct fact_field *count = http_field_find(inventory, owner, http_count_words);
    g_autofree char *named = g_strdup_printf("n_%s", field->field);
    g_autofree char *behind = g_strdup_printf("%s_count", field->field);
    g_autofree char *numbered = g_strdup_printf("num_%s", field->field);
    const char *const names[] = {named, behind, numbered, NULL};
    const struct fact_field *own = http_field_find(inventory, owner, names);
    count = own ? own : count;
    if (!http_field_is_number(count)) {
      return false;
    }
    shape->items = g_strdup_printf("%s%s", path, field->field);
    shape->count = g_strdup_printf("%s%s", path, count->field);
    return true;
  }
  const GPtrArray *fields = inventory_list(inventory->fields_by_type, &field->field_type);
  const struct fact_field *count = http_field_find(inventory, field->field_type, http_count_words);
  for (guint i = 0; i < fields->len && http_field_is_number(count); i++) {
    const struct fact_field *items = fields->pdata[i];
    if ((items->is_pointer || items->array_length > 0) &&
        http_record_of(inventory, items->field_type) && read_item(inventory, items, shape)) {
      const char *access = field->is_pointer ? "->" : ".";
      shape->items = g_strdup_printf("%s%s%s%s", path, field->field, access, items->field);
      shape->count = g_strdup_printf("%s%s%s%s", path, field->field, access, count->field);
      return true;
    }
  }
  return false;
}
