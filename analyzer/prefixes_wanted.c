#include "analyzer/prefixes_wanted.h"

#include "analyzer/standard_headers.h"

#include <stdbool.h>
#include <string.h>

enum { MAX_DEPTH = 60 };

struct include {
  char *name;
  guint line;
  bool is_quoted;
};

struct file {
  GArray *includes; /* struct include */
  bool is_there;
};

struct wanted {
  GHashTable *files; /* path -> struct file * */
};

static void file_free(gpointer data)
{
  struct file *file = data;
  for (guint i = 0; i < file->includes->len; i++)
    g_free(g_array_index(file->includes, struct include, i).name);
  g_array_unref(file->includes);
  g_free(file);
}

struct wanted *wanted_new(void)
{
  struct wanted *wanted = g_new(struct wanted, 1);
  wanted->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
  return wanted;
}

void wanted_free(struct wanted *wanted)
{
  g_hash_table_unref(wanted->files);
  g_free(wanted);
}

/* ---- one file ---- */

static const char *behind_blanks(const char *at, const char *end)
{
  while (at < end && (*at == ' ' || *at == '\t'))
    at++;
  return at;
}

/* An include on the line from `at` to `end`. */
static bool read_include(const char *at, const char *end, struct include *include)
{
  static const char word[] = "include";
  at = behind_blanks(at, end);
  if (at >= end || *at != '#')
    return false;
  at = behind_blanks(at + 1, end);
  if ((size_t)(end - at) <= sizeof word || memcmp(at, word, sizeof word - 1) != 0)
    return false;
  at = behind_blanks(at + sizeof word - 1, end);
  if (at >= end || (*at != '<' && *at != '"'))
    return false;
  include->is_quoted = *at == '"';
  const char *close = memchr(at + 1, include->is_quoted ? '"' : '>', (size_t)(end - at - 1));
  if (close == NULL || close == at + 1)
    return false;
  include->name = g_strndup(at + 1, (gsize)(close - at - 1));
  return true;
}

static void read_includes(GArray *includes, const char *text, const char *end)
{
  guint line = 1;
  for (const char *at = text; at < end; line++) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    stop = stop != NULL ? stop : end;
    struct include include = {.line = line};
    if (read_include(at, stop, &include))
      g_array_append_val(includes, include);
    at = stop + 1;
  }
}

static const struct file *file_of(struct wanted *wanted, const char *path)
{
  struct file *file = g_hash_table_lookup(wanted->files, path);
  if (file != NULL)
    return file;
  file = g_new0(struct file, 1);
  file->includes = g_array_new(FALSE, FALSE, sizeof(struct include));
  g_hash_table_insert(wanted->files, g_strdup(path), file);
  g_autofree char *text = NULL;
  gsize size = 0;
  file->is_there = g_file_test(path, G_FILE_TEST_IS_REGULAR);
  if (file->is_there && g_file_get_contents(path, &text, &size, NULL))
    read_includes(file->includes, text, text + size);
  return file;
}

/* ---- all that a source reaches ---- */

struct search {
  struct wanted *wanted;
  const char *const *arguments;
  GHashTable *visited; /* paths */
  GHashTable *names;
};

/* The header of the tree that is meant, or NULL. */
static char *find_own(struct search *search, const char *includer, const struct include *include)
{
  g_autofree char *folder = g_path_get_dirname(includer);
  char *path = g_build_filename(folder, include->name, NULL);
  if (include->is_quoted && file_of(search->wanted, path)->is_there)
    return path;
  for (const char *const *at = search->arguments; *at != NULL && at[1] != NULL; at++) {
    if (strcmp(*at, "-I") != 0 && strcmp(*at, "-iquote") != 0)
      continue;
    g_free(path);
    path = g_build_filename(*++at, include->name, NULL);
    if (file_of(search->wanted, path)->is_there)
      return path;
  }
  g_free(path);
  return NULL;
}

static void search_file(struct search *search, const char *path, guint first, guint last,
                        guint depth)
{
  const GArray *includes = file_of(search->wanted, path)->includes;
  for (guint i = 0; i < includes->len && depth < MAX_DEPTH; i++) {
    const struct include *include = &g_array_index(includes, struct include, i);
    if (include->line < first || include->line > last)
      continue;
    g_autofree char *own = find_own(search, path, include);
    if (own != NULL && g_hash_table_add(search->visited, g_strdup(own)))
      search_file(search, own, 0, G_MAXUINT, depth + 1);
    else if (own == NULL && !include->is_quoted && search->names != NULL &&
             (depth == 0 || !g_hash_table_contains(search->names, include->name)))
      g_hash_table_insert(search->names, g_strdup(include->name), GINT_TO_POINTER(depth == 0));
  }
}

GHashTable *wanted_of(struct wanted *wanted, const char *source, const char *const *arguments,
                      unsigned shared_line, guint *n_own)
{
  struct search search = {
      .wanted = wanted,
      .arguments = arguments,
      .visited = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
  };
  if (shared_line > 0)
    search_file(&search, source, 0, shared_line, 0);
  guint n_shared = g_hash_table_size(search.visited);
  search.names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  search_file(&search, source, shared_line + 1, G_MAXUINT, 0);
  *n_own += g_hash_table_size(search.visited) - n_shared;
  g_hash_table_unref(search.visited);
  return search.names;
}

/* ---- what is worth sharing ---- */

struct header {
  const char *name;
  guint n_users;
  guint n_direct; /* of those, that name it themselves */
};

static gint compare_headers(gconstpointer left, gconstpointer right)
{
  const struct header *a = left;
  const struct header *b = right;
  int order = (a->n_users < b->n_users) - (a->n_users > b->n_users);
  return order != 0 ? order : strcmp(a->name, b->name);
}

static GArray *count_names(const GPtrArray *sets)
{
  GArray *headers = g_array_new(FALSE, FALSE, sizeof(struct header));
  g_autoptr(GHashTable) rows = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < sets->len; i++) {
    GHashTableIter iterator;
    gpointer name = NULL;
    gpointer is_direct = NULL;
    g_hash_table_iter_init(&iterator, sets->pdata[i]);
    while (g_hash_table_iter_next(&iterator, &name, &is_direct)) {
      guint row = GPOINTER_TO_UINT(g_hash_table_lookup(rows, name));
      if (!is_standard_header(name, strlen(name)) && strcmp(name, "stdint.h") != 0)
        continue;
      if (row == 0) {
        struct header header = {.name = name};
        g_array_append_val(headers, header);
        row = headers->len;
        g_hash_table_insert(rows, name, GUINT_TO_POINTER(row));
      }
      struct header *header = &g_array_index(headers, struct header, row - 1);
      header->n_users++;
      header->n_direct += is_direct != NULL;
    }
  }
  return headers;
}

/* One that few sources reach, and through headers of their own only, is in the way of the others.
 */
static bool is_worth_adding(const struct header *header, guint n_sources)
{
  return header->n_direct >= 2 || (header->n_users >= 2 && header->n_users * 2 >= n_sources);
}

/* Whether sources name most of what they reach themselves, and reach few headers of their own:
 * these are looked through for each source, to see whether they could tell what is on top. */
static bool pays(const GPtrArray *sets, guint n_own)
{
  guint n_names = 0, n_direct = 0;
  for (guint i = 0; i < sets->len; i++) {
    GHashTableIter iterator;
    gpointer is_direct = NULL;
    g_hash_table_iter_init(&iterator, sets->pdata[i]);
    for (; g_hash_table_iter_next(&iterator, NULL, &is_direct); n_names++)
      n_direct += is_direct != NULL;
  }
  return 2 * n_direct >= n_names && n_own <= n_names;
}

char *wanted_choose(const GPtrArray *sets, guint n_own)
{
  if (!pays(sets, n_own))
    return NULL;
  g_autoptr(GArray) headers = count_names(sets);
  g_array_sort(headers, compare_headers);
  /* What every header defines that needs it is defined in its own place first. */
  g_autoptr(GString) text = g_string_new("#include <stddef.h>\n#include <stdarg.h>\n");
  guint n_uses = 0;
  for (guint i = 0; i < headers->len; i++) {
    const struct header *header = &g_array_index(headers, struct header, i);
    if (!is_worth_adding(header, sets->len))
      continue;
    g_string_append_printf(text, "#include <%s>\n", header->name);
    n_uses += header->n_users;
  }
  return n_uses >= ADDED_MIN_USES ? g_strdup(text->str) : NULL;
}
