/* Which edits of a source leave its facts alone, told from its text. */
#include "analyzer/file_shape.h"
#include "base/sha256.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

static const struct {
  const char *before;
  const char *after;
  bool is_same;
} edits[] = {
    {"int a;\n", "int a; /* note */\n", true},
    {"int a;\n", "int a; // note\n\n/* more\n of it */\n\n", true},
    {"int a;   \nint b;\n", "int a;\nint b;", true},
    {"/* one */\nint a;\n", "/* two three */\nint a;\n", true},
    {"struct s { int a; /* one */\n};\n", "struct s { int a; /* other */\n};\n", true},
    {"#define A 1\n/* x */\nint a;\n", "#define A 1\n\nint a;\n", true},
    {"char *s = \"/* x */\";\n", "char *s = \"/* y */\";\n", false},
    {"char c = '\"'; /* x */\n", "char c = '\"'; /* y */\n", true},
    /* lines and columns count */
    {"int a;\n", "/* note */\nint a;\n", false},
    {"int a;\n", "\nint a;\n", false},
    {"int a;\nint b;\n", "int a;\n\nint b;\n", false},
    {"/* x */ int a;\n", "/* xy */ int a;\n", false},
    {"/* x\n */\nint a;\n", "/* x */\nint a;\n", false},
    /* what facts may quote */
    {"int a = f(1, /* x */\n 2);\n", "int a = f(1, /* y */\n 2);\n", false},
    {"int a = 1 + /* x */\n 2;\n", "int a = 1 + /* y */\n 2;\n", false},
    {"for (;; /* x */\n) {}\n", "for (;; /* y */\n) {}\n", false},
    {"#define A /* x */\n", "#define A /* y */\n", false},
    {"enum { A, /* x */\n B };\n", "enum { A, /* y */\n B };\n", false},
    {"int a; // x \\\nint b;\n", "int a; // x\nint b;\n", false},
    {"int a;\n", "int b;\n", false},
};

static void test_edits(void)
{
  for (size_t i = 0; i < G_N_ELEMENTS(edits); i++) {
    uint64_t before = file_shape(edits[i].before, strlen(edits[i].before));
    uint64_t after = file_shape(edits[i].after, strlen(edits[i].after));
    g_assert_cmpuint(before, !=, 0);
    if ((before == after) != edits[i].is_same)
      g_error("edit %zu: %s", i, edits[i].after);
  }
}

static void test_time(void)
{
  const char *text = "const char *when = __TIMESTAMP__;\n";
  g_assert_cmpuint(file_shape(text, strlen(text)), ==, 0);
}

/* ---- the definition, piece by piece ---- */

static const char pieces[] = "/\\*.*?(?:\\*/|\\z)"
                             "|//(?:\\\\.|\\\\\\z|[^\\n\\\\])*+"
                             "|([\"'])(?:\\\\.|\\\\\\z|(?!\\1)[^\\n\\\\])*+\\1?"
                             "|\\\\\\r?\\n"
                             "|.";

static void chop_blanks(GString *kept, const char *blanks)
{
  while (kept->len > 0 && strchr(blanks, kept->str[kept->len - 1]) != NULL)
    g_string_truncate(kept, kept->len - 1);
}

static void end_line(GString *kept)
{
  chop_blanks(kept, " \t\r\f\v");
  g_string_append_c(kept, '\n');
}

/* A comment at the end of a line where nothing is open, of which only the lines count. */
static bool is_note(const char *piece, const char *rest, char last, int n_open, bool is_directive)
{
  rest += strspn(rest, " \t\r\f\v");
  return piece[0] == '/' && (piece[1] == '/' || piece[1] == '*') && (last == ';' || last == '}') &&
         n_open == 0 && !is_directive && (*rest == '\n' || *rest == '\0');
}

static bool begins_line(const GString *kept)
{
  gsize at = kept->len;
  while (at > 0 && strchr(" \t\r\f\v", kept->str[at - 1]) != NULL)
    at--;
  return at == 0 || kept->str[at - 1] == '\n';
}

static uint64_t plain_shape(const GRegex *regex, const char *text)
{
  g_autoptr(GMatchInfo) match = NULL;
  g_autoptr(GString) kept = g_string_new("");
  char last = ';';
  int n_open = 0;
  bool is_directive = false;
  g_regex_match(regex, text, 0, &match);
  for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
    g_autofree char *piece = g_match_info_fetch(match, 0);
    int end = 0;
    g_match_info_fetch_pos(match, 0, NULL, &end);
    bool is_comment = strlen(piece) > 1 && piece[0] == '/';
    if (is_note(piece, text + end, last, n_open, is_directive)) {
      for (const char *at = strchr(piece, '\n'); at != NULL; at = strchr(at + 1, '\n'))
        end_line(kept);
      continue;
    }
    if (*piece == '\n') {
      end_line(kept);
      last = is_directive ? ';' : last;
      is_directive = false;
      continue;
    }
    is_directive = is_directive || (*piece == '#' && begins_line(kept));
    n_open += *piece == '(' || *piece == '[';
    n_open -= (*piece == ')' || *piece == ']') && n_open > 0;
    bool is_solid = strchr(" \t\r\f\v", *piece) == NULL && !is_comment &&
                    (piece[0] != '\\' || piece[1] == '\0');
    if (is_solid && (!is_directive || *piece == '"' || *piece == '\''))
      last = *piece;
    g_string_append(kept, piece);
  }
  chop_blanks(kept, " \t\r\f\v\n");
  return sha256_word(kept->str, kept->len);
}

static void test_random(void)
{
  static const char *const parts[] = {
      "/*", "*/", "*", "/", "//", "\"", "'", "\\", "\\\n", "\n",   " ",  "\t",      "\r",      "\f",
      "#",  "(",  ")", "[", "]",  ";",  "}", ",",  "a",    "word", "\n", "/* x */", "\303\244"};
  g_autoptr(GRegex) regex = g_regex_new(pieces, G_REGEX_RAW | G_REGEX_DOTALL, 0, NULL);
  g_assert_nonnull(regex);
  for (int i = 0; i < 20000; i++) {
    g_autoptr(GString) text = g_string_new("");
    for (int left = g_test_rand_int_range(0, 40); left > 0; left--)
      g_string_append(text, parts[g_test_rand_int_range(0, G_N_ELEMENTS(parts))]);
    if (file_shape(text->str, text->len) != plain_shape(regex, text->str))
      g_error("shape of: %s", text->str);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/shape/edits", test_edits);
  g_test_add_func("/shape/time", test_time);
  g_test_add_func("/shape/random", test_random);
  return g_test_run();
}
