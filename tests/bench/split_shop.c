/* Prints how close a plan comes to expected services: pairwise precision, recall and F1 over
 * routines and states, beside the trivial partitions.
 * usage: bench_split_shop STORE EXPECTED.yaml */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "splitter/boundaries.h"
#include "splitter/previous.h"
#include "store/plan.h"

enum { NOT_SPOKEN_OF = G_MAXUINT32 - 1 };

/* Labels of routines, then states; MONOLITH_NONE is in no service. */
struct labels {
  guint32 n;
  guint32 *label;
};

static double count_pairs(const struct labels *labels)
{
  g_autoptr(GHashTable) sizes = g_hash_table_new(NULL, NULL);
  double n_pairs = 0;
  for (guint32 i = 0; i < labels->n; i++) {
    if (labels->label[i] < NOT_SPOKEN_OF) {
      gpointer key = GUINT_TO_POINTER(labels->label[i] + 1);
      gsize size = GPOINTER_TO_SIZE(g_hash_table_lookup(sizes, key));
      n_pairs += (double)size;
      g_hash_table_insert(sizes, key, GSIZE_TO_POINTER(size + 1));
    }
  }
  return n_pairs;
}

static void print_score(const char *name, const struct labels *found, const struct labels *truth)
{
  double both = 0;
  for (guint32 i = 0; i < truth->n; i++) {
    for (guint32 j = 0; j < i; j++) {
      both += truth->label[i] < NOT_SPOKEN_OF && truth->label[i] == truth->label[j] &&
              found->label[i] != MONOLITH_NONE && found->label[i] == found->label[j];
    }
  }
  double n_found = count_pairs(found);
  double n_true = count_pairs(truth);
  double precision = n_found > 0 ? both / n_found : 0;
  double recall = n_true > 0 ? both / n_true : 0;
  double f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
  printf("%-16s precision %.3f  recall %.3f  F1 %.3f\n", name, precision, recall, f1);
}

static struct labels labels_new(const struct monolith *monolith)
{
  struct labels labels = {monolith->n_routines + monolith->n_states, NULL};
  labels.label = g_new(guint32, MAX(labels.n, 1));
  memset(labels.label, 0xff, labels.n * sizeof *labels.label);
  return labels;
}

/* What the expectation says nothing of does not count for or against a partition. */
static void leave_out(struct labels *labels, const struct labels *truth)
{
  for (guint32 i = 0; i < labels->n; i++) {
    if (truth->label[i] == NOT_SPOKEN_OF) {
      labels->label[i] = MONOLITH_NONE;
    }
  }
}

static struct labels expected_labels(const struct monolith *monolith,
                                     const struct boundaries *boundaries)
{
  struct labels labels = labels_new(monolith);
  for (guint32 i = 0; i < labels.n; i++) {
    labels.label[i] = NOT_SPOKEN_OF;
  }
  for (guint i = 0; i < boundaries->decisions->len; i++) {
    const struct decision *decision = g_ptr_array_index(boundaries->decisions, i);
    bool is_place = decision->kind == DECISION_PIN || decision->kind == DECISION_SHARED ||
                    decision->kind == DECISION_EXTERNAL;
    guint32 label = decision->kind == DECISION_PIN ? decision->service : MONOLITH_NONE;
    for (guint j = 0; is_place && j < decision->matches->len; j++) {
      const struct matches *matches = g_ptr_array_index(decision->matches, j);
      for (guint k = 0; k < matches->routines->len; k++) {
        labels.label[g_array_index(matches->routines, guint32, k)] = label;
      }
      for (guint k = 0; k < matches->states->len; k++) {
        labels.label[monolith->n_routines + g_array_index(matches->states, guint32, k)] = label;
      }
    }
  }
  return labels;
}

/* The plan's members and owned states. */
static struct labels plan_labels(struct store *store, const struct monolith *monolith)
{
  struct labels labels = labels_new(monolith);
  g_autoptr(record_set) members = store_load(store, &plan_member_table, NULL, NULL);
  g_autoptr(GHashTable) number = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; members != NULL && i < members->n; i++) {
    const struct plan_member *member = record_at(members, plan_member, i);
    bool is_routine = strcmp(member->kind, "routine") == 0;
    guint32 item = is_routine ? monolith_routine(monolith, member->item)
                              : monolith_state(monolith, member->item);
    bool belongs = strcmp(member->role, "member") == 0 || strcmp(member->role, "owner") == 0;
    if (item == MONOLITH_NONE || !belongs) {
      continue;
    }
    gpointer known = g_hash_table_lookup(number, &member->service);
    if (known == NULL) {
      known = GUINT_TO_POINTER(g_hash_table_size(number) + 1);
      g_hash_table_insert(number, (gpointer)&member->service, known);
    }
    labels.label[is_routine ? item : monolith->n_routines + item] = GPOINTER_TO_UINT(known) - 1;
  }
  return labels;
}

enum trivial { TRIVIAL_FOLDER, TRIVIAL_STEM, TRIVIAL_ONE };

static struct labels trivial_labels(const struct monolith *monolith, const struct labels *truth,
                                    enum trivial kind)
{
  struct labels labels = labels_new(monolith);
  for (guint32 i = 0; i < labels.n; i++) {
    const char *file = i < monolith->n_routines ? monolith->routines[i].file
                                                : monolith->states[i - monolith->n_routines].file;
    bool is_defined = i >= monolith->n_routines || monolith->routines[i].is_defined;
    g_autofree char *folder = g_path_get_dirname(file);
    if (kind == TRIVIAL_ONE ? truth->label[i] < NOT_SPOKEN_OF : is_defined && file[0] != '\0') {
      labels.label[i] = kind == TRIVIAL_ONE      ? 0
                        : kind == TRIVIAL_FOLDER ? g_str_hash(folder) >> 1
                                                 : g_str_hash(file) >> 1;
    }
  }
  return labels;
}

int main(int argc, char **argv)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = argc == 3 ? store_open(argv[1], STORE_READ, &error) : NULL;
  struct monolith *monolith = store == NULL ? NULL : monolith_load(store, &error);
  struct boundaries *boundaries =
      monolith == NULL ? NULL : boundaries_read(argv[2], monolith, &error);
  if (boundaries == NULL) {
    fprintf(stderr, "bench_split_shop: %s\n", error != NULL ? error->message : "STORE EXPECTED");
    return EXIT_FAILURE;
  }
  struct labels truth = expected_labels(monolith, boundaries);
  struct labels found = plan_labels(store, monolith);
  leave_out(&found, &truth);
  print_score("plan", &found, &truth);
  g_free(found.label);
  const char *names[] = {"folder", "file stem", "all in one"};
  for (guint kind = TRIVIAL_FOLDER; kind <= TRIVIAL_ONE; kind++) {
    found = trivial_labels(monolith, &truth, (enum trivial)kind);
    leave_out(&found, &truth);
    print_score(names[kind], &found, &truth);
    g_free(found.label);
  }
  g_free(truth.label);
  boundaries_free(boundaries);
  monolith_free(monolith);
  return EXIT_SUCCESS;
}
