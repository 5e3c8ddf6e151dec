#include "cost/recycling.h"

#include <math.h>
#include <stdbool.h>

#include "cost/simulation.h"

double recycling_replay(const struct request_log *log, struct recycling recycling,
                        unsigned int n_replays)
{
  double sum = 0.0;
  for (unsigned int i = 0; i < n_replays; i++) {
    const struct simulation simulation = {
        .seed = i + 1,
        .n_calls = log->n_requests,
        .arrivals = ARRIVALS_TRACE,
        .trace = log->starts,
        .trace_durations = log->durations,
        .n_trace = log->n_requests,
        .service = SERVICE_RECORDED,
        .keep_s = recycling.keep_s,
        .hazard = recycling.hazard,
        .starts_warm = true,
    };
    struct simulation_result result;
    simulation_run(&simulation, &result);
    sum += (double)result.n_cold;
  }
  return sum / n_replays;
}

struct recycling recycling_fit(const struct request_log *logs, size_t n_logs,
                               unsigned int n_replays)
{
  struct recycling best = {0};
  double least = INFINITY;
  for (int hazard = 0; hazard <= 10; hazard++) {
    for (int keep = 560; keep <= 680; keep += 5) {
      const struct recycling candidate = {keep, hazard * 0.05 / 3600.0};
      double error = 0.0;
      for (size_t i = 0; i < n_logs; i++) {
        double cold = recycling_replay(&logs[i], candidate, hazard == 0 ? 1 : n_replays);
        error += pow(cold / (double)logs[i].n_cold - 1.0, 2);
      }
      if (error < least - 1e-12) {
        least = error;
        best = candidate;
      }
    }
  }
  return best;
}
