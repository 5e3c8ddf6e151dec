#include "splitter/conflict.h"

struct search {
  guint n;
  guint8 *is_in;
  conflict_test *is_feasible;
  gpointer data;
};

/* Adds to FOUND a minimal part of FIRST … LAST - 1 that is infeasible with what is in IS_IN.
 * HAS_CHANGED: something was added since the last test. */
static void explain(struct search *search, gboolean has_changed, guint first, guint last,
                    GArray *found)
{
  if (has_changed && !search->is_feasible(search->is_in, search->n, search->data)) {
    return;
  }
  if (last - first == 1) {
    g_array_append_val(found, first);
    return;
  }
  guint middle = first + (last - first) / 2;
  for (guint i = first; i < middle; i++) {
    search->is_in[i] = 1;
  }
  guint begin = found->len;
  explain(search, TRUE, middle, last, found);
  for (guint i = first; i < middle; i++) {
    search->is_in[i] = 0;
  }
  guint end = found->len;
  for (guint i = begin; i < end; i++) {
    search->is_in[g_array_index(found, guint, i)] = 1;
  }
  explain(search, end > begin, first, middle, found);
  for (guint i = begin; i < end; i++) {
    search->is_in[g_array_index(found, guint, i)] = 0;
  }
}

static gint compare_numbers(gconstpointer left, gconstpointer right)
{
  guint a = *(const guint *)left;
  guint b = *(const guint *)right;
  return a < b ? -1 : a > b;
}

GArray *conflict_minimal(guint n, conflict_test *is_feasible, gpointer data)
{
  g_autofree guint8 *is_in = g_malloc0(MAX(n, 1));
  struct search search = {n, is_in, is_feasible, data};
  for (guint i = 0; i < n; i++) {
    is_in[i] = 1;
  }
  if (is_feasible(is_in, n, data)) {
    return NULL;
  }
  for (guint i = 0; i < n; i++) {
    is_in[i] = 0;
  }
  GArray *found = g_array_new(FALSE, FALSE, sizeof(guint));
  if (n > 0 && is_feasible(is_in, n, data)) {
    explain(&search, FALSE, 0, n, found);
  }
  g_array_sort(found, compare_numbers);
  return found;
}
