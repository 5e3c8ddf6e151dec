/* Prints how well folders come back when names and folders are hidden: translation units are nodes,
 * tied by likeness of use (calls, users, types, programs) and by the calls between them, split at
 * the longest stable range, and compared with the folders. `own` is the same by what services are
 * drawn by, summed to files. Where the former reaches 0.4, also what dropping one tie in a hundred
 * does to it. Trees after `--` were looked at only once, after
 * everything was decided. usage: bench_split_recovery STORE... [-- STORE...] */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "splitter/comparison.h"
#include "splitter/evidence.h"
#include "splitter/resolution.h"
#include "splitter/usage.h"
#include "store/facts.h"
#include "tests/splitter/planted.h"

/* What calls between files weigh in all against all likeness of use. */
static const double direct_share = 0.5;

struct file_graph {
  guint32 n;
  guint32 *node_of_file; /* per file of the monolith */
  guint32 *file_of_node;
  struct network *network;
};

/* The file of an evidence node; tables and other state of no file have none. */
static guint32 file_of(const struct monolith *monolith, const struct evidence *evidence,
                       guint32 node)
{
  guint32 item = evidence->item[node];
  return node < evidence->n_routines ? monolith->routine_file[item] : monolith->state_file[item];
}

/* Per file of the monolith: whether it is a translation unit. Headers are no nodes. */
static bool *find_units(store_t *store, const struct monolith *monolith, GError **error)
{
  struct record_set *set = store_load(store, &fact_file_table, NULL, error);
  if (set == NULL) {
    return NULL;
  }
  g_autoptr(GHashTable) units = g_hash_table_new(g_str_hash, g_str_equal);
  for (size_t i = 0; i < set->n; i++) {
    const struct fact_file *file = record_at(set, fact_file, i);
    if (file->is_tu) {
      g_hash_table_add(units, (gpointer)file->file);
    }
  }
  bool *is_unit = g_new0(bool, MAX(monolith->files->len, 1));
  for (guint i = 0; i < monolith->files->len; i++) {
    is_unit[i] = g_hash_table_contains(units, g_ptr_array_index(monolith->files, i));
  }
  record_set_free(set);
  return is_unit;
}

static struct network *ties_of_files(guint32 n, GArray *from, GArray *to, GArray *weight)
{
  return network_new(n, from->len, (const guint32 *)(gpointer)from->data,
                     (const guint32 *)(gpointer)to->data, (const gint64 *)(gpointer)weight->data,
                     NULL);
}

static struct network *dropped(const struct network *graph, guint64 seed)
{
  guint64 state = seed * 7919;
  g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) weight = g_array_new(FALSE, FALSE, sizeof(gint64));
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      if (graph->neighbour[row] > node && planted_random(&state) % 100 != 0) {
        g_array_append_val(from, node);
        g_array_append_val(to, graph->neighbour[row]);
        g_array_append_val(weight, graph->weight[row]);
      }
    }
  }
  return ties_of_files(graph->n_nodes, from, to, weight);
}

/* Calls between files, rows A < columns B: every routine gives away one in all to its callers. */
static double *direct_calls(const struct monolith *monolith, const struct file_graph *graph)
{
  double *direct = g_new0(double, MAX((gsize)graph->n * graph->n, 1));
  g_autofree guint32 *n_callers = g_new0(guint32, MAX(monolith->n_routines, 1));
  for (int round = 0; round < 2; round++) {
    for (guint32 i = 0; i < monolith->n_calls; i++) {
      const struct call *call = &monolith->calls[i];
      guint32 a = graph->node_of_file[monolith->routine_file[call->caller]];
      guint32 b = graph->node_of_file[monolith->routine_file[call->callee]];
      /* Calls are ordered by caller and callee: sites of one pair follow one another. */
      bool is_again = i > 0 && call[-1].caller == call->caller && call[-1].callee == call->callee;
      if (call->is_guess || is_again) {
        continue;
      }
      if (round == 0) {
        n_callers[call->callee]++;
      } else if (a != MONOLITH_NONE && b != MONOLITH_NONE && a != b) {
        direct[(gsize)MIN(a, b) * graph->n + MAX(a, b)] += 1.0 / n_callers[call->callee];
      }
    }
  }
  return direct;
}

/* All likeness over all that DIRECT holds. */
static double likeness_per_call(const GArray *ties, const double *direct, guint32 n)
{
  double likeness = 0;
  double calls = 0;
  for (guint i = 0; i < ties->len; i++) {
    likeness += g_array_index(ties, struct likeness_tie, i).likeness;
  }
  for (gsize i = 0; i < (gsize)n * n; i++) {
    calls += direct[i];
  }
  return calls > 0 ? likeness / calls : 0;
}

static void add_tie(GArray *from, GArray *to, GArray *weight, guint32 a, guint32 b, double tie)
{
  gint64 fixed = (gint64)(tie * (double)NETWORK_WEIGHT_ONE);
  if (fixed > 0) {
    g_array_append_val(from, a);
    g_array_append_val(to, b);
    g_array_append_val(weight, fixed);
  }
}

static struct file_graph file_graph_new(const struct monolith *monolith,
                                        const struct evidence *evidence, const bool *is_unit)
{
  struct file_graph graph = {.node_of_file = g_new(guint32, MAX(monolith->files->len, 1)),
                             .file_of_node = g_new(guint32, MAX(monolith->files->len, 1))};
  memset(graph.node_of_file, 0xff, monolith->files->len * sizeof(guint32));
  for (guint32 node = 0; node < evidence->n_routines; node++) {
    guint32 file = file_of(monolith, evidence, node);
    if (is_unit[file] && graph.node_of_file[file] == MONOLITH_NONE) {
      graph.node_of_file[file] = graph.n;
      graph.file_of_node[graph.n++] = file;
    }
  }
  g_autofree guint32 *of_routine = g_new(guint32, MAX(monolith->n_routines, 1));
  g_autofree guint32 *of_state = g_new(guint32, MAX(monolith->n_states, 1));
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    of_routine[i] = graph.node_of_file[monolith->routine_file[i]];
  }
  for (guint32 i = 0; i < monolith->n_states; i++) {
    of_state[i] = graph.node_of_file[monolith->state_file[i]];
  }
  g_autoptr(GArray) ties = usage_ties(monolith, graph.n, of_routine, of_state);
  g_autofree double *direct = direct_calls(monolith, &graph);
  double share = likeness_per_call(ties, direct, graph.n) * direct_share;
  g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) weight = g_array_new(FALSE, FALSE, sizeof(gint64));
  for (guint i = 0; i < ties->len; i++) {
    const struct likeness_tie *tie = &g_array_index(ties, struct likeness_tie, i);
    add_tie(from, to, weight, tie->a, tie->b, tie->likeness);
  }
  for (guint32 a = 0; a < graph.n; a++) {
    for (guint32 b = a + 1; b < graph.n; b++) {
      add_tie(from, to, weight, a, b, direct[(gsize)a * graph.n + b] * share);
    }
  }
  graph.network = ties_of_files(graph.n, from, to, weight);
  return graph;
}

/* What services are drawn by, names, folders and history left out, summed to files. */
static struct network *own_evidence(const struct monolith *monolith,
                                    const struct evidence *evidence, const struct file_graph *graph)
{
  static const enum evidence_kind kinds[] = {EVIDENCE_CALLS, EVIDENCE_STATE, EVIDENCE_TYPES,
                                             EVIDENCE_USES};
  g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) weight = g_array_new(FALSE, FALSE, sizeof(gint64));
  for (gsize kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
    const GArray *ties = evidence->ties[kinds[kind]];
    for (guint i = 0; i < ties->len; i++) {
      const struct tie *tie = &g_array_index(ties, struct tie, i);
      guint32 a = graph->node_of_file[file_of(monolith, evidence, tie->a)];
      guint32 b = graph->node_of_file[file_of(monolith, evidence, tie->b)];
      if (a != MONOLITH_NONE && b != MONOLITH_NONE && a != b) {
        g_array_append_val(from, a);
        g_array_append_val(to, b);
        g_array_append_val(weight, tie->weight);
      }
    }
  }
  return ties_of_files(graph->n, from, to, weight);
}

enum trivial { BY_FOLDER, BY_TOP, BY_STEM, IN_ONE };

static guint32 *labels_by(const struct monolith *monolith, const struct file_graph *graph,
                          enum trivial kind, guint32 *k)
{
  g_autoptr(GHashTable) number = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  guint32 *labels = g_new0(guint32, MAX(graph->n, 1));
  for (guint32 node = 0; node < graph->n; node++) {
    const char *file = g_ptr_array_index(monolith->files, graph->file_of_node[node]);
    g_autofree char *folder = g_path_get_dirname(file);
    g_autofree char *base = g_path_get_basename(file);
    char *key = kind == BY_FOLDER ? g_strdup(folder)
                : kind == BY_TOP  ? g_strndup(file, strcspn(file, "/"))
                : kind == BY_STEM ? g_strndup(base, strcspn(base, "._-"))
                                  : g_strdup("");
    gpointer known = g_hash_table_lookup(number, key);
    if (known == NULL) {
      known = GUINT_TO_POINTER(g_hash_table_size(number) + 1);
      g_hash_table_insert(number, g_strdup(key), known);
    }
    labels[node] = GPOINTER_TO_UINT(known) - 1;
    g_free(key);
  }
  *k = g_hash_table_size(number);
  return labels;
}

static double largest_share(const guint32 *labels, guint32 n, guint32 k)
{
  g_autofree guint32 *size = g_new0(guint32, MAX(k, 1));
  guint32 largest = 0;
  for (guint32 i = 0; i < n; i++) {
    ++size[labels[i]];
    largest = MAX(largest, size[labels[i]]);
  }
  return n > 0 ? (double)largest / n : 0;
}

static void bench_dropped(const struct network *graph, const guint32 *undisturbed)
{
  enum { N_SEEDS = 20 };
  double sum = 0;
  double worst = 1;
  struct units *units = units_new(graph->n_nodes, NULL);
  for (guint64 seed = 1; seed <= N_SEEDS; seed++) {
    struct network *one = dropped(graph, seed);
    struct resolution_choice choice = resolution_longest(one, units);
    double ari = comparison_ari(graph->n_nodes, choice.labels, undisturbed);
    sum += ari;
    worst = MIN(worst, ari);
    resolution_choice_clear(&choice);
    network_free(one);
  }
  units_free(units);
  printf("  one tie in a hundred dropped, %d seeds: mean ARI %.3f, worst %.3f\n", N_SEEDS,
         sum / N_SEEDS, worst);
}

static void print_row(const char *name, guint32 k, guint32 n, const guint32 *labels,
                      const guint32 *truth)
{
  printf("  %-6s %4u  ARI %6.3f  MoJoFM %.3f\n", name, k, comparison_ari(n, labels, truth),
         comparison_mojofm(n, labels, truth));
}

/* Prints one tree; returns its ARI, or -2 when it does not count: one folder holds half and more.
 */
static double bench(const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = store_open(path, STORE_READ, &error);
  struct monolith *monolith = store == NULL ? NULL : monolith_load(store, &error);
  g_autofree bool *is_unit = monolith == NULL ? NULL : find_units(store, monolith, &error);
  if (is_unit == NULL) {
    fprintf(stderr, "bench_split_recovery: %s\n", error->message);
    exit(EXIT_FAILURE);
  }
  struct roles *roles = roles_new(monolith, NULL);
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    /* Every file counts: utilities too. */
    roles->routine[i] = roles->routine[i] == ROUTINE_OUTSIDE ? ROUTINE_OUTSIDE : ROUTINE_MEMBER;
  }
  struct evidence *evidence = evidence_new(monolith, roles, NULL, NULL, NULL, 0);
  struct file_graph graph = file_graph_new(monolith, evidence, is_unit);
  struct units *units = units_new(graph.n, NULL);
  struct resolution_choice choice = resolution_longest(graph.network, units);
  guint32 k_truth = 0;
  g_autofree guint32 *truth = labels_by(monolith, &graph, BY_FOLDER, &k_truth);
  double share = largest_share(truth, graph.n, k_truth);
  double ari = comparison_ari(graph.n, choice.labels, truth);
  g_autofree char *name = g_path_get_basename(path);
  printf("%s: %u files, %u folders, largest %.0f %%%s\n", name, graph.n, k_truth, 100 * share,
         share < 0.5 ? "" : " (does not count)");
  print_row("found", choice.n_communities, graph.n, choice.labels, truth);
  struct network *own = own_evidence(monolith, evidence, &graph);
  struct resolution_choice by_own = resolution_longest(own, units);
  print_row("own", by_own.n_communities, graph.n, by_own.labels, truth);
  resolution_choice_clear(&by_own);
  network_free(own);
  const char *names[] = {"folder", "top", "stem", "one"};
  for (guint kind = BY_FOLDER; kind <= IN_ONE; kind++) {
    guint32 k = 0;
    g_autofree guint32 *labels = labels_by(monolith, &graph, (enum trivial)kind, &k);
    print_row(names[kind], k, graph.n, labels, truth);
  }
  if (ari >= 0.4) {
    bench_dropped(graph.network, choice.labels);
  }
  resolution_choice_clear(&choice);
  units_free(units);
  network_free(graph.network);
  g_free(graph.node_of_file);
  g_free(graph.file_of_node);
  evidence_free(evidence);
  roles_free(roles);
  monolith_free(monolith);
  return share < 0.5 ? ari : -2;
}

int main(int argc, char **argv)
{
  double sum = 0;
  guint n = 0;
  for (int i = 1; i < argc; i++) {
    bool is_last = i + 1 == argc || strcmp(argv[i + 1], "--") == 0;
    if (strcmp(argv[i], "--") == 0) {
      printf("set aside:\n");
      sum = 0;
      n = 0;
      continue;
    }
    double ari = bench(argv[i]);
    sum += ari > -2 ? ari : 0;
    n += ari > -2;
    if (is_last && n > 0) {
      printf("mean ARI of %u trees: %.3f\n", n, sum / n);
    }
  }
  return EXIT_SUCCESS;
}
