#include "store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store/digest.h"
#include "store/facts.h"
#include "store/internal.h"
#include "store/plan.h"
#include "store/results.h"
#include "store/view.h"

G_DEFINE_QUARK(cleave - store - error, store_error)

#define BUSY_MILLISECONDS 10000

void store_set_error(const struct store *store, int code, const char *doing, GError **error)
{
  enum store_error our = STORE_ERROR_IO;
  switch (code & 0xff) {
  case SQLITE_NOTADB:
    our = STORE_ERROR_NOT_OURS;
    break;
  case SQLITE_CORRUPT:
    our = STORE_ERROR_DAMAGED;
    break;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    our = STORE_ERROR_BUSY;
    break;
  case SQLITE_CONSTRAINT:
    our = STORE_ERROR_CONFLICT;
    break;
  case SQLITE_ERROR:
    our = STORE_ERROR_DAMAGED; /* our SQL is right: what it names is missing from the file */
    break;
  default:
    break;
  }
  const char *why = store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code);
  g_set_error(error, STORE_ERROR, (int)our, "cannot %s '%s': %s", doing, store->path, why);
}

bool store_execute(struct store *store, const char *sql, const char *doing, GError **error)
{
  int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
  if (code != SQLITE_OK) {
    store_set_error(store, code, doing, error);
    return false;
  }
  return true;
}

sqlite3_stmt *store_statement(struct store *store, const char *sql, GError **error)
{
  sqlite3_stmt *statement = g_hash_table_lookup(store->statements, sql);
  if (statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return statement;
  }
  int code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
  if (code != SQLITE_OK) {
    store_set_error(store, code, "read", error);
    return NULL;
  }
  g_hash_table_insert(store->statements, g_strdup(sql), statement);
  return statement;
}

static void free_statement(void *statement)
{
  sqlite3_finalize(statement);
}

static bool read_pragma(struct store *store, const char *sql, int64_t *value, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
  if (code == SQLITE_OK) {
    code = sqlite3_step(statement);
  }
  if (code == SQLITE_ROW) {
    *value = sqlite3_column_int64(statement, 0);
    code = SQLITE_DONE;
  }
  if (code != SQLITE_DONE) {
    store_set_error(store, code, "read", error);
  }
  sqlite3_finalize(statement);
  return code == SQLITE_DONE;
}

static const char *sql_type(enum record_type type)
{
  switch (type) {
  case RECORD_ID:
  case RECORD_INT:
  case RECORD_BOOL:
    return "INTEGER";
  case RECORD_REAL:
    return "REAL";
  case RECORD_TEXT:
    return "TEXT";
  case RECORD_BLOB:
    return "BLOB";
  }
  g_assert_not_reached();
}

static char *create_table_sql(const struct record_table *table)
{
  GString *sql = g_string_new(NULL);
  g_string_append_printf(sql, "CREATE TABLE %s ( -- %s\n", table->name, table->about);
  for (size_t i = 0; i < table->n_columns; i++) {
    const struct record_column *column = &table->columns[i];
    bool is_last = i + 1 == table->n_columns && table->constraint[0] == '\0';
    g_string_append_printf(sql, "  \"%s\" %s%s%s -- %s\n", column->name, sql_type(column->type),
                           column->type == RECORD_BLOB ? "" : " NOT NULL", is_last ? "" : ",",
                           column->about);
  }
  /* The rows of a table with a key of several columns lie in the order of that key: one tree. */
  bool is_clustered = strchr(table->constraint, ',') != NULL;
  g_string_append_printf(sql, "%s)%s", table->constraint, is_clustered ? " WITHOUT ROWID" : "");
  return g_string_free(sql, FALSE);
}

static bool create_tables(struct store *store, const struct record_table *const *tables,
                          GError **error)
{
  for (size_t i = 0; tables[i]; i++) {
    g_autofree char *sql = create_table_sql(tables[i]);
    if (!store_execute(store, sql, "create", error)) {
      return false;
    }
  }
  return true;
}

static bool create_views(struct store *store, GError **error)
{
  for (size_t i = 0; store_view_sql[i] != NULL; i++) {
    if (!store_execute(store, store_view_sql[i], "create", error))
      return false;
  }
  return true;
}

static bool create_schema(struct store *store, GError **error)
{
  static const struct record_table *const private_tables[] = {&fact_unit_table, NULL};
  if (!store_begin(store, error)) {
    return false;
  }
  int64_t version = 0;
  if (!read_pragma(store, "PRAGMA user_version", &version, error)) {
    store_rollback(store);
    return false;
  }
  if (version != 0) { /* another process was faster */
    store_rollback(store);
    return true;
  }
  g_autofree char *marks = g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %d",
                                           STORE_APPLICATION_ID, STORE_SCHEMA_VERSION);
  bool is_done =
      store_execute(store,
                    "CREATE TABLE info ( -- what is known about the run as a whole\n"
                    "  key TEXT NOT NULL PRIMARY KEY,\n"
                    "  value TEXT NOT NULL)",
                    "create", error) &&
      create_tables(store, private_tables, error) && create_tables(store, fact_tables, error) &&
      create_tables(store, plan_tables, error) && create_tables(store, result_tables, error);
  is_done = is_done && store_execute(store, fact_index_sql, "create", error) &&
            create_views(store, error) && store_execute(store, marks, "create", error);
  if (!is_done) {
    store_rollback(store);
    return false;
  }
  return store_commit(store, error);
}

static bool drop_views(struct store *store, GError **error)
{
  for (const char *const *name = view_names(); *name != NULL; name++) {
    g_autofree char *sql = g_strdup_printf("DROP VIEW IF EXISTS %s", *name);
    if (!store_execute(store, sql, "upgrade", error))
      return false;
  }
  return true;
}

/* The rows of a table under its present key. */
static bool rebuild_table(struct store *store, const struct record_table *table, GError **error)
{
  const struct record_table *const one[] = {table, NULL};
  g_autofree char *rename = g_strdup_printf("ALTER TABLE %s RENAME TO old_table", table->name);
  g_autofree char *copy =
      g_strdup_printf("INSERT OR IGNORE INTO %s SELECT * FROM old_table", table->name);
  return store_execute(store, rename, "upgrade", error) && create_tables(store, one, error) &&
         store_execute(store, copy, "upgrade", error) &&
         store_execute(store, "DROP TABLE old_table", "upgrade", error);
}

/* Version 2 gave accesses a key and added the ways to effects; linking again fills them. */
static bool upgrade_to_2(struct store *store, GError **error)
{
  static const struct record_table *const added[] = {&fact_effect_path_table, NULL};
  bool is_done = drop_views(store, error) && create_tables(store, added, error);
  for (const struct record_table *const *table = fact_tables; is_done && *table != NULL; table++)
    is_done = *table == added[0] || rebuild_table(store, *table, error);
  return is_done && create_views(store, error) &&
         store_execute(store, "DELETE FROM info WHERE key = 'linked'", "upgrade", error) &&
         store_execute(store, "PRAGMA user_version = 2", "upgrade", error);
}

/* Version 3 added the view of measurements. */
static bool upgrade_to_3(struct store *store, GError **error)
{
  return drop_views(store, error) && create_views(store, error) &&
         store_execute(store, "PRAGMA user_version = 3", "upgrade", error);
}

/* From version 4 on whoever writes rows keeps their digests (digest.h). */
static bool upgrade_to_4(struct store *store, GError **error)
{
  return store_execute(store, "PRAGMA user_version = 4", "upgrade", error);
}

/* Version 5 gave calls an index. */
static bool upgrade_to_5(struct store *store, GError **error)
{
  return store_execute(store, fact_index_sql, "upgrade", error) &&
         store_execute(store, "PRAGMA user_version = 5", "upgrade", error);
}

/* Brings an older store to the version that we write. */
static bool upgrade(struct store *store, GError **error)
{
  int64_t version = 0;
  if (!read_pragma(store, "PRAGMA user_version", &version, error))
    return false;
  if (version == STORE_SCHEMA_VERSION)
    return true;
  if (!store_begin(store, error))
    return false;
  bool is_done = read_pragma(store, "PRAGMA user_version", &version, error) &&
                 (version >= 2 || upgrade_to_2(store, error)) &&
                 (version >= 3 || upgrade_to_3(store, error)) &&
                 (version >= 4 || upgrade_to_4(store, error)) &&
                 (version >= 5 || upgrade_to_5(store, error));
  if (is_done)
    return store_commit(store, error);
  store_rollback(store);
  return false;
}

/* SQLite notices a truncated file only when it reads a missing page; this looks at once. */
static bool check_length(struct store *store, GError **error)
{
  int64_t n_pages = 0;
  int64_t page_size = 0;
  struct stat status;
  if (!read_pragma(store, "PRAGMA page_count", &n_pages, error) ||
      !read_pragma(store, "PRAGMA page_size", &page_size, error)) {
    return false;
  }
  if (stat(store->path, &status) == 0 && status.st_size < n_pages * page_size) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_DAMAGED,
                "cannot read '%s': it is truncated (%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                " bytes)",
                store->path, (gint64)status.st_size, (gint64)(n_pages * page_size));
    return false;
  }
  return true;
}

static bool check_marks(struct store *store, bool may_be_new, bool *is_new, GError **error)
{
  int64_t application = 0;
  int64_t version = 0;
  int64_t n_objects = 0;
  if (!read_pragma(store, "PRAGMA application_id", &application, error) ||
      !read_pragma(store, "PRAGMA user_version", &version, error) ||
      !read_pragma(store, "SELECT count(*) FROM sqlite_schema", &n_objects, error)) {
    return false;
  }
  *is_new = application == 0 && version == 0 && n_objects == 0;
  if (*is_new && may_be_new) {
    return true;
  }
  if (application != STORE_APPLICATION_ID) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_OURS,
                "cannot use '%s': it is not a Cleave store", store->path);
    return false;
  }
  if (version > STORE_SCHEMA_VERSION) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_NEWER,
                "cannot use '%s': it was written by a later Cleave (store version %" G_GINT64_FORMAT
                ", this one reads %d)",
                store->path, (gint64)version, STORE_SCHEMA_VERSION);
    return false;
  }
  return check_length(store, error);
}

/* Reads all that it looks at in one transaction: another process may be creating the store. */
static bool check_ours(struct store *store, bool may_be_new, bool *is_new, GError **error)
{
  if (!store_execute(store, "BEGIN", "read", error))
    return false;
  bool is_ours = check_marks(store, may_be_new, is_new, error);
  return store_execute(store, "COMMIT", "read", is_ours ? error : NULL) && is_ours;
}

struct store *store_open(const char *path, enum store_mode mode, GError **error)
{
  struct stat status;
  bool exists = stat(path, &status) == 0;
  if (!exists && mode != STORE_CREATE) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "cannot open '%s': %s", path,
                g_strerror(errno));
    return NULL;
  }
  if (exists && S_ISDIR(status.st_mode)) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_IO, "cannot open '%s': it is a folder", path);
    return NULL;
  }
  struct store *store = g_new0(struct store, 1);
  store->path = g_strdup(path);
  store->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_statement);
  store->inserts = g_hash_table_new(g_direct_hash, g_direct_equal);
  store->replaces = g_hash_table_new(g_direct_hash, g_direct_equal);
  store->digests = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
  int flags = mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  flags |= mode == STORE_CREATE ? SQLITE_OPEN_CREATE : 0;
  bool is_new = false;
  int code = sqlite3_open_v2(path, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
  if (code != SQLITE_OK) {
    store_set_error(store, code, "open", error);
    store_close(store);
    return NULL;
  }
  sqlite3_extended_result_codes(store->db, 1);
  sqlite3_busy_timeout(store->db, BUSY_MILLISECONDS);
  /* Nothing in the file may run code of its own: no triggers or views with side effects. */
  sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  if (!check_ours(store, mode == STORE_CREATE, &is_new, error) ||
      (is_new && !create_schema(store, error))) {
    store_close(store);
    return NULL;
  }
  if (mode != STORE_READ && sqlite3_db_readonly(store->db, "main") == 1) {
    g_set_error(error, STORE_ERROR, STORE_ERROR_IO, "cannot write '%s': it is read-only", path);
    store_close(store);
    return NULL;
  }
  if (mode != STORE_READ && !upgrade(store, error)) {
    store_close(store);
    return NULL;
  }
  if (mode != STORE_READ && (!store_execute(store, "PRAGMA synchronous = NORMAL", "open", error) ||
                             !store_give_records(store, error))) {
    store_close(store);
    return NULL;
  }
  return store;
}

void store_close(struct store *store)
{
  if (!store) {
    return;
  }
  if (store->in_transaction) {
    store_rollback(store);
  }
  g_hash_table_destroy(store->inserts);
  g_hash_table_destroy(store->replaces);
  g_hash_table_destroy(store->digests);
  g_hash_table_destroy(store->statements);
  sqlite3_close(store->db);
  g_free(store->path);
  g_free(store);
}

const char *store_path(const struct store *store)
{
  return store->path;
}

bool store_begin(struct store *store, GError **error)
{
  g_return_val_if_fail(!store->in_transaction, false);
  digest_drop(store);
  store->in_transaction = store_execute(store, "BEGIN IMMEDIATE", "write", error);
  return store->in_transaction;
}

bool store_commit(struct store *store, GError **error)
{
  g_return_val_if_fail(store->in_transaction, false);
  if (!digest_store(store, error) || !store_execute(store, "COMMIT", "write", error)) {
    store_rollback(store);
    return false;
  }
  digest_drop(store);
  store->in_transaction = false;
  return true;
}

void store_rollback(struct store *store)
{
  if (store->in_transaction) {
    sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    digest_drop(store);
    store->in_transaction = false;
  }
}

bool store_mark(struct store *store, GError **error)
{
  return digest_store(store, error) && store_execute(store, "SAVEPOINT mark", "write", error);
}

bool store_keep(struct store *store, GError **error)
{
  return store_execute(store, "RELEASE mark", "write", error);
}

bool store_take_back(struct store *store, GError **error)
{
  digest_drop(store);
  return store_execute(store, "ROLLBACK TO mark", "write", error) && store_keep(store, error);
}

void store_watch(struct store *store, const volatile sig_atomic_t *is_interrupted)
{
  store->is_interrupted = is_interrupted;
}

int64_t store_n_changes(const struct store *store)
{
  return sqlite3_total_changes64(store->db);
}

bool store_set_info(struct store *store, const char *key, const char *value, GError **error)
{
  sqlite3_stmt *statement =
      store_statement(store,
                      value ? "INSERT INTO info(key, value) VALUES(?1, ?2)"
                              " ON CONFLICT(key) DO UPDATE SET value = excluded.value"
                            : "DELETE FROM info WHERE key = ?1",
                      error);
  if (!statement) {
    return false;
  }
  sqlite3_bind_text(statement, 1, key, -1, SQLITE_TRANSIENT);
  if (value) {
    sqlite3_bind_text(statement, 2, value, -1, SQLITE_TRANSIENT);
  }
  int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (code != SQLITE_DONE) {
    store_set_error(store, code, "write", error);
    return false;
  }
  return true;
}

char *store_info(struct store *store, const char *key, GError **error)
{
  sqlite3_stmt *statement = store_statement(store, "SELECT value FROM info WHERE key = ?1", error);
  if (!statement) {
    return NULL;
  }
  sqlite3_bind_text(statement, 1, key, -1, SQLITE_TRANSIENT);
  int code = sqlite3_step(statement);
  char *value = NULL;
  if (code == SQLITE_ROW) {
    value = g_strdup((const char *)sqlite3_column_text(statement, 0));
  } else if (code != SQLITE_DONE) {
    store_set_error(store, code, "read", error);
  }
  sqlite3_reset(statement);
  return value;
}
