/* igraph's Leiden as an oracle: on random graphs and on a real dependency graph ours finds
 * partitions that are as good by the same objective. igraph is GPL: tests link it, the product
 * never does. */
#include <glib.h>
#include <igraph/igraph.h>
#include <string.h>

#include "splitter/leiden.h"
#include "splitter/rsf.h"
#include "tests/splitter/planted.h"

static void to_igraph(const struct network *network, igraph_t *graph)
{
  igraph_vector_int_t edges;
  igraph_vector_int_init(&edges, 0);
  for (guint32 node = 0; node < network->n_nodes; node++) {
    for (guint32 row = network->first[node]; row < network->first[node + 1]; row++) {
      if (network->neighbour[row] > node) {
        igraph_vector_int_push_back(&edges, node);
        igraph_vector_int_push_back(&edges, network->neighbour[row]);
      }
    }
  }
  igraph_create(graph, &edges, network->n_nodes, IGRAPH_UNDIRECTED);
  igraph_vector_int_destroy(&edges);
}

static void weights_of(const struct network *network, igraph_vector_t *weights)
{
  igraph_vector_init(weights, 0);
  for (guint32 node = 0; node < network->n_nodes; node++) {
    for (guint32 row = network->first[node]; row < network->first[node + 1]; row++) {
      if (network->neighbour[row] > node) {
        igraph_vector_push_back(weights, (double)network->weight[row] / (double)NETWORK_WEIGHT_ONE);
      }
    }
  }
}

/* igraph's best of ten, scored by our function on its labels. */
static double score_of_igraph(const struct network *network, double density, gint64 resolution)
{
  igraph_t graph;
  igraph_vector_t weights;
  igraph_vector_int_t membership;
  to_igraph(network, &graph);
  weights_of(network, &weights);
  igraph_vector_int_init(&membership, 0);
  double best = 0;
  for (int round = 0; round < 10; round++) {
    igraph_integer_t n_clusters = 0;
    igraph_real_t quality = 0;
    igraph_rng_seed(igraph_rng_default(), (igraph_uint_t)(round + 1));
    int code = igraph_community_leiden(&graph, &weights, NULL, density, 0.01, FALSE, -1,
                                       &membership, &n_clusters, &quality);
    g_assert_cmpint(code, ==, IGRAPH_SUCCESS);
    g_autofree guint32 *labels = g_new(guint32, network->n_nodes);
    for (guint32 node = 0; node < network->n_nodes; node++) {
      labels[node] = (guint32)VECTOR(membership)[node];
    }
    best = MAX(best, leiden_score(network, labels, resolution));
  }
  igraph_vector_int_destroy(&membership);
  igraph_vector_destroy(&weights);
  igraph_destroy(&graph);
  return best;
}

static void compare(const char *name, const struct network *network, double density)
{
  struct units *units = units_new(network->n_nodes, NULL);
  struct leiden_options options = {
      .resolution = leiden_resolution(density * (double)NETWORK_WEIGHT_ONE), .n_starts = 10};
  g_autofree guint32 *labels = leiden_solve(network, units, &options, NULL, NULL);
  double ours = leiden_score(network, labels, options.resolution);
  double theirs = score_of_igraph(network, density, options.resolution);
  g_test_message("%s at %.3f: ours %.1f, igraph %.1f", name, density,
                 ours / (double)NETWORK_WEIGHT_ONE, theirs / (double)NETWORK_WEIGHT_ONE);
  g_assert_cmpfloat(ours, >=, 0.99 * theirs);
  units_free(units);
}

static void test_random(void)
{
  for (guint64 seed = 1; seed <= 5; seed++) {
    struct planted planted = planted_new(400, 2400, 10, 40, 0.1 * (double)seed, seed);
    for (double density = 0.02; density < 0.5; density *= 2.5) {
      compare("random", planted.graph, density);
    }
    planted_clear(&planted);
  }
}

static void test_httpd(void)
{
  const char *data = g_getenv("CLEAVE_DATA");
  g_autofree char *path = g_build_filename(data != NULL ? data : "../shared/data", "decompose",
                                           "httpd", "dependencies", "httpd-2.4.26.rsf", NULL);
  struct rsf *rsf = rsf_read(path, NULL);
  if (rsf == NULL) {
    g_test_skip("the httpd fixtures are not there (set CLEAVE_DATA)");
    return;
  }
  g_autoptr(GHashTable) number = g_hash_table_new(g_str_hash, g_str_equal);
  g_autofree guint32 *from = g_new(guint32, rsf->depends->len);
  g_autofree guint32 *to = g_new(guint32, rsf->depends->len);
  for (guint i = 0; i < rsf->depends->len; i++) {
    const struct rsf_fact *fact = g_ptr_array_index(rsf->depends, i);
    const char *names[] = {fact->left, fact->right};
    for (guint j = 0; j < 2; j++) {
      if (!g_hash_table_contains(number, names[j])) {
        g_hash_table_insert(number, (gpointer)names[j],
                            GUINT_TO_POINTER(g_hash_table_size(number)));
      }
      (j == 0 ? from : to)[i] = GPOINTER_TO_UINT(g_hash_table_lookup(number, names[j]));
    }
  }
  struct network *network =
      network_new(g_hash_table_size(number), rsf->depends->len, from, to, NULL, NULL);
  for (double density = 0.02; density < 0.5; density *= 2) {
    compare("httpd", network, density);
  }
  network_free(network);
  rsf_free(rsf);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/igraph/random", test_random);
  g_test_add_func("/igraph/httpd", test_httpd);
  return g_test_run();
}
