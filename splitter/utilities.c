#include "splitter/utilities.h"

#include <string.h>

#include "splitter/behaviour.h"
#include "splitter/handle.h"

/* What is known of one file when it is asked whether it is a utility. */
struct file_use {
  guint32 n_in;  /* files that call into it */
  guint32 n_out; /* files that it calls into and that are no utilities */
  bool has_entry;
  bool is_tainted;    /* state that needs an owner is behind it */
  bool is_only_below; /* only utilities call it */
  bool is_utility;
};

static void count_neighbours(const struct monolith *monolith, const struct roles *roles,
                             struct file_use *use)
{
  g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
  g_autofree gint64 *keys = g_new(gint64, MAX(monolith->n_calls, 1));
  for (guint i = 0; i < monolith->files->len; i++) {
    use[i].n_in = use[i].n_out = 0;
    use[i].is_only_below = true;
  }
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
      /* What is called through a pointer was handed in: that is no use of it. */
      use[from].n_out += !use[to].is_utility && call->is_direct;
      use[to].n_in++;
      use[to].is_only_below &= use[from].is_utility;
    }
  }
}

/* Whether a record links to others of its kind: then it is a collection, which is data. */
static bool is_collection(const struct monolith *monolith, guint32 state)
{
  static const char *const links[] = {"next", "prev", "previous", "left", "right", "link", NULL};
  const struct fact_state *fact = &monolith->states[state];
  return fact->field[0] != '\0' && g_strv_contains(links, fact->field);
}

/* State that keeps FILE from being a utility: what others touch too, tables, collections. */
static bool keeps_from(const struct monolith *monolith, guint32 file, guint32 state)
{
  if (behaviour_is_outside(&monolith->states[state]) || is_collection(monolith, state)) {
    return true;
  }
  if (strcmp(monolith->states[state].storage, "heap") == 0 && monolith->state_file[state] == file) {
    return false; /* allocated here on behalf of others: goes with its holder */
  }
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (monolith->routine_file[access->routine] != file && !access->fact->is_startup) {
      return true;
    }
  }
  return false;
}

static bool accesses_keeping(const struct monolith *monolith, const struct roles *roles,
                             guint32 routine)
{
  guint32 file = monolith->routine_file[routine];
  for (guint32 i = monolith->first_access[routine]; i < monolith->first_access[routine + 1]; i++) {
    const struct access *access = &monolith->accesses[i];
    if (roles_is_tied_by(monolith, roles, access) && keeps_from(monolith, file, access->state)) {
      return true;
    }
  }
  return false;
}

/* Files behind which state lies that no copy may have, their own private state left aside. */
static void taint_files(const struct monolith *monolith, const struct roles *roles,
                        struct file_use *use)
{
  g_autofree bool *is_tainted = g_new0(bool, MAX(monolith->n_routines, 1));
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (accesses_keeping(monolith, roles, i)) {
      roles_taint(monolith, roles, i, is_tainted);
    }
  }
  for (guint i = 0; i < monolith->files->len; i++) {
    use[i].is_tainted = false;
  }
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    struct file_use *own = &use[monolith->routine_file[i]];
    own->is_tainted |= is_tainted[i];
    own->has_entry |= roles->is_entry[i];
  }
}

/* What becomes of the state of a utility, with the reason. */
static char *reason_of_private(const struct monolith *monolith, guint32 state, bool is_lock)
{
  if (is_lock) {
    return g_strdup("guards what a utility keeps: replicated with it, one per copy");
  }
  g_autofree char *handle = handle_in_state(monolith, state, NULL);
  if (handle != NULL) {
    return g_strdup_printf("of a utility that many files use, and holds %s: replicated, every copy "
                           "opens its own at its cold start",
                           handle);
  }
  return behaviour_only_written(monolith, state)
             ? g_strdup("of a utility that many files use, only written: replicated, or sent to a "
                        "log outside")
             : g_strdup("of a utility that many files use and of no one else, no collection: "
                        "replicated, one per copy");
}

static void make_private(const struct monolith *monolith, struct roles *roles, guint32 file)
{
  for (guint32 i = 0; i < monolith->n_states; i++) {
    bool is_lock = roles->state[i] == STATE_LOCK;
    bool is_kept = roles->state[i] == STATE_OWNED || roles->state[i] == STATE_HANDED;
    if (monolith->state_file[i] == file && (is_kept || is_lock)) {
      roles->state[i] = STATE_PRIVATE;
      g_free(roles->state_reason[i]);
      roles->state_reason[i] = reason_of_private(monolith, i, is_lock);
    }
  }
}

/* A file is a utility when many files use it or only utilities do, it uses few others, no entry
 * lies in it, and what state it has is its own and no data. One utility makes others possible. */
void utilities_mark(const struct monolith *monolith, struct roles *roles)
{
  enum { FEWEST_USERS = 3 };
  guint n_files = monolith->files->len;
  g_autofree struct file_use *use = g_new0(struct file_use, MAX(n_files, 1));
  for (bool is_changed = true; is_changed;) {
    is_changed = false;
    count_neighbours(monolith, roles, use);
    taint_files(monolith, roles, use);
    for (guint32 file = 0; file < n_files; file++) {
      struct file_use *own = &use[file];
      bool is_used = own->n_in >= FEWEST_USERS || (own->n_in > 0 && own->is_only_below);
      if (!own->is_utility && !own->has_entry && !own->is_tainted && is_used &&
          own->n_in >= 2 * own->n_out) {
        own->is_utility = true;
        is_changed = true;
        make_private(monolith, roles, file);
      }
    }
  }
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (roles->routine[i] != ROUTINE_OUTSIDE && use[monolith->routine_file[i]].is_utility) {
      roles->routine[i] = ROUTINE_UTILITY;
    }
  }
}
