#include "analyzer/data_files.h"

#include "base/yaml.h"

#include <string.h>

static gint compare_paths(gconstpointer left, gconstpointer right)
{
  return strcmp(*(char *const *)left, *(char *const *)right);
}

GPtrArray *data_paths(const char *folder, GError **error)
{
  g_autoptr(GError) reason = NULL;
  g_autoptr(GDir) directory = g_dir_open(folder, 0, &reason);
  if (directory == NULL) {
    g_set_error(error, YAML_ERROR, YAML_ERROR_READ, "cannot open '%s': %s", folder,
                reason->message);
    return NULL;
  }
  g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
  const char *name;
  while ((name = g_dir_read_name(directory)) != NULL) {
    if (g_str_has_suffix(name, ".yaml"))
      g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
  }
  if (paths->len == 0) {
    g_set_error(error, YAML_ERROR, YAML_ERROR_READ, "no *.yaml in '%s'", folder);
    return NULL;
  }
  g_ptr_array_sort(paths, compare_paths);
  return g_steal_pointer(&paths);
}
