/* The always-on alternative to functions, sized for the same latency: how many instances of which
 * kind carry the busiest hour, with one lost. It knows no files and writes no bill lines.
 */
#ifndef CLEAVE_COST_BASELINE_H
#define CLEAVE_COST_BASELINE_H

#include <glib.h>
#include <stdbool.h>

#include "cost/catalogue.h"

/* What must be carried. */
struct demand {
  double peak_rate;   /* calls/s in the busiest hour */
  double cpu_s;       /* vCPU-seconds of one call */
  double wait_s;      /* time a call waits without computing (database, network) */
  double memory_mb;   /* resident memory that an instance needs */
  double max_wait_s;  /* a call may queue so long … */
  double quantile;    /* … with this probability, for example 0.99 */
  double max_use;     /* highest use of the CPUs, for example 0.7 */
  bool survives_zone; /* half of the instances may be lost, not only one */
};

struct fleet {
  const struct plan *plan;
  double vcpu;         /* of one instance */
  double memory_mb;    /* of one instance */
  double hourly;       /* USD, of one instance */
  unsigned int count;  /* instances */
  double use;          /* of the CPUs at peak with all instances up */
  double use_degraded; /* after the loss */
  double waits_above;  /* P(wait > max_wait_s) after the loss */
};

/* The fewest instances (at least two, in two zones) of a size that carry the demand after a loss.
 * sustained_vcpu is what a burstable machine can keep up, vcpu otherwise. False when no fleet of up
 * to 10,000 instances does. */
bool fleet_size(const struct demand *demand, double vcpu, double sustained_vcpu, double memory_mb,
                struct fleet *fleet);

/* The highest rate that count instances carry under the demand's rules. */
double fleet_limit(const struct demand *demand, double vcpu, double sustained_vcpu,
                   unsigned int count);

/* The cheapest fleet per hour among the machines and container sizes of a cloud in a region;
 * is_arm_allowed is false when the code runs on x86 only. False when none fits. O(sizes * count).
 */
bool fleet_cheapest(const struct catalogue *catalogue, const char *cloud, const char *region,
                    const struct demand *demand, bool is_arm_allowed, struct fleet *fleet);

#endif
