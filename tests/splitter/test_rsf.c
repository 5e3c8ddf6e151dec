#include <glib.h>
#include <string.h>

#include "splitter/grouping.h"

static struct rsf *parse(const char *text, GError **error)
{
  return rsf_parse(text, strlen(text), "x.rsf", error);
}

static void test_facts(void)
{
  g_autoptr(GError) error = NULL;
  struct rsf *rsf = parse("\xef\xbb\xbf# note\n\ncontain a  x.c\r\ncontain\tb\ty.c\n"
                          "depends x.c y.c\ndepends \"a b.c\" \"q\\\"\\\\.c\"\ndepends \"odd x.c",
                          &error);
  g_assert_no_error(error);
  g_assert_cmpuint(rsf->contains->len, ==, 2);
  g_assert_cmpuint(rsf->depends->len, ==, 3);
  const struct rsf_fact *fact = g_ptr_array_index(rsf->contains, 1);
  g_assert_cmpstr(fact->left, ==, "b");
  g_assert_cmpstr(fact->right, ==, "y.c");
  g_assert_cmpuint(fact->line, ==, 4);
  fact = g_ptr_array_index(rsf->depends, 1);
  g_assert_cmpstr(fact->left, ==, "a b.c");
  g_assert_cmpstr(fact->right, ==, "q\"\\.c");
  fact = g_ptr_array_index(rsf->depends, 2);
  g_assert_cmpstr(fact->left, ==, "\"odd");
  rsf_free(rsf);
}

static void test_odd_bytes(void)
{
  g_autoptr(GError) error = NULL;
  struct rsf *rsf = parse("depends a\xff.c \xc3\xa9.c\n", &error);
  g_assert_no_error(error);
  const struct rsf_fact *fact = g_ptr_array_index(rsf->depends, 0);
  g_assert_cmpstr(fact->left, ==, "a\\xff.c");
  g_assert_cmpstr(fact->right, ==, "\xc3\xa9.c");
  rsf_free(rsf);
  g_assert_null(rsf_parse("depends a b\ndepends a\0 c\n", 25, "x.rsf", &error));
  g_assert_cmpstr(error->message, ==, "x.rsf:2: NUL byte");
}

static void test_errors(void)
{
  static const struct {
    const char *text;
    const char *message;
  } cases[] = {
      {"contain a b\ncontain a\n", "x.rsf:2: expected three tokens, found two"},
      {"depends\n", "x.rsf:1: expected three tokens, found one"},
      {"depends a b c\n", "x.rsf:1: expected three tokens, found more"},
      {"calls a b\n", "x.rsf:1: unknown relation 'calls', expected contain or depends"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_assert_null(parse(cases[i].text, &error));
    g_assert_cmpstr(error->message, ==, cases[i].message);
  }
  g_autoptr(GError) error = NULL;
  g_assert_null(rsf_read("/nonexistent/x.rsf", &error));
  g_assert_cmpstr(error->message, ==, "cannot read '/nonexistent/x.rsf': no such file");
}

static void test_two_groups(void)
{
  g_autoptr(GError) error = NULL;
  struct rsf *rsf = parse("contain a x\ncontain b y\ncontain a x\ncontain b x\n", NULL);
  g_assert_null(grouping_from_rsf(rsf, "x.rsf", &error));
  g_assert_cmpstr(error->message, ==, "x.rsf:4: 'x' is in 'b' and (line 3) in 'a'");
  rsf_free(rsf);
}

static void test_round_trip(void)
{
  const char *names[] = {"plain", "two words", "q\"uote", "#hash", "", "back\\slash", "tab\there"};
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autoptr(GString) text = g_string_new(NULL);
    rsf_append(text, "contain", names[i], "item");
    g_autoptr(GError) error = NULL;
    struct rsf *rsf = rsf_parse(text->str, text->len, "x.rsf", &error);
    g_assert_no_error(error);
    const struct rsf_fact *fact = g_ptr_array_index(rsf->contains, 0);
    g_assert_cmpstr(fact->left, ==, names[i]);
    rsf_free(rsf);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/rsf/facts", test_facts);
  g_test_add_func("/rsf/odd-bytes", test_odd_bytes);
  g_test_add_func("/rsf/errors", test_errors);
  g_test_add_func("/rsf/two-groups", test_two_groups);
  g_test_add_func("/rsf/round-trip", test_round_trip);
  return g_test_run();
}
