/* How long an idle instance stays: the probability that it is gone after an idle time, measured in
 * 2025 on three clouds, and what follows for rare traffic. Reads no files; curves come from here or
 * from the caller.
 */
#ifndef CLEAVE_COST_KEEPALIVE_H
#define CLEAVE_COST_KEEPALIVE_H

#include <stddef.h>

struct keepalive_point {
  double idle_s;
  double gone; /* probability that the instance is gone by then */
};

/* Linear between the points, from (0, 0); the last point has gone = 1. Measured shares may fall a
 * little from point to point. */
struct keepalive_curve {
  const struct keepalive_point *points; /* rising in idle_s */
  size_t n_points;
};

/* "aws", "gcp" or "azure", 100 probes per point, as measured. Source: ubc-cirrus-lab/
 * demystifying-serverless-costs, 2025-09-19. NULL for other names. */
const struct keepalive_curve *keepalive_curve(const char *cloud);

double keepalive_gone(const struct keepalive_curve *curve, double idle_s);

/* The first idle time by which an instance is gone with that probability. */
double keepalive_quantile(const struct keepalive_curve *curve, double probability);

/* Share of cold starts of Poisson arrivals at rate calls/s on one instance, service time neglected:
 * the integral of rate * exp(-rate * t) * gone(t). hazard is a recycling rate per second that ends
 * instances whatever their idle time. O(points). */
double keepalive_cold_share(const struct keepalive_curve *curve, double rate, double hazard);

#endif
