#include "shop.h"

#include <stdarg.h>

struct db *g_db;

static const struct db_driver *const db_drivers[] = {&db_sqlite_driver, &db_postgres_driver};

struct db *db_open(const char *url) {
  for (size_t i = 0; i < sizeof db_drivers / sizeof *db_drivers; i++) {
    if (!str_starts_with(url, db_drivers[i]->scheme)) continue;
    struct db *db = mem_alloc(sizeof *db);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&db->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    db->driver = db_drivers[i];
    if (db->driver->open(db, url) == 0) return db;
    log_error("cannot open database '%s': %s", url, db->error);
    db_close(db);
    return NULL;
  }
  log_error("no driver for database '%s'", url);
  return NULL;
}

void db_close(struct db *db) {
  if (!db) return;
  db->driver->close(db);
  pthread_mutex_destroy(&db->lock);
  free(db);
}

int db_init(void) {
  g_db = db_open(config.database_url);
  return g_db ? 0 : -1;
}

static long db_run(db_row_fn row, void *context, const char *sql, const char *types, va_list list) {
  char numbers[DB_MAX_ARGS][24];
  const char *args[DB_MAX_ARGS];
  for (int i = 0; types[i]; i++) {
    if (types[i] == 'i') {
      snprintf(numbers[i], sizeof numbers[i], "%ld", va_arg(list, long));
      args[i] = numbers[i];
    } else {
      args[i] = va_arg(list, const char *);
    }
  }
  pthread_mutex_lock(&g_db->lock);
  stats.statements++;
  long n = g_db->driver->run(g_db, sql, types, args, row, context);
  if (n < 0) log_error("database: %s in \"%s\"", g_db->error, sql);
  pthread_mutex_unlock(&g_db->lock);
  return n;
}

long db_exec(const char *sql, const char *types, ...) {
  va_list list;
  va_start(list, types);
  long n = db_run(NULL, NULL, sql, types, list);
  va_end(list);
  return n;
}

long db_select(db_row_fn row, void *context, const char *sql, const char *types, ...) {
  va_list list;
  va_start(list, types);
  long n = db_run(row, context, sql, types, list);
  va_end(list);
  return n;
}

int db_exec_one(const char *sql, const char *types, ...) {
  va_list list;
  va_start(list, types);
  long n = db_run(NULL, NULL, sql, types, list);
  va_end(list);
  return n == 1 ? 0 : -1;
}

int db_select_one(db_row_fn row, void *context, const char *sql, const char *types, ...) {
  va_list list;
  va_start(list, types);
  long n = db_run(row, context, sql, types, list);
  va_end(list);
  return n == 1 ? 0 : -1;
}

int db_done(long n_rows) { return n_rows < 0 ? -1 : 0; }

static int db_take_long(void *context, const char *const *values) {
  *(long *)context = atol(values[0]);
  return 0;
}

int db_select_long(long *value, const char *sql, const char *types, ...) {
  va_list list;
  va_start(list, types);
  long n = db_run(db_take_long, value, sql, types, list);
  va_end(list);
  return n == 1 ? 0 : -1;
}

/* The lock is taken here and given back by the commit or the rollback that follows. */
int db_begin(void) {
  pthread_mutex_lock(&g_db->lock);
  if (g_db->depth++ > 0) return 0;
  g_db->is_failed = 0;
  stats.transactions++;
  if (db_exec(g_db->driver->begin, "") >= 0) return 0;
  g_db->depth--;
  pthread_mutex_unlock(&g_db->lock);
  return -1;
}

int db_commit(void) {
  int status = 0;
  if (--g_db->depth == 0) {
    if (g_db->is_failed || db_exec("COMMIT", "") < 0) {
      db_exec("ROLLBACK", "");
      status = -1;
    }
  }
  pthread_mutex_unlock(&g_db->lock);
  return status;
}

int db_rollback(void) {
  if (--g_db->depth == 0) db_exec("ROLLBACK", "");
  else g_db->is_failed = 1;
  pthread_mutex_unlock(&g_db->lock);
  return -1;
}
