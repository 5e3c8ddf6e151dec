#include "analyzer/relink.h"

#include "analyzer/files.h"
#include "analyzer/link.h"
#include "analyzer/moved_constants.h"
#include "analyzer/moved_rows.h"
#include "analyzer/tree_files.h"
#include "base/parallel.h"
#include "source_hash.h"
#include "store/facts.h"

#include <string.h>

struct loaded {
  struct record_set *set;
  GPtrArray *units; /* struct unit * */
  GArray *ids;      /* int64_t */
};

static void loaded_clear(struct loaded *loaded)
{
  g_clear_pointer(&loaded->units, g_ptr_array_unref);
  g_clear_pointer(&loaded->ids, g_array_unref);
  g_clear_pointer(&loaded->set, record_set_free);
}

static int by_file(gconstpointer left, gconstpointer right)
{
  const struct fact_unit *a = *(struct fact_unit *const *)left;
  const struct fact_unit *b = *(struct fact_unit *const *)right;
  int order = strcmp(a->file, b->file);
  if (order == 0)
    order = strcmp(a->arguments, b->arguments);
  return order != 0 ? order : (a->id > b->id) - (a->id < b->id);
}

static bool is_interrupted(const struct analyze_options *options)
{
  return options->workers.is_interrupted != NULL && *options->workers.is_interrupted != 0;
}

/* Units that are opened, each by any thread. */
struct opening {
  const GPtrArray *rows; /* struct fact_unit */
  struct unit **units;
  GError **errors; /* by unit */
};

static void open_unit(void *context, unsigned i)
{
  struct opening *opening = context;
  const struct fact_unit *row = g_ptr_array_index(opening->rows, i);
  opening->units[i] = unit_open(row->facts, &opening->errors[i]);
}

static bool open_units(const GPtrArray *rows, unsigned n_threads, const char *store,
                       struct loaded *loaded, GError **error)
{
  struct opening opening = {.rows = rows,
                            .units = g_new0(struct unit *, MAX(rows->len, 1)),
                            .errors = g_new0(GError *, MAX(rows->len, 1))};
  parallel_run(n_threads, rows->len, open_unit, &opening);
  bool is_fine = true;
  for (guint i = 0; i < rows->len; i++) {
    const struct fact_unit *row = g_ptr_array_index(rows, i);
    if (opening.units[i] != NULL) {
      g_ptr_array_add(loaded->units, opening.units[i]);
      g_array_append_val(loaded->ids, row->id);
    } else if (is_fine) {
      g_propagate_prefixed_error(error, opening.errors[i], "'%s' in '%s': ", row->file, store);
      is_fine = false;
    } else {
      g_error_free(opening.errors[i]);
    }
  }
  g_free(opening.units);
  g_free(opening.errors);
  return is_fine;
}

static bool load_units(struct store *store, const struct analyze_options *options,
                       struct loaded *loaded, GError **error)
{
  /* Sorted here and not by the store, which would move the facts about. */
  loaded->set = store_load(store, &fact_unit_table, "id", error);
  if (loaded->set == NULL)
    return false;
  loaded->units = g_ptr_array_new_with_free_func((GDestroyNotify)unit_free);
  loaded->ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
  g_autoptr(GPtrArray) rows = g_ptr_array_new();
  for (size_t i = 0; i < loaded->set->n; i++)
    g_ptr_array_add(rows, (gpointer)record_at(loaded->set, fact_unit, i));
  g_ptr_array_sort(rows, by_file);
  return open_units(rows, options->workers.n_workers, store_path(store), loaded, error);
}

char *relink_rest(const char *root, const char *build_folder, const struct analyze_options *options)
{
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  g_autofree char *rules = link_data_hash(options->data_folder, options->rules);
  g_autofree char *built = tree_files_stamp(root, *build_folder != '\0' ? build_folder : NULL);
  const char *const parts[] = {CLEAVE_SOURCE_HASH, root, build_folder, rules, built};
  for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
    g_checksum_update(checksum, (const guchar *)parts[i], (gssize)strlen(parts[i]) + 1);
  return g_strdup(g_checksum_get_string(checksum));
}

char *relink_hash(const struct record_set *units, const char *rest)
{
  g_autoptr(GPtrArray) rows = g_ptr_array_new();
  for (size_t i = 0; i < units->n; i++)
    g_ptr_array_add(rows, (gpointer)record_at(units, fact_unit, i));
  g_ptr_array_sort(rows, by_file);
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  for (guint i = 0; i < rows->len; i++) {
    const struct fact_unit *unit = rows->pdata[i];
    g_checksum_update(checksum, (const guchar *)&unit->id, sizeof unit->id);
    g_checksum_update(checksum, (const guchar *)unit->fingerprint, -1);
  }
  g_checksum_update(checksum, (const guchar *)rest, -1);
  return g_strdup(g_checksum_get_string(checksum));
}

static bool link_all(struct store *store, const struct relink_input *input, GError **error)
{
  const struct analyze_options *options = input->options;
  struct loaded loaded = {0};
  if (input->commits_units && (!store_commit(store, error) || !store_begin(store, error)))
    return false;
  store_watch(store, options->workers.is_interrupted);
  bool is_fine = load_units(store, options, &loaded, error) && !is_interrupted(options);
  if (is_fine) {
    struct link_input wanted = {.units = (const struct unit *const *)loaded.units->pdata,
                                .ids = (const int64_t *)(const void *)loaded.ids->data,
                                .n_units = loaded.units->len,
                                .root = input->root,
                                .build_folder =
                                    *input->build_folder != '\0' ? input->build_folder : NULL,
                                .data_folder = options->data_folder,
                                .rules = options->rules,
                                .is_interrupted = options->workers.is_interrupted,
                                .n_threads = options->workers.n_workers};
    is_fine = files_write(store, input->root, loaded.set, loaded.units, error) &&
              link_run(store, &wanted, error);
  }
  loaded_clear(&loaded);
  return is_fine;
}

/* Leaves the rows as they were where they cannot be moved. */
static bool try_moves(struct store *store, const struct moves *moves, bool *is_done, GError **error)
{
  return store_mark(store, error) && moved_rows_write(store, moves, is_done, error) &&
         (*is_done ? store_keep(store, error) : store_take_back(store, error));
}

/* Moves rows where that is all that an edit did, or all that it decided; is_done tells. */
static bool move_rows(struct store *store, const struct relink_input *input, bool *is_done,
                      GError **error)
{
  *is_done = false;
  bool is_harmless = true;
  if (input->moves == NULL || !moves_close(input->moves))
    return true;
  struct moved_constants_input wanted = {store, input->options->data_folder, input->options->rules};
  return moved_constants_judge(&wanted, input->moves, &is_harmless, error) &&
         (!is_harmless || try_moves(store, input->moves, is_done, error));
}

bool relink_if_changed(struct store *store, const struct relink_input *input, bool *is_linked,
                       GError **error)
{
  g_autofree char *hash = relink_hash(input->units, input->rest);
  g_autofree char *linked = store_info(store, INFO_LINKED, NULL);
  *is_linked = false;
  if (linked != NULL && strcmp(linked, hash) == 0 && !input->options->is_fresh)
    return true;
  bool is_moved = false;
  if (!move_rows(store, input, &is_moved, error))
    return false;
  *is_linked = !is_moved;
  return (is_moved || link_all(store, input, error)) &&
         store_set_info(store, INFO_ROOT, input->root, error) &&
         store_set_info(store, INFO_BUILD_FOLDER, input->build_folder, error) &&
         store_set_info(store, INFO_LINKED, hash, error);
}
