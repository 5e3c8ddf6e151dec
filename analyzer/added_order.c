#include "analyzer/added_parts.h"
#include "analyzer/standard_headers.h"

#include <string.h>

/* ---- which file belongs to whom ---- */

struct order {
  const struct added *added;
  const char *below;           /* text of what is below */
  GBytes *texts[MAX_FILES];    /* or NULL */
  bool is_standard[MAX_FILES]; /* read by some standard header */
  bool is_behind[MAX_FILES];   /* read by the header that is looked at */
};

static void mark(const struct added *added, guint file, bool *files)
{
  const GArray *closure = added->closures->pdata[file];
  for (guint i = 0; closure != NULL && i < closure->len; i++)
    files[g_array_index(closure, guint, i)] = true;
}

/* ---- one word ---- */

static void count_owners(const struct order *order, const struct name *name, guint *n_behind,
                         guint *n_elsewhere)
{
  *n_behind = *n_elsewhere = 0;
  for (guint i = 0; i < name->files->len; i++) {
    bool is_behind = order->is_behind[g_array_index(name->files, guint, i)];
    *n_behind += is_behind;
    *n_elsewhere += !is_behind;
  }
}

/* A word of the header that another one gives a meaning, or might. */
static bool depends_on_others(const struct order *order, const char *word, bool is_called)
{
  const struct name *name = g_hash_table_lookup(order->added->names, word);
  if (name == NULL)
    return false;
  guint n_behind = 0;
  guint n_elsewhere = 0;
  count_owners(order, name, &n_behind, &n_elsewhere);
  if (n_elsewhere == 0 || (name->is_ordinary && !is_called))
    return false;
  bool any_will_do = name->is_type || name->is_tag || name->is_ordinary;
  return n_behind == 0 || !any_will_do;
}

/* A word of a standard header that the header defines as a macro. */
static bool changes_standard(const struct order *order, const char *word)
{
  if (g_str_has_prefix(word, "__need_"))
    return false; /* asks the compiler's own header for a part, and is taken back there */
  const struct name *name = g_hash_table_lookup(order->added->names, word);
  for (guint i = 0; name != NULL && name->is_macro && i < name->files->len; i++) {
    guint file = g_array_index(name->files, guint, i);
    if (order->is_behind[file] && !order->is_standard[file])
      return true;
  }
  return false;
}

static const char *text_of(struct order *order, guint file, gsize *size)
{
  if (order->texts[file] == NULL) {
    char *text = NULL;
    if (!g_file_get_contents(order->added->paths->pdata[file], &text, size, NULL))
      return NULL;
    order->texts[file] = g_bytes_new_take(text, *size);
  }
  return g_bytes_get_data(order->texts[file], size);
}

/* True where every header that reads the one file reads the other one, too. */
static bool goes_with(const struct order *order, guint file, guint other)
{
  for (guint i = 0; i < order->added->tops->len; i++) {
    const struct top *top = &g_array_index(order->added->tops, struct top, i);
    const GArray *closure = order->added->closures->pdata[top->file];
    bool has_file = false;
    bool has_other = false;
    for (guint at = 0; closure != NULL && at < closure->len; at++) {
      has_file = has_file || g_array_index(closure, guint, at) == file;
      has_other = has_other || g_array_index(closure, guint, at) == other;
    }
    if (has_file && !has_other)
      return false;
  }
  return true;
}

/* What a file of the header undefines, never defined, and somebody else mentions. */
static bool is_taken_away(struct order *order, guint file, const char *word)
{
  const struct name *name = g_hash_table_lookup(order->added->names, word);
  guint n_behind = 0;
  guint n_elsewhere = 0;
  if (name != NULL)
    count_owners(order, name, &n_behind, &n_elsewhere);
  if (n_behind > 0)
    return false;
  bool is_mentioned = strstr(order->below, word) != NULL;
  for (guint i = 0; i < order->added->n_files && !is_mentioned; i++) {
    gsize size = 0;
    const char *text = order->is_behind[i] ? NULL : text_of(order, i, &size);
    is_mentioned = text != NULL && memmem(text, size, word, strlen(word)) != NULL &&
                   !goes_with(order, i, file);
  }
  return is_mentioned || g_hash_table_contains(order->added->predefined, word);
}

/* ---- one file ---- */

static bool is_fine_file(struct order *order, guint file)
{
  gsize size = 0;
  const char *text = text_of(order, file, &size);
  if (text == NULL)
    return false;
  struct c_tokens tokens = {.at = text, .end = text + size, .is_broken = false};
  bool is_undef = false;
  for (struct c_token token = c_tokens_next(&tokens); token.kind != C_END;
       token = c_tokens_next(&tokens)) {
    if (token.kind != C_WORD) {
      is_undef = false;
      continue;
    }
    g_autofree char *word = g_strndup(token.text, token.length);
    struct c_tokens ahead = tokens;
    struct c_token next = c_tokens_next(&ahead);
    bool is_fine = order->is_standard[file]
                       ? !changes_standard(order, word)
                       : !depends_on_others(order, word, c_token_is(&next, "(")) &&
                             !(is_undef && is_taken_away(order, file, word));
    if (!is_fine)
      return false;
    is_undef = strcmp(word, "undef") == 0;
  }
  return !tokens.is_broken;
}

static bool is_fine_header(struct order *order, const struct top *top)
{
  memset(order->is_behind, 0, sizeof order->is_behind);
  mark(order->added, top->file, order->is_behind);
  for (guint i = 0; i < order->added->unfit->len; i++)
    if (order->is_behind[g_array_index(order->added->unfit, guint, i)])
      return false;
  if (is_standard_everywhere(top->name))
    return true;
  for (guint file = 0; file < order->added->n_files; file++)
    if ((order->is_behind[file] || order->is_standard[file]) && !is_fine_file(order, file))
      return false;
  return true;
}

GPtrArray *added_unfit(GBytes *description, const char *own, const char *below)
{
  GPtrArray *unfit = g_ptr_array_new_with_free_func(g_free);
  struct added *added = added_open(description, own);
  if (added == NULL)
    return unfit;
  struct order *order = g_new0(struct order, 1);
  order->added = added;
  order->below = below;
  for (guint i = 0; i < added->tops->len; i++) {
    const struct top *top = &g_array_index(added->tops, struct top, i);
    if (is_standard_everywhere(top->name))
      mark(added, top->file, order->is_standard);
  }
  for (guint i = 0; i < added->standard->len; i++)
    mark(added, g_array_index(added->standard, guint, i), order->is_standard);
  for (guint i = 0; i < added->tops->len; i++) {
    const struct top *top = &g_array_index(added->tops, struct top, i);
    if (!is_fine_header(order, top))
      g_ptr_array_add(unfit, g_strdup(top->name));
  }
  for (guint i = 0; i < MAX_FILES; i++)
    g_clear_pointer(&order->texts[i], g_bytes_unref);
  g_free(order);
  added_free(added);
  return unfit;
}
