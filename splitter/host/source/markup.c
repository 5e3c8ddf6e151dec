#include "splitter/host/source/markup.h"

#include <stdbool.h>
#include <string.h>

#define MAX_DEPTH 16

struct reader {
  const char *root_name;
  const char *record_name;
  GPtrArray *records;
  GHashTable *record; /* the one that is open, or NULL */
  GHashTable *top;
  GString *text;
  unsigned depth;
  bool has_root;
};

static void on_start(GMarkupParseContext *context, const char *name, const char **names,
                     const char **values, gpointer data, GError **error)
{
  (void)context;
  (void)names;
  (void)values;
  struct reader *reader = data;
  if (++reader->depth > MAX_DEPTH) {
    g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE, "the document is too deep");
    return;
  }
  if (!reader->has_root && strcmp(name, reader->root_name) != 0) {
    g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_UNKNOWN_ELEMENT, "the document is no %s",
                reader->root_name);
    return;
  }
  reader->has_root = true;
  if (!reader->record && strcmp(name, reader->record_name) == 0) {
    reader->record = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_ptr_array_add(reader->records, reader->record);
  }
  g_string_truncate(reader->text, 0);
}

static void on_end(GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
  (void)context;
  (void)error;
  struct reader *reader = data;
  if (reader->record && strcmp(name, reader->record_name) == 0) {
    reader->record = NULL;
  } else if (reader->record) {
    g_hash_table_replace(reader->record, g_strdup(name), g_strdup(reader->text->str));
  } else if (reader->top && reader->depth == 2) {
    g_hash_table_replace(reader->top, g_strdup(name), g_strdup(reader->text->str));
  }
  reader->depth--;
  g_string_truncate(reader->text, 0);
}

static void on_text(GMarkupParseContext *context, const char *text, gsize n, gpointer data,
                    GError **error)
{
  (void)context;
  (void)error;
  g_string_append_len(((struct reader *)data)->text, text, (gssize)n);
}

GPtrArray *markup_records(const char *text, size_t n, const char *root, const char *record,
                          GHashTable *top, GError **error)
{
  static const GMarkupParser parser = {on_start, on_end, on_text, NULL, NULL};
  struct reader reader = {
      .root_name = root, .record_name = record, .top = top, .text = g_string_new(NULL)};
  reader.records = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
  if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* Azure's begin so */
    text += 3;
    n -= 3;
  }
  GMarkupParseContext *context =
      g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &reader, NULL);
  bool is_good = g_markup_parse_context_parse(context, text, (gssize)n, error) &&
                 g_markup_parse_context_end_parse(context, error);
  if (is_good && !reader.has_root) {
    g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_EMPTY, "the document is empty");
    is_good = false;
  }
  g_markup_parse_context_free(context);
  g_string_free(reader.text, TRUE);
  if (!is_good) {
    g_ptr_array_unref(reader.records);
    return NULL;
  }
  return reader.records;
}

const char *markup_text(GHashTable *record, const char *name)
{
  const char *text = g_hash_table_lookup(record, name);
  return text ? text : "";
}
