#include "reports/rows.h"

#include <jansson.h>
#include <string.h>

#include "reports/text.h"

static json_t *cell_json(const struct cell *cell)
{
  switch (cell->type) {
  case CELL_INT:
    return json_integer(cell->integer);
  case CELL_REAL:
    return json_real(cell->real);
  case CELL_TEXT: {
    if (g_utf8_validate(cell->text, -1, NULL)) {
      return json_string(cell->text);
    }
    g_autofree char *safe = text_escape(cell->text, true);
    return json_string(safe);
  }
  }
  g_assert_not_reached();
}

char *rows_json(const struct view_rows *rows, const char *what)
{
  json_t *list = json_array();
  for (size_t row = 0; row < rows->n_rows; row++) {
    json_t *object = json_object();
    for (unsigned i = 0; i < rows->n_columns; i++) {
      json_object_set_new(object, rows->columns[i], cell_json(view_cell(rows, row, i)));
    }
    json_array_append_new(list, object);
  }
  json_t *document = json_pack("{s:i,s:s,s:o}", "version", 1, "what", what, "rows", list);
  char *text = json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(17) | JSON_ENSURE_ASCII);
  json_decref(document);
  char *result = g_strconcat(text, "\n", NULL);
  free(text);
  return result;
}

static void append_csv(GString *out, const char *text)
{
  if (strpbrk(text, "\",\r\n") == NULL) {
    g_string_append(out, text);
    return;
  }
  g_string_append_c(out, '"');
  for (const char *p = text; *p; p++) {
    if (*p == '"') {
      g_string_append_c(out, '"');
    }
    g_string_append_c(out, *p);
  }
  g_string_append_c(out, '"');
}

char *rows_csv(const struct view_rows *rows)
{
  GString *out = g_string_new(NULL);
  for (unsigned i = 0; i < rows->n_columns; i++) {
    g_string_append(out, i > 0 ? "," : "");
    append_csv(out, rows->columns[i]);
  }
  g_string_append(out, "\r\n");
  for (size_t row = 0; row < rows->n_rows; row++) {
    for (unsigned i = 0; i < rows->n_columns; i++) {
      const struct cell *cell = view_cell(rows, row, i);
      char buffer[G_ASCII_DTOSTR_BUF_SIZE];
      g_string_append(out, i > 0 ? "," : "");
      switch (cell->type) {
      case CELL_INT:
        g_string_append_printf(out, "%" G_GINT64_FORMAT, cell->integer);
        break;
      case CELL_REAL:
        g_string_append(out, g_ascii_dtostr(buffer, sizeof buffer, cell->real));
        break;
      case CELL_TEXT: {
        g_autofree char *safe = text_escape(cell->text, true);
        append_csv(out, safe);
        break;
      }
      }
    }
    g_string_append(out, "\r\n");
  }
  return g_string_free(out, FALSE);
}
