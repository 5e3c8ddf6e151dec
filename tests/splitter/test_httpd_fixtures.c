/* The published values of the httpd fixtures (arcade_core) are recomputed from their partitions and
 * compared to all printed digits. The files stay where they are: CLEAVE_DATA names their folder. */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "splitter/comparison.h"
#include "splitter/evidence.h"
#include "splitter/import.h"
#include "splitter/plan_reader.h"
#include "splitter/quality.h"
#include "splitter/split.h"

static const char *data_folder(void)
{
  return g_getenv("CLEAVE_DATA");
}

static struct grouping *read_grouping(const char *folder, const char *file)
{
  g_autofree char *path = g_build_filename(data_folder(), "decompose", "httpd", folder, file, NULL);
  g_autoptr(GError) error = NULL;
  struct rsf *rsf = rsf_read(path, &error);
  g_assert_no_error(error);
  struct grouping *grouping = grouping_from_rsf(rsf, path, &error);
  g_assert_no_error(error);
  rsf_free(rsf);
  return grouping;
}

static char *read_oracle(const char *folder, const char *file)
{
  g_autofree char *path = g_build_filename(data_folder(), "decompose", "httpd", folder, file, NULL);
  char *text = NULL;
  g_autoptr(GError) error = NULL;
  g_file_get_contents(path, &text, NULL, &error);
  g_assert_no_error(error);
  return text;
}

/* Percent with two digits, half to even, as the program that made the oracles prints it. */
static double percent(double value)
{
  return nearbyint(value * 1e4) / 100;
}

static double mojo_value(const char *kind, const struct comparison *result)
{
  if (strcmp(kind, "MoJoBaseOracles") == 0) {
    return result->mojo_ab;
  }
  if (strcmp(kind, "MoJoPlusOracles") == 0) {
    return result->mojo_plus_ab;
  }
  return percent(strcmp(kind, "MoJoEvoOracles") == 0 ? result->mojo_evo_ab
                                                     : result->mojofm_full_ab);
}

static void test_mojo(void)
{
  const char *kinds[] = {"MoJoBaseOracles", "MoJoPlusOracles", "MoJoEvoOracles", "MoJoFMoracles"};
  const char *methods[] = {"acdc", "arc"};
  guint n_values = 0;
  for (gsize kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
    for (gsize method = 0; method < G_N_ELEMENTS(methods); method++) {
      g_autofree char *folder = g_strdup_printf("mojo/oracles/%s", kinds[kind]);
      g_autofree char *file = g_strdup_printf("httpd_%s.txt", methods[method]);
      g_autofree char *text = read_oracle(folder, file);
      g_auto(GStrv) fields = g_strsplit(g_strstrip(text), ",", -1);
      g_autofree char *partitions = g_strdup_printf("mojo/%s", methods[method]);
      for (guint i = 1; fields[i] != NULL && fields[i + 1] != NULL; i += 3) {
        struct grouping *a = read_grouping(partitions, fields[i]);
        struct grouping *b = read_grouping(partitions, fields[i + 1]);
        struct comparison result = comparison_of(a, b);
        g_test_message("%s %s %s", kinds[kind], fields[i], fields[i + 1]);
        g_assert_cmpfloat(mojo_value(kinds[kind], &result), ==,
                          g_ascii_strtod(fields[i + 2], NULL));
        grouping_free(a);
        grouping_free(b);
        n_values++;
      }
    }
  }
  g_assert_cmpuint(n_values, ==, 32);
}

static int compare_names(const void *left, const void *right)
{
  return strcmp(left, *(const char *const *)right);
}

static gboolean find_item(const struct grouping *grouping, const char *name, guint32 *item)
{
  char **at =
      bsearch(name, grouping->items->pdata, grouping->items->len, sizeof(char *), compare_names);
  if (at != NULL) {
    *item = (guint32)((gpointer *)at - grouping->items->pdata);
  }
  return at != NULL;
}

static struct quality quality_of_grouping(const struct grouping *grouping, const struct rsf *rsf)
{
  g_autofree guint32 *from = g_new(guint32, rsf->depends->len);
  g_autofree guint32 *to = g_new(guint32, rsf->depends->len);
  gsize n_edges = 0;
  for (guint i = 0; i < rsf->depends->len; i++) {
    const struct rsf_fact *fact = g_ptr_array_index(rsf->depends, i);
    if (find_item(grouping, fact->left, &from[n_edges]) &&
        find_item(grouping, fact->right, &to[n_edges])) {
      n_edges++;
    }
  }
  n_edges = quality_distinct_edges(n_edges, from, to);
  struct labelled_edges edges = {grouping->items->len,
                                 grouping->groups->len,
                                 (const guint32 *)(gpointer)grouping->group_of->data,
                                 n_edges,
                                 from,
                                 to,
                                 NULL};
  return quality_of(&edges, 5, 20);
}

static struct rsf *read_dependencies(const char *file)
{
  g_autofree char *path =
      g_build_filename(data_folder(), "decompose", "httpd", "dependencies", file, NULL);
  g_autoptr(GError) error = NULL;
  struct rsf *rsf = rsf_read(path, &error);
  g_assert_no_error(error);
  return rsf;
}

static struct quality quality_of_version(const char *method, const char *version)
{
  g_autofree char *folder = g_strdup_printf("decay/%s", method);
  g_autofree char *file = g_strdup_printf("%s.rsf", version);
  struct grouping *grouping = read_grouping(folder, file);
  struct rsf *rsf = read_dependencies(file);
  struct quality quality = quality_of_grouping(grouping, rsf);
  grouping_free(grouping);
  rsf_free(rsf);
  return quality;
}

static void test_decay(void)
{
  const char *methods[] = {"acdc", "arc"};
  guint n_values = 0;
  for (gsize method = 0; method < G_N_ELEMENTS(methods); method++) {
    g_autofree char *file = g_strdup_printf("decay_metrics_oracle_httpd_%s.txt", methods[method]);
    g_autofree char *text = read_oracle("decay/oracles", file);
    g_auto(GStrv) lines = g_strsplit(g_strstrip(text), "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
      g_auto(GStrv) fields = g_strsplit(lines[i], ", ", -1);
      g_assert_cmpuint(g_strv_length(fields), ==, 5);
      struct quality quality = quality_of_version(methods[method], fields[0]);
      double values[] = {quality.rci, quality.two_way, quality.instability, quality.turbo_mq_mean};
      for (guint j = 0; j < 4; j++) {
        g_test_message("%s %s", lines[i], methods[method]);
        g_assert_cmpfloat_with_epsilon(values[j], g_ascii_strtod(fields[j + 1], NULL), 1e-12);
        n_values++;
      }
    }
  }
  g_assert_cmpuint(n_values, ==, 40);
}

/* Consecutive versions under ACDC, older to newer; the mean is what arcade_core publishes. */
static void test_a2a(void)
{
  const char *versions[] = {"2.3.8", "2.4.7", "2.4.10", "2.4.16", "2.4.26"};
  double sum = 0;
  for (gsize i = 0; i + 1 < G_N_ELEMENTS(versions); i++) {
    g_autofree char *older = g_strdup_printf("httpd-%s_acdc_clustered.rsf", versions[i]);
    g_autofree char *newer = g_strdup_printf("httpd-%s_acdc_clustered.rsf", versions[i + 1]);
    struct grouping *a = read_grouping("mojo/acdc", older);
    struct grouping *b = read_grouping("mojo/acdc", newer);
    struct comparison result = comparison_of(a, b);
    g_test_message("a2a %s %s %.14f", older, newer, 100 * result.a2a);
    sum += 100 * result.a2a;
    grouping_free(a);
    grouping_free(b);
  }
  g_assert_cmpfloat_with_epsilon(sum / 4, 94.40471168204797, 1e-9);
}

/* Values derived from the formulas by an independent script. */
static void test_derived(void)
{
  struct quality quality = quality_of_version("acdc", "httpd-2.4.26");
  g_assert_cmpuint(quality.n_inside, ==, 1451);
  g_assert_cmpfloat_with_epsilon(quality.icp, 0.712103, 5e-7);
  g_assert_cmpfloat_with_epsilon(quality.modularity, 0.091631275195, 5e-13);
  g_assert_cmpfloat_with_epsilon(quality.ned, 0.932039, 5e-7);
  g_assert_cmpfloat_with_epsilon(quality.sm, 0.201505, 5e-7);
  g_assert_cmpfloat_with_epsilon(quality.sm_unordered, 0.218543, 5e-7);
  g_assert_cmpfloat_with_epsilon(quality.ifn, 46.012821, 5e-7);
}

/* Solves one version cold by its dependencies alone; MEAN gets TurboMQ/K. */
static struct grouping *propose(const char *version, const char *path, double *mean)
{
  g_autofree char *file = g_strdup_printf("httpd-%s.rsf", version);
  struct rsf *rsf = read_dependencies(file);
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  struct import_summary summary;
  import_rsf(store, rsf, file, &summary, &error);
  g_assert_no_error(error);
  struct split_options options = {.evidence_mask = 1U << EVIDENCE_CALLS, .is_fresh = true};
  struct split_result result = {0};
  split_run(store, &options, &result, &error);
  g_assert_no_error(error);
  split_result_clear(&result);
  struct grouping *grouping = plan_read_grouping(store, PLAN_LEVEL_ROUTINE, NULL);
  *mean = quality_of_grouping(grouping, rsf).turbo_mq_mean;
  rsf_free(rsf);
  return grouping;
}

/* From patch to patch, each solved cold, hardly a file moves; it is never all in one. */
static void test_stability(void)
{
  static const char *const versions[] = {"2.4.7", "2.4.10", "2.4.16", "2.4.26"};
  g_autofree char *folder = g_dir_make_tmp("httpd-XXXXXX", NULL);
  g_autofree char *path = g_build_filename(folder, "s.db", NULL);
  struct grouping *before = NULL;
  double sum = 0;
  for (guint i = 0; i < G_N_ELEMENTS(versions); i++) {
    double mean = 0;
    struct grouping *grouping = propose(versions[i], path, &mean);
    sum += mean;
    g_assert_cmpuint(grouping->groups->len, >=, 3);
    if (before != NULL) {
      g_assert_cmpfloat(comparison_of(grouping, before).mojofm_ab, >=, 0.99);
      grouping_free(before);
    }
    before = grouping;
  }
  g_assert_cmpfloat(sum / G_N_ELEMENTS(versions), >=, 0.4);
  grouping_free(before);
  g_unlink(path);
  g_rmdir(folder);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_autofree char *default_folder =
      g_build_filename(g_getenv("CLEAVE_SOURCE_DIR") != NULL ? g_getenv("CLEAVE_SOURCE_DIR") : ".",
                       "..", "shared", "data", NULL);
  if (data_folder() == NULL) {
    g_setenv("CLEAVE_DATA", default_folder, TRUE);
  }
  g_autofree char *folder = g_build_filename(data_folder(), "decompose", "httpd", NULL);
  if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
    g_printerr("skipped: the httpd fixtures are not in '%s' (set CLEAVE_DATA)\n", folder);
    return 77;
  }
  g_test_add_func("/httpd/mojo", test_mojo);
  g_test_add_func("/httpd/decay", test_decay);
  g_test_add_func("/httpd/a2a", test_a2a);
  g_test_add_func("/httpd/derived", test_derived);
  g_test_add_func("/httpd/stability", test_stability);
  return g_test_run();
}
