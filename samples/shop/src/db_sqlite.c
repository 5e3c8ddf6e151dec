/* The embedded driver: sqlite:PATH. */
#include "shop.h"

#include <sqlite3.h>

static int sqlite_open(struct db *db, const char *url) {
  sqlite3 *handle = NULL;
  if (sqlite3_open(url + strlen("sqlite:"), &handle) != SQLITE_OK) {
    str_set(db->error, handle ? sqlite3_errmsg(handle) : "out of memory");
    sqlite3_close(handle);
    return -1;
  }
  sqlite3_busy_timeout(handle, 10000);
  sqlite3_exec(handle, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
  sqlite3_exec(handle, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
  db->handle = handle;
  return 0;
}

static void sqlite_close(struct db *db) { sqlite3_close(db->handle); }

static int sqlite_row(sqlite3_stmt *statement, db_row_fn row, void *context) {
  const char *values[32];
  int n_columns = sqlite3_column_count(statement);
  if (n_columns > 32) n_columns = 32;
  for (int i = 0; i < n_columns; i++) {
    const char *text = (const char *)sqlite3_column_text(statement, i);
    values[i] = text ? text : "";
  }
  return row(context, values);
}

static void sqlite_bind(sqlite3_stmt *statement, const char *types, const char *const *args) {
  for (int i = 0; types[i]; i++) {
    char name[16];
    snprintf(name, sizeof name, "$%d", i + 1);
    int position = sqlite3_bind_parameter_index(statement, name);
    if (position == 0) continue;
    if (types[i] == 'i') sqlite3_bind_int64(statement, position, strtoll(args[i], NULL, 10));
    else sqlite3_bind_text(statement, position, args[i], -1, SQLITE_TRANSIENT);
  }
}

static long sqlite_run(struct db *db, const char *sql, const char *types, const char *const *args, db_row_fn row,
                       void *context) {
  sqlite3 *handle = db->handle;
  sqlite3_stmt *statement = NULL;
  long n_rows = 0;
  int code = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);
  if (code == SQLITE_OK) {
    sqlite_bind(statement, types, args);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      n_rows++;
      if (row && sqlite_row(statement, row, context) != 0) break;
    }
  }
  if (code != SQLITE_DONE && code != SQLITE_ROW) {
    str_set(db->error, sqlite3_errmsg(handle));
    sqlite3_finalize(statement);
    return -1;
  }
  int is_read_only = sqlite3_stmt_readonly(statement);
  sqlite3_finalize(statement);
  return row || is_read_only ? n_rows : sqlite3_changes(handle);
}

const struct db_driver db_sqlite_driver = {
    .scheme = "sqlite:",
    .id_column = "INTEGER PRIMARY KEY",
    .begin = "BEGIN IMMEDIATE",
    .open = sqlite_open,
    .close = sqlite_close,
    .run = sqlite_run,
};
