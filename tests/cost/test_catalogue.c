/* What a catalogue file is refused for, and how one overrides another. */
#include "tests/cost/fixture.h"

#define HEAD                                                                                       \
  "version: 1\ncloud: x\ndefault_region: r\nregions: [r]\n"                                        \
  "sources:\n  s: {title: t, as_of: \"2026\"}\n"
#define METER(prices) HEAD "meters:\n  m:\n    unit: request\n    prices:\n      " prices "\n"

static const struct {
  const char *text;
  const char *message;
} refusals[] = {
    {METER("r: {source: s, tiers: [{up_to: 5, price: 1}, {up_to: 4, price: 1}, {price: 1}]}"),
     "x.yaml:11:53: up_to must rise from tier to tier"},
    {METER("r: {source: s, tiers: [{price: 1}, {price: 2}]}"),
     "x.yaml:11:31: a gap between tiers: only the last one may lack up_to"},
    {METER("r: {source: s, tiers: [{up_to: 5, price: 1}]}"),
     "x.yaml:11:31: a gap above the last tier: it must not have up_to"},
    {METER("r: {source: s, tiers: []}"), "x.yaml:11:22: tiers is empty"},
    {METER("r: {source: s}"), "x.yaml:11:11: needs either price or tiers"},
    {METER("r: {source: s, price: -1}"), "x.yaml:11:29: price must not be negative"},
    {METER("r: {source: s, price: 1e10}"), "x.yaml:11:29: price must be at most 1e9, not 1e10"},
    {METER("r: {price: 1}"), "x.yaml:11:7: 'r' has no source"},
    {METER("r: {source: q, price: 1}"), "x.yaml:11:19: unknown source 'q'"},
    {METER("q: {source: s, price: 1}"),
     "x.yaml:11:7: 'q' is neither a region nor a group of this file"},
    {METER("r: {source: s, prise: 1}"), "x.yaml:11:22: unknown key 'prise', did you mean 'price'?"},
    {HEAD "meters:\n  m:\n    prices: {r: {source: s, price: 1}}\n",
     "x.yaml:8:3: meter 'm' has no unit"},
    {HEAD "meters:\n  m:\n    unit: request\n", "x.yaml:8:3: meter 'm' has no prices"},
    {HEAD "plans:\n  p: {billing: calls}\n", "x.yaml:8:3: plan 'p' needs billing and meters"},
    {HEAD "plans:\n  p: {billing: calls, meters: {requests: m}}\n",
     "x.yaml:8:1: unknown meter 'm'"},
    {HEAD "grants:\n  g: {quantity: 1, source: s, meters: [m]}\n", "x.yaml:8:1: unknown meter 'm'"},
    {"version: 1\ncloud: x\n", "x.yaml:2:8: 'default_region' is missing"},
    {"version: 1\ncloud: x\ndefault_region: q\nregions: [r]\n",
     "x.yaml:3:17: the default region 'q' is not one of the regions"},
};

static void test_refusals(void)
{
  for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(catalogue_t) catalogue = catalogue_new();
    const char *text = refusals[i].text;
    bool is_good = catalogue_read_text(catalogue, text, strlen(text), "x.yaml", &error) &&
                   catalogue_resolve(catalogue, &error);
    g_assert_false(is_good);
    g_assert_cmpstr(error->message, ==, refusals[i].message);
  }
}

static char *price_of(const struct catalogue *catalogue, const char *meter, const char *region)
{
  const struct price *price = catalogue_price(catalogue, catalogue_meter(catalogue, meter), region);
  if (price == NULL) {
    return g_strdup("none");
  }
  const struct price_tier *tier = price->tiers->pdata[0];
  return decimal_text(tier->price);
}

/* A later file replaces a region's price, adds a region and keeps the rest. */
static void test_override(void)
{
  static const char text[] =
      "version: 1\ncloud: aws\nregions: [eu-central-1]\n"
      "sources:\n  own: {title: contract, as_of: \"2026-11-01\"}\n"
      "meters:\n  aws-lambda-requests:\n    unit: request\n    per: 1000000\n    prices:\n"
      "      us-east-1: {price: 0.15, source: own}\n      eu-central-1: {price: 0.21, source: "
      "own}\n";
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  g_autoptr(GError) error = NULL;
  g_autofree char *before = price_of(catalogue, "aws-lambda-requests", "eu-central-1");
  g_assert_cmpstr(before, ==, "none");
  catalogue_read_text(catalogue, text, sizeof text - 1, "own.yaml", &error);
  g_assert_no_error(error);
  g_autofree char *own = price_of(catalogue, "aws-lambda-requests", "us-east-1");
  g_autofree char *added = price_of(catalogue, "aws-lambda-requests", "eu-central-1");
  g_autofree char *kept = price_of(catalogue, "aws-lambda-duration-arm", "us-east-1");
  g_assert_cmpstr(own, ==, "0.00000015");
  g_assert_cmpstr(added, ==, "0.00000021");
  g_assert_cmpstr(kept, ==, "0.0000133334");
}

/* Regions share prices in groups, and the two generations of Google's functions group otherwise. */
static void test_regions(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  static const struct {
    const char *meter;
    const char *region;
    const char *price;
  } cases[] = {
      {"gcp-run-cpu", "us-central1", "0.000024"},
      {"gcp-run-cpu", "europe-west3", "0.0000336"},
      {"gcp-run-cpu", "europe-west2", "0.0000336"},
      {"gcp-gen1-cpu", "europe-west2", "0.00001"},
      {"gcp-gen1-idle-cpu", "europe-west3", "0.00000145"},
      {"gcp-pubsub", "asia-east1", "40"},
      {"gcp-pubsub", "us-east-1", "none"},
      {"gcp-vm-e2-small", "europe-west3", "none"},
      {"aws-lambda-requests", "us-east-1", "0.0000002"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *price = price_of(catalogue, cases[i].meter, cases[i].region);
    g_assert_cmpstr(price, ==, cases[i].price);
  }
}

/* Every plan can be billed in its cloud's default region. */
static void test_plans(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  g_autoptr(GPtrArray) names = catalogue_plan_names(catalogue);
  g_assert_cmpuint(names->len, >=, 40);
  for (unsigned int i = 0; i < names->len; i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *text =
        g_strdup_printf("version: 1\nfunctions:\n  - {name: a, plan: %s, requests: 1000}\n",
                        (const char *)names->pdata[i]);
    g_autoptr(bill_t) bill = fixture_bill(catalogue, text, &error);
    g_assert_no_error(error);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/catalogue/refusals", test_refusals);
  g_test_add_func("/catalogue/override", test_override);
  g_test_add_func("/catalogue/regions", test_regions);
  g_test_add_func("/catalogue/plans", test_plans);
  return g_test_run();
}
