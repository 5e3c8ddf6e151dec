/* Rows that are written many at once: any number of them, an error or an interruption on the way.
 * What is in the file is read with SQLite alone. */
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>

#include "store/facts.h"
#include "store/internal.h"
#include "store/results.h"

struct place {
  char *folder;
  char *path;
  struct store *store; /* in a transaction */
};

static void set_up(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  place->folder = g_dir_make_tmp("cleave-insert-XXXXXX", NULL);
  place->path = g_build_filename(place->folder, "cleave.db", NULL);
  place->store = store_open(place->path, STORE_CREATE, &error);
  g_assert_no_error(error);
  g_assert_true(store_begin(place->store, &error));
}

static void tear_down(struct place *place, gconstpointer data)
{
  (void)data;
  store_close(place->store);
  g_remove(place->path);
  g_rmdir(place->folder);
  g_free(place->path);
  g_free(place->folder);
}

/* Commits, and asks the file for one number. */
static int64_t ask(struct place *place, const char *sql)
{
  g_autoptr(GError) error = NULL;
  g_assert_true(store_commit(place->store, &error));
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  g_assert_cmpint(sqlite3_open_v2(place->path, &db, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
  int64_t number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  g_assert_true(store_begin(place->store, &error));
  return number;
}

/* Words in the order of their key, each once. */
static struct fact_word *make_words(size_t n)
{
  static const char *const texts[] = {"", "a", "b"};
  struct fact_word *words = g_new0(struct fact_word, n + 1);
  for (size_t i = 0; i < n; i++) {
    words[i] = (struct fact_word){(int64_t)(i / 3), texts[i % 3], (int64_t)i};
  }
  return words;
}

static void test_counts(struct place *place, gconstpointer data)
{
  (void)data;
  static const size_t counts[] = {1, 2, 1023, 1024, 1025, 2048, 0, 3071};
  g_autoptr(GError) error = NULL;
  for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
    g_autofree struct fact_word *words = make_words(counts[i]);
    g_assert_true(store_sync(place->store, &fact_word_table, words, counts[i], &error));
    g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_word"), ==, (int64_t)counts[i]);
    g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_word WHERE routine = n_uses / 3"
                               " AND word = substr('ab', n_uses % 3, n_uses % 3 > 0)"),
                    ==, (int64_t)counts[i]);
    /* Nothing is left to be written. */
    int64_t before = store_n_changes(place->store);
    g_assert_true(store_sync(place->store, &fact_word_table, words, counts[i], &error));
    g_assert_cmpint(store_n_changes(place->store), ==, before);
  }
}

/* Every type of column, with the values at the ends. */
static void test_types(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = g_bytes_new("a\0b", 3);
  g_autoptr(GBytes) none = g_bytes_new_static("", 0);
  const struct fact_unit units[] = {
      {.id = 1, .file = NULL, .status = "\xc3\xa9", .n_errors = INT64_MIN, .facts = bytes},
      {.id = 2, .file = "b.c", .status = "", .n_errors = INT64_MAX, .inputs = none}};
  for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
    g_assert_true(store_replace(place->store, &fact_unit_table, &units[i], &error));
  }
  g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_unit WHERE id = 1 AND file = ''"
                             " AND status = char(233) AND n_errors = -9223372036854775808"
                             " AND facts = x'610062' AND typeof(facts) = 'blob'"
                             " AND inputs IS NULL"),
                  ==, 1);
  g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_unit WHERE id = 2 AND file = 'b.c'"
                             " AND n_errors = 9223372036854775807 AND inputs = x''"
                             " AND typeof(inputs) = 'blob' AND facts IS NULL"),
                  ==, 1);
  const struct result_invocation call = {.duration = 2, .is_cold = true};
  g_assert_true(store_insert(place->store, &result_invocation_table, &call, &error));
  g_assert_cmpint(ask(place, "SELECT count(*) FROM result_invocation WHERE duration = 2.0"
                             " AND typeof(duration) = 'real' AND is_cold = 1"),
                  ==, 1);
}

/* Two records with one key far behind the first: the error is told, and with the transaction
 * everything before it is gone. */
static void test_conflict(struct place *place, gconstpointer data)
{
  (void)data;
  enum { N = 2600, TWICE = 1700 };
  g_autoptr(GError) error = NULL;
  g_autofree struct fact_word *words = make_words(N);
  g_assert_true(store_sync(place->store, &fact_word_table, words, 5, &error));
  g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_word"), ==, 5);
  words[TWICE] = words[TWICE - 1];
  g_assert_false(store_sync(place->store, &fact_word_table, words, N, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_CONFLICT);
  g_assert_nonnull(strstr(error->message, "fact_word.word"));
  g_assert_nonnull(strstr(error->message, place->path));
  g_clear_error(&error);
  store_rollback(place->store);
  g_assert_true(store_begin(place->store, &error));
  g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_word"), ==, 5);
  /* Neither the statement nor the digests have taken harm. */
  words[TWICE].word = "z";
  g_assert_true(store_sync(place->store, &fact_word_table, words, N, &error));
  g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_word"), ==, N);
  /* The same where rows are exchanged: the last one has the key of another. */
  g_autofree struct fact_word *fresh = make_words(N);
  for (size_t i = 0; i < TWICE; i++) {
    fresh[i].n_uses = -1;
  }
  fresh[TWICE - 1] = words[N - 1];
  g_assert_false(store_exchange(place->store, &fact_word_table, words, fresh, TWICE, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_CONFLICT);
  g_clear_error(&error);
  store_rollback(place->store);
  g_assert_true(store_begin(place->store, &error));
  g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_word WHERE n_uses < 0"), ==, 0);
}

static volatile sig_atomic_t is_interrupted;

static int interrupt(void *nothing)
{
  (void)nothing;
  is_interrupted = 1;
  return 0;
}

/* The flag is set once the first rows are being written: the others are not. */
static void test_interrupt(struct place *place, gconstpointer data)
{
  (void)data;
  enum { N = 20000 };
  g_autoptr(GError) error = NULL;
  g_autofree struct fact_word *words = make_words(N);
  store_watch(place->store, &is_interrupted);
  sqlite3_progress_handler(place->store->db, 5000, interrupt, NULL);
  int64_t before = store_n_changes(place->store);
  g_assert_false(store_sync(place->store, &fact_word_table, words, N, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_INTERRUPTED);
  g_clear_error(&error);
  g_assert_cmpint(store_n_changes(place->store), >, before);
  g_assert_cmpint(store_n_changes(place->store), <, before + N / 2);
  sqlite3_progress_handler(place->store->db, 0, NULL, NULL);
  is_interrupted = 0;
  store_rollback(place->store);
  g_assert_true(store_begin(place->store, &error));
  g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_word"), ==, 0);
}

/* A file may not look at the records that are being written. */
static void test_view_in_the_file(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  g_assert_true(store_execute(place->store, "CREATE VIEW peek AS SELECT c0 FROM given_records",
                              "write", &error));
  g_assert_false(store_execute(place->store, "SELECT * FROM peek", "read", &error));
  g_assert_nonnull(strstr(error->message, "unsafe use of virtual table"));
}

/* Nor may it put rows of its own in their place. */
static void test_table_in_the_file(struct place *place, gconstpointer data)
{
  (void)data;
  enum { N = 10 };
  g_autoptr(GError) error = NULL;
  g_autofree struct fact_word *words = make_words(N);
  g_assert_true(store_execute(place->store,
                              "CREATE TABLE given_records(c0, c1, c2);"
                              "INSERT INTO given_records VALUES (7, 'forged', 1)",
                              "write", &error));
  g_assert_true(store_sync(place->store, &fact_word_table, words, N, &error));
  g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_word"), ==, N);
  g_assert_cmpint(ask(place, "SELECT count(*) FROM fact_word WHERE word = 'forged'"), ==, 0);
}

#define ADD(path, routine) g_test_add(path, struct place, NULL, set_up, routine, tear_down)

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  ADD("/insert/counts", test_counts);
  ADD("/insert/types", test_types);
  ADD("/insert/conflict", test_conflict);
  ADD("/insert/interrupt", test_interrupt);
  ADD("/insert/view-in-the-file", test_view_in_the_file);
  ADD("/insert/table-in-the-file", test_table_in_the_file);
  return g_test_run();
}
