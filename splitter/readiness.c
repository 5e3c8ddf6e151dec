#include <string.h>

#include "splitter/functions.h"
#include "splitter/marshal.h"

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

/* The routines of a function are ascending. */
static gboolean reaches(const struct function *function, guint32 routine)
{
  guint low = 0;
  guint high = function->routines->len;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (g_array_index(function->routines, guint32, middle) < routine) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < function->routines->len &&
         g_array_index(function->routines, guint32, low) == routine;
}

/* Whether FUNCTION is a program that answers one request and ends (RFC 3875): every event has a
 * process of its own, and nothing in it meets another one. Who accepts FastCGI requests stays. */
static bool is_cgi(const struct proposal *proposal, const struct function *function)
{
  const struct monolith *monolith = proposal->monolith;
  const struct fact_routine *routine = &monolith->routines[function->routine];
  if (strcmp(function->trigger, "http") != 0 || strcmp(routine->name, "main") != 0) {
    return false;
  }
  for (guint32 i = 0; i < monolith->n_entries; i++) {
    if (monolith->entries[i].routine == routine->id &&
        strcmp(monolith->entries[i].rule, "fastcgi-loop") == 0) {
      return false;
    }
  }
  return true;
}

/* Effects that stand in the way: the outside routines that have them, and the words for it. */
static const struct {
  const char *effect;
  const char *const *via;
  enum readiness readiness;
  const char *words;
  bool is_of_process; /* only who comes after notices it in the same process */
} effect_obstacles[] = {
    {"signal", (const char *const[]){"signal", "sigaction", "bsd_signal", "sysv_signal", NULL},
     READINESS_BLOCKED, "sets process-wide signal handlers", true},
    {"signal", (const char *const[]){"alarm", "setitimer", "timer_create", "timer_settime", NULL},
     READINESS_BLOCKED, "sets a timer of the process", true},
    {"shared-memory",
     (const char *const[]){"mmap", "shm_open", "shmget", "shmat", "sem_open", "semget",
                           "memfd_create", NULL},
     READINESS_BLOCKED, "shares memory with other processes", false},
    {"event-loop",
     (const char *const[]){"epoll_wait", "event_base_dispatch", "event_base_loop", "event_dispatch",
                           "uv_run", "ev_run", "kevent", NULL},
     READINESS_BLOCKED, "runs an event loop of its own, where the platform waits for events",
     false},
    {"queue",
     (const char *const[]){"mq_open", "mq_send", "mq_receive", "msgget", "msgsnd", "msgrcv", NULL},
     READINESS_ADAPT, "uses a queue of the kernel, which ends at the machine: use the platform's",
     false},
    {"file-watch",
     (const char *const[]){"inotify_init", "inotify_init1", "inotify_add_watch", "fanotify_init",
                           NULL},
     READINESS_ADAPT, "watches files of the machine: let object storage send events", false},
    {"exit", (const char *const[]){"exit", "_exit", "_Exit", "quick_exit", NULL}, READINESS_ADAPT,
     "ends the process, and with it the instance: return an error", true},
    {"socket",
     (const char *const[]){"bind", "listen", "accept", "accept4", "MHD_start_daemon", "uv_listen",
                           "evhttp_bind_socket", "evconnlistener_new_bind", "mg_bind", NULL},
     READINESS_BLOCKED, "listens on a socket", false},
    {"process",
     (const char *const[]){"fork", "vfork", "system", "popen", "posix_spawn", "posix_spawnp",
                           "execl", "execv", "execve", "execvp", "execlp", NULL},
     READINESS_ADAPT, "starts another process: pack that program or call a service", false},
    {"file",
     (const char *const[]){"fwrite", "fputs", "write", "pwrite", "writev", "ftruncate", "truncate",
                           "rename", "unlink", "remove", "sendfile", NULL},
     READINESS_ADAPT, "writes the local disk: move what it keeps to object storage", false},
};

/* Whether any routine of FUNCTION has EFFECT by a routine whose name begins with one of BEGINNINGS.
 */
static bool has_effect(const struct proposal *proposal, const struct function *function,
                       const char *effect, const char *const *beginnings)
{
  for (guint32 i = 0; i < proposal->monolith->n_effects; i++) {
    const struct fact_effect *fact = &proposal->monolith->effects[i];
    guint32 routine = monolith_routine(proposal->monolith, fact->routine);
    bool is_meant =
        routine != MONOLITH_NONE && strcmp(fact->effect, effect) == 0 && reaches(function, routine);
    for (gsize j = 0; is_meant && beginnings[j] != NULL; j++) {
      if (g_str_has_prefix(fact->via, beginnings[j])) {
        return true;
      }
    }
  }
  return false;
}

/* Threads, sockets and databases: what they mean depends on what else the function does. */
static void assess_company(const struct proposal *proposal, struct function *function,
                           const struct fact_effect *effect, const char *routine)
{
  static const char *const starts[] = {"pthread_create", "thrd_create", "g_thread_new", NULL};
  static const char *const joins[] = {"pthread_join", "thrd_join", NULL};
  static const char *const talks[] = {"recv",   "recvfrom", "recvmsg",  "recvmmsg", "send",
                                      "sendto", "sendmsg",  "sendmmsg", NULL};
  static const char *const connects[] = {"connect", "getaddrinfo", NULL};
  static const char *const servers[] = {"PQ", "mysql_", NULL};
  if (strcmp(effect->effect, "thread") == 0 && g_strv_contains(starts, effect->via) &&
      !is_cgi(proposal, function)) {
    bool waits = has_effect(proposal, function, "thread", joins);
    add_obstacle(function, waits ? READINESS_READY : READINESS_BLOCKED, effect->file, effect->line,
                 g_strdup_printf(waits ? "%s starts threads and waits for them (%s): give it CPUs"
                                       : "%s starts a thread that outlives the call (%s)",
                                 routine, effect->via));
  } else if (strcmp(effect->effect, "socket") == 0 && g_strv_contains(talks, effect->via) &&
             !has_effect(proposal, function, "socket", connects)) {
    add_obstacle(function, READINESS_BLOCKED, effect->file, effect->line,
                 g_strdup_printf("%s speaks a protocol of its own on a connection that it did not "
                                 "open (%s): platforms deliver events, not bytes",
                                 routine, effect->via));
  } else if (strcmp(effect->effect, "database") == 0 && g_str_has_prefix(effect->via, "sqlite3_")) {
    bool has_server = has_effect(proposal, function, "database", servers);
    add_obstacle(function, has_server ? READINESS_READY : READINESS_BLOCKED, effect->file,
                 effect->line,
                 has_server ? g_strdup("can use SQLite or a server: configure the server, for the "
                                       "local disk does not last")
                            : g_strdup_printf("%s keeps a database on the local disk between calls "
                                              "(%s): move it to a server",
                                              routine, effect->via));
  }
}

static void assess_effect(const struct proposal *proposal, struct function *function,
                          const struct fact_effect *effect)
{
  guint32 routine = monolith_routine(proposal->monolith, effect->routine);
  if (routine == MONOLITH_NONE || !reaches(function, routine)) {
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(effect_obstacles); i++) {
    bool is_alone = effect_obstacles[i].is_of_process && is_cgi(proposal, function);
    if (!is_alone && strcmp(effect->effect, effect_obstacles[i].effect) == 0 &&
        g_strv_contains(effect_obstacles[i].via, effect->via)) {
      add_obstacle(function, effect_obstacles[i].readiness, effect->file, effect->line,
                   g_strdup_printf("%s %s (%s)", proposal->monolith->routines[routine].name,
                                   effect_obstacles[i].words, effect->via));
    }
  }
  assess_company(proposal, function, effect, proposal->monolith->routines[routine].name);
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

/* Whether FUNCTION reaches the routine that allocates the memory: then it may be its own. */
static bool makes(const struct monolith *monolith, const struct function *function, guint32 state)
{
  const struct fact_state *fact = &monolith->states[state];
  for (guint i = 0; i < function->routines->len; i++) {
    const struct fact_routine *routine =
        &monolith->routines[g_array_index(function->routines, guint32, i)];
    if (routine->line <= fact->line && fact->line <= routine->end_line &&
        strcmp(routine->file, fact->file) == 0) {
      return true;
    }
  }
  return false;
}

/* State that is in the process: only what changes an answer or loses something counts; the rest is
 * noted. */
static void assess_memory(const struct proposal *proposal, struct function *function, guint32 state,
                          const struct use *use)
{
  const struct monolith *monolith = proposal->monolith;
  const struct roles *roles = proposal->roles;
  enum state_role role = roles->state[state];
  g_autofree char *name = monolith_state_name(&monolith->states[state]);
  bool is_kept = role == STATE_OWNED && use->is_written;
  const char *handle = is_kept ? roles->handle[state] : NULL;
  bool may_be_opened = roles->handle_may_be_opened[state];
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
  } else if (handle != NULL) {
    add_obstacle(function, may_be_opened ? READINESS_ADAPT : READINESS_BLOCKED, file, line,
                 g_strdup_printf("keeps %s in %s beyond the call: %s", handle, name,
                                 may_be_opened ? "every instance has to open its own"
                                               : "no other instance has it"));
  } else if (role == STATE_HANDED && use->is_written && !makes(monolith, function, state)) {
    add_obstacle(function, READINESS_ADAPT, file, line,
                 g_strdup_printf("written state %s is handed in and not made here: its holder "
                                 "keeps it in the process between calls",
                                 name));
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
      strcmp(fact->storage, "table") == 0 ||
      (strcmp(fact->storage, "file") == 0 && proposal->roles->state[state] == STATE_OUTSIDE)) {
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
  } else if (!is_cgi(proposal, function)) {
    assess_memory(proposal, function, state, &use);
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
      bool ends = is_cgi(proposal, function);
      add_obstacle(function, ends ? READINESS_ADAPT : READINESS_BLOCKED, site->file, site->line,
                   g_strdup_printf("%s calls %s, whose targets are not known: %s",
                                   monolith->routines[caller].name, site->expression,
                                   ends ? "what it does is not all known" : "it may write state"));
    }
  }
}

/* What a file does that the parser could not read, nobody knows: the first error of each file. */
static void assess_errors(const struct monolith *monolith, struct function *function)
{
  g_autoptr(GHashTable) files = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < function->routines->len; i++) {
    guint32 routine = g_array_index(function->routines, guint32, i);
    g_hash_table_add(files, (gpointer)monolith->routines[routine].file);
  }
  for (size_t i = 0; i < monolith->diagnostic_set->n; i++) {
    const struct fact_diagnostic *found = record_at(monolith->diagnostic_set, fact_diagnostic, i);
    bool is_error = strcmp(found->severity, "error") == 0 || strcmp(found->severity, "fatal") == 0;
    if (is_error && g_hash_table_remove(files, found->file)) {
      add_obstacle(function, READINESS_ADAPT, found->file, found->line,
                   g_strdup_printf("%s does not parse (%s): what it does is not all known",
                                   found->file, found->message));
    }
  }
}

static void assess_loop(const struct monolith *monolith, struct function *function)
{
  const struct fact_entry *entry =
      function->entry != MONOLITH_NONE ? &monolith->entries[function->entry] : NULL;
  if (entry != NULL && function_takes_work(monolith, entry)) {
    add_obstacle(
        function, READINESS_ADAPT, entry->file, entry->line,
        g_strdup_printf("%s takes its next work itself: let what it does in one turn be the "
                        "function",
                        monolith->routines[function->routine].name));
  }
}

static bool is_allocator(const char *name)
{
  static const char *const names[] = {"malloc",    "calloc",   "strdup",    "strndup",  "asprintf",
                                      "vasprintf", "g_malloc", "g_malloc0", "g_strdup", NULL};
  return g_strv_contains(names, name);
}

/* The first call of an allocator, by place, or NULL. */
static const struct call *find_allocation(const struct monolith *monolith,
                                          const struct function *function)
{
  const struct call *found = NULL;
  for (guint i = 0; i < function->routines->len; i++) {
    guint32 routine = g_array_index(function->routines, guint32, i);
    for (guint32 j = monolith->first_call[routine]; j < monolith->first_call[routine + 1]; j++) {
      const struct call *call = &monolith->calls[j];
      int order = found ? strcmp(call->fact->file, found->fact->file) : -1;
      if (is_allocator(monolith->routines[call->callee].name) &&
          (order < 0 || (order == 0 && call->fact->line < found->fact->line))) {
        found = call;
      }
    }
  }
  return found;
}

/* What a routine allocates and puts into a value that goes back to the caller belongs to nobody.
 * Requests and responses of http functions have routines that release them. */
static void assess_ownership(const struct monolith *monolith, struct function *function)
{
  if (strcmp(function->trigger, "http") == 0) {
    return;
  }
  const struct fact_param *param = marshal_unowned(monolith, function->routine);
  const struct call *allocation = param ? find_allocation(monolith, function) : NULL;
  if (allocation) {
    add_obstacle(
        function, READINESS_READY, allocation->fact->file, allocation->fact->line,
        g_strdup_printf("what %s allocates (%s) is never freed when it is put into '%s': say "
                        "transfer(full, free=...) or transfer(none) in its contract",
                        monolith->routines[allocation->caller].name,
                        monolith->routines[allocation->callee].name, param->name));
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
  assess_loop(proposal->monolith, function);
  assess_errors(proposal->monolith, function);
  assess_ownership(proposal->monolith, function);
  g_array_sort(function->obstacles, compare_obstacles);
}
