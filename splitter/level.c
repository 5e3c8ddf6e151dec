#include "splitter/level.h"

#include <string.h>

struct level *level_new(const struct network *graph, const struct units *units, const gint64 *homes)
{
  struct level *level = g_new0(struct level, 1);
  level->is_bottom = TRUE;
  level->n_nodes = graph->n_nodes;
  level->first = graph->first;
  level->neighbour = graph->neighbour;
  level->weight = graph->weight;
  level->n_units = units->n_units;
  if (units->n_units < graph->n_nodes) {
    level->unit_of = units->unit_of;
    level->unit_first = units->first;
    level->unit_member = units->member;
  }
  level->anchor = units->anchor;
  level->apart_first = units->apart_first;
  level->apart = units->apart;
  level->unit_mass = g_new0(gint64, MAX(units->n_units, 1));
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    level->unit_mass[units->unit_of[node]] += graph->mass[node];
  }
  if (homes == NULL) {
    return level;
  }
  level->home = g_new(gint64, MAX(units->n_units, 1));
  level->n_at_home = g_new0(guint32, MAX(units->n_units, 1));
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    level->home[unit] = -1;
    for (guint32 i = units->first[unit]; i < units->first[unit + 1]; i++) {
      gint64 home = homes[units->member[i]];
      if (home >= 0 && (level->home[unit] < 0 || level->home[unit] == home)) {
        level->home[unit] = home;
        level->n_at_home[unit]++;
      }
    }
  }
  return level;
}

void level_free(struct level *level)
{
  if (level == NULL) {
    return;
  }
  if (!level->is_bottom) {
    g_free(level->first);
    g_free(level->neighbour);
    g_free(level->weight);
    g_free(level->anchor);
    g_free(level->apart_first);
    g_free(level->apart);
  }
  g_free(level->unit_mass);
  g_free(level->home);
  g_free(level->n_at_home);
  g_free(level);
}

struct communities *communities_new(const struct level *level, guint32 n_ids, const guint32 *labels)
{
  struct communities *communities = g_new0(struct communities, 1);
  communities->n_ids = n_ids;
  communities->of_node = g_new(guint32, MAX(level->n_nodes, 1));
  memcpy(communities->of_node, labels, level->n_nodes * sizeof *labels);
  communities->mass = g_new0(gint64, MAX(n_ids, 1));
  communities->n_units = g_new0(guint32, MAX(n_ids, 1));
  communities->anchor = g_new(gint64, MAX(n_ids, 1));
  communities->free_id = g_new(guint32, MAX(n_ids, 1));
  for (guint32 id = 0; id < n_ids; id++) {
    communities->anchor[id] = -1;
  }
  for (guint32 unit = 0; unit < level->n_units; unit++) {
    guint32 node = level->unit_of == NULL ? unit : level->unit_member[level->unit_first[unit]];
    guint32 id = labels[node];
    communities->mass[id] += level->unit_mass[unit];
    communities->n_units[id]++;
    if (level->anchor[unit] >= 0) {
      communities->anchor[id] = level->anchor[unit];
    }
  }
  for (guint32 id = n_ids; id-- > 0;) {
    if (communities->n_units[id] == 0) {
      communities->free_id[communities->n_free++] = id;
    }
  }
  return communities;
}

void communities_free(struct communities *communities)
{
  if (communities == NULL) {
    return;
  }
  g_free(communities->of_node);
  g_free(communities->mass);
  g_free(communities->n_units);
  g_free(communities->anchor);
  g_free(communities->free_id);
  g_free(communities);
}

gboolean communities_forbid(const struct level *level, const struct communities *communities,
                            guint32 unit, guint32 id)
{
  if (level->anchor[unit] >= 0 && communities->anchor[id] >= 0 &&
      communities->anchor[id] != level->anchor[unit]) {
    return TRUE;
  }
  for (guint32 i = level->apart_first[unit]; i < level->apart_first[unit + 1]; i++) {
    guint32 other = level->apart[i];
    guint32 node = level->unit_of == NULL ? other : level->unit_member[level->unit_first[other]];
    if (communities->of_node[node] == id) {
      return TRUE;
    }
  }
  return FALSE;
}

void communities_move(const struct level *level, struct communities *communities, guint32 unit,
                      guint32 id)
{
  guint32 single = 0;
  const guint32 *member = NULL;
  guint32 n_members = level_members(level, unit, &member, &single);
  guint32 from = communities->of_node[member[0]];
  if (from == id) {
    return;
  }
  if (communities->n_units[id] == 0) {
    /* Empty ids lie on the stack; the one in use is nearly always on its top. */
    for (guint32 i = communities->n_free; i-- > 0;) {
      if (communities->free_id[i] == id) {
        memmove(communities->free_id + i, communities->free_id + i + 1,
                (communities->n_free - i - 1) * sizeof *communities->free_id);
        communities->n_free--;
        break;
      }
    }
  }
  communities->mass[from] -= level->unit_mass[unit];
  communities->mass[id] += level->unit_mass[unit];
  communities->n_units[id]++;
  if (--communities->n_units[from] == 0) {
    communities->free_id[communities->n_free++] = from;
  }
  if (level->anchor[unit] >= 0) {
    communities->anchor[from] = -1;
    communities->anchor[id] = level->anchor[unit];
  }
  for (guint32 i = 0; i < n_members; i++) {
    communities->of_node[member[i]] = id;
  }
}
