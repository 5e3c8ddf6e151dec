#include "splitter/account_internal.h"

#include <string.h>

#include "splitter/selector.h"

static void line_free(gpointer data)
{
  struct account_line *line = data;
  g_free(line->what);
  g_free(line->text);
  g_free(line->file);
  g_free(line);
}

static void candidate_free(gpointer data)
{
  g_free(((struct candidate *)data)->text);
  g_free(data);
}

static void accounting_clear(struct accounting *accounting)
{
  struct record_set *sets[] = {accounting->services, accounting->members,   accounting->functions,
                               accounting->cuts,     accounting->reasons,   accounting->steps,
                               accounting->setups,   accounting->decisions, accounting->closures};
  for (gsize i = 0; i < G_N_ELEMENTS(sets); i++) {
    if (sets[i] != NULL) {
      record_set_free(sets[i]);
    }
  }
}

static bool accounting_init(struct accounting *accounting, struct store *store,
                            const struct monolith *monolith, GError **error)
{
  *accounting = (struct accounting){.monolith = monolith};
  const struct {
    struct record_set **set;
    const struct record_table *table;
    const char *order;
  } loads[] = {{&accounting->services, &plan_service_table, "name"},
               {&accounting->members, &plan_member_table, NULL},
               {&accounting->functions, &plan_function_table, "name"},
               {&accounting->cuts, &plan_cut_table, "price DESC, file, line, id"},
               {&accounting->reasons, &plan_reason_table, "kind, item, rank"},
               {&accounting->steps, &plan_step_table, "step"},
               {&accounting->setups, &plan_setup_table, "service, number"},
               {&accounting->decisions, &plan_decision_table, "position"},
               {&accounting->closures, &plan_closure_table, "function, kind, item"}};
  for (gsize i = 0; i < G_N_ELEMENTS(loads); i++) {
    *loads[i].set = store_load(store, loads[i].table, loads[i].order, error);
    if (*loads[i].set == NULL) {
      accounting_clear(accounting);
      return false;
    }
  }
  return true;
}

static void add_candidate(GPtrArray *candidates, enum account_subject subject, int64_t id,
                          char *text)
{
  struct candidate *candidate = g_new0(struct candidate, 1);
  *candidate = (struct candidate){subject, id, text};
  g_ptr_array_add(candidates, candidate);
}

static void add_code(GPtrArray *candidates, const struct monolith *monolith, const char *name)
{
  g_autoptr(GArray) routines = selector_routines(monolith, name);
  g_autoptr(GArray) states = selector_states(monolith, name);
  for (guint i = 0; i < routines->len; i++) {
    const struct fact_routine *routine = &monolith->routines[g_array_index(routines, guint32, i)];
    if (routine->is_defined) {
      add_candidate(candidates, ACCOUNT_ROUTINE, routine->id,
                    g_strdup_printf("%s::%s (routine, line %" G_GINT64_FORMAT ")", routine->file,
                                    routine->name, routine->line));
    }
  }
  for (guint i = 0; i < states->len; i++) {
    const struct fact_state *state = &monolith->states[g_array_index(states, guint32, i)];
    g_autofree char *full = monolith_state_name(state);
    bool has_file = state->file[0] != '\0';
    add_candidate(candidates, ACCOUNT_STATE, state->id,
                  g_strdup_printf("%s%s%s (%s)", has_file ? state->file : state->storage,
                                  has_file ? "::" : ":", full, state->storage));
  }
}

static const char service_prefix[] = "service:";
static const char function_prefix[] = "function:";

static void add_planned(GPtrArray *candidates, const struct accounting *accounting,
                        const char *name, bool has_services, bool has_functions)
{
  for (size_t i = 0; has_services && i < accounting->services->n; i++) {
    const struct plan_service *service = record_at(accounting->services, plan_service, i);
    if (strcmp(service->name, name) == 0) {
      add_candidate(candidates, ACCOUNT_SERVICE, service->id,
                    g_strdup_printf("%s%s (service)", service_prefix, name));
    }
  }
  for (size_t i = 0; has_functions && i < accounting->functions->n; i++) {
    const struct plan_function *function = record_at(accounting->functions, plan_function, i);
    if (strcmp(function->name, name) == 0) {
      add_candidate(candidates, ACCOUNT_FUNCTION, function->id,
                    g_strdup_printf("%s%s (function)", function_prefix, name));
    }
  }
}

GPtrArray *account_candidates(struct store *store, const struct monolith *monolith,
                              const char *name, GError **error)
{
  struct accounting accounting;
  if (!accounting_init(&accounting, store, monolith, error)) {
    return NULL;
  }
  GPtrArray *candidates = g_ptr_array_new_with_free_func(candidate_free);
  if (g_str_has_prefix(name, service_prefix)) {
    add_planned(candidates, &accounting, name + strlen(service_prefix), true, false);
  } else if (g_str_has_prefix(name, function_prefix)) {
    add_planned(candidates, &accounting, name + strlen(function_prefix), false, true);
  }
  if (candidates->len == 0) {
    add_code(candidates, monolith, name);
    add_planned(candidates, &accounting, name, true, true);
  }
  accounting_clear(&accounting);
  return candidates;
}

void account_say(struct accounting *accounting, const char *what, double weight, const char *file,
                 gint64 line, char *text)
{
  struct account_line *entry = g_new0(struct account_line, 1);
  *entry = (struct account_line){g_strdup(what), text, weight, g_strdup(file), line};
  g_ptr_array_add(accounting->lines, entry);
}

const char *account_service(const struct accounting *accounting, int64_t id)
{
  for (size_t i = 0; i < accounting->services->n; i++) {
    const struct plan_service *service = record_at(accounting->services, plan_service, i);
    if (service->id == id) {
      return service->name;
    }
  }
  return "no service";
}

char *account_item(const struct monolith *monolith, bool is_routine, int64_t id)
{
  guint32 number = is_routine ? monolith_routine(monolith, id) : monolith_state(monolith, id);
  if (number == MONOLITH_NONE) {
    return g_strdup("?");
  }
  return is_routine ? g_strdup(monolith->routines[number].name)
                    : monolith_state_name(&monolith->states[number]);
}

static void say_place(struct accounting *accounting, const char *kind, int64_t id)
{
  for (size_t i = 0; i < accounting->members->n; i++) {
    const struct plan_member *member = record_at(accounting->members, plan_member, i);
    if (member->item != id || strcmp(member->kind, kind) != 0) {
      continue;
    }
    GString *text = g_string_new(member->role);
    if (member->service != 0) {
      g_string_append_printf(text, " of %s", account_service(accounting, member->service));
    }
    if (member->reason[0] != '\0') {
      g_string_append_printf(text, ": %s", member->reason);
    }
    if (member->second != 0 && member->margin < 0) {
      g_string_append_printf(text,
                             "; its own ties to %s weigh %.1f more: what has to stay whole, or the "
                             "size of that service, keeps it here",
                             account_service(accounting, member->second), -member->margin);
    } else if (member->second != 0) {
      g_string_append_printf(text, "; second best %s, %.1f behind, confidence %.0f %%",
                             account_service(accounting, member->second), member->margin,
                             100 * member->confidence);
    }
    account_say(accounting, "place", member->confidence, "", 0, g_string_free(text, FALSE));
  }
}

static void say_reasons(struct accounting *accounting, const char *kind, int64_t id)
{
  for (size_t i = 0; i < accounting->reasons->n; i++) {
    const struct plan_reason *reason = record_at(accounting->reasons, plan_reason, i);
    if (reason->item == id && strcmp(reason->kind, kind) == 0) {
      account_say(accounting, reason->evidence, reason->weight, reason->file, reason->line,
                  g_strdup(reason->text));
    }
  }
}

static void say_users(struct accounting *accounting, int64_t id)
{
  const struct monolith *monolith = accounting->monolith;
  guint32 state = monolith_state(monolith, id);
  for (guint32 i = monolith->first_accessed[state];
       state != MONOLITH_NONE && i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    const char *what = access->mode == ACCESS_WRITE  ? "written by"
                       : access->mode == ACCESS_READ ? "read by"
                                                     : "address taken by";
    account_say(accounting, what, 0, access->fact->file, access->fact->line,
                g_strdup_printf("%s%s", monolith->routines[access->routine].name,
                                access->fact->is_startup ? " (only at start-up)" : ""));
  }
}

static void say_service(struct accounting *accounting, int64_t id)
{
  guint n_routines = 0;
  guint n_functions = 0;
  for (size_t i = 0; i < accounting->members->n; i++) {
    const struct plan_member *member = record_at(accounting->members, plan_member, i);
    n_routines += member->service == id && strcmp(member->role, "member") == 0;
  }
  for (size_t i = 0; i < accounting->functions->n; i++) {
    n_functions += record_at(accounting->functions, plan_function, i)->service == id;
  }
  for (size_t i = 0; i < accounting->services->n; i++) {
    const struct plan_service *service = record_at(accounting->services, plan_service, i);
    if (service->id == id) {
      account_say(
          accounting, "place", service->score, "", 0,
          g_strdup_printf("service of %u routines and %u functions; %.0f %% of its evidence stays "
                          "inside%s%s",
                          n_routines, n_functions, 100 * service->score,
                          service->reason[0] != '\0' ? ": " : "", service->reason));
    }
  }
  account_say_states(accounting, id);
  for (size_t i = 0; i < accounting->steps->n; i++) {
    const struct plan_step *step = record_at(accounting->steps, plan_step, i);
    if (step->service == id) {
      account_say(accounting, "step", step->cut, "", 0,
                  g_strdup_printf("number %" G_GINT64_FORMAT
                                  " to take out: %s; after it %.1f of cuts lie "
                                  "between what is out and the rest",
                                  step->step, step->reason, step->cut));
    }
  }
}

static void say_function(struct accounting *accounting, int64_t id)
{
  for (size_t i = 0; i < accounting->functions->n; i++) {
    const struct plan_function *function = record_at(accounting->functions, plan_function, i);
    if (function->id != id) {
      continue;
    }
    g_autofree char *entry = account_item(accounting->monolith, true, function->routine);
    account_say(accounting, "place", 0, "", 0,
                g_strdup_printf("function of %s: %s, woken by %s %s; %s",
                                account_service(accounting, function->service), entry,
                                function->trigger, function->key, function->readiness));
    if (strcmp(function->unit, function->name) != 0) {
      account_say(accounting, "unit", 0, "", 0,
                  g_strdup_printf("built and deployed as one with %s", function->unit));
    }
  }
}

/* What wakes the routine, and which function that makes. */
static void say_entries(struct accounting *accounting, int64_t routine)
{
  const struct monolith *monolith = accounting->monolith;
  for (guint32 i = 0; i < monolith->n_entries; i++) {
    const struct fact_entry *entry = &monolith->entries[i];
    const struct plan_function *function = NULL;
    for (size_t j = 0; entry->routine == routine && j < accounting->functions->n; j++) {
      const struct plan_function *one = record_at(accounting->functions, plan_function, j);
      function = one->entry == entry->id ? one : function;
    }
    if (entry->routine != routine || accounting->members->n == 0) {
      continue;
    }
    g_autofree char *trigger =
        g_strdup_printf("%s%s%s", entry->trigger, entry->key[0] != '\0' ? " " : "", entry->key);
    account_say(accounting, "entry", entry->confidence, entry->file, entry->line,
                function != NULL
                    ? g_strdup_printf("woken by %s: function %s", trigger, function->name)
                    : g_strdup_printf("woken by %s, and no function: the process does that itself, "
                                      "or another entry stands for it; 'functions' of the "
                                      "boundaries makes it one",
                                      trigger));
  }
}

GPtrArray *account_of(struct store *store, const struct monolith *monolith,
                      const struct candidate *candidate, GError **error)
{
  static const char *const kinds[] = {"routine", "state", "service", "function"};
  struct accounting accounting;
  if (!accounting_init(&accounting, store, monolith, error)) {
    return NULL;
  }
  accounting.lines = g_ptr_array_new_with_free_func(line_free);
  enum account_subject subject = candidate->subject;
  if (subject == ACCOUNT_SERVICE) {
    say_service(&accounting, candidate->id);
  } else if (subject == ACCOUNT_FUNCTION) {
    say_function(&accounting, candidate->id);
  } else {
    say_place(&accounting, kinds[subject], candidate->id);
  }
  if (subject == ACCOUNT_ROUTINE) {
    say_entries(&accounting, candidate->id);
  }
  say_reasons(&accounting, kinds[subject], candidate->id);
  if (subject == ACCOUNT_SERVICE) {
    account_say_setups(&accounting, candidate->id);
  }
  if (subject == ACCOUNT_STATE) {
    say_users(&accounting, candidate->id);
  }
  account_say_decisions(&accounting, subject, candidate->id);
  if (subject == ACCOUNT_FUNCTION) {
    account_say_foreign(&accounting, candidate->id);
  } else {
    account_say_cuts(&accounting, subject, candidate->id);
  }
  accounting_clear(&accounting);
  return accounting.lines;
}
