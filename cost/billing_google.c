/* Cloud Run (request-based and instance-based) and first-generation functions. Formulas 5 to 7 of
 * docs/cost.md. */
#include "cost/billing.h"
#include "cost/error.h"

#define MAX_MS "3600000" /* the time-out of a request, 60 min */

static const struct billing_field request_fields[] = {
    {"requests", NULL, NULL},
    {"duration_ms", MAX_MS, NULL},
    {"memory_mb", "1e6", NULL},
    {"vcpu", "64", NULL},
    {"concurrency", "1000", NULL},
    {"min_instances", "1e6", NULL},
    {"instances", "1e6", NULL},
    {"hours", "8784", NULL},
    {"cold_starts", NULL, NULL},
    {"init_ms", "600000", NULL},
    {NULL, NULL, NULL},
};

static const struct billing_field gen1_fields[] = {
    {"requests", NULL, NULL},   {"duration_ms", "540000", NULL}, {"memory_mb", "1e6", NULL},
    {"ghz", "100", NULL},       {"min_instances", "1e6", NULL},  {"egress_gb", NULL, NULL},
    {"instances", "1e6", NULL}, {"hours", "8784", NULL},         {NULL, NULL, NULL},
};

static const struct decimal *positive(const struct billing *billing, const char *key,
                                      const char *otherwise, GError **error)
{
  const struct decimal *value = billing_value(billing, key, otherwise);
  if (decimal_sign(value) > 0) {
    return value;
  }
  g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "%s must be more than 0", key);
  return NULL;
}

static const struct decimal *entry_seconds(const struct billing *billing)
{
  const struct decimal *hours = entry_get(billing->entry, "hours");
  return times(billing, hours != NULL ? hours : billing->hours, number(billing, "3600"));
}

static const struct decimal *stepped_seconds(const struct billing *billing,
                                             const struct decimal *milliseconds)
{
  const struct decimal *step = billing_rule(billing, "step_ms", "100");
  return per(billing, decimal_ceil(billing->pool, milliseconds, step), number(billing, "1000"));
}

/* Time that instances are busy: the stated number of them all along, or the requests packed as the
 * concurrency allows, start-up included. */
static const struct decimal *active_seconds(const struct billing *billing,
                                            const struct decimal *concurrency)
{
  struct decimal_pool *pool = billing->pool;
  const struct decimal *instances = entry_get(billing->entry, "instances");
  if (instances != NULL) {
    return times(billing, instances, entry_seconds(billing));
  }
  const struct decimal *requests = billing_value(billing, "requests", "0");
  const struct decimal *duration = billing_value(billing, "duration_ms", "0");
  const struct decimal *start =
      times(billing, billing_value(billing, "cold_starts", "0"),
            stepped_seconds(billing, billing_value(billing, "init_ms", "0")));
  const struct decimal *serving =
      per(billing, times(billing, requests, stepped_seconds(billing, duration)), concurrency);
  return decimal_add(pool, serving, start);
}

/* What minimum instances idle: their time less the busy time, which they serve first. */
static const struct decimal *idle_seconds(const struct billing *billing,
                                          const struct decimal *active)
{
  const struct decimal *kept =
      times(billing, billing_value(billing, "min_instances", "0"), entry_seconds(billing));
  return decimal_max(number(billing, "0"), decimal_subtract(billing->pool, kept, active));
}

static bool charge_request(const struct billing *billing, GError **error)
{
  const struct decimal *vcpu = positive(billing, "vcpu", "1", error);
  const struct decimal *memory = vcpu == NULL ? NULL : positive(billing, "memory_mb", "512", error);
  const struct decimal *concurrency =
      memory == NULL ? NULL : positive(billing, "concurrency", "1", error);
  if (concurrency == NULL || !billing_check_memory(billing, memory, error)) {
    return false;
  }
  if (decimal_compare(vcpu, number(billing, "1")) < 0 &&
      decimal_compare(concurrency, number(billing, "1")) > 0) {
    bill_warn(billing->bill, "%s: below 1 vCPU the platform allows a concurrency of 1 only",
              billing->entry->name);
  }
  const struct decimal *memory_gib = per(billing, memory, number(billing, "1024"));
  const struct decimal *active = active_seconds(billing, concurrency);
  const struct decimal *idle = idle_seconds(billing, active);
  return billing_use(billing, "cpu", "cpu", times(billing, active, vcpu), error) &&
         billing_use(billing, "memory", "memory", times(billing, active, memory_gib), error) &&
         billing_use(billing, "idle-cpu", "idle-cpu", times(billing, idle, vcpu), error) &&
         billing_use(billing, "idle-memory", "idle-memory", times(billing, idle, memory_gib),
                     error) &&
         billing_use_always(billing, "requests", "requests",
                            billing_value(billing, "requests", "0"), error);
}

/* Billed for the instance's whole life, busy or not, at least a minute; requests cost nothing. */
static bool charge_instance(const struct billing *billing, GError **error)
{
  const struct decimal *vcpu = positive(billing, "vcpu", "1", error);
  const struct decimal *memory = vcpu == NULL ? NULL : positive(billing, "memory_mb", "512", error);
  if (memory == NULL) {
    return false;
  }
  if (decimal_compare(memory, number(billing, "512")) < 0 ||
      decimal_compare(vcpu, number(billing, "1")) < 0) {
    bill_warn(billing->bill, "%s: instance-based billing asks for at least 1 vCPU and 512 MiB",
              billing->entry->name);
  }
  const struct decimal *instances = entry_get(billing->entry, "instances");
  if (instances == NULL) {
    instances = billing_value(billing, "min_instances", "1");
  }
  const struct decimal *life =
      decimal_ceil(billing->pool, entry_seconds(billing), billing_rule(billing, "step_s", "0.1"));
  life = decimal_max(life, billing_rule(billing, "minimum_s", "60"));
  const struct decimal *seconds = times(billing, instances, life);
  const struct decimal *memory_gib = per(billing, memory, number(billing, "1024"));
  return billing_use_always(billing, "cpu", "cpu", times(billing, seconds, vcpu), error) &&
         billing_use_always(billing, "memory", "memory", times(billing, seconds, memory_gib),
                            error);
}

/* The clock that goes with a memory size, from the plan's rules ghz_128, ghz_256 … */
static const struct decimal *gen1_clock(const struct billing *billing, const struct decimal *memory,
                                        GError **error)
{
  const struct decimal *stated = entry_get(billing->entry, "ghz");
  g_autofree char *size = decimal_text(memory);
  g_autofree char *rule = g_strconcat("ghz_", size, NULL);
  const struct decimal *clock = stated != NULL ? stated : plan_rule(billing->entry->plan, rule);
  if (clock == NULL) {
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT,
                "no clock is known for memory_mb %s: state ghz", size);
  }
  return clock;
}

static bool charge_gen1(const struct billing *billing, GError **error)
{
  const struct decimal *memory = billing_value(billing, "memory_mb", "256");
  if (!billing_check_memory(billing, memory, error)) {
    return false;
  }
  const struct decimal *clock = gen1_clock(billing, memory, error);
  if (clock == NULL) {
    return false;
  }
  const struct decimal *memory_gb = per(billing, memory, number(billing, "1024"));
  const struct decimal *active = active_seconds(billing, number(billing, "1"));
  const struct decimal *idle = idle_seconds(billing, active);
  return billing_use(billing, "cpu", "cpu", times(billing, active, clock), error) &&
         billing_use(billing, "memory", "memory", times(billing, active, memory_gb), error) &&
         billing_use(billing, "idle-cpu", "idle-cpu", times(billing, idle, clock), error) &&
         billing_use(billing, "idle-memory", "idle-memory", times(billing, idle, memory_gb),
                     error) &&
         billing_use_always(billing, "requests", "requests",
                            billing_value(billing, "requests", "0"), error) &&
         billing_use(billing, "egress", "egress", billing_value(billing, "egress_gb", "0"), error);
}

const struct billing_kind billing_run_request = {"run-request", request_fields, charge_request};
const struct billing_kind billing_run_instance = {"run-instance", request_fields, charge_instance};
const struct billing_kind billing_gen1 = {"gen1", gen1_fields, charge_gen1};
