/* Likeness of use on hand-made stores: who calls the same, is called by the same, takes the same
 * types and is linked into the same programs is alike; what many or nobody have says nothing. */
#include <glib.h>
#include <glib/gstdio.h>

#include "hand_made.h"
#include "splitter/monolith.h"
#include "splitter/usage.h"
#include "store/facts.h"

static void add_param(struct store *store, const char *routine, const char *type)
{
  g_autoptr(GError) error = NULL;
  struct fact_param param = {.routine = routine_id(routine), .name = "p", .type = type};
  must(store_insert(store, &fact_param_table, &param, &error), error);
}

static void add_program(struct store *store, const char *program, const char *file,
                        const char *source)
{
  g_autoptr(GError) error = NULL;
  struct fact_program record = {.program = program, .file = file, .source = source};
  must(store_insert(store, &fact_program_table, &record, &error), error);
}

/* Likeness of two routines, 0 when they are not tied. Every routine is a node. */
static double likeness(const struct monolith *monolith, const char *left, const char *right)
{
  g_autofree guint32 *node = g_new(guint32, MAX(monolith->n_routines, 1));
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    node[i] = i;
  }
  guint32 a = monolith_routine(monolith, routine_id(left));
  guint32 b = monolith_routine(monolith, routine_id(right));
  g_assert_cmpuint(a, !=, MONOLITH_NONE);
  g_assert_cmpuint(b, !=, MONOLITH_NONE);
  g_autoptr(GArray) ties = usage_ties(monolith, monolith->n_routines, node, NULL);
  double found = 0;
  for (guint i = 0; i < ties->len; i++) {
    const struct likeness_tie *tie = &g_array_index(ties, struct likeness_tie, i);
    g_assert_cmpuint(tie->a, <, tie->b);
    g_assert_cmpfloat(tie->likeness, >, 0);
    g_assert_cmpfloat(tie->likeness, <=, 1 + 1e-6);
    found = tie->a == MIN(a, b) && tie->b == MAX(a, b) ? tie->likeness : found;
  }
  return found;
}

static struct monolith *fill(struct store *store, bool is_turned)
{
  static const char *const names[] = {"load", "unload", "weigh", "sell", "buy", "sum", "print"};
  g_autoptr(GError) error = NULL;
  must(store_begin(store, &error), error);
  for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
    guint at = is_turned ? (guint)G_N_ELEMENTS(names) - 1 - i : i;
    g_autofree char *file = g_strdup_printf("%s.c", names[at]);
    add_routine(store, names[at], file, 1);
  }
  /* Alike by what they call; weigh is used by both. */
  add_call(store, "load", "weigh", 1);
  add_call(store, "unload", "weigh", 2);
  /* Alike by a type, whatever its qualifiers; `int` is everybody's. */
  add_param(store, "sell", "const struct offer *");
  add_param(store, "buy", "struct offer *");
  add_param(store, "sum", "unsigned int");
  add_param(store, "print", "int *");
  /* A program of two files; what nothing links is no program. */
  add_program(store, "till", "sell.c", "link.txt");
  add_program(store, "till", "sum.c", "link.txt");
  add_program(store, "(unlinked)", "load.c", "nothing links it");
  add_program(store, "(unlinked)", "print.c", "nothing links it");
  must(store_commit(store, &error), error);
  struct monolith *monolith = monolith_load(store, &error);
  g_assert_no_error(error);
  return monolith;
}

static struct monolith *make(const char *path, bool is_turned)
{
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  struct monolith *monolith = fill(store, is_turned);
  g_unlink(path);
  return monolith;
}

static void test_families(void)
{
  g_autofree char *path = scratch_path("usage.db");
  struct monolith *monolith = make(path, false);
  g_assert_cmpfloat(likeness(monolith, "load", "unload"), >, 0.9);
  g_assert_cmpfloat(likeness(monolith, "sell", "buy"), >, 0.5);
  g_assert_cmpfloat(likeness(monolith, "sell", "sum"), >, 0.5);
  g_assert_cmpfloat(likeness(monolith, "sell", "buy"), <, 1);
  g_assert_cmpfloat(likeness(monolith, "sum", "print"), ==, 0);
  g_assert_cmpfloat(likeness(monolith, "load", "print"), ==, 0);
  g_assert_cmpfloat(likeness(monolith, "load", "weigh"), ==, 0);
  monolith_free(monolith);
}

static void test_order_of_rows(void)
{
  static const char *const pairs[][2] = {{"load", "unload"}, {"sell", "buy"}, {"sell", "sum"}};
  g_autofree char *path = scratch_path("turned.db");
  struct monolith *monolith = make(path, false);
  struct monolith *turned = make(path, true);
  for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
    double one = likeness(monolith, pairs[i][0], pairs[i][1]);
    g_assert_true(one == likeness(turned, pairs[i][0], pairs[i][1]));
  }
  monolith_free(monolith);
  monolith_free(turned);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/usage/families", test_families);
  g_test_add_func("/usage/order-of-rows", test_order_of_rows);
  return g_test_run();
}
