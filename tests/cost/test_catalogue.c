/* What a catalogue file is refused for, and how one overrides another. */
#include <glib/gstdio.h>

#include "cost/age.h"
#include "cost/catalogue_check.h"
#include "cost/error.h"
#include "cost/import.h"
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

/* The shipped catalogue has no problem; what it warns of depends on the day. */
static void test_check(void)
{
  static const struct {
    const char *today;
    unsigned int n_least;
    unsigned int n_most;
  } cases[] = {{"2026-11-23", 1, 120}, {"2036-01-01", 100, 200}};
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GPtrArray) findings = catalogue_check(catalogue, cases[i].today);
    g_assert_cmpuint(findings->len, >=, cases[i].n_least);
    g_assert_cmpuint(findings->len, <=, cases[i].n_most);
    for (unsigned int j = 0; j < findings->len; j++) {
      const struct finding *finding = findings->pdata[j];
      if (finding->is_problem) {
        g_error("%s:%u: %s", finding->file, finding->line, finding->text);
      }
    }
  }
}

static void test_problems(void)
{
  static const struct {
    const char *text;
    const char *finding;
  } cases[] = {
      {METER("r: {source: s, tiers: [{up_to: 5, price: 1}, {price: 2}]}"),
       "m in r: tier 2 is dearer than tier 1"},
      {HEAD "meters:\n  m:\n    unit: request\n    prices: {}\n", "m has no price at all"},
      {METER("r: {source: s, price: 1}") "plans:\n  p: {billing: barter, meters: {requests: m}}\n",
       "p is billed as 'barter', which is unknown"},
      {"version: 1\ncloud: x\ndefault_region: r\nregions: [r, q]\n"
       "sources:\n  s: {title: t, as_of: \"2026\"}\n"
       "meters:\n  m: {unit: request, prices: {q: {source: s, price: 1}}}\n"
       "plans:\n  p: {billing: calls, meters: {requests: m}}\n",
       "p has no price for requests in r"},
      {METER("r: {source: s, price: 1}") "  n: {unit: GB, prices: {r: {source: s, price: 1}}}\n"
                                         "grants:\n  g: {quantity: 1, source: s, meters: [m, n]}\n",
       "grant g covers m in request and n in GB"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(catalogue_t) catalogue = catalogue_new();
    catalogue_read_text(catalogue, cases[i].text, strlen(cases[i].text), "x.yaml", &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) findings = catalogue_check(catalogue, "2026-11-23");
    g_assert_cmpuint(findings->len, >=, 1);
    const struct finding *finding = findings->pdata[0];
    g_assert_true(finding->is_problem);
    g_assert_cmpstr(finding->text, ==, cases[i].finding);
  }
}

static void test_ages(void)
{
  static const struct {
    const char *as_of;
    const char *today;
    int days; /* -1000: no date */
  } cases[] = {
      {"2025-11-23", "2026-11-23", 365},   {"2026-11-22", "2026-11-23", 1},
      {"2026-11", "2026-12-01", 1},        {"2026", "2026-11-23", 0},
      {"2026-11", "2026-11-23", 0},        {"undated", "2026-11-23", -1000},
      {"2026-13-01", "2026-11-23", -1000}, {"2027-01-01", "2026-12-31", -1},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    int days = -1000;
    age_days(cases[i].as_of, cases[i].today, &days);
    g_assert_cmpint(days, ==, cases[i].days);
  }
}

/* Small files in the clouds' own forms, written for this test. */
static const struct {
  const char *cloud;
  const char *text;
  const char *meter;
  const char *region;
  const char *price;
  unsigned int n_tiers;
} imports[] = {
    {"aws",
     "{\"publicationDate\": \"2026-10-01T00:00:00Z\", \"products\": {\"A1\": {\"sku\": \"A1\", "
     "\"attributes\": {\"group\": \"AWS-Lambda-Duration\", \"regionCode\": \"eu-central-1\"}}, "
     "\"B2\": {\"attributes\": {\"group\": \"unknown\"}}}, \"terms\": {\"OnDemand\": {\"A1\": "
     "{\"A1.T\": {\"priceDimensions\": {\"x\": {\"beginRange\": \"6000000000\", \"endRange\": "
     "\"Inf\", \"pricePerUnit\": {\"USD\": \"0.0000150000\"}}, \"y\": {\"beginRange\": \"0\", "
     "\"endRange\": \"6000000000\", \"pricePerUnit\": {\"USD\": \"0.0000166667\"}}}}}}}}",
     "aws-lambda-duration-x86", "eu-central-1", "0.0000166667", 2},
    {"azure",
     "{\"Items\": [{\"currencyCode\": \"USD\", \"retailPrice\": 0.000002, \"armRegionName\": "
     "\"westeurope\", \"serviceName\": \"Functions\", \"meterName\": \"Standard Total "
     "Executions\", \"unitOfMeasure\": \"10\", \"tierMinimumUnits\": 100000.0, \"type\": "
     "\"Consumption\", \"effectiveStartDate\": \"2026-10-01T00:00:00Z\"}]}",
     "azure-consumption-requests", "westeurope", "0.0000002", 1},
    {"gcp",
     "{\"skus\": [{\"description\": \"CPU Allocation Time\", \"category\": {\"usageType\": "
     "\"OnDemand\"}, \"serviceRegions\": [\"europe-north2\"], \"pricingInfo\": "
     "[{\"effectiveTime\": "
     "\"2026-10-01T00:00:00Z\", \"pricingExpression\": {\"tieredRates\": [{\"startUsageAmount\": "
     "0, "
     "\"unitPrice\": {\"currencyCode\": \"USD\", \"units\": \"0\", \"nanos\": 0}}, "
     "{\"startUsageAmount\": 180000, \"unitPrice\": {\"currencyCode\": \"USD\", \"units\": \"0\", "
     "\"nanos\": 24000}}]}}]}]}",
     "gcp-run-cpu", "europe-north2", "0.000024", 1},
};

/* An imported file extends the shipped catalogue. */
static void test_import(void)
{
  for (size_t i = 0; i < G_N_ELEMENTS(imports); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int file = g_file_open_tmp("cleave-import-XXXXXX.json", &path, &error);
    g_assert_no_error(error);
    g_close(file, NULL);
    g_file_set_contents(path, imports[i].text, -1, &error);
    g_autoptr(import_t) import = import_read(path, "price list", &error);
    g_unlink(path);
    g_assert_no_error(error);
    g_assert_cmpstr(import->cloud, ==, imports[i].cloud);
    g_autofree char *text = import_text(import);
    g_autoptr(catalogue_t) catalogue = fixture_catalogue();
    catalogue_read_text(catalogue, text, strlen(text), "import.yaml", &error);
    g_assert_no_error(error);
    g_autofree char *price = price_of(catalogue, imports[i].meter, imports[i].region);
    g_assert_cmpstr(price, ==, imports[i].price);
    const struct price *ladder =
        catalogue_price(catalogue, catalogue_meter(catalogue, imports[i].meter), imports[i].region);
    g_assert_cmpuint(ladder->tiers->len, ==, imports[i].n_tiers);
    g_assert_cmpstr(ladder->source->title, ==, "price list");
    g_assert_cmpstr(ladder->source->as_of, ==, "2026-10-01");
  }
}

static void test_import_refusals(void)
{
  static const char *const texts[] = {"",
                                      "[]",
                                      "{",
                                      "{\"Items\": 1}",
                                      "{\"Items\": []}",
                                      "{\"Items\": [{}]}",
                                      "{\"products\": {}, \"terms\": {}}",
                                      "{\"skus\": [1]}",
                                      "{\"skus\": [{}]}"};
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int file = g_file_open_tmp("cleave-import-XXXXXX.json", &path, NULL);
    g_close(file, NULL);
    g_file_set_contents(path, texts[i], -1, NULL);
    g_autoptr(import_t) import = import_read(path, "x", &error);
    g_unlink(path);
    g_assert_null(import);
    g_assert_error(error, COST_ERROR, COST_ERROR_INPUT);
  }
  g_autoptr(GError) error = NULL;
  g_autoptr(import_t) import = import_read("/nowhere/x.json", "x", &error);
  g_assert_null(import);
  g_assert_error(error, COST_ERROR, COST_ERROR_FILE);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/catalogue/refusals", test_refusals);
  g_test_add_func("/catalogue/override", test_override);
  g_test_add_func("/catalogue/regions", test_regions);
  g_test_add_func("/catalogue/plans", test_plans);
  g_test_add_func("/catalogue/check", test_check);
  g_test_add_func("/catalogue/problems", test_problems);
  g_test_add_func("/catalogue/ages", test_ages);
  g_test_add_func("/catalogue/import", test_import);
  g_test_add_func("/catalogue/import_refusals", test_import_refusals);
  return g_test_run();
}
