#include "splitter/split.h"

#include <string.h>

#include "splitter/changes.h"
#include "splitter/decision_price.h"
#include "splitter/dust.h"
#include "splitter/explanation.h"
#include "splitter/extraction.h"
#include "splitter/fusion.h"
#include "splitter/history.h"
#include "splitter/plan_writer.h"
#include "splitter/resolution.h"
#include "splitter/spans.h"
#include "splitter/splitting.h"
#include "splitter/trials.h"
#include "splitter/untied.h"
#include "splitter/worth.h"

G_DEFINE_QUARK(cleave - split - error, split_error)

/* What it costs to move something that people have already seen, in units of evidence. */
enum { MOVE_PRICE = 4 };

void split_result_clear(struct split_result *result)
{
  g_clear_pointer(&result->remarks, g_ptr_array_unref);
  g_clear_pointer(&result->decisions, g_ptr_array_unref);
  g_clear_pointer(&result->steps, g_ptr_array_unref);
  g_clear_pointer(&result->changes, g_ptr_array_unref);
}

void splitting_clear(struct splitting *splitting)
{
  if (splitting->proposal != NULL) {
    proposal_free(splitting->proposal);
  } else {
    network_free(splitting->graph);
  }
  g_free(splitting->labels);
  g_free(splitting->is_kept);
  g_free(splitting->worth);
  previous_free(splitting->previous);
  units_free(splitting->units);
  constraints_free(splitting->constraints);
  evidence_free(splitting->evidence);
  g_clear_pointer(&splitting->groups, g_ptr_array_unref);
  roles_free(splitting->roles);
  decided_free(splitting->decided);
  boundaries_free(splitting->boundaries);
  g_free(splitting->recordings);
  monolith_free(splitting->monolith);
}

static bool read_decisions(struct splitting *splitting, GError **error)
{
  const struct split_options *options = splitting->options;
  if (options->boundaries != NULL) {
    splitting->boundaries = boundaries_read(options->boundaries, splitting->monolith, error);
    if (splitting->boundaries == NULL) {
      return false;
    }
    g_autofree char *conflict =
        boundaries_conflict(splitting->boundaries, splitting->monolith, options->n_services);
    if (conflict != NULL) {
      g_set_error_literal(error, SPLIT_ERROR, SPLIT_ERROR_CONFLICT, conflict);
      return false;
    }
  }
  trials_leave_out(splitting->monolith, splitting->boundaries);
  splitting->decided = decided_new(splitting->boundaries, splitting->monolith);
  return true;
}

/* What was recorded takes the place of what loops let guess. */
static bool read_volumes(struct splitting *splitting, struct store *store,
                         struct split_result *result, GError **error)
{
  splitting->recordings = volume_recordings(store, splitting->monolith, error);
  if (splitting->recordings == NULL) {
    return false;
  }
  result->has_recordings = volume_apply_recordings(splitting->monolith, splitting->recordings);
  const char *path = splitting->options->profile;
  struct profile *profile = path != NULL ? profile_read(path, error) : NULL;
  if (profile != NULL) {
    result->n_profiled = volume_apply_profile(splitting->monolith, profile);
    if (result->n_profiled == 0) {
      g_ptr_array_add(result->remarks,
                      g_strdup_printf("%s: no call of it is one of the analysed code", path));
    }
  }
  profile_free(profile);
  return path == NULL || profile != NULL;
}

static bool has_routines(const struct monolith *monolith)
{
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (monolith->routines[i].is_defined) {
      return true;
    }
  }
  return false;
}

/* Tables, data files and shared segments are worth a service however small. */
static guint8 *kept_nodes(const struct monolith *monolith, const struct evidence *evidence)
{
  guint8 *is_kept = g_malloc0(MAX(evidence->n_nodes, 1));
  for (guint32 node = evidence->n_routines; node < evidence->n_nodes; node++) {
    const char *storage = monolith->states[evidence->item[node]].storage;
    is_kept[node] = strcmp(storage, "table") == 0 || strcmp(storage, "file") == 0 ||
                    strcmp(storage, "shm") == 0;
  }
  return is_kept;
}

static gint64 *worth_of_nodes(const struct roles *roles, const struct evidence *evidence)
{
  gint64 *worth = g_new(gint64, MAX(evidence->n_nodes, 1));
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    bool is_stateless =
        node < evidence->n_routines && roles->routine[evidence->item[node]] == ROUTINE_STATELESS;
    worth[node] = is_stateless ? 0 : evidence->mass[node];
  }
  return worth;
}

void splitting_gather(struct splitting *splitting)
{
  const struct monolith *monolith = splitting->monolith;
  struct decided *decided = splitting->decided;
  splitting->roles = roles_new(monolith, decided->is_entry);
  decided_bend_roles(decided, monolith, splitting->roles);
  splitting->groups = spans_group(monolith, splitting->roles);
  splitting->evidence = evidence_new(
      monolith, splitting->roles, decided->is_shared, decided->is_external,
      (const struct co_change *)(gpointer)splitting->history->data, splitting->history->len);
  splitting->is_kept = kept_nodes(monolith, splitting->evidence);
  splitting->worth = worth_of_nodes(splitting->roles, splitting->evidence);
  splitting->graph = evidence_graph(splitting->evidence, splitting->mask);
  splitting->constraints = decided_constraints(decided, splitting->boundaries, monolith,
                                               splitting->evidence, splitting->groups);
  splitting->units = units_new(splitting->evidence->n_nodes, splitting->constraints);
  if (splitting->units != NULL && splitting->options->n_services == 0) {
    untied_keep_programs(monolith, splitting->evidence, splitting->graph, splitting->units,
                         splitting->worth, LEAST_SERVICE_MASS, splitting->is_kept);
  }
}

/* Per node: whether the outside world reaches it. */
static guint8 *woken_nodes(const struct splitting *splitting)
{
  const struct evidence *evidence = splitting->evidence;
  guint8 *is_woken = g_new0(guint8, MAX(evidence->n_nodes, 1));
  for (guint32 node = 0; node < evidence->n_routines; node++) {
    is_woken[node] = splitting->roles->is_entry[evidence->item[node]];
  }
  return is_woken;
}

guint32 splitting_join_small(const struct splitting *splitting, guint32 *labels, guint32 n_labels,
                             gint64 *resolution)
{
  guint32 n = dust_adopt(splitting->graph, splitting->units, splitting->worth, LEAST_SERVICE_MASS,
                         splitting->is_kept, labels, n_labels);
  if (splitting->options->n_services > 0) {
    return n;
  }
  g_autofree guint8 *is_woken = woken_nodes(splitting);
  return worth_join(splitting->graph, splitting->units, splitting->worth, splitting->is_kept,
                    is_woken, labels, n, resolution);
}

static struct resolution_choice solve_cold(const struct splitting *splitting)
{
  const struct split_options *options = splitting->options;
  struct resolution_choice choice =
      options->n_services > 0
          ? resolution_for_count(splitting->graph, splitting->units, options->n_services,
                                 splitting->worth, LEAST_SERVICE_MASS, splitting->is_kept)
          : resolution_longest(splitting->graph, splitting->units);
  choice.n_communities =
      splitting_join_small(splitting, choice.labels, choice.n_communities, &choice.resolution);
  return choice;
}

/* Where everything was, with pinned nodes where their service was: what a warm start begins with.
 */
static guint32 *warm_labels(const struct splitting *splitting)
{
  const struct evidence *evidence = splitting->evidence;
  const struct previous *previous = splitting->previous;
  guint32 *labels = previous_labels(previous, evidence);
  guint32 n_services = splitting->boundaries != NULL ? splitting->boundaries->services->len : 0;
  g_autofree guint32 *label_of = g_new(guint32, MAX(n_services, 1));
  for (guint32 i = 0; i < n_services; i++) {
    label_of[i] = MONOLITH_NONE;
    for (guint32 node = 0; node < evidence->n_nodes; node++) {
      guint32 group = previous_group(previous, evidence, node);
      if (group != MONOLITH_NONE &&
          strcmp(g_ptr_array_index(previous->groups, group),
                 g_ptr_array_index(splitting->boundaries->services, i)) == 0) {
        label_of[i] = labels[node];
        break;
      }
    }
  }
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    guint32 item = evidence->item[node];
    gint64 pinned = node < evidence->n_routines ? splitting->decided->pinned_routine[item]
                                                : splitting->decided->pinned_state[item];
    if (pinned >= 0 && label_of[pinned] != MONOLITH_NONE) {
      labels[node] = label_of[pinned];
    }
  }
  return labels;
}

static guint32 *new_nodes(const struct splitting *splitting, guint32 *n)
{
  const struct evidence *evidence = splitting->evidence;
  guint32 *nodes = g_new(guint32, MAX(evidence->n_nodes, 1));
  *n = 0;
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    if (previous_group(splitting->previous, evidence, node) == MONOLITH_NONE) {
      nodes[(*n)++] = node;
    }
  }
  return nodes;
}

static void solve_warm(struct splitting *splitting)
{
  g_autofree guint32 *warm = warm_labels(splitting);
  guint32 n_touched = 0;
  g_autofree guint32 *touched = new_nodes(splitting, &n_touched);
  struct leiden_options options = {.resolution = splitting->resolution,
                                   .move_price = MOVE_PRICE * NETWORK_WEIGHT_ONE};
  splitting->labels = leiden_resolve(splitting->graph, splitting->units, &options, warm, touched,
                                     n_touched, &splitting->n_labels);
  splitting->n_labels = splitting_join_small(splitting, splitting->labels, splitting->n_labels,
                                             &splitting->resolution);
}

static char *options_text(const struct splitting *splitting)
{
  return g_strdup_printf("services=%u evidence=%u", splitting->options->n_services,
                         splitting->mask);
}

static bool solve(struct splitting *splitting, struct store *store, struct split_result *result,
                  GError **error)
{
  GError *cause = NULL;
  g_autofree char *options = options_text(splitting);
  splitting->previous = previous_load(store, splitting->monolith, &cause);
  if (cause != NULL) {
    g_propagate_error(error, cause);
    return false;
  }
  const struct previous *previous = splitting->previous;
  result->is_warm = previous != NULL && previous->resolution > 0 && !splitting->options->is_fresh &&
                    g_strcmp0(previous->options, options) == 0;
  struct resolution_choice choice = solve_cold(splitting);
  result->is_open = !result->is_warm && splitting->options->n_services == 0 && choice.length <= 0;
  if (!result->is_warm) {
    splitting->resolution = choice.resolution;
    splitting->labels = g_steal_pointer(&choice.labels);
    splitting->n_labels = choice.n_communities;
  } else {
    splitting->resolution = previous->resolution;
    solve_warm(splitting);
    double warm = leiden_score(splitting->graph, splitting->labels, splitting->resolution);
    double cold = leiden_score(splitting->graph, choice.labels, splitting->resolution);
    result->fresh_gain = cold > warm && cold > 0 ? (cold - MAX(warm, 0)) / cold : 0;
  }
  resolution_choice_clear(&choice);
  return true;
}

void splitting_propose(struct splitting *splitting)
{
  const struct decided *decided = splitting->decided;
  struct decisions decisions = {.is_shared = decided->is_shared,
                                .is_external_routine = decided->is_external_routine,
                                .is_external = decided->is_external,
                                .pinned_routine = decided->pinned_routine,
                                .pinned_state = decided->pinned_state,
                                .is_fixed_routine = decided->is_fixed_routine,
                                .is_fixed_state = decided->is_fixed_state,
                                .group_of_state = decided->group_of_state};
  if (splitting->boundaries != NULL) {
    decisions.label_names = (const char *const *)splitting->boundaries->services->pdata;
    decisions.n_labels = splitting->boundaries->services->len;
  }
  g_autofree const char **names = splitting->previous != NULL && !splitting->options->is_fresh
                                      ? previous_names(splitting->previous, splitting->evidence,
                                                       splitting->labels, splitting->n_labels)
                                      : NULL;
  decisions.given_names = names;
  splitting->proposal =
      proposal_new(splitting->monolith, splitting->roles, splitting->evidence, splitting->mask,
                   splitting->graph, splitting->labels, splitting->n_labels, &decisions);
  untied_explain(splitting->proposal, splitting->units, &decisions);
}

/* Services that hold the parts of GROUP; more than one means that it is cut. */
static bool is_broken(const struct proposal *proposal, const struct span_group *group)
{
  guint32 service = MONOLITH_NONE;
  for (guint i = 0; i < group->states->len; i++) {
    const struct place *place = &proposal->state[g_array_index(group->states, guint32, i)];
    if (place->role == PLACE_OWNER && service == MONOLITH_NONE) {
      service = place->service;
    } else if (place->role == PLACE_OWNER && place->service != service) {
      return true;
    }
  }
  return false;
}

static void summarise(const struct splitting *splitting, const GPtrArray *functions,
                      const GArray *cuts, struct split_result *result)
{
  result->n_services = splitting->proposal->services->len;
  result->n_functions = functions->len;
  result->n_cuts = cuts->len;
  for (guint i = 0; i < functions->len; i++) {
    const struct function *function = g_ptr_array_index(functions, i);
    result->n_ready += function->readiness == READINESS_READY;
  }
  for (guint i = 0; i < cuts->len; i++) {
    result->n_foreign_writes += g_array_index(cuts, struct cut, i).kind == CUT_WRITE;
  }
  for (guint32 i = 0; i < splitting->monolith->n_routines; i++) {
    result->n_trials += splitting->proposal->routine[i].role == PLACE_TEST;
  }
  for (guint i = 0; i < splitting->groups->len; i++) {
    result->n_broken += is_broken(splitting->proposal, g_ptr_array_index(splitting->groups, i));
  }
  for (guint i = 0; splitting->boundaries != NULL && i < splitting->boundaries->remarks->len; i++) {
    g_ptr_array_add(result->remarks,
                    g_strdup(g_ptr_array_index(splitting->boundaries->remarks, i)));
  }
}

/* Mean of what was recorded, else what docs/cost.md assumes. */
static double cold_seconds_of(const struct splitting *splitting)
{
  static const double assumed = 0.095;
  double sum = 0;
  guint32 n = 0;
  for (guint32 i = 0; i < splitting->monolith->n_routines; i++) {
    sum += splitting->recordings[i].cold_seconds * splitting->recordings[i].n_cold;
    n += splitting->recordings[i].n_cold;
  }
  return n > 0 ? sum / n : assumed;
}

static struct deployment *deploy(const struct splitting *splitting, const GPtrArray *functions,
                                 const struct fusion *fusion)
{
  static const double hop_seconds = 0.005; /* the likely round trip of docs/cost.md */
  if (splitting->options->prices == NULL) {
    return NULL;
  }
  struct setup_terms terms = {.prices = *splitting->options->prices,
                              .hop_seconds = hop_seconds,
                              .cold_seconds = cold_seconds_of(splitting)};
  return deployment_new(splitting->proposal, functions, fusion, splitting->recordings, &terms);
}

/* How far the work is before each part, as measured on a program of 5,000 routines. */
enum {
  STEPS_GATHER = 1,
  STEPS_SOLVE = 2,
  STEPS_PROPOSE = 3,
  STEPS_FUNCTIONS = 3,
  STEPS_CUTS = 16,
  STEPS_REASONS = 16,
  STEPS_ORDER = 16,
  STEPS_WRITE = 17,
  STEPS_ALL = 20
};

static void tell(const struct split_options *options, guint done, const char *what)
{
  if (options->tell != NULL) {
    options->tell(options->tell_data, done, STEPS_ALL, what);
  }
}

static bool write_plan(const struct splitting *splitting, struct store *store,
                       struct split_result *result, GError **error)
{
  const struct proposal *proposal = splitting->proposal;
  const struct split_options *told = splitting->options;
  tell(told, STEPS_FUNCTIONS, "judging functions");
  g_autoptr(GPtrArray) functions = functions_of(proposal, splitting->decided->trigger);
  tell(told, STEPS_CUTS, "pricing cuts");
  g_autoptr(GArray) cuts = cuts_of(proposal);
  tell(told, STEPS_REASONS, "explaining");
  g_autoptr(GArray) reasons = explanation_of(proposal);
  tell(told, STEPS_ORDER, "ordering steps");
  g_autoptr(GArray) steps = extraction_order(proposal, cuts, functions);
  struct fusion *fusion = fusion_new(proposal, functions, splitting->recordings);
  struct deployment *deployment = deploy(splitting, functions, fusion);
  g_autofree char *options = options_text(splitting);
  g_autoptr(GPtrArray) prices = decision_prices(splitting, cuts);
  struct plan_draft plan = {.proposal = proposal,
                            .functions = functions,
                            .cuts = cuts,
                            .reasons = reasons,
                            .steps = steps,
                            .fusion = fusion,
                            .deployment = deployment,
                            .groups = splitting->groups,
                            .decisions = prices,
                            .labels = splitting->labels,
                            .boundaries = splitting->boundaries,
                            .options = options,
                            .resolution = splitting->resolution};
  summarise(splitting, functions, cuts, result);
  for (guint i = 0; i < functions->len; i++) {
    result->n_units += fusion->unit[i] == i;
  }
  for (guint i = 0; i < prices->len; i++) {
    const struct decision *decision = g_ptr_array_index(splitting->boundaries->decisions, i);
    const struct decision_price *price = g_ptr_array_index(prices, i);
    g_ptr_array_add(result->decisions,
                    g_strdup_printf("%s:%u:%u: %s: %s", splitting->boundaries->path, decision->line,
                                    decision->column, price->says, price->effect));
  }
  for (guint i = 0; i < steps->len; i++) {
    const struct extraction_step *step = &g_array_index(steps, struct extraction_step, i);
    g_ptr_array_add(result->steps,
                    g_strdup_printf("%u. %s: %s; then %.1f of cuts lie between what is out and the "
                                    "rest",
                                    i + 1, proposal_service_name(proposal, step->service),
                                    step->reason, step->cut));
  }
  tell(told, STEPS_WRITE, "writing the plan");
  bool is_written = plan_write(store, &plan, error);
  deployment_free(deployment);
  fusion_free(fusion);
  return is_written;
}

bool split_run(struct store *store, const struct split_options *options,
               struct split_result *result, GError **error)
{
  struct splitting splitting = {.options = options,
                                .mask = options->evidence_mask != 0 ? options->evidence_mask
                                                                    : (1U << N_EVIDENCE_KINDS) - 1};
  *result = (struct split_result){.remarks = g_ptr_array_new_with_free_func(g_free),
                                  .decisions = g_ptr_array_new_with_free_func(g_free),
                                  .steps = g_ptr_array_new_with_free_func(g_free)};
  bool is_done = false;
  tell(options, 0, "reading facts");
  splitting.monolith = monolith_load(store, error);
  if (splitting.monolith != NULL && !has_routines(splitting.monolith)) {
    g_set_error(error, SPLIT_ERROR, SPLIT_ERROR_EMPTY,
                "'%s' holds no routine with a body: nothing to split", store_path(store));
  } else if (splitting.monolith != NULL && read_decisions(&splitting, error) &&
             read_volumes(&splitting, store, result, error)) {
    g_autofree char *root = store_info(store, "root", NULL);
    bool has_history = (splitting.mask >> EVIDENCE_HISTORY & 1) != 0;
    g_autoptr(GArray) history = history_of(has_history ? root : NULL, splitting.monolith->files);
    splitting.history = history;
    tell(options, STEPS_GATHER, "gathering evidence");
    splitting_gather(&splitting);
    tell(options, STEPS_SOLVE, "looking for services");
    if (solve(&splitting, store, result, error)) {
      tell(options, STEPS_PROPOSE, "forming services");
      splitting_propose(&splitting);
      result->changes = changes_of(&splitting);
      is_done = write_plan(&splitting, store, result, error);
    }
  }
  if (!is_done) {
    split_result_clear(result);
  }
  splitting_clear(&splitting);
  return is_done;
}
