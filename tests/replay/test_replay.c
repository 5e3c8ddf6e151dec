/* Comparison of answers, translation of values, HAR files: without a network. */
#include <glib/gstdio.h>
#include <string.h>

#include "splitter/replay/answers.h"
#include "splitter/replay/exact.h"
#include "splitter/replay/har.h"
#include "splitter/replay/replay.h"
#include "splitter/replay/rules.h"
#include "splitter/replay/translation.h"

static const struct cleave_field of_json[] = {{"Content-Type", "application/json"}};
static const struct cleave_field of_text[] = {{"content-type", "text/plain"}};

static void assert_bytes(GBytes *bytes, const char *expected, size_t n)
{
  g_autoptr(GBytes) other = g_bytes_new_static(expected, n);
  g_assert_true(g_bytes_equal(bytes, other));
}

static char *write_file(const char *text)
{
  g_autoptr(GError) error = NULL;
  char *path = NULL;
  int descriptor = g_file_open_tmp("cleave-replay-XXXXXX", &path, &error);
  g_assert_no_error(error);
  g_close(descriptor, NULL);
  g_file_set_contents(path, text, -1, &error);
  g_assert_no_error(error);
  return path;
}

static struct replay_rules *rules_from(const char *yaml)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = write_file(yaml);
  struct replay_rules *rules = replay_rules_load(path, &error);
  g_assert_no_error(error);
  g_unlink(path);
  return rules;
}

/* "verdict: what where|what where" of two JSON (or, not beginning with a bracket, text) bodies. */
static char *compared(const struct replay_rules *rules, const char *left, const char *right)
{
  static const char *const verdicts[] = {"identical", "equal", "different"};
  const struct cleave_field *type = strchr("{[", left[0]) ? of_json : of_text;
  struct answer a = {200, type, 1, g_bytes_new(left, strlen(left))};
  struct answer b = {200, type, 1, g_bytes_new(right, strlen(right))};
  g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(answer_difference_free);
  enum answer_verdict verdict = answers_compare(&a, &b, rules, 8, differences);
  GString *text = g_string_new(verdicts[verdict]);
  for (guint i = 0; i < differences->len; i++) {
    const struct answer_difference *difference = g_ptr_array_index(differences, i);
    g_string_append_printf(text, "|%s %s", difference->what, difference->where);
  }
  g_bytes_unref(a.body);
  g_bytes_unref(b.body);
  return g_string_free(text, FALSE);
}

static void test_bodies(void)
{
  g_autoptr(replay_rules_owner) plain = replay_rules_default();
  g_autoptr(replay_rules_owner) own =
      rules_from("version: 1\nignore:\n  members: [at, \"$.order.id\"]\n"
                 "  patterns: [\"[0-9]+ ms\"]\n");
  static const struct {
    bool has_own;
    const char *left, *right, *verdict;
  } cases[] = {
      {false, "{\"a\":1}", "{\"a\":1}", "identical"},
      {false, "{\"a\":1,\"b\":[]}", "{ \"b\": [], \"a\": 1 }", "equal"},
      {false, "{\"a\":1}", "{\"a\":1.0}", "different|body $.a"},
      {false, "{\"a\":1}", "{\"a\":\"1\"}", "different|body $.a"},
      {false, "{\"a\":{\"b\":[1,2]}}", "{\"a\":{\"b\":[1,3]}}", "different|body $.a.b[1]"},
      {false, "{\"a\":1}", "{\"c\":1}", "different|body $.a|body $.c"},
      {false, "[1,2,3]", "[1]", "different|body $[1]"},
      {false, "{\"a\":null}", "{}", "different|body $.a"},
      {false, "plain", "plait", "different|body byte 5"},
      {false, "plain", "plain ", "different|body byte 6"},
      {true, "{\"at\":1}", "{\"at\":2}", "equal"},
      {true, "{\"at\":1}", "{}", "equal"},
      {true, "{\"order\":{\"id\":1}}", "{\"order\":{\"id\":2}}", "equal"},
      {true, "{\"item\":{\"id\":1}}", "{\"item\":{\"id\":2}}", "different|body $.item.id"},
      {true, "{\"took\":\"12 ms\"}", "{\"took\":\"7 ms\"}", "equal"},
      {true, "took 12 ms", "took 7 ms", "equal"},
      {true, "took 12 ms", "took 7 s", "different|body byte 6"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *verdict =
        compared(cases[i].has_own ? own : plain, cases[i].left, cases[i].right);
    g_assert_cmpstr(verdict, ==, cases[i].verdict);
  }
}

static void test_headers(void)
{
  g_autoptr(replay_rules_owner) rules = replay_rules_default();
  const struct cleave_field left[] = {{"Date", "a"},
                                      {"X-A", "1"},
                                      {"Set-Cookie", "a=1"},
                                      {"Set-Cookie", "b=2"},
                                      {"X-Amzn-Trace", "x"}};
  const struct cleave_field right[] = {
      {"date", "b"}, {"x-a", "2"}, {"set-cookie", "a=1"}, {"set-cookie", "b=2"}, {"x-new", "1"}};
  g_autoptr(GBytes) body = g_bytes_new_static("", 0);
  struct answer a = {200, left, 5, body};
  struct answer b = {404, right, 5, body};
  g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(answer_difference_free);
  g_assert_cmpint(answers_compare(&a, &b, rules, 8, differences), ==, ANSWERS_DIFFERENT);
  g_assert_cmpuint(differences->len, ==, 3);
  static const char *const expected[] = {"status ", "header X-A", "header x-new"};
  for (guint i = 0; i < 3; i++) {
    const struct answer_difference *difference = g_ptr_array_index(differences, i);
    g_autofree char *text = g_strconcat(difference->what, " ", difference->where, NULL);
    g_assert_cmpstr(text, ==, expected[i]);
  }
}

static void collect(const char *left, const char *right, void *data)
{
  g_string_append_printf(data, "%s>%s ", left, right);
}

static void test_carry(void)
{
  g_autoptr(replay_rules_owner) rules = rules_from("version: 1\ncarry: [id]\n");
  const struct cleave_field left[] = {{"Content-Type", "application/json"},
                                      {"Set-Cookie", "sid=aaa; Path=/"}};
  const struct cleave_field right[] = {{"Content-Type", "application/json"},
                                       {"Set-Cookie", "sid=bbb; Path=/"}};
  static const char one[] = "{\"id\":1,\"x\":[{\"id\":\"p\"}]}";
  static const char two[] = "{\"id\":7,\"x\":[{\"id\":\"q\"}]}";
  g_autoptr(GBytes) left_body = g_bytes_new_static(one, strlen(one));
  g_autoptr(GBytes) right_body = g_bytes_new_static(two, strlen(two));
  struct answer a = {200, left, 2, left_body};
  struct answer b = {200, right, 2, right_body};
  g_autoptr(GString) seen = g_string_new(NULL);
  answers_carry(&a, &b, rules, collect, seen);
  g_assert_cmpstr(seen->str, ==, "aaa>bbb 1>7 p>q ");
}

static void test_translation(void)
{
  struct translation *translation = translation_new();
  translation_add(translation, "0123456789abcdef", "fedcba9876543210");
  translation_add(translation, "12", "99");
  translation_add(translation, "a.b+c/d=e", "X");
  static const struct {
    const char *text;
    bool is_path;
    const char *result;
  } cases[] = {
      {"sid=0123456789abcdef; x", false, "sid=fedcba9876543210; x"},
      {"0123456789abcdef0", false, "0123456789abcdef0"},
      {"/orders/12/cancel?a=123", true, "/orders/99/cancel?a=123"},
      {"quantity=12", false, "quantity=12"},
      {"t=a.b+c/d=e", false, "t=X"},
      {"", false, ""},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    gsize n = 0;
    g_autofree char *result =
        translation_apply(translation, cases[i].text, strlen(cases[i].text), cases[i].is_path, &n);
    g_assert_cmpstr(result, ==, cases[i].result);
    g_assert_cmpuint(n, ==, strlen(result));
  }
  translation_free(translation);
}

static void test_skip(void)
{
  g_autoptr(replay_rules_owner) rules =
      rules_from("version: 1\nskip: [\"GET /stats\", \"* /admin/*\", /any]\n");
  g_assert_true(replay_rules_skips(rules, "GET", "/stats?x=1"));
  g_assert_false(replay_rules_skips(rules, "POST", "/stats"));
  g_assert_false(replay_rules_skips(rules, "GET", "/stats/2"));
  g_assert_true(replay_rules_skips(rules, "POST", "/admin/a/b"));
  g_assert_true(replay_rules_skips(rules, "PUT", "/any"));
  g_assert_false(replay_rules_skips(rules, "PUT", "/anything"));
}

/* What a browser writes: pseudo headers, other origins, forms as parameters, missing content. */
static const char browser_har[] =
    "{\"log\":{\"version\":\"1.2\",\"entries\":["
    "{\"startedDateTime\":\"2026-11-23T10:00:01.500Z\",\"request\":{\"method\":\"POST\","
    "\"url\":\"http://shop.test:8080/login?x=1#top\",\"headers\":[{\"name\":\":authority\","
    "\"value\":\"shop.test\"},{\"name\":\"Accept\",\"value\":\"*/*\"}],\"postData\":{\"mimeType\":"
    "\"application/x-www-form-urlencoded\",\"params\":[{\"name\":\"a b\",\"value\":\"1&2\"}]}},"
    "\"response\":{\"status\":200,\"headers\":[],\"content\":{\"size\":3,\"text\":\"AP8A\","
    "\"encoding\":\"base64\"}}},"
    "{\"startedDateTime\":\"2026-11-23T10:00:02.000Z\",\"request\":{\"method\":\"GET\","
    "\"url\":\"http://elsewhere.test/a.js\",\"headers\":[]},\"response\":{\"status\":200}},"
    "{\"startedDateTime\":\"2026-11-23T10:00:01.000Z\",\"request\":{\"method\":\"GET\","
    "\"url\":\"http://shop.test:8080\",\"headers\":[]},\"response\":{\"status\":304,\"headers\":[],"
    "\"content\":{\"size\":0}}}]}}";

static void test_browser_har(void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = write_file(browser_har);
  g_autoptr(har_owner) har = har_load(path, NULL, &error);
  g_assert_no_error(error);
  g_unlink(path);
  g_assert_cmpuint(har->entries->len, ==, 2);
  g_assert_cmpuint(har->n_foreign, ==, 1);
  g_assert_cmpstr(har->origin, ==, "http://shop.test:8080");
  g_assert_cmpstr(har_at(har, 0)->target, ==, "/");
  g_assert_cmpfloat(har_at(har, 0)->offset, ==, 0);
  const struct har_entry *login = har_at(har, 1);
  g_assert_cmpfloat_with_epsilon(login->offset, 0.5, 1e-6);
  g_assert_cmpstr(login->target, ==, "/login?x=1");
  g_assert_cmpuint(login->n_headers, ==, 1);
  assert_bytes(login->body, "a%20b=1%262", 11);
  assert_bytes(login->answer_body, "\0\xff\0", 3);
}

static void test_bad_har(void)
{
  static const char *const texts[] = {
      "",
      "{",
      "[]",
      "{\"log\":{}}",
      "{\"log\":{\"entries\":[{}]}}",
      "{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET /\",\"url\":\"http://a/\"}}]}}",
      "{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET\",\"url\":\"http://a/b c\"}}]}}",
      "{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET\",\"url\":\"data\"}}]}}"};
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_autoptr(GError) error = NULL;
    g_autofree char *path = write_file(texts[i]);
    g_assert_null(har_load(path, NULL, &error));
    g_assert_error(error, HAR_ERROR, HAR_ERROR_CONTENT);
    g_unlink(path);
  }
}

/* What is written is read back as it was. */
static void test_writer(void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = write_file("");
  struct har_writer *writer = har_writer_new(path, "1", &error);
  g_assert_no_error(error);
  const struct cleave_field headers[] = {{"Cookie", "a=1; b=2"}, {"Content-Type", "x/y"}};
  struct har_exchange exchange = {.method = "PUT",
                                  .origin = "http://h:1",
                                  .target = "/p?q=1",
                                  .headers = headers,
                                  .n_headers = 2,
                                  .body = "\0\x80",
                                  .n_body = 2,
                                  .status = 201,
                                  .reason = "Created",
                                  .answer_headers = headers,
                                  .n_answer_headers = 1,
                                  .answer_body = "d\xc3\xa9j\xc3\xa0",
                                  .n_answer_body = 6,
                                  .started = 1795418400.25,
                                  .seconds = 0.5};
  g_assert_true(har_writer_add(writer, &exchange, &error));
  g_assert_true(har_writer_add(writer, &exchange, &error));
  g_assert_true(har_writer_finish(writer, &error));
  har_writer_free(writer);
  g_autoptr(har_owner) har = har_load(path, NULL, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(har->entries->len, ==, 2);
  const struct har_entry *entry = har_at(har, 1);
  g_assert_cmpstr(entry->method, ==, "PUT");
  g_assert_cmpstr(entry->target, ==, "/p?q=1");
  g_assert_cmpuint(entry->n_headers, ==, 2);
  g_assert_cmpint(entry->status, ==, 201);
  assert_bytes(entry->body, "\0\x80", 2);
  assert_bytes(entry->answer_body, "d\xc3\xa9j\xc3\xa0", 6);
  g_unlink(path);
}

static void test_percentiles(void)
{
  g_autoptr(GArray) seconds = g_array_new(FALSE, FALSE, sizeof(double));
  g_assert_cmpfloat(replay_percentile(seconds, 50), ==, 0);
  for (int i = 1; i <= 100; i++) {
    double value = i;
    g_array_append_val(seconds, value);
  }
  g_assert_cmpfloat(replay_percentile(seconds, 50), ==, 50);
  g_assert_cmpfloat(replay_percentile(seconds, 99), ==, 99);
  g_assert_cmpfloat(replay_percentile(seconds, 100), ==, 100);
  g_assert_cmpfloat(replay_percentile(seconds, 0), ==, 1);
}

/* The places that differ bit for bit, or "". */
static char *exactly_compared(const char *original, const char *function)
{
  json_t *left = json_loads(original, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
  json_t *right = json_loads(function, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
  g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(answer_difference_free);
  GString *text = g_string_new(NULL);
  size_t n = exact_compare(left, right, 3, differences);
  for (guint i = 0; i < differences->len; i++) {
    const struct answer_difference *difference = g_ptr_array_index(differences, i);
    g_string_append_printf(text, "%s%s", i > 0 ? "|" : "", difference->where);
  }
  g_assert_cmpuint(MIN(n, 3), ==, differences->len);
  json_decref(left);
  json_decref(right);
  return g_string_free(text, FALSE);
}

static void test_exact(void)
{
  static const struct {
    const char *original, *function, *places;
  } rows[] = {
      {"{\"a\":1,\"b\":[]}", "{\"b\":[],\"a\":1}", ""},
      {"0.0", "-0.0", "the answer"},
      {"[0.0, 1.0]", "[-0.0, 1]", "[0]|[1]"},
      {"{\"r\":{\"x\":[1,2,3]}}", "{\"r\":{\"x\":[1,2]}}", "r.x[2]"},
      {"0.1", "0.10000000000000001", ""},
      {"0.1", "0.10000000000000002", "the answer"},
      {"\"9007199254740993\"", "\"9007199254740992\"", "the answer"},
      {"\"NaN\"", "\"NaN(0x1)\"", "the answer"},
      {"\"a\\u0000b\"", "\"a\\u0000c\"", "the answer"},
      {"{\"a\":null}", "{}", "a"},
      {"{}", "{\"a\":null}", "a"},
      {"null", "false", "the answer"},
      {"[1,2,3,4,5]", "[9,9,9,9,9]", "[0]|[1]|[2]"},
      {"[[]]", "[{}]", "[0]"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *places = exactly_compared(rows[i].original, rows[i].function);
    g_assert_cmpstr(places, ==, rows[i].places);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/replay/bodies", test_bodies);
  g_test_add_func("/replay/headers", test_headers);
  g_test_add_func("/replay/carry", test_carry);
  g_test_add_func("/replay/translation", test_translation);
  g_test_add_func("/replay/skip", test_skip);
  g_test_add_func("/replay/browser_har", test_browser_har);
  g_test_add_func("/replay/bad_har", test_bad_har);
  g_test_add_func("/replay/writer", test_writer);
  g_test_add_func("/replay/percentiles", test_percentiles);
  g_test_add_func("/replay/exact", test_exact);
  return g_test_run();
}
