#include "splitter/spans.h"

#include "splitter/numbers.h"

#include <string.h>

static void span_group_free(gpointer data)
{
  struct span_group *group = data;
  g_array_unref(group->routines);
  g_array_unref(group->states);
  g_free(group);
}

struct walk {
  const struct monolith *monolith;
  const struct roles *roles;
  struct span_group *group;
  guint8 *is_seen; /* per routine */
};

static bool is_table(const struct fact_state *state)
{
  return strcmp(state->storage, "table") == 0;
}

/* State that ROUTINE writes on lines FIRST to LAST: tables for transactions, other for locks. */
static void take_writes(const struct walk *walk, guint32 routine, gint64 first, gint64 last)
{
  const struct monolith *monolith = walk->monolith;
  bool has_written = false;
  for (guint32 i = monolith->first_access[routine]; i < monolith->first_access[routine + 1]; i++) {
    const struct access *access = &monolith->accesses[i];
    if (access->mode == ACCESS_WRITE && !access->fact->is_startup && access->fact->line >= first &&
        access->fact->line <= last && walk->roles->state[access->state] == STATE_OWNED &&
        is_table(&monolith->states[access->state]) == walk->group->is_transaction) {
      g_array_append_val(walk->group->states, access->state);
      has_written = true;
    }
  }
  if (has_written) {
    g_array_append_val(walk->group->routines, routine);
  }
}

/* Follows the calls that ROUTINE makes on lines FIRST to LAST. */
static void follow_calls(const struct walk *walk, guint32 routine, gint64 first, gint64 last)
{
  const struct monolith *monolith = walk->monolith;
  take_writes(walk, routine, first, last);
  for (guint32 i = monolith->first_call[routine]; i < monolith->first_call[routine + 1]; i++) {
    const struct call *call = &monolith->calls[i];
    bool is_near = walk->group->is_transaction ||
                   monolith->routine_file[call->callee] == monolith->routine_file[routine];
    if (call->fact->line >= first && call->fact->line <= last && is_near && !call->is_guess &&
        !walk->roles->is_gateway[i] && !walk->is_seen[call->callee] &&
        monolith->routines[call->callee].is_defined) {
      walk->is_seen[call->callee] = 1;
      follow_calls(walk, call->callee, 0, G_MAXINT64);
    }
  }
}

static struct span_group *find_lock(const GPtrArray *groups, guint32 lock)
{
  for (guint i = 0; lock != MONOLITH_NONE && i < groups->len; i++) {
    struct span_group *group = g_ptr_array_index(groups, i);
    if (!group->is_transaction && group->lock == lock) {
      return group;
    }
  }
  return NULL;
}

static void add_span(const struct monolith *monolith, const struct roles *roles,
                     const struct fact_span *span, GPtrArray *groups)
{
  guint32 routine = monolith_routine(monolith, span->routine);
  guint32 lock = span->state == 0 ? MONOLITH_NONE : monolith_state(monolith, span->state);
  bool is_transaction = strcmp(span->kind, "transaction") == 0;
  if (routine == MONOLITH_NONE || (!is_transaction && lock == MONOLITH_NONE)) {
    return;
  }
  gint64 last = span->end_line > 0 ? span->end_line : monolith->routines[routine].end_line;
  struct span_group *group = is_transaction ? NULL : find_lock(groups, lock);
  if (group == NULL) {
    group = g_new0(struct span_group, 1);
    *group = (struct span_group){.is_transaction = is_transaction,
                                 .routine = routine,
                                 .lock = is_transaction ? MONOLITH_NONE : lock,
                                 .file = span->file,
                                 .line = span->line,
                                 .end_line = last,
                                 .routines = g_array_new(FALSE, FALSE, sizeof(guint32)),
                                 .states = g_array_new(FALSE, FALSE, sizeof(guint32))};
    g_ptr_array_add(groups, group);
  }
  g_autofree guint8 *is_seen = g_malloc0(MAX(monolith->n_routines, 1));
  struct walk walk = {monolith, roles, group, is_seen};
  is_seen[routine] = 1;
  follow_calls(&walk, routine, span->line, last);
  if (is_transaction && group->states->len > 0) {
    g_array_append_val(group->routines, routine);
  }
}

/* Routines that the outside reaches while the program serves: by routes, queues, schedules …, not
 * by commands of an administrator and not by main. */
static guint8 *reached_from_outside(const struct monolith *monolith, const struct roles *roles)
{
  guint8 *is_reached = g_malloc0(MAX(monolith->n_routines, 1));
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint32));
  for (guint32 i = 0; i < monolith->n_entries; i++) {
    const struct fact_entry *entry = &monolith->entries[i];
    guint32 routine = monolith_routine(monolith, entry->routine);
    bool is_inside = strcmp(entry->trigger, "main") == 0 || strcmp(entry->trigger, "command") == 0;
    if (routine != MONOLITH_NONE && !is_inside && !is_reached[routine]) {
      is_reached[routine] = 1;
      g_array_append_val(open, routine);
    }
  }
  while (open->len > 0) {
    guint32 at = g_array_index(open, guint32, open->len - 1);
    g_array_set_size(open, open->len - 1);
    for (guint32 i = monolith->first_call[at]; i < monolith->first_call[at + 1]; i++) {
      guint32 callee = monolith->calls[i].callee;
      if (!is_reached[callee] && !monolith->calls[i].is_guess && !roles->is_gateway[i]) {
        is_reached[callee] = 1;
        g_array_append_val(open, callee);
      }
    }
  }
  return is_reached;
}

GPtrArray *spans_group(const struct monolith *monolith, const struct roles *roles)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func(span_group_free);
  for (guint32 i = 0; i < monolith->n_spans; i++) {
    add_span(monolith, roles, &monolith->spans[i], groups);
  }
  guint n_owned = 0;
  for (guint32 i = 0; i < monolith->n_states; i++) {
    n_owned += roles->state[i] == STATE_OWNED;
  }
  g_autofree guint8 *is_reached = reached_from_outside(monolith, roles);
  for (guint i = 0; i < groups->len; i++) {
    struct span_group *group = g_ptr_array_index(groups, i);
    group->is_aside = group->is_transaction && !is_reached[group->routine];
    if (group->lock != MONOLITH_NONE) {
      g_array_append_val(group->states, group->lock);
    }
    numbers_sort_distinct(group->routines);
    numbers_sort_distinct(group->states);
    /* Small programs have few states: a third of very few says nothing. */
    group->is_coarse = group->states->len > MAX(n_owned / 3, 8);
  }
  return groups;
}
