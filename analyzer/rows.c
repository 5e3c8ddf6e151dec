#include "analyzer/rows.h"

#include <string.h>

struct rows *rows_new(const struct record_table *table)
{
  struct rows *rows = g_new0(struct rows, 1);
  rows->table = table;
  rows->records = g_array_new(FALSE, FALSE, (guint)table->record_size);
  return rows;
}

void rows_free(struct rows *rows)
{
  if (rows == NULL)
    return;
  store_prepared_free(rows->prepared);
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

void rows_reserve(struct rows *rows, guint n)
{
  guint n_rows = rows->records->len;
  g_array_set_size(rows->records, n_rows + n);
  g_array_set_size(rows->records, n_rows);
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

/* A record by its first column. */
struct place {
  uint64_t key;
  uint32_t record;
};

enum { DIGITS = 8, DIGIT_VALUES = 256 };

/* Sorts places by their keys, digit by digit. Linear. */
static struct place *sort_places(struct place *places, struct place *room, guint n)
{
  uint32_t counts[DIGITS][DIGIT_VALUES] = {{0}};
  for (guint i = 0; i < n; i++) {
    for (unsigned digit = 0; digit < DIGITS; digit++)
      counts[digit][places[i].key >> (8 * digit) & 0xff]++;
  }
  for (unsigned digit = 0; digit < DIGITS; digit++) {
    uint32_t *count = counts[digit], at = 0;
    if (n != 0 && count[places[0].key >> (8 * digit) & 0xff] == n)
      continue;
    for (unsigned value = 0; value < DIGIT_VALUES; value++) {
      uint32_t here = count[value];
      count[value] = at;
      at += here;
    }
    for (guint i = 0; i < n; i++)
      room[count[places[i].key >> (8 * digit) & 0xff]++] = places[i];
    struct place *sorted = room;
    room = places;
    places = sorted;
  }
  return places;
}

static gint compare_places(gconstpointer left, gconstpointer right, gpointer data)
{
  const struct rows *rows = data;
  size_t size = rows->table->record_size;
  return compare_whole(rows->records->data + ((const struct place *)left)->record * size,
                       rows->records->data + ((const struct place *)right)->record * size,
                       (gpointer)rows->table);
}

/* Rows whose first column is the same: mostly few. */
static void sort_equal(struct rows *rows, struct place *places, guint n)
{
  enum { FEW = 12 };
  if (n > FEW) {
    g_qsort_with_data(places, (gint)n, sizeof *places, compare_places, rows);
    return;
  }
  for (guint i = 1; i < n; i++) {
    struct place place = places[i];
    guint at = i;
    for (; at != 0 && compare_places(&places[at - 1], &place, rows) > 0; at--)
      places[at] = places[at - 1];
    places[at] = place;
  }
}

/* Moves every record to its place in the order: round by round, with room for one. Linear. */
static void move_records(char *records, size_t size, struct place *places, guint n)
{
  g_autofree char *held = g_malloc(size);
  for (uint32_t first = 0; first < n; first++) {
    uint32_t at = first, from = places[at].record;
    if (from == first)
      continue;
    memcpy(held, records + first * size, size);
    for (; from != first; at = from, from = places[at].record) {
      memcpy(records + at * size, records + from * size, size);
      places[at].record = at;
    }
    memcpy(records + at * size, held, size);
    places[at].record = at;
  }
}

/* Rows that begin with a number: by that first, then those that agree in it. */
static void sort_by_number(struct rows *rows)
{
  GArray *records = rows->records;
  size_t size = rows->table->record_size, offset = rows->table->columns[0].offset;
  g_autofree struct place *places = g_new(struct place, MAX(records->len, 1));
  g_autofree struct place *room = g_new(struct place, MAX(records->len, 1));
  for (guint i = 0; i < records->len; i++) {
    int64_t number = *(const int64_t *)(const void *)(records->data + i * size + offset);
    places[i] = (struct place){(uint64_t)number ^ (uint64_t)1 << 63, i};
  }
  struct place *sorted = sort_places(places, room, records->len);
  for (guint first = 0, end; first < records->len; first = end) {
    for (end = first + 1; end < records->len && sorted[end].key == sorted[first].key; end++)
      ;
    sort_equal(rows, &sorted[first], end - first);
  }
  move_records(records->data, size, sorted, records->len);
}

static void sort(struct rows *rows)
{
  enum record_type type = rows->table->columns[0].type;
  if (is_sorted(rows))
    return;
  if (type == RECORD_ID || type == RECORD_INT)
    sort_by_number(rows);
  else
    g_array_sort_with_data(rows->records, compare_whole, (gpointer)rows->table);
}

void rows_unique(struct rows *rows, size_t n_columns)
{
  sort(rows);
  GArray *records = rows->records;
  size_t size = rows->table->record_size;
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

void rows_prepare(struct rows *rows)
{
  if (rows->prepared != NULL)
    return;
  rows_unique(rows, rows->n_telling != 0 ? rows->n_telling : rows->table->n_columns);
  rows->prepared = store_prepare(rows->table, rows->records->data, rows->records->len);
}

bool rows_write(struct rows *rows, struct store *store, GError **error)
{
  rows_prepare(rows);
  return store_sync_prepared(store, rows->prepared, error);
}
