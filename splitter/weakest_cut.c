#include "splitter/connectivity.h"

#include <string.h>

#include "splitter/level.h"

#define ABSENT G_MAXUINT32

/* The community as a small graph of its own that shrinks round by round. */
struct shrinking {
  guint32 n;
  guint32 n_rows;
  guint32 *first;
  guint32 *neighbour;
  gint64 *weight;
  guint32 n_points;
  guint32 *node_of_point; /* the shrunk node that holds an original point (a unit) */
  gint64 best;
  guint8 *best_side; /* per point */
};

/* Nodes by attachment, the most attached on top and of equals the smaller. */
struct heap {
  const gint64 *key; /* per node; it only grows while the node is in */
  guint32 *node;
  guint32 *place; /* of a node; not of those that were taken out */
  guint32 n;
};

static gboolean comes_first(const struct heap *heap, guint32 a, guint32 b)
{
  return heap->key[a] != heap->key[b] ? heap->key[a] > heap->key[b] : a < b;
}

static void heap_put(struct heap *heap, guint32 place, guint32 node)
{
  heap->node[place] = node;
  heap->place[node] = place;
}

/* NODE, whose key has grown, goes up. */
static void heap_raise(struct heap *heap, guint32 node)
{
  guint32 i = heap->place[node];
  while (i > 0 && comes_first(heap, node, heap->node[(i - 1) / 2])) {
    heap_put(heap, i, heap->node[(i - 1) / 2]);
    i = (i - 1) / 2;
  }
  heap_put(heap, i, node);
}

static guint32 heap_pop(struct heap *heap)
{
  guint32 top = heap->node[0];
  guint32 last = heap->node[--heap->n];
  guint32 i = 0;
  for (;;) {
    guint32 child = 2 * i + 1;
    if (child >= heap->n) {
      break;
    }
    if (child + 1 < heap->n && comes_first(heap, heap->node[child + 1], heap->node[child])) {
      child++;
    }
    if (!comes_first(heap, heap->node[child], last)) {
      break;
    }
    heap_put(heap, i, heap->node[child]);
    i = child;
  }
  heap_put(heap, i, last);
  return top;
}

static guint32 find_root(guint32 *parent, guint32 node)
{
  while (parent[node] != node) {
    parent[node] = parent[parent[node]];
    node = parent[node];
  }
  return node;
}

/* A single shrunk node against the rest is a cut: keeps the lightest one. */
static void try_degrees(struct shrinking *shrinking)
{
  guint32 lightest = G_MAXUINT32;
  for (guint32 node = 0; node < shrinking->n; node++) {
    gint64 degree = 0;
    for (guint32 row = shrinking->first[node]; row < shrinking->first[node + 1]; row++) {
      degree += shrinking->weight[row];
    }
    if (degree < shrinking->best) {
      shrinking->best = degree;
      lightest = node;
    }
  }
  if (lightest == G_MAXUINT32) {
    return;
  }
  for (guint32 point = 0; point < shrinking->n_points; point++) {
    shrinking->best_side[point] = shrinking->node_of_point[point] == lightest;
  }
}

/* One maximum adjacency order; joins the ends of every edge that no cut lighter than the best can
 * separate. */
static void mark_joins(struct shrinking *shrinking, guint32 *parent)
{
  guint32 n = shrinking->n;
  g_autofree gint64 *attachment = g_new0(gint64, n);
  g_autofree guint8 *is_scanned = g_new0(guint8, n);
  g_autofree guint32 *in_order = g_new(guint32, n);
  g_autofree guint32 *place = g_new(guint32, n);
  struct heap heap = {attachment, in_order, place, n};
  for (guint32 node = 0; node < n; node++) {
    parent[node] = node;
    heap_put(&heap, node, node);
  }
  while (heap.n > 0) {
    guint32 top = heap_pop(&heap);
    is_scanned[top] = 1;
    for (guint32 row = shrinking->first[top]; row < shrinking->first[top + 1]; row++) {
      guint32 other = shrinking->neighbour[row];
      if (is_scanned[other]) {
        continue;
      }
      attachment[other] += shrinking->weight[row];
      if (attachment[other] >= shrinking->best) {
        guint32 a = find_root(parent, top);
        guint32 b = find_root(parent, other);
        parent[MAX(a, b)] = MIN(a, b);
      }
      heap_raise(&heap, other);
    }
  }
}

static void shrink(struct shrinking *shrinking, guint32 *parent)
{
  guint32 n = shrinking->n;
  g_autofree guint32 *number = g_new(guint32, n);
  g_autofree guint32 *offset = NULL;
  guint32 n_next = 0;
  for (guint32 node = 0; node < n; node++) {
    number[node] = find_root(parent, node) == node ? n_next++ : number[find_root(parent, node)];
  }
  offset = g_new0(guint32, (gsize)n_next + 2);
  g_autofree guint32 *member = g_new(guint32, n);
  for (guint32 node = 0; node < n; node++) {
    offset[number[node] + 2]++;
  }
  for (guint32 i = 0; i < n_next; i++) {
    offset[i + 2] += offset[i + 1];
  }
  for (guint32 node = 0; node < n; node++) {
    member[offset[number[node] + 1]++] = node;
  }
  g_autofree gint64 *tie = g_new0(gint64, n_next);
  g_autofree guint32 *touched = g_new(guint32, n_next);
  guint32 *first = g_new0(guint32, (gsize)n_next + 1);
  guint32 *neighbour = g_new(guint32, MAX(shrinking->n_rows, 1));
  gint64 *weight = g_new(gint64, MAX(shrinking->n_rows, 1));
  guint32 n_rows = 0;
  for (guint32 id = 0; id < n_next; id++) {
    guint32 n_touched = 0;
    for (guint32 i = offset[id]; i < offset[id + 1]; i++) {
      for (guint32 row = shrinking->first[member[i]]; row < shrinking->first[member[i] + 1];
           row++) {
        guint32 other = number[shrinking->neighbour[row]];
        if (other == id) {
          continue;
        }
        if (tie[other] == 0) {
          touched[n_touched++] = other;
        }
        tie[other] += shrinking->weight[row];
      }
    }
    first[id] = n_rows;
    for (guint32 i = 0; i < n_touched; i++) {
      neighbour[n_rows] = touched[i];
      weight[n_rows++] = tie[touched[i]];
      tie[touched[i]] = 0;
    }
  }
  first[n_next] = n_rows;
  for (guint32 point = 0; point < shrinking->n_points; point++) {
    shrinking->node_of_point[point] = number[shrinking->node_of_point[point]];
  }
  g_free(shrinking->first);
  g_free(shrinking->neighbour);
  g_free(shrinking->weight);
  shrinking->first = first;
  shrinking->neighbour = neighbour;
  shrinking->weight = weight;
  shrinking->n_rows = n_rows;
  shrinking->n = n_next;
}

/* The subgraph on NODES, every node a shrunk node of its own; units are joined by one shrink. */
static void induce(struct shrinking *shrinking, const struct network *graph, const guint32 *nodes,
                   guint32 n_nodes, const guint32 *position)
{
  guint32 room = 0;
  for (guint32 i = 0; i < n_nodes; i++) {
    room += graph->first[nodes[i] + 1] - graph->first[nodes[i]];
  }
  shrinking->n = n_nodes;
  shrinking->first = g_new0(guint32, (gsize)n_nodes + 1);
  shrinking->neighbour = g_new(guint32, MAX(room, 1));
  shrinking->weight = g_new(gint64, MAX(room, 1));
  guint32 n_rows = 0;
  for (guint32 i = 0; i < n_nodes; i++) {
    shrinking->first[i] = n_rows;
    for (guint32 row = graph->first[nodes[i]]; row < graph->first[nodes[i] + 1]; row++) {
      guint32 at = position[graph->neighbour[row]];
      if (at != ABSENT) {
        shrinking->neighbour[n_rows] = at;
        shrinking->weight[n_rows++] = graph->weight[row];
      }
    }
  }
  shrinking->first[n_nodes] = n_rows;
  shrinking->n_rows = n_rows;
}

/* Joins the nodes of every unit: each gets the first of its unit as parent. */
static void join_units(const struct units *units, const guint32 *nodes, guint32 n_nodes,
                       const guint32 *position, guint32 *parent)
{
  memset(parent, 0xff, n_nodes * sizeof *parent);
  for (guint32 i = 0; i < n_nodes; i++) {
    guint32 unit = units->unit_of[nodes[i]];
    gboolean is_joined = parent[i] != ABSENT;
    for (guint32 j = units->first[unit]; !is_joined && j < units->first[unit + 1]; j++) {
      guint32 at = position[units->member[j]];
      if (at != ABSENT) {
        parent[at] = i;
      }
    }
  }
}

/* The cut with POSITION, which says for every node of the graph where it stands in NODES. */
static struct weakest_cut find_cut(const struct network *graph, const struct units *units,
                                   const guint32 *nodes, guint32 n_nodes, const guint32 *position)
{
  struct weakest_cut cut = {.n_nodes = n_nodes, .side = g_new0(guint8, MAX(n_nodes, 1))};
  if (n_nodes < 2) {
    return cut;
  }
  struct shrinking shrinking = {.n_points = n_nodes, .best = G_MAXINT64};
  induce(&shrinking, graph, nodes, n_nodes, position);
  g_autofree guint32 *node_of_point = shrinking.node_of_point = g_new(guint32, n_nodes);
  g_autofree guint8 *best_side = shrinking.best_side = g_new0(guint8, n_nodes);
  g_autofree guint32 *parent = g_new(guint32, n_nodes);
  for (guint32 i = 0; i < n_nodes; i++) {
    node_of_point[i] = i;
  }
  join_units(units, nodes, n_nodes, position, parent);
  shrink(&shrinking, parent);
  gboolean is_one = shrinking.n < 2;
  while (shrinking.n > 1) {
    try_degrees(&shrinking);
    if (shrinking.best == 0) {
      break;
    }
    mark_joins(&shrinking, parent);
    shrink(&shrinking, parent);
  }
  g_free(shrinking.first);
  g_free(shrinking.neighbour);
  g_free(shrinking.weight);
  if (is_one) {
    return cut;
  }
  gint64 mass[2] = {0, 0};
  for (guint32 i = 0; i < n_nodes; i++) {
    mass[best_side[i]] += graph->mass[nodes[i]];
  }
  guint8 smaller = mass[1] <= mass[0];
  for (guint32 i = 0; i < n_nodes; i++) {
    cut.side[i] = best_side[i] == smaller;
  }
  cut.weight = shrinking.best;
  cut.mass = mass[smaller];
  return cut;
}

/* Notes where NODES stand (or, with IS_GONE, that they do not) in POSITION. */
static void note_positions(const guint32 *nodes, guint32 n_nodes, gboolean is_gone,
                           guint32 *position)
{
  for (guint32 i = 0; i < n_nodes; i++) {
    position[nodes[i]] = is_gone ? ABSENT : i;
  }
}

static guint32 *positions_new(guint32 n_nodes)
{
  guint32 *position = g_new(guint32, MAX(n_nodes, 1));
  memset(position, 0xff, n_nodes * sizeof *position);
  return position;
}

struct weakest_cut connectivity_weakest_cut(const struct network *graph, const struct units *units,
                                            const guint32 *nodes, guint32 n_nodes)
{
  g_autofree guint32 *position = positions_new(graph->n_nodes);
  note_positions(nodes, n_nodes, FALSE, position);
  return find_cut(graph, units, nodes, n_nodes, position);
}

static gint64 mass_of(const struct network *graph, const guint32 *nodes, guint32 n_nodes)
{
  gint64 mass = 0;
  for (guint32 i = 0; i < n_nodes; i++) {
    mass += graph->mass[nodes[i]];
  }
  return mass;
}

/* Splits one list of nodes; both sides are pushed back for another look. */
static gboolean split_nodes(const struct network *graph, const struct units *units,
                            gint64 resolution, GArray *nodes, guint32 fresh, guint32 *position,
                            guint32 *labels, GPtrArray *left)
{
  const guint32 *node = &g_array_index(nodes, guint32, 0);
  note_positions(node, nodes->len, FALSE, position);
  struct weakest_cut cut = find_cut(graph, units, node, nodes->len, position);
  note_positions(node, nodes->len, TRUE, position);
  gint64 rest = mass_of(graph, node, nodes->len) - cut.mass;
  gboolean is_weak = cut.mass > 0 && rest > 0 &&
                     ((score)cut.weight << RESOLUTION_SHIFT) < (score)resolution * cut.mass * rest;
  if (is_weak) {
    GArray *sides[2] = {g_array_new(FALSE, FALSE, sizeof(guint32)),
                        g_array_new(FALSE, FALSE, sizeof(guint32))};
    for (guint i = 0; i < nodes->len; i++) {
      g_array_append_val(sides[cut.side[i]], node[i]);
      if (cut.side[i]) {
        labels[node[i]] = fresh;
      }
    }
    g_ptr_array_add(left, sides[0]);
    g_ptr_array_add(left, sides[1]);
  }
  g_free(cut.side);
  return is_weak;
}

guint32 connectivity_split_weak(const struct network *graph, const struct units *units,
                                gint64 resolution, guint32 n_ids, guint32 *labels)
{
  g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
  g_autofree GArray **members = g_new0(GArray *, MAX(n_ids, 1));
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    if (members[labels[node]] == NULL) {
      members[labels[node]] = g_array_new(FALSE, FALSE, sizeof(guint32));
    }
    g_array_append_val(members[labels[node]], node);
  }
  for (guint32 id = n_ids; id-- > 0;) {
    if (members[id] != NULL) {
      g_ptr_array_add(left, members[id]);
    }
  }
  g_autofree guint32 *position = positions_new(graph->n_nodes);
  guint32 n_splits = 0;
  guint32 fresh = 0;
  while (left->len > 0) {
    g_autoptr(GArray) nodes = g_ptr_array_steal_index(left, left->len - 1);
    while (fresh < n_ids && members[fresh] != NULL) {
      fresh++;
    }
    if (nodes->len > 1 && fresh < n_ids &&
        split_nodes(graph, units, resolution, nodes, fresh, position, labels, left)) {
      n_splits++;
      fresh++;
    }
  }
  return n_splits;
}
