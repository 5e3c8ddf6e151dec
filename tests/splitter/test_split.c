/* The main line on hand-made stores: clumps of code with a table each, a counter, a utility. */
#include <glib/gstdio.h>
#include <string.h>

#include "clumps.h"
#include "splitter/account.h"
#include "store/facts.h"
#include "store/plan.h"

static void test_clumps(void)
{
  g_autofree char *path = scratch_path("clumps.db");
  g_autoptr(store_t) store = make_clumps(path, false);
  struct split_result result = split_or_fail(store, NULL, 0);
  g_assert_cmpuint(result.n_services, ==, 3);
  g_assert_cmpuint(result.n_cuts, ==, 1);
  g_assert_cmpuint(result.n_foreign_writes, ==, 0);
  for (int i = 0; i < N_PER_CLUMP; i++) {
    g_autofree char *name = g_strdup_printf("wagon_%d", i);
    assert_place(store, routine_id(name), "member wagon");
  }
  assert_place(store, store_id("state", "apple", NULL), "owner apple");
  assert_place(store, store_id("state", "n_done", NULL), "replicated -");
  assert_place(store, routine_id("text_trim"), "shared -");
  split_result_clear(&result);
  /* Nothing was edited: nothing moves. */
  result = split_or_fail(store, NULL, 0);
  g_assert_true(result.is_warm);
  g_assert_cmpuint(result.changes->len, ==, 0);
  split_result_clear(&result);
  result = split_or_fail(store, NULL, 2);
  g_assert_cmpuint(result.n_services, ==, 2);
  split_result_clear(&result);
  g_unlink(path);
}

static char *dump(struct store *store)
{
  GString *text = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(record_set) members = store_load(store, &plan_member_table, NULL, &error);
  g_autoptr(record_set) cuts = store_load(store, &plan_cut_table, NULL, &error);
  g_autoptr(record_set) reasons = store_load(store, &plan_reason_table, NULL, &error);
  g_assert_no_error(error);
  for (size_t i = 0; i < members->n; i++) {
    const struct plan_member *member = record_at(members, plan_member, i);
    g_string_append_printf(text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s %.17g %s\n",
                           member->service, member->item, member->role, member->margin,
                           member->reason);
  }
  for (size_t i = 0; i < cuts->n; i++) {
    const struct plan_cut *cut = record_at(cuts, plan_cut, i);
    g_string_append_printf(text, "%" G_GINT64_FORMAT " %.17g %s\n", cut->id, cut->price,
                           cut->reason);
  }
  for (size_t i = 0; i < reasons->n; i++) {
    const struct plan_reason *reason = record_at(reasons, plan_reason, i);
    g_string_append_printf(text, "%s %.17g %s\n", reason->kind, reason->weight, reason->text);
  }
  return g_string_free(text, FALSE);
}

static void test_order_of_facts(void)
{
  g_autofree char *left_path = scratch_path("left.db");
  g_autofree char *right_path = scratch_path("right.db");
  g_autoptr(store_t) left = make_clumps(left_path, false);
  g_autoptr(store_t) right = make_clumps(right_path, true);
  struct split_result a = split_or_fail(left, NULL, 0);
  struct split_result b = split_or_fail(right, NULL, 0);
  g_autofree char *left_text = dump(left);
  g_autofree char *right_text = dump(right);
  g_assert_cmpstr(left_text, ==, right_text);
  split_result_clear(&a);
  split_result_clear(&b);
  g_unlink(left_path);
  g_unlink(right_path);
}

/* A handler that calls commands by name needs what they need; a table's dispatch is the
 * platform's. */
static void test_command_chain_belongs_to_its_caller(void)
{
  g_autofree char *path = scratch_path("chain.db");
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
  must(store_begin(store, &error), error);
  add_routine(store, "console", "console.c", 1);
  add_routine(store, "console_run", "console.c", 10);
  add_routine(store, "session_end", "session.c", 1);
  add_routine(store, "session_begin", "session.c", 10);
  add_state(store, "sessions", "static", "session.c");
  add_call(store, "console", "console_run", 2);
  add_call(store, "console_run", "session_end", 12);
  add_access(store, "session_end", "sessions", "write", "assign", 3);
  add_access(store, "session_end", "sessions", "read", "", 3);
  add_access(store, "session_begin", "sessions", "write", "assign", 11);
  add_entry(store, "console", "http", "POST /console", "routes");
  add_entry(store, "session_end", "command", "logout", "console_run");
  must(store_commit(store, &error), error);
  struct split_result result = split_or_fail(store, NULL, 0);
  g_autoptr(record_set) functions = store_load(store, &plan_function_table, "name", &error);
  bool is_seen = false;
  for (size_t i = 0; i < functions->n; i++) {
    const struct plan_function *function = record_at(functions, plan_function, i);
    if (strcmp(function->trigger, "http") == 0) {
      is_seen = true;
      g_assert_cmpstr(function->readiness, ==, "adapt");
      g_assert_nonnull(strstr(function->reason, "sessions"));
    }
  }
  g_assert_true(is_seen);
  split_result_clear(&result);
  g_unlink(path);
}

static void test_tiny_stores(void)
{
  g_autofree char *path = scratch_path("tiny.db");
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
  struct split_options options = {0};
  struct split_result result = {0};
  g_assert_false(split_run(store, &options, &result, &error));
  g_assert_error(error, SPLIT_ERROR, SPLIT_ERROR_EMPTY);
  g_clear_error(&error);
  add_routine(store, "alone", "a.c", 1);
  must(split_run(store, &options, &result, &error), error);
  g_assert_cmpuint(result.n_services, ==, 1);
  g_assert_cmpuint(result.n_functions, ==, 0);
  split_result_clear(&result);
  g_unlink(path);
}

static char *reason_of_cut(struct store *store, const char *routine, const char *state)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(record_set) cuts =
      store_load_where(store, &plan_cut_table, "routine", routine_id(routine), "id", &error);
  g_assert_no_error(error);
  for (size_t i = 0; i < cuts->n; i++) {
    const struct plan_cut *cut = record_at(cuts, plan_cut, i);
    if (cut->item == store_id("state", state, NULL)) {
      return g_strdup(cut->reason);
    }
  }
  return g_strdup("");
}

/* A variable that no other file can name is written from there through a pointer: to call the owner
 * would not help. The service that goes last is what is left. */
static void test_remedies(void)
{
  g_autofree char *path = scratch_path("remedies.db");
  g_autoptr(store_t) store = make_clumps(path, false);
  static const char *const states[] = {"wagon_hidden", "wagon_seen"};
  for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
    add_state(store, states[i], i == 0 ? "static" : "global", "src/wagon.c");
    add_access(store, "wagon_1", states[i], "write", "assign", 500);
    add_access(store, "wagon_1", states[i], "read", "assign", 501);
    add_access(store, "wagon_2", states[i], "write", "assign", 502);
    add_access(store, "wagon_3", states[i], "write", "assign", 503);
    add_access(store, i == 0 ? "apple_2" : "apple_4", states[i], "write", "assign", 504);
  }
  struct split_result result = split_or_fail(store, NULL, 0);
  g_test_message("%u services", result.n_services);
  g_autofree char *hidden = reason_of_cut(store, "apple_2", "wagon_hidden");
  g_autofree char *seen = reason_of_cut(store, "apple_4", "wagon_seen");
  g_assert_true(g_str_has_prefix(hidden, "written through a pointer to it"));
  g_assert_true(g_str_has_prefix(seen, "call a routine of the owner"));
  guint n = result.steps->len;
  g_assert_cmpuint(n, >, 1);
  g_assert_null(strstr(g_ptr_array_index(result.steps, 0), "what is left"));
  g_assert_nonnull(strstr(g_ptr_array_index(result.steps, n - 1), ": what is left: "));
  split_result_clear(&result);
  g_unlink(path);
}

/* "role service: reason" of a routine or state. */
static char *reason_of(struct store *store, int64_t item)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *place = place_of(store, item);
  g_autoptr(record_set) members =
      store_load_where(store, &plan_member_table, "item", item, NULL, &error);
  g_assert_no_error(error);
  return g_strdup_printf("%s: %s", place, record_at(members, plan_member, 0)->reason);
}

/* State that is kept whole says with what: the lock, and where it is taken. */
static void test_kept_whole(void)
{
  g_autofree char *path = scratch_path("whole.db");
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = make_clumps(path, false);
  static const char *const states[] = {"apple_seen", "wagon_seen"};
  struct fact_state lock = {.id = store_id("state", "gate", NULL),
                            .name = "gate",
                            .storage = "static",
                            .file = "src/apple.c",
                            .class = "shared",
                            .type = "pthread_mutex_t"};
  struct fact_span span = {.routine = routine_id("apple_2"),
                           .kind = "lock",
                           .state = lock.id,
                           .file = "x.c",
                           .line = 600,
                           .end_line = 640};
  must(store_insert(store, &fact_state_table, &lock, &error), error);
  must(store_insert(store, &fact_span_table, &span, &error), error);
  for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
    add_state(store, states[i], "global", i == 0 ? "src/apple.c" : "src/wagon.c");
    add_access(store, "apple_2", states[i], "write", "assign", 610 + i);
    add_access(store, "apple_2", states[i], "read", "assign", 620 + i);
    add_access(store, i == 0 ? "apple_3" : "wagon_3", states[i], "write", "assign", 700 + i);
  }
  add_entry(store, "apple_0", "http", "GET /apple", "routes");
  struct split_result result = split_or_fail(store, NULL, 0);
  split_result_clear(&result);
  g_autofree char *reason = reason_of(store, store_id("state", "wagon_seen", NULL));
  g_test_message("%s", reason);
  g_assert_nonnull(
      strstr(reason, "stays with the 1 other that is written under the lock gate (x.c:600)"));
  g_unlink(path);
}

/* The account of a routine tells what wakes it, and whether that is a function. */
static void test_account_of_entry(void)
{
  g_autofree char *path = scratch_path("entry.db");
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = make_clumps(path, false);
  add_entry(store, "apple_0", "http", "GET /apple", "routes");
  struct split_result result = split_or_fail(store, NULL, 0);
  split_result_clear(&result);
  add_entry(store, "wagon_0", "queue", "wagons", "routes"); /* found after the split */
  struct monolith *monolith = monolith_load(store, &error);
  g_assert_no_error(error);
  static const struct {
    const char *name;
    const char *says;
  } cases[] = {{"apple_0", "woken by http GET /apple: function "},
               {"wagon_0", "woken by queue wagons, and no function"}};
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GPtrArray) candidates = account_candidates(store, monolith, cases[i].name, &error);
    g_assert_cmpuint(candidates->len, ==, 1);
    g_autoptr(GPtrArray) lines =
        account_of(store, monolith, g_ptr_array_index(candidates, 0), &error);
    g_assert_no_error(error);
    bool is_said = false;
    for (guint j = 0; j < lines->len; j++) {
      const struct account_line *line = g_ptr_array_index(lines, j);
      is_said |= strcmp(line->what, "entry") == 0 && g_str_has_prefix(line->text, cases[i].says);
    }
    g_assert_true(is_said);
  }
  monolith_free(monolith);
  g_unlink(path);
}

/* A tiny program that nothing ties to the others is a service of its own, with the reason; code
 * that nobody wakes goes with the largest service and says so. */
static void test_untied(void)
{
  g_autofree char *path = scratch_path("untied.db");
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = make_clumps(path, false);
  add_routine(store, "nightly", "tools/nightly/tool.c", 1);
  add_routine(store, "vacuum", "tools/nightly/tool.c", 20);
  add_state(store, "rows_seen", "global", "tools/nightly/tool.c");
  add_access(store, "vacuum", "rows_seen", "write", "assign", 21);
  add_access(store, "vacuum", "rows_seen", "read", "assign", 22);
  add_call(store, "nightly", "vacuum", 2);
  add_entry(store, "nightly", "main", "nightly", "");
  add_routine(store, "leftover", "old/remnant/leftover.c", 1);
  add_state(store, "leftover_state", "global", "old/remnant/leftover.c");
  add_access(store, "leftover", "leftover_state", "write", "assign", 2);
  add_access(store, "leftover", "leftover_state", "read", "assign", 3);
  struct split_result result = split_or_fail(store, NULL, 0);
  g_assert_cmpuint(result.n_services, ==, 4);
  split_result_clear(&result);
  g_autofree char *vacuum = place_of(store, routine_id("vacuum"));
  g_autofree char *nightly = place_of(store, routine_id("nightly"));
  g_assert_cmpstr(vacuum, ==, nightly);
  g_assert_true(g_str_has_prefix(vacuum, "member "));
  g_autoptr(record_set) services = store_load(store, &plan_service_table, "name", &error);
  g_assert_no_error(error);
  guint n_alone = 0;
  for (size_t i = 0; i < services->n; i++) {
    const struct plan_service *service = record_at(services, plan_service, i);
    n_alone += strstr(service->reason, "nothing ties it to another service") != NULL;
  }
  g_assert_cmpuint(n_alone, >=, 1);
  g_autofree char *leftover = reason_of(store, routine_id("leftover"));
  g_assert_nonnull(strstr(leftover, ": nothing ties it to any service"));
  g_autofree char *other = reason_of(store, routine_id("apple_1"));
  g_assert_null(strstr(other, "nothing ties it"));
  /* A number that was asked for has precedence. */
  result = split_or_fail(store, NULL, 3);
  g_assert_cmpuint(result.n_services, ==, 3);
  split_result_clear(&result);
  g_unlink(path);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/split/clumps", test_clumps);
  g_test_add_func("/split/order-of-facts", test_order_of_facts);
  g_test_add_func("/split/command-chain", test_command_chain_belongs_to_its_caller);
  g_test_add_func("/split/untied", test_untied);
  g_test_add_func("/split/remedies", test_remedies);
  g_test_add_func("/split/kept-whole", test_kept_whole);
  g_test_add_func("/split/account-of-entry", test_account_of_entry);
  g_test_add_func("/split/tiny-stores", test_tiny_stores);
  return g_test_run();
}
