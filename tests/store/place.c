#include "place.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "store/facts.h"

void place_set_up(struct place *place, gconstpointer data)
{
  (void)data;
  place->folder = g_dir_make_tmp("cleave-store-XXXXXX", NULL);
  place->path = g_build_filename(place->folder, "cleave.db", NULL);
}

void place_tear_down(struct place *place, gconstpointer data)
{
  (void)data;
  g_remove(place->path);
  g_rmdir(place->folder);
  g_free(place->path);
  g_free(place->folder);
}

struct store *open_or_fail(const char *path, enum store_mode mode)
{
  g_autoptr(GError) error = NULL;
  struct store *store = store_open(path, mode, &error);
  g_assert_no_error(error);
  return store;
}

void make_with_sql(const char *path, const char *sql)
{
  sqlite3 *db = NULL;
  g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close(db);
}

void write_two_routines(struct store *store)
{
  g_autoptr(GError) error = NULL;
  struct fact_routine a = {.id = 1,
                           .name = "a",
                           .file = "a.c",
                           .line = 3,
                           .end_line = 9,
                           .is_static = true,
                           .is_defined = true,
                           .signature = "int (void)",
                           .n_statements = 4};
  struct fact_routine b = {.id = 2, .name = "b"};
  struct fact_site site = {.id = 7, .caller = 1, .file = "a.c", .line = 5, .expression = "hook"};
  g_assert_true(store_begin(store, &error));
  g_assert_true(store_insert(store, &fact_routine_table, &a, &error));
  g_assert_true(store_insert(store, &fact_routine_table, &b, &error));
  g_assert_true(store_insert(store, &fact_site_table, &site, &error));
  g_assert_true(store_commit(store, &error));
}
