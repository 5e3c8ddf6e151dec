#include "tests/splitter/planted.h"

guint64 planted_random(guint64 *state)
{
  guint64 z = *state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static guint32 below(guint64 *state, guint32 bound)
{
  return (guint32)(planted_random(state) % bound);
}

/* Nodes are numbered in a shuffled order, so that numbers tell nothing of communities. */
struct planted planted_new(guint32 n_nodes, guint32 n_edges, guint32 low, guint32 high,
                           double mixing, guint64 seed)
{
  struct planted planted = {.truth = g_new(guint32, n_nodes)};
  guint64 state = seed;
  g_autofree guint32 *order = g_new(guint32, n_nodes);
  g_autofree guint32 *first = g_new(guint32, (gsize)n_nodes + 1);
  g_autofree guint32 *from = g_new(guint32, n_edges);
  g_autofree guint32 *to = g_new(guint32, n_edges);
  for (guint32 i = 0; i < n_nodes; i++) {
    guint32 j = below(&state, i + 1);
    order[i] = order[j];
    order[j] = i;
  }
  for (guint32 i = 0; i < n_nodes;) {
    guint32 wanted = low + below(&state, high - low + 1);
    guint32 size = MIN(wanted, n_nodes - i);
    first[planted.n_communities] = i;
    for (guint32 j = i; j < i + size; j++) {
      planted.truth[order[j]] = planted.n_communities;
    }
    planted.n_communities++;
    i += size;
  }
  first[planted.n_communities] = n_nodes;
  for (guint32 i = 0; i < n_edges; i++) {
    from[i] = below(&state, n_nodes);
    if ((double)below(&state, 1000000) < mixing * 1e6) {
      to[i] = below(&state, n_nodes);
    } else {
      guint32 community = planted.truth[from[i]];
      guint32 size = first[community + 1] - first[community];
      to[i] = order[first[community] + below(&state, size)];
    }
  }
  planted.graph = network_new(n_nodes, n_edges, from, to, NULL, NULL);
  return planted;
}

void planted_clear(struct planted *planted)
{
  network_free(planted->graph);
  g_free(planted->truth);
}
