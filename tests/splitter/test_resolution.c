/* How fine a partition is chosen, on graphs that have two levels: blocks within regions. */
#include <glib.h>
#include <stdbool.h>

#include "splitter/comparison.h"
#include "splitter/resolution.h"
#include "tests/splitter/planted.h"

/* Blocks are of equal size, and regions of equally many blocks. An edge stays within a block, else
 * within a region, with these shares. */
struct shape {
  guint32 n_nodes;
  guint32 n_blocks;
  guint32 n_regions;
  guint32 n_edges; /* for each node */
  double in_block;
  double in_region;
};

static guint32 block_of(const struct shape *shape, guint32 node)
{
  return node / (shape->n_nodes / shape->n_blocks);
}

static guint32 region_of(const struct shape *shape, guint32 node)
{
  return node / (shape->n_nodes / shape->n_regions);
}

static guint32 any_of(guint64 *state, guint32 group, guint32 size)
{
  return group * size + (guint32)(planted_random(state) % size);
}

/* With one node more that has no edges: the last, or the first where IS_SHIFTED. */
static struct network *nested_new(const struct shape *shape, bool is_shifted)
{
  guint32 n_edges = shape->n_nodes * shape->n_edges;
  g_autofree guint32 *from = g_new(guint32, n_edges);
  g_autofree guint32 *to = g_new(guint32, n_edges);
  guint64 state = 1;
  for (guint32 i = 0; i < n_edges; i++) {
    from[i] = any_of(&state, 0, shape->n_nodes);
    double where = (double)(planted_random(&state) % 1000000) / 1e6;
    if (where < shape->in_block) {
      to[i] = any_of(&state, block_of(shape, from[i]), shape->n_nodes / shape->n_blocks);
    } else if (where < shape->in_block + shape->in_region) {
      to[i] = any_of(&state, region_of(shape, from[i]), shape->n_nodes / shape->n_regions);
    } else {
      to[i] = any_of(&state, 0, shape->n_nodes);
    }
  }
  for (guint32 i = 0; is_shifted && i < n_edges; i++) {
    from[i]++;
    to[i]++;
  }
  return network_new(shape->n_nodes + 1, n_edges, from, to, NULL, NULL);
}

/* What is chosen for GRAPH, which is freed. */
static struct resolution_choice choose(struct network *graph)
{
  struct units *units = units_new(graph->n_nodes, NULL);
  struct resolution_choice choice = resolution_longest(graph, units);
  units_free(units);
  network_free(graph);
  return choice;
}

/* The likeness of what is chosen to the regions; the number of communities in N. */
static double likeness_to_regions(const struct shape *shape, guint32 *n)
{
  struct resolution_choice choice = choose(nested_new(shape, false));
  g_autofree guint32 *regions = g_new(guint32, shape->n_nodes);
  for (guint32 node = 0; node < shape->n_nodes; node++) {
    regions[node] = region_of(shape, node);
  }
  double likeness = comparison_ari(shape->n_nodes, choice.labels, regions);
  g_assert_cmpfloat(choice.length, >, 2);
  *n = choice.n_communities - 1; /* without the node that has no edges */
  resolution_choice_clear(&choice);
  return likeness;
}

static void expect_regions(const struct shape *shape)
{
  guint32 n = 0;
  double likeness = likeness_to_regions(shape, &n);
  g_assert_cmpuint(n, ==, shape->n_regions);
  g_assert_cmpfloat(likeness, >=, 0.99);
}

/* Blocks are 48 times as dense as regions, and regions 10 times as dense as the whole: 256 blocks
 * stay longest, but not by as much as 8 regions are easier to live with. */
static void test_few_of_nearly_equal(void)
{
  expect_regions(&(struct shape){1536, 256, 8, 20, 0.45, 0.3});
}

/* By a graph of small communities: 20 times and 14 times as dense. */
static void test_few_of_large(void)
{
  G_STATIC_ASSERT(6144 > RESOLUTION_LARGE);
  expect_regions(&(struct shape){6144, 1024, 8, 20, 0.1, 0.65});
}

/* 64 times and 8 times as dense: that is enough for 256. */
static void test_many_that_stay(void)
{
  const struct shape shape = {1536, 256, 8, 20, 0.5, 0.25};
  guint32 n = 0;
  likeness_to_regions(&shape, &n);
  g_assert_cmpuint(n, ==, shape.n_blocks);
}

/* What is disturbed in the graph of small communities, and how, goes by what their nodes are: they
 * are numbered differently where the single node comes first. */
static void test_keys_of_large(void)
{
  const struct shape shape = {5040, 420, 8, 6, 0.2, 0.2};
  guint32 *labels[2];
  for (guint32 shift = 0; shift < 2; shift++) {
    struct network *graph = nested_new(&shape, shift == 1);
    guint64 state = 3;
    graph->key = g_new(guint64, graph->n_nodes);
    graph->key[shift == 1 ? 0 : shape.n_nodes] = 77;
    for (guint32 node = 0; node < shape.n_nodes; node++) {
      graph->key[node + shift] = planted_random(&state);
    }
    labels[shift] = choose(graph).labels;
  }
  double likeness = comparison_ari(shape.n_nodes, labels[0], labels[1] + 1);
  g_assert_cmpfloat(likeness, ==, 1);
  g_free(labels[0]);
  g_free(labels[1]);
}

/* Where edges lie anywhere no number stands out. */
static void test_nothing_stays(void)
{
  const struct shape shape = {400, 40, 4, 8, 0, 0};
  struct resolution_choice choice = choose(nested_new(&shape, false));
  g_assert_cmpfloat(choice.length, ==, 0);
  resolution_choice_clear(&choice);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/resolution/few-of-nearly-equal", test_few_of_nearly_equal);
  g_test_add_func("/resolution/few-of-large", test_few_of_large);
  g_test_add_func("/resolution/many-that-stay", test_many_that_stay);
  g_test_add_func("/resolution/keys-of-large", test_keys_of_large);
  g_test_add_func("/resolution/nothing-stays", test_nothing_stays);
  return g_test_run();
}
