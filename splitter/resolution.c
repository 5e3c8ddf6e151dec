#include "splitter/resolution.h"

#include <math.h>
#include <string.h>

#include "splitter/comparison.h"
#include "splitter/connectivity.h"
#include "splitter/consensus.h"
#include "splitter/dust.h"
#include "splitter/level.h"

/* Steps of a scan are a factor of 2^(1/steps_per_octave) apart; lengths of runs are counted in half
 * octaves. */
enum { MOST_STEPS = 96, THOROUGH_STEPS = 2, QUICK_STEPS = 1 };
/* Where scans begin: mean nodes in a community, for graphs that are scanned whole and for large
 * ones. */
enum { FEWEST_NODES = 4, SMALL_COMMUNITY = 200 };
/* Disturbed graphs that every step of a scan solves, and the rows that they may have together. */
enum { FEWEST_DISTURBED = 3, MOST_DISTURBED = 12, SCAN_EFFORT = 100000 };
/* Rows up to which the graph of small communities is scanned as thoroughly as a small graph. */
enum { THOROUGH_ROWS = 500000 };
/* Weights of steps: those of all partitions of a scan together stay under 2^16. */
enum { MOST_WEIGHT = 50 };
/* A step of a plateau is worth how much more alike than this it is to the one before. */
static const double half_alike = 0.85;
/* A run that is longer by so many steps counts e times as much. */
static const double run_scale = 0.1;
/* Communities (effective) that are as good as fewer; of e times as many a run has to be longer by
 * so many steps. */
static const double many = 16;
static const double price_of_many = 0.6;

/* A resolution of a scan and what the disturbed graphs agree on there. */
struct step {
  gint64 resolution;
  guint32 n_communities;
  double likeness; /* ARI of masses with what the next finer step agrees on */
  double largest;  /* share of all mass in the largest community */
  /* Communities of equal mass that would be as even: 1 over the sum of squared shares (Hill,
   * Ecology 54, 1973, order 2). Small ones beside large ones hardly count. */
  double n_effective;
};

struct scan {
  const struct network *graph;
  const struct units *units;
  struct network **disturbed; /* n_disturbed */
  guint n_disturbed;          /* 0: the graph itself is solved, once */
  GPtrArray *partitions;      /* guint32 *: max(n_disturbed, 1) for each step */
  GArray *steps;              /* struct step, from fine to coarse */
  guint steps_per_octave;
  guint n_passes;
  gboolean is_warm; /* every step begins where the finer one before it ended */
  guint32 n_most;   /* communities beyond which a partition is dust */
  guint32 n_fewest; /* communities that no resolution joins */
};

void resolution_choice_clear(struct resolution_choice *choice)
{
  g_clear_pointer(&choice->labels, g_free);
}

/* The density of the heaviest edge: above it nothing joins. */
static double heaviest_density(const struct network *graph)
{
  double finest = 0;
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      double pair = (double)graph->mass[node] * (double)graph->mass[graph->neighbour[row]];
      finest = MAX(finest, (double)graph->weight[row] / pair);
    }
  }
  return finest;
}

/* The density at which a community of N_NODES mean nodes takes up all of its nodes' weight; with
 * all nodes of the graph, the density of the whole. */
static double density_of_size(const struct network *graph, double n_nodes)
{
  double mass = 0;
  double weight = 0;
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    mass += (double)graph->mass[node];
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      weight += (double)graph->weight[row];
    }
  }
  return mass > 0 ? weight / mass / (n_nodes * mass / graph->n_nodes) : 0;
}

/* The fewest communities that there can be. */
static guint32 n_components(const struct network *graph, const struct units *units)
{
  gboolean is_free = units->apart_first[units->n_units] == 0;
  for (guint32 unit = 0; is_free && unit < units->n_units; unit++) {
    is_free = units->anchor[unit] < 0;
  }
  if (is_free) {
    g_autofree guint32 *labels = g_new0(guint32, MAX(graph->n_nodes, 1));
    return 1 + connectivity_split(graph, units, NULL, graph->n_nodes + 1, labels);
  }
  struct leiden_options options = {.resolution = 1, .n_passes = 1};
  guint32 k = 0;
  g_free(leiden_solve(graph, units, &options, NULL, &k));
  return k;
}

/* How the mass is spread over the communities of STEP: the share of the largest, and the effective
 * number. */
static void measure_spread(const struct network *graph, const guint32 *labels, struct step *step)
{
  g_autofree double *mass = g_new0(double, MAX(step->n_communities, 1));
  double whole = 0;
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    mass[labels[node]] += (double)graph->mass[node];
    whole += (double)graph->mass[node];
  }
  step->largest = whole > 0 ? 0 : 1;
  double squares = whole > 0 ? 0 : 1;
  for (guint32 i = 0; whole > 0 && i < step->n_communities; i++) {
    double share = mass[i] / whole;
    step->largest = MAX(step->largest, share);
    squares += share * share;
  }
  step->n_effective = 1 / squares;
}

static guint partitions_per_step(const struct scan *scan)
{
  return MAX(scan->n_disturbed, 1);
}

/* The median of all partitions of the steps FIRST to LAST, with WEIGHTS from FIRST on (NULL: all
 * the same). */
static guint32 *median_of_steps(const struct scan *scan, guint first, guint last,
                                const guint16 *weights, guint32 *n_communities)
{
  guint per_step = partitions_per_step(scan);
  guint n = (last - first + 1) * per_step;
  g_autofree guint16 *each = g_new(guint16, n);
  for (guint i = 0; i < n; i++) {
    each[i] = weights != NULL ? weights[i / per_step] : 1;
  }
  return consensus_median(scan->graph, scan->units,
                          (const guint32 *const *)scan->partitions->pdata + first * per_step, each,
                          n, n_communities);
}

/* Solves the graph, or every disturbed one, at one resolution; returns what they agree on. */
static guint32 *solve_step(struct scan *scan, gint64 resolution, guint32 *n_communities)
{
  guint per_step = partitions_per_step(scan);
  guint n_before = scan->partitions->len;
  for (guint i = 0; i < per_step; i++) {
    const guint32 *before = scan->is_warm && n_before > 0
                                ? g_ptr_array_index(scan->partitions, n_before - per_step + i)
                                : NULL;
    const struct network *graph = scan->n_disturbed > 0 ? scan->disturbed[i] : scan->graph;
    struct leiden_options options = {
        .resolution = resolution, .n_passes = scan->n_passes, .first_start = i};
    g_ptr_array_add(scan->partitions,
                    leiden_solve(graph, scan->units, &options, before, n_communities));
  }
  guint step = scan->partitions->len / per_step - 1;
  return per_step > 1 ? median_of_steps(scan, step, step, NULL, n_communities)
                      : g_memdup2(g_ptr_array_index(scan->partitions, step),
                                  MAX(scan->graph->n_nodes, 1) * sizeof(guint32));
}

/* Solves from the density FINEST down until one community holds nearly everything. */
static void scan_run(struct scan *scan, double finest)
{
  double coarsest = density_of_size(scan->graph, scan->graph->n_nodes) / 8;
  if (finest <= 0) {
    return;
  }
  scan->n_fewest = n_components(scan->graph, scan->units);
  g_autofree guint32 *before = NULL;
  for (guint step = 0; step < MOST_STEPS; step++) {
    double density = finest * exp2(-(double)step / scan->steps_per_octave);
    struct step entry = {.resolution = leiden_resolution(density)};
    guint32 *labels = solve_step(scan, entry.resolution, &entry.n_communities);
    if (before != NULL) {
      entry.likeness =
          comparison_ari_of_masses(scan->graph->n_nodes, before, labels, scan->graph->mass);
    }
    measure_spread(scan->graph, labels, &entry);
    g_array_append_val(scan->steps, entry);
    g_free(before);
    before = labels;
    if (entry.n_communities <= scan->n_fewest || density < coarsest || entry.largest > 0.9) {
      break;
    }
  }
}

/* 1 up to FULL, 0 from NONE on, in between what is left of the way. */
static double ramp(double value, double full, double none)
{
  return CLAMP((none - value) / (none - full), 0, 1);
}

/* A partition says something when it is neither one heap nor dust; where that begins is no edge. */
static double says(const struct step *step, guint32 most)
{
  if (step->n_communities < 2) {
    return 0;
  }
  double dust = step->n_communities == 2 ? 0 : (double)step->n_communities / MAX(most, 1);
  return ramp(dust, 0.9, 1.5) * ramp(step->largest, 0.5, 0.75);
}

/* What step LAST adds to a run of steps that begins at FIRST. A step that is wider than half an
 * octave counts as several that are each as alike as makes them alike in all. */
static double step_length(const struct scan *scan, guint first, guint last, double said)
{
  const struct step *step = &g_array_index(scan->steps, struct step, last);
  double width = (double)THOROUGH_STEPS / scan->steps_per_octave;
  double likeness = pow(MAX(step->likeness, 0), 1 / width);
  double alike = last > first ? (likeness - half_alike) / (1 - half_alike) : 0;
  return width * (alike - 2 * (1 - said));
}

/* By how many steps a run is shortened because it is of so many communities. */
static double shortening(const struct step *first, const struct step *last)
{
  return price_of_many *
         (log(MAX(first->n_effective / many, 1)) + log(MAX(last->n_effective / many, 1))) / 2;
}

/* The lengths of the runs from FIRST to each LAST, in LENGTHS; returns the LAST behind the last. */
static guint run_lengths(const struct scan *scan, guint first, double *lengths)
{
  const struct step *steps = (const struct step *)(gpointer)scan->steps->data;
  double length = 0;
  guint last = first;
  for (; last < scan->steps->len; last++) {
    double said = says(&steps[last], scan->n_most);
    if (said <= 0) {
      break;
    }
    length += step_length(scan, first, last, said);
    lengths[last] = length - shortening(&steps[first], &steps[last]);
  }
  return last;
}

static double longest_run(const struct scan *scan)
{
  double longest = -G_MAXDOUBLE;
  for (guint first = 0; first < scan->steps->len; first++) {
    double lengths[MOST_STEPS];
    guint end = run_lengths(scan, first, lengths);
    for (guint last = first; last < end; last++) {
      longest = MAX(longest, lengths[last]);
    }
  }
  return longest;
}

/* Weighs every step by the runs of steps that hold it: a run counts for more the longer it stays
 * alike, by exponents, so that of two that are nearly as long neither takes all. Returns one weight
 * per step, MOST_WEIGHT for the heaviest; all 0 when no step says anything. O(steps squared). */
static guint16 *weigh_steps(const struct scan *scan)
{
  guint n = scan->steps->len;
  double sum[MOST_STEPS] = {0};
  double longest = longest_run(scan);
  for (guint first = 0; first < n; first++) {
    double runs[MOST_STEPS] = {0};
    guint end = run_lengths(scan, first, runs);
    for (guint last = first; last < end; last++) {
      runs[last] = exp((runs[last] - longest) / run_scale);
    }
    /* A step is held by every run that ends at it or later. */
    double held = 0;
    for (guint step = n; step-- > first;) {
      held += runs[step];
      sum[step] += held;
    }
  }
  double most = 0;
  for (guint step = 0; step < n; step++) {
    most = MAX(most, sum[step]);
  }
  guint16 *weights = g_new0(guint16, n + 1);
  for (guint step = 0; most > 0 && step < n; step++) {
    weights[step] = (guint16)lround((double)MOST_WEIGHT * (sum[step] / most));
  }
  return weights;
}

/* The step that as much weight lies before as behind. */
static guint middle_step(const guint16 *weights, guint n)
{
  guint all = 0;
  for (guint step = 0; step < n; step++) {
    all += weights[step];
  }
  guint step = 0;
  for (guint before = weights[0]; step + 1 < n && 2 * before < all; before += weights[step]) {
    step++;
  }
  return step;
}

static struct resolution_choice whole(const struct network *graph, const struct units *units)
{
  struct resolution_choice choice = {.resolution = 1};
  struct leiden_options options = {.resolution = 1};
  choice.labels = leiden_solve(graph, units, &options, NULL, &choice.n_communities);
  return choice;
}

/* The length of the longest run; what nothing joins stays at every coarser resolution. */
static double length_of(const struct scan *scan, guint middle)
{
  const struct step *step = &g_array_index(scan->steps, struct step, middle);
  return MAX(longest_run(scan), step->n_communities <= scan->n_fewest ? 1 : 0);
}

static struct resolution_choice choose(const struct scan *scan)
{
  guint n = scan->steps->len;
  g_autofree guint16 *weights = weigh_steps(scan);
  guint middle = middle_step(weights, n);
  if (weights[middle] == 0) {
    middle = n - 1; /* none says anything: the last of all */
    weights[middle] = MOST_WEIGHT;
  }
  struct resolution_choice choice = {.resolution =
                                         g_array_index(scan->steps, struct step, middle).resolution,
                                     .length = length_of(scan, middle)};
  if (scan->n_disturbed > 0) {
    choice.labels = median_of_steps(scan, 0, n - 1, weights, &choice.n_communities);
  } else {
    struct leiden_options options = {.resolution = choice.resolution};
    choice.labels = leiden_solve(scan->graph, scan->units, &options, NULL, &choice.n_communities);
  }
  return choice;
}

static struct resolution_choice longest_by_scan(const struct network *graph,
                                                const struct units *units, double finest,
                                                guint32 n_most, gboolean is_quick)
{
  guint n_disturbed =
      is_quick ? 0 : CLAMP(SCAN_EFFORT / MAX(graph->n_rows, 1), FEWEST_DISTURBED, MOST_DISTURBED);
  g_autofree struct network **disturbed = g_new0(struct network *, n_disturbed + 1);
  for (guint i = 0; i < n_disturbed; i++) {
    disturbed[i] = consensus_disturbed(graph, i);
  }
  struct scan scan = {.graph = graph,
                      .units = units,
                      .disturbed = disturbed,
                      .n_disturbed = n_disturbed,
                      .partitions = g_ptr_array_new_with_free_func(g_free),
                      .steps = g_array_new(FALSE, FALSE, sizeof(struct step)),
                      .steps_per_octave = is_quick ? QUICK_STEPS : THOROUGH_STEPS,
                      .n_passes = is_quick ? 1 : 0,
                      .is_warm = is_quick,
                      .n_most = n_most};
  scan_run(&scan, finest);
  struct resolution_choice choice = scan.steps->len > 0 ? choose(&scan) : whole(graph, units);
  for (guint i = 0; i < n_disturbed; i++) {
    network_free(disturbed[i]);
  }
  g_array_unref(scan.steps);
  g_ptr_array_unref(scan.partitions);
  return choice;
}

/* No community whose weakest cut is worth less than keeping its sides together leaves here. */
static void test_cuts(const struct network *graph, const struct units *units,
                      struct resolution_choice *choice)
{
  guint32 n_ids = graph->n_nodes + 1;
  if (connectivity_split_weak(graph, units, choice->resolution, n_ids, choice->labels) > 0) {
    choice->n_communities = partition_number(graph->n_nodes, n_ids, choice->labels);
  }
}

/* What each part is called where its number must not matter: the least key of its nodes. NULL where
 * nodes have none. */
static guint64 *keys_of_parts(const struct network *graph, const guint32 *part, guint32 n_parts)
{
  if (graph->key == NULL) {
    return NULL;
  }
  guint64 *keys = g_new(guint64, MAX(n_parts, 1));
  memset(keys, 0xff, n_parts * sizeof *keys);
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    keys[part[node]] = MIN(keys[part[node]], graph->key[node]);
  }
  return keys;
}

/* Large graphs: small communities first (two looks at every node are enough for what is only a
 * beginning), then the scan over these, then one polish below. */
static struct resolution_choice longest_of_large(const struct network *graph,
                                                 const struct units *units)
{
  double fine = density_of_size(graph, SMALL_COMMUNITY);
  struct leiden_options options = {
      .resolution = leiden_resolution(fine), .n_passes = 1, .n_sweeps = 2};
  guint32 n_parts = 0;
  g_autofree guint32 *part = leiden_solve(graph, units, &options, NULL, &n_parts);
  struct units *no_units = units_new(graph->n_nodes, NULL);
  struct level *bottom = level_new(graph, no_units, NULL);
  struct level *level = level_aggregate(bottom, part, n_parts);
  g_autofree guint64 *keys = keys_of_parts(graph, part, n_parts);
  struct network small = {level->n_nodes,
                          level->first[level->n_nodes],
                          level->first,
                          level->neighbour,
                          level->weight,
                          level->unit_mass,
                          keys};
  struct units *small_units = units_of_parts(units, part, n_parts);
  struct resolution_choice choice =
      longest_by_scan(&small, small_units, fine, n_parts, small.n_rows > THOROUGH_ROWS);
  g_autofree guint32 *warm = g_new(guint32, graph->n_nodes);
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    warm[node] = choice.labels[part[node]];
  }
  options = (struct leiden_options){.resolution = choice.resolution, .n_passes = 1};
  g_free(choice.labels);
  choice.labels = leiden_solve(graph, units, &options, warm, &choice.n_communities);
  units_free(small_units);
  units_free(no_units);
  level_free(level);
  level_free(bottom);
  return choice;
}

struct resolution_choice resolution_longest(const struct network *graph, const struct units *units)
{
  struct resolution_choice choice =
      graph->n_nodes > RESOLUTION_LARGE
          ? longest_of_large(graph, units)
          : longest_by_scan(graph, units, density_of_size(graph, FEWEST_NODES), units->n_units / 3,
                            FALSE);
  test_cuts(graph, units, &choice);
  return choice;
}

/* Joins the pair of communities that loses the least (or, without ties, the smallest two) until
 * WANTED are left or no pair may be joined. */
static void join_down(const struct network *graph, const struct units *units, guint32 wanted,
                      gint64 resolution, struct resolution_choice *choice)
{
  struct level *level = level_new(graph, units, NULL);
  while (choice->n_communities > wanted) {
    guint32 k = choice->n_communities;
    struct communities *communities = communities_new(level, k, choice->labels);
    g_autofree gint64 *tie = g_new0(gint64, (gsize)k * k);
    for (guint32 node = 0; node < graph->n_nodes; node++) {
      for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
        tie[(gsize)choice->labels[node] * k + choice->labels[graph->neighbour[row]]] +=
            graph->weight[row];
      }
    }
    g_autofree guint8 *is_forbidden = g_new0(guint8, (gsize)k * k);
    for (guint32 unit = 0; unit < units->n_units; unit++) {
      guint32 a = choice->labels[units->member[units->first[unit]]];
      for (guint32 i = units->apart_first[unit]; i < units->apart_first[unit + 1]; i++) {
        guint32 b = choice->labels[units->member[units->first[units->apart[i]]]];
        is_forbidden[(gsize)a * k + b] = is_forbidden[(gsize)b * k + a] = 1;
      }
    }
    score best = 0;
    guint32 best_a = k;
    guint32 best_b = k;
    for (guint32 a = 0; a < k; a++) {
      for (guint32 b = a + 1; b < k; b++) {
        gboolean is_anchored = communities->anchor[a] >= 0 && communities->anchor[b] >= 0;
        score value = ((score)tie[(gsize)a * k + b] << RESOLUTION_SHIFT) -
                      (score)resolution * communities->mass[a] * communities->mass[b];
        if (!is_anchored && !is_forbidden[(gsize)a * k + b] && (best_a == k || value > best)) {
          best = value;
          best_a = a;
          best_b = b;
        }
      }
    }
    communities_free(communities);
    if (best_a == k) {
      break;
    }
    for (guint32 node = 0; node < graph->n_nodes; node++) {
      if (choice->labels[node] == best_b) {
        choice->labels[node] = best_a;
      }
    }
    choice->n_communities = partition_number(graph->n_nodes, k, choice->labels);
  }
  level_free(level);
}

struct resolution_choice resolution_for_count(const struct network *graph,
                                              const struct units *units, guint32 wanted,
                                              const gint64 *mass, gint64 least_mass,
                                              const guint8 *is_kept)
{
  struct resolution_choice choice = {0};
  double fine = MAX(heaviest_density(graph), 1e-9);
  double coarse = fine * exp2(-48);
  for (int round = 0; round < 40; round++) {
    double density = sqrt(fine * coarse);
    struct leiden_options options = {.resolution = leiden_resolution(density)};
    guint32 k = 0;
    guint32 *labels = leiden_solve(graph, units, &options, NULL, &k);
    k = dust_adopt(graph, units, mass, least_mass, is_kept, labels, k);
    /* Keep the fewest that are still enough: what is over is joined afterwards. */
    gboolean is_enough = k >= wanted;
    if (choice.labels == NULL ||
        (is_enough && (choice.n_communities < wanted || k < choice.n_communities)) ||
        (!is_enough && choice.n_communities < wanted && k > choice.n_communities)) {
      g_free(choice.labels);
      choice.labels = labels;
      choice.n_communities = k;
      choice.resolution = options.resolution;
    } else {
      g_free(labels);
    }
    if (k == wanted) {
      break;
    }
    if (is_enough) {
      fine = density;
    } else {
      coarse = density;
    }
  }
  if (choice.n_communities > wanted && choice.n_communities <= 4096) {
    join_down(graph, units, wanted, choice.resolution, &choice);
  }
  return choice;
}
