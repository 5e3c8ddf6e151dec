/* Records on the stack of main that outlive a turn of its loop, and those that each turn begins
 * anew.
 *
 * What a turn reads it must have written before, for sure: main by name, or a routine that main
 * calls and that writes behind its parameter, before anything else of the turn may read it. What
 * runs at a time that main does not choose (a thread, a signal handler, an event) has no place in
 * the turn: what it touches is never begun anew. */
#include "analyzer/call_index.h"
#include "analyzer/state_parts.h"

#include <stdlib.h>
#include <string.h>

/* A field that is written, and what comes when it has been. */
struct fill {
  const char *field;
  uint32_t end_call, end_moment; /* as in struct unit_moment */
};

/* What a routine does with one record: fields that it may read as they were before, and fields that
 * it writes. */
struct summary {
  GPtrArray *stale; /* const char * */
  GArray *filled;   /* struct fill */
  bool is_open;     /* not known yet */
};

/* Where something stands among the calls or the moments of a routine. */
struct position {
  bool is_call;
  uint32_t row;
};

struct state_turns {
  const struct state *state;
  const struct startup *startup;
  uint32_t n; /* routines */
  /* Of one program: */
  uint32_t program;
  guint first_call, end_call; /* found calls */
  struct call_index out, in;  /* these by caller and by callee */
  bool *is_foreign;           /* routines that may run when main does not say so */
  /* Of one record: */
  guint first_use, end_use;
  bool *touches; /* routines that get at it through pointers, themselves or by what they call */
  GHashTable *summaries; /* routine + 1 -> struct summary */
  uint32_t main_routine;
  uint32_t loop;  /* of main: its turns are looked at */
  uint32_t depth; /* of the routines that are looked at now */
};

static const struct found_call *call_at(const struct state_turns *turns, uint32_t index)
{
  return &g_array_index(turns->state->findings->found_calls, struct found_call, index);
}

static const struct unit_call *row_of(const struct state_turns *turns,
                                      const struct found_call *call)
{
  return &linkage_unit(turns->state->findings->linkage, call->unit)->calls[call->call];
}

static const struct state_use *use_at(const struct state_turns *turns, guint index)
{
  return &g_array_index(turns->state->uses, struct state_use, index);
}

/* ---- the calls ---- */

static bool is_root(const struct state_turns *turns, uint32_t routine)
{
  const struct link_routine *known = linkage_routine(turns->state->findings->linkage, routine);
  return known->is_defined && turns->in.first[routine] == turns->in.first[routine + 1] &&
         strcmp(known->name, "main") != 0;
}

static void find_foreign(struct state_turns *turns)
{
  g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  turns->is_foreign = g_new0(bool, MAX(turns->n, 1));
  for (uint32_t i = 0; i < turns->n; i++)
    if (is_root(turns, i))
      call_index_mark(stack, turns->is_foreign, i);
  for (guint i = turns->first_call; i < turns->end_call; i++) {
    const struct found_call *call = call_at(turns, i);
    if (call->kind == CALL_CALLBACK || call->is_later)
      call_index_mark(stack, turns->is_foreign, call->callee);
  }
  call_index_spread(&turns->out, stack, turns->is_foreign);
}

/* Routines from which something may get at the record through a pointer. */
static void find_touching(struct state_turns *turns)
{
  g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  memset(turns->touches, 0, turns->n * sizeof *turns->touches);
  for (guint i = turns->first_use; i < turns->end_use; i++)
    if (!use_at(turns, i)->is_named)
      call_index_mark(stack, turns->touches, use_at(turns, i)->routine);
  call_index_spread(&turns->in, stack, turns->touches);
}

/* ---- fields ---- */

static bool is_part(const char *field, const char *whole)
{
  if (*whole == '\0')
    return true;
  const char *rest = g_str_has_prefix(field, whole) ? field + strlen(whole) : NULL;
  return rest != NULL && (*rest == '\0' || *rest == '.');
}

static bool is_filled(const GArray *filled, const char *field, struct position at)
{
  for (guint i = 0; i < filled->len; i++) {
    const struct fill *fill = &g_array_index(filled, struct fill, i);
    if (at.row < (at.is_call ? fill->end_call : fill->end_moment) && is_part(field, fill->field))
      return true;
  }
  return false;
}

/* Each once: routines that many ways lead to would have theirs many times. */
static void add_stale(struct summary *summary, const char *field)
{
  for (guint i = 0; i < summary->stale->len; i++)
    if (strcmp(g_ptr_array_index(summary->stale, i), field) == 0)
      return;
  g_ptr_array_add(summary->stale, (gpointer)field);
}

static void add_fill(struct summary *summary, const struct fill *fill)
{
  for (guint i = 0; i < summary->filled->len; i++) {
    const struct fill *known = &g_array_index(summary->filled, struct fill, i);
    if (known->end_call >= fill->end_call && known->end_moment >= fill->end_moment &&
        is_part(fill->field, known->field))
      return;
  }
  g_array_append_vals(summary->filled, fill, 1);
}

static void read_field(struct summary *summary, const char *field, struct position at)
{
  if (!is_filled(summary->filled, field, at))
    add_stale(summary, field);
}

static void summary_free(gpointer data)
{
  struct summary *summary = data;
  g_ptr_array_unref(summary->stale);
  g_array_unref(summary->filled);
  g_free(summary);
}

static struct summary *summary_new(void)
{
  struct summary *summary = g_new0(struct summary, 1);
  summary->stale = g_ptr_array_new();
  summary->filled = g_array_new(FALSE, FALSE, sizeof(struct fill));
  summary->is_open = true;
  return summary;
}

/* ---- what happens in a body, one after the other ---- */

struct event {
  uint32_t n_calls;            /* that run before */
  const struct state_use *use; /* or NULL: a call */
  uint32_t call;               /* found call */
};

static gint compare_events(gconstpointer left, gconstpointer right)
{
  const struct event *a = left, *b = right;
  if (a->n_calls != b->n_calls)
    return a->n_calls < b->n_calls ? -1 : 1;
  if (a->use == NULL || b->use == NULL)
    return (a->use == NULL) - (b->use == NULL);
  return (a->use->access > b->use->access) - (a->use->access < b->use->access);
}

static bool is_in_loop(const struct unit *unit, uint32_t inner, uint32_t loop)
{
  while (inner != UNIT_NONE && inner != loop)
    inner = unit->loops[inner].parent;
  return inner == loop;
}

/* The loop in whose turns a routine is looked at: of all but main all that they do. */
static uint32_t loop_of(const struct state_turns *turns, uint32_t routine)
{
  return routine == turns->main_routine ? turns->loop : UNIT_NONE;
}

static bool is_looked_at(const struct state_turns *turns, uint32_t routine, uint32_t unit,
                         uint32_t loop)
{
  return routine != turns->main_routine ||
         is_in_loop(linkage_unit(turns->state->findings->linkage, unit), loop, turns->loop);
}

static bool is_line_of_loop(const struct unit_loop *loop, const struct unit_access *access)
{
  return access->file == loop->file && access->line >= loop->line && access->line <= loop->end_line;
}

static const struct unit_access *access_of(const struct state_turns *turns,
                                           const struct state_use *use)
{
  return &linkage_unit(turns->state->findings->linkage, use->unit)->accesses[use->access];
}

static bool is_read_in(const struct state_turns *turns, const struct state_use *use)
{
  const struct unit *unit = linkage_unit(turns->state->findings->linkage, use->unit);
  return use->routine != turns->main_routine ||
         is_line_of_loop(&unit->loops[turns->loop], access_of(turns, use));
}

static void add_uses(const struct state_turns *turns, uint32_t routine, uint32_t home,
                     GArray *events)
{
  for (guint i = turns->first_use; i < turns->end_use; i++) {
    const struct state_use *use = use_at(turns, i);
    if (use->routine != routine || use->unit != home || use->moment == NULL ||
        !is_looked_at(turns, routine, home, use->moment->loop))
      continue;
    struct event event = {.n_calls = use->moment->n_calls, .use = use};
    g_array_append_val(events, event);
  }
}

static void add_calls(const struct state_turns *turns, uint32_t routine, uint32_t home,
                      GArray *events)
{
  for (uint32_t i = turns->out.first[routine]; i < turns->out.first[routine + 1]; i++) {
    const struct found_call *call = call_index_at(&turns->out, i);
    if (!turns->touches[call->callee] ||
        !is_looked_at(turns, routine, call->unit, row_of(turns, call)->loop))
      continue;
    struct event event = {.n_calls = call->unit == home ? call->call : 0,
                          .call = turns->out.calls[i]};
    g_array_append_val(events, event);
  }
}

static uint32_t moment_row(const struct state_turns *turns, const struct state_use *use)
{
  const struct unit *unit = linkage_unit(turns->state->findings->linkage, use->unit);
  return (uint32_t)(use->moment - unit->moments);
}

/* Reads through pointers are known by their rows alone: what the same body writes behind a
 * parameter in rows above counts, what it calls does not. */
static void follow_pointed(const struct state_turns *turns, uint32_t routine, uint32_t home,
                           struct summary *summary)
{
  g_autoptr(GArray) above = g_array_new(FALSE, FALSE, sizeof(struct fill));
  for (guint i = turns->first_use; i < turns->end_use; i++) {
    const struct state_use *use = use_at(turns, i);
    if (use->routine != routine || use->is_named)
      continue;
    struct fill fill = {use->field, UNIT_NONE, UNIT_NONE};
    if (use->is_filling && use->unit == home && routine != turns->main_routine)
      g_array_append_val(above, fill);
    bool is_read = (use->modes & UNIT_READ) != 0 && is_read_in(turns, use);
    if (is_read && (use->unit != home || !is_filled(above, use->field, (struct position){0})))
      add_stale(summary, use->field);
  }
}

static const struct summary *summary_of(struct state_turns *turns, uint32_t routine);

/* Whether a call runs in each turn and leads nowhere else. */
static bool is_certain(const struct state_turns *turns, const struct found_call *call)
{
  const struct unit_call *row = row_of(turns, call);
  if (call->kind != CALL_DIRECT || (row->flags & UNIT_CALL_EVERY_TURN) == 0 ||
      row->loop != loop_of(turns, call->caller))
    return false;
  uint32_t caller = call->caller;
  for (uint32_t i = turns->out.first[caller]; i < turns->out.first[caller + 1]; i++) {
    const struct found_call *other = call_index_at(&turns->out, i);
    if (other->unit == call->unit && other->call == call->call && other->callee != call->callee)
      return false;
  }
  return true;
}

static void follow_call(struct state_turns *turns, const struct found_call *call, uint32_t home,
                        struct summary *summary)
{
  const struct position at = {true, call->call};
  const struct summary *below = summary_of(turns, call->callee);
  if (call->unit != home || below->is_open)
    add_stale(summary, "");
  for (guint i = 0; i < below->stale->len; i++)
    read_field(summary, g_ptr_array_index(below->stale, i), at);
  bool is_filling = !below->is_open && call->unit == home && is_certain(turns, call);
  for (guint i = 0; is_filling && i < below->filled->len; i++)
    add_fill(summary, &g_array_index(below->filled, struct fill, i));
}

static void follow_use(const struct state_turns *turns, const struct state_use *use,
                       struct summary *summary)
{
  if (use->is_named && (use->modes & UNIT_READ) != 0)
    read_field(summary, use->field, (struct position){false, moment_row(turns, use)});
  struct fill fill = {use->field, use->moment->end_call, use->moment->end_moment};
  if (use->is_filling)
    add_fill(summary, &fill);
}

static void walk(struct state_turns *turns, uint32_t routine, struct summary *summary)
{
  uint32_t home = linkage_routine(turns->state->findings->linkage, routine)->unit;
  g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct event));
  add_uses(turns, routine, home, events);
  add_calls(turns, routine, home, events);
  g_array_sort(events, compare_events);
  follow_pointed(turns, routine, home, summary);
  for (guint i = 0; i < events->len; i++) {
    const struct event *event = &g_array_index(events, struct event, i);
    if (event->use == NULL)
      follow_call(turns, call_at(turns, event->call), home, summary);
    else
      follow_use(turns, event->use, summary);
  }
  summary->is_open = false;
}

static const struct summary *summary_of(struct state_turns *turns, uint32_t routine)
{
  enum { DEEPEST = 256 };
  gpointer key = GUINT_TO_POINTER(routine + 1);
  struct summary *summary = g_hash_table_lookup(turns->summaries, key);
  if (summary != NULL)
    return summary;
  summary = summary_new();
  g_hash_table_insert(turns->summaries, key, summary);
  if (turns->depth < DEEPEST) {
    turns->depth++;
    walk(turns, routine, summary);
    turns->depth--;
  }
  return summary;
}

/* ---- the loops of main ---- */

/* Whether main itself gets at the record in turns of other loops than this one. */
static bool is_used_elsewhere(const struct state_turns *turns, const struct unit *unit,
                              uint32_t home)
{
  const struct unit_loop *loop = &unit->loops[turns->loop];
  uint32_t routine = turns->main_routine;
  for (guint i = turns->first_use; i < turns->end_use; i++) {
    const struct state_use *use = use_at(turns, i);
    if (use->routine != routine || (use->modes & UNIT_READ) == 0 ||
        startup_is_before(turns->startup, routine, access_of(turns, use)->line))
      continue;
    bool is_here =
        use->is_named ? is_in_loop(unit, use->moment->loop, turns->loop) : is_read_in(turns, use);
    bool is_once = use->is_named && use->moment->loop == UNIT_NONE;
    if (use->unit != home || (!is_here && !is_once))
      return true;
  }
  for (uint32_t i = turns->out.first[routine]; i < turns->out.first[routine + 1]; i++) {
    const struct found_call *call = call_index_at(&turns->out, i);
    const struct unit_call *row = row_of(turns, call);
    bool is_after = loop->parent == UNIT_NONE && row->loop == UNIT_NONE &&
                    row->line > loop->end_line && turns->startup->serving_line[call->callee] == 0;
    if (turns->touches[call->callee] && !startup_is_before(turns->startup, routine, row->line) &&
        (call->unit != home || (!is_in_loop(unit, row->loop, turns->loop) && !is_after)))
      return true;
  }
  return false;
}

static bool begins_anew(struct state_turns *turns, const struct unit *unit, uint32_t home,
                        uint32_t loop)
{
  turns->loop = loop;
  if (is_used_elsewhere(turns, unit, home))
    return false;
  g_hash_table_remove_all(turns->summaries);
  struct summary *summary = summary_new();
  walk(turns, turns->main_routine, summary);
  bool is_anew = summary->stale->len == 0;
  summary_free(summary);
  return is_anew;
}

/* Whether something gets at the record when main does not say so. */
static bool is_shared(const struct state_turns *turns)
{
  for (guint i = turns->first_use; i < turns->end_use; i++)
    if (turns->is_foreign[use_at(turns, i)->routine])
      return true;
  return turns->touches[turns->main_routine] && turns->is_foreign[turns->main_routine];
}

static gint compare_uses(gconstpointer left, gconstpointer right)
{
  const struct state_use *a = left, *b = right;
  if (a->memory != b->memory)
    return a->memory < b->memory ? -1 : 1;
  if (a->routine != b->routine)
    return a->routine < b->routine ? -1 : 1;
  if (a->unit != b->unit)
    return a->unit < b->unit ? -1 : 1;
  return (a->access > b->access) - (a->access < b->access);
}

struct state_turns *state_turns_new(const struct state *state, const struct startup *startup)
{
  struct state_turns *turns = g_new0(struct state_turns, 1);
  turns->state = state;
  turns->startup = startup;
  turns->n = state->findings->linkage->routines->len;
  turns->touches = g_new0(bool, MAX(turns->n, 1));
  turns->summaries = g_hash_table_new_full(NULL, NULL, NULL, summary_free);
  turns->program = LINK_NONE;
  g_array_sort(state->uses, compare_uses);
  return turns;
}

static void forget_program(struct state_turns *turns)
{
  call_index_clear(&turns->out);
  call_index_clear(&turns->in);
  g_clear_pointer(&turns->is_foreign, g_free);
}

static void look_at_program(struct state_turns *turns, uint32_t program)
{
  if (turns->program == program)
    return;
  forget_program(turns);
  turns->program = program;
  turns->first_call = findings_first_call(turns->state->findings, program);
  turns->end_call = findings_first_call(turns->state->findings, program + 1);
  const struct findings *findings = turns->state->findings;
  call_index_init(&turns->out, findings, CALLS_BY_CALLER, turns->first_call, turns->end_call, NULL);
  call_index_init(&turns->in, findings, CALLS_BY_CALLEE, turns->first_call, turns->end_call, NULL);
  find_foreign(turns);
}

void state_turns_free(struct state_turns *turns)
{
  if (turns == NULL)
    return;
  forget_program(turns);
  g_free(turns->touches);
  g_hash_table_unref(turns->summaries);
  g_free(turns);
}

/* Finds the uses of a record and what gets at it. */
static void look_at_record(struct state_turns *turns, uint32_t memory)
{
  const GArray *uses = turns->state->uses;
  turns->first_use = 0;
  while (turns->first_use < uses->len && use_at(turns, turns->first_use)->memory < memory)
    turns->first_use++;
  turns->end_use = turns->first_use;
  while (turns->end_use < uses->len && use_at(turns, turns->end_use)->memory == memory)
    turns->end_use++;
  find_touching(turns);
}

/* Whether every turn of some loop of main that serves begins the record anew. */
static bool is_of_turn(struct state_turns *turns, const struct state_memory *memory)
{
  if (memory->is_array || is_shared(turns))
    return false;
  const struct linkage *linkage = turns->state->findings->linkage;
  const struct link_routine *routine = linkage_routine(linkage, memory->routine);
  const struct unit *unit = linkage_unit(linkage, routine->unit);
  for (uint32_t i = 0; i < unit->n_loops; i++) {
    const struct unit_loop *loop = &unit->loops[i];
    if (loop->routine == routine->row &&
        !startup_is_before(turns->startup, memory->routine, loop->line) &&
        begins_anew(turns, unit, routine->unit, i))
      return true;
  }
  return false;
}

/* Whether the record is no more than what main hands to the one job that it does: main alone has
 * filled it in, and nothing that gets at it is called again and again. */
static bool is_of_job(const struct state_turns *turns, const struct state_memory *memory)
{
  if (!turns->startup->has_one_job[memory->routine])
    return false;
  for (guint i = turns->first_use; i < turns->end_use; i++) {
    const struct state_use *use = use_at(turns, i);
    if (!use->is_named && (use->modes & UNIT_WRITE) != 0 &&
        startup_is_before(turns->startup, use->routine, access_of(turns, use)->line))
      return false;
  }
  for (guint i = turns->first_call; i < turns->end_call; i++) {
    const struct found_call *call = call_at(turns, i);
    const struct unit_call *row = row_of(turns, call);
    if (turns->touches[call->callee] && row->loop != UNIT_NONE &&
        !startup_is_before(turns->startup, call->caller, row->line))
      return false;
  }
  return true;
}

bool state_turns_outlive(struct state_turns *turns, uint32_t memory)
{
  const struct state_memory *known =
      &g_array_index(turns->state->memories, struct state_memory, memory);
  look_at_program(turns, known->program);
  turns->main_routine = known->routine;
  look_at_record(turns, memory);
  return !is_of_job(turns, known) && !is_of_turn(turns, known);
}
