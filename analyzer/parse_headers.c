#include "analyzer/added_headers.h"
#include "analyzer/parse_parts.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* ---- prefixes ---- */

/* As a header, which is what a precompiled one is made from. */
static GPtrArray *header_arguments(struct parser *parser, const struct parse_request *request)
{
  GPtrArray *arguments = parser_arguments(parser, request);
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
    job->parsed->files = parser_list_files(job->parser, job->read, request->root, true);
  }
  unit_builder_free(builder);
  clang_disposeTranslationUnit(input.tu);
  return NULL;
}

bool parser_prefix(struct parser *parser, const struct parse_request *request, const char *text,
                   const char *path, struct parsed *parsed, GError **error)
{
  g_autoptr(GHashTable) read = parser_read_new();
  struct job job = {.parser = parser,
                    .request = request,
                    .text = text,
                    .path = path,
                    .read = read,
                    .parsed = parsed};
  parser_run(&job, run_prefix);
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
  g_autoptr(GPtrArray) unfit = g_ptr_array_new_with_free_func(g_free);
  CXTranslationUnit tu = parse_added(job, arguments, text);
  GBytes *description = tu != NULL ? added_describe(tu, empty, job->request->file, unfit) : NULL;
  if (description != NULL && unfit->len == 0) {
    job->parsed->description = description;
    return tu;
  }
  g_clear_pointer(&tu, clang_disposeTranslationUnit);
  g_clear_pointer(&description, g_bytes_unref);
  g_autofree char *left = unfit->len > 0 ? without(text, unfit) : NULL;
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
    parser_add_precompiled(arguments, request->precompiled);
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
  parser_run(&job, run_add);
  return parsed.description;
}
