#include "analyzer/effect_graph.h"

#include <string.h>

/* ---- calls ---- */

const struct found_call *effect_graph_call(const struct effect_graph *graph, uint32_t index)
{
  return &g_array_index(graph->findings->found_calls, struct found_call, index);
}

const struct unit *effect_graph_unit(const struct effect_graph *graph,
                                     const struct found_call *call)
{
  return linkage_unit(graph->findings->linkage, call->unit);
}

const struct unit_call *effect_graph_row(const struct effect_graph *graph, uint32_t call)
{
  const struct found_call *found = effect_graph_call(graph, call);
  return &effect_graph_unit(graph, found)->calls[found->call];
}

/* ---- nodes ---- */

uint32_t effect_graph_core(const struct effect_graph *graph, uint32_t routine)
{
  return graph->n + routine;
}

/* The node of a body; LINK_NONE is the common one. */
uint32_t effect_graph_body(const struct effect_graph *graph, uint32_t routine, uint32_t body)
{
  return body == LINK_NONE ? 2 * graph->n + routine : 3 * graph->n + body;
}

uint32_t effect_graph_n_nodes(const struct effect_graph *graph)
{
  return 3 * graph->n + graph->n_bodies + graph->variants.rows->len;
}

uint32_t effect_graph_variant(const struct effect_graph *graph, uint32_t variant)
{
  return 3 * graph->n + graph->n_bodies + variant;
}

uint32_t effect_graph_routine(const struct effect_graph *graph, uint32_t node)
{
  if (node < 3 * graph->n)
    return node % graph->n;
  node -= 3 * graph->n;
  return node < graph->n_bodies ? graph->of_body[node]
                                : variants_at(&graph->variants, node - graph->n_bodies)->routine;
}

/* Whose calls have bodies of their own. */
static void find_bodies(struct effect_graph *graph)
{
  const GArray *calls = graph->findings->found_calls;
  graph->has_bodies = g_new0(bool, MAX(graph->n, 1));
  for (guint i = graph->first_found; i < graph->end_found; i++) {
    const struct found_call *call = &g_array_index(calls, struct found_call, i);
    if (call->callee_body != LINK_NONE)
      graph->n_bodies = MAX(graph->n_bodies, call->callee_body + 1);
  }
  graph->of_body = g_new(uint32_t, MAX(graph->n_bodies, 1));
  memset(graph->of_body, 0xff, MAX(graph->n_bodies, 1) * sizeof *graph->of_body);
  for (guint i = graph->first_found; i < graph->end_found; i++) {
    const struct found_call *call = &g_array_index(calls, struct found_call, i);
    if (call->callee_body == LINK_NONE)
      continue;
    graph->of_body[call->callee_body] = call->callee;
    graph->has_bodies[call->callee] = true;
  }
}

static bool is_on_the_way(const struct found_call *call)
{
  return !call->is_later && call->caller != call->callee;
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
static uint32_t called_param(const struct effect_graph *graph, uint32_t index)
{
  const struct found_call *found = effect_graph_call(graph, index);
  const struct unit_call *row = effect_graph_row(graph, index);
  if (found->kind != CALL_INDIRECT || strcmp(found->tier, "callback") != 0 ||
      row->slot_object == UNIT_NONE || row->slot_path != 0)
    return 0;
  const struct unit *unit = effect_graph_unit(graph, found);
  uint32_t param = unit->objects[row->slot_object].position;
  return is_unchanged(unit, row->caller, param) ? param : 0;
}

static void add_lent(struct effect_graph *graph, const struct effect_lent *lent)
{
  uint64_t key = (uint64_t)lent->routine << 36 | (uint64_t)lent->target << 8 | (lent->param & 0xff);
  if (!id_map_put_new(&graph->known_lents, key, 1))
    return;
  struct effect_lent fresh = *lent;
  fresh.next = graph->first_lent[lent->routine];
  graph->first_lent[lent->routine] = graph->lents->len;
  g_array_append_val(graph->lents, fresh);
}

const struct effect_lent *effect_graph_lent(const struct effect_graph *graph, uint32_t index)
{
  return &g_array_index(graph->lents, struct effect_lent, index);
}

static const struct unit_argument *argument_of(const struct effect_graph *graph, uint32_t call,
                                               uint32_t param)
{
  const struct unit_call *row = effect_graph_row(graph, call);
  return param <= row->n_arguments ? &effect_graph_unit(graph, effect_graph_call(graph, call))
                                          ->arguments[row->first_argument + param - 1]
                                   : NULL;
}

/* The caller's own parameter that a call hands on, or 0. */
static uint32_t handed_on(const struct effect_graph *graph, uint32_t call, uint32_t param)
{
  const struct unit_argument *argument = argument_of(graph, call, param);
  if (argument == NULL || argument->kind != UNIT_ARGUMENT_PARAM || argument->path != 0)
    return 0;
  uint32_t own = (uint32_t)argument->integer;
  return is_unchanged(effect_graph_unit(graph, effect_graph_call(graph, call)),
                      effect_graph_row(graph, call)->caller, own)
             ? own
             : 0;
}

enum { BETWEEN_LIMIT = 8, LENT_LIMIT = 1 << 20 };

/* Routines that are called as parameters, also through routines that hand them on. */
static void collect_lents(struct effect_graph *graph)
{
  for (guint i = graph->first_found; i < graph->end_found; i++) {
    const struct found_call *call = effect_graph_call(graph, i);
    uint32_t param = is_on_the_way(call) ? called_param(graph, i) : 0;
    if (param != 0)
      add_lent(graph, &(struct effect_lent){0, call->caller, param, call->callee, "", 0});
  }
  for (guint i = 0; i < graph->lents->len && graph->lents->len < LENT_LIMIT; i++) {
    struct effect_lent lent = *effect_graph_lent(graph, i);
    for (uint32_t c = graph->in.first[lent.routine]; c < graph->in.first[lent.routine + 1]; c++) {
      uint32_t index = graph->in.calls[c];
      const struct found_call *call = effect_graph_call(graph, index);
      uint32_t own = call->kind == CALL_DIRECT ? handed_on(graph, index, lent.param) : 0;
      if (own == 0 || lent.n_between == BETWEEN_LIMIT)
        continue;
      struct linkage *linkage = graph->findings->linkage;
      g_autofree char *between =
          g_strconcat(linkage_routine(linkage, lent.routine)->name,
                      *lent.between != '\0' ? " > " : "", lent.between, NULL);
      add_lent(graph, &(struct effect_lent){0, call->caller, own, lent.target,
                                            linkage_string(linkage, between), lent.n_between + 1});
    }
  }
}

static bool has_core(const struct effect_graph *graph, uint32_t routine)
{
  return graph->first_lent[routine] != LINK_NONE;
}

/* ---- steps ---- */

/* From the surest. */
static const char *const tiers[] = {"direct", "exact", "flow",     "callback",
                                    "field",  "model", "signature"};

const char *effect_graph_tier(uint8_t rank)
{
  return tiers[rank];
}

static uint8_t rank_of(const char *tier)
{
  uint8_t rank = 0;
  while (rank < G_N_ELEMENTS(tiers) - 1 && strcmp(tiers[rank], tier) != 0)
    rank++;
  return rank;
}

static void add_step(struct effect_graph *graph, uint32_t from, uint32_t to, uint32_t call,
                     uint32_t lent)
{
  if (from == to)
    return;
  uint8_t rank = rank_of(effect_graph_call(graph, call)->tier);
  if (lent != LINK_NONE)
    rank = MAX(rank, rank_of("callback"));
  struct effect_step step = {from, to, call, lent, rank};
  g_array_append_val(graph->steps, step);
}

/* Whether a call may hand over what a callee then calls. */
static bool hands_over(const struct effect_graph *graph, uint32_t call,
                       const struct effect_lent *lent)
{
  const struct unit_argument *argument = argument_of(graph, call, lent->param);
  if (argument == NULL || argument->kind == UNIT_ARGUMENT_NULL)
    return false;
  if (argument->kind != UNIT_ARGUMENT_ROUTINE)
    return true;
  struct linkage *linkage = graph->findings->linkage;
  const struct link_program *program = g_ptr_array_index(linkage->programs, graph->program);
  return linkage_resolve_routine(linkage, program, effect_graph_call(graph, call)->unit,
                                 argument->index) == lent->target;
}

/* Where a call leads in a variant of its caller, or LINK_NONE: to a routine, its core, a body or a
 * variant. */
static uint32_t node_called(const struct effect_graph *graph, uint32_t from, uint32_t index)
{
  const struct found_call *call = effect_graph_call(graph, index);
  uint32_t variant = variants_called(&graph->variants, from, index);
  if (variant != LINK_NONE)
    return effect_graph_variant(graph, variant);
  bool is_whole = call->kind != CALL_DIRECT && has_core(graph, call->callee);
  if (is_whole)
    return call->callee;
  if (graph->has_bodies[call->callee])
    return effect_graph_body(graph, call->callee, call->callee_body);
  return has_core(graph, call->callee) ? effect_graph_core(graph, call->callee) : call->callee;
}

/* A step for the caller itself, and for the node that stands for it in one body, or without what it
 * calls as a parameter; `is_inner` tells whether that one has the step too. */
static void add_steps_to(struct effect_graph *graph, const struct found_call *call, uint32_t to,
                         uint32_t index, uint32_t lent, bool is_inner)
{
  add_step(graph, call->caller, to, index, lent);
  bool has_inner = has_core(graph, call->caller) || graph->has_bodies[call->caller];
  if (!has_inner || (has_core(graph, call->caller) && !is_inner))
    return;
  uint32_t inner = graph->has_bodies[call->caller]
                       ? effect_graph_body(graph, call->caller, call->caller_body)
                       : effect_graph_core(graph, call->caller);
  add_step(graph, inner, to, index, lent);
}

/* The steps of the variants of a call's caller in which it runs; `lent` as for add_step(). */
static void add_variant_steps(struct effect_graph *graph, uint32_t index, uint32_t lent)
{
  const struct variants *variants = &graph->variants;
  uint32_t v = variants->first[effect_graph_call(graph, index)->caller];
  for (; v != LINK_NONE; v = variants_at(variants, v)->next) {
    if (!variants_runs(variants, v, index))
      continue;
    uint32_t to =
        lent != LINK_NONE ? effect_graph_lent(graph, lent)->target : node_called(graph, v, index);
    add_step(graph, effect_graph_variant(graph, v), to, index, lent);
  }
}

static void add_steps_of(struct effect_graph *graph, uint32_t index)
{
  const struct found_call *call = effect_graph_call(graph, index);
  bool is_lending = call->kind == CALL_DIRECT && has_core(graph, call->callee);
  add_steps_to(graph, call, node_called(graph, LINK_NONE, index), index, LINK_NONE,
               called_param(graph, index) == 0);
  add_variant_steps(graph, index, LINK_NONE);
  for (uint32_t i = is_lending ? graph->first_lent[call->callee] : LINK_NONE; i != LINK_NONE;
       i = effect_graph_lent(graph, i)->next) {
    const struct effect_lent *lent = effect_graph_lent(graph, i);
    if (!hands_over(graph, index, lent))
      continue;
    add_steps_to(graph, call, lent->target, index, i, handed_on(graph, index, lent->param) == 0);
    add_variant_steps(graph, index, i);
  }
}

static void sort_steps(struct effect_graph *graph)
{
  uint32_t n_nodes = effect_graph_n_nodes(graph);
  GArray *steps = graph->steps;
  GArray *sorted = g_array_sized_new(FALSE, FALSE, sizeof(struct effect_step), steps->len);
  g_array_set_size(sorted, steps->len);
  graph->first = g_new0(uint32_t, n_nodes + 2);
  for (guint i = 0; i < steps->len; i++)
    graph->first[g_array_index(steps, struct effect_step, i).to + 2]++;
  for (uint32_t i = 2; i < n_nodes + 2; i++)
    graph->first[i] += graph->first[i - 1];
  for (guint i = 0; i < steps->len; i++) {
    const struct effect_step *step = &g_array_index(steps, struct effect_step, i);
    g_array_index(sorted, struct effect_step, graph->first[step->to + 1]++) = *step;
  }
  g_array_unref(steps);
  graph->steps = sorted;
}

/* Routines that are more than one node already have no variants. */
static void build_variants(struct effect_graph *graph)
{
  graph->is_split = g_new0(bool, MAX(graph->n, 1));
  for (uint32_t i = 0; i < graph->n; i++)
    graph->is_split[i] = graph->has_bodies[i] || has_core(graph, i);
  variants_build(&graph->variants, graph->findings, graph->program, graph->is_split);
}

void effect_graph_build(struct effect_graph *graph)
{
  graph->n = graph->findings->linkage->routines->len;
  graph->first_found = findings_first_call(graph->findings, graph->program);
  graph->end_found = findings_first_call(graph->findings, graph->program + 1);
  graph->first_lent = g_new(uint32_t, MAX(graph->n, 1));
  memset(graph->first_lent, 0xff, MAX(graph->n, 1) * sizeof *graph->first_lent);
  graph->lents = g_array_new(FALSE, FALSE, sizeof(struct effect_lent));
  graph->steps = g_array_new(FALSE, FALSE, sizeof(struct effect_step));
  find_bodies(graph);
  call_index_init(&graph->in, graph->findings, CALLS_BY_CALLEE, graph->first_found,
                  graph->end_found, is_on_the_way);
  collect_lents(graph);
  build_variants(graph);
  for (guint i = graph->first_found; i < graph->end_found; i++) {
    if (is_on_the_way(effect_graph_call(graph, i)))
      add_steps_of(graph, i);
  }
  sort_steps(graph);
}

void effect_graph_clear(gpointer data)
{
  struct effect_graph *graph = data;
  g_free(graph->of_body);
  g_free(graph->has_bodies);
  g_free(graph->is_split);
  variants_clear(&graph->variants);
  call_index_clear(&graph->in);
  g_free(graph->first_lent);
  g_array_unref(graph->lents);
  id_map_clear(&graph->known_lents);
  g_array_unref(graph->steps);
  g_free(graph->first);
}
