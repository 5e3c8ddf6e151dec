#include "splitter/roles.h"

#include <string.h>

#include "splitter/words.h"

bool state_role_is_replicable(enum state_role role)
{
  return role != STATE_OWNED;
}

static bool type_is_lock(const char *type)
{
  static const char *const marks[] = {"mutex", "rwlock", "spinlock", "pthread_cond", "sem_t"};
  for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
    if (strstr(type, marks[i]) != NULL) {
      return true;
    }
  }
  return false;
}

static bool is_outside_store(const struct fact_state *state)
{
  return strcmp(state->storage, "table") == 0 || strcmp(state->storage, "file") == 0 ||
         strcmp(state->storage, "shm") == 0;
}

static bool names_any(const struct fact_state *state, const char *const *words)
{
  g_autofree char *name = monolith_state_name(state);
  g_auto(GStrv) parts = words_of_identifier(name);
  for (guint i = 0; parts[i] != NULL; i++) {
    if (g_strv_contains(words, parts[i])) {
      return true;
    }
  }
  return false;
}

/* How one state is used while the program serves. */
struct usage {
  guint n_writes;
  guint n_adds;
  guint n_reads; /* not on a line that adds */
  bool reads_where_written;
};

static bool adds_on_line(const struct monolith *monolith, guint32 state, const struct access *read)
{
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *other = &monolith->accesses[monolith->accessed[i]];
    if (other->is_add && other->routine == read->routine && other->fact->line == read->fact->line) {
      return true;
    }
  }
  return false;
}

static bool writes_state(const struct monolith *monolith, guint32 state, guint32 routine)
{
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *other = &monolith->accesses[monolith->accessed[i]];
    if (other->mode == ACCESS_WRITE && other->routine == routine && !other->fact->is_startup) {
      return true;
    }
  }
  return false;
}

static struct usage usage_of(const struct monolith *monolith, guint32 state)
{
  struct usage usage = {0};
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (access->fact->is_startup) {
      continue;
    }
    if (access->mode == ACCESS_WRITE) {
      usage.n_writes++;
      usage.n_adds += access->is_add;
    } else if (!access->is_add && !adds_on_line(monolith, state, access)) {
      usage.n_reads++;
      usage.reads_where_written |= writes_state(monolith, state, access->routine);
    }
  }
  return usage;
}

static enum state_role role_of_state(const struct monolith *monolith, guint32 number, char **reason)
{
  static const char *const identity[] = {"id", "ids", "seq", "sequence", "serial", "next", NULL};
  static const char *const cache[] = {"cache", "caches", "cached", "memo", NULL};
  static const char *const log[] = {"log", "logs", "journal", "audit", "history", NULL};
  const struct fact_state *state = &monolith->states[number];
  if (strcmp(state->class, "const") == 0) {
    return STATE_CONSTANT;
  }
  if (strcmp(state->class, "init-only") == 0) {
    *reason = g_strdup("written only at start-up: copied, set by the cold start");
    return STATE_CONFIGURATION;
  }
  if (type_is_lock(state->type)) {
    *reason = g_strdup("a lock: goes with the state that it guards");
    return STATE_LOCK;
  }
  if (strcmp(state->storage, "thread") == 0) {
    *reason = g_strdup("one per thread: every copy has its own");
    return STATE_THREAD;
  }
  struct usage usage = usage_of(monolith, number);
  if (usage.n_writes == 0 && !is_outside_store(state) && usage.n_reads == 0) {
    *reason = g_strdup("not written while the program serves");
    return STATE_CONFIGURATION;
  }
  if (usage.n_writes > 0 && usage.n_adds == usage.n_writes && !is_outside_store(state)) {
    if (names_any(state, identity)) {
      *reason = g_strdup("gives out identities: copies would give the same one twice");
      return STATE_OWNED;
    }
    if (!usage.reads_where_written) {
      *reason = g_strdup_printf("only added to (%u places) and reported (%u): every copy counts, "
                                "the sum is made outside",
                                usage.n_adds, usage.n_reads);
      return STATE_COUNTER;
    }
  }
  if (names_any(state, cache) && !is_outside_store(state)) {
    *reason = g_strdup("a cache by its name: safe to lose, every copy fills its own");
    return STATE_CACHE;
  }
  if (names_any(state, log) && usage.n_writes > 0 && usage.n_reads == 0) {
    *reason = g_strdup("only appended: goes to a log outside");
    return STATE_LOG;
  }
  return STATE_OWNED;
}

static void mark_entries(const struct monolith *monolith, const bool *is_entry, struct roles *roles)
{
  for (guint32 i = 0; is_entry != NULL && i < monolith->n_routines; i++) {
    roles->is_entry[i] = is_entry[i];
  }
  for (guint32 i = 0; i < monolith->n_entries; i++) {
    const struct fact_entry *entry = &monolith->entries[i];
    guint32 routine = monolith_routine(monolith, entry->routine);
    if (routine != MONOLITH_NONE && strcmp(entry->trigger, "main") != 0) {
      roles->is_entry[routine] = true;
    }
  }
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    const struct call *call = &monolith->calls[i];
    roles->is_gateway[i] =
        roles->is_entry[call->callee] && (!call->is_direct || call->n_targets > 1);
  }
}

/* Marks ROUTINE and all that call it, dispatch to entries excepted. */
static void taint(const struct monolith *monolith, const struct roles *roles, guint32 routine,
                  bool *is_tainted)
{
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint32));
  if (is_tainted[routine]) {
    return;
  }
  is_tainted[routine] = true;
  g_array_append_val(open, routine);
  while (open->len > 0) {
    guint32 at = g_array_index(open, guint32, open->len - 1);
    g_array_set_size(open, open->len - 1);
    for (guint32 i = monolith->first_called[at]; i < monolith->first_called[at + 1]; i++) {
      guint32 number = monolith->called[i];
      const struct call *call = &monolith->calls[number];
      if (!is_tainted[call->caller] && !call->is_guess && !roles->is_gateway[number]) {
        is_tainted[call->caller] = true;
        g_array_append_val(open, call->caller);
      }
    }
  }
}

static void taint_by_state(const struct monolith *monolith, const struct roles *roles,
                           bool *is_tainted)
{
  for (guint32 i = 0; i < monolith->n_accesses; i++) {
    const struct access *access = &monolith->accesses[i];
    if (!state_role_is_replicable(roles->state[access->state]) && !access->fact->is_startup) {
      taint(monolith, roles, access->routine, is_tainted);
    }
  }
}

/* Files that call into each file and that each file calls, as counts of distinct ones. */
static void count_neighbours(const struct monolith *monolith, const struct roles *roles,
                             guint32 *n_in, guint32 *n_out)
{
  g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
  g_autofree gint64 *keys = g_new(gint64, MAX(monolith->n_calls, 1));
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    const struct call *call = &monolith->calls[i];
    guint32 from = monolith->routine_file[call->caller];
    guint32 to = monolith->routine_file[call->callee];
    if (from == to || call->is_guess || roles->is_gateway[i] ||
        !monolith->routines[call->callee].is_defined) {
      continue;
    }
    keys[i] = (gint64)from << 32 | to;
    if (g_hash_table_add(seen, &keys[i])) {
      n_out[from]++;
      n_in[to]++;
    }
  }
}

/* A file is a utility when many files use it, it uses few, no entry lies in it and no state that
 * needs an owner is behind it. */
static void mark_utilities(const struct monolith *monolith, struct roles *roles)
{
  enum { FEWEST_USERS = 3 };
  guint n_files = monolith->files->len;
  g_autofree guint32 *n_in = g_new0(guint32, MAX(n_files, 1));
  g_autofree guint32 *n_out = g_new0(guint32, MAX(n_files, 1));
  g_autofree bool *is_barred = g_new0(bool, MAX(n_files, 1));
  count_neighbours(monolith, roles, n_in, n_out);
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    is_barred[monolith->routine_file[i]] |= roles->is_entry[i] || roles->is_tainted[i];
  }
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    guint32 file = monolith->routine_file[i];
    if (roles->routine[i] == ROUTINE_OUTSIDE || is_barred[file]) {
      continue;
    }
    if (n_in[file] >= FEWEST_USERS && n_in[file] >= 2 * n_out[file]) {
      roles->routine[i] = ROUTINE_UTILITY;
    }
  }
}

/* Routines that only main-like entries reach run before the program serves. */
static void mark_startup(const struct monolith *monolith, struct roles *roles)
{
  for (guint32 i = 0; i < monolith->n_entries; i++) {
    const struct fact_entry *entry = &monolith->entries[i];
    guint32 routine = monolith_routine(monolith, entry->routine);
    if (routine != MONOLITH_NONE && strcmp(entry->trigger, "main") == 0 &&
        !roles->is_entry[routine]) {
      roles->routine[routine] = ROUTINE_STARTUP;
    }
  }
}

struct roles *roles_new(const struct monolith *monolith, const bool *is_entry)
{
  struct roles *roles = g_new0(struct roles, 1);
  roles->n_states = monolith->n_states;
  roles->routine = g_new0(enum routine_role, MAX(monolith->n_routines, 1));
  roles->state = g_new0(enum state_role, MAX(monolith->n_states, 1));
  roles->state_reason = g_new0(char *, (gsize)monolith->n_states + 1);
  roles->is_entry = g_new0(bool, MAX(monolith->n_routines, 1));
  roles->is_tainted = g_new0(bool, MAX(monolith->n_routines, 1));
  roles->is_gateway = g_new0(bool, MAX(monolith->n_calls, 1));
  for (guint32 i = 0; i < monolith->n_states; i++) {
    roles->state[i] = role_of_state(monolith, i, &roles->state_reason[i]);
  }
  mark_entries(monolith, is_entry, roles);
  taint_by_state(monolith, roles, roles->is_tainted);
  /* Without state (an imported graph) nothing is known to be free of it. */
  bool knows_state = monolith->n_states > 0;
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (!monolith->routines[i].is_defined || monolith->routines[i].file[0] == '\0') {
      roles->routine[i] = ROUTINE_OUTSIDE;
    } else {
      roles->routine[i] = roles->is_tainted[i] || roles->is_entry[i] || !knows_state
                              ? ROUTINE_MEMBER
                              : ROUTINE_STATELESS;
    }
  }
  if (knows_state) {
    mark_utilities(monolith, roles);
  }
  mark_startup(monolith, roles);
  return roles;
}

void roles_free(struct roles *roles)
{
  if (roles == NULL) {
    return;
  }
  g_free(roles->routine);
  g_free(roles->state);
  for (guint32 i = 0; i < roles->n_states; i++) {
    g_free(roles->state_reason[i]);
  }
  g_free(roles->state_reason);
  g_free(roles->is_entry);
  g_free(roles->is_tainted);
  g_free(roles->is_gateway);
  g_free(roles);
}
