/* What the shop sells. Products are cached until the catalogue's version changes. */
#pragma once

#include "request.h"

struct product {
  long id;
  char sku[24];
  char name[80];
  char category[40];
  char description[200];
  long price_cents;
};

/* Copies a product out: 0, or -1 when there is none. */
int catalogue_find(long id, struct product *product);
int catalogue_set_price(long id, long price_cents);
void catalogue_cache_flush(void);

int catalogue_list(struct request *request, struct response *response);
int catalogue_detail(struct request *request, struct response *response);
int catalogue_categories(struct request *request, struct response *response);
