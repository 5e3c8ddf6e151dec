#include "splitter/generate/startup.h"

#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/microhttpd.h"

struct planning {
  const struct inventory *inventory;
  struct startup_calls *calls;
  struct source_texts *texts;
  struct function_spec *spec;
  GHashTable *need; /* objects that must be set: &id */
};

static void need_routine(struct planning *planning, const int64_t *routine)
{
  const GPtrArray *list = inventory_list(planning->inventory->accesses_by_routine, routine);
  for (guint i = 0; i < list->len; i++) {
    const struct fact_access *access = list->pdata[i];
    const struct fact_state *state = inventory_state(planning->inventory, access->state);
    bool is_read = strcmp(access->mode, "write") != 0;
    if (state && is_read && startup_is_inner(state)) {
      g_hash_table_add(planning->need, (gpointer)startup_object(state));
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

static bool is_needed(const struct planning *planning, const struct fact_access *access)
{
  const struct fact_state *state = inventory_state(planning->inventory, access->state);
  return g_hash_table_contains(planning->need, startup_object(state));
}

/* The state that a call sets before the program serves and that is needed, or NULL: by what takes
 * its result, or inside the call. */
static const struct fact_access *find_write(const struct planning *planning,
                                            const struct startup_call *call)
{
  const struct fact_site *site = call->site;
  const GPtrArray *own =
      inventory_list(planning->inventory->accesses_by_routine, &call->caller->id);
  for (guint i = 0; i < own->len; i++) {
    const struct fact_access *access = own->pdata[i];
    if (access->line == site->line && strcmp(access->file, site->file) == 0 &&
        startup_sets(planning->calls, access) && is_needed(planning, access)) {
      return access;
    }
  }
  const struct startup_effect *effect = startup_effect_of(planning->calls, call->callee);
  for (guint i = 0; i < effect->writes->len; i++) {
    if (is_needed(planning, effect->writes->pdata[i])) {
      return effect->writes->pdata[i];
    }
  }
  return NULL;
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

static bool needs_source(const struct inventory *inventory, const struct startup_call *candidate,
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

static struct start_step *make_step(struct planning *planning, const struct startup_call *candidate,
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
static void note_left_out(struct planning *planning, const struct startup_call *candidate)
{
  if (!candidate->callee->is_defined || candidate->serves) {
    return;
  }
  const char *what = startup_effect_of(planning->calls, candidate->callee)->outside;
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

/* Calls behind the last one that serves only clean up. */
static guint serving_end(const GArray *candidates)
{
  for (guint i = candidates->len; i > 0; i--) {
    if (g_array_index(candidates, struct startup_call, i - 1).serves) {
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
      if (startup_is_inner(state)) {
        g_hash_table_add(planning->need, (gpointer)startup_object(state));
      }
    }
  }
}

void startup_plan(const struct inventory *inventory, struct startup_calls *calls,
                  struct source_texts *texts, struct function_spec *spec)
{
  struct planning planning = {inventory, calls, texts, spec,
                              g_hash_table_new(g_int64_hash, g_int64_equal)};
  const struct fact_routine *main_routine = find_main(&planning);
  need_all(&planning, spec->closure);
  struct start_step *daemon = strcmp(spec->adapter, "microhttpd") == 0
                                  ? microhttpd_start_step(inventory, texts, spec)
                                  : NULL;
  if (daemon && daemon->run) {
    need_names(&planning, daemon->run);
  }
  bool has_start = main_routine && !g_hash_table_contains(spec->closure, &main_routine->id);
  const GArray *candidates = has_start ? startup_calls_of(calls, main_routine) : NULL;
  for (guint i = has_start ? serving_end(candidates) : 0; i > 0; i--) {
    const struct startup_call *candidate = &g_array_index(candidates, struct startup_call, i - 1);
    const struct fact_access *write = find_write(&planning, candidate);
    if (!write) {
      note_left_out(&planning, candidate);
      continue;
    }
    const GPtrArray *reads = startup_effect_of(calls, candidate->callee)->reads;
    for (guint j = 0; j < reads->len; j++) {
      g_hash_table_add(planning.need, reads->pdata[j]);
    }
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
  g_hash_table_unref(planning.need);
}
