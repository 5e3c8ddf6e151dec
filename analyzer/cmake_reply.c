/* CMake's File API: the code model that CMake writes when a tool asks for it
 * (cmake-file-api(7), "codemodel" version 2). */
#include "analyzer/build_targets.h"

#include "analyzer/arguments.h"

#include <jansson.h>
#include <string.h>

struct reply {
  char *folder; /* of the replies */
  char *build;  /* absolute */
  char *source; /* absolute */
};

static const char *text_at(const json_t *object, const char *key)
{
  return json_string_value(json_object_get(object, key));
}

/* A file of the reply: its name is untrusted and may not leave the folder. */
static json_t *load(const struct reply *reply, const char *name)
{
  if (name == NULL || strchr(name, '/') != NULL || !g_str_has_suffix(name, ".json"))
    return NULL;
  g_autofree char *path = g_build_filename(reply->folder, name, NULL);
  g_autofree char *text = build_text(path);
  return text != NULL ? json_loads(text, 0, NULL) : NULL;
}

/* The newest index is the one that counts: names sort by time. */
static char *newest_index(const char *folder)
{
  g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
  char *newest = NULL;
  const char *name;
  while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
    bool is_index = g_str_has_prefix(name, "index-") && g_str_has_suffix(name, ".json");
    if (!is_index || (newest != NULL && strcmp(name, newest) < 0))
      continue;
    g_free(newest);
    newest = g_strdup(name);
  }
  return newest;
}

/* A path of the reply: absolute, or relative to a folder of it. */
static char *path_of(const char *path, const char *folder)
{
  return g_canonicalize_filename(path, folder);
}

static void take_sources(const struct reply *reply, const json_t *row, struct build_target *target)
{
  const json_t *sources = json_object_get(row, "sources");
  for (size_t i = 0; i < json_array_size(sources); i++) {
    const json_t *source = json_array_get(sources, i);
    const char *path = text_at(source, "path");
    if (path == NULL)
      continue;
    char *absolute = path_of(path, reply->source);
    if (json_object_get(source, "compileGroupIndex") != NULL)
      g_ptr_array_add(target->sources, absolute);
    else if (g_str_has_suffix(path, ".o") || g_str_has_suffix(path, ".obj"))
      g_ptr_array_add(target->inputs, absolute); /* of an object library */
    else
      g_free(absolute);
  }
}

static void take_link(const struct reply *reply, const json_t *row, struct build_target *target)
{
  const json_t *fragments = json_object_get(json_object_get(row, "link"), "commandFragments");
  for (size_t i = 0; i < json_array_size(fragments); i++) {
    const char *fragment = text_at(json_array_get(fragments, i), "fragment");
    g_auto(GStrv) words = arguments_split(fragment != NULL ? fragment : "");
    build_target_take(target, (const char *const *)words, reply->build);
  }
}

static void read_target(const struct reply *reply, const json_t *row, GPtrArray *targets)
{
  const char *type = text_at(row, "type");
  const char *name = text_at(row, "name");
  const char *artifact = text_at(json_array_get(json_object_get(row, "artifacts"), 0), "path");
  const char *folder = text_at(json_object_get(row, "paths"), "build");
  static const char *const types[] = {"EXECUTABLE", "SHARED_LIBRARY", "MODULE_LIBRARY",
                                      "STATIC_LIBRARY", NULL};
  if (type == NULL || name == NULL || artifact == NULL || !g_strv_contains(types, type))
    return;
  struct build_target *target = build_target_new(artifact, reply->build, "cmake-file-api");
  target->is_archive = strcmp(type, "STATIC_LIBRARY") == 0;
  target->is_shared = strcmp(type, "EXECUTABLE") != 0 && !target->is_archive;
  g_autofree char *inside = path_of(folder != NULL ? folder : ".", reply->build);
  target->object_folder = g_strdup_printf("%s/CMakeFiles/%s.dir/", inside, name);
  take_sources(reply, row, target);
  take_link(reply, row, target);
  g_ptr_array_add(targets, target);
}

static void read_model(struct reply *reply, const json_t *model, GPtrArray *targets)
{
  const json_t *paths = json_object_get(model, "paths");
  const char *build = text_at(paths, "build"), *source = text_at(paths, "source");
  if (build == NULL || source == NULL)
    return;
  reply->build = path_of(build, reply->folder);
  reply->source = path_of(source, reply->folder);
  /* Configurations of one build have the same targets: the first stands for all. */
  const json_t *first = json_array_get(json_object_get(model, "configurations"), 0);
  const json_t *list = json_object_get(first, "targets");
  for (size_t i = 0; i < json_array_size(list); i++) {
    json_t *row = load(reply, text_at(json_array_get(list, i), "jsonFile"));
    if (row != NULL)
      read_target(reply, row, targets);
    json_decref(row);
  }
}

void build_read_cmake_reply(const char *build_folder, GPtrArray *targets)
{
  struct reply reply = {.folder =
                            g_build_filename(build_folder, ".cmake", "api", "v1", "reply", NULL)};
  g_autofree char *name = newest_index(reply.folder);
  json_t *index = name != NULL ? load(&reply, name) : NULL;
  const json_t *objects = json_object_get(index, "objects");
  for (size_t i = 0; i < json_array_size(objects); i++) {
    const json_t *object = json_array_get(objects, i);
    if (g_strcmp0(text_at(object, "kind"), "codemodel") != 0 || reply.build != NULL)
      continue;
    json_t *model = load(&reply, text_at(object, "jsonFile"));
    if (model != NULL)
      read_model(&reply, model, targets);
    json_decref(model);
  }
  json_decref(index);
  g_free(reply.folder);
  g_free(reply.build);
  g_free(reply.source);
}
