/* What people decide about services: it is kept, its price is told, and what is wrong is said. */
#include <glib/gstdio.h>
#include <string.h>

#include "clumps.h"
#include "store/plan.h"

static void test_decisions(void)
{
  g_autofree char *path = scratch_path("decisions.db");
  g_autofree char *yaml = scratch_path("boundaries.yaml");
  g_autoptr(store_t) store = make_clumps(path, false);
  g_file_set_contents(yaml,
                      "version: 1\n"
                      "services:\n"
                      "  fruit: {routines: [apple_*], state: [\"table:apple\"]}\n"
                      "together: [[wagon_0, mirror_0]]\n"
                      "apart: [[apple_5, wagon_*]]\n"
                      "shared: [mirror_3]\n"
                      "external: [n_done]\n"
                      "functions:\n"
                      "  wagon_2: {trigger: schedule, key: \"0 2 * * *\"}\n",
                      -1, NULL);
  struct split_result result = split_or_fail(store, yaml, 0);
  g_assert_cmpuint(result.remarks->len, ==, 0);
  for (int i = 0; i < N_PER_CLUMP; i++) {
    g_autofree char *name = g_strdup_printf("apple_%d", i);
    assert_place(store, routine_id(name), "member fruit");
  }
  g_autofree char *wagon = place_of(store, routine_id("wagon_0"));
  assert_place(store, routine_id("mirror_0"), wagon);
  assert_place(store, routine_id("mirror_3"), "shared -");
  assert_place(store, store_id("state", "n_done", NULL), "external -");
  g_assert_cmpuint(result.n_functions, ==, 1);
  g_autoptr(GError) error = NULL;
  g_autoptr(record_set) functions = store_load(store, &plan_function_table, NULL, &error);
  const struct plan_function *function = record_at(functions, plan_function, 0);
  g_assert_cmpstr(function->name, ==, "wagon-2");
  g_assert_cmpstr(function->trigger, ==, "schedule");
  g_assert_cmpstr(function->key, ==, "0 2 * * *");
  split_result_clear(&result);
  g_unlink(yaml);
  g_unlink(path);
}

/* What is wrong with a file is said with its place, and nothing is written. */
static void test_refused(void)
{
  static const struct {
    const char *text;
    const char *message; /* what the error has to hold */
  } cases[] = {
      {"version: 2\n", "version"},
      {"version: 1\nservces: {}\n", "services"},
      {"version: 1\nservices: {a: {routine: [x]}}\n", "routines"},
      {"version: 1\ntogether: [apple_0]\n", ":2:"},
      {"version: 1\nfunctions: {apple_0: {trigger: htp}}\n", "unknown trigger 'htp'"},
      {"version: 1\nservices: {a: {routines: [apple_0]}, b: {routines: [apple_0]}}\n",
       "belongs to b"},
      {"version: 1\nshared: [apple_0]\napart: [[apple_0, wagon_0]]\n", "apart: apple_0, wagon_0"},
      {"version: 1\nshared: [apple_0\n", ":"},
  };
  g_autofree char *path = scratch_path("refused.db");
  g_autofree char *yaml = scratch_path("refused.yaml");
  g_autoptr(store_t) store = make_clumps(path, false);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_file_set_contents(yaml, cases[i].text, -1, NULL);
    struct split_options options = {.boundaries = yaml};
    struct split_result result = {0};
    g_assert_false(split_run(store, &options, &result, &error));
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, cases[i].message));
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(record_set) services = store_load(store, &plan_service_table, NULL, &error);
  g_assert_cmpuint(services->n, ==, 0);
  g_unlink(yaml);
  g_unlink(path);
}

static void test_unknown_names(void)
{
  g_autofree char *path = scratch_path("unknown.db");
  g_autofree char *yaml = scratch_path("unknown.yaml");
  g_autoptr(store_t) store = make_clumps(path, false);
  g_file_set_contents(yaml, "version: 1\nshared: [wagn_3, zz_*, src/wagon.c]\n", -1, NULL);
  struct split_result result = split_or_fail(store, yaml, 0);
  g_assert_cmpuint(result.remarks->len, ==, 3);
  const char *first = g_ptr_array_index(result.remarks, 0);
  g_assert_true(
      g_str_has_suffix(first, ":2:10: 'wagn_3' matches nothing; did you mean 'wagon_3'?"));
  const char *second = g_ptr_array_index(result.remarks, 1);
  g_assert_true(g_str_has_suffix(second, ":2:18: 'zz_*' matches nothing"));
  const char *third = g_ptr_array_index(result.remarks, 2);
  g_assert_true(g_str_has_suffix(third, "'src/wagon.c' matches nothing; src/wagon.c::* stands for "
                                        "the routines of the file"));
  split_result_clear(&result);
  g_unlink(yaml);
  g_unlink(path);
}

/* A routine that the outside wakes hangs on apples by one call: less than keeps it there, and too
 * little to be a service, so that it is joined. What a line costs is told against a plan that
 * joins, too: a line that asks for what is so anyway costs nothing. */
static void test_price_joins(void)
{
  g_autofree char *path = scratch_path("joins.db");
  g_autofree char *boundaries = scratch_path("joins.yaml");
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = make_clumps(path, false);
  add_routine(store, "crumb", "lib/crumb.c", 1);
  add_entry(store, "crumb", "schedule", "1m", "crumb_register");
  add_call(store, "apple_2", "crumb", 200);
  must(g_file_set_contents(boundaries, "version: 1\ntogether:\n  - [crumb, apple_0]\n", -1, &error),
       error);
  struct split_result result = split_or_fail(store, NULL, 0);
  g_autofree char *before = place_of(store, routine_id("crumb"));
  g_assert_cmpstr(before, ==, "member apple");
  split_result_clear(&result);
  result = split_or_fail(store, boundaries, 0);
  g_assert_cmpuint(result.decisions->len, ==, 1);
  const char *said = g_ptr_array_index(result.decisions, 0);
  g_test_message("%s", said);
  g_assert_nonnull(strstr(said, "costs nothing: the proposal is the same without it"));
  split_result_clear(&result);
  g_unlink(path);
  g_unlink(boundaries);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/boundaries/decisions", test_decisions);
  g_test_add_func("/boundaries/refused", test_refused);
  g_test_add_func("/boundaries/unknown-names", test_unknown_names);
  g_test_add_func("/boundaries/price-joins", test_price_joins);
  return g_test_run();
}
