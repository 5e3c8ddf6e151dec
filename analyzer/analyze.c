#include "analyzer/analyze.h"

#include "analyzer/files.h"
#include "analyzer/inputs.h"
#include "analyzer/relink.h"
#include "analyzer/unit_builder.h"
#include "base/sha256.h"
#include "source_hash.h"
#include "store/facts.h"
#include "store/identity.h"
#include "store/record.h"

#include <string.h>

G_DEFINE_QUARK(cleave - analyze - error, analyze_error)

enum { SECONDS_BETWEEN_COMMITS = 2 };

/* Facts of another build are made again. */
#define FINGERPRINT CLEAVE_SOURCE_HASH "-"

struct run {
  struct store *store;
  const struct compilations *compilations;
  const struct analyze_options *options;
  struct analyze_summary *summary;
  GHashTable *known; /* id -> struct fact_unit * of the set */
  struct record_set *known_set;
  struct inputs_check *check;
  struct moves *moves; /* what happened to the units since they were linked; NULL: unknown */
  GPtrArray *inputs;   /* GBytes: what the parsed units were made from */
  char *rest;          /* hash of what the fact tables are made from beside units */
  gint64 last_commit;
  guint n_all;
};

static char *hash_facts(GBytes *facts)
{
  gsize size = 0;
  const void *bytes = g_bytes_get_data(facts, &size);
  char hash[SHA256_HEX];
  sha256_hex(bytes, size, hash);
  return g_strconcat(FINGERPRINT, hash, NULL);
}

/* ---- which units are stale ---- */

static bool load_known(struct run *run, GError **error)
{
  run->known_set = store_load_without(run->store, &fact_unit_table, "facts", NULL, error);
  if (run->known_set == NULL)
    return false;
  run->known = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < run->known_set->n; i++) {
    const struct fact_unit *unit = record_at(run->known_set, fact_unit, i);
    g_hash_table_insert(run->known, (gpointer)&unit->id, (gpointer)unit);
  }
  return true;
}

static bool is_fresh(struct run *run, const struct compilation *compilation)
{
  const struct fact_unit *known = g_hash_table_lookup(run->known, &compilation->id);
  return known != NULL && g_str_has_prefix(known->fingerprint, FINGERPRINT) &&
         strcmp(known->output, compilation->objects) == 0 &&
         strcmp(known->directory, compilation->directory) == 0 &&
         inputs_are_fresh(run->check, known->inputs);
}

static bool is_of_shard(const struct analyze_options *options, guint number)
{
  return options->n_shards <= 1 || number % options->n_shards == options->shard;
}

/* Numbers of the compilations to parse. The largest sources come first, so that no worker is left
 * alone with one at the end; the order changes no row. */
static GArray *find_stale(struct run *run)
{
  GArray *stale = g_array_new(FALSE, FALSE, sizeof(guint));
  for (guint i = 0; i < run->compilations->all->len; i++) {
    if (!is_of_shard(run->options, i))
      continue;
    run->summary->n_units++;
    if (run->options->is_fresh || !is_fresh(run, run->compilations->all->pdata[i]))
      g_array_append_val(stale, i);
  }
  return stale;
}

/* ---- storing what was parsed ---- */

static bool commit_now_and_then(struct run *run, GError **error)
{
  gint64 now = g_get_monotonic_time();
  if (now - run->last_commit < (gint64)SECONDS_BETWEEN_COMMITS * G_USEC_PER_SEC)
    return true;
  run->last_commit = now;
  return store_commit(run->store, error) && store_begin(run->store, error);
}

/* The facts of a unit that could not be parsed: that it exists, and why there is no more. */
static GBytes *failed_facts(const struct compilation *compilation, const char *reason)
{
  struct unit_builder *builder = unit_builder_new();
  g_autofree char *arguments = g_strjoinv("\n", compilation->arguments);
  g_autoptr(GString) command = g_string_new("clang-19 -fsyntax-only");
  for (char **at = compilation->arguments; *at != NULL; at++) {
    g_autofree char *quoted = g_shell_quote(*at);
    g_string_append_printf(command, " %s", quoted);
  }
  g_autofree char *quoted_file = g_shell_quote(compilation->file);
  g_autofree char *quoted_directory = g_shell_quote(compilation->directory);
  g_autofree char *message = g_strdup_printf("%s; to reproduce: cd %s && %s %s", reason,
                                             quoted_directory, command->str, quoted_file);
  uint32_t file = unit_builder_add_file(
      builder, &(struct unit_file){.path = unit_builder_string(builder, compilation->shown),
                                   .flags = UNIT_FILE_MAIN | UNIT_FILE_INSIDE});
  unit_builder_add_diagnostic(
      builder, &(struct unit_diagnostic){.file = file,
                                         .severity = UNIT_FATAL,
                                         .message = unit_builder_string(builder, message)});
  unit_builder_add_info(
      builder, &(struct unit_info){.file = file,
                                   .object = unit_builder_string(builder, compilation->objects),
                                   .arguments = unit_builder_string(builder, arguments),
                                   .grade = UNIT_FAILED,
                                   .n_errors = 1});
  GBytes *facts = unit_builder_freeze(builder);
  unit_builder_free(builder);
  return facts;
}

static bool has_fatal(const struct unit *unit)
{
  for (uint32_t i = 0; i < unit->n_diagnostics; i++)
    if (unit->diagnostics[i].severity == UNIT_FATAL)
      return true;
  return false;
}

static const char *status_of(const struct unit *unit)
{
  static const char *const names[UNIT_N_GRADES] = {"ok", "errors", "failed"};
  return names[unit->infos[0].grade];
}

struct reading {
  const char *source;
  bool is_read;
};

static void look_for_source(void *context, const char *path, uint64_t hash)
{
  (void)hash;
  struct reading *reading = context;
  reading->is_read = reading->is_read || strcmp(path, reading->source) == 0;
}

/* Whether no other unit was made from a unit's source: compiled once more, or included. What a unit
 * without a record was made from is unknown. */
static bool is_read_once(const struct run *run, int64_t id, const struct unit *unit)
{
  struct reading reading = {unit_string(unit, unit->files[unit->infos[0].file].path), false};
  for (size_t i = 0; i < run->known_set->n && !reading.is_read; i++) {
    const struct fact_unit *other = record_at(run->known_set, fact_unit, i);
    if (other->id == id)
      continue;
    reading.is_read = other->inputs == NULL || g_bytes_get_size(other->inputs) == 0;
    if (!reading.is_read)
      inputs_each(other->inputs, look_for_source, &reading);
  }
  return !reading.is_read;
}

/* What a unit's new facts are beside those that are still stored. */
static bool note_move(struct run *run, int64_t id, const char *fingerprint, GBytes *facts,
                      const struct unit *unit, GError **error)
{
  const struct fact_unit *known = g_hash_table_lookup(run->known, &id);
  if (run->moves->is_more || (known != NULL && strcmp(known->fingerprint, fingerprint) == 0))
    return true;
  record_set *set = store_load_where(run->store, &fact_unit_table, "id", id, "id", error);
  if (set == NULL)
    return false;
  if (set->n == 1)
    moves_add(run->moves, id, record_at(set, fact_unit, 0)->facts, facts,
              is_read_once(run, id, unit));
  run->moves->is_more = run->moves->is_more || set->n != 1;
  record_set_free(set);
  return true;
}

static bool take_unit(void *context, guint number, const struct parsed *parsed, const char *reason,
                      GError **error)
{
  struct run *run = context;
  const struct compilation *compilation = run->compilations->all->pdata[number];
  struct unit *unit = parsed != NULL ? unit_open(parsed->facts, NULL) : NULL;
  g_autoptr(GBytes) facts = NULL;
  g_autoptr(GBytes) inputs = NULL;
  if (unit == NULL) {
    facts = failed_facts(compilation, reason != NULL ? reason : "the parser answered nonsense");
    unit = unit_open(facts, error);
    if (unit == NULL)
      return false;
    inputs = g_bytes_new_static("", 0);
  } else {
    /* A header that was missing may appear: such a unit is parsed again every time. */
    inputs = has_fatal(unit) ? g_bytes_new_static("", 0)
                             : inputs_record(run->check, parsed->files, run->options->started);
    facts = g_bytes_ref(parsed->facts);
  }
  g_autofree char *fingerprint = hash_facts(facts);
  g_ptr_array_add(run->inputs, g_bytes_ref(inputs));
  if (run->moves != NULL && !note_move(run, compilation->id, fingerprint, facts, unit, error)) {
    unit_free(unit);
    return false;
  }
  g_autofree char *joined = g_strjoinv("\n", compilation->arguments);
  struct fact_unit row = {.id = compilation->id,
                          .file = compilation->shown,
                          .directory = compilation->directory,
                          .arguments = joined,
                          .output = compilation->objects,
                          .fingerprint = fingerprint,
                          .status = status_of(unit),
                          .n_errors = unit->infos[0].n_errors,
                          .inputs = inputs,
                          .facts = facts};
  unit_free(unit);
  run->summary->n_parsed++;
  return store_replace(run->store, &fact_unit_table, &row, error) &&
         commit_now_and_then(run, error);
}

static void report_progress(void *context, guint n_done, const char *current)
{
  struct run *run = context;
  if (run->options->progress != NULL)
    run->options->progress(run->options->context, n_done, run->n_all, current);
}

/* Units that are no longer compiled. */
static bool delete_gone(struct run *run, GError **error)
{
  g_autoptr(GHashTable) wanted = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint i = 0; i < run->compilations->all->len; i++) {
    struct compilation *compilation = run->compilations->all->pdata[i];
    if (is_of_shard(run->options, i))
      g_hash_table_add(wanted, &compilation->id);
  }
  for (size_t i = 0; i < run->known_set->n; i++) {
    const struct fact_unit *unit = record_at(run->known_set, fact_unit, i);
    if (g_hash_table_contains(wanted, &unit->id))
      continue;
    run->summary->n_gone++;
    if (!store_delete_id(run->store, &fact_unit_table, "id", unit->id, error))
      return false;
  }
  return true;
}

static bool parse_stale(struct run *run, GArray *stale, GError **error)
{
  run->n_all = stale->len;
  if (stale->len == 0)
    return true;
  run->last_commit = g_get_monotonic_time();
  return workers_run(run->compilations, (const guint *)(const void *)stale->data, stale->len,
                     &run->options->workers, take_unit, report_progress, run, error);
}

/* ---- the run ---- */

static bool is_interrupted(const struct analyze_options *options)
{
  return options->workers.is_interrupted != NULL && *options->workers.is_interrupted != 0;
}

static void count_grades(const struct record_set *units, struct analyze_summary *summary)
{
  for (size_t i = 0; i < units->n; i++) {
    const char *status = record_at(units, fact_unit, i)->status;
    summary->n_failed += strcmp(status, "failed") == 0;
    summary->n_errors += strcmp(status, "errors") == 0;
  }
}

static record_set *load_units(struct store *store, GError **error)
{
  return store_load_without(store, &fact_unit_table, "facts, inputs", NULL, error);
}

/* Where the fact tables are those of the known units, what happens to these can be followed. */
static void follow_moves(struct run *run)
{
  g_autofree char *linked = store_info(run->store, INFO_LINKED, NULL);
  g_autofree char *hash = relink_hash(run->known_set, run->rest);
  if (g_strcmp0(linked, hash) == 0 && !run->options->is_fresh)
    run->moves = moves_new();
}

/* Brings the rest of the store up to date with these units. */
static bool finish(struct run *run, const struct record_set *units, const char *build_folder,
                   GError **error)
{
  const char *root = run->compilations->root;
  count_grades(units, run->summary);
  if (run->options->n_shards > 1)
    return store_set_info(run->store, INFO_ROOT, root, error) &&
           store_set_info(run->store, INFO_BUILD_FOLDER, build_folder, error);
  if (run->moves != NULL && run->summary->n_gone != 0)
    run->moves->is_more = true;
  struct relink_input input = {.root = root,
                               .build_folder = build_folder,
                               .options = run->options,
                               .rest = run->rest,
                               .units = units,
                               .moves = run->moves,
                               .commits_units = true};
  return relink_if_changed(run->store, &input, &run->summary->is_linked, error) &&
         files_refresh(run->store, root, run->check, run->inputs, error);
}

/* What was parsed so far is worth keeping. */
static bool stop_parsing(struct run *run, GError **error)
{
  run->summary->is_interrupted = error == NULL || *error == NULL;
  if (run->summary->is_interrupted)
    return store_commit(run->store, error);
  store_rollback(run->store);
  return false;
}

static bool run_all(struct run *run, GError **error)
{
  g_autoptr(GArray) stale = find_stale(run);
  const char *build_folder =
      run->compilations->build_folder != NULL ? run->compilations->build_folder : "";
  if (run->options->n_shards <= 1)
    run->rest = relink_rest(run->compilations->root, build_folder, run->options);
  if (run->rest != NULL && stale->len != 0)
    follow_moves(run);
  if (!store_begin(run->store, error))
    return false;
  if (!parse_stale(run, stale, error))
    return stop_parsing(run, error);
  bool is_fine = delete_gone(run, error);
  bool is_same = stale->len == 0 && run->summary->n_gone == 0;
  g_autoptr(record_set) changed = is_fine && !is_same ? load_units(run->store, error) : NULL;
  const struct record_set *units = is_same ? run->known_set : changed;
  is_fine = is_fine && units != NULL && finish(run, units, build_folder, error);
  if (is_fine && store_commit(run->store, error))
    return true;
  store_rollback(run->store);
  /* The units are stored before all are linked; the next run links them. */
  run->summary->is_interrupted = is_interrupted(run->options);
  if (run->summary->is_interrupted && error != NULL)
    g_clear_error(error);
  return run->summary->is_interrupted;
}

bool analyze_run(struct store *store, const struct compilations *compilations,
                 const struct analyze_options *options, struct analyze_summary *summary,
                 GError **error)
{
  g_autoptr(GError) why = NULL;
  *summary = (struct analyze_summary){0};
  struct run run = {.store = store,
                    .compilations = compilations,
                    .options = options,
                    .summary = summary,
                    .check = inputs_check_new(compilations->root),
                    .inputs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref)};
  bool is_done = load_known(&run, &why) && run_all(&run, &why);
  inputs_check_free(run.check);
  moves_free(run.moves);
  g_ptr_array_unref(run.inputs);
  g_free(run.rest);
  g_clear_pointer(&run.known, g_hash_table_unref);
  g_clear_pointer(&run.known_set, record_set_free);
  if (why != NULL)
    g_propagate_error(error, g_steal_pointer(&why));
  return is_done;
}

/* ---- merging ---- */

static bool merge_part(struct store *store, struct store *part,
                       const struct analyze_options *options, char **root, char **build_folder,
                       GError **error)
{
  g_autofree char *part_root = store_info(part, INFO_ROOT, NULL);
  g_autofree char *part_folder = store_info(part, INFO_BUILD_FOLDER, NULL);
  if (part_root == NULL) {
    g_set_error(error, ANALYZE_ERROR, ANALYZE_ERROR_MERGE, "'%s' holds no analysis",
                store_path(part));
    return false;
  }
  if (*root != NULL && strcmp(*root, part_root) != 0) {
    g_set_error(error, ANALYZE_ERROR, ANALYZE_ERROR_MERGE,
                "'%s' is of the root '%s', the others of '%s'", store_path(part), part_root, *root);
    return false;
  }
  if (*root == NULL) {
    *root = g_steal_pointer(&part_root);
    *build_folder = part_folder != NULL ? g_steal_pointer(&part_folder) : g_strdup("");
  }
  record_set *set = store_load(part, &fact_unit_table, "id", error);
  if (set == NULL)
    return false;
  bool is_fine = true;
  for (size_t i = 0; is_fine && i < set->n && !is_interrupted(options); i++)
    is_fine = store_replace(store, &fact_unit_table, record_at(set, fact_unit, i), error);
  record_set_free(set);
  return is_fine;
}

static int by_path(gconstpointer a, gconstpointer b)
{
  return strcmp(store_path(*(struct store *const *)a), store_path(*(struct store *const *)b));
}

bool analyze_merge(struct store *store, struct store *const *parts, unsigned n_parts,
                   const struct analyze_options *options, struct analyze_summary *summary,
                   GError **error)
{
  *summary = (struct analyze_summary){0};
  g_autofree char *root = NULL;
  g_autofree char *build_folder = NULL;
  g_autoptr(GPtrArray) sorted = g_ptr_array_new();
  for (unsigned i = 0; i < n_parts; i++)
    g_ptr_array_add(sorted, parts[i]);
  g_ptr_array_sort(sorted, by_path);
  if (!store_begin(store, error))
    return false;
  bool is_fine = store_clear(store, &fact_unit_table, error);
  for (guint i = 0; is_fine && i < sorted->len; i++)
    is_fine = merge_part(store, sorted->pdata[i], options, &root, &build_folder, error);
  is_fine = is_fine && !is_interrupted(options);
  g_autofree char *rest = is_fine ? relink_rest(root, build_folder, options) : NULL;
  g_autoptr(record_set) units = is_fine ? load_units(store, error) : NULL;
  struct relink_input input = {
      .root = root, .build_folder = build_folder, .options = options, .rest = rest, .units = units};
  is_fine = units != NULL && relink_if_changed(store, &input, &summary->is_linked, error);
  if (!is_fine || is_interrupted(options) || !store_commit(store, error)) {
    store_rollback(store);
    summary->is_interrupted = is_interrupted(options);
    if (summary->is_interrupted && error != NULL)
      g_clear_error(error);
    return summary->is_interrupted;
  }
  summary->n_units = (unsigned)units->n;
  count_grades(units, summary);
  return true;
}
