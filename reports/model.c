#include "reports/model.h"

#include <string.h>

static GHashTable *index_by_id(const struct record_set *set, size_t size, size_t offset)
{
  GHashTable *index = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < set->n; i++) {
    char *record = (char *)set->records + i * size;
    g_hash_table_insert(index, record + offset, GINT_TO_POINTER((int)i + 1));
  }
  return index;
}

#define INDEX_BY_ID(set, type) index_by_id(set, sizeof(struct type), offsetof(struct type, id))

static int look_up(GHashTable *index, int64_t id)
{
  return GPOINTER_TO_INT(g_hash_table_lookup(index, &id)) - 1;
}

int model_routine(const struct model *model, int64_t id)
{
  return look_up(model->routine_index, id);
}

int model_state(const struct model *model, int64_t id)
{
  return look_up(model->state_index, id);
}

int model_service(const struct model *model, int64_t id)
{
  return look_up(model->service_index, id);
}

int model_entry(const struct model *model, int64_t id)
{
  return look_up(model->entry_index, id);
}

const struct fact_routine *model_routine_at(const struct model *model, int index)
{
  return record_at(model->routines, fact_routine, index);
}

const struct fact_state *model_state_at(const struct model *model, int index)
{
  return record_at(model->states, fact_state, index);
}

char *model_state_name(const struct model *model, int index)
{
  const struct fact_state *state = model_state_at(model, index);
  return state->field[0] ? g_strconcat(state->name, ".", state->field, NULL)
                         : g_strdup(state->name);
}

const char *model_service_name(const struct model *model, int index)
{
  if (index == MODEL_SHARED) {
    return "shared code";
  }
  if (index < 0) {
    return "no service";
  }
  return record_at(model->services, plan_service, index)->name;
}

GArray *model_find_routines(const struct model *model, const char *name)
{
  GArray *found = g_array_new(FALSE, FALSE, sizeof(int));
  const char *mark = strstr(name, "::");
  g_autofree char *file = mark ? g_strndup(name, (gsize)(mark - name)) : NULL;
  const char *word = mark ? mark + 2 : name;
  for (int i = 0; i < (int)model->routines->n; i++) {
    const struct fact_routine *routine = model_routine_at(model, i);
    if (strcmp(routine->name, word) == 0 && (!file || strcmp(routine->file, file) == 0)) {
      g_array_append_val(found, i);
    }
  }
  return found;
}

static void place_members(struct model *model)
{
  size_t n_routines = model->routines->n;
  size_t n_states = model->states->n;
  model->routine_service = g_new(int, n_routines + 1);
  model->state_service = g_new(int, n_states + 1);
  model->routine_role = g_new0(const char *, n_routines + 1);
  model->state_role = g_new0(const char *, n_states + 1);
  for (size_t i = 0; i < n_routines; i++) {
    model->routine_service[i] = MODEL_NONE;
    model->routine_role[i] = "";
  }
  for (size_t i = 0; i < n_states; i++) {
    model->state_service[i] = MODEL_NONE;
    model->state_role[i] = "";
  }
  for (size_t i = 0; i < model->members->n; i++) {
    const struct plan_member *member = record_at(model->members, plan_member, i);
    bool is_routine = strcmp(member->kind, "routine") == 0;
    int item = is_routine ? model_routine(model, member->item) : model_state(model, member->item);
    if (item < 0) {
      continue;
    }
    bool is_own = strcmp(member->role, "member") == 0 || strcmp(member->role, "owner") == 0;
    bool is_shared = strcmp(member->role, "shared") == 0 || strcmp(member->role, "replicated") == 0;
    int service = is_own      ? model_service(model, member->service)
                  : is_shared ? MODEL_SHARED
                              : MODEL_NONE;
    int *place = is_routine ? &model->routine_service[item] : &model->state_service[item];
    if (*place < 0) {
      *place = service;
      *(is_routine ? &model->routine_role[item] : &model->state_role[item]) = member->role;
    }
  }
}

static int compare_calls(gconstpointer a, gconstpointer b)
{
  const struct model_call *x = a;
  const struct model_call *y = b;
  return x->caller != y->caller          ? x->caller - y->caller
         : x->callee != y->callee        ? x->callee - y->callee
         : strcmp(x->file, y->file) != 0 ? strcmp(x->file, y->file)
                                         : x->line - y->line;
}

/* One row for each pair of routines. */
static void gather_calls(struct model *model)
{
  g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct model_call));
  for (size_t i = 0; i < model->call_records->n; i++) {
    const struct fact_call *record = record_at(model->call_records, fact_call, i);
    struct model_call call = {.caller = model_routine(model, record->caller),
                              .callee = model_routine(model, record->callee),
                              .n_sites = 1,
                              .is_indirect = strcmp(record->kind, "direct") != 0,
                              .file = record->file,
                              .line = (int)record->line};
    if (call.caller >= 0 && call.callee >= 0) {
      g_array_append_val(all, call);
    }
  }
  g_array_sort(all, compare_calls);
  model->calls = g_array_new(FALSE, FALSE, sizeof(struct model_call));
  struct model_call *last = NULL;
  for (guint i = 0; i < all->len; i++) {
    struct model_call *call = &g_array_index(all, struct model_call, i);
    if (last && last->caller == call->caller && last->callee == call->callee) {
      last->n_sites++;
      last->is_indirect |= call->is_indirect;
      continue;
    }
    g_array_append_val(model->calls, *call);
    last = &g_array_index(model->calls, struct model_call, model->calls->len - 1);
  }
}

static int compare_accesses(gconstpointer a, gconstpointer b)
{
  const struct model_access *x = a;
  const struct model_access *y = b;
  return x->routine != y->routine        ? x->routine - y->routine
         : x->state != y->state          ? x->state - y->state
         : x->mode != y->mode            ? x->mode - y->mode
         : strcmp(x->file, y->file) != 0 ? strcmp(x->file, y->file)
                                         : x->line - y->line;
}

static void gather_accesses(struct model *model)
{
  g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct model_access));
  for (size_t i = 0; i < model->access_records->n; i++) {
    const struct fact_access *record = record_at(model->access_records, fact_access, i);
    struct model_access access = {.routine = model_routine(model, record->routine),
                                  .state = model_state(model, record->state),
                                  .mode = record->mode[0],
                                  .n_sites = 1,
                                  .file = record->file,
                                  .line = (int)record->line};
    if (access.routine >= 0 && access.state >= 0) {
      g_array_append_val(all, access);
    }
  }
  g_array_sort(all, compare_accesses);
  model->accesses = g_array_new(FALSE, FALSE, sizeof(struct model_access));
  struct model_access *last = NULL;
  for (guint i = 0; i < all->len; i++) {
    struct model_access *access = &g_array_index(all, struct model_access, i);
    if (last && last->routine == access->routine && last->state == access->state &&
        last->mode == access->mode) {
      last->n_sites++;
      continue;
    }
    g_array_append_val(model->accesses, *access);
    last = &g_array_index(model->accesses, struct model_access, model->accesses->len - 1);
  }
}

static bool count_unresolved(struct model *model, struct store *store, GError **error)
{
  g_autoptr(record_set) sites = store_load_without(
      store, &fact_site_table, "caller,file,line,column,expression,loop_depth", "id", error);
  if (!sites) {
    return false;
  }
  g_autoptr(GHashTable) resolved = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < model->call_records->n; i++) {
    g_hash_table_add(resolved, (gpointer)&record_at(model->call_records, fact_call, i)->site);
  }
  for (size_t i = 0; i < sites->n; i++) {
    const struct fact_site *site = record_at(sites, fact_site, i);
    if (site->is_direct) {
      continue;
    }
    model->n_indirect_sites++;
    if (!g_hash_table_contains(resolved, &site->id)) {
      model->n_never += site->is_complete;
      model->n_unresolved += !site->is_complete;
    }
  }
  return true;
}

static char *info_or_empty(struct store *store, const char *key)
{
  char *value = store_info(store, key, NULL);
  return value ? value : g_strdup("");
}

static bool load_records(struct model *model, struct store *store, GError **error)
{
  const struct {
    record_set **set;
    const struct record_table *table;
    const char *order;
  } loads[] = {
      {&model->files, &fact_file_table, "file"},
      {&model->diagnostics, &fact_diagnostic_table, NULL},
      {&model->programs, &fact_program_table, "program,file,source"},
      {&model->routines, &fact_routine_table, "name,file,id"},
      {&model->states, &fact_state_table, "name,field,file,id"},
      {&model->entries, &fact_entry_table, "id"},
      {&model->services, &plan_service_table, "name,id"},
      {&model->members, &plan_member_table, "kind,item,service,role"},
      {&model->functions, &plan_function_table, "name,id"},
      {&model->closures, &plan_closure_table, "function,kind,item"},
      {&model->cuts, &plan_cut_table, "id"},
      {&model->steps, &plan_step_table, "step"},
      {&model->setups, &plan_setup_table, "service,number"},
      {&model->bills, &result_bill_table, "stage,cloud,position"},
      {&model->ranges, &result_range_table, "position"},
      {&model->invocations, &result_invocation_table, "id"},
      {&model->call_records, &fact_call_table, "site"},
      {&model->access_records, &fact_access_table, "routine"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(loads); i++) {
    *loads[i].set = store_load(store, loads[i].table, loads[i].order, error);
    if (!*loads[i].set) {
      return false;
    }
  }
  return true;
}

struct model *model_load(struct store *store, GError **error)
{
  g_autoptr(model_t) model = g_new0(struct model, 1);
  if (!load_records(model, store, error)) {
    return NULL;
  }
  model->routine_index = INDEX_BY_ID(model->routines, fact_routine);
  model->state_index = INDEX_BY_ID(model->states, fact_state);
  model->service_index = INDEX_BY_ID(model->services, plan_service);
  model->entry_index = INDEX_BY_ID(model->entries, fact_entry);
  place_members(model);
  gather_calls(model);
  gather_accesses(model);
  model->root = info_or_empty(store, "root");
  model->tool = info_or_empty(store, "tool_version");
  return count_unresolved(model, store, error) ? g_steal_pointer(&model) : NULL;
}

void model_free(struct model *model)
{
  if (!model) {
    return;
  }
  record_set *const sets[] = {
      model->files,     model->diagnostics, model->programs,     model->routines,
      model->states,    model->entries,     model->services,     model->members,
      model->functions, model->closures,    model->cuts,         model->steps,
      model->bills,     model->invocations, model->call_records, model->access_records,
      model->ranges,    model->setups,
  };
  GHashTable *const indexes[] = {model->routine_index, model->state_index, model->service_index,
                                 model->entry_index};
  for (size_t i = 0; i < G_N_ELEMENTS(indexes); i++) {
    if (indexes[i]) {
      g_hash_table_destroy(indexes[i]);
    }
  }
  for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
    record_set_free(sets[i]);
  }
  g_clear_pointer(&model->calls, g_array_unref);
  g_clear_pointer(&model->accesses, g_array_unref);
  g_free(model->routine_service);
  g_free(model->state_service);
  g_free(model->routine_role);
  g_free(model->state_role);
  g_free(model->root);
  g_free(model->tool);
  g_free(model);
}
