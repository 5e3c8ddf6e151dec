/* Tests of what needs no server. */
#include "shop.h"

static int n_failed;

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                  \
      n_failed++;                                                                                                      \
    }                                                                                                                  \
  } while (0)

/* The core wants to hand jobs over; here they are only counted. */
static int n_jobs;

int notify(const char *kind UNUSED, const char *payload UNUSED) {
  n_jobs++;
  return 0;
}

static void test_strings(void) {
  long value = 7;
  CHECK(str_to_long("42", &value) == 0 && value == 42);
  CHECK(str_to_long("42x", &value) == -1 && value == 42);
  CHECK(str_to_long("", &value) == -1 && str_to_long("99999999999999999999", &value) == -1);
  char text[] = "  two words ", *words[2];
  CHECK(!strcmp(str_trim(text), "two words"));
  CHECK(str_split(text, words, 2) == 2 && !strcmp(words[1], "words"));
  char *decoded = str_url_decode("a%20b+c%zz%4", 12);
  CHECK(!strcmp(decoded, "a b c%zz%4"));
  free(decoded);
}

static void test_json(void) {
  struct buffer out;
  buffer_init(&out);
  json_write(&out, "[");
  json_item(&out, "{'total':%l,'name':%s}", -5L, "a \"b\"\n\\");
  json_item(&out, "%l", 2L);
  json_write(&out, "]");
  CHECK(!strcmp(out.data, "[{\"total\":-5,\"name\":\"a \\\"b\\\"\\u000a\\\\\"},2]"));
  buffer_clear(&out);
}

static void test_requests(void) {
  struct request *request = request_new("GET", "/carts/12/items/a%2Fb?x=1&y&x=2");
  CHECK(!strcmp(request->path, "/carts/12/items/a/b"));
  CHECK(!strcmp(request_arg(request, "x"), "1") && !strcmp(request_arg(request, "y"), ""));
  request_add_header(request, "Content-Type", "application/x-www-form-urlencoded");
  request_set_body(request, "n=3", 3);
  long n = 0;
  CHECK(request_arg_long(request, "n", &n) == 0 && n == 3);
  CHECK(!request_arg(request, "z") && request_header(request, "content-type"));
  request_free(request);
}

static void test_prices(void) {
  struct lines lines = {.items = {{1, 2, 1000, "a"}, {2, 1, 500, "b"}}, .n = 2};
  struct price price;
  config.tax_percent = 19;
  CHECK(price_of_lines(&lines, "DE", &price) == 0 && price.goods_cents == 2500);
  CHECK(price.shipping_cents == 490 && price.total_cents == 2990 && price.tax_cents == 477);
  lines.items[0].quantity = 9;
  CHECK(price_of_lines(&lines, "CH", &price) == 0 && price.discount_cents == 475 && price.tax_cents == 0);
  CHECK(price_of_lines(&lines, "XX", &price) == -1);
}

static void test_pictures(void) {
  struct picture picture, small;
  const char data[] = "P6\n2 1\n255\nabcdef";
  CHECK(picture_parse("P5\n2 1\n255\nabcdef", 17, &picture) == -1);
  CHECK(picture_parse(data, 16, &picture) == -1);
  CHECK(picture_parse(data, 17, &picture) == 0);
  picture_shrink(&picture, 1, &small);
  CHECK(small.width == 1 && small.height == 1 && small.pixels[0] == ('a' + 'd' + 1) / 2);
  free(picture.pixels);
  free(small.pixels);
}

static void test_transactions(void) {
  long n = 0;
  CHECK(db_init() == 0 && schema_init() == 0 && order_init() == 0);
  CHECK(stock_quantity(1, &n) == 0 && n == 40);
  CHECK(db_begin() == 0 && stock_reserve(1, 5, 9) == 0 && db_rollback() == -1);
  CHECK(stock_quantity(1, &n) == 0 && n == 40);
  CHECK(db_begin() == 0 && db_begin() == 0 && stock_reserve(1, 5, 9) == 0);
  CHECK(db_rollback() == -1 && db_commit() == -1);
  CHECK(stock_quantity(1, &n) == 0 && n == 40);
  CHECK(stock_reserve(1, 41, 9) == 1 && stock_reserve(1, 40, 9) == 0 && n_jobs == 1);
  long order_id = 0;
  CHECK(order_place(1, 77, "DE", "card", "4111111111111111", &order_id) == ORDER_EMPTY);
  db_close(g_db);
}

int main(void) {
  setenv("SHOP_DATABASE_URL", "sqlite::memory:", 1);
  CHECK(config_init() == 0);
  test_strings();
  test_json();
  test_requests();
  test_prices();
  test_pictures();
  test_transactions();
  catalogue_cache_flush();
  return n_failed ? 1 : 0;
}
