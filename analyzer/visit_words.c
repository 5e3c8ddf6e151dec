#include "analyzer/visit.h"

#include <string.h>

/* A name is taken apart once for each unit, and counted as often as a routine uses it. */
struct words {
  GHashTable *numbers; /* word in small letters -> its number + 1 */
  GPtrArray *texts;    /* char *: by number */
  GArray *counts;      /* guint: by number, of the routine */
  GArray *found;       /* struct found: the words that the routine has */
  GArray *uses;        /* guint: by string row, of the routine */
  GArray *used;        /* uint32_t: string rows that it uses */
  GArray *spans;       /* struct span: by string row */
  GArray *parts;       /* guint: numbers of the words of names */
};

struct found {
  uint64_t begin; /* of the word: its order where it differs */
  guint number;
};

struct span {
  guint first; /* of the parts */
  guint n;
  bool is_split;
};

struct words *words_new(void)
{
  struct words *words = g_new0(struct words, 1);
  words->numbers = g_hash_table_new(g_str_hash, g_str_equal);
  words->texts = g_ptr_array_new_with_free_func(g_free);
  words->counts = g_array_new(FALSE, TRUE, sizeof(guint));
  words->found = g_array_new(FALSE, FALSE, sizeof(struct found));
  words->uses = g_array_new(FALSE, TRUE, sizeof(guint));
  words->used = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  words->spans = g_array_new(FALSE, TRUE, sizeof(struct span));
  words->parts = g_array_new(FALSE, FALSE, sizeof(guint));
  return words;
}

void words_free(struct words *words)
{
  g_hash_table_unref(words->numbers);
  g_ptr_array_unref(words->texts);
  g_array_unref(words->counts);
  g_array_unref(words->found);
  g_array_unref(words->uses);
  g_array_unref(words->used);
  g_array_unref(words->spans);
  g_array_unref(words->parts);
  g_free(words);
}

static guint *use_of(const struct words *words, uint32_t name)
{
  return &g_array_index(words->uses, guint, name);
}

void words_count(struct words *words, uint32_t name)
{
  if (name == 0)
    return;
  if (name >= words->uses->len)
    g_array_set_size(words->uses, name + 1);
  if ((*use_of(words, name))++ == 0)
    g_array_append_val(words->used, name);
}

void words_forget(struct words *words)
{
  for (guint i = 0; i < words->used->len; i++)
    *use_of(words, g_array_index(words->used, uint32_t, i)) = 0;
  g_array_set_size(words->used, 0);
}

static guint number_of(struct words *words, const char *start, size_t length)
{
  char small[64];
  g_autofree char *longer = length < sizeof small ? NULL : g_malloc(length + 1);
  char *word = longer != NULL ? longer : small;
  for (size_t i = 0; i < length; i++)
    word[i] = g_ascii_tolower(start[i]);
  word[length] = '\0';
  gpointer known = g_hash_table_lookup(words->numbers, word);
  if (known != NULL)
    return GPOINTER_TO_UINT(known) - 1;
  char *kept = g_strdup(word);
  g_ptr_array_add(words->texts, kept);
  g_array_set_size(words->counts, words->texts->len);
  g_hash_table_insert(words->numbers, kept, GUINT_TO_POINTER(words->texts->len));
  return words->texts->len - 1;
}

/* shopCart_itemList2 -> shop cart item list */
static void split_identifier(struct words *words, const char *identifier)
{
  const char *start = identifier;
  for (const char *at = identifier;; at++) {
    bool is_letter = g_ascii_isalpha(*at);
    bool is_boundary = !is_letter || (at > start && g_ascii_isupper(*at) &&
                                      (g_ascii_islower(at[-1]) || g_ascii_islower(at[1])));
    if (is_boundary && at > start) {
      if (at - start > 1) {
        guint number = number_of(words, start, (size_t)(at - start));
        g_array_append_val(words->parts, number);
      }
      start = at;
    }
    if (*at == '\0')
      break;
    if (!is_letter)
      start = at + 1;
  }
}

static struct span span_of(struct words *words, uint32_t name, const struct unit_builder *builder)
{
  if (name >= words->spans->len)
    g_array_set_size(words->spans, name + 1);
  struct span *span = &g_array_index(words->spans, struct span, name);
  if (!span->is_split) {
    span->first = words->parts->len;
    split_identifier(words, unit_builder_text(builder, name));
    span->n = words->parts->len - span->first;
    span->is_split = true;
  }
  return *span;
}

static int compare_words(gconstpointer left, gconstpointer right, gpointer context)
{
  const struct words *words = context;
  const struct found *a = left;
  const struct found *b = right;
  if (a->begin != b->begin)
    return a->begin < b->begin ? -1 : 1;
  return strcmp(g_ptr_array_index(words->texts, a->number),
                g_ptr_array_index(words->texts, b->number));
}

/* Its first bytes as a number of their order. */
static uint64_t begin_of(const char *word)
{
  uint64_t begin = 0;
  for (unsigned i = 0; i < sizeof begin; i++) {
    begin = begin << 8 | (unsigned char)*word;
    word += *word != '\0';
  }
  return begin;
}

static void count_word(struct words *words, guint number, guint n)
{
  guint *count = &g_array_index(words->counts, guint, number);
  if (*count == 0) {
    struct found found = {begin_of(g_ptr_array_index(words->texts, number)), number};
    g_array_append_val(words->found, found);
  }
  *count += n;
}

static void append_count(GString *text, guint n)
{
  if (n < 10)
    g_string_append_c(text, (char)('0' + n));
  else
    g_string_append_printf(text, "%u", n);
}

char *words_take(struct words *words, const struct unit_builder *builder)
{
  g_array_set_size(words->found, 0);
  for (guint i = 0; i < words->used->len; i++) {
    uint32_t name = g_array_index(words->used, uint32_t, i);
    struct span span = span_of(words, name, builder);
    for (guint k = span.first; k < span.first + span.n; k++)
      count_word(words, g_array_index(words->parts, guint, k), *use_of(words, name));
  }
  g_array_sort_with_data(words->found, compare_words, words);
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < words->found->len; i++) {
    guint number = g_array_index(words->found, struct found, i).number;
    guint *count = &g_array_index(words->counts, guint, number);
    if (text->len > 0)
      g_string_append_c(text, ' ');
    g_string_append(text, g_ptr_array_index(words->texts, number));
    g_string_append_c(text, ':');
    append_count(text, *count);
    *count = 0;
  }
  words_forget(words);
  return g_string_free(text, FALSE);
}
