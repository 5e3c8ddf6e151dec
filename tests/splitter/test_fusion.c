/* Which entries become one function, what each line of the boundaries costs, the order of
 * extraction: on stores made by hand. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "cost/price.h"
#include "hand_made.h"
#include "splitter/account.h"
#include "splitter/split.h"
#include "store/facts.h"
#include "store/plan.h"

static const struct unit_prices prices = {
    .request = 2e-7, .gb_second = 1.66667e-5, .queue_message = 1.2e-6};

static struct store *new_store(const char *path)
{
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  struct store *store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  return store;
}

static struct split_result split(struct store *store, const char *boundaries)
{
  g_autoptr(GError) error = NULL;
  struct split_options options = {.boundaries = boundaries, .is_fresh = true, .prices = &prices};
  struct split_result result = {0};
  must(split_run(store, &options, &result, &error), error);
  return result;
}

/* The unit of the function whose entry is ROUTINE. */
static char *unit_of(struct store *store, const char *routine)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(record_set) functions = store_load(store, &plan_function_table, "name", &error);
  for (size_t i = 0; i < functions->n; i++) {
    const struct plan_function *function = record_at(functions, plan_function, i);
    if (function->routine == routine_id(routine)) {
      return g_strdup(function->unit);
    }
  }
  g_assert_not_reached();
}

static bool has_reason(struct store *store, const char *evidence, const char *words)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(record_set) reasons = store_load(store, &plan_reason_table, NULL, &error);
  for (size_t i = 0; i < reasons->n; i++) {
    const struct plan_reason *reason = record_at(reasons, plan_reason, i);
    if (strcmp(reason->evidence, evidence) == 0 && strstr(reason->text, words) != NULL) {
      return true;
    }
  }
  return false;
}

static void add_large_routine(struct store *store, const char *name, int64_t line)
{
  g_autoptr(GError) error = NULL;
  struct fact_routine routine = {.id = routine_id(name),
                                 .name = name,
                                 .file = "goods.c",
                                 .line = line,
                                 .end_line = line + 90,
                                 .is_defined = true,
                                 .n_statements = 200};
  must(store_insert(store, &fact_routine_table, &routine, &error), error);
}

/* Two routes around one large routine, and an administrator's command around it too. */
static struct store *new_goods(const char *path)
{
  struct store *store = new_store(path);
  add_large_routine(store, "goods_work", 100);
  add_routine(store, "goods_list", "goods.c", 1);
  add_routine(store, "goods_show", "goods.c", 10);
  add_routine(store, "goods_dump", "goods.c", 20);
  add_state(store, "goods", "table", "");
  add_access(store, "goods_work", "goods", "write", "sql", 101);
  add_access(store, "goods_work", "goods", "read", "sql", 102);
  add_call(store, "goods_list", "goods_work", 2);
  add_call(store, "goods_show", "goods_work", 11);
  add_call(store, "goods_dump", "goods_work", 21);
  add_entry(store, "goods_list", "http", "GET /goods", "routes");
  add_entry(store, "goods_show", "http", "GET /goods/:id", "routes");
  add_entry(store, "goods_dump", "schedule", "1h", "timers");
  return store;
}

static void test_same_code(void)
{
  g_autofree char *path = scratch_path("same.db");
  g_autoptr(store_t) store = new_goods(path);
  struct split_result result = split(store, NULL);
  g_assert_cmpuint(result.n_functions, ==, 3);
  g_assert_cmpuint(result.n_units, ==, 2);
  g_autofree char *list = unit_of(store, "goods_list");
  g_autofree char *show = unit_of(store, "goods_show");
  g_autofree char *dump = unit_of(store, "goods_dump");
  g_assert_cmpstr(list, ==, show);
  g_assert_cmpstr(list, !=, dump);
  g_assert_true(has_reason(store, "fusion", "one function with get-goods"));
  g_assert_true(has_reason(store, "fusion", "this one answers to"));
  split_result_clear(&result);
  g_unlink(path);
}

/* An open file cannot leave the process, a number can: only the first makes one function of two
 * whose code differs. */
static void test_bound_state(void)
{
  static const char *const types[] = {"FILE *", "int"};
  for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
    g_autofree char *path = scratch_path("bound.db");
    g_autoptr(store_t) store = new_store(path);
    g_autoptr(GError) error = NULL;
    struct fact_state state = {.id = store_id("state", "spool", NULL),
                               .name = "spool",
                               .storage = "static",
                               .file = "spool.c",
                               .class = "shared",
                               .type = types[i]};
    must(store_insert(store, &fact_state_table, &state, &error), error);
    add_routine(store, "spool_open", "spool.c", 1);
    add_routine(store, "spool_turn", "spool.c", 30);
    for (int line = 2; line < 40; line += 30) {
      const char *routine = line < 30 ? "spool_open" : "spool_turn";
      add_access(store, routine, "spool", "write", "assign", line);
      add_access(store, routine, "spool", "read", "", line + 1);
      add_entry(store, routine, line < 30 ? "http" : "schedule", line < 30 ? "POST /open" : "1h",
                "table");
    }
    struct split_result result = split(store, NULL);
    g_assert_cmpuint(result.n_functions, ==, 2);
    g_assert_cmpuint(result.n_units, ==, i == 0 ? 1 : 2);
    g_assert_true(has_reason(store, "fusion",
                             i == 0 ? "both work on spool, which holds an open file"
                                    : "shares written state spool"));
    split_result_clear(&result);
    g_unlink(path);
  }
}

/* An entry that calls another in a loop is told what going across would cost. */
static void test_double_billing(void)
{
  g_autofree char *path = scratch_path("billing.db");
  g_autoptr(store_t) store = new_goods(path);
  g_autoptr(GError) error = NULL;
  add_call(store, "goods_dump", "goods_show", 22);
  struct split_result result = split(store, NULL);
  g_assert_true(has_reason(store, "billing", "calls goods_show, 1 times each"));
  g_assert_true(has_reason(store, "billing", "both would be billed"));
  g_autoptr(record_set) setups = store_load(store, &plan_setup_table, "service, number", &error);
  guint n_planned = 0;
  for (size_t i = 0; i < setups->n; i++) {
    const struct plan_setup *setup = record_at(setups, plan_setup, i);
    n_planned += setup->is_planned;
    g_assert_cmpfloat(setup->cost, >, 0);
    g_assert_cmpfloat(setup->gap, ==, 0);
  }
  g_assert_cmpuint(n_planned, ==, 1);
  split_result_clear(&result);
  g_unlink(path);
}

static const struct plan_decision *decision_at(const struct record_set *decisions, int64_t line)
{
  for (size_t i = 0; i < decisions->n; i++) {
    const struct plan_decision *decision = record_at(decisions, plan_decision, i);
    if (decision->line == line) {
      return decision;
    }
  }
  g_assert_not_reached();
}

static void add_clump(struct store *store, const char *word)
{
  g_autofree char *file = g_strdup_printf("%s.c", word);
  g_autofree char *first = g_strdup_printf("%s_0", word);
  add_state(store, word, "table", "");
  for (int i = 0; i < 6; i++) {
    g_autofree char *name = g_strdup_printf("%s_%d", word, i);
    add_routine(store, name, file, 10 * i + 1);
    add_access(store, name, word, i % 2 == 0 ? "write" : "read", "sql", 10 * i + 2);
    if (i > 0) {
      add_call(store, first, name, 10 * i + 5);
    }
  }
}

static struct store *new_clumps(const char *path)
{
  struct store *store = new_store(path);
  add_clump(store, "apple");
  add_clump(store, "wagon");
  add_call(store, "apple_1", "wagon_3", 99);
  return store;
}

/* Tearing a routine from its table costs a write from outside; what holds anyway costs nothing. */
static void test_decision_prices(void)
{
  g_autofree char *path = scratch_path("decisions.db");
  g_autofree char *yaml = scratch_path("decisions.yaml");
  g_autoptr(store_t) store = new_clumps(path);
  g_autoptr(GError) error = NULL;
  g_file_set_contents(yaml,
                      "version: 1\n"
                      "together: [[apple_0, apple_1]]\n"
                      "apart: [[apple_2, \"table:apple\"]]\n"
                      "shared: [nobody_*]\n",
                      -1, NULL);
  struct split_result result = split(store, yaml);
  g_assert_cmpuint(result.decisions->len, ==, 3);
  g_autoptr(record_set) decisions = store_load(store, &plan_decision_table, "position", &error);
  const struct plan_decision *kept = decision_at(decisions, 2);
  g_assert_cmpfloat_with_epsilon(kept->cut_price, 0, 1e-6);
  g_assert_cmpint(kept->n_moved, ==, 0);
  g_assert_nonnull(strstr(kept->effect, "costs nothing"));
  const struct plan_decision *torn = decision_at(decisions, 3);
  g_test_message("%s", torn->effect);
  g_assert_cmpint(torn->n_foreign_writes, >=, 1);
  g_assert_cmpfloat(torn->cut_price, >=, 10);
  g_assert_cmpfloat(torn->evidence, >, 0);
  g_assert_cmpint(torn->n_moved, >=, 1);
  g_assert_nonnull(strstr(decision_at(decisions, 4)->effect, "names nothing"));
  split_result_clear(&result);
  g_unlink(yaml);
  g_unlink(path);
}

/* Every step says what is cut then; after the last nothing remains to be cut from. */
static void test_order(void)
{
  g_autofree char *path = scratch_path("order.db");
  g_autoptr(store_t) store = new_clumps(path);
  g_autoptr(GError) error = NULL;
  struct split_result result = split(store, NULL);
  g_assert_cmpuint(result.steps->len, ==, result.n_services);
  g_autoptr(record_set) steps = store_load(store, &plan_step_table, "step", &error);
  g_autoptr(record_set) cuts = store_load(store, &plan_cut_table, NULL, &error);
  double price = 0;
  for (size_t i = 0; i < cuts->n; i++) {
    price += record_at(cuts, plan_cut, i)->price;
  }
  g_assert_cmpuint(steps->n, ==, 2);
  g_assert_cmpfloat_with_epsilon(record_at(steps, plan_step, 0)->cut, price, 1e-9);
  g_assert_cmpfloat_with_epsilon(record_at(steps, plan_step, 0)->own_cut, price, 1e-9);
  g_assert_cmpfloat_with_epsilon(record_at(steps, plan_step, 1)->cut, 0, 1e-9);
  split_result_clear(&result);
  g_unlink(path);
}

static bool has_line(const GPtrArray *lines, const char *what, const char *words)
{
  for (guint i = 0; i < lines->len; i++) {
    const struct account_line *line = g_ptr_array_index(lines, i);
    if (strcmp(line->what, what) == 0 && strstr(line->text, words) != NULL) {
      return true;
    }
  }
  return false;
}

/* A boundary is told whole: sums, sites, data, owners. */
static void test_account(void)
{
  g_autofree char *path = scratch_path("account.db");
  g_autoptr(store_t) store = new_clumps(path);
  g_autoptr(GError) error = NULL;
  add_call(store, "apple_1", "wagon_3", 120);
  add_access(store, "apple_4", "wagon", "write", "sql", 44);
  struct fact_param param = {.routine = routine_id("wagon_3"),
                             .position = 1,
                             .name = "load",
                             .type = "struct load *",
                             .use = "read,freed",
                             .annotation = "",
                             .reason = ""};
  must(store_insert(store, &fact_param_table, &param, &error), error);
  struct split_result result = split(store, NULL);
  struct monolith *monolith = monolith_load(store, &error);
  g_autoptr(record_set) services = store_load(store, &plan_service_table, "name", &error);
  g_assert_cmpuint(services->n, ==, 2);
  struct candidate candidate = {ACCOUNT_SERVICE, record_at(services, plan_service, 1)->id, NULL};
  g_autoptr(GPtrArray) lines = account_of(store, monolith, &candidate, &error);
  for (guint i = 0; i < lines->len; i++) {
    const struct account_line *line = g_ptr_array_index(lines, i);
    g_test_message("%s: %s", line->what, line->text);
  }
  g_assert_true(has_line(lines, "state", "owns wagon (table); written by"));
  g_assert_true(has_line(lines, "state", "apple_4 (apple)"));
  g_assert_true(has_line(lines, "boundary", "apple to wagon"));
  g_assert_true(has_line(lines, "boundary", "1 write of state"));
  g_assert_true(has_line(lines, "cut", "2 calls"));
  g_assert_true(has_line(lines, "cut", "also at x.c:120"));
  g_assert_true(has_line(lines, "cut", "freed by the callee: ownership goes along"));
  g_assert_true(has_line(lines, "cut", "call a routine of the owner") ||
                has_line(lines, "cut", "behind a routine of the owner"));
  g_assert_true(has_line(lines, "step", "to take out"));
  monolith_free(monolith);
  split_result_clear(&result);
  g_unlink(path);
}

static guint count_kind(const struct split_result *result, const char *kind)
{
  guint n = 0;
  for (guint i = 0; i < result->changes->len; i++) {
    const struct split_change *change = g_ptr_array_index(result->changes, i);
    n += strcmp(change->kind, kind) == 0;
    g_assert_cmpstr(change->from, !=, change->to);
    g_assert_cmpstr(change->reason, !=, "");
  }
  return n;
}

/* A name for what is there already is one change; a routine that is pulled over is one more. */
static void test_changes(void)
{
  g_autofree char *path = scratch_path("changes.db");
  g_autofree char *yaml = scratch_path("changes.yaml");
  g_autoptr(store_t) store = new_clumps(path);
  g_autoptr(GError) error = NULL;
  struct split_result first = split(store, NULL);
  split_result_clear(&first);
  struct split_options options = {.boundaries = yaml};
  struct split_result result = {0};
  g_file_set_contents(yaml, "version: 1\nservices: {fruit: {routines: [apple_0]}}\n", -1, NULL);
  must(split_run(store, &options, &result, &error), error);
  g_assert_true(result.is_warm);
  g_assert_cmpuint(result.changes->len, ==, 1);
  g_assert_cmpuint(count_kind(&result, "service"), ==, 1);
  split_result_clear(&result);
  g_file_set_contents(yaml, "version: 1\nservices: {fruit: {routines: [apple_0, wagon_5]}}\n", -1,
                      NULL);
  must(split_run(store, &options, &result, &error), error);
  g_assert_cmpuint(result.changes->len, ==, 1);
  const struct split_change *change = g_ptr_array_index(result.changes, 0);
  g_assert_cmpstr(change->name, ==, "wagon_5");
  g_assert_cmpstr(change->to, ==, "fruit");
  g_assert_cmpstr(change->reason, ==, "decided in the boundaries");
  split_result_clear(&result);
  g_unlink(yaml);
  g_unlink(path);
}

/* Everything in one component stays one service: there is no boundary to find. */
static void test_one_component(void)
{
  g_autofree char *path = scratch_path("clique.db");
  g_autoptr(store_t) store = new_store(path);
  add_clump(store, "apple");
  for (int i = 1; i < 6; i++) {
    for (int j = 1; j < 6; j++) {
      g_autofree char *a = g_strdup_printf("apple_%d", i);
      g_autofree char *b = g_strdup_printf("apple_%d", j);
      if (i != j) {
        add_call(store, a, b, 200 + 10 * i + j);
      }
    }
  }
  struct split_result result = split(store, NULL);
  g_assert_cmpuint(result.n_services, ==, 1);
  g_assert_cmpuint(result.n_cuts, ==, 0);
  g_assert_cmpuint(result.n_functions, ==, 0);
  split_result_clear(&result);
  g_unlink(path);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/fusion/same-code", test_same_code);
  g_test_add_func("/fusion/bound-state", test_bound_state);
  g_test_add_func("/fusion/double-billing", test_double_billing);
  g_test_add_func("/fusion/decision-prices", test_decision_prices);
  g_test_add_func("/fusion/order", test_order);
  g_test_add_func("/fusion/account", test_account);
  g_test_add_func("/fusion/changes", test_changes);
  g_test_add_func("/fusion/one-component", test_one_component);
  return g_test_run();
}
