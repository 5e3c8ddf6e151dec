/* Azure Functions: Consumption, Flex Consumption and Premium. Formulas 8 to 10 of docs/cost.md. */
#include "cost/billing.h"
#include "cost/error.h"

#define MAX_MS "86400000" /* Flex and Premium know no upper limit; a day is absurd */

static const struct billing_field consumption_fields[] = {
    {"requests", NULL, NULL},
    {"duration_ms", "600000", NULL}, /* the time-out, 10 min */
    {"memory_mb", "1e6", NULL},
    {NULL, NULL, NULL},
};

static const struct billing_field flex_fields[] = {
    {"requests", NULL, NULL},      {"duration_ms", MAX_MS, NULL},
    {"memory_mb", "1e6", NULL},    {"always_ready", "1e4", NULL},
    {"concurrency", "1000", NULL}, {"instances", "1e4", NULL},
    {"hours", "8784", NULL},       {NULL, NULL, NULL},
};

static const struct billing_field premium_fields[] = {
    {"requests", NULL, NULL},   {"duration_ms", MAX_MS, NULL}, {"memory_mb", "1e6", NULL},
    {"instances", "1e4", NULL}, {"hours", "8784", NULL},       {NULL, NULL, NULL},
};

static const struct decimal *entry_hours(const struct billing *billing)
{
  const struct decimal *hours = entry_get(billing->entry, "hours");
  return hours != NULL ? hours : billing->hours;
}

/* Rounded up to the plan's step, at least its minimum, in seconds. */
static const struct decimal *billed_seconds(const struct billing *billing,
                                            const struct decimal *milliseconds)
{
  const struct decimal *stepped =
      decimal_ceil(billing->pool, milliseconds, billing_rule(billing, "step_ms", "1"));
  stepped = decimal_max(stepped, billing_rule(billing, "minimum_ms", "0"));
  return per(billing, stepped, number(billing, "1000"));
}

/* The plan bills the observed memory, rounded up to 128 MB. */
static bool charge_consumption(const struct billing *billing, GError **error)
{
  const struct decimal *requests = billing_value(billing, "requests", "0");
  const struct decimal *memory = billing_value(billing, "memory_mb", "128");
  const struct decimal *step = billing_rule(billing, "memory_step_mb", "128");
  if (!billing_check_memory(billing, memory, error)) {
    return false;
  }
  memory = decimal_max(decimal_ceil(billing->pool, memory, step), step);
  const struct decimal *seconds =
      times(billing, requests, billed_seconds(billing, billing_value(billing, "duration_ms", "0")));
  const struct decimal *used =
      times(billing, seconds, per(billing, memory, number(billing, "1024")));
  return billing_use(billing, "compute", "compute", used, error) &&
         billing_use_always(billing, "requests", "requests", requests, error);
}

/* Busy time goes to the always-ready instances as far as they reach, the rest is on demand. */
static bool charge_flex_time(const struct billing *billing, const struct decimal *size_gb,
                             const struct decimal *concurrency, GError **error)
{
  struct decimal_pool *pool = billing->pool;
  const struct decimal *zero = number(billing, "0");
  const struct decimal *requests = billing_value(billing, "requests", "0");
  const struct decimal *seconds = times(billing, entry_hours(billing), number(billing, "3600"));
  const struct decimal *instances = entry_get(billing->entry, "instances");
  const struct decimal *ready = billing_value(billing, "always_ready", "0");
  const struct decimal *busy = NULL;
  if (instances != NULL) {
    busy = times(billing, instances, seconds);
  } else {
    const struct decimal *duration = billing_value(billing, "duration_ms", "0");
    busy = per(billing, times(billing, requests, billed_seconds(billing, duration)), concurrency);
  }
  const struct decimal *kept = times(billing, ready, seconds);
  const struct decimal *on_ready = decimal_min(busy, kept);
  const struct decimal *on_demand = decimal_subtract(pool, busy, on_ready);
  const struct decimal *ready_requests = zero;
  if (decimal_sign(busy) > 0) {
    ready_requests = times(billing, requests, per(billing, on_ready, busy));
  } else if (decimal_sign(kept) > 0) {
    ready_requests = requests;
  }
  const struct decimal *demand_requests = decimal_subtract(pool, requests, ready_requests);
  return billing_use(billing, "compute", "compute", times(billing, on_demand, size_gb), error) &&
         billing_use(billing, "ready", "always-ready", times(billing, kept, size_gb), error) &&
         billing_use(billing, "ready-compute", "always-ready-compute",
                     times(billing, on_ready, size_gb), error) &&
         billing_use(billing, "ready-requests", "always-ready-requests", ready_requests, error) &&
         (decimal_sign(ready_requests) > 0 && decimal_sign(demand_requests) == 0
              ? true
              : billing_use_always(billing, "requests", "requests", demand_requests, error));
}

static bool charge_flex(const struct billing *billing, GError **error)
{
  const struct decimal *memory = billing_value(billing, "memory_mb", "2048");
  const struct decimal *concurrency = billing_value(billing, "concurrency", "1");
  if (!billing_check_memory(billing, memory, error)) {
    return false;
  }
  if (decimal_sign(concurrency) <= 0) {
    g_set_error_literal(error, COST_ERROR, COST_ERROR_INPUT, "concurrency must be more than 0");
    return false;
  }
  return charge_flex_time(billing, per(billing, memory, number(billing, "1024")), concurrency,
                          error);
}

/* Instances by the hour; the size EP1, EP2 or EP3 goes by its memory. */
static bool charge_premium(const struct billing *billing, GError **error)
{
  const struct decimal *memory = billing_value(billing, "memory_mb", "3584");
  const struct decimal *instances = billing_value(billing, "instances", "1");
  if (!billing_check_memory(billing, memory, error)) {
    return false;
  }
  if (decimal_compare(instances, number(billing, "1")) < 0) {
    bill_warn(billing->bill, "%s: the premium plan keeps at least one instance",
              billing->entry->name);
  }
  const struct decimal *memory_gb = per(billing, memory, number(billing, "1024"));
  const struct decimal *vcpu = per(billing, memory_gb, billing_rule(billing, "gb_per_vcpu", "3.5"));
  const struct decimal *seconds =
      decimal_ceil(billing->pool, times(billing, entry_hours(billing), number(billing, "3600")),
                   number(billing, "1"));
  const struct decimal *hours =
      times(billing, instances, per(billing, seconds, number(billing, "3600")));
  return billing_use_always(billing, "cpu", "cpu", times(billing, hours, vcpu), error) &&
         billing_use_always(billing, "memory", "memory", times(billing, hours, memory_gb), error);
}

const struct billing_kind billing_consumption = {"consumption", consumption_fields,
                                                 charge_consumption};
const struct billing_kind billing_flex = {"flex", flex_fields, charge_flex};
const struct billing_kind billing_premium = {"premium", premium_fields, charge_premium};
