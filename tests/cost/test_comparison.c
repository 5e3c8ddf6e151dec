/* The plan of a small store priced on three clouds: loads from records, workload and assumptions,
 * three stages, the bill in the store. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "cost/comparison_text.h"
#include "cost/error.h"
#include "store/facts.h"
#include "store/plan.h"
#include "store/results.h"
#include "store/view.h"
#include "tests/cost/fixture.h"

static void insert(struct store *store, const struct record_table *table, const void *record)
{
  g_autoptr(GError) error = NULL;
  store_insert(store, table, record, &error);
  g_assert_no_error(error);
}

static void insert_function(struct store *store, int64_t id, const char *name, int64_t service,
                            const char *trigger, const char *key)
{
  const struct fact_routine routine = {
      .id = 100 + id, .name = name, .file = "a.c", .is_defined = 1};
  const struct plan_function function = {.id = id,
                                         .name = name,
                                         .service = service,
                                         .entry = id,
                                         .routine = 100 + id,
                                         .trigger = trigger,
                                         .key = key,
                                         .readiness = id == 4 ? "blocked" : "ready"};
  const struct plan_closure closure = {.function = id, .kind = "routine", .item = 100 + id};
  insert(store, &fact_routine_table, &routine);
  insert(store, &plan_function_table, &function);
  insert(store, &plan_closure_table, &closure);
}

/* Two services, four functions, a cut, a cache written while serving, recorded invocations. */
static void fill(struct store *store)
{
  const struct plan_service services[] = {{.id = 1, .name = "orders"}, {.id = 2, .name = "stock"}};
  const struct fact_state cache = {
      .id = 50, .name = "cart_cache", .storage = "global", .class = "shared", .file = "a.c"};
  const struct plan_closure uses_cache = {.function = 1, .kind = "state", .item = 50};
  const struct plan_cut cut = {.id = 9,
                               .from_service = 1,
                               .to_service = 2,
                               .kind = "call",
                               .mode = "call",
                               .routine = 102,
                               .item = 103,
                               .n_sites = 2,
                               .marshal = "ok"};
  store_begin(store, NULL);
  insert(store, &plan_service_table, &services[0]);
  insert(store, &plan_service_table, &services[1]);
  insert_function(store, 1, "cart_show", 1, "http", "GET /cart");
  insert_function(store, 2, "order_place", 1, "http", "POST /order");
  insert_function(store, 3, "stock_count", 2, "queue", "stock");
  insert_function(store, 4, "report_nightly", 2, "schedule", "0 2 * * *");
  insert(store, &fact_state_table, &cache);
  insert(store, &plan_closure_table, &uses_cache);
  static const char *const modes[] = {"read", "write"};
  for (int i = 0; i < 2; i++) {
    const struct fact_access access = {
        .routine = 101, .state = 50, .mode = modes[i], .file = "a.c", .line = 5 + i};
    insert(store, &fact_access_table, &access);
  }
  insert(store, &plan_cut_table, &cut);
  for (int i = 0; i < 10; i++) {
    g_autofree char *id = g_strdup_printf("r%d", i);
    const struct result_invocation invocation = {.id = id,
                                                 .function = "cart_show",
                                                 .trigger = "http",
                                                 .started = 1000.0 + i,
                                                 .duration = 0.020,
                                                 .init = i == 0 ? 0.080 : 0.0,
                                                 .is_cold = i == 0,
                                                 .max_rss = 40 << 20,
                                                 .status = i == 9 ? "error" : "ok"};
    insert(store, &result_invocation_table, &invocation);
  }
  g_assert_true(store_commit(store, NULL));
}

static const char workload_text[] =
    "version: 1\n"
    "entries:\n"
    "  \"GET /cart\": {per_day: [20000, 30000, 60000], day_shape: office, burst: 3}\n"
    "  order_*: {per_day: 4000, duration_ms: [5, 8, 30], memory_mb: 128}\n"
    "  nobody: {per_day: 1}\n"
    "objective: {p99_ms: 300}\n";

struct fixture {
  char *folder;
  char *path;
  struct store *store;
  struct catalogue *catalogue;
  struct workload *workload;
};

static void set_up(struct fixture *fixture, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  (void)data;
  fixture->folder = g_dir_make_tmp("cleave-cost-XXXXXX", NULL);
  fixture->path = g_build_filename(fixture->folder, "cleave.db", NULL);
  fixture->store = store_open(fixture->path, STORE_CREATE, &error);
  g_assert_no_error(error);
  fixture->catalogue = fixture_catalogue();
  fixture->workload =
      workload_parse(workload_text, sizeof workload_text - 1, "workload.yaml", &error);
  g_assert_no_error(error);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
  (void)data;
  store_close(fixture->store);
  workload_free(fixture->workload);
  catalogue_free(fixture->catalogue);
  g_unlink(fixture->path);
  g_rmdir(fixture->folder);
  g_free(fixture->path);
  g_free(fixture->folder);
}

static void test_loads(struct fixture *fixture, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  (void)data;
  fill(fixture->store);
  g_autoptr(loads_t) loads = loads_read(fixture->store, fixture->workload, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(loads->functions->len, ==, 4);
  const struct load *cart = loads->functions->pdata[0];
  g_assert_cmpstr(cart->name, ==, "cart_show");
  g_assert_cmpint(cart->duration_source, ==, LOAD_MEASURED);
  g_assert_cmpuint(cart->n_measured, ==, 9);
  g_assert_cmpfloat_with_epsilon(cart->duration_ms.likely, 20.0, 1e-6);
  g_assert_cmpfloat_with_epsilon(cart->memory_mb.low, 40.0, 1e-6);
  g_assert_cmpfloat_with_epsilon(cart->init_ms.likely, 80.0, 1e-6);
  g_assert_cmpfloat(cart->per_day.high, ==, 60000);
  g_assert_cmpuint(cart->n_state_reads, ==, 1);
  g_assert_cmpuint(cart->n_state_writes, ==, 1);
  g_assert_cmpfloat(cart->peak_factor, >, 3.0);
  const struct load *order = loads->functions->pdata[1];
  g_assert_cmpint(order->duration_source, ==, LOAD_STATED);
  g_assert_cmpfloat(order->memory_mb.likely, ==, 128.0);
  const struct load *report = loads->functions->pdata[2];
  g_assert_cmpstr(report->name, ==, "report_nightly");
  g_assert_cmpfloat(report->per_day.likely, ==, 1.0);
  const struct load *stock = loads->functions->pdata[3];
  g_assert_cmpint(stock->rate_source, ==, LOAD_ASSUMED);
  g_assert_cmpuint(loads->cuts->len, ==, 1);
  const struct cut_load *cut = loads->cuts->pdata[0];
  g_assert_cmpstr(cut->what, ==, "stock_count");
  g_assert_cmpfloat(cut->per_day.likely, ==, 4000.0);
  g_assert_cmpfloat(cut->per_day.high, ==, 8000.0);
  g_assert_cmpstr(loads->notes->pdata[0], ==,
                  "workload.yaml:5: 'nobody' matches no function of the plan");
  g_assert_cmpstr(loads->notes->pdata[loads->notes->len - 1], ==,
                  "1 of 4 functions are blocked, and priced as if they were not: 'cleave explain' "
                  "tells what stands in their way");
}

static double bill_sum(struct store *store, const char *stage, const char *cloud)
{
  const struct view_filter filters[] = {{"stage", stage}, {"cloud", cloud}};
  g_autoptr(view_rows) rows = view_read(store, "v_bill", filters, 2, NULL);
  double sum = 0.0;
  for (size_t i = 0; i < rows->n_rows; i++) {
    sum += g_ascii_strtod(view_text(rows, i, "amount"), NULL);
  }
  return rows->n_rows == 0 ? -1.0 : sum;
}

static void test_stages(struct fixture *fixture, gconstpointer data)
{
  static const char *const clouds[] = {"aws", "gcp", "azure"};
  g_autoptr(GError) error = NULL;
  (void)data;
  fill(fixture->store);
  g_autoptr(comparison_t) comparison =
      comparison_new(fixture->catalogue, fixture->workload, fixture->store, &error);
  g_assert_no_error(error);
  g_assert_true(comparison_write(comparison, fixture->store, &error));
  for (size_t i = 0; i < G_N_ELEMENTS(clouds); i++) {
    for (int stage = 0; stage < N_STAGES; stage++) {
      const struct offer *offer = comparison_chosen(comparison, (enum stage)stage, clouds[i]);
      g_assert_nonnull(offer);
      double stored = bill_sum(fixture->store, stage_names[stage], clouds[i]);
      g_assert_cmpfloat_with_epsilon(stored, decimal_to_double(offer_total(offer)), 1e-9);
    }
    /* every service has its own pair of instances */
    const struct offer *services = comparison_chosen(comparison, STAGE_SERVICES, clouds[i]);
    g_assert_cmpuint(services->fleets->len, ==, 2);
  }
  /* 1,020,000 HTTP calls a month, a cache read and written by most of them, and a cut */
  const struct offer *lambda = comparison_chosen(comparison, STAGE_FUNCTIONS, "aws");
  bool has_cut = false;
  bool has_storage = false;
  for (unsigned int i = 0; i < lambda->bill->lines->len; i++) {
    const struct bill_line *line = lambda->bill->lines->pdata[i];
    has_cut |= strcmp(line->name, "cut: orders to stock: stock_count") == 0;
    has_storage |= strcmp(line->plan, "aws-s3") == 0;
  }
  g_assert_true(has_cut);
  g_assert_true(has_storage);
}

/* The same input gives the same bytes, and writing again replaces the bill. */
static void test_again(struct fixture *fixture, gconstpointer data)
{
  char *texts[2] = {NULL, NULL};
  size_t n_rows[2];
  (void)data;
  fill(fixture->store);
  for (int i = 0; i < 2; i++) {
    g_autoptr(comparison_t) comparison =
        comparison_new(fixture->catalogue, fixture->workload, fixture->store, NULL);
    g_assert_true(comparison_write(comparison, fixture->store, NULL));
    g_autoptr(view_rows) rows = view_read(fixture->store, "v_bill", NULL, 0, NULL);
    n_rows[i] = rows->n_rows;
    g_autoptr(insight_t) insight = insight_new(comparison, 1, 1000, 5000, NULL);
    texts[i] = comparison_json(comparison, insight);
  }
  g_assert_cmpstr(texts[0], ==, texts[1]);
  g_assert_cmpuint(n_rows[0], ==, n_rows[1]);
  g_assert_cmpuint(n_rows[0], >, 20);
  g_free(texts[0]);
  g_free(texts[1]);
}

/* At the likely values the fast model and the exact bill agree, on every plan, with and without the
 * free tier, for a small load and a large one. */
static void test_estimate(struct fixture *fixture, gconstpointer data)
{
  static const double factors[] = {1.0, 300.0};
  (void)data;
  fill(fixture->store);
  for (int run = 0; run < 4; run++) {
    fixture->workload->has_free_tier = run % 2 == 0;
    for (unsigned int i = 0; i < fixture->workload->entries->len && run == 2; i++) {
      struct workload_entry *entry = fixture->workload->entries->pdata[i];
      entry->per_day = range_scaled(entry->per_day, factors[run / 2]);
    }
    g_autoptr(comparison_t) comparison =
        comparison_new(fixture->catalogue, fixture->workload, fixture->store, NULL);
    for (unsigned int i = 0; i < comparison->offers->len; i++) {
      const struct offer *offer = comparison->offers->pdata[i];
      if (offer->stage != STAGE_FUNCTIONS) {
        continue;
      }
      g_autoptr(estimate_t) estimate =
          estimate_new(fixture->catalogue, fixture->workload, comparison->loads, offer);
      g_autofree double *used = g_new0(double, estimate_n_meters(estimate));
      for (unsigned int part = 0; part < estimate_n_parts(estimate); part++) {
        double values[N_INPUTS];
        for (int input = 0; input < N_INPUTS; input++) {
          values[input] = estimate_range(estimate, part, (enum input)input).likely;
        }
        estimate_use(estimate, part, values, 1.0, used);
      }
      double estimated = estimate_cost(estimate, used, fixture->workload->has_free_tier);
      double exact = decimal_to_double(offer_total(offer));
      g_test_message("%s: %.4f estimated, %.4f exact", offer->plan, estimated, exact);
      g_assert_cmpfloat(fabs(estimated - exact), <=, 0.002 * exact + 0.005);
    }
  }
}

/* The bill of the likely load lies within the drawn range, which is ordered; the tornado is too,
 * and another seed gives nearly the same. */
static void test_insight(struct fixture *fixture, gconstpointer data)
{
  (void)data;
  fill(fixture->store);
  fixture->workload->has_free_tier = false;
  g_autoptr(comparison_t) comparison =
      comparison_new(fixture->catalogue, fixture->workload, fixture->store, NULL);
  g_autoptr(insight_t) insight = insight_new(comparison, 1, 2000, 20000, NULL);
  g_autoptr(insight_t) other = insight_new(comparison, 2, 2000, 20000, NULL);
  g_assert_cmpuint(insight->clouds->len, ==, 3);
  for (unsigned int i = 0; i < insight->clouds->len; i++) {
    const struct cloud_insight *cloud = insight->clouds->pdata[i];
    const struct cloud_insight *again = other->clouds->pdata[i];
    double likely = decimal_to_double(offer_total(cloud->offer));
    g_assert_cmpfloat(cloud->total.p5, <, cloud->total.p50);
    g_assert_cmpfloat(cloud->total.p50, <, cloud->total.p95);
    g_assert_cmpfloat(cloud->total.p5 * 0.8, <, likely);
    g_assert_cmpfloat(likely, <, cloud->total.p95);
    g_assert_cmpfloat(fabs(cloud->total.p50 / again->total.p50 - 1), <, 0.03);
    g_assert_cmpuint(cloud->tornado->len, >, 3);
    for (unsigned int j = 1; j < cloud->tornado->len; j++) {
      const struct swing *larger = &g_array_index(cloud->tornado, struct swing, j - 1);
      const struct swing *smaller = &g_array_index(cloud->tornado, struct swing, j);
      g_assert_cmpfloat(fabs(larger->high - larger->low), >=, fabs(smaller->high - smaller->low));
    }
    g_assert_cmpuint(cloud->rehearsals->len, ==, 4);
    for (unsigned int j = 0; j < cloud->rehearsals->len; j++) {
      const struct rehearsal *rehearsal = &g_array_index(cloud->rehearsals, struct rehearsal, j);
      const struct placement *placement =
          &g_array_index(cloud->offer->placements, struct placement, j);
      g_assert_true(rehearsal->load == placement->load);
      g_assert_cmpfloat(rehearsal->p50_ms, <=, rehearsal->p99_ms);
      g_assert_cmpfloat(rehearsal->billed_ms, >=, placement->duration_ms * 0.8);
    }
    g_assert_cmpuint(cloud->flips->len, ==, 4);
    for (unsigned int j = 0; j < cloud->flips->len; j++) {
      const struct flip *flip = &g_array_index(cloud->flips, struct flip, j);
      g_assert_cmpfloat(flip->per_call, >, 0.0);
      g_assert_cmpfloat(flip->rate, >, 0.0);
    }
  }
  g_assert_cmpuint(insight->advice->len, >, 3);
}

static void test_no_plan(struct fixture *fixture, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  (void)data;
  g_autoptr(loads_t) loads = loads_read(fixture->store, fixture->workload, &error);
  g_assert_null(loads);
  g_assert_error(error, COST_ERROR, COST_ERROR_INPUT);
}

static void test_schedules(void)
{
  static const struct {
    const char *key;
    double per_day;
  } cases[] = {
      {"0 2 * * *", 1}, {"*/5 * * * *", 288},     {"0 * * * *", 24}, {"0,30 9 * * *", 2},
      {"@daily", 1},    {"hourly", 24},           {"300", 288},      {"5m", 288},
      {"24h", 1},       {"0 2 * * 1-5", 5.0 / 7}, {"never", 0},      {"", 0},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_assert_cmpfloat_with_epsilon(schedule_per_day(cases[i].key), cases[i].per_day, 1e-9);
  }
}

static void test_workload_refusals(void)
{
  static const struct {
    const char *text;
    const char *message;
  } cases[] = {
      {"version: 1\n", "w.yaml:1:1: 'entries' is missing"},
      {"version: 1\nentries:\n  a: {per_day: [3, 2, 1]}\n",
       "w.yaml:3:17: per_day must rise: [low, likely, high]"},
      {"version: 1\nentries:\n  a: {per_day: [1, 2]}\n",
       "w.yaml:3:17: per_day must be a number or [low, likely, high]"},
      {"version: 1\nentries:\n  a: {per_day: -1}\n", "w.yaml:3:16: per_day must not be negative"},
      {"version: 1\nentries:\n  a: {per_dya: 1}\n",
       "w.yaml:3:7: unknown key 'per_dya', did you mean 'per_day'?"},
      {"version: 1\nentries:\n  a: {duration_ms: 1}\n", "w.yaml:3:3: 'a' has no per_day"},
      {"version: 1\nentries:\n  a: {per_day: 1, day_shape: round}\n",
       "w.yaml:3:30: day_shape must be flat, office, evening or night, not 'round'"},
      {"version: 1\nentries: {}\nobjective: {p99: 1}\n",
       "w.yaml:3:13: unknown key 'p99', did you mean 'p99_ms'?"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(workload_t) workload =
        workload_parse(cases[i].text, strlen(cases[i].text), "w.yaml", &error);
    g_assert_null(workload);
    g_assert_cmpstr(error->message, ==, cases[i].message);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add("/comparison/loads", struct fixture, NULL, set_up, test_loads, tear_down);
  g_test_add("/comparison/stages", struct fixture, NULL, set_up, test_stages, tear_down);
  g_test_add("/comparison/again", struct fixture, NULL, set_up, test_again, tear_down);
  g_test_add("/comparison/estimate", struct fixture, NULL, set_up, test_estimate, tear_down);
  g_test_add("/comparison/insight", struct fixture, NULL, set_up, test_insight, tear_down);
  g_test_add("/comparison/no_plan", struct fixture, NULL, set_up, test_no_plan, tear_down);
  g_test_add_func("/comparison/schedules", test_schedules);
  g_test_add_func("/comparison/workload_refusals", test_workload_refusals);
  return g_test_run();
}
