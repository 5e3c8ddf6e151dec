/* AWS price list offer files: products by SKU, on-demand terms with price ranges. */
#include <string.h>

#include "cost/error.h"
#include "cost/import.h"

/* Products by their group, or by the end of their usage type. */
static const struct {
  const char *group;
  const char *usage_end;
  const char *meter;
  const char *unit;
} meters[] = {
    {"AWS-Lambda-Requests", NULL, "aws-lambda-requests", "request"},
    {"AWS-Lambda-Duration", NULL, "aws-lambda-duration-x86", "GB-second"},
    {"AWS-Lambda-Duration-ARM", NULL, "aws-lambda-duration-arm", "GB-second"},
    {"AWS-Lambda-Storage-Duration", NULL, "aws-lambda-tmp", "GB-second"},
    {"AWS-Lambda-Provisioned-Concurrency", NULL, "aws-lambda-provisioned-x86", "GB-second"},
    {"AWS-Lambda-Provisioned-Concurrency-ARM", NULL, "aws-lambda-provisioned-arm", "GB-second"},
    {"AWS-Lambda-Duration-Provisioned", NULL, "aws-lambda-provisioned-duration-x86", "GB-second"},
    {"AWS-Lambda-Duration-Provisioned-ARM", NULL, "aws-lambda-provisioned-duration-arm",
     "GB-second"},
    {NULL, "ApiGatewayHttpRequest", "aws-apigw-http", "request"},
    {NULL, "ApiGatewayRequest", "aws-apigw-rest", "request"},
    {"SQS-APIRequest-Standard", NULL, "aws-sqs", "request"},
    {"SQS-APIRequest-FIFO", NULL, "aws-sqs-fifo", "request"},
    {NULL, "LoadBalancerUsage", "aws-alb-hours", "hour"},
    {NULL, "LCUUsage", "aws-alb-capacity", "LCU-hour"},
    {NULL, "Fargate-vCPU-Hours:perCPU", "aws-fargate-cpu", "vCPU-hour"},
    {NULL, "Fargate-GB-Hours", "aws-fargate-memory", "GB-hour"},
    {NULL, "Fargate-ARM-vCPU-Hours:perCPU", "aws-fargate-arm-cpu", "vCPU-hour"},
    {NULL, "Fargate-ARM-GB-Hours", "aws-fargate-arm-memory", "GB-hour"},
};

static const char *attribute(const json_t *product, const char *name)
{
  const char *value =
      json_string_value(json_object_get(json_object_get(product, "attributes"), name));
  return value != NULL ? value : "";
}

static bool is_usage(const char *usage, const char *end)
{
  const char *dash = strchr(usage, '-');
  return strcmp(usage, end) == 0 || (dash != NULL && strcmp(dash + 1, end) == 0);
}

/* The ranges of a product's only on-demand term, in the order of their beginnings. */
static GPtrArray *read_ranges(const json_t *file, const char *sku)
{
  GPtrArray *ranges = g_ptr_array_new();
  json_t *terms = json_object_get(json_object_get(json_object_get(file, "terms"), "OnDemand"), sku);
  const char *key = NULL;
  json_t *term = NULL;
  json_object_foreach(terms, key, term)
  {
    json_t *dimensions = json_object_get(term, "priceDimensions");
    const char *code = NULL;
    json_t *range = NULL;
    json_object_foreach(dimensions, code, range)
    {
      g_ptr_array_add(ranges, range);
    }
    break;
  }
  return ranges;
}

static double begin_of(const json_t *range)
{
  g_autofree char *text = import_number(json_object_get(range, "beginRange"));
  return text != NULL ? g_ascii_strtod(text, NULL) : 0.0;
}

static int compare_ranges(gconstpointer a, gconstpointer b)
{
  double left = begin_of(*(json_t *const *)a);
  double right = begin_of(*(json_t *const *)b);
  return (left > right) - (left < right);
}

static char *usd_of(const json_t *range)
{
  return import_number(json_object_get(json_object_get(range, "pricePerUnit"), "USD"));
}

static bool add_product(struct import *import, const json_t *file, const char *sku,
                        const json_t *product, const char *meter, const char *unit,
                        const char *as_of, GError **error)
{
  const char *region = attribute(product, "regionCode");
  g_autoptr(GPtrArray) ranges = read_ranges(file, sku);
  g_ptr_array_sort(ranges, compare_ranges);
  for (unsigned int i = 0; i < ranges->len && region[0] != '\0'; i++) {
    g_autofree char *price = usd_of(ranges->pdata[i]);
    g_autofree char *end = import_number(json_object_get(ranges->pdata[i], "endRange"));
    if (price == NULL) {
      g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "SKU %s has no price in USD", sku);
      return false;
    }
    import_price(import, meter, unit, region, i + 1 < ranges->len ? end : NULL, price, as_of);
  }
  return true;
}

/* Linux on demand, nothing pre-installed, as "aws-ec2-m7g.large". */
static bool add_machine(struct import *import, const json_t *file, const char *sku,
                        const json_t *product, const char *as_of)
{
  const char *type = attribute(product, "instanceType");
  const char *processor = attribute(product, "physicalProcessor");
  if (type[0] == '\0' || strcmp(attribute(product, "operatingSystem"), "Linux") != 0 ||
      strcmp(attribute(product, "tenancy"), "Shared") != 0 ||
      strcmp(attribute(product, "preInstalledSw"), "NA") != 0 ||
      strcmp(attribute(product, "capacitystatus"), "Used") != 0) {
    return false;
  }
  g_autoptr(GPtrArray) ranges = read_ranges(file, sku);
  g_autofree char *price = ranges->len > 0 ? usd_of(ranges->pdata[0]) : NULL;
  if (price == NULL) {
    return false;
  }
  g_autofree char *plan = g_strconcat("aws-ec2-", type, NULL);
  import_instance(import, plan, g_ascii_strtod(attribute(product, "vcpu"), NULL),
                  g_ascii_strtod(attribute(product, "memory"), NULL) * 1024.0,
                  strstr(processor, "Graviton") != NULL, attribute(product, "regionCode"), price,
                  as_of);
  return true;
}

bool import_aws(struct import *import, const json_t *file, GError **error)
{
  const char *as_of = json_string_value(json_object_get(file, "publicationDate"));
  json_t *products = json_object_get(file, "products");
  const char *sku = NULL;
  json_t *product = NULL;
  if (as_of == NULL) {
    g_set_error_literal(error, COST_ERROR, COST_ERROR_INPUT,
                        "the offer file has no publicationDate");
    return false;
  }
  json_object_foreach(products, sku, product)
  {
    const char *group = attribute(product, "group");
    const char *usage = attribute(product, "usagetype");
    size_t i = 0;
    while (i < G_N_ELEMENTS(meters) &&
           !(meters[i].group != NULL ? strcmp(group, meters[i].group) == 0
                                     : is_usage(usage, meters[i].usage_end))) {
      i++;
    }
    if (i < G_N_ELEMENTS(meters)) {
      if (!add_product(import, file, sku, product, meters[i].meter, meters[i].unit, as_of, error)) {
        return false;
      }
    } else if (!add_machine(import, file, sku, product, as_of)) {
      import->n_passed++;
    }
  }
  return true;
}
