/* Prints how stable cold proposals are on the httpd fixtures, version to version, with TurboMQ, and
 * what dropping one edge in a hundred does to them.
 * usage: bench_split_httpd FOLDER (decompose/httpd of CLEAVE_DATA) [EVIDENCE MASK] */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "splitter/comparison.h"
#include "splitter/evidence.h"
#include "splitter/import.h"
#include "splitter/plan_reader.h"
#include "splitter/quality.h"
#include "splitter/split.h"
#include "tests/splitter/planted.h"

static struct grouping *propose(const struct rsf *rsf, guint mask, const char *path)
{
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
  struct import_summary summary;
  struct split_options options = {.evidence_mask = mask, .is_fresh = true};
  struct split_result result = {0};
  if (store == NULL || !import_rsf(store, rsf, "bench", &summary, &error) ||
      !split_run(store, &options, &result, &error)) {
    fprintf(stderr, "bench_split_httpd: %s\n", error->message);
    exit(EXIT_FAILURE);
  }
  split_result_clear(&result);
  return plan_read_grouping(store, PLAN_LEVEL_ROUTINE, NULL);
}

static int compare_names(const void *left, const void *right)
{
  return strcmp(left, *(const char *const *)right);
}

static bool find_item(const struct grouping *grouping, const char *name, guint32 *item)
{
  char **at =
      bsearch(name, grouping->items->pdata, grouping->items->len, sizeof(char *), compare_names);
  if (at != NULL) {
    *item = (guint32)((gpointer *)at - grouping->items->pdata);
  }
  return at != NULL;
}

static double turbo_mq_mean(const struct grouping *grouping, const struct rsf *rsf)
{
  g_autofree guint32 *from = g_new(guint32, rsf->depends->len);
  g_autofree guint32 *to = g_new(guint32, rsf->depends->len);
  gsize n = 0;
  for (guint i = 0; i < rsf->depends->len; i++) {
    const struct rsf_fact *fact = g_ptr_array_index(rsf->depends, i);
    n += find_item(grouping, fact->left, &from[n]) && find_item(grouping, fact->right, &to[n]);
  }
  n = quality_distinct_edges(n, from, to);
  struct labelled_edges edges = {grouping->items->len,
                                 grouping->groups->len,
                                 (const guint32 *)(gpointer)grouping->group_of->data,
                                 n,
                                 from,
                                 to,
                                 NULL};
  return quality_of(&edges, 5, 20).turbo_mq_mean;
}

static double largest_share(const struct grouping *grouping)
{
  g_autofree guint32 *size = g_new0(guint32, MAX(grouping->groups->len, 1));
  guint32 largest = 0;
  for (guint i = 0; i < grouping->items->len; i++) {
    guint32 *own = &size[g_array_index(grouping->group_of, guint32, i)];
    ++*own;
    largest = MAX(largest, *own);
  }
  return grouping->items->len > 0 ? (double)largest / grouping->items->len : 0;
}

static void drop_edges(struct rsf *rsf, guint64 seed)
{
  guint64 state = seed * 7919;
  for (guint i = rsf->depends->len; i-- > 0;) {
    if (planted_random(&state) % 100 == 0) {
      g_ptr_array_remove_index(rsf->depends, i);
    }
  }
}

static void bench_dropped(const char *path, guint mask, const char *scratch)
{
  enum { N_SEEDS = 20 };
  struct rsf *whole = rsf_read(path, NULL);
  struct grouping *undisturbed = propose(whole, mask, scratch);
  double sum = 0;
  double worst = 1;
  for (guint64 seed = 1; seed <= N_SEEDS; seed++) {
    struct rsf *rsf = rsf_read(path, NULL);
    drop_edges(rsf, seed);
    struct grouping *grouping = propose(rsf, mask, scratch);
    double ari = comparison_of(undisturbed, grouping).ari;
    sum += ari;
    worst = MIN(worst, ari);
    grouping_free(grouping);
    rsf_free(rsf);
  }
  printf("one edge in a hundred dropped, %d seeds: mean ARI %.4f, worst %.4f\n", N_SEEDS,
         sum / N_SEEDS, worst);
  grouping_free(undisturbed);
  rsf_free(whole);
}

int main(int argc, char **argv)
{
  static const char *const versions[] = {"2.3.8", "2.4.7", "2.4.10", "2.4.16", "2.4.26"};
  if (argc < 2) {
    fprintf(stderr, "usage: bench_split_httpd FOLDER [MASK]\n");
    return EXIT_FAILURE;
  }
  guint mask = argc > 2 ? (guint)strtoul(argv[2], NULL, 0) : (1U << N_EVIDENCE_KINDS) - 1;
  g_autofree char *scratch = g_strdup_printf("%s/bench-httpd-%d.db", g_get_tmp_dir(), getpid());
  struct grouping *before = NULL;
  double sum = 0;
  for (gsize i = 0; i < G_N_ELEMENTS(versions); i++) {
    g_autofree char *path = g_strdup_printf("%s/dependencies/httpd-%s.rsf", argv[1], versions[i]);
    struct rsf *rsf = rsf_read(path, NULL);
    struct grouping *grouping = propose(rsf, mask, scratch);
    double mq = turbo_mq_mean(grouping, rsf);
    sum += mq;
    printf("httpd-%-7s K %3u  largest %2.0f %%  TurboMQ/K %.4f", versions[i], grouping->groups->len,
           100 * largest_share(grouping), mq);
    if (before != NULL) {
      struct comparison result = comparison_of(grouping, before);
      printf("  to the version before: MoJoFM %.4f, back %.4f, ARI %.4f", result.mojofm_ab,
             result.mojofm_ba, result.ari);
      grouping_free(before);
    }
    printf("\n");
    before = grouping;
    rsf_free(rsf);
  }
  printf("mean TurboMQ/K %.4f (all in one 1, one per file 0)\n", sum / G_N_ELEMENTS(versions));
  grouping_free(before);
  g_autofree char *last = g_strdup_printf("%s/dependencies/httpd-2.4.26.rsf", argv[1]);
  bench_dropped(last, mask, scratch);
  g_unlink(scratch);
  return EXIT_SUCCESS;
}
