#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "cleave_state.h"

static int fail(sqlite3 *db, struct cleave_error *error)
{
  return cleave_error_set(error, 500, "Function.State", "the store of the state: %s",
                          db ? sqlite3_errmsg(db) : "out of memory");
}

static int load(void *self, const char *key, char **text, int64_t *version,
                struct cleave_error *error)
{
  sqlite3 *db = self;
  sqlite3_stmt *statement = NULL;
  *text = NULL;
  *version = 0;
  int code = sqlite3_prepare_v2(db, "SELECT value, version FROM state WHERE key = ?", -1,
                                &statement, NULL);
  if (code == SQLITE_OK) {
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    code = sqlite3_step(statement);
  }
  if (code == SQLITE_ROW) {
    const char *value = (const char *)sqlite3_column_text(statement, 0);
    *version = sqlite3_column_int64(statement, 1);
    *text = strdup(value ? value : "");
  }
  sqlite3_finalize(statement);
  return code == SQLITE_ROW    ? (*text ? 0 : fail(NULL, error))
         : code == SQLITE_DONE ? 0
                               : fail(db, error);
}

static int swap(void *self, const char *key, int64_t version, const char *text,
                struct cleave_error *error)
{
  static const char insert[] = "INSERT INTO state (value, key, version) VALUES (?, ?, ? + 1)"
                               " ON CONFLICT (key) DO NOTHING";
  static const char update[] = "UPDATE state SET value = ?, version = version + 1"
                               " WHERE key = ? AND version = ?";
  sqlite3 *db = self;
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(db, version == 0 ? insert : update, -1, &statement, NULL);
  if (code == SQLITE_OK) {
    sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, version);
    code = sqlite3_step(statement);
  }
  int n = sqlite3_changes(db);
  sqlite3_finalize(statement);
  if (code == SQLITE_BUSY) {
    return 1;
  }
  return code == SQLITE_DONE ? (n == 1 ? 0 : 1) : fail(db, error);
}

static void close_file(void *self)
{
  sqlite3_close(self);
}

int cleave_store_open_sqlite(struct cleave_store *store, const char *file,
                             struct cleave_error *error)
{
  sqlite3 *db = NULL;
  int code = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
  if (code == SQLITE_OK) {
    sqlite3_busy_timeout(db, 10000);
    code = sqlite3_exec(db,
                        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                        "CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY,"
                        " version INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;",
                        NULL, NULL, NULL);
  }
  if (code != SQLITE_OK) {
    fail(db, error);
    sqlite3_close(db);
    return -1;
  }
  *store = (struct cleave_store){load, swap, close_file, db};
  return 0;
}
