#include "analyzer/build_targets.h"

#include "analyzer/arguments.h"

#include <jansson.h>
#include <string.h>

#define SIZE_LIMIT (64u << 20)

/* ---- targets ---- */

struct build_target *build_target_new(const char *output, const char *folder, const char *source)
{
  struct build_target *target = g_new0(struct build_target, 1);
  target->output = g_canonicalize_filename(output, folder);
  target->name = g_path_get_basename(output);
  target->source = source;
  target->is_archive = g_str_has_suffix(output, ".a");
  target->is_shared = g_str_has_suffix(output, ".so") || strstr(target->name, ".so.") != NULL;
  target->inputs = g_ptr_array_new_with_free_func(g_free);
  target->sources = g_ptr_array_new_with_free_func(g_free);
  target->wraps = g_ptr_array_new_with_free_func(g_free);
  return target;
}

void build_target_free(struct build_target *target)
{
  if (target == NULL)
    return;
  g_free(target->name);
  g_free(target->output);
  g_free(target->object_folder);
  g_ptr_array_unref(target->inputs);
  g_ptr_array_unref(target->sources);
  g_ptr_array_unref(target->wraps);
  g_free(target);
}

char *build_text(const char *path)
{
  char *text = NULL;
  gsize length = 0;
  if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
      !g_file_get_contents(path, &text, &length, NULL))
    return NULL;
  if (length > SIZE_LIMIT)
    g_clear_pointer(&text, g_free);
  return text;
}

/* ---- words of a link command ---- */

static const char *suffix_of(const char *word)
{
  const char *slash = strrchr(word, '/');
  const char *dot = strrchr(slash != NULL ? slash : word, '.');
  return dot != NULL ? dot : "";
}

static bool is_input(const char *word)
{
  static const char *const suffixes[] = {".o", ".a", ".lo", ".obj", ".so", NULL};
  return word[0] != '-' &&
         (g_strv_contains(suffixes, suffix_of(word)) || strstr(word, ".so.") != NULL);
}

static void take_wrap(struct build_target *target, const char *option)
{
  const char *value = NULL;
  if (g_str_has_prefix(option, "--wrap=") || g_str_has_prefix(option, "--wrap,"))
    value = option + strlen("--wrap=");
  else if (g_str_has_prefix(option, "-wrap=") || g_str_has_prefix(option, "-wrap,"))
    value = option + strlen("-wrap=");
  if (value != NULL && *value != '\0')
    g_ptr_array_add(target->wraps, g_strndup(value, strcspn(value, ",")));
}

/* "-Wl,-z,now,--wrap=a,--wrap,b" */
static void take_linker_option(struct build_target *target, const char *list)
{
  for (const char *at = list; at != NULL; at = strchr(at, ',')) {
    at += *at == ',';
    take_wrap(target, at);
  }
}

/* A library by its name may be any of these files; those that are not there match nothing. */
static void take_library(struct build_target *target, const char *name, const GPtrArray *folders)
{
  for (guint i = 0; i < folders->len; i++) {
    const char *folder = g_ptr_array_index(folders, i);
    g_ptr_array_add(target->inputs, g_strdup_printf("%s/lib%s.so", folder, name));
    g_ptr_array_add(target->inputs, g_strdup_printf("%s/lib%s.a", folder, name));
  }
}

static GPtrArray *library_folders(const char *const *words, const char *folder)
{
  GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
  for (const char *const *word = words; *word != NULL; word++) {
    const char *value = NULL;
    if (g_str_has_prefix(*word, "-L"))
      value = (*word)[2] != '\0' ? *word + 2 : word[1];
    if (value != NULL && folders->len < 64)
      g_ptr_array_add(folders, g_canonicalize_filename(value, folder));
  }
  return folders;
}

void build_target_take(struct build_target *target, const char *const *words, const char *folder)
{
  g_autoptr(GPtrArray) folders = library_folders(words, folder);
  for (const char *const *word = words; *word != NULL; word++) {
    if (strcmp(*word, "-o") == 0 && word[1] != NULL)
      word++;
    else if (g_str_has_prefix(*word, "-Wl,"))
      take_linker_option(target, *word + strlen("-Wl,"));
    else if (g_str_has_prefix(*word, "--wrap="))
      take_wrap(target, *word);
    else if (strcmp(*word, "-Xlinker") == 0 && word[1] != NULL)
      take_wrap(target, *++word);
    else if (strcmp(*word, "-shared") == 0)
      target->is_shared = true;
    else if (g_str_has_prefix(*word, "-l") && (*word)[2] != '\0')
      take_library(target, *word + 2, folders);
    else if (is_input(*word))
      g_ptr_array_add(target->inputs, g_canonicalize_filename(*word, folder));
    else if ((*word)[0] != '-' && strcmp(suffix_of(*word), ".c") == 0)
      g_ptr_array_add(target->sources, g_canonicalize_filename(*word, folder));
  }
}

static const char *output_of(const char *const *words)
{
  const char *output = NULL;
  for (const char *const *word = words; *word != NULL; word++) {
    if (strcmp(*word, "-o") == 0 && word[1] != NULL)
      output = *++word;
  }
  return output;
}

/* "ar qc libx.a a.o b.o" */
static struct build_target *archive_of(const char *const *words, const char *folder,
                                       const char *source)
{
  for (const char *const *word = words + 1; *word != NULL; word++) {
    if (!g_str_has_suffix(*word, ".a"))
      continue;
    struct build_target *target = build_target_new(*word, folder, source);
    build_target_take(target, word + 1, folder);
    return target;
  }
  return NULL;
}

/* One command: "cc ... -o shop a.o b.o libx.a" or "ar qc libx.a a.o"; NULL for anything else. */
static struct build_target *target_of_command(const char *const *words, const char *folder,
                                              const char *source)
{
  if (words[0] == NULL)
    return NULL;
  const char *output = output_of(words);
  g_autofree char *tool = g_path_get_basename(words[0]);
  if (output == NULL)
    return g_str_has_suffix(tool, "ar") ? archive_of(words, folder, source) : NULL;
  struct build_target *target = build_target_new(output, folder, source);
  build_target_take(target, words + 1, folder);
  return target;
}

/* ---- link.txt ---- */

/* The commands of <build>/.../CMakeFiles/<target>.dir/link.txt run in the folder that holds
 * CMakeFiles. */
static void read_link_text(const char *path, GPtrArray *targets)
{
  g_autofree char *text = build_text(path);
  if (text == NULL)
    return;
  g_autofree char *target_folder = g_path_get_dirname(path);
  g_autofree char *files_folder = g_path_get_dirname(target_folder);
  g_autofree char *folder = g_path_get_dirname(files_folder);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    g_auto(GStrv) words = arguments_split(*line);
    struct build_target *target = target_of_command((const char *const *)words, folder, "link.txt");
    if (target != NULL)
      g_ptr_array_add(targets, target);
  }
}

/* ---- build.ninja ---- */

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
static struct build_target *read_ninja_line(const char *line, const char *folder)
{
  const char *colon = strstr(line, ": ");
  if (colon == NULL)
    return NULL;
  g_autofree char *left = g_strndup(line, (gsize)(colon - line));
  g_autoptr(GPtrArray) outputs = ninja_words(left);
  g_autoptr(GPtrArray) inputs = ninja_words(colon + 2);
  if (outputs->len == 0 || inputs->len == 0 || !is_link_rule(g_ptr_array_index(inputs, 0)))
    return NULL;
  struct build_target *target =
      build_target_new(g_ptr_array_index(outputs, 0), folder, "build.ninja");
  for (guint i = 1; i < inputs->len; i++) {
    const char *word = g_ptr_array_index(inputs, i);
    if (strcmp(word, "||") == 0)
      break;
    if (is_input(word))
      g_ptr_array_add(target->inputs, g_canonicalize_filename(word, folder));
  }
  return target;
}

/* "  LINK_FLAGS = -Wl,--wrap=open": a variable of the statement above. */
static void read_ninja_variable(const char *line, struct build_target *target)
{
  const char *equals = strchr(line, '=');
  if (target == NULL || equals == NULL || strstr(line, "wrap") == NULL)
    return;
  g_auto(GStrv) words = arguments_split(equals + 1);
  for (char **word = words; *word != NULL; word++) {
    if (g_str_has_prefix(*word, "-Wl,"))
      take_linker_option(target, *word + strlen("-Wl,"));
  }
}

static void read_ninja(const char *build_folder, GPtrArray *targets)
{
  g_autofree char *path = g_build_filename(build_folder, "build.ninja", NULL);
  g_autofree char *text = build_text(path);
  if (text == NULL)
    return;
  /* A "$" at the end of a line continues it. */
  g_autoptr(GString) joined = g_string_new(text);
  g_string_replace(joined, "$\n", "", 0);
  g_auto(GStrv) lines = g_strsplit(joined->str, "\n", -1);
  struct build_target *target = NULL;
  for (char **line = lines; *line != NULL; line++) {
    if ((*line)[0] == ' ') {
      read_ninja_variable(*line, target);
      continue;
    }
    target = NULL;
    if (g_str_has_prefix(*line, "build "))
      target = read_ninja_line(*line + strlen("build "), build_folder);
    if (target != NULL)
      g_ptr_array_add(targets, target);
  }
}

/* ---- compile commands ---- */

static char **words_of_entry(const json_t *entry)
{
  const json_t *list = json_object_get(entry, "arguments");
  const char *command = json_string_value(json_object_get(entry, "command"));
  if (!json_is_array(list))
    return command != NULL ? arguments_split(command) : NULL;
  GPtrArray *words = g_ptr_array_new();
  for (size_t i = 0; i < json_array_size(list); i++) {
    const char *word = json_string_value(json_array_get(list, i));
    if (word != NULL)
      g_ptr_array_add(words, g_strdup(word));
  }
  g_ptr_array_add(words, NULL);
  return (char **)g_ptr_array_free(words, FALSE);
}

/* Commands that compile and link at once, or only link. */
static bool is_link_command(const char *const *words)
{
  static const char *const stops[] = {"-c", "-S", "-E", "-M", "-MM", "-fsyntax-only", NULL};
  for (const char *const *word = words; *word != NULL; word++) {
    if (g_strv_contains(stops, *word))
      return false;
  }
  return words[0] != NULL;
}

static bool has_members(const struct build_target *target)
{
  return target->inputs->len + target->sources->len != 0;
}

/* The same command may be listed once for each of its sources. */
static void read_commands(const char *build_folder, GPtrArray *targets)
{
  g_autofree char *path = g_build_filename(build_folder, "compile_commands.json", NULL);
  g_autofree char *text = build_text(path);
  json_t *database = text != NULL ? json_loads(text, 0, NULL) : NULL;
  for (size_t i = 0; i < json_array_size(database); i++) {
    const json_t *entry = json_array_get(database, i);
    const char *directory = json_string_value(json_object_get(entry, "directory"));
    g_auto(GStrv) words = words_of_entry(entry);
    if (words == NULL || !is_link_command((const char *const *)words))
      continue;
    g_autofree char *folder =
        g_canonicalize_filename(directory != NULL ? directory : ".", build_folder);
    struct build_target *target =
        target_of_command((const char *const *)words, folder, "compile-commands");
    if (target != NULL && has_members(target))
      g_ptr_array_add(targets, target);
    else
      build_target_free(target);
  }
  json_decref(database);
}

/* ---- all of them ---- */

static gint compare_targets(gconstpointer left, gconstpointer right)
{
  const struct build_target *a = *(struct build_target *const *)left;
  const struct build_target *b = *(struct build_target *const *)right;
  return strcmp(a->output, b->output);
}

/* Further commands for the same output add their inputs, if they are of the same kind: "ar" may
 * run twice, and a command is listed once a source. Descriptions of another kind are left out. */
static void join(struct build_target *known, struct build_target *fresh)
{
  if (strcmp(known->source, fresh->source) == 0) {
    g_ptr_array_extend_and_steal(known->inputs, g_steal_pointer(&fresh->inputs));
    g_ptr_array_extend_and_steal(known->sources, g_steal_pointer(&fresh->sources));
    g_ptr_array_extend_and_steal(known->wraps, g_steal_pointer(&fresh->wraps));
    fresh->inputs = g_ptr_array_new();
    fresh->sources = g_ptr_array_new();
    fresh->wraps = g_ptr_array_new();
  }
  build_target_free(fresh);
}

static GPtrArray *each_once(GPtrArray *all)
{
  GPtrArray *targets = g_ptr_array_new_with_free_func((GDestroyNotify)build_target_free);
  g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < all->len; i++) {
    struct build_target *target = g_ptr_array_index(all, i);
    struct build_target *first = g_hash_table_lookup(known, target->output);
    if (first != NULL) {
      join(first, target);
      continue;
    }
    g_hash_table_insert(known, target->output, target);
    g_ptr_array_add(targets, target);
  }
  g_ptr_array_sort(targets, compare_targets);
  return targets;
}

GPtrArray *build_targets_read(const char *build_folder, const char *root,
                              const struct tree_files *files)
{
  g_autoptr(GPtrArray) all = g_ptr_array_new();
  if (build_folder != NULL) {
    build_read_cmake_reply(build_folder, all);
    for (guint i = 0; i < files->link_texts->len; i++)
      read_link_text(g_ptr_array_index(files->link_texts, i), all);
    read_ninja(build_folder, all);
    read_commands(build_folder, all);
    for (guint i = 0; i < files->maps->len; i++)
      build_read_link_map(g_ptr_array_index(files->maps, i), build_folder, root, all);
  }
  return each_once(all);
}
