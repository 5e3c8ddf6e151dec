#include "analyzer/parse.h"

#include "analyzer/added_headers.h"
#include "analyzer/extract.h"
#include "analyzer/file_shape.h"
#include "base/sha256.h"

#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

G_DEFINE_QUARK(cleave - parse - error, parse_error)

struct parser {
  CXIndex index;
  char *resource_dir;
  bool has_cross_headers; /* of whatever gcc is for */
  GHashTable *layers;     /* GBytes * of a description -> struct layer * */
  GHashTable *texts;     /* GBytes * of the files of a prefix -> GString * of what stands in them */
  GHashTable *looked_at; /* absolute path -> struct parsed_file * */
};

/* Headers that are added to a prefix, as one process knows them. */
struct layer {
  struct added *added;
  GHashTable *below; /* absolute paths of what is in the prefix */
};

static void layer_free(gpointer data)
{
  struct layer *layer = data;
  added_free(layer->added);
  g_hash_table_unref(layer->below);
  g_free(layer);
}

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
  parser->layers = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, layer_free);
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

static uint64_t hash_content(const char *bytes, size_t size)
{
  uint8_t digest[SHA256_BYTES];
  sha256(bytes, size, digest);
  uint64_t hash = 0;
  memcpy(&hash, digest, sizeof hash);
  return hash;
}

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
  file.hash = hash_content(bytes, size);
  file.shape = is_ours ? file_shape(bytes, size) : 0;
  g_hash_table_insert(parser->looked_at, g_strdup(path), g_memdup2(&file, sizeof file));
  return file;
}

static char *absolute_path(const char *root, const char *path)
{
  return g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(root, path, NULL);
}

static int compare_paths(const void *left, const void *right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The files that were read, with their contents' hashes or, for a prefix, with their roles. */
static GBytes *list_files(struct parser *parser, GHashTable *read, const char *root, bool is_prefix)
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
      g_autofree char *absolute = absolute_path(root, path);
      struct parsed_file file = look_at(parser, absolute, is_ours);
      g_byte_array_append(files, (const guint8 *)&file, sizeof file);
    }
    g_byte_array_append(files, (const guint8 *)path, (guint)strlen(path) + 1);
  }
  return g_byte_array_free_to_bytes(files);
}

static const char *explain(enum CXErrorCode code)
{
  switch (code) {
  case CXError_Crashed:
    return "the parser crashed";
  case CXError_InvalidArguments:
    return "the parser refused the arguments";
  case CXError_ASTReadError:
    return "the parser refused the arguments or could not read the file";
  default:
    return "the parser failed";
  }
}

struct job {
  struct parser *parser;
  const struct parse_request *request;
  const char *text; /* of a prefix */
  const char *path; /* where its precompiled header goes */
  GHashTable *read; /* path -> enum read_role */
  struct parsed *parsed;
  GError *error;
};

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

static GPtrArray *full_arguments(struct parser *parser, const struct parse_request *request)
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

/* `text` stands for the content of the source where it is not NULL. */
static CXTranslationUnit parse(struct job *job, GPtrArray *arguments, const GString *text,
                               enum CXErrorCode *code)
{
  const char *file = job->request->file;
  struct CXUnsavedFile unsaved = {file, text != NULL ? text->str : NULL,
                                  text != NULL ? text->len : 0};
  CXTranslationUnit tu = NULL;
  *code = clang_parseTranslationUnit2(
      job->parser->index, file, (const char *const *)arguments->pdata, (int)arguments->len,
      &unsaved, text != NULL ? 1 : 0, CXTranslationUnit_KeepGoing, &tu);
  return *code == CXError_Success ? tu : NULL;
}

/* The source without the directives that its prefix has read, all else in its place; NULL where
 * there are none. A header that is not guarded would be entered again. */
static GString *text_behind_prefix(const struct parse_request *request)
{
  char *bytes = NULL;
  gsize size = 0;
  if (request->prefix == NULL || request->prefix_line == 0 ||
      !g_file_get_contents(request->file, &bytes, &size, NULL))
    return NULL;
  GString *text = g_string_new_len(bytes, (gssize)size);
  g_free(bytes);
  unsigned line = 1;
  for (gsize i = 0; i < text->len && line <= request->prefix_line; i++) {
    line += text->str[i] == '\n';
    if (text->str[i] != '\n')
      text->str[i] = ' ';
  }
  return text;
}

/* The parser need not look whether it is up to date: it was made in this run, of the same
 * arguments. */
static void add_precompiled(GPtrArray *arguments, const char *precompiled)
{
  const char *const options[] = {"-Xclang", "-fno-validate-pch", "-include-pch", precompiled};
  for (guint i = 0; i < G_N_ELEMENTS(options); i++)
    g_ptr_array_add(arguments, g_strdup(options[i]));
}

/* NULL where the precompiled header does not fit after all. */
static struct unit_builder *facts_with(struct job *job, GPtrArray *arguments,
                                       const struct extract_input *input, const char *precompiled)
{
  const guint n = arguments->len;
  add_precompiled(arguments, precompiled);
  struct extract_input with = *input;
  enum CXErrorCode code;
  GString *text = text_behind_prefix(job->request);
  with.tu = parse(job, arguments, text, &code);
  if (text != NULL)
    g_string_free(text, TRUE);
  g_ptr_array_set_size(arguments, (gint)n);
  if (with.tu == NULL)
    return NULL;
  struct unit_builder *builder = extract_unit(&with, job->read);
  clang_disposeTranslationUnit(with.tu);
  return builder;
}

static GHashTable *paths_below(GBytes *files, const char *root)
{
  GHashTable *below = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  gsize size = 0;
  const char *data = files != NULL ? g_bytes_get_data(files, &size) : NULL;
  for (const char *at = data; at != NULL && at < data + size; at += strlen(at) + 1) {
    at += sizeof(uint64_t);
    g_hash_table_add(below, absolute_path(root, at));
  }
  return below;
}

static struct layer *layer_of(struct parser *parser, const struct parse_request *request)
{
  struct layer *layer = g_hash_table_lookup(parser->layers, request->description);
  if (layer != NULL)
    return layer;
  layer = g_new0(struct layer, 1);
  g_autofree char *own = g_build_filename(parser->resource_dir, "include", NULL);
  layer->added = added_open(request->description, own);
  layer->below = paths_below(request->prefix_files, request->root);
  GHashTableIter iterator;
  gpointer path = NULL;
  g_hash_table_iter_init(&iterator, layer->below);
  while (layer->added != NULL && g_hash_table_iter_next(&iterator, &path, NULL))
    added_below(layer->added, path);
  g_hash_table_insert(parser->layers, request->description, layer);
  return layer;
}

static const char *shown_path(const char *root, const char *path)
{
  size_t length = strlen(root);
  return strncmp(path, root, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}

/* Where headers were added, a unit depends on all of them, whichever it includes itself. */
static void note_added(struct job *job, const struct added *added)
{
  const GPtrArray *paths = added_files(added);
  for (guint i = 0; i < paths->len; i++)
    g_hash_table_insert(job->read, g_strdup(shown_path(job->request->root, paths->pdata[i])),
                        GINT_TO_POINTER(READ_NESTED));
}

static bool is_expected(const struct job *job, const struct layer *layer,
                        const struct added_terms *terms, const char *path)
{
  const char *own = job->parser->resource_dir;
  return g_hash_table_contains(terms->expected, path) ||
         g_hash_table_contains(layer->below, path) ||
         (g_str_has_prefix(path, own) && path[strlen(own)] == '/');
}

static bool terms_hold(const struct job *job, const struct layer *layer,
                       const struct added_terms *terms, const struct unit_builder *builder)
{
  GHashTableIter iterator;
  gpointer path = NULL;
  bool is_as_hoped = true;
  g_hash_table_iter_init(&iterator, job->read);
  while (g_hash_table_iter_next(&iterator, &path, NULL)) {
    g_autofree char *absolute = absolute_path(job->request->root, path);
    if (is_expected(job, layer, terms, absolute))
      continue;
    added_note_entered(layer->added, absolute);
    is_as_hoped = false;
  }
  return is_as_hoped && g_array_index(builder->infos, struct unit_info, 0).n_errors == 0;
}

static struct unit_builder *facts_with_added(struct job *job, GPtrArray *arguments,
                                             const struct extract_input *input,
                                             const struct layer *layer,
                                             const struct added_terms *terms)
{
  struct extract_input with = *input;
  with.unseen = terms->unseen;
  struct unit_builder *builder = facts_with(job, arguments, &with, job->request->added);
  if (builder != NULL && terms_hold(job, layer, terms, builder)) {
    note_added(job, layer->added);
    return builder;
  }
  unit_builder_free(builder);
  g_hash_table_remove_all(job->read);
  return NULL;
}

/* The text of all files of a prefix, behind one another. */
static const GString *text_below(struct parser *parser, const struct parse_request *request)
{
  GString *text = g_hash_table_lookup(parser->texts, request->prefix_files);
  if (text != NULL)
    return text;
  text = g_string_new(NULL);
  g_autoptr(GHashTable) below = paths_below(request->prefix_files, request->root);
  GHashTableIter iterator;
  gpointer path = NULL;
  g_hash_table_iter_init(&iterator, below);
  while (g_hash_table_iter_next(&iterator, &path, NULL)) {
    g_autofree char *bytes = NULL;
    gsize size = 0;
    if (g_file_get_contents(path, &bytes, &size, NULL))
      g_string_append_len(text, bytes, (gssize)size);
  }
  g_hash_table_insert(parser->texts, request->prefix_files, text);
  return text;
}

/* What is shared was read as if the guards of the headers around it were not defined. */
static bool guards_mean_nothing(struct parser *parser, const struct parse_request *request)
{
  const GPtrArray *guards = request->prefix_guards;
  if (guards == NULL || guards->len == 0 || request->prefix_files == NULL)
    return true;
  const GString *text = text_below(parser, request);
  for (guint i = 0; i < guards->len; i++) {
    const char *guard = guards->pdata[i];
    if (memmem(text->str, text->len, guard, strlen(guard)) != NULL)
      return false;
  }
  return true;
}

static struct unit_builder *facts_with_prefix(struct job *job, GPtrArray *arguments,
                                              const struct extract_input *input)
{
  const struct parse_request *request = job->request;
  struct layer *layer = request->added != NULL ? layer_of(job->parser, request) : NULL;
  if (!guards_mean_nothing(job->parser, request))
    return NULL;
  struct added_terms terms = {NULL, NULL};
  struct unit_builder *builder = NULL;
  if (layer != NULL && layer->added != NULL &&
      added_fits(layer->added, request->file, request->arguments, layer->below,
                 request->prefix_line, &terms))
    builder = facts_with_added(job, arguments, input, layer, &terms);
  added_terms_clear(&terms);
  if (builder == NULL && request->precompiled != NULL)
    builder = facts_with(job, arguments, input, request->precompiled);
  return builder;
}

static struct unit_builder *facts_without_prefix(struct job *job, GPtrArray *arguments,
                                                 const struct extract_input *input)
{
  struct extract_input plain = *input;
  plain.prefix = NULL;
  plain.prefix_files = NULL;
  enum CXErrorCode code;
  plain.tu = parse(job, arguments, NULL, &code);
  if (plain.tu == NULL) {
    job->error = g_error_new(PARSE_ERROR, PARSE_ERROR_NO_TREE, "%s", explain(code));
    return NULL;
  }
  g_hash_table_remove_all(job->read);
  struct unit_builder *builder = extract_unit(&plain, job->read);
  clang_disposeTranslationUnit(plain.tu);
  return builder;
}

static gpointer run_job(gpointer data)
{
  struct job *job = data;
  const struct parse_request *request = job->request;
  g_autoptr(GPtrArray) arguments = full_arguments(job->parser, request);
  g_autofree char *joined = g_strjoinv("\n", (char **)request->arguments);
  g_autofree char *configuration =
      g_compute_checksum_for_string(G_CHECKSUM_SHA256, joined, (gssize)strlen(joined));
  struct extract_input input = {.root = request->root,
                                .file = request->file,
                                .object = request->object,
                                .arguments = joined,
                                .configuration = configuration,
                                .prefix_line = request->prefix_line,
                                .prefix_header = request->prefix_header,
                                .prefix = request->prefix,
                                .prefix_files = request->prefix_files};
  struct unit_builder *builder = facts_with_prefix(job, arguments, &input);
  if (builder == NULL)
    builder = facts_without_prefix(job, arguments, &input);
  if (builder == NULL)
    return NULL;
  job->parsed->files = list_files(job->parser, job->read, request->root, false);
  job->parsed->facts = unit_builder_freeze(builder);
  unit_builder_free(builder);
  return NULL;
}

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

static GHashTable *read_new(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

bool parser_unit(struct parser *parser, const struct parse_request *request, struct parsed *parsed,
                 GError **error)
{
  g_autoptr(GHashTable) read = read_new();
  struct job job = {.parser = parser, .request = request, .read = read, .parsed = parsed};
  if (!run_on_big_stack(&job, run_job))
    run_job(&job);
  if (job.error != NULL)
    g_propagate_error(error, job.error);
  return parsed->facts != NULL;
}

/* ---- prefixes ---- */

/* As a header, which is what a precompiled one is made from. */
static GPtrArray *header_arguments(struct parser *parser, const struct parse_request *request)
{
  GPtrArray *arguments = full_arguments(parser, request);
  for (guint i = 0; i < arguments->len; i++) {
    if (strcmp(arguments->pdata[i], "-xc") != 0)
      continue;
    g_free(arguments->pdata[i]);
    arguments->pdata[i] = g_strdup("-xc-header");
  }
  return arguments;
}

/* Writing files is allowed for as long as this takes. The writer sets a stack for signals, which
 * the thread must not keep: it is not its own. */
static bool save(CXTranslationUnit tu, const char *path)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
    return false;
  struct rlimit open = {limit.rlim_max, limit.rlim_max};
  stack_t stack;
  sigaltstack(NULL, &stack);
  setrlimit(RLIMIT_FSIZE, &open);
  int code = clang_saveTranslationUnit(tu, path, clang_defaultSaveOptions(tu));
  setrlimit(RLIMIT_FSIZE, &limit);
  sigaltstack(&stack, NULL);
  return code == CXSaveError_None;
}

static gpointer run_prefix(gpointer data)
{
  struct job *job = data;
  const struct parse_request *request = job->request;
  g_autoptr(GPtrArray) arguments = header_arguments(job->parser, request);
  struct CXUnsavedFile unsaved = {request->file, job->text, strlen(job->text)};
  struct extract_input input = {.root = request->root, .file = request->file};
  enum CXErrorCode code = clang_parseTranslationUnit2(
      job->parser->index, request->file, (const char *const *)arguments->pdata, (int)arguments->len,
      &unsaved, 1,
      CXTranslationUnit_Incomplete | CXTranslationUnit_ForSerialization |
          CXTranslationUnit_KeepGoing,
      &input.tu);
  if (code != CXError_Success || input.tu == NULL)
    return NULL;
  struct unit_builder *builder = extract_prefix(&input, job->read);
  if (builder != NULL && save(input.tu, job->path)) {
    job->parsed->facts = unit_builder_freeze(builder);
    job->parsed->files = list_files(job->parser, job->read, request->root, true);
  }
  unit_builder_free(builder);
  clang_disposeTranslationUnit(input.tu);
  return NULL;
}

bool parser_prefix(struct parser *parser, const struct parse_request *request, const char *text,
                   const char *path, struct parsed *parsed, GError **error)
{
  g_autoptr(GHashTable) read = read_new();
  struct job job = {.parser = parser,
                    .request = request,
                    .text = text,
                    .path = path,
                    .read = read,
                    .parsed = parsed};
  if (!run_on_big_stack(&job, run_prefix))
    run_prefix(&job);
  if (parsed->facts == NULL)
    g_set_error(error, PARSE_ERROR, PARSE_ERROR_NO_PREFIX, "these headers cannot be shared");
  return parsed->facts != NULL;
}

/* ---- headers on top of a prefix ---- */

static CXTranslationUnit parse_added(const struct job *job, const GPtrArray *arguments,
                                     const char *text)
{
  const char *file = job->request->file;
  struct CXUnsavedFile unsaved = {file, text, strlen(text)};
  CXTranslationUnit tu = NULL;
  enum CXErrorCode code = clang_parseTranslationUnit2(
      job->parser->index, file, (const char *const *)arguments->pdata, (int)arguments->len,
      &unsaved, 1,
      CXTranslationUnit_Incomplete | CXTranslationUnit_ForSerialization |
          CXTranslationUnit_KeepGoing | CXTranslationUnit_DetailedPreprocessingRecord,
      &tu);
  return code == CXError_Success ? tu : NULL;
}

/* TEXT, an include a line, without the headers of these names. */
static char *without(const char *text, const GPtrArray *names)
{
  GString *left = g_string_new(NULL);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  for (char **line = lines; *line != NULL && **line != '\0'; line++) {
    bool is_kept = true;
    for (guint i = 0; i < names->len; i++) {
      g_autofree char *name = g_strdup_printf("<%s>", (const char *)names->pdata[i]);
      is_kept = is_kept && strstr(*line, name) == NULL;
    }
    if (is_kept)
      g_string_append_printf(left, "%s\n", *line);
  }
  return g_string_free(left, FALSE);
}

/* Describes what TEXT adds, less the headers that may not be added. NULL where none of it may. */
static CXTranslationUnit try_added(struct job *job, const GPtrArray *arguments,
                                   CXTranslationUnit empty, const char *text)
{
  g_autofree char *own = g_build_filename(job->parser->resource_dir, "include", NULL);
  CXTranslationUnit tu = parse_added(job, arguments, text);
  GBytes *description = tu != NULL ? added_describe(tu, empty, job->request->file) : NULL;
  g_autoptr(GPtrArray) unfit = description != NULL ? added_unfit(description, own) : NULL;
  if (unfit != NULL && unfit->len == 0) {
    job->parsed->description = description;
    return tu;
  }
  g_clear_pointer(&tu, clang_disposeTranslationUnit);
  g_clear_pointer(&description, g_bytes_unref);
  g_autofree char *left = unfit != NULL ? without(text, unfit) : NULL;
  return left != NULL && strlen(left) < strlen(text) ? try_added(job, arguments, empty, left)
                                                     : NULL;
}

static gpointer run_add(gpointer data)
{
  struct job *job = data;
  const struct parse_request *request = job->request;
  g_autoptr(GPtrArray) arguments = header_arguments(job->parser, request);
  CXTranslationUnit empty = parse_added(job, arguments, "");
  if (request->precompiled != NULL)
    add_precompiled(arguments, request->precompiled);
  CXTranslationUnit tu = empty != NULL ? try_added(job, arguments, empty, job->text) : NULL;
  if (tu != NULL && !save(tu, job->path))
    g_clear_pointer(&job->parsed->description, g_bytes_unref);
  g_clear_pointer(&tu, clang_disposeTranslationUnit);
  g_clear_pointer(&empty, clang_disposeTranslationUnit);
  return NULL;
}

GBytes *parser_add(struct parser *parser, const struct parse_request *request, const char *text,
                   const char *path)
{
  struct parsed parsed = {NULL, NULL, NULL};
  struct job job = {
      .parser = parser, .request = request, .text = text, .path = path, .parsed = &parsed};
  if (!run_on_big_stack(&job, run_add))
    run_add(&job);
  return parsed.description;
}
