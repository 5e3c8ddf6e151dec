#include "analyzer/effects.h"

#include <string.h>

/* The calls of one program as steps between nodes, by where they lead.
 *
 * A routine that calls a parameter ("each(item)") is two nodes: itself, and its core, which is what
 * it does apart from that. Who calls it and says what the parameter is has a step to the core and
 * one to the routine that it hands over: nobody is on a way to what others hand over. */
struct step {
  uint32_t from, to; /* nodes: a link routine, or n + one for its core */
  uint32_t call;     /* found call that leaves `from` */
  uint32_t lent;     /* how the callback is reached, or LINK_NONE for a plain step */
};

/* A routine that another one calls because it was handed over as a parameter. */
struct lent {
  uint32_t next; /* of the same routine */
  uint32_t routine, param, target;
  const char *between; /* names on the way from `routine` to the target, "" where there are none */
  uint32_t n_between;
};

struct graph {
  struct findings *findings;
  uint32_t program;
  uint32_t n;                 /* link routines */
  uint32_t *first_in, *calls; /* found calls by callee, while building */
  uint32_t *first_lent;       /* by routine */
  GArray *lents;              /* struct lent */
  struct id_map known_lents;
  GArray *steps;   /* struct step */
  uint32_t *first; /* steps by node that they lead to */
  uint32_t *sorted;
};

/* The way from a node to one kind of effect. */
struct way {
  const char *via; /* names on the way, the outside routine last; NULL: none known */
  uint32_t step;   /* that leaves the node, or LINK_NONE for a direct effect */
  uint32_t n_steps;
  uint8_t weakest; /* rank of its least sure call */
};

/* The best way over all programs. */
struct kept {
  const struct graph *graph; /* NULL: none */
  struct way way;
  struct fact_effect_path record;
};

/* ---- calls ---- */

static const struct found_call *call_at(const struct graph *graph, uint32_t index)
{
  return &g_array_index(graph->findings->found_calls, struct found_call, index);
}

static const struct unit *unit_of(const struct graph *graph, const struct found_call *call)
{
  return linkage_unit(graph->findings->linkage, call->unit);
}

static const struct unit_call *row_of(const struct graph *graph, uint32_t call)
{
  const struct found_call *found = call_at(graph, call);
  return &unit_of(graph, found)->calls[found->call];
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

static void index_calls(struct graph *graph)
{
  const GArray *calls = graph->findings->found_calls;
  graph->first_in = g_new0(uint32_t, graph->n + 2);
  graph->calls = g_new(uint32_t, MAX(calls->len, 1));
  for (guint i = 0; i < calls->len; i++)
    graph->first_in[call_at(graph, i)->callee + 2] += is_on_the_way(graph, call_at(graph, i));
  for (uint32_t i = 2; i < graph->n + 2; i++)
    graph->first_in[i] += graph->first_in[i - 1];
  for (guint i = 0; i < calls->len; i++) {
    if (is_on_the_way(graph, call_at(graph, i)))
      graph->calls[graph->first_in[call_at(graph, i)->callee + 1]++] = i;
  }
}

/* ---- callbacks ---- */

/* Whether a parameter of a routine's row, from 1, is what it came as. */
static bool is_unchanged(const struct unit *unit, uint32_t routine, uint32_t param)
{
  const struct unit_routine *row = &unit->routines[routine];
  return param != 0 && param < row->n_params &&
         (unit->params[row->first_param + param].uses & UNIT_USE_ASSIGNED) == 0;
}

/* The parameter, from 1, that a found call calls; 0 for any other call. */
static uint32_t called_param(const struct graph *graph, uint32_t index)
{
  const struct found_call *found = call_at(graph, index);
  const struct unit_call *row = row_of(graph, index);
  if (found->kind != CALL_INDIRECT || strcmp(found->tier, "callback") != 0 ||
      row->slot_object == UNIT_NONE || row->slot_path != 0)
    return 0;
  const struct unit *unit = unit_of(graph, found);
  uint32_t param = unit->objects[row->slot_object].position;
  return is_unchanged(unit, row->caller, param) ? param : 0;
}

static void add_lent(struct graph *graph, const struct lent *lent)
{
  uint64_t key = (uint64_t)lent->routine << 36 | (uint64_t)lent->target << 8 | (lent->param & 0xff);
  if (!id_map_put_new(&graph->known_lents, key, 1))
    return;
  struct lent fresh = *lent;
  fresh.next = graph->first_lent[lent->routine];
  graph->first_lent[lent->routine] = graph->lents->len;
  g_array_append_val(graph->lents, fresh);
}

static const struct lent *lent_at(const struct graph *graph, uint32_t index)
{
  return &g_array_index(graph->lents, struct lent, index);
}

static const struct unit_argument *argument_of(const struct graph *graph, uint32_t call,
                                               uint32_t param)
{
  const struct unit_call *row = row_of(graph, call);
  return param <= row->n_arguments
             ? &unit_of(graph, call_at(graph, call))->arguments[row->first_argument + param - 1]
             : NULL;
}

/* The caller's own parameter that a call hands on, or 0. */
static uint32_t handed_on(const struct graph *graph, uint32_t call, uint32_t param)
{
  const struct unit_argument *argument = argument_of(graph, call, param);
  if (argument == NULL || argument->kind != UNIT_ARGUMENT_PARAM || argument->path != 0)
    return 0;
  uint32_t own = (uint32_t)argument->integer;
  return is_unchanged(unit_of(graph, call_at(graph, call)), row_of(graph, call)->caller, own) ? own
                                                                                              : 0;
}

enum { BETWEEN_LIMIT = 8, LENT_LIMIT = 1 << 20 };

/* Routines that are called as parameters, also through routines that hand them on. */
static void collect_lents(struct graph *graph)
{
  for (guint i = 0; i < graph->findings->found_calls->len; i++) {
    const struct found_call *call = call_at(graph, i);
    uint32_t param = is_on_the_way(graph, call) ? called_param(graph, i) : 0;
    if (param != 0)
      add_lent(graph, &(struct lent){0, call->caller, param, call->callee, "", 0});
  }
  for (guint i = 0; i < graph->lents->len && graph->lents->len < LENT_LIMIT; i++) {
    struct lent lent = *lent_at(graph, i);
    for (uint32_t c = graph->first_in[lent.routine]; c < graph->first_in[lent.routine + 1]; c++) {
      uint32_t index = graph->calls[c];
      const struct found_call *call = call_at(graph, index);
      uint32_t own = call->kind == CALL_DIRECT ? handed_on(graph, index, lent.param) : 0;
      if (own == 0 || lent.n_between == BETWEEN_LIMIT)
        continue;
      struct linkage *linkage = graph->findings->linkage;
      g_autofree char *between =
          g_strconcat(linkage_routine(linkage, lent.routine)->name,
                      *lent.between != '\0' ? " > " : "", lent.between, NULL);
      add_lent(graph, &(struct lent){0, call->caller, own, lent.target,
                                     linkage_string(linkage, between), lent.n_between + 1});
    }
  }
}

/* ---- steps ---- */

static bool has_core(const struct graph *graph, uint32_t routine)
{
  return graph->first_lent[routine] != LINK_NONE;
}

static void add_step(struct graph *graph, uint32_t from, uint32_t to, uint32_t call, uint32_t lent)
{
  struct step step = {from, to, call, lent};
  if (from != to)
    g_array_append_val(graph->steps, step);
}

/* Whether a call may hand over what a callee then calls. */
static bool hands_over(const struct graph *graph, uint32_t call, const struct lent *lent)
{
  const struct unit_argument *argument = argument_of(graph, call, lent->param);
  if (argument == NULL || argument->kind == UNIT_ARGUMENT_NULL)
    return false;
  if (argument->kind != UNIT_ARGUMENT_ROUTINE)
    return true;
  struct linkage *linkage = graph->findings->linkage;
  const struct link_program *program = g_ptr_array_index(linkage->programs, graph->program);
  return linkage_resolve_routine(linkage, program, call_at(graph, call)->unit, argument->index) ==
         lent->target;
}

static void add_steps_of(struct graph *graph, uint32_t index)
{
  const struct found_call *call = call_at(graph, index);
  uint32_t core = graph->n + call->caller;
  bool is_plain = call->kind != CALL_DIRECT || !has_core(graph, call->callee);
  uint32_t to = is_plain ? call->callee : graph->n + call->callee;
  add_step(graph, call->caller, to, index, LINK_NONE);
  bool is_of_core = has_core(graph, call->caller) && called_param(graph, index) == 0;
  if (is_of_core)
    add_step(graph, core, to, index, LINK_NONE);
  for (uint32_t i = is_plain ? LINK_NONE : graph->first_lent[call->callee]; i != LINK_NONE;
       i = lent_at(graph, i)->next) {
    const struct lent *lent = lent_at(graph, i);
    if (!hands_over(graph, index, lent))
      continue;
    add_step(graph, call->caller, lent->target, index, i);
    if (is_of_core && handed_on(graph, index, lent->param) == 0)
      add_step(graph, core, lent->target, index, i);
  }
}

static void sort_steps(struct graph *graph)
{
  uint32_t n_nodes = 2 * graph->n;
  graph->first = g_new0(uint32_t, n_nodes + 2);
  graph->sorted = g_new(uint32_t, MAX(graph->steps->len, 1));
  for (guint i = 0; i < graph->steps->len; i++)
    graph->first[g_array_index(graph->steps, struct step, i).to + 2]++;
  for (uint32_t i = 2; i < n_nodes + 2; i++)
    graph->first[i] += graph->first[i - 1];
  for (guint i = 0; i < graph->steps->len; i++)
    graph->sorted[graph->first[g_array_index(graph->steps, struct step, i).to + 1]++] = i;
}

static void build_graph(struct graph *graph)
{
  graph->n = graph->findings->linkage->routines->len;
  graph->first_lent = g_new(uint32_t, MAX(graph->n, 1));
  memset(graph->first_lent, 0xff, MAX(graph->n, 1) * sizeof *graph->first_lent);
  graph->lents = g_array_new(FALSE, FALSE, sizeof(struct lent));
  graph->steps = g_array_new(FALSE, FALSE, sizeof(struct step));
  index_calls(graph);
  collect_lents(graph);
  for (guint i = 0; i < graph->findings->found_calls->len; i++) {
    if (is_on_the_way(graph, call_at(graph, i)))
      add_steps_of(graph, i);
  }
  sort_steps(graph);
}

/* ---- ways ---- */

static const struct step *step_at(const struct graph *graph, uint32_t index)
{
  return &g_array_index(graph->steps, struct step, index);
}

static uint32_t length_of(const struct graph *graph, const struct step *step)
{
  return step->lent == LINK_NONE ? 1 : 2 + lent_at(graph, step->lent)->n_between;
}

static int64_t target_id(const struct graph *graph, const struct step *step)
{
  return linkage_routine(graph->findings->linkage, step->to % graph->n)->id;
}

/* Of two ways of one length: the surer, then the one through the smaller ids, then the first line.
 * Ids and lines are the same in every run. */
static bool is_better(const struct graph *graph, const struct way *fresh,
                      const struct graph *known_graph, const struct way *known)
{
  if (fresh->weakest != known->weakest)
    return fresh->weakest < known->weakest;
  const struct step *a = step_at(graph, fresh->step), *b = step_at(known_graph, known->step);
  struct linkage *linkage = graph->findings->linkage;
  int64_t one = linkage_routine(linkage, call_at(graph, a->call)->callee)->id;
  int64_t two = linkage_routine(linkage, call_at(graph, b->call)->callee)->id;
  if (one != two)
    return one < two;
  one = target_id(graph, a);
  two = target_id(known_graph, b);
  if (one != two)
    return one < two;
  return row_of(graph, a->call)->line < row_of(graph, b->call)->line;
}

/* Steps by the length of the way that they complete. */
static void offer(GPtrArray *levels, const struct graph *graph, const struct way *ways,
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
static GArray *take_level(const struct graph *graph, struct way *ways, const GArray *steps,
                          uint32_t level)
{
  GArray *nodes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (guint i = 0; i < steps->len; i++) {
    uint32_t index = g_array_index(steps, uint32_t, i);
    const struct step *step = step_at(graph, index);
    struct way *known = &ways[step->from];
    uint8_t rank = rank_of(call_at(graph, step->call)->tier);
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

static const char *way_text(const struct graph *graph, const struct way *ways,
                            const struct step *step)
{
  struct linkage *linkage = graph->findings->linkage;
  const char *next = linkage_routine(linkage, call_at(graph, step->call)->callee)->name;
  const char *rest = ways[step->to].via;
  if (step->lent == LINK_NONE) {
    g_autofree char *via = g_strconcat(next, " > ", rest, NULL);
    return linkage_string(linkage, via);
  }
  const struct lent *lent = lent_at(graph, step->lent);
  g_autofree char *via =
      g_strconcat(next, " > ", lent->between, *lent->between != '\0' ? " > " : "",
                  linkage_routine(linkage, lent->target)->name, " > ", rest, NULL);
  return linkage_string(linkage, via);
}

/* Of the ways in several programs: the shorter, then as above. */
static void keep(const struct graph *graph, struct kept *kept, const struct way *way,
                 const struct fact_effect_path *record)
{
  bool is_new =
      kept->graph == NULL || way->n_steps < kept->way.n_steps ||
      (way->n_steps == kept->way.n_steps && is_better(graph, way, kept->graph, &kept->way));
  if (is_new)
    *kept = (struct kept){graph, *way, *record};
}

static void write_level(const struct graph *graph, struct way *ways, const GArray *nodes,
                        const char *effect, struct kept *all)
{
  struct findings *findings = graph->findings;
  for (guint i = 0; i < nodes->len; i++) {
    uint32_t node = g_array_index(nodes, uint32_t, i);
    struct way *way = &ways[node];
    const struct step *step = step_at(graph, way->step);
    way->via = way_text(graph, ways, step);
    if (node >= graph->n)
      continue;
    const struct found_call *call = call_at(graph, step->call);
    const struct unit_call *row = row_of(graph, step->call);
    struct fact_effect_path record = {
        .routine = linkage_routine(findings->linkage, node)->id,
        .effect = effect,
        .via = way->via,
        .next = linkage_routine(findings->linkage, call->callee)->id,
        .tier = tiers[way->weakest],
        .n_steps = way->n_steps,
        .file = findings_file(unit_of(graph, call), row->file),
        .line = row->line,
    };
    keep(graph, &all[node], way, &record);
  }
}

static void free_level(gpointer level)
{
  g_array_unref(level);
}

/* The routines with one direct effect, and by what: the first of their rows. */
static void start(GPtrArray *levels, const struct graph *graph, struct way *ways,
                  GHashTable *routines, const struct fact_effect *rows, guint n)
{
  for (guint i = 0; i < n; i++) {
    uint32_t routine = GPOINTER_TO_UINT(g_hash_table_lookup(routines, &rows[i].routine)) - 1;
    if (ways[routine].via != NULL)
      continue;
    ways[routine] = ways[graph->n + routine] = (struct way){rows[i].via, LINK_NONE, 0, 0};
  }
  for (uint32_t node = 0; node < 2 * graph->n; node++) {
    if (ways[node].via != NULL)
      offer(levels, graph, ways, node);
  }
}

static void follow(const struct graph *graph, GHashTable *routines, const struct fact_effect *rows,
                   guint n, struct kept *all)
{
  g_autofree struct way *ways = g_new0(struct way, MAX(2 * graph->n, 1));
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
  g_free(graph->first_in);
  g_free(graph->calls);
  g_free(graph->first_lent);
  g_array_unref(graph->lents);
  id_map_clear(&graph->known_lents);
  g_array_unref(graph->steps);
  g_free(graph->first);
  g_free(graph->sorted);
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
