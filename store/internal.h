/* What the files of store/ share: the connection, and SQLite's errors as ours. */
#ifndef CLEAVE_STORE_INTERNAL_H
#define CLEAVE_STORE_INTERNAL_H

#include <sqlite3.h>

#include "store/store.h"

struct record_column;
struct record_table;
struct record_set;

/* The records that a statement is just writing. */
struct given {
  const struct record_table *table;
  const void *const *records;
  size_t n;
};

struct store {
  sqlite3 *db;
  char *path;
  GHashTable *statements;         /* SQL text -> sqlite3_stmt *, kept for reuse */
  GHashTable *inserts, *replaces; /* record_table -> its statement among these */
  GHashTable *digests;            /* record_table -> struct digest, or NULL; see digest.h */
  struct given given;
  bool in_transaction;
  const volatile sig_atomic_t *is_interrupted; /* or NULL */
};

/* Sets ERROR from the last SQLite result CODE; DOING says what failed: "read", "write" ... */
void store_set_error(const struct store *store, int code, const char *doing, GError **error);

bool store_execute(struct store *store, const char *sql, const char *doing, GError **error);

/* A statement for SQL, prepared once; reset and without bindings. Belongs to STORE. */
sqlite3_stmt *store_statement(struct store *store, const char *sql, GError **error);

/* Binds a record's member to parameter INDEX (from 1); strings and bytes stay the record's. */
int store_bind_column(sqlite3_stmt *statement, int index, const struct record_column *column,
                      const void *record);

/* Lets the connection see the records that store_put() is given. Before any of these. */
bool store_give_records(struct store *store, GError **error);

/* Writes N records in their order, which are counted in the digest already. Those before one that
 * cannot be written stay written: roll back. Linear in their size, but for SQLite's trees. */
bool store_put(struct store *store, const struct record_table *table, bool is_replacing,
               const void *const *records, size_t n, GError **error);

/* An empty set, and one more record in it: the row that STATEMENT stands on, whose first columns
 * are those of TABLE. */
struct record_set *store_set_new(void);
void store_set_add(struct record_set *set, const struct record_table *table,
                   sqlite3_stmt *statement);

/* CREATE VIEW statements, NULL-terminated. */
extern const char *const store_view_sql[];

#endif
