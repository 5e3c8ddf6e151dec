/* Likeness of use on hand-made features, and medians of partitions against what is counted by hand.
 */
#include <glib.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "splitter/comparison.h"
#include "splitter/consensus.h"
#include "splitter/likeness.h"
#include "splitter/resolution.h"
#include "tests/splitter/planted.h"

static void put(GArray *family, guint32 item, guint32 feature)
{
  struct likeness_pair pair = {item, feature};
  g_array_append_val(family, pair);
}

static GArray *family_new(void)
{
  return g_array_new(FALSE, FALSE, sizeof(struct likeness_pair));
}

/* Two of eight share features 0 and 1, a third has 1 alone; feature 2 is everybody's. */
static void test_cosine(void)
{
  GArray *family = family_new();
  for (guint32 item = 0; item < 8; item++) {
    put(family, item, 2);
  }
  put(family, 5, 1);
  put(family, 0, 0);
  put(family, 0, 1);
  put(family, 4, 1);
  put(family, 4, 0);
  put(family, 4, 0);
  GArray *ties = likeness_ties(8, &family, 1, 3);
  g_assert_cmpuint(ties->len, ==, 3);
  double pair = log(8.0 / 2);
  double three = log(8.0 / 3);
  const struct likeness_tie *tie = &g_array_index(ties, struct likeness_tie, 0);
  g_assert_cmpuint(tie[0].a, ==, 0);
  g_assert_cmpuint(tie[0].b, ==, 4);
  g_assert_cmpfloat_with_epsilon(tie[0].likeness, 1, 1e-5);
  g_assert_cmpuint(tie[1].a, ==, 0);
  g_assert_cmpuint(tie[1].b, ==, 5);
  g_assert_cmpfloat_with_epsilon(tie[1].likeness, three / sqrt(pair * pair + three * three), 1e-5);
  g_assert_cmpuint(tie[2].a, ==, 4);
  g_assert_cmpuint(tie[2].b, ==, 5);
  g_array_unref(ties);
  g_array_unref(family);
}

/* Every family weighs the same, however many features it has. */
static void test_families(void)
{
  GArray *families[] = {family_new(), family_new()};
  for (guint32 feature = 0; feature < 9; feature++) {
    put(families[0], 0, feature);
    put(families[0], 1, feature);
  }
  put(families[1], 0, 0);
  put(families[1], 2, 0);
  put(families[1], 1, 1);
  put(families[1], 3, 1);
  put(families[0], 2, 9);
  put(families[0], 3, 9);
  GArray *ties = likeness_ties(6, families, 2, 2);
  const struct likeness_tie *tie = &g_array_index(ties, struct likeness_tie, 0);
  g_assert_cmpuint(ties->len, ==, 4);
  for (guint i = 0; i < ties->len; i++) {
    g_assert_cmpfloat_with_epsilon(tie[i].likeness, 0.5, 1e-5);
  }
  g_assert_cmpuint(tie[0].b, ==, 1);
  g_assert_cmpuint(tie[1].a, ==, 0);
  g_assert_cmpuint(tie[1].b, ==, 2);
  g_array_unref(ties);
  g_array_unref(families[0]);
  g_array_unref(families[1]);
}

static void test_order_of_features(void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed(3);
  GArray *family = family_new();
  GArray *backwards = family_new();
  for (guint i = 0; i < 3000; i++) {
    put(family, (guint32)g_rand_int_range(random, 0, 200),
        (guint32)g_rand_int_range(random, 0, 150));
  }
  for (guint i = family->len; i-- > 0;) {
    g_array_append_val(backwards, g_array_index(family, struct likeness_pair, i));
  }
  GArray *one = likeness_ties(200, &family, 1, 10);
  GArray *two = likeness_ties(200, &backwards, 1, 10);
  g_assert_cmpuint(one->len, ==, two->len);
  g_assert_true(memcmp(one->data, two->data, one->len * sizeof(struct likeness_tie)) == 0);
  GArray *none = likeness_ties(0, NULL, 0, 10);
  g_assert_cmpuint(none->len, ==, 0);
  g_array_unref(none);
  g_array_unref(one);
  g_array_unref(two);
  g_array_unref(family);
  g_array_unref(backwards);
}

/* Pairs that A and B have differently: the distance of Mirkin. */
static guint distance(guint32 n, const guint32 *a, const guint32 *b)
{
  guint pairs = 0;
  for (guint32 i = 0; i < n; i++) {
    for (guint32 j = 0; j < i; j++) {
      pairs += (a[i] == a[j]) != (b[i] == b[j]);
    }
  }
  return pairs;
}

static guint distance_to_all(guint32 n, const guint32 *labels, guint32 *const *partitions, guint k)
{
  guint sum = 0;
  for (guint i = 0; i < k; i++) {
    sum += distance(n, labels, partitions[i]);
  }
  return sum;
}

/* The least distance of any partition of N: all are tried, node by node. */
static guint least_distance(guint32 n, guint32 *labels, guint32 at, guint32 k_used,
                            guint32 *const *partitions, guint k)
{
  if (at == n) {
    return distance_to_all(n, labels, partitions, k);
  }
  guint best = G_MAXUINT;
  for (guint32 label = 0; label <= k_used; label++) {
    labels[at] = label;
    guint own = least_distance(n, labels, at + 1, MAX(k_used, label + 1), partitions, k);
    best = MIN(best, own);
  }
  return best;
}

static void test_median(void)
{
  enum { N = 8, K = 7, ROUNDS = 12 };
  g_autoptr(GRand) random = g_rand_new_with_seed(11);
  guint n_least = 0;
  for (guint round = 0; round < ROUNDS; round++) {
    guint32 *partitions[K];
    for (guint i = 0; i < K; i++) {
      partitions[i] = g_new(guint32, N);
      for (guint32 node = 0; node < N; node++) {
        bool is_moved = g_rand_int_range(random, 0, 4) == 0;
        partitions[i][node] = is_moved ? (guint32)g_rand_int_range(random, 0, 3) : node / 3;
      }
    }
    struct network *graph = network_new(N, 0, NULL, NULL, NULL, NULL);
    struct units *units = units_new(N, NULL);
    guint32 n_communities = 0;
    guint32 *median =
        consensus_median(graph, units, (const guint32 *const *)partitions, NULL, K, &n_communities);
    guint32 scratch[N];
    guint least = least_distance(N, scratch, 0, 0, partitions, K);
    guint own = distance_to_all(N, median, partitions, K);
    g_assert_cmpuint(own, >=, least);
    n_least += own == least;
    for (guint i = 0; i < K; i++) {
      g_assert_cmpuint(own, <=, distance_to_all(N, partitions[i], partitions, K));
    }
    for (guint i = 0; i < K; i++) {
      g_free(partitions[i]);
    }
    g_free(median);
    units_free(units);
    network_free(graph);
  }
  g_test_message("%u of %u medians are the best of all partitions", n_least, ROUNDS);
  g_assert_cmpuint(n_least, >=, ROUNDS - 1);
}

/* What must be apart is apart though every partition has it together. */
static void test_median_keeps_constraints(void)
{
  guint32 all_in_one[6] = {0};
  const guint32 *partitions[] = {all_in_one, all_in_one};
  guint32 apart[] = {0, 0, 0, 1, 1, 1};
  const guint32 *parted[] = {apart, all_in_one, all_in_one};
  struct constraints *constraints = constraints_new(6);
  constraints_add_apart(constraints, 0, 5);
  constraints_add_together(constraints, 0, 1);
  struct network *graph = network_new(6, 0, NULL, NULL, NULL, NULL);
  struct units *units = units_new(6, constraints);
  guint32 k = 0;
  guint32 *median = consensus_median(graph, units, parted, NULL, 1, &k);
  g_assert_cmpuint(k, ==, 2);
  g_assert_true(constraints_are_kept(constraints, median));
  g_free(median);
  struct units *free_units = units_new(6, NULL);
  median = consensus_median(graph, free_units, partitions, NULL, 2, &k);
  g_assert_cmpuint(k, ==, 1);
  g_free(median);
  units_free(free_units);
  units_free(units);
  constraints_free(constraints);
  network_free(graph);
}

static void test_disturbed(void)
{
  struct planted planted = planted_new(400, 4000, 20, 60, 0.2, 5);
  struct network *one = consensus_disturbed(planted.graph, 1);
  struct network *same = consensus_disturbed(planted.graph, 1);
  struct network *other = consensus_disturbed(planted.graph, 2);
  double share = 1 - (double)one->n_rows / planted.graph->n_rows;
  g_assert_cmpfloat(share, >, 0.02);
  g_assert_cmpfloat(share, <, 0.09);
  g_assert_cmpuint(one->n_rows, ==, same->n_rows);
  g_assert_true(memcmp(one->neighbour, same->neighbour, one->n_rows * sizeof(guint32)) == 0);
  g_assert_cmpuint(one->first[400], ==, one->n_rows);
  bool is_different = one->n_rows != other->n_rows;
  for (guint32 row = 0; !is_different && row < one->n_rows; row++) {
    is_different = one->neighbour[row] != other->neighbour[row];
  }
  g_assert_true(is_different);
  /* What is planted comes back, whichever edges are missing. */
  struct units *units = units_new(400, NULL);
  struct resolution_choice whole = resolution_longest(planted.graph, units);
  struct resolution_choice thinned = resolution_longest(other, units);
  g_assert_cmpfloat(comparison_ari(400, whole.labels, planted.truth), >=, 0.95);
  g_assert_cmpfloat(comparison_ari(400, whole.labels, thinned.labels), >=, 0.97);
  resolution_choice_clear(&whole);
  resolution_choice_clear(&thinned);
  units_free(units);
  network_free(one);
  network_free(same);
  network_free(other);
  planted_clear(&planted);
}

/* The graph with a node of its own in front: every number is one more, every key the same. */
static struct network *renumbered(const struct network *graph)
{
  g_autofree guint32 *from = g_new(guint32, graph->n_rows);
  g_autofree guint32 *to = g_new(guint32, graph->n_rows);
  g_autofree gint64 *weight = g_new(gint64, graph->n_rows);
  gsize n = 0;
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      if (graph->neighbour[row] > node) {
        from[n] = node + 1;
        to[n] = graph->neighbour[row] + 1;
        weight[n++] = graph->weight[row];
      }
    }
  }
  struct network *other = network_new(graph->n_nodes + 1, n, from, to, weight, NULL);
  other->key = g_new(guint64, graph->n_nodes + 1);
  other->key[0] = 77;
  memcpy(other->key + 1, graph->key, graph->n_nodes * sizeof *graph->key);
  return other;
}

/* What is disturbed, and how, goes by what nodes are and not by how many stand before them. */
static void test_keys(void)
{
  enum { N = 400 };
  struct planted planted = planted_new(N, 3000, 20, 60, 0.6, 5);
  planted.graph->key = g_new(guint64, N);
  guint64 state = 3;
  for (guint32 node = 0; node < N; node++) {
    planted.graph->key[node] = planted_random(&state);
  }
  struct network *shifted = renumbered(planted.graph);
  struct network *one = consensus_disturbed(planted.graph, 4);
  struct network *two = consensus_disturbed(shifted, 4);
  g_assert_cmpuint(one->n_rows, <, planted.graph->n_rows);
  g_assert_cmpuint(one->n_rows, ==, two->n_rows);
  for (guint32 row = 0; row < one->n_rows; row++) {
    g_assert_cmpuint(one->neighbour[row] + 1, ==, two->neighbour[row]);
  }
  struct units *units = units_new(N, NULL);
  struct units *shifted_units = units_new(N + 1, NULL);
  for (guint start = 1; start < 6; start++) {
    struct leiden_options options = {.resolution = leiden_resolution(1000), .first_start = start};
    g_autofree guint32 *labels = leiden_solve(planted.graph, units, &options, NULL, NULL);
    g_autofree guint32 *again = leiden_solve(shifted, shifted_units, &options, NULL, NULL);
    g_assert_cmpfloat(comparison_ari(N, labels, again + 1), ==, 1);
  }
  units_free(units);
  units_free(shifted_units);
  network_free(one);
  network_free(two);
  network_free(shifted);
  planted_clear(&planted);
}

/* A partition of weight three counts as if it were there three times. */
static void test_weights(void)
{
  enum { N = 60, K = 4 };
  g_autoptr(GRand) random = g_rand_new_with_seed(7);
  guint32 partitions[K][N];
  for (guint i = 0; i < K; i++) {
    for (guint32 node = 0; node < N; node++) {
      partitions[i][node] = (guint32)g_rand_int_range(random, 0, 4 + (gint32)i);
    }
  }
  const guint32 *some[] = {partitions[0], partitions[1], partitions[2], partitions[3]};
  const guint32 *repeated[] = {partitions[0], partitions[0], partitions[0],
                               partitions[1], partitions[3], partitions[3]};
  const guint16 weights[] = {3, 1, 0, 2};
  const guint16 first_only[] = {5, 2, 2, 0};
  struct network *graph = network_new(N, 0, NULL, NULL, NULL, NULL);
  struct units *units = units_new(N, NULL);
  guint32 k = 0;
  g_autofree guint32 *weighted = consensus_median(graph, units, some, weights, K, &k);
  g_autofree guint32 *counted = consensus_median(graph, units, repeated, NULL, 6, &k);
  g_assert_cmpfloat(comparison_ari(N, weighted, counted), ==, 1);
  g_autofree guint32 *heaviest = consensus_median(graph, units, some, first_only, K, &k);
  g_assert_cmpfloat(comparison_ari(N, heaviest, partitions[0]), ==, 1);
  units_free(units);
  network_free(graph);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/likeness/cosine", test_cosine);
  g_test_add_func("/likeness/families", test_families);
  g_test_add_func("/likeness/order-of-features", test_order_of_features);
  g_test_add_func("/consensus/median", test_median);
  g_test_add_func("/consensus/median-keeps-constraints", test_median_keeps_constraints);
  g_test_add_func("/consensus/disturbed", test_disturbed);
  g_test_add_func("/consensus/keys", test_keys);
  g_test_add_func("/consensus/weights", test_weights);
  return g_test_run();
}
