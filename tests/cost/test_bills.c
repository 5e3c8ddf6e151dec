/* What must hold for every bill: more use never costs less, tiers join without a step, a grant
 * never turns into money, the lines are the total, and nothing overflows. */
#include "tests/cost/fixture.h"

#define N_RANDOM 200

static const char *const function_plans[] = {
    "aws-lambda-x86",     "aws-lambda-arm",    "aws-lambda-edge", "gcp-run-request",
    "gcp-functions-gen1", "azure-consumption", "azure-flex",
};

static const char *const around_plans[] = {
    "aws-apigw-http", "aws-apigw-rest",  "aws-sqs",         "aws-sqs-fifo",
    "aws-sns",        "aws-scheduler",   "aws-s3",          "gcp-pubsub",
    "azure-queue",    "azure-eventgrid", "aws-eventbridge",
};

static struct bill *bill_of(const struct catalogue *catalogue, const char *text)
{
  g_autoptr(GError) error = NULL;
  struct bill *bill = fixture_bill(catalogue, text, &error);
  g_assert_no_error(error);
  return bill;
}

/* Exact total of functions and infrastructure together, in a pool of the caller. */
static const struct decimal *total_of(const struct catalogue *catalogue, const char *text,
                                      struct decimal_pool *pool)
{
  g_autoptr(bill_t) bill = bill_of(catalogue, text);
  const struct bill_total functions = bill_total(bill, SECTION_FUNCTIONS);
  const struct bill_total around = bill_total(bill, SECTION_INFRASTRUCTURE);
  return decimal_add(pool, decimal_copy(pool, functions.exact), decimal_copy(pool, around.exact));
}

static char *function_text(const char *plan, gint64 requests, int duration, int memory,
                           bool is_free)
{
  static const int sizes[] = {512, 2048, 4096};
  static const int clocks[] = {128, 256, 512, 1024, 2048, 4096, 8192};
  if (strcmp(plan, "azure-flex") == 0) {
    memory = sizes[memory % 3];
  } else if (strcmp(plan, "gcp-functions-gen1") == 0) {
    memory = clocks[memory % 7];
  } else if (strcmp(plan, "azure-consumption") == 0) {
    memory = 128 + memory % 1409;
  }
  return g_strdup_printf("version: 1\nfree_tier: %s\nfunctions:\n  - {plan: %s, requests: "
                         "%" G_GINT64_FORMAT ", duration_ms: %d, memory_mb: %d}\n",
                         is_free ? "true" : "false", plan, requests, duration, memory);
}

static gint64 random_requests(GRand *random)
{
  gint64 magnitude = 1;
  for (int i = g_rand_int_range(random, 0, 15); i > 0; i--) {
    magnitude *= 10;
  }
  return magnitude * g_rand_int_range(random, 1, 10);
}

static void expect_not_less(const struct catalogue *catalogue, char *less, char *more)
{
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  const struct decimal *low = total_of(catalogue, less, pool);
  const struct decimal *high = total_of(catalogue, more, pool);
  if (decimal_compare(low, high) > 0) {
    g_test_message("%s costs more than\n%s", less, more);
  }
  g_assert_cmpint(decimal_compare(low, high), <=, 0);
  g_free(less);
  g_free(more);
}

static void test_monotone(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  g_autoptr(GRand) random = g_rand_new_with_seed(7);
  for (int i = 0; i < N_RANDOM; i++) {
    const char *plan = function_plans[i % (int)G_N_ELEMENTS(function_plans)];
    gint64 requests = random_requests(random);
    int duration = g_rand_int_range(random, 1, 100000);
    int memory = g_rand_int_range(random, 128, 10000);
    bool is_free = g_rand_boolean(random);
    expect_not_less(catalogue, function_text(plan, requests, duration, memory, is_free),
                    function_text(plan, requests + 1, duration, memory, is_free));
    expect_not_less(catalogue, function_text(plan, requests, duration, memory, is_free),
                    function_text(plan, requests, duration + 1, memory, is_free));
    expect_not_less(catalogue, function_text(plan, requests, duration, memory, true),
                    function_text(plan, requests, duration, memory, false));
    if (strcmp(plan, "azure-flex") != 0 && strcmp(plan, "gcp-functions-gen1") != 0 &&
        strcmp(plan, "azure-consumption") != 0) {
      expect_not_less(catalogue, function_text(plan, requests, duration, memory, is_free),
                      function_text(plan, requests, duration, memory + 1, is_free));
    }
  }
}

/* One request more at a tier's end costs between the two tiers' unit prices. */
static void test_continuous(void)
{
  static const struct {
    const char *plan;
    const char *end;
    const char *dearest;
  } cases[] = {
      {"aws-apigw-http", "300000000", "0.000001"},
      {"aws-apigw-rest", "333000000", "0.0000035"},
      {"aws-apigw-rest", "1000000000", "0.0000028"},
      {"aws-apigw-rest", "20000000000", "0.00000238"},
      {"aws-sqs", "100000000000", "0.0000004"},
      {"aws-sqs", "200000000000", "0.0000003"},
  };
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(decimal_pool_t) pool = decimal_pool_new();
    const struct decimal *totals[3];
    for (int j = -1; j <= 1; j++) {
      const struct decimal *count =
          decimal_add(pool, decimal_literal(pool, cases[i].end), decimal_from_int(pool, j));
      g_autofree char *digits = decimal_text(count);
      g_autofree char *text = g_strdup_printf(
          "version: 1\nfree_tier: false\ninfrastructure:\n  - {plan: %s, requests: %s}\n",
          cases[i].plan, digits);
      totals[j + 1] = total_of(catalogue, text, pool);
    }
    const struct decimal *below = decimal_subtract(pool, totals[1], totals[0]);
    const struct decimal *above = decimal_subtract(pool, totals[2], totals[1]);
    g_assert_cmpint(decimal_compare(below, decimal_literal(pool, cases[i].dearest)), ==, 0);
    g_assert_cmpint(decimal_compare(above, below), <, 0);
    g_assert_cmpint(decimal_sign(above), >, 0);
  }
}

/* Several functions and services: no negative line, the lines are the total, and the order of the
 * entries does not matter to it. */
static void test_sums(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  g_autoptr(GRand) random = g_rand_new_with_seed(11);
  for (int i = 0; i < N_RANDOM / 4; i++) {
    g_autoptr(GString) forward = g_string_new("version: 1\nfunctions:\n");
    g_autoptr(GString) around = g_string_new("infrastructure:\n");
    g_autoptr(GString) backward = g_string_new(NULL);
    for (int j = 0; j < 6; j++) {
      const char *plan = function_plans[g_rand_int_range(random, 0, 4)];
      g_autofree char *line = g_strdup_printf(
          "  - {plan: %s, requests: %" G_GINT64_FORMAT ", duration_ms: %d, memory_mb: %d}\n", plan,
          random_requests(random), g_rand_int_range(random, 1, 3000),
          g_rand_int_range(random, 128, 3000));
      g_string_append(forward, line);
      g_string_prepend(backward, line);
      g_string_append_printf(
          around, "  - {plan: %s, requests: %" G_GINT64_FORMAT ", request_kb: %d}\n",
          around_plans[g_rand_int_range(random, 0, (int)G_N_ELEMENTS(around_plans))],
          random_requests(random), g_rand_int_range(random, 0, 600));
    }
    g_string_prepend(backward, "version: 1\nfunctions:\n");
    g_string_append(forward, around->str);
    g_string_append(backward, around->str);
    g_autoptr(bill_t) bill = bill_of(catalogue, forward->str);
    g_autoptr(decimal_pool_t) pool = decimal_pool_new();
    const struct decimal *sums[N_SECTIONS];
    for (int j = 0; j < N_SECTIONS; j++) {
      sums[j] = decimal_from_int(pool, 0);
    }
    for (unsigned int j = 0; j < bill->lines->len; j++) {
      const struct bill_line *line = bill->lines->pdata[j];
      g_autofree char *printed = decimal_text(line->exact);
      g_assert_cmpint(decimal_sign(line->exact), >=, 0);
      g_assert_cmpint(decimal_sign(line->quantity), >=, 0);
      sums[line->section] = decimal_add(pool, sums[line->section], decimal_literal(pool, printed));
    }
    for (int j = 0; j < N_SECTIONS; j++) {
      const struct bill_total total = bill_total(bill, (enum section)j);
      g_assert_cmpint(decimal_compare(total.exact, sums[j]), ==, 0);
    }
    const struct decimal *one = total_of(catalogue, forward->str, pool);
    const struct decimal *other = total_of(catalogue, backward->str, pool);
    g_assert_cmpint(decimal_compare(one, other), ==, 0);
  }
}

/* Twice the period costs twice as much always on; a tier-2 region costs 1.4 times tier 1. */
static void test_scaling(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  static const char server[] = "version: 1\nhours: %d\nfunctions:\n  - {plan: %s}\n";
  static const char *const always_on[] = {"aws-ec2-m7g.large", "azure-premium", "aws-fargate",
                                          "aws-alb"};
  for (size_t i = 0; i < G_N_ELEMENTS(always_on); i++) {
    g_autofree char *once = g_strdup_printf(server, 365, always_on[i]);
    g_autofree char *twice = g_strdup_printf(server, 730, always_on[i]);
    const struct decimal *low = total_of(catalogue, once, pool);
    g_assert_cmpint(decimal_compare(decimal_add(pool, low, low), total_of(catalogue, twice, pool)),
                    ==, 0);
  }
  static const char run[] = "version: 1\nfree_tier: false\nfunctions:\n"
                            "  - {plan: gcp-run-request, region: %s, requests: 1000, "
                            "duration_ms: 1000, memory_mb: 1024, vcpu: 2}\n";
  g_autofree char *near = g_strdup_printf(run, "us-central1");
  g_autofree char *far = g_strdup_printf(run, "europe-west3");
  const struct decimal *fee = decimal_literal(pool, "0.0004");
  const struct decimal *first = decimal_subtract(pool, total_of(catalogue, near, pool), fee);
  const struct decimal *second = decimal_subtract(pool, total_of(catalogue, far, pool), fee);
  g_assert_cmpint(
      decimal_compare(decimal_multiply(pool, first, decimal_literal(pool, "1.4")), second), ==, 0);
}

/* 10^15 requests of the longest and largest kind, to the last digit. */
static void test_no_overflow(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  const struct decimal *total = total_of(
      catalogue,
      "version: 1\nfree_tier: false\nfunctions:\n  - {plan: aws-lambda-x86, requests: 1e15, "
      "duration_ms: 900000, memory_mb: 10240}\n",
      pool);
  g_autofree char *text = decimal_text(total);
  /* 6e9*0.0000166667 + 9e9*0.000015 + (9e18-15e9)*0.0000133334 + 2e8 */
  g_assert_cmpstr(text, ==, "120000800034999.2");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/bills/monotone", test_monotone);
  g_test_add_func("/bills/continuous", test_continuous);
  g_test_add_func("/bills/sums", test_sums);
  g_test_add_func("/bills/scaling", test_scaling);
  g_test_add_func("/bills/no_overflow", test_no_overflow);
  return g_test_run();
}
