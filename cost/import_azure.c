/* Answers of the Azure retail prices API: a list of meters with unit, region and price. */
#include <string.h>

#include "cost/error.h"
#include "cost/import.h"

static const struct {
  const char *service;
  const char *meter_name;
  const char *meter;
  const char *unit;
} meters[] = {
    {"Functions", "Standard Total Executions", "azure-consumption-requests", "request"},
    {"Functions", "Standard Execution Time", "azure-consumption-compute", "GB-second"},
    {"Functions", "On Demand Total Executions", "azure-flex-requests", "request"},
    {"Functions", "On Demand Execution Time", "azure-flex-compute", "GB-second"},
    {"Functions", "Always Ready Baseline", "azure-flex-ready", "GB-second"},
    {"Functions", "Always Ready Execution Time", "azure-flex-ready-compute", "GB-second"},
    {"Functions", "Always Ready Total Executions", "azure-flex-ready-requests", "request"},
    {"Functions", "vCPU Duration", "azure-premium-cpu", "vCPU-hour"},
    {"Functions", "Memory Duration", "azure-premium-memory", "GB-hour"},
    {"Event Grid", "Standard Operations", "azure-eventgrid", "request"},
};

static const char *text_of(const json_t *item, const char *key)
{
  const char *value = json_string_value(json_object_get(item, key));
  return value != NULL ? value : "";
}

/* "10K", "1M", "10", "1 GB Second": for how many units the price is. */
static char *units_of(const char *measure)
{
  char *end = NULL;
  guint64 count = g_ascii_strtoull(measure, &end, 10);
  guint64 factor = *end == 'K' ? 1000 : *end == 'M' ? 1000000 : 1;
  return g_strdup_printf("%" G_GUINT64_FORMAT, MAX(1, count) * factor);
}

static bool add_meter(struct import *import, const json_t *item, const char *price)
{
  for (size_t i = 0; i < G_N_ELEMENTS(meters); i++) {
    if (strcmp(text_of(item, "serviceName"), meters[i].service) == 0 &&
        strcmp(text_of(item, "meterName"), meters[i].meter_name) == 0) {
      g_autofree char *units = units_of(text_of(item, "unitOfMeasure"));
      g_autofree char *each = import_divide(price, units);
      import_price(import, meters[i].meter, meters[i].unit, text_of(item, "armRegionName"), NULL,
                   each, text_of(item, "effectiveStartDate"));
      return true;
    }
  }
  return false;
}

/* Linux machines on demand. Their size is not in the file: vCPUs come from the name's digits. */
static bool add_machine(struct import *import, const json_t *item, const char *price)
{
  const char *sku = text_of(item, "armSkuName");
  const char *name = text_of(item, "skuName");
  if (strcmp(text_of(item, "serviceName"), "Virtual Machines") != 0 ||
      !g_str_has_prefix(sku, "Standard_") || strstr(text_of(item, "productName"), "Windows") ||
      strstr(name, "Spot") || strstr(name, "Low Priority")) {
    return false;
  }
  const char *digits = strpbrk(sku + strlen("Standard_"), "0123456789");
  double vcpu = digits != NULL ? g_ascii_strtod(digits, NULL) : 0.0;
  bool is_arm = strchr(sku + strlen("Standard_"), 'p') != NULL;
  g_autofree char *plan = g_strconcat("azure-vm-", sku + strlen("Standard_"), NULL);
  if (vcpu <= 0.0) {
    return false;
  }
  import_instance(import, plan, vcpu, vcpu * 4096.0, is_arm, text_of(item, "armRegionName"), price,
                  text_of(item, "effectiveStartDate"));
  return true;
}

bool import_azure(struct import *import, const json_t *file, GError **error)
{
  size_t i = 0;
  json_t *item = NULL;
  json_array_foreach(json_object_get(file, "Items"), i, item)
  {
    g_autofree char *price = import_number(json_object_get(item, "retailPrice"));
    g_autofree char *from = import_number(json_object_get(item, "tierMinimumUnits"));
    bool is_first = from == NULL || strcmp(from, "0") == 0;
    if (price == NULL) {
      g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "item %zu has no retailPrice", i + 1);
      return false;
    }
    /* A first tier at 0 is the free grant, which the catalogue keeps apart. */
    bool is_free = is_first && strcmp(price, "0") == 0;
    if (is_free || strcmp(text_of(item, "currencyCode"), "USD") != 0 ||
        strcmp(text_of(item, "type"), "Consumption") != 0 ||
        text_of(item, "armRegionName")[0] == '\0' ||
        (!add_meter(import, item, price) && !add_machine(import, item, price))) {
      import->n_passed++;
    }
  }
  return true;
}
