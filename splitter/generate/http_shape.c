#include "splitter/generate/http_shape.h"

#include <string.h>

/* Words that a member's name is made of, by what it holds. */
const char *const http_method_words[] = {"method", "verb", "http_method", "req_method", NULL};
const char *const http_path_words[] = {"path", "uri", "url", "target", "request_uri", NULL};
const char *const http_query_words[] = {"query", "query_string", "querystring", "qs", NULL};
const char *const http_header_words[] = {"headers", "header", "hdrs", "hdr", "http_headers", NULL};
const char *const http_parameter_words[] = {"params",   "parameters",   "path_params", "vars",
                                            "captures", "route_params", "args",        NULL};
const char *const http_capture_words[] = {"ids",      "params",    "captures", "matches",
                                          "segments", "parts",     "args",     "vars",
                                          "groups",   "wildcards", NULL};
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
const char *const http_type_words[] = {"content_type", "mime",  "mime_type",  "type",
                                       "contenttype",  "ctype", "media_type", NULL};
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

/* One pointer to bytes, or an array of them. */
static bool is_bytes(const struct fact_field *field)
{
  bool is_byte = http_type_is_text(field->type) || strstr(field->type, "uint8_t") ||
                 strstr(field->type, "void");
  const char *star = strchr(field->type, '*');
  const char *bracket = strchr(field->type, '[');
  return is_byte && field->field_type == 0 && !strchr(field->type, '(') &&
         !(star && strchr(star + 1, '*')) && !(bracket && (star || strchr(bracket + 1, '['))) &&
         (field->is_pointer || field->array_length > 0);
}

static bool is_integer(const struct fact_field *field)
{
  return http_field_is_number(field) && field->bit_width == 0 && !strstr(field->type, "float") &&
         !strstr(field->type, "double") && !strstr(field->type, "ool");
}

static bool is_called(const struct fact_field *field, const char *const *words)
{
  g_auto(GStrv) parts = g_strsplit_set(field->field, "_0123456789", -1);
  for (size_t i = 0; parts[i]; i++) {
    g_autofree char *lower = g_ascii_strdown(parts[i], -1);
    if (*lower && g_strv_contains(words, lower)) {
      return true;
    }
  }
  return false;
}

/* Which of the integers counts what is there, and which what was allocated. */
static void tell_lengths(const GPtrArray *integers, struct http_buffer *buffer)
{
  static const char *const rooms[] = {"cap",   "capacity", "alloc",     "allocated", "room",  "max",
                                      "limit", "avail",    "available", "asize",     "space", NULL};
  static const char *const sizes[] = {"size", "sz", "bufsize", NULL};
  static const char *const others[] = {"flag",  "flags",    "type", "kind",  "ref",
                                       "refs",  "refcount", "fd",   "mode",  "state",
                                       "error", "err",      "id",   "errno", NULL};
  g_autoptr(GPtrArray) lengths = g_ptr_array_new();
  for (guint i = 0; i < integers->len; i++) {
    const struct fact_field *field = integers->pdata[i];
    if (is_called(field, rooms)) {
      buffer->room = field;
    } else if (!is_called(field, others)) {
      g_ptr_array_add(lengths, (gpointer)field);
    }
  }
  if (lengths->len == 2 && !buffer->room) {
    bool is_first = is_called(lengths->pdata[0], sizes);
    if (is_first != is_called(lengths->pdata[1], sizes)) {
      buffer->room = lengths->pdata[is_first ? 0 : 1];
      g_ptr_array_remove(lengths, (gpointer)buffer->room);
    }
  }
  for (guint i = 0; i < lengths->len && lengths->len > 1; i++) {
    const struct fact_field *field = lengths->pdata[i];
    buffer->length = buffer->length || !g_strv_contains(http_length_words, field->field)
                         ? buffer->length
                         : field;
  }
  if (lengths->len == 1) {
    buffer->length = lengths->pdata[0];
  }
}

bool http_buffer_read(const struct inventory *inventory, int64_t type, struct http_buffer *buffer)
{
  memset(buffer, 0, sizeof *buffer);
  const GPtrArray *fields = inventory_list(inventory->fields_by_type, &type);
  const struct fact_field *called = http_field_find(inventory, type, http_data_words);
  g_autoptr(GPtrArray) integers = g_ptr_array_new();
  unsigned n_bytes = 0;
  for (guint i = 0; i < fields->len; i++) {
    const struct fact_field *field = fields->pdata[i];
    if (is_bytes(field)) {
      buffer->data = field;
      n_bytes++;
    } else if (is_integer(field)) {
      g_ptr_array_add(integers, (gpointer)field);
    }
  }
  if (called && is_bytes(called)) {
    buffer->data = called;
  } else if (n_bytes != 1) {
    return false;
  }
  tell_lengths(integers, buffer);
  return buffer->length || integers->len == 0;
}

const struct fact_field *http_body_find(const struct inventory *inventory, int64_t type)
{
  const struct fact_field *body = http_field_find(inventory, type, http_body_words);
  const GPtrArray *fields = inventory_list(inventory->fields_by_type, &type);
  const struct fact_field *found = NULL;
  for (guint i = 0; i < fields->len && !body; i++) {
    const struct fact_field *field = fields->pdata[i];
    struct http_buffer buffer;
    if (field->array_length == 0 && !strstr(field->type, "**") &&
        http_record_of(inventory, field->field_type) &&
        http_buffer_read(inventory, field->field_type, &buffer) && buffer.length) {
      if (found) {
        return NULL;
      }
      found = field;
    }
  }
  return body ? body : found;
}

const struct fact_field *http_content_type_find(const struct inventory *inventory, int64_t type)
{
  static const char *const words[] = {"type", "mime", "ctype", "mimetype", "contenttype", NULL};
  const struct fact_field *known = http_field_find(inventory, type, http_type_words);
  if (http_field_is_text(known)) {
    return known;
  }
  const GPtrArray *fields = inventory_list(inventory->fields_by_type, &type);
  for (guint i = 0; i < fields->len; i++) {
    const struct fact_field *field = fields->pdata[i];
    if (http_field_is_text(field) && is_called(field, words)) {
      return field;
    }
  }
  return NULL;
}

/* "char[4][64]", "const char *[4]". */
static bool is_row_of_texts(const struct fact_field *field)
{
  const char *bracket = strchr(field->type, '[');
  const char *star = strchr(field->type, '*');
  return field->array_length > 0 && strstr(field->type, "char") && !strchr(field->type, '(') &&
         bracket && !(star && strchr(star + 1, '*')) &&
         (star ? star < bracket && !strchr(bracket + 1, '[') : strchr(bracket + 1, '[') != NULL);
}

bool http_captures_read(const struct inventory *inventory, int64_t type,
                        struct http_captures *captures)
{
  memset(captures, 0, sizeof *captures);
  for (size_t i = 0; http_capture_words[i] && !captures->texts; i++) {
    const char *const word[] = {http_capture_words[i], NULL};
    const struct fact_field *field = http_field_find(inventory, type, word);
    captures->texts = field && is_row_of_texts(field) ? field : NULL;
  }
  if (!captures->texts) {
    return false;
  }
  static const char *const patterns[] = {"n_%s",   "%s_count", "num_%s", "n%s",
                                         "%s_len", "%s_n",     NULL};
  for (size_t i = 0; patterns[i] && !captures->count; i++) {
    g_auto(GStrv) halves = g_strsplit(patterns[i], "%s", 2);
    g_autofree char *name = g_strconcat(halves[0], captures->texts->field, halves[1], NULL);
    const char *const names[] = {name, NULL};
    const struct fact_field *count = http_field_find(inventory, type, names);
    captures->count = http_field_is_number(count) ? count : NULL;
  }
  return true;
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
