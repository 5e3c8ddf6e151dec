#include "splitter/connectivity.h"

#include <string.h>

struct labels_in_use {
  guint32 n_ids;
  guint32 next; /* no id below it is free */
  guint8 *is_used;
};

static guint32 take_label(struct labels_in_use *in_use)
{
  while (in_use->is_used[in_use->next]) {
    in_use->next++;
  }
  in_use->is_used[in_use->next] = 1;
  return in_use->next;
}

/* Walks the part of START's community that can be reached from it; returns its nodes in QUEUE. */
static guint32 walk_part(const struct network *graph, const struct units *units,
                         const guint32 *labels, guint32 start, guint8 *is_seen, guint32 *queue)
{
  guint32 n_queued = 0;
  queue[n_queued++] = start;
  is_seen[start] = 1;
  for (guint32 head = 0; head < n_queued; head++) {
    guint32 node = queue[head];
    guint32 unit = units->unit_of[node];
    if (units->first[unit + 1] - units->first[unit] > 1) {
      for (guint32 i = units->first[unit]; i < units->first[unit + 1]; i++) {
        guint32 other = units->member[i];
        if (!is_seen[other]) {
          is_seen[other] = 1;
          queue[n_queued++] = other;
        }
      }
    }
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      guint32 other = graph->neighbour[row];
      if (!is_seen[other] && labels[other] == labels[start]) {
        is_seen[other] = 1;
        queue[n_queued++] = other;
      }
    }
  }
  return n_queued;
}

guint32 connectivity_split(const struct network *graph, const struct units *units,
                           const guint8 *is_asked, guint32 n_ids, guint32 *labels)
{
  guint32 n = graph->n_nodes;
  g_autofree guint8 *is_used = g_new0(guint8, MAX(n_ids, 1));
  g_autofree guint8 *is_kept = g_new0(guint8, MAX(n_ids, 1));
  g_autofree guint8 *is_seen = g_new0(guint8, MAX(n, 1));
  g_autofree guint32 *queue = g_new(guint32, MAX(n, 1));
  struct labels_in_use in_use = {n_ids, 0, is_used};
  for (guint32 node = 0; node < n; node++) {
    is_used[labels[node]] = 1;
  }
  guint32 n_split = 0;
  for (guint32 node = 0; node < n; node++) {
    if (is_seen[node] || (is_asked != NULL && !is_asked[labels[node]])) {
      continue;
    }
    guint32 label = labels[node];
    guint32 n_part = walk_part(graph, units, labels, node, is_seen, queue);
    if (!is_kept[label]) {
      is_kept[label] = 1;
      continue;
    }
    guint32 fresh = take_label(&in_use);
    is_kept[fresh] = 1;
    n_split++;
    for (guint32 i = 0; i < n_part; i++) {
      labels[queue[i]] = fresh;
    }
  }
  return n_split;
}
