#include "analyzer/id_set.h"

#include <glib.h>
#include <string.h>

/* ---- room ---- */

enum { BLOCK_IDS = 1 << 14, LEAST_IDS = 2 };

struct id_block {
  struct id_block *next;
  uint64_t room[]; /* aligned for a pointer, which an array holds while nobody has it */
};

void id_pool_clear(struct id_pool *pool)
{
  while (pool->blocks != NULL) {
    struct id_block *next = pool->blocks->next;
    g_free(pool->blocks);
    pool->blocks = next;
  }
  *pool = (struct id_pool){0};
}

static uint32_t *take_block(struct id_pool *pool, uint32_t n)
{
  struct id_block *block = g_malloc(sizeof *block + (size_t)n * sizeof(uint32_t));
  block->next = pool->blocks;
  pool->blocks = block;
  return (uint32_t *)(void *)block->room;
}

/* An array of 2^power ids. */
static uint32_t *take(struct id_pool *pool, unsigned power)
{
  void *known = pool->given_back[power];
  uint32_t n = UINT32_C(1) << power;
  if (known != NULL) {
    memcpy(&pool->given_back[power], known, sizeof known);
    return known;
  }
  if (n > BLOCK_IDS / 4)
    return take_block(pool, n);
  if (n > pool->n_left) {
    pool->at = take_block(pool, BLOCK_IDS);
    pool->n_left = BLOCK_IDS;
  }
  uint32_t *taken = pool->at;
  pool->at += n;
  pool->n_left -= n;
  return taken;
}

static void give_back(struct id_pool *pool, uint32_t *ids, unsigned power)
{
  void *next = pool->given_back[power];
  memcpy(ids, &next, sizeof next);
  pool->given_back[power] = ids;
}

static unsigned power_of(uint32_t n)
{
  return n <= LEAST_IDS ? 1 : 32 - (unsigned)__builtin_clz(n - 1);
}

void id_set_clear_in(struct id_pool *pool, struct id_set *set)
{
  if (pool == NULL)
    g_free(set->ids);
  else if (set->n_allocated != 0)
    give_back(pool, set->ids, power_of(set->n_allocated));
  *set = (struct id_set){0};
}

static void reserve(struct id_pool *pool, struct id_set *set, uint32_t n)
{
  if (n <= set->n_allocated)
    return;
  if (pool == NULL) {
    set->n_allocated = MAX(n, set->n_allocated + set->n_allocated / 2 + 2);
    set->ids = g_renew(uint32_t, set->ids, set->n_allocated);
    return;
  }
  unsigned power = power_of(n);
  uint32_t *ids = take(pool, power);
  if (set->n_allocated != 0) {
    memcpy(ids, set->ids, set->n * sizeof *ids);
    give_back(pool, set->ids, power_of(set->n_allocated));
  }
  set->ids = ids;
  set->n_allocated = UINT32_C(1) << power;
}

/* ---- sets ---- */

/* First position from `low` to `high` whose number is not below `id`. */
static uint32_t find_between(const struct id_set *set, uint32_t low, uint32_t high, uint32_t id)
{
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (set->ids[middle] < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static uint32_t find(const struct id_set *set, uint32_t id)
{
  return find_between(set, 0, set->n, id);
}

bool id_set_has(const struct id_set *set, uint32_t id)
{
  uint32_t at = find(set, id);
  return at < set->n && set->ids[at] == id;
}

bool id_set_add_in(struct id_pool *pool, struct id_set *set, uint32_t id)
{
  uint32_t at = set->n != 0 && set->ids[set->n - 1] < id ? set->n : find(set, id);
  if (at < set->n && set->ids[at] == id)
    return false;
  reserve(pool, set, set->n + 1);
  memmove(set->ids + at + 1, set->ids + at, (set->n - at) * sizeof *set->ids);
  set->ids[at] = id;
  set->n++;
  return true;
}

/* The first position from `from` on whose id is not smaller: galloping, so that a few ids are soon
 * found in a large set and many one after the other. */
static uint32_t position_from(const struct id_set *set, uint32_t from, uint32_t id)
{
  uint32_t step = 1, low = from;
  while (low + step <= set->n && set->ids[low + step - 1] < id) {
    low += step;
    step *= 2;
  }
  return find_between(set, low, MIN(low + step - 1, set->n), id);
}

/* How many of `other` are not in `set`. */
static uint32_t count_missing(const struct id_set *set, const struct id_set *other)
{
  uint32_t missing = 0, i = 0;
  for (uint32_t j = 0; j < other->n; j++) {
    i = position_from(set, i, other->ids[j]);
    missing += i == set->n || set->ids[i] != other->ids[j];
  }
  return missing;
}

/* Adds another set of which that many are missing. */
static void merge(struct id_pool *pool, struct id_set *set, const struct id_set *other,
                  uint32_t missing)
{
  if (missing == 0)
    return;
  reserve(pool, set, set->n + missing);
  /* From the end, so that nothing is overwritten before it was moved. */
  uint32_t i = set->n, j = other->n, k = set->n + missing;
  set->n = k;
  while (j != 0 && i != 0) {
    if (set->ids[i - 1] > other->ids[j - 1]) {
      set->ids[--k] = set->ids[--i];
    } else {
      if (set->ids[i - 1] == other->ids[j - 1])
        i--;
      set->ids[--k] = other->ids[--j];
    }
  }
  memcpy(set->ids, other->ids, j * sizeof *set->ids);
}

void id_set_merge_in(struct id_pool *pool, struct id_set *set, const struct id_set *other)
{
  merge(pool, set, other, count_missing(set, other));
}

void id_set_join_in(struct id_pool *pool, struct id_set *set, const struct id_set *other)
{
  merge(pool, set, other, other->n);
}

/* How many ids from here on are the same in both, in steps of four. */
static uint32_t n_same(const uint32_t *left, uint32_t n_left, const uint32_t *right,
                       uint32_t n_right)
{
  uint32_t n = MIN(n_left, n_right), same = 0;
  uint64_t a[2], b[2];
  for (; same + 4 <= n; same += 4) {
    memcpy(a, left + same, sizeof a);
    memcpy(b, right + same, sizeof b);
    if (((a[0] ^ b[0]) | (a[1] ^ b[1])) != 0)
      break;
  }
  return same;
}

bool id_set_add_missing_in(struct id_pool *pool, struct id_set *set, const struct id_set *other,
                           const struct id_set *known, bool (*accepts)(void *context, uint32_t id),
                           void *context)
{
  uint32_t local[256];
  uint32_t *news = NULL;
  struct id_set missing = {0};
  uint32_t i = 0, k = 0;
  for (uint32_t j = 0; j < other->n; j++) {
    uint32_t id = other->ids[j];
    if (i < known->n && known->ids[i] < id)
      i = position_from(known, i + 1, id);
    if (i < known->n && known->ids[i] == id) {
      uint32_t same = n_same(&known->ids[i], known->n - i, &other->ids[j], other->n - j);
      i += MAX(same, 1);
      j += MAX(same, 1) - 1;
      continue;
    }
    if (k < set->n && set->ids[k] < id)
      k = position_from(set, k + 1, id);
    if (k < set->n && set->ids[k] == id) {
      uint32_t same = n_same(&set->ids[k], set->n - k, &other->ids[j], other->n - j);
      k += MAX(same, 1);
      j += MAX(same, 1) - 1;
      continue;
    }
    if (accepts != NULL && !accepts(context, id))
      continue;
    if (news == NULL)
      news = other->n <= G_N_ELEMENTS(local) ? local : g_new(uint32_t, other->n);
    news[missing.n++] = id;
  }
  if (missing.n == 0)
    return false;
  missing.ids = news;
  id_set_join_in(pool, set, &missing);
  if (news != local)
    g_free(news);
  return true;
}

void id_set_remove(struct id_set *set, const struct id_set *other)
{
  uint32_t kept = 0, j = 0;
  for (uint32_t i = 0; i < set->n; i++) {
    while (j < other->n && other->ids[j] < set->ids[i])
      j++;
    if (j == other->n || other->ids[j] != set->ids[i])
      set->ids[kept++] = set->ids[i];
  }
  set->n = kept;
}

struct id_set id_set_common_in(struct id_pool *pool, const struct id_set *left,
                               const struct id_set *right)
{
  struct id_set common = {0};
  uint32_t j = 0;
  for (uint32_t i = 0; i < left->n; i++) {
    while (j < right->n && right->ids[j] < left->ids[i])
      j++;
    if (j < right->n && right->ids[j] == left->ids[i])
      id_set_add_in(pool, &common, left->ids[i]);
  }
  return common;
}

void id_map_clear(struct id_map *map)
{
  g_free(map->keys);
  g_free(map->values);
  *map = (struct id_map){0};
}

/* The finaliser of MurmurHash3. */
static uint64_t mix(uint64_t key)
{
  key ^= key >> 33;
  key *= UINT64_C(0xff51afd7ed558ccd);
  key ^= key >> 33;
  key *= UINT64_C(0xc4ceb9fe1a85ec53);
  return key ^ key >> 33;
}

static uint32_t slot_of(const struct id_map *map, uint64_t key)
{
  uint32_t slot = (uint32_t)mix(key) & (map->n_slots - 1);
  while (map->keys[slot] != UINT64_MAX && map->keys[slot] != key)
    slot = (slot + 1) & (map->n_slots - 1);
  return slot;
}

static void grow(struct id_map *map)
{
  struct id_map old = *map;
  map->n_slots = old.n_slots == 0 ? 64 : old.n_slots * 2;
  map->keys = g_new(uint64_t, map->n_slots);
  map->values = g_new(uint32_t, map->n_slots);
  memset(map->keys, 0xff, map->n_slots * sizeof *map->keys);
  for (uint32_t i = 0; i < old.n_slots; i++) {
    if (old.keys[i] == UINT64_MAX)
      continue;
    uint32_t slot = slot_of(map, old.keys[i]);
    map->keys[slot] = old.keys[i];
    map->values[slot] = old.values[i];
  }
  g_free(old.keys);
  g_free(old.values);
}

uint32_t id_map_get(const struct id_map *map, uint64_t key)
{
  if (map->n == 0)
    return UINT32_MAX;
  uint32_t slot = slot_of(map, key);
  return map->keys[slot] == key ? map->values[slot] : UINT32_MAX;
}

void id_map_put(struct id_map *map, uint64_t key, uint32_t value)
{
  if (map->n * 4 >= map->n_slots * 3)
    grow(map);
  uint32_t slot = slot_of(map, key);
  if (map->keys[slot] == UINT64_MAX) {
    map->keys[slot] = key;
    map->n++;
  }
  map->values[slot] = value;
}

bool id_map_put_new(struct id_map *map, uint64_t key, uint32_t value)
{
  if (id_map_get(map, key) != UINT32_MAX)
    return false;
  id_map_put(map, key, value);
  return true;
}
