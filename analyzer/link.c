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

/* What follows from the calls of all programs. */
static void find_rest(struct findings *findings, struct state *state, struct entries *entries)
{
  struct startup *startup = startup_find(findings);
  state_find_outside(state);
  spans_find(findings, state);
  state_finish(state, startup);
  startup_free(startup);
  if (is_interrupted(findings->linkage))
    return;
  entries_finish(entries);
  effects_find(findings);
  effects_follow(findings);
  params_find(findings);
  inventory_add(findings);
}

static void find_all(struct findings *findings, const struct models *models)
{
  struct state *state = state_new(findings);
  struct entries *entries = entries_new(findings);
  link_programs(findings, models, state, entries);
  if (!is_interrupted(findings->linkage))
    find_rest(findings, state, entries);
  entries_free(entries);
  state_free(state);
}

static bool read_data(const struct link_input *input, struct rules *rules, struct models *models,
                      GError **error)
{
  g_autofree char *rules_folder = g_build_filename(input->data_folder, "rules", NULL);
  g_autofree char *models_folder = g_build_filename(input->data_folder, "models", NULL);
  if (!rules_read_folder(rules, rules_folder, error) ||
      !models_read_folder(models, models_folder, error))
    return false;
  for (const char *const *path = input->rules; path != NULL && *path != NULL; path++) {
    if (!rules_read_file(rules, *path, error))
      return false;
  }
  return true;
}

bool link_run(struct store *store, const struct link_input *input, GError **error)
{
  g_autoptr(rules_owner) rules = rules_new();
  g_autoptr(models_owner) models = models_new();
  if (!read_data(input, rules, models, error))
    return false;
  struct linkage *linkage = linkage_new(input->units, input->ids, input->n_units);
  linkage->is_interrupted = input->is_interrupted;
  programs_find(linkage, input->root, input->build_folder);
  struct findings *findings = findings_new(linkage, rules);
  find_all(findings, models);
  bool is_written = !is_interrupted(linkage) && findings_write(findings, store, error);
  findings_free(findings);
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
