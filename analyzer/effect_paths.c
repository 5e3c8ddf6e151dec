#include "analyzer/effects.h"

#include <string.h>

/* Calls of one program, by callee. */
struct graph {
  struct findings *findings;
  uint32_t program;
  uint32_t n;
  uint32_t *first, *calls;
};

/* The way from a routine to one kind of effect. */
struct way {
  const char *via; /* names on the way, the outside routine last; NULL: none known */
  uint32_t call;   /* found call that leaves the routine, or LINK_NONE for a direct effect */
  uint32_t n_steps;
  uint8_t weakest; /* rank of its least sure call */
};

/* The best way over all programs. */
struct kept {
  const struct graph *graph; /* NULL: none */
  struct way way;
  struct fact_effect_path record;
};

static const struct found_call *call_at(const struct graph *graph, uint32_t index)
{
  return &g_array_index(graph->findings->found_calls, struct found_call, index);
}

/* From the surest. */
static const char *const tiers[] = {"direct", "exact", "flow",     "callback",
                                    "field",  "model", "signature"};

static uint8_t rank_of(const char *tier)
{
  uint8_t rank = 0;
  while (rank < G_N_ELEMENTS(tiers) - 1 && strcmp(tiers[rank], tier) != 0)
    rank++;
  return rank;
}

static bool is_on_the_way(const struct graph *graph, const struct found_call *call)
{
  return call->program == graph->program && !call->is_later && call->caller != call->callee;
}

static void build_graph(struct graph *graph)
{
  const GArray *calls = graph->findings->found_calls;
  graph->n = graph->findings->linkage->routines->len;
  graph->first = g_new0(uint32_t, graph->n + 2);
  graph->calls = g_new(uint32_t, MAX(calls->len, 1));
  for (guint i = 0; i < calls->len; i++)
    graph->first[call_at(graph, i)->callee + 2] += is_on_the_way(graph, call_at(graph, i));
  for (uint32_t i = 2; i < graph->n + 2; i++)
    graph->first[i] += graph->first[i - 1];
  for (guint i = 0; i < calls->len; i++) {
    if (is_on_the_way(graph, call_at(graph, i)))
      graph->calls[graph->first[call_at(graph, i)->callee + 1]++] = i;
  }
}

static const struct unit_call *row_of(const struct graph *graph, uint32_t call)
{
  const struct found_call *found = call_at(graph, call);
  return &linkage_unit(graph->findings->linkage, found->unit)->calls[found->call];
}

/* Of two ways of one length: the surer, then the one through the smaller id, then the first line.
 * Ids and lines are the same in every run. */
static bool is_better(const struct graph *graph, const struct way *fresh, const struct way *known)
{
  if (fresh->weakest != known->weakest)
    return fresh->weakest < known->weakest;
  const struct found_call *a = call_at(graph, fresh->call), *b = call_at(graph, known->call);
  struct linkage *linkage = graph->findings->linkage;
  int64_t one = linkage_routine(linkage, a->callee)->id;
  int64_t two = linkage_routine(linkage, b->callee)->id;
  if (one != two)
    return one < two;
  return row_of(graph, fresh->call)->line < row_of(graph, known->call)->line;
}

/* Everything that calls the routines of one level, with the best way of each. */
static void take_level(const struct graph *graph, struct way *ways, const GArray *level,
                       GArray *next)
{
  for (guint i = 0; i < level->len; i++) {
    uint32_t routine = g_array_index(level, uint32_t, i);
    for (uint32_t c = graph->first[routine]; c < graph->first[routine + 1]; c++) {
      uint32_t index = graph->calls[c];
      const struct found_call *call = call_at(graph, index);
      struct way *known = &ways[call->caller];
      struct way fresh = {"", index, ways[routine].n_steps + 1,
                          MAX(ways[routine].weakest, rank_of(call->tier))};
      if (known->via == NULL)
        g_array_append_val(next, call->caller);
      else if (known->n_steps != fresh.n_steps || !is_better(graph, &fresh, known))
        continue;
      *known = fresh;
    }
  }
}

/* Of the ways in several programs: the shorter, then as above. */
static void keep(const struct graph *graph, struct kept *kept, const struct way *way,
                 const struct fact_effect_path *record)
{
  bool is_new = kept->graph == NULL || way->n_steps < kept->way.n_steps ||
                (way->n_steps == kept->way.n_steps && is_better(graph, way, &kept->way));
  if (is_new)
    *kept = (struct kept){graph, *way, *record};
}

static void write_level(const struct graph *graph, struct way *ways, const GArray *level,
                        const char *effect, struct kept *all)
{
  struct findings *findings = graph->findings;
  for (guint i = 0; i < level->len; i++) {
    uint32_t routine = g_array_index(level, uint32_t, i);
    struct way *way = &ways[routine];
    const struct found_call *call = call_at(graph, way->call);
    const struct link_routine *next = linkage_routine(findings->linkage, call->callee);
    g_autofree char *via = g_strconcat(next->name, " > ", ways[call->callee].via, NULL);
    way->via = linkage_string(findings->linkage, via);
    const struct unit_call *row = row_of(graph, way->call);
    struct fact_effect_path record = {
        .routine = linkage_routine(findings->linkage, routine)->id,
        .effect = effect,
        .via = way->via,
        .next = next->id,
        .tier = tiers[way->weakest],
        .n_steps = way->n_steps,
        .file = findings_file(linkage_unit(findings->linkage, call->unit), row->file),
        .line = row->line,
    };
    keep(graph, &all[routine], way, &record);
  }
}

/* The routines with one direct effect, and by what: the first of their rows. */
static GArray *start_level(struct way *ways, GHashTable *routines, const struct fact_effect *rows,
                           guint n)
{
  GArray *level = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (guint i = 0; i < n; i++) {
    uint32_t routine = GPOINTER_TO_UINT(g_hash_table_lookup(routines, &rows[i].routine)) - 1;
    if (ways[routine].via != NULL)
      continue;
    ways[routine] = (struct way){rows[i].via, LINK_NONE, 0, 0};
    g_array_append_val(level, routine);
  }
  return level;
}

static void follow(const struct graph *graph, GHashTable *routines, const struct fact_effect *rows,
                   guint n, struct kept *all)
{
  g_autofree struct way *ways = g_new0(struct way, MAX(graph->n, 1));
  GArray *level = start_level(ways, routines, rows, n);
  while (level->len != 0) {
    GArray *next = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    take_level(graph, ways, level, next);
    write_level(graph, ways, next, rows->effect, all);
    g_array_unref(level);
    level = next;
  }
  g_array_unref(level);
}

static gint compare_effects(gconstpointer left, gconstpointer right)
{
  const struct fact_effect *a = left, *b = right;
  int order = strcmp(a->effect, b->effect);
  if (order == 0)
    order = (a->routine > b->routine) - (a->routine < b->routine);
  if (order == 0)
    order = strcmp(a->file, b->file);
  if (order == 0)
    order = (a->line > b->line) - (a->line < b->line);
  return order != 0 ? order : strcmp(a->via, b->via);
}

/* The ways to one kind of effect. A way stays inside one program. */
static void follow_everywhere(const GArray *graphs, GHashTable *routines,
                              const struct fact_effect *rows, guint n)
{
  struct findings *findings = g_array_index(graphs, struct graph, 0).findings;
  guint n_routines = findings->linkage->routines->len;
  g_autofree struct kept *all = g_new0(struct kept, MAX(n_routines, 1));
  for (guint i = 0; i < graphs->len; i++)
    follow(&g_array_index(graphs, struct graph, i), routines, rows, n, all);
  for (guint i = 0; i < n_routines; i++) {
    if (all[i].graph != NULL)
      rows_add(findings->effect_paths, &all[i].record);
  }
}

static void clear_graph(gpointer data)
{
  struct graph *graph = data;
  g_free(graph->first);
  g_free(graph->calls);
}

static GArray *build_graphs(struct findings *findings)
{
  GArray *graphs = g_array_new(FALSE, FALSE, sizeof(struct graph));
  g_array_set_clear_func(graphs, clear_graph);
  const GPtrArray *programs = findings->linkage->programs;
  for (guint i = 0; i < programs->len; i++) {
    if (((const struct link_program *)g_ptr_array_index(programs, i))->is_part)
      continue;
    struct graph graph = {.findings = findings, .program = i};
    build_graph(&graph);
    g_array_append_val(graphs, graph);
  }
  return graphs;
}

void effects_follow(struct findings *findings)
{
  g_autoptr(GArray) graphs = build_graphs(findings);
  g_autoptr(GHashTable) routines = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint i = 0; i < findings->linkage->routines->len; i++)
    g_hash_table_insert(routines, &linkage_routine(findings->linkage, i)->id,
                        GUINT_TO_POINTER(i + 1));
  const GArray *direct = findings->effects->records;
  g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(struct fact_effect));
  if (direct->len != 0)
    g_array_append_vals(sorted, direct->data, direct->len);
  g_array_sort(sorted, compare_effects);
  const struct fact_effect *rows = (const struct fact_effect *)(void *)sorted->data;
  for (guint first = 0, end = 0; first < sorted->len && graphs->len != 0; first = end) {
    while (end < sorted->len && strcmp(rows[end].effect, rows[first].effect) == 0)
      end++;
    follow_everywhere(graphs, routines, rows + first, end - first);
  }
}
