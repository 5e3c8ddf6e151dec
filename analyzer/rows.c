#include "analyzer/rows.h"

#include <string.h>

struct rows *rows_new(const struct record_table *table)
{
  struct rows *rows = g_new(struct rows, 1);
  rows->table = table;
  rows->records = g_array_new(FALSE, FALSE, (guint)table->record_size);
  return rows;
}

void rows_free(struct rows *rows)
{
  if (rows == NULL)
    return;
  g_array_unref(rows->records);
  g_free(rows);
}

void rows_add(struct rows *rows, const void *record)
{
  g_array_append_vals(rows->records, record, 1);
  char *copy = rows->records->data + (rows->records->len - 1) * rows->table->record_size;
  for (size_t i = 0; i < rows->table->n_columns; i++) {
    const struct record_column *column = &rows->table->columns[i];
    if (column->type != RECORD_TEXT)
      continue;
    const char **text = (const char **)(void *)(copy + column->offset);
    if (*text == NULL)
      *text = "";
  }
}

static int compare_column(const struct record_column *column, const char *left, const char *right)
{
  left += column->offset;
  right += column->offset;
  switch (column->type) {
  case RECORD_TEXT: {
    const char *const *a = (const char *const *)(const void *)left;
    const char *const *b = (const char *const *)(const void *)right;
    return *a == *b ? 0 : strcmp(*a, *b);
  }
  case RECORD_REAL: {
    double a = *(const double *)(const void *)left, b = *(const double *)(const void *)right;
    return (a > b) - (a < b);
  }
  case RECORD_BOOL:
    return *(const bool *)(const void *)left - *(const bool *)(const void *)right;
  case RECORD_ID:
  case RECORD_INT: {
    int64_t a = *(const int64_t *)(const void *)left, b = *(const int64_t *)(const void *)right;
    return (a > b) - (a < b);
  }
  default:
    return 0;
  }
}

static int compare_records(const struct record_table *table, size_t n_columns, const char *left,
                           const char *right)
{
  for (size_t i = 0; i < n_columns; i++) {
    int order = compare_column(&table->columns[i], left, right);
    if (order != 0)
      return order;
  }
  return 0;
}

static gint compare_whole(gconstpointer left, gconstpointer right, gpointer data)
{
  const struct record_table *table = data;
  return compare_records(table, table->n_columns, left, right);
}

static bool is_sorted(const struct rows *rows)
{
  size_t size = rows->table->record_size;
  for (guint i = 1; i < rows->records->len; i++) {
    const char *here = rows->records->data + i * size;
    if (compare_records(rows->table, rows->table->n_columns, here - size, here) > 0)
      return false;
  }
  return true;
}

void rows_unique(struct rows *rows, size_t n_columns)
{
  GArray *records = rows->records;
  size_t size = rows->table->record_size;
  if (!is_sorted(rows))
    g_array_sort_with_data(records, compare_whole, (gpointer)rows->table);
  guint kept = 0;
  for (guint i = 0; i < records->len; i++) {
    char *here = records->data + i * size;
    if (kept != 0 &&
        compare_records(rows->table, n_columns, records->data + (kept - 1) * size, here) == 0)
      continue;
    if (kept != i)
      memcpy(records->data + kept * size, here, size);
    kept++;
  }
  g_array_set_size(records, kept);
}

void rows_sort(struct rows *rows)
{
  rows_unique(rows, rows->table->n_columns);
}

bool rows_write(struct rows *rows, struct store *store, GError **error)
{
  rows_sort(rows);
  return store_sync(store, rows->table, rows->records->data, rows->records->len, error);
}
