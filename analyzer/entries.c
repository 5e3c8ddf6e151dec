#include "analyzer/entries.h"

#include "analyzer/conditions.h"
#include "analyzer/effects.h"
#include "store/identity.h"

#include <string.h>

#define KEY_LIMIT 200
#define HANDLER_LIMIT 32
/* What more routines call than these is a helper, and no handler of a branch. */
#define CALLERS_LIMIT 4
/* An arm that hands over calls a routine and little else: a check, a log line, a reply. */
#define CALLEES_LIMIT 4

/* A routine that waits for work in a loop. Which thread it works for is known at the end. */
struct waiting {
  uint32_t routine;
  const struct entry_rule *rule;
  const char *key;
  const char *file;
  uint32_t line;
  const char *registrar;
};

struct entries {
  struct findings *findings;
  GHashTable *found;    /* id -> struct fact_entry */
  GArray *waiting;      /* struct waiting */
  GHashTable *pairs;    /* caller << 32 | callee of the calls counted so far */
  GArray *n_callers;    /* uint32_t by link routine */
  guint n_counted;      /* found calls */
  GHashTable *rules_of; /* name of a routine -> GPtrArray of the rules for its calls, or NULL */
};

/* What is known when a rule fires. */
struct evidence {
  const struct entry_rule *rule;
  const char *key;
  const char *file;
  uint32_t line;
  const char *registrar;
};

static void free_rules(gpointer rules)
{
  if (rules != NULL)
    g_ptr_array_unref(rules);
}

struct entries *entries_new(struct findings *findings)
{
  struct entries *entries = g_new0(struct entries, 1);
  entries->findings = findings;
  entries->found = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
  entries->waiting = g_array_new(FALSE, FALSE, sizeof(struct waiting));
  entries->pairs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  entries->n_callers = g_array_new(FALSE, TRUE, sizeof(uint32_t));
  entries->rules_of = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_rules);
  return entries;
}

void entries_free(struct entries *entries)
{
  if (entries == NULL)
    return;
  g_hash_table_unref(entries->found);
  g_array_unref(entries->waiting);
  g_hash_table_unref(entries->pairs);
  g_array_unref(entries->n_callers);
  g_hash_table_unref(entries->rules_of);
  g_free(entries);
}

static bool is_better(const struct fact_entry *fresh, const struct fact_entry *known)
{
  if (fresh->confidence != known->confidence)
    return fresh->confidence > known->confidence;
  int order = strcmp(fresh->rule, known->rule);
  if (order == 0)
    order = strcmp(fresh->file, known->file);
  return order < 0 || (order == 0 && fresh->line < known->line);
}

static void add_entry(struct entries *entries, uint32_t routine, const struct evidence *evidence)
{
  struct linkage *linkage = entries->findings->linkage;
  const struct link_routine *known_routine = linkage_routine(linkage, routine);
  if (!known_routine->is_defined)
    return;
  g_autofree char *key = g_strndup(evidence->key != NULL ? evidence->key : "", KEY_LIMIT);
  char number[24];
  g_snprintf(number, sizeof number, "%" G_GINT64_MODIFIER "x", (gint64)known_routine->id);
  struct fact_entry *fresh = g_new0(struct fact_entry, 1);
  *fresh = (struct fact_entry){
      .id = store_id("entry", number, evidence->rule->trigger, key, NULL),
      .routine = known_routine->id,
      .trigger = evidence->rule->trigger,
      .key = linkage_string(linkage, key),
      .rule = evidence->rule->id,
      .confidence = evidence->rule->confidence,
      .file = evidence->file,
      .line = evidence->line,
      .registrar = evidence->registrar,
  };
  struct fact_entry *known = g_hash_table_lookup(entries->found, &fresh->id);
  if (known != NULL && !is_better(fresh, known)) {
    g_free(fresh);
    return;
  }
  g_hash_table_replace(entries->found, &fresh->id, fresh);
}

/* ---- calls ---- */

/* The routines that an argument brings: itself, or what stands in a field of what it points to. */
static struct id_set handlers_of(struct flow *flow, const struct entry_rule *rule, uint32_t unit,
                                 const struct unit_argument *argument)
{
  struct id_set handlers = {0};
  if (rule->handler_field != NULL) {
    struct model model = {.field = rule->handler_field};
    struct flow_callback callback = {unit, UNIT_NONE, &model, flow_node(flow, unit, argument->node),
                                     LINK_NONE};
    return callback.node != LINK_NONE ? flow_callback_routines(flow, &callback) : handlers;
  }
  if (argument->kind == UNIT_ARGUMENT_ROUTINE) {
    id_set_add(&handlers,
               linkage_resolve_routine(flow->linkage, flow->program, unit, argument->index));
    return handlers;
  }
  return flow_routines(flow, flow_node(flow, unit, argument->node));
}

/* The key that a call names, with its method in front; NULL when the rule asks for one that is not
 * there. A new string. */
static char *key_of_call(const struct entry_rule *rule, const struct unit *unit,
                         const struct unit_call *call)
{
  g_autofree char *key = NULL;
  const struct unit_argument *argument = conditions_argument(unit, call, rule->key_argument);
  if (argument != NULL)
    key = conditions_text(unit, argument);
  if (rule->fixed_key != NULL)
    key = g_strdup(rule->fixed_key);
  if (rule->key != NULL && !pattern_matches(rule->key, key))
    return NULL;
  const struct unit_argument *method = conditions_argument(unit, call, rule->method_argument);
  g_autofree char *verb = method != NULL ? conditions_text(unit, method) : NULL;
  if (rule->method_argument != RULE_NO_ARGUMENT && verb == NULL)
    return NULL;
  if (verb != NULL && key != NULL)
    return g_strconcat(verb, " ", key, NULL);
  return key != NULL ? g_steal_pointer(&key) : g_strdup("");
}

static void judge_call(struct entries *entries, struct flow *flow, const struct entry_rule *rule,
                       uint32_t unit, uint32_t row)
{
  struct linkage *linkage = entries->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_call *call = &from->calls[row];
  uint32_t caller = findings_routine(linkage, unit, call->caller);
  if (caller == LINK_NONE || (rule->is_in_loop && call->loop == UNIT_NONE) ||
      !conditions_hold(rule->conditions, from, call))
    return;
  g_autofree char *key = key_of_call(rule, from, call);
  if (key == NULL)
    return;
  struct evidence evidence = {
      .rule = rule,
      .key = key,
      .file = findings_file(from, call->file),
      .line = call->line,
      .registrar = linkage_routine(linkage, caller)->name,
  };
  if (rule->handler_argument == RULE_THREAD) {
    struct waiting waiting = {caller,        rule,          linkage_string(linkage, key),
                              evidence.file, evidence.line, evidence.registrar};
    g_array_append_val(entries->waiting, waiting);
    return;
  }
  if (rule->handler_argument == RULE_CALLER) {
    add_entry(entries, caller, &evidence);
    return;
  }
  const struct unit_argument *argument = conditions_argument(from, call, rule->handler_argument);
  if (argument == NULL)
    return;
  struct id_set handlers = handlers_of(flow, rule, unit, argument);
  for (uint32_t i = 0; i < handlers.n && handlers.n <= HANDLER_LIMIT; i++)
    add_entry(entries, handlers.ids[i], &evidence);
  id_set_clear(&handlers);
}

/* The rules for calls of a routine, by its name as units spell it; NULL when there are none. Every
 * unit names the routines of its headers, so that most names come again and again. */
static const GPtrArray *rules_of(struct entries *entries, const char *name)
{
  gpointer known = NULL;
  if (g_hash_table_lookup_extended(entries->rules_of, name, NULL, &known))
    return known;
  const GPtrArray *rules = entries->findings->rules->entries;
  g_autofree char *plain = effects_plain_name(name);
  GPtrArray *matching = NULL;
  for (guint i = 0; i < rules->len; i++) {
    struct entry_rule *rule = g_ptr_array_index(rules, i);
    if (rule->kind != ENTRY_RULE_CALL || !pattern_matches(rule->call, plain))
      continue;
    if (matching == NULL)
      matching = g_ptr_array_new();
    g_ptr_array_add(matching, rule);
  }
  g_hash_table_insert(entries->rules_of, (gpointer)name, matching);
  return matching;
}

static void judge_calls(struct entries *entries, struct flow *flow, uint32_t unit)
{
  const struct unit *from = linkage_unit(entries->findings->linkage, unit);
  for (uint32_t r = 0; r < from->n_routines; r++) {
    const GPtrArray *rules = rules_of(entries, unit_string(from, from->routines[r].name));
    for (guint i = 0; rules != NULL && i < rules->len; i++) {
      const struct entry_rule *rule = g_ptr_array_index(rules, i);
      for (uint32_t c = 0; c < from->n_calls; c++) {
        if (from->calls[c].callee == r && flow_looks_at(flow, unit, from->calls[c].caller))
          judge_call(entries, flow, rule, unit, c);
      }
    }
  }
}

/* ---- tables ---- */

/* The leaves of one row of an initialised table. */
struct table_row {
  uint32_t unit;
  const struct unit *from;
  uint32_t first;
  uint32_t end;
};

static bool leaf_is(const struct table_row *row, uint32_t leaf, const struct pattern *field)
{
  if (field == NULL)
    return true;
  g_autofree char *path = linkage_path_text(row->from, row->from->initialisers[leaf].path);
  const char *last = strrchr(path, '.');
  return pattern_matches(field, last != NULL ? last + 1 : path);
}

static char *leaf_text(const struct table_row *row, uint32_t leaf)
{
  const struct unit_initialiser *initialiser = &row->from->initialisers[leaf];
  if (initialiser->kind == UNIT_ARGUMENT_STRING)
    return g_strdup(unit_string(row->from, initialiser->text));
  if (initialiser->kind != UNIT_ARGUMENT_INTEGER)
    return NULL;
  if (initialiser->text != 0)
    return g_strdup(unit_string(row->from, initialiser->text));
  return g_strdup_printf("%" G_GINT64_FORMAT, initialiser->integer);
}

/* A period with the unit that its field's name ends in; a period of 0 means something else. A new
 * string, or NULL. */
static char *period_text(const struct table_row *row, uint32_t leaf)
{
  static const struct {
    const char *ending;
    const char *unit;
  } units[] = {{"ms", "ms"},  {"msec", "ms"},   {"seconds", "s"}, {"secs", "s"}, {"_s", "s"},
               {"_sec", "s"}, {"minutes", "m"}, {"_min", "m"},    {"hours", "h"}};
  int64_t number = row->from->initialisers[leaf].integer;
  if (number == 0)
    return NULL;
  g_autofree char *path = linkage_path_text(row->from, row->from->initialisers[leaf].path);
  for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
    if (g_str_has_suffix(path, units[i].ending))
      return g_strdup_printf("%" G_GINT64_FORMAT "%s", number, units[i].unit);
  }
  return g_strdup_printf("%" G_GINT64_FORMAT, number);
}

/* The first text of a row, for rows whose period says nothing. */
static char *name_of_row(const struct table_row *row)
{
  for (uint32_t i = row->first; i < row->end; i++) {
    if (row->from->initialisers[i].kind == UNIT_ARGUMENT_STRING)
      return g_strdup(unit_string(row->from, row->from->initialisers[i].text));
  }
  return NULL;
}

/* The first leaf that is a key: a text, or a number when the rule names the field. */
static char *key_of_row(const struct table_row *row, const struct entry_rule *rule)
{
  for (uint32_t i = row->first; i < row->end; i++) {
    bool is_text = row->from->initialisers[i].kind == UNIT_ARGUMENT_STRING;
    if (!is_text && rule->key_field == NULL)
      continue;
    if (!leaf_is(row, i, rule->key_field))
      continue;
    bool is_period = row->from->initialisers[i].kind == UNIT_ARGUMENT_INTEGER &&
                     row->from->initialisers[i].text == 0;
    g_autofree char *key = is_period ? period_text(row, i) : leaf_text(row, i);
    if (key == NULL && is_period)
      key = name_of_row(row);
    if (key == NULL || *key == '\0' || (rule->key != NULL && !pattern_matches(rule->key, key)))
      continue;
    for (uint32_t m = row->first; rule->method_field != NULL && m < row->end; m++) {
      g_autofree char *method = leaf_is(row, m, rule->method_field) ? leaf_text(row, m) : NULL;
      if (method != NULL)
        return g_strconcat(method, " ", key, NULL);
    }
    return g_steal_pointer(&key);
  }
  return NULL;
}

static uint32_t handler_of_row(const struct table_row *row, const struct entry_rule *rule)
{
  for (uint32_t i = row->first; i < row->end; i++) {
    const struct unit_initialiser *leaf = &row->from->initialisers[i];
    if (leaf->kind == UNIT_ARGUMENT_ROUTINE && leaf_is(row, i, rule->handler_field) &&
        pattern_matches(rule->routine,
                        unit_string(row->from, row->from->routines[leaf->target].name)))
      return i;
  }
  return LINK_NONE;
}

static bool table_fits(const struct linkage *linkage, const struct entry_rule *rule, uint32_t unit,
                       uint32_t object)
{
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_object *row = &from->objects[object];
  if (!pattern_matches(rule->object, unit_string(from, row->name)) ||
      !pattern_matches(rule->file, findings_file(from, row->file)))
    return false;
  return rule->record == NULL ||
         (row->record != UNIT_NONE &&
          pattern_matches(rule->record, unit_string(from, from->types[row->record].name)));
}

struct table_count {
  int n_handlers; /* rows that hold a routine where the rule looks for one */
  int n_fitting;  /* of them, those with a key that the rule wants */
};

/* Rows of a table stand together: [first, end) are the leaves of one object. Adds entries where
 * `count` is NULL, else only counts. */
static void judge_table(struct entries *entries, struct flow *flow, const struct entry_rule *rule,
                        uint32_t unit, uint32_t first, uint32_t end, struct table_count *count)
{
  struct linkage *linkage = entries->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  for (uint32_t start = first; start < end;) {
    uint32_t stop = start;
    while (stop < end && from->initialisers[stop].index == from->initialisers[start].index)
      stop++;
    struct table_row row = {unit, from, start, stop};
    start = stop;
    uint32_t leaf = handler_of_row(&row, rule);
    g_autofree char *key = leaf != LINK_NONE ? key_of_row(&row, rule) : NULL;
    if (count != NULL) {
      count->n_handlers += leaf != LINK_NONE;
      count->n_fitting += key != NULL;
    }
    if (key == NULL || count != NULL)
      continue;
    const struct unit_initialiser *initialiser = &from->initialisers[leaf];
    struct evidence evidence = {
        .rule = rule,
        .key = key,
        .file = findings_file(from, initialiser->file),
        .line = initialiser->line,
        .registrar = unit_string(from, from->objects[initialiser->object].name),
    };
    add_entry(entries, linkage_resolve_routine(linkage, flow->program, unit, initialiser->target),
              &evidence);
  }
}

/* A table means one thing: the most confident rule that fits claims it. One path among a hundred
 * settings makes no routes of them: at least half of the rows with a routine have to fit. */
static void judge_tables(struct entries *entries, struct flow *flow, uint32_t unit)
{
  const struct unit *from = linkage_unit(entries->findings->linkage, unit);
  const GPtrArray *rules = entries->findings->rules->entries;
  for (uint32_t first = 0; first < from->n_initialisers;) {
    uint32_t object = from->initialisers[first].object;
    uint32_t end = first;
    bool has_routine = false;
    while (end < from->n_initialisers && from->initialisers[end].object == object)
      has_routine |= from->initialisers[end++].kind == UNIT_ARGUMENT_ROUTINE;
    const struct entry_rule *best = NULL;
    for (guint i = 0; i < rules->len && has_routine; i++) {
      const struct entry_rule *rule = g_ptr_array_index(rules, i);
      if (rule->kind != ENTRY_RULE_TABLE ||
          (best != NULL && best->confidence >= rule->confidence) ||
          !table_fits(entries->findings->linkage, rule, unit, object))
        continue;
      struct table_count count = {0};
      judge_table(entries, flow, rule, unit, first, end, &count);
      if (count.n_fitting >= rule->minimum && 2 * count.n_fitting >= count.n_handlers)
        best = rule;
    }
    if (best != NULL)
      judge_table(entries, flow, best, unit, first, end, NULL);
    first = end;
  }
}

/* ---- chains ---- */

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
static void count_callers(struct entries *entries)
{
  const GArray *calls = entries->findings->found_calls;
  if (entries->n_callers->len < entries->findings->linkage->routines->len)
    g_array_set_size(entries->n_callers, entries->findings->linkage->routines->len);
  for (; entries->n_counted < calls->len; entries->n_counted++) {
    const struct found_call *call = &g_array_index(calls, struct found_call, entries->n_counted);
    gint64 pair = (gint64)call->caller << 32 | call->callee;
    if (g_hash_table_add(entries->pairs, g_memdup2(&pair, sizeof pair)))
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
  if (!is_dispatch(&chain, rule))
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
    add_entry(entries, handler, &evidence);
  }
}

static void judge_chains(struct entries *entries, struct flow *flow, uint32_t unit)
{
  const struct unit *from = linkage_unit(entries->findings->linkage, unit);
  const GPtrArray *rules = entries->findings->rules->entries;
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  for (uint32_t a = 0; a < from->n_arms; a++) {
    const struct unit_arm *arm = &from->arms[a];
    gint64 key = (gint64)arm->routine << 32 | arm->group;
    if (!g_hash_table_add(seen, g_memdup2(&key, sizeof key)) ||
        !linkage_stands_for(entries->findings->linkage, unit, arm->routine))
      continue;
    for (guint i = 0; i < rules->len; i++) {
      const struct entry_rule *rule = g_ptr_array_index(rules, i);
      if ((rule->kind == ENTRY_RULE_COMPARE || rule->kind == ENTRY_RULE_SWITCH) &&
          pattern_matches(rule->routine, unit_string(from, from->routines[arm->routine].name)))
        judge_chain(entries, flow, rule, unit, a);
    }
  }
}

/* ---- names ---- */

static void judge_names(struct entries *entries, struct flow *flow, uint32_t unit)
{
  struct linkage *linkage = entries->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  const GPtrArray *rules = entries->findings->rules->entries;
  for (uint32_t r = 0; r < from->n_routines; r++) {
    const struct unit_routine *routine = &from->routines[r];
    if ((routine->flags & UNIT_ROUTINE_DEFINED) == 0)
      continue;
    for (guint i = 0; i < rules->len; i++) {
      const struct entry_rule *rule = g_ptr_array_index(rules, i);
      if (rule->kind != ENTRY_RULE_ROUTINE ||
          !pattern_matches(rule->routine, unit_string(from, routine->name)) ||
          !pattern_matches(rule->signature, unit_string(from, routine->signature)) ||
          !pattern_matches(rule->file, findings_file(from, routine->file)))
        continue;
      bool is_main = strcmp(rule->trigger, "main") == 0;
      struct evidence evidence = {
          .rule = rule,
          .key = rule->fixed_key != NULL ? rule->fixed_key
                 : is_main               ? flow->program->name
                                         : "",
          .file = findings_file(from, routine->file),
          .line = routine->line,
          .registrar = "",
      };
      add_entry(entries, linkage->units[unit].routines[r], &evidence);
    }
  }
}

void entries_find_registered(struct entries *entries, struct flow *flow)
{
  for (guint i = 0; i < flow->program->units->len; i++)
    judge_calls(entries, flow, g_array_index(flow->program->units, uint32_t, i));
}

void entries_find(struct entries *entries, struct flow *flow)
{
  count_callers(entries);
  for (guint i = 0; i < flow->program->units->len; i++) {
    uint32_t unit = g_array_index(flow->program->units, uint32_t, i);
    judge_tables(entries, flow, unit);
    judge_chains(entries, flow, unit);
    judge_names(entries, flow, unit);
  }
}

/* ---- threads ---- */

/* Who calls whom, callbacks apart. */
struct callees {
  uint32_t *first; /* by link routine, and one behind the last */
  uint32_t *routines;
};

static struct callees callees_of_all(const struct findings *findings)
{
  const GArray *calls = findings->found_calls;
  guint n = findings->linkage->routines->len;
  struct callees callees = {g_new0(uint32_t, n + 2), g_new(uint32_t, MAX(calls->len, 1))};
  for (guint i = 0; i < calls->len; i++) {
    const struct found_call *call = &g_array_index(calls, struct found_call, i);
    callees.first[call->caller + 2] += call->kind != CALL_CALLBACK;
  }
  for (guint i = 2; i < n + 2; i++)
    callees.first[i] += callees.first[i - 1];
  for (guint i = 0; i < calls->len; i++) {
    const struct found_call *call = &g_array_index(calls, struct found_call, i);
    if (call->kind != CALL_CALLBACK)
      callees.routines[callees.first[call->caller + 1]++] = call->callee;
  }
  return callees;
}

static void callees_clear(struct callees *callees)
{
  g_free(callees->first);
  g_free(callees->routines);
}

/* Marks what a routine reaches. */
static void reach(const struct callees *callees, uint32_t routine, bool *is_reached)
{
  g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  is_reached[routine] = true;
  g_array_append_val(waiting, routine);
  while (waiting->len != 0) {
    uint32_t caller = g_array_index(waiting, uint32_t, waiting->len - 1);
    g_array_set_size(waiting, waiting->len - 1);
    for (uint32_t i = callees->first[caller]; i < callees->first[caller + 1]; i++) {
      uint32_t callee = callees->routines[i];
      if (is_reached[callee])
        continue;
      is_reached[callee] = true;
      g_array_append_val(waiting, callee);
    }
  }
}

/* Link routines by id. Release with g_hash_table_unref(). */
static GHashTable *routines_by_id(struct linkage *linkage)
{
  GHashTable *routines = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint i = 0; i < linkage->routines->len; i++)
    g_hash_table_insert(routines, &linkage_routine(linkage, i)->id, GUINT_TO_POINTER(i + 1));
  return routines;
}

static uint32_t routine_by_id(GHashTable *routines, const int64_t *id)
{
  return GPOINTER_TO_UINT(g_hash_table_lookup(routines, id)) - 1;
}

/* Whether a thread only hands its work to routines that are entries themselves. */
static bool hands_over(const struct entries *entries, GHashTable *routines, const bool *is_reached,
                       const char *trigger)
{
  GHashTableIter iterator;
  gpointer value;
  g_hash_table_iter_init(&iterator, entries->found);
  while (g_hash_table_iter_next(&iterator, NULL, &value)) {
    const struct fact_entry *entry = value;
    uint32_t routine = routine_by_id(routines, &entry->routine);
    if (strcmp(entry->trigger, trigger) == 0 && routine != LINK_NONE && is_reached[routine])
      return true;
  }
  return false;
}

/* A loop that waits makes the thread that runs it a consumer, unless a table says who consumes.
 * Who waits on the way of a request consumes nothing. */
static void add_threads(struct entries *entries)
{
  struct linkage *linkage = entries->findings->linkage;
  if (entries->waiting->len == 0)
    return;
  g_autoptr(GPtrArray) threads = g_ptr_array_new();
  g_autoptr(GHashTable) routines = routines_by_id(linkage);
  GHashTableIter iterator;
  gpointer value;
  g_hash_table_iter_init(&iterator, entries->found);
  while (g_hash_table_iter_next(&iterator, NULL, &value)) {
    const struct fact_entry *entry = value;
    if (strcmp(entry->trigger, "direct") == 0 || strcmp(entry->trigger, "main") == 0)
      g_ptr_array_add(threads, value);
  }
  struct callees callees = callees_of_all(entries->findings);
  for (guint t = 0; t < threads->len; t++) {
    const struct fact_entry *thread = g_ptr_array_index(threads, t);
    uint32_t body = routine_by_id(routines, &thread->routine);
    g_autofree bool *is_reached = g_new0(bool, linkage->routines->len);
    if (body == LINK_NONE || strcmp(thread->trigger, "main") == 0)
      continue;
    reach(&callees, body, is_reached);
    for (guint w = 0; w < entries->waiting->len; w++) {
      const struct waiting *waiting = &g_array_index(entries->waiting, struct waiting, w);
      if (!is_reached[waiting->routine] ||
          hands_over(entries, routines, is_reached, waiting->rule->trigger))
        continue;
      struct evidence evidence = {waiting->rule, waiting->key, waiting->file, waiting->line,
                                  waiting->registrar};
      add_entry(entries, body, &evidence);
    }
  }
  callees_clear(&callees);
}

void entries_finish(struct entries *entries)
{
  add_threads(entries);
  GHashTableIter iterator;
  gpointer entry;
  g_hash_table_iter_init(&iterator, entries->found);
  while (g_hash_table_iter_next(&iterator, NULL, &entry))
    rows_add(entries->findings->entries, entry);
}
