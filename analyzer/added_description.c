#include "analyzer/added_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- macros ---- */

GHashTable *macros_new(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

GPtrArray *macros_add(GHashTable *macros, const char *macro)
{
  GPtrArray *words = g_hash_table_lookup(macros, macro);
  if (words == NULL) {
    words = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_insert(macros, g_strdup(macro), words);
  }
  return words;
}

void macros_mention(GHashTable *macros, const char *macro, const struct c_token *word)
{
  g_ptr_array_add(macros_add(macros, macro), g_strndup(word->text, word->length));
}

/* ---- reading ---- */

static void name_free(gpointer data)
{
  struct name *name = data;
  g_array_unref(name->files);
  g_free(name);
}

void foreign_free(gpointer data)
{
  struct foreign *foreign = data;
  g_ptr_array_unref(foreign->names);
  g_ptr_array_unref(foreign->includes);
  g_ptr_array_unref(foreign->certain);
  g_free(foreign);
}

static void top_clear(gpointer data)
{
  g_free(((struct top *)data)->name);
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
  g_array_unref(added->tops);
  g_hash_table_unref(added->files);
  g_ptr_array_unref(added->paths);
  g_ptr_array_unref(added->closures);
  g_hash_table_unref(added->names);
  g_hash_table_unref(added->words);
  g_ptr_array_unref(added->directories);
  g_array_unref(added->pairs);
  g_array_unref(added->required);
  g_array_unref(added->unfit);
  g_hash_table_unref(added->predefined);
  g_hash_table_unref(added->undefined);
  g_hash_table_unref(added->macros);
  g_hash_table_unref(added->passages);
  g_hash_table_unref(added->contents);
  g_hash_table_unref(added->real_paths);
  g_hash_table_unref(added->entered);
  g_hash_table_unref(added->foreign);
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
  if (name == NULL && kind == 'N')
    return true; /* it is declared below, for everybody */
  if (name == NULL) {
    name = g_new0(struct name, 1);
    name->files = g_array_new(FALSE, FALSE, sizeof(guint));
    name->is_type = true;
    name->is_tag = true;
    name->is_ordinary = true;
    name->is_either = true;
    g_hash_table_insert(added->names, g_strdup(at), name);
  }
  name->is_macro = name->is_macro || kind == 'M';
  name->is_type = name->is_type && (kind == 'Y' || kind == 'N');
  name->is_tag = name->is_tag && kind == 'G';
  name->is_ordinary = name->is_ordinary && kind == 'V';
  name->is_either = name->is_either && (kind == 'G' || kind == 'V');
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

static bool read_file_number(const struct added *added, char *at, GArray *files)
{
  guint file = 0;
  if (!read_number(&at, added->n_files, &file))
    return false;
  g_array_append_val(files, file);
  return true;
}

static bool read_top(struct added *added, char *at)
{
  struct top top;
  if (!read_number(&at, added->n_files, &top.file) || *at != ' ')
    return false;
  top.name = g_strdup(at + 1);
  g_array_append_val(added->tops, top);
  return true;
}

static bool read_line(struct added *added, char *line)
{
  char *rest = line + 2;
  switch (line[0]) {
  case 'F':
    return true; /* read before */
  case 'B':
    return read_file_number(added, rest, added->unfit);
  case 'C':
    return read_closure(added, rest);
  case 'D':
    g_ptr_array_add(added->directories, g_strdup(rest));
    return true;
  case 'G':
  case 'M':
  case 'N':
  case 'T':
  case 'V':
  case 'Y':
    return read_name(added, rest, line[0]);
  case 'O':
    return read_top(added, rest);
  case 'S':
    return read_pair(added, rest);
  case 'R':
    return read_file_number(added, rest, added->required);
  case 'P':
    g_hash_table_add(added->predefined, g_strdup(rest));
    return true;
  case 'U':
    g_hash_table_add(added->undefined, g_strdup(rest));
    return true;
  case 'W':
    g_hash_table_add(added->words, g_strdup(rest));
    return true;
  default:
    return false;
  }
}

/* The files, which all else refers to by number. */
static bool read_files(struct added *added, char *const *lines)
{
  for (char *const *line = lines; *line != NULL; line++) {
    if (!g_str_has_prefix(*line, "F "))
      continue;
    char *path = g_strdup(*line + 2);
    if (!g_hash_table_insert(added->files, path, GUINT_TO_POINTER(added->paths->len + 1)))
      return false;
    g_ptr_array_add(added->paths, path);
  }
  added->n_files = added->paths->len;
  g_ptr_array_set_size(added->closures, (gint)added->n_files);
  return added->n_files > 0 && added->n_files <= MAX_FILES;
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
  g_autofree char *text = g_strndup(data != NULL ? data : "", size);
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  struct added *added = g_new0(struct added, 1);
  added->tops = g_array_new(FALSE, FALSE, sizeof(struct top));
  g_array_set_clear_func(added->tops, top_clear);
  added->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  added->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, name_free);
  added->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  added->paths = g_ptr_array_new();
  added->closures = g_ptr_array_new_with_free_func(array_free);
  added->directories = g_ptr_array_new_with_free_func(g_free);
  added->pairs = g_array_new(FALSE, FALSE, sizeof(struct pair));
  added->required = g_array_new(FALSE, FALSE, sizeof(guint));
  added->unfit = g_array_new(FALSE, FALSE, sizeof(guint));
  added->predefined = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  added->undefined = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  added->macros = macros_new();
  added->contents =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  added->passages = passages_new();
  added->real_paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  added->entered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  added->foreign = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, foreign_free);
  bool is_whole = read_files(added, lines);
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

const GPtrArray *added_files(const struct added *added)
{
  return added->paths;
}

void added_note_entered(struct added *added, const char *path)
{
  g_hash_table_add(added->entered, g_strdup(path));
}

/* ---- what is below ---- */

bool added_has_piece(const struct added *added, const struct c_token *piece, bool is_first,
                     bool (*is_wanted)(const struct name *name, void *context), void *context)
{
  g_autofree char *text = g_strndup(piece->text, piece->length);
  GHashTableIter iterator;
  gpointer key = NULL;
  gpointer value = NULL;
  g_hash_table_iter_init(&iterator, added->names);
  while (g_hash_table_iter_next(&iterator, &key, &value))
    if ((is_first ? g_str_has_prefix(key, text) : g_str_has_suffix(key, text)) &&
        (is_wanted == NULL || is_wanted(value, context)))
      return true;
  return false;
}

static GHashTable *read_parameters(struct c_tokens *tokens)
{
  GHashTable *parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (tokens->at >= tokens->end || *tokens->at != '(')
    return parameters;
  struct c_token token = c_tokens_next(tokens);
  for (; token.kind != C_END && token.kind != C_NEWLINE && !c_token_is(&token, ")");
       token = c_tokens_next(tokens))
    if (token.kind == C_WORD)
      g_hash_table_add(parameters, g_strndup(token.text, token.length));
  g_hash_table_add(parameters, g_strdup("__VA_ARGS__"));
  return parameters;
}

/* What a "##" pastes is nothing that is added: one of its sides is known, and no name has it. */
static bool is_harmless_paste(const struct added *added, GHashTable *parameters,
                              const struct c_token *left, const struct c_token *right)
{
  if (c_token_is(left, ",") && c_token_is(right, "__VA_ARGS__"))
    return true;
  const struct c_token *sides[] = {left, right};
  for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
    g_autofree char *text = g_strndup(sides[i]->text, sides[i]->length);
    bool is_known = sides[i]->kind == C_WORD || sides[i]->kind == C_NUMBER;
    if (is_known && !g_hash_table_contains(parameters, text))
      return !added_has_piece(added, sides[i], i == 0, NULL, NULL);
  }
  return false;
}

static void read_definition(struct added *added, struct c_tokens *tokens)
{
  struct c_token macro = c_tokens_next(tokens);
  if (macro.kind != C_WORD)
    return;
  g_autofree char *name = g_strndup(macro.text, macro.length);
  g_autoptr(GHashTable) parameters = read_parameters(tokens);
  macros_add(added->macros, name);
  struct c_token before = {.kind = C_OTHER, .text = "", .length = 0};
  for (struct c_token token = c_tokens_next(tokens); token.kind != C_END && token.kind != C_NEWLINE;
       token = c_tokens_next(tokens)) {
    struct c_tokens ahead = *tokens;
    struct c_token right = c_tokens_next(&ahead);
    /* A macro that pastes what is not known must not occur. */
    if (token.kind == C_WORD ||
        (c_token_is(&token, "##") && !is_harmless_paste(added, parameters, &before, &right)))
      macros_mention(added->macros, name, &token);
    before = token;
  }
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
    if (c_token_is(&token, "define")) {
      read_definition(added, &tokens);
    } else if (c_token_is(&token, "undef")) {
      struct c_token name = c_tokens_next(&tokens);
      g_hash_table_add(added->undefined, g_strndup(name.text, name.length));
    }
  }
}
