#include "analyzer/infer.h"

#include "analyzer/system_headers.h"

#include <string.h>
#include <sys/stat.h>

enum { FILES_LIMIT = 200000, DEPTH_LIMIT = 64, FILE_BYTES = 8 * 1024 * 1024 };

struct inference {
  GPtrArray *sources;     /* char *, absolute */
  GPtrArray *headers;     /* char *, absolute */
  GHashTable *by_name;    /* last part of a file's path -> GPtrArray of paths */
  GHashTable *includes;   /* path -> GPtrArray of included names, each behind its '<' or '"' */
  GHashTable *unresolved; /* names */
  GHashTable *shadowing;  /* folder of the tree -> whether it holds names of the system's headers */
  struct system_headers *system;
};

struct search {
  GPtrArray *folders; /* char *: options, in the order in which includes ask for them */
  GHashTable *used;   /* folders among them */
};

static int by_text(gconstpointer a, gconstpointer b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has_suffix(const char *name, const char *suffix)
{
  return g_str_has_suffix(name, suffix) && strlen(name) > strlen(suffix);
}

static void scan(struct inference *inference, const char *folder, unsigned depth)
{
  g_autoptr(GDir) dir = depth < DEPTH_LIMIT ? g_dir_open(folder, 0, NULL) : NULL;
  if (dir == NULL)
    return;
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  const char *name = NULL;
  while ((name = g_dir_read_name(dir)) != NULL)
    if (name[0] != '.')
      g_ptr_array_add(names, g_strdup(name));
  g_ptr_array_sort(names, by_text);
  for (guint i = 0; i < names->len; i++) {
    if (inference->sources->len + inference->headers->len >= FILES_LIMIT)
      return;
    g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
    struct stat status;
    if (lstat(path, &status) != 0 || S_ISLNK(status.st_mode))
      continue;
    if (S_ISDIR(status.st_mode))
      scan(inference, path, depth + 1);
    else if (!S_ISREG(status.st_mode))
      continue;
    else if (has_suffix(path, ".c"))
      g_ptr_array_add(inference->sources, g_steal_pointer(&path));
    else if (has_suffix(path, ".h") || has_suffix(path, ".inc") || has_suffix(path, ".def"))
      g_ptr_array_add(inference->headers, g_steal_pointer(&path));
  }
}

/* By name: headers, and sources, which others may include as well. */
static void index_files(struct inference *inference, const GPtrArray *files)
{
  for (guint i = 0; i < files->len; i++) {
    char *path = files->pdata[i];
    char *name = g_path_get_basename(path);
    GPtrArray *paths = g_hash_table_lookup(inference->by_name, name);
    if (paths == NULL) {
      paths = g_ptr_array_new();
      g_hash_table_insert(inference->by_name, name, paths);
    } else {
      g_free(name);
    }
    g_ptr_array_add(paths, path);
  }
}

/* The names behind "#include" with the quote that begins them, without looking at conditions. */
static GPtrArray *includes_of(struct inference *inference, const char *path)
{
  GPtrArray *known = g_hash_table_lookup(inference->includes, path);
  if (known != NULL)
    return known;
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  g_hash_table_insert(inference->includes, g_strdup(path), names);
  g_autofree char *text = NULL;
  gsize size = 0;
  struct stat status;
  if (stat(path, &status) != 0 || status.st_size > FILE_BYTES ||
      !g_file_get_contents(path, &text, &size, NULL))
    return names;
  for (const char *line = text; line != NULL && *line != '\0';) {
    const char *at = line;
    line = strchr(line, '\n');
    line = line != NULL ? line + 1 : NULL;
    at += strspn(at, " \t");
    if (*at != '#')
      continue;
    at++;
    at += strspn(at, " \t");
    if (strncmp(at, "include", 7) != 0)
      continue;
    at += 7;
    at += strspn(at, " \t");
    const char *end = *at == '"' ? strchr(at + 1, '"') : *at == '<' ? strchr(at + 1, '>') : NULL;
    if (end == NULL || (line != NULL && end >= line) || end == at + 1)
      continue;
    g_ptr_array_add(names, g_strndup(at, (gsize)(end - at)));
  }
  return names;
}

static size_t common_length(const char *a, const char *b)
{
  size_t length = 0;
  while (a[length] != '\0' && a[length] == b[length])
    length++;
  return length;
}

/* The file of the tree that `name` most likely means: the one nearest to the file that includes it,
 * which is not itself. NULL where none ends with that name. */
static const char *resolve(struct inference *inference, const char *name, const char *includer)
{
  g_autofree char *last = g_path_get_basename(name);
  GPtrArray *paths = g_hash_table_lookup(inference->by_name, last);
  g_autofree char *ending = g_strconcat("/", name, NULL);
  const char *best = NULL;
  for (guint i = 0; paths != NULL && i < paths->len; i++) {
    const char *path = paths->pdata[i];
    if (!g_str_has_suffix(path, ending) || strcmp(path, includer) == 0)
      continue;
    if (best == NULL || common_length(path, includer) > common_length(best, includer))
      best = path;
  }
  return best;
}

/* The folder below the system's that has a header which neither the tree nor the compiler finds;
 * NULL where there is none. What configuring makes, config.h, is the tree's own, and another's by
 * that name would tell wrong things. */
static const char *library_folder(struct inference *inference, const char *name)
{
  if (system_headers_has(inference->system, name))
    return NULL;
  const char *folder =
      strcmp(name, "config.h") != 0 ? system_headers_folder(inference->system, name) : NULL;
  if (folder == NULL)
    g_hash_table_add(inference->unresolved, g_strdup(name));
  return folder;
}

static void add_folder(GPtrArray *folders, GHashTable *used, const char *option, char *folder)
{
  if (g_hash_table_contains(used, folder)) {
    g_free(folder);
    return;
  }
  g_ptr_array_add(folders, g_strconcat(option, folder, NULL));
  g_hash_table_add(used, folder);
}

/* A header that was chosen already brings its own folder's with it. */
static const char *in_used(GHashTable *used, const char *name)
{
  GHashTableIter iterator;
  gpointer folder = NULL;
  g_hash_table_iter_init(&iterator, used);
  const char *found = NULL;
  while (g_hash_table_iter_next(&iterator, &folder, NULL)) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && (found == NULL || strcmp(path, found) < 0))
      found = g_intern_string(path);
  }
  return found;
}

/* Whether a folder of the tree holds a header by the name of one of the system's, <string.h>. */
static bool shadows(struct inference *inference, const char *folder)
{
  gpointer known = NULL;
  if (g_hash_table_lookup_extended(inference->shadowing, folder, NULL, &known))
    return GPOINTER_TO_INT(known);
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name = NULL;
  bool does = false;
  while (dir != NULL && !does && (name = g_dir_read_name(dir)) != NULL)
    does = has_suffix(name, ".h") && system_headers_has(inference->system, name);
  g_hash_table_insert(inference->shadowing, g_strdup(folder), GINT_TO_POINTER(does));
  return does;
}

static void add_tree_folder(struct inference *inference, struct search *search, const char *header,
                            const char *name, bool is_quoted)
{
  char *folder = g_strndup(header, strlen(header) - strlen(name) - 1);
  const char *option = is_quoted && shadows(inference, folder) ? "-iquote" : "-I";
  add_folder(search->folders, search->used, option, folder);
}

/* The file that an include most likely means; adds the folder that makes the compiler find it. NULL
 * where it is the system's own or nowhere. */
static const char *find_header(struct inference *inference, struct search *search,
                               const char *includer, const char *include)
{
  const char *name = include + 1;
  bool is_quoted = include[0] == '"';
  g_autofree char *own = g_path_get_dirname(includer);
  g_autofree char *local = g_canonicalize_filename(name, own);
  bool is_beside = g_hash_table_contains(inference->includes, local) ||
                   g_file_test(local, G_FILE_TEST_IS_REGULAR);
  if (is_beside && is_quoted)
    return g_intern_string(local);
  bool is_standard = system_headers_has(inference->system, name);
  const char *header = resolve(inference, name, includer);
  if (header != NULL && is_standard && strchr(name, '/') == NULL)
    return NULL; /* <string.h> is the system's, whatever the tree holds */
  if (header != NULL) {
    add_tree_folder(inference, search, header, name, is_quoted);
    return header;
  }
  if (!is_standard && (header = in_used(search->used, name)) != NULL)
    return header;
  const char *folder = library_folder(inference, name);
  if (folder == NULL)
    return NULL;
  add_folder(search->folders, search->used, "-isystem", g_strdup(folder));
  g_autofree char *path = g_build_filename(folder, name, NULL);
  return g_intern_string(path);
}

/* Options for folders, in the order in which the includes of the source ask for them. */
static GPtrArray *folders_for(struct inference *inference, const char *source, bool *has_config)
{
  g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  struct search search = {.folders = g_ptr_array_new_with_free_func(g_free), .used = used};
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GPtrArray) queue = g_ptr_array_new();
  g_ptr_array_add(queue, (gpointer)source);
  g_hash_table_add(seen, (gpointer)source);
  for (guint i = 0; i < queue->len; i++) {
    const char *includer = queue->pdata[i];
    GPtrArray *includes = includes_of(inference, includer);
    for (guint n = 0; n < includes->len; n++) {
      const char *header = find_header(inference, &search, includer, includes->pdata[n]);
      if (header == NULL)
        continue;
      if (g_str_has_suffix(header, "/config.h"))
        *has_config = true;
      if (g_hash_table_add(seen, (gpointer)header))
        g_ptr_array_add(queue, (gpointer)header);
    }
  }
  return search.folders;
}

static void add_source(struct compilations *compilations, struct inference *inference,
                       const char *source)
{
  bool has_config = false;
  g_autoptr(GPtrArray) folders = folders_for(inference, source, &has_config);
  g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
  g_ptr_array_add(words, g_strdup("cc"));
  g_ptr_array_add(words, g_strdup("-D_GNU_SOURCE"));
  if (has_config)
    g_ptr_array_add(words, g_strdup("-DHAVE_CONFIG_H"));
  for (guint i = 0; i < folders->len; i++)
    g_ptr_array_add(words, g_strdup(folders->pdata[i]));
  g_ptr_array_add(words, NULL);
  g_autofree char *directory = g_path_get_dirname(source);
  struct arguments arguments;
  arguments_normalise(&arguments, (const char *const *)words->pdata, directory, source, NULL,
                      compilations->notices);
  compilations_add(compilations, source, directory, &arguments);
  arguments_clear(&arguments);
}

bool infer_compilations(struct compilations *compilations, const char *root, GError **error)
{
  struct inference inference = {
      .sources = g_ptr_array_new_with_free_func(g_free),
      .headers = g_ptr_array_new_with_free_func(g_free),
      .by_name =
          g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref),
      .includes =
          g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref),
      .unresolved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .shadowing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
  };
  inference.system = system_headers_new(NULL);
  scan(&inference, root, 0);
  index_files(&inference, inference.headers);
  index_files(&inference, inference.sources);
  for (guint i = 0; i < inference.sources->len; i++)
    add_source(compilations, &inference, inference.sources->pdata[i]);
  compilations->n_entries = inference.sources->len;
  compilations->n_unresolved = g_hash_table_size(inference.unresolved);
  g_ptr_array_unref(inference.sources);
  g_ptr_array_unref(inference.headers);
  g_hash_table_unref(inference.by_name);
  g_hash_table_unref(inference.includes);
  g_hash_table_unref(inference.unresolved);
  g_hash_table_unref(inference.shadowing);
  system_headers_free(inference.system);
  if (compilations->all->len == 0)
    g_set_error(error, COMPILATIONS_ERROR, COMPILATIONS_ERROR_NONE,
                "no compile_commands.json and no C files in '%s'", root);
  return compilations->all->len > 0;
}
