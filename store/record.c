#include "store/record.h"

#include <string.h>

#include "store/digest.h"

void record_set_free(struct record_set *set)
{
  if (!set) {
    return;
  }
  g_free(set->records);
  g_string_chunk_free(set->strings);
  g_ptr_array_unref(set->blobs);
  g_free(set);
}

int store_bind_column(sqlite3_stmt *statement, int index, const struct record_column *column,
                      const void *record)
{
  const void *member = (const char *)record + column->offset;
  switch (column->type) {
  case RECORD_ID:
  case RECORD_INT:
    return sqlite3_bind_int64(statement, index, *(const int64_t *)member);
  case RECORD_BOOL:
    return sqlite3_bind_int(statement, index, *(const bool *)member);
  case RECORD_REAL:
    return sqlite3_bind_double(statement, index, *(const double *)member);
  case RECORD_TEXT: {
    const char *text = *(const char *const *)member;
    return sqlite3_bind_text(statement, index, text ? text : "", -1, SQLITE_STATIC);
  }
  case RECORD_BLOB: {
    GBytes *bytes = *(GBytes *const *)member;
    if (!bytes) {
      return sqlite3_bind_null(statement, index);
    }
    return sqlite3_bind_blob64(statement, index, g_bytes_get_data(bytes, NULL),
                               g_bytes_get_size(bytes), SQLITE_STATIC);
  }
  }
  g_assert_not_reached();
}

bool store_insert(struct store *store, const struct record_table *table, const void *record,
                  GError **error)
{
  digest_add(store, table, record);
  return store_put(store, table, false, &record, 1, error);
}

bool store_replace(struct store *store, const struct record_table *table, const void *record,
                   GError **error)
{
  digest_forget_record(store, table, record);
  return store_put(store, table, true, &record, 1, error);
}

bool store_clear(struct store *store, const struct record_table *table, GError **error)
{
  digest_forget(store, table);
  g_autofree char *sql = g_strdup_printf("DELETE FROM %s", table->name);
  return store_execute(store, sql, "write", error);
}

static bool run_delete(struct store *store, sqlite3_stmt *statement, GError **error)
{
  int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (code != SQLITE_DONE) {
    store_set_error(store, code, "write", error);
    return false;
  }
  return true;
}

bool store_delete_text(struct store *store, const struct record_table *table, const char *column,
                       const char *value, GError **error)
{
  g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE \"%s\" = ?1", table->name, column);
  digest_forget(store, table);
  sqlite3_stmt *statement = store_statement(store, sql, error);
  if (!statement) {
    return false;
  }
  sqlite3_bind_text(statement, 1, value, -1, SQLITE_TRANSIENT);
  return run_delete(store, statement, error);
}

bool store_delete_id(struct store *store, const struct record_table *table, const char *column,
                     int64_t value, GError **error)
{
  g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE \"%s\" = ?1", table->name, column);
  digest_forget_id(store, table, column, value);
  sqlite3_stmt *statement = store_statement(store, sql, error);
  if (!statement) {
    return false;
  }
  sqlite3_bind_int64(statement, 1, value);
  return run_delete(store, statement, error);
}

/* A text that lives with the set; adjacent rows often say the same. */
static const char *keep_text(struct record_set *set, const char *text, const char *before)
{
  return before && strcmp(before, text) == 0 ? before
                                             : g_string_chunk_insert_const(set->strings, text);
}

/* `before` is the record before this one, or NULL. */
static void read_column(sqlite3_stmt *statement, int index, const struct record_column *column,
                        struct record_set *set, void *record, const void *before)
{
  void *member = (char *)record + column->offset;
  switch (column->type) {
  case RECORD_ID:
  case RECORD_INT:
    *(int64_t *)member = sqlite3_column_int64(statement, index);
    break;
  case RECORD_BOOL:
    *(bool *)member = sqlite3_column_int(statement, index) != 0;
    break;
  case RECORD_REAL:
    *(double *)member = sqlite3_column_double(statement, index);
    break;
  case RECORD_TEXT: {
    const char *text = (const char *)sqlite3_column_text(statement, index);
    const char *const *known =
        before ? (const char *const *)(const void *)((const char *)before + column->offset) : NULL;
    *(const char **)member = keep_text(set, text ? text : "", known ? *known : NULL);
    break;
  }
  case RECORD_BLOB: {
    const void *data = sqlite3_column_blob(statement, index);
    GBytes *bytes = NULL;
    if (data) {
      bytes = g_bytes_new(data, (gsize)sqlite3_column_bytes(statement, index));
      g_ptr_array_add(set->blobs, bytes);
    }
    *(GBytes **)member = bytes;
    break;
  }
  }
}

static bool is_named(const char *names, const char *name)
{
  if (!names) {
    return false;
  }
  g_auto(GStrv) list = g_strsplit(names, ",", -1);
  return g_strv_contains((const char *const *)list, name);
}

static char *select_sql(const struct record_table *table, const char *where, const char *condition,
                        const char *omit, const char *order)
{
  static const char *const nothing[] = {"0", "0", "0", "0.0", "''", "NULL"};
  GString *sql = g_string_new("SELECT ");
  g_autoptr(GString) all = g_string_new(NULL);
  for (size_t i = 0; i < table->n_columns; i++) {
    const struct record_column *column = &table->columns[i];
    if (is_named(omit, column->name)) {
      g_string_append_printf(sql, "%s%s", i > 0 ? "," : "", nothing[column->type]);
      continue;
    }
    g_string_append_printf(sql, "%s\"%s\"", i > 0 ? "," : "", column->name);
    if (column->type != RECORD_BLOB) {
      g_string_append_printf(all, "%s\"%s\"", all->len > 0 ? "," : "", column->name);
    }
  }
  g_string_append_printf(sql, " FROM %s", table->name);
  if (where) {
    g_string_append_printf(sql, " WHERE \"%s\" = ?1", where);
  }
  if (condition) {
    g_string_append_printf(sql, " AND %s", condition);
  }
  g_string_append_printf(sql, " ORDER BY %s", order ? order : all->str);
  return g_string_free(sql, FALSE);
}

struct record_set *store_set_new(void)
{
  struct record_set *set = g_new0(struct record_set, 1);
  set->strings = g_string_chunk_new(64 * 1024);
  set->blobs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
  return set;
}

void store_set_add(struct record_set *set, const struct record_table *table,
                   sqlite3_stmt *statement)
{
  bool is_full = (set->n & (set->n - 1)) == 0; /* 0, 1, 2, 4, 8 ... records have their room */
  if (is_full) {
    set->records = g_realloc_n(set->records, MAX(1, set->n * 2), table->record_size);
  }
  void *record = (char *)set->records + set->n * table->record_size;
  const void *before = set->n > 0 ? (const char *)record - table->record_size : NULL;
  memset(record, 0, table->record_size);
  for (size_t i = 0; i < table->n_columns; i++) {
    read_column(statement, (int)i, &table->columns[i], set, record, before);
  }
  set->n++;
}

static struct record_set *load(struct store *store, const struct record_table *table,
                               sqlite3_stmt *statement, GError **error)
{
  struct record_set *set = store_set_new();
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    store_set_add(set, table, statement);
  }
  sqlite3_reset(statement);
  if (code != SQLITE_DONE) {
    store_set_error(store, code, "read", error);
    record_set_free(set);
    return NULL;
  }
  return set;
}

struct record_set *store_load(struct store *store, const struct record_table *table,
                              const char *order, GError **error)
{
  return store_load_without(store, table, NULL, order, error);
}

struct record_set *store_load_without(struct store *store, const struct record_table *table,
                                      const char *omit, const char *order, GError **error)
{
  g_autofree char *sql = select_sql(table, NULL, NULL, omit, order);
  sqlite3_stmt *statement = store_statement(store, sql, error);
  return statement ? load(store, table, statement, error) : NULL;
}

struct record_set *store_load_where(struct store *store, const struct record_table *table,
                                    const char *column, int64_t value, const char *order,
                                    GError **error)
{
  g_autofree char *sql = select_sql(table, column, NULL, NULL, order);
  sqlite3_stmt *statement = store_statement(store, sql, error);
  if (!statement) {
    return NULL;
  }
  sqlite3_bind_int64(statement, 1, value);
  return load(store, table, statement, error);
}

struct record_set *store_load_text(struct store *store, const struct record_table *table,
                                   const char *column, const char *value, const char *order,
                                   GError **error)
{
  return store_load_if(store, table, column, value, NULL, order, error);
}

struct record_set *store_load_if(struct store *store, const struct record_table *table,
                                 const char *column, const char *value, const char *condition,
                                 const char *order, GError **error)
{
  g_autofree char *sql = select_sql(table, column, condition, NULL, order);
  sqlite3_stmt *statement = store_statement(store, sql, error);
  if (!statement) {
    return NULL;
  }
  sqlite3_bind_text(statement, 1, value, -1, SQLITE_TRANSIENT);
  return load(store, table, statement, error);
}

struct record_set *store_load_any(struct store *store, const struct record_table *table,
                                  const char *column, const int64_t *values, size_t n,
                                  GError **error)
{
  g_autoptr(GString) sql = g_string_new(NULL);
  g_string_append_printf(sql, "SELECT * FROM %s WHERE \"%s\" IN (", table->name, column);
  for (size_t i = 0; i < n; i++) {
    g_string_append_printf(sql, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", (gint64)values[i]);
  }
  g_string_append_c(sql, ')');
  sqlite3_stmt *statement = store_statement(store, sql->str, error);
  return statement ? load(store, table, statement, error) : NULL;
}
