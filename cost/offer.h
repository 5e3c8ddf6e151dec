/* One way to run the plan on one cloud, with its bill: the whole monolith always on, one always-on
 * service each, or functions on a billing plan. It turns loads into scenarios; the arithmetic is
 * scenario.h's.
 */
#ifndef CLEAVE_COST_OFFER_H
#define CLEAVE_COST_OFFER_H

#include <glib.h>
#include <stdbool.h>

#include "cost/baseline.h"
#include "cost/load.h"
#include "cost/scenario.h"

enum stage { STAGE_MONOLITH, STAGE_SERVICES, STAGE_FUNCTIONS, N_STAGES };

extern const char *const stage_names[N_STAGES];

/* How one function runs in an offer. */
struct placement {
  const struct load *load;
  double memory_mb;
  double duration_ms; /* with the CPU share of that memory */
  double cold_share;  /* of its calls */
  double concurrency; /* calls that share an instance, on average */
  bool is_kept_warm;  /* provisioned, minimum or always-ready instance, for the objective */
  double requests;    /* in the period */
};

struct offer {
  enum stage stage;
  const char *cloud; /* "aws", "gcp", "azure" */
  char *plan;        /* billing plan of functions; the machine for the other stages */
  struct scenario *scenario;
  struct bill *bill;
  GArray *placements; /* struct placement; stage functions only */
  GArray *fleets;     /* struct fleet; the other stages */
  bool is_chosen;     /* the cheapest of its stage and cloud */
};

void offer_free(struct offer *offer);

/* USD of the whole bill, for comparing and printing. */
const struct decimal *offer_total(const struct offer *offer);

/* Functions on a billing plan, with the cheapest memory size that meets the objective, the gateway,
 * queues, schedules, logs, kept state and cuts around them. */
struct offer *offer_functions(const struct catalogue *catalogue, const struct workload *workload,
                              const struct loads *loads, const char *plan, GError **error);

/* Always on: everything in one fleet, or one fleet for each service. NULL without error when the
 * cloud has no machine that fits. */
struct offer *offer_always_on(const struct catalogue *catalogue, const struct workload *workload,
                              const struct loads *loads, const char *cloud, bool is_by_service,
                              GError **error);

/* Adds a measured or stated quantity to an entry, rounded to digits after the point. */
void entry_set_number(struct scenario *scenario, struct entry *entry, const char *key, double value,
                      unsigned int digits);

/* Speed of one vCPU that a plan gives at a memory size: 1 is a whole one. */
double plan_speed(const struct plan *plan, double memory_mb);

/* The cheapest memory size for a load, by size * duration; the largest of equally cheap ones. */
double plan_best_memory(const struct plan *plan, const struct load *load, double p99_ms);

/* Duration of a call at a speed: the computing part stretches, the waiting part does not. */
double load_duration_ms(const struct load *load, double speed);

/* The same with the highest duration and computing part that is thought likely, to hold against the
 * objective. */
double load_slow_duration_ms(const struct load *load, double speed);

/* What a fleet must carry for some of the loads. service NULL: all. */
struct demand demand_of(const struct workload *workload, const struct loads *loads,
                        const char *service);

#endif
