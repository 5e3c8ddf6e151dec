#include "splitter/dust.h"

#include <string.h>

#include "splitter/leiden.h"

struct dust {
  const struct network *graph;
  const struct units *units;
  const gint64 *node_mass;
  guint32 *labels;
  guint32 n_labels;
  gint64 *mass;
  guint32 *n_nodes;
  guint8 *is_kept;
  gint64 *anchor;
  gint64 *tie;
};

static void measure(struct dust *dust, const guint8 *is_kept)
{
  memset(dust->n_nodes, 0, dust->n_labels * sizeof *dust->n_nodes);
  memset(dust->mass, 0, dust->n_labels * sizeof *dust->mass);
  memset(dust->is_kept, 0, dust->n_labels);
  memset(dust->anchor, 0xff, dust->n_labels * sizeof *dust->anchor);
  for (guint32 node = 0; node < dust->graph->n_nodes; node++) {
    guint32 label = dust->labels[node];
    gint64 anchor = dust->units->anchor[dust->units->unit_of[node]];
    dust->mass[label] += dust->node_mass[node];
    dust->n_nodes[label]++;
    dust->is_kept[label] |= is_kept != NULL && is_kept[node];
    if (anchor >= 0) {
      dust->anchor[label] = anchor;
    }
  }
}

static gboolean may_join(const struct dust *dust, guint32 small, guint32 large)
{
  if (dust->anchor[small] >= 0 && dust->anchor[large] >= 0) {
    return FALSE;
  }
  const struct units *units = dust->units;
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    if (dust->labels[units->member[units->first[unit]]] != small) {
      continue;
    }
    for (guint32 i = units->apart_first[unit]; i < units->apart_first[unit + 1]; i++) {
      if (dust->labels[units->member[units->first[units->apart[i]]]] == large) {
        return FALSE;
      }
    }
  }
  return TRUE;
}

/* The community that SMALL hangs on most, or SMALL itself. */
static guint32 find_adopter(struct dust *dust, guint32 small)
{
  const struct network *graph = dust->graph;
  memset(dust->tie, 0, dust->n_labels * sizeof *dust->tie);
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    if (dust->labels[node] != small) {
      continue;
    }
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      dust->tie[dust->labels[graph->neighbour[row]]] += graph->weight[row];
    }
  }
  guint32 best = small;
  guint32 heaviest = small;
  for (guint32 label = 0; label < dust->n_labels; label++) {
    if (label == small || dust->tie[label] == 0 || !may_join(dust, small, label)) {
      continue;
    }
    /* A tie counts per square root of the adopter's mass: neither the largest nor the smallest
     * neighbour wins by its size alone. Compared as squares in integers. */
    if (best == small || (__int128)dust->tie[label] * dust->tie[label] * dust->mass[best] >
                             (__int128)dust->tie[best] * dust->tie[best] * dust->mass[label]) {
      best = label;
    }
  }
  for (guint32 label = 0; best == small && label < dust->n_labels; label++) {
    /* Nothing ties it: the heaviest one takes it. */
    gboolean is_heavier = dust->mass[label] > dust->mass[heaviest] || heaviest == small;
    if (label != small && dust->n_nodes[label] > 0 && is_heavier && may_join(dust, small, label)) {
      heaviest = label;
    }
  }
  return best != small ? best : heaviest;
}

guint32 dust_adopt(const struct network *graph, const struct units *units, const gint64 *node_mass,
                   gint64 least_mass, const guint8 *is_kept, guint32 *labels, guint32 n_labels)
{
  gsize room = MAX(n_labels, 1);
  struct dust dust = {.graph = graph,
                      .units = units,
                      .node_mass = node_mass != NULL ? node_mass : graph->mass,
                      .labels = labels,
                      .n_labels = n_labels};
  g_autofree gint64 *mass = dust.mass = g_new0(gint64, room);
  g_autofree guint32 *n_nodes = dust.n_nodes = g_new0(guint32, room);
  g_autofree guint8 *kept = dust.is_kept = g_new0(guint8, room);
  g_autofree gint64 *anchor = dust.anchor = g_new0(gint64, room);
  g_autofree gint64 *tie = dust.tie = g_new0(gint64, room);
  g_autofree guint8 *is_stuck = g_new0(guint8, room);
  for (;;) {
    measure(&dust, is_kept);
    guint32 smallest = n_labels;
    for (guint32 label = 0; label < n_labels; label++) {
      if (n_nodes[label] > 0 && mass[label] < least_mass && !kept[label] && anchor[label] < 0 &&
          !is_stuck[label] && (smallest == n_labels || mass[label] < mass[smallest])) {
        smallest = label;
      }
    }
    if (smallest == n_labels) {
      break;
    }
    guint32 adopter = find_adopter(&dust, smallest);
    if (adopter == smallest) {
      is_stuck[smallest] = 1;
      continue;
    }
    is_stuck[adopter] = 0;
    for (guint32 node = 0; node < graph->n_nodes; node++) {
      if (labels[node] == smallest) {
        labels[node] = adopter;
      }
    }
  }
  return partition_number(graph->n_nodes, n_labels, labels);
}
