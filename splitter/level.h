/* One level of the multi-level solver: a graph, the units that move as one, and their communities.
 * Shared by the steps of the solver (moving, refinement, aggregation) and by nobody else. */
#ifndef CLEAVE_SPLITTER_LEVEL_H
#define CLEAVE_SPLITTER_LEVEL_H

#include "splitter/constraints.h"
#include "splitter/network.h"

/* A resolution is a fixed-point density: weight units per squared mass, times 2^RESOLUTION_SHIFT.
 */
#define RESOLUTION_SHIFT 36

typedef __int128 score;

struct level {
  /* Graph rows; borrowed at the bottom level, owned above. */
  guint32 n_nodes;
  guint32 *first;
  guint32 *neighbour;
  gint64 *weight;
  /* Units: nodes that move as one. Above the bottom every node is a unit and unit_of is NULL. */
  guint32 n_units;
  guint32 *unit_of;
  guint32 *unit_first;
  guint32 *unit_member;
  gint64 *unit_mass;
  gint64 *anchor;
  guint32 *apart_first;
  guint32 *apart;
  /* Where people have seen a unit: its earlier community or -1, and how many of its nodes count. */
  gint64 *home;
  guint32 *n_at_home;
  gboolean is_bottom;
};

/* Communities over the nodes of a level. Ids run from 0 to n_ids - 1, some of them empty. */
struct communities {
  guint32 n_ids;
  guint32 *of_node; /* n_nodes of the level */
  gint64 *mass;     /* per id */
  guint32 *n_units; /* per id */
  gint64 *anchor;   /* per id: the label held, or -1 */
  guint32 *free_id; /* a stack of empty ids */
  guint32 n_free;
};

struct price {
  gint64 resolution;
  gint64 move; /* weight units for each node that leaves its home */
};

static inline guint32 level_members(const struct level *level, guint32 unit, const guint32 **member,
                                    guint32 *single)
{
  if (level->unit_of == NULL) {
    *single = unit;
    *member = single;
    return 1;
  }
  *member = level->unit_member + level->unit_first[unit];
  return level->unit_first[unit + 1] - level->unit_first[unit];
}

static inline guint32 level_unit_of(const struct level *level, guint32 node)
{
  return level->unit_of == NULL ? node : level->unit_of[node];
}

/* The bottom level over GRAPH and UNITS (both borrowed). HOMES (one per node, -1 for none) may be
 * NULL. */
struct level *level_new(const struct network *graph, const struct units *units,
                        const gint64 *homes);
void level_free(struct level *level);

/* Communities with the given label per node (labels < n_ids). Every unit must lie within one
 * label. */
struct communities *communities_new(const struct level *level, guint32 n_ids,
                                    const guint32 *labels);
void communities_free(struct communities *communities);

/* Whether a constraint forbids UNIT to stand in community ID beside what is there. */
gboolean communities_forbid(const struct level *level, const struct communities *communities,
                            guint32 unit, guint32 id);

/* Puts UNIT into community ID (taking it out of where it was). */
void communities_move(const struct level *level, struct communities *communities, guint32 unit,
                      guint32 id);

/* Where local moving begins and ends. */
struct visits {
  const guint32 *queued; /* the units to begin with, in order; NULL means all, ascending */
  guint32 n_queued;
  guint n_sweeps;  /* looks at no more than so many units times all; 0: until nothing improves */
  guint8 *changed; /* per id, may be NULL: set for every community that gained or lost a unit */
};

/* Local moving: takes units from a queue and moves each to its best allowed community. Returns the
 * number of moves. */
guint64 level_move_units(const struct level *level, const struct price *price,
                         struct communities *communities, const struct visits *visits);

/* Refinement: splits every community into well connected parts, beginning with single units that
 * join the best part to which they are well connected. Returns one part per node; N_PARTS counts
 * them. Parts are numbered by their first node. */
guint32 *level_refine(const struct level *level, const struct price *price,
                      const struct communities *communities, guint32 *n_parts);

/* Aggregation: parts become the nodes of the next level. */
struct level *level_aggregate(const struct level *level, const guint32 *part, guint32 n_parts);

#endif
