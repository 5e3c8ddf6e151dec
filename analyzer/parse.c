#include "analyzer/added_headers.h"
#include "analyzer/parse_parts.h"

#include <stdlib.h>
#include <string.h>

/* Headers that are added to a prefix, as one process knows them. */
struct layer {
  struct added *added;
  GHashTable *below; /* absolute paths of what is in the prefix */
};

void parser_layer_free(gpointer data)
{
  struct layer *layer = data;
  added_free(layer->added);
  g_hash_table_unref(layer->below);
  g_free(layer);
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

/* NULL where the precompiled header does not fit after all. */
static struct unit_builder *facts_with(struct job *job, GPtrArray *arguments,
                                       const struct extract_input *input, const char *precompiled)
{
  const guint n = arguments->len;
  parser_add_precompiled(arguments, precompiled);
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
    g_hash_table_add(below, parser_absolute(root, at));
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
    g_autofree char *absolute = parser_absolute(job->request->root, path);
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
  g_autoptr(GPtrArray) arguments = parser_arguments(job->parser, request);
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
  job->parsed->files = parser_list_files(job->parser, job->read, request->root, false);
  job->parsed->facts = unit_builder_freeze(builder);
  unit_builder_free(builder);
  return NULL;
}

bool parser_unit(struct parser *parser, const struct parse_request *request, struct parsed *parsed,
                 GError **error)
{
  g_autoptr(GHashTable) read = parser_read_new();
  struct job job = {.parser = parser, .request = request, .read = read, .parsed = parsed};
  parser_run(&job, run_job);
  if (job.error != NULL)
    g_propagate_error(error, job.error);
  return parsed->facts != NULL;
}
