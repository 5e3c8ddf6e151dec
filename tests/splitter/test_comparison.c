#include <glib.h>
#include <string.h>

#include "splitter/comparison.h"
#include "splitter/matching.h"
#include "tests/splitter/planted.h"

static struct grouping *random_grouping(guint32 n, guint32 k, guint64 seed, gboolean is_renamed)
{
  g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
  for (guint32 i = 0; i < n; i++) {
    guint32 group = (guint32)(planted_random(&seed) % k);
    g_ptr_array_insert(groups, is_renamed ? 0 : -1,
                       g_strdup_printf("g%u", is_renamed ? k - group : group));
    g_ptr_array_insert(items, is_renamed ? 0 : -1, g_strdup_printf("item%u", i));
  }
  return grouping_new(n, (const char *const *)groups->pdata, (const char *const *)items->pdata,
                      NULL);
}

static void assert_equal(const struct comparison *a, const struct comparison *b)
{
  g_assert_cmpint(memcmp(a, b, sizeof *a), ==, 0);
}

/* Names of groups and the order of lines mean nothing. */
static void test_relabelling(void)
{
  for (guint64 seed = 1; seed < 30; seed++) {
    struct grouping *a = random_grouping(60, 7, seed, FALSE);
    struct grouping *renamed = random_grouping(60, 7, seed, TRUE);
    struct grouping *b = random_grouping(60, 5, seed + 100, FALSE);
    struct comparison plain = comparison_of(a, b);
    struct comparison other = comparison_of(renamed, b);
    assert_equal(&plain, &other);
    struct comparison same = comparison_of(a, renamed);
    g_assert_cmpfloat(same.mojofm_ab, ==, 1);
    g_assert_cmpfloat(same.mojofm_ba, ==, 1);
    g_assert_cmpfloat(same.ari, ==, 1);
    g_assert_cmpfloat(same.a2a, ==, 1);
    g_assert_cmpfloat(same.c2c_a, ==, 1);
    grouping_free(a);
    grouping_free(renamed);
    grouping_free(b);
  }
}

/* Singletons and one cluster against any partition have closed forms. */
static void test_closed_forms(void)
{
  guint32 truth[20];
  guint32 singles[20];
  guint32 one[20] = {0};
  guint32 sizes[] = {1, 2, 3, 6, 8};
  for (guint32 i = 0, group = 0, left = sizes[0]; i < 20; i++) {
    truth[i] = group;
    singles[i] = i;
    if (--left == 0 && group < 4) {
      left = sizes[++group];
    }
  }
  /* G = 5: the ascending sizes 1 2 3 6 8 let every group be reached. */
  g_assert_cmpfloat_with_epsilon(comparison_mojofm(20, singles, truth), (5.0 - 5) / (20 - 5),
                                 1e-15);
  g_assert_cmpfloat_with_epsilon(comparison_mojofm(20, one, truth), (8.0 - 5) / (20 - 5), 1e-15);
  g_assert_cmpfloat_with_epsilon(comparison_ari(20, one, truth), 0, 1e-15);
  g_assert_cmpfloat_with_epsilon(comparison_ari(20, singles, truth), 0, 1e-15);
}

static guint64 best_value_by_force(const guint32 *value, guint32 n, guint32 row, guint32 used)
{
  if (row == n) {
    return 0;
  }
  guint64 best = best_value_by_force(value, n, row + 1, used);
  for (guint32 column = 0; column < n; column++) {
    if (value[row * n + column] > 0 && (used >> column & 1) == 0) {
      best = MAX(best, value[row * n + column] +
                           best_value_by_force(value, n, row + 1, used | 1U << column));
    }
  }
  return best;
}

static void test_matching(void)
{
  enum { N = 6 };
  guint64 state = 7;
  for (int round = 0; round < 300; round++) {
    guint32 value[N * N];
    guint32 first[N + 1] = {0};
    guint32 column[N * N];
    guint32 packed[N * N];
    guint32 ones[N * N];
    guint32 n = 0;
    for (guint32 i = 0; i < N * N; i++) {
      guint64 draw = planted_random(&state) % 14;
      value[i] = draw < 7 ? (guint32)draw : 0;
      ones[i] = value[i] > 0;
      if (value[i] > 0) {
        column[n] = i % N;
        packed[n++] = value[i];
      }
      first[i / N + 1] = n;
    }
    struct bipartite graph = {N, N, first, column, packed};
    g_assert_cmpuint(matching_value(&graph), ==, best_value_by_force(value, N, 0, 0));
    g_assert_cmpuint(matching_size(&graph), ==, best_value_by_force(ones, N, 0, 0));
  }
}

static void test_strangers(void)
{
  const char *groups[] = {"g", "g"};
  const char *left[] = {"a", "b"};
  const char *right[] = {"c", "d"};
  struct grouping *a = grouping_new(2, groups, left, NULL);
  struct grouping *b = grouping_new(2, groups, right, NULL);
  struct grouping *none = grouping_new(0, NULL, NULL, NULL);
  struct comparison result = comparison_of(a, b);
  g_assert_cmpuint(result.n_shared, ==, 0);
  g_assert_cmpfloat(result.a2a, <, 1);
  result = comparison_of(none, none);
  g_assert_cmpfloat(result.a2a, ==, 1);
  grouping_free(a);
  grouping_free(b);
  grouping_free(none);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/comparison/relabelling", test_relabelling);
  g_test_add_func("/comparison/closed-forms", test_closed_forms);
  g_test_add_func("/comparison/matching", test_matching);
  g_test_add_func("/comparison/strangers", test_strangers);
  return g_test_run();
}
