#include "splitter/words.h"

static gboolean begins_word(const char *at)
{
  return g_ascii_isupper(at[0]) && (g_ascii_islower(at[-1]) || g_ascii_islower(at[1]));
}

char **words_of_identifier(const char *identifier)
{
  GPtrArray *words = g_ptr_array_new();
  g_autoptr(GString) word = g_string_new(NULL);
  for (const char *at = identifier;; at++) {
    gboolean is_letter = g_ascii_isalpha(*at);
    gboolean is_break =
        !is_letter || (at > identifier && g_ascii_isalpha(at[-1]) && begins_word(at));
    if (is_break) {
      if (word->len > 1) {
        g_ptr_array_add(words, g_strdup(word->str));
      }
      g_string_truncate(word, 0);
    }
    if (is_letter) {
      g_string_append_c(word, g_ascii_tolower(*at));
    }
    if (*at == '\0') {
      break;
    }
  }
  g_ptr_array_add(words, NULL);
  return (char **)g_ptr_array_free(words, FALSE);
}
