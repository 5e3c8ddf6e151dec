#include <string.h>

#include "splitter/functions.h"

static void add_obstacle(struct function *function, enum readiness readiness, const char *file,
                         gint64 line, char *text)
{
  for (guint i = 0; i < function->obstacles->len; i++) {
    const struct obstacle *known = &g_array_index(function->obstacles, struct obstacle, i);
    if (strcmp(known->text, text) == 0) {
      g_free(text);
      return;
    }
  }
  struct obstacle obstacle = {readiness, text, file, line};
  g_array_append_val(function->obstacles, obstacle);
  function->readiness = MAX(function->readiness, readiness);
}

static gboolean reaches(const struct function *function, guint32 routine)
{
  for (guint i = 0; i < function->routines->len; i++) {
    if (g_array_index(function->routines, guint32, i) == routine) {
      return TRUE;
    }
  }
  return FALSE;
}

/* Effects that stand in the way: the outside routines that have them, and the words for it. */
static const struct {
  const char *effect;
  const char *const *via;
  enum readiness readiness;
  const char *words;
} effect_obstacles[] = {
    {"signal", (const char *const[]){"signal", "sigaction", "bsd_signal", "sysv_signal", NULL},
     READINESS_BLOCKED, "sets process-wide signal handlers"},
    {"thread", (const char *const[]){"pthread_create", "thrd_create", "g_thread_new", NULL},
     READINESS_BLOCKED, "starts a thread that outlives the call"},
    {"socket",
     (const char *const[]){"bind", "listen", "accept", "accept4", "MHD_start_daemon", "uv_listen",
                           "evhttp_bind_socket", "evconnlistener_new_bind", "mg_bind", NULL},
     READINESS_BLOCKED, "listens on a socket"},
    {"process",
     (const char *const[]){"fork", "vfork", "system", "popen", "posix_spawn", "posix_spawnp",
                           "execl", "execv", "execve", "execvp", "execlp", NULL},
     READINESS_ADAPT, "starts another process: pack that program or call a service"},
    {"file",
     (const char *const[]){"fwrite", "fputs", "write", "pwrite", "writev", "ftruncate", "truncate",
                           "rename", "unlink", "remove", "sendfile", NULL},
     READINESS_ADAPT, "writes the local disk: move what it keeps to object storage"},
};

static void assess_effect(const struct proposal *proposal, struct function *function,
                          const struct fact_effect *effect)
{
  guint32 routine = monolith_routine(proposal->monolith, effect->routine);
  if (routine == MONOLITH_NONE || !reaches(function, routine)) {
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(effect_obstacles); i++) {
    if (strcmp(effect->effect, effect_obstacles[i].effect) == 0 &&
        g_strv_contains(effect_obstacles[i].via, effect->via)) {
      add_obstacle(function, effect_obstacles[i].readiness, effect->file, effect->line,
                   g_strdup_printf("%s %s (%s)", proposal->monolith->routines[routine].name,
                                   effect_obstacles[i].words, effect->via));
    }
  }
}

/* How a function uses one state while it serves. */
struct use {
  const struct access *first; /* a write when there is one */
  gboolean is_written;
  gboolean is_read; /* other than by adding to it */
};

static struct use use_of(const struct proposal *proposal, const struct function *function,
                         guint32 state)
{
  const struct monolith *monolith = proposal->monolith;
  struct use use = {NULL, FALSE, FALSE};
  gboolean is_owned = proposal->roles->state[state] == STATE_OWNED;
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (access->fact->is_startup || !reaches(function, access->routine) ||
        (is_owned && !roles_works_on(monolith, proposal->roles, access))) {
      continue;
    }
    gboolean is_write = access->mode == ACCESS_WRITE;
    if (use.first == NULL || (is_write && !use.is_written)) {
      use.first = access;
    }
    use.is_written |= is_write;
    use.is_read |= !is_write && !access->is_add;
  }
  return use;
}

/* State that is in the process: only what changes an answer or loses something counts; the rest is
 * noted. */
static void assess_memory(struct function *function, const char *name, enum state_role role,
                          const struct use *use)
{
  const char *file = use->first->fact->file;
  gint64 line = use->first->fact->line;
  if (role == STATE_COUNTER && use->is_read) {
    add_obstacle(function, READINESS_ADAPT, file, line,
                 g_strdup_printf("reports counter %s, which every copy counts for itself: read "
                                 "the sum from outside",
                                 name));
  } else if (role == STATE_COUNTER) {
    add_obstacle(function, READINESS_READY, file, line,
                 g_strdup_printf("counter %s: every copy counts for itself", name));
  } else if (role == STATE_CACHE || role == STATE_LOG) {
    add_obstacle(function, READINESS_READY, file, line,
                 g_strdup_printf("%s %s: every copy has its own",
                                 role == STATE_CACHE ? "cache" : "log", name));
  } else if (role == STATE_OWNED) {
    add_obstacle(function, READINESS_ADAPT, file, line,
                 g_strdup_printf("%s%s lives in the process between calls: keep it outside",
                                 use->is_written ? "written state " : "state ", name));
  }
}

static void assess_state(const struct proposal *proposal, struct function *function, guint32 state)
{
  const struct fact_state *fact = &proposal->monolith->states[state];
  struct use use = use_of(proposal, function, state);
  if (use.first == NULL || proposal->state[state].role == PLACE_EXTERNAL ||
      strcmp(fact->storage, "table") == 0) {
    return;
  }
  g_autofree char *name = monolith_state_name(fact);
  const char *file = use.first->fact->file;
  gint64 line = use.first->fact->line;
  if (strcmp(fact->storage, "shm") == 0) {
    add_obstacle(function, READINESS_BLOCKED, file, line,
                 g_strdup_printf("shared memory %s", name));
  } else if (strcmp(fact->storage, "file") == 0) {
    add_obstacle(function, use.is_written ? READINESS_BLOCKED : READINESS_ADAPT, file, line,
                 g_strdup_printf(use.is_written ? "data file %s on the local disk between calls: "
                                                  "move it to object storage or a database"
                                                : "reads file %s: pack it with the function",
                                 name));
  } else {
    assess_memory(function, name, proposal->roles->state[state], &use);
  }
}

static void assess_unresolved(const struct proposal *proposal, struct function *function)
{
  const struct monolith *monolith = proposal->monolith;
  for (size_t i = 0; i < monolith->site_set->n; i++) {
    const struct fact_site *site = record_at(monolith->site_set, fact_site, i);
    if (site->is_direct || site->is_complete) {
      continue;
    }
    guint32 caller = monolith_routine(monolith, site->caller);
    gboolean has_target = FALSE;
    if (caller == MONOLITH_NONE || !reaches(function, caller)) {
      continue;
    }
    for (guint32 j = monolith->first_call[caller]; j < monolith->first_call[caller + 1]; j++) {
      has_target |= monolith->calls[j].fact->site == site->id;
    }
    if (!has_target) {
      add_obstacle(function, READINESS_BLOCKED, site->file, site->line,
                   g_strdup_printf("%s calls %s, whose targets are not known: it may write state",
                                   monolith->routines[caller].name, site->expression));
    }
  }
}

static int compare_obstacles(gconstpointer left, gconstpointer right)
{
  const struct obstacle *a = left;
  const struct obstacle *b = right;
  if (a->readiness != b->readiness) {
    return a->readiness > b->readiness ? -1 : 1;
  }
  int order = strcmp(a->file, b->file);
  if (order == 0) {
    order = a->line < b->line ? -1 : a->line > b->line;
  }
  return order != 0 ? order : strcmp(a->text, b->text);
}

void function_assess(const struct proposal *proposal, struct function *function)
{
  function->readiness = READINESS_READY;
  for (guint32 i = 0; i < proposal->monolith->n_effects; i++) {
    assess_effect(proposal, function, &proposal->monolith->effects[i]);
  }
  for (guint i = 0; i < function->states->len; i++) {
    assess_state(proposal, function, g_array_index(function->states, guint32, i));
  }
  assess_unresolved(proposal, function);
  g_array_sort(function->obstacles, compare_obstacles);
}
