#include "shop.h"

static const struct {
  const char *country;
  long shipping_cents;
  long free_from_cents;
  int has_own_tax;
} price_zones[] = {
    {"DE", 490, 5000, 0}, {"AT", 790, 8000, 0}, {"FR", 990, 10000, 0}, {"CH", 1490, 20000, 1}, {"NO", 1990, 30000, 1},
};

int price_of_lines(const struct lines *lines, const char *country, struct price *price) {
  size_t zone = 0, n_zones = sizeof price_zones / sizeof *price_zones;
  while (zone < n_zones && strcmp(price_zones[zone].country, country)) zone++;
  if (zone == n_zones) return -1;
  memset(price, 0, sizeof *price);
  long n_pieces = 0;
  for (int i = 0; i < lines->n; i++) {
    price->goods_cents += lines->items[i].quantity * lines->items[i].price_cents;
    n_pieces += lines->items[i].quantity;
  }
  if (n_pieces >= 10) price->discount_cents = price->goods_cents / 20;
  long goods = price->goods_cents - price->discount_cents;
  price->shipping_cents = goods >= price_zones[zone].free_from_cents ? 0 : price_zones[zone].shipping_cents;
  price->total_cents = goods + price->shipping_cents;
  if (!price_zones[zone].has_own_tax)
    price->tax_cents = price->total_cents * config.tax_percent / (100 + config.tax_percent);
  return 0;
}

/* "3:2,7:1" is two of product 3 and one of product 7. */
static int price_parse_items(const char *items, struct lines *lines) {
  char *copy = mem_string(items), *rest = NULL;
  int status = 0;
  lines->n = 0;
  for (char *item = strtok_r(copy, ",", &rest); item && status == 0; item = strtok_r(NULL, ",", &rest)) {
    char *colon = strchr(item, ':');
    struct product product;
    struct line *line = &lines->items[lines->n];
    if (colon) *colon = '\0';
    if (lines->n == PRICE_MAX_LINES || !colon || str_to_long(item, &line->product_id) != 0 ||
        str_to_long(colon + 1, &line->quantity) != 0 || line->quantity < 1 || line->quantity > 1000 ||
        catalogue_find(line->product_id, &product) != 0) {
      status = -1;
    } else {
      line->price_cents = product.price_cents;
      str_set(line->name, product.name);
      lines->n++;
    }
  }
  free(copy);
  return lines->n ? status : -1;
}

int price_quote(struct request *request, struct response *response) {
  const char *items = request_arg(request, "items");
  const char *country = request_arg(request, "country");
  struct lines lines;
  struct price price;
  if (!items || price_parse_items(items, &lines) != 0)
    return response_error(response, 400, "items must be a list of product:quantity");
  if (price_of_lines(&lines, country ? country : "DE", &price) != 0)
    return response_error(response, 400, "the shop does not ship there");
  json_write(&response->body,
             "{'goods_cents':%l,'discount_cents':%l,'shipping_cents':%l,'tax_cents':%l,'total_cents':%l}",
             price.goods_cents, price.discount_cents, price.shipping_cents, price.tax_cents, price.total_cents);
  return 0;
}
