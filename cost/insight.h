/* What a comparison means: how sure the bills are, what matters most, where the answer flips, and
 * advice. Statistics over the likely decisions; seeded, so that the same input gives the same
 * bytes.
 */
#ifndef CLEAVE_COST_INSIGHT_H
#define CLEAVE_COST_INSIGHT_H

#include <glib.h>
#include <stdint.h>

#include "cost/comparison.h"
#include "cost/rehearsal.h"
#include "cost/spread.h"

/* Where one function alone would cost as much as a pair of machines of its own, or more of them. */
struct flip {
  const struct load *load;
  double per_call;   /* USD, first tier, no grant, with gateway, queue and logs */
  double rate;       /* calls/s; infinite when functions always win */
  double duty_cycle; /* share of the time that one instance would be busy at that rate */
};

/* One cloud's functions against its monolith. */
struct cloud_insight {
  const struct offer *offer;
  struct quantiles total;     /* of the functions' bill, USD */
  GArray *tornado;            /* struct swing */
  GArray *crossings;          /* struct crossing, in factors on the likely load */
  struct quantiles breakeven; /* of the first factor; MAX_FACTOR stands for none below it */
  GArray *flips;              /* struct flip, by function */
  GArray *rehearsals;         /* struct rehearsal, by function: simulated */
  struct estimate *estimate;
};

#define MAX_FACTOR 10000.0

struct insight {
  GPtrArray *clouds; /* struct cloud_insight *, in the order of aws, gcp, azure */
  GPtrArray *advice; /* struct advice * */
};

/* n_draws is 1,000 or more for figures that hold; n_calls of each function are simulated. The
 * comparison must outlive it. WATCH (or NULL) is told how many simulations are done; its counts are
 * set here. */
struct insight *insight_new(const struct comparison *comparison, uint64_t seed,
                            unsigned int n_draws, uint64_t n_calls, struct cost_watch *watch);
void insight_free(struct insight *insight);
typedef struct insight insight_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(insight_t, insight_free)

/* Replaces the ranges of the store: the whole bill of each cloud's functions, then its tornado. */
bool insight_write(const struct insight *insight, struct store *store, GError **error);

#endif
