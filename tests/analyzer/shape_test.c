/* Which edits of a source leave its facts alone, told from its text. */
#include "analyzer/file_shape.h"

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

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/shape/edits", test_edits);
  g_test_add_func("/shape/time", test_time);
  return g_test_run();
}
