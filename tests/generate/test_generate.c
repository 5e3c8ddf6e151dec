/* The writers and readers below the generator: C, YAML, types, sources, keys, the files on disk. */
#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/cloud_name.h"
#include "splitter/generate/product.h"
#include "splitter/generate/shape.h"
#include "splitter/generate/source_text.h"
#include "splitter/generate/trigger.h"
#include "splitter/generate/yaml_writer.h"

static void test_literals(void)
{
  static const char *const cases[][2] = {{"plain", "\"plain\""},
                                         {"a\"b\\c", "\"a\\\"b\\\\c\""},
                                         {"line\nnext\t", "\"line\\nnext\\t\""},
                                         {"bell\a", "\"bell\\007\""},
                                         {"what?\?/", "\"what\\?\?/\""},
                                         {"", "\"\""}};
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *literal = c_literal(cases[i][0]);
    g_assert_cmpstr(literal, ==, cases[i][1]);
  }
}

static void test_identifiers(void)
{
  g_assert_true(c_is_identifier("a_1"));
  g_assert_false(c_is_identifier("1a"));
  g_assert_false(c_is_identifier("while"));
  g_assert_false(c_is_identifier("a-b"));
  g_assert_false(c_is_identifier(""));
  g_autofree char *made = c_identifier("get /a:b");
  g_assert_cmpstr(made, ==, "get__a_b");
  g_autoptr(GPtrArray) names =
      c_identifiers_in("x = f(\"no\", a->skipped, b.skipped, 'c', 0x1F, sizeof d) /* */");
  g_ptr_array_add(names, NULL);
  g_autofree char *all = g_strjoinv(" ", (char **)names->pdata);
  g_assert_cmpstr(all, ==, "a b d f x");
}

static const char *find_wide(gpointer data, const char *name)
{
  return strcmp(name, "width") == 0 ? data : NULL;
}

/* Expressions of contracts become C: only what has no effect may pass. */
static void test_expressions(void)
{
  static const char *const good[] = {"n",
                                     "width * height * 4",
                                     "(a->n + 1) / 2",
                                     "sizeof(int)",
                                     "a.b == 3",
                                     "'x'",
                                     "n ? n : 1",
                                     "KIND_A",
                                     "n * sizeof(struct item)",
                                     "(long)n"};
  static const char *const bad[] = {
      "",     "f(1)", "a = 1", "a++", "--a",    "a; b",       "a /*",      "\"text\"",
      "a, b", "(a",   "a)",    "{a}", "a // b", "f (1)",      "a += 1",    "(f)(1)",
      "a\nb", "#x",   "'",     "''",  "a[0]",   "sizeofx(1)", "union * 4", "n + return"};
  for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
    g_test_message("%s", good[i]);
    g_assert_true(c_is_expression(good[i]));
  }
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_test_message("%s", bad[i]);
    g_assert_false(c_is_expression(bad[i]));
  }
  char wide[] = "wide(width)";
  g_autofree char *text =
      c_expression_with("width * b.width + a->width - widths + 'w'", find_wide, wide);
  g_assert_cmpstr(text, ==, "wide(width) * b.width + a->width - widths + 'w'");
}

static void test_declarators(void)
{
  static const char *const cases[][3] = {{"int", "x", "int x"},
                                         {"const char *", "x", "const char *x"},
                                         {"char[8]", "x", "char x[8]"},
                                         {"int (*)(void *)", "x", "int (*x)(void *)"},
                                         {"struct a **", "x", "struct a **x"}};
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *line = c_declarator(cases[i][0], cases[i][1]);
    g_assert_cmpstr(line, ==, cases[i][2]);
  }
}

/* Text of the analysed code cannot end a comment. */
static void test_comment(void)
{
  struct c_writer writer;
  c_writer_init(&writer);
  c_writer_comment(&writer, "%s", "before */ int evil; /* after");
  g_assert_cmpstr(writer.text->str, ==, "/* before * / int evil; / * after */\n");
  c_writer_clear(&writer);
}

static void test_yaml(void)
{
  json_t *tree = json_pack("{s:s, s:s, s:s, s:s, s:i, s:[s,s], s:{s:[{s:s, s:b}]}, s:[], s:s}",
                           "#first", "one\ntwo", "plain", "some words", "word", "yes", "number",
                           "12", "count", 3, "list", "a", "b", "deep", "steps", "run",
                           "f(x, \"y\")", "is", 1, "empty", "key: odd", "# no comment");
  g_autofree char *text = yaml_write(tree);
  g_assert_cmpstr(text, ==,
                  "# one\n# two\nplain: some words\nword: \"yes\"\nnumber: \"12\"\ncount: 3\n"
                  "list: [a, b]\ndeep:\n  steps:\n    - run: \"f(x, \\\"y\\\")\"\n      is: true\n"
                  "empty: []\n\"key: odd\": \"# no comment\"\n");
  json_decref(tree);
}

static void test_routes(void)
{
  static const char *const cases[][3] = {{"GET /products/:id", "GET", "/products/{id}"},
                                         {"/", "ANY", "/"},
                                         {"POST /a/{b}/c", "POST", "/a/{b}/c"},
                                         {"/static/*", "ANY", "/static/{proxy+}"}};
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *method = NULL;
    g_autofree char *path = NULL;
    route_split(cases[i][0], &method, &path);
    g_assert_cmpstr(method, ==, cases[i][1]);
    g_assert_cmpstr(path, ==, cases[i][2]);
  }
}

static void test_route_keys(void)
{
  static const char *const keys[][2] = {
      {"GET no-slash", "GET /no-slash"}, {"GET /a", "GET /a"}, {"no-slash", "/no-slash"},
      {"POST  a/:id", "POST  /a/:id"},   {"GET *", "GET *"},   {"", ""}};
  for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
    g_autofree char *key = route_key(keys[i][0]);
    g_assert_cmpstr(key, ==, keys[i][1]);
  }
  static const struct {
    const char *one, *other;
    bool do_meet;
  } pairs[] = {{"GET /a/:id", "GET /a/{key}", true},
               {"GET /a/:id", "GET /a/b", false},
               {"GET,POST /a", "POST /a", true},
               {"GET /a", "POST /a", false},
               {"/a", "GET /a", false},
               {"/a", "/a", true},
               {"GET /a/*", "GET /a/:rest", false},
               {"GET /a/:id/b", "GET /a/:id/c", false}};
  for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
    g_assert_cmpint(routes_meet(pairs[i].one, pairs[i].other), ==, pairs[i].do_meet);
  }
}

static void test_schedules(void)
{
  static const char *const cases[][3] = {{"0 2 * * *", "cron(0 2 * * ? *)", "0 2 * * *"},
                                         {"30 4 * * 1", "cron(30 4 ? * 2 *)", "30 4 * * 1"},
                                         {"60s", "rate(1 minute)", "* * * * *"},
                                         {"7200", "rate(2 hours)", "0 */2 * * *"},
                                         {"@daily", "cron(0 0 * * ? *)", "0 0 * * *"},
                                         {"61 25 * * *", NULL, NULL},
                                         {"0 2 31 2 *", NULL, NULL},
                                         {"0 2 * * 8", NULL, NULL},
                                         {"*/0 2 * * *", NULL, NULL},
                                         {"0 2 29 2 *", "cron(0 2 29 2 ? *)", "0 2 29 2 *"},
                                         {"nightly-report", NULL, NULL}};
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *aws = aws_schedule(cases[i][0]);
    g_autofree char *cron = cron_schedule(cases[i][0]);
    g_assert_cmpstr(aws, ==, cases[i][1]);
    g_assert_cmpstr(cron, ==, cases[i][2]);
  }
}

static void test_cloud_names(void)
{
  static const struct {
    const char *name;
    enum cloud_place place;
    const char *expected;
  } kept[] = {{"get-products-id", GOOGLE_SERVICE, "get-products-id"},
              {"Mail_Queue.v2", AWS_QUEUE, "mail-queue-v2"},
              {"Mail_Queue", AWS_FUNCTION, "Mail_Queue"},
              {"2-fast", KUBERNETES_OBJECT, "f-2-fast"},
              {"get-api-v1-customers-customer-id-invoices-credits", GOOGLE_SERVICE,
               "get-api-v1-customers-customer-id-invoices-credits"}};
  for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
    g_autofree char *name = cloud_name(kept[i].name, kept[i].place);
    g_assert_cmpstr(name, ==, kept[i].expected);
  }
}

/* Names that differ behind every limit stay different, and within it. */
static void test_long_cloud_names(void)
{
  static const size_t most[N_CLOUD_PLACES] = {[AWS_FUNCTION] = 64,
                                              [AWS_QUEUE] = 80,
                                              [AWS_STREAM] = 128,
                                              [AWS_BUCKET] = 35,
                                              [AWS_BUCKET_PREFIX] = 36,
                                              [GOOGLE_SERVICE] = 49,
                                              [GOOGLE_ACCOUNT] = 30,
                                              [GOOGLE_TOPIC] = 255,
                                              [GOOGLE_BUCKET] = 32,
                                              [GOOGLE_SECRET] = 255,
                                              [AZURE_APP] = 44,
                                              [AZURE_QUEUE] = 56,
                                              [AZURE_CONTAINER] = 63,
                                              [AZURE_HUB] = 256,
                                              [AZURE_SECRET] = 127,
                                              [KUBERNETES_OBJECT] = 63,
                                              [KUBERNETES_SECRET] = 253,
                                              [KAFKA_TOPIC] = 249,
                                              [IMAGE] = 128};
  g_autofree char *stem = g_strnfill(300, 'a');
  for (int i = 0; i < N_CLOUD_PLACES; i++) {
    static const char *const ends[] = {"-lines", "-credits", "", "-lines-failed"};
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t j = 0; j < G_N_ELEMENTS(ends); j++) {
      g_autofree char *name = g_strconcat(stem, ends[j], NULL);
      char *own = cloud_name(name, (enum cloud_place)i);
      g_assert_true(most[i] == 0 || strlen(own) <= most[i]);
      g_assert_true(g_hash_table_add(seen, own));
    }
  }
  g_autofree char *cut = cloud_name("orders-of-a-very-long-service-name", GOOGLE_ACCOUNT);
  g_assert_cmpstr(cut, ==, "orders-of-a-very-long-e5df0356");
  g_autofree char *filled = cloud_name("put", GOOGLE_ACCOUNT);
  g_assert_cmpstr(filled, ==, "put-373cb2c6");
  g_autofree char *stem_one = g_strconcat(stem, "one", NULL);
  g_autofree char *one = camel_name(stem);
  g_autofree char *other = camel_name(stem_one);
  g_assert_cmpstr(one, !=, other);
  g_assert_cmpuint(strlen(one), ==, 100);
}

static void test_folder_names(void)
{
  static const char *const kept[] = {"shop-orders", "lib_x.y-2", "_z"};
  static const char *const changed[] = {"..",       "a b", "a/b",     "a-\303\274${x}",
                                        "Rooms\"q", "",    ".hidden", "a..b"};
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
    g_autofree char *name = folder_name(kept[i]);
    g_assert_cmpstr(name, ==, kept[i]);
  }
  for (size_t i = 0; i < G_N_ELEMENTS(changed); i++) {
    char *name = folder_name(changed[i]);
    g_assert_false(cloud_name_can_be(changed[i]));
    g_assert_true(cloud_name_can_be(name));
    g_assert_true(g_hash_table_add(seen, name));
  }
  g_autofree char *endless = g_strnfill(300, 'a');
  g_autofree char *name = folder_name(endless);
  g_assert_cmpuint(strlen(name), ==, 200);
}

static char *new_folder(void)
{
  g_autoptr(GError) error = NULL;
  char *folder = g_dir_make_tmp("cleave-generate-XXXXXX", &error);
  g_assert_no_error(error);
  return folder;
}

static void remove_folder(const char *folder)
{
  g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
  const char *name = NULL;
  while (entries && (name = g_dir_read_name(entries))) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
      remove_folder(path);
    } else {
      g_remove(path);
    }
  }
  g_rmdir(folder);
}

static const char source[] = "struct db *g_db;\n"
                             "int main(int argc, char **argv)\n"
                             "{\n"
                             "  /* open( */ const char *t = \"open(\";\n"
                             "  if (open(t, (1 + 2)) != 0 || second() < 0)\n"
                             "    return 1;\n"
                             "  g_db = connect(config.url);\n"
                             "  if ((g_db = again()) == NULL) { fail(); return 2; }\n"
                             "  if (argc > 1)\n"
                             "    extra();\n"
                             "  last(\n"
                             "      1);\n"
                             "  if readable(1) return 3;\n"
                             "  say(\"a  /* b */\", /* why, */ 'c', // so\n"
                             "      (x, y), \"\\\"  ,\");\n"
                             "}\n";

struct call_case {
  int line;
  const char *callee;
  const char *expression, *assigned, *fails;
  bool is_conditional;
};

static void test_call_arguments(void)
{
  static const struct {
    const char *expression, *arguments;
  } cases[] = {
      {"say(\"a, b\", f(1, 2), {3, 4}, x[5, 6])", "\"a, b\"|f(1, 2)|{3, 4}|x[5, 6]"},
      {"none()", ""},
      {"none( )", ""},
      {"one( 'a,' )", "'a,'"},
      {"open(1, 2", ""},
      {"name", ""},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_auto(GStrv) arguments = source_call_arguments(cases[i].expression);
    g_autofree char *joined = g_strjoinv("|", arguments);
    g_assert_cmpstr(joined, ==, cases[i].arguments);
  }
}

static void test_source_calls(void)
{
  static const struct call_case cases[] = {
      {5, "open", "open(t, (1 + 2))", NULL, "result != 0", false},
      {5, "second", "second()", NULL, "result < 0", false},
      {7, "connect", "connect(config.url)", "g_db", NULL, false},
      {8, "again", "again()", "g_db", "(result) == NULL", false},
      {10, "extra", "extra()", NULL, NULL, true},
      {11, "last", "last( 1)", NULL, NULL, false},
      {13, "readable", "readable(1)", NULL, NULL, true}, /* a macro's parentheses */
      {14, "say", "say(\"a  /* b */\", 'c', (x, y), \"\\\"  ,\")", NULL, NULL, false},
  };
  g_autofree char *folder = new_folder();
  g_autofree char *path = g_build_filename(folder, "main.c", NULL);
  g_assert_true(g_file_set_contents(path, source, -1, NULL));
  struct source_texts texts;
  source_texts_init(&texts, folder);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct source_call call;
    g_assert_true(source_texts_call(&texts, "main.c", cases[i].line, 0, cases[i].callee, &call));
    g_assert_cmpstr(call.expression, ==, cases[i].expression);
    g_assert_cmpstr(call.assigned, ==, cases[i].assigned);
    g_assert_cmpstr(call.fails, ==, cases[i].fails);
    g_assert_cmpint(call.is_conditional, ==, cases[i].is_conditional);
    source_call_clear(&call);
  }
  struct source_call none;
  g_assert_false(source_texts_call(&texts, "main.c", 4, 0, "open", &none));
  g_assert_false(source_texts_call(&texts, "missing.c", 1, 0, "open", &none));
  g_assert_false(source_texts_call(&texts, "main.c", 99, 0, "open", &none));
  source_texts_clear(&texts);
  remove_folder(folder);
}

/* What becomes of the result of call() on one line, and of the branch behind its test. */
static void test_source_results(void)
{
  static const struct {
    const char *line;
    enum source_result_use use;
    const char *condition, *branch;
  } cases[] = {
      {"if (call(a, (b))) stop(1);", SOURCE_RESULT_TESTED, "result != 0", "stop(1);"},
      {"if (!call(a)) { stop(1); go(); } else x();", SOURCE_RESULT_TESTED, "result == 0",
       "{ stop(1); go(); }"},
      {"if (t && call(a) != 0) return;", SOURCE_RESULT_TESTED, "result != 0", "return;"},
      {"if ((rc = call()) < 0) return;", SOURCE_RESULT_TESTED, "result < 0", "return;"},
      {"int rc = call(); say(\"rc\"); if (rc == -1) { out(); }", SOURCE_RESULT_TESTED,
       "result == -1", "{ out(); }"},
      {"rc = (int)call(); if (rc) out();", SOURCE_RESULT_TESTED, "result != 0", "out();"},
      {"int rc = call(); return rc;", SOURCE_RESULT_RETURNED, NULL, NULL},
      {"if (x) return call(a);", SOURCE_RESULT_RETURNED, NULL, NULL},
      {"call(a);", SOURCE_RESULT_DROPPED, NULL, NULL},
      {"if (x) call(a); else y();", SOURCE_RESULT_DROPPED, NULL, NULL},
      {"(void)call(a);", SOURCE_RESULT_DROPPED, NULL, NULL},
      {"if (call(a) == LIMIT) return;", SOURCE_RESULT_UNKNOWN, NULL, NULL},
      {"if (call(a) + 1) return;", SOURCE_RESULT_UNKNOWN, NULL, NULL},
      {"use(call(a));", SOURCE_RESULT_UNKNOWN, NULL, NULL},
      {"while (call(a)) go();", SOURCE_RESULT_UNKNOWN, NULL, NULL},
      {"rc = call(a); }", SOURCE_RESULT_UNKNOWN, NULL, NULL},
      {"other(a);", SOURCE_RESULT_UNKNOWN, NULL, NULL},
  };
  g_autofree char *folder = new_folder();
  struct source_texts texts;
  source_texts_init(&texts, folder);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *name = g_strdup_printf("%zu.c", i);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *body = g_strdup_printf("int f(void)\n{\n  %s\n}\n", cases[i].line);
    g_assert_true(g_file_set_contents(path, body, -1, NULL));
    struct source_result result;
    source_texts_result(&texts, name, 3, 0, "call", &result);
    if (result.use != cases[i].use) {
      g_test_message("%s", cases[i].line);
    }
    g_assert_cmpint(result.use, ==, cases[i].use);
    g_assert_cmpstr(result.condition, ==, cases[i].condition);
    g_assert_cmpstr(result.branch, ==, cases[i].branch);
    source_result_clear(&result);
  }
  source_texts_clear(&texts);
  remove_folder(folder);
}

/* Writes one generation of two files; returns what was kept. */
static GPtrArray *write_two(const char *folder, const char *first, const char *second)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(product_owner) product = product_new(folder, &error);
  g_assert_no_error(error);
  if (first) {
    product_add(product, "a/first.txt", g_strdup(first));
  }
  if (second) {
    product_add(product, "second.txt", g_strdup(second));
  }
  g_assert_true(product_write(product, &error));
  g_assert_no_error(error);
  return g_ptr_array_ref(product->kept);
}

static void assert_file(const char *folder, const char *name, const char *expected)
{
  g_autofree char *path = g_build_filename(folder, name, NULL);
  g_autofree char *text = NULL;
  g_file_get_contents(path, &text, NULL, NULL);
  g_assert_cmpstr(text, ==, expected);
}

/* A file that a person changed is never overwritten. */
static void test_kept_files(void)
{
  g_autofree char *folder = new_folder();
  g_autofree char *path = g_build_filename(folder, "a", "first.txt", NULL);
  g_ptr_array_unref(write_two(folder, "one", "two"));
  g_assert_true(g_file_set_contents(path, "mine", -1, NULL));
  g_autoptr(GPtrArray) same = write_two(folder, "one", "two");
  g_assert_cmpuint(same->len, ==, 1);
  assert_file(folder, "a/first.txt", "mine");
  assert_file(folder, "a/first.txt.new", NULL);
  g_autoptr(GPtrArray) kept = write_two(folder, "newer", "two again");
  g_assert_cmpuint(kept->len, ==, 1);
  assert_file(folder, "a/first.txt", "mine");
  assert_file(folder, "a/first.txt.new", "newer");
  assert_file(folder, "second.txt", "two again");
  g_assert_true(g_file_set_contents(path, "newest", -1, NULL));
  g_autoptr(GPtrArray) taken = write_two(folder, "newest", "two again");
  g_assert_cmpuint(taken->len, ==, 0);
  assert_file(folder, "a/first.txt.new", NULL);
  remove_folder(folder);
}

/* A file that lay there before the first generation is a person's too. */
static void test_foreign_file(void)
{
  g_autofree char *folder = new_folder();
  g_autofree char *path = g_build_filename(folder, "second.txt", NULL);
  g_assert_true(g_file_set_contents(path, "was here", -1, NULL));
  g_autoptr(GPtrArray) kept = write_two(folder, "one", "two");
  g_assert_cmpuint(kept->len, ==, 1);
  assert_file(folder, "second.txt", "was here");
  assert_file(folder, "second.txt.new", "two");
  remove_folder(folder);
}

/* What is no longer generated goes, unless a person changed it. */
static void test_stale_files(void)
{
  g_autofree char *folder = new_folder();
  g_autofree char *path = g_build_filename(folder, "second.txt", NULL);
  g_ptr_array_unref(write_two(folder, "one", "two"));
  g_ptr_array_unref(write_two(folder, NULL, "two"));
  assert_file(folder, "a/first.txt", NULL);
  g_assert_true(g_file_set_contents(path, "mine", -1, NULL));
  g_ptr_array_unref(write_two(folder, "one", NULL));
  assert_file(folder, "second.txt", "mine");
  remove_folder(folder);
}

static void test_damaged_manifest(void)
{
  g_autofree char *folder = new_folder();
  g_autofree char *path = g_build_filename(folder, PRODUCT_MANIFEST, NULL);
  g_assert_true(g_file_set_contents(path, "{\"files\": [", -1, NULL));
  g_autoptr(GError) error = NULL;
  g_assert_null(product_new(folder, &error));
  g_assert_nonnull(error);
  g_assert_nonnull(strstr(error->message, "not a manifest"));
  remove_folder(folder);
}

/* Pointers, at any depth, and what does not travel: nobody knows what stands there. */
static void test_shapes_with_pointers(void)
{
  static const struct {
    enum shape_kind kind;
    bool holds;
  } rows[] = {{SHAPE_VOID, false},       {SHAPE_BOOLEAN, false}, {SHAPE_INTEGER, false},
              {SHAPE_FLOAT, false},      {SHAPE_ENUM, false},    {SHAPE_STRING, true},
              {SHAPE_TEXT_ARRAY, false}, {SHAPE_TEXT, true},     {SHAPE_BYTES, true},
              {SHAPE_BYTE_ARRAY, false}, {SHAPE_POINTER, true},  {SHAPE_COUNTED, true},
              {SHAPE_TERMINATED, true},  {SHAPE_LIST, true},     {SHAPE_OMITTED, true},
              {SHAPE_COUNT, false}};
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    struct shape *shape = shape_new(rows[i].kind);
    struct member member = {.name = "m", .shape = shape};
    struct member plain = {.name = "n", .shape = shape_new(SHAPE_INTEGER)};
    g_autoptr(GPtrArray) members = g_ptr_array_new();
    g_ptr_array_add(members, &plain);
    g_ptr_array_add(members, &member);
    struct shape record = {.kind = SHAPE_STRUCT, .members = members};
    struct shape either = {.kind = SHAPE_UNION, .members = members};
    struct shape array = {.kind = SHAPE_ARRAY, .element = &record, .length = 2};
    g_assert_cmpint(shape_holds_pointers(shape), ==, rows[i].holds);
    g_assert_cmpint(shape_holds_pointers(&record), ==, rows[i].holds);
    g_assert_cmpint(shape_holds_pointers(&either), ==, rows[i].holds);
    g_assert_cmpint(shape_holds_pointers(&array), ==, rows[i].holds);
    shape_free(plain.shape);
    shape_free(shape);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/generate/c/literals", test_literals);
  g_test_add_func("/generate/c/identifiers", test_identifiers);
  g_test_add_func("/generate/c/declarators", test_declarators);
  g_test_add_func("/generate/c/expressions", test_expressions);
  g_test_add_func("/generate/c/comment", test_comment);
  g_test_add_func("/generate/yaml", test_yaml);
  g_test_add_func("/generate/shapes/pointers", test_shapes_with_pointers);
  g_test_add_func("/generate/trigger/routes", test_routes);
  g_test_add_func("/generate/trigger/keys", test_route_keys);
  g_test_add_func("/generate/trigger/schedules", test_schedules);
  g_test_add_func("/generate/cloud-names/kept", test_cloud_names);
  g_test_add_func("/generate/cloud-names/long", test_long_cloud_names);
  g_test_add_func("/generate/cloud-names/folders", test_folder_names);
  g_test_add_func("/generate/source/calls", test_source_calls);
  g_test_add_func("/generate/source/results", test_source_results);
  g_test_add_func("/generate/call-arguments", test_call_arguments);
  g_test_add_func("/generate/product/kept", test_kept_files);
  g_test_add_func("/generate/product/foreign", test_foreign_file);
  g_test_add_func("/generate/product/stale", test_stale_files);
  g_test_add_func("/generate/product/manifest", test_damaged_manifest);
  return g_test_run();
}
