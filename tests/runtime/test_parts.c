/* The runtime's small parts by tables: routes, encodings, traces, JSON bounds, replies. */
#include "splitter/runtime/encoding.h"
#include "splitter/runtime/json.h"
#include "splitter/runtime/reply.h"
#include "splitter/runtime/route.h"
#include "splitter/runtime/settings.h"
#include "splitter/runtime/trace.h"
#include "splitter/runtime/whisk.h"

#include <glib.h>
#include <string.h>

static void test_routes(void)
{
  static const struct {
    const char *pattern, *method, *path;
    enum route_match match;
    const char *parameters; /* name=value pairs in order */
  } rows[] = {
      {"", "GET", "/x", ROUTE_MATCH, ""},
      {NULL, "GET", "/x", ROUTE_MATCH, ""},
      {"/price/{sku}", "GET", "/price/a%20b", ROUTE_MATCH, "sku=a b "},
      {"/price/:sku", "GET", "/price/a", ROUTE_MATCH, "sku=a "},
      {"/price/<sku>/of/{n}", "GET", "/price/a/of/2", ROUTE_MATCH, "sku=a n=2 "},
      {"/price/{sku}", "GET", "/price/", ROUTE_NONE, ""},
      {"/price/{sku}", "GET", "/price/a/", ROUTE_NONE, ""},
      {"/price/{sku}", "GET", "/Price/a", ROUTE_NONE, ""},
      {"/price/{sku}", "GET", "/price/a%00b", ROUTE_NUL, ""},
      {"/price/{sku}", "GET", "/price/a%2Fb", ROUTE_MATCH, "sku=a/b "},
      {"/files/*", "GET", "/files/a/b%20c", ROUTE_MATCH, "*=a/b c "},
      {"/files/*", "GET", "/files/", ROUTE_MATCH, "*= "},
      {"/files/*", "GET", "/files", ROUTE_NONE, ""},
      {"/files/{path+}", "GET", "/files/a/b", ROUTE_MATCH, "path=a/b "},
      {"/files/<*path>", "GET", "/files/a/b", ROUTE_MATCH, "path=a/b "},
      {"/files/{*path}", "GET", "/files/a/b", ROUTE_MATCH, "path=a/b "},
      {"/a%20b", "GET", "/a%20b", ROUTE_MATCH, ""},
      {"/a b", "GET", "/a%20b", ROUTE_MATCH, ""},
      {"POST /x", "GET", "/x", ROUTE_OTHER_METHOD, ""},
      {"GET /x", "HEAD", "/x", ROUTE_MATCH, ""},
      {"GET,PUT /x", "PUT", "/x", ROUTE_MATCH, ""},
      {"GET|PUT /x", "PU", "/x", ROUTE_OTHER_METHOD, ""},
      {"ANY /x", "DELETE", "/x", ROUTE_MATCH, ""},
      {"* /x", "DELETE", "/x", ROUTE_MATCH, ""},
      {"POST", "POST", "/any", ROUTE_MATCH, ""},
      {"/", "GET", "/", ROUTE_MATCH, ""},
      {"/", "GET", "/x", ROUTE_NONE, ""},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    struct arena arena;
    struct fields found = {NULL, 0, 0};
    g_autoptr(GString) text = g_string_new("");
    arena_init(&arena);
    enum route_match match =
        route_match(rows[i].pattern, rows[i].method, rows[i].path, &arena, &found);
    for (size_t n = 0; n < found.n_items; n++) {
      g_string_append_printf(text, "%s=%s ", found.items[n].name, found.items[n].value);
    }
    g_test_message("%s %s %s", rows[i].pattern, rows[i].method, rows[i].path);
    g_assert_cmpint(match, ==, rows[i].match);
    g_assert_cmpstr(text->str, ==, rows[i].parameters);
    arena_clear(&arena);
  }
}

static void test_precedence(void)
{
  static const struct cleave_function functions[] = {
      {.name = "rest", .trigger = CLEAVE_HTTP, .key = "/a/*"},
      {.name = "id", .trigger = CLEAVE_HTTP, .key = "/a/{id}"},
      {.name = "list", .trigger = CLEAVE_HTTP, .key = "/a/list"},
      {.name = "make", .trigger = CLEAVE_HTTP, .key = "POST /a/list"},
      {.name = "queue", .trigger = CLEAVE_QUEUE, .key = "/a/list"},
  };
  static const struct {
    const char *method, *path, *name;
    int failure;
  } rows[] = {
      {"GET", "/a/list", "list", 0},
      {"GET", "/a/7", "id", 0},
      {"GET", "/a/7/b", "rest", 0},
      {"GET", "/b", NULL, 404},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    struct arena arena;
    struct fields found = {NULL, 0, 0};
    int failure = 0;
    arena_init(&arena);
    const struct cleave_function *function = route_find(
        functions, G_N_ELEMENTS(functions), rows[i].method, rows[i].path, &arena, &found, &failure);
    g_assert_cmpstr(function ? function->name : NULL, ==, rows[i].name);
    if (!function) {
      g_assert_cmpint(failure, ==, rows[i].failure);
    }
    arena_clear(&arena);
  }
  struct arena arena;
  struct fields found = {NULL, 0, 0};
  int failure = 0;
  arena_init(&arena);
  g_assert_null(route_find(&functions[3], 1, "GET", "/a/list", &arena, &found, &failure));
  g_assert_cmpint(failure, ==, 405);
  arena_clear(&arena);
}

/* GLib's own decoder is the oracle. */
static void test_base64(void)
{
  struct arena arena;
  arena_init(&arena);
  GRand *random = g_rand_new_with_seed(3);
  for (int round = 0; round < 2000; round++) {
    guint8 bytes[64];
    gsize n = (gsize)g_rand_int_range(random, 0, 64);
    for (gsize i = 0; i < n; i++) {
      bytes[i] = (guint8)g_rand_int_range(random, 0, 256);
    }
    g_autofree char *expected = g_base64_encode(bytes, n);
    char ours[128];
    size_t length;
    base64_encode(bytes, n, ours);
    g_assert_cmpstr(ours, ==, expected);
    char *back = base64_decode(&arena, ours, strlen(ours), &length);
    g_assert_true(back && length == n && memcmp(back, bytes, n) == 0);
    size_t n_unpadded = strcspn(ours, "=");
    back = base64_decode(&arena, ours, n_unpadded, &length);
    g_assert_true(back && length == n && memcmp(back, bytes, n) == 0);
  }
  g_rand_free(random);
  static const char *const bad[] = {"a", "aGk*", "a=b=", "====", "aG k", "-_-_", "aGk=="};
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
    size_t length;
    g_test_message("%s", bad[i]);
    g_assert_null(base64_decode(&arena, bad[i], strlen(bad[i]), &length));
  }
  arena_clear(&arena);
}

/* GLib's own escaping, which ends at a NUL, is the oracle; what is encoded comes back. */
static void test_percent(void)
{
  struct arena arena;
  arena_init(&arena);
  GRand *random = g_rand_new_with_seed(5);
  for (int round = 0; round < 2000; round++) {
    guint8 bytes[64];
    gsize n = (gsize)g_rand_int_range(random, 0, 64);
    for (gsize i = 0; i < n; i++) {
      bytes[i] = (guint8)g_rand_int_range(random, 1, 256);
    }
    g_autofree char *expected = g_uri_escape_bytes(bytes, n, "/");
    char *ours = percent_encode(&arena, (const char *)bytes, n, "-_.~/");
    g_assert_cmpstr(ours, ==, expected);
    size_t length;
    char *back = percent_decode(&arena, ours, strlen(ours), false, &length);
    g_assert_true(length == n && memcmp(back, bytes, n) == 0);
  }
  g_rand_free(random);
  g_assert_cmpstr(percent_encode(&arena, "a\0b", 3, ""), ==, "a%00b");
  arena_clear(&arena);
}

/* g_utf8_validate_len() is the oracle; it refuses NUL, which we allow. */
static void test_utf8(void)
{
  GRand *random = g_rand_new_with_seed(4);
  static const char *const seeds[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                      "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "\xFF",     "abc",          "\xE2\x82"};
  for (int round = 0; round < 20000; round++) {
    g_autoptr(GString) text = g_string_new("");
    for (int i = g_rand_int_range(random, 0, 5); i > 0; i--) {
      g_string_append(text, seeds[g_rand_int_range(random, 0, (gint)G_N_ELEMENTS(seeds))]);
    }
    if (text->len > 0 && g_rand_boolean(random)) {
      text->str[g_rand_int_range(random, 0, (gint)text->len)] =
          (char)g_rand_int_range(random, 1, 256);
    }
    g_assert_cmpint(utf8_is_valid(text->str, text->len), ==,
                    g_utf8_validate_len(text->str, text->len, NULL));
    struct arena arena;
    arena_init(&arena);
    char *repaired = utf8_repair(&arena, text->str, text->len);
    g_assert_true(g_utf8_validate(repaired, -1, NULL));
    if (utf8_is_valid(text->str, text->len)) {
      g_assert_cmpstr(repaired, ==, text->str);
    }
    arena_clear(&arena);
  }
  g_rand_free(random);
}

static void test_traces(void)
{
  struct arena arena;
  arena_init(&arena);
  const char *good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  g_assert_true(trace_is_valid(good));
  g_assert_cmpstr(trace_id(&arena, good), ==, "0af7651916cd43dd8448eb211c80319c");
  const char *next = trace_continue(&arena, good);
  g_assert_true(trace_is_valid(next));
  g_assert_true(g_str_has_prefix(next, "00-0af7651916cd43dd8448eb211c80319c-"));
  g_assert_true(g_str_has_suffix(next, "-01"));
  g_assert_cmpstr(next, !=, good);
  static const char *const bad[] = {"",
                                    "00",
                                    "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"};
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_assert_false(trace_is_valid(bad[i]));
    g_assert_true(trace_is_valid(trace_continue(&arena, bad[i])));
  }
  g_assert_cmpstr(
      trace_from_xray(&arena, "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;"
                              "Sampled=0"),
      ==, "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00");
  g_assert_cmpstr(trace_from_xray(&arena, "Root=1-5759e988-bd862e3fe1be46a994272793"), ==, "");
  g_assert_cmpstr(trace_from_xray(&arena, "Root=1-5759;Parent=53995c3f42cd8ad8"), ==, "");
  arena_clear(&arena);
}

static json_t *parse(const char *text)
{
  struct cleave_error error = {0};
  json_t *value = cleave_json_parse((struct cleave_bytes){text, strlen(text)}, &error);
  g_assert_true(value || error.status == 400);
  return value;
}

static void test_json_bounds(void)
{
  g_autoptr(GString) deep = g_string_new("");
  for (int i = 0; i < JSON_DEPTH; i++) {
    g_string_append_c(deep, '[');
  }
  g_string_append(deep, "\"[[[ \\\" ]]]\"");
  for (int i = 0; i < JSON_DEPTH; i++) {
    g_string_append_c(deep, ']');
  }
  json_t *value = parse(deep->str);
  g_assert_nonnull(value);
  json_decref(value);
  g_string_prepend_c(deep, '[');
  g_string_append_c(deep, ']');
  g_assert_null(parse(deep->str));
  static const char *const bad[] = {"{\"a\":1,\"a\":2}", "\"\\u0000\"", "\"", "\"\\", "[1,]", "nan",
                                    "\"\xFF\"",          "\"a\\\\\\\"", "{}}"};
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_test_message("%s", bad[i]);
    g_assert_null(parse(bad[i]));
  }
}

static void test_replies(void)
{
  struct cleave_reply reply;
  reply_init(&reply, 10);
  reply_reset(&reply, NULL);
  g_assert_cmpint(reply_status(&reply), ==, 204);
  g_assert_cmpint(cleave_reply_header(&reply, "X-A", "a\r\nX-B: b"), ==, -1);
  g_assert_cmpint(cleave_reply_header(&reply, "X A", "a"), ==, -1);
  g_assert_cmpint(cleave_reply_header(&reply, "", "a"), ==, -1);
  g_assert_cmpint(cleave_reply_cookie(&reply, "a=1\nb"), ==, -1);
  g_assert_cmpint(cleave_reply_header(&reply, "Content-Type", "a/b"), ==, 0);
  g_assert_cmpint(cleave_reply_header(&reply, "content-type", "c/d"), ==, 0);
  g_assert_cmpint(cleave_reply_header(&reply, "Content-Length", "99"), ==, 0);
  g_assert_cmpuint(reply.headers.n_items, ==, 1);
  g_assert_cmpstr(reply_header(&reply, "CONTENT-TYPE"), ==, "c/d");
  cleave_reply_status(&reply, 42);
  g_assert_cmpint(reply_status(&reply), ==, 200);
  g_assert_cmpint(cleave_reply_write(&reply, "0123456789", 10), ==, 0);
  g_assert_true(reply_is_text(&reply));
  g_assert_cmpint(cleave_reply_write(&reply, "x", 1), ==, -1);
  g_assert_true(reply.is_too_large);
  cleave_reply_clear(&reply);
  cleave_reply_write(&reply, "a\0b", 3);
  g_assert_false(reply_is_text(&reply));
  cleave_reply_clear(&reply);
  cleave_reply_write(&reply, "text", 4);
  cleave_reply_header(&reply, "Content-Encoding", "gzip");
  g_assert_false(reply_is_text(&reply));
  cleave_reply_clear(&reply);
  cleave_reply_write(&reply, "\xFF", 1);
  g_assert_cmpstr(reply_json_text(&reply).data, ==, "{\"base64\":\"/w==\"}");
  g_assert_cmpint(cleave_reply_json(&reply, json_pack("{s:i}", "a", 1)), ==, 0);
  g_assert_cmpstr(reply_json_text(&reply).data, ==, "{\"a\":1}");
  g_assert_cmpint(cleave_reply_json(&reply, json_string("too long by far")), ==, -1);
  reply_clear(&reply);
}

static void test_durations(void)
{
  static const struct {
    const char *text;
    int64_t ms;
  } rows[] = {{"90s", 90000}, {"1m30s", 90000},   {"1.5h", 5400000}, {"300ms", 300},
              {"20", 20000},  {"0", 0},           {"+2s", 2000},     {"1500us", 1},
              {"", -1},       {"-1s", -1},        {"soon", -1},      {"1 s", -1},
              {"1s2", -1},    {"s", -1},          {"1e3s", -1},      {"99999999h", -1},
              {"1..2s", -1},  {"1h0m5s", 3605000}};
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_assert_cmpint(duration_ms(rows[i].text), ==, rows[i].ms);
  }
}

static void test_whisk_types(void)
{
  static const char *const texts[] = {"text/plain",      "application/json",
                                      "application/xml", "application/problem+json",
                                      "TEXT/html; a=b",  "application/x-any; charset=utf-8"};
  static const char *const binaries[] = {"image/png", "image/svg+xml", "application/pdf", ""};
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_assert_false(whisk_type_is_binary(texts[i]));
  }
  for (size_t i = 0; i < G_N_ELEMENTS(binaries); i++) {
    g_assert_true(whisk_type_is_binary(binaries[i]));
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/runtime/routes", test_routes);
  g_test_add_func("/runtime/precedence", test_precedence);
  g_test_add_func("/runtime/base64", test_base64);
  g_test_add_func("/runtime/percent", test_percent);
  g_test_add_func("/runtime/utf8", test_utf8);
  g_test_add_func("/runtime/traces", test_traces);
  g_test_add_func("/runtime/json-bounds", test_json_bounds);
  g_test_add_func("/runtime/replies", test_replies);
  g_test_add_func("/runtime/durations", test_durations);
  g_test_add_func("/runtime/whisk-types", test_whisk_types);
  return g_test_run();
}
