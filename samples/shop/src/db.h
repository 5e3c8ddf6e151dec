/* The database: one connection for the whole program, behind a table of drivers.
 * Statements number their arguments $1, $2 … in every driver. Types of the arguments stand in a
 * string, one letter each: 'i' a long, 's' a string. */
#pragma once

#include <pthread.h>

#define DB_MAX_ARGS 12

/* Called once per row; columns that are NULL arrive as "". */
typedef int (*db_row_fn)(void *context, const char *const *values);

struct db;

struct db_driver {
  const char *scheme;    /* what the URL begins with */
  const char *id_column; /* type of a column that numbers its rows */
  const char *begin;     /* statement that opens a transaction */
  int (*open)(struct db *db, const char *url);
  void (*close)(struct db *db);
  /* Rows returned or changed, or -1 with a text in db->error. */
  long (*run)(struct db *db, const char *sql, const char *types, const char *const *args, db_row_fn row, void *context);
};

struct db {
  const struct db_driver *driver;
  void *handle;
  pthread_mutex_t lock; /* recursive; held from begin to commit */
  int depth;            /* of nested transactions */
  int is_failed;        /* an inner transaction was rolled back */
  char error[256];
};

extern struct db *g_db;
extern const struct db_driver db_sqlite_driver;
extern const struct db_driver db_postgres_driver;

struct db *db_open(const char *url);
void db_close(struct db *db);

/* Opens config.database_url as the program's database: 0 or -1. */
int db_init(void);

/* Rows changed, or returned; -1 on an error. */
long db_exec(const char *sql, const char *types, ...);
long db_select(db_row_fn row, void *context, const char *sql, const char *types, ...);

/* 0 when exactly one row was changed, or returned (its first column as a number); else -1. */
int db_exec_one(const char *sql, const char *types, ...);
int db_select_one(db_row_fn row, void *context, const char *sql, const char *types, ...);
int db_select_long(long *value, const char *sql, const char *types, ...);

/* -1 when a count of rows tells of an error, else 0. */
int db_done(long n_rows);

int db_begin(void);
int db_commit(void);
int db_rollback(void); /* always -1 */
