/* Counts that were seen take the place of guesses: callgrind's output of a program whose counts are
 * known by construction, and recorded invocations. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "hand_made.h"
#include "splitter/volume.h"
#include "store/plan.h"
#include "store/results.h"

/* sum.c: main calls work() ten times and rec(5) once, work() calls add() a hundred times. */
static const char sum_out[] =
    "# callgrind format\n"
    "events: Ir\n"
    "fl=(1) /build/src/sum.c\n"
    "fn=(2) rec\n4 10\ncfn=(3) rec'2\ncalls=1 *\n* 65\n"
    "fn=(3)\n4 46\ncfn=(3)\ncalls=4 *\n* 120\n"
    "fn=(4) work\n3 50\ncfn=(5) add\ncalls=1000 -1\n* 9000\n"
    "fn=(6) main\n5 26\ncfn=(4)\ncalls=10 -2\n* 19\ncfn=(2)\ncalls=1 -1\n"
    "* 7\ncob=(9) libc\ncfi=(7) printf.c\ncfn=(8) printf\ncalls=1 +2\n* 3\n";

static const struct call *find_call(const struct monolith *monolith, const char *caller,
                                    const char *callee)
{
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    const struct call *call = &monolith->calls[i];
    if (strcmp(monolith->routines[call->caller].name, caller) == 0 &&
        strcmp(monolith->routines[call->callee].name, callee) == 0) {
      return call;
    }
  }
  g_assert_not_reached();
}

static struct store *new_store(const char *path)
{
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  struct store *store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  return store;
}

static void test_profile(void)
{
  g_autofree char *path = scratch_path("profile.db");
  g_autoptr(store_t) store = new_store(path);
  g_autoptr(GError) error = NULL;
  add_routine(store, "main", "src/sum.c", 1);
  add_routine(store, "work", "src/sum.c", 2);
  add_routine(store, "add", "src/sum.c", 3);
  add_routine(store, "rec", "src/sum.c", 4);
  add_routine(store, "help", "src/sum.c", 5);
  add_routine(store, "quiet", "src/sum.c", 6);
  add_call(store, "main", "work", 10);
  add_call(store, "main", "rec", 11);
  add_call(store, "main", "help", 12);
  add_call(store, "work", "add", 13);
  add_call(store, "rec", "rec", 14);
  add_call(store, "quiet", "help", 15);
  struct monolith *monolith = monolith_load(store, &error);
  g_assert_no_error(error);
  struct profile *profile = profile_parse("sum.out", sum_out, strlen(sum_out), &error);
  g_assert_no_error(error);
  g_assert_cmpuint(volume_apply_profile(monolith, profile), ==, 4);
  g_assert_cmpfloat(find_call(monolith, "work", "add")->n_recorded, ==, 1000);
  g_assert_cmpfloat(find_call(monolith, "rec", "rec")->n_recorded, ==, 5);
  g_assert_cmpfloat(find_call(monolith, "main", "help")->n_recorded, ==, 0);
  g_assert_cmpfloat(find_call(monolith, "quiet", "help")->n_recorded, ==, -1);
  g_assert_cmpfloat(find_call(monolith, "work", "add")->per_call, ==, 100);
  g_assert_cmpfloat(find_call(monolith, "main", "work")->per_call, ==, 10);
  double add = find_call(monolith, "work", "add")->volume;
  double work = find_call(monolith, "main", "work")->volume;
  double rec = find_call(monolith, "main", "rec")->volume;
  double again = find_call(monolith, "rec", "rec")->volume;
  g_assert_cmpfloat_with_epsilon(add / work, 100, 1e-9);
  g_assert_cmpfloat_with_epsilon(work / rec, 10, 1e-9);
  /* The geometric mean of what was counted stays: all four were guessed as 1. */
  g_assert_cmpfloat_with_epsilon(log(add * work * rec * again), 0, 1e-9);
  g_assert_cmpfloat_with_epsilon(find_call(monolith, "main", "help")->volume, 0.1, 1e-9);
  g_assert_cmpfloat_with_epsilon(find_call(monolith, "quiet", "help")->volume, 1, 1e-9);
  profile_free(profile);
  monolith_free(monolith);
  g_unlink(path);
}

static void test_refused(void)
{
  static const char *const texts[] = {"", "nothing\n", "events: Ir\nfn=a\ncfn=b\ncalls=\n",
                                      "events: Ir\nfn=a\ncfn=b\ncalls=-4 1\n",
                                      "events: Ir\ncalls=4 1\n"};
  static const char *const places[] = {"p:1:", "p:1:", "p:4:", "p:4:", "p:2:"};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(profile_parse("p", texts[i], strlen(texts[i]), &error));
    g_assert_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX);
    g_assert_true(g_str_has_prefix(error->message, places[i]));
  }
}

static void add_invocation(struct store *store, const char *function, double started, bool is_cold)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *id = g_strdup_printf("%s-%.0f", function, started);
  struct result_invocation invocation = {.id = id,
                                         .function = function,
                                         .trigger = "http",
                                         .started = started,
                                         .duration = 0.25,
                                         .init = is_cold ? 0.5 : 0,
                                         .is_cold = is_cold,
                                         .max_rss = 1000,
                                         .status = "ok",
                                         .trace = ""};
  must(store_insert(store, &result_invocation_table, &invocation, &error), error);
}

static void add_function(struct store *store, const char *name, const char *routine)
{
  g_autoptr(GError) error = NULL;
  struct plan_function function = {.id = store_id("function", name, NULL),
                                   .name = name,
                                   .routine = routine_id(routine),
                                   .trigger = "http",
                                   .key = "",
                                   .readiness = "ready",
                                   .reason = "",
                                   .file = ""};
  must(store_insert(store, &plan_function_table, &function, &error), error);
}

/* What is woken nine times as often has calls that weigh nine times as much. */
static void test_recordings(void)
{
  g_autofree char *path = scratch_path("recordings.db");
  g_autoptr(store_t) store = new_store(path);
  g_autoptr(GError) error = NULL;
  static const char *const names[] = {"often", "seldom", "never", "left", "right", "middle"};
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    add_routine(store, names[i], "a.c", (int64_t)i + 1);
  }
  add_call(store, "often", "left", 10);
  add_call(store, "seldom", "right", 11);
  add_call(store, "never", "middle", 12);
  for (gsize i = 0; i < 3; i++) {
    add_entry(store, names[i], "http", names[i], "table");
  }
  add_function(store, "get-often", "often");
  add_function(store, "get-seldom", "seldom");
  for (int i = 0; i < 10; i++) {
    add_invocation(store, i < 9 ? "get-often" : "get-seldom", 100 + i, i == 0);
  }
  struct monolith *monolith = monolith_load(store, &error);
  struct recording *recordings = volume_recordings(store, monolith, &error);
  g_assert_no_error(error);
  g_assert_true(volume_apply_recordings(monolith, recordings));
  guint32 often = monolith_routine(monolith, routine_id("often"));
  g_assert_cmpuint(recordings[often].n, ==, 9);
  g_assert_cmpuint(recordings[often].n_cold, ==, 1);
  g_assert_cmpfloat(recordings[often].seconds, ==, 0.25);
  g_assert_cmpfloat(recordings[often].cold_seconds, ==, 0.5);
  double left = find_call(monolith, "often", "left")->volume;
  double right = find_call(monolith, "seldom", "right")->volume;
  g_assert_cmpfloat_with_epsilon(left / right, 9, 1e-9);
  g_assert_cmpfloat_with_epsilon(left + right, 2, 1e-9);
  g_assert_cmpfloat(find_call(monolith, "never", "middle")->volume, ==, 1);
  g_free(recordings);
  monolith_free(monolith);
  g_unlink(path);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/volume/profile", test_profile);
  g_test_add_func("/volume/refused", test_refused);
  g_test_add_func("/volume/recordings", test_recordings);
  return g_test_run();
}
