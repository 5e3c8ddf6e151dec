#include "cost/pool.h"

#include <glib.h>
#include <math.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static unsigned int level_size(const struct pool *pool, unsigned int level)
{
  return pool->capacity >> (3 * level);
}

static void allocate(struct pool *pool, unsigned int n_levels)
{
  pool->n_levels = n_levels;
  pool->capacity = 1U << (3 * n_levels);
  for (unsigned int level = 0; level < n_levels; level++) {
    pool->levels[level] = g_new(double, level_size(pool, level));
    for (unsigned int i = 0; i < level_size(pool, level); i++) {
      pool->levels[level][i] = INFINITY;
    }
  }
  pool->created = g_new0(double, pool->capacity);
  pool->recycled = g_new0(double, pool->capacity);
}

void pool_init(struct pool *pool)
{
  memset(pool, 0, sizeof *pool);
  allocate(pool, 1);
}

void pool_clear(struct pool *pool)
{
  for (unsigned int level = 0; level < pool->n_levels; level++) {
    g_free(pool->levels[level]);
  }
  g_free(pool->created);
  g_free(pool->recycled);
}

/* Which of 8 values are not above now, the first in the lowest bit. */
static inline unsigned int passed(const double *values, double now)
{
#ifdef __SSE2__
  __m128d limit = _mm_set1_pd(now);
  int mask = _mm_movemask_pd(_mm_cmple_pd(_mm_loadu_pd(values), limit)) |
             _mm_movemask_pd(_mm_cmple_pd(_mm_loadu_pd(values + 2), limit)) << 2 |
             _mm_movemask_pd(_mm_cmple_pd(_mm_loadu_pd(values + 4), limit)) << 4 |
             _mm_movemask_pd(_mm_cmple_pd(_mm_loadu_pd(values + 6), limit)) << 6;
  return (unsigned int)mask;
#else
  unsigned int mask = 0;
  for (unsigned int i = 0; i < 8; i++) {
    mask |= (unsigned int)(values[i] <= now) << i;
  }
  return mask;
#endif
}

static inline double smaller(double a, double b)
{
  return a < b ? a : b;
}

static inline double smallest(const double *values)
{
  return smaller(smaller(smaller(values[0], values[1]), smaller(values[2], values[3])),
                 smaller(smaller(values[4], values[5]), smaller(values[6], values[7])));
}

unsigned int pool_find(const struct pool *pool, double now)
{
  unsigned int place = 0;
  for (unsigned int level = pool->n_levels; level-- > 0;) {
    unsigned int mask = passed(&pool->levels[level][place * 8], now);
    if (mask == 0) {
      return POOL_NONE;
    }
    place = place * 8 + (31U - (unsigned int)__builtin_clz(mask));
  }
  return place;
}

void pool_set(struct pool *pool, unsigned int place, double free_at)
{
  pool->levels[0][place] = free_at;
  for (unsigned int level = 1; level < pool->n_levels; level++) {
    place /= 8;
    double least = smallest(&pool->levels[level - 1][place * 8]);
    if (pool->levels[level][place] == least) {
      return;
    }
    pool->levels[level][place] = least;
  }
}

void pool_remove(struct pool *pool, unsigned int place)
{
  pool_set(pool, place, INFINITY);
  pool->n_live--;
}

/* Moves the live instances together, in their order, into a tree that they fill to a half at
 * most. */
static void rebuild(struct pool *pool)
{
  struct pool old = *pool;
  unsigned int n_levels = 1;
  while ((1U << (3 * n_levels)) < 2 * (old.n_live + 1) && n_levels < POOL_LEVELS) {
    n_levels++;
  }
  allocate(pool, n_levels);
  pool->n_used = 0;
  for (unsigned int i = 0; i < old.n_used; i++) {
    if (isfinite(old.levels[0][i])) {
      pool->created[pool->n_used] = old.created[i];
      pool->recycled[pool->n_used] = old.recycled[i];
      pool_set(pool, pool->n_used++, old.levels[0][i]);
    }
  }
  pool_clear(&old);
}

unsigned int pool_add(struct pool *pool, double now, double free_at, double recycled)
{
  if (pool->n_used == pool->capacity) {
    rebuild(pool);
  }
  unsigned int place = pool->n_used++;
  pool->created[place] = now;
  pool->recycled[place] = recycled;
  pool->n_live++;
  pool_set(pool, place, free_at);
  return place;
}
