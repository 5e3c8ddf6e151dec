#include "splitter/plan_reader.h"

#include <string.h>

#include "store/facts.h"
#include "store/plan.h"

static char *name_of_routine(const struct fact_routine *routine)
{
  /* Imported items are their own file. */
  return strcmp(routine->file, routine->name) == 0
             ? g_strdup(routine->name)
             : g_strdup_printf("%s::%s", routine->file, routine->name);
}

static GHashTable *index_by_id(const struct record_set *set, size_t size, size_t offset)
{
  GHashTable *index = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < set->n; i++) {
    char *record = (char *)set->records + i * size;
    g_hash_table_insert(index, record + offset, record);
  }
  return index;
}

static void add_by_file(GHashTable *files, const struct fact_routine *routine,
                        const struct plan_service *service)
{
  GHashTable *counts = g_hash_table_lookup(files, routine->file);
  if (counts == NULL) {
    counts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, NULL);
    g_hash_table_insert(files, (gpointer)routine->file, counts);
  }
  gsize count = GPOINTER_TO_SIZE(g_hash_table_lookup(counts, service->name));
  g_hash_table_insert(counts, (gpointer)service->name,
                      GSIZE_TO_POINTER(count + 1 + (gsize)MAX(routine->n_statements, 0)));
}

static const char *most_of(GHashTable *counts)
{
  const char *best = NULL;
  gsize best_count = 0;
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, counts);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    gsize count = GPOINTER_TO_SIZE(value);
    if (count > best_count || (count == best_count && strcmp(key, best) < 0)) {
      best = key;
      best_count = count;
    }
  }
  return best;
}

static void list_files(GHashTable *files, GPtrArray *groups, GPtrArray *items)
{
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, files);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    g_ptr_array_add(groups, (gpointer)most_of(value));
    g_ptr_array_add(items, g_strdup(key));
  }
}

struct grouping *plan_read_grouping(struct store *store, enum plan_level level, GError **error)
{
  g_autoptr(record_set) routines = store_load(store, &fact_routine_table, "id", error);
  g_autoptr(record_set) services =
      routines == NULL ? NULL : store_load(store, &plan_service_table, "id", error);
  g_autoptr(record_set) members =
      services == NULL ? NULL : store_load(store, &plan_member_table, NULL, error);
  if (members == NULL) {
    return NULL;
  }
  g_autoptr(GHashTable) routine_of =
      index_by_id(routines, sizeof(struct fact_routine), offsetof(struct fact_routine, id));
  g_autoptr(GHashTable) service_of =
      index_by_id(services, sizeof(struct plan_service), offsetof(struct plan_service, id));
  g_autoptr(GHashTable) files =
      g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_hash_table_unref);
  g_autoptr(GPtrArray) groups = g_ptr_array_new();
  g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
  for (size_t i = 0; i < members->n; i++) {
    const struct plan_member *member = record_at(members, plan_member, i);
    const struct fact_routine *routine = g_hash_table_lookup(routine_of, &member->item);
    const struct plan_service *service = g_hash_table_lookup(service_of, &member->service);
    if (routine == NULL || service == NULL || strcmp(member->role, "member") != 0) {
      continue;
    }
    if (level == PLAN_LEVEL_FILE) {
      add_by_file(files, routine, service);
    } else {
      g_ptr_array_add(groups, (gpointer)service->name);
      g_ptr_array_add(items, name_of_routine(routine));
    }
  }
  list_files(files, groups, items);
  return grouping_new(items->len, (const char *const *)groups->pdata,
                      (const char *const *)items->pdata, error);
}

bool plan_read_dependencies(struct store *store, GPtrArray *from, GPtrArray *to, GError **error)
{
  g_autoptr(record_set) routines = store_load(store, &fact_routine_table, "id", error);
  g_autoptr(record_set) calls =
      routines == NULL ? NULL : store_load(store, &fact_call_table, NULL, error);
  if (calls == NULL) {
    return false;
  }
  g_autoptr(GHashTable) routine_of =
      index_by_id(routines, sizeof(struct fact_routine), offsetof(struct fact_routine, id));
  for (size_t i = 0; i < calls->n; i++) {
    const struct fact_call *call = record_at(calls, fact_call, i);
    const struct fact_routine *caller = g_hash_table_lookup(routine_of, &call->caller);
    const struct fact_routine *callee = g_hash_table_lookup(routine_of, &call->callee);
    if (caller != NULL && callee != NULL) {
      g_ptr_array_add(from, name_of_routine(caller));
      g_ptr_array_add(to, name_of_routine(callee));
    }
  }
  return true;
}
