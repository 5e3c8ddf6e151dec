#include "analyzer/effect_graph.h"
#include "analyzer/effects.h"

#include <string.h>

/* The way from a node to one kind of effect. */
struct way {
  const char *via; /* names on the way, the outside routine last; NULL: none known */
  uint32_t step;   /* that leaves the node, or LINK_NONE for a direct effect */
  uint32_t n_steps;
  uint8_t weakest; /* rank of its least sure call */
};

/* The best way over all programs. */
struct kept {
  const struct effect_graph *graph; /* NULL: none */
  struct way way;
  struct fact_effect_path record;
};

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

/* ---- ways ---- */

static const struct effect_step *step_at(const struct effect_graph *graph, uint32_t index)
{
  return &g_array_index(graph->steps, struct effect_step, index);
}

static uint32_t length_of(const struct effect_graph *graph, const struct effect_step *step)
{
  return step->lent == LINK_NONE ? 1 : 2 + effect_graph_lent(graph, step->lent)->n_between;
}

static int64_t target_id(const struct effect_graph *graph, const struct effect_step *step)
{
  return linkage_routine(graph->findings->linkage, effect_graph_routine(graph, step->to))->id;
}

/* Of two ways of one length: the surer, then the one through the smaller ids, then the first line.
 * Ids and lines are the same in every run. */
static bool is_better(const struct effect_graph *graph, const struct way *fresh,
                      const struct effect_graph *known_graph, const struct way *known)
{
  if (fresh->weakest != known->weakest)
    return fresh->weakest < known->weakest;
  const struct effect_step *a = step_at(graph, fresh->step), *b = step_at(known_graph, known->step);
  struct linkage *linkage = graph->findings->linkage;
  int64_t one = linkage_routine(linkage, effect_graph_call(graph, a->call)->callee)->id;
  int64_t two = linkage_routine(linkage, effect_graph_call(graph, b->call)->callee)->id;
  if (one != two)
    return one < two;
  one = target_id(graph, a);
  two = target_id(known_graph, b);
  if (one != two)
    return one < two;
  return effect_graph_row(graph, a->call)->line < effect_graph_row(graph, b->call)->line;
}

/* Steps by the length of the way that they complete. */
static void offer(GPtrArray *levels, const struct effect_graph *graph, const struct way *ways,
                  uint32_t node)
{
  for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++) {
    uint32_t step = graph->sorted[i];
    uint32_t level = ways[node].n_steps + length_of(graph, step_at(graph, step));
    while (levels->len <= level)
      g_ptr_array_add(levels, g_array_new(FALSE, FALSE, sizeof(uint32_t)));
    g_array_append_val(g_ptr_array_index(levels, level), step);
  }
}

/* Takes the steps that complete ways of one length; returns the nodes that are new. */
static GArray *take_level(const struct effect_graph *graph, struct way *ways, const GArray *steps,
                          uint32_t level)
{
  GArray *nodes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (guint i = 0; i < steps->len; i++) {
    uint32_t index = g_array_index(steps, uint32_t, i);
    const struct effect_step *step = step_at(graph, index);
    struct way *known = &ways[step->from];
    uint8_t rank = rank_of(effect_graph_call(graph, step->call)->tier);
    if (step->lent != LINK_NONE)
      rank = MAX(rank, rank_of("callback"));
    struct way fresh = {"", index, level, MAX(ways[step->to].weakest, rank)};
    if (known->via == NULL)
      g_array_append_val(nodes, step->from);
    else if (known->n_steps != level || !is_better(graph, &fresh, graph, known))
      continue;
    *known = fresh;
  }
  return nodes;
}

static const char *way_text(const struct effect_graph *graph, const struct way *ways,
                            const struct effect_step *step)
{
  struct linkage *linkage = graph->findings->linkage;
  const char *next = linkage_routine(linkage, effect_graph_call(graph, step->call)->callee)->name;
  const char *rest = ways[step->to].via;
  if (step->lent == LINK_NONE) {
    g_autofree char *via = g_strconcat(next, " > ", rest, NULL);
    return linkage_string(linkage, via);
  }
  const struct effect_lent *lent = effect_graph_lent(graph, step->lent);
  g_autofree char *via =
      g_strconcat(next, " > ", lent->between, *lent->between != '\0' ? " > " : "",
                  linkage_routine(linkage, lent->target)->name, " > ", rest, NULL);
  return linkage_string(linkage, via);
}

/* Of the ways in several programs: the shorter, then as above. */
static void keep(const struct effect_graph *graph, struct kept *kept, const struct way *way,
                 const struct fact_effect_path *record)
{
  bool is_new =
      kept->graph == NULL || way->n_steps < kept->way.n_steps ||
      (way->n_steps == kept->way.n_steps && is_better(graph, way, kept->graph, &kept->way));
  if (is_new)
    *kept = (struct kept){graph, *way, *record};
}

static void write_level(const struct effect_graph *graph, struct way *ways, const GArray *nodes,
                        const char *effect, struct kept *all)
{
  struct findings *findings = graph->findings;
  for (guint i = 0; i < nodes->len; i++) {
    uint32_t node = g_array_index(nodes, uint32_t, i);
    struct way *way = &ways[node];
    const struct effect_step *step = step_at(graph, way->step);
    way->via = way_text(graph, ways, step);
    if (node >= graph->n)
      continue;
    const struct found_call *call = effect_graph_call(graph, step->call);
    const struct unit_call *row = effect_graph_row(graph, step->call);
    struct fact_effect_path record = {
        .routine = linkage_routine(findings->linkage, node)->id,
        .effect = effect,
        .via = way->via,
        .next = linkage_routine(findings->linkage, call->callee)->id,
        .tier = tiers[way->weakest],
        .n_steps = way->n_steps,
        .file = findings_file(effect_graph_unit(graph, call), row->file),
        .line = row->line,
    };
    keep(graph, &all[node], way, &record);
  }
}

static void free_level(gpointer level)
{
  g_array_unref(level);
}

/* Whether a direct effect of a variant's routine is one of the variant too. */
static bool is_running(const struct effect_graph *graph, uint32_t variant,
                       const struct fact_effect *row)
{
  const struct variants *variants = &graph->variants;
  uint32_t routine = variants_at(variants, variant)->routine;
  bool is_call = false;
  for (uint32_t i = variants->first_call[routine]; i < variants->first_call[routine + 1]; i++) {
    uint32_t call = variants->by_caller[i];
    uint32_t callee = effect_graph_call(graph, call)->callee;
    if (effect_graph_row(graph, call)->line != row->line ||
        strcmp(linkage_routine(graph->findings->linkage, callee)->name, row->via) != 0)
      continue;
    if (variants_runs(variants, variant, call))
      return true;
    is_call = true;
  }
  return !is_call;
}

/* By what a variant has an effect itself, of the rows of one effect in the order of routines; NULL
 * for none. */
static const char *first_running(const struct effect_graph *graph, uint32_t variant,
                                 const struct fact_effect *rows, guint n)
{
  struct linkage *linkage = graph->findings->linkage;
  int64_t id = linkage_routine(linkage, variants_at(&graph->variants, variant)->routine)->id;
  guint low = 0, high = n;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (rows[middle].routine < id)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < n && rows[low].routine == id; low++) {
    if (is_running(graph, variant, &rows[low]))
      return rows[low].via;
  }
  return NULL;
}

/* The routines with one direct effect, and by what: the first of their rows. */
static void start(GPtrArray *levels, const struct effect_graph *graph, struct way *ways,
                  GHashTable *routines, const struct fact_effect *rows, guint n)
{
  for (guint i = 0; i < n; i++) {
    uint32_t routine = GPOINTER_TO_UINT(g_hash_table_lookup(routines, &rows[i].routine)) - 1;
    if (ways[routine].via != NULL)
      continue;
    struct way way = {rows[i].via, LINK_NONE, 0, 0};
    ways[routine] = ways[effect_graph_core(graph, routine)] = way;
    ways[effect_graph_body(graph, routine, LINK_NONE)] = way;
  }
  for (uint32_t i = 0; i < graph->n_bodies; i++) {
    if (graph->of_body[i] != LINK_NONE)
      ways[effect_graph_body(graph, 0, i)] = ways[graph->of_body[i]];
  }
  for (guint i = 0; i < graph->variants.rows->len; i++) {
    uint32_t node = effect_graph_variant(graph, i), routine = effect_graph_routine(graph, node);
    if (ways[routine].via != NULL)
      ways[node] = (struct way){first_running(graph, i, rows, n), LINK_NONE, 0, 0};
  }
  for (uint32_t node = 0; node < effect_graph_n_nodes(graph); node++) {
    if (ways[node].via != NULL)
      offer(levels, graph, ways, node);
  }
}

static void follow(const struct effect_graph *graph, GHashTable *routines,
                   const struct fact_effect *rows, guint n, struct kept *all)
{
  g_autofree struct way *ways = g_new0(struct way, MAX(effect_graph_n_nodes(graph), 1));
  g_autoptr(GPtrArray) levels = g_ptr_array_new_with_free_func(free_level);
  start(levels, graph, ways, routines, rows, n);
  for (uint32_t level = 1; level < levels->len; level++) {
    g_autoptr(GArray) nodes = take_level(graph, ways, g_ptr_array_index(levels, level), level);
    write_level(graph, ways, nodes, rows->effect, all);
    for (guint i = 0; i < nodes->len; i++)
      offer(levels, graph, ways, g_array_index(nodes, uint32_t, i));
  }
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
  struct findings *findings = g_array_index(graphs, struct effect_graph, 0).findings;
  guint n_routines = findings->linkage->routines->len;
  g_autofree struct kept *all = g_new0(struct kept, MAX(n_routines, 1));
  for (guint i = 0; i < graphs->len; i++)
    follow(&g_array_index(graphs, struct effect_graph, i), routines, rows, n, all);
  for (guint i = 0; i < n_routines; i++) {
    if (all[i].graph != NULL)
      rows_add(findings->effect_paths, &all[i].record);
  }
}

static GArray *build_graphs(struct findings *findings)
{
  GArray *graphs = g_array_new(FALSE, FALSE, sizeof(struct effect_graph));
  g_array_set_clear_func(graphs, effect_graph_clear);
  const GPtrArray *programs = findings->linkage->programs;
  for (guint i = 0; i < programs->len; i++) {
    if (((const struct link_program *)g_ptr_array_index(programs, i))->is_part)
      continue;
    struct effect_graph graph = {.findings = findings, .program = i};
    effect_graph_build(&graph);
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
