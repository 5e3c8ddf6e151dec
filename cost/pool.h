/* The instances of one simulated function, indexed so that the newest one that is free is found in
 * O(log instances): a tree of 8 children whose nodes hold the earliest time at which anything below
 * is free. No queue of completions is needed: an instance is free once its time has passed.
 */
#ifndef CLEAVE_COST_POOL_H
#define CLEAVE_COST_POOL_H

#include <stdbool.h>
#include <stdint.h>

#define POOL_LEVELS 7

struct pool {
  unsigned int n_levels;
  unsigned int capacity;       /* of level 0: 8^n_levels */
  unsigned int n_used;         /* places taken so far, the next instance goes there */
  unsigned int n_live;         /* instances in the index */
  double *levels[POOL_LEVELS]; /* 0: when an instance is free, infinite when there is none */
  double *created;             /* by place */
  double *recycled;            /* by place: when it is recycled at the latest, infinite for never */
};

void pool_init(struct pool *pool);
void pool_clear(struct pool *pool);

#define POOL_NONE UINT32_MAX

/* The place of the newest instance that is free at a time, or POOL_NONE. */
unsigned int pool_find(const struct pool *pool, double now);

/* A new instance, newer than all others; grows or closes gaps when no place is left. */
unsigned int pool_add(struct pool *pool, double now, double free_at, double recycled);

void pool_set(struct pool *pool, unsigned int place, double free_at);
void pool_remove(struct pool *pool, unsigned int place);

static inline double pool_free_at(const struct pool *pool, unsigned int place)
{
  return pool->levels[0][place];
}

#endif
