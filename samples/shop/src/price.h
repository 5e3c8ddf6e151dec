/* What a list of goods costs: discounts, taxes, shipping. */
#pragma once

#include "request.h"

#define PRICE_MAX_LINES 50

struct line {
  long product_id, quantity;
  long price_cents; /* of one piece */
  char name[80];
};

struct lines {
  struct line items[PRICE_MAX_LINES];
  int n;
};

struct price {
  long goods_cents, discount_cents, shipping_cents;
  long tax_cents; /* contained in the total */
  long total_cents;
};

/* 0, or -1 for a country the shop does not ship to. */
int price_of_lines(const struct lines *lines, const char *country, struct price *price);

int price_quote(struct request *request, struct response *response);
