/* Money: exact sums, rounded half up once. */
#include "reports/money.h"

static const struct {
  const char *parts[4];
  const char *expected;
} cases[] = {
    {{"0"}, "$0.00"},
    {{"119.136"}, "$119.14"},
    {{"0.005"}, "$0.01"},
    {{"0.0049999999999"}, "$0.00"},
    {{"-0.005"}, "-$0.01"},
    {{"0.1", "0.2"}, "$0.30"},
    {{"0.0000000001", "1234567.005", "-0.0000000001"}, "$1,234,567.01"},
    {{"999.995"}, "$1,000.00"},
    {{"12.3.4"}, "$0.00"},
    {{"<b>"}, "$0.00"},
};

static void test_sums(void)
{
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    money sum = 0;
    for (size_t part = 0; part < 4 && cases[i].parts[part]; part++) {
      sum += money_parse(cases[i].parts[part]);
    }
    g_autofree char *text = money_format(sum);
    g_assert_cmpstr(text, ==, cases[i].expected);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/money/sums", test_sums);
  return g_test_run();
}
