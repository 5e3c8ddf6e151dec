/* Set-ups of functions: prices against a model written down by hand, the search against every
 * set-up on random graphs. */
#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cost/keepalive.h"
#include "splitter/setup.h"

static const struct setup_terms terms = {
    .prices = {.request = 2e-7, .gb_second = 1.66667e-5, .queue_message = 1.2e-6},
    .hop_seconds = 0.005,
    .cold_seconds = 0.1};

static double cold_share(double per_day)
{
  return keepalive_cold_share(keepalive_curve("aws"), per_day / 86400, 0.2 / 3600);
}

/* An entry that calls a part twice and waits: inside it is billed once, across twice. */
static void test_double_billing(void)
{
  const struct setup_candidate candidates[] = {
      {.per_day = 1000, .is_awaited = true, .seconds = 0.01, .memory_gb = 0.125, .unit = 0},
      {.seconds = 0.02, .memory_gb = 0.5, .unit = SETUP_NONE}};
  const struct setup_call calls[] = {{0, 1, 2, true, false}};
  const struct setup_problem problem = {2, candidates, calls, 1, terms};
  guint8 choice[2] = {0, 0};
  struct setup setup = {.is_across = choice};
  setup_price(&problem, &setup);
  double billed = 0.05 + cold_share(1000) * 0.1;
  g_assert_cmpuint(setup.n_functions, ==, 1);
  g_assert_cmpfloat_with_epsilon(setup.latency, billed, 1e-12);
  g_assert_cmpfloat_with_epsilon(setup.cost, 1000 * (2e-7 + billed * 0.5 * 1.66667e-5), 1e-12);
  choice[1] = 1;
  setup_price(&problem, &setup);
  double callee = 0.02 + cold_share(2000) * 0.1;
  double caller = 0.01 + 2 * (0.005 + callee) + cold_share(1000) * 0.1;
  g_assert_cmpuint(setup.n_functions, ==, 2);
  g_assert_cmpfloat_with_epsilon(setup.latency, caller, 1e-12);
  g_assert_cmpfloat_with_epsilon(setup.cost,
                                 1000 * (2e-7 + caller * 0.125 * 1.66667e-5) +
                                     2000 * (2e-7 + callee * 0.5 * 1.66667e-5),
                                 1e-12);
}

/* What is handed over is not waited for; turns that may run side by side take the time of one. */
static void test_hand_over_and_fan_out(void)
{
  const struct setup_candidate candidates[] = {
      {.per_day = 1000, .is_awaited = true, .seconds = 0.01, .memory_gb = 0.125, .unit = 0},
      {.seconds = 0.3, .memory_gb = 0.125, .unit = SETUP_NONE},
      {.seconds = 0.2, .memory_gb = 0.125, .unit = SETUP_NONE}};
  const struct setup_call calls[] = {{0, 1, 1, false, false}, {0, 2, 8, true, true}};
  const struct setup_problem problem = {3, candidates, calls, 2, terms};
  guint8 choice[3] = {0, 1, 1};
  struct setup setup = {.is_across = choice};
  setup_price(&problem, &setup);
  double part = 0.2 + cold_share(8000) * 0.1;
  double caller = 0.01 + 0.005 + (0.005 + part) + cold_share(1000) * 0.1;
  g_assert_cmpfloat_with_epsilon(setup.latency, caller, 1e-12);
  double handed = 0.3 + cold_share(1000) * 0.1;
  double gb_price = 0.125 * 1.66667e-5;
  g_assert_cmpfloat_with_epsilon(setup.cost,
                                 1000 * (2e-7 + caller * gb_price) +
                                     1000 * (2e-7 + handed * gb_price) + 1000 * 1.2e-6 +
                                     8000 * (2e-7 + part * gb_price),
                                 1e-12);
}

/* Entries of one unit are one function: its rate keeps it warm, calls between them stay inside. */
static void test_units(void)
{
  const struct setup_candidate candidates[] = {
      {.per_day = 10, .is_awaited = true, .seconds = 0.01, .memory_gb = 0.125, .unit = 4},
      {.per_day = 5000, .is_awaited = true, .seconds = 0.02, .memory_gb = 0.25, .unit = 4}};
  const struct setup_call calls[] = {{0, 1, 1, true, false}};
  const struct setup_problem problem = {2, candidates, calls, 1, terms};
  guint8 choice[2] = {0, 1};
  struct setup setup = {.is_across = choice};
  setup_price(&problem, &setup);
  double cold = cold_share(5010) * 0.1;
  g_assert_cmpuint(setup.n_functions, ==, 1);
  g_assert_cmpfloat_with_epsilon(setup.latency, (10 * (0.03 + cold) + 5000 * (0.02 + cold)) / 5010,
                                 1e-12);
}

static void test_dominators(void)
{
  /* 0 and 1 are entries; 2 is called by both, 3 by 2, 4 by 0 and 3, 5 by 3 alone, 6 by 4 and 5. */
  struct setup_candidate candidates[7];
  for (guint i = 0; i < G_N_ELEMENTS(candidates); i++) {
    candidates[i] = (struct setup_candidate){.unit = i < 2 ? i : SETUP_NONE};
  }
  const struct setup_call calls[] = {{0, 2, 1, true, false}, {0, 4, 1, true, false},
                                     {1, 2, 1, true, false}, {2, 3, 1, true, false},
                                     {3, 4, 1, true, false}, {3, 5, 1, true, false},
                                     {4, 6, 1, true, false}, {5, 6, 1, true, false}};
  const struct setup_problem problem = {7, candidates, calls, G_N_ELEMENTS(calls), terms};
  const guint32 expected[] = {SETUP_NONE, SETUP_NONE, SETUP_NONE, 2, SETUP_NONE, 3, SETUP_NONE};
  guint32 idom[7];
  setup_dominators(&problem, idom);
  for (guint i = 0; i < 7; i++) {
    g_assert_cmpuint(idom[i], ==, expected[i]);
  }
}

/* A is dominated by D when nothing that avoids D reaches it. */
static bool reaches_without(const struct setup_problem *problem, guint32 target, guint32 avoided)
{
  g_autofree bool *is_seen = g_new0(bool, problem->n);
  for (guint32 i = 0; i < problem->n; i++) {
    is_seen[i] = problem->candidates[i].unit != SETUP_NONE && i != avoided;
    for (guint32 c = 0; c < problem->n_calls && i != avoided; c++) {
      const struct setup_call *call = &problem->calls[c];
      is_seen[i] |= call->to == i && is_seen[call->from];
    }
  }
  return is_seen[target];
}

struct random_problem {
  struct setup_candidate candidates[24];
  struct setup_call calls[24 * 24];
  struct setup_problem problem;
};

static void make_problem(GRand *random, guint32 n_entries, guint32 n_parts,
                         struct random_problem *made)
{
  guint32 n = n_entries + n_parts;
  guint32 n_calls = 0;
  for (guint32 i = 0; i < n; i++) {
    bool is_entry = i < n_entries;
    made->candidates[i] = (struct setup_candidate){
        .per_day = is_entry ? exp(g_rand_double_range(random, 0, 12)) : 0,
        .is_awaited = is_entry && g_rand_boolean(random),
        .seconds = exp(g_rand_double_range(random, -8, 1)),
        .memory_gb = 0.125 * (double)(1 << g_rand_int_range(random, 0, 5)),
        .unit = is_entry ? (i > 0 && g_rand_int_range(random, 0, 4) == 0 ? i - 1 : i) : SETUP_NONE};
  }
  for (guint32 from = 0; from < n; from++) {
    for (guint32 to = MAX(from + 1, 1); to < n; to++) {
      bool is_near = g_rand_int_range(random, 0, (gint32)n) < 3;
      if (is_near || (to >= n_entries && from == to - 1)) {
        bool is_loop = g_rand_boolean(random);
        made->calls[n_calls++] = (struct setup_call){
            from, to, is_loop ? g_rand_double_range(random, 2, 20) : 1,
            g_rand_int_range(random, 0, 4) > 0, is_loop && g_rand_boolean(random)};
      }
    }
  }
  made->problem = (struct setup_problem){n, made->candidates, made->calls, n_calls, terms};
}

static void test_dominators_of_random_graphs(void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed(7);
  for (guint round = 0; round < 200; round++) {
    struct random_problem made;
    make_problem(random, 1 + round % 4, 3 + round % 9, &made);
    g_autofree guint32 *idom = g_new(guint32, made.problem.n);
    setup_dominators(&made.problem, idom);
    for (guint32 i = 0; i < made.problem.n; i++) {
      /* The nearest that cannot be avoided: callers have smaller numbers. */
      guint32 nearest = SETUP_NONE;
      for (guint32 d = 0; d < i; d++) {
        bool is_reached = reaches_without(&made.problem, i, SETUP_NONE);
        nearest = is_reached && !reaches_without(&made.problem, i, d) ? d : nearest;
      }
      g_assert_cmpuint(idom[i], ==, nearest);
    }
  }
}

static guint count_choices(const struct setup_problem *problem)
{
  guint n = 0;
  for (guint32 i = 0; i < problem->n; i++) {
    bool is_called = false;
    for (guint32 c = 0; c < problem->n_calls; c++) {
      is_called |= problem->calls[c].to == i;
    }
    n += is_called;
  }
  return n;
}

/* The search alone, against all set-ups: how often it misses the front, and by how much. */
static void test_gap(void)
{
  enum { ROUNDS = 60, MOST_CHOICES = 11 };
  g_autoptr(GRand) random = g_rand_new_with_seed(23);
  guint n_exact = 0;
  guint n_rounds = 0;
  double worst = 0;
  guint largest = 0;
  for (guint round = 0; round < ROUNDS; round++) {
    struct random_problem made;
    make_problem(random, 1 + round % 3, 2 + round % 9, &made);
    if (count_choices(&made.problem) > MOST_CHOICES) {
      continue;
    }
    struct setup_front *best = setup_solve(&made.problem);
    struct setup_front *found = setup_search(&made.problem);
    double gap = setup_front_gap(best, found);
    g_assert_true(best->is_proved);
    g_assert_false(found->is_proved);
    g_assert_cmpfloat_with_epsilon(best->gap, gap, 1e-12);
    /* Nothing that was found may beat the proved front. */
    g_assert_cmpfloat(setup_front_gap(found, best), ==, 0);
    for (guint i = 1; i < best->setups->len; i++) {
      const struct setup *before = g_ptr_array_index(best->setups, i - 1);
      const struct setup *after = g_ptr_array_index(best->setups, i);
      g_assert_cmpfloat(before->cost, <, after->cost);
      g_assert_cmpfloat(before->latency, >, after->latency);
    }
    n_rounds++;
    n_exact += gap <= 0;
    worst = MAX(worst, gap);
    largest = MAX(largest, best->setups->len);
    setup_front_free(best);
    setup_front_free(found);
  }
  g_test_message("%u problems, the search alone finds the whole front in %u, largest gap %.4f, "
                 "longest front %u",
                 n_rounds, n_exact, worst, largest);
  g_assert_cmpuint(n_rounds, >, ROUNDS / 2);
  g_assert_cmpuint(20 * n_exact, >=, 19 * n_rounds);
  g_assert_cmpfloat(worst, <=, 0.05);
}

struct point {
  double cost;
  double latency;
};

static int compare_points(const void *left, const void *right)
{
  const struct point *a = left;
  const struct point *b = right;
  return a->cost != b->cost ? (a->cost < b->cost ? -1 : 1)
                            : (a->latency > b->latency) - (a->latency < b->latency);
}

/* Prices every set-up of PROBLEM one by one, by rising cost, and leaves those that are faster than
 * all that cost less. Returns how many. */
static gsize front_by_hand(const struct setup_problem *problem, struct point *points)
{
  guint8 is_across[24] = {0};
  struct setup setup = {.is_across = is_across};
  gsize n = 0;
  /* The first is the entry, which nothing calls. */
  for (guint32 mask = 0; mask < 1U << (problem->n - 1); mask++) {
    for (guint32 i = 1; i < problem->n; i++) {
      is_across[i] = (guint8)(mask >> (i - 1) & 1);
    }
    setup_price(problem, &setup);
    points[n++] = (struct point){setup.cost, setup.latency};
  }
  qsort(points, n, sizeof *points, compare_points);
  gsize kept = 0;
  for (gsize i = 0; i < n; i++) {
    if (kept == 0 || points[i].latency < points[kept - 1].latency * (1 - 1e-9)) {
      points[kept++] = points[i];
    }
  }
  return kept;
}

/* With 16 candidates that may go either way every set-up is tried; with one more, none is proved.
 */
static void test_proved_to_sixteen(void)
{
  enum { ROUNDS = 6, CHOICES = 16 };
  g_autoptr(GRand) random = g_rand_new_with_seed(16);
  g_autofree struct point *points = g_new(struct point, 1U << CHOICES);
  double worst = 0;
  for (guint round = 0; round < ROUNDS; round++) {
    struct random_problem made;
    make_problem(random, 1, CHOICES, &made);
    made.candidates[0].is_awaited = true;
    g_assert_cmpuint(count_choices(&made.problem), ==, CHOICES);
    struct setup_front *front = setup_solve(&made.problem);
    g_assert_true(front->is_proved);
    worst = MAX(worst, front->gap);
    if (round == 0) {
      g_assert_cmpuint(front->setups->len, ==, front_by_hand(&made.problem, points));
      for (guint i = 0; i < front->setups->len; i++) {
        const struct setup *setup = g_ptr_array_index(front->setups, i);
        g_assert_cmpfloat_with_epsilon(setup->cost, points[i].cost, 1e-9 * points[i].cost);
        g_assert_cmpfloat_with_epsilon(setup->latency, points[i].latency, 1e-9 * points[i].latency);
      }
    }
    setup_front_free(front);
  }
  g_test_message("largest gap of the search alone with %d choices: %.4f", CHOICES, worst);
  g_assert_cmpfloat(worst, <=, 0.05);
  struct random_problem larger;
  make_problem(random, 1, CHOICES + 1, &larger);
  struct setup_front *front = setup_solve(&larger.problem);
  g_assert_false(front->is_proved);
  setup_front_free(front);
}

/* A part of heavy memory that is seldom needed pays as a function of its own. */
static void test_memory_splits(void)
{
  const struct setup_candidate candidates[] = {
      {.per_day = 1e6, .seconds = 0.05, .memory_gb = 0.125, .unit = 0},
      {.seconds = 0.5, .memory_gb = 3, .unit = SETUP_NONE}};
  const struct setup_call calls[] = {{0, 1, 0.01, true, false}};
  const struct setup_problem problem = {2, candidates, calls, 1, terms};
  struct setup_front *front = setup_solve(&problem);
  const struct setup *cheapest = g_ptr_array_index(front->setups, 0);
  g_assert_cmpuint(cheapest->is_across[1], ==, 1);
  setup_front_free(front);
}

static void test_empty(void)
{
  const struct setup_problem problem = {0, NULL, NULL, 0, terms};
  struct setup_front *front = setup_solve(&problem);
  g_assert_cmpuint(front->setups->len, ==, 1);
  g_assert_cmpfloat(((struct setup *)g_ptr_array_index(front->setups, 0))->cost, ==, 0);
  setup_front_free(front);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/setup/double-billing", test_double_billing);
  g_test_add_func("/setup/hand-over-and-fan-out", test_hand_over_and_fan_out);
  g_test_add_func("/setup/units", test_units);
  g_test_add_func("/setup/dominators", test_dominators);
  g_test_add_func("/setup/dominators-of-random-graphs", test_dominators_of_random_graphs);
  g_test_add_func("/setup/gap", test_gap);
  g_test_add_func("/setup/proved-to-sixteen", test_proved_to_sixteen);
  g_test_add_func("/setup/memory-splits", test_memory_splits);
  g_test_add_func("/setup/empty", test_empty);
  return g_test_run();
}
