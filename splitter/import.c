#include "splitter/import.h"

#include <string.h>

#include "splitter/grouping.h"
#include "store/facts.h"
#include "store/identity.h"
#include "store/plan.h"

static void add_item(GHashTable *items, const char *name)
{
  if (!g_hash_table_contains(items, name)) {
    gint64 *id = g_new(gint64, 1);
    *id = store_id("import", name, NULL);
    g_hash_table_insert(items, (gpointer)name, id);
  }
}

static bool write_items(struct store *store, GHashTable *items, GError **error)
{
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer id = NULL;
  g_hash_table_iter_init(&iter, items);
  while (g_hash_table_iter_next(&iter, &name, &id)) {
    struct fact_routine routine = {.id = *(gint64 *)id,
                                   .name = name,
                                   .symbol = name,
                                   .file = name,
                                   .line = 1,
                                   .is_defined = true,
                                   .signature = "",
                                   .attributes = "",
                                   .n_statements = 1};
    struct fact_file file = {.file = name, .is_tu = true, .status = "ok", .hash = ""};
    if (!store_insert(store, &fact_routine_table, &routine, error) ||
        !store_insert(store, &fact_file_table, &file, error)) {
      return false;
    }
  }
  return true;
}

static bool write_call(struct store *store, GHashTable *items, const struct rsf_fact *fact,
                       const char *name, GError **error)
{
  g_autofree char *line = g_strdup_printf("%" G_GUINT64_FORMAT, fact->line);
  int64_t caller = *(gint64 *)g_hash_table_lookup(items, fact->left);
  struct fact_site site = {.id = store_id("import-site", fact->left, fact->right, line, NULL),
                           .caller = caller,
                           .file = name,
                           .line = (int64_t)fact->line,
                           .column = 1,
                           .is_direct = true,
                           .is_complete = true,
                           .expression = fact->right};
  struct fact_call call = {.site = site.id,
                           .caller = caller,
                           .callee = *(gint64 *)g_hash_table_lookup(items, fact->right),
                           .kind = "direct",
                           .tier = "direct",
                           .file = name,
                           .line = (int64_t)fact->line,
                           .column = 1,
                           .witness_file = ""};
  return store_insert(store, &fact_site_table, &site, error) &&
         store_insert(store, &fact_call_table, &call, error);
}

static bool write_groups(struct store *store, GHashTable *items, const struct grouping *grouping,
                         GError **error)
{
  for (guint i = 0; i < grouping->groups->len; i++) {
    const char *group = g_ptr_array_index(grouping->groups, i);
    struct plan_service service = {
        .id = store_id("service", group, NULL), .name = group, .reason = "imported"};
    if (!store_insert(store, &plan_service_table, &service, error)) {
      return false;
    }
  }
  for (guint i = 0; i < grouping->items->len; i++) {
    const char *group =
        g_ptr_array_index(grouping->groups, g_array_index(grouping->group_of, guint32, i));
    struct plan_member member = {
        .service = store_id("service", group, NULL),
        .kind = "routine",
        .item = *(gint64 *)g_hash_table_lookup(items, g_ptr_array_index(grouping->items, i)),
        .role = "member",
        .reason = "imported"};
    if (!store_insert(store, &plan_member_table, &member, error)) {
      return false;
    }
  }
  return true;
}

static bool clear_all(struct store *store, GError **error)
{
  const struct record_table *const *groups[] = {fact_tables, plan_tables};
  for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
    for (guint j = 0; groups[i][j] != NULL; j++) {
      if (!store_clear(store, groups[i][j], error)) {
        return false;
      }
    }
  }
  return true;
}

static bool write_all(struct store *store, const struct rsf *rsf, GHashTable *items,
                      const struct grouping *grouping, const char *name, GError **error)
{
  if (!clear_all(store, error) || !write_items(store, items, error)) {
    return false;
  }
  for (guint i = 0; i < rsf->depends->len; i++) {
    if (!write_call(store, items, g_ptr_array_index(rsf->depends, i), name, error)) {
      return false;
    }
  }
  return write_groups(store, items, grouping, error);
}

bool import_rsf(struct store *store, const struct rsf *rsf, const char *name,
                struct import_summary *summary, GError **error)
{
  struct grouping *grouping = grouping_from_rsf(rsf, name, error);
  if (grouping == NULL) {
    return false;
  }
  g_autoptr(GHashTable) items = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  for (guint i = 0; i < rsf->depends->len; i++) {
    const struct rsf_fact *fact = g_ptr_array_index(rsf->depends, i);
    add_item(items, fact->left);
    add_item(items, fact->right);
  }
  for (guint i = 0; i < grouping->items->len; i++) {
    add_item(items, g_ptr_array_index(grouping->items, i));
  }
  summary->n_items = g_hash_table_size(items);
  summary->n_dependencies = rsf->depends->len;
  bool is_done = store_begin(store, error);
  if (is_done && !write_all(store, rsf, items, grouping, name, error)) {
    store_rollback(store);
    is_done = false;
  } else if (is_done) {
    is_done = store_commit(store, error);
  }
  grouping_free(grouping);
  return is_done;
}
