#include "analyzer/effect_graph.h"
#include "analyzer/effects.h"

#include <string.h>

enum way_kind { WAY_NONE, WAY_DIRECT, WAY_STEP };

/* The way from a node to one kind of effect. */
struct way {
  uint32_t start; /* DIRECT: the row of the effect; STEP: the step that leaves the node */
  uint32_t n_steps;
  uint8_t kind;
  uint8_t weakest; /* rank of its least sure call */
};

/* The best way of a routine over all programs. */
struct kept {
  const struct effect_graph *graph; /* NULL: none */
  struct way way;
  const char *via; /* names on the way, the outside routine last */
};

/* The search for the ways to one kind of effect. A search has arrays of its own, so that several
 * can run at once. */
struct search {
  const GArray *graphs;           /* struct effect_graph */
  GHashTable *routines;           /* id -> link routine + 1 */
  const struct fact_effect *rows; /* of one effect, in the order of routines */
  guint n_rows;
  const struct effect_graph *graph; /* the present one */
  struct way *ways;                 /* by node of the present one */
  GPtrArray *levels;                /* GArray of steps, by the length of the way they complete */
  GArray *starts;                   /* nodes with a direct effect */
  struct kept *kept;                /* by link routine */
  GString *text;
  GStringChunk *texts; /* what is kept, for good */
};

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
  const struct effect_step *a = step_at(graph, fresh->start);
  const struct effect_step *b = step_at(known_graph, known->start);
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

/* Steps by the length of the way that they complete; none from where a shorter way is known. */
static void offer(struct search *search, uint32_t node)
{
  const struct effect_graph *graph = search->graph;
  for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++) {
    const struct effect_step *step = step_at(graph, i);
    uint32_t level = search->ways[node].n_steps + length_of(graph, step);
    const struct way *known = &search->ways[step->from];
    if (known->kind != WAY_NONE && known->n_steps < level)
      continue;
    while (search->levels->len <= level)
      g_ptr_array_add(search->levels, g_array_new(FALSE, FALSE, sizeof(uint32_t)));
    g_array_append_val(g_ptr_array_index(search->levels, level), i);
  }
}

/* Takes the steps that complete ways of one length; returns the nodes that are new. */
static GArray *take_level(struct search *search, uint32_t level)
{
  const struct effect_graph *graph = search->graph;
  const GArray *steps = g_ptr_array_index(search->levels, level);
  GArray *nodes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (guint i = 0; i < steps->len; i++) {
    uint32_t index = g_array_index(steps, uint32_t, i);
    const struct effect_step *step = step_at(graph, index);
    struct way *known = &search->ways[step->from];
    struct way fresh = {index, level, WAY_STEP, MAX(search->ways[step->to].weakest, step->rank)};
    if (known->kind == WAY_NONE)
      g_array_append_val(nodes, step->from);
    else if (known->n_steps != level || !is_better(graph, &fresh, graph, known))
      continue;
    *known = fresh;
  }
  return nodes;
}

static void append_name(const struct search *search, const char *name)
{
  if (search->text->len != 0)
    g_string_append(search->text, " > ");
  g_string_append(search->text, name);
}

/* The names on the way from a node. */
static const char *way_text(struct search *search, uint32_t node)
{
  const struct effect_graph *graph = search->graph;
  struct linkage *linkage = graph->findings->linkage;
  g_string_truncate(search->text, 0);
  const struct way *way = &search->ways[node];
  for (; way->kind == WAY_STEP; way = &search->ways[step_at(graph, way->start)->to]) {
    const struct effect_step *step = step_at(graph, way->start);
    uint32_t callee = effect_graph_call(graph, step->call)->callee;
    append_name(search, linkage_routine(linkage, callee)->name);
    if (step->lent == LINK_NONE)
      continue;
    const struct effect_lent *lent = effect_graph_lent(graph, step->lent);
    if (*lent->between != '\0')
      append_name(search, lent->between);
    append_name(search, linkage_routine(linkage, lent->target)->name);
  }
  append_name(search, search->rows[way->start].via);
  return g_string_chunk_insert_len(search->texts, search->text->str, (gssize)search->text->len);
}

/* Of the ways in several programs: the shorter, then as above. */
static void keep(struct search *search, uint32_t routine)
{
  const struct effect_graph *graph = search->graph;
  const struct way *way = &search->ways[routine];
  struct kept *kept = &search->kept[routine];
  bool is_new =
      kept->graph == NULL || way->n_steps < kept->way.n_steps ||
      (way->n_steps == kept->way.n_steps && is_better(graph, way, kept->graph, &kept->way));
  if (is_new)
    *kept = (struct kept){graph, *way, way_text(search, routine)};
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

/* By which row a variant has an effect itself; the number of rows for none. */
static guint first_running(const struct search *search, uint32_t variant)
{
  const struct effect_graph *graph = search->graph;
  const struct fact_effect *rows = search->rows;
  struct linkage *linkage = graph->findings->linkage;
  int64_t id = linkage_routine(linkage, variants_at(&graph->variants, variant)->routine)->id;
  guint low = 0, high = search->n_rows;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (rows[middle].routine < id)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < search->n_rows && rows[low].routine == id; low++) {
    if (is_running(graph, variant, &rows[low]))
      return low;
  }
  return search->n_rows;
}

static void start_at(struct search *search, uint32_t node, guint row)
{
  search->ways[node] = (struct way){row, 0, WAY_DIRECT, 0};
  g_array_append_val(search->starts, node);
}

static gint compare_numbers(gconstpointer left, gconstpointer right)
{
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

/* The routines with one direct effect, and by what: the first of their rows. */
static void start(struct search *search)
{
  const struct effect_graph *graph = search->graph;
  g_array_set_size(search->starts, 0);
  for (guint i = 0; i < search->n_rows; i++) {
    uint32_t routine =
        GPOINTER_TO_UINT(g_hash_table_lookup(search->routines, &search->rows[i].routine)) - 1;
    if (search->ways[routine].kind != WAY_NONE)
      continue;
    start_at(search, routine, i);
    start_at(search, effect_graph_core(graph, routine), i);
    start_at(search, effect_graph_body(graph, routine, LINK_NONE), i);
  }
  for (uint32_t i = 0; i < graph->n_bodies; i++) {
    uint32_t routine = graph->of_body[i];
    if (routine != LINK_NONE && search->ways[routine].kind != WAY_NONE)
      start_at(search, effect_graph_body(graph, 0, i), search->ways[routine].start);
  }
  for (guint i = 0; i < graph->variants.rows->len; i++) {
    if (search->ways[variants_at(&graph->variants, i)->routine].kind == WAY_NONE)
      continue;
    guint row = first_running(search, i);
    if (row != search->n_rows)
      start_at(search, effect_graph_variant(graph, i), row);
  }
  g_array_sort(search->starts, compare_numbers);
  for (guint i = 0; i < search->starts->len; i++)
    offer(search, g_array_index(search->starts, uint32_t, i));
}

static void follow(struct search *search)
{
  start(search);
  for (uint32_t level = 1; level < search->levels->len; level++) {
    g_autoptr(GArray) nodes = take_level(search, level);
    for (guint i = 0; i < nodes->len; i++) {
      uint32_t node = g_array_index(nodes, uint32_t, i);
      if (node < search->graph->n)
        keep(search, node);
      offer(search, node);
    }
  }
  for (guint i = 0; i < search->levels->len; i++)
    g_array_set_size(g_ptr_array_index(search->levels, i), 0);
}

static void free_level(gpointer level)
{
  g_array_unref(level);
}

/* The row of a way that is kept. */
static struct fact_effect_path row_of(const struct search *search, uint32_t routine)
{
  const struct kept *kept = &search->kept[routine];
  const struct linkage *linkage = kept->graph->findings->linkage;
  uint32_t call = step_at(kept->graph, kept->way.start)->call;
  const struct found_call *found = effect_graph_call(kept->graph, call);
  const struct unit_call *row = effect_graph_row(kept->graph, call);
  return (struct fact_effect_path){
      .routine = linkage_routine(linkage, routine)->id,
      .effect = search->rows->effect,
      .via = kept->via,
      .next = linkage_routine(linkage, found->callee)->id,
      .tier = effect_graph_tier(kept->way.weakest),
      .n_steps = kept->way.n_steps,
      .file = findings_file(effect_graph_unit(kept->graph, found), row->file),
      .line = row->line,
  };
}

/* The ways to one kind of effect. A way stays inside one program. */
static void follow_everywhere(struct search *search, struct rows *paths, uint32_t n_routines)
{
  search->levels = g_ptr_array_new_with_free_func(free_level);
  search->starts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  search->text = g_string_new(NULL);
  search->kept = g_new0(struct kept, MAX(n_routines, 1));
  for (guint i = 0; i < search->graphs->len; i++) {
    search->graph = &g_array_index(search->graphs, struct effect_graph, i);
    search->ways = g_new0(struct way, MAX(effect_graph_n_nodes(search->graph), 1));
    follow(search);
    g_free(search->ways);
  }
  for (uint32_t i = 0; i < n_routines; i++) {
    if (search->kept[i].graph == NULL)
      continue;
    struct fact_effect_path record = row_of(search, i);
    rows_add(paths, &record);
  }
  g_ptr_array_unref(search->levels);
  g_array_unref(search->starts);
  g_string_free(search->text, TRUE);
  g_free(search->kept);
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

/* One kind of effect. */
struct kind {
  const struct fact_effect *rows;
  guint n_rows;
  struct rows *paths;
  GStringChunk *texts;
};

struct effects_paths {
  struct findings *findings;
  GArray *graphs; /* struct effect_graph */
  GHashTable *routines;
  GArray *direct; /* struct fact_effect, by effect and routine */
  GArray *kinds;  /* struct kind */
};

static void find_kinds(struct effects_paths *paths)
{
  const struct fact_effect *rows = (const struct fact_effect *)(void *)paths->direct->data;
  for (guint first = 0, end = 0; first < paths->direct->len && paths->graphs->len != 0;
       first = end) {
    while (end < paths->direct->len && strcmp(rows[end].effect, rows[first].effect) == 0)
      end++;
    struct kind kind = {.rows = rows + first,
                        .n_rows = end - first,
                        .paths = rows_new(&fact_effect_path_table),
                        .texts = findings_add_texts(paths->findings)};
    g_array_append_val(paths->kinds, kind);
  }
}

struct effects_paths *effects_begin(struct findings *findings)
{
  struct effects_paths *paths = g_new0(struct effects_paths, 1);
  paths->findings = findings;
  paths->graphs = build_graphs(findings);
  paths->routines = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint i = 0; i < findings->linkage->routines->len; i++)
    g_hash_table_insert(paths->routines, &linkage_routine(findings->linkage, i)->id,
                        GUINT_TO_POINTER(i + 1));
  const GArray *direct = findings->effects->records;
  paths->direct = g_array_new(FALSE, FALSE, sizeof(struct fact_effect));
  if (direct->len != 0)
    g_array_append_vals(paths->direct, direct->data, direct->len);
  g_array_sort(paths->direct, compare_effects);
  paths->kinds = g_array_new(FALSE, FALSE, sizeof(struct kind));
  find_kinds(paths);
  return paths;
}

unsigned effects_n_kinds(const struct effects_paths *paths)
{
  return paths->kinds->len;
}

void effects_follow(struct effects_paths *paths, unsigned kind)
{
  const struct kind *here = &g_array_index(paths->kinds, struct kind, kind);
  struct search search = {.graphs = paths->graphs,
                          .routines = paths->routines,
                          .rows = here->rows,
                          .n_rows = here->n_rows,
                          .texts = here->texts};
  follow_everywhere(&search, here->paths, paths->findings->linkage->routines->len);
}

void effects_finish(struct effects_paths *paths)
{
  for (guint i = 0; i < paths->kinds->len; i++) {
    struct rows *rows = g_array_index(paths->kinds, struct kind, i).paths;
    for (guint r = 0; r < rows->records->len; r++)
      rows_add(paths->findings->effect_paths, rows_at(rows, fact_effect_path, r));
    rows_free(rows);
  }
  g_array_unref(paths->graphs);
  g_hash_table_unref(paths->routines);
  g_array_unref(paths->direct);
  g_array_unref(paths->kinds);
  g_free(paths);
}
