/* What the linking of calls costs, on the facts of a store: which units make which program, what of
 * them can run, where pointers lead, and who calls whom. One thread, nothing is written.
 *
 *   bench_link_calls STORE MODELS [TURNS]
 *
 * Prints, of the turn that took least in all, CPU seconds in all and of each step, one a line. */
#include "analyzer/calls.h"
#include "analyzer/programs.h"
#include "analyzer/relink.h"
#include "store/facts.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum step { PROGRAMS, LIVENESS, FLOW, SITES, CALLS, FREEING, N_STEPS };

static const char *const step_names[N_STEPS] = {"programs",       "liveness", "flow",
                                                "names of sites", "calls",    "freeing"};

struct turn {
  double seconds[N_STEPS];
  double all;
};

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Counts what passed since `began`, and begins anew. */
static void count(struct turn *turn, enum step step, double *began)
{
  double end = now();
  turn->seconds[step] += end - *began;
  turn->all += end - *began;
  *began = end;
}

static void link_program(struct findings *findings, const struct link_program *program,
                         const struct liveness *liveness, const struct models *models,
                         struct turn *turn)
{
  double began = now();
  linkage_stand_in(findings->linkage, program);
  struct flow *flow = flow_new(findings->linkage, program, liveness, models);
  count(turn, FLOW, &began);
  calls_find(findings, flow);
  count(turn, CALLS, &began);
  bool is_more = flow_add_dead(flow);
  count(turn, FLOW, &began);
  if (is_more)
    calls_find(findings, flow);
  count(turn, CALLS, &began);
  flow_free(flow);
  count(turn, FREEING, &began);
}

static void name_sites(const struct linkage *linkage)
{
  guint n = linkage->routines->len;
  g_autofree struct link_routine *routines = g_new(struct link_routine, MAX(n, 1));
  if (n != 0)
    memcpy(routines, linkage->routines->data, n * sizeof *routines);
  findings_name_sites(linkage, routines);
}

static struct turn link_calls(const GPtrArray *units, const GArray *ids, const char *root,
                              const char *build_folder, const struct models *models)
{
  struct turn turn = {0};
  struct linkage *linkage = linkage_new((const struct unit *const *)(void *)units->pdata,
                                        (const int64_t *)(void *)ids->data, units->len);
  double began = now();
  programs_find(linkage, root, build_folder);
  count(&turn, PROGRAMS, &began);
  struct findings *findings = findings_new(linkage, NULL);
  began = now();
  name_sites(linkage);
  count(&turn, SITES, &began);
  struct liveness *liveness = liveness_find(linkage);
  count(&turn, LIVENESS, &began);
  for (guint i = 0; i < linkage->programs->len; i++) {
    const struct link_program *program = g_ptr_array_index(linkage->programs, i);
    if (!program->is_part)
      link_program(findings, program, liveness, models, &turn);
  }
  began = now();
  liveness_free(liveness);
  count(&turn, FREEING, &began);
  findings_free(findings);
  linkage_free(linkage);
  return turn;
}

static bool open_units(const struct record_set *set, GPtrArray *units, GArray *ids, GError **error)
{
  for (size_t i = 0; i < set->n; i++) {
    const struct fact_unit *row = record_at(set, fact_unit, i);
    struct unit *unit = unit_open(row->facts, error);
    if (unit == NULL)
      return false;
    g_ptr_array_add(units, unit);
    g_array_append_val(ids, row->id);
  }
  return true;
}

static bool run(const char *path, const char *models_folder, unsigned n_turns, GError **error)
{
  g_autoptr(store_t) store = store_open(path, STORE_READ, error);
  if (store == NULL)
    return false;
  g_autofree char *root = store_info(store, INFO_ROOT, error);
  g_autofree char *build_folder = store_info(store, INFO_BUILD_FOLDER, NULL);
  g_autoptr(record_set) set = store_load(store, &fact_unit_table, "file, arguments, id", error);
  g_autoptr(models_owner) models = models_new();
  g_autoptr(GPtrArray) units = g_ptr_array_new_with_free_func((GDestroyNotify)unit_free);
  g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
  if (root == NULL || set == NULL || !models_read_folder(models, models_folder, error) ||
      !open_units(set, units, ids, error))
    return false;
  bool is_folder = build_folder != NULL && *build_folder != '\0';
  struct turn best = {.all = HUGE_VAL};
  for (unsigned i = 0; i < n_turns; i++) {
    struct turn turn = link_calls(units, ids, root, is_folder ? build_folder : NULL, models);
    if (turn.all < best.all)
      best = turn;
  }
  printf("%.3f all\n", best.all);
  for (size_t i = 0; i < N_STEPS; i++)
    printf("%.3f %s\n", best.seconds[i], step_names[i]);
  return true;
}

int main(int argc, char **argv)
{
  g_autoptr(GError) error = NULL;
  int n_turns = argc > 3 ? atoi(argv[3]) : 1;
  if (argc < 3 || n_turns < 1) {
    fprintf(stderr, "usage: bench_link_calls STORE MODELS [TURNS]\n");
    return 2;
  }
  if (!run(argv[1], argv[2], (unsigned)n_turns, &error)) {
    fprintf(stderr, "%s\n", error != NULL ? error->message : "the store was not linked");
    return 1;
  }
  return 0;
}
