/* Prints how well folders come back when names and folders are hidden: files are nodes, tied by
 * calls, state and types alone, and the partition is compared with the folders.
 * usage: bench_split_recovery STORE… */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "splitter/comparison.h"
#include "splitter/evidence.h"
#include "splitter/resolution.h"

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

static struct file_graph file_graph_new(const struct monolith *monolith,
                                        const struct evidence *evidence)
{
  struct file_graph graph = {.node_of_file = g_new(guint32, MAX(monolith->files->len, 1)),
                             .file_of_node = g_new(guint32, MAX(monolith->files->len, 1))};
  memset(graph.node_of_file, 0xff, monolith->files->len * sizeof(guint32));
  for (guint32 node = 0; node < evidence->n_routines; node++) {
    guint32 file = file_of(monolith, evidence, node);
    if (graph.node_of_file[file] == MONOLITH_NONE) {
      graph.node_of_file[file] = graph.n;
      graph.file_of_node[graph.n++] = file;
    }
  }
  g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(guint32));
  g_autoptr(GArray) weight = g_array_new(FALSE, FALSE, sizeof(gint64));
  const enum evidence_kind kinds[] = {EVIDENCE_CALLS, EVIDENCE_STATE, EVIDENCE_TYPES};
  for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
    const GArray *ties = evidence->ties[kinds[k]];
    for (guint i = 0; i < ties->len; i++) {
      const struct tie *tie = &g_array_index(ties, struct tie, i);
      guint32 a = graph.node_of_file[file_of(monolith, evidence, tie->a)];
      guint32 b = graph.node_of_file[file_of(monolith, evidence, tie->b)];
      if (a != MONOLITH_NONE && b != MONOLITH_NONE && a != b) {
        g_array_append_val(from, a);
        g_array_append_val(to, b);
        g_array_append_val(weight, tie->weight);
      }
    }
  }
  graph.network = network_new(graph.n, from->len, (const guint32 *)(gpointer)from->data,
                              (const guint32 *)(gpointer)to->data,
                              (const gint64 *)(gpointer)weight->data, NULL);
  return graph;
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
    largest = MAX(largest, ++size[labels[i]]);
  }
  return n > 0 ? (double)largest / n : 0;
}

static void bench(const char *path)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = store_open(path, STORE_READ, &error);
  struct monolith *monolith = store == NULL ? NULL : monolith_load(store, &error);
  if (monolith == NULL) {
    fprintf(stderr, "bench_split_recovery: %s\n", error->message);
    exit(EXIT_FAILURE);
  }
  struct roles *roles = roles_new(monolith, NULL);
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    /* Every file counts: utilities too. */
    roles->routine[i] = roles->routine[i] == ROUTINE_OUTSIDE ? ROUTINE_OUTSIDE : ROUTINE_MEMBER;
  }
  struct evidence *evidence = evidence_new(monolith, roles, NULL, NULL, NULL, 0);
  struct file_graph graph = file_graph_new(monolith, evidence);
  struct units *units = units_new(graph.n, NULL);
  struct resolution_choice choice = resolution_longest(graph.network, units);
  guint32 k_truth = 0;
  g_autofree guint32 *truth = labels_by(monolith, &graph, BY_FOLDER, &k_truth);
  printf("%s: %u files, %u folders, largest %.0f %%\n  found %4u  ARI %.3f  MoJoFM %.3f\n", path,
         graph.n, k_truth, 100 * largest_share(truth, graph.n, k_truth), choice.n_communities,
         comparison_ari(graph.n, choice.labels, truth),
         comparison_mojofm(graph.n, choice.labels, truth));
  const char *names[] = {"folder", "top", "stem", "one"};
  for (guint kind = BY_TOP; kind <= IN_ONE; kind++) {
    guint32 k = 0;
    g_autofree guint32 *labels = labels_by(monolith, &graph, (enum trivial)kind, &k);
    printf("  %-5s %4u  ARI %.3f  MoJoFM %.3f\n", names[kind], k,
           comparison_ari(graph.n, labels, truth), comparison_mojofm(graph.n, labels, truth));
  }
  resolution_choice_clear(&choice);
  units_free(units);
  network_free(graph.network);
  g_free(graph.node_of_file);
  g_free(graph.file_of_node);
  evidence_free(evidence);
  roles_free(roles);
  monolith_free(monolith);
}

int main(int argc, char **argv)
{
  for (int i = 1; i < argc; i++) {
    bench(argv[i]);
  }
  return EXIT_SUCCESS;
}
