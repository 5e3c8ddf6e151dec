#include "splitter/setup.h"

#include <math.h>
#include <string.h>

#include "splitter/setup_pricing.h"

enum { MOST_PROVED = 16, MOST_LABELS = 64 };

static void setup_free(gpointer data)
{
  struct setup *setup = data;
  g_free(setup->is_across);
  g_free(setup);
}

static struct setup *setup_copy(const struct setup_problem *problem, const struct setup *setup)
{
  struct setup *copy = g_new(struct setup, 1);
  *copy = *setup;
  copy->is_across = g_memdup2(setup->is_across, MAX(problem->n, 1));
  return copy;
}

static struct setup *setup_inside(const struct setup_problem *problem)
{
  struct setup *setup = g_new0(struct setup, 1);
  setup->is_across = g_malloc0(MAX(problem->n, 1));
  return setup;
}

void setup_front_free(struct setup_front *front)
{
  if (front != NULL) {
    g_ptr_array_unref(front->setups);
    g_free(front);
  }
}

/* Rounding must not make two equal set-ups differ. */
static bool is_no_worse(double a, double b)
{
  return a <= b * (1 + 1e-9) + 1e-15;
}

static bool beats(const struct setup *a, const struct setup *b)
{
  return is_no_worse(a->cost, b->cost) && is_no_worse(a->latency, b->latency);
}

/* Fewer calls across first, then the first difference: the same front for the same problem. */
static int compare_setups(gconstpointer left, gconstpointer right)
{
  const struct setup *a = *(const struct setup *const *)left;
  const struct setup *b = *(const struct setup *const *)right;
  if (!is_no_worse(a->cost, b->cost) || !is_no_worse(b->cost, a->cost)) {
    return a->cost < b->cost ? -1 : 1;
  }
  if (!is_no_worse(a->latency, b->latency) || !is_no_worse(b->latency, a->latency)) {
    return a->latency < b->latency ? -1 : 1;
  }
  return a->n_functions < b->n_functions ? -1 : a->n_functions > b->n_functions;
}

static bool is_beaten(const GPtrArray *setups, const struct setup *setup)
{
  for (guint i = 0; i < setups->len; i++) {
    if (beats(g_ptr_array_index(setups, i), setup)) {
      return true;
    }
  }
  return false;
}

/* Adds SETUP, which becomes the front's, unless another beats it. */
static void front_add(GPtrArray *setups, struct setup *setup)
{
  if (is_beaten(setups, setup)) {
    setup_free(setup);
    return;
  }
  for (guint i = setups->len; i-- > 0;) {
    if (beats(setup, g_ptr_array_index(setups, i))) {
      g_ptr_array_remove_index(setups, i);
    }
  }
  g_ptr_array_add(setups, setup);
}

/* Keeps the ends and what lies evenly between them. */
static void thin_out(GPtrArray *setups, guint most)
{
  g_ptr_array_sort(setups, compare_setups);
  if (setups->len <= most) {
    return;
  }
  g_autoptr(GPtrArray) kept = g_ptr_array_new();
  for (guint i = 0; i < most; i++) {
    guint at = (guint)(((guint64)i * (setups->len - 1) + (most - 1) / 2) / (most - 1));
    g_ptr_array_add(kept, g_ptr_array_index(setups, at));
  }
  for (guint i = setups->len; i-- > 0;) {
    if (!g_ptr_array_find(kept, g_ptr_array_index(setups, i), NULL)) {
      g_ptr_array_remove_index(setups, i);
    }
  }
}

static GPtrArray *setups_new(void)
{
  return g_ptr_array_new_with_free_func(setup_free);
}

/* Reverse postorder is the order of numbers: callers come first. */
void setup_dominators(const struct setup_problem *problem, guint32 *idom)
{
  enum { OUTSIDE = 0 }; /* numbers + 1; the outside dominates itself */
  g_autofree guint32 *up = g_new0(guint32, (gsize)problem->n + 1);
  g_autofree bool *is_known = g_new0(bool, (gsize)problem->n + 1);
  is_known[OUTSIDE] = true;
  for (guint32 node = 1; node <= problem->n; node++) {
    if (problem->candidates[node - 1].unit != SETUP_NONE) {
      is_known[node] = true;
      continue; /* from outside, whoever else calls it */
    }
    for (guint32 c = 0; c < problem->n_calls; c++) {
      guint32 from = problem->calls[c].from + 1;
      if (problem->calls[c].to + 1 != node || !is_known[from]) {
        continue;
      }
      if (!is_known[node]) {
        is_known[node] = true;
        up[node] = from;
        continue;
      }
      guint32 a = up[node];
      guint32 b = from;
      while (a != b) {
        *(a > b ? &a : &b) = up[MAX(a, b)];
      }
      up[node] = a;
    }
  }
  for (guint32 i = 0; i < problem->n; i++) {
    idom[i] = up[i + 1] == OUTSIDE ? SETUP_NONE : up[i + 1] - 1;
  }
}

static bool is_free(const struct setup_problem *problem, guint32 candidate)
{
  bool is_called = false;
  for (guint32 c = 0; c < problem->n_calls; c++) {
    is_called |= problem->calls[c].to == candidate && problem->calls[c].per_call > 0;
  }
  return is_called && !problem->candidates[candidate].is_fixed;
}

/* Every choice of LEFT with every choice of RIGHT; they decide about different candidates. */
static GPtrArray *combine(const struct setup_problem *problem, const GPtrArray *left,
                          const GPtrArray *right)
{
  GPtrArray *both = setups_new();
  for (guint i = 0; i < left->len; i++) {
    for (guint j = 0; j < right->len; j++) {
      struct setup *setup = setup_copy(problem, g_ptr_array_index(left, i));
      const struct setup *other = g_ptr_array_index(right, j);
      for (guint32 k = 0; k < problem->n; k++) {
        setup->is_across[k] |= other->is_across[k];
      }
      setup_price(problem, setup);
      front_add(both, setup);
    }
  }
  thin_out(both, MOST_LABELS);
  return both;
}

/* Labels of the subtree below every node: what is outside of it is left inside. The only way into
 * the subtree leads through its root, so that choices in different ones hardly touch. */
static GPtrArray *search_tree(const struct setup_problem *problem, const bool *is_choice)
{
  g_autofree guint32 *idom = g_new(guint32, MAX(problem->n, 1));
  setup_dominators(problem, idom);
  g_autoptr(GPtrArray) labels = g_ptr_array_new();
  for (guint32 i = 0; i <= problem->n; i++) {
    GPtrArray *own = setups_new();
    struct setup *inside = setup_inside(problem);
    setup_price(problem, inside);
    front_add(own, inside);
    g_ptr_array_add(labels, own);
  }
  for (guint32 i = problem->n; i-- > 0;) {
    GPtrArray *own = g_ptr_array_index(labels, i);
    if (is_choice[i]) {
      guint n_inside = own->len;
      for (guint j = 0; j < n_inside; j++) {
        struct setup *across = setup_copy(problem, g_ptr_array_index(own, j));
        across->is_across[i] = 1;
        setup_price(problem, across);
        g_ptr_array_add(own, across); /* judged where it meets the rest of the tree */
      }
    }
    guint32 up = idom[i] == SETUP_NONE ? problem->n : idom[i];
    GPtrArray *parent = g_ptr_array_index(labels, up);
    bool has_choice = own->len > 1;
    g_ptr_array_index(labels, up) = has_choice ? combine(problem, parent, own) : parent;
    if (has_choice) {
      g_ptr_array_unref(parent);
    }
    g_ptr_array_unref(own);
  }
  return g_ptr_array_index(labels, problem->n);
}

/* Changes SETUP at A and B (the same: at one place) and offers it to the front; TRUE when it stays.
 */
static bool offer_change(const struct setup_problem *problem, const struct setup *setup, guint32 a,
                         guint32 b, GPtrArray *setups)
{
  struct setup *changed = setup_copy(problem, setup);
  changed->is_across[a] = !changed->is_across[a];
  changed->is_across[b] = a == b ? changed->is_across[b] : !changed->is_across[b];
  setup_price(problem, changed);
  front_add(setups, changed);
  return setups->len > 0 && g_ptr_array_index(setups, setups->len - 1) == changed;
}

/* Changes of what is on the front at one and at two places, until none adds to it. */
static void improve(const struct setup_problem *problem, const guint32 *choices, guint n,
                    GPtrArray *setups)
{
  enum { MOST_ROUNDS = 8, MOST_PAIRED = 24 };
  for (guint round = 0; round < MOST_ROUNDS; round++) {
    g_autoptr(GPtrArray) before = setups_new();
    for (guint i = 0; i < setups->len; i++) {
      g_ptr_array_add(before, setup_copy(problem, g_ptr_array_index(setups, i)));
    }
    bool has_grown = false;
    for (guint i = 0; i < before->len; i++) {
      for (guint a = 0; a < n; a++) {
        for (guint b = n <= MOST_PAIRED ? 0 : a; b <= a; b++) {
          has_grown |=
              offer_change(problem, g_ptr_array_index(before, i), choices[a], choices[b], setups);
        }
      }
    }
    thin_out(setups, 2 * MOST_LABELS);
    if (!has_grown) {
      return;
    }
  }
}

/* Every set-up there is. One choice is changed at a time (a Gray code), so that most functions have
 * the rate that they had. */
static GPtrArray *try_all(const struct setup_problem *problem, const guint32 *choices, guint n)
{
  GPtrArray *setups = setups_new();
  struct setup_pricing *pricing = setup_pricing_new(problem);
  struct setup *setup = setup_inside(problem);
  for (guint32 count = 0; count < 1U << n; count++) {
    if (count > 0) {
      guint8 *changed = &setup->is_across[choices[__builtin_ctz(count)]];
      *changed = !*changed;
    }
    setup_pricing_run(pricing, setup);
    if (!is_beaten(setups, setup)) {
      front_add(setups, setup_copy(problem, setup));
    }
  }
  setup_free(setup);
  setup_pricing_free(pricing);
  return setups;
}

double setup_front_gap(const struct setup_front *best, const struct setup_front *found)
{
  double gap = 0;
  for (guint i = 0; i < best->setups->len; i++) {
    const struct setup *wanted = g_ptr_array_index(best->setups, i);
    double nearest = G_MAXDOUBLE;
    for (guint j = 0; j < found->setups->len; j++) {
      const struct setup *setup = g_ptr_array_index(found->setups, j);
      double cost = wanted->cost > 0 ? setup->cost / wanted->cost : 1;
      double latency = wanted->latency > 0 ? setup->latency / wanted->latency : 1;
      nearest = MIN(nearest, MAX(cost, latency) - 1);
    }
    gap = MAX(gap, nearest);
  }
  return gap < 1e-9 ? 0 : gap;
}

static struct setup_front *solve(const struct setup_problem *problem, bool tries_all)
{
  struct setup_front *front = g_new0(struct setup_front, 1);
  g_autofree bool *is_choice = g_new0(bool, MAX(problem->n, 1));
  g_autofree guint32 *choices = g_new(guint32, MAX(problem->n, 1));
  guint n = 0;
  for (guint32 i = 0; i < problem->n; i++) {
    is_choice[i] = is_free(problem, i);
    if (is_choice[i]) {
      choices[n++] = i;
    }
  }
  front->setups = search_tree(problem, is_choice);
  struct setup *all_across = setup_inside(problem);
  for (guint i = 0; i < n; i++) {
    all_across->is_across[choices[i]] = 1;
  }
  setup_price(problem, all_across);
  front_add(front->setups, all_across);
  improve(problem, choices, n, front->setups);
  g_ptr_array_sort(front->setups, compare_setups);
  if (tries_all && n <= MOST_PROVED) {
    struct setup_front best = {.setups = try_all(problem, choices, n)};
    front->is_proved = true;
    front->gap = setup_front_gap(&best, front);
    g_ptr_array_unref(front->setups);
    front->setups = best.setups;
    g_ptr_array_sort(front->setups, compare_setups);
  }
  return front;
}

struct setup_front *setup_solve(const struct setup_problem *problem)
{
  return solve(problem, true);
}

struct setup_front *setup_search(const struct setup_problem *problem)
{
  return solve(problem, false);
}
