/* Sets of 32-bit numbers as sorted arrays, and a map from 64-bit keys to numbers.
 *
 * Both begin as all zero bytes. Neither knows what its numbers mean. */
#ifndef CLEAVE_ANALYZER_ID_SET_H
#define CLEAVE_ANALYZER_ID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_set {
  uint32_t *ids; /* ascending */
  uint32_t n;
  uint32_t n_allocated;
};

/* Room for the arrays of many sets that live and end together. Begins as all zero bytes. */
struct id_pool {
  struct id_block *blocks;
  uint32_t *at; /* free room of the latest block */
  uint32_t n_left;
  void *given_back[32]; /* arrays of 2^i ids */
};

/* Ends all sets whose arrays are in it. */
void id_pool_clear(struct id_pool *pool);

bool id_set_has(const struct id_set *set, uint32_t id);
/* Takes out all of another set. Linear. */
void id_set_remove(struct id_set *set, const struct id_set *other);

/* A set has its array in one pool, always the same, or for itself where that is NULL. */
void id_set_clear_in(struct id_pool *pool, struct id_set *set);
/* Adds one; true when it was missing. Linear in the worst case, constant at the end. */
bool id_set_add_in(struct id_pool *pool, struct id_set *set, uint32_t id);
/* Adds all of another set. Linear. */
void id_set_merge_in(struct id_pool *pool, struct id_set *set, const struct id_set *other);
/* The same where both have nothing in common. */
void id_set_join_in(struct id_pool *pool, struct id_set *set, const struct id_set *other);
/* Adds what is in `other` but in neither `set` nor `known`, and what `accepts` accepts where it is
 * not NULL; true when anything was. Linear in `other`, logarithmic in the gaps of `known`. */
bool id_set_add_missing_in(struct id_pool *pool, struct id_set *set, const struct id_set *other,
                           const struct id_set *known, bool (*accepts)(void *context, uint32_t id),
                           void *context);
/* What both have, as a new set. */
struct id_set id_set_common_in(struct id_pool *pool, const struct id_set *left,
                               const struct id_set *right);

static inline void id_set_clear(struct id_set *set)
{
  id_set_clear_in(NULL, set);
}

static inline bool id_set_add(struct id_set *set, uint32_t id)
{
  return id_set_add_in(NULL, set, id);
}

static inline void id_set_merge(struct id_set *set, const struct id_set *other)
{
  id_set_merge_in(NULL, set, other);
}

/* Open addressing; the key UINT64_MAX cannot be used. */
struct id_map {
  uint64_t *keys;
  uint32_t *values;
  uint32_t n;
  uint32_t n_slots;
};

void id_map_clear(struct id_map *map);
/* The value, or UINT32_MAX. */
uint32_t id_map_get(const struct id_map *map, uint64_t key);
void id_map_put(struct id_map *map, uint64_t key, uint32_t value);
/* True when the key was missing and is there now. */
bool id_map_put_new(struct id_map *map, uint64_t key, uint32_t value);

#endif
