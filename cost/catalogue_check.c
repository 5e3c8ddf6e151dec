#include "cost/catalogue_check.h"

#include <string.h>

#include "cost/age.h"
#include "cost/billing.h"

static void finding_free(gpointer data)
{
  struct finding *finding = data;
  g_free(finding->file);
  g_free(finding->text);
  g_free(finding);
}

static void add(GPtrArray *findings, bool is_problem, const char *file, unsigned int line,
                const char *format, ...) G_GNUC_PRINTF(5, 6);

static void add(GPtrArray *findings, bool is_problem, const char *file, unsigned int line,
                const char *format, ...)
{
  va_list arguments;
  struct finding *finding = g_new0(struct finding, 1);
  va_start(arguments, format);
  finding->text = g_strdup_vprintf(format, arguments);
  va_end(arguments);
  finding->is_problem = is_problem;
  finding->file = g_strdup(file);
  finding->line = line;
  g_ptr_array_add(findings, finding);
}

static void check_price(GPtrArray *findings, const struct meter *meter, const struct price *price,
                        const char *today)
{
  int days = 0;
  if (!age_days(price->source->as_of, today, &days)) {
    add(findings, false, meter->file, price->line,
        "%s in %s: the date '%s' of its source is not known", meter->id, price->region,
        price->source->as_of);
  } else if (days > AGE_OLD_DAYS) {
    add(findings, false, meter->file, price->line, "%s in %s: from %s, older than a year",
        meter->id, price->region, price->source->as_of);
  } else if (days < 0) {
    add(findings, true, meter->file, price->line, "%s in %s: its date %s is in the future",
        meter->id, price->region, price->source->as_of);
  }
  if (price->is_unverified) {
    add(findings, false, meter->file, price->line, "%s in %s: unverified", meter->id,
        price->region);
  }
  for (unsigned int i = 1; i < price->tiers->len; i++) {
    const struct price_tier *below = price->tiers->pdata[i - 1];
    const struct price_tier *tier = price->tiers->pdata[i];
    if (decimal_compare(tier->price, below->price) > 0) {
      add(findings, true, meter->file, price->line, "%s in %s: tier %u is dearer than tier %u",
          meter->id, price->region, i + 1, i);
    }
  }
}

static void check_meters(GPtrArray *findings, const struct catalogue *catalogue, const char *today)
{
  GHashTableIter iterator;
  gpointer value = NULL;
  g_hash_table_iter_init(&iterator, catalogue->meters);
  while (g_hash_table_iter_next(&iterator, NULL, &value)) {
    const struct meter *meter = value;
    if (meter->prices->len == 0) {
      add(findings, true, meter->file, meter->line, "%s has no price at all", meter->id);
    }
    for (unsigned int i = 0; i < meter->prices->len; i++) {
      check_price(findings, meter, meter->prices->pdata[i], today);
    }
  }
}

static void check_plans(GPtrArray *findings, const struct catalogue *catalogue)
{
  GHashTableIter iterator;
  gpointer value = NULL;
  g_hash_table_iter_init(&iterator, catalogue->plans);
  while (g_hash_table_iter_next(&iterator, NULL, &value)) {
    const struct plan *plan = value;
    const struct cloud *cloud = catalogue_cloud(catalogue, plan->cloud);
    GHashTableIter roles;
    gpointer role = NULL;
    gpointer id = NULL;
    if (billing_kind(plan->billing) == NULL) {
      add(findings, true, plan->file, plan->line, "%s is billed as '%s', which is unknown",
          plan->name, plan->billing);
    }
    g_hash_table_iter_init(&roles, plan->roles);
    while (g_hash_table_iter_next(&roles, &role, &id)) {
      const struct meter *meter = catalogue_meter(catalogue, id);
      if (meter != NULL && catalogue_price(catalogue, meter, cloud->default_region) == NULL) {
        add(findings, true, plan->file, plan->line, "%s has no price for %s in %s", plan->name,
            (const char *)role, cloud->default_region);
      }
    }
  }
}

static void check_grants(GPtrArray *findings, const struct catalogue *catalogue)
{
  GHashTableIter iterator;
  gpointer value = NULL;
  g_hash_table_iter_init(&iterator, catalogue->grants);
  while (g_hash_table_iter_next(&iterator, NULL, &value)) {
    const struct grant *grant = value;
    const struct meter *first = NULL;
    for (unsigned int i = 0; i < grant->meters->len; i++) {
      const struct meter *meter = catalogue_meter(catalogue, grant->meters->pdata[i]);
      first = first == NULL ? meter : first;
      if (meter != NULL && !grant->is_money && strcmp(meter->unit, first->unit) != 0) {
        add(findings, true, grant->file, grant->line, "grant %s covers %s in %s and %s in %s",
            grant->id, first->id, first->unit, meter->id, meter->unit);
      }
    }
  }
}

static int compare_findings(gconstpointer a, gconstpointer b)
{
  const struct finding *left = *(const struct finding *const *)a;
  const struct finding *right = *(const struct finding *const *)b;
  int order = strcmp(left->file, right->file);
  if (order == 0 && left->line != right->line) {
    order = left->line < right->line ? -1 : 1;
  }
  return order != 0 ? order : strcmp(left->text, right->text);
}

GPtrArray *catalogue_check(const struct catalogue *catalogue, const char *today)
{
  GPtrArray *findings = g_ptr_array_new_with_free_func(finding_free);
  check_meters(findings, catalogue, today);
  check_plans(findings, catalogue);
  check_grants(findings, catalogue);
  g_ptr_array_sort(findings, compare_findings);
  return findings;
}
