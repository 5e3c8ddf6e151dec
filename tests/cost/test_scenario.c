/* Bills of single entries by hand calculation, and what a scenario file is refused for. */
#include "tests/cost/fixture.h"

#define HEAD "version: 1\n"
#define PAID HEAD "free_tier: false\n"
#define FUNCTION(text) "functions:\n  - {" text "}\n"
#define AROUND(text) "infrastructure:\n  - {" text "}\n"
#define SERVER(text) "baseline:\n  - {" text "}\n"

struct bill_case {
  const char *scenario;
  const char *lines; /* "item/tier=exact …" in the order of the bill */
};

static const struct bill_case bills[] = {
    /* one rounding of INIT and handler: 1293.83 + 1049.63 ms are billed as 2344 ms */
    {PAID FUNCTION("plan: aws-lambda-x86, memory_mb: 1024, requests: 1, duration_ms: 1049.63, "
                   "cold_starts: 1, init_ms: 1293.83"),
     "compute/1=0.000017500035 init/1=0.0000215667098 requests/1=0.0000002"},
    /* 1 ms up */
    {PAID FUNCTION("plan: aws-lambda-arm, memory_mb: 1024, requests: 1000, duration_ms: 0.2"),
     "compute/1=0.0000133334 requests/1=0.0002"},
    /* provisioned concurrency: 8 h 1 min are 8 h 5 min */
    {PAID FUNCTION("plan: aws-lambda-x86, memory_mb: 1024, "
                   "provisioned: {instances: 1, hours: 8.01}"),
     "requests/1=0 provisioned/1=0.12125097"},
    /* SnapStart: at least three hours of cache */
    {PAID FUNCTION("plan: aws-lambda-x86, memory_mb: 512, "
                   "snapstart: {cache_hours: 1, restores: 10}"),
     "requests/1=0 snapstart-cache/1=0.00812484 snapstart-restore/1=0.000698999"},
    /* streaming: 100 GB are free */
    {HEAD FUNCTION("plan: aws-lambda-x86, streamed_gb: 350.5"), "requests/1=0 streaming/1=2.004"},
    /* an event of 300 KB counts twice, of 256 KB once */
    {PAID FUNCTION("plan: aws-lambda-x86, requests: 1000000, event_kb: 300"), "requests/1=0.4"},
    {PAID FUNCTION("plan: aws-lambda-x86, requests: 1000000, event_kb: 256"), "requests/1=0.2"},
    /* Cloud Run, tier 2, as the page of infracost prints it: 60.48, 3.15, 0.20 */
    {PAID FUNCTION("plan: gcp-run-request, region: europe-west3, vcpu: 1, memory_mb: 512, "
                   "concurrency: 1, requests: 500000, duration_ms: 3600"),
     "cpu/1=60.48 memory/1=3.15 requests/1=0.2"},
    /* its quota is money at tier-1 prices: 4.32 and 0.90 */
    {HEAD FUNCTION("plan: gcp-run-request, region: europe-west3, vcpu: 1, memory_mb: 512, "
                   "requests: 500000, duration_ms: 3600"),
     "cpu/1=56.16 memory/1=2.25 requests/1=0"},
    /* a minimum instance idles; the quota reaches it too (formula of firebase-tools) */
    {HEAD FUNCTION("plan: gcp-run-request, vcpu: 1, memory_mb: 256, min_instances: 1"),
     "idle-cpu/1=2.16 idle-memory/1=0.72 requests/1=0"},
    /* 80 requests at a time share an instance */
    {PAID FUNCTION("plan: gcp-run-request, requests: 8000000, duration_ms: 120, concurrency: 80"),
     "cpu/1=0.48 memory/1=0.025 requests/1=3.2"},
    /* first generation: 100 ms steps, clock from the memory size */
    {PAID FUNCTION("plan: gcp-functions-gen1, memory_mb: 1024, requests: 10, duration_ms: 101"),
     "cpu/1=0.000028 memory/1=0.000005 requests/1=0.000004"},
    /* Azure: at least 100 ms and 128 MB */
    {PAID FUNCTION("plan: azure-consumption, memory_mb: 1, requests: 1000000, duration_ms: 3"),
     "compute/1=0.2 requests/1=0.2"},
    {PAID FUNCTION("plan: azure-consumption, memory_mb: 160, requests: 1000000, duration_ms: 101"),
     "compute/1=0.404 requests/1=0.2"},
    /* Flex: at least 1 s, then 100 ms steps */
    {PAID FUNCTION("plan: azure-flex, memory_mb: 512, requests: 1000, duration_ms: 20"),
     "compute/1=0.013 requests/1=0.0004"},
    {PAID FUNCTION("plan: azure-flex, memory_mb: 512, requests: 1000, duration_ms: 1020"),
     "compute/1=0.0143 requests/1=0.0004"},
    /* always ready: baseline all month, execution on it first, no grant for it */
    {HEAD "hours: 1\n" FUNCTION("plan: azure-flex, memory_mb: 2048, instances: 10, "
                                "always_ready: 5, requests: 144000"),
     "compute/1=0 always-ready/1=0.144 always-ready-compute/1=0.576 "
     "always-ready-requests/1=0.0288 requests/1=0"},
    /* Premium EP1 for a month of 730 h: 126.29 + 31.43 */
    {HEAD "hours: 730\n" FUNCTION("plan: azure-premium"), "cpu/1=126.29 memory/1=31.4265"},
    {PAID AROUND("plan: aws-apigw-http, requests: 1000000, request_kb: 513"), "requests/1=2"},
    {PAID AROUND("plan: aws-apigw-rest, requests: 21000000000"),
     "requests/1=1165.5 requests/2=1867.6 requests/3=45220 requests/4=1510"},
    {PAID AROUND("plan: aws-sqs-fifo, requests: 3000000, request_kb: 65"), "requests/1=3"},
    {HEAD AROUND("plan: aws-sns, requests: 1500000"), "requests/1=0.25"},
    {HEAD AROUND("plan: aws-eventbridge, requests: 1000000, request_kb: 64.1"), "requests/1=2"},
    {HEAD AROUND("plan: aws-scheduler, requests: 15000000"), "requests/1=1"},
    {PAID AROUND("plan: aws-s3, requests: 1000, reads: 1000, gb: 10"),
     "requests/1=0.005 gb/1=0.23 reads/1=0.0004"},
    {PAID AROUND("plan: aws-logs, gb: 10"), "gb/1=5"},
    {HEAD "hours: 730\n" AROUND("plan: aws-alb, gb: 1460"), "hours/1=16.425 capacity/1=11.68"},
    {HEAD "hours: 730\n" AROUND("plan: aws-fargate, vcpu: 0.25, memory_mb: 512, instances: 2"),
     "cpu/1=14.7752 memory/1=3.24485"},
    {PAID AROUND("plan: gcp-pubsub, requests: 1099511627776, request_kb: 0.1"), "volume/1=40000"},
    {HEAD AROUND("plan: gcp-pubsub, gb: 1034"), "volume/1=40"},
    {HEAD AROUND("plan: gcp-scheduler, instances: 5"), "instances/1=0.2"},
    {PAID AROUND("plan: azure-queue, requests: 10000, gb: 2"), "requests/1=0.004 gb/1=0.09"},
    {PAID AROUND("plan: azure-eventgrid, requests: 1000000"), "requests/1=0.6"},
    {HEAD "days: 31\n" SERVER("plan: aws-ec2-t4g.medium"), "instance/1=24.9984"},
    {HEAD SERVER("plan: aws-ec2-m7g.large, hours: 0.001"), "instance/1=0.00136"},
    {HEAD SERVER("plan: gcp-vm-e2-micro, hours: 100"), "instance/1=0.837643"},
    {HEAD SERVER("plan: azure-vm-B1s, hours: 10, instances: 3"), "instance/1=0.312"},
    /* grants are the account's: one million requests and 400,000 GB-s for x86 and arm together,
       given to the dearer one first */
    {HEAD "functions:\n"
          "  - {plan: aws-lambda-arm, memory_mb: 1024, requests: 600000, duration_ms: 500}\n"
          "  - {plan: aws-lambda-x86, memory_mb: 1024, requests: 600000, duration_ms: 500}\n",
     "compute/1=2.66668 requests/1=0 compute/1=0 requests/1=0.04"},
    /* tiers run over the account's sum, per architecture */
    {PAID "functions:\n"
          "  - {plan: aws-lambda-x86, memory_mb: 1024, requests: 5000000000, duration_ms: 1000}\n"
          "  - {plan: aws-lambda-x86, memory_mb: 1024, requests: 2000000000, duration_ms: 1000}\n"
          "  - {plan: aws-lambda-arm, memory_mb: 1024, requests: 1, duration_ms: 1000}\n",
     "compute/1=83333.5 requests/1=1000 compute/1=16666.7 compute/2=15000 requests/1=400 "
     "compute/1=0.0000133334 requests/1=0.0000002"},
};

static void test_bills(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  for (size_t i = 0; i < G_N_ELEMENTS(bills); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(bill_t) bill = fixture_bill(catalogue, bills[i].scenario, &error);
    g_assert_no_error(error);
    g_autoptr(GString) found = g_string_new(NULL);
    for (unsigned int j = 0; j < bill->lines->len; j++) {
      const struct bill_line *line = bill->lines->pdata[j];
      g_autofree char *exact = decimal_text(line->exact);
      g_string_append_printf(found, "%s%s/%u=%s", j > 0 ? " " : "", line->item, line->tier, exact);
    }
    if (strcmp(found->str, bills[i].lines) != 0) {
      g_test_message("%s", bills[i].scenario);
    }
    g_assert_cmpstr(found->str, ==, bills[i].lines);
  }
}

static const struct {
  const char *scenario;
  const char *message;
} refusals[] = {
    {"functions: []\n", "scenario.yaml:1:1: 'version: 1' is missing"},
    {HEAD "fonctions: []\n",
     "scenario.yaml:2:1: unknown key 'fonctions', did you mean 'functions'?"},
    {HEAD FUNCTION("plan: aws-lamda-x86"),
     "scenario.yaml:3:12: unknown plan 'aws-lamda-x86', did you mean 'aws-lambda-x86'?"},
    {HEAD FUNCTION("name: a"), "scenario.yaml:3:6: 'plan' is missing"},
    {HEAD FUNCTION("plan: aws-lambda-x86, request: 1"),
     "scenario.yaml:3:28: aws-lambda-x86 has no key 'request', did you mean 'requests'?"},
    {HEAD FUNCTION("plan: aws-lambda-x86, provisioned: {instance: 1}"),
     "scenario.yaml:3:42: provisioned has no key 'instance', did you mean 'instances'?"},
    {HEAD FUNCTION("plan: aws-lambda-x86, requests: -1"),
     "scenario.yaml:3:38: requests must not be negative"},
    {HEAD FUNCTION("plan: aws-lambda-x86, requests: many"),
     "scenario.yaml:3:38: requests must be a number, not 'many'"},
    {HEAD FUNCTION("plan: aws-lambda-x86, requests: 1e19"),
     "scenario.yaml:3:38: requests must be at most 1e18, not 1e19"},
    {HEAD FUNCTION("plan: aws-lambda-x86, requests: "),
     "scenario.yaml:3:28: requests must be a number, not ''"},
    {HEAD FUNCTION("plan: aws-lambda-x86, requests: [1]"),
     "scenario.yaml:3:39: requests must be a single value"},
    {HEAD FUNCTION("plan: aws-lambda-x86, duration_ms: 900001"),
     "scenario.yaml:3:41: duration_ms must be at most 900000, not 900001"},
    {HEAD FUNCTION("name: a, plan: aws-lambda-x86, memory_mb: 64"),
     "scenario.yaml:3:6: a: aws-lambda-x86 sells memory_mb from 128 to 10240, not 64"},
    {HEAD FUNCTION("name: a, plan: azure-flex, memory_mb: 1024"),
     "scenario.yaml:3:6: a: azure-flex sells memory_mb 512, 2048, 4096, not 1024"},
    {HEAD FUNCTION("name: a, plan: aws-lambda-x86, requests: 1, cold_starts: 2"),
     "scenario.yaml:3:6: a: more cold_starts than requests"},
    {HEAD FUNCTION("name: a, plan: aws-lambda-x86, tmp_mb: 100"),
     "scenario.yaml:3:6: a: tmp_mb is at least 512"},
    {HEAD FUNCTION("plan: aws-lambda-x86, region: us-esat-1"),
     "scenario.yaml:3:36: no prices for region 'us-esat-1' of aws, did you mean 'us-east-1'?"},
    {HEAD "region: mars\n" FUNCTION("plan: aws-lambda-x86"), NULL},
    {HEAD FUNCTION("name: a, plan: gcp-functions-gen1, region: europe-west4"), NULL},
    {HEAD SERVER("name: a, plan: gcp-vm-e2-small, region: europe-west3"),
     "scenario.yaml:3:6: a: plan 'gcp-vm-e2-small' has no price for instance in region "
     "'europe-west3', known: us-central1"},
    {HEAD SERVER("plan: aws-ec2-m7g.lagre"),
     "scenario.yaml:3:12: unknown plan 'aws-ec2-m7g.lagre', did you mean 'aws-ec2-m7g.large'?"},
    {HEAD "days: 0\n", "scenario.yaml:2:7: the period must be longer than 0"},
    {HEAD "days: -3\n", "scenario.yaml:2:7: days must not be negative"},
    {HEAD "days: 30\nhours: 730\n", "scenario.yaml:3:8: days and hours exclude each other"},
    {HEAD "free_tier: maybe\n", "scenario.yaml:2:12: free_tier must be true or false"},
    {HEAD "functions: {name: a}\n", "scenario.yaml:2:13: functions must be a list"},
    {"version: 2\n", NULL},
    {"version: 1\n  bad: [", NULL},
    {"", NULL},
    {"- 1\n", NULL},
    {HEAD "days: 1\ndays: 2\n", NULL},
};

static void test_refusals(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(bill_t) bill = fixture_bill(catalogue, refusals[i].scenario, &error);
    if (bill != NULL) {
      g_test_message("%s", refusals[i].scenario);
    }
    g_assert_null(bill);
    g_assert_nonnull(error);
    if (refusals[i].message != NULL) {
      g_assert_cmpstr(error->message, ==, refusals[i].message);
    } else {
      g_assert_true(g_str_has_prefix(error->message, "scenario.yaml:"));
    }
  }
}

/* A region of another cloud is not an error for a whole file, but is said. */
static void test_warnings(void)
{
  g_autoptr(catalogue_t) catalogue = fixture_catalogue();
  g_autoptr(GError) error = NULL;
  g_autoptr(bill_t) bill = fixture_bill(
      catalogue, HEAD "region: us-east-1\n" FUNCTION("plan: gcp-run-request, requests: 1"), &error);
  g_assert_no_error(error);
  g_assert_cmpuint(bill->warnings->len, ==, 1);
  g_assert_cmpstr(bill->warnings->pdata[0], ==,
                  "'us-east-1' is no region of gcp: its lines are priced in us-central1");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/scenario/bills", test_bills);
  g_test_add_func("/scenario/refusals", test_refusals);
  g_test_add_func("/scenario/warnings", test_warnings);
  return g_test_run();
}
