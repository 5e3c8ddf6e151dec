#include "analyzer/file_shape.h"
#include "analyzer/parse_parts.h"
#include "base/sha256.h"

#include <glob.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

G_DEFINE_QUARK(cleave - parse - error, parse_error)

static void text_free(gpointer text)
{
  g_string_free(text, TRUE);
}

/* Headers of a target that goes by the name of this machine. */
static bool has_cross_headers(void)
{
  static const char *const folders[] = {"/usr", "/opt/rh/*/root/usr"};
  struct utsname machine;
  if (uname(&machine) != 0 ||
      (strcmp(machine.machine, "x86_64") != 0 && strcmp(machine.machine, "aarch64") != 0))
    return true; /* nobody has looked what these are called */
  bool has_any = false;
  for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
    g_autofree char *pattern = g_strdup_printf("%s/%s-*/include", folders[i], machine.machine);
    glob_t found = {0};
    has_any = has_any || glob(pattern, 0, NULL, &found) != GLOB_NOMATCH;
    globfree(&found);
  }
  return has_any;
}

struct parser *parser_new(const char *resource_dir, GError **error)
{
  g_autofree char *probe = g_build_filename(resource_dir, "include", "stddef.h", NULL);
  if (!g_path_is_absolute(resource_dir) || !g_file_test(probe, G_FILE_TEST_IS_REGULAR)) {
    g_set_error(error, PARSE_ERROR, PARSE_ERROR_RESOURCE_DIR,
                "cannot find the compiler's own headers in '%s' (Debian package "
                "libclang-common-19-dev)",
                resource_dir);
    return NULL;
  }
  struct parser *parser = g_new0(struct parser, 1);
  /* Declarations of precompiled headers are not visited. */
  parser->index = clang_createIndex(1, 0);
  parser->resource_dir = g_strdup(resource_dir);
  parser->has_cross_headers = has_cross_headers();
  parser->layers = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, parser_layer_free);
  parser->texts = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, text_free);
  parser->looked_at = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  return parser;
}

void parser_free(struct parser *parser)
{
  if (parser == NULL)
    return;
  clang_disposeIndex(parser->index);
  g_hash_table_unref(parser->layers);
  g_hash_table_unref(parser->texts);
  g_hash_table_unref(parser->looked_at);
  g_free(parser->resource_dir);
  g_free(parser);
}

/* ---- files ---- */

/* Of the file at PATH. Each is read once per process: of one that changes while all are parsed, the
 * older content is remembered, with which nobody is up to date. */
static struct parsed_file look_at(struct parser *parser, const char *path, bool is_ours)
{
  const struct parsed_file *known = g_hash_table_lookup(parser->looked_at, path);
  if (known != NULL)
    return *known;
  struct parsed_file file = {0, 0};
  g_autofree char *bytes = NULL;
  gsize size = 0;
  if (!g_file_get_contents(path, &bytes, &size, NULL))
    return file;
  file.hash = sha256_word(bytes, size);
  file.shape = is_ours ? file_shape(bytes, size) : 0;
  g_hash_table_insert(parser->looked_at, g_strdup(path), g_memdup2(&file, sizeof file));
  return file;
}

char *parser_absolute(const char *root, const char *path)
{
  return g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(root, path, NULL);
}

static int compare_paths(const void *left, const void *right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

GBytes *parser_list_files(struct parser *parser, GHashTable *read, const char *root, bool is_prefix)
{
  guint n = 0;
  g_autofree gpointer *paths = g_hash_table_get_keys_as_array(read, &n);
  qsort(paths, n, sizeof *paths, compare_paths);
  GByteArray *files = g_byte_array_new();
  for (guint i = 0; i < n; i++) {
    const char *path = paths[i];
    if (is_prefix) {
      uint64_t role = GPOINTER_TO_UINT(g_hash_table_lookup(read, path));
      g_byte_array_append(files, (const guint8 *)&role, sizeof role);
    } else {
      bool is_ours = !g_path_is_absolute(path);
      g_autofree char *absolute = parser_absolute(root, path);
      struct parsed_file file = look_at(parser, absolute, is_ours);
      g_byte_array_append(files, (const guint8 *)&file, sizeof file);
    }
    g_byte_array_append(files, (const guint8 *)path, (guint)strlen(path) + 1);
  }
  return g_byte_array_free_to_bytes(files);
}

/* ---- arguments ---- */

/* The parser looks through some eighty places for a gcc each time, of which C takes nothing but the
 * headers of a cross compiler's target. */
static const char no_gcc[] = "--gcc-toolchain=/dev/null";

static bool wants_gcc(const char *const *arguments)
{
  static const char *const others[] = {"-target", "--target", "-isysroot", "--sysroot",
                                       "--gcc-",  "-B",       "-m32",      "-mx32"};
  for (const char *const *at = arguments; *at != NULL; at++)
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
      if (g_str_has_prefix(*at, others[i]))
        return true;
  return false;
}

GPtrArray *parser_arguments(const struct parser *parser, const struct parse_request *request)
{
  GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);
  for (const char *const *at = request->arguments; *at != NULL; at++)
    g_ptr_array_add(arguments, g_strdup(*at));
  if (!parser->has_cross_headers && !wants_gcc(request->arguments))
    g_ptr_array_add(arguments, g_strdup(no_gcc));
  g_ptr_array_add(arguments, g_strdup("-resource-dir"));
  g_ptr_array_add(arguments, g_strdup(parser->resource_dir));
  g_ptr_array_add(arguments, g_strdup_printf("-working-directory=%s", request->directory));
  return arguments;
}

/* The parser need not look whether it is up to date: it was made in this run, of the same
 * arguments. */
void parser_add_precompiled(GPtrArray *arguments, const char *precompiled)
{
  const char *const options[] = {"-Xclang", "-fno-validate-pch", "-include-pch", precompiled};
  for (guint i = 0; i < G_N_ELEMENTS(options); i++)
    g_ptr_array_add(arguments, g_strdup(options[i]));
}

/* ---- threads ---- */

/* Source nests deeper than any default stack: the parse and the walk run on one of their own, which
 * costs only the pages that are touched. */
static bool run_on_big_stack(struct job *job, GThreadFunc run)
{
  enum { STACK = 1024 * 1024 * 1024 };
  pthread_attr_t attributes;
  pthread_t thread;
  if (pthread_attr_init(&attributes) != 0)
    return false;
  bool is_running = pthread_attr_setstacksize(&attributes, STACK) == 0 &&
                    pthread_create(&thread, &attributes, run, job) == 0;
  pthread_attr_destroy(&attributes);
  return is_running && pthread_join(thread, NULL) == 0;
}

void parser_run(struct job *job, GThreadFunc run)
{
  if (!run_on_big_stack(job, run))
    run(job);
}

GHashTable *parser_read_new(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}
