#include "splitter/host/project.h"

#include <jansson.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_MEMORY_MB 128
#define DEFAULT_TIMEOUT_S 30
#define DEFAULT_INSTANCES 8
#define DEFAULT_DELIVERIES 5
#define DEFAULT_RETRY_S 1
#define DEFAULT_BATCH 10 /* as the generated templates have it */

G_DEFINE_QUARK(cleave - project - error, project_error)

static const char *const trigger_names[] = {
    [CLEAVE_DIRECT] = "direct", [CLEAVE_HTTP] = "http",     [CLEAVE_SCHEDULE] = "schedule",
    [CLEAVE_QUEUE] = "queue",   [CLEAVE_STREAM] = "stream", [CLEAVE_OBJECT] = "object",
};

const char *trigger_name(enum cleave_trigger trigger)
{
  return trigger_names[trigger];
}

bool trigger_parse(const char *name, enum cleave_trigger *trigger)
{
  for (size_t i = 0; i < G_N_ELEMENTS(trigger_names); i++) {
    if (strcmp(name, trigger_names[i]) == 0) {
      *trigger = (enum cleave_trigger)i;
      return true;
    }
  }
  return false;
}

bool platform_parse(const char *name, enum project_platform *platform)
{
  static const struct {
    const char *name;
    enum project_platform platform;
  } names[] = {{"aws", PROJECT_AWS},
               {"gcp", PROJECT_GCP},
               {"knative", PROJECT_GCP},
               {"azure", PROJECT_AZURE}};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    if (strcmp(name, names[i].name) == 0) {
      *platform = names[i].platform;
      return true;
    }
  }
  return false;
}

const char *platform_name(enum project_platform platform)
{
  static const char *const names[] = {"aws", "gcp", "azure"};
  return names[platform];
}

static bool refuse(const char *path, GError **error, const char *what)
{
  g_set_error(error, PROJECT_ERROR, PROJECT_ERROR_CONTENT, "'%s': %s", path, what);
  return false;
}

static unsigned number(const json_t *object, const char *key, unsigned fallback)
{
  json_int_t value = json_integer_value(json_object_get(object, key));
  return value > 0 && value <= G_MAXINT32 ? (unsigned)value : fallback;
}

static bool read_function(const char *folder, const char *path, const json_t *object,
                          struct project_function *function, GError **error)
{
  const char *name = json_string_value(json_object_get(object, "name"));
  const char *trigger = json_string_value(json_object_get(object, "trigger"));
  const char *key = json_string_value(json_object_get(object, "key"));
  const char *binary = json_string_value(json_object_get(object, "binary"));
  if (!name || !trigger || !binary) {
    return refuse(path, error, "a function needs name, trigger and binary");
  }
  if (!trigger_parse(trigger, &function->trigger)) {
    return refuse(path, error, "a function has an unknown trigger");
  }
  const char *platform = json_string_value(json_object_get(object, "platform"));
  if (platform && !platform_parse(platform, &function->platform)) {
    return refuse(path, error, "a function has an unknown platform");
  }
  function->forwards_http = json_is_true(json_object_get(object, "forwards_http"));
  function->name = g_strdup(name);
  function->key = g_strdup(key ? key : "");
  function->binary =
      g_path_is_absolute(binary) ? g_strdup(binary) : g_build_filename(folder, binary, NULL);
  const char *original = json_string_value(json_object_get(object, "original"));
  function->original = original ? g_build_filename(folder, original, NULL) : NULL;
  function->memory_mb = number(object, "memory_mb", DEFAULT_MEMORY_MB);
  function->timeout_s = number(object, "timeout_s", DEFAULT_TIMEOUT_S);
  function->max_instances = number(object, "max_instances", DEFAULT_INSTANCES);
  function->max_deliveries = number(object, "max_deliveries", DEFAULT_DELIVERIES);
  function->batch = number(object, "batch", DEFAULT_BATCH);
  function->retry_s = number(object, "retry_s", DEFAULT_RETRY_S);
  if (access(function->binary, X_OK) != 0) {
    g_set_error(
        error, PROJECT_ERROR, PROJECT_ERROR_READ,
        "cannot run '%s' of function '%s': build the project first (its README.md tells how)",
        function->binary, name);
    return false;
  }
  return true;
}

struct project *project_load(const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename(folder, "functions.json", NULL);
  json_error_t reason;
  if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
    g_set_error(error, PROJECT_ERROR, PROJECT_ERROR_READ,
                "cannot read '%s': there is no generated project ('cleave generate' makes one)",
                path);
    return NULL;
  }
  json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &reason);
  if (!root) {
    g_set_error(error, PROJECT_ERROR, PROJECT_ERROR_CONTENT, "%s:%d:%d: %s", path, reason.line,
                reason.column, reason.text);
    return NULL;
  }
  json_t *list = json_object_get(root, "functions");
  g_autofree char *absolute = g_canonicalize_filename(folder, NULL);
  struct project *project = g_new0(struct project, 1);
  project->folder = g_strdup(absolute);
  project->functions = g_new0(struct project_function, json_array_size(list) + 1);
  bool is_good = json_is_array(list) || refuse(path, error, "there is no list of functions");
  for (size_t i = 0; is_good && i < json_array_size(list); i++) {
    struct project_function *function = &project->functions[project->n_functions++];
    is_good = read_function(absolute, path, json_array_get(list, i), function, error);
  }
  json_decref(root);
  if (!is_good) {
    project_free(project);
    return NULL;
  }
  return project;
}

void project_free(struct project *project)
{
  if (!project) {
    return;
  }
  for (size_t i = 0; i < project->n_functions; i++) {
    g_free(project->functions[i].name);
    g_free(project->functions[i].key);
    g_free(project->functions[i].binary);
    g_free(project->functions[i].original);
  }
  g_free(project->functions);
  g_free(project->folder);
  g_free(project);
}

const struct project_function *project_find(const struct project *project, const char *name)
{
  for (size_t i = 0; i < project->n_functions; i++) {
    if (strcmp(project->functions[i].name, name) == 0) {
      return &project->functions[i];
    }
  }
  return NULL;
}
