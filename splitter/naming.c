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

/* What a word counts, by where it stands: a service is what its routines and files are called; one
 * record with many fields, or a constant table for each command, must not drown them. A database
 * table is named after what it holds. */
static double state_weight(const struct fact_state *state)
{
  if (strcmp(state->storage, "table") == 0) {
    return 4;
  }
  return strcmp(state->class, "const") == 0 ? 0 : 0.25;
}

/* Earlier words of NAME count more. */
static void count_words(const char *name, double weight, guint32 label, GHashTable **counts,
                        GHashTable *totals)
{
  g_auto(GStrv) words = words_of_identifier(name);
  for (guint i = 0; weight > 0 && words[i] != NULL; i++) {
    if (!words_are_hollow(words[i])) {
      count_word(counts, totals, label, words[i], weight / (1 + i));
    }
  }
}

static void count_node(const struct monolith *monolith, const struct evidence *evidence,
                       guint32 node, guint32 label, GHashTable **counts, GHashTable *totals)
{
  guint32 item = evidence->item[node];
  if (node >= evidence->n_routines) {
    const struct fact_state *state = &monolith->states[item];
    const char *name = g_str_has_prefix(state->name, "struct ") ? state->name + 7 : state->name;
    count_words(name, state_weight(state), label, counts, totals);
    return;
  }
  count_words(monolith->routines[item].name, 1, label, counts, totals);
  g_autofree char *base = g_path_get_basename(monolith->routines[item].file);
  char *ending = strrchr(base, '.');
  if (ending != NULL) {
    *ending = '\0';
  }
  count_words(base, 1, label, counts, totals);
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
