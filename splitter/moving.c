#include "splitter/level.h"

#include <string.h>

/* Rows ahead of which the community of a neighbour is fetched into the cache. */
enum { FETCH_AHEAD = 12 };

/* Scratch space of one run of local moving. */
struct moving {
  const struct level *level;
  const struct price *price;
  struct communities *communities;
  gint64 *tie;      /* per community id: weight between the unit at hand and the community */
  guint32 *touched; /* ids with a tie */
  guint32 n_touched;
  guint32 *queue; /* a ring with room for every unit */
  guint32 head;
  guint32 n_queued;
  guint8 *is_queued;
};

static void queue_unit(struct moving *moving, guint32 unit)
{
  if (moving->is_queued[unit]) {
    return;
  }
  moving->is_queued[unit] = 1;
  guint32 tail = moving->head + moving->n_queued;
  if (tail >= moving->level->n_units) {
    tail -= moving->level->n_units;
  }
  moving->queue[tail] = unit;
  moving->n_queued++;
}

static guint32 take_unit(struct moving *moving)
{
  guint32 unit = moving->queue[moving->head];
  moving->is_queued[unit] = 0;
  moving->n_queued--;
  if (++moving->head == moving->level->n_units) {
    moving->head = 0;
  }
  return unit;
}

static void gather_ties(struct moving *moving, guint32 unit)
{
  const struct level *level = moving->level;
  guint32 single = 0;
  const guint32 *member = NULL;
  guint32 n_members = level_members(level, unit, &member, &single);
  moving->n_touched = 0;
  const guint32 *of_node = moving->communities->of_node;
  guint32 n_rows = level->first[level->n_nodes];
  for (guint32 i = 0; i < n_members; i++) {
    for (guint32 row = level->first[member[i]]; row < level->first[member[i] + 1]; row++) {
      guint32 other = level->neighbour[row];
      if (row + FETCH_AHEAD < n_rows) {
        __builtin_prefetch(of_node + level->neighbour[row + FETCH_AHEAD]);
      }
      if (n_members > 1 && level->unit_of[other] == unit) {
        continue;
      }
      guint32 id = of_node[other];
      if (moving->tie[id] == 0) {
        moving->touched[moving->n_touched++] = id;
      }
      moving->tie[id] += level->weight[row];
    }
  }
}

static score moving_price(const struct moving *moving, guint32 unit, guint32 id)
{
  const struct level *level = moving->level;
  if (level->home == NULL || level->home[unit] < 0 || level->home[unit] == (gint64)id) {
    return 0;
  }
  return ((score)moving->price->move * level->n_at_home[unit]) << RESOLUTION_SHIFT;
}

/* The best community for UNIT: staying wins ties, then the smaller id. */
static guint32 choose_community(struct moving *moving, guint32 unit, guint32 now)
{
  const struct communities *communities = moving->communities;
  gint64 mass = moving->level->unit_mass[unit];
  score rate = (score)moving->price->resolution * mass;
  guint32 best = now;
  score best_value = ((score)moving->tie[now] << RESOLUTION_SHIFT) -
                     rate * (communities->mass[now] - mass) - moving_price(moving, unit, now);
  for (guint32 i = 0; i < moving->n_touched; i++) {
    guint32 id = moving->touched[i];
    /* What stands there already only takes from the tie. */
    if (id == now || (score)moving->tie[id] << RESOLUTION_SHIFT <= best_value) {
      continue;
    }
    score value = ((score)moving->tie[id] << RESOLUTION_SHIFT) - rate * communities->mass[id] -
                  moving_price(moving, unit, id);
    if ((value > best_value || (value == best_value && best != now && id < best)) &&
        !communities_forbid(moving->level, communities, unit, id)) {
      best = id;
      best_value = value;
    }
  }
  if (communities->n_units[now] > 1 && communities->n_free > 0) {
    guint32 empty = communities->free_id[communities->n_free - 1];
    if (-moving_price(moving, unit, empty) > best_value) {
      best = empty;
    }
  }
  return best;
}

static void queue_neighbours(struct moving *moving, guint32 unit, guint32 id)
{
  const struct level *level = moving->level;
  guint32 single = 0;
  const guint32 *member = NULL;
  guint32 n_members = level_members(level, unit, &member, &single);
  for (guint32 i = 0; i < n_members; i++) {
    for (guint32 row = level->first[member[i]]; row < level->first[member[i] + 1]; row++) {
      guint32 other = level->neighbour[row];
      if (moving->communities->of_node[other] != id) {
        queue_unit(moving, level_unit_of(level, other));
      }
    }
  }
}

guint64 level_move_units(const struct level *level, const struct price *price,
                         struct communities *communities, const struct visits *visits)
{
  struct moving moving = {.level = level, .price = price, .communities = communities};
  g_autofree gint64 *tie = moving.tie = g_new0(gint64, MAX(communities->n_ids, 1));
  g_autofree guint32 *touched = moving.touched = g_new(guint32, MAX(communities->n_ids, 1));
  g_autofree guint32 *queue = moving.queue = g_new(guint32, MAX(level->n_units, 1));
  g_autofree guint8 *is_queued = moving.is_queued = g_new0(guint8, MAX(level->n_units, 1));
  for (guint32 i = 0; i < (visits->queued != NULL ? visits->n_queued : level->n_units); i++) {
    queue_unit(&moving, visits->queued != NULL ? visits->queued[i] : i);
  }
  guint64 n_moves = 0;
  guint64 n_left = visits->n_sweeps > 0 ? (guint64)visits->n_sweeps * level->n_units : G_MAXUINT64;
  /* Every move improves an integer objective, so this ends; the bound is for the price of time. */
  guint64 bound = 64 * (guint64)level->n_units + 1024;
  while (moving.n_queued > 0 && n_moves < bound && n_left-- > 0) {
    guint32 unit = take_unit(&moving);
    guint32 node = level->unit_of == NULL ? unit : level->unit_member[level->unit_first[unit]];
    guint32 now = communities->of_node[node];
    gather_ties(&moving, unit);
    guint32 best = choose_community(&moving, unit, now);
    for (guint32 i = 0; i < moving.n_touched; i++) {
      tie[touched[i]] = 0;
    }
    if (best == now) {
      continue;
    }
    communities_move(level, communities, unit, best);
    if (visits->changed != NULL) {
      visits->changed[now] = 1;
      visits->changed[best] = 1;
    }
    n_moves++;
    queue_neighbours(&moving, unit, best);
  }
  return n_moves;
}
