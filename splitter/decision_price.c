#include "splitter/decision_price.h"

#include <math.h>
#include <string.h>

#include "splitter/cuts.h"
#include "splitter/leiden.h"
#include "splitter/splitting.h"

/* Lines times nodes that are worth the wait: a second or two. */
static const double most_work = 2e6;

static void price_free(gpointer data)
{
  struct decision_price *price = data;
  g_free(price->says);
  g_free(price->effect);
  g_free(price);
}

/* What a proposal comes to. */
struct balance {
  double cut_price;
  gint64 n_cuts;
  gint64 n_foreign_writes;
  double inside;
};

static struct balance balance_of(const struct proposal *proposal, const GArray *cuts)
{
  struct balance balance = {0, cuts->len, 0, 0};
  for (guint i = 0; i < cuts->len; i++) {
    const struct cut *cut = &g_array_index(cuts, struct cut, i);
    balance.cut_price += cut->price;
    balance.n_foreign_writes += cut->kind == CUT_WRITE;
  }
  for (guint i = 0; i < proposal->services->len; i++) {
    /* Every edge was counted from both of its ends. */
    balance.inside += g_array_index(proposal->services, struct service, i).inside / 2;
  }
  return balance;
}

/* The boundaries without decision LEFT_OUT; its members belong to ALL. */
static struct boundaries boundaries_without(const struct boundaries *all, guint left_out)
{
  struct boundaries fewer = *all;
  fewer.decisions = g_ptr_array_new();
  for (guint i = 0; i < all->decisions->len; i++) {
    if (i != left_out) {
      g_ptr_array_add(fewer.decisions, g_ptr_array_index(all->decisions, i));
    }
  }
  return fewer;
}

/* Labels of SPLITTING for the nodes of OTHER, which may be others; TOUCHED gets those that are new
 * or that DECISION names. */
static guint32 *carry_labels(const struct splitting *splitting, const struct evidence *other,
                             const struct decision *decision, GArray *touched)
{
  const struct evidence *own = splitting->evidence;
  guint32 *labels = g_new(guint32, MAX(other->n_nodes, 1));
  g_autoptr(GHashTable) named = g_hash_table_new(NULL, NULL);
  guint32 n_labels = splitting->n_labels;
  guint32 n_routines = splitting->monolith->n_routines;
  for (guint i = 0; i < decision->matches->len; i++) {
    const struct matches *matches = g_ptr_array_index(decision->matches, i);
    for (guint j = 0; j < matches->routines->len; j++) {
      g_hash_table_add(named, GUINT_TO_POINTER(g_array_index(matches->routines, guint32, j) + 1));
    }
    for (guint j = 0; j < matches->states->len; j++) {
      guint32 item = n_routines + g_array_index(matches->states, guint32, j);
      g_hash_table_add(named, GUINT_TO_POINTER(item + 1));
    }
  }
  for (guint32 node = 0; node < other->n_nodes; node++) {
    bool is_routine = node < other->n_routines;
    guint32 item = other->item[node];
    guint32 known = is_routine ? own->node_of_routine[item] : own->node_of_state[item];
    guint32 number = is_routine ? item : n_routines + item;
    labels[node] = known != MONOLITH_NONE ? splitting->labels[known] : n_labels++;
    if (known == MONOLITH_NONE || g_hash_table_contains(named, GUINT_TO_POINTER(number + 1))) {
      g_array_append_val(touched, node);
    }
  }
  return labels;
}

/* The service of the other side that most items of each service are in: N rows of N_OTHER. */
static guint32 *best_matches(const guint32 *shared, guint n, guint n_other, gsize row, gsize column)
{
  guint32 *best = g_new0(guint32, MAX(n, 1));
  for (guint i = 0; i < n; i++) {
    for (guint32 j = 0; j < n_other; j++) {
      bool is_more = shared[i * row + j * column] > shared[i * row + best[i] * column];
      best[i] = is_more ? j : best[i];
    }
  }
  return best;
}

/* Items that are not where most of their service is on the other side, seen from either side. */
static guint32 count_moved(const struct proposal *with, const struct proposal *without)
{
  const struct monolith *monolith = with->monolith;
  guint n = with->services->len;
  guint n_other = without->services->len;
  guint32 n_items = monolith->n_routines + monolith->n_states;
  g_autofree guint32 *a = g_new(guint32, MAX(n_items, 1));
  g_autofree guint32 *b = g_new(guint32, MAX(n_items, 1));
  g_autofree guint32 *shared = g_new0(guint32, (gsize)MAX(n, 1) * MAX(n_other, 1));
  for (guint32 i = 0; i < n_items; i++) {
    bool is_routine = i < monolith->n_routines;
    guint32 item = is_routine ? i : i - monolith->n_routines;
    a[i] = (is_routine ? with->routine : with->state)[item].service;
    b[i] = (is_routine ? without->routine : without->state)[item].service;
    if (a[i] != MONOLITH_NONE && b[i] != MONOLITH_NONE) {
      shared[(gsize)a[i] * n_other + b[i]]++;
    }
  }
  g_autofree guint32 *there = best_matches(shared, n, n_other, n_other, 1);
  g_autofree guint32 *back = best_matches(shared, n_other, n, 1, n_other);
  guint32 n_moved = 0;
  for (guint32 i = 0; i < n_items; i++) {
    bool is_none = a[i] == MONOLITH_NONE || b[i] == MONOLITH_NONE;
    n_moved += is_none ? a[i] != b[i] : there[a[i]] != b[i] || back[b[i]] != a[i];
  }
  return n_moved;
}

static char *describe(const struct decision *decision, const struct decision_price *price)
{
  if (price->n_matches == 0) {
    return g_strdup("names nothing");
  }
  if (decision->kind == DECISION_TRIGGER) {
    return g_strdup("makes a function and moves nothing");
  }
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
  if (fabs(price->cut_price) >= 0.05 || price->n_cuts != 0 || price->n_foreign_writes != 0) {
    g_ptr_array_add(parts, g_strdup_printf("%s %.1f of cut price (%+" G_GINT64_FORMAT
                                           " cuts, %+" G_GINT64_FORMAT " writes from outside)",
                                           price->cut_price >= 0 ? "costs" : "saves",
                                           fabs(price->cut_price), price->n_cuts,
                                           price->n_foreign_writes));
  }
  if (fabs(price->evidence) >= 0.05) {
    g_ptr_array_add(parts, g_strdup_printf("takes %.1f %s evidence apart", fabs(price->evidence),
                                           price->evidence >= 0 ? "more" : "less"));
  }
  if (price->n_moved > 0) {
    g_ptr_array_add(parts, g_strdup_printf("%u routines and states would be elsewhere without it",
                                           price->n_moved));
  }
  g_ptr_array_add(parts, NULL);
  return parts->len == 1 ? g_strdup("costs nothing: the proposal is the same without it")
                         : g_strjoinv("; ", (char **)parts->pdata);
}

static void solve_without(const struct splitting *splitting, const struct decision *decision,
                          struct splitting *without)
{
  g_autoptr(GArray) touched = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autofree guint32 *labels = carry_labels(splitting, without->evidence, decision, touched);
  struct leiden_options options = {.resolution = splitting->resolution};
  without->labels =
      leiden_resolve(without->graph, without->units, &options, labels,
                     (const guint32 *)(gpointer)touched->data, touched->len, &without->n_labels);
  gint64 resolution = splitting->resolution;
  without->n_labels =
      splitting_join_small(without, without->labels, without->n_labels, &resolution);
  splitting_propose(without);
}

static void compare(const struct splitting *splitting, guint number, const struct balance *with,
                    struct decision_price *price)
{
  const struct decision *decision = g_ptr_array_index(splitting->boundaries->decisions, number);
  struct boundaries fewer = boundaries_without(splitting->boundaries, number);
  /* What was read belongs to SPLITTING and is taken out before the rest is cleared. */
  struct splitting without = {.options = splitting->options,
                              .mask = splitting->mask,
                              .history = splitting->history,
                              .monolith = splitting->monolith,
                              .boundaries = &fewer};
  without.decided = decided_new(&fewer, splitting->monolith);
  splitting_gather(&without);
  if (without.units != NULL) {
    solve_without(splitting, decision, &without);
    g_autoptr(GArray) cuts = cuts_of(without.proposal);
    struct balance other = balance_of(without.proposal, cuts);
    price->cut_price = with->cut_price - other.cut_price;
    price->n_cuts = with->n_cuts - other.n_cuts;
    price->n_foreign_writes = with->n_foreign_writes - other.n_foreign_writes;
    price->evidence = other.inside - with->inside;
    price->n_moved = count_moved(splitting->proposal, without.proposal);
  }
  without.monolith = NULL;
  without.boundaries = NULL;
  splitting_clear(&without);
  g_ptr_array_unref(fewer.decisions);
}

static guint32 count_matches(const struct decision *decision)
{
  guint32 n = 0;
  for (guint i = 0; i < decision->matches->len; i++) {
    const struct matches *matches = g_ptr_array_index(decision->matches, i);
    n += matches->routines->len + matches->states->len;
  }
  return n;
}

GPtrArray *decision_prices(const struct splitting *splitting, const GArray *cuts)
{
  GPtrArray *prices = g_ptr_array_new_with_free_func(price_free);
  const struct boundaries *boundaries = splitting->boundaries;
  struct balance with = balance_of(splitting->proposal, cuts);
  for (guint i = 0; boundaries != NULL && i < boundaries->decisions->len; i++) {
    const struct decision *decision = g_ptr_array_index(boundaries->decisions, i);
    struct decision_price *price = g_new0(struct decision_price, 1);
    price->says = decision_words(boundaries, decision);
    price->n_matches = count_matches(decision);
    g_ptr_array_add(prices, price);
    bool has_effect = price->n_matches > 0 && decision->kind != DECISION_TRIGGER;
    if (has_effect &&
        (double)boundaries->decisions->len * splitting->evidence->n_nodes > most_work) {
      price->effect = g_strdup("not priced: there are too many lines for a graph of this size");
      continue;
    }
    if (has_effect) {
      compare(splitting, i, &with, price);
    }
    price->effect = describe(decision, price);
  }
  return prices;
}
