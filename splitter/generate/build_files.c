#include "splitter/generate/build_files.h"

#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/generate.h"
#include "splitter/generate/samples.h"

/* TEXT as a quoted CMake argument; ${CLEAVE_SOURCE_ROOT} stays a reference. */
static void append_quoted(GString *out, const char *text)
{
  g_string_append_printf(out, " \"%s\"", text);
}

static char *escaped(const char *text)
{
  GString *out = g_string_new(text);
  g_string_replace(out, "\\", "\\\\", 0);
  g_string_replace(out, "\"", "\\\"", 0);
  g_string_replace(out, "$", "\\$", 0);
  g_string_replace(out, ";", "\\;", 0);
  return g_string_free(out, FALSE);
}

static void append_list(GString *out, const char *keyword, const GPtrArray *texts, bool is_flags)
{
  if (texts->len == 0) {
    return;
  }
  g_string_append_printf(out, "\n  %s", keyword);
  for (guint i = 0; i < texts->len; i++) {
    g_autofree char *safe = is_flags ? g_strdup(texts->pdata[i]) : escaped(texts->pdata[i]);
    g_string_append(out, i % 4 == 3 ? "\n   " : "");
    append_quoted(out, safe);
  }
}

static char *monolith_text(const GPtrArray *groups)
{
  GString *out = g_string_new("# The monolith's translation units, with the flags that they are "
                              "built with there.\n");
  const char *program = NULL;
  for (guint i = 0; i < groups->len; i++) {
    const struct unit_group *group = groups->pdata[i];
    if (program && strcmp(program, group->program) != 0) {
      g_string_append_printf(out, "cleave_program(\"%s\")\n\n", program);
    }
    program = group->program;
    g_string_append_printf(out, "cleave_unit(\"%s\" PROGRAM \"%s\"", group->name, program);
    append_list(out, "FLAGS", group->flags, true);
    append_list(out, "SOURCES", group->sources, false);
    g_string_append(out, ")\n");
  }
  if (program) {
    g_string_append_printf(out, "cleave_program(\"%s\")\n", program);
  }
  return g_string_free(out, FALSE);
}

static char *top_text(const struct inventory *inventory, const GPtrArray *artifacts,
                      bool has_proxies)
{
  GString *out = g_string_new(NULL);
  g_autofree char *root = escaped(inventory->root ? inventory->root : ".");
  g_string_append(out, "# Functions taken out of a monolith. Its sources stay where they are.\n"
                       "cmake_minimum_required(VERSION 3.25)\n"
                       "project(functions LANGUAGES C)\n\n");
  g_string_append_printf(out,
                         "set(CLEAVE_SOURCE_ROOT \"%s\" CACHE PATH\n"
                         "    \"Where the monolith's sources lie\")\n"
                         "get_filename_component(CLEAVE_SOURCE_ROOT \"${CLEAVE_SOURCE_ROOT}\" "
                         "ABSOLUTE\n                       BASE_DIR ${CMAKE_BINARY_DIR})\n",
                         root);
  g_string_append(out, "if(NOT CMAKE_BUILD_TYPE)\n"
                       "  set(CMAKE_BUILD_TYPE Release)\n"
                       "endif()\n"
                       "# Assertions stay as the monolith has them.\n"
                       "set(CMAKE_C_FLAGS_RELEASE \"-O2\")\n"
                       "set(CMAKE_EXPORT_COMPILE_COMMANDS ON)\n"
                       "enable_testing()\n\n"
                       "include(cmake/cleave.cmake)\n"
                       "cleave_runtime(runtime)\n"
                       "cleave_starter()\n"
                       "include(cmake/monolith.cmake)\n\n");
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_string_append_printf(out, "add_subdirectory(functions/%s)\n", artifact->name);
  }
  if (has_proxies) {
    g_string_append(out, "\ninclude(cmake/proxies.cmake)\nadd_subdirectory(proxies)\n");
  }
  g_string_append(out, "\n# cmake --build BUILD --target package\n"
                       "add_custom_target(package DEPENDS packages)\n");
  return g_string_free(out, FALSE);
}

static void append_names(const GPtrArray *from, GPtrArray *to)
{
  for (guint i = 0; i < from->len; i++) {
    if (!g_ptr_array_find_with_equal_func(to, from->pdata[i], g_str_equal, NULL)) {
      g_ptr_array_add(to, from->pdata[i]);
    }
  }
}

static int compare_names(gconstpointer left, gconstpointer right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Routines that a static C library cannot serve: they load parts of it at run time. */
static const char *needs_dynamic(const struct artifact *artifact)
{
  static const char *const names[] = {
      "dlopen",     "getaddrinfo", "gethostbyname", "getpwnam",    "getpwnam_r", "getpwuid",
      "getpwuid_r", "getgrnam",    "iconv_open",    "getnameinfo", NULL};
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    for (guint j = 0; j < spec->outside->len; j++) {
      const struct fact_routine *routine = spec->outside->pdata[j];
      if (g_strv_contains(names, routine->name)) {
        return routine->name;
      }
    }
  }
  return NULL;
}

static GPtrArray *open_decisions(const struct artifact *artifact)
{
  GPtrArray *names = g_ptr_array_new();
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    for (guint j = 0; j < spec->start->len; j++) {
      const struct start_step *step = spec->start->pdata[j];
      if (step->decide) {
        g_ptr_array_add(names, step->decide);
      }
    }
  }
  return names;
}

/* The project's own tests: each sample event through the binary, per platform. */
static void append_tests(GString *out, const struct artifact *artifact, unsigned platforms)
{
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    g_string_append_printf(out, "cleave_function_test(FUNCTION \"%s\" NAME \"%s\" TRIGGER %s",
                           artifact->name, spec->name, spec->trigger);
    if (samples_are_typed(spec)) {
      g_string_append(out, " TYPED");
    }
    g_string_append(out, "\n  PLATFORMS");
    for (size_t j = 0; generate_platform_names[j]; j++) {
      if (platforms & (1U << j)) {
        g_string_append_printf(out, " %s", generate_platform_names[j]);
      }
    }
    g_string_append(out, ")\n");
  }
}

/* The files between runtime and monolith of one program: FUNCTION is what it is called. */
static void append_glue(GString *out, const char *function, const char *folder,
                        const struct artifact *artifact, const struct glue *glue,
                        const GPtrArray *groups)
{
  for (GTreeNode *node = g_tree_node_first(glue->files); node; node = g_tree_node_next(node)) {
    const struct glue_file *file = g_tree_node_value(node);
    g_string_append_printf(out, "cleave_glue(FUNCTION \"%s\" FILE \"%s%s\"", function, folder,
                           file->name);
    const struct unit_group *group =
        *file->source ? unit_group_find(groups, artifact->program, file->source) : NULL;
    if (*file->source) {
      g_autofree char *source = escaped(file->source);
      g_string_append_printf(out, "\n  SOURCE \"%s\" UNIT \"%s\"", source,
                             group ? group->name : "");
    }
    g_string_append(out, ")\n");
  }
}

static void append_replay(GString *out, const struct artifact *artifact, const GPtrArray *groups,
                          const GPtrArray *libraries)
{
  if (!artifact->replay_source) {
    return;
  }
  g_autofree char *name = g_strconcat(artifact->name, ".replay", NULL);
  append_glue(out, name, "replay/", artifact, artifact->replay_glue, groups);
  g_string_append_printf(out, "cleave_replay(\"%s\" PROGRAM \"%s\"", artifact->name,
                         artifact->program);
  append_list(out, "LIBRARIES", libraries, false);
  g_string_append(out, ")\n");
}

static char *artifact_text(const struct artifact *artifact, const GPtrArray *groups,
                           unsigned platforms)
{
  GString *out = g_string_new(NULL);
  g_autoptr(GPtrArray) libraries = g_ptr_array_new();
  g_autoptr(GPtrArray) symbols = g_ptr_array_new();
  const char *runtime = NULL;
  bool has_store = false;
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    append_names(spec->libraries, libraries);
    append_names(spec->symbols, symbols);
    has_store = has_store || function_spec_has_store(spec);
    if (strcmp(spec->adapter, "microhttpd") == 0) {
      runtime = spec->adapter;
    }
  }
  g_ptr_array_sort(libraries, compare_names);
  g_ptr_array_sort(symbols, compare_names);
  append_glue(out, artifact->name, "", artifact, artifact->glue, groups);
  const char *dynamic = needs_dynamic(artifact);
  g_autoptr(GPtrArray) open = open_decisions(artifact);
  g_string_append_printf(out, "cleave_function(\"%s\" PROGRAM \"%s\"", artifact->name,
                         artifact->program);
  append_list(out, "LIBRARIES", libraries, false);
  append_list(out, "SYMBOLS", symbols, false);
  append_list(out, "OPEN", open, false);
  if (dynamic) {
    g_string_append_printf(out, "\n  DYNAMIC \"%s needs the C library's own modules\"", dynamic);
  }
  if (runtime) {
    g_string_append_printf(out, "\n  RUNTIME %s", runtime);
  }
  if (has_store) {
    g_string_append(out, "\n  STATE");
  }
  g_string_append(out, ")\n");
  append_tests(out, artifact, platforms);
  append_replay(out, artifact, groups, libraries);
  return g_string_free(out, FALSE);
}

static void add_name(GTree *names, const char *name)
{
  g_tree_insert(names, (gpointer)name, NULL);
}

/* A routine and what it touches. */
static void add_routine_names(const struct inventory *inventory, GTree *names, const int64_t *id)
{
  const struct fact_routine *routine = g_hash_table_lookup(inventory->routine_by_id, id);
  const GPtrArray *accesses = inventory_list(inventory->accesses_by_routine, id);
  if (routine) {
    add_name(names, routine->name);
  }
  for (guint i = 0; i < accesses->len; i++) {
    const struct fact_access *access = accesses->pdata[i];
    const struct fact_state *state = inventory_state(inventory, access->state);
    if (state) {
      add_name(names, state->name);
    }
  }
}

static void add_reach(const struct inventory *inventory, GTree *names, GHashTable *routines)
{
  GHashTableIter iterator;
  gpointer id = NULL;
  g_hash_table_iter_init(&iterator, routines);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    add_routine_names(inventory, names, id);
  }
}

/* What an expression of function.yaml calls, and what that reaches. */
static void add_expression(const struct inventory *inventory, GTree *names,
                           const struct function_spec *spec, const char *expression)
{
  g_autoptr(GPtrArray) words = expression ? c_identifiers_in(expression) : g_ptr_array_new();
  for (guint i = 0; i < words->len; i++) {
    const struct fact_routine *routine =
        inventory_find_routine(inventory, spec->program, words->pdata[i]);
    g_autoptr(GHashTable) reach = routine ? inventory_reach(inventory, routine->id) : NULL;
    if (reach) {
      add_reach(inventory, names, reach);
    }
  }
}

static gboolean append_name(gpointer name, gpointer value, gpointer out)
{
  (void)value;
  g_string_append_printf(out, "%s\n", (const char *)name);
  return FALSE;
}

static gint compare_texts(gconstpointer left, gconstpointer right, gpointer data)
{
  (void)data;
  return strcmp(left, right);
}

/* Names of all that the functions of a binary need: routines and variables of the closure, of the
 * start-up steps and of the mapping between events and calls. */
static char *closure_text(const struct inventory *inventory, const struct artifact *artifact)
{
  g_autoptr(GTree) names = g_tree_new_full(compare_texts, NULL, NULL, NULL);
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    add_reach(inventory, names, spec->closure);
    for (guint j = 0; j < spec->start->len; j++) {
      add_expression(inventory, names, spec, ((struct start_step *)spec->start->pdata[j])->run);
    }
#define ADD_TEXT(name, section, key, about) add_expression(inventory, names, spec, spec->http.name);
    HTTP_MAPPING_TEXTS(ADD_TEXT)
#undef ADD_TEXT
  }
  GString *out = g_string_new(NULL);
  g_tree_foreach(names, append_name, out);
  return g_string_free(out, FALSE);
}

void build_files_add(struct product *product, const struct inventory *inventory,
                     const GPtrArray *artifacts, const GPtrArray *groups, unsigned platforms,
                     bool has_proxies)
{
  product_add(product, "CMakeLists.txt", top_text(inventory, artifacts, has_proxies));
  product_add(product, "cmake/monolith.cmake", monolith_text(groups));
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *path = g_strdup_printf("functions/%s/CMakeLists.txt", artifact->name);
    product_add(product, path, artifact_text(artifact, groups, platforms));
    g_autofree char *closure = g_strdup_printf("functions/%s/closure.txt", artifact->name);
    product_add(product, closure, closure_text(inventory, artifact));
  }
}
