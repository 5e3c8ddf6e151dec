#include "analyzer/spans.h"

#include "analyzer/conditions.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 4

/* A call that opens or closes something. */
struct event {
  guint found; /* number of the found call */
  uint32_t routine;
  uint32_t line;
  uint32_t column;
  const char *kind;
  const char *subject; /* what is locked; "" for a transaction */
  int64_t state;
  const char *file;
  bool is_end;
};

/* What a routine leaves open, or closes without having opened it. */
struct summary {
  const struct event *opens;
  const struct event *closes;
};

struct search {
  struct findings *findings;
  struct state *state;
  GArray *single;            /* struct event: what calls do by themselves */
  GArray *events;            /* struct event: these, and what callees leave open or close */
  struct summary *summaries; /* by link routine */
  guint8 *roles;             /* by link routine and rule: see roles_of() */
  GHashTable *texts;         /* field -> texts that initialise it */
  GStringChunk *strings;
};

/* ---- single calls ---- */

static const char *subject_of(struct search *search, const struct unit *unit, uint32_t unit_index,
                              const struct unit_argument *argument, int64_t *state)
{
  *state = 0;
  if (argument == NULL)
    return "";
  g_autofree char *path = linkage_path_text(unit, argument->path);
  const char *base = "";
  bool is_named = argument->kind == UNIT_ARGUMENT_ADDRESS || argument->kind == UNIT_ARGUMENT_OBJECT;
  bool has_base = is_named || argument->kind == UNIT_ARGUMENT_FIELD ||
                  argument->kind == UNIT_ARGUMENT_FIELD_ADDRESS ||
                  argument->kind == UNIT_ARGUMENT_PARAM;
  if (has_base && argument->index != UNIT_NONE) {
    base = unit_string(unit, unit->objects[argument->index].name);
    bool is_static = unit->objects[argument->index].kind <= UNIT_OBJECT_STATIC_LOCAL;
    uint32_t object = search->findings->linkage->units[unit_index].objects[argument->index];
    if (is_named && is_static && object != LINK_NONE)
      *state = state_id_of(search->state, object, path);
  }
  g_autofree char *whole = g_strconcat(base, ".", path, NULL);
  return g_string_chunk_insert_const(search->strings, whole);
}

static gint64 field_key(const struct linkage *linkage, uint32_t unit, uint32_t path)
{
  const struct link_unit *here = &linkage->units[unit];
  while (path != 0 && here->unit->paths[path].field == UNIT_NONE)
    path = here->unit->paths[path].parent;
  if (path == 0)
    return -1;
  const struct unit_field *field = &here->unit->fields[here->unit->paths[path].field];
  return (gint64)here->types[field->type_id] << 32 | field->bit_offset;
}

/* Statements that tables hold for every driver: the texts that initialise a field. */
static void collect_texts(struct search *search)
{
  const struct linkage *linkage = search->findings->linkage;
  for (uint32_t u = 0; u < linkage->n_units; u++) {
    const struct unit *unit = linkage_unit(linkage, u);
    for (uint32_t i = 0; i < unit->n_initialisers; i++) {
      const struct unit_initialiser *leaf = &unit->initialisers[i];
      gint64 key = leaf->kind == UNIT_ARGUMENT_STRING ? field_key(linkage, u, leaf->path) : -1;
      if (key < 0)
        continue;
      GPtrArray *texts = g_hash_table_lookup(search->texts, &key);
      if (texts == NULL) {
        texts = g_ptr_array_new();
        g_hash_table_insert(search->texts, g_memdup2(&key, sizeof key), texts);
      }
      g_ptr_array_add(texts, (gpointer)unit_string(unit, leaf->text));
    }
  }
}

static bool argument_matches(struct search *search, const struct pattern *text, uint32_t unit,
                             const struct unit_argument *argument)
{
  const struct unit *from = linkage_unit(search->findings->linkage, unit);
  if (argument->kind == UNIT_ARGUMENT_STRING || argument->kind == UNIT_ARGUMENT_LIST)
    return pattern_matches(text, unit_string(from, argument->text));
  if (argument->kind != UNIT_ARGUMENT_FIELD && argument->kind != UNIT_ARGUMENT_OBJECT)
    return false;
  gint64 key = field_key(search->findings->linkage, unit, argument->path);
  const GPtrArray *texts = g_hash_table_lookup(search->texts, &key);
  for (guint i = 0; texts != NULL && i < texts->len; i++) {
    if (pattern_matches(text, g_ptr_array_index(texts, i)))
      return true;
  }
  return false;
}

static bool text_matches(struct search *search, const struct pattern *text, uint32_t unit,
                         const struct unit_call *call)
{
  if (text == NULL)
    return true;
  const struct unit *from = linkage_unit(search->findings->linkage, unit);
  for (uint32_t i = 0; i < call->n_arguments; i++) {
    if (argument_matches(search, text, unit, &from->arguments[call->first_argument + i]))
      return true;
  }
  return false;
}

static void add_event(struct search *search, guint number, const struct span_rule *rule,
                      bool is_end)
{
  const struct found_call *found =
      &g_array_index(search->findings->found_calls, struct found_call, number);
  const struct unit *unit = linkage_unit(search->findings->linkage, found->unit);
  const struct unit_call *call = &unit->calls[found->call];
  struct event event = {
      .found = number,
      .routine = found->caller,
      .line = call->line,
      .column = call->column,
      .kind = rule->kind,
      .file = findings_file(unit, call->file),
      .is_end = is_end,
  };
  int position = is_end ? rule->end_argument : rule->begin_argument;
  event.subject = subject_of(search, unit, found->unit, conditions_argument(unit, call, position),
                             &event.state);
  g_array_append_val(search->single, event);
}

enum { ROLE_KNOWN = 1, ROLE_BEGINS = 2, ROLE_ENDS = 4 };

/* What the name of a routine says to each rule. The same routines are called again and again. */
static const guint8 *roles_of(struct search *search, uint32_t callee)
{
  const GPtrArray *rules = search->findings->rules->spans;
  guint8 *roles = &search->roles[(gsize)callee * rules->len];
  if (rules->len == 0 || roles[0] != 0)
    return roles;
  const char *name = linkage_routine(search->findings->linkage, callee)->name;
  for (guint i = 0; i < rules->len; i++) {
    const struct span_rule *rule = g_ptr_array_index(rules, i);
    roles[i] = (guint8)(ROLE_KNOWN | (pattern_matches_once(rule->begin, name) ? ROLE_BEGINS : 0) |
                        (pattern_matches_once(rule->end, name) ? ROLE_ENDS : 0));
  }
  return roles;
}

static void judge_call(struct search *search, guint number)
{
  const struct found_call *found =
      &g_array_index(search->findings->found_calls, struct found_call, number);
  const struct unit *unit = linkage_unit(search->findings->linkage, found->unit);
  const struct unit_call *call = &unit->calls[found->call];
  const guint8 *roles = roles_of(search, found->callee);
  const GPtrArray *rules = search->findings->rules->spans;
  for (guint i = 0; i < rules->len; i++) {
    const struct span_rule *rule = g_ptr_array_index(rules, i);
    if ((roles[i] & ROLE_BEGINS) != 0 && text_matches(search, rule->begin_text, found->unit, call))
      add_event(search, number, rule, false);
    else if ((roles[i] & ROLE_ENDS) != 0 && text_matches(search, rule->end_text, found->unit, call))
      add_event(search, number, rule, true);
  }
}

/* A call of a routine that leaves something open opens it, and so on. */
static void judge_wrapper(struct search *search, const struct found_call *found)
{
  const struct summary *summary = &search->summaries[found->callee];
  const struct unit *unit = linkage_unit(search->findings->linkage, found->unit);
  const struct unit_call *call = &unit->calls[found->call];
  const struct event *events[] = {summary->opens, summary->closes};
  for (size_t i = 0; i < G_N_ELEMENTS(events); i++) {
    if (events[i] == NULL)
      continue;
    struct event event = *events[i];
    event.routine = found->caller;
    event.line = call->line;
    event.column = call->column;
    event.file = findings_file(unit, call->file);
    event.is_end = i == 1;
    g_array_append_val(search->events, event);
  }
}

/* ---- pairs ---- */

static gint compare_events(gconstpointer left, gconstpointer right)
{
  const struct event *a = left, *b = right;
  if (a->routine != b->routine)
    return a->routine < b->routine ? -1 : 1;
  int order = strcmp(a->kind, b->kind);
  if (order == 0)
    order = strcmp(a->subject, b->subject);
  if (order != 0)
    return order;
  if (a->line != b->line)
    return a->line < b->line ? -1 : 1;
  if (a->column != b->column)
    return a->column < b->column ? -1 : 1;
  return a->is_end - b->is_end;
}

/* The same call is found once for every program that it is in. */
static void drop_repeats(GArray *events)
{
  guint kept = 0;
  for (guint i = 0; i < events->len; i++) {
    struct event *event = &g_array_index(events, struct event, i);
    if (kept != 0 && compare_events(&g_array_index(events, struct event, kept - 1), event) == 0)
      continue;
    g_array_index(events, struct event, kept++) = *event;
  }
  g_array_set_size(events, kept);
}

static void add_row(struct search *search, const struct event *begin, uint32_t end_line)
{
  struct fact_span row = {
      .routine = linkage_routine(search->findings->linkage, begin->routine)->id,
      .kind = begin->kind,
      .state = begin->state,
      .file = begin->file,
      .line = begin->line,
      .end_line = end_line,
  };
  rows_add(search->findings->spans, &row);
}

/* Pairs the events of one routine and one subject. A begin ends at the last end before the next
 * begin: a routine leaves a lock on each of its ways out. */
static void pair_events(struct search *search, guint first, guint end, bool is_last,
                        struct summary *summaries)
{
  const struct event *open = NULL;
  uint32_t end_line = 0;
  for (guint i = first; i <= end; i++) {
    const struct event *event = i < end ? &g_array_index(search->events, struct event, i) : NULL;
    if (event != NULL && event->is_end) {
      if (open != NULL)
        end_line = event->line;
      else
        summaries[event->routine].closes = event;
      continue;
    }
    if (open != NULL && is_last)
      add_row(search, open, end_line);
    if (open != NULL && end_line == 0)
      summaries[open->routine].opens = open;
    open = event;
    end_line = 0;
  }
}

static void pair_all(struct search *search, bool is_last, struct summary *summaries)
{
  g_array_sort(search->events, compare_events);
  drop_repeats(search->events);
  for (guint first = 0; first < search->events->len;) {
    const struct event *head = &g_array_index(search->events, struct event, first);
    guint end = first + 1;
    while (end < search->events->len) {
      const struct event *next = &g_array_index(search->events, struct event, end);
      if (next->routine != head->routine || strcmp(next->kind, head->kind) != 0 ||
          strcmp(next->subject, head->subject) != 0)
        break;
      end++;
    }
    pair_events(search, first, end, is_last, summaries);
    first = end;
  }
}

static void collect_single(struct search *search)
{
  const GArray *calls = search->findings->found_calls;
  for (guint i = 0; i < calls->len; i++) {
    if (g_array_index(calls, struct found_call, i).kind == CALL_DIRECT)
      judge_call(search, i);
  }
}

/* In the order of the calls. */
static void collect(struct search *search)
{
  const GArray *calls = search->findings->found_calls;
  guint at = 0;
  for (guint i = 0; i < calls->len; i++) {
    const struct found_call *found = &g_array_index(calls, struct found_call, i);
    if (found->kind != CALL_DIRECT)
      continue;
    for (; at < search->single->len; at++) {
      const struct event *event = &g_array_index(search->single, struct event, at);
      if (event->found != i)
        break;
      g_array_append_val(search->events, *event);
    }
    if (search->summaries != NULL)
      judge_wrapper(search, found);
  }
}

void spans_find(struct findings *findings, struct state *state)
{
  struct search search = {
      .findings = findings,
      .state = state,
      .texts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                     (GDestroyNotify)g_ptr_array_unref),
      .strings = g_string_chunk_new(4096),
      .single = g_array_new(FALSE, FALSE, sizeof(struct event)),
  };
  guint n = MAX(findings->linkage->routines->len, 1);
  search.roles = g_new0(guint8, (gsize)n * findings->rules->spans->len);
  collect_texts(&search);
  collect_single(&search);
  GPtrArray *generations = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
  for (int round = 0; round < ROUNDS; round++) {
    /* Summaries point into the events that they were made of. */
    search.events = g_array_new(FALSE, FALSE, sizeof(struct event));
    g_ptr_array_add(generations, search.events);
    collect(&search);
    struct summary *fresh = g_new0(struct summary, n);
    pair_all(&search, round == ROUNDS - 1, fresh);
    g_free(search.summaries);
    search.summaries = fresh;
  }
  g_free(search.summaries);
  g_free(search.roles);
  g_array_unref(search.single);
  g_ptr_array_unref(generations);
  g_hash_table_unref(search.texts);
  g_string_chunk_free(search.strings);
}
