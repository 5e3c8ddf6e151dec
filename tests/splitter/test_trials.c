/* Tests, examples and benchmarks are told apart from what is split, with the reason, unless a
 * service of the boundaries names them. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "hand_made.h"
#include "splitter/split.h"
#include "splitter/trials.h"
#include "store/facts.h"
#include "store/plan.h"

static void test_paths(void)
{
  static const char *const trials[] = {
      "tests/a.c",      "lib/foo/test/main.c",   "t/helper.c",         "examples/publish/basic.c",
      "src/test_dns.c", "lib/dns/unit_test.c",   "testapp.c",          "src/redis-benchmark.c",
      "fuzz/one.c",     "unittests/list/list.c", "sample/one/two/x.c", "src/testQueue.c"};
  static const char *const others[] = {"src/main.c",   "src/test.c",     "latest.c",
                                       "contest/a.c",  "src/attestor.c", "t.c",
                                       "tools/dump.c", "src/protest.c",  "bin/checkconf.c"};
  for (gsize i = 0; i < G_N_ELEMENTS(trials); i++) {
    g_autofree char *reason = trials_reason_of_path(trials[i]);
    g_test_message("%s: %s", trials[i], reason);
    g_assert_nonnull(reason);
  }
  for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
    g_autofree char *reason = trials_reason_of_path(others[i]);
    g_test_message("%s: %s", others[i], reason);
    g_assert_null(reason);
  }
}

static void add_program(struct store *store, const char *program, const char *file)
{
  g_autoptr(GError) error = NULL;
  struct fact_program record = {.program = program, .file = file, .source = "link.txt"};
  must(store_insert(store, &fact_program_table, &record, &error), error);
}

/* A clump of six routines around a table. */
static void add_clump(struct store *store, const char *word, const char *file)
{
  g_autofree char *first = g_strdup_printf("%s_0", word);
  add_state(store, word, "table", "");
  for (int i = 0; i < 6; i++) {
    g_autofree char *name = g_strdup_printf("%s_%d", word, i);
    add_routine(store, name, file, 10 * i + 1);
    add_access(store, name, word, i % 2 == 0 ? "write" : "read", "sql", 10 * i + 2);
    if (i > 0) {
      add_call(store, first, name, 10 * i + 5);
    }
  }
}

/* A server of two clumps and a program of FILE that tries its tables out; BOTH are linked with
 * src/apple.c. */
static struct store *make_store(const char *path, const char *file)
{
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  struct store *store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  must(store_begin(store, &error), error);
  add_clump(store, "apple", "src/apple.c");
  add_clump(store, "wagon", "src/wagon.c");
  add_clump(store, "fake", file);
  add_state(store, "result", "global", file);
  struct fact_routine server = {.id = routine_id("server"),
                                .name = "main",
                                .file = "src/main.c",
                                .line = 1,
                                .end_line = 9,
                                .is_defined = true};
  struct fact_routine trial = {
      .id = routine_id("trial"), .name = "main", .file = file, .line = 1, .is_defined = true};
  must(store_insert(store, &fact_routine_table, &server, &error), error);
  must(store_insert(store, &fact_routine_table, &trial, &error), error);
  add_entry(store, "server", "main", "server", "");
  add_entry(store, "trial", "main", "trial", "");
  add_call(store, "server", "apple_0", 2);
  add_call(store, "server", "wagon_0", 3);
  add_call(store, "trial", "apple_0", 4);
  add_call(store, "trial", "fake_0", 5);
  add_access(store, "trial", "result", "write", "assign", 6);
  add_access(store, "trial", "wagon", "write", "sql", 7);
  add_program(store, "server", "src/main.c");
  add_program(store, "server", "src/apple.c");
  add_program(store, "server", "src/wagon.c");
  add_program(store, "trial", file);
  add_program(store, "trial", "src/apple.c");
  must(store_commit(store, &error), error);
  return store;
}

/* "role reason" of an item. */
static char *place_of(struct store *store, int64_t item)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(record_set) members =
      store_load_where(store, &plan_member_table, "item", item, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(members->n, ==, 1);
  const struct plan_member *member = record_at(members, plan_member, 0);
  return g_strdup_printf("%s %s", member->role, member->reason);
}

static void assert_role(struct store *store, int64_t item, const char *role)
{
  g_autofree char *place = place_of(store, item);
  g_assert_cmpstr(place, !=, "");
  g_assert_true(g_str_has_prefix(place, role));
}

static guint32 split(struct store *store, const char *boundaries, struct split_result *result)
{
  g_autoptr(GError) error = NULL;
  struct split_options options = {.boundaries = boundaries, .is_fresh = true};
  must(split_run(store, &options, result, &error), error);
  guint32 n_trials = result->n_trials;
  split_result_clear(result);
  return n_trials;
}

static void test_told_apart(void)
{
  g_autofree char *path = scratch_path("trials.db");
  g_autoptr(store_t) store = make_store(path, "test/unit/trial.c");
  struct split_result result = {0};
  g_assert_cmpuint(split(store, NULL, &result), ==, 7);
  g_assert_cmpuint(result.n_foreign_writes, ==, 0);
  assert_role(store, routine_id("apple_0"), "member");
  g_autofree char *place = place_of(store, routine_id("fake_0"));
  g_assert_cmpstr(place, ==, "test of trial, which tries things out: its main lies in test/unit");
  assert_role(store, routine_id("trial"), "test");
  assert_role(store, store_id("state", "fake", NULL), "test");
  assert_role(store, store_id("state", "result", NULL), "test");
  assert_role(store, store_id("state", "wagon", NULL), "owner");
  g_unlink(path);
}

/* The same code in a folder of the tree is a program like any other. */
static void test_stays(void)
{
  g_autofree char *path = scratch_path("stays.db");
  g_autoptr(store_t) store = make_store(path, "tools/fill.c");
  struct split_result result = {0};
  g_assert_cmpuint(split(store, NULL, &result), ==, 0);
  assert_role(store, routine_id("fake_0"), "member");
  g_unlink(path);
}

static void test_people_decide(void)
{
  g_autofree char *path = scratch_path("decided.db");
  g_autofree char *boundaries = scratch_path("decided.yaml");
  g_autoptr(GError) error = NULL;
  must(g_file_set_contents(boundaries, "version: 1\nservices:\n  trial:\n    routines: [fake_0]\n",
                           -1, &error),
       error);
  g_autoptr(store_t) store = make_store(path, "test/unit/trial.c");
  struct split_result result = {0};
  g_assert_cmpuint(split(store, boundaries, &result), ==, 0);
  assert_role(store, routine_id("fake_5"), "member");
  g_unlink(path);
  g_unlink(boundaries);
}

/* Where all programs try things out, they are what there is to split. */
static void test_nothing_else(void)
{
  g_autofree char *path = scratch_path("only.db");
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  add_clump(store, "apple", "examples/shop/apple.c");
  add_program(store, "shop", "examples/shop/apple.c");
  struct split_result result = {0};
  g_assert_cmpuint(split(store, NULL, &result), ==, 0);
  assert_role(store, routine_id("apple_1"), "member");
  g_unlink(path);
}

/* A list of dependencies knows no programs: all of it was meant. */
static void test_no_programs(void)
{
  g_autofree char *path = scratch_path("list.db");
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  add_clump(store, "apple", "src/apple.c");
  add_clump(store, "wagon", "test/wagon.c");
  struct split_result result = {0};
  g_assert_cmpuint(split(store, NULL, &result), ==, 0);
  assert_role(store, routine_id("wagon_1"), "member");
  g_unlink(path);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/trials/paths", test_paths);
  g_test_add_func("/trials/told-apart", test_told_apart);
  g_test_add_func("/trials/stays", test_stays);
  g_test_add_func("/trials/people-decide", test_people_decide);
  g_test_add_func("/trials/nothing-else", test_nothing_else);
  g_test_add_func("/trials/no-programs", test_no_programs);
  return g_test_run();
}
