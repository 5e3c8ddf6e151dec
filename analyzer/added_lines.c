#include "analyzer/added_lines.h"

#include "analyzer/c_tokens.h"

/* The files that an entry leads to, each once. */
static void reach(const GPtrArray *entries, guint at, GHashTable *seen, GString *files)
{
  if (!g_hash_table_add(seen, GUINT_TO_POINTER(at + 1)))
    return;
  const struct entry *entry = entries->pdata[at];
  if (entry->file != 0)
    g_string_append_printf(files, " %u", entry->file - 1);
  for (guint i = 0; i < entry->included->len; i++)
    reach(entries, g_array_index(entry->included, guint, i), seen, files);
}

void added_write_files(GString *text, const GPtrArray *paths, const GPtrArray *entries,
                       GHashTable *directories)
{
  for (guint i = 0; i < paths->len; i++)
    g_string_append_printf(text, "F %s\n", (const char *)paths->pdata[i]);
  for (guint i = 0; i < entries->len; i++) {
    const struct entry *entry = entries->pdata[i];
    if (entry->file == 0)
      continue;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_string_append_printf(text, "C %u", entry->file - 1);
    reach(entries, i, seen, text);
    g_string_append_c(text, '\n');
  }
  GHashTableIter iterator;
  gpointer directory = NULL;
  g_hash_table_iter_init(&iterator, directories);
  while (g_hash_table_iter_next(&iterator, &directory, NULL))
    g_string_append_printf(text, "D %s\n", (const char *)directory);
}

/* Thousands of lines are written: a format takes longer than all else about them. */
static void write_word(GString *text, char kind, const char *word)
{
  g_string_append_c(text, kind);
  g_string_append_c(text, ' ');
  g_string_append(text, word);
  g_string_append_c(text, '\n');
}

static void write_all(GString *text, char kind, GHashTable *words)
{
  GHashTableIter iterator;
  gpointer word = NULL;
  g_hash_table_iter_init(&iterator, words);
  while (g_hash_table_iter_next(&iterator, &word, NULL))
    write_word(text, kind, word);
}

void added_write_words(GString *text, const GArray *contents)
{
  g_autoptr(GHashTable) words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) undefined = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < contents->len; i++) {
    const struct content *content = &g_array_index(contents, struct content, i);
    struct c_tokens tokens = {.at = content->text, .end = content->text + content->size};
    struct c_token before = {.kind = C_OTHER, .text = "", .length = 0};
    for (struct c_token token = c_tokens_next(&tokens); token.kind != C_END;
         token = c_tokens_next(&tokens)) {
      if (token.kind == C_WORD)
        g_hash_table_add(words, g_strndup(token.text, token.length));
      if (token.kind == C_WORD && c_token_is(&before, "undef"))
        g_hash_table_add(undefined, g_strndup(token.text, token.length));
      before = token;
    }
  }
  write_all(text, 'W', words);
  write_all(text, 'U', undefined);
}

static enum CXChildVisitResult add_predefined(CXCursor cursor, CXCursor parent, CXClientData data)
{
  (void)parent;
  if (clang_getCursorKind(cursor) != CXCursor_MacroDefinition)
    return CXChildVisit_Continue;
  CXString spelling = clang_getCursorSpelling(cursor);
  write_word(data, 'P', clang_getCString(spelling));
  clang_disposeString(spelling);
  return CXChildVisit_Continue;
}

void added_write_predefined(GString *text, CXTranslationUnit empty)
{
  clang_visitChildren(clang_getTranslationUnitCursor(empty), add_predefined, text);
}
