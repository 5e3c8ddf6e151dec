#include "splitter/words.h"

#include <string.h>

/* Words that say what code does, never what it is about. */
static const char *const hollow_words[] = {
    "init",  "free",   "new",     "get",     "set",    "add",    "del",    "delete", "remove",
    "main",  "handle", "handler", "func",    "fn",     "run",    "do",     "is",     "has",
    "to",    "from",   "of",      "the",     "by",     "with",   "for",    "in",     "on",
    "make",  "create", "destroy", "open",    "close",  "read",   "write",  "find",   "lookup",
    "list",  "count",  "size",    "len",     "length", "name",   "id",     "lock",   "mutex",
    "all",   "next",   "first",   "last",    "check",  "parse",  "load",   "save",   "update",
    "start", "stop",   "begin",   "end",     "print",  "string", "str",    "buf",    "buffer",
    "data",  "file",   "value",   "key",     "impl",   "static", "global", "table",  "row",
    "src",   "lib",    "cmd",     "command", "route",  "api",    "db",     "sql",    "callback"};

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

gboolean words_are_hollow(const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS(hollow_words); i++) {
    if (strcmp(word, hollow_words[i]) == 0) {
      return TRUE;
    }
  }
  return strlen(word) < 3;
}
