#include "analyzer/compilations.h"

#include "analyzer/infer.h"
#include "store/identity.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

G_DEFINE_QUARK(cleave - compilations - error, compilations_error)

static void compilation_free(gpointer data)
{
  struct compilation *compilation = data;
  g_free(compilation->file);
  g_free(compilation->shown);
  g_free(compilation->directory);
  g_strfreev(compilation->arguments);
  g_free(compilation->objects);
  g_free(compilation);
}

void compilations_free(struct compilations *compilations)
{
  if (compilations == NULL)
    return;
  g_ptr_array_unref(compilations->all);
  g_ptr_array_unref(compilations->others);
  g_hash_table_unref(compilations->notices);
  g_free(compilations->root);
  g_free(compilations->source);
  g_free(compilations->build_folder);
  g_free(compilations);
}

char *compilations_shown(const char *root, const char *path)
{
  size_t length = strlen(root);
  if (strncmp(path, root, length) == 0 && path[length] == '/')
    return g_strdup(path + length + 1);
  return g_strdup(path);
}

void compilations_add(struct compilations *compilations, const char *file, const char *directory,
                      const struct arguments *arguments)
{
  struct compilation *added = g_new0(struct compilation, 1);
  added->file = g_strdup(file);
  added->directory = g_strdup(directory);
  added->arguments = g_strdupv((char **)arguments->kept->pdata);
  added->objects = g_strdup(arguments->object != NULL ? arguments->object : "");
  g_ptr_array_add(compilations->all, added);
}

/* ---- reading ---- */

static bool is_common_prefix(const char *folder, const char *path)
{
  size_t length = strlen(folder);
  return strncmp(folder, path, length) == 0 && (path[length] == '/' || length == 1);
}

static char *common_folder(const GPtrArray *all)
{
  char *folder = NULL;
  for (guint i = 0; i < all->len; i++) {
    const struct compilation *compilation = all->pdata[i];
    if (folder == NULL)
      folder = g_path_get_dirname(compilation->file);
    while (!is_common_prefix(folder, compilation->file)) {
      char *parent = g_path_get_dirname(folder);
      g_free(folder);
      folder = parent;
    }
  }
  return folder;
}

static void read_entry(struct compilations *compilations, const json_t *entry, const char *folder,
                       const GArray *path_maps)
{
  const char *file = json_string_value(json_object_get(entry, "file"));
  const char *directory = json_string_value(json_object_get(entry, "directory"));
  const char *command = json_string_value(json_object_get(entry, "command"));
  const char *output = json_string_value(json_object_get(entry, "output"));
  json_t *list = json_object_get(entry, "arguments");
  if (file == NULL || *file == '\0' || (command == NULL && !json_is_array(list))) {
    compilations->n_malformed++;
    return;
  }
  g_auto(GStrv) words = NULL;
  if (json_is_array(list)) {
    g_autoptr(GPtrArray) collected = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < json_array_size(list); i++) {
      const char *word = json_string_value(json_array_get(list, i));
      if (word != NULL)
        g_ptr_array_add(collected, g_strdup(word));
    }
    g_ptr_array_add(collected, NULL);
    words = g_strdupv((char **)collected->pdata);
  } else {
    words = arguments_split(command);
  }
  g_autofree char *place = arguments_path(directory != NULL ? directory : ".", folder, path_maps);
  g_autofree char *source = arguments_path(file, place, path_maps);
  struct arguments arguments;
  arguments_normalise(&arguments, (const char *const *)words, place, source, path_maps,
                      compilations->notices);
  if (output != NULL && arguments.object == NULL)
    arguments.object = arguments_path(output, place, path_maps);
  if (arguments.language == SOURCE_CXX)
    compilations->n_cxx++;
  else if (arguments.language == SOURCE_OTHER)
    compilations->n_other++;
  else if (!g_file_test(source, G_FILE_TEST_IS_REGULAR))
    compilations->n_missing++;
  else
    compilations_add(compilations, source, place, &arguments);
  arguments_clear(&arguments);
}

static bool read_database(struct compilations *compilations, const char *path,
                          const GArray *path_maps, GError **error)
{
  g_autofree char *text = NULL;
  gsize size = 0;
  g_autoptr(GError) why = NULL;
  if (!g_file_get_contents(path, &text, &size, &why)) {
    g_set_error(error, COMPILATIONS_ERROR, COMPILATIONS_ERROR_READ, "cannot read '%s': %s", path,
                g_strerror(errno));
    return false;
  }
  json_error_t problem;
  json_t *database = json_loadb(text, size, JSON_ALLOW_NUL, &problem);
  if (database == NULL || !json_is_array(database)) {
    g_set_error(error, COMPILATIONS_ERROR, COMPILATIONS_ERROR_INVALID,
                database == NULL ? "'%s' is not JSON: line %d: %s"
                                 : "'%s' is not a compile database: expected an array",
                path, problem.line, problem.text);
    json_decref(database);
    return false;
  }
  compilations->n_entries = (unsigned)json_array_size(database);
  g_autofree char *folder = g_path_get_dirname(path);
  for (size_t i = 0; i < json_array_size(database); i++)
    read_entry(compilations, json_array_get(database, i), folder, path_maps);
  json_decref(database);
  if (compilations->n_entries == 0)
    g_set_error(error, COMPILATIONS_ERROR, COMPILATIONS_ERROR_NONE, "'%s' has no entries", path);
  else if (compilations->all->len == 0)
    g_set_error(error, COMPILATIONS_ERROR, COMPILATIONS_ERROR_NONE,
                "'%s' names no C file that can be read: %u missing, %u C++, %u other, %u malformed",
                path, compilations->n_missing, compilations->n_cxx, compilations->n_other,
                compilations->n_malformed);
  return compilations->all->len > 0;
}

/* ---- finding ---- */

static int by_text(gconstpointer a, gconstpointer b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_build_name(const char *name)
{
  return g_str_has_prefix(name, "build") || g_str_has_prefix(name, "cmake-build") ||
         g_str_has_prefix(name, "_build") || strcmp(name, "out") == 0 || strcmp(name, "obj") == 0;
}

static void add_if_there(GPtrArray *found, const char *folder)
{
  char *path = g_build_filename(folder, "compile_commands.json", NULL);
  if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
    g_ptr_array_add(found, path);
  else
    g_free(path);
}

static GPtrArray *subfolders(const char *folder, bool builds_only)
{
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name = NULL;
  while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
    if (name[0] == '.' || (builds_only && !is_build_name(name)))
      continue;
    char *path = g_build_filename(folder, name, NULL);
    if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
      g_ptr_array_add(names, path);
    else
      g_free(path);
  }
  g_ptr_array_sort(names, by_text);
  return names;
}

/* The folder itself first, then build folders below it and one level deeper, by name. */
static GPtrArray *find_databases(const char *folder)
{
  GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
  add_if_there(found, folder);
  g_autoptr(GPtrArray) builds = subfolders(folder, true);
  for (guint i = 0; i < builds->len; i++)
    add_if_there(found, builds->pdata[i]);
  for (guint i = 0; i < builds->len; i++) {
    g_autoptr(GPtrArray) inner = subfolders(builds->pdata[i], false);
    for (guint k = 0; k < inner->len; k++)
      add_if_there(found, inner->pdata[k]);
  }
  return found;
}

/* ---- finishing ---- */

/* Past the macro that tells where the code may be loaded: libtool compiles every source of a
 * library twice, once with it. */
static char **skip_position(char **words)
{
  while (words[0] != NULL && strcmp(words[0], "-D") == 0 && g_strcmp0(words[1], "PIC") == 0)
    words += 2;
  return words;
}

static int by_arguments(const struct compilation *first, const struct compilation *second)
{
  char **one = skip_position(first->arguments), **two = skip_position(second->arguments);
  int order = 0;
  while (order == 0 && *one != NULL && *two != NULL) {
    order = strcmp(*one, *two);
    one = skip_position(one + 1);
    two = skip_position(two + 1);
  }
  return order != 0 ? order : (*one != NULL) - (*two != NULL);
}

/* Of those that are alike, the one with the fewest options first. */
static int by_file_and_arguments(gconstpointer a, gconstpointer b)
{
  const struct compilation *first = *(struct compilation *const *)a;
  const struct compilation *second = *(struct compilation *const *)b;
  int order = strcmp(first->file, second->file);
  if (order == 0)
    order = by_arguments(first, second);
  guint n_first = g_strv_length(first->arguments), n_second = g_strv_length(second->arguments);
  if (order == 0)
    order = (n_first > n_second) - (n_first < n_second);
  if (order == 0)
    order = strcmp(first->directory, second->directory);
  return order != 0 ? order : strcmp(first->objects, second->objects);
}

static bool is_same(const struct compilation *a, const struct compilation *b)
{
  return strcmp(a->file, b->file) == 0 && by_arguments(a, b) == 0;
}

static void merge_duplicates(struct compilations *compilations)
{
  g_ptr_array_sort(compilations->all, by_file_and_arguments);
  GPtrArray *unique = g_ptr_array_new_with_free_func(compilation_free);
  for (guint i = 0; i < compilations->all->len; i++) {
    struct compilation *next = compilations->all->pdata[i];
    struct compilation *last = unique->len > 0 ? unique->pdata[unique->len - 1] : NULL;
    if (last == NULL || !is_same(last, next)) {
      g_ptr_array_add(unique, next);
      continue;
    }
    compilations->n_duplicate++;
    g_auto(GStrv) known = g_strsplit(last->objects, "\n", -1);
    if (*next->objects != '\0' && !g_strv_contains((const gchar *const *)known, next->objects)) {
      char *joined = *last->objects != '\0' ? g_strconcat(last->objects, "\n", next->objects, NULL)
                                            : g_strdup(next->objects);
      g_free(last->objects);
      last->objects = joined;
    }
    compilation_free(next);
  }
  g_ptr_array_set_free_func(compilations->all, NULL);
  g_ptr_array_unref(compilations->all);
  compilations->all = unique;
}

static void show_paths(struct compilations *compilations)
{
  const char *root = compilations->root;
  for (guint i = 0; i < compilations->all->len; i++) {
    struct compilation *compilation = compilations->all->pdata[i];
    compilation->shown = compilations_shown(root, compilation->file);
    g_auto(GStrv) objects = g_strsplit(compilation->objects, "\n", -1);
    for (char **at = objects; *at != NULL; at++) {
      char *shown = compilations_shown(root, *at);
      g_free(*at);
      *at = shown;
    }
    g_free(compilation->objects);
    compilation->objects = g_strjoinv("\n", objects);
    g_autofree char *arguments = g_strjoinv("\n", compilation->arguments);
    compilation->id = store_id("unit", compilation->shown, arguments, NULL);
  }
}

static bool set_root(struct compilations *compilations, const char *root, GError **error)
{
  if (root == NULL) {
    compilations->root = common_folder(compilations->all);
    return true;
  }
  compilations->root = g_canonicalize_filename(root, NULL);
  if (!g_file_test(compilations->root, G_FILE_TEST_IS_DIR)) {
    g_set_error(error, COMPILATIONS_ERROR, COMPILATIONS_ERROR_USAGE, "--root '%s' is not a folder",
                root);
    return false;
  }
  /* Nothing outside the root is told of: a picture without a single source would be empty. */
  bool holds_any = compilations->all->len == 0;
  for (guint i = 0; !holds_any && i < compilations->all->len; i++) {
    const struct compilation *compilation = compilations->all->pdata[i];
    holds_any = is_common_prefix(compilations->root, compilation->file);
  }
  if (!holds_any) {
    const struct compilation *first = compilations->all->pdata[0];
    g_set_error(error, COMPILATIONS_ERROR, COMPILATIONS_ERROR_USAGE,
                "--root '%s' holds none of the %u sources (one is '%s')", root,
                compilations->all->len, first->file);
    return false;
  }
  return true;
}

static GArray *read_path_maps(const char *const *texts, GError **error)
{
  GArray *maps = g_array_new(FALSE, FALSE, sizeof(struct path_map));
  for (const char *const *at = texts; texts != NULL && *at != NULL; at++) {
    const char *equals = strchr(*at, '=');
    if (equals == NULL || equals == *at || equals[1] == '\0') {
      g_set_error(error, COMPILATIONS_ERROR, COMPILATIONS_ERROR_USAGE,
                  "--path-map '%s' is not OLD=NEW", *at);
      for (guint i = 0; i < maps->len; i++) {
        g_free(g_array_index(maps, struct path_map, i).from);
        g_free(g_array_index(maps, struct path_map, i).to);
      }
      g_array_unref(maps);
      return NULL;
    }
    g_autofree char *from = g_strndup(*at, (gsize)(equals - *at));
    size_t length = strlen(from);
    while (length > 1 && from[length - 1] == '/')
      from[--length] = '\0';
    struct path_map map = {.from = g_steal_pointer(&from),
                           .to = g_canonicalize_filename(equals + 1, NULL)};
    g_array_append_val(maps, map);
  }
  return maps;
}

static void free_path_maps(GArray *maps)
{
  for (guint i = 0; i < maps->len; i++) {
    g_free(g_array_index(maps, struct path_map, i).from);
    g_free(g_array_index(maps, struct path_map, i).to);
  }
  g_array_unref(maps);
}

static bool collect(struct compilations *compilations, const char *path, const GArray *maps,
                    GError **error)
{
  if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
    g_set_error(error, COMPILATIONS_ERROR, COMPILATIONS_ERROR_READ, "cannot open '%s': %s", path,
                g_strerror(ENOENT));
    return false;
  }
  if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
    compilations->source = g_strdup(path);
  } else {
    g_autoptr(GPtrArray) found = find_databases(path);
    if (found->len > 0)
      compilations->source = g_strdup(found->pdata[0]);
    for (guint i = 1; i < found->len; i++)
      g_ptr_array_add(compilations->others, g_strdup(found->pdata[i]));
  }
  if (compilations->source == NULL)
    return infer_compilations(compilations, path, error);
  compilations->build_folder = g_path_get_dirname(compilations->source);
  return read_database(compilations, compilations->source, maps, error);
}

struct compilations *compilations_find(const struct compilations_request *request, GError **error)
{
  GArray *maps = read_path_maps(request->path_maps, error);
  if (maps == NULL)
    return NULL;
  struct compilations *compilations = g_new0(struct compilations, 1);
  compilations->all = g_ptr_array_new_with_free_func(compilation_free);
  compilations->others = g_ptr_array_new_with_free_func(g_free);
  compilations->notices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *path =
      g_canonicalize_filename(request->path != NULL ? request->path : ".", NULL);
  bool is_fine = collect(compilations, path, maps, error);
  free_path_maps(maps);
  if (!is_fine || !set_root(compilations, request->root, error)) {
    compilations_free(compilations);
    return NULL;
  }
  merge_duplicates(compilations);
  show_paths(compilations);
  return compilations;
}
