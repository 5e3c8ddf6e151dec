#include "catalogue.h"

#include "db.h"
#include "json.h"
#include "mem.h"
#include "stats.h"

#include <pthread.h>
#include <stdlib.h>

#define CATALOGUE_BUCKETS 64
#define CATALOGUE_PAGE 10

struct cached_product {
  struct product product;
  struct cached_product *next;
};

static struct cached_product *catalogue_cache[CATALOGUE_BUCKETS];
static long catalogue_cache_version;
static pthread_mutex_t catalogue_lock = PTHREAD_MUTEX_INITIALIZER;

static void catalogue_cache_empty(void)
{
  for (int i = 0; i < CATALOGUE_BUCKETS; i++)
    while (catalogue_cache[i]) {
      struct cached_product *cached = catalogue_cache[i];
      catalogue_cache[i] = cached->next;
      free(cached);
    }
}

void catalogue_cache_flush(void)
{
  pthread_mutex_lock(&catalogue_lock);
  catalogue_cache_empty();
  pthread_mutex_unlock(&catalogue_lock);
}

static int catalogue_cache_get(long id, long version, struct product *product)
{
  int status = -1;
  pthread_mutex_lock(&catalogue_lock);
  if (version != catalogue_cache_version) {
    catalogue_cache_empty();
    catalogue_cache_version = version;
  }
  for (struct cached_product *cached = catalogue_cache[id % CATALOGUE_BUCKETS]; cached;
       cached = cached->next)
    if (cached->product.id == id) {
      *product = cached->product;
      status = 0;
    }
  pthread_mutex_unlock(&catalogue_lock);
  return status;
}

/* Somebody else may have been faster, or the price may have changed meanwhile. */
static void catalogue_cache_put(const struct product *product, long version)
{
  pthread_mutex_lock(&catalogue_lock);
  struct cached_product **slot = &catalogue_cache[product->id % CATALOGUE_BUCKETS];
  while (*slot && (*slot)->product.id != product->id)
    slot = &(*slot)->next;
  if (!*slot && version == catalogue_cache_version) {
    *slot = mem_alloc(sizeof **slot);
    (*slot)->product = *product;
  }
  pthread_mutex_unlock(&catalogue_lock);
}

static int catalogue_take_row(void *context, int n_columns, const char *const *values)
{
  struct product *product = context;
  (void)n_columns;
  product->id = strtol(values[0], NULL, 10);
  str_copy(product->sku, sizeof product->sku, values[1]);
  str_copy(product->name, sizeof product->name, values[2]);
  str_copy(product->category, sizeof product->category, values[3]);
  str_copy(product->description, sizeof product->description, values[4]);
  product->price_cents = strtol(values[5], NULL, 10);
  return 0;
}

int catalogue_find(long id, struct product *product)
{
  long version = 0;
  if (id <= 0 ||
      db_long(&version, "SELECT value FROM meta WHERE name = 'catalogue_version'", "") != 1)
    return -1;
  if (catalogue_cache_get(id, version, product) == 0) {
    stats.cache_hits++;
    return 0;
  }
  stats.cache_misses++;
  if (db_select(catalogue_take_row, product,
                "SELECT id, sku, name, category, description, price_cents FROM products"
                " WHERE id = $1",
                "i", id) != 1)
    return -1;
  catalogue_cache_put(product, version);
  return 0;
}

int catalogue_set_price(long id, long price_cents)
{
  if (db_begin() != 0)
    return -1;
  if (db_exec("UPDATE products SET price_cents = $1 WHERE id = $2", "ii", price_cents, id) != 1 ||
      db_exec("UPDATE meta SET value = value + 1 WHERE name = 'catalogue_version'", "") != 1) {
    db_rollback();
    return -1;
  }
  return db_commit();
}

static void catalogue_write(struct json *json, const struct product *product)
{
  char price[32];
  str_format_money(price, sizeof price, product->price_cents);
  json_long(json, "id", product->id);
  json_string(json, "sku", product->sku);
  json_string(json, "name", product->name);
  json_string(json, "category", product->category);
  json_string(json, "price", price);
}

static int catalogue_list_row(void *context, int n_columns, const char *const *values)
{
  struct product product;
  catalogue_take_row(&product, n_columns, values);
  json_object(context, NULL);
  catalogue_write(context, &product);
  json_object_end(context);
  return 0;
}

int catalogue_list(struct request *request, struct response *response)
{
  const char *category = request_arg(request, "category");
  long page = 1, total = 0;
  if (request_arg(request, "page") &&
      (request_arg_long(request, "page", &page) != 0 || page < 1 || page > 100000))
    return response_error(response, 400, "page must be a positive number");
  if (!category)
    category = "";
  if (db_long(&total, "SELECT COUNT(*) FROM products WHERE $1 = '' OR category = $1", "s",
              category) != 1)
    return -1;
  struct json json;
  json_init(&json, &response->body);
  json_object(&json, NULL);
  json_long(&json, "total", total);
  json_long(&json, "page", page);
  json_array(&json, "products");
  if (db_select(catalogue_list_row, &json,
                "SELECT id, sku, name, category, description, price_cents FROM products"
                " WHERE $1 = '' OR category = $1 ORDER BY id"
                " LIMIT CAST($2 AS INTEGER) OFFSET CAST($3 AS INTEGER)",
                "sii", category, (long)CATALOGUE_PAGE, (page - 1) * CATALOGUE_PAGE) < 0)
    return -1;
  json_array_end(&json);
  json_object_end(&json);
  return 0;
}

int catalogue_detail(struct request *request, struct response *response)
{
  long id;
  struct product product;
  if (request_arg_long(request, "id", &id) != 0 || catalogue_find(id, &product) != 0)
    return response_error(response, 404, "no such product");
  struct json json;
  json_init(&json, &response->body);
  json_object(&json, NULL);
  catalogue_write(&json, &product);
  json_string(&json, "description", product.description);
  json_object_end(&json);
  return 0;
}

static int catalogue_category_row(void *context, int n_columns, const char *const *values)
{
  (void)n_columns;
  json_object(context, NULL);
  json_string(context, "category", values[0]);
  json_long(context, "products", strtol(values[1], NULL, 10));
  json_object_end(context);
  return 0;
}

int catalogue_categories(struct request *request, struct response *response)
{
  (void)request;
  struct json json;
  json_init(&json, &response->body);
  json_array(&json, NULL);
  if (db_select(catalogue_category_row, &json,
                "SELECT category, COUNT(*) FROM products GROUP BY category ORDER BY category",
                "") < 0)
    return -1;
  json_array_end(&json);
  return 0;
}
