#include "cost/price.h"

#include <string.h>

#include "cost/error.h"

struct role_price {
  const char *plan;
  const char *role;
  double factor;
};

/* Cloud Run sells memory and vCPUs apart: the usual instance has 1 vCPU with 1 GiB. */
static const struct cloud_prices {
  const char *cloud;
  struct role_price request;
  struct role_price gb_second[2];
  struct role_price http_request;
  struct role_price queue_message;
  struct role_price object_write;
  struct role_price object_read;
  struct role_price log_gb;
} clouds[] = {
    {"aws",
     {"aws-lambda-x86", "requests", 1},
     {{"aws-lambda-x86", "compute", 1}, {NULL, NULL, 0}},
     {"aws-apigw-http", "requests", 1},
     {"aws-sqs", "requests", 3},
     {"aws-s3", "requests", 1},
     {"aws-s3", "reads", 1},
     {"aws-logs", "gb", 1}},
    {"aws-arm",
     {"aws-lambda-arm", "requests", 1},
     {{"aws-lambda-arm", "compute", 1}, {NULL, NULL, 0}},
     {"aws-apigw-http", "requests", 1},
     {"aws-sqs", "requests", 3},
     {"aws-s3", "requests", 1},
     {"aws-s3", "reads", 1},
     {"aws-logs", "gb", 1}},
    {"gcp",
     {"gcp-run-request", "requests", 1},
     {{"gcp-run-request", "memory", 1}, {"gcp-run-request", "cpu", 1}},
     {NULL, NULL, 0},
     {"gcp-pubsub", "volume", 2 * 1000.0 / 1099511627776.0},
     {NULL, NULL, 0},
     {NULL, NULL, 0},
     {NULL, NULL, 0}},
    {"azure",
     {"azure-consumption", "requests", 1},
     {{"azure-consumption", "compute", 1}, {NULL, NULL, 0}},
     {NULL, NULL, 0},
     {"azure-queue", "requests", 3},
     {NULL, NULL, 0},
     {NULL, NULL, 0},
     {NULL, NULL, 0}},
};

static bool add_price(const struct catalogue *catalogue, const struct role_price *role, double *sum,
                      GError **error)
{
  if (role->plan == NULL) {
    return true;
  }
  const struct plan *plan = catalogue_plan(catalogue, role->plan);
  const struct meter *meter = plan == NULL ? NULL : catalogue_role(catalogue, plan, role->role);
  const struct cloud *cloud = plan == NULL ? NULL : catalogue_cloud(catalogue, plan->cloud);
  const struct price *price =
      meter == NULL ? NULL : catalogue_price(catalogue, meter, cloud->default_region);
  if (price == NULL) {
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "the catalogue has no price for %s of %s",
                role->role, role->plan);
    return false;
  }
  const struct price_tier *tier = price->tiers->pdata[0];
  *sum += role->factor * decimal_to_double(tier->price);
  return true;
}

bool unit_prices_find(const struct catalogue *catalogue, const char *cloud,
                      struct unit_prices *prices, GError **error)
{
  memset(prices, 0, sizeof *prices);
  for (size_t i = 0; i < G_N_ELEMENTS(clouds); i++) {
    const struct cloud_prices *row = &clouds[i];
    if (strcmp(row->cloud, cloud) == 0) {
      return add_price(catalogue, &row->request, &prices->request, error) &&
             add_price(catalogue, &row->gb_second[0], &prices->gb_second, error) &&
             add_price(catalogue, &row->gb_second[1], &prices->gb_second, error) &&
             add_price(catalogue, &row->http_request, &prices->http_request, error) &&
             add_price(catalogue, &row->queue_message, &prices->queue_message, error) &&
             add_price(catalogue, &row->object_write, &prices->object_write, error) &&
             add_price(catalogue, &row->object_read, &prices->object_read, error) &&
             add_price(catalogue, &row->log_gb, &prices->log_gb, error);
    }
  }
  g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "no prices for cloud '%s'", cloud);
  return false;
}

double unit_prices_remote_call(const struct unit_prices *prices, double seconds, double memory_gb)
{
  return prices->request + 2 * seconds * memory_gb * prices->gb_second;
}
