#include "splitter/replay/har.h"

#include <jansson.h>
#include <string.h>

G_DEFINE_QUARK(cleave - har - error, har_error)

static char *keep(struct har *har, const char *text)
{
  return g_string_chunk_insert(har->strings, text ? text : "");
}

static const struct cleave_field *read_headers(struct har *har, const json_t *list, size_t *n)
{
  GArray *fields = g_array_new(FALSE, FALSE, sizeof(struct cleave_field));
  size_t index;
  json_t *item;
  json_array_foreach(list, index, item)
  {
    const char *name = json_string_value(json_object_get(item, "name"));
    const char *value = json_string_value(json_object_get(item, "value"));
    if (name && value && name[0] != '\0' && name[0] != ':' && !strpbrk(name, " \r\n:")) {
      struct cleave_field field = {keep(har, name), keep(har, value)};
      g_array_append_val(fields, field);
    }
  }
  *n = fields->len;
  g_ptr_array_add(har->arrays, fields);
  return (const struct cleave_field *)(const void *)fields->data;
}

static GBytes *read_text(const json_t *object)
{
  const json_t *text = json_object_get(object, "text");
  const char *encoding = json_string_value(json_object_get(object, "encoding"));
  if (!json_is_string(text)) {
    return NULL;
  }
  if (encoding && strcmp(encoding, "base64") == 0) {
    gsize n = 0;
    guchar *data = g_base64_decode(json_string_value(text), &n);
    return g_bytes_new_take(data, n);
  }
  return g_bytes_new(json_string_value(text), json_string_length(text));
}

/* Browsers leave out the text of a form and write its parameters alone. */
static GBytes *read_form(const json_t *parameters)
{
  g_autoptr(GString) text = g_string_new(NULL);
  size_t index;
  json_t *item;
  json_array_foreach(parameters, index, item)
  {
    const char *name = json_string_value(json_object_get(item, "name"));
    const char *value = json_string_value(json_object_get(item, "value"));
    g_autofree char *safe_name = g_uri_escape_string(name ? name : "", NULL, FALSE);
    g_autofree char *safe_value = g_uri_escape_string(value ? value : "", NULL, FALSE);
    g_string_append_printf(text, "%s%s=%s", text->len > 0 ? "&" : "", safe_name, safe_value);
  }
  return g_bytes_new(text->str, text->len);
}

static GBytes *read_body(const json_t *request)
{
  const json_t *data = json_object_get(request, "postData");
  GBytes *body = read_text(data);
  if (!body && json_is_array(json_object_get(data, "params"))) {
    body = read_form(json_object_get(data, "params"));
  }
  return body ? body : g_bytes_new_static("", 0);
}

/* Splits a URL in "scheme://authority" and the rest. */
static bool split_url(const char *url, char **origin, const char **target)
{
  const char *mark = url ? strstr(url, "://") : NULL;
  if (!mark) {
    return false;
  }
  const char *path = mark + 3 + strcspn(mark + 3, "/?#");
  *origin = g_strndup(url, (gsize)(path - url));
  *target = path;
  return true;
}

static double read_time(const json_t *entry)
{
  const char *text = json_string_value(json_object_get(entry, "startedDateTime"));
  g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;
  return time ? (double)g_date_time_to_unix(time) + g_date_time_get_microsecond(time) / 1e6 : 0;
}

static void read_entry(struct har *har, const json_t *item, const char *target)
{
  const json_t *request = json_object_get(item, "request");
  const json_t *response = json_object_get(item, "response");
  const char *method = json_string_value(json_object_get(request, "method"));
  g_autofree char *path = g_strndup(target, strcspn(target, "#"));
  struct har_entry entry = {
      .method = keep(har, method),
      .target = path[0] == '/' ? keep(har, path) : NULL,
      .body = read_body(request),
      .offset = read_time(item),
      .status = (int)json_integer_value(json_object_get(response, "status")),
      .answer_body = read_text(json_object_get(response, "content")),
  };
  if (!entry.target) {
    g_autofree char *rooted = g_strconcat("/", path, NULL);
    entry.target = keep(har, rooted);
  }
  entry.headers = read_headers(har, json_object_get(request, "headers"), &entry.n_headers);
  entry.answer_headers =
      read_headers(har, json_object_get(response, "headers"), &entry.n_answer_headers);
  if (!entry.answer_body &&
      json_integer_value(json_object_get(json_object_get(response, "content"), "size")) == 0) {
    entry.answer_body = g_bytes_new_static("", 0);
  }
  g_array_append_val(har->entries, entry);
}

static int by_time(const void *left, const void *right)
{
  const struct har_entry *a = left;
  const struct har_entry *b = right;
  return (a->offset > b->offset) - (a->offset < b->offset);
}

static bool read_all(struct har *har, const char *path, const json_t *entries, GError **error)
{
  size_t index;
  json_t *item;
  json_array_foreach(entries, index, item)
  {
    const json_t *request = json_object_get(item, "request");
    const char *method = json_string_value(json_object_get(request, "method"));
    g_autofree char *origin = NULL;
    const char *target = NULL;
    if (!method || method[0] == '\0' || strpbrk(method, " \r\n") ||
        !split_url(json_string_value(json_object_get(request, "url")), &origin, &target) ||
        strpbrk(target, " \r\n")) {
      g_set_error(error, HAR_ERROR, HAR_ERROR_CONTENT,
                  "'%s': entry %zu needs request.method and request.url", path, index + 1);
      return false;
    }
    if (!har->origin) {
      har->origin = g_strdup(origin);
    }
    if (strcmp(har->origin, origin) == 0) {
      read_entry(har, item, target);
    } else {
      har->n_foreign++;
    }
  }
  g_array_sort(har->entries, by_time);
  for (guint i = har->entries->len; i > 0; i--) {
    har_at(har, i - 1)->offset -= har_at(har, 0)->offset;
  }
  return true;
}

struct har *har_load(const char *path, const char *origin, GError **error)
{
  g_autofree char *text = NULL;
  gsize n = 0;
  if (!g_file_get_contents(path, &text, &n, NULL)) {
    g_set_error(error, HAR_ERROR, HAR_ERROR_FILE, "cannot read '%s'", path);
    return NULL;
  }
  return har_parse(path, text, n, origin, error);
}

struct har *har_parse(const char *name, const char *text, size_t n, const char *origin,
                      GError **error)
{
  json_error_t reason;
  json_t *root = json_loadb(text, n, JSON_ALLOW_NUL, &reason);
  if (!root) {
    g_set_error(error, HAR_ERROR, HAR_ERROR_CONTENT, "%s:%d:%d: %s", name, reason.line,
                reason.column, reason.text);
    return NULL;
  }
  const json_t *entries = json_object_get(json_object_get(root, "log"), "entries");
  struct har *har = g_new0(struct har, 1);
  har->entries = g_array_new(FALSE, FALSE, sizeof(struct har_entry));
  har->origin = g_strdup(origin);
  har->strings = g_string_chunk_new(4096);
  har->arrays = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
  bool is_good = json_is_array(entries);
  if (!is_good) {
    g_set_error(error, HAR_ERROR, HAR_ERROR_CONTENT, "'%s' is no HAR: it has no log.entries", name);
  }
  is_good = is_good && read_all(har, name, entries, error);
  json_decref(root);
  if (!is_good) {
    har_free(har);
    return NULL;
  }
  return har;
}

void har_free(struct har *har)
{
  if (!har) {
    return;
  }
  for (guint i = 0; i < har->entries->len; i++) {
    g_bytes_unref(har_at(har, i)->body);
    g_clear_pointer(&har_at(har, i)->answer_body, g_bytes_unref);
  }
  g_array_unref(har->entries);
  g_free(har->origin);
  g_string_chunk_free(har->strings);
  g_ptr_array_unref(har->arrays);
  g_free(har);
}
