#include "cart.h"

#include "catalogue.h"
#include "config.h"
#include "db.h"
#include "json.h"
#include "session.h"
#include "stock.h"

#include <stdlib.h>

#define CART_MAX_QUANTITY 100

static int cart_exists(long cart_id)
{
  long id;
  return db_long(&id, "SELECT id FROM carts WHERE id = $1", "i", cart_id) == 1;
}

static int cart_take_row(void *context, int n_columns, const char *const *values)
{
  struct lines *lines = context;
  (void)n_columns;
  if (lines->n == PRICE_MAX_LINES)
    return 1;
  struct line *line = &lines->items[lines->n++];
  line->product_id = strtol(values[0], NULL, 10);
  line->quantity = strtol(values[1], NULL, 10);
  line->price_cents = strtol(values[2], NULL, 10);
  str_copy(line->name, sizeof line->name, values[3]);
  return 0;
}

int cart_load(long cart_id, struct lines *lines)
{
  lines->n = 0;
  if (!cart_exists(cart_id))
    return -1;
  return db_select(cart_take_row, lines,
                   "SELECT i.product_id, i.quantity, p.price_cents, p.name FROM cart_items i"
                   " JOIN products p ON p.id = i.product_id WHERE i.cart_id = $1"
                   " ORDER BY i.product_id",
                   "i", cart_id) < 0
             ? -1
             : 0;
}

int cart_empty(long cart_id)
{
  return db_exec("DELETE FROM cart_items WHERE cart_id = $1", "i", cart_id) < 0 ? -1 : 0;
}

void cart_session_ended(const struct session *session)
{
  if (session->cart_id)
    db_exec("DELETE FROM carts WHERE id = $1"
            " AND NOT EXISTS (SELECT 1 FROM cart_items WHERE cart_id = $1)",
            "i", session->cart_id);
}

static int cart_write(long cart_id, struct response *response)
{
  struct lines lines;
  struct price price;
  if (cart_load(cart_id, &lines) != 0 || price_of_lines(&lines, "DE", &price) != 0)
    return -1;
  struct json json;
  json_init(&json, &response->body);
  json_object(&json, NULL);
  json_long(&json, "id", cart_id);
  json_array(&json, "items");
  for (int i = 0; i < lines.n; i++) {
    json_object(&json, NULL);
    json_long(&json, "product", lines.items[i].product_id);
    json_string(&json, "name", lines.items[i].name);
    json_long(&json, "quantity", lines.items[i].quantity);
    json_long(&json, "price_cents", lines.items[i].price_cents);
    json_object_end(&json);
  }
  json_array_end(&json);
  json_long(&json, "goods_cents", price.goods_cents);
  json_long(&json, "total_cents", lines.n ? price.total_cents : 0);
  json_object_end(&json);
  return 0;
}

int cart_create(struct request *request, struct response *response)
{
  struct session session;
  long id = 0;
  if (db_long(&id, "INSERT INTO carts (created_at) VALUES ($1) RETURNING id", "i",
              (long)clock_now()) != 1)
    return -1;
  if (session_of_request(request, &session) == 0)
    session_set_cart(session.token, id);
  response->status = 201;
  return cart_write(id, response);
}

int cart_show(struct request *request, struct response *response)
{
  long id;
  if (request_arg_long(request, "cart", &id) != 0 || !cart_exists(id))
    return response_error(response, 404, "no such cart");
  return cart_write(id, response);
}

int cart_mine(struct request *request, struct response *response)
{
  struct session session;
  if (session_of_request(request, &session) != 0)
    return response_error(response, 401, "not logged in");
  if (!session.cart_id)
    return response_error(response, 404, "no cart yet");
  return cart_write(session.cart_id, response);
}

int cart_add(struct request *request, struct response *response)
{
  long id, product_id, quantity = 1, in_stock = 0;
  struct product product;
  if (request_arg_long(request, "cart", &id) != 0 || !cart_exists(id))
    return response_error(response, 404, "no such cart");
  if (request_arg_long(request, "product", &product_id) != 0 ||
      catalogue_find(product_id, &product) != 0)
    return response_error(response, 400, "no such product");
  if (request_arg(request, "quantity") && (request_arg_long(request, "quantity", &quantity) != 0 ||
                                           quantity < 1 || quantity > CART_MAX_QUANTITY))
    return response_error(response, 400, "quantity must be 1 to 100");
  if (stock_quantity(product_id, &in_stock) != 0 || in_stock <= 0)
    return response_error(response, 409, "sold out");
  if (db_exec("INSERT INTO cart_items (cart_id, product_id, quantity) VALUES ($1, $2, $3)"
              " ON CONFLICT (cart_id, product_id)"
              " DO UPDATE SET quantity = cart_items.quantity + excluded.quantity",
              "iii", id, product_id, quantity) < 0)
    return -1;
  return cart_write(id, response);
}

int cart_remove(struct request *request, struct response *response)
{
  long id, product_id;
  if (request_arg_long(request, "cart", &id) != 0 || !cart_exists(id))
    return response_error(response, 404, "no such cart");
  if (request_arg_long(request, "product", &product_id) != 0 ||
      db_exec("DELETE FROM cart_items WHERE cart_id = $1 AND product_id = $2", "ii", id,
              product_id) != 1)
    return response_error(response, 404, "not in the cart");
  return cart_write(id, response);
}
