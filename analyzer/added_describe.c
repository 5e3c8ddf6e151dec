#include "analyzer/added_headers.h"
#include "analyzer/added_lines.h"
#include "analyzer/c_tokens.h"
#include "analyzer/unit.h"

#include <string.h>

struct describing {
  CXTranslationUnit tu;
  const char *prefix;
  GHashTable *numbers; /* CXFile -> number + 1 */
  GPtrArray *files;    /* CXFile */
  GPtrArray *paths;    /* char * */
  GArray *contents;    /* struct content, likewise */
  GHashTable *unfit;   /* numbers + 1 of files that may not be added, by themselves */
  GArray *tops;        /* struct top */
  GPtrArray *entries;  /* struct entry * */
  GHashTable *guarded; /* CXFile -> entry + 1 */
  GArray *stack;       /* struct level */
  GHashTable *directories;
  GHashTable *declared; /* first here */
  GString *text;
  bool is_fine;
};

/* A header that is asked for by name. */
struct top {
  guint file; /* number + 1 */
  char *name;
};

static void top_clear(gpointer top)
{
  g_free(((struct top *)top)->name);
}

struct level {
  CXFile file;
  guint entry;
};

static void entry_free(gpointer data)
{
  struct entry *entry = data;
  g_array_unref(entry->included);
  g_free(entry);
}

static char *real_path(CXFile file)
{
  CXString real = clang_File_tryGetRealPathName(file);
  char *path = g_strdup(clang_getCString(real));
  clang_disposeString(real);
  return path;
}

static bool has_word(const char *text, size_t size, const char *word)
{
  return memmem(text, size, word, strlen(word)) != NULL;
}

/* ---- files ---- */

/* "#pragma" at the start of a line, or "_Pragma", of which AT is the end. */
static bool is_pragma(const char *text, const char *at)
{
  if (at == text || at[-1] != 'p')
    return true;
  const char *start = at - 1;
  while (start > text && (start[-1] == ' ' || start[-1] == '\t'))
    start--;
  if (start == text || start[-1] != '#')
    return false;
  for (start--; start > text && (start[-1] == ' ' || start[-1] == '\t');)
    start--;
  return start == text || start[-1] == '\n' || start[-1] == '/';
}

/* A pragma that may be in force behind its header. */
static bool leaves_state(const char *text, size_t size)
{
  static const char *const words[] = {"push", "pop", "pack", "STDC", "poison", "weak"};
  const char *end = text + size;
  for (const char *at = text; (at = memmem(at, (size_t)(end - at), "ragma", 5)) != NULL; at += 5) {
    const char *line = memchr(at, '\n', (size_t)(end - at));
    size_t length = (size_t)((line != NULL ? line : end) - at);
    for (size_t i = 0; i < G_N_ELEMENTS(words) && is_pragma(text, at); i++)
      if (has_word(at, length, words[i]))
        return true;
  }
  return false;
}

static void note_unfit(struct describing *describing, guint file)
{
  g_string_append_printf(describing->text, "B %u\n", file - 1);
  g_hash_table_add(describing->unfit, GUINT_TO_POINTER(file));
}

static void add_file(CXFile file, CXSourceLocation *stack, unsigned n, CXClientData data)
{
  (void)stack;
  struct describing *describing = data;
  if (n == 0 || g_hash_table_contains(describing->numbers, file))
    return;
  static const char *const words[] = {"__COUNTER__", "__BASE_FILE__", "__TIMESTAMP__",
                                      "__INCLUDE_LEVEL__"};
  size_t size = 0;
  const char *text = clang_getFileContents(describing->tu, file, &size);
  char *path = real_path(file);
  bool is_system =
      clang_Location_isInSystemHeader(clang_getLocationForOffset(describing->tu, file, 0)) != 0;
  bool is_fine = text != NULL && !leaves_state(text, size) && is_system;
  for (size_t i = 0; is_fine && i < G_N_ELEMENTS(words); i++)
    is_fine = !has_word(text, size, words[i]);
  bool has_path = path != NULL && strchr(path, '\n') == NULL;
  describing->is_fine = describing->is_fine && has_path;
  if (has_path && !is_fine)
    note_unfit(describing, describing->files->len + 1);
  struct content content = {text, size};
  g_array_append_val(describing->contents, content);
  g_ptr_array_add(describing->files, file);
  g_ptr_array_add(describing->paths, path != NULL ? path : g_strdup(""));
  g_hash_table_insert(describing->numbers, file, GUINT_TO_POINTER(describing->files->len));
}

static guint number_of(const struct describing *describing, CXFile file)
{
  return file != NULL ? GPOINTER_TO_UINT(g_hash_table_lookup(describing->numbers, file)) : 0;
}

static guint add_entry(struct describing *describing, CXFile file)
{
  struct entry *entry = g_new0(struct entry, 1);
  entry->file = number_of(describing, file);
  entry->included = g_array_new(FALSE, FALSE, sizeof(guint));
  g_ptr_array_add(describing->entries, entry);
  return describing->entries->len - 1;
}

static guint enter(struct describing *describing, CXFile file)
{
  gpointer known = g_hash_table_lookup(describing->guarded, file);
  if (known != NULL)
    return GPOINTER_TO_UINT(known) - 1;
  guint entry = add_entry(describing, file);
  if (clang_isFileMultipleIncludeGuarded(describing->tu, file))
    g_hash_table_insert(describing->guarded, file, GUINT_TO_POINTER(entry + 1));
  return entry;
}

/* "sys/time.h" at "/usr/include/sys/time.h" was found in "/usr/include". */
static void note_directory(struct describing *describing, CXCursor directive, CXFile file)
{
  CXString spelling = clang_getCursorSpelling(directive);
  CXString name = clang_getFileName(file);
  const char *wanted = clang_getCString(spelling);
  const char *found = clang_getCString(name);
  if (wanted != NULL && found != NULL && g_str_has_suffix(found, wanted) &&
      strlen(found) > strlen(wanted) + 1)
    g_hash_table_add(describing->directories, g_strndup(found, strlen(found) - strlen(wanted) - 1));
  clang_disposeString(spelling);
  clang_disposeString(name);
}

/* The compiler's own headers that may be entered again and again. */
static bool is_read_in_parts(CXFile file)
{
  CXString name = clang_getFileName(file);
  const char *text = clang_getCString(name);
  bool is_one =
      text != NULL && (g_str_has_suffix(text, "/stddef.h") || g_str_has_suffix(text, "/stdarg.h"));
  clang_disposeString(name);
  return is_one;
}

static void note_top(struct describing *describing, CXCursor directive, CXFile file)
{
  CXString name = clang_getCursorSpelling(directive);
  struct top top = {.file = number_of(describing, file)};
  if (top.file != 0) {
    top.name = g_strdup(clang_getCString(name));
    g_array_append_val(describing->tops, top);
    g_string_append_printf(describing->text, "O %u %s\n", top.file - 1, top.name);
  }
  clang_disposeString(name);
}

/* Directives come in the order in which they were met: one in a file that is on the way down ends
 * what was entered below it. */
static void add_directive(struct describing *describing, CXCursor directive, CXFile where)
{
  CXFile file = clang_getIncludedFile(directive);
  if (file == NULL)
    return;
  GArray *stack = describing->stack;
  while (stack->len > 1 &&
         !clang_File_isEqual(g_array_index(stack, struct level, stack->len - 1).file, where))
    g_array_set_size(stack, stack->len - 1);
  guint above = g_array_index(stack, struct level, stack->len - 1).entry;
  if (stack->len == 1 && where != NULL && number_of(describing, where) != 0)
    describing->is_fine = false;
  struct level level = {.file = file, .entry = enter(describing, file)};
  if (stack->len == 1 && !clang_isFileMultipleIncludeGuarded(describing->tu, file) &&
      !is_read_in_parts(file) && number_of(describing, file) != 0)
    note_unfit(describing, number_of(describing, file));
  g_array_append_val(((struct entry *)describing->entries->pdata[above])->included, level.entry);
  if (stack->len == 1)
    note_top(describing, directive, file);
  g_array_append_val(stack, level);
  note_directory(describing, directive, file);
}

/* ---- names ---- */

static void add_name(struct describing *describing, char kind, CXCursor cursor, guint file)
{
  CXString spelling = clang_getCursorSpelling(cursor);
  const char *name = clang_getCString(spelling);
  if (name != NULL && *name != '\0' && strpbrk(name, " (\n") == NULL)
    g_string_append_printf(describing->text, "%c %s %u\n", kind, name, file - 1);
  clang_disposeString(spelling);
}

struct within {
  struct describing *describing;
  guint file;
};

static bool is_tag(enum CXCursorKind kind)
{
  return kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl || kind == CXCursor_EnumDecl;
}

/* Tags and enumerators inside a record are names of the file. */
static enum CXChildVisitResult add_nested(CXCursor cursor, CXCursor parent, CXClientData data)
{
  (void)parent;
  struct within *within = data;
  enum CXCursorKind kind = clang_getCursorKind(cursor);
  if (is_tag(kind) || kind == CXCursor_EnumConstantDecl)
    add_name(within->describing, 'T', cursor, within->file);
  return is_tag(kind) ? CXChildVisit_Recurse : CXChildVisit_Continue;
}

static guint hash_cursor(gconstpointer cursor)
{
  return clang_hashCursor(*(const CXCursor *)cursor);
}

static gboolean are_equal(gconstpointer a, gconstpointer b)
{
  return clang_equalCursors(*(const CXCursor *)a, *(const CXCursor *)b) != 0;
}

/* A type that is declared below already, and not completed here, is none of this file. What is
 * first declared here is seen before it is declared again. */
static bool is_known_below(struct describing *describing, CXCursor cursor)
{
  CXCursor canonical = clang_getCanonicalCursor(cursor);
  if (clang_equalCursors(canonical, cursor)) {
    g_hash_table_add(describing->declared, g_memdup2(&canonical, sizeof canonical));
    return false;
  }
  bool is_complete =
      clang_getCursorKind(cursor) != CXCursor_TypedefDecl && clang_isCursorDefinition(cursor) != 0;
  return !is_complete && !g_hash_table_contains(describing->declared, &canonical);
}

/* What another file declares too: "S" where that one is added as well, "R" where it is below. Of a
 * record that two of them declare, the walk sees which one is meant. */
static void add_redeclaration(struct describing *describing, CXCursor cursor, guint file)
{
  CXFile other = NULL;
  CXCursor canonical = clang_getCanonicalCursor(cursor);
  clang_getExpansionLocation(clang_getCursorLocation(canonical), &other, NULL, NULL, NULL);
  guint first = number_of(describing, other);
  if (other == NULL || first == file)
    return;
  if (first != 0)
    g_string_append_printf(describing->text, "S %u %u\n", first - 1, file - 1);
  else
    g_string_append_printf(describing->text, "R %u\n", file - 1);
}

static enum CXChildVisitResult add_cursor(CXCursor cursor, CXCursor parent, CXClientData data)
{
  (void)parent;
  struct describing *describing = data;
  CXFile where = NULL;
  clang_getExpansionLocation(clang_getCursorLocation(cursor), &where, NULL, NULL, NULL);
  guint file = number_of(describing, where);
  enum CXCursorKind kind = clang_getCursorKind(cursor);
  if (kind == CXCursor_InclusionDirective) {
    add_directive(describing, cursor, where);
  } else if (kind == CXCursor_MacroDefinition && file != 0) {
    add_name(describing, 'M', cursor, file);
  } else if (clang_isDeclaration(kind) && file != 0) {
    struct within within = {describing, file};
    bool is_ordinary = kind == CXCursor_FunctionDecl || kind == CXCursor_VarDecl;
    bool is_record = kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl;
    if ((!is_record && kind != CXCursor_TypedefDecl) || !is_known_below(describing, cursor))
      add_name(describing,
               kind == CXCursor_TypedefDecl ? 'Y'
               : is_ordinary                ? 'V'
               : is_record                  ? 'G'
                                            : 'T',
               cursor, file);
    /* Two typedefs of a name are the same type. */
    if (kind != CXCursor_TypedefDecl && !is_record)
      add_redeclaration(describing, cursor, file);
    clang_visitChildren(cursor, add_nested, &within);
  }
  return CXChildVisit_Continue;
}

/* ---- what was declared before ---- */

/* "#ifndef X", where X is defined by then; the tokens stand behind it. */
static bool is_done_before(struct c_tokens *tokens, char **macro)
{
  struct c_token hash = c_tokens_next(tokens);
  struct c_token word = c_tokens_next(tokens);
  struct c_token name = c_tokens_next(tokens);
  struct c_token end = c_tokens_next(tokens);
  if (!c_token_is(&hash, "#") || !c_token_is(&word, "ifndef") || name.kind != C_WORD ||
      end.kind != C_NEWLINE)
    return false;
  *macro = g_strndup(name.text, name.length);
  return true;
}

/* "typedef ... NAME;" between "#ifndef X" and "#endif", with "#define X" and nothing else beside
 * it: the file declares NAME unless another one has done so before, and is its owner as well. */
static void add_owner(struct describing *describing, const char *text, const char *end, guint file)
{
  struct c_tokens tokens = {.at = text, .end = end, .is_broken = false};
  g_autofree char *macro = NULL;
  if (!is_done_before(&tokens, &macro))
    return;
  struct c_token last = {.kind = C_OTHER, .text = "", .length = 0};
  struct c_token name = last;
  bool is_typedef = false;
  for (struct c_token token = c_tokens_next(&tokens); token.kind != C_END;
       token = c_tokens_next(&tokens)) {
    if (c_token_is(&token, "#")) {
      struct c_token word = c_tokens_next(&tokens);
      struct c_token what = c_tokens_next(&tokens);
      if (c_token_is(&word, "endif"))
        break;
      if (!c_token_is(&word, "define") || !c_token_is(&what, macro))
        return;
      continue;
    }
    if (token.kind == C_NEWLINE)
      continue;
    bool is_first = last.length == 0 || c_token_is(&last, ";");
    if (token.kind == C_OTHER && !c_token_is(&token, ";"))
      return;
    if (is_first && (is_typedef || !c_token_is(&token, "typedef")))
      return;
    is_typedef = is_typedef || is_first;
    if (c_token_is(&token, ";"))
      name = last;
    last = token;
  }
  if (is_typedef && c_token_is(&last, ";") && name.kind == C_WORD)
    g_string_append_printf(describing->text, "N %.*s %u\n", (int)name.length, name.text, file - 1);
}

/* A range that was skipped begins with the condition that did not hold: those around it did. */
static void add_owners(struct describing *describing, guint file)
{
  CXFile handle = describing->files->pdata[file - 1];
  const struct content *content = &g_array_index(describing->contents, struct content, file - 1);
  const char *text = content->text;
  size_t size = content->size;
  if (text == NULL || !has_word(text, size, "typedef") || !has_word(text, size, "ifndef"))
    return; /* the parser takes long to say what it skipped */
  CXSourceRangeList *ranges = clang_getSkippedRanges(describing->tu, handle);
  for (unsigned i = 0; ranges != NULL && i < ranges->count; i++) {
    unsigned start = 0;
    unsigned end = 0;
    clang_getFileLocation(clang_getRangeStart(ranges->ranges[i]), NULL, NULL, NULL, &start);
    clang_getFileLocation(clang_getRangeEnd(ranges->ranges[i]), NULL, NULL, NULL, &end);
    if (start < size && end <= size)
      add_owner(describing, text + start, text + size, file);
  }
  clang_disposeSourceRangeList(ranges);
}

/* ---- the answer ---- */

static bool reaches_unfit(const struct describing *describing, guint at, GHashTable *seen)
{
  if (!g_hash_table_add(seen, GUINT_TO_POINTER(at + 1)))
    return false;
  const struct entry *entry = describing->entries->pdata[at];
  if (g_hash_table_contains(describing->unfit, GUINT_TO_POINTER(entry->file)))
    return true;
  for (guint i = 0; i < entry->included->len; i++)
    if (reaches_unfit(describing, g_array_index(entry->included, guint, i), seen))
      return true;
  return false;
}

/* A file counts however it was entered. */
static void tell_unfit(const struct describing *describing, GPtrArray *unfit)
{
  for (guint i = 0; i < describing->tops->len; i++) {
    const struct top *top = &g_array_index(describing->tops, struct top, i);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
    bool is_unfit = false;
    for (guint at = 0; at < describing->entries->len && !is_unfit; at++)
      is_unfit = ((const struct entry *)describing->entries->pdata[at])->file == top->file &&
                 reaches_unfit(describing, at, seen);
    if (is_unfit)
      g_ptr_array_add(unfit, g_strdup(top->name));
  }
}

GBytes *added_describe(CXTranslationUnit tu, CXTranslationUnit empty, const char *file,
                       GPtrArray *unfit)
{
  struct describing describing = {
      .tu = tu,
      .prefix = file,
      .numbers = g_hash_table_new(g_direct_hash, g_direct_equal),
      .files = g_ptr_array_new(),
      .paths = g_ptr_array_new_with_free_func(g_free),
      .contents = g_array_new(FALSE, FALSE, sizeof(struct content)),
      .unfit = g_hash_table_new(g_direct_hash, g_direct_equal),
      .tops = g_array_new(FALSE, FALSE, sizeof(struct top)),
      .entries = g_ptr_array_new_with_free_func(entry_free),
      .guarded = g_hash_table_new(g_direct_hash, g_direct_equal),
      .stack = g_array_new(FALSE, FALSE, sizeof(struct level)),
      .declared = g_hash_table_new_full(hash_cursor, are_equal, g_free, NULL),
      .directories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
      .text = g_string_new(NULL),
      .is_fine = clang_getNumDiagnostics(tu) == 0,
  };
  g_array_set_clear_func(describing.tops, top_clear);
  struct level root = {.file = clang_getFile(tu, file), .entry = add_entry(&describing, NULL)};
  g_array_append_val(describing.stack, root);
  clang_getInclusions(tu, add_file, &describing);
  if (describing.is_fine)
    clang_visitChildren(clang_getTranslationUnitCursor(tu), add_cursor, &describing);
  if (describing.is_fine) {
    for (guint i = 1; i <= describing.files->len; i++)
      add_owners(&describing, i);
    added_write_files(describing.text, describing.paths, describing.entries,
                      describing.directories);
    added_write_words(describing.text, describing.contents);
    added_write_predefined(describing.text, empty);
    tell_unfit(&describing, unfit);
  }
  g_hash_table_unref(describing.numbers);
  g_ptr_array_unref(describing.files);
  g_ptr_array_unref(describing.paths);
  g_array_unref(describing.contents);
  g_hash_table_unref(describing.unfit);
  g_array_unref(describing.tops);
  g_ptr_array_unref(describing.entries);
  g_hash_table_unref(describing.guarded);
  g_array_unref(describing.stack);
  g_hash_table_unref(describing.declared);
  g_hash_table_unref(describing.directories);
  if (describing.is_fine)
    return g_string_free_to_bytes(describing.text);
  g_string_free(describing.text, TRUE);
  return NULL;
}
