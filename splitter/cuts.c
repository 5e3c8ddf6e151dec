#include "splitter/cuts.h"

#include <math.h>
#include <string.h>

#include "splitter/behaviour.h"

static const double write_price = 10;
static const double read_price = 3;

static void cut_clear(gpointer data)
{
  g_free(((struct cut *)data)->reason);
}

static int compare_cuts(gconstpointer left, gconstpointer right)
{
  const struct cut *a = left;
  const struct cut *b = right;
  const guint32 keys[][2] = {{a->from, b->from},
                             {a->to, b->to},
                             {(guint32)a->kind, (guint32)b->kind},
                             {a->routine, b->routine},
                             {a->item, b->item}};
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (keys[i][0] != keys[i][1]) {
      return keys[i][0] < keys[i][1] ? -1 : 1;
    }
  }
  return 0;
}

/* How often the callee is called, in words: sites, turns of loops, and what was counted. */
static char *describe_volume(const struct cut *cut, double per_call, guint32 deepest,
                             double n_recorded)
{
  GString *text = g_string_new(NULL);
  g_string_append_printf(text, "%u call%s", cut->n_sites, cut->n_sites == 1 ? "" : "s");
  if (deepest > 0) {
    g_string_append_printf(text,
                           " in loops %u deep, about %.0f for each call of the caller: chatty",
                           deepest, per_call);
  }
  if (n_recorded >= 0) {
    g_string_append_printf(text, ", counted %.0f times", n_recorded);
  }
  return g_string_free(text, FALSE);
}

static void add_call_cuts(const struct proposal *proposal, GArray *cuts)
{
  const struct monolith *monolith = proposal->monolith;
  for (guint32 i = 0; i < monolith->n_calls;) {
    const struct call *first = &monolith->calls[i];
    struct cut cut = {.kind = CUT_CALL, .routine = first->caller, .item = first->callee};
    double volume = 0;
    double per_call = 0;
    guint32 deepest = 0;
    for (; i < monolith->n_calls && monolith->calls[i].caller == first->caller &&
           monolith->calls[i].callee == first->callee;
         i++) {
      const struct call *call = &monolith->calls[i];
      if (proposal->roles->is_gateway[i] || call->is_guess) {
        continue;
      }
      if (cut.n_sites == 0) {
        cut.file = call->fact->file;
        cut.line = call->fact->line;
      }
      cut.n_sites++;
      deepest = MAX(deepest, call->loop_depth);
      volume += call->volume;
      per_call += call->per_call;
    }
    const struct place *from = &proposal->routine[first->caller];
    const struct place *to = &proposal->routine[first->callee];
    if (cut.n_sites == 0 || from->role != PLACE_MEMBER || to->role != PLACE_MEMBER ||
        from->service == to->service) {
      continue;
    }
    cut.from = from->service;
    cut.to = to->service;
    struct marshalling data = marshal_routine(monolith, first->callee);
    cut.marshal = data.worst;
    cut.price = (volume > 1 ? 1 + log(volume) : volume) * (1 + (double)cut.marshal);
    g_autofree char *calls = describe_volume(&cut, per_call, deepest, first->n_recorded);
    g_autofree char *size = marshalling_size(&data);
    cut.reason = g_strdup_printf("%s; %s%s%s", calls, size, data.blockers[0] != '\0' ? "; " : "",
                                 data.blockers);
    marshalling_clear(&data);
    g_array_append_val(cuts, cut);
  }
}

/* Whether no code of ROUTINE's file can name STATE, so that it comes to it by a pointer. */
static bool is_behind_pointer(const struct monolith *monolith, guint32 routine, guint32 state)
{
  const char *storage = monolith->states[state].storage;
  bool is_of_file = strcmp(storage, "static") == 0 || strcmp(storage, "static-local") == 0;
  return is_of_file && monolith->routine_file[routine] != monolith->state_file[state];
}

/* What would make the access go away. */
static const char *remedy(const struct monolith *monolith, guint32 routine, guint32 number,
                          enum cut_kind kind)
{
  const struct fact_state *state = &monolith->states[number];
  if (kind == CUT_WRITE && behaviour_only_written(monolith, number)) {
    return "only appended to: put the record on a queue of the owner, nobody waits for it";
  }
  if (strcmp(state->storage, "table") == 0) {
    return kind == CUT_WRITE ? "move the statement behind a routine of the owner"
                             : "ask the owner, or keep a read-only copy of the rows";
  }
  if (is_behind_pointer(monolith, routine, number)) {
    return kind == CUT_WRITE
               ? "written through a pointer to it: return the value and let the owner "
                 "write it"
               : "read through a pointer to it: pass a copy of the value";
  }
  return kind == CUT_WRITE ? "call a routine of the owner instead of writing"
                           : "pass the value as a parameter, or ask the owner";
}

static void add_state_cuts(const struct proposal *proposal, GArray *cuts)
{
  const struct monolith *monolith = proposal->monolith;
  for (guint32 i = 0; i < monolith->n_accesses;) {
    const struct access *first = &monolith->accesses[i];
    struct cut cut = {.kind = CUT_READ, .routine = first->routine, .item = first->state};
    const struct fact_access *site = NULL;
    for (; i < monolith->n_accesses && monolith->accesses[i].routine == first->routine &&
           monolith->accesses[i].state == first->state;
         i++) {
      const struct access *access = &monolith->accesses[i];
      if (access->fact->is_startup) {
        continue;
      }
      bool is_write = access->mode != ACCESS_READ;
      if (site == NULL || (is_write && cut.kind == CUT_READ)) {
        site = access->fact;
      }
      cut.kind = is_write ? CUT_WRITE : cut.kind;
      cut.n_sites++;
    }
    const struct place *from = &proposal->routine[first->routine];
    const struct place *to = &proposal->state[first->state];
    if (site == NULL || from->role != PLACE_MEMBER || to->role != PLACE_OWNER ||
        from->service == to->service) {
      continue;
    }
    cut.from = from->service;
    cut.to = to->service;
    cut.file = site->file;
    cut.line = site->line;
    cut.price = (cut.kind == CUT_WRITE ? write_price : read_price) * (1 + log(cut.n_sites));
    cut.reason = g_strdup(remedy(monolith, first->routine, first->state, cut.kind));
    g_array_append_val(cuts, cut);
  }
}

GArray *cuts_of(const struct proposal *proposal)
{
  GArray *cuts = g_array_new(FALSE, FALSE, sizeof(struct cut));
  g_array_set_clear_func(cuts, cut_clear);
  add_call_cuts(proposal, cuts);
  add_state_cuts(proposal, cuts);
  g_array_sort(cuts, compare_cuts);
  return cuts;
}
