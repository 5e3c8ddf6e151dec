#include "analyzer/points_to_parts.h"

static bool is_interrupted(const struct points_to *solver)
{
  return solver->is_interrupted != NULL && *solver->is_interrupted != 0;
}

/* ---- nodes with something new, the one nearest to the sources first ---- */

/* The least number comes first: the highest rank, of equal ones the first node. */
static uint64_t urgency(const struct points_to *solver, uint32_t node)
{
  return (uint64_t)~NODE(solver, node)->rank << 32 | node;
}

void points_to_let_wait(struct points_to *solver, uint32_t node)
{
  if (NODE(solver, node)->is_waiting)
    return;
  NODE(solver, node)->is_waiting = true;
  uint64_t fresh = urgency(solver, node);
  g_array_append_val(solver->waiting, fresh);
  uint64_t *waiting = (uint64_t *)(void *)solver->waiting->data;
  guint at = solver->waiting->len - 1;
  while (at != 0 && fresh < waiting[(at - 1) / 2]) {
    waiting[at] = waiting[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  waiting[at] = fresh;
}

/* Puts a number into the heap whose top is free. */
static void sink(uint64_t *waiting, guint n, uint64_t last)
{
  guint at = 0;
  for (guint child = 1; child < n; child = 2 * at + 1) {
    if (child + 1 < n && waiting[child + 1] < waiting[child])
      child++;
    if (last < waiting[child])
      break;
    waiting[at] = waiting[child];
    at = child;
  }
  waiting[at] = last;
}

static uint32_t next_waiting(struct points_to *solver)
{
  uint64_t *waiting = (uint64_t *)(void *)solver->waiting->data;
  uint32_t node = (uint32_t)waiting[0];
  guint n = solver->waiting->len - 1;
  if (n != 0)
    sink(waiting, n, waiting[n]);
  g_array_set_size(solver->waiting, n);
  NODE(solver, node)->is_waiting = false;
  return node;
}

/* ---- waves ---- */

/* Lets what waits for a node's targets wait for the end of the wave: then there is more for each to
 * do at once, and more that does the same. */
static void put_off(struct points_to *solver, uint32_t index, struct id_set *targets)
{
  if (!NODE(solver, index)->is_awaited) {
    id_set_clear_in(&solver->pool, targets);
    return;
  }
  struct waiters *waiters = WAITERS(solver, index);
  if (waiters->pending.n == 0) {
    g_array_append_val(solver->pending, index);
    waiters->pending = *targets;
    return;
  }
  id_set_merge_in(&solver->pool, &waiters->pending, targets);
  id_set_clear_in(&solver->pool, targets);
}

static void apply_pending(struct points_to *solver)
{
  for (guint i = 0; i < solver->pending->len && !is_interrupted(solver); i++) {
    uint32_t index = g_array_index(solver->pending, uint32_t, i);
    struct id_set targets = WAITERS(solver, index)->pending;
    WAITERS(solver, index)->pending = (struct id_set){0};
    points_to_apply(solver, points_to_representative(solver, index), &targets);
    id_set_clear_in(&solver->pool, &targets);
  }
  g_array_set_size(solver->pending, 0);
}

static void propagate(struct points_to *solver, uint32_t index)
{
  struct node *node = NODE(solver, index);
  if (node->fresh.n == 0)
    return;
  struct id_set fresh = node->fresh;
  node->fresh = (struct id_set){0};
  id_set_join_in(&solver->pool, &node->all, &fresh);
  for (uint32_t i = 0; i < node->edges.n; i++) {
    uint32_t to = points_to_representative(solver, node->edges.ids[i]);
    if (to == index)
      continue;
    struct node *target = NODE(solver, to);
    if (points_to_pour(solver, target, &fresh))
      points_to_let_wait(solver, to);
  }
  put_off(solver, index, &fresh);
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
  solver->parents[from] = into;
  /* What only one of the two has seen must be looked at again by what the other waits for. */
  struct id_set common = id_set_common_in(&solver->pool, &to->all, &gone->all);
  id_set_merge_in(&solver->pool, &to->fresh, &to->all);
  id_set_merge_in(&solver->pool, &to->fresh, &gone->all);
  id_set_merge_in(&solver->pool, &to->fresh, &gone->fresh);
  id_set_remove(&to->fresh, &common);
  id_set_clear_in(&solver->pool, &to->all);
  to->all = common;
  id_set_merge_in(&solver->pool, &to->edges, &gone->edges);
  id_set_clear_in(&solver->pool, &gone->all);
  id_set_clear_in(&solver->pool, &gone->fresh);
  id_set_clear_in(&solver->pool, &gone->edges);
  if (!gone->is_awaited)
    return;
  struct waiters *kept = points_to_waiters(solver, into), *moved = WAITERS(solver, from);
  join_lists(solver->constraints, &kept->constraints, moved->constraints);
  join_lists(solver->calls, &kept->calls, moved->calls);
  join_lists(solver->own_calls, &kept->own_calls, moved->own_calls);
  join_lists(solver->records, &kept->records, moved->records);
  moved->constraints = moved->calls = moved->own_calls = moved->records = POINTS_TO_NONE;
}

/* Tarjan's components, without recursion. All arrays have room for every node. */
struct walk {
  uint32_t *index; /* 0: not seen */
  uint32_t *low;
  uint32_t *position; /* next edge of a node on the path */
  uint32_t *path, n_path;
  uint32_t *stack, n_stack;
  uint32_t *order, n_order; /* finished representatives: reverse topological */
  uint8_t *is_stacked;
  uint32_t counter;
};

static void walk_enter(struct walk *walk, uint32_t node)
{
  walk->index[node] = walk->low[node] = ++walk->counter;
  walk->position[node] = 0;
  walk->is_stacked[node] = 1;
  walk->path[walk->n_path++] = node;
  walk->stack[walk->n_stack++] = node;
}

static void walk_leave(struct points_to *solver, struct walk *walk, uint32_t node)
{
  walk->n_path--;
  if (walk->n_path != 0) {
    uint32_t above = walk->path[walk->n_path - 1];
    walk->low[above] = MIN(walk->low[above], walk->low[node]);
  }
  if (walk->low[node] != walk->index[node])
    return;
  uint32_t member;
  do {
    member = walk->stack[--walk->n_stack];
    walk->is_stacked[member] = 0;
    if (member != node)
      collapse(solver, node, member);
  } while (member != node);
  walk->order[walk->n_order++] = node;
}

static void walk_from(struct points_to *solver, struct walk *walk, uint32_t start)
{
  walk_enter(walk, start);
  while (walk->n_path != 0) {
    uint32_t node = walk->path[walk->n_path - 1];
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

/* Collapses all cycles and returns the nodes, sources last; a new array. */
static uint32_t *order_nodes(struct points_to *solver, uint32_t *n_order)
{
  uint32_t n = solver->n_nodes;
  struct walk walk = {
      .index = g_new0(uint32_t, n),
      .low = g_new(uint32_t, n),
      .position = g_new(uint32_t, n),
      .is_stacked = g_new0(uint8_t, n),
      .path = g_new(uint32_t, n),
      .stack = g_new(uint32_t, n),
      .order = g_new(uint32_t, n),
  };
  for (uint32_t i = 0; i < n; i++) {
    if (points_to_representative(solver, i) == i && walk.index[i] == 0 &&
        NODE(solver, i)->edges.n != 0)
      walk_from(solver, &walk, i);
  }
  for (uint32_t i = 0; i < n; i++) {
    if (points_to_representative(solver, i) == i && walk.index[i] == 0)
      walk.order[walk.n_order++] = i;
  }
  g_free(walk.index);
  g_free(walk.low);
  g_free(walk.position);
  g_free(walk.is_stacked);
  g_free(walk.path);
  g_free(walk.stack);
  *n_order = walk.n_order;
  return walk.order;
}

/* Ranks all nodes anew, the sources highest, and lets those wait that have something new. */
static void rank_nodes(struct points_to *solver)
{
  uint32_t n = 0;
  g_autofree uint32_t *order = order_nodes(solver, &n);
  g_array_set_size(solver->waiting, 0);
  for (uint32_t i = 0; i < solver->n_nodes; i++)
    NODE(solver, i)->is_waiting = false;
  for (uint32_t i = 0; i < n; i++)
    NODE(solver, order[i])->rank = i;
  for (uint32_t i = n; i-- > 0;) {
    if (points_to_representative(solver, order[i]) == order[i] &&
        NODE(solver, order[i])->fresh.n != 0)
      points_to_let_wait(solver, order[i]);
  }
}

/* Waves from the sources on. Edges that the end of a wave adds may close cycles and spoil the
 * order, which is made anew once that much has been looked at again; what little a further solution
 * adds goes by the order of the last one. */
void points_to_solve(struct points_to *solver)
{
  solver->is_solving = true;
  while (solver->waiting->len + solver->pending->len != 0 && !is_interrupted(solver)) {
    if (solver->waiting->len == 0) {
      apply_pending(solver);
      continue;
    }
    if (solver->n_until_order == 0) {
      rank_nodes(solver);
      solver->n_until_order = solver->waiting->len + solver->n_nodes;
      continue;
    }
    solver->n_until_order--;
    propagate(solver, next_waiting(solver));
  }
  solver->is_solving = false;
}
