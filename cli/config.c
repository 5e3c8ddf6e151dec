#include "cli/config.h"

#include <string.h>

#include "base/nearest.h"
#include "base/yaml.h"
#include "cli/options.h"

char *config_find(const char *folder)
{
  g_autofree char *at = g_canonicalize_filename(folder, NULL);
  for (;;) {
    char *path = g_build_filename(at, CONFIG_NAME, NULL);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
      return path;
    }
    g_free(path);
    char *above = g_path_get_dirname(at);
    bool is_top = strcmp(above, at) == 0;
    g_free(at);
    at = above;
    if (is_top) {
      return NULL;
    }
  }
}

static const struct option *find_option(GPtrArray *options, const char *name)
{
  for (guint i = 0; i < options->len; i++) {
    const struct option *option = g_ptr_array_index(options, i);
    if (strcmp(option->name, name) == 0) {
      return option;
    }
  }
  return NULL;
}

/* VALUE as the option takes it: paths against the folder of the file. */
static char *resolve(const struct option *option, const char *folder, const char *value)
{
  static const char *const paths[] = {"FILE", "DIR", "STORE", NULL};
  bool is_path = option->value && g_strv_contains(paths, option->value);
  return is_path ? g_canonicalize_filename(value, folder) : g_strdup(value);
}

/* Where values go: the options of one command. */
struct target {
  struct context *context; /* NULL: only checked */
  GPtrArray *options;
  const char *folder;
};

static bool apply_entry(const struct yaml_file *file, const struct target *target, const char *name,
                        struct yaml_node *key, struct yaml_node *value, GError **error)
{
  const struct option *option = find_option(target->options, name);
  if (!option || strcmp(name, "help") == 0) {
    return yaml_refuse(file, key, error, "there is no option '%s' here", name);
  }
  if (g_strcmp0(option->value, "CMD") == 0) {
    return yaml_refuse(file, key, error, "'%s' runs a command: only the command line may say it",
                       name);
  }
  bool is_on = true;
  g_autofree char *text = NULL;
  if (option->kind == OPTION_FLAG ? !yaml_boolean(file, value, &is_on, error)
                                  : !yaml_text(file, value, &text, error)) {
    return false;
  }
  if (!target->context || !is_on || g_hash_table_contains(target->context->values, name)) {
    return true;
  }
  g_autofree char *message = NULL;
  g_autofree char *resolved = text ? resolve(option, target->folder, text) : NULL;
  return options_set(target->context, option, resolved, &message) ||
         yaml_refuse(file, value, error, "%s", message);
}

/* All entries of NODE, or only those that the command has when IS_LENIENT. */
static bool apply_entries(const struct yaml_file *file, struct yaml_node *node,
                          const struct target *target, bool is_lenient, GError **error)
{
  for (size_t i = 0; i < yaml_n_entries(node); i++) {
    g_autofree char *name = NULL;
    struct yaml_node *key = NULL;
    struct yaml_node *value = NULL;
    if (!yaml_entry(file, node, i, &name, &key, &value, error)) {
      return false;
    }
    if (is_lenient && !find_option(target->options, name)) {
      continue;
    }
    if (!apply_entry(file, target, name, key, value, error)) {
      return false;
    }
  }
  return true;
}

/* Options that no command has are mistakes even under "options". */
static bool check_shared(const struct yaml_file *file, struct yaml_node *node, GError **error)
{
  for (size_t i = 0; i < yaml_n_entries(node); i++) {
    g_autofree char *name = NULL;
    struct yaml_node *key = NULL;
    struct yaml_node *value = NULL;
    if (!yaml_entry(file, node, i, &name, &key, &value, error)) {
      return false;
    }
    bool is_known = false;
    for (size_t k = 0; commands[k] && !is_known; k++) {
      g_autoptr(GPtrArray) options = options_of(commands[k]);
      is_known = find_option(options, name) != NULL;
    }
    if (!is_known) {
      return yaml_refuse(file, key, error, "no command has an option '%s'", name);
    }
  }
  return true;
}

static bool apply_commands(const struct yaml_file *file, struct yaml_node *node,
                           struct context *context, const char *folder, GError **error)
{
  for (size_t i = 0; i < yaml_n_entries(node); i++) {
    g_autofree char *name = NULL;
    struct yaml_node *key = NULL;
    struct yaml_node *value = NULL;
    if (!yaml_entry(file, node, i, &name, &key, &value, error)) {
      return false;
    }
    const struct command *command = command_find(name);
    if (!command) {
      return yaml_refuse(file, key, error, "there is no command '%s'", name);
    }
    g_autoptr(GPtrArray) options = options_of(command);
    struct target target = {command == context->command ? context : NULL, options, folder};
    if (!apply_entries(file, value, &target, false, error)) {
      return false;
    }
  }
  return true;
}

bool config_apply(struct context *context, const char *path, GError **error)
{
  static const char *const keys[] = {"version", "options", "commands", NULL};
  g_autoptr(yaml_file_owner) file = yaml_file_load(path, error);
  if (!file || !yaml_check_keys(file, yaml_file_root(file), keys, error)) {
    return false;
  }
  g_autofree char *folder = g_path_get_dirname(path);
  struct yaml_node *named = yaml_get(yaml_file_root(file), "commands");
  struct yaml_node *shared = yaml_get(yaml_file_root(file), "options");
  g_autoptr(GPtrArray) options = options_of(context->command);
  struct target target = {context, options, folder};
  return (!named || apply_commands(file, named, context, folder, error)) &&
         (!shared ||
          (check_shared(file, shared, error) && apply_entries(file, shared, &target, true, error)));
}
