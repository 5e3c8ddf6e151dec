#include "analyzer/entries_parts.h"

#include "analyzer/conditions.h"
#include "analyzer/effects.h"
#include "store/identity.h"

#include <string.h>

#define KEY_LIMIT 200
#define HANDLER_LIMIT 32

/* A call that makes the thread or the program that it belongs to an entry, which is known at the
 * end: one that waits for work in a loop, say. */
struct waiting {
  uint32_t routine;
  const struct entry_rule *rule;
  const char *key;
  const char *file;
  uint32_t line;
  const char *registrar;
  bool is_placed; /* some thread or program is the entry */
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
  id_map_clear(&entries->pairs);
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

void entries_add(struct entries *entries, uint32_t routine, const struct evidence *evidence)
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
    struct model model = {.callback = rule->handler_argument, .field = rule->handler_field};
    struct flow_callback callback = {unit, argument->call, &model,
                                     flow_node(flow, unit, argument->node), LINK_NONE};
    return callback.node != LINK_NONE ? flow_callback_routines(flow, &callback) : handlers;
  }
  if (argument->kind == UNIT_ARGUMENT_ROUTINE) {
    id_set_add(&handlers,
               linkage_resolve_routine(flow->linkage, flow->program, unit, argument->index));
    return handlers;
  }
  return flow_routines(flow, flow_node(flow, unit, argument->node));
}

/* What an argument says. A number inside of a macro that makes the whole call has the macro's name
 * instead of one of its own: the number is told then. A new string, or NULL. */
static char *text_of(const struct unit *unit, const struct unit_call *call,
                     const struct unit_argument *argument)
{
  bool is_unnamed = argument->kind == UNIT_ARGUMENT_INTEGER && argument->text == call->macro;
  return is_unnamed ? g_strdup_printf("%" G_GINT64_FORMAT, argument->integer)
                    : conditions_text(unit, argument);
}

/* The key that a call names, with its method in front; NULL when the rule asks for one that is not
 * there. A new string. */
static char *key_of_call(const struct entry_rule *rule, const struct unit *unit,
                         const struct unit_call *call)
{
  g_autofree char *key = NULL;
  const struct unit_argument *argument = conditions_argument(unit, call, rule->key_argument);
  if (argument != NULL)
    key = text_of(unit, call, argument);
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

/* Whether a routine reads or writes a record of this name, or hands one over. */
static bool works_on(const struct unit *unit, uint32_t routine, const struct pattern *record)
{
  for (uint32_t t = 0; t < unit->n_types; t++) {
    if (!pattern_matches(record, unit_string(unit, unit->types[t].name)))
      continue;
    for (uint32_t a = 0; a < unit->n_accesses; a++) {
      if (unit->accesses[a].record == t && unit->accesses[a].routine == routine)
        return true;
    }
    for (uint32_t a = 0; a < unit->n_arguments; a++) {
      if (unit->arguments[a].record == t && unit->calls[unit->arguments[a].call].caller == routine)
        return true;
    }
  }
  return false;
}

static void judge_call(struct entries *entries, struct flow *flow, const struct entry_rule *rule,
                       uint32_t unit, uint32_t row)
{
  struct linkage *linkage = entries->findings->linkage;
  const struct unit *from = linkage_unit(linkage, unit);
  const struct unit_call *call = &from->calls[row];
  uint32_t caller = findings_routine(linkage, unit, call->caller);
  if (caller == LINK_NONE || (rule->is_in_loop && call->loop == UNIT_NONE) ||
      !conditions_hold(rule->conditions, from, call) ||
      (rule->record != NULL && !works_on(from, call->caller, rule->record)))
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
  if (rule->handler_argument == RULE_THREAD || rule->handler_argument == RULE_PROGRAM) {
    struct waiting waiting = {.routine = caller,
                              .rule = rule,
                              .key = linkage_string(linkage, key),
                              .file = evidence.file,
                              .line = evidence.line,
                              .registrar = evidence.registrar};
    g_array_append_val(entries->waiting, waiting);
    return;
  }
  if (rule->handler_argument == RULE_CALLER) {
    entries_add(entries, caller, &evidence);
    return;
  }
  const struct unit_argument *argument = conditions_argument(from, call, rule->handler_argument);
  if (argument == NULL)
    return;
  struct id_set handlers = handlers_of(flow, rule, unit, argument);
  for (uint32_t i = 0; i < handlers.n && handlers.n <= HANDLER_LIMIT; i++)
    entries_add(entries, handlers.ids[i], &evidence);
  id_set_clear(&handlers);
}

/* The rules for calls of a routine, by its name as units spell it; NULL when there are none. */
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
    if (rule->kind != ENTRY_RULE_CALL || !pattern_matches_once(rule->call, plain))
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
  g_autofree bool *is_called = g_new0(bool, MAX(from->n_routines, 1));
  for (uint32_t c = 0; c < from->n_calls; c++) {
    if (from->calls[c].callee != UNIT_NONE)
      is_called[from->calls[c].callee] = true;
  }
  for (uint32_t r = 0; r < from->n_routines; r++) {
    const GPtrArray *rules =
        is_called[r] ? rules_of(entries, unit_string(from, from->routines[r].name)) : NULL;
    for (guint i = 0; rules != NULL && i < rules->len; i++) {
      const struct entry_rule *rule = g_ptr_array_index(rules, i);
      for (uint32_t c = 0; c < from->n_calls; c++) {
        if (from->calls[c].callee == r && flow_looks_at(flow, unit, from->calls[c].caller))
          judge_call(entries, flow, rule, unit, c);
      }
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
      entries_add(entries, linkage->units[unit].routines[r], &evidence);
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
  entries_count_callers(entries);
  for (guint i = 0; i < flow->program->units->len; i++) {
    uint32_t unit = g_array_index(flow->program->units, uint32_t, i);
    entries_judge_tables(entries, flow, unit);
    entries_judge_chains(entries, flow, unit);
    judge_names(entries, flow, unit);
  }
}

/* ---- threads ---- */

/* Who calls whom in which program, without callbacks and calls whose types alone fit. */
struct callees {
  uint32_t *first; /* by link routine, and one behind the last */
  uint32_t *routines;
  uint32_t *programs;
};

static bool is_followed(const struct found_call *call)
{
  return call->kind != CALL_CALLBACK && strcmp(call->tier, "signature") != 0;
}

static struct callees callees_of_all(const struct findings *findings)
{
  const GArray *calls = findings->found_calls;
  guint n = findings->linkage->routines->len;
  struct callees callees = {g_new0(uint32_t, n + 2), g_new(uint32_t, MAX(calls->len, 1)),
                            g_new(uint32_t, MAX(calls->len, 1))};
  for (guint i = 0; i < calls->len; i++) {
    const struct found_call *call = &g_array_index(calls, struct found_call, i);
    callees.first[call->caller + 2] += is_followed(call);
  }
  for (guint i = 2; i < n + 2; i++)
    callees.first[i] += callees.first[i - 1];
  for (guint i = 0; i < calls->len; i++) {
    const struct found_call *call = &g_array_index(calls, struct found_call, i);
    if (!is_followed(call))
      continue;
    uint32_t at = callees.first[call->caller + 1]++;
    callees.routines[at] = call->callee;
    callees.programs[at] = call->program;
  }
  return callees;
}

static void callees_clear(struct callees *callees)
{
  g_free(callees->first);
  g_free(callees->routines);
  g_free(callees->programs);
}

/* Marks what a routine reaches in a program. */
static void reach(const struct callees *callees, uint32_t routine, uint32_t program,
                  bool *is_reached)
{
  g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  is_reached[routine] = true;
  g_array_append_val(waiting, routine);
  while (waiting->len != 0) {
    uint32_t caller = g_array_index(waiting, uint32_t, waiting->len - 1);
    g_array_set_size(waiting, waiting->len - 1);
    for (uint32_t i = callees->first[caller]; i < callees->first[caller + 1]; i++) {
      uint32_t callee = callees->routines[i];
      if (callees->programs[i] != program || is_reached[callee])
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

static bool is_called_back(const struct entries *entries, const struct fact_entry *entry)
{
  const GPtrArray *rules = entries->findings->rules->entries;
  for (guint i = 0; i < rules->len; i++) {
    const struct entry_rule *rule = g_ptr_array_index(rules, i);
    if (rule->id == entry->rule)
      return rule->is_called_back;
  }
  return false;
}

/* A routine that is an entry, whatever waits. */
struct named {
  uint32_t routine;
  const char *trigger;
};

/* Without what is called back: that is no thread, and who reaches it hands no work over to it. */
static GArray *named_of_all(const struct entries *entries)
{
  GArray *all = g_array_new(FALSE, FALSE, sizeof(struct named));
  g_autoptr(GHashTable) routines = routines_by_id(entries->findings->linkage);
  GHashTableIter iterator;
  gpointer value;
  g_hash_table_iter_init(&iterator, entries->found);
  while (g_hash_table_iter_next(&iterator, NULL, &value)) {
    const struct fact_entry *entry = value;
    gpointer routine = g_hash_table_lookup(routines, &entry->routine);
    struct named named = {GPOINTER_TO_UINT(routine) - 1, entry->trigger};
    if (routine != NULL && !is_called_back(entries, entry))
      g_array_append_val(all, named);
  }
  return all;
}

/* Whether a thread only hands its work to routines that are entries themselves. */
static bool hands_over(const GArray *all, const bool *is_reached, const char *trigger)
{
  for (guint i = 0; i < all->len; i++) {
    const struct named *named = &g_array_index(all, struct named, i);
    if (strcmp(named->trigger, trigger) == 0 && is_reached[named->routine])
      return true;
  }
  return false;
}

static void add_waiting(struct entries *entries, uint32_t routine, const struct waiting *waiting)
{
  struct evidence evidence = {waiting->rule, waiting->key, waiting->file, waiting->line,
                              waiting->registrar};
  entries_add(entries, routine, &evidence);
}

/* Makes the body of a thread a consumer of what it waits for in a program, and a main an entry. */
static void add_body(struct entries *entries, const GArray *all, const struct callees *callees,
                     const struct named *body, uint32_t program)
{
  bool is_main = strcmp(body->trigger, "main") == 0;
  g_autofree bool *is_reached = g_new0(bool, entries->findings->linkage->routines->len);
  reach(callees, body->routine, program, is_reached);
  for (guint w = 0; w < entries->waiting->len; w++) {
    struct waiting *waiting = &g_array_index(entries->waiting, struct waiting, w);
    if (!is_reached[waiting->routine] ||
        is_main != (waiting->rule->handler_argument == RULE_PROGRAM) ||
        (!is_main && hands_over(all, is_reached, waiting->rule->trigger)))
      continue;
    add_waiting(entries, body->routine, waiting);
    waiting->is_placed = true;
  }
}

static bool has_waiting(const struct entries *entries, int handler)
{
  for (guint w = 0; w < entries->waiting->len; w++) {
    if (g_array_index(entries->waiting, struct waiting, w).rule->handler_argument == handler)
      return true;
  }
  return false;
}

/* A loop that waits makes the thread that runs it a consumer, unless a table says who consumes: who
 * waits on the way of a request consumes nothing. What a program does makes its main an entry. */
static void place_waiting(struct entries *entries)
{
  bool has_threads = has_waiting(entries, RULE_THREAD);
  bool has_programs = has_waiting(entries, RULE_PROGRAM);
  if (!has_threads && !has_programs)
    return;
  g_autoptr(GArray) all = named_of_all(entries);
  struct callees callees = callees_of_all(entries->findings);
  for (guint t = 0; t < all->len; t++) {
    const struct named *body = &g_array_index(all, struct named, t);
    uint32_t first = callees.first[body->routine], end = callees.first[body->routine + 1];
    if (!(has_threads && strcmp(body->trigger, "direct") == 0) &&
        !(has_programs && strcmp(body->trigger, "main") == 0))
      continue;
    struct id_set programs = {0};
    for (uint32_t i = first; i < end; i++)
      id_set_add(&programs, callees.programs[i]);
    for (uint32_t i = 0; i < programs.n; i++)
      add_body(entries, all, &callees, body, programs.ids[i]);
    if (programs.n == 0)
      add_body(entries, all, &callees, body, LINK_NONE);
    id_set_clear(&programs);
  }
  callees_clear(&callees);
  for (guint w = 0; w < entries->waiting->len; w++) {
    const struct waiting *waiting = &g_array_index(entries->waiting, struct waiting, w);
    if (waiting->rule->handler_argument == RULE_PROGRAM && !waiting->is_placed)
      add_waiting(entries, waiting->routine, waiting);
  }
}

void entries_finish(struct entries *entries)
{
  place_waiting(entries);
  GHashTableIter iterator;
  gpointer entry;
  g_hash_table_iter_init(&iterator, entries->found);
  while (g_hash_table_iter_next(&iterator, NULL, &entry))
    rows_add(entries->findings->entries, entry);
}
