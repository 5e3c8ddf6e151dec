#include "splitter/worth.h"

#include <stdbool.h>
#include <string.h>

#include "splitter/leiden.h"
#include "splitter/level.h"

/* Communities and the ties between them. A community that was joined to another one leaves its
 * row and is known by its root. */
struct parts {
  guint32 n;
  struct network *ties; /* between communities as they were */
  struct units *units;
  guint32 *root; /* per community: where it is now */
  gint64 *mass;  /* per root, as all below: towards a service */
  gint64 *size;  /* of the graph's mass */
  gint64 *inside;
  gint64 *outside;
  gint64 *tie; /* scratch of one search */
  guint8 *is_kept;
  guint8 *is_woken;
};

static struct parts parts_new(const struct network *graph, const struct units *units,
                              const gint64 *worth, const guint32 *labels, guint32 n_labels)
{
  gsize room = MAX(n_labels, 1);
  struct parts parts = {.n = n_labels,
                        .units = units_of_parts(units, labels, n_labels),
                        .root = g_new(guint32, room),
                        .mass = g_new0(gint64, room),
                        .size = g_new0(gint64, room),
                        .inside = g_new0(gint64, room),
                        .outside = g_new0(gint64, room),
                        .tie = g_new0(gint64, room),
                        .is_kept = g_new0(guint8, room),
                        .is_woken = g_new0(guint8, room)};
  g_autofree guint32 *from = g_new(guint32, MAX(graph->n_rows, 1));
  g_autofree guint32 *to = g_new(guint32, MAX(graph->n_rows, 1));
  g_autofree gint64 *weight = g_new(gint64, MAX(graph->n_rows, 1));
  gsize n_ties = 0;
  for (guint32 label = 0; label < n_labels; label++) {
    parts.root[label] = label;
  }
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    guint32 own = labels[node];
    parts.mass[own] += worth[node];
    parts.size[own] += graph->mass[node];
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      guint32 other = labels[graph->neighbour[row]];
      if (other == own) {
        parts.inside[own] += graph->weight[row];
      } else {
        parts.outside[own] += graph->weight[row];
        if (own < other) {
          from[n_ties] = own;
          to[n_ties] = other;
          weight[n_ties++] = graph->weight[row];
        }
      }
    }
  }
  parts.ties = network_new(n_labels, n_ties, from, to, weight, NULL);
  return parts;
}

static void parts_clear(struct parts *parts)
{
  network_free(parts->ties);
  units_free(parts->units);
  g_free(parts->root);
  g_free(parts->mass);
  g_free(parts->size);
  g_free(parts->inside);
  g_free(parts->outside);
  g_free(parts->tie);
  g_free(parts->is_kept);
  g_free(parts->is_woken);
}

/* What is inside is counted at both ends. */
static bool is_worth_it(const struct parts *parts, guint32 part)
{
  return parts->is_kept[part] || parts->outside[part] == 0 ||
         parts->inside[part] >= (parts->is_woken[part] ? 1 : 2) * parts->outside[part];
}

/* Whether A holds a smaller share of its weight than B; compared in integers. */
static bool is_less_worth(const struct parts *parts, guint32 a, guint32 b)
{
  return (__int128)parts->inside[a] * parts->outside[b] <
         (__int128)parts->inside[b] * parts->outside[a];
}

static bool may_join(const struct parts *parts, guint32 small, guint32 large)
{
  for (guint32 part = 0; part < parts->n; part++) {
    if (parts->root[part] != small) {
      continue;
    }
    guint32 unit = parts->units->unit_of[part];
    for (guint32 i = parts->units->apart_first[unit]; i < parts->units->apart_first[unit + 1];
         i++) {
      guint32 other = parts->units->member[parts->units->first[parts->units->apart[i]]];
      if (parts->root[other] == large) {
        return false;
      }
    }
  }
  return true;
}

/* Sums the ties of PART to each other root in tie. */
static void sum_ties(struct parts *parts, guint32 part)
{
  memset(parts->tie, 0, parts->n * sizeof *parts->tie);
  for (guint32 i = 0; i < parts->n; i++) {
    for (guint32 row = parts->ties->first[i];
         parts->root[i] == part && row < parts->ties->first[i + 1]; row++) {
      parts->tie[parts->root[parts->ties->neighbour[row]]] += parts->ties->weight[row];
    }
  }
  parts->tie[part] = 0;
}

/* Where PART should go, or PART itself. Leaves the ties in tie. */
static guint32 find_host(struct parts *parts, guint32 part)
{
  guint32 best = part;
  sum_ties(parts, part);
  for (guint32 other = 0; other < parts->n; other++) {
    if (parts->tie[other] == 0 || !may_join(parts, part, other)) {
      continue;
    }
    /* As in dust.c: neither the largest nor the smallest neighbour wins by its size alone. */
    if (best == part ||
        (__int128)parts->tie[other] * parts->tie[other] * MAX(parts->mass[best], 1) >
            (__int128)parts->tie[best] * parts->tie[best] * MAX(parts->mass[other], 1)) {
      best = other;
    }
  }
  return best;
}

/* Lowers RESOLUTION to where the join pays. */
static void join(struct parts *parts, guint32 part, guint32 host, gint64 *resolution)
{
  gint64 tie = parts->tie[host];
  score pair = (score)parts->size[part] * parts->size[host];
  score pays = pair > 0 ? ((score)tie << RESOLUTION_SHIFT) / pair : *resolution;
  *resolution = (gint64)MAX(MIN(pays, (score)*resolution), 1);
  parts->size[host] += parts->size[part];
  parts->mass[host] += parts->mass[part];
  parts->inside[host] += parts->inside[part] + 2 * tie;
  parts->outside[host] += parts->outside[part] - 2 * tie;
  parts->is_kept[host] |= parts->is_kept[part];
  parts->is_woken[host] |= parts->is_woken[part];
  for (guint32 i = 0; i < parts->n; i++) {
    if (parts->root[i] == part) {
      parts->root[i] = host;
    }
  }
}

guint32 worth_join(const struct network *graph, const struct units *units, const gint64 *worth,
                   const guint8 *is_kept, const guint8 *is_woken, guint32 *labels, guint32 n_labels,
                   gint64 *resolution)
{
  struct parts parts = parts_new(graph, units, worth, labels, n_labels);
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    guint32 label = labels[node];
    gboolean is_anchored = units->anchor[units->unit_of[node]] >= 0;
    parts.is_kept[label] |= is_anchored || (is_kept != NULL && is_kept[node]);
    parts.is_woken[label] |= is_woken[node] != 0;
  }
  g_autofree guint8 *is_stuck = g_new0(guint8, MAX(n_labels, 1));
  for (;;) {
    guint32 least = n_labels;
    for (guint32 part = 0; part < n_labels; part++) {
      if (parts.root[part] == part && !is_stuck[part] && !is_worth_it(&parts, part) &&
          (least == n_labels || is_less_worth(&parts, part, least))) {
        least = part;
      }
    }
    if (least == n_labels) {
      break;
    }
    guint32 host = find_host(&parts, least);
    if (host == least) {
      is_stuck[least] = 1;
    } else {
      join(&parts, least, host, resolution);
    }
  }
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    labels[node] = parts.root[labels[node]];
  }
  parts_clear(&parts);
  return partition_number(graph->n_nodes, MAX(n_labels, 1), labels);
}
