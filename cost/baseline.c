#include "cost/baseline.h"

#include <math.h>
#include <string.h>

#include "cost/erlang.h"

#define MAX_INSTANCES 10000

/* How many stay up when one instance, or one of two zones, is lost. */
static unsigned int survivors(const struct demand *demand, unsigned int count)
{
  return demand->survives_zone ? count / 2 : count - 1;
}

/* A call holds a slot while it computes and while it waits; the CPUs are used by the former only,
 * so that an instance has as many slots as keep its CPUs busy. */
static double service_seconds(const struct demand *demand)
{
  return demand->cpu_s + demand->wait_s;
}

static unsigned int slots_of(const struct demand *demand, double vcpu, unsigned int count)
{
  double share = demand->cpu_s > 0.0 ? demand->cpu_s / service_seconds(demand) : 1.0;
  double slots = floor(vcpu * count / share + 1e-9);
  return slots < 1.0 ? 0 : (unsigned int)fmin(slots, 1e6);
}

static bool carries(const struct demand *demand, double rate, double vcpu, double sustained_vcpu,
                    unsigned int n_up, double *use, double *waits)
{
  /* Less than a vCPU computes slower by that much. */
  double speed = vcpu < 1.0 ? vcpu : 1.0;
  double cpu_s = demand->cpu_s / speed;
  double service = cpu_s + demand->wait_s;
  unsigned int n_slots = slots_of(demand, vcpu < 1.0 ? 1.0 : vcpu, n_up);
  *use = rate * demand->cpu_s / (fmin(vcpu, sustained_vcpu) * n_up);
  *waits = erlang_wait_above(n_slots, rate, service, demand->max_wait_s);
  return *use <= demand->max_use + 1e-12 && *waits <= 1.0 - demand->quantile;
}

bool fleet_size(const struct demand *demand, double vcpu, double sustained_vcpu, double memory_mb,
                struct fleet *fleet)
{
  double capacity = fmin(vcpu, sustained_vcpu) * demand->max_use;
  double needed = demand->peak_rate * demand->cpu_s / capacity;
  if (memory_mb < demand->memory_mb || needed > MAX_INSTANCES) {
    return false;
  }
  unsigned int first = MAX(2, (unsigned int)ceil(needed));
  for (unsigned int count = first; count <= 2 * MAX_INSTANCES; count++) {
    unsigned int n_up = survivors(demand, count);
    if (n_up > 0 && carries(demand, demand->peak_rate, vcpu, sustained_vcpu, n_up,
                            &fleet->use_degraded, &fleet->waits_above)) {
      double waits = 0.0;
      fleet->count = count;
      fleet->vcpu = vcpu;
      fleet->memory_mb = memory_mb;
      carries(demand, demand->peak_rate, vcpu, sustained_vcpu, count, &fleet->use, &waits);
      return true;
    }
  }
  return false;
}

double fleet_limit(const struct demand *demand, double vcpu, double sustained_vcpu,
                   unsigned int count)
{
  unsigned int n_up = survivors(demand, count);
  double use = 0.0;
  double waits = 0.0;
  if (n_up == 0 || demand->cpu_s <= 0.0) {
    return 0.0;
  }
  double low = 0.0;
  double high = fmin(vcpu, sustained_vcpu) * n_up * demand->max_use / demand->cpu_s;
  if (carries(demand, high, vcpu, sustained_vcpu, n_up, &use, &waits)) {
    return high;
  }
  for (int i = 0; i < 60; i++) {
    double middle = (low + high) / 2;
    if (carries(demand, middle, vcpu, sustained_vcpu, n_up, &use, &waits)) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

static double rule_or(const struct plan *plan, const char *rule, double otherwise)
{
  const struct decimal *value = plan_rule(plan, rule);
  return value == NULL ? otherwise : decimal_to_double(value);
}

static double role_price(const struct catalogue *catalogue, const struct plan *plan,
                         const char *role, const char *region)
{
  const struct meter *meter = catalogue_role(catalogue, plan, role);
  const struct price *price = meter == NULL ? NULL : catalogue_price(catalogue, meter, region);
  if (price == NULL) {
    return -1.0;
  }
  const struct price_tier *tier = price->tiers->pdata[0];
  return decimal_to_double(tier->price);
}

/* Keeps the fleet when it is cheaper than the best one so far. */
static void consider(const struct demand *demand, const struct plan *plan, double vcpu,
                     double sustained_vcpu, double memory_mb, double hourly, struct fleet *best)
{
  struct fleet fleet = {.plan = plan, .hourly = hourly};
  if (hourly >= 0.0 && fleet_size(demand, vcpu, sustained_vcpu, memory_mb, &fleet) &&
      (best->plan == NULL || fleet.count * hourly < best->count * best->hourly)) {
    *best = fleet;
  }
}

/* The sizes that Fargate and Container Apps sell: vCPU with 2 to 8 times as many GB. */
static void consider_containers(const struct catalogue *catalogue, const struct plan *plan,
                                const char *region, const struct demand *demand, struct fleet *best)
{
  static const double sizes[] = {0.25, 0.5, 1.0, 2.0, 4.0};
  double per_hour = rule_or(plan, "units_per_hour", 1.0);
  double cpu = role_price(catalogue, plan, "cpu", region) * per_hour;
  double memory = role_price(catalogue, plan, "memory", region) * per_hour;
  for (size_t i = 0; i < G_N_ELEMENTS(sizes) && cpu >= 0.0 && memory >= 0.0; i++) {
    double least = sizes[i] * 2048.0;
    double memory_mb = fmax(least, ceil(demand->memory_mb / 1024.0) * 1024.0);
    if (memory_mb <= sizes[i] * 8192.0) {
      consider(demand, plan, sizes[i], sizes[i], memory_mb,
               cpu * sizes[i] + memory * memory_mb / 1024.0, best);
    }
  }
}

bool fleet_cheapest(const struct catalogue *catalogue, const char *cloud, const char *region,
                    const struct demand *demand, bool is_arm_allowed, struct fleet *fleet)
{
  g_autoptr(GPtrArray) names = catalogue_plan_names(catalogue);
  memset(fleet, 0, sizeof *fleet);
  for (unsigned int i = 0; i < names->len; i++) {
    const struct plan *plan = catalogue_plan(catalogue, names->pdata[i]);
    if (strcmp(plan->cloud, cloud) != 0 || (!is_arm_allowed && plan_rule(plan, "arm") != NULL)) {
      continue;
    }
    if (strcmp(plan->billing, "instance") == 0) {
      double vcpu = rule_or(plan, "vcpu", 1.0);
      consider(demand, plan, vcpu, rule_or(plan, "sustained_vcpu", vcpu),
               rule_or(plan, "memory_mb", 0.0), role_price(catalogue, plan, "instance", region),
               fleet);
    } else if (strcmp(plan->billing, "container") == 0) {
      consider_containers(catalogue, plan, region, demand, fleet);
    }
  }
  return fleet->plan != NULL;
}
