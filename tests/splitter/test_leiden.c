#include <glib.h>
#include <math.h>
#include <string.h>

#include "splitter/comparison.h"
#include "splitter/connectivity.h"
#include "splitter/leiden.h"
#include "splitter/level.h"
#include "tests/splitter/planted.h"

static guint32 *solve(const struct network *graph, const struct constraints *constraints,
                      double density, guint32 *k)
{
  struct units *units = units_new(graph->n_nodes, constraints);
  g_assert_nonnull(units);
  struct leiden_options options = {.resolution =
                                       leiden_resolution(density * (double)NETWORK_WEIGHT_ONE)};
  guint32 *labels = leiden_solve(graph, units, &options, NULL, k);
  units_free(units);
  return labels;
}

static void test_planted(void)
{
  struct planted planted = planted_new(2000, 20000, 30, 90, 0.3, 1);
  guint32 k = 0;
  g_autofree guint32 *labels = solve(planted.graph, NULL, 0.05, &k);
  double ari = comparison_ari(2000, labels, planted.truth);
  g_test_message("planted: %u communities, ARI %.4f", k, ari);
  g_assert_cmpfloat(ari, >, 0.97);
  planted_clear(&planted);
}

/* Every subset of up to two communities: moving one node never improves. */
static void test_local_optimum(void)
{
  for (guint64 seed = 1; seed <= 10; seed++) {
    struct planted planted = planted_new(120, 700, 8, 20, 0.4, seed);
    guint32 k = 0;
    double density = 0.1;
    gint64 resolution = leiden_resolution(density * (double)NETWORK_WEIGHT_ONE);
    g_autofree guint32 *labels = solve(planted.graph, NULL, density, &k);
    double score_now = leiden_score(planted.graph, labels, resolution);
    for (guint32 node = 0; node < 120; node++) {
      guint32 old = labels[node];
      for (guint32 other = 0; other <= k; other++) {
        labels[node] = other;
        g_assert_cmpfloat(leiden_score(planted.graph, labels, resolution), <=, score_now + 1e-6);
      }
      labels[node] = old;
    }
    planted_clear(&planted);
  }
}

static void test_small_graphs(void)
{
  struct network *empty = network_new(0, 0, NULL, NULL, NULL, NULL);
  guint32 k = 9;
  g_autofree guint32 *none = solve(empty, NULL, 0.1, &k);
  g_assert_cmpuint(k, ==, 0);
  network_free(empty);
  struct network *one = network_new(1, 0, NULL, NULL, NULL, NULL);
  g_autofree guint32 *single = solve(one, NULL, 0.1, &k);
  g_assert_cmpuint(k, ==, 1);
  network_free(one);
  guint32 from[] = {0, 0, 1};
  guint32 to[] = {0, 1, 0};
  struct network *two = network_new(2, 3, from, to, NULL, NULL);
  g_assert_cmpuint(two->n_rows, ==, 2);
  g_assert_cmpint(two->weight[0], ==, 2 * NETWORK_WEIGHT_ONE);
  g_autofree guint32 *pair = solve(two, NULL, 0.1, &k);
  g_assert_cmpuint(k, ==, 1);
  network_free(two);
}

/* Two cliques on a bridge are one community to the eye of connectivity, and two to the cut test. */
static void test_weakest_cut(void)
{
  guint32 from[64];
  guint32 to[64];
  gsize n = 0;
  for (guint32 i = 0; i < 5; i++) {
    for (guint32 j = 0; j < i; j++) {
      from[n] = i;
      to[n++] = j;
      from[n] = i + 5;
      to[n++] = j + 5;
    }
  }
  from[n] = 0;
  to[n++] = 9;
  struct network *graph = network_new(10, n, from, to, NULL, NULL);
  struct units *units = units_new(10, NULL);
  guint32 nodes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  struct weakest_cut cut = connectivity_weakest_cut(graph, units, nodes, 10);
  g_assert_cmpint(cut.weight, ==, NETWORK_WEIGHT_ONE);
  g_assert_cmpint(cut.mass, ==, 5);
  g_assert_cmpint(cut.side[0], !=, cut.side[9]);
  g_free(cut.side);
  guint32 labels[10] = {0};
  gint64 resolution = leiden_resolution(0.1 * (double)NETWORK_WEIGHT_ONE);
  g_assert_cmpuint(connectivity_split_weak(graph, units, resolution, 11, labels), ==, 1);
  g_assert_cmpuint(labels[0], !=, labels[9]);
  units_free(units);
  network_free(graph);
}

static gint64 lightest_cut_by_force(const struct network *graph)
{
  gint64 best = G_MAXINT64;
  for (guint32 side = 1; side < (1U << (graph->n_nodes - 1)); side++) {
    gint64 weight = 0;
    for (guint32 node = 0; node < graph->n_nodes; node++) {
      for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
        if ((side >> node & 1) == 1 && (side >> graph->neighbour[row] & 1) == 0) {
          weight += graph->weight[row];
        }
      }
    }
    best = MIN(best, weight);
  }
  return best;
}

static void test_weakest_cut_by_force(void)
{
  guint32 nodes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  for (guint64 seed = 1; seed < 60; seed++) {
    struct planted planted = planted_new(10, 22, 3, 6, 0.3, seed);
    struct units *units = units_new(10, NULL);
    struct weakest_cut cut = connectivity_weakest_cut(planted.graph, units, nodes, 10);
    g_assert_cmpint(cut.weight, ==, lightest_cut_by_force(planted.graph));
    g_free(cut.side);
    units_free(units);
    planted_clear(&planted);
  }
}

/* A warm start that nothing disturbs changes nothing; a price keeps nodes at home. */
/* Units count as connected wherever their members stand in the list. */
static void test_weakest_cut_of_units(void)
{
  guint32 from[] = {0, 1, 2, 3};
  guint32 to[] = {1, 2, 3, 4};
  gint64 weight[] = {9, 9, 1, 9};
  struct network *graph = network_new(5, 4, from, to, weight, NULL);
  struct constraints *constraints = constraints_new(5);
  constraints_add_together(constraints, 2, 3);
  struct units *units = units_new(5, constraints);
  guint32 nodes[] = {3, 4, 0, 2, 1};
  struct weakest_cut cut = connectivity_weakest_cut(graph, units, nodes, 5);
  g_assert_cmpint(cut.weight, ==, 9);
  g_assert_cmpuint(cut.side[0], ==, cut.side[3]);
  g_free(cut.side);
  cut = connectivity_weakest_cut(graph, units, (guint32[]){3, 2}, 2);
  g_assert_cmpint(cut.weight, ==, 0);
  g_assert_cmpint(cut.mass, ==, 0);
  g_free(cut.side);
  units_free(units);
  constraints_free(constraints);
  network_free(graph);
}

/* Four pairs in two communities: only the one that is asked for comes apart. */
static void test_connected_parts(void)
{
  guint32 from[] = {0, 2, 4, 6};
  guint32 to[] = {1, 3, 5, 7};
  struct network *graph = network_new(8, 4, from, to, NULL, NULL);
  struct units *units = units_new(8, NULL);
  guint32 labels[] = {0, 0, 0, 0, 1, 1, 1, 1};
  guint8 is_asked[9] = {0, 1};
  g_assert_cmpuint(connectivity_split(graph, units, is_asked, 9, labels), ==, 1);
  guint32 some[] = {0, 0, 0, 0, 1, 1, 2, 2};
  g_assert_true(memcmp(labels, some, sizeof some) == 0);
  g_assert_cmpuint(connectivity_split(graph, units, NULL, 9, labels), ==, 1);
  guint32 all[] = {0, 0, 3, 3, 1, 1, 2, 2};
  g_assert_true(memcmp(labels, all, sizeof all) == 0);
  units_free(units);
  network_free(graph);
}

static void test_warm_start(void)
{
  struct planted planted = planted_new(1000, 9000, 20, 60, 0.3, 5);
  struct units *units = units_new(1000, NULL);
  struct leiden_options options = {.resolution =
                                       leiden_resolution(0.05 * (double)NETWORK_WEIGHT_ONE)};
  guint32 k = 0;
  g_autofree guint32 *cold = leiden_solve(planted.graph, units, &options, NULL, &k);
  options.move_price = NETWORK_WEIGHT_ONE;
  g_autofree guint32 *warm = leiden_solve(planted.graph, units, &options, cold, &k);
  g_assert_cmpint(memcmp(cold, warm, 1000 * sizeof *cold), ==, 0);
  options.resolution *= 2;
  g_autofree guint32 *cheap = leiden_solve(planted.graph, units, &options, cold, &k);
  options.move_price = 1000 * NETWORK_WEIGHT_ONE;
  g_autofree guint32 *dear = leiden_solve(planted.graph, units, &options, cold, &k);
  g_assert_cmpfloat(comparison_ari(1000, dear, cold), >=, comparison_ari(1000, cheap, cold));
  g_assert_cmpint(memcmp(cold, dear, 1000 * sizeof *cold), ==, 0);
  units_free(units);
  planted_clear(&planted);
}

static void test_resolve(void)
{
  struct planted planted = planted_new(1000, 9000, 20, 60, 0.3, 5);
  struct leiden_options options = {.resolution =
                                       leiden_resolution(0.05 * (double)NETWORK_WEIGHT_ONE)};
  struct units *free_units = units_new(1000, NULL);
  guint32 k = 0;
  g_autofree guint32 *cold = leiden_solve(planted.graph, free_units, &options, NULL, &k);
  guint32 other = 1;
  while (cold[other] != cold[0]) {
    other++;
  }
  struct constraints *constraints = constraints_new(1000);
  constraints_add_apart(constraints, 0, other);
  struct units *units = units_new(1000, constraints);
  guint32 touched[] = {0, other};
  g_autofree guint32 *labels = leiden_resolve(planted.graph, units, &options, cold, touched, 2, &k);
  g_assert_true(constraints_are_kept(constraints, labels));
  guint n_moved = 0;
  for (guint32 i = 0; i < 1000; i++) {
    for (guint32 j = 0; j < i; j++) {
      n_moved += (cold[i] == cold[j]) != (labels[i] == labels[j]);
    }
  }
  g_assert_cmpuint(n_moved, >, 0);
  g_assert_cmpfloat(comparison_ari(1000, cold, labels), >, 0.99);
  constraints_free(constraints);
  units_free(units);
  units_free(free_units);
  planted_clear(&planted);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/leiden/planted", test_planted);
  g_test_add_func("/leiden/local-optimum", test_local_optimum);
  g_test_add_func("/leiden/small-graphs", test_small_graphs);
  g_test_add_func("/leiden/weakest-cut", test_weakest_cut);
  g_test_add_func("/leiden/weakest-cut-by-force", test_weakest_cut_by_force);
  g_test_add_func("/leiden/weakest-cut-of-units", test_weakest_cut_of_units);
  g_test_add_func("/leiden/connected-parts", test_connected_parts);
  g_test_add_func("/leiden/warm-start", test_warm_start);
  g_test_add_func("/leiden/resolve", test_resolve);
  return g_test_run();
}
