/* Exact numbers: reading, arithmetic, rounding and text. */
#include <glib.h>

#include "cost/decimal.h"
#include "cost/error.h"

static void test_read(void)
{
  static const struct {
    const char *text;
    const char *expected; /* NULL: refused */
  } cases[] = {
      {"0", "0"},
      {"0.00", "0"},
      {"12", "12"},
      {"-12.50", "-12.5"},
      {"+1", "1"},
      {"0.0000000309", "0.0000000309"},
      {"1e9", "1000000000"},
      {"18.75e9", "18750000000"},
      {"2.5E-3", "0.0025"},
      {"007", "7"},
      {"", NULL},
      {" 1", NULL},
      {"1 ", NULL},
      {"1.", NULL},
      {".5", NULL},
      {"1e", NULL},
      {"1e31", NULL},
      {"1e-31", NULL},
      {"1,000", NULL},
      {"0x10", NULL},
      {"nan", NULL},
      {"inf", NULL},
      {"1_000", NULL},
      {"--1", NULL},
      {"1111111111111111111111111111111111111111111111111111111111111111", NULL},
  };
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    const struct decimal *value = decimal_parse(pool, cases[i].text, &error);
    if (cases[i].expected == NULL) {
      g_assert_null(value);
      g_assert_error(error, COST_ERROR, COST_ERROR_INPUT);
      continue;
    }
    g_assert_no_error(error);
    g_autofree char *text = decimal_text(value);
    g_assert_cmpstr(text, ==, cases[i].expected);
  }
}

static void test_round(void)
{
  static const struct {
    const char *value;
    const char *cents;
  } cases[] = {
      {"135001.125", "135001.13"}, /* half-to-even would give .12 */
      {"1.875", "1.88"},
      {"1.8749999999999999999", "1.87"},
      {"0.005", "0.01"},
      {"0.0049", "0.00"},
      {"-0.005", "-0.01"},
      {"-0.001", "0.00"},
      {"0", "0.00"},
      {"99.995", "100.00"},
  };
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    const struct decimal *value = decimal_literal(pool, cases[i].value);
    g_autofree char *text = decimal_fixed(value, 2);
    g_autofree char *rounded = decimal_fixed(decimal_round(pool, value, 2), 2);
    g_assert_cmpstr(text, ==, cases[i].cents);
    g_assert_cmpstr(rounded, ==, cases[i].cents);
  }
}

static void test_ceil(void)
{
  static const struct {
    const char *value;
    const char *step;
    const char *expected;
  } cases[] = {
      {"240", "100", "300"}, {"300", "100", "300"},    {"0", "100", "0"},
      {"490", "128", "512"}, {"2343.46", "1", "2344"}, {"28800", "300", "28800"},
      {"1", "300", "300"},   {"0.05", "0.1", "0.1"},
  };
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    const struct decimal *value = decimal_ceil(pool, decimal_literal(pool, cases[i].value),
                                               decimal_literal(pool, cases[i].step));
    g_autofree char *text = decimal_text(value);
    g_assert_cmpstr(text, ==, cases[i].expected);
  }
}

/* A third has no end: 24 digits are printed, and the value that a bill keeps has exactly them. */
static void test_endless(void)
{
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  const struct decimal *third =
      decimal_divide(pool, decimal_from_int(pool, 1), decimal_from_int(pool, 3));
  g_autofree char *text = decimal_text(third);
  g_assert_cmpstr(text, ==, "0.333333333333333333333333");
  const struct decimal *kept = decimal_finite(pool, third);
  g_assert_cmpint(decimal_compare(kept, decimal_literal(pool, text)), ==, 0);
  const struct decimal *whole = decimal_literal(pool, "0.125");
  g_assert_true(decimal_finite(pool, whole) == whole);
}

/* 10^15 requests of 15 minutes at 10,240 MB, to the last digit (checked with python3 decimal). */
static void test_large(void)
{
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  const struct decimal *value =
      decimal_multiply(pool, decimal_literal(pool, "1e15"), decimal_literal(pool, "900"));
  value = decimal_multiply(pool, value, decimal_literal(pool, "10"));
  value = decimal_multiply(pool, value, decimal_literal(pool, "0.0000133334"));
  g_autofree char *text = decimal_text(value);
  g_assert_cmpstr(text, ==, "120000600000000");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/decimal/read", test_read);
  g_test_add_func("/decimal/round", test_round);
  g_test_add_func("/decimal/ceil", test_ceil);
  g_test_add_func("/decimal/endless", test_endless);
  g_test_add_func("/decimal/large", test_large);
  return g_test_run();
}
