#include "splitter/replay/translation.h"

#include <string.h>

#define MIN_LENGTH 8 /* of a value that is replaced outside of paths */

struct translation {
  GHashTable *words; /* values of letters, digits, '_' and '-' */
  GPtrArray *others; /* from, to, from, to: values with other characters */
};

struct translation *translation_new(void)
{
  struct translation *translation = g_new0(struct translation, 1);
  translation->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  translation->others = g_ptr_array_new_with_free_func(g_free);
  return translation;
}

void translation_free(struct translation *translation)
{
  if (translation) {
    g_hash_table_destroy(translation->words);
    g_ptr_array_unref(translation->others);
    g_free(translation);
  }
}

static bool is_word(char letter)
{
  return g_ascii_isalnum(letter) || letter == '_' || letter == '-';
}

void translation_add(struct translation *translation, const char *from, const char *to)
{
  bool is_plain = from[0] != '\0';
  for (const char *at = from; *at; at++) {
    is_plain = is_plain && is_word(*at);
  }
  if (is_plain) {
    g_hash_table_replace(translation->words, g_strdup(from), g_strdup(to));
  } else if (strlen(from) >= MIN_LENGTH) {
    g_ptr_array_add(translation->others, g_strdup(from));
    g_ptr_array_add(translation->others, g_strdup(to));
  }
}

/* Every FROM in TEXT becomes TO. */
static void replace(GString *text, const char *from, const char *to)
{
  size_t n = strlen(from);
  size_t at = 0;
  char *found;
  while (at < text->len && (found = memmem(text->str + at, text->len - at, from, n))) {
    at = (size_t)(found - text->str);
    g_string_erase(text, (gssize)at, (gssize)n);
    g_string_insert(text, (gssize)at, to);
    at += strlen(to);
  }
}

char *translation_apply(const struct translation *translation, const char *text, gsize n,
                        bool is_path, gsize *n_result)
{
  GString *result = g_string_sized_new(n + 1);
  bool has_words = g_hash_table_size(translation->words) > 0;
  for (gsize i = 0; has_words && i < n;) {
    gsize end = i;
    while (end < n && is_word(text[end])) {
      end++;
    }
    const char *to = NULL;
    if (end > i && (is_path || end - i >= MIN_LENGTH) && end - i < 512) {
      char word[512];
      memcpy(word, text + i, end - i);
      word[end - i] = '\0';
      to = g_hash_table_lookup(translation->words, word);
    }
    if (to) {
      g_string_append(result, to);
    } else {
      g_string_append_len(result, text + i, (gssize)(end - i));
    }
    i = end;
    if (i < n) {
      g_string_append_c(result, text[i++]);
    }
  }
  if (!has_words) {
    g_string_append_len(result, text, (gssize)n);
  }
  for (guint i = 0; i + 1 < translation->others->len; i += 2) {
    replace(result, g_ptr_array_index(translation->others, i),
            g_ptr_array_index(translation->others, i + 1));
  }
  *n_result = result->len;
  return g_string_free(result, FALSE);
}
