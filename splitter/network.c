#include "splitter/network.h"

#include <string.h>

struct arc {
  guint32 from;
  guint32 to;
  gint64 weight;
};

/* One counting sort of ARCS by `to` (or by `from`) into SORTED; stable, so two of them order rows.
 */
static void sort_arcs(const struct arc *arcs, gsize n_arcs, guint32 n_nodes, gboolean by_from,
                      struct arc *sorted)
{
  g_autofree gsize *next = g_new0(gsize, (gsize)n_nodes + 1);
  for (gsize i = 0; i < n_arcs; i++) {
    next[(by_from ? arcs[i].from : arcs[i].to) + 1]++;
  }
  for (guint32 i = 0; i < n_nodes; i++) {
    next[i + 1] += next[i];
  }
  for (gsize i = 0; i < n_arcs; i++) {
    sorted[next[by_from ? arcs[i].from : arcs[i].to]++] = arcs[i];
  }
}

static void fill_rows(struct network *graph, const struct arc *arcs, gsize n_arcs)
{
  graph->first = g_new0(guint32, (gsize)graph->n_nodes + 1);
  graph->neighbour = g_new(guint32, MAX(n_arcs, 1));
  graph->weight = g_new(gint64, MAX(n_arcs, 1));
  guint32 n_rows = 0;
  gsize i = 0;
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    graph->first[node] = n_rows;
    while (i < n_arcs && arcs[i].from == node) {
      guint32 to = arcs[i].to;
      gint64 weight = 0;
      for (; i < n_arcs && arcs[i].from == node && arcs[i].to == to; i++) {
        weight += arcs[i].weight;
      }
      graph->neighbour[n_rows] = to;
      graph->weight[n_rows] = weight;
      n_rows++;
    }
  }
  graph->first[graph->n_nodes] = n_rows;
  graph->n_rows = n_rows;
}

struct network *network_new(guint32 n_nodes, gsize n_edges, const guint32 *from, const guint32 *to,
                            const gint64 *weight, const gint64 *mass)
{
  struct network *graph = g_new0(struct network, 1);
  graph->n_nodes = n_nodes;
  g_autofree struct arc *arcs = g_new(struct arc, MAX(2 * n_edges, 1));
  g_autofree struct arc *sorted = g_new(struct arc, MAX(2 * n_edges, 1));
  gsize n_arcs = 0;
  for (gsize i = 0; i < n_edges; i++) {
    gint64 edge_weight = weight != NULL ? weight[i] : NETWORK_WEIGHT_ONE;
    if (from[i] == to[i] || edge_weight <= 0) {
      continue;
    }
    arcs[n_arcs++] = (struct arc){from[i], to[i], edge_weight};
    arcs[n_arcs++] = (struct arc){to[i], from[i], edge_weight};
  }
  sort_arcs(arcs, n_arcs, n_nodes, FALSE, sorted);
  sort_arcs(sorted, n_arcs, n_nodes, TRUE, arcs);
  fill_rows(graph, arcs, n_arcs);
  graph->mass = g_new(gint64, MAX(n_nodes, 1));
  for (guint32 i = 0; i < n_nodes; i++) {
    graph->mass[i] = mass != NULL ? mass[i] : 1;
  }
  return graph;
}

void network_free(struct network *graph)
{
  if (graph == NULL) {
    return;
  }
  g_free(graph->first);
  g_free(graph->neighbour);
  g_free(graph->weight);
  g_free(graph->mass);
  g_free(graph->key);
  g_free(graph);
}
