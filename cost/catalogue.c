#include "cost/catalogue.h"

#include <string.h>

#include "base/nearest.h"
#include "cost/error.h"

static void source_free(gpointer data)
{
  struct price_source *source = data;
  g_free(source->id);
  g_free(source->title);
  g_free(source->as_of);
  g_free(source);
}

static void meter_free(gpointer data)
{
  struct meter *meter = data;
  g_free(meter->id);
  g_free(meter->cloud);
  g_free(meter->unit);
  g_free(meter->file);
  g_ptr_array_unref(meter->prices);
  g_free(meter);
}

static void grant_free(gpointer data)
{
  struct grant *grant = data;
  g_free(grant->id);
  g_free(grant->file);
  g_ptr_array_unref(grant->meters);
  g_free(grant);
}

static void plan_free(gpointer data)
{
  struct plan *plan = data;
  g_free(plan->name);
  g_free(plan->cloud);
  g_free(plan->billing);
  g_hash_table_unref(plan->roles);
  g_hash_table_unref(plan->rules);
  g_ptr_array_unref(plan->sizes);
  g_free(plan->note);
  g_free(plan->file);
  g_free(plan);
}

static void cloud_free(gpointer data)
{
  struct cloud *cloud = data;
  g_free(cloud->name);
  g_free(cloud->default_region);
  g_hash_table_unref(cloud->regions);
  g_hash_table_unref(cloud->groups);
  g_free(cloud);
}

struct catalogue *catalogue_new(void)
{
  struct catalogue *catalogue = g_new0(struct catalogue, 1);
  catalogue->pool = decimal_pool_new();
  catalogue->clouds = g_ptr_array_new_with_free_func(cloud_free);
  catalogue->meters = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, meter_free);
  catalogue->grants = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, grant_free);
  catalogue->plans = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, plan_free);
  catalogue->sources = g_ptr_array_new_with_free_func(source_free);
  return catalogue;
}

void catalogue_free(struct catalogue *catalogue)
{
  if (catalogue == NULL) {
    return;
  }
  g_ptr_array_unref(catalogue->clouds);
  g_hash_table_unref(catalogue->meters);
  g_hash_table_unref(catalogue->grants);
  g_hash_table_unref(catalogue->plans);
  g_ptr_array_unref(catalogue->sources);
  decimal_pool_free(catalogue->pool);
  g_free(catalogue);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool catalogue_read_folder(struct catalogue *catalogue, const char *folder, GError **error)
{
  g_autoptr(GError) problem = NULL;
  g_autoptr(GDir) directory = g_dir_open(folder, 0, &problem);
  if (directory == NULL) {
    g_set_error(error, COST_ERROR, COST_ERROR_FILE, "cannot open the catalogue folder: %s",
                problem->message);
    return false;
  }
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
  const char *name = NULL;
  while ((name = g_dir_read_name(directory)) != NULL) {
    if (g_str_has_suffix(name, ".yaml") && name[0] != '.') {
      g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    }
  }
  if (paths->len == 0) {
    g_set_error(error, COST_ERROR, COST_ERROR_FILE, "no *.yaml in the catalogue folder '%s'",
                folder);
    return false;
  }
  g_ptr_array_sort(paths, compare_names);
  for (unsigned int i = 0; i < paths->len; i++) {
    if (!catalogue_read(catalogue, paths->pdata[i], error)) {
      return false;
    }
  }
  return true;
}

static bool resolve_meter(const struct catalogue *catalogue, const char *id, const char *file,
                          unsigned int line, GError **error)
{
  if (g_hash_table_contains(catalogue->meters, id)) {
    return true;
  }
  g_autofree const char **ids =
      (const char **)g_hash_table_get_keys_as_array(catalogue->meters, NULL);
  unsigned int n_ids = g_hash_table_size(catalogue->meters);
  qsort(ids, n_ids, sizeof *ids, compare_names);
  const char *nearest = nearest_name(id, ids, n_ids);
  g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "%s:%u:1: unknown meter '%s'%s%s%s", file, line,
              id, nearest != NULL ? ", did you mean '" : "", nearest != NULL ? nearest : "",
              nearest != NULL ? "'?" : "");
  return false;
}

bool catalogue_resolve(const struct catalogue *catalogue, GError **error)
{
  GHashTableIter iterator;
  gpointer value = NULL;
  g_hash_table_iter_init(&iterator, catalogue->grants);
  while (g_hash_table_iter_next(&iterator, NULL, &value)) {
    const struct grant *grant = value;
    for (unsigned int i = 0; i < grant->meters->len; i++) {
      if (!resolve_meter(catalogue, grant->meters->pdata[i], grant->file, grant->line, error)) {
        return false;
      }
    }
  }
  g_hash_table_iter_init(&iterator, catalogue->plans);
  while (g_hash_table_iter_next(&iterator, NULL, &value)) {
    const struct plan *plan = value;
    GHashTableIter roles;
    gpointer id = NULL;
    g_hash_table_iter_init(&roles, plan->roles);
    while (g_hash_table_iter_next(&roles, NULL, &id)) {
      if (!resolve_meter(catalogue, id, plan->file, plan->line, error)) {
        return false;
      }
    }
  }
  return true;
}

const struct plan *catalogue_plan(const struct catalogue *catalogue, const char *name)
{
  return g_hash_table_lookup(catalogue->plans, name);
}

const struct meter *catalogue_meter(const struct catalogue *catalogue, const char *id)
{
  return g_hash_table_lookup(catalogue->meters, id);
}

const struct cloud *catalogue_cloud(const struct catalogue *catalogue, const char *name)
{
  for (unsigned int i = 0; i < catalogue->clouds->len; i++) {
    const struct cloud *cloud = catalogue->clouds->pdata[i];
    if (strcmp(cloud->name, name) == 0) {
      return cloud;
    }
  }
  return NULL;
}

GPtrArray *catalogue_plan_names(const struct catalogue *catalogue)
{
  GPtrArray *names = g_ptr_array_new();
  GHashTableIter iterator;
  gpointer name = NULL;
  g_hash_table_iter_init(&iterator, catalogue->plans);
  while (g_hash_table_iter_next(&iterator, &name, NULL)) {
    g_ptr_array_add(names, name);
  }
  g_ptr_array_sort(names, compare_names);
  return names;
}

const char *catalogue_nearest_plan(const struct catalogue *catalogue, const char *name)
{
  g_autoptr(GPtrArray) names = catalogue_plan_names(catalogue);
  return nearest_name(name, (const char *const *)names->pdata, names->len);
}

const struct price *catalogue_price(const struct catalogue *catalogue, const struct meter *meter,
                                    const char *region)
{
  const struct cloud *cloud = catalogue_cloud(catalogue, meter->cloud);
  const struct price *everywhere = NULL;
  const struct price *by_group = NULL;
  if (cloud == NULL || !g_hash_table_contains(cloud->regions, region)) {
    return NULL;
  }
  for (unsigned int i = 0; i < meter->prices->len; i++) {
    const struct price *price = meter->prices->pdata[i];
    GHashTable *group = g_hash_table_lookup(cloud->groups, price->region);
    if (strcmp(price->region, region) == 0) {
      return price;
    }
    if (group != NULL && g_hash_table_contains(group, region)) {
      by_group = price;
    }
    if (strcmp(price->region, "*") == 0) {
      everywhere = price;
    }
  }
  return by_group != NULL ? by_group : everywhere;
}

const struct meter *catalogue_role(const struct catalogue *catalogue, const struct plan *plan,
                                   const char *role)
{
  const char *id = g_hash_table_lookup(plan->roles, role);
  return id == NULL ? NULL : catalogue_meter(catalogue, id);
}

const struct decimal *plan_rule(const struct plan *plan, const char *name)
{
  return g_hash_table_lookup(plan->rules, name);
}
