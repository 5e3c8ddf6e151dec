#include "analyzer/system_headers.h"

#include <string.h>

enum { DEPTH = 2, FOLDERS_LIMIT = 20000 };

struct system_headers {
  GPtrArray *roots;          /* char *: where the compiler looks */
  GPtrArray *folders[DEPTH]; /* char *: one step below them, two steps below */
  GHashTable *prefixes;      /* folder -> whether its name is a part of included names */
};

static const char *const standard[] = {
    "/usr/include",
    "/usr/local/include",
    "/usr/include/x86_64-linux-gnu",
    "/usr/include/aarch64-linux-gnu",
    NULL,
};
/* Where libraries put headers that depend on the machine. */
static const char *const beside[] = {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
                                     "/usr/lib", NULL};

static int by_text(gconstpointer a, gconstpointer b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_below(GPtrArray *into, const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  if (dir == NULL)
    return;
  const char *name = NULL;
  while ((name = g_dir_read_name(dir)) != NULL && into->len < FOLDERS_LIMIT) {
    char *path = g_build_filename(folder, name, NULL);
    if (name[0] != '.' && g_file_test(path, G_FILE_TEST_IS_DIR))
      g_ptr_array_add(into, path);
    else
      g_free(path);
  }
}

/* "/usr/lib/x86_64-linux-gnu/glib-2.0/include" */
static void add_beside(GPtrArray *into, const char *folder)
{
  g_autoptr(GPtrArray) below = g_ptr_array_new_with_free_func(g_free);
  add_below(below, folder);
  for (guint i = 0; i < below->len; i++) {
    char *path = g_build_filename(g_ptr_array_index(below, i), "include", NULL);
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
      g_ptr_array_add(into, path);
    else
      g_free(path);
  }
}

struct system_headers *system_headers_new(const char *const *folders)
{
  struct system_headers *headers = g_new0(struct system_headers, 1);
  headers->roots = g_ptr_array_new_with_free_func(g_free);
  headers->prefixes = g_hash_table_new(g_direct_hash, g_direct_equal);
  for (int i = 0; i < DEPTH; i++)
    headers->folders[i] = g_ptr_array_new_with_free_func(g_free);
  for (const char *const *root = folders != NULL ? folders : standard; *root != NULL; root++) {
    g_ptr_array_add(headers->roots, g_strdup(*root));
    add_below(headers->folders[0], *root);
  }
  for (const char *const *folder = beside; folders == NULL && *folder != NULL; folder++)
    add_beside(headers->folders[0], *folder);
  for (guint i = 0; i < headers->folders[0]->len; i++)
    add_below(headers->folders[1], g_ptr_array_index(headers->folders[0], i));
  for (int i = 0; i < DEPTH; i++)
    g_ptr_array_sort(headers->folders[i], by_text);
  return headers;
}

void system_headers_free(struct system_headers *headers)
{
  if (headers == NULL)
    return;
  g_ptr_array_unref(headers->roots);
  for (int i = 0; i < DEPTH; i++)
    g_ptr_array_unref(headers->folders[i]);
  g_hash_table_unref(headers->prefixes);
  g_free(headers);
}

static bool has(const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename(folder, name, NULL);
  return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

bool system_headers_has(const struct system_headers *headers, const char *name)
{
  for (guint i = 0; i < headers->roots->len; i++) {
    if (has(g_ptr_array_index(headers->roots, i), name))
      return true;
  }
  return has(CLEAVE_RESOURCE_DIR "/include", name);
}

/* Whether a header of the folder includes a name that begins with `prefix`, "sys/". */
static bool includes_below(const char *folder, const char *prefix)
{
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  g_autofree char *quoted = g_regex_escape_string(prefix, -1);
  g_autofree char *pattern = g_strconcat("^[ \\t]*#[ \\t]*include[ \\t]*[<\"]", quoted, NULL);
  g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
  bool found = false;
  const char *name = NULL;
  while (dir != NULL && !found && (name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *text = NULL;
    gsize size = 0;
    if (!g_str_has_suffix(name, ".h") || !g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents(path, &text, &size, NULL))
      continue;
    found = g_regex_match_full(regex, text, (gssize)size, 0, 0, NULL, NULL);
  }
  return found;
}

/* <sys/errno.h>, <lzma/check.h>: the folder's name belongs to what is included, as its own headers
 * and those beside it show. To look into such a folder for <errno.h> would find the wrong file. */
static bool is_prefix(const struct system_headers *headers, const char *folder)
{
  gpointer known = NULL;
  if (g_hash_table_lookup_extended(headers->prefixes, folder, NULL, &known))
    return GPOINTER_TO_INT(known);
  g_autofree char *name = g_path_get_basename(folder);
  g_autofree char *prefix = g_strconcat(name, "/", NULL);
  g_autofree char *parent = g_path_get_dirname(folder);
  bool is = includes_below(folder, prefix) || includes_below(parent, prefix);
  g_hash_table_insert(headers->prefixes, (gpointer)folder, GINT_TO_POINTER(is));
  return is;
}

const char *system_headers_folder(const struct system_headers *headers, const char *name)
{
  if (name[0] == '/' || strstr(name, "..") != NULL)
    return NULL;
  for (int depth = 0; depth < DEPTH; depth++) {
    const char *only = NULL;
    for (guint i = 0; i < headers->folders[depth]->len; i++) {
      const char *folder = g_ptr_array_index(headers->folders[depth], i);
      if (!has(folder, name) || is_prefix(headers, folder))
        continue;
      if (only != NULL)
        return NULL;
      only = folder;
    }
    if (only != NULL)
      return only;
  }
  return NULL;
}
