/* Rows are written by INSERT ... SELECT from a table of SQLite's that shows records (a virtual
 * table, https://www.sqlite.org/vtab.html): one statement for any number of them, and their
 * members are read in place, not bound one by one. */
#include "store/internal.h"
#include "store/record.h"

#define MODULE "given_records"
enum { MAX_COLUMNS = 24 };

struct given_cursor {
  sqlite3_vtab_cursor base;
  const struct given *given;
  size_t at;
};

struct given_table {
  sqlite3_vtab base;
  const struct given *given;
};

static int connect_table(sqlite3 *db, void *given, int n_words, const char *const *words,
                         sqlite3_vtab **table, char **message)
{
  (void)n_words;
  (void)words;
  (void)message;
  g_autoptr(GString) sql = g_string_new("CREATE TABLE given(c0");
  for (int i = 1; i < MAX_COLUMNS; i++) {
    g_string_append_printf(sql, ",c%d", i);
  }
  g_string_append_c(sql, ')');
  int code = sqlite3_declare_vtab(db, sql->str);
  if (code == SQLITE_OK) {
    /* No view in the file may read it. */
    code = sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  }
  if (code == SQLITE_OK) {
    struct given_table *fresh = g_new0(struct given_table, 1);
    fresh->given = given;
    *table = &fresh->base;
  }
  return code;
}

static int disconnect_table(sqlite3_vtab *table)
{
  g_free(table);
  return SQLITE_OK;
}

static int choose_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
  (void)table;
  (void)info; /* every query reads all of them */
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
  struct given_cursor *fresh = g_new0(struct given_cursor, 1);
  fresh->given = ((const struct given_table *)(const void *)table)->given;
  *cursor = &fresh->base;
  return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
  g_free(cursor);
  return SQLITE_OK;
}

static int begin_cursor(sqlite3_vtab_cursor *cursor, int index, const char *name, int n_values,
                        sqlite3_value **values)
{
  (void)index;
  (void)name;
  (void)n_values;
  (void)values;
  ((struct given_cursor *)(void *)cursor)->at = 0;
  return SQLITE_OK;
}

static int advance_cursor(sqlite3_vtab_cursor *cursor)
{
  ((struct given_cursor *)(void *)cursor)->at++;
  return SQLITE_OK;
}

static int is_at_end(sqlite3_vtab_cursor *cursor)
{
  const struct given_cursor *here = (const void *)cursor;
  return here->at >= here->given->n;
}

static int give_column(sqlite3_vtab_cursor *cursor, sqlite3_context *result, int index)
{
  const struct given_cursor *here = (const void *)cursor;
  const struct record_column *column = &here->given->table->columns[index];
  const void *member = (const char *)here->given->records[here->at] + column->offset;
  switch (column->type) {
  case RECORD_ID:
  case RECORD_INT:
    sqlite3_result_int64(result, *(const int64_t *)member);
    break;
  case RECORD_BOOL:
    sqlite3_result_int(result, *(const bool *)member);
    break;
  case RECORD_REAL:
    sqlite3_result_double(result, *(const double *)member);
    break;
  case RECORD_TEXT: {
    const char *text = *(const char *const *)member;
    sqlite3_result_text(result, text ? text : "", -1, SQLITE_STATIC);
    break;
  }
  case RECORD_BLOB: {
    GBytes *bytes = *(GBytes *const *)member;
    if (bytes) {
      gsize n;
      const void *data = g_bytes_get_data(bytes, &n);
      sqlite3_result_blob64(result, data, n, SQLITE_STATIC);
    }
    break;
  }
  }
  return SQLITE_OK;
}

static int give_number(sqlite3_vtab_cursor *cursor, sqlite3_int64 *number)
{
  *number = (sqlite3_int64)((const struct given_cursor *)(const void *)cursor)->at;
  return SQLITE_OK;
}

bool store_give_records(struct store *store, GError **error)
{
  static const sqlite3_module module = {.xConnect = connect_table,
                                        .xBestIndex = choose_index,
                                        .xDisconnect = disconnect_table,
                                        .xOpen = open_cursor,
                                        .xClose = close_cursor,
                                        .xFilter = begin_cursor,
                                        .xNext = advance_cursor,
                                        .xEof = is_at_end,
                                        .xColumn = give_column,
                                        .xRowid = give_number};
  int code = sqlite3_create_module_v2(store->db, MODULE, &module, &store->given, NULL);
  if (code != SQLITE_OK) {
    store_set_error(store, code, "open", error);
  }
  return code == SQLITE_OK;
}

/* The statement that puts the given records into a table. */
static sqlite3_stmt *put_statement(struct store *store, const struct record_table *table,
                                   bool is_replacing, GError **error)
{
  GHashTable *known = is_replacing ? store->replaces : store->inserts;
  sqlite3_stmt *statement = g_hash_table_lookup(known, table);
  if (statement) {
    return statement;
  }
  g_return_val_if_fail(table->n_columns <= MAX_COLUMNS, NULL);
  /* OR FAIL: what stands before a row that cannot be written needs no journal to be undone. */
  g_autoptr(GString) sql = g_string_new(NULL);
  g_string_append_printf(sql, "INSERT OR %s INTO %s SELECT c0", is_replacing ? "REPLACE" : "FAIL",
                         table->name);
  for (size_t i = 1; i < table->n_columns; i++) {
    g_string_append_printf(sql, ",c%zu", i);
  }
  /* No file has tables in `temp`: one of this name in the file is not read instead. */
  g_string_append(sql, " FROM temp." MODULE);
  statement = store_statement(store, sql->str, error);
  if (statement) {
    g_hash_table_insert(known, (gpointer)table, statement);
  }
  return statement;
}

bool store_put(struct store *store, const struct record_table *table, bool is_replacing,
               const void *const *records, size_t n, GError **error)
{
  sqlite3_stmt *statement = put_statement(store, table, is_replacing, error);
  if (!statement) {
    return false;
  }
  store->given = (struct given){table, records, n};
  int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  store->given = (struct given){0};
  if (code != SQLITE_DONE) {
    store_set_error(store, code, "write", error);
  }
  return code == SQLITE_DONE;
}
