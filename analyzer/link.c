#include "analyzer/link.h"

#include "analyzer/calls.h"
#include "analyzer/data_files.h"
#include "analyzer/effects.h"
#include "analyzer/entries.h"
#include "analyzer/findings.h"
#include "analyzer/inventory.h"
#include "analyzer/models.h"
#include "analyzer/params.h"
#include "analyzer/programs.h"
#include "analyzer/spans.h"
#include "analyzer/startup.h"
#include "analyzer/state.h"
#include "base/parallel.h"

#include <string.h>

static bool is_interrupted(const struct linkage *linkage)
{
  return linkage->is_interrupted != NULL && *linkage->is_interrupted != 0;
}

static void look_at(struct findings *findings, struct flow *flow, struct state *state,
                    struct entries *entries)
{
  calls_find(findings, flow);
  state_find(state, flow);
  entries_find_registered(entries, flow);
}

/* Everything that needs to know where pointers lead, program by program. */
static void link_programs(struct findings *findings, const struct models *models,
                          struct state *state, struct entries *entries)
{
  g_autoptr(liveness_owner) liveness = liveness_find(findings->linkage);
  const GPtrArray *programs = findings->linkage->programs;
  for (guint i = 0; i < programs->len && !is_interrupted(findings->linkage); i++) {
    const struct link_program *program = g_ptr_array_index(programs, i);
    if (program->is_part)
      continue;
    linkage_stand_in(findings->linkage, program);
    struct flow *flow = flow_new(findings->linkage, program, liveness, models);
    if (!is_interrupted(findings->linkage)) {
      look_at(findings, flow, state, entries);
      if (flow_add_dead(flow))
        look_at(findings, flow, state, entries);
      entries_find(entries, flow);
    }
    flow_free(flow);
  }
  linkage_stand_in(findings->linkage, NULL);
}

/* What is on the way into the store. */
struct work {
  struct findings *findings;
  const struct models *models;
  struct state *state;
  struct entries *entries;
  struct effects_paths *effects;
  struct link_routine *routines; /* a copy of those that the linkage began with */
  guint n_routines;
  GStringChunk *texts; /* of what is there from the start */
};

/* Programs one after the other, and meanwhile what does not depend on them. */
static void run_programs(void *context, unsigned number)
{
  struct work *work = context;
  if (number == 0) {
    link_programs(work->findings, work->models, work->state, work->entries);
  } else {
    findings_name_sites(work->findings->linkage, work->routines);
    inventory_add_early(work->findings, work->routines, work->n_routines, work->texts);
  }
}

static void finish_state(struct findings *findings, struct state *state, struct entries *entries)
{
  struct startup *startup = startup_find(findings);
  state_find_outside(state);
  spans_find(findings, state);
  state_finish(state, startup);
  startup_free(startup);
  if (!is_interrupted(findings->linkage))
    entries_finish(entries);
}

enum { REST_STATE, REST_PARAMS, REST_INVENTORY, REST_SITES, REST_CALLS, REST_ARGUMENTS, N_REST };

/* What follows from the calls of all programs. Nothing here resolves a name or adds to what
 * another part reads. */
static void run_rest(void *context, unsigned number)
{
  struct work *work = context;
  struct findings *findings = work->findings;
  if (is_interrupted(findings->linkage))
    return;
  switch (number) {
  case REST_STATE:
    finish_state(findings, work->state, work->entries);
    break;
  case REST_PARAMS:
    params_find(findings);
    break;
  case REST_INVENTORY:
    inventory_add(findings);
    break;
  case REST_SITES:
    rows_prepare(findings->sites);
    break;
  case REST_CALLS:
    rows_prepare(findings->calls);
    break;
  case REST_ARGUMENTS:
    rows_prepare(findings->arguments);
    break;
  default:
    effects_follow(work->effects, number - N_REST);
  }
}

static void find_all(struct findings *findings, const struct models *models)
{
  struct linkage *linkage = findings->linkage;
  struct work work = {.findings = findings,
                      .models = models,
                      .state = state_new(findings),
                      .entries = entries_new(findings),
                      .n_routines = linkage->routines->len,
                      .texts = findings_add_texts(findings)};
  work.routines = g_new(struct link_routine, MAX(work.n_routines, 1));
  if (work.n_routines != 0)
    memcpy(work.routines, linkage->routines->data, work.n_routines * sizeof *work.routines);
  parallel_run(linkage->n_threads, 2, run_programs, &work);
  if (!is_interrupted(linkage)) {
    effects_find(findings);
    work.effects = effects_begin(findings);
    parallel_run(linkage->n_threads, N_REST + effects_n_kinds(work.effects), run_rest, &work);
    effects_finish(work.effects);
  }
  g_free(work.routines);
  entries_free(work.entries);
  state_free(work.state);
}

bool link_read_data(const char *data_folder, const char *const *files, struct rules *rules,
                    struct models *models, GError **error)
{
  g_autofree char *rules_folder = g_build_filename(data_folder, "rules", NULL);
  g_autofree char *models_folder = g_build_filename(data_folder, "models", NULL);
  if (!rules_read_folder(rules, rules_folder, error) ||
      !models_read_folder(models, models_folder, error))
    return false;
  for (; files != NULL && *files != NULL; files++) {
    if (!rules_read_file(rules, *files, error))
      return false;
  }
  return true;
}

/* What is linked, and by which rules. */
struct reading {
  const struct link_input *input;
  struct rules *rules;
  struct models *models;
  struct linkage *linkage;
  GError *error;
};

static void read_part(void *context, unsigned number)
{
  struct reading *reading = context;
  const struct link_input *input = reading->input;
  if (number == 0) {
    reading->linkage = linkage_new(input->units, input->ids, input->n_units);
    programs_find(reading->linkage, input->root, input->build_folder);
  } else {
    link_read_data(input->data_folder, input->rules, reading->rules, reading->models,
                   &reading->error);
  }
}

bool link_run(struct store *store, const struct link_input *input, GError **error)
{
  g_autoptr(rules_owner) rules = rules_new();
  g_autoptr(models_owner) models = models_new();
  struct reading reading = {.input = input, .rules = rules, .models = models};
  unsigned n_threads = MAX(input->n_threads, 1);
  parallel_run(n_threads, 2, read_part, &reading);
  struct linkage *linkage = reading.linkage;
  bool is_written = false;
  if (reading.error != NULL) {
    g_propagate_error(error, reading.error);
  } else {
    linkage->is_interrupted = input->is_interrupted;
    linkage->n_threads = n_threads;
    struct findings *findings = findings_new(linkage, rules);
    find_all(findings, models);
    is_written = !is_interrupted(linkage) && findings_write(findings, store, error);
    findings_free(findings);
  }
  linkage_free(linkage);
  return is_written;
}

static void hash_file(GChecksum *checksum, const char *path)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  g_checksum_update(checksum, (const guchar *)path, (gssize)strlen(path) + 1);
  if (g_file_get_contents(path, &text, &length, NULL))
    g_checksum_update(checksum, (const guchar *)text, (gssize)length);
}

char *link_data_hash(const char *data_folder, const char *const *rules)
{
  static const char *const folders[] = {"rules", "models"};
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *folder = g_build_filename(data_folder, folders[i], NULL);
    g_autoptr(GPtrArray) paths = data_paths(folder, NULL);
    for (guint j = 0; paths != NULL && j < paths->len; j++)
      hash_file(checksum, g_ptr_array_index(paths, j));
  }
  for (; rules != NULL && *rules != NULL; rules++)
    hash_file(checksum, *rules);
  return g_strdup(g_checksum_get_string(checksum));
}
