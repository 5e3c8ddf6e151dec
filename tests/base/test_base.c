/* Strict YAML and nearest names: every refusal says file, line and column. */
#include <string.h>

#include "base/nearest.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "base/yaml.h"

static const char *const keys[] = {"version", "services", "together", NULL};

static void expect_refused(const char *text, const char *message)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(yaml_file_owner) file = yaml_file_parse("f.yaml", text, &error);
  bool is_good = file && yaml_check_keys(file, yaml_file_root(file), keys, &error);
  g_assert_false(is_good);
  if (!strstr(error->message, message)) {
    g_error("'%s' does not contain '%s'", error->message, message);
  }
}

/* GLib's sums are the oracle. */
static void test_sums(void)
{
  enum { LONGEST = 400 };
  uint8_t text[LONGEST];
  for (unsigned i = 0; i < LONGEST; i++) {
    text[i] = (uint8_t)(i * 7 + i / 13);
  }
  for (size_t size = 0; size <= LONGEST; size++) {
    sha256_sum *sum = sha256_begin();
    for (size_t at = 0, step = 1; at < size; at += step, step = step * 2 + 1) {
      sha256_update(sum, text + at, MIN(step, size - at));
    }
    uint8_t digest[SHA256_BYTES];
    sha256_finish(sum, digest);
    g_autoptr(GChecksum) oracle = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(oracle, text, (gssize)size);
    guint8 expected[SHA256_BYTES];
    gsize length = sizeof expected;
    g_checksum_get_digest(oracle, expected, &length);
    g_assert_true(length == sizeof digest && memcmp(digest, expected, sizeof digest) == 0);
  }
  char hex[SHA256_HEX];
  uint8_t whole[SHA256_BYTES];
  uint64_t word = sha256_word("abc", 3);
  sha256("abc", 3, whole);
  g_assert_true(memcmp(&word, whole, sizeof word) == 0);
  sha256_hex("abc", 3, hex);
  g_assert_cmpstr(hex, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_refusals(void)
{
  expect_refused("", "f.yaml:1:1:");
  expect_refused("version: 2\n", "f.yaml:1:10: version 2 is not known");
  expect_refused("services: {}\n", "f.yaml:1:1: 'version: 1' is missing");
  expect_refused("version: 1\nservises: {}\n",
                 "f.yaml:2:1: unknown key 'servises', did you mean 'services'?");
  expect_refused("version: 1\nqqqqqqqqqqqq: {}\n", "f.yaml:2:1: unknown key 'qqqqqqqqqqqq'");
  expect_refused("version: [1\n", "f.yaml:");
  expect_refused("- 1\n", "a mapping with 'version: 1' is expected");
  expect_refused("version: 1\nversion: 1\n", "f.yaml:2:1: the key stands here twice: version");
  expect_refused("version: 1\nservices: [&x a, *x]\n",
                 "f.yaml:2:18: anchors and aliases are not supported");
  expect_refused("version: 1\n---\nversion: 1\n", "f.yaml:2:1: a second document");
  expect_refused("version: 1\nservices: \xff\n", "f.yaml:1:1: not UTF-8");
  expect_refused("versio,n: 1\n? o:\t? : 2\n? :", "f.yaml:");
}

static void test_entries(void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(yaml_file_owner) file =
      yaml_file_parse("f.yaml", "version: 1\nservices:\n  b: 0x10\n  a: 2.5\n", &error);
  g_assert_no_error(error);
  struct yaml_node *services = yaml_get(yaml_file_root(file), "services");
  g_assert_cmpuint(yaml_n_entries(services), ==, 2);
  g_autofree char *key = NULL;
  struct yaml_node *node = NULL;
  struct yaml_node *value = NULL;
  g_assert_true(yaml_entry(file, services, 0, &key, &node, &value, &error));
  g_assert_cmpstr(key, ==, "b");
  unsigned line = 0;
  unsigned column = 0;
  yaml_position(node, &line, &column);
  g_assert_cmpuint(line, ==, 3);
  g_assert_cmpuint(column, ==, 3);
  int64_t integer = 0;
  g_assert_true(yaml_integer(file, value, 0, 100, &integer, &error));
  g_assert_cmpint(integer, ==, 16);
  g_assert_false(yaml_integer(file, value, 0, 10, &integer, &error));
  g_assert_nonnull(strstr(error->message, "f.yaml:3:6:"));
}

static void test_nothing(void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(yaml_file_owner) file =
      yaml_file_parse("f.yaml", "version: 1\nservices:\ntogether: ''\n", &error);
  g_assert_no_error(error);
  struct yaml_node *root = yaml_file_root(file);
  g_assert_null(yaml_get(root, "services"));
  g_autofree char *text = NULL;
  g_assert_true(yaml_text(file, yaml_get(root, "together"), &text, &error));
  g_assert_cmpstr(text, ==, "");
}

static void test_depth(void)
{
  for (int depth = 60; depth <= 100000; depth *= 10) {
    g_autoptr(GString) text = g_string_new("version: 1\nservices: ");
    for (int i = 0; i < depth; i++) {
      g_string_append_c(text, '[');
    }
    for (int i = 0; i < depth; i++) {
      g_string_append_c(text, ']');
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(yaml_file_owner) file = yaml_file_parse("f.yaml", text->str, &error);
    g_assert_true((file != NULL) == (depth == 60));
    g_assert_true(file != NULL || strstr(error->message, "f.yaml:2:") != NULL);
  }
}

static void test_nearest(void)
{
  static const char *const names[] = {"analyze", "split", "show", "host"};
  g_assert_cmpstr(nearest_name("analyse", names, 4), ==, "analyze");
  g_assert_cmpstr(nearest_name("sohw", names, 4), ==, "show");
  g_assert_cmpstr(nearest_name("SPLIT", names, 4), ==, "split");
  g_assert_null(nearest_name("frobnicate", names, 4));
  g_assert_null(nearest_name("x", names, 0));
}

enum { N_CALLS = 1000 };

static void count_call(void *context, unsigned i)
{
  gint *n_calls = context;
  g_atomic_int_inc(&n_calls[i]);
}

/* Every call is made once, whatever the number of threads, and none after the return. */
static void test_parallel(void)
{
  static const unsigned threads[] = {0, 1, 2, 7, 2000};
  for (size_t t = 0; t < G_N_ELEMENTS(threads); t++) {
    gint n_calls[N_CALLS] = {0};
    parallel_run(threads[t], N_CALLS - 1, count_call, n_calls);
    for (unsigned i = 0; i < N_CALLS; i++) {
      g_assert_cmpint(n_calls[i], ==, i < N_CALLS - 1);
    }
  }
  parallel_run(4, 0, count_call, NULL);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/base/sums", test_sums);
  g_test_add_func("/yaml/refusals", test_refusals);
  g_test_add_func("/yaml/entries", test_entries);
  g_test_add_func("/yaml/nothing", test_nothing);
  g_test_add_func("/yaml/depth", test_depth);
  g_test_add_func("/nearest", test_nearest);
  g_test_add_func("/parallel", test_parallel);
  return g_test_run();
}
