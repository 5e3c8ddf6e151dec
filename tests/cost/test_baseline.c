/* Erlang's formulas against exact rationals, sizing and break-even against worked examples and
 * against a simulated queue. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cost/breakeven.h"
#include "cost/erlang.h"
#include "cost/price.h"
#include "tests/cost/fixture.h"

static void expect_near(double found, double expected, double tolerance)
{
  if (!(fabs(found - expected) <= tolerance * fabs(expected))) {
    g_error("%.15g is not %.15g", found, expected);
  }
}

static void test_oracle(void)
{
  g_autofree char *path =
      g_build_filename(g_getenv("CLEAVE_SOURCE_DIR"), "tests", "cost", "erlang_oracle.txt", NULL);
  g_autofree char *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  unsigned int n_checked = 0;
  for (char **line = lines; *line != NULL; line++) {
    if (**line == '#' || **line == '\0') {
      continue;
    }
    g_auto(GStrv) words = g_strsplit(*line, " ", -1);
    unsigned int n_slots = (unsigned int)strtoul(words[0], NULL, 10);
    double load = g_ascii_strtod(words[1], NULL);
    expect_near(erlang_b(n_slots, load), g_ascii_strtod(words[2], NULL), 1e-9);
    expect_near(erlang_c(n_slots, load), g_ascii_strtod(words[3], NULL), 1e-9);
    n_checked++;
  }
  g_assert_cmpuint(n_checked, ==, 20);
}

/* lambda 40/s, S 0.1 s, P(W > 50 ms) <= 1 %: 8 slots, where it is 0.00799; 7 give 0.0301. */
static void test_slots(void)
{
  g_assert_cmpuint(erlang_slots(40, 0.1, 0.05, 0.99, 1000), ==, 8);
  expect_near(erlang_wait_above(8, 40, 0.1, 0.05), 0.00799, 1e-3);
  expect_near(erlang_wait_above(7, 40, 0.1, 0.05), 0.0301, 1e-2);
  g_assert_cmpuint(erlang_slots(40, 0.1, 0.05, 0.99, 7), ==, 0);
  g_assert_cmpuint(erlang_slots(0, 0.1, 0.05, 0.99, 7), ==, 1);
  g_assert_cmpfloat(erlang_c(3, 3.0), ==, 1.0);
  g_assert_cmpfloat(erlang_c(3, 0.0), ==, 0.0);
  g_assert_cmpfloat(erlang_b(400, 1e-3), ==, 0.0);
}

/* Share of calls that wait longer than seconds in a simulated first-come queue. */
static double simulate_queue(GRand *random, unsigned int n_slots, double rate, double service_s,
                             double seconds)
{
  enum { N_CALLS = 400000, N_WARM_UP = 20000 };
  g_autofree double *free_at = g_new0(double, n_slots);
  double now = 0.0;
  unsigned int n_late = 0;
  for (int i = 0; i < N_CALLS; i++) {
    now -= log(1.0 - g_rand_double(random)) / rate;
    unsigned int first = 0;
    for (unsigned int j = 1; j < n_slots; j++) {
      first = free_at[j] < free_at[first] ? j : first;
    }
    double start = fmax(now, free_at[first]);
    free_at[first] = start - log(1.0 - g_rand_double(random)) * service_s;
    n_late += i >= N_WARM_UP && start - now > seconds;
  }
  return (double)n_late / (N_CALLS - N_WARM_UP);
}

/* 100 random cases (25 in the quick run): the number of slots holds the objective in a simulation,
 * and one less would not by the formula. Waiting calls come in bunches, so that even 400,000 calls
 * leave some noise. */
static void test_slots_simulated(void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed(2026);
  for (int i = 0; i < 100; i += g_test_slow() ? 1 : 4) {
    double service_s = g_rand_double_range(random, 0.01, 2.0);
    double load = g_rand_double_range(random, 0.3, 20.0);
    double rate = load / service_s;
    double seconds = service_s * g_rand_double_range(random, 0.1, 1.5);
    double quantile = i % 2 == 0 ? 0.9 : 0.95;
    unsigned int n_slots = erlang_slots(rate, service_s, seconds, quantile, 100);
    double late = simulate_queue(random, n_slots, rate, service_s, seconds);
    double expected = erlang_wait_above(n_slots, rate, service_s, seconds);
    g_assert_cmpfloat(late, <=, (1 - quantile) * 1.25);
    g_assert_cmpfloat(fabs(late - expected), <=, 0.25 * expected + 0.003);
    if (n_slots > 1 && load < n_slots - 1) {
      g_assert_cmpfloat(erlang_wait_above(n_slots - 1, rate, service_s, seconds), >, 1 - quantile);
    }
  }
}

/* 1 GB for 200 ms on Lambda arm through a function URL, without the grant: 2.86668e-6 per call. */
static double lambda_hourly(double rate, void *data)
{
  return rate * 3600.0 * *(double *)data;
}

static const struct demand worked = {
    .cpu_s = 0.2 * 1024 / 1769,
    .memory_mb = 1024,
    .max_wait_s = 10,
    .quantile = 0.99,
    .max_use = 0.7,
};

/* m7g.large (2 vCPU) and a load balancer against that: the table of docs/cost.md. */
static void test_breakeven(void)
{
  static const double limits[] = {12.09, 24.19, 36.28, 48.37};
  for (unsigned int i = 0; i < G_N_ELEMENTS(limits); i++) {
    expect_near(fleet_limit(&worked, 2, 2, i + 2), limits[i], 1e-3);
  }
  double per_call = 0.2e-6 + 0.2 * 0.0000133334;
  expect_near(per_call, 2.86668e-6, 1e-5);
  g_autoptr(GArray) staircase = breakeven_staircase(&worked, 1.0, 2, 2, 50.0, 100);
  g_assert_cmpuint(staircase->len, ==, 5);
  g_autoptr(GArray) crossings =
      breakeven_crossings(staircase, 0.0816, 0.0225, lambda_hourly, &per_call, 50.0, 100);
  static const struct {
    double rate;
    bool functions_win;
  } expected[] = {{33.81, false}, {36.28, true}, {41.72, false}, {48.37, true}, {49.62, false}};
  g_assert_cmpuint(crossings->len, ==, G_N_ELEMENTS(expected));
  for (unsigned int i = 0; i < crossings->len; i++) {
    const struct crossing *crossing = &g_array_index(crossings, struct crossing, i);
    expect_near(crossing->rate, expected[i].rate, 1e-3);
    g_assert_cmpint(crossing->functions_win, ==, expected[i].functions_win);
  }
  double with_gateway = per_call + 1e-6;
  g_autoptr(GArray) earlier =
      breakeven_crossings(staircase, 0.0816, 0.0225, lambda_hourly, &with_gateway, 20.0, 100);
  g_assert_cmpuint(earlier->len, ==, 1);
  expect_near(g_array_index(earlier, struct crossing, 0).rate, 19.2, 2e-3);
}

static void test_fleet(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  struct demand demand = worked;
  struct fleet fleet;
  demand.peak_rate = 33.8;
  g_assert_true(fleet_size(&demand, 2, 2, 8192, &fleet));
  g_assert_cmpuint(fleet.count, ==, 4);
  expect_near(fleet.use_degraded, 33.8 * demand.cpu_s / 6, 1e-9);
  g_assert_false(fleet_size(&demand, 2, 2, 512, &fleet));
  g_assert_true(fleet_cheapest(catalogue, "aws", "us-east-1", &demand, true, &fleet));
  double hourly = fleet.count * fleet.hourly;
  g_assert_cmpfloat(hourly, <=, 4 * 0.0816);
  g_assert_true(fleet_cheapest(catalogue, "aws", "us-east-1", &demand, false, &fleet));
  g_assert_cmpfloat(fleet.count * fleet.hourly, >=, hourly);
  g_assert_null(plan_rule(fleet.plan, "arm"));
  demand.survives_zone = true;
  g_assert_true(fleet_size(&demand, 2, 2, 8192, &fleet));
  g_assert_cmpuint(fleet.count, ==, 6);
  g_assert_true(fleet_cheapest(catalogue, "gcp", "us-central1", &demand, true, &fleet));
  g_assert_true(fleet_cheapest(catalogue, "azure", "eastus", &demand, true, &fleet));
  g_assert_false(fleet_cheapest(catalogue, "gcp", "europe-west3", &demand, true, &fleet));
}

static void test_unit_prices(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  static const char *const clouds[] = {"aws", "aws-arm", "gcp", "azure"};
  struct unit_prices prices;
  for (size_t i = 0; i < G_N_ELEMENTS(clouds); i++) {
    g_autoptr(GError) error = NULL;
    unit_prices_find(catalogue, clouds[i], &prices, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(prices.request, >, 0);
    g_assert_cmpfloat(prices.gb_second, >, 0);
    g_assert_cmpfloat(prices.queue_message, >, 0);
  }
  g_autoptr(GError) error = NULL;
  unit_prices_find(catalogue, "aws", &prices, &error);
  expect_near(prices.queue_message, 1.2e-6, 1e-9);
  expect_near(unit_prices_remote_call(&prices, 0.01, 0.5), 0.2e-6 + 0.01 * 0.0000166667, 1e-9);
  g_assert_false(unit_prices_find(catalogue, "oracle", &prices, &error));
  g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/baseline/oracle", test_oracle);
  g_test_add_func("/baseline/slots", test_slots);
  g_test_add_func("/baseline/slots_simulated", test_slots_simulated);
  g_test_add_func("/baseline/breakeven", test_breakeven);
  g_test_add_func("/baseline/fleet", test_fleet);
  g_test_add_func("/baseline/unit_prices", test_unit_prices);
  return g_test_run();
}
