#include "reports/table.h"

#include <stdarg.h>

struct view_rows *table_new(const char *first, ...)
{
  g_autoptr(GPtrArray) columns = g_ptr_array_new();
  va_list rest;
  va_start(rest, first);
  for (const char *name = first; name; name = va_arg(rest, const char *)) {
    g_ptr_array_add(columns, g_strdup(name));
  }
  va_end(rest);
  struct view_rows *table = g_new0(struct view_rows, 1);
  table->n_columns = columns->len;
  g_ptr_array_add(columns, NULL);
  table->columns = (char **)g_ptr_array_steal(columns, NULL);
  table->cells = g_array_new(FALSE, FALSE, sizeof(struct cell));
  table->strings = g_string_chunk_new(4096);
  return table;
}

static void add(struct view_rows *table, struct cell cell)
{
  g_array_append_val(table->cells, cell);
  table->n_rows = table->cells->len / table->n_columns;
}

void table_add_text(struct view_rows *table, const char *text)
{
  add(table,
      (struct cell){.type = CELL_TEXT, .text = g_string_chunk_insert_const(table->strings, text)});
}

void table_add_integer(struct view_rows *table, int64_t value)
{
  add(table, (struct cell){.type = CELL_INT, .integer = value});
}

struct view_rows *table_choose(const struct view_rows *rows, const char *const *columns)
{
  struct view_rows *table = g_new0(struct view_rows, 1);
  table->columns = g_strdupv((char **)columns);
  table->n_columns = g_strv_length(table->columns);
  table->cells = g_array_new(FALSE, FALSE, sizeof(struct cell));
  table->strings = g_string_chunk_new(4096);
  for (size_t row = 0; row < rows->n_rows; row++) {
    for (unsigned i = 0; i < table->n_columns; i++) {
      struct cell cell = *view_cell(rows, row, (unsigned)view_column(rows, columns[i]));
      if (cell.type == CELL_TEXT) {
        cell.text = g_string_chunk_insert_const(table->strings, cell.text);
      }
      add(table, cell);
    }
  }
  return table;
}
