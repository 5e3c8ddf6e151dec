/* Copies of source files with definitions renamed: as text, with an independent compiler's eye left
 * to the end-to-end tests. */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "splitter/generate/proxy_copy.h"

struct sample {
  const char *name; /* of the routine */
  int64_t line;
  const char *text;
  const char *declared;   /* what stands before the renamed definition; NULL: refused */
  const char *definition; /* or a part of the refusal */
};

static const struct sample samples[] = {
    {"add", 1, "int add(int a, int b) { return a + b; }\n", "int add(int a, int b);\n",
     "int cleave_local_add(int a, int b) { return a + b; }\n"},
    {"add", 5,
     "#define X(a) { a\nstruct s { int add; };\nint n; /* int add( */ static\nconst char *\n"
     "add(void)\n{\n  return \"}\";\n}\n",
     "static\nconst char *\nadd(void);\n", "static\nconst char *\ncleave_local_add(void)\n"},
    {"add", 3,
     "// it's\nchar c = '{'; char *s = \"\\\"{\";\nint add (int (*f)(int, char *), char c)\n{\n}",
     "int add (int (*f)(int, char *), char c);\n", "int cleave_local_add (int (*f)(int, char *)"},
    {"add", 2, "#if 1\nint add(int a) __attribute__((noinline)) /* why */\n#endif\n{ return a; }\n",
     "int add(int a);\n", "int cleave_local_add(int a) __attribute__((noinline))"},
    {"add", 2, "int n[] = {1, 2};\nunsigned long add(void) { for (;;) { } }\nint after;\n",
     "unsigned long add(void);\n", "unsigned long cleave_local_add(void) { for"},
    {"add", 1, "int add(a, b) int a; int b; { return a + b; }\n", NULL, "does not stand behind"},
    {"add", 2, "#define HANDLER(n) int n(void)\nHANDLER(add) { return 1; }\n", NULL, "a macro"},
    {"add", 1, "int gone(void) { return 1; }\n", NULL, "has changed"},
    {"add", 1, "int add(void", NULL, "not found"},
    {"add", 1, "add() { }", NULL, "not found"},
    {"add", 3, "", NULL, "not found"},
};

static char *copy_of(const struct sample *sample, char **refusal)
{
  struct fact_routine routine = {.name = sample->name, .line = sample->line};
  struct definition definition = {0};
  *refusal = proxy_copy_find(sample->text, &routine, &definition);
  if (*refusal) {
    return NULL;
  }
  g_autoptr(GArray) definitions = g_array_new(FALSE, FALSE, sizeof definition);
  g_array_append_val(definitions, definition);
  return proxy_copy_make(sample->text, "a.c", definitions);
}

static void test_samples(void)
{
  for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
    const struct sample *sample = &samples[i];
    g_autofree char *refusal = NULL;
    g_autofree char *copy = copy_of(sample, &refusal);
    g_test_message("%s", sample->text);
    if (!sample->declared) {
      g_assert_null(copy);
      g_assert_nonnull(strstr(refusal, sample->definition));
      continue;
    }
    g_assert_cmpstr(refusal, ==, NULL);
    const char *declared = strstr(copy, sample->declared);
    g_assert_nonnull(declared);
    g_assert_nonnull(strstr(declared, sample->definition));
    g_assert_true(g_str_has_prefix(copy, "#line 1 \"a.c\"\n"));
  }
}

/* Any line of the copy is the original's line of the number that #line says, but for the names. */
static void test_lines(void)
{
  static const char text[] = "int before;\nstatic int\ntwice(int a)\n{\n  return 2 * a;\n}\n"
                             "int thrice(int a)\n{\n  return twice(a) + a;\n}\nint after;\n";
  struct fact_routine twice = {.name = "twice", .line = 3};
  struct fact_routine thrice = {.name = "thrice", .line = 7};
  g_autoptr(GArray) definitions = g_array_new(FALSE, FALSE, sizeof(struct definition));
  struct definition definition = {0};
  g_assert_null(proxy_copy_find(text, &thrice, &definition));
  g_array_append_val(definitions, definition);
  g_assert_null(proxy_copy_find(text, &twice, &definition));
  g_array_append_val(definitions, definition);
  g_autofree char *copy = proxy_copy_make(text, "a.c", definitions);
  g_auto(GStrv) original = g_strsplit(text, "\n", -1);
  g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
  guint n = 0;
  for (size_t i = 0; lines[i]; i++) {
    if (sscanf(lines[i], "#line %u", &n) == 1) {
      continue;
    }
    g_assert_cmpuint(n, >=, 1);
    g_autoptr(GString) plain = g_string_new(lines[i]);
    g_string_replace(plain, "cleave_local_", "", 0);
    bool is_declaration = g_str_has_suffix(plain->str, ");");
    if (is_declaration) {
      g_string_truncate(plain, plain->len - 1);
    }
    bool is_same = *plain->str == '\0' || strcmp(plain->str, original[n - 1]) == 0;
    g_assert_true(is_same);
    n++;
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/proxy_copy/samples", test_samples);
  g_test_add_func("/proxy_copy/lines", test_lines);
  return g_test_run();
}
