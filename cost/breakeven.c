#include "cost/breakeven.h"

#include <math.h>

static double find_equal(functions_hourly functions, void *data, double level, double low,
                         double high)
{
  for (int i = 0; i < 100; i++) {
    double middle = (low + high) / 2;
    if (functions(middle, data) < level) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (low + high) / 2;
}

GArray *breakeven_staircase(const struct demand *demand, double peak_factor, double vcpu,
                            double sustained_vcpu, double max_rate, unsigned int n_most)
{
  GArray *staircase = g_array_new(FALSE, FALSE, sizeof(double));
  for (unsigned int count = 2; count <= n_most; count++) {
    double limit = fleet_limit(demand, vcpu, sustained_vcpu, count) / peak_factor;
    g_array_append_val(staircase, limit);
    if (limit > max_rate) {
      break;
    }
  }
  return staircase;
}

GArray *breakeven_crossings(const GArray *staircase, double hourly, double fixed_hourly,
                            functions_hourly functions, void *data, double max_rate,
                            unsigned int limit)
{
  GArray *crossings = g_array_new(FALSE, FALSE, sizeof(struct crossing));
  bool functions_win = true;
  double from = 0.0;
  for (unsigned int i = 0; i < staircase->len && from < max_rate && crossings->len < limit; i++) {
    double to = fmin(g_array_index(staircase, double, i), max_rate);
    double level = (i + 2) * hourly + fixed_hourly;
    if (to <= from) {
      continue;
    }
    bool wins_at_start = functions(from, data) < level;
    if (wins_at_start != functions_win) {
      const struct crossing jump = {from, wins_at_start, i + 1};
      g_array_append_val(crossings, jump);
      functions_win = wins_at_start;
    }
    if (functions_win && functions(to, data) >= level) {
      const struct crossing meeting = {find_equal(functions, data, level, from, to), false, i + 2};
      g_array_append_val(crossings, meeting);
      functions_win = false;
    }
    from = to;
  }
  return crossings;
}
