/* How sure a bill is: the 5, 50 and 95 % points over seeded Latin-hypercube draws of everything
 * uncertain, what matters most (a tornado), and where pay-per-use meets always-on.
 */
#ifndef CLEAVE_COST_SPREAD_H
#define CLEAVE_COST_SPREAD_H

#include <glib.h>
#include <stdint.h>

#include "cost/breakeven.h"
#include "cost/estimate.h"

struct quantiles {
  double p5;
  double p50;
  double p95;
};

/* One input moved from its 5 % to its 95 % point, the others likely: the bill at both ends, USD. */
struct swing {
  const char *part;
  const char *input;
  double low;
  double high;
};

/* The bill over n_draws draws. The same seed gives the same figures.
 * O(n_draws * parts). Source of the sampling: McKay, Beckman and Conover, 1979. */
struct quantiles spread_total(const struct estimate *estimate, bool has_free_tier, uint64_t seed,
                              unsigned int n_draws);

/* The largest swings, at most limit of them, largest first; struct swing, free with g_array_unref.
 * O(parts * meters). */
GArray *spread_tornado(const struct estimate *estimate, bool has_free_tier, unsigned int limit);

/* The always-on side of a break-even. */
struct always_on {
  GArray *staircase; /* breakeven_staircase in factors on the likely load */
  double hourly;     /* of one instance */
  double fixed_hourly;
};

/* All factors on the likely load at which the cheaper of functions and always-on changes, up to
 * max_factor: struct crossing whose rate is the factor. hours is the length of the period. */
GArray *spread_breakeven(const struct estimate *estimate, const struct always_on *always_on,
                         double hours, bool has_free_tier, double max_factor);

/* Draws of the first of these factors; those without one below max_factor count as max_factor. */
struct quantiles spread_first_breakeven(const struct estimate *estimate,
                                        const struct always_on *always_on, double hours,
                                        bool has_free_tier, double max_factor, uint64_t seed,
                                        unsigned int n_draws);

#endif
