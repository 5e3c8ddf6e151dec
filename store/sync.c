#include <string.h>

#include "store/internal.h"
#include "store/record.h"

/* Beyond this share of changed rows a table is written anew. */
enum { CHANGED_SHARE = 3 };

struct key {
  size_t columns[16];
  size_t n;
};

/* The columns of the primary key; all columns where the table has none. */
static struct key key_of(const struct record_table *table)
{
  struct key key = {.n = 0};
  const char *start = strstr(table->constraint, "PRIMARY KEY (");
  g_auto(GStrv) names = NULL;
  if (start) {
    start += strlen("PRIMARY KEY (");
    g_autofree char *list = g_strndup(start, strcspn(start, ")"));
    names = g_strsplit(list, ", ", -1);
  }
  for (size_t n = 0; names ? names[n] != NULL : n < table->n_columns; n++) {
    for (size_t i = 0; i < table->n_columns && key.n < G_N_ELEMENTS(key.columns); i++) {
      if (names ? strcmp(table->columns[i].name, names[n]) == 0 : i == n) {
        key.columns[key.n++] = i;
      }
    }
  }
  return key;
}

static int order(int64_t left, int64_t right)
{
  return (left > right) - (left < right);
}

static int compare_members(const struct record_column *column, const void *left, const void *right)
{
  const void *a = (const char *)left + column->offset;
  const void *b = (const char *)right + column->offset;
  switch (column->type) {
  case RECORD_ID:
  case RECORD_INT:
    return order(*(const int64_t *)a, *(const int64_t *)b);
  case RECORD_BOOL:
    return *(const bool *)a - *(const bool *)b;
  case RECORD_REAL: {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
  }
  case RECORD_TEXT:
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
  case RECORD_BLOB:
    break;
  }
  return 0;
}

/* A row of the table, read column by column, against a record. */
static int compare_stored(sqlite3_stmt *row, size_t index, const struct record_column *column,
                          const void *record)
{
  const void *member = (const char *)record + column->offset;
  int at = (int)index;
  switch (column->type) {
  case RECORD_ID:
  case RECORD_INT:
    return order(sqlite3_column_int64(row, at), *(const int64_t *)member);
  case RECORD_BOOL:
    return (sqlite3_column_int(row, at) != 0) - *(const bool *)member;
  case RECORD_REAL: {
    double stored = sqlite3_column_double(row, at);
    double wanted = *(const double *)member;
    return (stored > wanted) - (stored < wanted);
  }
  case RECORD_TEXT: {
    const char *stored = (const char *)sqlite3_column_text(row, at);
    const char *wanted = *(const char *const *)member;
    return strcmp(stored ? stored : "", wanted ? wanted : "");
  }
  case RECORD_BLOB:
    break;
  }
  return 0;
}

struct order {
  const struct record_table *table;
  const struct key *key;
};

static gint compare_keys(gconstpointer left, gconstpointer right, gpointer data)
{
  const struct order *by = data;
  const void *a = *(const void *const *)left;
  const void *b = *(const void *const *)right;
  for (size_t i = 0; i < by->key->n; i++) {
    int result = compare_members(&by->table->columns[by->key->columns[i]], a, b);
    if (result != 0) {
      return result;
    }
  }
  return 0;
}

/* The records in the order of their keys. */
static GPtrArray *sorted(const struct record_table *table, const struct key *key,
                         const void *records, size_t n)
{
  GPtrArray *all = g_ptr_array_sized_new((guint)n);
  struct order by = {table, key};
  bool is_sorted = true;
  for (size_t i = 0; i < n; i++) {
    g_ptr_array_add(all, (char *)(gpointer)records + i * table->record_size);
    is_sorted = is_sorted && (i == 0 || compare_keys(&all->pdata[i - 1], &all->pdata[i], &by) < 0);
  }
  if (!is_sorted) {
    g_ptr_array_sort_with_data(all, compare_keys, &by);
  }
  return all;
}

struct changes {
  struct record_set *gone;
  GPtrArray *fresh; /* records to be written */
};

static void append_columns(GString *sql, const struct record_table *table, const struct key *key,
                           const char *between, const char *behind)
{
  for (size_t i = 0; i < key->n; i++) {
    g_string_append_printf(sql, "%s\"%s\"%s", i > 0 ? between : "",
                           table->columns[key->columns[i]].name, behind);
  }
}

static sqlite3_stmt *select_all(struct store *store, const struct record_table *table,
                                const struct key *key, GError **error)
{
  g_autoptr(GString) sql = g_string_new("SELECT ");
  for (size_t i = 0; i < table->n_columns; i++) {
    g_string_append_printf(sql, "%s\"%s\"", i > 0 ? "," : "", table->columns[i].name);
  }
  g_string_append_printf(sql, " FROM %s ORDER BY ", table->name);
  append_columns(sql, table, key, ",", "");
  return store_statement(store, sql->str, error);
}

static int compare_key(sqlite3_stmt *row, const struct record_table *table, const struct key *key,
                       const void *record)
{
  int result = 0;
  for (size_t i = 0; i < key->n && result == 0; i++) {
    size_t column = key->columns[i];
    result = compare_stored(row, column, &table->columns[column], record);
  }
  return result;
}

static bool is_same(sqlite3_stmt *row, const struct record_table *table, const void *record)
{
  for (size_t i = 0; i < table->n_columns; i++) {
    if (compare_stored(row, i, &table->columns[i], record) != 0) {
      return false;
    }
  }
  return true;
}

/* Walks over the stored rows and the records side by side, in the order of their keys. */
static bool find_changes(struct store *store, const struct record_table *table,
                         const struct key *key, const GPtrArray *records, struct changes *changes,
                         GError **error)
{
  sqlite3_stmt *row = select_all(store, table, key, error);
  if (!row) {
    return false;
  }
  guint at = 0;
  int code;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    int result = -1;
    while (at < records->len && (result = compare_key(row, table, key, records->pdata[at])) > 0) {
      g_ptr_array_add(changes->fresh, records->pdata[at++]);
    }
    bool is_known = at < records->len && result == 0;
    if (is_known && is_same(row, table, records->pdata[at])) {
      at++;
      continue;
    }
    store_set_add(changes->gone, table, row);
    if (is_known) {
      g_ptr_array_add(changes->fresh, records->pdata[at++]);
    }
  }
  sqlite3_reset(row);
  if (code != SQLITE_DONE) {
    store_set_error(store, code, "read", error);
    return false;
  }
  for (; at < records->len; at++) {
    g_ptr_array_add(changes->fresh, records->pdata[at]);
  }
  return true;
}

static bool delete_rows(struct store *store, const struct record_table *table,
                        const struct key *key, const struct record_set *gone, GError **error)
{
  g_autoptr(GString) sql = g_string_new(NULL);
  g_string_append_printf(sql, "DELETE FROM %s WHERE ", table->name);
  append_columns(sql, table, key, " AND ", " = ?");
  sqlite3_stmt *statement = store_statement(store, sql->str, error);
  if (!statement) {
    return false;
  }
  for (size_t i = 0; i < gone->n; i++) {
    const void *record = (const char *)gone->records + i * table->record_size;
    for (size_t k = 0; k < key->n; k++) {
      store_bind_column(statement, (int)k + 1, &table->columns[key->columns[k]], record);
    }
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (code != SQLITE_DONE) {
      store_set_error(store, code, "write", error);
      return false;
    }
  }
  return true;
}

static bool may_go_on(const struct store *store, GError **error)
{
  if (!store->is_interrupted || *store->is_interrupted == 0) {
    return true;
  }
  g_set_error(error, STORE_ERROR, STORE_ERROR_INTERRUPTED, "interrupted while writing '%s'",
              store->path);
  return false;
}

static bool insert_all(struct store *store, const struct record_table *table,
                       const GPtrArray *records, GError **error)
{
  for (guint i = 0; i < records->len; i++) {
    if (i % 1024 == 0 && !may_go_on(store, error)) {
      return false;
    }
    if (!store_insert(store, table, records->pdata[i], error)) {
      return false;
    }
  }
  return true;
}

bool store_sync(struct store *store, const struct record_table *table, const void *records,
                size_t n, GError **error)
{
  struct key key = key_of(table);
  g_autoptr(GPtrArray) wanted = sorted(table, &key, records, n);
  g_autoptr(record_set) gone = store_set_new();
  g_autoptr(GPtrArray) fresh = g_ptr_array_new();
  struct changes changes = {gone, fresh};
  if (!may_go_on(store, error)) {
    return false;
  }
  if (!find_changes(store, table, &key, wanted, &changes, error)) {
    return false;
  }
  if (gone->n > wanted->len / CHANGED_SHARE) {
    return store_clear(store, table, error) && insert_all(store, table, wanted, error);
  }
  return delete_rows(store, table, &key, gone, error) && insert_all(store, table, fresh, error);
}

bool store_exchange(struct store *store, const struct record_table *table, const void *gone,
                    const void *fresh, size_t n, GError **error)
{
  struct key key = key_of(table);
  const struct record_set old = {.records = (void *)(uintptr_t)gone, .n = n};
  g_autoptr(GPtrArray) records = g_ptr_array_sized_new((guint)n);
  for (size_t i = 0; i < n; i++) {
    g_ptr_array_add(records, (char *)(uintptr_t)fresh + i * table->record_size);
  }
  return delete_rows(store, table, &key, &old, error) && insert_all(store, table, records, error);
}
