/* AWS Lambda and Lambda@Edge. Formulas 1 to 4 of docs/cost.md. */
#include "cost/billing.h"
#include "cost/error.h"

#define MAX_MS "900000" /* the time-out of a function, 15 min */
#define MAX_INIT_MS "10000"

static const struct billing_field provisioned_fields[] = {
    {"instances", "1e6", NULL},    {"hours", "8784", NULL}, {"requests", NULL, NULL},
    {"duration_ms", MAX_MS, NULL}, {NULL, NULL, NULL},
};

static const struct billing_field snapstart_fields[] = {
    {"cache_hours", "1e6", NULL},
    {"restores", NULL, NULL},
    {NULL, NULL, NULL},
};

static const struct billing_field lambda_fields[] = {
    {"requests", NULL, NULL},
    {"duration_ms", MAX_MS, NULL},
    {"memory_mb", "1e6", NULL},
    {"tmp_mb", "10240", NULL},
    {"event_kb", "1024", NULL},
    {"cold_starts", NULL, NULL},
    {"init_ms", MAX_INIT_MS, NULL},
    {"streamed_gb", NULL, NULL},
    {"provisioned", NULL, provisioned_fields},
    {"snapstart", NULL, snapstart_fields},
    {NULL, NULL, NULL},
};

static const struct billing_field edge_fields[] = {
    {"requests", NULL, NULL},
    {"duration_ms", MAX_MS, NULL},
    {"memory_mb", "1e6", NULL},
    {NULL, NULL, NULL},
};

/* What the functions of one entry add up to, in seconds of their environments. */
struct lambda_time {
  const struct decimal *warm;        /* on demand, without INIT */
  const struct decimal *init;        /* what cold starts add to it */
  const struct decimal *provisioned; /* in provisioned environments */
};

static const struct decimal *billed_seconds(const struct billing *billing,
                                            const struct decimal *milliseconds)
{
  const struct decimal *step = billing_rule(billing, "step_ms", "1");
  return per(billing, decimal_ceil(billing->pool, milliseconds, step), number(billing, "1000"));
}

static bool measure_time(const struct billing *billing, struct lambda_time *time, GError **error)
{
  struct decimal_pool *pool = billing->pool;
  const struct decimal *requests = billing_value(billing, "requests", "0");
  const struct decimal *duration = billing_value(billing, "duration_ms", "0");
  const struct decimal *cold_starts = billing_value(billing, "cold_starts", "0");
  const struct decimal *init = billing_value(billing, "init_ms", "0");
  const struct decimal *provisioned_requests = billing_value(billing, "provisioned.requests", "0");
  const struct decimal *provisioned_ms = billing_value(billing, "provisioned.duration_ms", "0");
  if (decimal_compare(cold_starts, decimal_add(pool, requests, provisioned_requests)) > 0) {
    g_set_error_literal(error, COST_ERROR, COST_ERROR_INPUT, "more cold_starts than requests");
    return false;
  }
  const struct decimal *warm = billed_seconds(billing, duration);
  const struct decimal *cold = billed_seconds(billing, decimal_add(pool, duration, init));
  time->warm = times(billing, requests, warm);
  time->init = times(billing, cold_starts, decimal_subtract(pool, cold, warm));
  time->provisioned = times(billing, provisioned_requests, billed_seconds(billing, provisioned_ms));
  return true;
}

/* An asynchronous event counts once for its first 256 KB and once more per further 64 KB. */
static const struct decimal *count_requests(const struct billing *billing)
{
  struct decimal_pool *pool = billing->pool;
  const struct decimal *requests = decimal_add(pool, billing_value(billing, "requests", "0"),
                                               billing_value(billing, "provisioned.requests", "0"));
  const struct decimal *event = billing_value(billing, "event_kb", "0");
  const struct decimal *included = billing_rule(billing, "event_first_kb", "256");
  const struct decimal *further = billing_rule(billing, "event_further_kb", "64");
  if (decimal_compare(event, included) <= 0) {
    return requests;
  }
  const struct decimal *beyond =
      decimal_ceil(pool, decimal_subtract(pool, event, included), further);
  const struct decimal *units =
      decimal_add(pool, number(billing, "1"), per(billing, beyond, further));
  return times(billing, requests, units);
}

static bool charge_tmp(const struct billing *billing, const struct lambda_time *time,
                       GError **error)
{
  struct decimal_pool *pool = billing->pool;
  const struct decimal *included = billing_rule(billing, "included_tmp_mb", "512");
  const struct decimal *tmp = entry_get(billing->entry, "tmp_mb");
  if (tmp == NULL) {
    return true;
  }
  if (decimal_compare(tmp, included) < 0) {
    g_set_error_literal(error, COST_ERROR, COST_ERROR_INPUT, "tmp_mb is at least 512");
    return false;
  }
  const struct decimal *seconds =
      decimal_add(pool, decimal_add(pool, time->warm, time->init), time->provisioned);
  const struct decimal *beyond =
      per(billing, decimal_subtract(pool, tmp, included), number(billing, "1024"));
  return billing_use(billing, "tmp", "tmp", times(billing, seconds, beyond), error);
}

/* The time that provisioned concurrency is on, rounded up to five minutes. */
static bool charge_provisioned(const struct billing *billing, const struct lambda_time *time,
                               const struct decimal *memory_gb, GError **error)
{
  const struct decimal *instances = entry_get(billing->entry, "provisioned.instances");
  const struct decimal *hours = entry_get(billing->entry, "provisioned.hours");
  if (instances == NULL && decimal_sign(time->provisioned) > 0) {
    g_set_error_literal(error, COST_ERROR, COST_ERROR_INPUT,
                        "provisioned needs its number of instances");
    return false;
  }
  if (instances == NULL) {
    return true;
  }
  const struct decimal *seconds =
      times(billing, hours != NULL ? hours : billing->hours, number(billing, "3600"));
  seconds =
      decimal_ceil(billing->pool, seconds, billing_rule(billing, "provisioned_step_s", "300"));
  const struct decimal *reserved = times(billing, times(billing, instances, seconds), memory_gb);
  return billing_use(billing, "provisioned", "provisioned", reserved, error) &&
         billing_use(billing, "provisioned-compute", "provisioned-compute",
                     times(billing, time->provisioned, memory_gb), error);
}

static bool charge_snapstart(const struct billing *billing, const struct decimal *memory_gb,
                             GError **error)
{
  const struct decimal *restores = billing_value(billing, "snapstart.restores", "0");
  const struct decimal *hours = entry_get(billing->entry, "snapstart.cache_hours");
  if (hours == NULL) {
    hours = billing_has(billing, "snapstart.restores") ? billing->hours : number(billing, "0");
  }
  if (decimal_sign(hours) > 0) {
    hours = decimal_max(hours, billing_rule(billing, "snapstart_minimum_hours", "3"));
  }
  const struct decimal *cached =
      times(billing, times(billing, hours, number(billing, "3600")), memory_gb);
  return billing_use(billing, "snapstart-cache", "snapstart-cache", cached, error) &&
         billing_use(billing, "snapstart-restore", "snapstart-restore",
                     times(billing, restores, memory_gb), error);
}

static bool charge_lambda(const struct billing *billing, GError **error)
{
  struct lambda_time time;
  const struct decimal *memory = billing_value(billing, "memory_mb", "128");
  const struct decimal *memory_gb = per(billing, memory, number(billing, "1024"));
  if (!billing_check_memory(billing, memory, error) || !measure_time(billing, &time, error)) {
    return false;
  }
  return billing_use(billing, "compute", "compute", times(billing, time.warm, memory_gb), error) &&
         billing_use(billing, "compute", "init", times(billing, time.init, memory_gb), error) &&
         billing_use_always(billing, "requests", "requests", count_requests(billing), error) &&
         charge_tmp(billing, &time, error) &&
         charge_provisioned(billing, &time, memory_gb, error) &&
         charge_snapstart(billing, memory_gb, error) &&
         billing_use(billing, "streaming", "streaming", billing_value(billing, "streamed_gb", "0"),
                     error);
}

static bool charge_edge(const struct billing *billing, GError **error)
{
  const struct decimal *memory = billing_value(billing, "memory_mb", "128");
  const struct decimal *requests = billing_value(billing, "requests", "0");
  if (!billing_check_memory(billing, memory, error)) {
    return false;
  }
  const struct decimal *seconds =
      times(billing, requests, billed_seconds(billing, billing_value(billing, "duration_ms", "0")));
  const struct decimal *used =
      times(billing, seconds, per(billing, memory, number(billing, "1024")));
  return billing_use(billing, "compute", "compute", used, error) &&
         billing_use_always(billing, "requests", "requests", requests, error);
}

const struct billing_kind billing_lambda = {"lambda", lambda_fields, charge_lambda};
const struct billing_kind billing_edge = {"edge", edge_fields, charge_edge};
