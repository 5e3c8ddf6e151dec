#include "analyzer/models.h"

#include "analyzer/data_files.h"
#include "base/yaml.h"

#include <string.h>

#define LAST_ARGUMENT 31

static void model_free(gpointer data)
{
  struct model *model = data;
  pattern_free(model->routine);
  pattern_free(model->when);
  pattern_free(model->field);
  pattern_free(model->invoked_by);
  for (size_t i = 0; i < model->n_pass; i++)
    g_free(model->pass[i].slot);
  g_free(model->returns_slot);
  g_free(model->keep_slot);
  g_free(model->fill_slot);
  g_free(model);
}

struct models *models_new(void)
{
  struct models *models = g_new0(struct models, 1);
  models->models = g_ptr_array_new_with_free_func(model_free);
  return models;
}

void models_free(struct models *models)
{
  if (models == NULL)
    return;
  g_ptr_array_unref(models->models);
  g_free(models);
}

static bool read_pattern(const struct yaml_file *file, struct yaml_node *map, const char *key,
                         struct pattern **pattern, GError **error)
{
  struct yaml_node *node = yaml_get(map, key);
  if (node == NULL)
    return true;
  g_autofree char *text = NULL;
  if (!yaml_text(file, node, &text, error))
    return false;
  g_autofree char *message = NULL;
  *pattern = pattern_new(text, &message);
  return *pattern != NULL || yaml_refuse(file, node, error, "%s", message);
}

static bool read_argument(const struct yaml_file *file, struct yaml_node *map, const char *key,
                          int *argument, GError **error)
{
  *argument = MODEL_NO_ARGUMENT;
  struct yaml_node *node = yaml_get(map, key);
  int64_t value = MODEL_NO_ARGUMENT;
  if (node != NULL && !yaml_integer(file, node, 0, LAST_ARGUMENT, &value, error))
    return false;
  *argument = (int)value;
  return true;
}

/* A word `slot:name` names a place. */
static bool read_slot(const struct yaml_file *file, struct yaml_node *node, const char *text,
                      char **slot, GError **error)
{
  if (!g_str_has_prefix(text, "slot:") || text[5] == '\0')
    return yaml_refuse(file, node, error, "'%s' is neither an argument nor slot:NAME", text);
  *slot = g_strdup(text + 5);
  return true;
}

static bool read_argument_or_slot(const struct yaml_file *file, struct yaml_node *node,
                                  int *argument, char **slot, GError **error)
{
  *argument = MODEL_NO_ARGUMENT;
  g_autofree char *text = NULL;
  if (!yaml_text(file, node, &text, error))
    return false;
  if (!g_ascii_isdigit(text[0]))
    return read_slot(file, node, text, slot, error);
  int64_t value = 0;
  if (!yaml_integer(file, node, 0, LAST_ARGUMENT, &value, error))
    return false;
  *argument = (int)value;
  return true;
}

static bool read_pass(const struct yaml_file *file, struct yaml_node *map, struct model *model,
                      GError **error)
{
  struct yaml_node *list = yaml_get(map, "pass");
  if (list == NULL)
    return true;
  if (!yaml_is_sequence(list) || yaml_count(list) > MODEL_MAX_PASS)
    return yaml_refuse(file, list, error, "'pass' must be a list of at most %d", MODEL_MAX_PASS);
  for (size_t i = 0; i < yaml_count(list); i++) {
    struct yaml_node *item = yaml_item(list, i);
    struct model_pass *pass = &model->pass[model->n_pass++];
    pass->argument = MODEL_NO_ARGUMENT;
    g_autofree char *text = NULL;
    if (!yaml_text(file, item, &text, error))
      return false;
    if (strcmp(text, "none") != 0 &&
        !read_argument_or_slot(file, item, &pass->argument, &pass->slot, error))
      return false;
  }
  return true;
}

/* `key: {argument: N, slot: NAME}` */
static bool read_place(const struct yaml_file *file, struct yaml_node *map, const char *key,
                       int *argument, char **slot, GError **error)
{
  static const char *const keys[] = {"argument", "slot", NULL};
  *argument = MODEL_NO_ARGUMENT;
  struct yaml_node *node = yaml_get(map, key);
  if (node == NULL)
    return true;
  if (!yaml_check_keys(file, node, keys, error))
    return false;
  if (yaml_get(node, "argument") == NULL || yaml_get(node, "slot") == NULL)
    return yaml_refuse(file, node, error, "'argument' and 'slot' are expected");
  return read_argument(file, node, "argument", argument, error) &&
         yaml_text(file, yaml_get(node, "slot"), slot, error);
}

static bool read_copy(const struct yaml_file *file, struct yaml_node *map, struct model *model,
                      GError **error)
{
  static const char *const keys[] = {"to", "from", NULL};
  model->copy_to = model->copy_from = MODEL_NO_ARGUMENT;
  struct yaml_node *node = yaml_get(map, "copy");
  if (node == NULL)
    return true;
  if (!yaml_check_keys(file, node, keys, error) ||
      !read_argument(file, node, "to", &model->copy_to, error) ||
      !read_argument(file, node, "from", &model->copy_from, error))
    return false;
  if (model->copy_to < 0 || model->copy_from < 0)
    return yaml_refuse(file, node, error, "'to' and 'from' are expected");
  return true;
}

static bool read_when(const struct yaml_file *file, struct yaml_node *map, struct model *model,
                      GError **error)
{
  static const char *const keys[] = {"argument", "matches", NULL};
  model->when_argument = MODEL_NO_ARGUMENT;
  struct yaml_node *node = yaml_get(map, "when");
  if (node == NULL)
    return true;
  if (!yaml_check_keys(file, node, keys, error) ||
      !read_argument(file, node, "argument", &model->when_argument, error) ||
      !read_pattern(file, node, "matches", &model->when, error))
    return false;
  if (model->when_argument < 0 || model->when == NULL)
    return yaml_refuse(file, node, error, "'argument' and 'matches' are expected");
  return true;
}

static bool read_returns(const struct yaml_file *file, struct yaml_node *map, struct model *model,
                         GError **error)
{
  struct yaml_node *node = yaml_get(map, "returns");
  model->returns = MODEL_NO_ARGUMENT;
  return node == NULL ||
         read_argument_or_slot(file, node, &model->returns, &model->returns_slot, error);
}

static bool read_model(struct models *models, const struct yaml_file *file, struct yaml_node *node,
                       GError **error)
{
  static const char *const keys[] = {"routine",    "when",     "callback",  "field",   "pass",
                                     "invoked_by", "detached", "allocates", "returns", "copy",
                                     "keep",       "fill",     "frees",     "names",   NULL};
  if (!yaml_check_keys(file, node, keys, error))
    return false;
  if (yaml_get(node, "routine") == NULL)
    return yaml_refuse(file, node, error, "'routine' is missing");
  struct model *model = g_new0(struct model, 1);
  g_ptr_array_add(models->models, model);
  struct yaml_node *detached = yaml_get(node, "detached");
  struct yaml_node *allocates = yaml_get(node, "allocates");
  return read_pattern(file, node, "routine", &model->routine, error) &&
         read_when(file, node, model, error) &&
         read_argument(file, node, "callback", &model->callback, error) &&
         read_pattern(file, node, "field", &model->field, error) &&
         read_pass(file, node, model, error) &&
         read_pattern(file, node, "invoked_by", &model->invoked_by, error) &&
         (detached == NULL || yaml_boolean(file, detached, &model->is_detached, error)) &&
         (allocates == NULL || yaml_boolean(file, allocates, &model->is_allocator, error)) &&
         read_argument(file, node, "frees", &model->frees, error) &&
         read_argument(file, node, "names", &model->names, error) &&
         read_returns(file, node, model, error) && read_copy(file, node, model, error) &&
         read_place(file, node, "keep", &model->keep, &model->keep_slot, error) &&
         read_place(file, node, "fill", &model->fill, &model->fill_slot, error);
}

static bool read_document(struct models *models, const struct yaml_file *file, GError **error)
{
  static const char *const keys[] = {"version", "models", NULL};
  if (!yaml_check_keys(file, yaml_file_root(file), keys, error))
    return false;
  struct yaml_node *list = yaml_get(yaml_file_root(file), "models");
  if (!yaml_is_sequence(list))
    return yaml_refuse(file, list, error, "a list of models is expected");
  for (size_t i = 0; i < yaml_count(list); i++) {
    if (!read_model(models, file, yaml_item(list, i), error))
      return false;
  }
  return true;
}

bool models_read_file(struct models *models, const char *path, GError **error)
{
  g_autoptr(yaml_file_owner) file = yaml_file_load(path, error);
  return file != NULL && read_document(models, file, error);
}

bool models_read_text(struct models *models, const char *name, const char *text, GError **error)
{
  g_autoptr(yaml_file_owner) file = yaml_file_parse(name, text, error);
  return file != NULL && read_document(models, file, error);
}

bool models_read_folder(struct models *models, const char *folder, GError **error)
{
  g_autoptr(GPtrArray) paths = data_paths(folder, error);
  if (paths == NULL)
    return false;
  for (guint i = 0; i < paths->len; i++) {
    if (!models_read_file(models, g_ptr_array_index(paths, i), error))
      return false;
  }
  return true;
}
