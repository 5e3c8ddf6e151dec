#include "analyzer/startup.h"

#include "analyzer/call_index.h"
#include "analyzer/conditions.h"

#include <string.h>

struct graph {
  const struct findings *findings;
  uint32_t n;
  struct call_index out; /* calls by caller */
  uint32_t *n_callers;
  bool *serves; /* may reach a call that serves */
};

static const struct found_call *call_at(const struct graph *graph, uint32_t index)
{
  return &g_array_index(graph->findings->found_calls, struct found_call, index);
}

static uint32_t line_of(const struct graph *graph, const struct found_call *call)
{
  return linkage_unit(graph->findings->linkage, call->unit)->calls[call->call].line;
}

/* Where what a call does begins: the outermost loop around it, whose turns all belong to it, or the
 * call itself. */
static uint32_t first_line_of(const struct graph *graph, const struct found_call *call)
{
  const struct unit *unit = linkage_unit(graph->findings->linkage, call->unit);
  uint32_t loop = unit->calls[call->call].loop;
  uint32_t line = line_of(graph, call);
  for (; loop != UNIT_NONE; loop = unit->loops[loop].parent)
    line = MIN(line, unit->loops[loop].line);
  return line;
}

static void build_graph(struct graph *graph)
{
  const GArray *calls = graph->findings->found_calls;
  graph->n = graph->findings->linkage->routines->len;
  graph->n_callers = g_new0(uint32_t, MAX(graph->n, 1));
  graph->serves = g_new0(bool, MAX(graph->n, 1));
  call_index_init(&graph->out, graph->findings, CALLS_BY_CALLER, 0, calls->len, NULL);
  for (guint i = 0; i < calls->len; i++)
    graph->n_callers[call_at(graph, i)->callee]++;
}

static bool is_serving_call(const struct graph *graph, const struct found_call *call)
{
  const struct linkage *linkage = graph->findings->linkage;
  const struct link_routine *callee = linkage_routine(linkage, call->callee);
  if (callee->is_defined || call->kind != CALL_DIRECT)
    return false;
  const struct rules *rules = graph->findings->rules;
  const struct unit *unit = linkage_unit(linkage, call->unit);
  for (guint i = 0; i < rules->serving->len; i++) {
    const struct effect_rule *rule = g_ptr_array_index(rules->serving, i);
    if (pattern_matches(rule->call, callee->name) &&
        conditions_hold(rule->conditions, unit, &unit->calls[call->call]))
      return true;
  }
  return false;
}

/* First line of an endless loop of a routine, or 0. */
static uint32_t endless_line(const struct graph *graph, uint32_t routine)
{
  const struct link_routine *known = linkage_routine(graph->findings->linkage, routine);
  const struct unit *unit = linkage_unit(graph->findings->linkage, known->unit);
  uint32_t line = 0;
  for (uint32_t i = 0; i < unit->n_loops && known->is_defined; i++) {
    const struct unit_loop *loop = &unit->loops[i];
    if (loop->routine == known->row && loop->is_endless != 0 && (line == 0 || loop->line < line))
      line = loop->line;
  }
  return line;
}

/* Marks what may reach a serving call, to a fixed point over direct calls. */
static void mark_serving(struct graph *graph)
{
  bool is_changed = true;
  while (is_changed) {
    is_changed = false;
    for (guint i = 0; i < graph->findings->found_calls->len; i++) {
      const struct found_call *call = call_at(graph, i);
      if (graph->serves[call->caller] || call->kind != CALL_DIRECT)
        continue;
      if (graph->serves[call->callee] || is_serving_call(graph, call))
        graph->serves[call->caller] = is_changed = true;
    }
  }
}

/* How many routines with a body are reached by what a routine calls in the loop or by the call that
 * begins in this line. */
static uint32_t count_reachable(const struct graph *graph, uint32_t caller, uint32_t first_line)
{
  g_autofree bool *seen = g_new0(bool, graph->n);
  g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  for (uint32_t i = graph->out.first[caller]; i < graph->out.first[caller + 1]; i++) {
    const struct found_call *call = call_index_at(&graph->out, i);
    if (call->kind != CALL_CALLBACK && first_line_of(graph, call) == first_line)
      call_index_mark(stack, seen, call->callee);
  }
  call_index_spread(&graph->out, stack, seen);
  uint32_t n = 0;
  for (uint32_t i = 0; i < graph->n; i++)
    n += seen[i] && linkage_routine(graph->findings->linkage, i)->is_defined;
  return n;
}

/* A program that never serves does its job in one loop or call of main: the one that reaches the
 * most, a loop before a call. Returns where it begins, or 0. */
static uint32_t main_job(const struct graph *graph, uint32_t routine, uint32_t *through,
                         bool *is_in_loop)
{
  uint32_t most = 0, line = 0;
  *is_in_loop = false;
  g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
  for (uint32_t i = graph->out.first[routine]; i < graph->out.first[routine + 1]; i++) {
    const struct found_call *call = call_index_at(&graph->out, i);
    uint32_t first = first_line_of(graph, call);
    if (!g_hash_table_add(known, GUINT_TO_POINTER(first)))
      continue;
    uint32_t n = count_reachable(graph, routine, first);
    bool is_loop =
        linkage_unit(graph->findings->linkage, call->unit)->calls[call->call].loop != UNIT_NONE;
    bool is_first = is_loop != *is_in_loop ? is_loop : line != 0 && first < line;
    if (n > most || (n == most && n > 0 && is_first)) {
      most = n;
      line = first;
      *is_in_loop = is_loop;
    }
  }
  *through = LINK_NONE;
  return line;
}

/* Follows the way from main to where it serves: lines before are start-up, lines after run. */
static void follow_main(struct graph *graph, struct startup *startup, uint32_t routine,
                        GArray *running, int depth)
{
  uint32_t serving = endless_line(graph, routine);
  uint32_t through = LINK_NONE;
  for (uint32_t i = graph->out.first[routine]; i < graph->out.first[routine + 1]; i++) {
    const struct found_call *call = call_index_at(&graph->out, i);
    bool starts =
        call->kind == CALL_DIRECT && (graph->serves[call->callee] || is_serving_call(graph, call));
    uint32_t line = first_line_of(graph, call);
    if (starts && (serving == 0 || line < serving)) {
      serving = line;
      through = call->callee;
    }
  }
  if (serving == 0 && depth == 0) {
    bool is_in_loop = false;
    serving = main_job(graph, routine, &through, &is_in_loop);
    startup->has_one_job[routine] = serving != 0 && !is_in_loop;
  }
  if (serving == 0) {
    call_index_mark(running, startup->runs, routine);
    return;
  }
  startup->serving_line[routine] = serving;
  for (uint32_t i = graph->out.first[routine]; i < graph->out.first[routine + 1]; i++) {
    const struct found_call *call = call_index_at(&graph->out, i);
    if (line_of(graph, call) >= serving && call->callee != through)
      call_index_mark(running, startup->runs, call->callee);
  }
  bool is_fresh = through != LINK_NONE && startup->serving_line[through] == 0;
  if (is_fresh && depth < 32 && linkage_routine(graph->findings->linkage, through)->is_defined)
    follow_main(graph, startup, through, running, depth + 1);
}

static uint32_t flags_of(const struct graph *graph, uint32_t routine)
{
  const struct link_routine *known = linkage_routine(graph->findings->linkage, routine);
  return linkage_unit(graph->findings->linkage, known->unit)->routines[known->row].flags;
}

static void add_roots(struct graph *graph, struct startup *startup, GArray *running)
{
  for (uint32_t i = 0; i < graph->n; i++) {
    const struct link_routine *known = linkage_routine(graph->findings->linkage, i);
    if (!known->is_defined)
      continue;
    if (strcmp(known->name, "main") == 0)
      follow_main(graph, startup, i, running, 0);
    else if (graph->n_callers[i] == 0 && (flags_of(graph, i) & UNIT_ROUTINE_CONSTRUCTOR) == 0)
      call_index_mark(running, startup->runs, i);
  }
  for (guint i = 0; i < graph->findings->found_calls->len; i++) {
    if (call_at(graph, i)->kind == CALL_CALLBACK)
      call_index_mark(running, startup->runs, call_at(graph, i)->callee);
  }
}

struct startup *startup_find(const struct findings *findings)
{
  struct graph graph = {.findings = findings};
  build_graph(&graph);
  mark_serving(&graph);
  struct startup *startup = g_new0(struct startup, 1);
  startup->n_routines = graph.n;
  startup->runs = g_new0(bool, MAX(graph.n, 1));
  startup->serving_line = g_new0(uint32_t, MAX(graph.n, 1));
  startup->has_one_job = g_new0(bool, MAX(graph.n, 1));
  g_autoptr(GArray) running = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  add_roots(&graph, startup, running);
  call_index_spread(&graph.out, running, startup->runs);
  call_index_clear(&graph.out);
  g_free(graph.n_callers);
  g_free(graph.serves);
  return startup;
}

void startup_free(struct startup *startup)
{
  if (startup == NULL)
    return;
  g_free(startup->runs);
  g_free(startup->serving_line);
  g_free(startup->has_one_job);
  g_free(startup);
}

bool startup_is_before(const struct startup *startup, uint32_t routine, uint32_t line)
{
  if (routine >= startup->n_routines || startup->runs[routine])
    return false;
  uint32_t serving = startup->serving_line[routine];
  return serving == 0 || line < serving;
}
