#include "splitter/naming.h"

#include <math.h>
#include <string.h>

#include "splitter/words.h"

static void count_word(GHashTable **counts, GHashTable *totals, guint32 label, const char *word,
                       double weight)
{
  double *own = g_hash_table_lookup(counts[label], word);
  if (own == NULL) {
    own = g_new0(double, 1);
    g_hash_table_insert(counts[label], g_strdup(word), own);
  }
  *own += weight;
  double *total = g_hash_table_lookup(totals, word);
  if (total == NULL) {
    total = g_new0(double, 1);
    g_hash_table_insert(totals, g_strdup(word), total);
  }
  *total += weight;
}

static void count_node(const struct monolith *monolith, const struct evidence *evidence,
                       guint32 node, guint32 label, GHashTable **counts, GHashTable *totals)
{
  guint32 item = evidence->item[node];
  gboolean is_routine = node < evidence->n_routines;
  const char *file = is_routine ? monolith->routines[item].file : monolith->states[item].file;
  const char *name = is_routine ? monolith->routines[item].name : monolith->states[item].name;
  double weight = !is_routine && strcmp(monolith->states[item].storage, "table") == 0 ? 4 : 1;
  g_auto(GStrv) words = words_of_identifier(name);
  for (guint i = 0; words[i] != NULL; i++) {
    if (!words_are_hollow(words[i])) {
      count_word(counts, totals, label, words[i], weight / (1 + i));
    }
  }
  g_autofree char *base = g_path_get_basename(file);
  g_auto(GStrv) stem = words_of_identifier(base);
  for (guint i = 0; stem[i] != NULL && stem[i + 1] != NULL; i++) {
    if (!words_are_hollow(stem[i])) {
      count_word(counts, totals, label, stem[i], 0.5);
    }
  }
}

/* The best word of a label that is not yet taken: common inside, rare outside. Ties go to the
 * smaller word. */
static char *best_word(GHashTable *own, GHashTable *totals, GHashTable *taken, const char *except)
{
  const char *best = NULL;
  double best_value = 0;
  GHashTableIter iter;
  gpointer key = NULL;
  gpointer value = NULL;
  g_hash_table_iter_init(&iter, own);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    double count = *(double *)value;
    double total = *(double *)g_hash_table_lookup(totals, key);
    double worth = count * count / total;
    gboolean is_better =
        best == NULL || worth > best_value || (worth == best_value && strcmp(key, best) < 0);
    if (is_better && !g_hash_table_contains(taken, key) && g_strcmp0(key, except) != 0) {
      best = key;
      best_value = worth;
    }
  }
  return g_strdup(best);
}

char **naming_of_labels(const struct monolith *monolith, const struct evidence *evidence,
                        const guint32 *labels, guint32 n_labels, const char *const *given)
{
  g_autofree GHashTable **counts = g_new0(GHashTable *, MAX(n_labels, 1));
  g_autofree guint32 *size = g_new0(guint32, MAX(n_labels, 1));
  g_autoptr(GHashTable) totals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  for (guint32 i = 0; i < n_labels; i++) {
    counts[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  }
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    count_node(monolith, evidence, node, labels[node], counts, totals);
    size[labels[node]]++;
  }
  g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  char **names = g_new0(char *, (gsize)n_labels + 1);
  for (guint32 i = 0; i < n_labels; i++) {
    if (given != NULL && given[i] != NULL) {
      names[i] = g_strdup(given[i]);
      g_hash_table_add(taken, g_strdup(given[i]));
    }
  }
  /* Large ones choose first. */
  for (guint32 round = 0; round < n_labels; round++) {
    guint32 next = n_labels;
    for (guint32 i = 0; i < n_labels; i++) {
      if (names[i] == NULL && (next == n_labels || size[i] > size[next])) {
        next = i;
      }
    }
    if (next == n_labels) {
      break;
    }
    names[next] = best_word(counts[next], totals, taken, NULL);
    for (guint32 i = 1; names[next] == NULL; i++) {
      g_autofree char *plain = g_strdup_printf("service-%u", i);
      names[next] = g_hash_table_contains(taken, plain) ? NULL : g_steal_pointer(&plain);
    }
    g_hash_table_add(taken, g_strdup(names[next]));
  }
  for (guint32 i = 0; i < n_labels; i++) {
    g_hash_table_unref(counts[i]);
  }
  return names;
}
