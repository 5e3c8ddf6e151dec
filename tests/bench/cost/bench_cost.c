/* Speed of the simulator beside SimFaaS's published figure, and of the uncertainty of a plan of
 * 1,000 functions.
 *
 *   cmake --build --preset dev --target bench_cost && build/dev/tests/bench/cost/bench_cost
 */
#include <stdio.h>
#include <time.h>

#include "cost/insight.h"
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

/* 2,000 draws and a tornado over 1,000 functions, each with three uncertain inputs. */
static void bench_tornado(void)
{
  g_autoptr(catalogue_t) catalogue = catalogue_new();
  g_autoptr(GError) error = NULL;
  if (!catalogue_read_folder(catalogue, CATALOGUE_FOLDER, &error)) {
    g_error("%s", error->message);
  }
  struct workload workload = {.days = 30, .has_free_tier = true, .max_use = 0.7};
  struct loads loads = {.functions = g_ptr_array_new_with_free_func(g_free),
                        .cuts = g_ptr_array_new()};
  for (int i = 0; i < 1000; i++) {
    struct load *load = g_new0(struct load, 1);
    load->name = (char *)"function";
    load->service = (char *)"service";
    load->trigger = (char *)"http";
    load->key = (char *)"GET /";
    load->per_day = (struct range){100.0 * i, 300.0 * i, 900.0 * i};
    load->duration_ms = (struct range){5, 20, 200};
    load->memory_mb = (struct range){30, 60, 90};
    load->init_ms = (struct range){50, 95, 400};
    load->payload_kb = range_exact(4);
    load->cpu_share = (struct range){0.2, 0.5, 1};
    load->peak_factor = 2;
    g_ptr_array_add(loads.functions, load);
  }
  struct offer *offer = offer_functions(catalogue, &workload, &loads, "aws-lambda-arm", &error);
  g_autoptr(estimate_t) estimate = estimate_new(catalogue, &workload, &loads, offer);
  double start = now_s();
  struct quantiles total = spread_total(estimate, true, 1, 2000);
  double drawn = now_s();
  g_autoptr(GArray) tornado = spread_tornado(estimate, true, 12);
  printf("1,000 functions: 2,000 draws %.3f s (%.0f to %.0f USD), tornado %.4f s\n", drawn - start,
         total.p5, total.p95, now_s() - drawn);
  offer_free(offer);
  g_ptr_array_unref(loads.functions);
  g_ptr_array_unref(loads.cuts);
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
  bench_tornado();
  return 0;
}
