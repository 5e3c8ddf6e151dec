#include "shop.h"

#define CATALOGUE_BUCKETS 64
#define CATALOGUE_PAGE 10

struct cached_product {
  struct product product;
  struct cached_product *next;
};

static struct cached_product *catalogue_cache[CATALOGUE_BUCKETS];
static long catalogue_cache_version;
static pthread_mutex_t catalogue_lock = PTHREAD_MUTEX_INITIALIZER;

static void catalogue_cache_empty(void) {
  for (int i = 0; i < CATALOGUE_BUCKETS; i++)
    while (catalogue_cache[i]) {
      struct cached_product *cached = catalogue_cache[i];
      catalogue_cache[i] = cached->next;
      free(cached);
    }
}

void catalogue_cache_flush(void) {
  pthread_mutex_lock(&catalogue_lock);
  catalogue_cache_empty();
  pthread_mutex_unlock(&catalogue_lock);
}

static int catalogue_cache_get(long id, long version, struct product *product) {
  int status = -1;
  pthread_mutex_lock(&catalogue_lock);
  if (version != catalogue_cache_version) {
    catalogue_cache_empty();
    catalogue_cache_version = version;
  }
  for (struct cached_product *cached = catalogue_cache[id % CATALOGUE_BUCKETS]; cached; cached = cached->next)
    if (cached->product.id == id) {
      *product = cached->product;
      status = 0;
    }
  pthread_mutex_unlock(&catalogue_lock);
  return status;
}

/* Somebody else may have been faster, or the price may have changed meanwhile. */
static void catalogue_cache_put(const struct product *product, long version) {
  pthread_mutex_lock(&catalogue_lock);
  struct cached_product **slot = &catalogue_cache[product->id % CATALOGUE_BUCKETS];
  while (*slot && (*slot)->product.id != product->id) slot = &(*slot)->next;
  if (!*slot && version == catalogue_cache_version) {
    *slot = mem_alloc(sizeof **slot);
    (*slot)->product = *product;
  }
  pthread_mutex_unlock(&catalogue_lock);
}

static int catalogue_take_row(void *context, const char *const *values) {
  struct product *product = context;
  product->id = atol(values[0]);
  str_set(product->sku, values[1]);
  str_set(product->name, values[2]);
  str_set(product->category, values[3]);
  str_set(product->description, values[4]);
  product->price_cents = atol(values[5]);
  return 0;
}

int catalogue_find(long id, struct product *product) {
  long version = 0;
  if (id <= 0 || db_select_long(&version, "SELECT value FROM meta WHERE name = 'catalogue_version'", "") != 0)
    return -1;
  if (catalogue_cache_get(id, version, product) == 0) {
    stats.cache_hits++;
    return 0;
  }
  stats.cache_misses++;
  if (db_select_one(catalogue_take_row, product,
                    "SELECT id, sku, name, category, description, price_cents FROM products WHERE id = $1", "i",
                    id) != 0)
    return -1;
  catalogue_cache_put(product, version);
  return 0;
}

int catalogue_set_price(long id, long price_cents) {
  if (db_begin() != 0) return -1;
  if (db_exec_one("UPDATE products SET price_cents = $1 WHERE id = $2", "ii", price_cents, id) != 0 ||
      db_exec_one("UPDATE meta SET value = value + 1 WHERE name = 'catalogue_version'", "") != 0)
    return db_rollback();
  return db_commit();
}

static void catalogue_write(struct buffer *out, const struct product *product) {
  char price[32];
  str_format_money(price, sizeof price, product->price_cents);
  json_item(out, "{'id':%l,'sku':%s,'name':%s,'category':%s,'price':%s", product->id, product->sku, product->name,
            product->category, price);
}

static int catalogue_list_row(void *context, const char *const *values) {
  struct product product;
  catalogue_take_row(&product, values);
  catalogue_write(context, &product);
  json_write(context, "}");
  return 0;
}

int catalogue_list(struct request *request, struct response *response) {
  const char *category = request_arg(request, "category");
  long page = 1, total = 0;
  if (request_arg(request, "page") && (request_arg_long(request, "page", &page) != 0 || page < 1 || page > 100000))
    return response_error(response, 400, "page must be a positive number");
  if (!category) category = "";
  if (db_select_long(&total, "SELECT COUNT(*) FROM products WHERE $1 = '' OR category = $1", "s", category) != 0)
    return -1;
  json_write(&response->body, "{'total':%l,'page':%l,'products':[", total, page);
  if (db_select(catalogue_list_row, &response->body,
                "SELECT id, sku, name, category, description, price_cents FROM products"
                " WHERE $1 = '' OR category = $1 ORDER BY id LIMIT CAST($2 AS INTEGER) OFFSET CAST($3 AS INTEGER)",
                "sii", category, (long)CATALOGUE_PAGE, (page - 1) * CATALOGUE_PAGE) < 0)
    return -1;
  json_write(&response->body, "]}");
  return 0;
}

int catalogue_detail(struct request *request, struct response *response) {
  long id;
  struct product product;
  if (request_arg_long(request, "id", &id) != 0 || catalogue_find(id, &product) != 0)
    return response_error(response, 404, "no such product");
  catalogue_write(&response->body, &product);
  json_write(&response->body, ",'description':%s}", product.description);
  return 0;
}

static int catalogue_category_row(void *context, const char *const *values) {
  json_item(context, "{'category':%s,'products':%l}", values[0], atol(values[1]));
  return 0;
}

int catalogue_categories(struct request *request UNUSED, struct response *response) {
  json_write(&response->body, "[");
  if (db_select(catalogue_category_row, &response->body,
                "SELECT category, COUNT(*) FROM products GROUP BY category ORDER BY category", "") < 0)
    return -1;
  json_write(&response->body, "]");
  return 0;
}
