#include "cost/erlang.h"

#include <math.h>

/* 1/B by 1/B(0) = 1, 1/B(j) = 1 + (j/a) / B(j-1): rises, so that nothing cancels; infinite when B
 * is too small for a double. */
static double inverse_b(unsigned int n_slots, double load)
{
  double inverse = 1.0;
  for (unsigned int j = 1; j <= n_slots; j++) {
    inverse = 1.0 + inverse * j / load;
  }
  return inverse;
}

/* C from 1/B: C = B / (1 - rho (1 - B)) = 1 / (1/B (1 - rho) + rho). */
static double c_from_inverse_b(double inverse, unsigned int n_slots, double load)
{
  double rho = load / n_slots;
  return 1.0 / (inverse * (1.0 - rho) + rho);
}

double erlang_b(unsigned int n_slots, double load)
{
  return load <= 0.0 ? (n_slots == 0 ? 1.0 : 0.0) : 1.0 / inverse_b(n_slots, load);
}

double erlang_c(unsigned int n_slots, double load)
{
  if (load <= 0.0) {
    return n_slots == 0 ? 1.0 : 0.0;
  }
  if (load >= n_slots) {
    return 1.0;
  }
  return c_from_inverse_b(inverse_b(n_slots, load), n_slots, load);
}

double erlang_wait_above(unsigned int n_slots, double rate, double service_s, double seconds)
{
  double load = rate * service_s;
  if (load >= n_slots) {
    return load > 0.0 || n_slots == 0 ? 1.0 : 0.0;
  }
  return erlang_c(n_slots, load) * exp(-(n_slots - load) / service_s * seconds);
}

unsigned int erlang_slots(double rate, double service_s, double seconds, double quantile,
                          unsigned int limit)
{
  double load = rate * service_s;
  double inverse = 1.0;
  if (load <= 0.0) {
    return 1;
  }
  for (unsigned int n = 1; n <= limit; n++) {
    inverse = 1.0 + inverse * n / load;
    if (load < n) {
      double waits = c_from_inverse_b(inverse, n, load);
      if (waits * exp(-(n - load) / service_s * seconds) <= 1.0 - quantile) {
        return n;
      }
    }
  }
  return 0;
}
