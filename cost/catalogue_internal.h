/* What catalogue_read.c and catalogue_price.c share: the state of reading one file. */
#ifndef CLEAVE_COST_CATALOGUE_INTERNAL_H
#define CLEAVE_COST_CATALOGUE_INTERNAL_H

#include "cost/catalogue.h"
#include "cost/document.h"

#define MAX_QUANTITY "1e30"

struct reader {
  struct catalogue *catalogue;
  const struct document *document;
  struct cloud *cloud;
  GHashTable *sources; /* ids of this file -> struct price_source * */
};

/* The source that a mapping names; NULL with an error at key when there is none. */
const struct price_source *reader_find_source(struct reader *reader, const struct node *mapping,
                                              const struct node *key, GError **error);

/* The meter of that name, made when it is not there; refused when it has another unit or cloud. */
struct meter *reader_find_or_add_meter(struct reader *reader, const struct node *key,
                                       const char *unit, GError **error);

/* The price of one region, for per units each. */
bool reader_read_price(struct reader *reader, struct meter *meter, const struct node *key,
                       const struct node *entry, const struct decimal *per, GError **error);

#endif
