#include "analyzer/added_parts.h"

#include <string.h>

void scan_refuse(struct scan *scan)
{
  scan->does_fit = false;
}

/* ---- names ---- */

static bool are_seen(const struct scan *scan, const GArray *files)
{
  for (guint i = 0; i < files->len; i++)
    if (!scan->seen[g_array_index(files, guint, i)])
      return false;
  return true;
}

bool scan_is_seen(const struct scan *scan, const struct name *name)
{
  if (!name->is_type && !name->is_tag)
    return are_seen(scan, name->files);
  for (guint i = 0; i < name->files->len; i++)
    if (scan->seen[g_array_index(name->files, guint, i)])
      return true;
  return false;
}

/* A macro that occurs mentions what its definitions so far mention. */
static void scan_mentions(struct scan *scan, GHashTable *macros, const char *macro)
{
  const GPtrArray *words = g_hash_table_lookup(macros, macro);
  for (guint i = 0; words != NULL && i < words->len; i++)
    scan_name(scan, words->pdata[i], USE_ANY);
}

/* A name of an added header that the source has not included yet. That of a member is none of its
 * own unless it is a macro; a routine or variable that is not called may be hidden by a local one:
 * whoever walks the source sees whether it is meant. */
static bool is_foreign(const struct scan *scan, const char *word, enum use use)
{
  const struct name *name = g_hash_table_lookup(scan->added->names, word);
  if (name == NULL || (use == USE_MEMBER && !name->is_macro) ||
      (name->is_either && use == USE_PLAIN) || (name->is_ordinary && use != USE_CALL) ||
      (name->is_tag && use != USE_TAG && use != USE_ANY))
    return false;
  /* The source's own macro of that name hides what is no macro. */
  if (!name->is_macro && g_hash_table_contains(scan->states, word) &&
      conditions_defined(scan, word) == IS_TRUE)
    return false;
  return !scan_is_seen(scan, name);
}

/* INT64_C and its like take a number and make it longer, whatever they paste (C17 7.20.4); glibc's
 * own are called __INT64_C. */
static bool makes_number(const char *macro)
{
  static const char *const sizes[] = {"8", "16", "32", "64", "MAX"};
  const char *at = macro + (g_str_has_prefix(macro, "__") ? 2 : 0);
  at += *at == 'U';
  if (!g_str_has_prefix(at, "INT"))
    return false;
  for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
    if (g_str_has_prefix(at + 3, sizes[i]) && strcmp(at + 3 + strlen(sizes[i]), "_C") == 0)
      return true;
  return false;
}

void scan_name(struct scan *scan, const char *word, enum use use)
{
  if (strcmp(word, "_Pragma") == 0)
    scan->is_dirty = true;
  if (strcmp(word, "##") == 0 || is_foreign(scan, word, use))
    scan_refuse(scan);
  bool is_macro =
      g_hash_table_contains(scan->macros, word) || g_hash_table_contains(scan->added->macros, word);
  if (!is_macro || !scan->does_fit || makes_number(word) || g_hash_table_contains(scan->used, word))
    return;
  g_hash_table_add(scan->used, g_strdup(word));
  scan_mentions(scan, scan->added->macros, word);
  scan_mentions(scan, scan->macros, word);
}

/* What the source declares before a header does stands where the source has it: with the header
 * added, that one would come first. */
static void note_declared(struct scan *scan, const char *word)
{
  const struct name *name = g_hash_table_lookup(scan->added->names, word);
  bool is_meant = name != NULL && (name->is_ordinary || name->is_either);
  for (guint i = 0; is_meant && i < name->files->len; i++) {
    guint file = g_array_index(name->files, guint, i);
    scan->late[file] = scan->late[file] || !scan->seen[file];
  }
}

void scan_forget(struct scan *scan, const char *word)
{
  scan->met[word_slot(word, strlen(word))].length = 0;
}

/* Whether a word may occur does not change as long as it is defined in the same way: headers are
 * only ever seen, and a macro that occurred stays in `used`. */
static void scan_word(struct scan *scan, const struct c_token *token, unsigned slot, enum use use,
                      bool may_declare)
{
  /* One bit for each way in which it occurs. */
  unsigned bit = 1U << (use + (may_declare ? USE_PLAIN + 1 : 0));
  char word[256];
  if (token->length >= sizeof word)
    return;
  struct met *met = &scan->met[slot];
  bool is_known = word_is(met->text, met->length, token);
  if (is_known && (met->uses & bit) != 0)
    return;
  memcpy(word, token->text, token->length);
  word[token->length] = '\0';
  scan_name(scan, word, use);
  if (may_declare && use == USE_PLAIN)
    note_declared(scan, word);
  /* What does not fit here, or is taken back with the header, counts each time. */
  if (scan->does_fit && strcmp(word, "_Pragma") != 0)
    *met = (struct met){.text = token->text,
                        .length = (unsigned)token->length,
                        .uses = (is_known ? met->uses : 0) | bit};
}

/* ---- "##" ---- */

static bool is_not_seen(const struct name *name, void *context)
{
  return !scan_is_seen(context, name);
}

static bool is_parameter(struct c_tokens definition, const struct c_token *word)
{
  if (definition.at >= definition.end || *definition.at != '(')
    return false;
  struct c_token token = c_tokens_next(&definition);
  for (; token.kind != C_END && token.kind != C_NEWLINE && !c_token_is(&token, ")");
       token = c_tokens_next(&definition))
    if (token.kind == C_WORD && token.length == word->length &&
        memcmp(token.text, word->text, word->length) == 0)
      return true;
  return c_token_is(word, "__VA_ARGS__");
}

static bool is_known_piece(const struct reader *reader, const struct c_token *token)
{
  return (token->kind == C_WORD || token->kind == C_NUMBER) &&
         (reader->macro == NULL || !is_parameter(reader->definition, token));
}

/* What "##" may make of a piece that is known: no name may begin, or end, with it. */
static void scan_paste(struct scan *scan, const struct reader *reader, const struct c_token *left,
                       const struct c_token *right)
{
  bool is_comma = left->kind == C_OTHER && c_token_is(left, ",");
  if (is_comma && c_token_is(right, "__VA_ARGS__"))
    return;
  bool is_first = is_known_piece(reader, left);
  if ((!is_first && !is_known_piece(reader, right)) ||
      added_has_piece(scan->added, is_first ? left : right, is_first, is_not_seen, scan))
    scan_refuse(scan);
}

/* ---- text ---- */

static void scan_token(struct scan *scan, struct reader *reader, const struct c_token *token,
                       const struct c_token *before, bool is_line)
{
  if (is_line && c_token_is(token, "##")) {
    struct c_tokens ahead = reader->tokens;
    struct c_token right = c_tokens_next(&ahead);
    scan_paste(scan, reader, before, &right);
  }
  if (token->kind == C_WORD && reader->macro != NULL)
    macros_mention(scan->macros, reader->macro, token);
  else if (token->kind == C_WORD) /* any may be declared: includes come first */
    scan_word(scan, token, word_slot(token->text, token->length), word_use(&reader->tokens, before),
              true);
  else if (!is_line && (c_token_is(token, "{") || c_token_is(token, "}")) &&
           conditions_is_certain(reader))
    scan->n_open += *token->text == '{' ? 1 : -1;
}

struct c_token scan_words(struct scan *scan, struct reader *reader, bool is_line)
{
  struct c_token before = {.kind = C_NEWLINE, .text = "", .length = 0};
  bool is_dead = !is_line && conditions_is_dead(reader);
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
    if (!is_dead)
      scan_token(scan, reader, &token, &before, is_line);
    before = token;
  }
}

/* Up to the next directive, as scan_words() does, in a text that is kept; false at its end. */
static bool scan_passage(struct scan *scan, struct reader *reader)
{
  const struct passage *passage = passage_at(scan->added, &reader->tokens);
  bool is_dead = conditions_is_dead(reader);
  reader->tokens.at = passage->end;
  reader->tokens.is_broken = reader->tokens.is_broken || passage->is_broken;
  for (guint i = 0; i < passage->words->len && !is_dead; i++) {
    const struct passage_word *word = &g_array_index(passage->words, struct passage_word, i);
    struct c_token token = {.kind = C_WORD, .text = word->text, .length = word->length};
    scan_word(scan, &token, word->slot, word->use, word->may_declare);
  }
  if (conditions_is_certain(reader))
    scan->n_open += passage->n_open;
  return !passage->is_last;
}

static bool scan_to_directive(struct scan *scan, struct reader *reader, bool is_kept)
{
  return is_kept ? scan_passage(scan, reader) : scan_words(scan, reader, false).kind != C_END;
}

/* ---- files ---- */

static void scanned_free(gpointer data)
{
  struct scanned *record = data;
  g_free(record->guard);
  g_free(record);
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

/* The record of a file that is to be scanned; NULL where that would show nothing new. */
static struct scanned *begin_file(struct scan *scan, const char *path, bool is_conditional)
{
  enum { MAX_RESCANS = 20 };
  struct scanned *record = g_hash_table_lookup(scan->scanned, path);
  if (record == NULL) {
    record = g_new0(struct scanned, 1);
    record->was_perhaps = is_conditional;
    g_hash_table_insert(scan->scanned, g_strdup(path), record);
    g_ptr_array_add(scan->order, g_strdup(path));
    return record;
  }
  bool is_shut = record->guard != NULL && conditions_defined(scan, record->guard) == IS_TRUE;
  bool is_first_time = record->was_perhaps && !is_conditional;
  if (is_shut || (!record->has_dead && !is_first_time))
    return NULL;
  record->was_perhaps = record->was_perhaps && is_conditional;
  if (record->n_rescans++ < MAX_RESCANS)
    return record;
  scan_refuse(scan);
  return NULL;
}

static const char *behind_line(const char *text, gsize size, unsigned line)
{
  const char *at = text;
  const char *end = text + size;
  for (; line > 0 && at != NULL; line--) {
    at = memchr(at, '\n', (size_t)(end - at));
    at = at != NULL ? at + 1 : NULL;
  }
  return at != NULL ? at : end;
}

/* "??/" is a backslash, which may splice lines. */
static bool has_trigraph(const char *text, gsize size)
{
  const char *at = text;
  const char *end = text + size;
  while (end - at >= 3 && (at = memchr(at, '?', (size_t)(end - at) - 2)) != NULL) {
    if (at[1] == '?' && at[2] == '/')
      return true;
    at++;
  }
  return false;
}

static void scan_text(struct scan *scan, const char *path, GBytes *bytes, bool is_conditional,
                      guint level, struct scanned *record, unsigned shared_line)
{
  gsize size = 0;
  const char *text = g_bytes_get_data(bytes, &size);
  struct reader reader = {.tokens = {.at = text, .end = text + size, .is_broken = false},
                          .path = path,
                          .shared_end = behind_line(text, size, shared_line),
                          .levels = g_array_new(FALSE, FALSE, sizeof(struct level)),
                          .record = record,
                          .is_conditional = is_conditional};
  while (scan->does_fit && scan_to_directive(scan, &reader, level > 0))
    scan_directive(scan, &reader, level);
  if (reader.tokens.is_broken || has_trigraph(text, size))
    scan_refuse(scan);
  g_array_unref(reader.levels);
}

void scan_file(struct scan *scan, const char *path, bool is_conditional, guint level)
{
  struct scanned *record = scan->does_fit ? begin_file(scan, path, is_conditional) : NULL;
  if (record == NULL)
    return;
  g_autoptr(GBytes) bytes = level < MAX_DEPTH ? content_of(scan, path, level) : NULL;
  if (bytes == NULL)
    scan_refuse(scan);
  else
    scan_text(scan, path, bytes, is_conditional, level, record, level == 0 ? scan->shared_line : 0);
}

/* "NAME", "NAME=TEXT" or "NAME(a)=TEXT" of the command line. */
static void note_option(struct scan *scan, const char *option)
{
  g_autofree char *name = g_strndup(option, strcspn(option, "=("));
  struct c_tokens tokens = {.at = option, .end = option + strlen(option), .is_broken = false};
  struct c_token token = c_tokens_next(&tokens);
  for (; token.kind != C_END; token = c_tokens_next(&tokens))
    if (token.kind == C_WORD)
      macros_mention(scan->macros, name, &token);
}

/* ---- the answer ---- */

/* The parts of <stddef.h> and <stdarg.h> say the same each time they are read. */
static void note_parts(struct scan *scan)
{
  const struct added *added = scan->added;
  for (guint i = 0; i < added->n_files && scan->below != NULL; i++) {
    const char *path = added->paths->pdata[i];
    if (g_str_has_prefix(path, added->directories->pdata[0]) &&
        (strstr(path, "/__stddef_") != NULL || strstr(path, "/__stdarg_") != NULL))
      scan->seen[i] = g_hash_table_contains(scan->below, path);
  }
}

static GHashTable *strings_new(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

/* No header came after the source had declared what that declares. */
static bool is_in_order(const struct scan *scan)
{
  for (guint i = 0; i < scan->added->n_files; i++)
    if (scan->late[i] && scan->seen[i])
      return false;
  return true;
}

static bool is_complete(const struct scan *scan)
{
  const struct added *added = scan->added;
  for (guint i = 0; i < added->pairs->len; i++) {
    const struct pair *pair = &g_array_index(added->pairs, struct pair, i);
    if (scan->seen[pair->first] != scan->seen[pair->second])
      return false;
  }
  return are_seen(scan, added->required);
}

static void tell_terms(const struct scan *scan, struct added_terms *terms)
{
  terms->expected = strings_new();
  terms->unseen = strings_new();
  for (guint i = 0; i < scan->order->len; i++)
    g_hash_table_add(terms->expected, g_strdup(scan->order->pdata[i]));
  GHashTableIter iterator;
  gpointer path = NULL;
  g_hash_table_iter_init(&iterator, scan->foreign);
  while (g_hash_table_iter_next(&iterator, &path, NULL))
    g_hash_table_add(terms->expected, g_strdup(path));
  for (guint i = 0; i < scan->added->n_files; i++) {
    const char *added = scan->added->paths->pdata[i];
    g_hash_table_add(scan->seen[i] ? terms->expected : terms->unseen, g_strdup(added));
  }
}

bool added_fits(struct added *added, const char *path, const char *const *arguments,
                GHashTable *below, unsigned shared_line, struct added_terms *terms)
{
  struct scan *scan = g_new0(struct scan, 1);
  scan->added = added;
  scan->arguments = arguments;
  scan->below = below;
  scan->shared_line = shared_line;
  scan->scanned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, scanned_free);
  scan->foreign = strings_new();
  scan->macros = macros_new();
  scan->states = strings_new();
  scan->used = strings_new();
  scan->order = g_ptr_array_new_with_free_func(g_free);
  scan->does_fit = true;
  note_parts(scan);
  for (const char *const *at = arguments; *at != NULL; at++)
    if (strcmp(*at, "-D") == 0 && at[1] != NULL)
      note_option(scan, at[1]);
  scan_file(scan, path, false, 0);
  bool does_fit = scan->does_fit && is_in_order(scan) && is_complete(scan);
  if (does_fit)
    tell_terms(scan, terms);
  g_hash_table_unref(scan->scanned);
  g_hash_table_unref(scan->foreign);
  g_ptr_array_unref(scan->order);
  g_hash_table_unref(scan->macros);
  g_hash_table_unref(scan->states);
  g_hash_table_unref(scan->used);
  g_free(scan);
  return does_fit;
}

void added_terms_clear(struct added_terms *terms)
{
  g_clear_pointer(&terms->expected, g_hash_table_unref);
  g_clear_pointer(&terms->unseen, g_hash_table_unref);
}
