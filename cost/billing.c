#include "cost/billing.h"

#include <stdlib.h>
#include <string.h>

#include "cost/error.h"

static const struct billing_kind *const kinds[] = {
    &billing_lambda,   &billing_edge,        &billing_run_request, &billing_run_instance,
    &billing_gen1,     &billing_consumption, &billing_flex,        &billing_premium,
    &billing_calls,    &billing_volume,      &billing_balancer,    &billing_container,
    &billing_instance,
};

struct entry *entry_new(enum section section, const char *name, const struct plan *plan,
                        const char *region)
{
  struct entry *entry = g_new0(struct entry, 1);
  entry->section = section;
  entry->name = g_strdup(name);
  entry->plan = plan;
  entry->region = g_strdup(region);
  entry->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return entry;
}

void entry_free(struct entry *entry)
{
  if (entry == NULL) {
    return;
  }
  g_free(entry->name);
  g_free(entry->region);
  g_hash_table_unref(entry->values);
  g_free(entry);
}

void entry_set(struct entry *entry, const char *key, const struct decimal *value)
{
  g_hash_table_replace(entry->values, g_strdup(key), (gpointer)value);
}

const struct decimal *entry_get(const struct entry *entry, const char *key)
{
  return g_hash_table_lookup(entry->values, key);
}

const struct billing_kind *billing_kind(const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
    if (strcmp(kinds[i]->name, name) == 0) {
      return kinds[i];
    }
  }
  return NULL;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A plan is sold in a region when all its meters have a price there. */
static bool check_region(const struct billing *billing, GError **error)
{
  const struct entry *entry = billing->entry;
  g_autofree char **roles = (char **)g_hash_table_get_keys_as_array(entry->plan->roles, NULL);
  unsigned int n_roles = g_hash_table_size(entry->plan->roles);
  qsort(roles, n_roles, sizeof *roles, compare_names);
  for (unsigned int i = 0; i < n_roles; i++) {
    const struct meter *meter = catalogue_role(billing->catalogue, entry->plan, roles[i]);
    if (meter == NULL || catalogue_price(billing->catalogue, meter, entry->region) != NULL) {
      continue;
    }
    g_autoptr(GPtrArray) regions = g_ptr_array_new();
    for (unsigned int j = 0; j < meter->prices->len; j++) {
      const struct price *price = meter->prices->pdata[j];
      g_ptr_array_add(regions, price->region);
    }
    g_ptr_array_add(regions, NULL);
    g_autofree char *list = g_strjoinv(", ", (char **)regions->pdata);
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT,
                "plan '%s' has no price for %s in region '%s', known: %s", entry->plan->name,
                roles[i], entry->region, list);
    return false;
  }
  return true;
}

bool billing_charge(const struct billing *billing, GError **error)
{
  const struct billing_kind *kind = billing_kind(billing->entry->plan->billing);
  if (kind == NULL) {
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT,
                "plan '%s' is billed as '%s', which is unknown", billing->entry->plan->name,
                billing->entry->plan->billing);
    return false;
  }
  return check_region(billing, error) && kind->charge(billing, error);
}

const struct decimal *billing_value(const struct billing *billing, const char *key,
                                    const char *otherwise)
{
  const struct decimal *value = entry_get(billing->entry, key);
  return value != NULL ? value : decimal_literal(billing->pool, otherwise);
}

bool billing_has(const struct billing *billing, const char *key)
{
  return entry_get(billing->entry, key) != NULL;
}

const struct decimal *billing_rule(const struct billing *billing, const char *name,
                                   const char *otherwise)
{
  const struct decimal *value = plan_rule(billing->entry->plan, name);
  return value != NULL ? value : decimal_literal(billing->pool, otherwise);
}

bool billing_use_always(const struct billing *billing, const char *role, const char *item,
                        const struct decimal *quantity, GError **error)
{
  const struct entry *entry = billing->entry;
  const struct meter *meter = catalogue_role(billing->catalogue, entry->plan, role);
  if (meter == NULL) {
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "plan '%s' has no price for %s",
                entry->plan->name, item);
    return false;
  }
  return account_use(billing->account, entry->section, entry->name, entry->plan->name, item, meter,
                     entry->region, quantity, entry->plan->note, error);
}

bool billing_use(const struct billing *billing, const char *role, const char *item,
                 const struct decimal *quantity, GError **error)
{
  return decimal_sign(quantity) <= 0 || billing_use_always(billing, role, item, quantity, error);
}

static bool is_on_sale(const GPtrArray *sizes, const struct decimal *memory_mb)
{
  for (unsigned int i = 0; i < sizes->len; i++) {
    if (decimal_compare(sizes->pdata[i], memory_mb) == 0) {
      return true;
    }
  }
  return sizes->len == 0;
}

bool billing_check_memory(const struct billing *billing, const struct decimal *memory_mb,
                          GError **error)
{
  const struct plan *plan = billing->entry->plan;
  const struct decimal *minimum = plan_rule(plan, "minimum_memory_mb");
  const struct decimal *maximum = plan_rule(plan, "maximum_memory_mb");
  g_autofree char *given = decimal_text(memory_mb);
  if ((minimum != NULL && decimal_compare(memory_mb, minimum) < 0) ||
      (maximum != NULL && decimal_compare(memory_mb, maximum) > 0)) {
    g_autofree char *low = minimum != NULL ? decimal_text(minimum) : g_strdup("0");
    g_autofree char *high = maximum != NULL ? decimal_text(maximum) : g_strdup("any");
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "%s sells memory_mb from %s to %s, not %s",
                plan->name, low, high, given);
    return false;
  }
  if (!is_on_sale(plan->sizes, memory_mb)) {
    g_autoptr(GString) list = g_string_new(NULL);
    for (unsigned int i = 0; i < plan->sizes->len; i++) {
      g_autofree char *size = decimal_text(plan->sizes->pdata[i]);
      g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", size);
    }
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "%s sells memory_mb %s, not %s", plan->name,
                list->str, given);
    return false;
  }
  return true;
}

const struct decimal *times(const struct billing *billing, const struct decimal *a,
                            const struct decimal *b)
{
  return decimal_multiply(billing->pool, a, b);
}

const struct decimal *per(const struct billing *billing, const struct decimal *a,
                          const struct decimal *b)
{
  return decimal_divide(billing->pool, a, b);
}

const struct decimal *number(const struct billing *billing, const char *literal)
{
  return decimal_literal(billing->pool, literal);
}
