#include "analyzer/tree_files.h"

#include "analyzer/object_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_LIMIT = 12, ENTRIES_LIMIT = 50000 };

/* Where libtool puts shared libraries, and the programs that it leaves scripts in the place of. */
#define LIBTOOL_FOLDER ".libs"

struct walk {
  struct tree_files *files;
  unsigned n_entries;
  bool is_build; /* below the build folder */
};

/* Programs rarely have a suffix, and sources always have one: most files need no look. */
static bool may_be_finished(const char *name)
{
  const char *dot = strrchr(name, '.');
  static const char *const suffixes[] = {".so",  ".bin", ".cgi", ".fcgi",
                                         ".elf", ".out", ".exe", NULL};
  return dot == NULL || g_strv_contains(suffixes, dot) || strstr(name, ".so.") != NULL ||
         g_ascii_isdigit(dot[1]);
}

static bool is_executable(int folder, const char *name)
{
  struct stat status;
  return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
         (status.st_mode & S_IXUSR) != 0;
}

static bool is_folder(int folder, const struct dirent *entry)
{
  struct stat status;
  if (entry->d_type != DT_UNKNOWN)
    return entry->d_type == DT_DIR;
  return fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISDIR(status.st_mode);
}

static void walk_folder(struct walk *walk, const char *path, int depth);

static void look_at(struct walk *walk, int folder, const char *path, const struct dirent *entry,
                    int depth)
{
  const char *name = entry->d_name;
  g_autofree char *whole = NULL;
  if (is_folder(folder, entry)) {
    whole = g_build_filename(path, name, NULL);
    walk_folder(walk, whole, depth + 1);
  } else if (walk->is_build && strcmp(name, "link.txt") == 0) {
    g_ptr_array_add(walk->files->link_texts, g_build_filename(path, name, NULL));
  } else if (walk->is_build && g_str_has_suffix(name, ".map")) {
    g_ptr_array_add(walk->files->maps, g_build_filename(path, name, NULL));
  } else if (may_be_finished(name) && is_executable(folder, name)) {
    whole = g_build_filename(path, name, NULL);
    if (object_file_is_finished(whole))
      g_ptr_array_add(walk->files->finished, g_steal_pointer(&whole));
  }
}

static void walk_folder(struct walk *walk, const char *path, int depth)
{
  DIR *directory = depth < DEPTH_LIMIT ? opendir(path) : NULL;
  if (directory == NULL)
    return;
  const struct dirent *entry;
  while ((entry = readdir(directory)) != NULL && walk->n_entries < ENTRIES_LIMIT) {
    walk->n_entries++;
    bool is_hidden = entry->d_name[0] == '.' && strcmp(entry->d_name, LIBTOOL_FOLDER) != 0;
    if (!is_hidden && strcmp(entry->d_name, "node_modules") != 0)
      look_at(walk, dirfd(directory), path, entry, depth);
  }
  closedir(directory);
}

static gint compare_texts(gconstpointer left, gconstpointer right)
{
  return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Sorted, and once each. */
static void tidy(GPtrArray *paths)
{
  g_ptr_array_sort(paths, compare_texts);
  for (guint i = paths->len; i-- > 1;) {
    if (strcmp(g_ptr_array_index(paths, i), g_ptr_array_index(paths, i - 1)) == 0)
      g_ptr_array_remove_index(paths, i);
  }
}

struct tree_files *tree_files_find(const char *root, const char *build_folder)
{
  struct tree_files *files = g_new0(struct tree_files, 1);
  files->link_texts = g_ptr_array_new_with_free_func(g_free);
  files->maps = g_ptr_array_new_with_free_func(g_free);
  files->finished = g_ptr_array_new_with_free_func(g_free);
  struct walk walk = {files, 0, true};
  if (build_folder != NULL)
    walk_folder(&walk, build_folder, 0);
  if (g_strcmp0(build_folder, root) != 0) {
    walk.is_build = false;
    walk_folder(&walk, root, 0);
  }
  tidy(files->link_texts);
  tidy(files->maps);
  tidy(files->finished);
  return files;
}

void tree_files_free(struct tree_files *files)
{
  if (files == NULL)
    return;
  g_ptr_array_unref(files->link_texts);
  g_ptr_array_unref(files->maps);
  g_ptr_array_unref(files->finished);
  g_free(files);
}

static void stamp_file(GChecksum *checksum, const char *path)
{
  struct stat status;
  if (stat(path, &status) != 0)
    return;
  g_autofree char *text = g_strdup_printf("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%ld\n",
                                          path, (gint64)status.st_size,
                                          (gint64)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  g_checksum_update(checksum, (const guchar *)text, -1);
}

static void stamp_all(GChecksum *checksum, const GPtrArray *paths)
{
  for (guint i = 0; i < paths->len; i++)
    stamp_file(checksum, g_ptr_array_index(paths, i));
}

char *tree_project_name(const char *root)
{
  static const struct {
    const char *file;
    const char *pattern;
  } sources[] = {
      {"CMakeLists.txt", "^[ \\t]*project[ \\t]*\\([ \\t\\r\\n\"]*([A-Za-z][\\w.+-]*)"},
      {"meson.build", "^[ \\t]*project[ \\t]*\\([ \\t\\r\\n]*'([A-Za-z][\\w.+-]*)'"},
      {"configure.ac", "^[ \\t]*AC_INIT[ \\t]*\\([ \\t\\r\\n\\[]*([A-Za-z][\\w.+-]*)"},
      {"configure.in", "^[ \\t]*AC_INIT[ \\t]*\\([ \\t\\r\\n]*\\[([A-Za-z][\\w.+-]*)\\]"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
    g_autofree char *path = g_build_filename(root, sources[i].file, NULL);
    g_autofree char *text = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &text, &size, NULL))
      continue;
    g_autoptr(GRegex) regex = g_regex_new(
        sources[i].pattern, G_REGEX_MULTILINE | G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    if (!g_regex_match_full(regex, text, (gssize)size, 0, 0, &match, NULL))
      continue;
    g_autofree char *name = g_match_info_fetch(match, 1);
    return g_ascii_strdown(name, -1);
  }
  return NULL;
}

char *tree_files_stamp(const char *root, const char *build_folder)
{
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  struct tree_files *files = tree_files_find(root, build_folder);
  stamp_all(checksum, files->link_texts);
  stamp_all(checksum, files->maps);
  stamp_all(checksum, files->finished);
  static const char *const names[] = {"build.ninja", "compile_commands.json",
                                      ".cmake/api/v1/reply"};
  for (size_t i = 0; build_folder != NULL && i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(build_folder, names[i], NULL);
    stamp_file(checksum, path);
  }
  g_autofree char *project = tree_project_name(root);
  if (project != NULL)
    g_checksum_update(checksum, (const guchar *)project, -1);
  tree_files_free(files);
  return g_strdup(g_checksum_get_string(checksum));
}
