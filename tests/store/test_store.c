/* The store: files that are not ours, newer, truncated or read-only are refused; records and views
 * come back as they went in. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"
#include "store/facts.h"
#include "store/results.h"
#include "store/store.h"
#include "store/view.h"

static void expect_refused(const char *path, enum store_mode mode, enum store_error expected)
{
  g_autoptr(GError) error = NULL;
  struct store *store = store_open(path, mode, &error);
  g_assert_null(store);
  g_assert_error(error, STORE_ERROR, (int)expected);
  g_assert_nonnull(strstr(error->message, path));
}

static void test_missing(struct place *place, gconstpointer data)
{
  (void)data;
  expect_refused(place->path, STORE_READ, STORE_ERROR_NOT_FOUND);
  expect_refused(place->path, STORE_WRITE, STORE_ERROR_NOT_FOUND);
}

static void test_not_ours(struct place *place, gconstpointer data)
{
  (void)data;
  make_with_sql(place->path, "CREATE TABLE customer(name TEXT)");
  expect_refused(place->path, STORE_READ, STORE_ERROR_NOT_OURS);
  expect_refused(place->path, STORE_CREATE, STORE_ERROR_NOT_OURS);
}

static void test_not_a_database(struct place *place, gconstpointer data)
{
  (void)data;
  g_autofree char *text = g_strnfill(4096, 'x');
  g_assert_true(g_file_set_contents(place->path, text, 4096, NULL));
  expect_refused(place->path, STORE_CREATE, STORE_ERROR_NOT_OURS);
  g_autofree char *after = NULL;
  g_assert_true(g_file_get_contents(place->path, &after, NULL, NULL));
  g_assert_cmpstr(after, ==, text);
}

static void test_newer(struct place *place, gconstpointer data)
{
  (void)data;
  store_close(open_or_fail(place->path, STORE_CREATE));
  make_with_sql(place->path, "PRAGMA user_version = 999");
  expect_refused(place->path, STORE_READ, STORE_ERROR_NEWER);
  expect_refused(place->path, STORE_CREATE, STORE_ERROR_NEWER);
}

static void test_truncated(struct place *place, gconstpointer data)
{
  (void)data;
  store_close(open_or_fail(place->path, STORE_CREATE));
  GStatBuf status;
  g_assert_cmpint(g_stat(place->path, &status), ==, 0);
  g_assert_cmpint(truncate(place->path, status.st_size / 2), ==, 0);
  expect_refused(place->path, STORE_READ, STORE_ERROR_DAMAGED);
}

static void test_folder(struct place *place, gconstpointer data)
{
  (void)data;
  expect_refused(place->folder, STORE_CREATE, STORE_ERROR_IO);
}

enum { NOBODY = 65534 }; /* root may write what is read-only */

static void test_read_only(struct place *place, gconstpointer data)
{
  (void)data;
  store_close(open_or_fail(place->path, STORE_CREATE));
  g_assert_cmpint(g_chmod(place->folder, 0755), ==, 0);
  g_assert_cmpint(g_chmod(place->path, 0444), ==, 0);
  pid_t child = fork();
  if (child == 0) {
    if (getuid() == 0 && setuid(NOBODY) != 0) {
      _exit(2);
    }
    expect_refused(place->path, STORE_WRITE, STORE_ERROR_IO);
    expect_refused(place->path, STORE_CREATE, STORE_ERROR_IO);
    store_close(open_or_fail(place->path, STORE_READ));
    _exit(0);
  }
  int status = 0;
  g_assert_cmpint(waitpid(child, &status, 0), ==, child);
  g_assert_true(WIFEXITED(status));
  g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static void *open_and_close(void *path)
{
  store_close(open_or_fail(path, STORE_CREATE));
  return NULL;
}

/* Whoever comes while another makes the file finds no store or a whole one, never half of it. */
static void test_created_at_once(struct place *place, gconstpointer data)
{
  (void)data;
  GThread *threads[4];
  for (int round = 0; round < 100; round++) {
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
      threads[i] = g_thread_new("open", open_and_close, place->path);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
      g_thread_join(threads[i]);
    g_assert_cmpint(g_unlink(place->path), ==, 0);
  }
}

static void test_round_trip(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
  write_two_routines(store);
  g_autoptr(record_set) routines = store_load(store, &fact_routine_table, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(routines->n, ==, 2);
  const struct fact_routine *a = record_at(routines, fact_routine, 0);
  g_assert_cmpstr(a->name, ==, "a");
  g_assert_cmpstr(a->signature, ==, "int (void)");
  g_assert_true(a->is_static);
  g_assert_cmpint(a->n_statements, ==, 4);
  g_assert_cmpstr(record_at(routines, fact_routine, 1)->file, ==, "");
}

static void test_conflict(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
  write_two_routines(store);
  struct fact_routine again = {.id = 1, .name = "c"};
  g_assert_false(store_insert(store, &fact_routine_table, &again, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_CONFLICT);
  g_clear_error(&error);
  g_assert_true(store_replace(store, &fact_routine_table, &again, &error));
  g_autoptr(record_set) found = store_load_where(store, &fact_routine_table, "id", 1, NULL, &error);
  g_assert_cmpuint(found->n, ==, 1);
  g_assert_cmpstr(record_at(found, fact_routine, 0)->name, ==, "c");
}

static void test_blob(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
  g_autoptr(GBytes) bytes = g_bytes_new("\0x\0", 3);
  struct fact_unit unit = {.id = 5, .file = "a.c", .facts = bytes};
  g_assert_true(store_insert(store, &fact_unit_table, &unit, &error));
  g_autoptr(record_set) with = store_load(store, &fact_unit_table, NULL, &error);
  g_assert_true(g_bytes_equal(record_at(with, fact_unit, 0)->facts, bytes));
  g_assert_null(record_at(with, fact_unit, 0)->inputs);
  g_autoptr(record_set) without =
      store_load_without(store, &fact_unit_table, "facts,inputs", "id", &error);
  g_assert_null(record_at(without, fact_unit, 0)->facts);
  g_assert_cmpstr(record_at(without, fact_unit, 0)->file, ==, "a.c");
}

static void expect_words(struct store *store, const struct fact_word *words, size_t n)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(record_set) found = store_load(store, &fact_word_table, "routine, word", &error);
  g_assert_no_error(error);
  g_assert_cmpuint(found->n, ==, n);
  for (size_t i = 0; i < n; i++) {
    const struct fact_word *word = record_at(found, fact_word, i);
    g_assert_cmpint(word->routine, ==, words[i].routine);
    g_assert_cmpstr(word->word, ==, words[i].word);
    g_assert_cmpint(word->n_uses, ==, words[i].n_uses);
  }
}

/* After a sync the table holds what was given, whatever it held before; rows that stay the same are
 * not written. */
static void test_sync(struct place *place, gconstpointer data)
{
  (void)data;
  static const char *const texts[] = {"", "a", "aa", "b", "c"};
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
  g_assert_true(store_begin(store, &error));
  GRand *chance = g_rand_new_with_seed(11);
  for (int round = 0; round < 60; round++) {
    struct fact_word words[20 * G_N_ELEMENTS(texts)];
    size_t n = 0;
    for (int64_t routine = 0; routine < 20; routine++) {
      for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        bool is_there = g_rand_int_range(chance, 0, 20) < (round % 4 == 0 ? 3 : 19);
        int64_t n_uses = g_rand_int_range(chance, 0, 20) == 0 ? 2 : 1;
        if (is_there) {
          words[n++] = (struct fact_word){routine << 46, texts[i], n_uses};
        }
      }
    }
    g_assert_true(store_sync(store, &fact_word_table, words, n, &error));
    expect_words(store, words, n);
    int64_t before = store_n_changes(store);
    g_assert_true(store_sync(store, &fact_word_table, words, n, &error));
    g_assert_cmpint(store_n_changes(store), ==, before);
  }
  g_rand_free(chance);
  /* In any order, and without a key. */
  const struct fact_word mixed[] = {{2, "b", 1}, {1, "z", 1}, {1, "a", 1}};
  const struct fact_word in_order[] = {{1, "a", 1}, {1, "z", 1}, {2, "b", 1}};
  g_assert_true(store_sync(store, &fact_word_table, mixed, G_N_ELEMENTS(mixed), &error));
  expect_words(store, in_order, G_N_ELEMENTS(in_order));
  struct fact_span spans[] = {{.routine = 1, .kind = "lock", .file = "a.c", .line = 3},
                              {.routine = 1, .kind = "lock", .file = "a.c", .line = 2}};
  g_assert_true(store_sync(store, &fact_span_table, spans, 2, &error));
  spans[0].end_line = 9;
  g_assert_true(store_sync(store, &fact_span_table, spans, 2, &error));
  g_autoptr(record_set) found = store_load(store, &fact_span_table, "line", &error);
  g_assert_cmpuint(found->n, ==, 2);
  g_assert_cmpint(record_at(found, fact_span, 1)->end_line, ==, 9);
}

/* One write behind the back of those that synchronise. */
static void meddle(struct store *store, GRand *chance)
{
  g_autoptr(GError) error = NULL;
  struct fact_word word = {(int64_t)g_rand_int_range(chance, 0, 9) << 46, "b", 7};
  struct fact_word fresh = {word.routine, "z", 7};
  g_autoptr(record_set) found =
      store_load_where(store, &fact_word_table, "routine", word.routine, "word", &error);
  switch (g_rand_int_range(chance, 0, 7)) {
  case 0:
    g_assert_true(store_replace(store, &fact_word_table, &word, &error));
    break;
  case 1:
    fresh.word = "y";
    if (found->n == 0 || strcmp(record_at(found, fact_word, found->n - 1)->word, "y") < 0)
      g_assert_true(store_insert(store, &fact_word_table, &fresh, &error));
    break;
  case 2:
    g_assert_true(store_delete_id(store, &fact_word_table, "routine", word.routine, &error));
    g_assert_true(store_insert(store, &fact_word_table, &fresh, &error));
    break;
  case 3:
    g_assert_true(store_delete_id(store, &fact_word_table, "n_uses", 1, &error));
    break;
  case 4:
    g_assert_true(store_delete_text(store, &fact_word_table, "word", "b", &error));
    break;
  case 5:
    g_assert_true(store_clear(store, &fact_word_table, &error));
    break;
  default:
    if (found->n != 0 && strcmp(record_at(found, fact_word, found->n - 1)->word, "z") != 0) {
      g_assert_true(store_exchange(store, &fact_word_table, record_at(found, fact_word, 0), &fresh,
                                   1, &error));
    }
  }
  g_assert_no_error(error);
}

/* What a sync knows of the rows that are there holds after any other write, a commit, a rollback
 * and in another process. */
static void test_sync_after_writes(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  struct store *store = open_or_fail(place->path, STORE_CREATE);
  GRand *chance = g_rand_new_with_seed(12);
  struct fact_word words[9];
  for (int round = 0; round < 300; round++) {
    g_assert_true(store_begin(store, &error));
    for (int i = g_rand_int_range(chance, 0, 3); i > 0; i--) {
      meddle(store, chance);
    }
    g_assert_true(store_mark(store, &error));
    meddle(store, chance);
    g_assert_true(g_rand_boolean(chance) ? store_take_back(store, &error)
                                         : store_keep(store, &error));
    if (g_rand_boolean(chance)) {
      store_rollback(store);
    } else {
      g_assert_true(store_commit(store, &error));
    }
    if (g_rand_int_range(chance, 0, 4) == 0) {
      store_close(store);
      store = open_or_fail(place->path, STORE_WRITE);
    }
    for (int64_t i = 0; i < (int64_t)G_N_ELEMENTS(words); i++) {
      words[i] = (struct fact_word){i << 46, i == round % 9 ? "a" : "aa", 1};
    }
    size_t n = G_N_ELEMENTS(words) - (round % 5 == 0);
    g_assert_true(store_begin(store, &error));
    if (g_rand_boolean(chance)) {
      g_assert_true(store_sync(store, &fact_word_table, words, n, &error));
      store_rollback(store);
      g_assert_true(store_begin(store, &error));
    }
    if (g_rand_boolean(chance)) {
      meddle(store, chance);
    }
    g_assert_true(store_sync(store, &fact_word_table, words, n, &error));
    expect_words(store, words, n);
    g_assert_true(store_commit(store, &error));
  }
  g_rand_free(chance);
  store_close(store);
}

static void test_rollback(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  store_close(open_or_fail(place->path, STORE_CREATE));
  struct store *store = open_or_fail(place->path, STORE_WRITE);
  struct fact_routine routine = {.id = 3, .name = "lost"};
  g_assert_true(store_begin(store, &error));
  g_assert_true(store_insert(store, &fact_routine_table, &routine, &error));
  store_close(store);
  g_autoptr(store_t) again = open_or_fail(place->path, STORE_READ);
  g_autoptr(record_set) routines = store_load(again, &fact_routine_table, NULL, &error);
  g_assert_cmpuint(routines->n, ==, 0);
}

/* The rows after a mark are gone, those before it stay, and the transaction goes on. */
static void test_mark(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
  struct fact_routine before = {.id = 3, .name = "before"};
  struct fact_routine lost = {.id = 4, .name = "lost"};
  struct fact_routine kept = {.id = 5, .name = "kept"};
  g_assert_true(store_begin(store, &error));
  g_assert_true(store_insert(store, &fact_routine_table, &before, &error));
  g_assert_true(store_mark(store, &error));
  g_assert_true(store_insert(store, &fact_routine_table, &lost, &error));
  g_assert_true(store_take_back(store, &error));
  g_assert_true(store_mark(store, &error));
  g_assert_true(store_insert(store, &fact_routine_table, &kept, &error));
  g_assert_true(store_keep(store, &error));
  g_assert_true(store_commit(store, &error));
  g_autoptr(record_set) routines = store_load(store, &fact_routine_table, "id", &error);
  g_assert_cmpuint(routines->n, ==, 2);
  g_assert_cmpstr(record_at(routines, fact_routine, 0)->name, ==, "before");
  g_assert_cmpstr(record_at(routines, fact_routine, 1)->name, ==, "kept");
}

static void test_info(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
  g_assert_null(store_info(store, "root", &error));
  g_assert_true(store_set_info(store, "root", "/a", &error));
  g_assert_true(store_set_info(store, "root", "/b", &error));
  g_autofree char *root = store_info(store, "root", &error);
  g_assert_cmpstr(root, ==, "/b");
  g_assert_true(store_set_info(store, "root", NULL, &error));
  g_assert_null(store_info(store, "root", &error));
  g_assert_no_error(error);
}

/* Names and columns of the views, as the design publishes them. */
static const char *const published[] = {
    "v_file file is_tu status n_errors",
    "v_diagnostic file line column severity message",
    "v_program program file source",
    "v_routine id name file line end_line is_static signature is_defined n_statements",
    "v_type id name kind file line size",
    "v_field type_id field position type is_pointer",
    "v_param routine_id routine position name type use contract reason",
    "v_call site caller caller_file callee callee_file kind tier file line column witness_file"
    " witness_line",
    "v_unresolved site caller caller_file file line column expression",
    "v_state id name field file line storage class",
    "v_access routine routine_file state_id state field mode file line",
    "v_effect routine routine_file effect via file line",
    "v_entry id routine routine_file trigger key rule confidence file line",
    "v_span routine routine_file kind state file line end_line",
    "v_service id name n_routines n_states n_functions score",
    "v_member service kind name file role",
    "v_function id name service entry trigger key n_routines n_states readiness reason",
    "v_cut from_service to_service kind mode routine callee_or_state n_sites price marshal reason"
    " file line",
    "v_invocation function started duration is_cold max_rss status",
    "v_bill stage cloud name billing_plan item quantity unit unit_price amount",
    "v_range cloud billing_plan name input low likely high",
    "v_step step service own_cut cut n_functions n_ready n_blocked reason",
    "v_unit unit function service trigger reason",
    "v_setup service number is_planned is_on_front n_functions cost latency gap text",
    "v_decision file line column kind text n_matches cut_price n_cuts n_foreign_writes evidence"
    " n_moved effect",
    "v_measurement function n_invocations n_failed n_cold duration_mean duration_p50 duration_p90"
    " duration_p99 init_p50 init_p99 max_rss",
};

static void test_views(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
  for (size_t i = 0; i < G_N_ELEMENTS(published); i++) {
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = g_strsplit(published[i], " ", -1);
    g_assert_cmpstr(view_names()[i], ==, words[0]);
    g_assert_nonnull(view_about(words[0]));
    g_autoptr(view_rows) rows = view_read(store, words[0], NULL, 0, &error);
    g_assert_no_error(error);
    g_autofree char *expected = g_strjoinv(" ", words + 1);
    g_autofree char *found = g_strjoinv(" ", rows->columns);
    g_assert_cmpstr(found, ==, expected);
  }
  g_assert_null(view_names()[G_N_ELEMENTS(published)]);
}

static double view_number(const struct view_rows *rows, size_t row, const char *column)
{
  return view_cell(rows, row, (unsigned)view_column(rows, column))->real;
}

/* Percentiles are nearest ranks of what was answered; one value is all of its percentiles. */
static void test_measurements(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
  for (int i = 0; i < 202; i++) {
    g_autofree char *id = g_strdup_printf("i%d", i);
    /* 1 ... 200 ms in a mixed order, then a failure that took long, and another function's only one
     */
    struct result_invocation row = {.id = id,
                                    .function = i == 201 ? "b" : "a",
                                    .trigger = "http",
                                    .started = i,
                                    .duration = i == 200 ? 9.0 : 0.001 * (i * 77 % 200 + 1),
                                    .init = i < 10 ? 0.01 * (i + 1) : 0,
                                    .is_cold = i < 10,
                                    .max_rss = 1000 + i % 7,
                                    .status = i == 200 ? "timeout" : "ok",
                                    .trace = ""};
    g_assert_true(store_insert(store, &result_invocation_table, &row, &error));
  }
  g_autoptr(view_rows) rows = view_read(store, "v_measurement", NULL, 0, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(rows->n_rows, ==, 2);
  g_assert_cmpstr(view_text(rows, 0, "function"), ==, "a");
  g_assert_cmpint(view_cell(rows, 0, 1)->integer, ==, 201);
  g_assert_cmpint(view_cell(rows, 0, 2)->integer, ==, 1);
  g_assert_cmpint(view_cell(rows, 0, 3)->integer, ==, 10);
  g_assert_cmpfloat_with_epsilon(view_number(rows, 0, "duration_mean"), 0.1005, 1e-9);
  g_assert_cmpfloat_with_epsilon(view_number(rows, 0, "duration_p50"), 0.100, 1e-9);
  g_assert_cmpfloat_with_epsilon(view_number(rows, 0, "duration_p90"), 0.180, 1e-9);
  g_assert_cmpfloat_with_epsilon(view_number(rows, 0, "duration_p99"), 0.198, 1e-9);
  g_assert_cmpfloat_with_epsilon(view_number(rows, 0, "init_p50"), 0.05, 1e-9);
  g_assert_cmpfloat_with_epsilon(view_number(rows, 0, "init_p99"), 0.1, 1e-9);
  g_assert_cmpfloat(view_number(rows, 1, "duration_p50"), ==, view_number(rows, 1, "duration_p99"));
}

static void test_filter(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = open_or_fail(place->path, STORE_CREATE);
  write_two_routines(store);
  struct view_filter filter = {"name", "b"};
  g_autoptr(view_rows) rows = view_read(store, "v_routine", &filter, 1, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(rows->n_rows, ==, 1);
  g_assert_cmpint(view_cell(rows, 0, 0)->integer, ==, 2);
  g_autoptr(view_rows) unresolved = view_read(store, "v_unresolved", NULL, 0, &error);
  g_assert_cmpuint(unresolved->n_rows, ==, 1);
  g_assert_cmpstr(view_text(unresolved, 0, "expression"), ==, "hook");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  PLACE_ADD("/store/missing", test_missing);
  PLACE_ADD("/store/not-ours", test_not_ours);
  PLACE_ADD("/store/not-a-database", test_not_a_database);
  PLACE_ADD("/store/newer", test_newer);
  PLACE_ADD("/store/truncated", test_truncated);
  PLACE_ADD("/store/folder", test_folder);
  PLACE_ADD("/store/read-only", test_read_only);
  PLACE_ADD("/store/created-at-once", test_created_at_once);
  PLACE_ADD("/store/round-trip", test_round_trip);
  PLACE_ADD("/store/conflict", test_conflict);
  PLACE_ADD("/store/blob", test_blob);
  PLACE_ADD("/store/sync", test_sync);
  PLACE_ADD("/store/sync-after-writes", test_sync_after_writes);
  PLACE_ADD("/store/rollback", test_rollback);
  PLACE_ADD("/store/mark", test_mark);
  PLACE_ADD("/store/info", test_info);
  PLACE_ADD("/store/views", test_views);
  PLACE_ADD("/store/filter", test_filter);
  PLACE_ADD("/store/measurements", test_measurements);
  return g_test_run();
}
