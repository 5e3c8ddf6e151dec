/* SKU lists of Google's billing API: description, regions and tiered rates in units and nanos. */
#include <string.h>

#include "cost/decimal.h"
#include "cost/error.h"
#include "cost/import.h"

static const struct {
  const char *description;
  const char *meter;
  const char *unit;
} meters[] = {
    {"CPU Allocation Time", "gcp-run-cpu", "vCPU-second"},
    {"CPU Allocation Time (tier 2)", "gcp-run-cpu", "vCPU-second"},
    {"Memory Allocation Time", "gcp-run-memory", "GiB-second"},
    {"Memory Allocation Time (tier 2)", "gcp-run-memory", "GiB-second"},
    {"CPU Allocation Time (Always-on)", "gcp-run-instance-cpu", "vCPU-second"},
    {"Memory Allocation Time (Always-on)", "gcp-run-instance-memory", "GiB-second"},
    {"CPU Allocation Time (Always-on) (tier 2)", "gcp-run-instance-cpu", "vCPU-second"},
    {"Memory Allocation Time (Always-on) (tier 2)", "gcp-run-instance-memory", "GiB-second"},
    {"Min Instance CPU Allocation Time", "gcp-run-idle-cpu", "vCPU-second"},
    {"Min Instance Memory Allocation Time", "gcp-run-idle-memory", "GiB-second"},
    {"Requests", "gcp-run-requests", "request"},
};

/* units + nanos / 10^9 as decimal text. */
static char *price_of(const json_t *rate)
{
  const json_t *money = json_object_get(rate, "unitPrice");
  g_autofree char *units = import_number(json_object_get(money, "units"));
  g_autofree char *nanos = import_number(json_object_get(money, "nanos"));
  const char *currency = json_string_value(json_object_get(money, "currencyCode"));
  if (nanos == NULL || (currency != NULL && strcmp(currency, "USD") != 0)) {
    return NULL;
  }
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  const struct decimal *fraction =
      decimal_divide(pool, decimal_literal(pool, nanos), decimal_literal(pool, "1e9"));
  return decimal_text(
      decimal_add(pool, fraction, decimal_literal(pool, units != NULL ? units : "0")));
}

/* The last rate that costs something: earlier ones at 0 are the free quota. */
static char *paid_price(const json_t *expression)
{
  json_t *rates = json_object_get(expression, "tieredRates");
  for (size_t i = json_array_size(rates); i-- > 0;) {
    char *price = price_of(json_array_get(rates, i));
    if (price != NULL && strcmp(price, "0") != 0) {
      return price;
    }
    g_free(price);
  }
  return NULL;
}

static bool add_sku(struct import *import, const json_t *sku)
{
  const char *description = json_string_value(json_object_get(sku, "description"));
  json_t *pricing = json_array_get(json_object_get(sku, "pricingInfo"), 0);
  const char *as_of = json_string_value(json_object_get(pricing, "effectiveTime"));
  const char *usage =
      json_string_value(json_object_get(json_object_get(sku, "category"), "usageType"));
  if (description == NULL || as_of == NULL || usage == NULL || strcmp(usage, "OnDemand") != 0) {
    return false;
  }
  for (size_t i = 0; i < G_N_ELEMENTS(meters); i++) {
    if (strcmp(description, meters[i].description) != 0) {
      continue;
    }
    g_autofree char *price = paid_price(json_object_get(pricing, "pricingExpression"));
    size_t j = 0;
    json_t *region = NULL;
    if (price == NULL) {
      return false;
    }
    json_array_foreach(json_object_get(sku, "serviceRegions"), j, region)
    {
      const char *name = json_string_value(region);
      if (name != NULL && strcmp(name, "global") != 0) {
        import_price(import, meters[i].meter, meters[i].unit, name, NULL, price, as_of);
      }
    }
    return true;
  }
  return false;
}

bool import_google(struct import *import, const json_t *file, GError **error)
{
  size_t i = 0;
  json_t *sku = NULL;
  json_array_foreach(json_object_get(file, "skus"), i, sku)
  {
    if (!json_is_object(sku)) {
      g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "SKU %zu is not an object", i + 1);
      return false;
    }
    if (!add_sku(import, sku)) {
      import->n_passed++;
    }
  }
  return true;
}
