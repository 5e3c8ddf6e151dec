/* Chains of comparisons, and switches, whose arms call different routines. */
#include "analyzer/conditions.h"
#include "analyzer/entries_parts.h"
#include "analyzer/guards.h"

#include <string.h>

/* What more routines call than these is a helper, and no handler of a branch. */
#define CALLERS_LIMIT 4
/* An arm that hands over calls a routine and little else: a check, a log line, a reply. */
#define CALLEES_LIMIT 4
/* Through more parameters than these nobody asks who chooses. */
#define CHOOSERS_LIMIT 32
/* One expression among so many constants may be a choice between constants. */
#define COMPUTED_SHARE 4

static bool arm_fits(const struct entry_rule *rule, const struct unit *unit,
                     const struct unit_arm *arm)
{
  bool is_compare = rule->kind == ENTRY_RULE_COMPARE;
  if (arm->kind != (is_compare ? UNIT_ARM_STRING : UNIT_ARM_CASE))
    return false;
  if (is_compare && !pattern_matches(rule->compare, unit_string(unit, arm->via)))
    return false;
  return pattern_matches(rule->key, unit_string(unit, arm->text)) &&
         pattern_matches(rule->subject, unit_string(unit, arm->subject));
}

static bool arm_is_inside(const struct unit *unit, uint32_t arm, uint32_t outer)
{
  while (arm != UNIT_NONE && arm != outer)
    arm = unit->arms[arm].parent;
  return arm == outer;
}

/* In how many arms of the same group a routine is called. */
static uint32_t n_arms_calling(const struct unit *unit, uint32_t group, uint32_t callee)
{
  uint32_t n = 0, last = UNIT_NONE;
  for (uint32_t c = 0; c < unit->n_calls; c++) {
    const struct unit_call *call = &unit->calls[c];
    if (call->callee != callee || call->arm == UNIT_NONE || unit->arms[call->arm].group != group ||
        call->arm == last)
      continue;
    last = call->arm;
    n++;
  }
  return n;
}

/* Counts the callers of what was found since. */
void entries_count_callers(struct entries *entries)
{
  const GArray *calls = entries->findings->found_calls;
  if (entries->n_callers->len < entries->findings->linkage->routines->len)
    g_array_set_size(entries->n_callers, entries->findings->linkage->routines->len);
  for (; entries->n_counted < calls->len; entries->n_counted++) {
    const struct found_call *call = &g_array_index(calls, struct found_call, entries->n_counted);
    if (id_map_put_new(&entries->pairs, (uint64_t)call->caller << 32 | call->callee, 1))
      g_array_index(entries->n_callers, uint32_t, call->callee)++;
  }
}

/* What an arm calls: its handler is of the tree's routines the one that the fewest other arms call
 * too, the first of equals; LINK_NONE when there is none. */
struct arm_calls {
  uint32_t handler;
  uint32_t n_callees; /* routines of the tree, helpers too */
};

static struct arm_calls calls_of_arm(struct entries *entries, struct flow *flow, uint32_t unit,
                                     uint32_t arm, uint32_t n_arms)
{
  struct linkage *linkage = entries->findings->linkage;
  const struct link_unit *here = &linkage->units[unit];
  const struct unit *from = here->unit;
  uint32_t routine = from->arms[arm].routine, best = LINK_NONE, least = UINT32_MAX;
  struct id_set callees = {0};
  for (uint32_t i = here->first_call[routine]; i < here->first_call[routine + 1]; i++) {
    const struct unit_call *call = &from->calls[here->calls_by_routine[i]];
    if (call->callee == UNIT_NONE || !arm_is_inside(from, call->arm, arm))
      continue;
    uint32_t callee = linkage_resolve_routine(linkage, flow->program, unit, call->callee);
    if (!linkage_routine(linkage, callee)->is_defined)
      continue;
    id_set_add(&callees, callee);
    if (callee < entries->n_callers->len &&
        g_array_index(entries->n_callers, uint32_t, callee) > CALLERS_LIMIT)
      continue;
    uint32_t n = n_arms_calling(from, from->arms[arm].group, call->callee);
    if (n < least) {
      least = n;
      best = callee;
    }
  }
  /* What most arms call is a helper. */
  struct arm_calls calls = {n_arms > 2 && least > n_arms / 2 ? LINK_NONE : best, callees.n};
  id_set_clear(&callees);
  return calls;
}

/* The arms of one chain or switch that fit a rule, and what they call. */
struct chain {
  GArray *arms;  /* uint32_t */
  GArray *calls; /* struct arm_calls, of the same arms */
};

/* Whether two arms stand for two words of one condition. */
static bool is_alias(const struct unit *unit, uint32_t first, uint32_t second)
{
  const struct unit_arm *a = &unit->arms[first], *b = &unit->arms[second];
  return second == first + 1 && a->kind == UNIT_ARM_STRING && a->line == b->line &&
         a->end_line == b->end_line && a->parent == b->parent && a->subject == b->subject;
}

/* What is called stands with the first word of a condition. */
static void take_aliases(struct chain *chain, const struct unit *unit)
{
  for (guint i = 1; i < chain->arms->len; i++) {
    struct arm_calls *calls = &g_array_index(chain->calls, struct arm_calls, i);
    if (calls->n_callees == 0 && is_alias(unit, g_array_index(chain->arms, uint32_t, i - 1),
                                          g_array_index(chain->arms, uint32_t, i)))
      *calls = g_array_index(chain->calls, struct arm_calls, i - 1);
  }
}

/* Arms that do not lead to routines of their own only choose a value; many that share one (a parser
 * for each type of setting) only read; and where most arms call this and that, the work is done
 * in place and no routine is what the arm hands over to. */
static bool is_dispatch(const struct chain *chain, const struct entry_rule *rule)
{
  struct id_set handlers = {0};
  uint32_t n_handled = 0, n_handed_over = 0;
  for (guint i = 0; i < chain->calls->len; i++) {
    const struct arm_calls *calls = &g_array_index(chain->calls, struct arm_calls, i);
    if (calls->handler == LINK_NONE)
      continue;
    id_set_add(&handlers, calls->handler);
    n_handled++;
    n_handed_over += calls->n_callees <= CALLEES_LIMIT;
  }
  uint32_t n = handlers.n;
  id_set_clear(&handlers);
  return n >= (uint32_t)MIN(rule->minimum, 3) && 2 * n >= n_handled &&
         2 * n_handed_over >= n_handled;
}

/* Whether the words of commands, with their aliases, are handed over to routines; a parser of a
 * file does most of what it reads in place. A switch may have cases that do nothing, and a path is
 * a route whatever is done for others. */
static bool hands_most_over(const struct chain *chain, const struct entry_rule *rule)
{
  uint32_t n = 0;
  for (guint i = 0; i < chain->calls->len; i++)
    n += g_array_index(chain->calls, struct arm_calls, i).handler != LINK_NONE;
  return rule->kind != ENTRY_RULE_COMPARE || strcmp(rule->trigger, "command") != 0 ||
         2 * n >= chain->calls->len;
}

/* Where the values of a parameter come from, through routines that hand theirs on. */
struct choosers {
  struct id_map seen; /* link routine << 32 | position -> 1 */
  GArray *waiting;    /* uint64_t, as in `seen` */
  uint32_t n_constants, n_computed;
  bool is_outside; /* a field, a variable, a result, who calls back, a parameter of main */
  bool is_varied;  /* two constants differ */
  bool is_changed; /* a routine on the way changes the parameter */
  int64_t integer; /* of the first constant */
  const char *text;
};

static void choosers_ask(struct choosers *choosers, const struct unit *unit, uint32_t row,
                         uint32_t routine, uint32_t position)
{
  uint64_t pair = (uint64_t)routine << 32 | position;
  if (!id_map_put_new(&choosers->seen, pair, 1))
    return;
  g_array_append_val(choosers->waiting, pair);
  choosers->is_changed |= guards_unchanged(unit, row, position) == 0;
  choosers->is_outside |= choosers->waiting->len > CHOOSERS_LIMIT;
}

static void choosers_add_constant(struct choosers *choosers, const struct unit *unit,
                                  const struct unit_argument *argument)
{
  const char *text =
      argument->kind == UNIT_ARGUMENT_STRING ? unit_string(unit, argument->text) : "";
  if (choosers->n_constants++ == 0) {
    choosers->integer = argument->integer;
    choosers->text = text;
  }
  choosers->is_varied |=
      choosers->integer != argument->integer || strcmp(choosers->text, text) != 0;
}

static void choosers_add(struct choosers *choosers, const struct linkage *linkage,
                         const struct found_call *call, uint32_t position)
{
  const struct unit *unit = linkage_unit(linkage, call->unit);
  const struct unit_call *row = &unit->calls[call->call];
  const struct unit_argument *argument = conditions_argument(unit, row, (int)position - 1);
  if (argument == NULL || call->kind == CALL_CALLBACK)
    choosers->is_outside = true;
  else if (argument->kind == UNIT_ARGUMENT_INTEGER || argument->kind == UNIT_ARGUMENT_STRING)
    choosers_add_constant(choosers, unit, argument);
  else if (argument->kind == UNIT_ARGUMENT_PARAM)
    choosers_ask(choosers, unit, row->caller, call->caller, (uint32_t)argument->integer);
  else if (argument->kind == UNIT_ARGUMENT_OTHER)
    choosers->n_computed++;
  else
    choosers->is_outside = true;
}

/* Whether the program itself says at every call which arm it wants: no event chooses then. A choice
 * between constants is an expression like others, so that a few of these count for nothing; and who
 * changes the parameter chooses himself, unless his callers tell different things. */
static bool is_chosen_by_callers(const struct entries *entries, const struct flow *flow,
                                 uint32_t unit, const struct unit_arm *arm)
{
  const struct findings *findings = entries->findings;
  const struct linkage *linkage = findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  if (!flow->program->has_main || arm->path != 0 || arm->object == UNIT_NONE ||
      from->objects[arm->object].kind != UNIT_OBJECT_PARAM)
    return false;
  struct choosers choosers = {.waiting = g_array_new(FALSE, FALSE, sizeof(uint64_t))};
  choosers_ask(&choosers, from, arm->routine, linkage->units[unit].routines[arm->routine],
               from->objects[arm->object].position);
  for (guint w = 0; w < choosers.waiting->len && !choosers.is_outside; w++) {
    uint64_t pair = g_array_index(choosers.waiting, uint64_t, w);
    uint32_t n = 0;
    for (guint i = 0; i < findings->found_calls->len && !choosers.is_outside; i++) {
      const struct found_call *call = &g_array_index(findings->found_calls, struct found_call, i);
      if (call->callee != pair >> 32 ||
          g_ptr_array_index(linkage->programs, call->program) != flow->program)
        continue;
      choosers_add(&choosers, linkage, call, (uint32_t)pair);
      n++;
    }
    choosers.is_outside |= n == 0;
  }
  bool is_chosen = !choosers.is_outside && choosers.n_constants > 0 &&
                   COMPUTED_SHARE * choosers.n_computed <= choosers.n_constants &&
                   (!choosers.is_changed || choosers.is_varied);
  id_map_clear(&choosers.seen);
  g_array_unref(choosers.waiting);
  return is_chosen;
}

static void judge_chain(struct entries *entries, struct flow *flow, const struct entry_rule *rule,
                        uint32_t unit, uint32_t first)
{
  const struct unit *from = linkage_unit(entries->findings->linkage, unit);
  uint32_t group = from->arms[first].group, routine = from->arms[first].routine;
  g_autoptr(GArray) arms = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  g_autoptr(GArray) calls = g_array_new(FALSE, FALSE, sizeof(struct arm_calls));
  for (uint32_t i = first; i < from->n_arms; i++) {
    if (from->arms[i].group == group && from->arms[i].routine == routine &&
        arm_fits(rule, from, &from->arms[i]))
      g_array_append_val(arms, i);
  }
  if ((int)arms->len < rule->minimum)
    return;
  for (guint i = 0; i < arms->len; i++) {
    struct arm_calls of =
        calls_of_arm(entries, flow, unit, g_array_index(arms, uint32_t, i), arms->len);
    g_array_append_val(calls, of);
  }
  struct chain chain = {arms, calls};
  if (!is_dispatch(&chain, rule) || is_chosen_by_callers(entries, flow, unit, &from->arms[first]))
    return;
  take_aliases(&chain, from);
  if (!hands_most_over(&chain, rule))
    return;
  for (guint i = 0; i < arms->len; i++) {
    const struct unit_arm *arm = &from->arms[g_array_index(arms, uint32_t, i)];
    uint32_t handler = g_array_index(calls, struct arm_calls, i).handler;
    if (handler == LINK_NONE)
      continue;
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, arm->integer);
    struct evidence evidence = {
        .rule = rule,
        .key = arm->text != 0 ? unit_string(from, arm->text) : number,
        .file = findings_file(from, arm->file),
        .line = arm->line,
        .registrar = unit_string(from, from->routines[routine].name),
    };
    entries_add(entries, handler, &evidence);
  }
}

void entries_judge_chains(struct entries *entries, struct flow *flow, uint32_t unit)
{
  const struct unit *from = linkage_unit(entries->findings->linkage, unit);
  const GPtrArray *rules = entries->findings->rules->entries;
  struct id_map seen = {0};
  for (uint32_t a = 0; a < from->n_arms; a++) {
    const struct unit_arm *arm = &from->arms[a];
    if (!id_map_put_new(&seen, (uint64_t)arm->routine << 32 | arm->group, 1) ||
        !linkage_stands_for(entries->findings->linkage, unit, arm->routine))
      continue;
    for (guint i = 0; i < rules->len; i++) {
      const struct entry_rule *rule = g_ptr_array_index(rules, i);
      if ((rule->kind == ENTRY_RULE_COMPARE || rule->kind == ENTRY_RULE_SWITCH) &&
          pattern_matches(rule->routine, unit_string(from, from->routines[arm->routine].name)))
        judge_chain(entries, flow, rule, unit, a);
    }
  }
  id_map_clear(&seen);
}
