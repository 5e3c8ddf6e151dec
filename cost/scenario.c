#include "cost/scenario.h"

#include <string.h>

#include "cost/error.h"

struct scenario *scenario_new(const struct catalogue *catalogue)
{
  struct scenario *scenario = g_new0(struct scenario, 1);
  scenario->pool = decimal_pool_new();
  scenario->name = g_strdup("scenario");
  scenario->catalogue = catalogue;
  scenario->hours = decimal_from_int(scenario->pool, 720);
  scenario->has_free_tier = true;
  scenario->entries = g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
  scenario->warnings = g_ptr_array_new_with_free_func(g_free);
  return scenario;
}

void scenario_free(struct scenario *scenario)
{
  if (scenario == NULL) {
    return;
  }
  g_free(scenario->name);
  g_ptr_array_unref(scenario->entries);
  g_ptr_array_unref(scenario->warnings);
  decimal_pool_free(scenario->pool);
  g_free(scenario);
}

struct entry *scenario_add(struct scenario *scenario, enum section section, const char *name,
                           const char *plan_name, const char *region, GError **error)
{
  const struct plan *plan = catalogue_plan(scenario->catalogue, plan_name);
  if (plan == NULL) {
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "unknown plan '%s'", plan_name);
    return NULL;
  }
  const struct cloud *cloud = catalogue_cloud(scenario->catalogue, plan->cloud);
  struct entry *entry =
      entry_new(section, name, plan, region != NULL ? region : cloud->default_region);
  g_ptr_array_add(scenario->entries, entry);
  return entry;
}

static bool charge_entry(const struct scenario *scenario, const struct entry *entry,
                         struct account *account, struct bill *bill, GError **error)
{
  const struct billing billing = {
      .pool = bill->pool,
      .catalogue = scenario->catalogue,
      .entry = entry,
      .hours = scenario->hours,
      .account = account,
      .bill = bill,
  };
  g_autoptr(GError) problem = NULL;
  if (billing_charge(&billing, &problem)) {
    return true;
  }
  if (entry->line == 0) {
    g_propagate_prefixed_error(error, g_steal_pointer(&problem), "%s: ", entry->name);
    return false;
  }
  g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "%s:%u:%u: %s: %s", scenario->name, entry->line,
              entry->column, entry->name, problem->message);
  return false;
}

struct bill *scenario_bill(const struct scenario *scenario, GError **error)
{
  g_autoptr(bill_t) bill = bill_new();
  g_autoptr(account_t) used = account_new(scenario->catalogue, scenario->has_free_tier);
  g_autoptr(account_t) baseline = account_new(scenario->catalogue, scenario->has_free_tier);
  bill->hours = decimal_copy(bill->pool, scenario->hours);
  bill->has_free_tier = scenario->has_free_tier;
  for (unsigned int i = 0; i < scenario->warnings->len; i++) {
    bill_warn(bill, "%s", (const char *)scenario->warnings->pdata[i]);
  }
  if (decimal_compare(scenario->hours, decimal_from_int(bill->pool, 744)) > 0) {
    bill_warn(bill, "grants and price tiers run by the month, and the period is longer: it is "
                    "billed as one month");
  }
  for (unsigned int i = 0; i < scenario->entries->len; i++) {
    const struct entry *entry = scenario->entries->pdata[i];
    struct account *account = entry->section == SECTION_BASELINE ? baseline : used;
    if (!charge_entry(scenario, entry, account, bill, error)) {
      return NULL;
    }
  }
  account_settle(used, bill);
  account_settle(baseline, bill);
  return g_steal_pointer(&bill);
}
