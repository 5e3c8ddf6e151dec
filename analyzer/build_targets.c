/* Link steps that a build folder records. */
#include "analyzer/programs.h"

#include <string.h>

#define DEPTH_LIMIT 12
#define SIZE_LIMIT (64u << 20)

static void target_free(gpointer data)
{
  struct build_target *target = data;
  g_free(target->name);
  g_free(target->output);
  g_ptr_array_unref(target->inputs);
  g_free(target);
}

static struct build_target *target_new(const char *output, const char *folder, const char *source)
{
  struct build_target *target = g_new0(struct build_target, 1);
  target->output = g_canonicalize_filename(output, folder);
  target->name = g_path_get_basename(output);
  target->source = source;
  target->is_archive = g_str_has_suffix(output, ".a");
  target->inputs = g_ptr_array_new_with_free_func(g_free);
  return target;
}

static bool is_input(const char *word)
{
  const char *slash = strrchr(word, '/');
  const char *dot = strrchr(slash != NULL ? slash : word, '.');
  if (dot == NULL || word[0] == '-')
    return false;
  return strcmp(dot, ".o") == 0 || strcmp(dot, ".a") == 0 || strcmp(dot, ".lo") == 0 ||
         strcmp(dot, ".obj") == 0;
}

static char *read_text(const char *path)
{
  char *text = NULL;
  gsize length = 0;
  if (!g_file_get_contents(path, &text, &length, NULL))
    return NULL;
  if (length > SIZE_LIMIT)
    g_clear_pointer(&text, g_free);
  return text;
}

/* One command of a link.txt: "cc ... -o shop a.o b.o libx.a" or "ar qc libx.a a.o". */
static struct build_target *target_of_command(const char *command, const char *folder)
{
  g_auto(GStrv) words = NULL;
  int n_words = 0;
  if (!g_shell_parse_argv(command, &n_words, &words, NULL))
    return NULL;
  const char *output = NULL;
  int first_input = 1;
  for (int i = 1; i + 1 < n_words; i++) {
    if (strcmp(words[i], "-o") == 0)
      output = words[i + 1];
  }
  g_autofree char *tool = g_path_get_basename(words[0]);
  bool is_archiver = g_str_has_suffix(tool, "ar") && output == NULL;
  for (int i = 1; i < n_words && is_archiver && output == NULL; i++) {
    if (g_str_has_suffix(words[i], ".a")) {
      output = words[i];
      first_input = i + 1;
    }
  }
  if (output == NULL)
    return NULL;
  struct build_target *target = target_new(output, folder, "link.txt");
  for (int i = first_input; i < n_words; i++) {
    if (is_input(words[i]))
      g_ptr_array_add(target->inputs, g_canonicalize_filename(words[i], folder));
  }
  return target;
}

/* The commands of <build>/.../CMakeFiles/<target>.dir/link.txt run in the folder that holds
 * CMakeFiles. */
static void read_link_text(const char *path, GPtrArray *targets)
{
  g_autofree char *text = read_text(path);
  if (text == NULL)
    return;
  g_autofree char *target_folder = g_path_get_dirname(path);
  g_autofree char *files_folder = g_path_get_dirname(target_folder);
  g_autofree char *folder = g_path_get_dirname(files_folder);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    struct build_target *target = target_of_command(*line, folder);
    if (target != NULL)
      g_ptr_array_add(targets, target);
  }
}

static void find_link_texts(const char *folder, int depth, GPtrArray *targets)
{
  g_autoptr(GDir) directory = depth < DEPTH_LIMIT ? g_dir_open(folder, 0, NULL) : NULL;
  if (directory == NULL)
    return;
  const char *name;
  while ((name = g_dir_read_name(directory)) != NULL) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (strcmp(name, "link.txt") == 0)
      read_link_text(path, targets);
    else if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
      find_link_texts(path, depth + 1, targets);
  }
}

/* Splits at blanks, undoing ninja's "$ ", "$:" and "$$". A word "|" or ":" stays one. */
static GPtrArray *ninja_words(const char *line)
{
  GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GString) word = g_string_new(NULL);
  for (const char *c = line;; c++) {
    if (*c == '\0' || *c == ' ' || *c == ':') {
      if (word->len != 0)
        g_ptr_array_add(words, g_strdup(word->str));
      g_string_truncate(word, 0);
      if (*c == ':')
        g_ptr_array_add(words, g_strdup(":"));
      if (*c == '\0')
        return words;
    } else if (*c == '$' && c[1] != '\0') {
      g_string_append_c(word, *++c);
    } else {
      g_string_append_c(word, *c);
    }
  }
}

static bool is_link_rule(const char *rule)
{
  return strstr(rule, "LINKER") != NULL || strstr(rule, "link") != NULL ||
         strstr(rule, "LINK") != NULL || g_strcmp0(rule, "ar") == 0;
}

/* "build OUT | MORE: RULE IN... | IMPLICIT || ORDER". Archives stand among the implicit ones. */
static void read_ninja_line(const char *line, const char *folder, GPtrArray *targets)
{
  const char *colon = strstr(line, ": ");
  if (colon == NULL)
    return;
  g_autofree char *left = g_strndup(line, (gsize)(colon - line));
  g_autoptr(GPtrArray) outputs = ninja_words(left);
  g_autoptr(GPtrArray) inputs = ninja_words(colon + 2);
  if (outputs->len == 0 || inputs->len == 0 || !is_link_rule(g_ptr_array_index(inputs, 0)))
    return;
  struct build_target *target = target_new(g_ptr_array_index(outputs, 0), folder, "build.ninja");
  for (guint i = 1; i < inputs->len; i++) {
    const char *word = g_ptr_array_index(inputs, i);
    if (strcmp(word, "||") == 0)
      break;
    if (is_input(word))
      g_ptr_array_add(target->inputs, g_canonicalize_filename(word, folder));
  }
  g_ptr_array_add(targets, target);
}

static void read_ninja(const char *build_folder, GPtrArray *targets)
{
  g_autofree char *path = g_build_filename(build_folder, "build.ninja", NULL);
  g_autofree char *text = read_text(path);
  if (text == NULL)
    return;
  /* A "$" at the end of a line continues it. */
  g_autoptr(GString) joined = g_string_new(text);
  g_string_replace(joined, "$\n", "", 0);
  g_auto(GStrv) lines = g_strsplit(joined->str, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    if (g_str_has_prefix(*line, "build "))
      read_ninja_line(*line + strlen("build "), build_folder, targets);
  }
}

static gint compare_targets(gconstpointer left, gconstpointer right)
{
  const struct build_target *a = *(struct build_target *const *)left;
  const struct build_target *b = *(struct build_target *const *)right;
  return strcmp(a->output, b->output);
}

GPtrArray *build_targets_read(const char *build_folder)
{
  GPtrArray *targets = g_ptr_array_new_with_free_func(target_free);
  find_link_texts(build_folder, 0, targets);
  read_ninja(build_folder, targets);
  g_ptr_array_sort(targets, compare_targets);
  return targets;
}
