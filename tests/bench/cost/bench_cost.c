/* Speed of the simulator beside SimFaaS's published figure.
 *
 *   cmake --build --preset dev --target bench_cost && build/dev/tests/bench/cost/bench_cost
 */
#include <stdio.h>
#include <time.h>

#include "cost/simulation.h"

/* SimFaaS README: 898,469 requests in 42 s. */
#define SIMFAAS_PER_S (898469.0 / 42.0)

static double now_s(void)
{
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void bench(const char *what, const struct simulation *simulation)
{
  struct simulation_result result;
  double start = now_s();
  simulation_run(simulation, &result);
  double per_s = (double)result.n_calls / (now_s() - start);
  printf("%-34s %7.1f instances %8.2f M calls/s  %6.0f x SimFaaS\n", what, result.mean_instances,
         per_s / 1e6, per_s / SIMFAAS_PER_S);
}

int main(void)
{
  struct simulation simulation = {
      .seed = 1,
      .n_calls = 50000000,
      .rate = 0.9,
      .service = SERVICE_EXPONENTIAL,
      .warm_s = 1.991,
      .cold_s = 2.244,
      .keep_s = 600,
  };
  bench("SimFaaS README point", &simulation);
  simulation.rate = 100;
  simulation.warm_s = 2;
  simulation.cold_s = 25;
  bench("100/s, warm 2 s, cold 25 s", &simulation);
  simulation.rate = 450;
  simulation.cold_s = 2.5;
  bench("450/s, 2 s", &simulation);
  simulation.rate = 4500;
  bench("4500/s, 2 s", &simulation);
  simulation.rate = 0.9;
  simulation.warm_s = 1.991;
  simulation.keep_s = 0;
  simulation.curve = keepalive_curve("aws");
  simulation.hazard = 0.2 / 3600;
  bench("measured curve and hazard", &simulation);
  return 0;
}
