#include "analyzer/files.h"

#include "analyzer/inputs.h"
#include "base/sha256.h"
#include "store/facts.h"

#include <string.h>

struct file {
  const char *path;
  uint64_t hash; /* recorded when it was parsed */
  bool is_tu;
  enum unit_grade grade;
  int64_t n_errors;
};

struct files {
  GHashTable *by_path;    /* path -> struct file * */
  GHashTable *previous;   /* path -> struct fact_file * */
  GHashTable *messages;   /* text of a diagnostic, to drop repeats */
  GPtrArray *diagnostics; /* struct fact_diagnostic * */
  const char *root;
};

static struct file *file_of(struct files *files, const char *path)
{
  struct file *file = g_hash_table_lookup(files->by_path, path);
  if (file == NULL) {
    file = g_new0(struct file, 1);
    file->path = path;
    g_hash_table_insert(files->by_path, (gpointer)path, file);
  }
  return file;
}

static void note_hash(void *context, const char *path, uint64_t hash)
{
  struct files *files = context;
  struct file *file = g_hash_table_lookup(files->by_path, path);
  if (file != NULL)
    file->hash = hash;
}

static void add_diagnostics(struct files *files, const struct unit *unit)
{
  static const char *const severities[UNIT_N_SEVERITIES] = {"note", "warning", "error", "fatal"};
  for (uint32_t i = 0; i < unit->n_diagnostics; i++) {
    const struct unit_diagnostic *row = &unit->diagnostics[i];
    const char *path = row->file != UNIT_NONE ? unit_string(unit, unit->files[row->file].path) : "";
    const char *message = unit_string(unit, row->message);
    g_autofree char *key =
        g_strdup_printf("%s\n%u\n%u\n%u\n%s", path, row->line, row->column, row->severity, message);
    if (!g_hash_table_add(files->messages, g_steal_pointer(&key)))
      continue;
    struct fact_diagnostic *added = g_new0(struct fact_diagnostic, 1);
    added->file = path;
    added->line = row->line;
    added->column = row->column;
    added->severity = severities[row->severity];
    added->message = message;
    g_ptr_array_add(files->diagnostics, added);
    struct file *file = g_hash_table_lookup(files->by_path, path);
    if (file != NULL && !file->is_tu)
      file->n_errors++;
  }
}

static void add_unit(struct files *files, const struct unit *unit)
{
  for (uint32_t i = 0; i < unit->n_files; i++)
    if ((unit->files[i].flags & (UNIT_FILE_INSIDE | UNIT_FILE_MAIN)) != 0)
      file_of(files, unit_string(unit, unit->files[i].path));
  const struct unit_info *info = &unit->infos[0];
  struct file *file = file_of(files, unit_string(unit, unit->files[info->file].path));
  file->is_tu = true;
  file->grade = MAX(file->grade, (enum unit_grade)info->grade);
  file->n_errors = MAX(file->n_errors, (int64_t)info->n_errors);
}

static int64_t count_lines(const char *bytes, size_t size)
{
  int64_t n = 0;
  for (size_t i = 0; i < size; i++)
    n += bytes[i] == '\n';
  return n + (size > 0 && bytes[size - 1] != '\n');
}

static bool begins_with(const char *hex, uint64_t hash)
{
  g_autoptr(GString) text = g_string_new(NULL);
  for (size_t i = 0; i < sizeof hash; i++)
    g_string_append_printf(text, "%02x", (unsigned)((hash >> (8 * i)) & 0xff));
  return g_str_has_prefix(hex, text->str);
}

/* The hash of a file's content, "" where it cannot be read, and its lines. A new string. */
static char *look(const char *root, const char *path, int64_t *n_lines)
{
  g_autofree char *absolute =
      g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(root, path, NULL);
  g_autofree char *bytes = NULL;
  gsize size = 0;
  if (!g_file_get_contents(absolute, &bytes, &size, NULL))
    return g_strdup("");
  char *hash = g_malloc(SHA256_HEX);
  sha256_hex(bytes, size, hash);
  *n_lines = count_lines(bytes, size);
  return hash;
}

/* The row of a file; `strings` keeps its hash. */
static struct fact_file row_of(struct files *files, const struct file *file, GStringChunk *strings)
{
  static const char *const grades[UNIT_N_GRADES] = {"ok", "errors", "failed"};
  g_autofree char *hash = NULL;
  int64_t n_lines = 0;
  const struct fact_file *previous = g_hash_table_lookup(files->previous, file->path);
  if (previous != NULL && file->hash != 0 && begins_with(previous->hash, file->hash)) {
    hash = g_strdup(previous->hash);
    n_lines = previous->n_lines;
  } else {
    hash = look(files->root, file->path, &n_lines);
  }
  enum unit_grade grade = file->grade;
  if (!file->is_tu && file->n_errors > 0)
    grade = UNIT_ERRORS;
  return (struct fact_file){.file = file->path,
                            .is_tu = file->is_tu,
                            .status = grades[grade],
                            .n_errors = file->n_errors,
                            .hash = g_string_chunk_insert(strings, hash),
                            .n_lines = n_lines};
}

static int by_text(gconstpointer a, gconstpointer b)
{
  return strcmp(a, b);
}

static bool write_all(struct files *files, struct store *store, GError **error)
{
  g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct fact_file));
  g_autoptr(GArray) messages = g_array_new(FALSE, FALSE, sizeof(struct fact_diagnostic));
  g_autoptr(GList) paths = g_list_sort(g_hash_table_get_keys(files->by_path), by_text);
  GStringChunk *strings = g_string_chunk_new(4096);
  for (GList *at = paths; at != NULL; at = at->next) {
    struct fact_file row = row_of(files, g_hash_table_lookup(files->by_path, at->data), strings);
    g_array_append_val(rows, row);
  }
  for (guint i = 0; i < files->diagnostics->len; i++)
    g_array_append_vals(messages, files->diagnostics->pdata[i], 1);
  bool is_fine = store_sync(store, &fact_file_table, rows->data, rows->len, error) &&
                 store_sync(store, &fact_diagnostic_table, messages->data, messages->len, error);
  g_string_chunk_free(strings);
  return is_fine;
}

bool files_write(struct store *store, const char *root, const struct record_set *rows,
                 const GPtrArray *units, GError **error)
{
  record_set *previous = store_load(store, &fact_file_table, NULL, error);
  if (previous == NULL)
    return false;
  struct files files = {.by_path = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free),
                        .previous = g_hash_table_new(g_str_hash, g_str_equal),
                        .messages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                        .diagnostics = g_ptr_array_new_with_free_func(g_free),
                        .root = root};
  for (size_t i = 0; i < previous->n; i++) {
    const struct fact_file *file = record_at(previous, fact_file, i);
    g_hash_table_insert(files.previous, (gpointer)file->file, (gpointer)file);
  }
  for (guint i = 0; i < units->len; i++)
    add_unit(&files, units->pdata[i]);
  for (guint i = 0; i < units->len; i++)
    add_diagnostics(&files, units->pdata[i]);
  for (size_t i = 0; i < rows->n; i++)
    inputs_each(record_at(rows, fact_unit, i)->inputs, note_hash, &files);
  bool is_fine = write_all(&files, store, error);
  g_hash_table_unref(files.by_path);
  g_hash_table_unref(files.previous);
  g_hash_table_unref(files.messages);
  g_ptr_array_unref(files.diagnostics);
  record_set_free(previous);
  return is_fine;
}

/* ---- files that were read again ---- */

struct refresh {
  GHashTable *stored;  /* path -> const struct fact_file * */
  GHashTable *changed; /* paths, belonging to the inputs */
};

static void note_changed(void *context, const char *path, uint64_t hash)
{
  struct refresh *refresh = context;
  const struct fact_file *stored = g_hash_table_lookup(refresh->stored, path);
  if (stored != NULL && !begins_with(stored->hash, hash))
    g_hash_table_add(refresh->changed, (gpointer)path);
}

static bool write_changed(struct refresh *refresh, struct store *store, const char *root,
                          GError **error)
{
  GHashTableIter iterator;
  gpointer path;
  bool is_fine = true;
  g_hash_table_iter_init(&iterator, refresh->changed);
  while (is_fine && g_hash_table_iter_next(&iterator, &path, NULL)) {
    struct fact_file row = *(const struct fact_file *)g_hash_table_lookup(refresh->stored, path);
    row.n_lines = 0;
    g_autofree char *hash = look(root, path, &row.n_lines);
    row.hash = hash;
    is_fine = store_replace(store, &fact_file_table, &row, error);
  }
  return is_fine;
}

static void ignore(void *context, const char *path, uint64_t hash)
{
  (void)context;
  (void)path;
  (void)hash;
}

bool files_refresh(struct store *store, const char *root, const struct inputs_check *check,
                   const GPtrArray *inputs, GError **error)
{
  if (inputs->len == 0 && !inputs_each_read(check, ignore, NULL))
    return true;
  g_autoptr(record_set) stored = store_load(store, &fact_file_table, NULL, error);
  if (stored == NULL)
    return false;
  struct refresh refresh = {.stored = g_hash_table_new(g_str_hash, g_str_equal),
                            .changed = g_hash_table_new(g_str_hash, g_str_equal)};
  for (size_t i = 0; i < stored->n; i++) {
    const struct fact_file *file = record_at(stored, fact_file, i);
    g_hash_table_insert(refresh.stored, (gpointer)file->file, (gpointer)file);
  }
  inputs_each_read(check, note_changed, &refresh);
  for (guint i = 0; i < inputs->len; i++)
    inputs_each(g_ptr_array_index(inputs, i), note_changed, &refresh);
  bool is_fine = write_changed(&refresh, store, root, error);
  g_hash_table_unref(refresh.stored);
  g_hash_table_unref(refresh.changed);
  return is_fine;
}
