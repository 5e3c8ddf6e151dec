#include "cost/breakeven.h"

#include <math.h>

#define MAX_STEPS 10000

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

GArray *breakeven_crossings(const struct demand *demand, double peak_factor, double vcpu,
                            double sustained_vcpu, double hourly, double fixed_hourly,
                            functions_hourly functions, void *data, double max_rate)
{
  GArray *crossings = g_array_new(FALSE, FALSE, sizeof(struct crossing));
  bool functions_win = true;
  double from = 0.0;
  for (unsigned int count = 2; count < MAX_STEPS && from < max_rate; count++) {
    double limit = fleet_limit(demand, vcpu, sustained_vcpu, count) / peak_factor;
    double to = fmin(limit, max_rate);
    double level = count * hourly + fixed_hourly;
    if (to <= from) {
      continue;
    }
    bool wins_at_start = functions(from, data) < level;
    if (wins_at_start != functions_win) {
      const struct crossing jump = {from, wins_at_start, count - 1};
      g_array_append_val(crossings, jump);
      functions_win = wins_at_start;
    }
    if (functions_win && functions(to, data) >= level) {
      const struct crossing meeting = {find_equal(functions, data, level, from, to), false, count};
      g_array_append_val(crossings, meeting);
      functions_win = false;
    }
    from = to;
  }
  return crossings;
}
