/* What a build says of its link steps: replies of CMake, build.ninja, compile commands, maps. The
 * first byte chooses which; nothing that they say may be worse than a wrong program. */
#include <glib/gstdio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/build_targets.h"
#include "analyzer/symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REPLY ".cmake/api/v1/reply/"

static const char *const names[] = {
    REPLY "index-1.json", REPLY "codemodel-1.json", REPLY "target-1.json", "build.ninja",
    "link.txt",           "compile_commands.json",  "program.map"};

static void ignore(const char *name, const char *of, void *context)
{
  (void)of;
  (void)context;
  g_assert_nonnull(name);
}

static char *place(const char *name)
{
  return g_strdup_printf("%s/link-steps-%d/%s", g_get_tmp_dir(), (int)getpid(), name);
}

static void put(const char *name, const char *text, size_t length)
{
  g_autofree char *path = place(name);
  FILE *file = fopen(path, "w");
  g_assert_nonnull(file);
  g_assert_cmpuint(fwrite(text, 1, length, file), ==, length);
  g_assert_cmpint(fclose(file), ==, 0);
}

/* One folder serves all inputs of a process. */
static void remove_folder(void)
{
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = place(names[i]);
    g_remove(path);
  }
  static const char *const folders[] = {REPLY, ".cmake/api/v1", ".cmake/api", ".cmake", ""};
  for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *path = place(folders[i]);
    g_rmdir(path);
  }
}

static void make_folder(void)
{
  g_autofree char *reply = place(REPLY);
  g_assert_cmpint(g_mkdir_with_parents(reply, 0700), ==, 0);
  atexit(remove_folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static gsize is_made = 0;
  if (g_once_init_enter(&is_made)) {
    make_folder();
    g_once_init_leave(&is_made, 1);
  }
  if (size == 0)
    return 0;
  static const char index[] =
      "{\"objects\":[{\"kind\":\"codemodel\",\"jsonFile\":\"codemodel-1.json\"}]}";
  static const char model[] =
      "{\"paths\":{\"build\":\"/b\",\"source\":\"/s\"},\"configurations\":[{"
      "\"targets\":[{\"jsonFile\":\"target-1.json\"}]}]}";
  put(names[0], index, strlen(index));
  put(names[1], model, strlen(model));
  const char *name = names[data[0] % G_N_ELEMENTS(names)];
  const char *text = (const char *)data + 1;
  put(name, text, size - 1);
  g_autofree char *folder = place("");
  struct tree_files *files = tree_files_find(folder, folder);
  g_autoptr(GPtrArray) targets = build_targets_read(folder, folder, files);
  for (guint i = 0; i < targets->len; i++) {
    const struct build_target *target = g_ptr_array_index(targets, i);
    g_assert_true(g_path_is_absolute(target->output));
  }
  tree_files_free(files);
  g_autofree char *assembly = g_strndup(text, size - 1);
  symbols_of_assembly(assembly, ignore, NULL);
  put(name, "", 0);
  return 0;
}
