/* Prints how the partition solver scales: time and memory of one core, and how well planted
 * communities come back. Its last lines are a re-solve after one edited constraint. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "splitter/comparison.h"
#include "splitter/resolution.h"
#include "tests/splitter/planted.h"

static double cpu_seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double peak_mb(void)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss / 1024;
}

/* One edited constraint: two neighbours of one community are set apart. */
static void bench_resolve(const struct network *graph, const struct resolution_choice *choice)
{
  guint32 a = 0;
  while (graph->first[a] == graph->first[a + 1] ||
         choice->labels[graph->neighbour[graph->first[a]]] != choice->labels[a]) {
    a++;
  }
  guint32 b = graph->neighbour[graph->first[a]];
  struct constraints *constraints = constraints_new(graph->n_nodes);
  constraints_add_apart(constraints, a, b);
  double begin = cpu_seconds();
  struct units *units = units_new(graph->n_nodes, constraints);
  struct leiden_options options = {.resolution = choice->resolution};
  guint32 touched[] = {a, b};
  guint32 k = 0;
  guint32 *labels = leiden_resolve(graph, units, &options, choice->labels, touched, 2, &k);
  double seconds = cpu_seconds() - begin;
  printf("  one pair set apart: %6.1f ms, kept: %s, communities %u -> %u\n", seconds * 1e3,
         constraints_are_kept(constraints, labels) ? "yes" : "NO", choice->n_communities, k);
  g_free(labels);
  units_free(units);
  constraints_free(constraints);
}

static void bench(guint32 n_nodes, guint32 n_edges, double mixing, guint64 seed)
{
  struct planted planted = planted_new(n_nodes, n_edges, 50, 150, mixing, seed);
  double begin = cpu_seconds();
  struct units *units = units_new(n_nodes, NULL);
  struct resolution_choice choice = resolution_longest(planted.graph, units);
  double solved = cpu_seconds();
  printf("%7u nodes %8u edges, mixing %.1f: %6.3f s with the cut test, peak %4.0f MB, "
         "communities %u of %u, ARI %.4f (one cluster 0, singletons 0)\n",
         n_nodes, n_edges, mixing, solved - begin, peak_mb(), choice.n_communities,
         planted.n_communities, comparison_ari(n_nodes, choice.labels, planted.truth));
  bench_resolve(planted.graph, &choice);
  resolution_choice_clear(&choice);
  units_free(units);
  planted_clear(&planted);
}

int main(int argc, char **argv)
{
  guint64 seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  bench(1000, 10000, 0.3, seed);
  bench(10000, 100000, 0.3, seed);
  bench(30000, 300000, 0.3, seed);
  bench(100000, 1000000, 0.3, seed);
  bench(100000, 1000000, 0.5, seed);
  return EXIT_SUCCESS;
}
