#include "splitter/functions.h"

#include <string.h>

#include "splitter/function_names.h"

const char *const readiness_names[] = {"ready", "adapt", "blocked"};

static void obstacle_clear(gpointer data)
{
  g_free(((struct obstacle *)data)->text);
}

void function_free(gpointer data)
{
  struct function *function = data;
  if (function == NULL) {
    return;
  }
  g_free(function->name);
  g_free(function->trigger);
  g_free(function->key);
  g_array_unref(function->routines);
  g_array_unref(function->states);
  g_array_unref(function->obstacles);
  g_free(function);
}

static int compare_numbers(gconstpointer left, gconstpointer right)
{
  guint32 a = *(const guint32 *)left;
  guint32 b = *(const guint32 *)right;
  return a < b ? -1 : a > b;
}

/* Whether the platform makes this call in place of the program: a dispatch through a table. What a
 * chain of comparisons calls by name stays the program's own call. */
static gboolean is_platforms(const struct proposal *proposal, guint32 call)
{
  const struct call *made = &proposal->monolith->calls[call];
  return proposal->roles->is_gateway[call] && !(made->is_direct && made->n_targets == 1);
}

/* Everything that ROUTINE can reach by calls that are not the platform's to make. */
static void reach(const struct proposal *proposal, guint32 routine, GArray *routines)
{
  const struct monolith *monolith = proposal->monolith;
  g_autofree guint8 *is_seen = g_new0(guint8, MAX(monolith->n_routines, 1));
  g_array_append_val(routines, routine);
  is_seen[routine] = 1;
  for (guint head = 0; head < routines->len; head++) {
    guint32 at = g_array_index(routines, guint32, head);
    for (guint32 i = monolith->first_call[at]; i < monolith->first_call[at + 1]; i++) {
      guint32 callee = monolith->calls[i].callee;
      if (!is_seen[callee] && !is_platforms(proposal, i) && monolith->routines[callee].is_defined) {
        is_seen[callee] = 1;
        g_array_append_val(routines, callee);
      }
    }
  }
  g_array_sort(routines, compare_numbers);
}

static void touch(const struct proposal *proposal, const GArray *routines, GArray *states)
{
  const struct monolith *monolith = proposal->monolith;
  g_autofree guint8 *is_seen = g_new0(guint8, MAX(monolith->n_states, 1));
  for (guint i = 0; i < routines->len; i++) {
    guint32 routine = g_array_index(routines, guint32, i);
    for (guint32 j = monolith->first_access[routine]; j < monolith->first_access[routine + 1];
         j++) {
      guint32 state = monolith->accesses[j].state;
      if (!is_seen[state]) {
        is_seen[state] = 1;
        g_array_append_val(states, state);
      }
    }
  }
  g_array_sort(states, compare_numbers);
}

/* Everything that ROUTINE reaches by calls that name the callee. */
static bool reaches_by_name(const struct monolith *monolith, guint32 routine, const char *name)
{
  g_autofree bool *is_seen = g_new0(bool, MAX(monolith->n_routines, 1));
  g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(guint32));
  is_seen[routine] = true;
  g_array_append_val(open, routine);
  for (guint head = 0; head < open->len; head++) {
    guint32 at = g_array_index(open, guint32, head);
    if (strcmp(monolith->routines[at].name, name) == 0) {
      return true;
    }
    for (guint32 i = monolith->first_call[at]; i < monolith->first_call[at + 1]; i++) {
      guint32 callee = monolith->calls[i].callee;
      if (!is_seen[callee] && monolith->calls[i].is_direct) {
        is_seen[callee] = true;
        g_array_append_val(open, callee);
      }
    }
  }
  return false;
}

bool function_takes_work(const struct monolith *monolith, const struct fact_entry *entry)
{
  static const char *const triggers[] = {"queue", "schedule", "object", "stream", NULL};
  guint32 routine = monolith_routine(monolith, entry->routine);
  return routine != MONOLITH_NONE && entry->registrar[0] != '\0' &&
         g_strv_contains(triggers, entry->trigger) &&
         reaches_by_name(monolith, routine, entry->registrar);
}

/* Whether another entry tells better what the routine of the entry at NUMBER is for: of a thread,
 * what its loop waits for; of several places that wait, the surest, then the first. */
static bool is_told_better(const struct monolith *monolith, guint32 number)
{
  const struct fact_entry *entry = &monolith->entries[number];
  bool takes_work = function_takes_work(monolith, entry);
  bool is_thread = strcmp(entry->trigger, "direct") == 0;
  for (guint32 i = 0; (takes_work || is_thread) && i < monolith->n_entries; i++) {
    const struct fact_entry *other = &monolith->entries[i];
    if (i != number && other->routine == entry->routine && function_takes_work(monolith, other) &&
        (is_thread || other->confidence > entry->confidence ||
         (other->confidence == entry->confidence && i < number))) {
      return true;
    }
  }
  return false;
}

/* Whether a main registers or reaches other entries: then it starts the program and serves.
 * Threads, signal handlers and what waits by itself any program may have: they stand in a main's
 * way, and are told so. */
static gboolean sets_up_entries(const struct proposal *proposal, const GArray *routines)
{
  const struct monolith *monolith = proposal->monolith;
  g_autoptr(GHashTable) registrars = g_hash_table_new(g_str_hash, g_str_equal);
  g_autofree bool *is_served = g_new0(bool, MAX(monolith->n_routines, 1));
  for (guint32 i = 0; i < monolith->n_entries; i++) {
    const struct fact_entry *entry = &monolith->entries[i];
    if (strcmp(entry->trigger, "main") != 0 && strcmp(entry->trigger, "direct") != 0 &&
        !function_takes_work(monolith, entry)) {
      guint32 served = monolith_routine(monolith, entry->routine);
      g_hash_table_add(registrars, (gpointer)entry->registrar);
      if (served != MONOLITH_NONE) {
        is_served[served] = true;
      }
    }
  }
  for (guint i = 0; i < routines->len; i++) {
    guint32 routine = g_array_index(routines, guint32, i);
    if (g_hash_table_contains(registrars, monolith->routines[routine].name)) {
      return TRUE;
    }
    for (guint32 j = monolith->first_call[routine]; j < monolith->first_call[routine + 1]; j++) {
      if (proposal->roles->is_gateway[j] && is_served[monolith->calls[j].callee]) {
        return TRUE;
      }
    }
  }
  return FALSE;
}

static char *name_of_entry(const struct monolith *monolith, const struct fact_entry *entry,
                           guint32 routine)
{
  gboolean has_route = strcmp(entry->trigger, "http") == 0 && entry->key[0] != '\0';
  char *name = function_slug(has_route ? entry->key : monolith->routines[routine].name);
  if (name[0] == '\0') {
    g_free(name);
    name = function_slug(monolith->routines[routine].name);
  }
  return name;
}

static const char *registrar_file(const struct monolith *monolith, const char *registrar)
{
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (strcmp(monolith->routines[i].name, registrar) == 0 && monolith->routines[i].is_defined) {
      return monolith->routines[i].file;
    }
  }
  return "";
}

/* Whether an entry is part of what makes the process run: a signal handler, the body of a thread, a
 * dispatcher, the inside of a queue. The platform does that for functions. A handler that others
 * call with a message or at a time is none, wherever it stands. */
static bool is_for_the_process(const struct proposal *proposal, const struct fact_entry *entry,
                               guint32 routine)
{
  const struct monolith *monolith = proposal->monolith;
  if (strcmp(entry->trigger, "direct") == 0 && g_str_has_prefix(entry->rule, "signal-")) {
    return true; /* also in a program that has no frame */
  }
  if (!proposal->roles->is_in_frame[routine] || strcmp(entry->trigger, "main") == 0) {
    return false;
  }
  if (strcmp(entry->trigger, "http") == 0) {
    return (entry->key[0] == '\0' || strcmp(entry->key, "*") == 0) &&
           roles_dispatches(monolith, proposal->roles, routine);
  }
  if (strcmp(entry->trigger, "command") == 0) {
    return strcmp(registrar_file(monolith, entry->registrar), monolith->routines[routine].file) !=
           0;
  }
  return strcmp(entry->trigger, "direct") == 0 || function_takes_work(monolith, entry);
}

/* NUMBER is the entry's, MONOLITH_NONE for one that people declared. */
static struct function *function_of(const struct proposal *proposal, const struct fact_entry *entry,
                                    guint32 number, const struct chosen_trigger *chosen)
{
  const struct monolith *monolith = proposal->monolith;
  guint32 routine = monolith_routine(monolith, entry->routine);
  bool is_chosen = chosen != NULL && routine != MONOLITH_NONE && chosen[routine].trigger != NULL;
  if (routine == MONOLITH_NONE || !monolith->routines[routine].is_defined ||
      (!is_chosen && is_for_the_process(proposal, entry, routine))) {
    return NULL;
  }
  struct function *function = g_new0(struct function, 1);
  function->entry = number;
  function->routine = routine;
  function->service = proposal->routine[routine].service;
  function->routines = g_array_new(FALSE, FALSE, sizeof(guint32));
  function->states = g_array_new(FALSE, FALSE, sizeof(guint32));
  function->obstacles = g_array_new(FALSE, FALSE, sizeof(struct obstacle));
  g_array_set_clear_func(function->obstacles, obstacle_clear);
  reach(proposal, routine, function->routines);
  gboolean is_main = strcmp(entry->trigger, "main") == 0;
  if (is_main && sets_up_entries(proposal, function->routines)) {
    function_free(function);
    return NULL;
  }
  touch(proposal, function->routines, function->states);
  gboolean is_direct = is_main || strcmp(entry->trigger, "command") == 0;
  function->trigger = g_strdup(is_direct ? "direct" : entry->trigger);
  function->key = g_strdup(entry->key);
  if (chosen != NULL && chosen[routine].trigger != NULL) {
    g_free(function->trigger);
    function->trigger = g_strdup(chosen[routine].trigger);
  }
  if (chosen != NULL && chosen[routine].key != NULL) {
    g_free(function->key);
    function->key = g_strdup(chosen[routine].key);
  }
  function->name = name_of_entry(monolith, entry, routine);
  return function;
}

/* Functions that people declared for routines in which no entry was found. */
static void add_declared(const struct proposal *proposal, const struct chosen_trigger *chosen,
                         GPtrArray *functions)
{
  const struct monolith *monolith = proposal->monolith;
  g_autofree bool *has_function = g_new0(bool, MAX(monolith->n_routines, 1));
  for (guint i = 0; i < functions->len; i++) {
    has_function[((const struct function *)g_ptr_array_index(functions, i))->routine] = true;
  }
  for (guint32 i = 0; chosen != NULL && i < monolith->n_routines; i++) {
    if (chosen[i].trigger == NULL || has_function[i]) {
      continue;
    }
    struct fact_entry entry = {.routine = monolith->routines[i].id,
                               .trigger = chosen[i].trigger,
                               .key = chosen[i].key != NULL ? chosen[i].key : "",
                               .registrar = ""};
    struct function *function = function_of(proposal, &entry, MONOLITH_NONE, chosen);
    if (function != NULL) {
      g_ptr_array_add(functions, function);
    }
  }
}

GPtrArray *functions_of(const struct proposal *proposal, const struct chosen_trigger *chosen)
{
  GPtrArray *functions = g_ptr_array_new_with_free_func(function_free);
  for (guint32 i = 0; i < proposal->monolith->n_entries; i++) {
    struct function *function =
        is_told_better(proposal->monolith, i)
            ? NULL
            : function_of(proposal, &proposal->monolith->entries[i], i, chosen);
    if (function != NULL) {
      g_ptr_array_add(functions, function);
    }
  }
  add_declared(proposal, chosen, functions);
  function_names_settle(proposal->monolith, functions);
  for (guint i = 0; i < functions->len; i++) {
    function_assess(proposal, g_ptr_array_index(functions, i));
  }
  return functions;
}
