/* Memory that lasts although no variable with static storage leads to it: what start-up makes and
 * the serving program still uses hangs on variables of main and on what is handed around. */
#include "analyzer/state_parts.h"

#include <string.h>

uint32_t state_memory_of(const struct flow *flow, uint32_t object)
{
  uint32_t viewed = points_to_viewed(flow->solver, object);
  return viewed != POINTS_TO_NONE ? viewed : object;
}

/* What an object of a unit is, or memory that no row of a unit allocates. */
static void add_memory(struct state *state, uint32_t unit, uint32_t object, bool is_local)
{
  struct state_memory memory = {
      .routine = LINK_NONE, .program = state->program, .is_local = is_local};
  if (object != UNIT_NONE) {
    const struct linkage *linkage = state->findings->linkage;
    const struct unit_object *row = &linkage_unit(linkage, unit)->objects[object];
    memory.routine =
        row->routine != UNIT_NONE ? findings_routine(linkage, unit, row->routine) : LINK_NONE;
    memory.line = row->line;
    memory.is_array = (row->value & UNIT_VALUE_ARRAY) != 0;
  }
  g_array_append_val(state->memories, memory);
}

void state_add_pointed(const struct flow *flow, uint32_t object, GArray *pointed)
{
  uint32_t n_inside = 0;
  const uint32_t *inside = points_to_locations(flow->solver, object, &n_inside);
  for (uint32_t i = 0; i < n_inside; i++) {
    uint32_t n = 0;
    const uint32_t *targets = points_to_targets(flow->solver, inside[i], &n);
    for (uint32_t t = 0; t < n; t++) {
      uint32_t target = points_to_object_of(flow->solver, targets[t]);
      g_array_append_val(pointed, target);
    }
  }
}

static void add_links(struct state *state, const uint32_t *memories, uint32_t object,
                      const GArray *pointed)
{
  for (guint i = 0; i < pointed->len; i++) {
    uint32_t to = memories[g_array_index(pointed, uint32_t, i)];
    struct state_link link = {memories[object] - 1, to - 1};
    if (to != 0 && link.from != link.to)
      g_array_append_val(state->links, link);
  }
}

bool state_is_of_main(const struct unit *unit, uint32_t object)
{
  const struct unit_object *row = &unit->objects[object];
  return row->kind == UNIT_OBJECT_LOCAL && (row->value & UNIT_VALUE_RECORD) != 0 &&
         row->routine != UNIT_NONE &&
         strcmp(unit_string(unit, unit->routines[row->routine].name), "main") == 0;
}

static uint64_t key_of_local(uint32_t unit, uint32_t object)
{
  return (uint64_t)unit << 32 | object;
}

uint32_t state_memory_of_local(struct state *state, uint32_t unit, uint32_t object)
{
  uint32_t known = id_map_get(&state->of_local, key_of_local(unit, object));
  if (known != UINT32_MAX)
    return known;
  add_memory(state, unit, object, true);
  id_map_put(&state->of_local, key_of_local(unit, object), state->memories->len - 1);
  return state->memories->len - 1;
}

/* Whether an object is allocated memory or a record that main declares. */
static bool is_memory(const struct state *state, const struct flow *flow, uint32_t object)
{
  const struct flow_object *known = flow_object(flow, object);
  if (known->kind != FLOW_LOCAL || known->index == UNIT_NONE || known->type == LINK_NONE)
    return known->kind == FLOW_HEAP;
  return state_is_of_main(linkage_unit(state->findings->linkage, known->unit), known->index);
}

uint32_t *state_number_memories(struct state *state, const struct flow *flow, const bool *is_state)
{
  uint32_t n_objects = points_to_n_objects(flow->solver);
  uint32_t *memories = g_new0(uint32_t, MAX(n_objects, 1));
  state->program = flow->program->number;
  id_map_clear(&state->of_local);
  for (uint32_t i = 0; i < n_objects; i++) {
    uint32_t memory = state_memory_of(flow, i);
    if (!is_memory(state, flow, i) || is_state[i])
      continue;
    const struct flow_object *known = flow_object(flow, memory);
    if (memories[memory] == 0 && known->kind == FLOW_LOCAL) {
      memories[memory] = state_memory_of_local(state, known->unit, known->index) + 1;
    } else if (memories[memory] == 0) {
      add_memory(state, known->unit, known->index, false);
      memories[memory] = state->memories->len;
    }
    memories[i] = memories[memory];
  }
  g_autoptr(GArray) pointed = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (uint32_t i = 0; i < n_objects; i++) {
    if (memories[i] == 0)
      continue;
    g_array_set_size(pointed, 0);
    state_add_pointed(flow, i, pointed);
    add_links(state, memories, i, pointed);
  }
  return memories;
}

/* How a memory is used. */
enum { USED_SERVING = 1, USED_FILLED = 2 /* written before the program serves */ };

static uint8_t *find_uses(const struct state *state, const struct startup *startup)
{
  uint8_t *uses = g_new0(uint8_t, MAX(state->memories->len, 1));
  for (guint i = 0; i < state->accesses->len; i++) {
    const struct state_access *access = &g_array_index(state->accesses, struct state_access, i);
    if (access->memory == 0 || access->mode == UNIT_ADDRESS)
      continue;
    if (!startup_is_before(startup, access->routine, access->line))
      uses[access->memory - 1] |= USED_SERVING;
    else if (access->mode == UNIT_WRITE)
      uses[access->memory - 1] |= USED_FILLED;
  }
  return uses;
}

/* Whether start-up makes a memory for later; a record on the stack may also be there for one turn
 * after the other. `turns` is made when it is needed. */
static bool is_made_early(const struct state *state, uint32_t index, uint8_t uses,
                          const struct startup *startup, struct state_turns **turns)
{
  const struct state_memory *memory = &g_array_index(state->memories, struct state_memory, index);
  if ((uses & USED_SERVING) == 0 || memory->routine == LINK_NONE ||
      !startup_is_before(startup, memory->routine, memory->line))
    return false;
  if (!memory->is_local)
    return true;
  if ((uses & USED_FILLED) == 0)
    return false;
  if (*turns == NULL)
    *turns = state_turns_new(state, startup);
  return state_turns_outlive(*turns, index);
}

static gint compare_links(gconstpointer left, gconstpointer right)
{
  const struct state_link *a = left, *b = right;
  return a->from != b->from ? (a->from < b->from ? -1 : 1) : (a->to > b->to) - (a->to < b->to);
}

/* The first link from a memory with at least this number. */
static guint first_link(const GArray *links, uint32_t from)
{
  guint low = 0, high = links->len;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (g_array_index(links, struct state_link, middle).from < from)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Per memory: whether start-up makes it for later, or something leads to it that start-up makes. */
static bool *find_lasting(struct state *state, const struct startup *startup, const uint8_t *uses)
{
  bool *is_lasting = g_new0(bool, MAX(state->memories->len, 1));
  g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  struct state_turns *turns = NULL;
  for (uint32_t i = 0; i < state->memories->len; i++) {
    if (is_made_early(state, i, uses[i], startup, &turns)) {
      is_lasting[i] = true;
      g_array_append_val(stack, i);
    }
  }
  state_turns_free(turns);
  g_array_sort(state->links, compare_links);
  while (stack->len != 0) {
    uint32_t from = g_array_index(stack, uint32_t, stack->len - 1);
    g_array_set_size(stack, stack->len - 1);
    for (guint i = first_link(state->links, from); i < state->links->len; i++) {
      const struct state_link *link = &g_array_index(state->links, struct state_link, i);
      if (link->from != from)
        break;
      bool is_local = g_array_index(state->memories, struct state_memory, link->to).is_local;
      if (!is_lasting[link->to] && !is_local) {
        is_lasting[link->to] = true;
        g_array_append_val(stack, link->to);
      }
    }
  }
  return is_lasting;
}

void state_drop_passing(struct state *state, const struct startup *startup)
{
  g_autofree uint8_t *uses = find_uses(state, startup);
  g_autofree bool *is_lasting = find_lasting(state, startup, uses);
  guint n = 0;
  for (guint i = 0; i < state->accesses->len; i++) {
    const struct state_access *access = &g_array_index(state->accesses, struct state_access, i);
    bool is_kept = access->memory == 0 || (is_lasting[access->memory - 1] &&
                                           (uses[access->memory - 1] & USED_SERVING) != 0);
    if (is_kept)
      g_array_index(state->accesses, struct state_access, n++) = *access;
  }
  g_array_set_size(state->accesses, n);
}
