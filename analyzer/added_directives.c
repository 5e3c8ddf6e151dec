#include "analyzer/added_parts.h"
#include "analyzer/standard_headers.h"

#include <stdlib.h>
#include <string.h>

/* ---- where headers are ---- */

/* The real path of a file of that name in the folder, or NULL. */
static char *try_folder(const struct added *added, const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename(folder, name, NULL);
  const char *known = g_hash_table_lookup(added->real_paths, path);
  if (known == NULL) {
    char *real = g_file_test(path, G_FILE_TEST_IS_REGULAR) ? realpath(path, NULL) : NULL;
    char *kept = g_strdup(real != NULL ? real : "");
    free(real);
    known = kept;
    g_hash_table_insert(added->real_paths, g_steal_pointer(&path), kept);
  }
  return *known != '\0' ? g_strdup(known) : NULL;
}

static char *try_options(const struct scan *scan, const char *option, const char *name)
{
  char *found = NULL;
  for (const char *const *at = scan->arguments; *at != NULL && at[1] != NULL && found == NULL; at++)
    if (strcmp(*at, option) == 0)
      found = try_folder(scan->added, *++at, name);
  return found;
}

/* The file that an include means, real path; NULL where there is none. */
static char *find_header(const struct scan *scan, const char *includer, const char *name,
                         bool is_quoted)
{
  g_autofree char *folder = g_path_get_dirname(includer);
  char *found = is_quoted ? try_folder(scan->added, folder, name) : NULL;
  if (found == NULL && is_quoted)
    found = try_options(scan, "-iquote", name);
  if (found == NULL)
    found = try_options(scan, "-I", name);
  if (found == NULL)
    found = try_options(scan, "-isystem", name);
  for (guint i = 0; found == NULL && i < scan->added->directories->len; i++)
    found = try_folder(scan->added, scan->added->directories->pdata[i], name);
  return found;
}

static bool is_in_system(const struct scan *scan, const char *path)
{
  for (guint i = 0; i < scan->added->directories->len; i++)
    if (g_str_has_prefix(path, scan->added->directories->pdata[i]))
      return true;
  return false;
}

/* A standard header, or one of the compiler's own: read by the source itself in either case, and by
 * the standard the same before and behind any other. */
static bool is_standard(const struct scan *scan, const char *name, const char *found)
{
  const char *own = scan->added->directories->pdata[0];
  if (g_str_has_prefix(found, own))
    return true;
  return (is_standard_header(name, strlen(name)) || strcmp(name, "assert.h") == 0) &&
         is_in_system(scan, found);
}

static bool is_below(const struct scan *scan, const char *path)
{
  return scan->below != NULL && g_hash_table_contains(scan->below, path);
}

/* ---- standard headers that are not added ---- */

/* The name between quotes or angle brackets; NULL where there is none. */
static char *included_name(const struct c_token *rest, bool *is_quoted)
{
  if (rest->length <= 2 || (rest->text[0] != '<' && rest->text[0] != '"'))
    return NULL;
  char close = rest->text[0] == '<' ? '>' : '"';
  const char *stop = memchr(rest->text + 1, close, rest->length - 1);
  *is_quoted = close == '"';
  return stop != NULL ? g_strndup(rest->text + 1, (gsize)(stop - rest->text - 1)) : NULL;
}

/* Whichever of those of the name is meant. */
static void add_includes(const struct added *added, const char *path, const char *name,
                         GPtrArray *includes)
{
  g_autofree char *folder = g_path_get_dirname(path);
  for (guint i = 0; i <= added->directories->len; i++) {
    const char *from = i == 0 ? folder : added->directories->pdata[i - 1];
    char *found = try_folder(added, from, name);
    if (found != NULL)
      g_ptr_array_add(includes, found);
  }
}

/* How deep in conditions the reader of a header is; its guard, "#ifndef" as the first directive, is
 * none. */
struct depth {
  guint n_directives;
  int n_open;
};

static void note_depth(struct depth *depth, const struct c_token *word)
{
  bool is_guard = depth->n_directives++ == 0 && c_token_is(word, "ifndef");
  if (is_guard)
    depth->n_open = -1;
  depth->n_open +=
      c_token_is(word, "if") || c_token_is(word, "ifdef") || c_token_is(word, "ifndef");
  depth->n_open -= c_token_is(word, "endif");
}

static void read_foreign_directive(const struct added *added, struct c_tokens *tokens,
                                   const char *path, struct depth *depth, struct foreign *foreign)
{
  struct c_token word = c_tokens_next(tokens);
  note_depth(depth, &word);
  if (c_token_is(&word, "define") || c_token_is(&word, "undef")) {
    struct c_token name = c_tokens_next(tokens);
    g_ptr_array_add(foreign->names, g_strndup(name.text, name.length));
  } else if (c_token_is(&word, "include") || c_token_is(&word, "include_next")) {
    struct c_token rest = c_tokens_rest(tokens);
    bool is_quoted = false;
    g_autofree char *name = included_name(&rest, &is_quoted);
    if (name != NULL)
      add_includes(added, path, name, foreign->includes);
    if (name != NULL && !is_quoted && depth->n_open == 0 && c_token_is(&word, "include"))
      g_ptr_array_add(foreign->certain, g_steal_pointer(&name));
  }
}

static const struct foreign *read_foreign(const struct added *added, const char *path)
{
  struct foreign *foreign = g_hash_table_lookup(added->foreign, path);
  g_autofree char *text = NULL;
  gsize size = 0;
  if (foreign != NULL || !g_file_get_contents(path, &text, &size, NULL))
    return foreign;
  foreign = g_new(struct foreign, 1);
  foreign->names = g_ptr_array_new_with_free_func(g_free);
  foreign->includes = g_ptr_array_new_with_free_func(g_free);
  foreign->certain = g_ptr_array_new_with_free_func(g_free);
  struct depth depth = {0, 0};
  struct c_tokens tokens = {.at = text, .end = text + size, .is_broken = false};
  bool is_start = true;
  for (struct c_token token = c_tokens_next(&tokens); token.kind != C_END;
       token = c_tokens_next(&tokens)) {
    if (is_start && c_token_is(&token, "#"))
      read_foreign_directive(added, &tokens, path, &depth, foreign);
    is_start = token.kind == C_NEWLINE;
  }
  g_hash_table_insert(added->foreign, g_strdup(path), foreign);
  return foreign;
}

/* What was read before is not read again, or by everybody. */
static bool is_read_already(const struct scan *scan, const GArray *closure)
{
  for (guint i = 0; closure != NULL && i < closure->len; i++)
    if (!scan->seen[g_array_index(closure, guint, i)])
      return false;
  return closure != NULL;
}

static void include_added(struct scan *scan, guint file, bool is_conditional)
{
  const GArray *closure = scan->added->closures->pdata[file];
  if ((scan->is_dirty || scan->n_open > 0) && !is_read_already(scan, closure))
    scan_refuse(scan);
  for (guint i = 0; !is_conditional && closure != NULL && i < closure->len; i++)
    scan->seen[g_array_index(closure, guint, i)] = true;
}

static guint number_of(const struct scan *scan, const char *path)
{
  return GPOINTER_TO_UINT(g_hash_table_lookup(scan->added->files, path));
}

/* Whatever it may define is not known from here on; added headers that it includes surely are read
 * from here on. */
static void note_foreign(struct scan *scan, const char *path, bool is_conditional, guint level)
{
  gpointer was_certain = NULL;
  bool is_known = g_hash_table_lookup_extended(scan->foreign, path, NULL, &was_certain) != 0;
  if (level >= MAX_DEPTH || is_below(scan, path) ||
      (is_known && (is_conditional || was_certain != NULL)))
    return;
  g_hash_table_insert(scan->foreign, g_strdup(path), GINT_TO_POINTER(!is_conditional));
  const struct foreign *foreign = read_foreign(scan->added, path);
  if (foreign == NULL) {
    scan_refuse(scan);
    return;
  }
  for (guint i = 0; i < foreign->certain->len && !is_conditional; i++) {
    g_autofree char *found = find_header(scan, path, foreign->certain->pdata[i], false);
    guint file = found != NULL ? number_of(scan, found) : 0;
    if (file != 0)
      include_added(scan, file - 1, false);
    else if (found != NULL)
      note_foreign(scan, found, false, level + 1);
  }
  for (guint i = 0; i < foreign->names->len; i++) {
    g_hash_table_insert(scan->states, g_strdup(foreign->names->pdata[i]),
                        GUINT_TO_POINTER(IS_UNKNOWN + 1));
    scan_forget(scan, foreign->names->pdata[i]);
  }
  for (guint i = 0; i < foreign->includes->len; i++) {
    guint file = number_of(scan, foreign->includes->pdata[i]);
    if (file == 0 || !scan->seen[file - 1])
      note_foreign(scan, foreign->includes->pdata[i], true, level + 1);
  }
}

/* ---- includes ---- */

/* "#include NAME" of a name that is no macro cannot be read. */
static bool is_undefined(const struct scan *scan, const struct c_token *rest)
{
  struct c_tokens tokens = {.at = rest->text, .end = rest->text + rest->length, .is_broken = false};
  struct c_token word = c_tokens_next(&tokens);
  if (word.kind != C_WORD || c_tokens_next(&tokens).kind != C_END)
    return false;
  g_autofree char *name = g_strndup(word.text, word.length);
  return conditions_defined(scan, name) == IS_FALSE;
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
  for (guint i = n; i < scan->order->len; i++)
    if (g_hash_table_contains(scan->added->entered, scan->order->pdata[i]))
      scan_refuse(scan);
  for (guint i = n; i < scan->order->len; i++)
    g_hash_table_remove(scan->scanned, scan->order->pdata[i]);
  g_ptr_array_set_size(scan->order, (gint)n);
}

static void scan_include(struct scan *scan, struct reader *reader, guint level)
{
  struct c_token rest = c_tokens_rest(&reader->tokens);
  if (is_undefined(scan, &rest))
    return;
  bool is_quoted = false;
  g_autofree char *name = included_name(&rest, &is_quoted);
  if (name == NULL) {
    scan_refuse(scan);
    return;
  }
  g_autofree char *found = find_header(scan, reader->path, name, is_quoted);
  guint file = found != NULL ? number_of(scan, found) : 0;
  /* What is read in parts may have been read below, too. */
  if (found == NULL || (file == 0 && is_below(scan, found)))
    return;
  bool is_conditional = !conditions_is_certain(reader);
  if (file != 0)
    include_added(scan, file - 1, is_conditional);
  else if (is_standard(scan, name, found))
    note_foreign(scan, found, is_conditional, 0);
  else if (is_conditional && !reader->is_conditional)
    scan_perhaps(scan, found, level + 1);
  else
    scan_file(scan, found, is_conditional, level + 1);
}

/* ---- macros ---- */

/* A macro of an added header is none before the source has included it. */
static void check_macro(struct scan *scan, const char *word)
{
  const struct name *name = g_hash_table_lookup(scan->added->names, word);
  if (name != NULL && name->is_macro && !scan_is_seen(scan, name))
    scan_refuse(scan);
}

/* What an added header mentions may mean something else behind this line: unless the line is part
 * of what was read before the added headers too, or asks the compiler's own header for a part. */
static void note_change(struct scan *scan, const struct reader *reader, const char *word)
{
  bool is_request = g_str_has_prefix(word, "__need_") && is_in_system(scan, reader->path);
  if (reader->tokens.at > reader->shared_end && !is_request &&
      g_hash_table_contains(scan->added->words, word))
    scan->is_dirty = true;
}

static void scan_define(struct scan *scan, struct reader *reader)
{
  struct c_token name = c_tokens_next(&reader->tokens);
  g_autofree char *word = g_strndup(name.text, name.length);
  note_change(scan, reader, word);
  check_macro(scan, word);
  macros_add(scan->macros, word);
  conditions_note(scan, reader, word, true);
  reader->definition = reader->tokens;
  reader->macro = word;
  scan_words(scan, reader, true);
  reader->macro = NULL;
  /* One that occurred before has a further meaning now. */
  if (g_hash_table_remove(scan->used, word))
    scan_name(scan, word, USE_ANY);
}

static void scan_undef(struct scan *scan, struct reader *reader)
{
  struct c_token name = c_tokens_next(&reader->tokens);
  g_autofree char *word = g_strndup(name.text, name.length);
  note_change(scan, reader, word);
  check_macro(scan, word);
  conditions_note(scan, reader, word, false);
  scan_words(scan, reader, true);
}

static void scan_pragma(struct scan *scan, struct reader *reader)
{
  struct c_token rest = c_tokens_rest(&reader->tokens);
  scan->is_dirty = scan->is_dirty || !c_token_is(&rest, "once");
}

void scan_directive(struct scan *scan, struct reader *reader, guint level)
{
  struct c_token word = c_tokens_next(&reader->tokens);
  reader->n_directives++;
  if (word.kind == C_NEWLINE || word.kind == C_END)
    return;
  if (conditions_is_directive(&word)) {
    conditions_directive(scan, reader, &word);
    return;
  }
  if (conditions_is_dead(reader))
    return;
  /* A directive outside of the guard counts each time. */
  if (reader->levels->len == 0)
    g_clear_pointer(&reader->record->guard, g_free);
  if (c_token_is(&word, "include"))
    scan_include(scan, reader, level);
  else if (c_token_is(&word, "define"))
    scan_define(scan, reader);
  else if (c_token_is(&word, "undef"))
    scan_undef(scan, reader);
  else if (c_token_is(&word, "pragma"))
    scan_pragma(scan, reader);
  else if (c_token_is(&word, "include_next") || c_token_is(&word, "import"))
    scan_refuse(scan);
  else if (c_token_is(&word, "error") || c_token_is(&word, "warning"))
    c_tokens_rest(&reader->tokens);
  else
    scan_words(scan, reader, true);
}
