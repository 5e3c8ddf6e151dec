/* What the files of store/ share: the connection, and SQLite's errors as ours. */
#ifndef CLEAVE_STORE_INTERNAL_H
#define CLEAVE_STORE_INTERNAL_H

#include <sqlite3.h>

#include "store/store.h"

struct store {
  sqlite3 *db;
  char *path;
  GHashTable *statements; /* SQL text -> sqlite3_stmt *, kept for reuse */
  bool in_transaction;
};

/* Sets ERROR from the last SQLite result CODE; DOING says what failed: "read", "write" ... */
void store_set_error(const struct store *store, int code, const char *doing, GError **error);

bool store_execute(struct store *store, const char *sql, const char *doing, GError **error);

/* A statement for SQL, prepared once; reset and without bindings. Belongs to STORE. */
sqlite3_stmt *store_statement(struct store *store, const char *sql, GError **error);

/* CREATE VIEW statements, NULL-terminated. */
extern const char *const store_view_sql[];

#endif
