/* Random graphs with random constraints: all are kept, or the conflict that is reported is minimal.
 * Shuffled input gives the same result. */
#include <glib.h>
#include <string.h>

#include "splitter/conflict.h"
#include "splitter/connectivity.h"
#include "splitter/dust.h"
#include "splitter/leiden.h"
#include "splitter/resolution.h"
#include "splitter/worth.h"
#include "tests/splitter/planted.h"

enum { N_NODES = 60, MOST_LINES = 14 };

enum line_kind { LINE_TOGETHER, LINE_APART, LINE_ANCHOR };

struct line {
  enum line_kind kind;
  guint32 a;
  guint32 b; /* node, or label */
};

struct lines {
  guint n;
  struct line line[MOST_LINES];
};

static guint32 below(guint64 *state, guint32 bound)
{
  return (guint32)(planted_random(state) % bound);
}

/* Few nodes are spoken of, so that conflicts are common. */
static struct lines random_lines(guint64 *state, guint32 n_spoken_of)
{
  struct lines lines = {.n = 1 + below(state, MOST_LINES)};
  for (guint i = 0; i < lines.n; i++) {
    guint32 kind = below(state, 3);
    lines.line[i].kind = (enum line_kind)kind;
    lines.line[i].a = below(state, n_spoken_of);
    lines.line[i].b = below(state, lines.line[i].kind == LINE_ANCHOR ? 3 : n_spoken_of);
  }
  return lines;
}

static struct constraints *constraints_of(const struct lines *lines, const guint8 *is_in)
{
  struct constraints *constraints = constraints_new(N_NODES);
  for (guint i = 0; i < lines->n; i++) {
    const struct line *line = &lines->line[i];
    if (is_in != NULL && !is_in[i]) {
      continue;
    }
    if (line->kind == LINE_TOGETHER) {
      constraints_add_together(constraints, line->a, line->b);
    } else if (line->kind == LINE_APART) {
      constraints_add_apart(constraints, line->a, line->b);
    } else {
      constraints_add_anchor(constraints, line->a, line->b);
    }
  }
  return constraints;
}

static gboolean is_feasible(const guint8 *is_in, guint n, gpointer data)
{
  g_assert_cmpuint(n, ==, ((struct lines *)data)->n);
  struct constraints *constraints = constraints_of(data, is_in);
  struct units *units = units_new(N_NODES, constraints);
  gboolean result = units != NULL;
  units_free(units);
  constraints_free(constraints);
  return result;
}

/* An oracle that shares no code with the solver: the smallest labelling by brute force is too much,
 * so contradictions are found by closing "together" over and over. */
static gboolean is_feasible_by_closure(const struct lines *lines)
{
  guint32 group[N_NODES];
  gint label[N_NODES];
  for (guint i = 0; i < N_NODES; i++) {
    group[i] = i;
  }
  for (gboolean is_changed = TRUE; is_changed;) {
    is_changed = FALSE;
    for (guint i = 0; i < lines->n; i++) {
      for (guint j = 0; j < lines->n; j++) {
        const struct line *a = &lines->line[i];
        const struct line *b = &lines->line[j];
        gboolean is_pair = i == j && a->kind == LINE_TOGETHER;
        gboolean is_label = a->kind == LINE_ANCHOR && b->kind == LINE_ANCHOR && a->b == b->b;
        guint32 first = is_pair || is_label ? group[a->a] : 0;
        guint32 second = is_pair ? group[a->b] : (is_label ? group[b->a] : 0);
        for (guint k = 0; first != second && k < N_NODES; k++) {
          if (group[k] == MAX(first, second)) {
            group[k] = MIN(first, second);
            is_changed = TRUE;
          }
        }
      }
    }
  }
  memset(label, 0xff, sizeof label);
  for (guint i = 0; i < lines->n; i++) {
    const struct line *line = &lines->line[i];
    if (line->kind == LINE_APART && group[line->a] == group[line->b]) {
      return FALSE;
    }
    if (line->kind == LINE_ANCHOR) {
      gint *own = &label[group[line->a]];
      if (*own >= 0 && *own != (gint)line->b) {
        return FALSE;
      }
      *own = (gint)line->b;
    }
  }
  return TRUE;
}

static void check_conflict(struct lines *lines)
{
  g_autoptr(GArray) conflict = conflict_minimal(lines->n, is_feasible, lines);
  g_assert_nonnull(conflict);
  g_assert_cmpuint(conflict->len, >, 0);
  guint8 is_in[MOST_LINES] = {0};
  for (guint i = 0; i < conflict->len; i++) {
    is_in[g_array_index(conflict, guint, i)] = 1;
  }
  g_assert_false(is_feasible(is_in, lines->n, lines));
  for (guint i = 0; i < conflict->len; i++) {
    is_in[g_array_index(conflict, guint, i)] = 0;
    g_assert_true(is_feasible(is_in, lines->n, lines));
    is_in[g_array_index(conflict, guint, i)] = 1;
  }
}

static void check_kept(const struct lines *lines, guint64 seed)
{
  struct planted planted = planted_new(N_NODES, 240, 6, 14, 0.3, seed);
  struct constraints *constraints = constraints_of(lines, NULL);
  struct units *units = units_new(N_NODES, constraints);
  struct leiden_options options = {.resolution =
                                       leiden_resolution(0.15 * (double)NETWORK_WEIGHT_ONE)};
  guint32 k = 0;
  g_autofree guint32 *labels = leiden_solve(planted.graph, units, &options, NULL, &k);
  g_assert_true(constraints_are_kept(constraints, labels));
  k = dust_adopt(planted.graph, units, NULL, 8, NULL, labels, k);
  g_assert_true(constraints_are_kept(constraints, labels));
  guint8 is_woken[N_NODES] = {1};
  gint64 lowered = options.resolution;
  k = worth_join(planted.graph, units, planted.graph->mass, NULL, is_woken, labels, k, &lowered);
  g_assert_true(constraints_are_kept(constraints, labels));
  g_assert_cmpint(lowered, <=, options.resolution);
  g_autofree guint32 *warm =
      leiden_resolve(planted.graph, units, &options, planted.truth, NULL, 0, &k);
  g_assert_true(constraints_are_kept(constraints, warm));
  options.move_price = NETWORK_WEIGHT_ONE;
  g_autofree guint32 *priced = leiden_solve(planted.graph, units, &options, planted.truth, &k);
  g_assert_true(constraints_are_kept(constraints, priced));
  struct resolution_choice longest = resolution_longest(planted.graph, units);
  g_assert_true(constraints_are_kept(constraints, longest.labels));
  struct resolution_choice four = resolution_for_count(planted.graph, units, 4, NULL, 0, NULL);
  g_assert_true(constraints_are_kept(constraints, four.labels));
  resolution_choice_clear(&longest);
  resolution_choice_clear(&four);
  units_free(units);
  constraints_free(constraints);
  planted_clear(&planted);
}

static void test_random(void)
{
  guint64 state = 11;
  guint n_conflicts = 0;
  for (guint round = 0; round < 200; round++) {
    struct lines lines = random_lines(&state, round % 2 == 0 ? 6 : N_NODES);
    gboolean expected = is_feasible_by_closure(&lines);
    guint8 all[MOST_LINES];
    memset(all, 1, sizeof all);
    g_assert_cmpint(is_feasible(all, lines.n, &lines), ==, expected);
    if (expected) {
      check_kept(&lines, round + 1);
    } else {
      check_conflict(&lines);
      n_conflicts++;
    }
  }
  g_test_message("%u of 200 rounds were conflicts", n_conflicts);
  g_assert_cmpuint(n_conflicts, >, 25);
  g_assert_cmpuint(n_conflicts, <, 175);
}

/* Edges in another order, turned round and cut into parts: the same bytes. */
static void test_shuffled(void)
{
  guint64 state = 3;
  for (guint round = 0; round < 8; round++) {
    guint32 from[300];
    guint32 to[300];
    gint64 weight[300];
    for (guint i = 0; i < 300; i++) {
      from[i] = below(&state, N_NODES);
      to[i] = below(&state, N_NODES);
      weight[i] = 1 + below(&state, 5) * NETWORK_WEIGHT_ONE;
    }
    struct network *plain = network_new(N_NODES, 300, from, to, weight, NULL);
    for (guint i = 0; i < 300; i++) {
      guint32 j = below(&state, i + 1);
      guint32 node = from[i];
      from[i] = from[j];
      from[j] = node;
      node = to[i];
      to[i] = to[j];
      to[j] = node;
      gint64 own = weight[i];
      weight[i] = weight[j];
      weight[j] = own;
    }
    struct network *shuffled = network_new(N_NODES, 300, to, from, weight, NULL);
    struct units *units = units_new(N_NODES, NULL);
    struct resolution_choice a = resolution_longest(plain, units);
    struct resolution_choice b = resolution_longest(shuffled, units);
    g_assert_cmpint(a.resolution, ==, b.resolution);
    g_assert_cmpint(memcmp(a.labels, b.labels, N_NODES * sizeof *a.labels), ==, 0);
    resolution_choice_clear(&a);
    resolution_choice_clear(&b);
    units_free(units);
    network_free(plain);
    network_free(shuffled);
  }
}

/* What the solver returns hangs together, and so does what the cut test leaves. */
static void test_connected(void)
{
  for (guint64 seed = 1; seed <= 20; seed++) {
    struct planted planted = planted_new(200, 500, 5, 30, 0.5, seed);
    struct units *units = units_new(200, NULL);
    for (double density = 0.01; density < 1; density *= 2) {
      struct leiden_options options = {.resolution =
                                           leiden_resolution(density * (double)NETWORK_WEIGHT_ONE)};
      g_autofree guint32 *labels = leiden_solve(planted.graph, units, &options, NULL, NULL);
      g_assert_cmpuint(connectivity_split(planted.graph, units, NULL, 201, labels), ==, 0);
      connectivity_split_weak(planted.graph, units, options.resolution, 201, labels);
      g_assert_cmpuint(connectivity_split(planted.graph, units, NULL, 201, labels), ==, 0);
      g_assert_cmpuint(
          connectivity_split_weak(planted.graph, units, options.resolution, 201, labels), ==, 0);
    }
    units_free(units);
    planted_clear(&planted);
  }
}

/* Four pairs of nodes: 0 is tied within by 9 and to 1 by 10, so that it is worth it only when the
 * outside world wakes it; 3 has more towards 2 than within and never is; 1 and 2 hold enough. */
static void test_worth(void)
{
  static const guint32 from[] = {0, 2, 4, 6, 0, 4};
  static const guint32 to[] = {1, 3, 5, 7, 2, 6};
  static const gint64 weight[] = {9, 90, 90, 2, 10, 10};
  static const struct {
    guint8 woken;    /* node that the outside world wakes; 8 for none */
    guint8 kept;     /* node that is enough for a service; 8 for none */
    guint32 n_parts; /* that are left */
  } cases[] = {{0, 8, 3}, {2, 8, 2}, {8, 8, 2}, {0, 6, 4}, {2, 0, 3}};
  struct network *graph = network_new(8, 6, from, to, weight, NULL);
  struct units *units = units_new(8, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    guint32 labels[] = {0, 0, 1, 1, 2, 2, 3, 3};
    guint8 is_woken[9] = {0};
    guint8 is_kept[9] = {0};
    gint64 resolution = leiden_resolution(100);
    is_woken[cases[i].woken] = is_kept[cases[i].kept] = 1;
    guint32 k = worth_join(graph, units, graph->mass, is_kept, is_woken, labels, 4, &resolution);
    g_assert_cmpuint(k, ==, cases[i].n_parts);
    g_assert_cmpuint(labels[4] == labels[6], ==, cases[i].kept != 6);
    g_assert_cmpuint(labels[0] == labels[2], ==, cases[i].woken != 0 && cases[i].kept != 0);
    g_assert_cmpint(resolution, <=, leiden_resolution(k == 4 ? 100 : 2.5));
  }
  units_free(units);
  network_free(graph);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/constraints/random", test_random);
  g_test_add_func("/constraints/shuffled", test_shuffled);
  g_test_add_func("/constraints/connected", test_connected);
  g_test_add_func("/constraints/worth", test_worth);
  return g_test_run();
}
