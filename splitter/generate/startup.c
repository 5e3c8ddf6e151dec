#include "splitter/generate/startup.h"

#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/microhttpd.h"

#define DEPTH_LIMIT 4

/* A call made while the program starts. */
struct candidate {
  const struct fact_site *site;
  const struct fact_routine *callee;
  const struct fact_routine *caller;
  GHashTable *reach; /* set of &id */
  bool serves;       /* begins to serve: listens, starts threads, loops over events */
};

struct planning {
  const struct inventory *inventory;
  struct source_texts *texts;
  struct function_spec *spec;
  GHashTable *need;   /* objects that must be set: &id */
  bool knows_startup; /* the facts tell which accesses happen at start-up only */
  GArray *candidates; /* struct candidate, in order */
};

static void candidate_clear(gpointer data)
{
  struct candidate *candidate = data;
  g_clear_pointer(&candidate->reach, g_hash_table_unref);
}

static const int64_t *object_of(const struct fact_state *state)
{
  return state->object != 0 ? &state->object : &state->id;
}

/* Inside the process, and not constant. */
static bool is_inner(const struct fact_state *state)
{
  return strcmp(state->storage, "table") != 0 && strcmp(state->storage, "file") != 0 &&
         strcmp(state->class, "const") != 0;
}

static void need_routine(struct planning *planning, const int64_t *routine)
{
  const GPtrArray *list = inventory_list(planning->inventory->accesses_by_routine, routine);
  for (guint i = 0; i < list->len; i++) {
    const struct fact_access *access = list->pdata[i];
    const struct fact_state *state = inventory_state(planning->inventory, access->state);
    bool is_read = strcmp(access->mode, "write") != 0;
    if (state && is_read && is_inner(state)) {
      g_hash_table_add(planning->need, (gpointer)object_of(state));
    }
  }
}

static void need_all(struct planning *planning, GHashTable *routines)
{
  GHashTableIter iterator;
  gpointer id = NULL;
  g_hash_table_iter_init(&iterator, routines);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    need_routine(planning, id);
  }
}

/* Routines called directly or through resolved pointers, but not handed over as callbacks: what a
 * thread or a server runs later is no part of starting it. */
static GHashTable *reach_now(const struct inventory *inventory, const struct fact_routine *start)
{
  GHashTable *reached = g_hash_table_new(g_int64_hash, g_int64_equal);
  g_autoptr(GPtrArray) open = g_ptr_array_new();
  g_hash_table_add(reached, (gpointer)&start->id);
  g_ptr_array_add(open, (gpointer)start);
  while (open->len > 0) {
    const struct fact_routine *next = g_ptr_array_steal_index(open, open->len - 1);
    const GPtrArray *calls = inventory_list(inventory->calls_by_caller, &next->id);
    for (guint i = 0; i < calls->len; i++) {
      const struct fact_call *call = calls->pdata[i];
      const struct fact_routine *callee = inventory_routine(inventory, call->callee);
      if (callee && strcmp(call->kind, "callback") != 0 &&
          g_hash_table_add(reached, (gpointer)&callee->id)) {
        g_ptr_array_add(open, (gpointer)callee);
      }
    }
  }
  return reached;
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

static bool reaches_serving(const struct inventory *inventory, GHashTable *reach)
{
  GHashTableIter iterator;
  gpointer id = NULL;
  g_hash_table_iter_init(&iterator, reach);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    if (has_serving_effect(inventory, id)) {
      return true;
    }
  }
  return false;
}

/* The calls of ROUTINE in the order of its text. */
static void collect(struct planning *planning, const struct fact_routine *routine, unsigned depth)
{
  const struct inventory *inventory = planning->inventory;
  const GPtrArray *sites = inventory_list(inventory->sites_by_caller, &routine->id);
  for (guint i = 0; i < sites->len; i++) {
    const struct fact_site *site = sites->pdata[i];
    const GPtrArray *calls = inventory_list(inventory->calls_by_site, &site->id);
    if (!site->is_direct || calls->len == 0 || strcmp(site->file, routine->file) != 0) {
      continue;
    }
    const struct fact_call *call = calls->pdata[0];
    const struct fact_routine *callee = inventory_routine(inventory, call->callee);
    if (!callee || strcmp(call->kind, "callback") == 0) {
      continue;
    }
    struct candidate candidate = {site, callee, routine, reach_now(inventory, callee), false};
    candidate.serves = reaches_serving(inventory, candidate.reach) || is_serving_name(callee->name);
    if (candidate.serves && callee->is_defined && depth < DEPTH_LIMIT &&
        inventory_list(inventory->sites_by_caller, &callee->id)->len > 3) {
      /* A routine that starts everything: look inside. */
      candidate_clear(&candidate);
      collect(planning, callee, depth + 1);
      continue;
    }
    g_array_append_val(planning->candidates, candidate);
  }
}

/* An access that sets, at start-up, something that is needed. */
static bool sets_needed(const struct planning *planning, const struct fact_access *access)
{
  const struct fact_state *state = inventory_state(planning->inventory, access->state);
  return state && is_inner(state) && strcmp(access->mode, "write") == 0 &&
         strcmp(access->how, "add") != 0 && (!planning->knows_startup || access->is_startup) &&
         g_hash_table_contains(planning->need, object_of(state));
}

/* The state that a candidate sets before the program serves and that is needed, or NULL: inside
 * the call, or by what takes its result. The first by place, whatever the order of the set. */
static const struct fact_access *find_write(const struct planning *planning,
                                            const struct candidate *candidate)
{
  const struct fact_access *found = NULL;
  const struct fact_site *site = candidate->site;
  const GPtrArray *own =
      inventory_list(planning->inventory->accesses_by_routine, &candidate->caller->id);
  for (guint i = 0; i < own->len; i++) {
    const struct fact_access *access = own->pdata[i];
    if (access->line == site->line && strcmp(access->file, site->file) == 0 &&
        sets_needed(planning, access)) {
      return access;
    }
  }
  GHashTableIter iterator;
  gpointer id = NULL;
  g_hash_table_iter_init(&iterator, candidate->reach);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    const GPtrArray *list = inventory_list(planning->inventory->accesses_by_routine, id);
    for (guint i = 0; i < list->len; i++) {
      const struct fact_access *access = list->pdata[i];
      if (sets_needed(planning, access) &&
          (!found || strcmp(access->file, found->file) < 0 ||
           (strcmp(access->file, found->file) == 0 && access->line < found->line))) {
        found = access;
      }
    }
  }
  return found;
}

/* Names that a call at start-up may use without further knowledge. */
static bool is_known_name(const struct inventory *inventory, const char *name)
{
  static const char *const names[] = {"NULL",   "true",  "false",    "stdin", "stdout",
                                      "stderr", "errno", "__func__", NULL};
  if (g_strv_contains(names, name) || inventory_list(inventory->routines_by_name, name)->len > 0 ||
      inventory_list(inventory->states_by_name, name)->len > 0 ||
      inventory_list(inventory->types_by_name, name)->len > 0) {
    return true;
  }
  for (size_t i = 0; i < inventory->enumerators->n; i++) {
    if (strcmp(record_at(inventory->enumerators, fact_enumerator, i)->name, name) == 0) {
      return true;
    }
  }
  /* Macros by convention. */
  for (const char *c = name; *c; c++) {
    if (g_ascii_islower(*c)) {
      return false;
    }
  }
  return true;
}

const char *startup_unknown_name(const struct inventory *inventory, const GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++) {
    if (!is_known_name(inventory, names->pdata[i])) {
      return names->pdata[i];
    }
  }
  return NULL;
}

static bool needs_source(const struct inventory *inventory, const struct candidate *candidate,
                         const char *expression)
{
  if (candidate->callee->is_static || inventory_n_params(inventory, candidate->callee->id) > 0) {
    return true;
  }
  g_autoptr(GPtrArray) names = c_identifiers_in(expression);
  return names->len > 1;
}

static char *join_state(const struct fact_state *state)
{
  return *state->field ? g_strdup_printf("%s.%s", state->name, state->field)
                       : g_strdup(state->name);
}

/* Why a step is there, in words. */
static char *reason_of(const struct planning *planning, const struct fact_access *write)
{
  const struct fact_state *state = inventory_state(planning->inventory, write->state);
  g_autofree char *name = join_state(state);
  return g_strdup_printf("writes %s at %s:%" G_GINT64_FORMAT ", which the function reads", name,
                         write->file, write->line);
}

void startup_mark_decision(struct start_step *step, const char *why, const char *expression)
{
  g_autofree char *reason = step->reason;
  step->decide = g_strdup_printf("%s", step->callee);
  step->reason = expression ? g_strdup_printf("%s; %s: %s", reason, why, expression)
                            : g_strdup_printf("%s; %s", reason, why);
  g_clear_pointer(&step->run, g_free);
}

static struct start_step *make_step(struct planning *planning, const struct candidate *candidate,
                                    const struct fact_access *write)
{
  struct start_step *step = start_step_new();
  step->callee = g_strdup(candidate->callee->name);
  step->source = g_strdup("");
  step->reason = reason_of(planning, write);
  const struct fact_site *site = candidate->site;
  struct source_call call;
  if (!source_texts_call(planning->texts, site->file, site->line, site->column,
                         candidate->callee->name, &call)) {
    if (inventory_n_params(planning->inventory, candidate->callee->id) == 0 &&
        !candidate->callee->is_static) {
      step->run = g_strdup_printf("%s()", candidate->callee->name);
    } else {
      startup_mark_decision(step, "its call cannot be read back from the source", NULL);
    }
    return step;
  }
  step->run = call.assigned ? g_strdup_printf("%s = %s", call.assigned, call.expression)
                            : g_strdup(call.expression);
  step->fails = g_strdup(call.fails);
  g_autofree char *expression = g_strdup(step->run);
  g_autoptr(GPtrArray) names = c_identifiers_in(expression);
  const char *unknown = startup_unknown_name(planning->inventory, names);
  const struct fact_param *result = inventory_param(planning->inventory, candidate->callee->id, 0);
  if (call.assigned && unknown && strcmp(unknown, call.assigned) == 0 &&
      c_is_identifier(call.assigned)) {
    /* Its result only went into a local variable. */
    g_clear_pointer(&step->run, g_free);
    step->run = g_strdup(call.expression);
    g_autoptr(GPtrArray) rest = c_identifiers_in(step->run);
    unknown = startup_unknown_name(planning->inventory, rest);
  }
  if (result && strcmp(result->type, "void") == 0) {
    g_clear_pointer(&step->fails, g_free);
  }
  if (candidate->serves) {
    startup_mark_decision(step, "it also starts to serve or starts threads", expression);
  } else if (unknown) {
    g_autofree char *why =
        g_strdup_printf("'%s' is known only inside %s", unknown, candidate->caller->name);
    startup_mark_decision(step, why, expression);
  } else if (call.is_conditional) {
    startup_mark_decision(step, "it runs under a condition", expression);
  } else if (needs_source(planning->inventory, candidate, step->run)) {
    g_free(step->source);
    step->source = g_strdup(site->file);
  }
  source_call_clear(&call);
  return step;
}

/* What runs at start-up, is not needed in the process, but prepares something outside. */
static void note_left_out(struct planning *planning, const struct candidate *candidate)
{
  if (!candidate->callee->is_defined || candidate->serves) {
    return;
  }
  GHashTableIter iterator;
  gpointer id = NULL;
  g_autofree char *what = NULL;
  g_hash_table_iter_init(&iterator, candidate->reach);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    const GPtrArray *list = inventory_list(planning->inventory->accesses_by_routine, id);
    for (guint i = 0; i < list->len; i++) {
      const struct fact_access *access = list->pdata[i];
      const struct fact_state *state = inventory_state(planning->inventory, access->state);
      if (state && !is_inner(state) && strcmp(state->class, "const") != 0 &&
          strcmp(access->mode, "write") == 0 && (!what || strcmp(state->name, what) < 0)) {
        g_free(what);
        what = g_strdup(state->name);
      }
    }
  }
  if (what) {
    struct start_step *step = start_step_new();
    step->callee = g_strdup(candidate->callee->name);
    step->source = g_strdup("");
    step->run = g_strdup_printf("%s()", candidate->callee->name);
    step->reason = g_strdup_printf("prepares only what outlives the process (%s ...): run it when "
                                   "the function is deployed",
                                   what);
    g_ptr_array_add(planning->spec->left_out, step);
  }
}

static const struct fact_routine *find_main(const struct planning *planning)
{
  return inventory_find_routine(planning->inventory, planning->spec->program, "main");
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

/* Calls behind the last one that serves only clean up. */
static guint serving_end(const GArray *candidates)
{
  for (guint i = candidates->len; i > 0; i--) {
    if (g_array_index(candidates, struct candidate, i - 1).serves) {
      return i;
    }
  }
  return candidates->len;
}

/* An expression's own states are needed as well. */
static void need_names(struct planning *planning, const char *expression)
{
  g_autoptr(GPtrArray) names = c_identifiers_in(expression);
  for (guint i = 0; i < names->len; i++) {
    const GPtrArray *states = inventory_list(planning->inventory->states_by_name, names->pdata[i]);
    for (guint j = 0; j < states->len; j++) {
      const struct fact_state *state = states->pdata[j];
      if (is_inner(state)) {
        g_hash_table_add(planning->need, (gpointer)object_of(state));
      }
    }
  }
}

void startup_plan(const struct inventory *inventory, struct source_texts *texts,
                  struct function_spec *spec)
{
  struct planning planning = {inventory,
                              texts,
                              spec,
                              g_hash_table_new(g_int64_hash, g_int64_equal),
                              knows_startup(inventory),
                              g_array_new(FALSE, FALSE, sizeof(struct candidate))};
  g_array_set_clear_func(planning.candidates, candidate_clear);
  const struct fact_routine *main_routine = find_main(&planning);
  need_all(&planning, spec->closure);
  struct start_step *daemon = strcmp(spec->adapter, "microhttpd") == 0
                                  ? microhttpd_start_step(inventory, texts, spec)
                                  : NULL;
  if (daemon && daemon->run) {
    need_names(&planning, daemon->run);
  }
  if (main_routine && !g_hash_table_contains(spec->closure, &main_routine->id)) {
    collect(&planning, main_routine, 0);
  }
  for (guint i = serving_end(planning.candidates); i > 0; i--) {
    const struct candidate *candidate =
        &g_array_index(planning.candidates, struct candidate, i - 1);
    const struct fact_access *write = find_write(&planning, candidate);
    if (!write) {
      note_left_out(&planning, candidate);
      continue;
    }
    need_all(&planning, candidate->reach);
    struct start_step *step = make_step(&planning, candidate, write);
    if (step->run) {
      need_names(&planning, step->run);
    }
    g_ptr_array_insert(spec->start, 0, step);
  }
  if (daemon) {
    g_ptr_array_add(spec->start, daemon);
  }
  for (guint i = 0, j = spec->left_out->len; i + 1 < j; i++) {
    j--;
    gpointer swapped = spec->left_out->pdata[i];
    spec->left_out->pdata[i] = spec->left_out->pdata[j];
    spec->left_out->pdata[j] = swapped;
  }
  g_array_unref(planning.candidates);
  g_hash_table_unref(planning.need);
}
