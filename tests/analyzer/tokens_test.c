/* Tokens of random texts against what a regular expression says they are. */
#include "analyzer/c_tokens.h"

#include <glib.h>

static const char splice[] = "\\\\\\r?\\n";

static const char pieces[] =
    "(?<none>[ \\t\\r\\f\\x0b]|\\\\\\r?\\n|/\\*.*?(?:\\*/|\\z)|//(?:\\\\\\r?\\n|[^\\n])*+)"
    "|(?<line>\\n)"
    "|(?<number>\\.?[0-9](?:(?<=[eEpP])[+-]|[\\w$.\\x80-\\xff])*+)"
    "|(?<word>[\\w$\\x80-\\xff]++)"
    "|(?<literal>(?<quote>[\"'])(?:\\\\\\r?\\n|\\\\.|\\\\\\z|(?!\\k<quote>)[^\\n\\\\])*+\\k<quote>?"
    ")"
    "|(?<other>##|->|.)";

static const struct {
  const char *name;
  enum c_token_kind kind;
} kinds[] = {{"line", C_NEWLINE},
             {"number", C_NUMBER},
             {"word", C_WORD},
             {"literal", C_LITERAL},
             {"other", C_OTHER}};

static enum c_token_kind kind_of(const GMatchInfo *match)
{
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
    int start = -1;
    if (g_match_info_fetch_named_pos(match, kinds[i].name, &start, NULL) && start >= 0)
      return kinds[i].kind;
  }
  return C_END;
}

static void check(const GRegex *regex, const GRegex *broken, const char *text, size_t size)
{
  g_autoptr(GMatchInfo) match = NULL;
  struct c_tokens tokens = {.at = text, .end = text + size, .is_broken = false};
  bool is_broken = false;
  g_regex_match_full(regex, text, (gssize)size, 0, 0, &match, NULL);
  for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
    enum c_token_kind kind = kind_of(match);
    if (kind == C_END)
      continue;
    struct c_token token = c_tokens_next(&tokens);
    int start = 0;
    int end = 0;
    g_match_info_fetch_pos(match, 0, &start, &end);
    if (token.kind != kind || token.text != text + start || token.length != (size_t)(end - start))
      g_error("token at %d of: %s", start, text);
    is_broken = is_broken || ((kind == C_WORD || kind == C_NUMBER) &&
                              g_regex_match_full(broken, text, (gssize)size, end,
                                                 G_REGEX_MATCH_ANCHORED, NULL, NULL));
  }
  g_assert_cmpint(c_tokens_next(&tokens).kind, ==, C_END);
  g_assert_cmpint(tokens.is_broken, ==, is_broken);
}

static void test_random(void)
{
  static const char *const parts[] = {
      "/*", "*/", "*",  "/",  "//",   "\"", "'",  "\\",      "\\\n",     "\\\r\n", "\n",
      " ",  "\t", "\r", "\f", "#",    "##", "->", "-",       ">",        "(",      "e",
      "E+", ".",  "0",  "12", "word", "$_", ";",  "/* x */", "\303\244", "**/",    "\n"};
  g_autoptr(GRegex) regex = g_regex_new(pieces, G_REGEX_RAW | G_REGEX_DOTALL, 0, NULL);
  g_autofree char *rest = g_strconcat(splice, "[\\w$\\x80-\\xff]", NULL);
  g_autoptr(GRegex) broken = g_regex_new(rest, G_REGEX_RAW, 0, NULL);
  g_assert_nonnull(regex);
  g_assert_nonnull(broken);
  for (int i = 0; i < 20000; i++) {
    g_autoptr(GString) text = g_string_new("");
    for (int left = g_test_rand_int_range(0, 40); left > 0; left--)
      g_string_append(text, parts[g_test_rand_int_range(0, G_N_ELEMENTS(parts))]);
    check(regex, broken, text->str, text->len);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/tokens/random", test_random);
  return g_test_run();
}
