#include "splitter/level.h"

#include <string.h>

/* Nodes of LEVEL listed part by part. */
static void list_members(const struct level *level, const guint32 *part, guint32 n_parts,
                         guint32 *first, guint32 *member)
{
  for (guint32 node = 0; node < level->n_nodes; node++) {
    first[part[node] + 2]++;
  }
  for (guint32 i = 0; i < n_parts; i++) {
    first[i + 2] += first[i + 1];
  }
  for (guint32 node = 0; node < level->n_nodes; node++) {
    member[first[part[node] + 1]++] = node;
  }
}

static void aggregate_rows(const struct level *level, const guint32 *part, struct level *next,
                           const guint32 *first, const guint32 *member)
{
  g_autofree gint64 *tie = g_new0(gint64, MAX(next->n_nodes, 1));
  g_autofree guint32 *touched = g_new(guint32, MAX(next->n_nodes, 1));
  guint32 room = level->first[level->n_nodes];
  next->first = g_new0(guint32, (gsize)next->n_nodes + 1);
  next->neighbour = g_new(guint32, MAX(room, 1));
  next->weight = g_new(gint64, MAX(room, 1));
  guint32 n_rows = 0;
  for (guint32 id = 0; id < next->n_nodes; id++) {
    guint32 n_touched = 0;
    for (guint32 i = first[id]; i < first[id + 1]; i++) {
      for (guint32 row = level->first[member[i]]; row < level->first[member[i] + 1]; row++) {
        guint32 other = part[level->neighbour[row]];
        if (other == id) {
          continue;
        }
        if (tie[other] == 0) {
          touched[n_touched++] = other;
        }
        tie[other] += level->weight[row];
      }
    }
    next->first[id] = n_rows;
    for (guint32 i = 0; i < n_touched; i++) {
      next->neighbour[n_rows] = touched[i];
      next->weight[n_rows] = tie[touched[i]];
      n_rows++;
      tie[touched[i]] = 0;
    }
  }
  next->first[next->n_nodes] = n_rows;
  next->neighbour = g_renew(guint32, next->neighbour, MAX(n_rows, 1));
  next->weight = g_renew(gint64, next->weight, MAX(n_rows, 1));
}

static int compare_ids(gconstpointer left, gconstpointer right)
{
  guint32 a = *(const guint32 *)left;
  guint32 b = *(const guint32 *)right;
  return a < b ? -1 : a > b;
}

/* What a unit has to keep is inherited by the part that holds it. */
static void inherit_constraints(const struct level *level, const guint32 *part_of_unit,
                                struct level *next)
{
  g_autofree guint32 *count = g_new0(guint32, (gsize)next->n_nodes + 2);
  next->anchor = g_new(gint64, MAX(next->n_nodes, 1));
  for (guint32 id = 0; id < next->n_nodes; id++) {
    next->anchor[id] = -1;
  }
  for (guint32 unit = 0; unit < level->n_units; unit++) {
    if (level->anchor[unit] >= 0) {
      next->anchor[part_of_unit[unit]] = level->anchor[unit];
    }
    count[part_of_unit[unit] + 2] += level->apart_first[unit + 1] - level->apart_first[unit];
  }
  for (guint32 id = 0; id < next->n_nodes; id++) {
    count[id + 2] += count[id + 1];
  }
  guint32 n_apart = count[next->n_nodes + 1];
  next->apart = g_new(guint32, MAX(n_apart, 1));
  for (guint32 unit = 0; unit < level->n_units; unit++) {
    for (guint32 i = level->apart_first[unit]; i < level->apart_first[unit + 1]; i++) {
      next->apart[count[part_of_unit[unit] + 1]++] = part_of_unit[level->apart[i]];
    }
  }
  next->apart_first = g_new0(guint32, (gsize)next->n_nodes + 1);
  guint32 kept = 0;
  for (guint32 id = 0; id < next->n_nodes; id++) {
    guint32 begin = count[id];
    guint32 end = count[id + 1];
    if (end - begin > 1) {
      qsort(next->apart + begin, end - begin, sizeof *next->apart, compare_ids);
    }
    next->apart_first[id] = kept;
    for (guint32 i = begin; i < end; i++) {
      if (kept == next->apart_first[id] || next->apart[kept - 1] != next->apart[i]) {
        next->apart[kept++] = next->apart[i];
      }
    }
  }
  next->apart_first[next->n_nodes] = kept;
}

static void inherit_homes(const struct level *level, const guint32 *part_of_unit,
                          struct level *next)
{
  if (level->home == NULL) {
    return;
  }
  next->home = g_new(gint64, MAX(next->n_nodes, 1));
  next->n_at_home = g_new0(guint32, MAX(next->n_nodes, 1));
  for (guint32 unit = 0; unit < level->n_units; unit++) {
    next->home[part_of_unit[unit]] = level->home[unit];
    next->n_at_home[part_of_unit[unit]] += level->n_at_home[unit];
  }
}

struct level *level_aggregate(const struct level *level, const guint32 *part, guint32 n_parts)
{
  struct level *next = g_new0(struct level, 1);
  next->n_nodes = n_parts;
  next->n_units = n_parts;
  g_autofree guint32 *first = g_new0(guint32, (gsize)n_parts + 2);
  g_autofree guint32 *member = g_new(guint32, MAX(level->n_nodes, 1));
  list_members(level, part, n_parts, first, member);
  aggregate_rows(level, part, next, first, member);
  g_autofree guint32 *part_of_unit = g_new(guint32, MAX(level->n_units, 1));
  for (guint32 node = 0; node < level->n_nodes; node++) {
    part_of_unit[level_unit_of(level, node)] = part[node];
  }
  next->unit_mass = g_new0(gint64, MAX(n_parts, 1));
  for (guint32 unit = 0; unit < level->n_units; unit++) {
    next->unit_mass[part_of_unit[unit]] += level->unit_mass[unit];
  }
  inherit_constraints(level, part_of_unit, next);
  inherit_homes(level, part_of_unit, next);
  return next;
}
