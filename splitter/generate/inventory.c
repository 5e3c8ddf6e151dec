#include "splitter/generate/inventory.h"

#include <string.h>

const GPtrArray *inventory_list(GHashTable *index, const void *key)
{
  static const GPtrArray none = {NULL, 0};
  const GPtrArray *list = g_hash_table_lookup(index, key);
  return list ? list : &none;
}

static void list_add(GHashTable *index, const void *key, const void *record)
{
  GPtrArray *list = g_hash_table_lookup(index, key);
  if (!list) {
    list = g_ptr_array_new();
    g_hash_table_insert(index, (gpointer)key, list);
  }
  g_ptr_array_add(list, (gpointer)record);
}

static GHashTable *new_id_lists(void)
{
  return g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
                               (GDestroyNotify)g_ptr_array_unref);
}

static GHashTable *new_name_lists(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
}

/* Fills LISTS (key -> records) from a set; the key is a member of the record. */
#define INDEX_LISTS(set, type, key_of, lists)                                                      \
  for (size_t i = 0; i < (set)->n; i++) {                                                          \
    const struct type *record = record_at(set, type, i);                                           \
    list_add(lists, key_of, record);                                                               \
  }

#define INDEX_ONE(set, type, index)                                                                \
  for (size_t i = 0; i < (set)->n; i++) {                                                          \
    const struct type *record = record_at(set, type, i);                                           \
    g_hash_table_insert(index, (gpointer) & record->id, (gpointer)record);                         \
  }

static void index_facts(struct inventory *all)
{
  INDEX_ONE(all->routines, fact_routine, all->routine_by_id);
  INDEX_ONE(all->types, fact_type, all->type_by_id);
  INDEX_ONE(all->states, fact_state, all->state_by_id);
  INDEX_ONE(all->entries, fact_entry, all->entry_by_id);
  INDEX_ONE(all->services, plan_service, all->service_by_id);
  INDEX_LISTS(all->routines, fact_routine, record->name, all->routines_by_name);
  INDEX_LISTS(all->types, fact_type, record->name, all->types_by_name);
  INDEX_LISTS(all->states, fact_state, record->name, all->states_by_name);
  INDEX_LISTS(all->params, fact_param, &record->routine, all->params_by_routine);
  INDEX_LISTS(all->fields, fact_field, &record->type_id, all->fields_by_type);
  INDEX_LISTS(all->sites, fact_site, &record->caller, all->sites_by_caller);
  INDEX_LISTS(all->calls, fact_call, &record->site, all->calls_by_site);
  INDEX_LISTS(all->calls, fact_call, &record->caller, all->calls_by_caller);
  INDEX_LISTS(all->calls, fact_call, &record->callee, all->calls_by_callee);
  INDEX_LISTS(all->arguments, fact_argument, &record->site, all->arguments_by_site);
  INDEX_LISTS(all->accesses, fact_access, &record->routine, all->accesses_by_routine);
  INDEX_LISTS(all->effects, fact_effect, &record->routine, all->effects_by_routine);
  INDEX_LISTS(all->closure, plan_closure, &record->function, all->closure_by_function);
}

struct source_table {
  size_t offset; /* of the record_set pointer in struct inventory */
  const struct record_table *table;
  const char *omit;
  const char *order;
};

#define TABLE(member, table, omit, order)                                                          \
  {offsetof(struct inventory, member), &table##_table, omit, order}

static const struct source_table source_tables[] = {
    TABLE(units, fact_unit, "inputs,facts", "file,id"),
    TABLE(programs, fact_program, NULL, "program,file,unit"),
    TABLE(routines, fact_routine, NULL, "file,name,line,id"),
    TABLE(params, fact_param, NULL, "routine,position"),
    TABLE(types, fact_type, NULL, "name,file,line,id"),
    TABLE(fields, fact_field, NULL, "type_id,position"),
    TABLE(enumerators, fact_enumerator, NULL, "type_id,value,name"),
    TABLE(sites, fact_site, NULL, "caller,file,line,column,id"),
    TABLE(calls, fact_call, NULL, "caller,file,line,column,callee,site,kind"),
    TABLE(arguments, fact_argument, NULL, "site,position"),
    TABLE(states, fact_state, NULL, "name,field,file,storage,id"),
    TABLE(accesses, fact_access, NULL, "routine,state,mode,file,line,column"),
    TABLE(effects, fact_effect, NULL, "routine,effect,via,file,line"),
    TABLE(entries, fact_entry, NULL, "trigger,key,routine,id"),
    TABLE(services, plan_service, NULL, "name,id"),
    TABLE(functions, plan_function, NULL, "name,id"),
    TABLE(closure, plan_closure, NULL, "function,kind,item"),
};

static struct record_set **set_of(struct inventory *inventory, size_t offset)
{
  return (struct record_set **)(void *)((char *)inventory + offset);
}

struct inventory *inventory_new(struct store *store, GError **error)
{
  g_autoptr(inventory_owner) all = g_new0(struct inventory, 1);
  g_autoptr(GError) failure = NULL;
  all->root = store_info(store, "root", &failure);
  if (failure) {
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
  }
  for (size_t i = 0; i < G_N_ELEMENTS(source_tables); i++) {
    const struct source_table *source = &source_tables[i];
    struct record_set *set =
        store_load_without(store, source->table, source->omit, source->order, error);
    if (!set) {
      return NULL;
    }
    *set_of(all, source->offset) = set;
  }
  GHashTable **by_id[] = {&all->routine_by_id, &all->type_by_id, &all->state_by_id,
                          &all->entry_by_id, &all->service_by_id};
  for (size_t i = 0; i < G_N_ELEMENTS(by_id); i++) {
    *by_id[i] = g_hash_table_new(g_int64_hash, g_int64_equal);
  }
  GHashTable **lists[] = {
      &all->params_by_routine,   &all->fields_by_type,      &all->sites_by_caller,
      &all->calls_by_site,       &all->calls_by_caller,     &all->calls_by_callee,
      &all->arguments_by_site,   &all->accesses_by_routine, &all->effects_by_routine,
      &all->closure_by_function,
  };
  for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
    *lists[i] = new_id_lists();
  }
  all->routines_by_name = new_name_lists();
  all->types_by_name = new_name_lists();
  all->states_by_name = new_name_lists();
  index_facts(all);
  return g_steal_pointer(&all);
}

void inventory_free(struct inventory *inventory)
{
  if (!inventory) {
    return;
  }
  GHashTable *indexes[] = {
      inventory->routine_by_id,   inventory->routines_by_name,    inventory->type_by_id,
      inventory->types_by_name,   inventory->params_by_routine,   inventory->fields_by_type,
      inventory->sites_by_caller, inventory->calls_by_site,       inventory->calls_by_caller,
      inventory->calls_by_callee, inventory->arguments_by_site,   inventory->state_by_id,
      inventory->states_by_name,  inventory->accesses_by_routine, inventory->effects_by_routine,
      inventory->entry_by_id,     inventory->closure_by_function, inventory->service_by_id,
  };
  for (size_t i = 0; i < G_N_ELEMENTS(indexes); i++) {
    if (indexes[i]) {
      g_hash_table_unref(indexes[i]);
    }
  }
  for (size_t i = 0; i < G_N_ELEMENTS(source_tables); i++) {
    record_set_free(*set_of(inventory, source_tables[i].offset));
  }
  g_free(inventory->root);
  g_free(inventory);
}

const struct fact_routine *inventory_routine(const struct inventory *inventory, int64_t id)
{
  return g_hash_table_lookup(inventory->routine_by_id, &id);
}

const struct fact_type *inventory_type(const struct inventory *inventory, int64_t id)
{
  return g_hash_table_lookup(inventory->type_by_id, &id);
}

const struct fact_state *inventory_state(const struct inventory *inventory, int64_t id)
{
  return g_hash_table_lookup(inventory->state_by_id, &id);
}

const struct fact_param *inventory_param(const struct inventory *inventory, int64_t routine,
                                         int64_t position)
{
  const GPtrArray *list = inventory_list(inventory->params_by_routine, &routine);
  for (guint i = 0; i < list->len; i++) {
    const struct fact_param *param = list->pdata[i];
    if (param->position == position) {
      return param;
    }
  }
  return NULL;
}

unsigned inventory_n_params(const struct inventory *inventory, int64_t routine)
{
  const GPtrArray *list = inventory_list(inventory->params_by_routine, &routine);
  unsigned n = 0;
  for (guint i = 0; i < list->len; i++) {
    n += ((const struct fact_param *)list->pdata[i])->position > 0;
  }
  return n;
}

GPtrArray *inventory_programs_of(const struct inventory *inventory, const char *file)
{
  GPtrArray *names = g_ptr_array_new();
  for (size_t i = 0; i < inventory->programs->n; i++) {
    const struct fact_program *row = record_at(inventory->programs, fact_program, i);
    if (strcmp(row->file, file) != 0) {
      continue;
    }
    if (names->len == 0 || strcmp(names->pdata[names->len - 1], row->program) != 0) {
      g_ptr_array_add(names, (gpointer)row->program);
    }
  }
  return names;
}

static bool program_has(const struct inventory *inventory, const char *program, const char *file)
{
  for (size_t i = 0; i < inventory->programs->n; i++) {
    const struct fact_program *row = record_at(inventory->programs, fact_program, i);
    if (strcmp(row->file, file) == 0 && strcmp(row->program, program) == 0) {
      return true;
    }
  }
  return false;
}

const struct fact_routine *inventory_find_routine(const struct inventory *inventory,
                                                  const char *program, const char *name)
{
  const GPtrArray *list = inventory_list(inventory->routines_by_name, name);
  const struct fact_routine *other = NULL;
  for (guint i = 0; i < list->len; i++) {
    const struct fact_routine *routine = list->pdata[i];
    if (!routine->is_defined) {
      continue;
    }
    if (program && program_has(inventory, program, routine->file)) {
      return routine;
    }
    if (!other && !routine->is_static) {
      other = routine;
    }
  }
  return other;
}

GHashTable *inventory_reach(const struct inventory *inventory, int64_t routine)
{
  GHashTable *reached = g_hash_table_new(g_int64_hash, g_int64_equal);
  g_autoptr(GPtrArray) open = g_ptr_array_new();
  const struct fact_routine *start = inventory_routine(inventory, routine);
  if (start && g_hash_table_add(reached, (gpointer)&start->id)) {
    g_ptr_array_add(open, (gpointer)start);
  }
  while (open->len > 0) {
    const struct fact_routine *next = g_ptr_array_steal_index(open, open->len - 1);
    const GPtrArray *calls = inventory_list(inventory->calls_by_caller, &next->id);
    for (guint i = 0; i < calls->len; i++) {
      const struct fact_call *call = calls->pdata[i];
      const struct fact_routine *callee = inventory_routine(inventory, call->callee);
      if (callee && callee->is_defined && g_hash_table_add(reached, (gpointer)&callee->id)) {
        g_ptr_array_add(open, (gpointer)callee);
      }
    }
  }
  return reached;
}
