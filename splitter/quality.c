#include "splitter/quality.h"

#include <math.h>
#include <stdlib.h>

static int compare_keys(const void *left, const void *right)
{
  guint64 a = *(const guint64 *)left;
  guint64 b = *(const guint64 *)right;
  return a < b ? -1 : a > b;
}

static gsize sort_distinct(guint64 *keys, gsize n)
{
  if (n > 1) {
    qsort(keys, n, sizeof *keys, compare_keys);
  }
  gsize kept = 0;
  for (gsize i = 0; i < n; i++) {
    if (kept == 0 || keys[kept - 1] != keys[i]) {
      keys[kept++] = keys[i];
    }
  }
  return kept;
}

gsize quality_distinct_edges(gsize n_edges, guint32 *from, guint32 *to)
{
  g_autofree guint64 *keys = g_new(guint64, MAX(n_edges, 1));
  gsize n = 0;
  for (gsize i = 0; i < n_edges; i++) {
    if (from[i] != to[i]) {
      keys[n++] = (guint64)from[i] << 32 | to[i];
    }
  }
  n = sort_distinct(keys, n);
  for (gsize i = 0; i < n; i++) {
    from[i] = (guint32)(keys[i] >> 32);
    to[i] = (guint32)keys[i];
  }
  return n;
}

static guint64 unordered_key(guint32 a, guint32 b)
{
  return (guint64)MIN(a, b) << 32 | MAX(a, b);
}

/* Edges within, out of and into every group. */
struct flows {
  double *inside;
  double *out;
  double *in;
  guint32 *size;
};

static void flows_init(struct flows *flows, const struct labelled_edges *edges)
{
  gsize k = MAX(edges->k, 1);
  *flows =
      (struct flows){g_new0(double, k), g_new0(double, k), g_new0(double, k), g_new0(guint32, k)};
  for (guint32 i = 0; i < edges->n; i++) {
    flows->size[edges->label[i]]++;
  }
  for (gsize i = 0; i < edges->n_edges; i++) {
    guint32 a = edges->label[edges->from[i]];
    guint32 b = edges->label[edges->to[i]];
    if (a == b) {
      flows->inside[a]++;
    } else {
      flows->out[a]++;
      flows->in[b]++;
    }
  }
}

static void flows_clear(struct flows *flows)
{
  g_free(flows->inside);
  g_free(flows->out);
  g_free(flows->in);
  g_free(flows->size);
}

static void measure_flows(const struct labelled_edges *edges, const struct flows *flows,
                          struct quality *quality)
{
  double fans = 0;
  for (guint32 i = 0; i < edges->k; i++) {
    double outside = flows->out[i] + flows->in[i];
    if (flows->inside[i] > 0) {
      quality->turbo_mq += 2 * flows->inside[i] / (2 * flows->inside[i] + outside);
    }
    if (outside > 0) {
      fans += flows->out[i] / outside;
    }
    quality->n_inside += (gsize)flows->inside[i];
  }
  if (edges->k > 0) {
    quality->turbo_mq_mean = quality->turbo_mq / edges->k;
    quality->instability = fans / edges->k;
  }
}

static void measure_volume(const struct labelled_edges *edges, struct quality *quality)
{
  double all = 0;
  double crossing = 0;
  for (gsize i = 0; i < edges->n_edges; i++) {
    double volume = 1 + (edges->volume != NULL ? log(edges->volume[i]) : 0);
    all += volume;
    if (edges->label[edges->from[i]] != edges->label[edges->to[i]]) {
      crossing += volume;
    }
  }
  quality->icp = all > 0 ? crossing / all : 0;
}

/* IFN and SM count connected unordered pairs of nodes; RCI and two-way count pairs of groups. */
static void measure_pairs(const struct labelled_edges *edges, const struct flows *flows,
                          struct quality *quality)
{
  g_autofree guint64 *keys = g_new(guint64, MAX(edges->n_edges, 1));
  for (gsize i = 0; i < edges->n_edges; i++) {
    keys[i] = unordered_key(edges->from[i], edges->to[i]);
  }
  gsize n_pairs = sort_distinct(keys, edges->n_edges);
  double k = edges->k;
  gsize n_crossing = 0;
  double cohesion = 0;
  double coupling = 0;
  for (gsize i = 0; i < n_pairs; i++) {
    guint32 a = edges->label[keys[i] >> 32];
    guint32 b = edges->label[(guint32)keys[i]];
    double size_a = flows->size[a];
    double size_b = flows->size[b];
    if (a == b) {
      cohesion += 1 / (size_a * size_a);
    } else {
      n_crossing++;
      coupling += 1 / (2 * size_a * size_b);
    }
  }
  quality->ifn = k > 0 ? (double)n_crossing / k : 0;
  double mean = k > 0 ? cohesion / k : 0;
  double spread = k > 1 ? 2 / (k * (k - 1)) : 0;
  quality->sm = mean - spread * 2 * coupling;
  quality->sm_unordered = mean - spread * coupling;
}

static void measure_group_pairs(const struct labelled_edges *edges, struct quality *quality)
{
  g_autofree guint64 *keys = g_new(guint64, MAX(edges->n_edges, 1));
  gsize n = 0;
  for (gsize i = 0; i < edges->n_edges; i++) {
    guint32 a = edges->label[edges->from[i]];
    guint32 b = edges->label[edges->to[i]];
    if (a != b) {
      keys[n++] = (guint64)a << 32 | b;
    }
  }
  n = sort_distinct(keys, n);
  gsize n_mutual = 0;
  for (gsize i = 0; i < n; i++) {
    guint64 back = keys[i] << 32 | keys[i] >> 32;
    if (back > keys[i] && bsearch(&back, keys, n, sizeof *keys, compare_keys) != NULL) {
      n_mutual++;
    }
  }
  double k = edges->k;
  quality->rci = k > 1 ? (double)n / (k * (k - 1)) : 0;
  quality->two_way = k > 1 ? (double)n_mutual / (k * (k - 1) / 2) : 0;
}

struct quality quality_of(const struct labelled_edges *edges, guint32 ned_low, guint32 ned_high)
{
  struct quality quality = {0};
  struct flows flows;
  flows_init(&flows, edges);
  measure_flows(edges, &flows, &quality);
  measure_volume(edges, &quality);
  measure_pairs(edges, &flows, &quality);
  measure_group_pairs(edges, &quality);
  double n_even = 0;
  double expected = 0;
  double m = (double)edges->n_edges;
  for (guint32 i = 0; i < edges->k; i++) {
    if (flows.size[i] >= ned_low && flows.size[i] <= ned_high) {
      n_even += flows.size[i];
    }
    expected += (flows.inside[i] + flows.out[i]) * (flows.inside[i] + flows.in[i]);
  }
  quality.ned = edges->n > 0 ? 1 - n_even / edges->n : 0;
  quality.modularity = m > 0 ? (double)quality.n_inside / m - expected / (m * m) : 0;
  flows_clear(&flows);
  return quality;
}
