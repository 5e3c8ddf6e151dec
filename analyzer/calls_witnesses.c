#include "analyzer/calls_parts.h"

#include <string.h>

/* How a routine's address came to where it is called. */
struct way {
  struct id_map origins; /* of points_to_trace() */
  GArray *places;        /* uint32_t: of each source, the place of search.taken from the first on */
};

static gint compare_taken(gconstpointer left, gconstpointer right)
{
  const struct call_taken *a = left, *b = right;
  if (a->routine != b->routine)
    return a->routine < b->routine ? -1 : 1;
  if (a->unit != b->unit)
    return a->unit < b->unit ? -1 : 1;
  return (a->edge > b->edge) - (a->edge < b->edge);
}

static void collect_taken(struct call_search *search)
{
  struct linkage *linkage = search->findings->linkage;
  const struct link_program *program = search->flow->program;
  for (guint i = 0; i < program->units->len; i++) {
    uint32_t index = g_array_index(program->units, uint32_t, i);
    const struct unit *unit = linkage_unit(linkage, index);
    for (uint32_t e = 0; e < unit->n_edges; e++) {
      if (unit->edges[e].kind != UNIT_EDGE_ROUTINE ||
          !flow_has_edge(search->flow, index, &unit->edges[e]))
        continue;
      struct call_taken taken = {
          linkage_resolve_routine(linkage, program, index, unit->edges[e].from), index, e};
      g_array_append_val(search->taken, taken);
    }
  }
  g_array_sort(search->taken, compare_taken);
}

static guint first_taken(const struct call_search *search, uint32_t routine)
{
  guint low = 0, high = search->taken->len;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (g_array_index(search->taken, struct call_taken, middle).routine < routine)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static const struct unit_edge *taken_edge(const struct call_search *search, guint index,
                                          const struct unit **unit)
{
  const struct call_taken *taken = &g_array_index(search->taken, struct call_taken, index);
  *unit = linkage_unit(search->findings->linkage, taken->unit);
  return &(*unit)->edges[taken->edge];
}

/* The way of a routine whose address is taken at n places from `first` on, traced once. */
static const struct way *way_of(const struct call_search *search, uint32_t routine, guint first,
                                guint n)
{
  struct way *way = g_hash_table_lookup(search->ways, GUINT_TO_POINTER(routine));
  if (way != NULL)
    return way;
  way = g_new0(struct way, 1);
  way->places = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  g_autoptr(GArray) sources = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (guint i = 0; i < n; i++) {
    const struct call_taken *taken = &g_array_index(search->taken, struct call_taken, first + i);
    const struct unit_edge *edge =
        &linkage_unit(search->findings->linkage, taken->unit)->edges[taken->edge];
    flow_add_nodes(search->flow, taken->unit, edge->routine, edge->to, sources);
    while (way->places->len < sources->len)
      g_array_append_val(way->places, i);
  }
  points_to_trace(search->flow->solver, flow_routine_location(search->flow, routine),
                  (const uint32_t *)(void *)sources->data, sources->len, &way->origins);
  g_hash_table_insert(search->ways, GUINT_TO_POINTER(routine), way);
  return way;
}

const struct unit_edge *calls_witness_of(const struct call_search *search, uint32_t routine,
                                         uint32_t node, const char *file, const struct unit **unit)
{
  guint first = first_taken(search, routine), n = 0;
  while (first + n < search->taken->len &&
         g_array_index(search->taken, struct call_taken, first + n).routine == routine)
    n++;
  if (n == 0)
    return NULL;
  if (n > 1 && node != LINK_NONE) {
    const struct way *way = way_of(search, routine, first, n);
    uint32_t origin = points_to_origin(search->flow->solver, &way->origins, node);
    if (origin != POINTS_TO_NONE)
      return taken_edge(search, first + g_array_index(way->places, uint32_t, origin), unit);
  }
  for (guint i = 0; i < n; i++) {
    const struct unit_edge *edge = taken_edge(search, first + i, unit);
    if (strcmp(findings_file(*unit, edge->file), file) == 0)
      return edge;
  }
  return taken_edge(search, first, unit);
}

static void way_free(gpointer data)
{
  struct way *way = data;
  id_map_clear(&way->origins);
  g_array_unref(way->places);
  g_free(way);
}

void calls_start_witnesses(struct call_search *search)
{
  search->taken = g_array_new(FALSE, FALSE, sizeof(struct call_taken));
  search->ways = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, way_free);
  collect_taken(search);
}

void calls_free_witnesses(struct call_search *search)
{
  g_array_unref(search->taken);
  g_hash_table_unref(search->ways);
}
