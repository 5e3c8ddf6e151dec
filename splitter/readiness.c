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

static gboolean is_any(const char *text, const char *const *list)
{
  return g_strv_contains(list, text);
}

static void assess_effect(const struct proposal *proposal, struct function *function,
                          const struct fact_effect *effect)
{
  static const char *const listening[] = {"bind", "listen", "accept", "accept4", NULL};
  guint32 routine = monolith_routine(proposal->monolith, effect->routine);
  if (routine == MONOLITH_NONE || !reaches(function, routine)) {
    return;
  }
  const char *name = proposal->monolith->routines[routine].name;
  if (strcmp(effect->effect, "signal") == 0) {
    add_obstacle(function, READINESS_BLOCKED, effect->file, effect->line,
                 g_strdup_printf("%s sets process-wide signal handling (%s)", name, effect->via));
  } else if (strcmp(effect->effect, "thread") == 0 &&
             (strstr(effect->via, "create") != NULL || strstr(effect->via, "thrd") != NULL)) {
    add_obstacle(
        function, READINESS_BLOCKED, effect->file, effect->line,
        g_strdup_printf("%s starts a thread (%s) that outlives the call", name, effect->via));
  } else if (strcmp(effect->effect, "process") == 0) {
    add_obstacle(function, READINESS_ADAPT, effect->file, effect->line,
                 g_strdup_printf("%s starts or ends processes (%s)", name, effect->via));
  } else if (strcmp(effect->effect, "socket") == 0 && is_any(effect->via, listening)) {
    add_obstacle(function, READINESS_BLOCKED, effect->file, effect->line,
                 g_strdup_printf("%s listens on a socket (%s)", name, effect->via));
  } else if (strcmp(effect->effect, "shm") == 0) {
    add_obstacle(function, READINESS_BLOCKED, effect->file, effect->line,
                 g_strdup_printf("%s uses shared memory (%s)", name, effect->via));
  }
}

/* The first access of a state within the function, a write when there is one. */
static const struct access *first_access(const struct monolith *monolith,
                                         const struct function *function, guint32 state,
                                         gboolean *is_written)
{
  const struct access *found = NULL;
  *is_written = FALSE;
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    if (access->fact->is_startup || !reaches(function, access->routine)) {
      continue;
    }
    gboolean is_write = access->mode == ACCESS_WRITE;
    if (found == NULL || (is_write && !*is_written)) {
      found = access;
    }
    *is_written |= is_write;
  }
  return found;
}

static void assess_state(const struct proposal *proposal, struct function *function, guint32 state)
{
  const struct monolith *monolith = proposal->monolith;
  const struct fact_state *fact = &monolith->states[state];
  gboolean is_written = FALSE;
  const struct access *access = first_access(monolith, function, state, &is_written);
  if (access == NULL || proposal->state[state].role == PLACE_EXTERNAL ||
      strcmp(fact->storage, "table") == 0) {
    return;
  }
  g_autofree char *name = monolith_state_name(fact);
  enum state_role role = proposal->roles->state[state];
  const char *file = access->fact->file;
  gint64 line = access->fact->line;
  if (strcmp(fact->storage, "shm") == 0) {
    add_obstacle(function, READINESS_BLOCKED, file, line,
                 g_strdup_printf("shared memory %s", name));
  } else if (strcmp(fact->storage, "file") == 0) {
    add_obstacle(function, is_written ? READINESS_BLOCKED : READINESS_ADAPT, file, line,
                 g_strdup_printf(is_written ? "data file %s on the local disk between calls: move "
                                              "it to object storage or a database"
                                            : "reads file %s: pack it with the function",
                                 name));
  } else if (role == STATE_COUNTER || role == STATE_LOG) {
    add_obstacle(function, READINESS_ADAPT, file, line,
                 g_strdup_printf("%s %s: report it as a metric, copies do not add up",
                                 role == STATE_COUNTER ? "counter" : "log", name));
  } else if (role == STATE_OWNED) {
    add_obstacle(function, READINESS_ADAPT, file, line,
                 g_strdup_printf("%s %s lives in the process between calls: keep it outside (%s)",
                                 is_written ? "written state" : "state", name,
                                 strcmp(fact->storage, "heap") == 0 ? "heap" : "variable"));
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
