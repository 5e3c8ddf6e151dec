#include "splitter/roles.h"

#include <string.h>

#include "splitter/behaviour.h"
#include "splitter/handed.h"
#include "splitter/handle.h"
#include "splitter/utilities.h"
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

/* Files that no disk holds and that say nothing that was put there. */
static bool is_of_kernel(const struct monolith *monolith, guint32 number)
{
  const struct fact_state *state = &monolith->states[number];
  static const char *const devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                        "/dev/random", "/dev/urandom", NULL};
  bool is_of_proc = g_str_has_prefix(state->name, "/proc/");
  bool is_found =
      strcmp(state->storage, "file") == 0 && (is_of_proc || g_strv_contains(devices, state->name));
  for (guint32 i = monolith->first_accessed[number];
       is_found && is_of_proc && i < monolith->first_accessed[number + 1]; i++) {
    is_found = monolith->accesses[monolith->accessed[i]].mode != ACCESS_WRITE;
  }
  return is_found;
}

/* Heap memory of no record type: what an allocator gave out, held by something else. */
static bool is_plain_heap(const struct monolith *monolith, guint32 number)
{
  const struct fact_state *state = &monolith->states[number];
  return monolith->is_heap[number] && !monolith->is_record[number] &&
         strncmp(state->name, "struct ", 7) != 0 && strncmp(state->name, "union ", 6) != 0;
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

/* Setting a counter back is no use of it: whoever adds up the copies does the same. */
static struct usage usage_of(const struct monolith *monolith, const struct behaviour *behaviour,
                             guint32 state)
{
  struct usage usage = {0};
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (access->fact->is_startup || behaviour->is_reset[access->routine]) {
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

/* IS_SHOWN: a cache that its use shows, not its name alone. */
static enum state_role role_of_state(const struct monolith *monolith,
                                     const struct behaviour *behaviour, guint32 number,
                                     char **reason, bool *is_shown)
{
  static const char *const identity[] = {"id", "ids", "seq", "sequence", "serial", "next", NULL};
  static const char *const cache[] = {"cache", "caches", "cached", "memo", NULL};
  static const char *const log[] = {"log", "logs", "journal", "audit", "history", NULL};
  const struct fact_state *state = &monolith->states[number];
  if (monolith_trial_of_state(monolith, number) != NULL) {
    return STATE_OUTSIDE;
  }
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
  if (state->file[0] == '\0' && !behaviour_is_outside(state)) {
    *reason = g_strdup("of the platform or a library: every process has its own");
    return STATE_OUTSIDE;
  }
  if (is_of_kernel(monolith, number)) {
    *reason = g_strdup("of the kernel, not on a disk: every machine has its own");
    return STATE_OUTSIDE;
  }
  if (is_plain_heap(monolith, number)) {
    *reason = g_strdup("text or numbers on the heap: go with whoever holds them");
    return STATE_PRIVATE;
  }
  struct usage usage = usage_of(monolith, behaviour, number);
  if (usage.n_writes == 0 && !behaviour_is_outside(state) && usage.n_reads == 0) {
    *reason = g_strdup("not written while the program serves");
    return STATE_CONFIGURATION;
  }
  bool is_on_heap = strcmp(state->storage, "heap") == 0;
  if (usage.n_writes > 0 && usage.n_adds == usage.n_writes && !behaviour_is_outside(state) &&
      !is_on_heap) {
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
  *reason = behaviour_cache(monolith, behaviour, number);
  *is_shown = *reason != NULL;
  if (*is_shown) {
    return STATE_CACHE;
  }
  if (names_any(state, cache) && !behaviour_is_outside(state)) {
    *reason =
        g_strdup("a cache by its name alone: if it is safe to lose, every copy fills its own");
    return STATE_CACHE;
  }
  if (names_any(state, log) && usage.n_writes > 0 && usage.n_reads == 0) {
    *reason = g_strdup("only appended: goes to a log outside");
    return STATE_LOG;
  }
  /* Reads of heap memory may go through pointers that nobody followed. */
  if (!behaviour_is_outside(state) && !is_on_heap && behaviour_only_written(monolith, number)) {
    *reason =
        g_strdup("only written, never read: goes to a log outside, or every copy has its own");
    return STATE_LOG;
  }
  if (behaviour_is_outside(state) && usage.n_writes > 0 &&
      behaviour_only_written(monolith, number)) {
    *reason = g_strdup("only appended to, never read by the program: its owner may take records "
                       "from a queue, so that nobody waits for it");
  }
  return STATE_OWNED;
}

/* Whether CALLER is what registers CALLEE as an entry: its dispatch chain. */
static bool is_registrar(const struct monolith *monolith, guint32 caller, guint32 callee)
{
  for (guint32 i = 0; i < monolith->n_entries; i++) {
    const struct fact_entry *entry = &monolith->entries[i];
    if (entry->routine == monolith->routines[callee].id &&
        strcmp(entry->registrar, monolith->routines[caller].name) == 0) {
      return true;
    }
  }
  return false;
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
        roles->is_entry[call->callee] && (!call->is_direct || call->n_targets > 1 ||
                                          is_registrar(monolith, call->caller, call->callee));
  }
}

/* Marks what the routines in OPEN reach without the help of a dispatch. Empties OPEN. */
static void mark_reached(const struct monolith *monolith, const struct roles *roles, GArray *open,
                         bool *is_reached)
{
  while (open->len > 0) {
    guint32 at = g_array_index(open, guint32, open->len - 1);
    g_array_set_size(open, open->len - 1);
    for (guint32 i = monolith->first_call[at]; i < monolith->first_call[at + 1]; i++) {
      guint32 callee = monolith->calls[i].callee;
      if (!is_reached[callee] && !monolith->calls[i].is_guess && !roles->is_gateway[i]) {
        is_reached[callee] = true;
        g_array_append_val(open, callee);
      }
    }
  }
}

/* What hands over to so many entries is a dispatcher. */
enum { FEWEST_HANDED = 4 };

bool roles_dispatches(const struct monolith *monolith, const struct roles *roles, guint32 routine)
{
  g_autofree bool *is_reached = g_new0(bool, MAX(monolith->n_routines, 1));
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint32));
  is_reached[routine] = true;
  g_array_append_val(open, routine);
  mark_reached(monolith, roles, open, is_reached);
  g_autoptr(GHashTable) handed = g_hash_table_new(NULL, NULL);
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    if (roles->is_gateway[i] && is_reached[monolith->calls[i].caller] &&
        monolith_share_program(monolith, routine, monolith->calls[i].callee)) {
      g_hash_table_add(handed, GUINT_TO_POINTER(monolith->calls[i].callee + 1));
    }
  }
  return g_hash_table_size(handed) >= FEWEST_HANDED;
}

/* Customers come by routes, queues, schedules, objects and streams; commands are for those who run
 * the program. */
static bool is_for_customers(const struct fact_entry *entry)
{
  static const char *const inside[] = {"main", "command", "direct", NULL};
  return !g_strv_contains(inside, entry->trigger);
}

/* Whether ROUTINE does nothing but report counters: what an operator asks for. */
static bool reports_counters(const struct monolith *monolith, const struct roles *roles,
                             guint32 routine)
{
  enum { FEWEST_COUNTERS = 3 };
  guint n_counters = 0;
  guint32 last = MONOLITH_NONE;
  for (guint32 i = monolith->first_access[routine]; i < monolith->first_access[routine + 1]; i++) {
    const struct access *access = &monolith->accesses[i];
    if (roles->state[access->state] == STATE_COUNTER && access->mode == ACCESS_READ &&
        !access->is_add && access->state != last) {
      n_counters++;
      last = access->state;
    }
  }
  return n_counters >= FEWEST_COUNTERS && !roles->is_tainted[routine] &&
         roles->routine[routine] != ROUTINE_UTILITY;
}

/* Per routine: whether it is of a program of whose code more than half is frame. Such a program has
 * no customers to tell its frame by: what makes it run is what it does. */
static bool *find_all_frame(const struct monolith *monolith, const struct roles *roles)
{
  guint n_files = monolith->files->len;
  guint32 n_programs = 1; /* number 0 stands for all code whose programs are not known */
  for (guint i = 0; i < n_files; i++) {
    const GArray *of_file = monolith->file_programs[i];
    for (guint j = 0; j < of_file->len; j++) {
      n_programs = MAX(n_programs, g_array_index(of_file, guint32, j) + 1);
    }
  }
  g_autofree guint32 *n_frame = g_new0(guint32, n_programs);
  g_autofree guint32 *n_all = g_new0(guint32, n_programs);
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    const GArray *programs = monolith->file_programs[monolith->routine_file[i]];
    bool is_counted = monolith->routines[i].is_defined && roles->routine[i] != ROUTINE_OUTSIDE;
    for (guint j = 0; is_counted && j < MAX(programs->len, 1); j++) {
      guint32 program = programs->len > 0 ? g_array_index(programs, guint32, j) : 0;
      n_all[program]++;
      n_frame[program] += roles->is_frame[i];
    }
  }
  bool *is_all_frame = g_new0(bool, MAX(monolith->n_routines, 1));
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    const GArray *programs = monolith->file_programs[monolith->routine_file[i]];
    for (guint j = 0; j < MAX(programs->len, 1); j++) {
      guint32 program = programs->len > 0 ? g_array_index(programs, guint32, j) : 0;
      is_all_frame[i] |= 2 * n_frame[program] > n_all[program];
    }
  }
  return is_all_frame;
}

static void mark_frame(const struct monolith *monolith, struct roles *roles)
{
  g_autofree bool *is_asked_for = g_new0(bool, MAX(monolith->n_routines, 1));
  g_autofree bool *is_run = g_new0(bool, MAX(monolith->n_routines, 1));
  g_autoptr(GArray) asked = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) run = g_array_new(FALSE, FALSE, sizeof(guint32));
  for (guint32 i = 0; i < monolith->n_entries; i++) {
    guint32 routine = monolith_routine(monolith, monolith->entries[i].routine);
    if (routine == MONOLITH_NONE) {
      continue;
    }
    bool is_asked =
        is_for_customers(&monolith->entries[i]) && !roles_dispatches(monolith, roles, routine);
    (is_asked ? is_asked_for : is_run)[routine] = true;
    g_array_append_val(is_asked ? asked : run, routine);
  }
  mark_reached(monolith, roles, asked, is_asked_for);
  mark_reached(monolith, roles, run, is_run);
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    roles->is_frame[i] = is_run[i] && !is_asked_for[i] && roles->routine[i] != ROUTINE_UTILITY &&
                         roles->routine[i] != ROUTINE_OUTSIDE;
  }
  roles->is_all_frame = find_all_frame(monolith, roles);
  g_autofree guint32 *n_frame = g_new0(guint32, MAX(monolith->files->len, 1));
  g_autofree guint32 *n_all = g_new0(guint32, MAX(monolith->files->len, 1));
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    n_frame[monolith->routine_file[i]] += roles->is_frame[i];
    n_all[monolith->routine_file[i]] += monolith->routines[i].is_defined;
  }
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    guint32 file = monolith->routine_file[i];
    roles->is_in_frame[i] =
        (n_frame[file] > 0 && 3 * n_frame[file] >= n_all[file] &&
         monolith->routines[i].is_defined && roles->routine[i] != ROUTINE_UTILITY) ||
        reports_counters(monolith, roles, i);
  }
}

void roles_taint(const struct monolith *monolith, const struct roles *roles, guint32 routine,
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

bool roles_is_set_apart(const struct roles *roles, guint32 routine)
{
  return roles->is_in_frame[routine] && !roles->is_all_frame[routine];
}

static bool is_elsewhere(const struct monolith *monolith, const struct access *access)
{
  return monolith->state_file[access->state] != monolith->routine_file[access->routine];
}

bool roles_works_on(const struct monolith *monolith, const struct roles *roles,
                    const struct access *access)
{
  return !state_role_is_replicable(roles->state[access->state]) && !access->fact->is_startup &&
         (access->mode == ACCESS_WRITE || !monolith->is_heap[access->state] ||
          !is_elsewhere(monolith, access));
}

bool roles_is_tied_by(const struct monolith *monolith, const struct roles *roles,
                      const struct access *access)
{
  return roles_works_on(monolith, roles, access) &&
         !(access->is_pointee && is_elsewhere(monolith, access));
}

static void taint_by_state(const struct monolith *monolith, const struct roles *roles,
                           bool *is_tainted)
{
  for (guint32 i = 0; i < monolith->n_accesses; i++) {
    const struct access *access = &monolith->accesses[i];
    if (roles_is_tied_by(monolith, roles, access)) {
      roles_taint(monolith, roles, access->routine, is_tainted);
    }
  }
}

/* Whether everybody who uses STATE while the program serves also uses HOLDER. */
static bool is_used_with(const struct monolith *monolith, guint32 state, guint32 holder)
{
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    bool is_found = access->fact->is_startup;
    for (guint32 j = monolith->first_accessed[holder];
         !is_found && j < monolith->first_accessed[holder + 1]; j++) {
      is_found = monolith->accesses[monolith->accessed[j]].routine == access->routine;
    }
    if (!is_found) {
      return false;
    }
  }
  return true;
}

/* The records on the heap that a cache holds are the cache. */
static void mark_cached(const struct monolith *monolith, const bool *is_holder, struct roles *roles)
{
  for (guint32 holder = 0; holder < monolith->n_states; holder++) {
    for (guint32 i = 0; is_holder[holder] && i < monolith->n_states; i++) {
      bool is_candidate =
          roles->state[i] == STATE_OWNED || (roles->state[i] == STATE_CACHE && !is_holder[i]);
      if (is_candidate && strcmp(monolith->states[i].storage, "heap") == 0 &&
          monolith->state_file[i] == monolith->state_file[holder] &&
          is_used_with(monolith, i, holder)) {
        roles->state[i] = STATE_CACHE;
        g_free(roles->state_reason[i]);
        roles->state_reason[i] =
            g_strdup_printf("held by %s, a cache by its use", monolith->states[holder].name);
      }
    }
  }
}

/* Judged once: every function that works on a state asks. */
static void find_handles(const struct monolith *monolith, struct roles *roles)
{
  roles->handle = g_new0(char *, (gsize)monolith->n_states + 1);
  roles->handle_may_be_opened = g_new0(bool, MAX(monolith->n_states, 1));
  for (guint32 i = 0; i < monolith->n_states; i++) {
    if (roles->state[i] == STATE_OWNED) {
      roles->handle[i] = handle_in_state(monolith, i, &roles->handle_may_be_opened[i]);
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
  roles->is_frame = g_new0(bool, MAX(monolith->n_routines, 1));
  roles->is_in_frame = g_new0(bool, MAX(monolith->n_routines, 1));
  struct behaviour *behaviour = behaviour_new(monolith);
  g_autofree bool *is_holder = g_new0(bool, MAX(monolith->n_states, 1));
  for (guint32 i = 0; i < monolith->n_states; i++) {
    roles->state[i] = role_of_state(monolith, behaviour, i, &roles->state_reason[i], &is_holder[i]);
  }
  mark_cached(monolith, is_holder, roles);
  handed_mark(monolith, roles);
  behaviour_free(behaviour);
  mark_entries(monolith, is_entry, roles);
  /* Without state (an imported graph) nothing is known to be free of it. */
  bool knows_state = monolith->n_states > 0;
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    bool is_outside = !monolith->routines[i].is_defined || monolith->routines[i].file[0] == '\0' ||
                      monolith_trial_of_routine(monolith, i) != NULL;
    roles->routine[i] = is_outside ? ROUTINE_OUTSIDE : ROUTINE_MEMBER;
  }
  if (knows_state) {
    utilities_mark(monolith, roles);
  }
  taint_by_state(monolith, roles, roles->is_tainted);
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (roles->routine[i] == ROUTINE_MEMBER && knows_state && !roles->is_tainted[i] &&
        !roles->is_entry[i]) {
      roles->routine[i] = ROUTINE_STATELESS;
    }
  }
  mark_frame(monolith, roles);
  find_handles(monolith, roles);
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
    g_free(roles->handle[i]);
  }
  g_free(roles->state_reason);
  g_free(roles->handle);
  g_free(roles->handle_may_be_opened);
  g_free(roles->is_entry);
  g_free(roles->is_tainted);
  g_free(roles->is_gateway);
  g_free(roles->is_frame);
  g_free(roles->is_in_frame);
  g_free(roles->is_all_frame);
  g_free(roles);
}
