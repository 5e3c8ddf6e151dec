/* The database: one connection for the whole program, behind a table of drivers.
 * Statements number their arguments $1, $2 … in every driver. Types of the arguments stand in a
 * string, one letter each: 'i' a long, 's' a string. */
#ifndef SHOP_DB_H
#define SHOP_DB_H

#include <pthread.h>

#define DB_MAX_ARGS 12

/* Called once per row; columns that are NULL arrive as "". */
typedef int (*db_row_fn)(void *context, int n_columns, const char *const *values);

struct db;

struct db_driver {
  const char *scheme;    /* what the URL begins with */
  const char *id_column; /* type of a column that numbers its rows */
  const char *begin;     /* statement that opens a transaction */
  int (*open)(struct db *db, const char *url);
  void (*close)(struct db *db);
  /* Rows returned or changed, or -1 with a text in db->error. */
  long (*run)(struct db *db, const char *sql, const char *types, const char *const *args,
              db_row_fn row, void *context);
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

long db_exec(const char *sql, const char *types, ...);
long db_select(db_row_fn row, void *context, const char *sql, const char *types, ...);

/* The first column of the first row: 1 found, 0 no row, -1 error. */
int db_long(long *value, const char *sql, const char *types, ...);

int db_begin(void);
int db_commit(void);
void db_rollback(void);

#endif
