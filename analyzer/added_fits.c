#include "analyzer/added_headers.h"
#include "analyzer/c_tokens.h"
#include "analyzer/standard_headers.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 1024, MAX_DEPTH = 100 };

/* Who declares a name: files, and whether some of them as a macro. */
struct name {
  GArray *files; /* guint */
  bool is_macro;
  bool is_type; /* a typedef and nothing else: all of them say the same */
};

struct pair {
  guint first;
  guint second;
};

struct added {
  GHashTable *files; /* path -> number + 1 */
  guint n_files;
  GPtrArray *closures;    /* GArray * of guint: the files behind each; NULL where unknown */
  GHashTable *names;      /* name -> struct name * */
  GHashTable *words;      /* words of all files */
  GPtrArray *directories; /* where system headers were found */
  GArray *pairs;          /* struct pair: declare the same thing */
  GArray *required;       /* guint: declare what is below, too */
  GHashTable *macros;     /* macro of what is below -> GPtrArray * of names that it mentions */
  GHashTable *contents;   /* path -> GBytes *: of headers that were scanned */
};

/* ---- the description ---- */

static void name_free(gpointer data)
{
  struct name *name = data;
  g_array_unref(name->files);
  g_free(name);
}

static GHashTable *macros_new(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

static GPtrArray *add_macro(GHashTable *macros, const char *macro)
{
  GPtrArray *words = g_hash_table_lookup(macros, macro);
  if (words == NULL) {
    words = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_insert(macros, g_strdup(macro), words);
  }
  return words;
}

static void note_mention(GHashTable *macros, const char *macro, const struct c_token *word)
{
  g_ptr_array_add(add_macro(macros, macro), g_strndup(word->text, word->length));
}

static void array_free(gpointer data)
{
  if (data != NULL)
    g_array_unref(data);
}

void added_free(gpointer data)
{
  struct added *added = data;
  if (added == NULL)
    return;
  g_hash_table_unref(added->files);
  g_ptr_array_unref(added->closures);
  g_hash_table_unref(added->names);
  g_hash_table_unref(added->words);
  g_ptr_array_unref(added->directories);
  g_array_unref(added->pairs);
  g_array_unref(added->required);
  g_hash_table_unref(added->macros);
  g_hash_table_unref(added->contents);
  g_free(added);
}

static bool read_number(char **at, guint limit, guint *number)
{
  char *end = NULL;
  unsigned long value = strtoul(*at, &end, 10);
  if (end == *at || value >= limit)
    return false;
  *at = end;
  *number = (guint)value;
  return true;
}

static bool read_closure(struct added *added, char *at)
{
  guint of = 0;
  guint file = 0;
  if (!read_number(&at, added->n_files, &of))
    return false;
  if (added->closures->pdata[of] == NULL)
    added->closures->pdata[of] = g_array_new(FALSE, FALSE, sizeof(guint));
  while (*at != '\0') {
    if (!read_number(&at, added->n_files, &file))
      return false;
    g_array_append_val((GArray *)added->closures->pdata[of], file);
  }
  return true;
}

static bool read_name(struct added *added, char *at, char kind)
{
  char *end = strchr(at, ' ');
  guint file = 0;
  if (end == NULL)
    return false;
  *end++ = '\0';
  if (!read_number(&end, added->n_files, &file))
    return false;
  struct name *name = g_hash_table_lookup(added->names, at);
  if (name == NULL) {
    name = g_new0(struct name, 1);
    name->files = g_array_new(FALSE, FALSE, sizeof(guint));
    name->is_type = true;
    g_hash_table_insert(added->names, g_strdup(at), name);
  }
  name->is_macro = name->is_macro || kind == 'M';
  name->is_type = name->is_type && kind == 'Y';
  g_array_append_val(name->files, file);
  return true;
}

static bool read_pair(struct added *added, char *at)
{
  struct pair pair;
  if (!read_number(&at, added->n_files, &pair.first) ||
      !read_number(&at, added->n_files, &pair.second))
    return false;
  g_array_append_val(added->pairs, pair);
  return true;
}

static bool read_required(struct added *added, char *at)
{
  guint file = 0;
  if (!read_number(&at, added->n_files, &file))
    return false;
  g_array_append_val(added->required, file);
  return true;
}

static bool read_line(struct added *added, char *line)
{
  char *rest = line + 2;
  switch (line[0]) {
  case 'F':
    return true; /* read before */
  case 'C':
    return read_closure(added, rest);
  case 'D':
    g_ptr_array_add(added->directories, g_strdup(rest));
    return true;
  case 'M':
  case 'T':
  case 'Y':
    return read_name(added, rest, line[0]);
  case 'S':
    return read_pair(added, rest);
  case 'R':
    return read_required(added, rest);
  case 'W':
    g_hash_table_add(added->words, g_strdup(rest));
    return true;
  default:
    return false;
  }
}

/* Folders inside others come first, as the compiler looks. */
static gint compare_folders(gconstpointer left, gconstpointer right)
{
  return strcmp(*(const char *const *)right, *(const char *const *)left);
}

struct added *added_open(GBytes *description, const char *own)
{
  gsize size = 0;
  const char *data = g_bytes_get_data(description, &size);
  g_autofree char *text = g_strndup(data, size);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  struct added *added = g_new0(struct added, 1);
  added->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  added->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, name_free);
  added->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  added->closures = g_ptr_array_new_with_free_func(array_free);
  added->directories = g_ptr_array_new_with_free_func(g_free);
  added->pairs = g_array_new(FALSE, FALSE, sizeof(struct pair));
  added->required = g_array_new(FALSE, FALSE, sizeof(guint));
  added->macros = macros_new();
  added->contents =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix(*line, "F "))
      g_hash_table_insert(added->files, g_strdup(*line + 2), GUINT_TO_POINTER(++added->n_files));
  g_ptr_array_set_size(added->closures, (gint)added->n_files);
  bool is_whole = added->n_files > 0 && added->n_files <= MAX_FILES;
  for (char **line = lines; is_whole && *line != NULL; line++)
    is_whole = **line == '\0' || (strlen(*line) > 2 && read_line(added, *line));
  g_ptr_array_sort(added->directories, compare_folders);
  g_ptr_array_insert(added->directories, 0, g_strdup("/usr/local/include"));
  g_ptr_array_insert(added->directories, 0, g_strdup(own));
  if (is_whole)
    return added;
  added_free(added);
  return NULL;
}

GPtrArray *added_files(const struct added *added)
{
  GPtrArray *paths = g_ptr_array_new();
  GHashTableIter iterator;
  gpointer path = NULL;
  g_hash_table_iter_init(&iterator, added->files);
  while (g_hash_table_iter_next(&iterator, &path, NULL))
    g_ptr_array_add(paths, path);
  return paths;
}

/* ---- one source ---- */

struct scan {
  struct added *added;
  const char *const *arguments;
  GHashTable *below;    /* real paths, or NULL */
  GHashTable *scanned;  /* real paths */
  GPtrArray *order;     /* the same in order */
  GPtrArray *unwanted;  /* real paths of headers that must not be entered after all */
  GHashTable *macros;   /* of the source and its headers, as in struct added */
  GHashTable *used;     /* macros that occurred */
  GHashTable *guards;   /* names that guard headers */
  bool seen[MAX_FILES]; /* included so far, on every way */
  bool is_dirty;        /* something may change what an added header means from here on */
  int n_open;           /* braces */
  bool does_fit;
};

/* Where a scan stands in one file. */
struct reader {
  struct c_tokens tokens;
  const char *path;
  int depth;      /* of conditions */
  int base_depth; /* 1 inside an include guard */
  bool is_conditional;
  guint n_directives;
  const char *macro;      /* that is being defined, or NULL */
  GHashTable *parameters; /* of it */
};

static void scan_file(struct scan *scan, const char *path, bool is_conditional, guint level);

static void refuse(struct scan *scan)
{
  scan->does_fit = false;
}

static bool are_seen(const struct scan *scan, const GArray *files)
{
  for (guint i = 0; i < files->len; i++)
    if (!scan->seen[g_array_index(files, guint, i)])
      return false;
  return true;
}

static bool is_seen(const struct scan *scan, const struct name *name)
{
  if (!name->is_type)
    return are_seen(scan, name->files);
  for (guint i = 0; i < name->files->len; i++)
    if (scan->seen[g_array_index(name->files, guint, i)])
      return true;
  return false;
}

/* A name of an added header that the source has not included yet. */
static void check_own(struct scan *scan, const char *word, bool is_member)
{
  const struct name *name = g_hash_table_lookup(scan->added->names, word);
  /* The name of a member is none of its own unless it is a macro. */
  if (name != NULL && (name->is_macro || !is_member) && !is_seen(scan, name))
    refuse(scan);
}

static void check_name(struct scan *scan, const char *word, bool is_member);

/* A macro that occurs mentions what its definitions so far mention. */
static void check_mentions(struct scan *scan, GHashTable *macros, const char *macro)
{
  const GPtrArray *words = g_hash_table_lookup(macros, macro);
  for (guint i = 0; words != NULL && i < words->len; i++)
    check_name(scan, words->pdata[i], false);
}

static void check_name(struct scan *scan, const char *word, bool is_member)
{
  if (strcmp(word, "_Pragma") == 0)
    scan->is_dirty = true;
  if (strcmp(word, "##") == 0)
    refuse(scan);
  check_own(scan, word, is_member);
  bool is_macro =
      g_hash_table_contains(scan->macros, word) || g_hash_table_contains(scan->added->macros, word);
  if (!is_macro || !scan->does_fit || g_hash_table_contains(scan->used, word))
    return;
  g_hash_table_add(scan->used, g_strdup(word));
  check_mentions(scan, scan->added->macros, word);
  check_mentions(scan, scan->macros, word);
}

static void check_word(struct scan *scan, const struct c_token *token, bool is_member)
{
  char word[256];
  if (token->length >= sizeof word)
    return;
  memcpy(word, token->text, token->length);
  word[token->length] = '\0';
  check_name(scan, word, is_member);
}

/* What "##" may make of a piece that is known: no name may begin, or end, with it. */
static void check_pasted(struct scan *scan, const struct c_token *piece, bool is_first)
{
  g_autofree char *text = g_strndup(piece->text, piece->length);
  GHashTableIter iterator;
  gpointer key = NULL;
  gpointer value = NULL;
  g_hash_table_iter_init(&iterator, scan->added->names);
  while (g_hash_table_iter_next(&iterator, &key, &value)) {
    bool is_possible = is_first ? g_str_has_prefix(key, text) : g_str_has_suffix(key, text);
    if (is_possible && !is_seen(scan, value))
      refuse(scan);
  }
}

static bool is_known_piece(const struct reader *reader, const struct c_token *token)
{
  if (token->kind != C_WORD && token->kind != C_NUMBER)
    return false;
  g_autofree char *text = g_strndup(token->text, token->length);
  return reader->parameters == NULL || !g_hash_table_contains(reader->parameters, text);
}

static void check_paste(struct scan *scan, const struct reader *reader, const struct c_token *left,
                        const struct c_token *right)
{
  bool is_comma = left->kind == C_OTHER && c_token_is(left, ",");
  if (is_comma && c_token_is(right, "__VA_ARGS__"))
    return;
  if (is_known_piece(reader, left))
    check_pasted(scan, left, true);
  else if (is_known_piece(reader, right))
    check_pasted(scan, right, false);
  else
    refuse(scan);
}

/* Words of a line, or of everything up to the next directive. */
static struct c_token scan_words(struct scan *scan, struct reader *reader, bool is_line)
{
  struct c_token before = {.kind = C_NEWLINE, .text = "", .length = 0};
  bool is_start = !is_line;
  for (;;) {
    struct c_token token = c_tokens_next(&reader->tokens);
    if (token.kind == C_END || (is_line && token.kind == C_NEWLINE))
      return token;
    if (token.kind == C_NEWLINE) {
      is_start = true;
      continue;
    }
    if (is_start && c_token_is(&token, "#"))
      return token;
    is_start = false;
    if (is_line && c_token_is(&token, "##")) {
      struct c_tokens ahead = reader->tokens;
      struct c_token right = c_tokens_next(&ahead);
      check_paste(scan, reader, &before, &right);
    }
    if (token.kind == C_WORD && reader->macro != NULL)
      note_mention(scan->macros, reader->macro, &token);
    else if (token.kind == C_WORD)
      check_word(scan, &token,
                 before.kind == C_OTHER && (c_token_is(&before, ".") || c_token_is(&before, "->")));
    else if (token.kind == C_OTHER && !is_line && reader->depth <= reader->base_depth)
      scan->n_open += c_token_is(&token, "{") - c_token_is(&token, "}");
    before = token;
  }
}

/* ---- directives ---- */

static char *try_folder(const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename(folder, name, NULL);
  if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
    return NULL;
  char *real = realpath(path, NULL);
  char *found = g_strdup(real);
  free(real);
  return found;
}

static char *try_options(const struct scan *scan, const char *option, const char *name)
{
  char *found = NULL;
  for (const char *const *at = scan->arguments; *at != NULL && at[1] != NULL && found == NULL; at++)
    if (strcmp(*at, option) == 0)
      found = try_folder(*++at, name);
  return found;
}

/* The file that an include means, real path; NULL where there is none. */
static char *find_header(const struct scan *scan, const char *includer, const char *name,
                         bool is_quoted)
{
  g_autofree char *folder = g_path_get_dirname(includer);
  char *found = is_quoted ? try_folder(folder, name) : NULL;
  if (found == NULL && is_quoted)
    found = try_options(scan, "-iquote", name);
  if (found == NULL)
    found = try_options(scan, "-I", name);
  if (found == NULL)
    found = try_options(scan, "-isystem", name);
  for (guint i = 0; found == NULL && i < scan->added->directories->len; i++)
    found = try_folder(scan->added->directories->pdata[i], name);
  return found;
}

/* A standard header, or one of the compiler's own: read by the source itself in either case, and by
 * the standard the same before and behind any other. */
static bool is_standard(const struct scan *scan, const char *name, const char *found)
{
  const char *own = scan->added->directories->pdata[0];
  if (g_str_has_prefix(found, own))
    return true;
  if (!is_standard_header(name, strlen(name)) && strcmp(name, "assert.h") != 0)
    return false;
  for (guint i = 0; i < scan->added->directories->len; i++)
    if (g_str_has_prefix(found, scan->added->directories->pdata[i]))
      return true;
  return false;
}

static void include_added(struct scan *scan, guint file, bool is_conditional)
{
  if (scan->is_dirty || scan->n_open > 0)
    refuse(scan);
  const GArray *closure = scan->added->closures->pdata[file];
  for (guint i = 0; !is_conditional && closure != NULL && i < closure->len; i++)
    scan->seen[g_array_index(closure, guint, i)] = true;
}

/* "#include NAME" of a name that is no macro cannot be read. */
static bool is_undefined(const struct scan *scan, const struct c_token *rest)
{
  struct c_tokens tokens = {.at = rest->text, .end = rest->text + rest->length, .is_broken = false};
  struct c_token word = c_tokens_next(&tokens);
  if (word.kind != C_WORD || c_tokens_next(&tokens).kind != C_END)
    return false;
  g_autofree char *name = g_strndup(word.text, word.length);
  return !g_hash_table_contains(scan->macros, name) &&
         !g_hash_table_contains(scan->added->macros, name) &&
         !g_hash_table_contains(scan->guards, name) &&
         !g_hash_table_contains(scan->added->names, name);
}

/* What is included under a condition need not fit as long as it is not entered. */
static void scan_perhaps(struct scan *scan, const char *path, guint level)
{
  guint n = scan->order->len;
  int n_open = scan->n_open;
  bool is_dirty = scan->is_dirty;
  scan_file(scan, path, true, level);
  if (scan->does_fit)
    return;
  scan->does_fit = true;
  scan->n_open = n_open;
  scan->is_dirty = is_dirty;
  for (guint i = n; i < scan->order->len; i++) {
    g_ptr_array_add(scan->unwanted, g_strdup(scan->order->pdata[i]));
    g_hash_table_remove(scan->scanned, scan->order->pdata[i]);
  }
  g_ptr_array_set_size(scan->order, (gint)n);
}

static void scan_include(struct scan *scan, struct reader *reader, guint level)
{
  struct c_token rest = c_tokens_rest(&reader->tokens);
  char close = rest.length > 2 && rest.text[0] == '<' ? '>' : '"';
  const char *stop = rest.length > 2 ? memchr(rest.text + 1, close, rest.length - 1) : NULL;
  if (is_undefined(scan, &rest))
    return;
  if (stop == NULL || (rest.text[0] != '<' && rest.text[0] != '"')) {
    refuse(scan);
    return;
  }
  g_autofree char *name = g_strndup(rest.text + 1, (gsize)(stop - rest.text - 1));
  g_autofree char *found = find_header(scan, reader->path, name, close == '"');
  if (found == NULL || (scan->below != NULL && g_hash_table_contains(scan->below, found)))
    return;
  bool is_conditional = reader->is_conditional || reader->depth > reader->base_depth;
  guint file = GPOINTER_TO_UINT(g_hash_table_lookup(scan->added->files, found));
  if (file != 0)
    include_added(scan, file - 1, is_conditional);
  else if (is_standard(scan, name, found))
    return;
  else if (is_conditional && !reader->is_conditional)
    scan_perhaps(scan, found, level + 1);
  else
    scan_file(scan, found, is_conditional, level + 1);
}

static void scan_define(struct scan *scan, struct reader *reader)
{
  struct c_token name = c_tokens_next(&reader->tokens);
  g_autofree char *word = g_strndup(name.text, name.length);
  if (g_hash_table_contains(scan->added->words, word))
    scan->is_dirty = true;
  check_own(scan, word, false);
  g_autoptr(GHashTable) parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (reader->tokens.at < reader->tokens.end && *reader->tokens.at == '(') {
    struct c_tokens ahead = reader->tokens;
    struct c_token token = c_tokens_next(&ahead);
    for (; token.kind != C_END && token.kind != C_NEWLINE && !c_token_is(&token, ")");
         token = c_tokens_next(&ahead))
      if (token.kind == C_WORD)
        g_hash_table_add(parameters, g_strndup(token.text, token.length));
    g_hash_table_add(parameters, g_strdup("__VA_ARGS__"));
  }
  add_macro(scan->macros, word);
  reader->parameters = parameters;
  reader->macro = word;
  scan_words(scan, reader, true);
  reader->parameters = NULL;
  reader->macro = NULL;
  /* One that occurred before has a further meaning now. */
  if (g_hash_table_remove(scan->used, word))
    check_name(scan, word, false);
}

/* "#ifndef X" and "#define X" at the start: what stands between is always read the first time,
 * unless X is defined elsewhere. */
static void note_guard(struct scan *scan, struct reader *reader)
{
  struct c_tokens ahead = reader->tokens;
  struct c_token guard = c_tokens_next(&ahead);
  struct c_token token = c_tokens_next(&ahead);
  while (token.kind == C_NEWLINE)
    token = c_tokens_next(&ahead);
  struct c_token define = c_tokens_next(&ahead);
  struct c_token name = c_tokens_next(&ahead);
  if (!c_token_is(&token, "#") || !c_token_is(&define, "define") || name.length != guard.length ||
      memcmp(name.text, guard.text, name.length) != 0)
    return;
  reader->base_depth = 1;
  if (!g_hash_table_add(scan->guards, g_strndup(guard.text, guard.length)))
    refuse(scan);
}

static void scan_directive(struct scan *scan, struct reader *reader, guint level)
{
  struct c_token word = c_tokens_next(&reader->tokens);
  bool is_first = reader->n_directives++ == 0;
  if (word.kind == C_NEWLINE || word.kind == C_END)
    return;
  if (c_token_is(&word, "include")) {
    scan_include(scan, reader, level);
  } else if (c_token_is(&word, "define")) {
    scan_define(scan, reader);
    return;
  } else if (c_token_is(&word, "undef")) {
    struct c_token name = c_tokens_next(&reader->tokens);
    g_autofree char *text = g_strndup(name.text, name.length);
    scan->is_dirty = scan->is_dirty || g_hash_table_contains(scan->added->words, text);
    check_own(scan, text, false);
  } else if (c_token_is(&word, "pragma")) {
    struct c_token rest = c_tokens_rest(&reader->tokens);
    scan->is_dirty = scan->is_dirty || !c_token_is(&rest, "once");
  } else if (c_token_is(&word, "include_next") || c_token_is(&word, "import")) {
    refuse(scan);
  } else if (c_token_is(&word, "endif")) {
    reader->depth--;
  } else if (c_token_is(&word, "error") || c_token_is(&word, "warning")) {
    c_tokens_rest(&reader->tokens);
  } else {
    if (is_first && c_token_is(&word, "ifndef"))
      note_guard(scan, reader);
    reader->depth +=
        c_token_is(&word, "if") || c_token_is(&word, "ifdef") || c_token_is(&word, "ifndef");
    /* What follows the guard's "#else" is not read. */
    if (reader->depth == reader->base_depth && c_token_is(&word, "else"))
      reader->base_depth = 0;
  }
  scan_words(scan, reader, true);
}

static GBytes *content_of(struct scan *scan, const char *path, guint level)
{
  GBytes *known = g_hash_table_lookup(scan->added->contents, path);
  if (known != NULL)
    return g_bytes_ref(known);
  char *text = NULL;
  gsize size = 0;
  if (!g_file_get_contents(path, &text, &size, NULL))
    return NULL;
  GBytes *bytes = g_bytes_new_take(text, size);
  if (level > 0)
    g_hash_table_insert(scan->added->contents, g_strdup(path), g_bytes_ref(bytes));
  return bytes;
}

static void scan_file(struct scan *scan, const char *path, bool is_conditional, guint level)
{
  if (!scan->does_fit || g_hash_table_contains(scan->scanned, path))
    return;
  g_hash_table_add(scan->scanned, g_strdup(path));
  g_ptr_array_add(scan->order, g_strdup(path));
  g_autoptr(GBytes) bytes = level < MAX_DEPTH ? content_of(scan, path, level) : NULL;
  if (bytes == NULL) {
    refuse(scan);
    return;
  }
  gsize size = 0;
  const char *text = g_bytes_get_data(bytes, &size);
  struct reader reader = {.tokens = {.at = text, .end = text + size, .is_broken = false},
                          .path = path,
                          .is_conditional = is_conditional};
  while (scan->does_fit && scan_words(scan, &reader, false).kind != C_END)
    scan_directive(scan, &reader, level);
  if (reader.tokens.is_broken || memmem(text, size, "?\?/", 3) != NULL)
    refuse(scan);
}

/* "NAME", "NAME=TEXT" or "NAME(a)=TEXT" of the command line. */
static void note_option(struct scan *scan, const char *option)
{
  g_autofree char *name = g_strndup(option, strcspn(option, "=("));
  struct c_tokens tokens = {.at = option, .end = option + strlen(option), .is_broken = false};
  struct c_token token = c_tokens_next(&tokens);
  for (; token.kind != C_END; token = c_tokens_next(&tokens))
    if (token.kind == C_WORD)
      note_mention(scan->macros, name, &token);
  g_hash_table_add(scan->guards, g_steal_pointer(&name));
}

void added_below(struct added *added, const char *path)
{
  g_autofree char *text = NULL;
  gsize size = 0;
  if (!g_file_get_contents(path, &text, &size, NULL))
    return;
  struct c_tokens tokens = {.at = text, .end = text + size, .is_broken = false};
  struct c_token token = c_tokens_next(&tokens);
  for (; token.kind != C_END; token = c_tokens_next(&tokens)) {
    if (!c_token_is(&token, "#"))
      continue;
    token = c_tokens_next(&tokens);
    if (!c_token_is(&token, "define"))
      continue;
    struct c_token macro = c_tokens_next(&tokens);
    g_autofree char *name = g_strndup(macro.text, macro.length);
    add_macro(added->macros, name);
    bool is_comma = false;
    for (token = c_tokens_next(&tokens); token.kind != C_END && token.kind != C_NEWLINE;
         token = c_tokens_next(&tokens)) {
      /* What is pasted there is not known: a macro that does so must not occur. */
      if (token.kind == C_WORD || (c_token_is(&token, "##") && !is_comma))
        note_mention(added->macros, name, &token);
      is_comma = c_token_is(&token, ",");
    }
  }
}

bool added_fits(struct added *added, const char *path, const char *const *arguments,
                GHashTable *below, GPtrArray *unwanted)
{
  struct scan *scan = g_new0(struct scan, 1);
  scan->added = added;
  scan->arguments = arguments;
  scan->below = below;
  scan->scanned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  scan->macros = macros_new();
  scan->used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  scan->guards = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  scan->order = g_ptr_array_new_with_free_func(g_free);
  scan->unwanted = unwanted;
  scan->does_fit = true;
  for (const char *const *at = arguments; *at != NULL; at++)
    if (strcmp(*at, "-D") == 0 && at[1] != NULL)
      note_option(scan, at[1]);
  scan_file(scan, path, false, 0);
  for (guint i = 0; scan->does_fit && i < added->pairs->len; i++) {
    const struct pair *pair = &g_array_index(added->pairs, struct pair, i);
    scan->does_fit = scan->seen[pair->first] == scan->seen[pair->second];
  }
  bool does_fit = scan->does_fit && are_seen(scan, added->required);
  g_hash_table_unref(scan->scanned);
  g_ptr_array_unref(scan->order);
  g_hash_table_unref(scan->macros);
  g_hash_table_unref(scan->used);
  g_hash_table_unref(scan->guards);
  g_free(scan);
  return does_fit;
}
