/* Reads the loads of a plan: functions, what their closures touch, and the cuts they make. */
#include <math.h>
#include <string.h>

#include "cost/error.h"
#include "cost/load_internal.h"
#include "store/facts.h"

static const struct range assumed_round_trip_ms = {1, 5, 20};

static const char *name_of(GHashTable *names, gint64 id)
{
  const char *name = g_hash_table_lookup(names, &id);
  return name != NULL ? name : "";
}

static GHashTable *service_names(const struct record_set *services)
{
  GHashTable *names = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < services->n; i++) {
    const struct plan_service *service = record_at(services, plan_service, i);
    g_hash_table_replace(names, (gpointer)&service->id, (gpointer)service->name);
  }
  return names;
}

static GHashTable *routine_names(const struct record_set *routines)
{
  GHashTable *names = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < routines->n; i++) {
    const struct fact_routine *routine = record_at(routines, fact_routine, i);
    g_hash_table_replace(names, (gpointer)&routine->id, (gpointer)routine->name);
  }
  return names;
}

/* What the code of one function's closure touches. */
struct closure {
  GHashTable *routines; /* set of gint64 * */
  GPtrArray *states;    /* gint64 * */
};

static void closure_free(gpointer data)
{
  struct closure *closure = data;
  g_hash_table_unref(closure->routines);
  g_ptr_array_unref(closure->states);
  g_free(closure);
}

/* plan_function.id -> struct closure *; the ids belong to the records. */
static GHashTable *read_closures(const struct record_set *records)
{
  GHashTable *closures = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, closure_free);
  for (size_t i = 0; i < records->n; i++) {
    const struct plan_closure *record = record_at(records, plan_closure, i);
    struct closure *closure = g_hash_table_lookup(closures, &record->function);
    if (closure == NULL) {
      closure = g_new0(struct closure, 1);
      closure->routines = g_hash_table_new(g_int64_hash, g_int64_equal);
      closure->states = g_ptr_array_new();
      g_hash_table_replace(closures, (gpointer)&record->function, closure);
    }
    if (strcmp(record->kind, "routine") == 0) {
      g_hash_table_add(closure->routines, (gpointer)&record->item);
    } else {
      g_ptr_array_add(closure->states, (gpointer)&record->item);
    }
  }
  return closures;
}

/* State that lives in the process's memory, is written while it serves and thus must be kept
 * somewhere else once every call may meet another instance. */
static bool must_be_kept(const struct fact_state *state)
{
  static const char *const outside[] = {"table", "file", "shm", NULL};
  return strcmp(state->class, "shared") == 0 && !g_strv_contains(outside, state->storage);
}

static void count_state(struct load *load, const struct closure *closure, GHashTable *states,
                        const struct record_set *accesses)
{
  g_autoptr(GHashTable) kept = g_hash_table_new(g_int64_hash, g_int64_equal);
  g_autoptr(GHashTable) read = g_hash_table_new(g_int64_hash, g_int64_equal);
  g_autoptr(GHashTable) written = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (unsigned int i = 0; i < closure->states->len; i++) {
    const struct fact_state *state = g_hash_table_lookup(states, closure->states->pdata[i]);
    if (state != NULL && must_be_kept(state)) {
      g_hash_table_add(kept, (gpointer)&state->id);
    }
  }
  for (size_t i = 0; i < accesses->n && g_hash_table_size(kept) > 0; i++) {
    const struct fact_access *access = record_at(accesses, fact_access, i);
    if (access->is_startup || !g_hash_table_contains(kept, &access->state) ||
        !g_hash_table_contains(closure->routines, &access->routine)) {
      continue;
    }
    g_hash_table_add(strcmp(access->mode, "read") == 0 ? read : written, (gpointer)&access->state);
  }
  load->n_state_reads = g_hash_table_size(read);
  load->n_state_writes = g_hash_table_size(written);
}

/* A function that carries a copy of the callee, or that has the state itself, stays at home. */
static bool crosses(const struct closure *closure, const struct plan_cut *cut)
{
  if (closure == NULL || !g_hash_table_contains(closure->routines, &cut->routine)) {
    return false;
  }
  for (unsigned int i = 0; i < closure->states->len; i++) {
    if (*(const int64_t *)closure->states->pdata[i] == cut->item) {
      return false;
    }
  }
  return !g_hash_table_contains(closure->routines, &cut->item);
}

/* Calls and accesses that cross services, for every function whose code makes them: each
 * invocation once, at least every fifth one, at most every site. */
static void add_cut(struct loads *loads, const struct plan_cut *cut, GHashTable *services,
                    const char *what, GHashTable *closures, const struct record_set *functions)
{
  struct range per_day = {0, 0, 0};
  double n_sites = fmax(1.0, (double)cut->n_sites);
  for (size_t i = 0; i < functions->n; i++) {
    const struct plan_function *function = record_at(functions, plan_function, i);
    const struct closure *closure = g_hash_table_lookup(closures, &function->id);
    const struct load *load = loads->functions->pdata[i];
    if (crosses(closure, cut)) {
      per_day.low += load->per_day.low * 0.2;
      per_day.likely += load->per_day.likely;
      per_day.high += load->per_day.high * n_sites;
    }
  }
  if (per_day.high > 0.0) {
    struct cut_load *entry = g_new0(struct cut_load, 1);
    entry->from_service = g_strdup(name_of(services, cut->from_service));
    entry->to_service = g_strdup(name_of(services, cut->to_service));
    entry->what = g_strdup(what);
    entry->per_day = per_day;
    entry->round_trip_ms = assumed_round_trip_ms;
    g_ptr_array_add(loads->cuts, entry);
  }
}

static int compare_cuts(gconstpointer a, gconstpointer b)
{
  const struct cut_load *left = *(const struct cut_load *const *)a;
  const struct cut_load *right = *(const struct cut_load *const *)b;
  int order = strcmp(left->from_service, right->from_service);
  order = order != 0 ? order : strcmp(left->to_service, right->to_service);
  order = order != 0 ? order : strcmp(left->what, right->what);
  if (order != 0 || left->per_day.likely == right->per_day.likely) {
    return order;
  }
  return left->per_day.likely < right->per_day.likely ? -1 : 1;
}

static bool read_cuts(struct loads *loads, struct store *store, GHashTable *services,
                      GHashTable *states, GHashTable *closures, const struct record_set *functions,
                      GError **error)
{
  g_autoptr(record_set) cuts = store_load(store, &plan_cut_table, "id", error);
  g_autoptr(record_set) routines =
      cuts == NULL ? NULL : store_load(store, &fact_routine_table, "id", error);
  if (routines == NULL) {
    return false;
  }
  g_autoptr(GHashTable) names = routine_names(routines);
  for (size_t i = 0; i < cuts->n; i++) {
    const struct plan_cut *cut = record_at(cuts, plan_cut, i);
    const struct fact_state *state = g_hash_table_lookup(states, &cut->item);
    const char *what = strcmp(cut->kind, "call") == 0 ? name_of(names, cut->item)
                       : state != NULL                ? state->name
                                                      : "";
    add_cut(loads, cut, services, what, closures, functions);
  }
  g_ptr_array_sort(loads->cuts, compare_cuts);
  return true;
}

static void note_assumptions(struct loads *loads, const struct workload *workload)
{
  unsigned int n_rates = 0;
  unsigned int n_durations = 0;
  unsigned int n_memories = 0;
  g_autoptr(GHashTable) used = g_hash_table_new(g_direct_hash, g_direct_equal);
  for (unsigned int i = 0; i < loads->functions->len; i++) {
    const struct load *load = loads->functions->pdata[i];
    n_rates += load->rate_source == LOAD_ASSUMED;
    n_durations += load->duration_source == LOAD_ASSUMED;
    n_memories += load->memory_source == LOAD_ASSUMED;
    if (load->entry != NULL) {
      g_hash_table_add(used, (gpointer)load->entry);
    }
  }
  for (unsigned int i = 0; i < workload->entries->len; i++) {
    const struct workload_entry *entry = workload->entries->pdata[i];
    if (!g_hash_table_contains(used, entry)) {
      g_ptr_array_add(loads->notes, g_strdup_printf("%s:%u: '%s' matches no function of the plan",
                                                    workload->name, entry->line, entry->name));
    }
  }
  if (n_rates > 0) {
    g_ptr_array_add(loads->notes,
                    g_strdup_printf("%u functions have no line in the workload: 100 to 10,000 "
                                    "calls a day assumed, likely 1,000 (direct ones 1 to 100, "
                                    "likely 10)",
                                    n_rates));
  }
  if (n_durations > 0) {
    g_ptr_array_add(loads->notes, g_strdup_printf("%u functions have no recorded or stated "
                                                  "duration: 2 to 60 ms assumed, likely 10",
                                                  n_durations));
  }
  if (n_memories > 0) {
    g_ptr_array_add(loads->notes, g_strdup_printf("%u functions have no recorded or stated "
                                                  "memory: 24 to 160 MB assumed, likely 64",
                                                  n_memories));
  }
}

/* A bill for functions that cannot be made yet is no saving. */
static void note_blocked(struct loads *loads, const struct record_set *functions)
{
  unsigned int n_blocked = 0;
  for (size_t i = 0; i < functions->n; i++) {
    n_blocked += strcmp(record_at(functions, plan_function, i)->readiness, "blocked") == 0;
  }
  if (n_blocked > 0) {
    g_ptr_array_add(loads->notes,
                    g_strdup_printf("%u of %zu functions are blocked, and priced as if they were "
                                    "not: 'cleave explain' tells what stands in their way",
                                    n_blocked, functions->n));
  }
}

/* Everything that loads_read takes from the store. */
struct sources {
  struct record_set *services;
  struct record_set *functions;
  struct record_set *closures;
  struct record_set *states;
  struct record_set *accesses;
  struct record_set *routines;
};

static void sources_clear(struct sources *sources)
{
  g_clear_pointer(&sources->services, record_set_free);
  g_clear_pointer(&sources->functions, record_set_free);
  g_clear_pointer(&sources->closures, record_set_free);
  g_clear_pointer(&sources->states, record_set_free);
  g_clear_pointer(&sources->accesses, record_set_free);
  g_clear_pointer(&sources->routines, record_set_free);
}
typedef struct sources sources_t;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(sources_t, sources_clear)

static bool sources_read(struct sources *sources, struct store *store, GError **error)
{
  sources->services = store_load(store, &plan_service_table, "name", error);
  if (sources->services == NULL) {
    return false;
  }
  sources->functions = store_load(store, &plan_function_table, "name, id", error);
  if (sources->functions == NULL) {
    return false;
  }
  if (sources->functions->n == 0) {
    g_set_error_literal(error, COST_ERROR, COST_ERROR_INPUT,
                        "the store has no plan: run 'cleave split' first");
    return false;
  }
  sources->closures = store_load(store, &plan_closure_table, "function, kind, item", error);
  sources->states =
      sources->closures == NULL ? NULL : store_load(store, &fact_state_table, "id", error);
  sources->accesses =
      sources->states == NULL ? NULL : store_load(store, &fact_access_table, NULL, error);
  sources->routines =
      sources->accesses == NULL ? NULL : store_load(store, &fact_routine_table, "id", error);
  return sources->routines != NULL;
}

static GHashTable *state_index(const struct record_set *states)
{
  GHashTable *index = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < states->n; i++) {
    const struct fact_state *state = record_at(states, fact_state, i);
    g_hash_table_replace(index, (gpointer)&state->id, (gpointer)state);
  }
  return index;
}

struct loads *loads_read(struct store *store, const struct workload *workload, GError **error)
{
  g_auto(sources_t) sources = {0};
  if (!sources_read(&sources, store, error)) {
    return NULL;
  }
  g_autoptr(GHashTable) measurements = load_measurements(store, error);
  if (measurements == NULL) {
    return NULL;
  }
  g_autoptr(GHashTable) services = service_names(sources.services);
  g_autoptr(GHashTable) routines = routine_names(sources.routines);
  g_autoptr(GHashTable) states = state_index(sources.states);
  g_autoptr(GHashTable) closures = read_closures(sources.closures);
  g_autoptr(loads_t) loads = g_new0(struct loads, 1);
  loads->functions = g_ptr_array_new_with_free_func(load_free);
  loads->services = g_ptr_array_new_with_free_func(g_free);
  loads->cuts = g_ptr_array_new_with_free_func(cut_load_free);
  loads->notes = g_ptr_array_new_with_free_func(g_free);
  for (size_t i = 0; i < sources.services->n; i++) {
    const struct plan_service *service = record_at(sources.services, plan_service, i);
    g_ptr_array_add(loads->services, g_strdup(service->name));
  }
  for (size_t i = 0; i < sources.functions->n; i++) {
    const struct plan_function *function = record_at(sources.functions, plan_function, i);
    const char *words[] = {function->key, function->name, name_of(routines, function->routine)};
    const struct closure *closure = g_hash_table_lookup(closures, &function->id);
    struct load *load = load_new(function, name_of(services, function->service));
    g_ptr_array_add(loads->functions, load);
    load_apply_measurement(load, g_hash_table_lookup(measurements, function->name));
    load_apply_workload(load, workload_find(workload, words, G_N_ELEMENTS(words)));
    if (closure != NULL) {
      count_state(load, closure, states, sources.accesses);
    }
  }
  if (!read_cuts(loads, store, services, states, closures, sources.functions, error)) {
    return NULL;
  }
  note_assumptions(loads, workload);
  note_blocked(loads, sources.functions);
  return g_steal_pointer(&loads);
}
