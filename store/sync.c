#include "store/digest.h"

#include <string.h>

/* Beyond this share of changed rows a table is written anew. */
enum { CHANGED_SHARE = 3 };

static int order(int64_t left, int64_t right)
{
  return (left > right) - (left < right);
}

static int compare_members(const struct record_column *column, const void *left, const void *right)
{
  const void *a = (const char *)left + column->offset;
  const void *b = (const char *)right + column->offset;
  switch (column->type) {
  case RECORD_ID:
  case RECORD_INT:
    return order(*(const int64_t *)a, *(const int64_t *)b);
  case RECORD_BOOL:
    return *(const bool *)a - *(const bool *)b;
  case RECORD_REAL: {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
  }
  case RECORD_TEXT:
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
  case RECORD_BLOB:
    break;
  }
  return 0;
}

/* A row of the table, read column by column, against a record. */
static int compare_stored(sqlite3_stmt *row, size_t index, const struct record_column *column,
                          const void *record)
{
  const void *member = (const char *)record + column->offset;
  int at = (int)index;
  switch (column->type) {
  case RECORD_ID:
  case RECORD_INT:
    return order(sqlite3_column_int64(row, at), *(const int64_t *)member);
  case RECORD_BOOL:
    return (sqlite3_column_int(row, at) != 0) - *(const bool *)member;
  case RECORD_REAL: {
    double stored = sqlite3_column_double(row, at);
    double wanted = *(const double *)member;
    return (stored > wanted) - (stored < wanted);
  }
  case RECORD_TEXT: {
    const char *stored = (const char *)sqlite3_column_text(row, at);
    const char *wanted = *(const char *const *)member;
    return strcmp(stored ? stored : "", wanted ? wanted : "");
  }
  case RECORD_BLOB:
    break;
  }
  return 0;
}

struct order {
  const struct record_table *table;
  const struct record_key *key;
};

static gint compare_keys(gconstpointer left, gconstpointer right, gpointer data)
{
  const struct order *by = data;
  const void *a = *(const void *const *)left;
  const void *b = *(const void *const *)right;
  for (size_t i = 0; i < by->key->n; i++) {
    int result = compare_members(&by->table->columns[by->key->columns[i]], a, b);
    if (result != 0) {
      return result;
    }
  }
  return 0;
}

/* The records in the order of their keys. */
static GPtrArray *sorted(const struct record_table *table, const struct record_key *key,
                         const void *records, size_t n)
{
  GPtrArray *all = g_ptr_array_new();
  g_ptr_array_set_size(all, (gint)n);
  struct order by = {table, key};
  bool is_sorted = true;
  for (size_t i = 0; i < n; i++) {
    all->pdata[i] = (char *)(gpointer)records + i * table->record_size;
    is_sorted = is_sorted && (i == 0 || compare_keys(&all->pdata[i - 1], &all->pdata[i], &by) < 0);
  }
  if (!is_sorted) {
    g_ptr_array_sort_with_data(all, compare_keys, &by);
  }
  return all;
}

struct changes {
  struct record_set *gone;
  GPtrArray *fresh; /* records to be written */
};

static GPtrArray *list_gone(const struct changes *changes, const struct record_table *table)
{
  GPtrArray *list = g_ptr_array_sized_new((guint)changes->gone->n);
  for (size_t i = 0; i < changes->gone->n; i++) {
    g_ptr_array_add(list, (char *)changes->gone->records + i * table->record_size);
  }
  return list;
}

static void append_columns(GString *sql, const struct record_table *table,
                           const struct record_key *key, const char *between, const char *behind)
{
  for (size_t i = 0; i < key->n; i++) {
    g_string_append_printf(sql, "%s\"%s\"%s", i > 0 ? between : "",
                           table->columns[key->columns[i]].name, behind);
  }
}

/* All rows, or those whose key begins with a number in a range, in the order of the key. */
static sqlite3_stmt *select_rows(struct store *store, const struct record_table *table,
                                 const struct record_key *key, bool is_range, GError **error)
{
  g_autoptr(GString) sql = g_string_new("SELECT ");
  for (size_t i = 0; i < table->n_columns; i++) {
    g_string_append_printf(sql, "%s\"%s\"", i > 0 ? "," : "", table->columns[i].name);
  }
  g_string_append_printf(sql, " FROM %s", table->name);
  if (is_range) {
    g_string_append_printf(sql, " WHERE \"%s\" BETWEEN ? AND ?",
                           table->columns[key->columns[0]].name);
  }
  g_string_append(sql, " ORDER BY ");
  append_columns(sql, table, key, ",", "");
  return store_statement(store, sql->str, error);
}

static int compare_key(sqlite3_stmt *row, const struct record_table *table,
                       const struct record_key *key, const void *record)
{
  int result = 0;
  for (size_t i = 0; i < key->n && result == 0; i++) {
    size_t column = key->columns[i];
    result = compare_stored(row, column, &table->columns[column], record);
  }
  return result;
}

static bool is_same(sqlite3_stmt *row, const struct record_table *table, const void *record)
{
  for (size_t i = 0; i < table->n_columns; i++) {
    if (compare_stored(row, i, &table->columns[i], record) != 0) {
      return false;
    }
  }
  return true;
}

/* Records that lie side by side, and the stored rows that they are compared with. */
struct stretch {
  guint first, end; /* of the records */
  bool is_range;    /* rows whose key begins with a number from `least` to `largest`; or all */
  int64_t least, largest;
};

/* Walks over the stored rows and the records side by side, in the order of their keys. */
static bool find_changes(struct store *store, const struct record_table *table,
                         const struct record_key *key, const GPtrArray *records,
                         const struct stretch *stretch, struct changes *changes, GError **error)
{
  sqlite3_stmt *row = select_rows(store, table, key, stretch->is_range, error);
  if (!row) {
    return false;
  }
  if (stretch->is_range) {
    sqlite3_bind_int64(row, 1, stretch->least);
    sqlite3_bind_int64(row, 2, stretch->largest);
  }
  guint at = stretch->first;
  int code;
  while ((code = sqlite3_step(row)) == SQLITE_ROW) {
    int result = -1;
    while (at < stretch->end && (result = compare_key(row, table, key, records->pdata[at])) > 0) {
      g_ptr_array_add(changes->fresh, records->pdata[at++]);
    }
    bool is_known = at < stretch->end && result == 0;
    if (is_known && is_same(row, table, records->pdata[at])) {
      at++;
      continue;
    }
    store_set_add(changes->gone, table, row);
    if (is_known) {
      g_ptr_array_add(changes->fresh, records->pdata[at++]);
    }
  }
  sqlite3_reset(row);
  if (code != SQLITE_DONE) {
    store_set_error(store, code, "read", error);
    return false;
  }
  for (; at < stretch->end; at++) {
    g_ptr_array_add(changes->fresh, records->pdata[at]);
  }
  return true;
}

static bool is_part_same(const struct digest *stored, const struct digest *wanted, unsigned part)
{
  return stored && stored->is_known[part] && stored->sums[part] == wanted->sums[part];
}

/* Looks at the parts that do not add up to the same, adjacent ones at once. */
static bool find_in_parts(struct store *store, const struct record_table *table,
                          const struct record_key *key, const GPtrArray *records,
                          const struct digest *wanted, struct changes *changes, GError **error)
{
  const struct digest *stored = digest_find(store, table);
  guint at = 0;
  for (unsigned part = 0; part < DIGEST_PARTS;) {
    bool is_same_part = is_part_same(stored, wanted, part);
    struct stretch stretch = {.first = at};
    int64_t unused;
    stretch.is_range = digest_bounds(table, key, part, &stretch.least, &unused);
    unsigned end = part;
    while (end < DIGEST_PARTS && is_part_same(stored, wanted, end) == is_same_part) {
      end++;
    }
    digest_bounds(table, key, end - 1, &unused, &stretch.largest);
    while (at < records->len && digest_part(table, key, records->pdata[at]) < end) {
      at++;
    }
    stretch.end = at;
    if (!is_same_part && !find_changes(store, table, key, records, &stretch, changes, error)) {
      return false;
    }
    part = end;
  }
  return true;
}

/* Where no digest tells anything, or no index leads to a part. */
static bool find_in_all(struct store *store, const struct record_table *table,
                        const struct record_key *key, const GPtrArray *records,
                        const struct digest *wanted, struct changes *changes, GError **error)
{
  const struct digest *stored = digest_find(store, table);
  bool is_same_table = true;
  for (unsigned part = 0; part < DIGEST_PARTS; part++) {
    is_same_table = is_same_table && is_part_same(stored, wanted, part);
  }
  struct stretch all = {.end = records->len};
  return is_same_table || find_changes(store, table, key, records, &all, changes, error);
}

static bool find_all_changes(struct store *store, const struct record_table *table,
                             const struct record_key *key, const GPtrArray *records,
                             const struct digest *wanted, struct changes *changes, GError **error)
{
  int64_t least, largest;
  bool has_parts = digest_find(store, table) != NULL && table->constraint[0] != '\0' &&
                   digest_bounds(table, key, 0, &least, &largest);
  return has_parts ? find_in_parts(store, table, key, records, wanted, changes, error)
                   : find_in_all(store, table, key, records, wanted, changes, error);
}

static bool delete_rows(struct store *store, const struct record_table *table,
                        const struct record_key *key, const GPtrArray *gone, GError **error)
{
  g_autoptr(GString) sql = g_string_new(NULL);
  g_string_append_printf(sql, "DELETE FROM %s WHERE ", table->name);
  append_columns(sql, table, key, " AND ", " = ?");
  sqlite3_stmt *statement = store_statement(store, sql->str, error);
  if (!statement) {
    return false;
  }
  for (guint i = 0; i < gone->len; i++) {
    const void *record = gone->pdata[i];
    for (size_t k = 0; k < key->n; k++) {
      store_bind_column(statement, (int)k + 1, &table->columns[key->columns[k]], record);
    }
    int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (code != SQLITE_DONE) {
      store_set_error(store, code, "write", error);
      return false;
    }
  }
  return true;
}

static bool may_go_on(const struct store *store, GError **error)
{
  if (!store->is_interrupted || *store->is_interrupted == 0) {
    return true;
  }
  g_set_error(error, STORE_ERROR, STORE_ERROR_INTERRUPTED, "interrupted while writing '%s'",
              store->path);
  return false;
}

static bool put_all(struct store *store, const struct record_table *table, bool is_replacing,
                    const GPtrArray *records, GError **error)
{
  enum { AT_ONCE = 1024 };
  for (guint i = 0; i < records->len; i += AT_ONCE) {
    const void *const *here = (const void *const *)&records->pdata[i];
    if (!may_go_on(store, error) ||
        !store_put(store, table, is_replacing, here, MIN(AT_ONCE, records->len - i), error)) {
      return false;
    }
  }
  return true;
}

/* Writes what differs. */
static bool write_changes(struct store *store, const struct record_table *table,
                          const struct record_key *key, const GPtrArray *wanted,
                          const struct changes *changes, GError **error)
{
  if (changes->gone->n > wanted->len / CHANGED_SHARE) {
    return store_clear(store, table, error) && put_all(store, table, false, wanted, error);
  }
  g_autoptr(GPtrArray) gone = list_gone(changes, table);
  return delete_rows(store, table, key, gone, error) &&
         put_all(store, table, false, changes->fresh, error);
}

struct store_prepared {
  const struct record_table *table;
  struct record_key key;
  GPtrArray *records; /* in the order of the key */
  struct digest digest;
};

struct store_prepared *store_prepare(const struct record_table *table, const void *records,
                                     size_t n)
{
  struct store_prepared *prepared = g_new0(struct store_prepared, 1);
  prepared->table = table;
  prepared->key = record_key(table);
  prepared->records = sorted(table, &prepared->key, records, n);
  digest_sum(table, &prepared->key, records, n, &prepared->digest);
  return prepared;
}

void store_prepared_free(struct store_prepared *prepared)
{
  if (prepared) {
    g_ptr_array_unref(prepared->records);
    g_free(prepared);
  }
}

bool store_sync_prepared(struct store *store, const struct store_prepared *prepared, GError **error)
{
  const struct record_table *table = prepared->table;
  g_autoptr(record_set) gone = store_set_new();
  g_autoptr(GPtrArray) fresh = g_ptr_array_new();
  struct changes changes = {gone, fresh};
  if (!may_go_on(store, error) || !find_all_changes(store, table, &prepared->key, prepared->records,
                                                    &prepared->digest, &changes, error)) {
    return false;
  }
  if (gone->n + fresh->len != 0 &&
      !write_changes(store, table, &prepared->key, prepared->records, &changes, error)) {
    return false;
  }
  digest_set(store, table, &prepared->digest);
  return true;
}

bool store_sync(struct store *store, const struct record_table *table, const void *records,
                size_t n, GError **error)
{
  struct store_prepared *prepared = store_prepare(table, records, n);
  bool is_done = store_sync_prepared(store, prepared, error);
  store_prepared_free(prepared);
  return is_done;
}

bool store_exchange(struct store *store, const struct record_table *table, const void *gone,
                    const void *fresh, size_t n, GError **error)
{
  struct record_key key = record_key(table);
  struct order by = {table, &key};
  bool has_key = table->constraint[0] != '\0';
  g_autoptr(GPtrArray) old = g_ptr_array_new();      /* whose key goes away */
  g_autoptr(GPtrArray) others = g_ptr_array_new();   /* what comes in their place */
  g_autoptr(GPtrArray) replaced = g_ptr_array_new(); /* what has a key that was there */
  for (size_t i = 0; i < n; i++) {
    gpointer before = (char *)(uintptr_t)gone + i * table->record_size;
    gpointer after = (char *)(uintptr_t)fresh + i * table->record_size;
    bool has_same_key = has_key && compare_keys(&before, &after, &by) == 0;
    digest_remove(store, table, before);
    digest_add(store, table, after);
    g_ptr_array_add(has_same_key ? replaced : others, after);
    if (!has_same_key) {
      g_ptr_array_add(old, before);
    }
  }
  return put_all(store, table, true, replaced, error) &&
         delete_rows(store, table, &key, old, error) && put_all(store, table, false, others, error);
}
