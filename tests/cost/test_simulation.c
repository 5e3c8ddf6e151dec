/* The simulator against published runs, an independent scan and closed forms. */
#include <math.h>

#include "cost/random.h"
#include "cost/simulation.h"
#include "tests/cost/fixture.h"

static void expect_within(double found, double expected, double share)
{
  if (!(fabs(found - expected) <= share * fabs(expected))) {
    g_error("%.9g is not within %.3g %% of %.9g", found, 100 * share, expected);
  }
}

static void test_exponential(void)
{
  const int n_draws = g_test_slow() ? 4000000 : 400000;
  struct random random;
  double sum = 0.0;
  double squares = 0.0;
  int above[5] = {0};
  random_init(&random, 42);
  for (int i = 0; i < n_draws; i++) {
    double value = random_exponential(&random);
    g_assert_cmpfloat(value, >=, 0.0);
    sum += value;
    squares += value * value;
    for (int j = 0; j < 5; j++) {
      above[j] += value > 0.5 * (j + 1) * (j + 1);
    }
  }
  expect_within(sum / n_draws, 1.0, g_test_slow() ? 0.003 : 0.01);
  expect_within(squares / n_draws, 2.0, g_test_slow() ? 0.006 : 0.02);
  for (int j = 0; j < 5; j++) {
    double expected = exp(-0.5 * (j + 1) * (j + 1));
    g_assert_cmpfloat(fabs((double)above[j] / n_draws - expected), <=,
                      4 * sqrt(expected / n_draws));
  }
}

/* README point of SimFaaS: 0.9/s, warm 1.991 s, cold 2.244 s, kept 600 s. Its own run had 1213 cold
 * starts in 898,469 calls, an independent one of 5 million calls a share of 0.001329. */
static void test_published_point(void)
{
  const struct simulation simulation = {
      .seed = 1,
      .n_calls = g_test_slow() ? 5000000 : 1000000,
      .arrivals = ARRIVALS_POISSON,
      .rate = 0.9,
      .service = SERVICE_EXPONENTIAL,
      .warm_s = 1.991,
      .cold_s = 2.244,
      .keep_s = 600,
  };
  struct simulation_result result;
  simulation_run(&simulation, &result);
  g_test_message("cold %.6f, instances %.4f, running %.4f, idle %.4f", result.cold_share,
                 result.mean_instances, result.mean_running, result.mean_idle);
  double published = 1213.0 / 898469.0;
  g_assert_cmpfloat(fabs(result.cold_share - published), <=, 3 * sqrt(published / 898469.0));
  g_assert_cmpfloat(fabs(result.cold_share - 0.001329), <=,
                    3 * sqrt(0.001329 / 5e6 + 0.001329 / (double)simulation.n_calls));
  expect_within(result.mean_instances, 7.688, 0.005);
  expect_within(result.mean_running, 1.7905, 0.005);
  expect_within(result.mean_idle, 5.898, 0.006);
}

/* The same model with a plain scan over all instances and plain logarithms. */
static void scan(double rate, double warm_s, double cold_s, double keep_s, unsigned int seed,
                 int n_calls, double *cold_share, double *mean_instances)
{
  g_autoptr(GRand) random = g_rand_new_with_seed(seed);
  g_autoptr(GArray) created = g_array_new(FALSE, FALSE, sizeof(double));
  g_autoptr(GArray) free_at = g_array_new(FALSE, FALSE, sizeof(double));
  double now = 0.0;
  double lived = 0.0;
  int n_cold = 0;
  for (int i = 0; i < n_calls; i++) {
    now -= log(1.0 - g_rand_double(random)) / rate;
    int chosen = -1;
    for (unsigned int j = 0; j < free_at->len;) {
      double free_time = g_array_index(free_at, double, j);
      if (now - free_time > keep_s) {
        lived += free_time + keep_s - g_array_index(created, double, j);
        g_array_remove_index(created, j);
        g_array_remove_index(free_at, j);
        continue;
      }
      if (free_time <= now) {
        chosen = (int)j;
      }
      j++;
    }
    double seconds = -log(1.0 - g_rand_double(random));
    if (chosen < 0) {
      double end = now + seconds * cold_s;
      g_array_append_val(created, now);
      g_array_append_val(free_at, end);
      n_cold++;
    } else {
      g_array_index(free_at, double, chosen) = now + seconds * warm_s;
    }
  }
  for (unsigned int j = 0; j < created->len; j++) {
    lived += now - g_array_index(created, double, j);
  }
  *cold_share = (double)n_cold / n_calls;
  *mean_instances = lived / now;
}

static void test_grid(void)
{
  static const double rates[] = {0.02, 0.2, 1.0, 5.0, 20.0};
  static const double services[] = {0.05, 0.5, 3.0};
  static const double keeps[] = {60, 600};
  const int n_calls = g_test_slow() ? 300000 : 60000;
  for (int i = 0; i < 30; i += g_test_slow() ? 1 : 3) {
    const struct simulation simulation = {
        .seed = (uint64_t)i + 1,
        .n_calls = (uint64_t)n_calls,
        .arrivals = ARRIVALS_POISSON,
        .rate = rates[i % 5],
        .service = SERVICE_EXPONENTIAL,
        .warm_s = services[i / 5 % 3],
        .cold_s = services[i / 5 % 3] * 1.2,
        .keep_s = keeps[i / 15],
    };
    struct simulation_result result;
    double cold = 0.0;
    double instances = 0.0;
    simulation_run(&simulation, &result);
    scan(simulation.rate, simulation.warm_s, simulation.cold_s, simulation.keep_s,
         (unsigned int)i + 100, n_calls, &cold, &instances);
    double both = (cold + result.cold_share) / 2;
    g_assert_cmpfloat(fabs(result.cold_share - cold), <=, 4 * sqrt(2 * both / n_calls) + 1e-9);
    /* both are samples: the noise falls with the simulated time, in units of the keep-alive */
    expect_within(result.mean_instances, instances, 0.01 + 6 / sqrt(result.seconds));
    expect_within(result.mean_running,
                  simulation.rate * (simulation.warm_s + 0.2 * simulation.warm_s * cold), 0.03);
  }
}

/* With a tiny service time the simulator must meet the integral over the measured curve. */
static void test_analytic(void)
{
  static const char *const clouds[] = {"aws", "azure", "gcp"};
  static const struct {
    double gap_s;
    double shares[3];
  } reference[] = {
      {60, {0.008336, 0.018712, 4.6e-7}},
      {300, {0.349436, 0.385859, 0.049494}},
      {600, {0.590064, 0.615401, 0.221981}},
      {1800, {0.838467, 0.848913, 0.605233}},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(reference); i++) {
    for (int j = 0; j < 3; j++) {
      const struct keepalive_curve *curve = keepalive_curve(clouds[j]);
      double rate = 1 / reference[i].gap_s;
      double share = keepalive_cold_share(curve, rate, 0.0);
      g_assert_cmpfloat(fabs(share - reference[i].shares[j]), <=, 1e-6);
      const struct simulation simulation = {
          .seed = 5,
          .n_calls = g_test_slow() ? 400000 : 40000,
          .rate = rate,
          .warm_s = 1e-6,
          .cold_s = 1e-6,
          .curve = curve,
      };
      struct simulation_result result;
      simulation_run(&simulation, &result);
      g_assert_cmpfloat(fabs(result.cold_share - share), <=,
                        4 * sqrt(share / (double)simulation.n_calls) +
                            2.0 / (double)simulation.n_calls);
    }
  }
  expect_within(keepalive_cold_share(keepalive_curve("aws"), 1e-3, 0.1), 0.99, 0.01);
}

/* Limits, time-outs, provisioned instances, steps, concurrency and the other arrivals. */
static void test_options(void)
{
  struct simulation simulation = {
      .seed = 9,
      .n_calls = 200000,
      .rate = 10,
      .service = SERVICE_FIXED,
      .warm_s = 0.95,
      .cold_s = 0.95,
      .keep_s = 600,
      .step_s = 0.1,
      .max_instances = 5,
  };
  struct simulation_result result;
  simulation_run(&simulation, &result);
  /* Erlang's loss of 5 slots at 9.5 Erlang: 0.5391 */
  expect_within((double)result.n_refused / 200000, 0.5391, 0.02);
  g_assert_cmpuint(result.peak_instances, ==, 5);
  expect_within(result.billed_s, (double)result.n_calls * 1.0, 1e-9);
  expect_within(simulation_quantile(&result, 0.5), 0.95, 0.02);

  simulation.max_instances = 0;
  simulation.provisioned = 60;
  simulation_run(&simulation, &result);
  g_assert_cmpuint(result.n_cold, ==, 0);
  g_assert_cmpuint(result.n_provisioned, ==, result.n_calls);
  g_assert_cmpfloat_with_epsilon(result.mean_instances, 60, 1e-6);

  simulation.provisioned = 0;
  simulation.timeout_s = 0.5;
  simulation_run(&simulation, &result);
  g_assert_cmpuint(result.n_timeouts, ==, result.n_calls);

  simulation.timeout_s = 0;
  simulation.concurrency = 80;
  simulation.n_calls = 20000;
  simulation_run(&simulation, &result);
  g_assert_cmpuint(result.peak_instances, ==, 1);
  /* one instance, unlimited concurrency: busy all the time but exp(-9.5) of it, in 0.1 s steps */
  expect_within(result.mean_running, 1 - exp(-9.5), 0.01);
  g_assert_cmpfloat(result.billed_s, <, 0.2 * (double)result.n_calls);

  simulation.n_calls = 200000;
  simulation.concurrency = 0;
  simulation.step_s = 0;
  static const double office[24] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  simulation.arrivals = ARRIVALS_DIURNAL;
  simulation.hours = office;
  simulation_run(&simulation, &result);
  expect_within((double)result.n_calls / result.seconds, 10, 0.6);
  expect_within(result.mean_running, 9.5, 0.6);

  simulation.arrivals = ARRIVALS_BURSTY;
  simulation.burst = 5;
  simulation.burst_s = 10;
  simulation_run(&simulation, &result);
  expect_within((double)result.n_calls / result.seconds, 10, 0.15);
  g_assert_cmpuint(result.peak_instances, >, 50);
}

/* The same seed gives the same run, another seed another one. */
static void test_seed(void)
{
  struct simulation simulation = {.seed = 1,
                                  .n_calls = 50000,
                                  .rate = 2,
                                  .service = SERVICE_EXPONENTIAL,
                                  .warm_s = 1,
                                  .cold_s = 2,
                                  .curve = keepalive_curve("azure"),
                                  .hazard = 1e-4};
  struct simulation_result first;
  struct simulation_result second;
  simulation_run(&simulation, &first);
  simulation_run(&simulation, &second);
  g_assert_true(memcmp(&first, &second, sizeof first) == 0);
  simulation.seed = 2;
  simulation_run(&simulation, &second);
  g_assert_cmpfloat(first.mean_latency_s, !=, second.mean_latency_s);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/simulation/exponential", test_exponential);
  g_test_add_func("/simulation/published_point", test_published_point);
  g_test_add_func("/simulation/grid", test_grid);
  g_test_add_func("/simulation/analytic", test_analytic);
  g_test_add_func("/simulation/options", test_options);
  g_test_add_func("/simulation/seed", test_seed);
  return g_test_run();
}
