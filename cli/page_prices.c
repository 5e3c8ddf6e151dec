#include "cli/page_prices.h"

#include <string.h>

#include "cost/catalogue.h"
#include "reports/prices.h"

/* The arithmetic that the page has too (reports/page/cost.js). */
static bool is_known(const struct plan *plan)
{
  static const char *const known[] = {"lambda", "run-request", "consumption",
                                      "flex",   "instance",    NULL};
  return g_strv_contains(known, plan->billing);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *sorted_keys(GHashTable *table)
{
  GPtrArray *keys = g_ptr_array_new();
  GHashTableIter iterator;
  gpointer key;
  g_hash_table_iter_init(&iterator, table);
  while (g_hash_table_iter_next(&iterator, &key, NULL)) {
    g_ptr_array_add(keys, key);
  }
  g_ptr_array_sort(keys, compare_names);
  return keys;
}

/* The free grant for METER, or NULL. */
static const struct grant *find_grant(const struct catalogue *catalogue, const struct meter *meter)
{
  g_autoptr(GPtrArray) names = sorted_keys(catalogue->grants);
  for (guint i = 0; i < names->len; i++) {
    const struct grant *grant = g_hash_table_lookup(catalogue->grants, g_ptr_array_index(names, i));
    if (g_ptr_array_find_with_equal_func(grant->meters, meter->id, g_str_equal, NULL)) {
      return grant;
    }
  }
  return NULL;
}

static void add_meter(struct prices_plan *out, const struct catalogue *catalogue,
                      const struct plan *plan, const char *role, const char *region)
{
  const struct meter *meter = catalogue_role(catalogue, plan, role);
  const struct price *price = meter ? catalogue_price(catalogue, meter, region) : NULL;
  if (!price) {
    return;
  }
  struct prices_meter *copy = prices_add_meter(out);
  copy->role = g_strdup(role);
  copy->unit = g_strdup(meter->unit);
  copy->source = g_strdup(price->source->title);
  copy->as_of = g_strdup(price->source->as_of);
  for (guint i = 0; i < price->tiers->len; i++) {
    const struct price_tier *tier = g_ptr_array_index(price->tiers, i);
    prices_add_tier(copy, tier->up_to ? decimal_text(tier->up_to) : NULL,
                    decimal_text(tier->price));
  }
  const struct grant *grant = find_grant(catalogue, meter);
  if (grant) {
    copy->grant = decimal_text(grant->amount);
    copy->grant_is_money = grant->is_money;
  }
}

static void add_plan(GPtrArray *plans, const struct catalogue *catalogue, const struct plan *plan)
{
  const struct cloud *cloud = catalogue_cloud(catalogue, plan->cloud);
  struct prices_plan *out = prices_add_plan(plans);
  out->name = g_strdup(plan->name);
  out->cloud = g_strdup(plan->cloud);
  out->billing = g_strdup(plan->billing);
  g_autoptr(GPtrArray) rules = sorted_keys(plan->rules);
  for (guint i = 0; i < rules->len; i++) {
    const char *name = g_ptr_array_index(rules, i);
    prices_add_rule(out, g_strdup(name), decimal_text(plan_rule(plan, name)));
  }
  for (guint i = 0; i < plan->sizes->len; i++) {
    g_ptr_array_add(out->sizes, decimal_text(g_ptr_array_index(plan->sizes, i)));
  }
  g_autoptr(GPtrArray) roles = sorted_keys(plan->roles);
  for (guint i = 0; i < roles->len; i++) {
    add_meter(out, catalogue, plan, g_ptr_array_index(roles, i), cloud->default_region);
  }
}

GPtrArray *page_prices_read(const struct context *context, GError **error)
{
  g_autofree char *installed = context_data_folder(context, "catalogue");
  const char *folder = context_text(context, "catalogue");
  g_autoptr(catalogue_t) catalogue = catalogue_new();
  if (!catalogue_read_folder(catalogue, folder ? folder : installed, error) ||
      !catalogue_resolve(catalogue, error)) {
    return NULL;
  }
  GPtrArray *plans = prices_new();
  g_autoptr(GPtrArray) names = catalogue_plan_names(catalogue);
  for (guint i = 0; i < names->len; i++) {
    const struct plan *plan = catalogue_plan(catalogue, g_ptr_array_index(names, i));
    if (is_known(plan)) {
      add_plan(plans, catalogue, plan);
    }
  }
  return plans;
}
