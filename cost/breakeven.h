/* Where pay-per-use meets always-on: every rate at which the cheaper side changes. The always-on
 * side is a staircase (one instance more at each limit), so there are usually several.
 */
#ifndef CLEAVE_COST_BREAKEVEN_H
#define CLEAVE_COST_BREAKEVEN_H

#include <glib.h>
#include <stdbool.h>

#include "cost/baseline.h"

struct crossing {
  double rate;           /* calls/s, mean over the month */
  bool functions_win;    /* from here on upwards */
  unsigned int n_before; /* instances below the crossing */
};

/* USD per hour of the functions at a mean rate in calls/s; must not fall with the rate. */
typedef double (*functions_hourly)(double rate, void *data);

/* The mean rates that 2, 3, 4 … instances carry: peak_factor is the busiest hour's rate over the
 * mean. Ends with the first limit above max_rate, or with n_most instances. Free with
 * g_array_unref: double. O(n_most * 60 * slots). */
GArray *breakeven_staircase(const struct demand *demand, double peak_factor, double vcpu,
                            double sustained_vcpu, double max_rate, unsigned int n_most);

/* Crossings from rate 0 to the staircase's end or max_rate, rising, at most limit of them. hourly
 * is the price of one instance, fixed_hourly what the always-on side pays whatever its size. Free
 * with g_array_unref: struct crossing. O(steps * 60). */
GArray *breakeven_crossings(const GArray *staircase, double hourly, double fixed_hourly,
                            functions_hourly functions, void *data, double max_rate,
                            unsigned int limit);

#endif
