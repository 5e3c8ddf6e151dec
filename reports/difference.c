#include "reports/difference.h"

#include <string.h>

#include "reports/money.h"
#include "reports/table.h"

/* One kind of thing: names with what is said about each. */
typedef GHashTable *gather(const struct model *model);

static GHashTable *new_facts(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static char *routine_name(const struct model *model, int index)
{
  const struct fact_routine *routine = model_routine_at(model, index);
  return routine->file[0] ? g_strconcat(routine->file, "::", routine->name, NULL)
                          : g_strdup(routine->name);
}

static GHashTable *gather_routines(const struct model *model)
{
  GHashTable *facts = new_facts();
  for (int i = 0; i < (int)model->routines->n; i++) {
    const struct fact_routine *routine = model_routine_at(model, i);
    if (routine->is_defined) {
      g_hash_table_insert(facts, routine_name(model, i),
                          g_strdup_printf("%s, %" G_GINT64_FORMAT " statements", routine->signature,
                                          routine->n_statements));
    }
  }
  return facts;
}

static GHashTable *gather_calls(const struct model *model)
{
  GHashTable *facts = new_facts();
  for (guint i = 0; i < model->calls->len; i++) {
    const struct model_call *call = &g_array_index(model->calls, struct model_call, i);
    g_autofree char *caller = routine_name(model, call->caller);
    g_autofree char *callee = routine_name(model, call->callee);
    g_hash_table_insert(facts, g_strconcat(caller, " → ", callee, NULL),
                        g_strdup(call->is_indirect ? "through a pointer" : "direct"));
  }
  return facts;
}

static char *state_name(const struct model *model, int index)
{
  g_autofree char *name = model_state_name(model, index);
  const char *file = model_state_at(model, index)->file;
  return file[0] ? g_strconcat(file, "::", name, NULL) : g_steal_pointer(&name);
}

static GHashTable *gather_states(const struct model *model)
{
  GHashTable *facts = new_facts();
  for (int i = 0; i < (int)model->states->n; i++) {
    const struct fact_state *state = model_state_at(model, i);
    g_hash_table_insert(facts, state_name(model, i),
                        g_strconcat(state->storage, ", ", state->class, NULL));
  }
  return facts;
}

static GHashTable *gather_accesses(const struct model *model)
{
  GHashTable *facts = new_facts();
  for (guint i = 0; i < model->accesses->len; i++) {
    const struct model_access *access = &g_array_index(model->accesses, struct model_access, i);
    g_autofree char *routine = routine_name(model, access->routine);
    g_autofree char *state = state_name(model, access->state);
    const char *mode = access->mode == 'w'   ? "writes"
                       : access->mode == 'r' ? "reads"
                                             : "takes the address of";
    g_hash_table_insert(facts, g_strdup_printf("%s %s %s", routine, mode, state), g_strdup(""));
  }
  return facts;
}

static GHashTable *gather_services(const struct model *model)
{
  GHashTable *facts = new_facts();
  for (size_t i = 0; i < model->services->n; i++) {
    g_hash_table_insert(facts, g_strdup(record_at(model->services, plan_service, i)->name),
                        g_strdup(""));
  }
  return facts;
}

static GHashTable *gather_members(const struct model *model)
{
  GHashTable *facts = new_facts();
  for (int i = 0; i < (int)model->routines->n; i++) {
    if (model->routine_service[i] != MODEL_NONE) {
      g_hash_table_insert(facts, routine_name(model, i),
                          g_strdup(model_service_name(model, model->routine_service[i])));
    }
  }
  for (int i = 0; i < (int)model->states->n; i++) {
    if (model->state_service[i] != MODEL_NONE) {
      g_hash_table_insert(facts, state_name(model, i),
                          g_strdup(model_service_name(model, model->state_service[i])));
    }
  }
  return facts;
}

static GHashTable *gather_functions(const struct model *model)
{
  GHashTable *facts = new_facts();
  for (size_t i = 0; i < model->functions->n; i++) {
    const struct plan_function *f = record_at(model->functions, plan_function, i);
    const char *service = model_service_name(model, model_service(model, f->service));
    g_hash_table_insert(facts, g_strdup(f->name),
                        g_strdup_printf("%s, %s %s, %s%s%s", service, f->trigger, f->key,
                                        f->readiness, f->reason[0] ? ": " : "", f->reason));
  }
  return facts;
}

static GHashTable *gather_cuts(const struct model *model)
{
  GHashTable *facts = new_facts();
  for (size_t i = 0; i < model->cuts->n; i++) {
    const struct plan_cut *cut = record_at(model->cuts, plan_cut, i);
    int routine = model_routine(model, cut->routine);
    bool is_call = strcmp(cut->kind, "call") == 0;
    int item = is_call ? model_routine(model, cut->item) : model_state(model, cut->item);
    if (routine < 0 || item < 0) {
      continue;
    }
    g_autofree char *what = is_call ? routine_name(model, item) : state_name(model, item);
    g_autofree char *who = routine_name(model, routine);
    char price[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(price, sizeof price, "%.6g", cut->price);
    g_hash_table_insert(
        facts,
        g_strdup_printf(
            "%s → %s: %s %s %s", model_service_name(model, model_service(model, cut->from_service)),
            model_service_name(model, model_service(model, cut->to_service)), who, cut->mode, what),
        g_strdup_printf("price %s, %s", price, cut->marshal));
  }
  return facts;
}

static GHashTable *gather_bills(const struct model *model)
{
  GHashTable *facts = new_facts();
  for (size_t i = 0; i < model->bills->n;) {
    const struct result_bill *first = record_at(model->bills, result_bill, i);
    money sum = 0;
    for (; i < model->bills->n; i++) {
      const struct result_bill *bill = record_at(model->bills, result_bill, i);
      if (strcmp(bill->stage, first->stage) != 0 || strcmp(bill->cloud, first->cloud) != 0) {
        break;
      }
      sum += money_parse(bill->amount);
    }
    g_hash_table_insert(facts, g_strdup_printf("%s on %s", first->stage, first->cloud),
                        money_format(sum));
  }
  return facts;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void compare(struct view_rows *table, const char *kind, GHashTable *before,
                    GHashTable *after)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  GHashTableIter iterator;
  gpointer name;
  g_hash_table_iter_init(&iterator, before);
  while (g_hash_table_iter_next(&iterator, &name, NULL)) {
    g_ptr_array_add(names, name);
  }
  g_hash_table_iter_init(&iterator, after);
  while (g_hash_table_iter_next(&iterator, &name, NULL)) {
    if (!g_hash_table_contains(before, name)) {
      g_ptr_array_add(names, name);
    }
  }
  g_ptr_array_sort(names, compare_names);
  for (guint i = 0; i < names->len; i++) {
    const char *key = g_ptr_array_index(names, i);
    const char *old = g_hash_table_lookup(before, key);
    const char *new = g_hash_table_lookup(after, key);
    if (g_strcmp0(old, new) != 0) {
      table_add_text(table, kind);
      table_add_text(table, !old ? "added" : !new ? "removed" : "changed");
      table_add_text(table, key);
      table_add_text(table, old ? old : "");
      table_add_text(table, new ? new : "");
    }
  }
}

struct view_rows *difference_find(const struct model *before, const struct model *after)
{
  static const struct {
    const char *kind;
    gather *gather;
  } kinds[] = {
      {"routine", gather_routines},   {"call", gather_calls},       {"state", gather_states},
      {"access", gather_accesses},    {"service", gather_services}, {"member", gather_members},
      {"function", gather_functions}, {"cut", gather_cuts},         {"bill", gather_bills},
  };
  struct view_rows *table = table_new("kind", "change", "name", "before", "after", NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
    g_autoptr(GHashTable) old = kinds[i].gather(before);
    g_autoptr(GHashTable) new = kinds[i].gather(after);
    compare(table, kinds[i].kind, old, new);
  }
  return table;
}
