#include "splitter/leiden.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "splitter/connectivity.h"
#include "splitter/level.h"

enum { DEFAULT_PASSES = 8 };

gint64 leiden_resolution(double density)
{
  double scaled = ldexp(density, RESOLUTION_SHIFT);
  if (!(scaled >= 1)) {
    return 1;
  }
  return scaled >= ldexp(1, 62) ? INT64_C(1) << 62 : (gint64)scaled;
}

guint32 partition_number(guint32 n_nodes, guint32 n_labels, guint32 *labels)
{
  g_autofree guint32 *number = g_new(guint32, MAX(n_labels, 1));
  memset(number, 0xff, n_labels * sizeof *number);
  guint32 n = 0;
  for (guint32 node = 0; node < n_nodes; node++) {
    if (number[labels[node]] == G_MAXUINT32) {
      number[labels[node]] = n++;
    }
    labels[node] = number[labels[node]];
  }
  return n;
}

/* Copies LABELS so that every unit lies in one community: where its members disagree, the label of
 * the most mass wins, then the smaller. */
static guint32 *labels_of_units(const struct network *graph, const struct units *units,
                                const guint32 *labels)
{
  guint32 *result = g_new(guint32, MAX(graph->n_nodes, 1));
  memcpy(result, labels, graph->n_nodes * sizeof *result);
  g_autofree gint64 *mass = g_new0(gint64, MAX(graph->n_nodes, 1));
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    guint32 begin = units->first[unit];
    guint32 end = units->first[unit + 1];
    if (end - begin < 2) {
      continue;
    }
    guint32 best = labels[units->member[begin]];
    for (guint32 i = begin; i < end; i++) {
      guint32 label = labels[units->member[i]];
      mass[label] += graph->mass[units->member[i]];
    }
    for (guint32 i = begin; i < end; i++) {
      guint32 label = labels[units->member[i]];
      if (mass[label] > mass[best] || (mass[label] == mass[best] && label < best)) {
        best = label;
      }
    }
    for (guint32 i = begin; i < end; i++) {
      mass[labels[units->member[i]]] = 0;
      result[units->member[i]] = best;
    }
  }
  return result;
}

/* Takes units out of communities in which a constraint forbids them, each into an empty one. */
static void mend(const struct level *level, struct communities *communities,
                 const struct units *units)
{
  g_autofree gint64 *holder = g_new(gint64, MAX(communities->n_ids, 1));
  memset(holder, 0xff, communities->n_ids * sizeof *holder);
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    guint32 id = communities->of_node[units->member[units->first[unit]]];
    gboolean is_forbidden = FALSE;
    for (guint32 i = units->apart_first[unit]; i < units->apart_first[unit + 1]; i++) {
      guint32 other = units->apart[i];
      is_forbidden |=
          other < unit && communities->of_node[units->member[units->first[other]]] == id;
    }
    if (units->anchor[unit] >= 0) {
      is_forbidden |= holder[id] >= 0;
    }
    if (is_forbidden) {
      g_assert(communities->n_free > 0);
      guint32 empty = communities->free_id[communities->n_free - 1];
      communities_move(level, communities, unit, empty);
      if (holder[id] >= 0) {
        communities->anchor[id] = units->anchor[holder[id]];
      }
      id = empty;
    }
    if (units->anchor[unit] >= 0) {
      holder[id] = unit;
      communities->anchor[id] = units->anchor[unit];
    }
  }
}

/* One pass over all levels. LABELS (ids < n_ids) is where it begins and what it returns. FIRST is
 * for the bottom; above it all nodes are looked at. */
static guint64 run_levels(struct level *bottom, const struct units *units,
                          const struct price *price, guint32 n_ids, const struct visits *first,
                          guint32 *labels)
{
  struct level *level = bottom;
  g_autofree guint32 *position = g_new(guint32, MAX(bottom->n_nodes, 1));
  for (guint32 node = 0; node < bottom->n_nodes; node++) {
    position[node] = node;
  }
  guint64 n_moves = 0;
  struct communities *communities = communities_new(level, n_ids, labels);
  mend(level, communities, units);
  for (;;) {
    struct visits above = {.n_sweeps = first->n_sweeps};
    n_moves += level_move_units(level, price, communities, level == bottom ? first : &above);
    guint32 n_parts = 0;
    g_autofree guint32 *part = level_refine(level, price, communities, &n_parts);
    for (guint32 node = 0; node < bottom->n_nodes; node++) {
      labels[node] = communities->of_node[position[node]];
      position[node] = part[position[node]];
    }
    if (n_parts >= level->n_units) {
      break;
    }
    struct level *next = level_aggregate(level, part, n_parts);
    g_autofree guint32 *label_of_part = g_new(guint32, MAX(n_parts, 1));
    for (guint32 node = 0; node < level->n_nodes; node++) {
      label_of_part[part[node]] = communities->of_node[node];
    }
    communities_free(communities);
    if (level != bottom) {
      level_free(level);
    }
    level = next;
    communities = communities_new(level, n_ids, label_of_part);
  }
  communities_free(communities);
  if (level != bottom) {
    level_free(level);
  }
  return n_moves;
}

static gint64 *homes_of(const struct leiden_options *options, guint32 n_nodes, const guint32 *warm)
{
  if (warm == NULL || options->move_price <= 0) {
    return NULL;
  }
  gint64 *homes = g_new(gint64, MAX(n_nodes, 1));
  for (guint32 node = 0; node < n_nodes; node++) {
    homes[node] = warm[node];
  }
  return homes;
}

/* The objective in exact integers, so that starts can be told apart whatever the order of sums. */
static score exact_score(const struct network *graph, const guint32 *labels, guint32 n_labels,
                         gint64 resolution)
{
  g_autofree gint64 *mass = g_new0(gint64, MAX(n_labels, 1));
  score inside = 0;
  score pairs = 0;
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      inside += labels[graph->neighbour[row]] == labels[node] ? graph->weight[row] : 0;
    }
    pairs += (score)mass[labels[node]] * graph->mass[node];
    mass[labels[node]] += graph->mass[node];
  }
  return (inside / 2 << RESOLUTION_SHIFT) - resolution * pairs;
}

struct ranked_unit {
  guint64 rank;
  guint32 unit;
};

static int compare_ranks(const void *left, const void *right)
{
  const struct ranked_unit *a = left;
  const struct ranked_unit *b = right;
  return a->rank != b->rank ? (a->rank < b->rank ? -1 : 1)
                            : (a->unit > b->unit) - (a->unit < b->unit);
}

/* The units by their keys, mixed with START: what else there is does not change their order. */
static guint32 *order_of_keys(const guint64 *key, const struct units *units, guint start)
{
  g_autofree struct ranked_unit *ranked = g_new(struct ranked_unit, MAX(units->n_units, 1));
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    guint64 value =
        key[units->member[units->first[unit]]] + start * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    value = (value ^ (value >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    ranked[unit] = (struct ranked_unit){value ^ (value >> 27), unit};
  }
  qsort(ranked, units->n_units, sizeof *ranked, compare_ranks);
  guint32 *order = g_new(guint32, MAX(units->n_units, 1));
  for (guint32 i = 0; i < units->n_units; i++) {
    order[i] = ranked[i].unit;
  }
  return order;
}

/* The units in an order that START and the keys alone decide. */
static guint32 *visiting_order(const struct network *graph, const struct units *units, guint start)
{
  if (start == 0) {
    return NULL;
  }
  if (graph->key != NULL) {
    return order_of_keys(graph->key, units, start);
  }
  guint32 n_units = units->n_units;
  guint32 *order = g_new(guint32, MAX(n_units, 1));
  guint64 state = start * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
  for (guint32 i = 0; i < n_units; i++) {
    state =
        state * G_GUINT64_CONSTANT(6364136223846793005) + G_GUINT64_CONSTANT(1442695040888963407);
    guint32 j = (guint32)((state >> 33) % (i + 1));
    order[i] = order[j];
    order[j] = i;
  }
  return order;
}

static guint32 *solve_once(const struct network *graph, const struct units *units,
                           const struct leiden_options *options, const guint32 *warm, guint start,
                           guint32 *n_communities)
{
  guint32 n = graph->n_nodes;
  g_autofree gint64 *homes = homes_of(options, n, warm);
  struct level *level = level_new(graph, units, homes);
  struct price price = {options->resolution, options->move_price};
  /* One id more than nodes: an empty community can always be had. */
  guint32 n_ids = n + 1;
  guint32 *labels = NULL;
  if (warm != NULL) {
    labels = labels_of_units(graph, units, warm);
  } else {
    labels = g_new(guint32, MAX(n, 1));
    for (guint32 node = 0; node < n; node++) {
      labels[node] = units->member[units->first[units->unit_of[node]]];
    }
  }
  g_autofree guint32 *order = visiting_order(graph, units, start);
  struct visits visits = {
      .queued = order, .n_queued = units->n_units, .n_sweeps = options->n_sweeps};
  guint n_passes = options->n_passes > 0 ? options->n_passes : DEFAULT_PASSES;
  for (guint pass = 0; pass < n_passes; pass++) {
    guint64 n_moves = run_levels(level, units, &price, n_ids, &visits, labels);
    guint32 n_split = connectivity_split(graph, units, NULL, n_ids, labels);
    if (n_moves == 0 && n_split == 0) {
      break;
    }
  }
  level_free(level);
  *n_communities = partition_number(n, n_ids, labels);
  return labels;
}

guint32 *leiden_solve(const struct network *graph, const struct units *units,
                      const struct leiden_options *options, const guint32 *warm,
                      guint32 *n_communities)
{
  guint32 n_best = 0;
  guint first = options->first_start;
  guint32 *best = solve_once(graph, units, options, warm, first, &n_best);
  guint n_starts = warm != NULL ? 1 : options->n_starts;
  score best_score = n_starts > 1 ? exact_score(graph, best, n_best, options->resolution) : 0;
  for (guint start = 1; start < n_starts; start++) {
    guint32 n_found = 0;
    guint32 *labels = solve_once(graph, units, options, NULL, first + start, &n_found);
    score own = exact_score(graph, labels, n_found, options->resolution);
    if (own > best_score) {
      guint32 *worse = best;
      best = labels;
      labels = worse;
      best_score = own;
      n_best = n_found;
    }
    g_free(labels);
  }
  if (n_communities != NULL) {
    *n_communities = n_best;
  }
  return best;
}

/* Queues the units whose nodes are not where WARM has them, and their neighbours. CHANGED is set
 * for the labels that they left and came to. */
static void queue_mended(const struct network *graph, const struct units *units,
                         const guint32 *warm, const guint32 *now, GArray *queued, guint8 *changed)
{
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    if (warm[node] == now[node]) {
      continue;
    }
    changed[warm[node]] = changed[now[node]] = 1;
    g_array_append_val(queued, units->unit_of[node]);
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      g_array_append_val(queued, units->unit_of[graph->neighbour[row]]);
    }
  }
}

guint32 *leiden_resolve(const struct network *graph, const struct units *units,
                        const struct leiden_options *options, const guint32 *warm,
                        const guint32 *touched, guint32 n_touched, guint32 *n_communities)
{
  guint32 n = graph->n_nodes;
  guint32 n_ids = n + 1;
  g_autofree gint64 *homes = homes_of(options, n, warm);
  struct level *level = level_new(graph, units, homes);
  struct price price = {options->resolution, options->move_price};
  guint32 *labels = labels_of_units(graph, units, warm);
  struct communities *communities = communities_new(level, n_ids, labels);
  mend(level, communities, units);
  g_autoptr(GArray) queued = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autofree guint8 *changed = g_new0(guint8, n_ids);
  for (guint32 i = 0; i < n_touched; i++) {
    changed[communities->of_node[touched[i]]] = 1;
    g_array_append_val(queued, units->unit_of[touched[i]]);
  }
  queue_mended(graph, units, warm, communities->of_node, queued, changed);
  if (queued->len > 0) {
    struct visits visits = {.queued = (const guint32 *)(gpointer)queued->data,
                            .n_queued = queued->len,
                            .changed = changed};
    level_move_units(level, &price, communities, &visits);
  }
  memcpy(labels, communities->of_node, n * sizeof *labels);
  communities_free(communities);
  level_free(level);
  connectivity_split(graph, units, changed, n_ids, labels);
  guint32 n_found = partition_number(n, n_ids, labels);
  if (n_communities != NULL) {
    *n_communities = n_found;
  }
  return labels;
}

double leiden_score(const struct network *graph, const guint32 *labels, gint64 resolution)
{
  guint32 n = graph->n_nodes;
  gint64 inside = 0;
  guint32 n_labels = 0;
  for (guint32 node = 0; node < n; node++) {
    n_labels = MAX(n_labels, labels[node] + 1);
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      if (labels[graph->neighbour[row]] == labels[node]) {
        inside += graph->weight[row];
      }
    }
  }
  g_autofree gint64 *mass = g_new0(gint64, MAX(n_labels, 1));
  score pairs = 0;
  for (guint32 node = 0; node < n; node++) {
    pairs += (score)mass[labels[node]] * graph->mass[node];
    mass[labels[node]] += graph->mass[node];
  }
  return (double)inside / 2 - ldexp((double)resolution, -RESOLUTION_SHIFT) * (double)pairs;
}
