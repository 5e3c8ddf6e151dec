#include "analyzer/points_to_parts.h"

static bool is_interrupted(const struct points_to *solver)
{
  return solver->is_interrupted != NULL && *solver->is_interrupted != 0;
}

/* ---- nodes with something new, the one nearest to the sources first ---- */

static bool is_before(const struct points_to *solver, guint left, guint right)
{
  uint32_t a = g_array_index(solver->waiting, uint32_t, left);
  uint32_t b = g_array_index(solver->waiting, uint32_t, right);
  uint32_t rank_a = NODE(solver, a)->rank, rank_b = NODE(solver, b)->rank;
  return rank_a != rank_b ? rank_a > rank_b : a < b;
}

static void swap_waiting(struct points_to *solver, guint left, guint right)
{
  uint32_t *waiting = (uint32_t *)(void *)solver->waiting->data;
  uint32_t kept = waiting[left];
  waiting[left] = waiting[right];
  waiting[right] = kept;
}

void points_to_let_wait(struct points_to *solver, uint32_t node)
{
  if (NODE(solver, node)->is_waiting)
    return;
  NODE(solver, node)->is_waiting = true;
  g_array_append_val(solver->waiting, node);
  guint at = solver->waiting->len - 1;
  while (at != 0 && is_before(solver, at, (at - 1) / 2)) {
    swap_waiting(solver, at, (at - 1) / 2);
    at = (at - 1) / 2;
  }
}

static void sink(struct points_to *solver, guint at)
{
  for (;;) {
    guint first = at, child = 2 * at + 1;
    if (child < solver->waiting->len && is_before(solver, child, first))
      first = child;
    if (child + 1 < solver->waiting->len && is_before(solver, child + 1, first))
      first = child + 1;
    if (first == at)
      return;
    swap_waiting(solver, at, first);
    at = first;
  }
}

static uint32_t next_waiting(struct points_to *solver)
{
  uint32_t node = g_array_index(solver->waiting, uint32_t, 0);
  g_array_remove_index_fast(solver->waiting, 0);
  sink(solver, 0);
  NODE(solver, node)->is_waiting = false;
  return node;
}

/* ---- waves ---- */

static void propagate(struct points_to *solver, uint32_t index)
{
  struct node *node = NODE(solver, index);
  if (node->fresh.n == 0)
    return;
  struct id_set fresh = node->fresh;
  node->fresh = (struct id_set){0};
  id_set_merge(&node->all, &fresh);
  for (uint32_t i = 0; i < node->edges.n; i++) {
    uint32_t to = points_to_representative(solver, node->edges.ids[i]);
    if (to == index)
      continue;
    struct node *target = NODE(solver, to);
    if (points_to_pour(solver, target, &fresh))
      points_to_let_wait(solver, to);
  }
  points_to_apply(solver, index, &fresh);
  id_set_clear(&fresh);
}

/* Appends the waiting list of one node to another's. `next` is the first member of each kind. */
static void join_lists(GArray *array, uint32_t *to, uint32_t from)
{
  if (from == POINTS_TO_NONE)
    return;
  uint32_t last = from;
  size_t size = g_array_get_element_size(array);
  uint32_t *next;
  while (*(next = (uint32_t *)(void *)(array->data + last * size)) != POINTS_TO_NONE)
    last = *next;
  *next = *to;
  *to = from;
}

static void collapse(struct points_to *solver, uint32_t into, uint32_t from)
{
  struct node *to = NODE(solver, into), *gone = NODE(solver, from);
  gone->parent = into;
  /* What only one of the two has seen must be looked at again by what the other waits for. */
  struct id_set common = id_set_common(&to->all, &gone->all);
  id_set_merge(&to->fresh, &to->all);
  id_set_merge(&to->fresh, &gone->all);
  id_set_merge(&to->fresh, &gone->fresh);
  id_set_remove(&to->fresh, &common);
  id_set_clear(&to->all);
  to->all = common;
  id_set_merge(&to->edges, &gone->edges);
  id_set_clear(&gone->all);
  id_set_clear(&gone->fresh);
  id_set_clear(&gone->edges);
  join_lists(solver->constraints, &to->constraints, gone->constraints);
  join_lists(solver->calls, &to->calls, gone->calls);
  join_lists(solver->own_calls, &to->own_calls, gone->own_calls);
  join_lists(solver->records, &to->records, gone->records);
  gone->constraints = gone->calls = gone->own_calls = gone->records = POINTS_TO_NONE;
}

/* Tarjan's components, without recursion. */
struct walk {
  uint32_t *index; /* 0: not seen */
  uint32_t *low;
  uint32_t *position; /* next edge of a node on the path */
  GArray *path;
  GArray *stack;
  GArray *order; /* finished representatives: reverse topological */
  uint8_t *is_stacked;
  uint32_t counter;
};

static void walk_enter(struct walk *walk, uint32_t node)
{
  walk->index[node] = walk->low[node] = ++walk->counter;
  walk->position[node] = 0;
  walk->is_stacked[node] = 1;
  g_array_append_val(walk->path, node);
  g_array_append_val(walk->stack, node);
}

static void walk_leave(struct points_to *solver, struct walk *walk, uint32_t node)
{
  g_array_set_size(walk->path, walk->path->len - 1);
  if (walk->path->len != 0) {
    uint32_t above = g_array_index(walk->path, uint32_t, walk->path->len - 1);
    walk->low[above] = MIN(walk->low[above], walk->low[node]);
  }
  if (walk->low[node] != walk->index[node])
    return;
  uint32_t member;
  do {
    member = g_array_index(walk->stack, uint32_t, walk->stack->len - 1);
    g_array_set_size(walk->stack, walk->stack->len - 1);
    walk->is_stacked[member] = 0;
    if (member != node)
      collapse(solver, node, member);
  } while (member != node);
  g_array_append_val(walk->order, node);
}

static void walk_from(struct points_to *solver, struct walk *walk, uint32_t start)
{
  walk_enter(walk, start);
  while (walk->path->len != 0) {
    uint32_t node = g_array_index(walk->path, uint32_t, walk->path->len - 1);
    const struct id_set *edges = &NODE(solver, node)->edges;
    if (walk->position[node] == edges->n) {
      walk_leave(solver, walk, node);
      continue;
    }
    uint32_t next = points_to_representative(solver, edges->ids[walk->position[node]++]);
    /* What may hold different things cannot become one. */
    if (NODE(solver, next)->target != NODE(solver, node)->target)
      continue;
    if (walk->index[next] == 0)
      walk_enter(walk, next);
    else if (walk->is_stacked[next])
      walk->low[node] = MIN(walk->low[node], walk->index[next]);
  }
}

/* Collapses all cycles and returns the nodes, sources last. */
static GArray *order_nodes(struct points_to *solver)
{
  guint n = solver->nodes->len;
  struct walk walk = {
      .index = g_new0(uint32_t, n),
      .low = g_new0(uint32_t, n),
      .position = g_new0(uint32_t, n),
      .is_stacked = g_new0(uint8_t, n),
      .path = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
      .stack = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
      .order = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
  };
  for (uint32_t i = 0; i < n; i++) {
    if (NODE(solver, i)->parent == i && walk.index[i] == 0 && NODE(solver, i)->edges.n != 0)
      walk_from(solver, &walk, i);
  }
  for (uint32_t i = 0; i < n; i++) {
    if (NODE(solver, i)->parent == i && walk.index[i] == 0)
      g_array_append_val(walk.order, i);
  }
  g_free(walk.index);
  g_free(walk.low);
  g_free(walk.position);
  g_free(walk.is_stacked);
  g_array_unref(walk.path);
  g_array_unref(walk.stack);
  return walk.order;
}

/* Ranks all nodes anew, the sources highest, and lets those wait that have something new. */
static void rank_nodes(struct points_to *solver)
{
  g_autoptr(GArray) order = order_nodes(solver);
  g_array_set_size(solver->waiting, 0);
  for (uint32_t i = 0; i < solver->nodes->len; i++)
    NODE(solver, i)->is_waiting = false;
  for (guint i = 0; i < order->len; i++)
    NODE(solver, g_array_index(order, uint32_t, i))->rank = i;
  for (guint i = order->len; i-- > 0;) {
    uint32_t node = g_array_index(order, uint32_t, i);
    if (NODE(solver, node)->parent == node && NODE(solver, node)->fresh.n != 0)
      points_to_let_wait(solver, node);
  }
}

/* Waves from the sources on. Edges that a wave adds may close cycles and spoil the order, which is
 * made anew once that much has been looked at again; what little a further solution adds goes by
 * the order of the last one. */
void points_to_solve(struct points_to *solver)
{
  while (solver->waiting->len != 0 && !is_interrupted(solver)) {
    if (solver->n_until_order == 0) {
      rank_nodes(solver);
      solver->n_until_order = solver->waiting->len + solver->nodes->len / 2;
      continue;
    }
    solver->n_until_order--;
    propagate(solver, next_waiting(solver));
  }
}
