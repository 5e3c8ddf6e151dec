/* Writes a small store into a folder: the corpus of fuzz_store. usage: fuzz_store_corpus FOLDER */
#include <glib/gstdio.h>
#include <sqlite3.h>

#include "store/facts.h"

/* The longest input of tests/fuzz/run: what is cut off there is no store. */
#define MAX_LEN 65536

/* Small pages: every empty table has one. */
static void pack(const char *path)
{
  sqlite3 *database = NULL;
  g_assert_cmpint(sqlite3_open(path, &database), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_exec(database, "PRAGMA page_size = 512; VACUUM", NULL, NULL, NULL), ==,
                  SQLITE_OK);
  g_assert_cmpint(sqlite3_close(database), ==, SQLITE_OK);
  GStatBuf status;
  g_assert_cmpint(g_stat(path, &status), ==, 0);
  g_assert_cmpint(status.st_size, <=, MAX_LEN);
}

int main(int argc, char **argv)
{
  g_assert_cmpint(argc, ==, 2);
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_build_filename(argv[1], "small.cleave", NULL);
  g_mkdir_with_parents(argv[1], 0777);
  g_remove(path);
  g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  struct fact_routine routine = {.id = 1, .name = "main", .file = "a.c", .is_defined = true};
  struct fact_state state = {
      .id = 2, .name = "g", .file = "a.c", .storage = "global", .class = "shared"};
  struct fact_access access = {.routine = 1, .state = 2, .mode = "write", .file = "a.c", .line = 3};
  g_assert_true(store_begin(store, &error));
  g_assert_true(store_insert(store, &fact_routine_table, &routine, &error));
  g_assert_true(store_insert(store, &fact_state_table, &state, &error));
  g_assert_true(store_insert(store, &fact_access_table, &access, &error));
  g_assert_true(store_commit(store, &error));
  g_clear_pointer(&store, store_close);
  pack(path);
  return 0;
}
