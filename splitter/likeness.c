#include "splitter/likeness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One family laid out both ways: what each item has and who has each feature. */
struct family {
  guint32 *first; /* per item + 1: offsets into feature */
  guint32 *feature;
  guint32 *first_user; /* per feature + 1: offsets into user */
  guint32 *user;
  double *weight; /* per feature, squared; 0 when it says nothing */
  double *norm;   /* per item: the length of its vector */
};

static int compare_by_feature(gconstpointer left, gconstpointer right)
{
  const struct likeness_pair *a = left;
  const struct likeness_pair *b = right;
  if (a->feature != b->feature) {
    return a->feature < b->feature ? -1 : 1;
  }
  return a->item < b->item ? -1 : a->item > b->item;
}

static void drop_doubles(GArray *pairs)
{
  g_array_sort(pairs, compare_by_feature);
  guint kept = 0;
  for (guint i = 0; i < pairs->len; i++) {
    struct likeness_pair *pair = &g_array_index(pairs, struct likeness_pair, i);
    if (kept == 0 ||
        compare_by_feature(pair, &g_array_index(pairs, struct likeness_pair, kept - 1)) != 0) {
      g_array_index(pairs, struct likeness_pair, kept++) = *pair;
    }
  }
  g_array_set_size(pairs, kept);
}

/* Users by feature; features are numbered anew, densely. Returns their number. */
static guint32 lay_out_users(struct family *family, const GArray *pairs, guint32 *number)
{
  guint32 n_features = 0;
  family->user = g_new(guint32, MAX(pairs->len, 1));
  family->first_user = g_new0(guint32, (gsize)pairs->len + 1);
  for (guint i = 0; i < pairs->len; i++) {
    const struct likeness_pair *pair = &g_array_index(pairs, struct likeness_pair, i);
    guint is_next = i == 0 || pair[-1].feature != pair->feature;
    n_features += is_next;
    number[i] = n_features - 1;
    family->user[i] = pair->item;
    family->first_user[n_features] = i + 1;
  }
  return n_features;
}

static void lay_out_items(struct family *family, guint32 n_items, const GArray *pairs,
                          const guint32 *number)
{
  family->first = g_new0(guint32, (gsize)n_items + 2);
  family->feature = g_new(guint32, MAX(pairs->len, 1));
  for (guint i = 0; i < pairs->len; i++) {
    family->first[g_array_index(pairs, struct likeness_pair, i).item + 2]++;
  }
  for (guint32 item = 0; item < n_items; item++) {
    family->first[item + 2] += family->first[item + 1];
  }
  for (guint i = 0; i < pairs->len; i++) {
    guint32 item = g_array_index(pairs, struct likeness_pair, i).item;
    family->feature[family->first[item + 1]++] = number[i];
  }
}

static void weigh_features(struct family *family, guint32 n_items, guint32 n_features)
{
  family->weight = g_new0(double, MAX(n_features, 1));
  family->norm = g_new0(double, MAX(n_items, 1));
  for (guint32 feature = 0; feature < n_features; feature++) {
    guint32 n_users = family->first_user[feature + 1] - family->first_user[feature];
    double weight = n_users > 1 && n_users <= LIKENESS_MOST ? log((double)n_items / n_users) : 0;
    family->weight[feature] = weight * weight;
  }
  for (guint32 item = 0; item < n_items; item++) {
    double sum = 0;
    for (guint32 i = family->first[item]; i < family->first[item + 1]; i++) {
      sum += family->weight[family->feature[i]];
    }
    family->norm[item] = sqrt(sum);
  }
}

static void family_init(struct family *family, guint32 n_items, GArray *pairs)
{
  drop_doubles(pairs);
  g_autofree guint32 *number = g_new(guint32, MAX(pairs->len, 1));
  guint32 n_features = lay_out_users(family, pairs, number);
  lay_out_items(family, n_items, pairs, number);
  weigh_features(family, n_items, n_features);
}

static void family_clear(struct family *family)
{
  g_free(family->first);
  g_free(family->feature);
  g_free(family->first_user);
  g_free(family->user);
  g_free(family->weight);
  g_free(family->norm);
}

struct neighbour {
  guint32 item;
  double likeness;
};

static int compare_neighbours(const void *left, const void *right)
{
  const struct neighbour *a = left;
  const struct neighbour *b = right;
  if (a->likeness != b->likeness) {
    return a->likeness > b->likeness ? -1 : 1;
  }
  return a->item < b->item ? -1 : a->item > b->item;
}

/* Sums, family by family, the cosines of ITEM with all that have a feature in common with it. */
static guint32 gather(const struct family *families, guint n_families, guint32 item, double *sum,
                      guint32 *touched)
{
  guint32 n_touched = 0;
  for (guint f = 0; f < n_families; f++) {
    const struct family *family = &families[f];
    for (guint32 i = family->first[item]; i < family->first[item + 1]; i++) {
      guint32 feature = family->feature[i];
      double weight = family->weight[feature];
      if (weight <= 0) {
        continue;
      }
      for (guint32 u = family->first_user[feature]; u < family->first_user[feature + 1]; u++) {
        guint32 user = family->user[u];
        if (user == item) {
          continue;
        }
        if (sum[user] <= 0) {
          touched[n_touched++] = user;
        }
        sum[user] += weight / (family->norm[item] * family->norm[user]);
      }
    }
  }
  return n_touched;
}

static int compare_ties(gconstpointer left, gconstpointer right)
{
  const struct likeness_tie *a = left;
  const struct likeness_tie *b = right;
  if (a->a != b->a) {
    return a->a < b->a ? -1 : 1;
  }
  return a->b < b->b ? -1 : a->b > b->b;
}

GArray *likeness_ties(guint32 n_items, GArray *const *families, guint n_families, guint n_nearest)
{
  GArray *ties = g_array_new(FALSE, FALSE, sizeof(struct likeness_tie));
  g_autofree struct family *laid_out = g_new0(struct family, MAX(n_families, 1));
  g_autofree double *n_present = g_new0(double, MAX(n_items, 1));
  for (guint f = 0; f < n_families; f++) {
    family_init(&laid_out[f], n_items, families[f]);
    for (guint32 item = 0; item < n_items; item++) {
      n_present[item] += laid_out[f].norm[item] > 0;
    }
  }
  g_autofree double *sum = g_new0(double, MAX(n_items, 1));
  g_autofree guint32 *touched = g_new(guint32, MAX(n_items, 1));
  g_autofree struct neighbour *nearest = g_new(struct neighbour, MAX(n_items, 1));
  for (guint32 item = 0; item < n_items; item++) {
    guint32 n = gather(laid_out, n_families, item, sum, touched);
    for (guint32 i = 0; i < n; i++) {
      double all = sqrt(n_present[item] * n_present[touched[i]]);
      /* In steps that no order of sums can cross: equals stay equal. */
      double likeness = ldexp(rint(ldexp(sum[touched[i]] / all, 20)), -20);
      nearest[i] = (struct neighbour){touched[i], likeness};
      sum[touched[i]] = 0;
    }
    qsort(nearest, n, sizeof *nearest, compare_neighbours);
    for (guint32 i = 0; i < MIN(n, n_nearest) && nearest[i].likeness > 0; i++) {
      struct likeness_tie tie = {MIN(item, nearest[i].item), MAX(item, nearest[i].item),
                                 nearest[i].likeness};
      g_array_append_val(ties, tie);
    }
  }
  for (guint f = 0; f < n_families; f++) {
    family_clear(&laid_out[f]);
  }
  g_array_sort(ties, compare_ties);
  guint kept = 0;
  for (guint i = 0; i < ties->len; i++) {
    const struct likeness_tie *tie = &g_array_index(ties, struct likeness_tie, i);
    if (kept == 0 || compare_ties(&g_array_index(ties, struct likeness_tie, kept - 1), tie) != 0) {
      g_array_index(ties, struct likeness_tie, kept++) = *tie;
    }
  }
  g_array_set_size(ties, kept);
  return ties;
}
