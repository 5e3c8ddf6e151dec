#include "analyzer/points_to_parts.h"

#include <string.h>

/* Many pointers of a program hold the same objects, and hundreds of loads read the same field of
 * all of them: n loads at m places are n * m edges. Where the same locations come to several
 * pointers at once, the loads of one field share a node: m edges to it and one to each load. It
 * holds what each of them gets there and nothing else, so that the solution is the same. Stores
 * likewise. Found by numbering the sets that come (as Barbar and Sui do, SAS 2021, to share the
 * sets themselves). */

void points_to_free_relays(struct points_to *solver)
{
  g_array_unref(solver->relays.members);
  id_map_clear(&solver->relays.sets);
  id_map_clear(&solver->relays.types);
  id_map_clear(&solver->relays.deeds);
  id_map_clear(&solver->relays.nodes);
  id_map_clear(&solver->relays.loads);
  id_map_clear(&solver->relays.addresses);
}

uint32_t points_to_number_set(struct points_to *solver, const struct id_set *set)
{
  struct relays *relays = &solver->relays;
  uint64_t hash = set->n;
  for (uint32_t i = 0; i < set->n; i++)
    hash = (hash ^ set->ids[i]) * UINT64_C(0x9e3779b97f4a7c15);
  /* Sets of one hash follow one another. UINT64_MAX is no key. */
  for (hash >>= 1;; hash = (hash + 1) & INT64_MAX) {
    uint32_t at = id_map_get(&relays->sets, hash);
    if (at == POINTS_TO_NONE) {
      at = relays->members->len;
      g_array_append_val(relays->members, set->n);
      g_array_append_vals(relays->members, set->ids, set->n);
      id_map_put(&relays->sets, hash, at);
      return at;
    }
    const uint32_t *known = &g_array_index(relays->members, uint32_t, at);
    if (known[0] == set->n && memcmp(known + 1, set->ids, set->n * sizeof *known) == 0)
      return at;
  }
}

/* The number behind a key, the next one where it has none. */
static uint32_t number_of(struct id_map *map, uint64_t key)
{
  uint32_t number = id_map_get(map, key);
  if (number == POINTS_TO_NONE) {
    number = map->n;
    id_map_put(map, key, number);
  }
  return number;
}

static uint32_t target_of(const struct points_to *solver, uint32_t node)
{
  return NODE(solver, points_to_representative(solver, node))->target;
}

static uint32_t number_of_deed(struct relays *relays, enum constraint_kind kind, uint32_t offset,
                               uint32_t type, uint32_t target)
{
  uint64_t types = number_of(&relays->types, (uint64_t)target << 32 | type);
  return number_of(&relays->deeds, types << 32 | (uint64_t)offset << 1 | (kind == CONSTRAINT_LOAD));
}

/* What a load or store does at a location. The target of its other side belongs to it: a node with
 * another one could not be on a cycle with it. */
static uint32_t deed_of(struct points_to *solver, struct constraint *constraint)
{
  if (constraint->deed == POINTS_TO_NONE)
    constraint->deed =
        number_of_deed(&solver->relays, constraint->kind, (uint32_t)constraint->offset,
                       constraint->type, target_of(solver, constraint->other));
  return constraint->deed;
}

void points_to_relay(struct points_to *solver, uint32_t constraint, uint32_t set,
                     const struct id_set *targets)
{
  struct constraint *known = &g_array_index(solver->constraints, struct constraint, constraint);
  uint64_t key = (uint64_t)set << 32 | deed_of(solver, known);
  struct constraint shared = *known;
  uint32_t relay = id_map_get(&solver->relays.nodes, key);
  if (relay == POINTS_TO_NONE) {
    relay = points_to_add_node(solver);
    points_to_restrict(solver, relay, target_of(solver, shared.other));
    id_map_put(&solver->relays.nodes, key, relay);
    shared.other = relay;
    for (uint32_t i = 0; i < targets->n; i++)
      points_to_apply_at(solver, &shared, targets->ids[i]);
    known = &g_array_index(solver->constraints, struct constraint, constraint);
  }
  if (shared.kind == CONSTRAINT_LOAD)
    points_to_add_copy(solver, known->other, relay);
  else
    points_to_add_copy(solver, relay, known->other);
}

/* ---- values that come from one place ---- */

static uint32_t shared_node(struct points_to *solver, struct id_map *map, uint64_t key)
{
  uint32_t node = points_to_add_node(solver);
  NODE(solver, node)->is_shared = true;
  id_map_put(map, key, node);
  return node;
}

uint32_t points_to_loaded(struct points_to *solver, uint32_t from, uint64_t offset, uint32_t type,
                          uint32_t target)
{
  from = points_to_representative(solver, from);
  uint32_t start = (uint32_t)MIN(offset, OFFSET_LIMIT);
  uint32_t deed = number_of_deed(&solver->relays, CONSTRAINT_LOAD, start, type, target);
  uint64_t key = (uint64_t)from << 32 | deed;
  uint32_t node = id_map_get(&solver->relays.loads, key);
  if (node == POINTS_TO_NONE) {
    node = shared_node(solver, &solver->relays.loads, key);
    points_to_restrict(solver, node, target);
    points_to_add_load(solver, node, from, offset, type);
  }
  return node;
}

uint32_t points_to_addressed(struct points_to *solver, uint32_t object, uint64_t offset)
{
  uint32_t location = points_to_location(solver, object, offset);
  if (location == POINTS_TO_NONE)
    return points_to_add_node(solver);
  uint32_t node = id_map_get(&solver->relays.addresses, location);
  if (node == POINTS_TO_NONE) {
    node = shared_node(solver, &solver->relays.addresses, location);
    points_to_insert(solver, node, location);
  }
  return node;
}

bool points_to_is_shared(const struct points_to *solver, uint32_t node)
{
  return NODE(solver, node)->is_shared;
}
