#include "splitter/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "splitter/matching.h"

/* Shared items by group of A (rows) and of B (columns); groups that share nothing are left out. */
struct overlap {
  guint32 n;
  guint32 n_rows;
  guint32 n_columns;
  guint32 *first;
  guint32 *column;
  guint32 *value;
  guint32 *row_size;
  guint32 *column_size;
};

struct joint {
  guint32 row;
  guint32 column;
  guint32 mass; /* 1 for an item */
};

static int compare_joints(const void *left, const void *right)
{
  const struct joint *a = left;
  const struct joint *b = right;
  if (a->row != b->row) {
    return a->row < b->row ? -1 : 1;
  }
  return a->column < b->column ? -1 : a->column > b->column;
}

/* Rewrites the numbers in one field of JOINTS as 0, 1, 2 … in the order of their first use. */
static guint32 number_field(struct joint *joints, guint32 n, gboolean is_row)
{
  g_autoptr(GHashTable) number = g_hash_table_new(NULL, NULL);
  for (guint32 i = 0; i < n; i++) {
    guint32 *field = is_row ? &joints[i].row : &joints[i].column;
    gpointer key = GUINT_TO_POINTER(*field + 1);
    gpointer known = g_hash_table_lookup(number, key);
    if (known == NULL) {
      known = GUINT_TO_POINTER(g_hash_table_size(number) + 1);
      g_hash_table_insert(number, key, known);
    }
    *field = GPOINTER_TO_UINT(known) - 1;
  }
  return g_hash_table_size(number);
}

/* Takes JOINTS (one per shared item) and leaves them sorted. */
static void overlap_init(struct overlap *overlap, struct joint *joints, guint32 n)
{
  memset(overlap, 0, sizeof *overlap);
  overlap->n_rows = number_field(joints, n, TRUE);
  overlap->n_columns = number_field(joints, n, FALSE);
  if (n > 1) {
    qsort(joints, n, sizeof *joints, compare_joints);
  }
  overlap->first = g_new0(guint32, (gsize)overlap->n_rows + 1);
  overlap->column = g_new0(guint32, MAX(n, 1));
  overlap->value = g_new0(guint32, MAX(n, 1));
  overlap->row_size = g_new0(guint32, MAX(overlap->n_rows, 1));
  overlap->column_size = g_new0(guint32, MAX(overlap->n_columns, 1));
  guint32 n_cells = 0;
  for (guint32 i = 0; i < n; i++) {
    overlap->n += joints[i].mass;
    overlap->row_size[joints[i].row] += joints[i].mass;
    overlap->column_size[joints[i].column] += joints[i].mass;
    if (i == 0 || compare_joints(&joints[i - 1], &joints[i]) != 0) {
      overlap->column[n_cells++] = joints[i].column;
    }
    overlap->value[n_cells - 1] += joints[i].mass;
    overlap->first[joints[i].row + 1] = n_cells;
  }
}

static void overlap_clear(struct overlap *overlap)
{
  g_free(overlap->first);
  g_free(overlap->column);
  g_free(overlap->value);
  g_free(overlap->row_size);
  g_free(overlap->column_size);
}

/* Moves (items outside the largest overlap of their row) plus joins (rows less the most groups that
 * the ties allow). */
static guint32 mojo(const struct overlap *overlap)
{
  g_autofree guint32 *first = g_new0(guint32, (gsize)overlap->n_rows + 1);
  g_autofree guint32 *column = g_new(guint32, MAX(overlap->n, 1));
  guint32 n_ties = 0;
  guint32 kept = 0;
  for (guint32 row = 0; row < overlap->n_rows; row++) {
    guint32 largest = 0;
    for (guint32 i = overlap->first[row]; i < overlap->first[row + 1]; i++) {
      largest = MAX(largest, overlap->value[i]);
    }
    kept += largest;
    for (guint32 i = overlap->first[row]; i < overlap->first[row + 1]; i++) {
      if (overlap->value[i] == largest) {
        column[n_ties++] = overlap->column[i];
      }
    }
    first[row + 1] = n_ties;
  }
  struct bipartite ties = {overlap->n_rows, overlap->n_columns, first, column, NULL};
  return (overlap->n - kept) + (overlap->n_rows - matching_size(&ties));
}

static guint32 mojo_plus(const struct overlap *overlap)
{
  guint32 n_cells = overlap->first[overlap->n_rows];
  struct bipartite cells = {overlap->n_rows, overlap->n_columns, overlap->first, overlap->column,
                            overlap->value};
  return (n_cells - overlap->n_rows) + (overlap->n_rows - matching_size(&cells));
}

static int compare_sizes(const void *left, const void *right)
{
  guint32 a = *(const guint32 *)left;
  guint32 b = *(const guint32 *)right;
  return a < b ? -1 : a > b;
}

/* The groups that a partition far from the one with SIZES can reach at most (Wen and Tzerpos). */
static guint32 reachable_groups(const guint32 *sizes, guint32 n)
{
  g_autofree guint32 *sorted = g_memdup2(sizes, n * sizeof *sizes);
  if (n > 1) {
    qsort(sorted, n, sizeof *sorted, compare_sizes);
  }
  guint32 groups = 0;
  for (guint32 i = 0; i < n; i++) {
    groups += sorted[i] > groups;
  }
  return groups;
}

static double ratio_left(double cost, double most)
{
  return most > 0 ? 1 - cost / most : (cost > 0 ? 0 : 1);
}

static double mojofm(guint32 cost, guint32 n, const guint32 *sizes, guint32 n_sizes)
{
  return ratio_left(cost, (double)n - reachable_groups(sizes, n_sizes));
}

static double pairs(double n)
{
  return n * (n - 1) / 2;
}

static double ari(const struct overlap *overlap)
{
  double both = 0;
  double in_rows = 0;
  double in_columns = 0;
  for (guint32 i = 0; i < overlap->first[overlap->n_rows]; i++) {
    both += pairs(overlap->value[i]);
  }
  for (guint32 i = 0; i < overlap->n_rows; i++) {
    in_rows += pairs(overlap->row_size[i]);
  }
  for (guint32 i = 0; i < overlap->n_columns; i++) {
    in_columns += pairs(overlap->column_size[i]);
  }
  double expected = overlap->n > 1 ? in_rows * in_columns / pairs(overlap->n) : 0;
  double most = (in_rows + in_columns) / 2;
  return most - expected != 0 ? (both - expected) / (most - expected) : 1;
}

/* Share of rows (or of columns) that have a partner with over 0.66 of the larger one's items. */
static double covered(const struct overlap *overlap, const guint32 *row_sizes,
                      const guint32 *column_sizes, gboolean of_rows, guint32 n_groups)
{
  g_autofree guint8 *has_partner = g_new0(guint8, MAX(overlap->n, 1));
  guint32 n_covered = 0;
  for (guint32 row = 0; row < overlap->n_rows; row++) {
    for (guint32 i = overlap->first[row]; i < overlap->first[row + 1]; i++) {
      guint32 column = overlap->column[i];
      guint32 larger = MAX(row_sizes[row], column_sizes[column]);
      guint32 group = of_rows ? row : column;
      /* value / larger > 0.66 in integers */
      if ((guint64)overlap->value[i] * 100 > (guint64)larger * 66 && !has_partner[group]) {
        has_partner[group] = 1;
        n_covered++;
      }
    }
  }
  return n_groups > 0 ? (double)n_covered / n_groups : 1;
}

/* Shared items of two groupings, with the groups of both; sizes count unshared items too. */
static guint32 join_items(const struct grouping *a, const struct grouping *b, struct joint *joints)
{
  guint32 n = 0;
  for (guint i = 0, j = 0; i < a->items->len && j < b->items->len;) {
    int order = strcmp(g_ptr_array_index(a->items, i), g_ptr_array_index(b->items, j));
    if (order == 0) {
      joints[n++] = (struct joint){g_array_index(a->group_of, guint32, i),
                                   g_array_index(b->group_of, guint32, j), 1};
    }
    i += order <= 0;
    j += order >= 0;
  }
  return n;
}

static guint32 *full_sizes(const struct grouping *grouping)
{
  guint32 *sizes = g_new0(guint32, MAX(grouping->groups->len, 1));
  for (guint i = 0; i < grouping->group_of->len; i++) {
    sizes[g_array_index(grouping->group_of, guint32, i)]++;
  }
  return sizes;
}

/* Full sizes in the numbering of the overlap, which numbers groups by first use. */
static guint32 *sizes_in_order(const guint32 *sizes, const struct joint *joints, guint32 n,
                               gboolean is_row)
{
  guint32 *ordered = g_new0(guint32, MAX(n, 1));
  g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
  for (guint32 i = 0; i < n; i++) {
    guint32 group = is_row ? joints[i].row : joints[i].column;
    if (g_hash_table_add(known, GUINT_TO_POINTER(group + 1))) {
      ordered[g_hash_table_size(known) - 1] = sizes[group];
    }
  }
  return ordered;
}

static double a2a(const struct comparison *result, const struct overlap *overlap)
{
  struct bipartite cells = {overlap->n_rows, overlap->n_columns, overlap->first, overlap->column,
                            overlap->value};
  double moved = (double)overlap->n - (double)matching_value(&cells);
  double added = (double)result->n_b - overlap->n;
  double removed = (double)result->n_a - overlap->n;
  double cost = abs((int)result->k_a - (int)result->k_b) + 2 * added + 2 * removed + moved;
  double most = (double)result->k_a + 2.0 * result->n_a + result->k_b + 2.0 * result->n_b;
  return ratio_left(cost, most);
}

struct comparison comparison_of(const struct grouping *a, const struct grouping *b)
{
  struct comparison result = {
      .n_a = a->items->len, .n_b = b->items->len, .k_a = a->groups->len, .k_b = b->groups->len};
  g_autofree struct joint *joints = g_new(struct joint, MAX(MIN(result.n_a, result.n_b), 1));
  guint32 n = result.n_shared = join_items(a, b, joints);
  g_autofree guint32 *sizes_a = full_sizes(a);
  g_autofree guint32 *sizes_b = full_sizes(b);
  g_autofree guint32 *row_sizes = sizes_in_order(sizes_a, joints, n, TRUE);
  g_autofree guint32 *column_sizes = sizes_in_order(sizes_b, joints, n, FALSE);
  g_autofree struct joint *turned = g_new(struct joint, MAX(n, 1));
  for (guint32 i = 0; i < n; i++) {
    turned[i] = (struct joint){joints[i].column, joints[i].row, 1};
  }
  struct overlap ab;
  struct overlap ba;
  overlap_init(&ab, joints, n);
  overlap_init(&ba, turned, n);
  result.mojo_ab = mojo(&ab);
  result.mojo_ba = mojo(&ba);
  result.mojo_plus_ab = mojo_plus(&ab);
  result.mojofm_ab = mojofm(result.mojo_ab, n, ab.column_size, ab.n_columns);
  result.mojofm_ba = mojofm(result.mojo_ba, n, ba.column_size, ba.n_columns);
  result.mojofm_full_ab = mojofm(result.mojo_ab, n, sizes_b, result.k_b);
  result.mojofm_full_ba = mojofm(result.mojo_ba, n, sizes_a, result.k_a);
  double unshared = (double)(result.n_a - n) + 2.0 * (double)(result.n_b - n);
  result.mojo_evo_ab = ratio_left(result.mojo_ab + unshared,
                                  (double)n - reachable_groups(sizes_b, result.k_b) + unshared);
  result.ari = ari(&ab);
  result.a2a = a2a(&result, &ab);
  result.c2c_a = covered(&ab, row_sizes, column_sizes, TRUE, result.k_a);
  result.c2c_b = covered(&ab, row_sizes, column_sizes, FALSE, result.k_b);
  overlap_clear(&ab);
  overlap_clear(&ba);
  return result;
}

static void overlap_of_labels(struct overlap *overlap, guint32 n, const guint32 *a,
                              const guint32 *b, const gint64 *mass)
{
  g_autofree struct joint *joints = g_new(struct joint, MAX(n, 1));
  for (guint32 i = 0; i < n; i++) {
    joints[i] = (struct joint){a[i], b[i], mass != NULL ? (guint32)mass[i] : 1};
  }
  overlap_init(overlap, joints, n);
}

double comparison_ari(guint32 n, const guint32 *a, const guint32 *b)
{
  return comparison_ari_of_masses(n, a, b, NULL);
}

double comparison_ari_of_masses(guint32 n, const guint32 *a, const guint32 *b, const gint64 *mass)
{
  struct overlap overlap;
  overlap_of_labels(&overlap, n, a, b, mass);
  double result = ari(&overlap);
  overlap_clear(&overlap);
  return result;
}

double comparison_mojofm(guint32 n, const guint32 *a, const guint32 *b)
{
  struct overlap overlap;
  overlap_of_labels(&overlap, n, a, b, NULL);
  double result = mojofm(mojo(&overlap), n, overlap.column_size, overlap.n_columns);
  overlap_clear(&overlap);
  return result;
}
