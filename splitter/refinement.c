#include "splitter/level.h"

#include <string.h>

struct refinement {
  const struct level *level;
  const struct price *price;
  const struct communities *communities;
  guint32 *part;    /* per node; ids are units */
  gint64 *mass;     /* per part */
  gint64 *boundary; /* per part: weight to the rest of its community */
  guint32 *n_units; /* per part */
  gint64 *tie;
  guint32 *touched;
  guint32 n_touched;
};

/* Ties of UNIT to the parts of its own community; returns their sum. */
static gint64 gather_ties(struct refinement *refinement, guint32 unit)
{
  const struct level *level = refinement->level;
  const guint32 *of_node = refinement->communities->of_node;
  guint32 single = 0;
  const guint32 *member = NULL;
  guint32 n_members = level_members(level, unit, &member, &single);
  guint32 id = of_node[member[0]];
  gint64 sum = 0;
  refinement->n_touched = 0;
  for (guint32 i = 0; i < n_members; i++) {
    for (guint32 row = level->first[member[i]]; row < level->first[member[i] + 1]; row++) {
      guint32 other = level->neighbour[row];
      if (of_node[other] != id || (n_members > 1 && level->unit_of[other] == unit)) {
        continue;
      }
      guint32 part = refinement->part[other];
      if (refinement->tie[part] == 0) {
        refinement->touched[refinement->n_touched++] = part;
      }
      refinement->tie[part] += level->weight[row];
      sum += level->weight[row];
    }
  }
  return sum;
}

static gboolean is_well_connected(const struct refinement *refinement, gint64 boundary, gint64 mass,
                                  gint64 community_mass)
{
  return (score)boundary << RESOLUTION_SHIFT >=
         (score)refinement->price->resolution * mass * (community_mass - mass);
}

static gboolean same_home(const struct level *level, guint32 a, guint32 b)
{
  return level->home == NULL || level->home[a] == level->home[b];
}

static guint32 choose_part(struct refinement *refinement, guint32 unit, gint64 community_mass)
{
  gint64 mass = refinement->level->unit_mass[unit];
  score rate = (score)refinement->price->resolution * mass;
  guint32 best = unit;
  score best_value = 0;
  for (guint32 i = 0; i < refinement->n_touched; i++) {
    guint32 part = refinement->touched[i];
    if (part == unit || (score)refinement->tie[part] << RESOLUTION_SHIFT <= best_value ||
        !same_home(refinement->level, unit, part) ||
        !is_well_connected(refinement, refinement->boundary[part], refinement->mass[part],
                           community_mass)) {
      continue;
    }
    score value =
        ((score)refinement->tie[part] << RESOLUTION_SHIFT) - rate * refinement->mass[part];
    if (value > best_value || (value == best_value && best != unit && part < best)) {
      best = part;
      best_value = value;
    }
  }
  return best;
}

static void refine_unit(struct refinement *refinement, guint32 unit)
{
  const struct level *level = refinement->level;
  if (refinement->n_units[unit] != 1) {
    return;
  }
  guint32 single = 0;
  const guint32 *member = NULL;
  guint32 n_members = level_members(level, unit, &member, &single);
  guint32 id = refinement->communities->of_node[member[0]];
  gint64 community_mass = refinement->communities->mass[id];
  if (refinement->communities->n_units[id] < 2) {
    return;
  }
  gint64 boundary = gather_ties(refinement, unit);
  if (is_well_connected(refinement, boundary, level->unit_mass[unit], community_mass)) {
    guint32 best = choose_part(refinement, unit, community_mass);
    if (best != unit) {
      refinement->mass[best] += level->unit_mass[unit];
      refinement->boundary[best] += boundary - 2 * refinement->tie[best];
      refinement->n_units[best]++;
      refinement->n_units[unit] = 0;
      for (guint32 i = 0; i < n_members; i++) {
        refinement->part[member[i]] = best;
      }
    }
  }
  for (guint32 i = 0; i < refinement->n_touched; i++) {
    refinement->tie[refinement->touched[i]] = 0;
  }
}

static guint32 number_parts(const struct level *level, guint32 *part)
{
  guint32 n_parts = 0;
  g_autofree guint32 *number = g_new(guint32, MAX(level->n_units, 1));
  memset(number, 0xff, level->n_units * sizeof *number);
  for (guint32 node = 0; node < level->n_nodes; node++) {
    if (number[part[node]] == G_MAXUINT32) {
      number[part[node]] = n_parts++;
    }
    part[node] = number[part[node]];
  }
  return n_parts;
}

guint32 *level_refine(const struct level *level, const struct price *price,
                      const struct communities *communities, guint32 *n_parts)
{
  struct refinement refinement = {.level = level, .price = price, .communities = communities};
  guint32 n_units = MAX(level->n_units, 1);
  guint32 *part = refinement.part = g_new(guint32, MAX(level->n_nodes, 1));
  g_autofree gint64 *mass = refinement.mass = g_new(gint64, n_units);
  g_autofree gint64 *boundary = refinement.boundary = g_new0(gint64, n_units);
  g_autofree guint32 *counts = refinement.n_units = g_new(guint32, n_units);
  g_autofree gint64 *tie = refinement.tie = g_new0(gint64, n_units);
  g_autofree guint32 *touched = refinement.touched = g_new(guint32, n_units);
  for (guint32 node = 0; node < level->n_nodes; node++) {
    part[node] = level_unit_of(level, node);
  }
  for (guint32 unit = 0; unit < level->n_units; unit++) {
    mass[unit] = level->unit_mass[unit];
    counts[unit] = 1;
  }
  for (guint32 node = 0; node < level->n_nodes; node++) {
    guint32 unit = level_unit_of(level, node);
    for (guint32 row = level->first[node]; row < level->first[node + 1]; row++) {
      guint32 other = level->neighbour[row];
      if (communities->of_node[other] == communities->of_node[node] &&
          level_unit_of(level, other) != unit) {
        boundary[unit] += level->weight[row];
      }
    }
  }
  for (guint32 unit = 0; unit < level->n_units; unit++) {
    refine_unit(&refinement, unit);
  }
  *n_parts = number_parts(level, part);
  return part;
}
