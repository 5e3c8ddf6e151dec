#include "splitter/behaviour.h"

#include <string.h>

/* A routine that sets so many counters back is a reset. */
enum { FEWEST_RESET = 3 };

bool behaviour_is_outside(const struct fact_state *state)
{
  static const char *const outside[] = {"table", "file", "shm", NULL};
  return g_strv_contains(outside, state->storage);
}

/* Whether ROUTINE only assigns STATE, and others add to it. */
static bool sets_back(const struct monolith *monolith, guint32 routine, guint32 state)
{
  bool is_added_to = false;
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    bool is_own = access->routine == routine;
    if (is_own && (access->mode != ACCESS_WRITE || access->is_add)) {
      return false;
    }
    is_added_to |= !is_own && access->is_add && !access->fact->is_startup;
  }
  return is_added_to;
}

static void find_resets(const struct monolith *monolith, struct behaviour *behaviour)
{
  for (guint32 routine = 0; routine < monolith->n_routines; routine++) {
    guint n = 0;
    guint32 last = MONOLITH_NONE;
    for (guint32 i = monolith->first_access[routine]; i < monolith->first_access[routine + 1];
         i++) {
      const struct access *access = &monolith->accesses[i];
      if (access->mode == ACCESS_WRITE && !access->fact->is_startup && access->state != last) {
        last = access->state;
        n += sets_back(monolith, routine, access->state);
      }
    }
    behaviour->is_reset[routine] = n >= FEWEST_RESET;
  }
}

/* Spreads IS_MARKED from callees to callers. */
static void spread(const struct monolith *monolith, bool *is_marked)
{
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint32));
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (is_marked[i]) {
      g_array_append_val(open, i);
    }
  }
  while (open->len > 0) {
    guint32 at = g_array_index(open, guint32, open->len - 1);
    g_array_set_size(open, open->len - 1);
    for (guint32 i = monolith->first_called[at]; i < monolith->first_called[at + 1]; i++) {
      const struct call *call = &monolith->calls[monolith->called[i]];
      /* What a callback of others may do is not what its caller does. */
      bool is_own = call->is_direct || call->n_targets == 1;
      if (is_own && !call->is_guess && !is_marked[call->caller]) {
        is_marked[call->caller] = true;
        g_array_append_val(open, call->caller);
      }
    }
  }
}

struct behaviour *behaviour_new(const struct monolith *monolith)
{
  gsize n = MAX(monolith->n_routines, 1);
  struct behaviour *behaviour = g_new(struct behaviour, 1);
  *behaviour = (struct behaviour){g_new0(bool, n), g_new0(bool, n), g_new0(bool, n)};
  for (guint32 i = 0; i < monolith->n_accesses; i++) {
    const struct access *access = &monolith->accesses[i];
    if (behaviour_is_outside(&monolith->states[access->state]) && !access->fact->is_startup) {
      *(access->mode == ACCESS_WRITE ? &behaviour->writes_outside[access->routine]
                                     : &behaviour->reads_outside[access->routine]) = true;
    }
  }
  spread(monolith, behaviour->reads_outside);
  spread(monolith, behaviour->writes_outside);
  find_resets(monolith, behaviour);
  return behaviour;
}

void behaviour_free(struct behaviour *behaviour)
{
  if (behaviour != NULL) {
    g_free(behaviour->is_reset);
    g_free(behaviour->reads_outside);
    g_free(behaviour->writes_outside);
    g_free(behaviour);
  }
}

/* How every routine uses one state while the program serves. */
enum { USE_READS = 1, USE_WRITES = 2, USE_ADDS = 4 };

static guint8 *uses_of(const struct monolith *monolith, guint32 state)
{
  guint8 *uses = g_malloc0(MAX(monolith->n_routines, 1));
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (!access->fact->is_startup) {
      uses[access->routine] |= access->mode == ACCESS_WRITE ? USE_WRITES : USE_READS;
      uses[access->routine] |= access->is_add ? USE_ADDS : 0;
    }
  }
  return uses;
}

/* The lines of one routine on which it, or what it calls there, looks up, loads and fills. */
struct filling {
  gint64 lookup; /* first */
  gint64 fill;   /* last */
  bool loads;    /* reads the outside between the two */
};

static struct filling filling_of(const struct monolith *monolith, const struct behaviour *behaviour,
                                 const guint8 *uses, guint32 state, guint32 routine)
{
  struct filling filling = {G_MAXINT64, 0, false};
  for (guint32 i = monolith->first_access[routine]; i < monolith->first_access[routine + 1]; i++) {
    const struct access *access = &monolith->accesses[i];
    if (access->state == state && !access->fact->is_startup) {
      gint64 line = access->fact->line;
      filling.lookup = access->mode != ACCESS_WRITE ? MIN(filling.lookup, line) : filling.lookup;
      filling.fill = access->mode == ACCESS_WRITE ? MAX(filling.fill, line) : filling.fill;
    }
  }
  for (guint32 i = monolith->first_call[routine]; i < monolith->first_call[routine + 1]; i++) {
    const struct call *call = &monolith->calls[i];
    guint8 use = call->is_direct ? uses[call->callee] : 0;
    filling.lookup =
        (use & USE_READS) != 0 ? MIN(filling.lookup, call->fact->line) : filling.lookup;
    filling.fill = (use & USE_WRITES) != 0 ? MAX(filling.fill, call->fact->line) : filling.fill;
  }
  for (guint32 i = monolith->first_access[routine]; i < monolith->first_access[routine + 1]; i++) {
    const struct access *access = &monolith->accesses[i];
    filling.loads |= behaviour_is_outside(&monolith->states[access->state]) &&
                     access->fact->line > filling.lookup && access->fact->line < filling.fill;
  }
  for (guint32 i = monolith->first_call[routine]; i < monolith->first_call[routine + 1]; i++) {
    const struct call *call = &monolith->calls[i];
    filling.loads |= call->is_direct && behaviour->reads_outside[call->callee] &&
                     call->fact->line > filling.lookup && call->fact->line < filling.fill;
  }
  return filling;
}

/* Marks ROUTINE, and what it calls by name, as part of filling. */
static void take_part(const struct monolith *monolith, guint32 routine, bool *is_part)
{
  is_part[routine] = true;
  for (guint32 i = monolith->first_call[routine]; i < monolith->first_call[routine + 1]; i++) {
    if (monolith->calls[i].is_direct) {
      is_part[monolith->calls[i].callee] = true;
    }
  }
}

/* Users of STATE and who calls them: where a filling may be. */
static GArray *around(const struct monolith *monolith, const guint8 *uses)
{
  GArray *routines = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autofree bool *is_known = g_new0(bool, MAX(monolith->n_routines, 1));
  for (guint32 user = 0; user < monolith->n_routines; user++) {
    if (uses[user] == 0) {
      continue;
    }
    if (!is_known[user]) {
      is_known[user] = true;
      g_array_append_val(routines, user);
    }
    for (guint32 i = monolith->first_called[user]; i < monolith->first_called[user + 1]; i++) {
      guint32 caller = monolith->calls[monolith->called[i]].caller;
      if (!is_known[caller]) {
        is_known[caller] = true;
        g_array_append_val(routines, caller);
      }
    }
  }
  return routines;
}

/* Numbers and flags are no cache: what is kept has to have room for what was loaded. */
static bool has_room(const struct fact_state *state)
{
  return strcmp(state->storage, "heap") == 0 || strpbrk(state->type, "*[") != NULL;
}

/* Whether somebody else than the fillings fills: a caller, neither filling nor user, of a routine
 * that writes STATE and takes part. */
static bool is_filled_elsewhere(const struct monolith *monolith, const guint8 *uses,
                                const bool *is_part, const bool *is_filler)
{
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    const struct call *call = &monolith->calls[i];
    bool fills =
        (uses[call->callee] & USE_WRITES) != 0 && is_part[call->callee] && !is_filler[call->callee];
    if (fills && !call->is_guess && !is_filler[call->caller] && uses[call->caller] == 0) {
      return true;
    }
  }
  return false;
}

char *behaviour_cache(const struct monolith *monolith, const struct behaviour *behaviour,
                      guint32 state)
{
  if (behaviour_is_outside(&monolith->states[state]) || !has_room(&monolith->states[state])) {
    return NULL;
  }
  g_autofree bool *is_filler = g_new0(bool, MAX(monolith->n_routines, 1));
  g_autofree guint8 *uses = uses_of(monolith, state);
  g_autofree bool *is_part = g_new0(bool, MAX(monolith->n_routines, 1));
  g_autoptr(GArray) routines = around(monolith, uses);
  guint32 filler = MONOLITH_NONE;
  for (guint i = 0; i < routines->len; i++) {
    guint32 routine = g_array_index(routines, guint32, i);
    struct filling filling = filling_of(monolith, behaviour, uses, state, routine);
    if (filling.loads && filling.lookup < filling.fill && !behaviour->writes_outside[routine]) {
      take_part(monolith, routine, is_part);
      is_filler[routine] = true;
      filler = MIN(filler, routine);
    }
  }
  if (filler != MONOLITH_NONE && is_filled_elsewhere(monolith, uses, is_part, is_filler)) {
    return NULL;
  }
  bool is_dropped = false;
  for (guint32 i = 0; filler != MONOLITH_NONE && i < monolith->n_routines; i++) {
    bool is_writer = (uses[i] & USE_WRITES) != 0;
    if ((uses[i] & USE_ADDS) != 0 || (uses[i] != 0 && !is_writer && !is_part[i])) {
      return NULL;
    }
    is_dropped |= is_writer && !is_part[i] && !behaviour->reads_outside[i];
  }
  return is_dropped ? g_strdup_printf("a cache by its use: %s looks it up, reads the outside and "
                                      "fills it, and others drop it: safe to lose, every copy "
                                      "fills its own",
                                      monolith->routines[filler].name)
                    : NULL;
}

bool behaviour_only_written(const struct monolith *monolith, guint32 state)
{
  guint n_writes = 0;
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (access->mode != ACCESS_WRITE && !access->is_add) {
      return false;
    }
    n_writes += access->mode == ACCESS_WRITE && !access->fact->is_startup;
  }
  return n_writes > 0;
}
