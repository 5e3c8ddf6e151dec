/* Keep-alive time and recycling hazard of a platform, fitted to request logs: the pair whose
 * simulated cold starts come nearest to the recorded ones. Knows no file formats.
 */
#ifndef CLEAVE_COST_RECYCLING_H
#define CLEAVE_COST_RECYCLING_H

#include <stddef.h>

struct request_log {
  const double *starts;    /* seconds, rising */
  const double *durations; /* seconds, of each call */
  size_t n_requests;
  size_t n_cold; /* recorded */
};

struct recycling {
  double keep_s;
  double hazard; /* per second */
};

/* Mean number of cold starts over n_replays simulated replays of a log; the first call finds one
 * live instance when starts_warm. O(n_replays * n_requests). */
double recycling_replay(const struct request_log *log, struct recycling recycling,
                        unsigned int n_replays);

/* The best pair on a grid (keep 560 to 680 s by 5, hazard 0 to 0.5 per hour by 0.05): least sum of
 * squared relative errors over the logs, the smaller hazard of equals. */
struct recycling recycling_fit(const struct request_log *logs, size_t n_logs,
                               unsigned int n_replays);

#endif
