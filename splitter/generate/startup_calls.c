#include "splitter/generate/startup_calls.h"

#include <string.h>

#define DEPTH_LIMIT 4

struct startup_calls {
  const struct inventory *inventory;
  bool knows_startup; /* the facts tell which accesses happen at start-up only */
  guint n_routines;
  GHashTable *number_of;           /* &routine id -> number + 1 */
  const struct fact_routine **of;  /* by number */
  guint *first_callee;             /* by number: where its callees begin; n_routines + 1 */
  guint *callees;                  /* numbers */
  bool *starts_serving;            /* by number: its own body begins to serve */
  GPtrArray **writes;              /* by number: const struct fact_access *, or NULL */
  GPtrArray **reads;               /* the same */
  const char **outside;            /* by number: what its body writes outside, or NULL */
  guint *stamps;                   /* by number: the walk that met it last */
  guint walk;                      /* number of the walk */
  GHashTable *by_main;             /* &routine id -> GArray of struct startup_call */
  struct startup_effect **effects; /* by number, or NULL */
};

bool startup_is_inner(const struct fact_state *state)
{
  return strcmp(state->storage, "table") != 0 && strcmp(state->storage, "file") != 0 &&
         strcmp(state->class, "const") != 0;
}

const int64_t *startup_object(const struct fact_state *state)
{
  return state->object != 0 ? &state->object : &state->id;
}

bool startup_sets(const struct startup_calls *calls, const struct fact_access *access)
{
  const struct fact_state *state = inventory_state(calls->inventory, access->state);
  return state && startup_is_inner(state) && strcmp(access->mode, "write") == 0 &&
         strcmp(access->how, "add") != 0 && (!calls->knows_startup || access->is_startup);
}

static bool is_serving_name(const char *name)
{
  static const char *const names[] = {"listen",
                                      "accept",
                                      "accept4",
                                      "MHD_start_daemon",
                                      "pthread_create",
                                      "thrd_create",
                                      "uv_run",
                                      "event_base_dispatch",
                                      "event_base_loop",
                                      "event_dispatch",
                                      "epoll_wait",
                                      "epoll_pwait",
                                      "sem_wait",
                                      "pause",
                                      "sigwait",
                                      "sigwaitinfo",
                                      "sigsuspend",
                                      "pthread_join",
                                      "ev_run",
                                      "mg_start",
                                      "mg_http_listen",
                                      "mg_mgr_poll",
                                      "g_thread_new",
                                      "g_main_loop_run",
                                      "evhttp_bind_socket",
                                      "uv_listen",
                                      "FCGI_Accept",
                                      "FCGX_Accept",
                                      "FCGX_Accept_r",
                                      "daemon",
                                      "fork",
                                      NULL};
  return g_strv_contains(names, name);
}

static bool has_serving_effect(const struct inventory *inventory, const int64_t *routine)
{
  const GPtrArray *effects = inventory_list(inventory->effects_by_routine, routine);
  for (guint i = 0; i < effects->len; i++) {
    if (is_serving_name(((const struct fact_effect *)effects->pdata[i])->via)) {
      return true;
    }
  }
  return false;
}

static bool knows_startup(const struct inventory *inventory)
{
  for (size_t i = 0; i < inventory->accesses->n; i++) {
    if (record_at(inventory->accesses, fact_access, i)->is_startup) {
      return true;
    }
  }
  return false;
}

/* G_MAXUINT when it is none of the routines. */
static guint number_of(const struct startup_calls *calls, const int64_t *routine)
{
  return GPOINTER_TO_UINT(g_hash_table_lookup(calls->number_of, routine)) - 1;
}

/* Routines called directly or through resolved pointers, but not handed over as callbacks: what a
 * thread or a server runs later is no part of starting it. */
static void number_callees(struct startup_calls *calls)
{
  GArray *edges = g_array_new(FALSE, FALSE, sizeof(guint));
  calls->first_callee = g_new0(guint, calls->n_routines + 1);
  for (guint i = 0; i < calls->n_routines; i++) {
    const GPtrArray *list = inventory_list(calls->inventory->calls_by_caller, &calls->of[i]->id);
    calls->first_callee[i] = edges->len;
    for (guint j = 0; j < list->len; j++) {
      const struct fact_call *call = list->pdata[j];
      guint callee = number_of(calls, &call->callee);
      if (callee != G_MAXUINT && strcmp(call->kind, "callback") != 0) {
        g_array_append_val(edges, callee);
      }
    }
  }
  calls->first_callee[calls->n_routines] = edges->len;
  calls->callees = (guint *)(void *)g_array_free(edges, FALSE);
}

static void note(GPtrArray **list, const struct fact_access *access)
{
  if (!*list) {
    *list = g_ptr_array_new();
  }
  g_ptr_array_add(*list, (gpointer)access);
}

static void note_accesses(struct startup_calls *calls, guint number)
{
  const GPtrArray *list =
      inventory_list(calls->inventory->accesses_by_routine, &calls->of[number]->id);
  for (guint i = 0; i < list->len; i++) {
    const struct fact_access *access = list->pdata[i];
    const struct fact_state *state = inventory_state(calls->inventory, access->state);
    bool is_write = strcmp(access->mode, "write") == 0;
    const char *known = calls->outside[number];
    if (startup_sets(calls, access)) {
      note(&calls->writes[number], access);
    } else if (state && !is_write && startup_is_inner(state)) {
      note(&calls->reads[number], access);
    } else if (state && is_write && !startup_is_inner(state) &&
               strcmp(state->class, "const") != 0 && (!known || strcmp(state->name, known) < 0)) {
      calls->outside[number] = state->name;
    }
  }
}

struct startup_calls *startup_calls_new(const struct inventory *inventory)
{
  struct startup_calls *calls = g_new0(struct startup_calls, 1);
  guint n = (guint)inventory->routines->n;
  calls->inventory = inventory;
  calls->knows_startup = knows_startup(inventory);
  calls->n_routines = n;
  calls->number_of = g_hash_table_new(g_int64_hash, g_int64_equal);
  calls->of = g_new0(const struct fact_routine *, n);
  calls->starts_serving = g_new0(bool, n);
  calls->writes = g_new0(GPtrArray *, n);
  calls->reads = g_new0(GPtrArray *, n);
  calls->outside = g_new0(const char *, n);
  calls->stamps = g_new0(guint, n);
  calls->effects = g_new0(struct startup_effect *, n);
  calls->by_main =
      g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)g_array_unref);
  for (guint i = 0; i < n; i++) {
    calls->of[i] = record_at(inventory->routines, fact_routine, i);
    g_hash_table_insert(calls->number_of, (gpointer)&calls->of[i]->id, GUINT_TO_POINTER(i + 1));
  }
  number_callees(calls);
  for (guint i = 0; i < n; i++) {
    calls->starts_serving[i] = has_serving_effect(inventory, &calls->of[i]->id);
    note_accesses(calls, i);
  }
  return calls;
}

static void effect_free(struct startup_effect *effect)
{
  if (effect) {
    g_ptr_array_unref(effect->writes);
    g_ptr_array_unref(effect->reads);
    g_free(effect);
  }
}

void startup_calls_free(struct startup_calls *calls)
{
  if (!calls) {
    return;
  }
  for (guint i = 0; i < calls->n_routines; i++) {
    g_clear_pointer(&calls->writes[i], g_ptr_array_unref);
    g_clear_pointer(&calls->reads[i], g_ptr_array_unref);
    effect_free(calls->effects[i]);
  }
  g_hash_table_unref(calls->number_of);
  g_hash_table_unref(calls->by_main);
  g_free(calls->of);
  g_free(calls->first_callee);
  g_free(calls->callees);
  g_free(calls->starts_serving);
  g_free(calls->writes);
  g_free(calls->reads);
  g_free(calls->outside);
  g_free(calls->stamps);
  g_free(calls->effects);
  g_free(calls);
}

/* The numbers of all routines that a call of one reaches, itself included. */
static GArray *reach_of(struct startup_calls *calls, const struct fact_routine *routine)
{
  GArray *reached = g_array_new(FALSE, FALSE, sizeof(guint));
  guint start = number_of(calls, &routine->id);
  calls->walk++;
  calls->stamps[start] = calls->walk;
  g_array_append_val(reached, start);
  for (guint i = 0; i < reached->len; i++) {
    guint next = g_array_index(reached, guint, i);
    for (guint j = calls->first_callee[next]; j < calls->first_callee[next + 1]; j++) {
      guint callee = calls->callees[j];
      if (calls->stamps[callee] != calls->walk) {
        calls->stamps[callee] = calls->walk;
        g_array_append_val(reached, callee);
      }
    }
  }
  return reached;
}

static bool reaches_serving(struct startup_calls *calls, const struct fact_routine *routine)
{
  g_autoptr(GArray) reach = reach_of(calls, routine);
  for (guint i = 0; i < reach->len; i++) {
    if (calls->starts_serving[g_array_index(reach, guint, i)]) {
      return true;
    }
  }
  return is_serving_name(routine->name);
}

/* The calls of ROUTINE in the order of its text. SERVES: what is known of routines by now. */
static void collect(struct startup_calls *calls, GArray *found, GHashTable *serves,
                    const struct fact_routine *routine, unsigned depth)
{
  const struct inventory *inventory = calls->inventory;
  const GPtrArray *sites = inventory_list(inventory->sites_by_caller, &routine->id);
  for (guint i = 0; i < sites->len; i++) {
    const struct fact_site *site = sites->pdata[i];
    const GPtrArray *list = inventory_list(inventory->calls_by_site, &site->id);
    if (!site->is_direct || list->len == 0 || strcmp(site->file, routine->file) != 0) {
      continue;
    }
    const struct fact_call *first = list->pdata[0];
    const struct fact_routine *callee = inventory_routine(inventory, first->callee);
    if (!callee || strcmp(first->kind, "callback") == 0) {
      continue;
    }
    gpointer known = NULL;
    if (!g_hash_table_lookup_extended(serves, &callee->id, NULL, &known)) {
      known = GINT_TO_POINTER(reaches_serving(calls, callee));
      g_hash_table_insert(serves, (gpointer)&callee->id, known);
    }
    struct startup_call call = {site, callee, routine, known != NULL};
    if (call.serves && callee->is_defined && depth < DEPTH_LIMIT &&
        inventory_list(inventory->sites_by_caller, &callee->id)->len > 3) {
      /* A routine that starts everything: look inside. */
      collect(calls, found, serves, callee, depth + 1);
    } else {
      g_array_append_val(found, call);
    }
  }
}

const GArray *startup_calls_of(struct startup_calls *calls, const struct fact_routine *main)
{
  GArray *found = g_hash_table_lookup(calls->by_main, &main->id);
  if (!found) {
    g_autoptr(GHashTable) serves = g_hash_table_new(g_int64_hash, g_int64_equal);
    found = g_array_new(FALSE, FALSE, sizeof(struct startup_call));
    collect(calls, found, serves, main, 0);
    g_hash_table_insert(calls->by_main, (gpointer)&main->id, found);
  }
  return found;
}

static int compare_places(gconstpointer left, gconstpointer right)
{
  const struct fact_access *a = *(const struct fact_access *const *)left;
  const struct fact_access *b = *(const struct fact_access *const *)right;
  int order = strcmp(a->file, b->file);
  order = order != 0 ? order : (a->line > b->line) - (a->line < b->line);
  return order != 0 ? order : (a->state > b->state) - (a->state < b->state);
}

static const int64_t *object_of(const struct startup_calls *calls, const struct fact_access *access)
{
  return startup_object(inventory_state(calls->inventory, access->state));
}

/* By object its first access by place, of what REACH does: ACCESSES by number. */
static GHashTable *first_of_objects(const struct startup_calls *calls, const GArray *reach,
                                    GPtrArray *const *accesses)
{
  GHashTable *firsts = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint i = 0; i < reach->len; i++) {
    const GPtrArray *own = accesses[g_array_index(reach, guint, i)];
    for (guint j = 0; own && j < own->len; j++) {
      const int64_t *object = object_of(calls, own->pdata[j]);
      gpointer known = g_hash_table_lookup(firsts, object);
      if (!known || compare_places(&own->pdata[j], &known) < 0) {
        g_hash_table_insert(firsts, (gpointer)object, own->pdata[j]);
      }
    }
  }
  return firsts;
}

static GPtrArray *members(GHashTable *table, bool wants_keys)
{
  GPtrArray *list = g_ptr_array_new();
  GHashTableIter iterator;
  gpointer key = NULL;
  gpointer value = NULL;
  g_hash_table_iter_init(&iterator, table);
  while (g_hash_table_iter_next(&iterator, &key, &value)) {
    g_ptr_array_add(list, wants_keys ? key : value);
  }
  return list;
}

static struct startup_effect *find_effect(struct startup_calls *calls,
                                          const struct fact_routine *routine)
{
  struct startup_effect *effect = g_new0(struct startup_effect, 1);
  g_autoptr(GArray) reach = reach_of(calls, routine);
  g_autoptr(GHashTable) writes = first_of_objects(calls, reach, calls->writes);
  g_autoptr(GHashTable) reads = first_of_objects(calls, reach, calls->reads);
  effect->writes = members(writes, false);
  effect->reads = members(reads, true);
  g_ptr_array_sort(effect->writes, compare_places);
  for (guint i = 0; i < reach->len; i++) {
    const char *outside = calls->outside[g_array_index(reach, guint, i)];
    if (outside && (!effect->outside || strcmp(outside, effect->outside) < 0)) {
      effect->outside = outside;
    }
  }
  return effect;
}

const struct startup_effect *startup_effect_of(struct startup_calls *calls,
                                               const struct fact_routine *routine)
{
  guint number = number_of(calls, &routine->id);
  if (!calls->effects[number]) {
    calls->effects[number] = find_effect(calls, routine);
  }
  return calls->effects[number];
}
