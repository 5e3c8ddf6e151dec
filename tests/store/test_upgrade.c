/* Stores that older versions wrote are brought up to date when they are opened. */
#include <sqlite3.h>
#include <string.h>

#include "place.h"
#include "store/facts.h"
#include "store/view.h"

/* A store of version 1: it had no paths to effects, and its view of effects was another. */
static void test_upgrade(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  {
    g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
    g_assert_true(store_set_info(store, "linked", "hash", &error));
    write_two_routines(store);
  }
  make_with_sql(place->path, "DROP VIEW v_effect; DROP TABLE fact_effect_path;"
                             "CREATE TABLE plain AS SELECT * FROM fact_routine;"
                             "PRAGMA legacy_alter_table = ON; DROP TABLE fact_routine;"
                             "ALTER TABLE plain RENAME TO fact_routine;"
                             "CREATE VIEW v_effect AS SELECT 1 AS routine;"
                             "PRAGMA user_version = 1");
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_WRITE);
  g_autofree char *linked = store_info(store, "linked", &error);
  g_assert_null(linked);
  struct fact_effect_path path = {.routine = 2, .effect = "file", .via = "b > open"};
  g_assert_true(store_insert(store, &fact_effect_path_table, &path, &error));
  g_autoptr(view_rows) rows = view_read(store, "v_effect", NULL, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(rows->n_rows, ==, 1);
  g_assert_cmpstr(view_text(rows, 0, "via"), ==, "b > open");
}

/* A store of version 4 has no index of calls. */
static void test_upgrade_of_calls(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  struct fact_call calls[] = {
      {.site = 1, .kind = "direct", .tier = "direct", .file = "a.c", .witness_file = "a.c"},
      {.site = 2, .kind = "indirect", .tier = "flow", .file = "b.c", .witness_file = "a.c"},
      {.site = 3, .kind = "callback", .tier = "model", .file = "b.c", .witness_file = "b.c"},
  };
  {
    g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
      g_assert_true(store_insert(store, &fact_call_table, &calls[i], &error));
  }
  make_with_sql(place->path, "DROP INDEX fact_call_witness; PRAGMA user_version = 4");
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_WRITE);
  g_autoptr(record_set) found = store_load_if(store, &fact_call_table, "witness_file", "a.c",
                                              FACT_NOT_DIRECT, "site", &error);
  g_assert_cmpuint(found->n, ==, 1);
  g_assert_cmpint(record_at(found, fact_call, 0)->site, ==, 2);
  sqlite3 *db = NULL;
  g_assert_cmpint(sqlite3_open(place->path, &db), ==, SQLITE_OK);
  sqlite3_stmt *plan = NULL;
  g_assert_cmpint(sqlite3_prepare_v2(db,
                                     "EXPLAIN QUERY PLAN SELECT * FROM fact_call "
                                     "WHERE witness_file = 'a.c' AND " FACT_NOT_DIRECT,
                                     -1, &plan, NULL),
                  ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_step(plan), ==, SQLITE_ROW);
  g_assert_nonnull(strstr((const char *)sqlite3_column_text(plan, 3), "fact_call_witness"));
  sqlite3_finalize(plan);
  sqlite3_close(db);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  PLACE_ADD("/store/upgrade", test_upgrade);
  PLACE_ADD("/store/upgrade-of-calls", test_upgrade_of_calls);
  return g_test_run();
}
