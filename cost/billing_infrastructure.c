/* What stands around functions and what replaces them: gateways, queues, buses, storage, logs, load
 * balancers, containers and machines. Formula 11 of docs/cost.md and the per-hour meters. */
#include "cost/billing.h"
#include "cost/error.h"

#define MAX_KB "1048576" /* 1 GB in one request */

static const struct billing_field calls_fields[] = {
    {"requests", NULL, NULL},  {"request_kb", MAX_KB, NULL}, {"gb", NULL, NULL},
    {"hours", "8784", NULL},   {"instances", "1e6", NULL},   {"reads", NULL, NULL},
    {"stored_gb", NULL, NULL}, {"queried_gb", NULL, NULL},   {NULL, NULL, NULL},
};

static const struct billing_field hours_fields[] = {
    {"requests", NULL, NULL}, {"request_kb", MAX_KB, NULL}, {"gb", NULL, NULL},
    {"hours", "8784", NULL},  {"instances", "1e6", NULL},   {NULL, NULL, NULL},
};

static const struct billing_field container_fields[] = {
    {"requests", NULL, NULL},   {"request_kb", MAX_KB, NULL}, {"gb", NULL, NULL},
    {"hours", "8784", NULL},    {"instances", "1e6", NULL},   {"vcpu", "256", NULL},
    {"memory_mb", "1e8", NULL}, {"tmp_mb", "1e9", NULL},      {NULL, NULL, NULL},
};

/* A key that design allows everywhere but that this plan does not bill is said aloud. */
static void warn_unbilled(const struct billing *billing, const char *key)
{
  const struct decimal *value = entry_get(billing->entry, key);
  if (value != NULL && decimal_sign(value) > 0) {
    bill_warn(billing->bill, "%s: %s does not bill %s", billing->entry->name,
              billing->entry->plan->name, key);
  }
}

/* Instance-hours, to the plan's step and minimum. */
static const struct decimal *instance_hours(const struct billing *billing)
{
  const struct decimal *hours = entry_get(billing->entry, "hours");
  const struct decimal *seconds =
      times(billing, hours != NULL ? hours : billing->hours, number(billing, "3600"));
  seconds = decimal_ceil(billing->pool, seconds, billing_rule(billing, "step_s", "1"));
  if (decimal_sign(seconds) > 0) {
    seconds = decimal_max(seconds, billing_rule(billing, "minimum_s", "0"));
  }
  return times(billing, billing_value(billing, "instances", "1"),
               per(billing, seconds, number(billing, "3600")));
}

/* Requests, each as many as its payload has chunks. */
static const struct decimal *metered_requests(const struct billing *billing)
{
  const struct decimal *requests = billing_value(billing, "requests", "0");
  const struct decimal *chunk = plan_rule(billing->entry->plan, "chunk_kb");
  if (chunk == NULL) {
    return requests;
  }
  const struct decimal *payload = billing_value(billing, "request_kb", "0");
  const struct decimal *chunks = per(billing, decimal_ceil(billing->pool, payload, chunk), chunk);
  return times(billing, requests, decimal_max(chunks, number(billing, "1")));
}

static bool charge_calls(const struct billing *billing, GError **error)
{
  static const struct {
    const char *key;
    const char *role;
  } quantities[] = {
      {"gb", "gb"},
      {"reads", "reads"},
      {"stored_gb", "stored"},
      {"queried_gb", "queried"},
  };
  const struct plan *plan = billing->entry->plan;
  if (g_hash_table_contains(plan->roles, "requests")) {
    if (!billing_use_always(billing, "requests", "requests", metered_requests(billing), error)) {
      return false;
    }
  } else {
    warn_unbilled(billing, "requests");
  }
  for (size_t i = 0; i < G_N_ELEMENTS(quantities); i++) {
    if (!g_hash_table_contains(plan->roles, quantities[i].role)) {
      warn_unbilled(billing, quantities[i].key);
    } else if (!billing_use(billing, quantities[i].role, quantities[i].role,
                            billing_value(billing, quantities[i].key, "0"), error)) {
      return false;
    }
  }
  if (g_hash_table_contains(plan->roles, "hours")) {
    return billing_use(billing, "hours", "hours", instance_hours(billing), error);
  }
  warn_unbilled(billing, "hours");
  if (g_hash_table_contains(plan->roles, "instances")) {
    return billing_use(billing, "instances", "instances", billing_value(billing, "instances", "1"),
                       error);
  }
  warn_unbilled(billing, "instances");
  return true;
}

/* Bytes moved, every request at least the plan's minimum. */
static bool charge_volume(const struct billing *billing, GError **error)
{
  const struct decimal *bytes =
      times(billing, billing_value(billing, "request_kb", "0"), number(billing, "1024"));
  bytes = decimal_max(bytes, billing_rule(billing, "minimum_bytes", "0"));
  const struct decimal *sent =
      per(billing, times(billing, billing_value(billing, "requests", "0"), bytes),
          number(billing, "1099511627776"));
  const struct decimal *stated =
      per(billing, billing_value(billing, "gb", "0"), number(billing, "1024"));
  warn_unbilled(billing, "hours");
  warn_unbilled(billing, "instances");
  return billing_use_always(billing, "volume", "volume", decimal_add(billing->pool, sent, stated),
                            error);
}

/* Hours, and capacity units by the dimension that needs most: new connections (each request taken
 * as one) or bytes. */
static bool charge_balancer(const struct billing *billing, GError **error)
{
  const struct decimal *hours = instance_hours(billing);
  const struct decimal *gb = billing_value(billing, "gb", "0");
  const struct decimal *requests = billing_value(billing, "requests", "0");
  if (billing_has(billing, "request_kb") && !billing_has(billing, "gb")) {
    gb = per(billing, times(billing, requests, billing_value(billing, "request_kb", "0")),
             number(billing, "1048576"));
  }
  const struct decimal *by_connections =
      per(billing, requests,
          times(billing, billing_rule(billing, "connections_per_second", "25"),
                number(billing, "3600")));
  const struct decimal *by_bytes = per(billing, gb, billing_rule(billing, "gb_per_unit", "1"));
  if (!billing_use_always(billing, "hours", "hours", hours, error)) {
    return false;
  }
  if (g_hash_table_contains(billing->entry->plan->roles, "gb")) {
    return billing_use(billing, "gb", "gb", gb, error);
  }
  return billing_use(billing, "capacity", "capacity", decimal_max(by_connections, by_bytes), error);
}

static bool charge_container(const struct billing *billing, GError **error)
{
  struct decimal_pool *pool = billing->pool;
  const struct decimal *hours = instance_hours(billing);
  const struct decimal *vcpu = billing_value(billing, "vcpu", "1");
  const struct decimal *memory = billing_value(billing, "memory_mb", "2048");
  const struct decimal *included = billing_rule(billing, "included_tmp_mb", "20480");
  const struct decimal *tmp = decimal_max(billing_value(billing, "tmp_mb", "0"), included);
  const struct decimal *memory_gb = per(billing, memory, number(billing, "1024"));
  const struct decimal *tmp_gb =
      per(billing, decimal_subtract(pool, tmp, included), number(billing, "1024"));
  const struct decimal *unit = billing_rule(billing, "units_per_hour", "1");
  hours = times(billing, hours, unit);
  return billing_use_always(billing, "cpu", "cpu", times(billing, hours, vcpu), error) &&
         billing_use_always(billing, "memory", "memory", times(billing, hours, memory_gb), error) &&
         billing_use(billing, "tmp", "tmp", times(billing, hours, tmp_gb), error);
}

static bool charge_machine(const struct billing *billing, GError **error)
{
  warn_unbilled(billing, "requests");
  warn_unbilled(billing, "gb");
  return billing_use_always(billing, "instance", "instance", instance_hours(billing), error);
}

const struct billing_kind billing_calls = {"calls", calls_fields, charge_calls};
const struct billing_kind billing_volume = {"volume", calls_fields, charge_volume};
const struct billing_kind billing_balancer = {"balancer", hours_fields, charge_balancer};
const struct billing_kind billing_container = {"container", container_fields, charge_container};
const struct billing_kind billing_instance = {"instance", hours_fields, charge_machine};
