#include "splitter/consensus.h"

#include <stdbool.h>
#include <string.h>

enum { DROPPED_OF = 20, MEDIAN_STARTS = 4 };

static guint64 mix(guint64 value)
{
  value = (value ^ (value >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
  value = (value ^ (value >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
  return value ^ (value >> 31);
}

/* Whether SEED drops the edge between A and B. With keys it is dropped from every graph that has
 * it, whatever else these hold. */
static bool is_dropped(const struct network *graph, guint32 a, guint32 b, guint seed)
{
  guint64 pair = graph->key != NULL ? mix(graph->key[a]) + mix(graph->key[b])
                                    : (guint64)MIN(a, b) << 32 | MAX(a, b);
  return mix(mix(pair) + seed) % DROPPED_OF == 0;
}

struct network *consensus_disturbed(const struct network *graph, guint seed)
{
  struct network *disturbed = g_new0(struct network, 1);
  disturbed->n_nodes = graph->n_nodes;
  disturbed->first = g_new0(guint32, (gsize)graph->n_nodes + 1);
  disturbed->neighbour = g_new(guint32, MAX(graph->n_rows, 1));
  disturbed->weight = g_new(gint64, MAX(graph->n_rows, 1));
  disturbed->mass = g_memdup2(graph->mass, MAX(graph->n_nodes, 1) * sizeof *graph->mass);
  disturbed->key = g_memdup2(graph->key, graph->n_nodes * sizeof *graph->key);
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      guint32 other = graph->neighbour[row];
      if (!is_dropped(graph, node, other, seed)) {
        disturbed->neighbour[disturbed->n_rows] = other;
        disturbed->weight[disturbed->n_rows++] = graph->weight[row];
      }
    }
    disturbed->first[node + 1] = disturbed->n_rows;
  }
  return disturbed;
}

/* Groups of nodes that no partition parts, numbered by their first node. Nodes are compared by 64
 * mixed bits of all their labels. */
static guint32 *find_atoms(guint32 n_nodes, const guint32 *const *partitions, guint n,
                           guint32 *n_atoms)
{
  g_autofree gint64 *signature = g_new0(gint64, MAX(n_nodes, 1));
  for (guint i = 0; i < n; i++) {
    for (guint32 node = 0; node < n_nodes; node++) {
      signature[node] = (gint64)mix((guint64)signature[node] + partitions[i][node] + 1);
    }
  }
  guint32 *atom = g_new0(guint32, MAX(n_nodes, 1));
  g_autoptr(GHashTable) known = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint32 node = 0; node < n_nodes; node++) {
    gpointer number = g_hash_table_lookup(known, &signature[node]);
    if (number == NULL) {
      number = GUINT_TO_POINTER(g_hash_table_size(known) + 1);
      g_hash_table_insert(known, &signature[node], number);
    }
    atom[node] = GPOINTER_TO_UINT(number) - 1;
  }
  *n_atoms = g_hash_table_size(known);
  return atom;
}

/* What the partitions weigh that have each two atoms together: a triangle, rows B, columns A < B.
 */
static guint16 *count_together(const guint32 *const *partitions, const guint16 *weights, guint n,
                               const guint32 *node_of, guint32 n_atoms)
{
  guint16 *together = g_new0(guint16, MAX((gsize)n_atoms * n_atoms / 2, 1));
  g_autofree guint32 *label = g_new(guint32, MAX(n_atoms, 1));
  for (guint i = 0; i < n; i++) {
    guint16 weight = weights != NULL ? weights[i] : 1;
    for (guint32 a = 0; weight > 0 && a < n_atoms; a++) {
      label[a] = partitions[i][node_of[a]];
    }
    for (guint32 b = 1; weight > 0 && b < n_atoms; b++) {
      guint16 *row = together + (gsize)b * (b - 1) / 2;
      for (guint32 a = 0; a < b; a++) {
        row[a] = (guint16)(row[a] + (label[a] == label[b] ? weight : 0));
      }
    }
  }
  return together;
}

/* Agreement as a graph of atoms. What less than a quarter of ALL agrees on cannot pay for itself.
 */
static struct network *agreement(const guint16 *together, guint all, const gint64 *mass,
                                 guint32 n_atoms)
{
  g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) weight = g_array_new(FALSE, FALSE, sizeof(gint64));
  for (guint32 b = 1; b < n_atoms; b++) {
    const guint16 *row = together + (gsize)b * (b - 1) / 2;
    for (guint32 a = 0; a < b; a++) {
      if (4 * (guint)row[a] >= all) {
        gint64 tie = mass[a] * mass[b] * row[a];
        g_array_append_val(from, a);
        g_array_append_val(to, b);
        g_array_append_val(weight, tie);
      }
    }
  }
  return network_new(n_atoms, from->len, (const guint32 *)(gpointer)from->data,
                     (const guint32 *)(gpointer)to->data, (const gint64 *)(gpointer)weight->data,
                     mass);
}

guint32 *consensus_median(const struct network *graph, const struct units *units,
                          const guint32 *const *partitions, const guint16 *weights, guint n,
                          guint32 *n_communities)
{
  guint all = 0;
  for (guint i = 0; i < n; i++) {
    all += weights != NULL ? weights[i] : 1;
  }
  g_assert(all <= G_MAXUINT16);
  guint32 n_atoms = 0;
  guint32 *atom = find_atoms(graph->n_nodes, partitions, n, &n_atoms);
  g_autofree guint32 *node_of = g_new(guint32, MAX(n_atoms, 1));
  g_autofree gint64 *mass = g_new0(gint64, MAX(n_atoms, 1));
  for (guint32 node = graph->n_nodes; node-- > 0;) {
    node_of[atom[node]] = node;
    mass[atom[node]] += graph->mass[node];
  }
  g_autofree guint16 *together = count_together(partitions, weights, n, node_of, n_atoms);
  struct network *agreed = agreement(together, all, mass, n_atoms);
  struct units *parts = units_of_parts(units, atom, n_atoms);
  struct leiden_options options = {.resolution = leiden_resolution(0.5 * all),
                                   .n_starts = MEDIAN_STARTS};
  g_autofree guint32 *labels = leiden_solve(agreed, parts, &options, NULL, n_communities);
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    atom[node] = labels[atom[node]];
  }
  *n_communities = partition_number(graph->n_nodes, MAX(n_atoms, 1), atom);
  units_free(parts);
  network_free(agreed);
  return atom;
}
