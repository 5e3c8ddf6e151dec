/* Functions of an offer run through the simulator: what cold starts, bursts and the shape of the
 * day do to latency, instances and billed time, where a closed form would not say.
 */
#ifndef CLEAVE_COST_REHEARSAL_H
#define CLEAVE_COST_REHEARSAL_H

#include <glib.h>
#include <stdint.h>

#include "cost/offer.h"
#include "cost/simulation.h"

struct rehearsal {
  const struct load *load;
  uint64_t n_calls;
  double cold_share;
  double p50_ms;
  double p95_ms;
  double p99_ms;
  unsigned int peak_instances;
  double mean_running;
  double billed_ms;     /* mean of a call, rounded as the plan does */
  bool meets_objective; /* p99 against the workload's; true when it states none or nobody waits */
};

/* Told after every step of long work: DONE of TOTAL things. */
struct cost_watch {
  void (*tell)(void *data, unsigned int done, unsigned int total);
  void *data;
  unsigned int n_before; /* things done by earlier parts of the work */
  unsigned int n_total;
};

/* Simulates each placement of an offer of stage functions for the period, at most max_calls calls
 * each, arrivals by the workload's shape of the day and burst. struct rehearsal in the order of the
 * placements; WATCH (or NULL) is told after each; free with g_array_unref. O(placements * max_calls). */
GArray *rehearsal_run(const struct offer *offer, const struct catalogue *catalogue,
                      const struct workload *workload, uint64_t seed, uint64_t max_calls,
                      const struct cost_watch *watch);

#endif
