#include "shop.h"

#define CART_MAX_QUANTITY 100

static int cart_exists(long cart_id) {
  long id;
  return db_select_long(&id, "SELECT id FROM carts WHERE id = $1", "i", cart_id) == 0;
}

static int cart_take_row(void *context, const char *const *values) {
  struct lines *lines = context;
  if (lines->n == PRICE_MAX_LINES) return 1;
  struct line *line = &lines->items[lines->n++];
  line->product_id = atol(values[0]);
  line->quantity = atol(values[1]);
  line->price_cents = atol(values[2]);
  str_set(line->name, values[3]);
  return 0;
}

int cart_load(long cart_id, struct lines *lines) {
  lines->n = 0;
  if (!cart_exists(cart_id)) return -1;
  return db_done(db_select(cart_take_row, lines,
                           "SELECT i.product_id, i.quantity, p.price_cents, p.name FROM cart_items i"
                           " JOIN products p ON p.id = i.product_id WHERE i.cart_id = $1 ORDER BY i.product_id",
                           "i", cart_id));
}

int cart_empty(long cart_id) { return db_done(db_exec("DELETE FROM cart_items WHERE cart_id = $1", "i", cart_id)); }

void cart_session_ended(const struct session *session) {
  if (session->cart_id)
    db_exec("DELETE FROM carts WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM cart_items WHERE cart_id = $1)", "i",
            session->cart_id);
}

static int cart_write(long cart_id, struct response *response) {
  struct lines lines;
  struct price price;
  if (cart_load(cart_id, &lines) != 0 || price_of_lines(&lines, "DE", &price) != 0) return -1;
  json_write(&response->body, "{'id':%l,'items':[", cart_id);
  for (int i = 0; i < lines.n; i++)
    json_item(&response->body, "{'product':%l,'name':%s,'quantity':%l,'price_cents':%l}", lines.items[i].product_id,
              lines.items[i].name, lines.items[i].quantity, lines.items[i].price_cents);
  json_write(&response->body, "],'goods_cents':%l,'total_cents':%l}", price.goods_cents,
             lines.n ? price.total_cents : 0);
  return 0;
}

int cart_create(struct request *request, struct response *response) {
  struct session session;
  long id = 0;
  if (db_select_long(&id, "INSERT INTO carts (created_at) VALUES ($1) RETURNING id", "i", (long)clock_now()) != 0)
    return -1;
  if (session_of_request(request, &session) == 0) session_set_cart(session.token, id);
  response->status = 201;
  return cart_write(id, response);
}

int cart_show(struct request *request, struct response *response) {
  long id;
  if (request_arg_long(request, "cart", &id) != 0 || !cart_exists(id))
    return response_error(response, 404, "no such cart");
  return cart_write(id, response);
}

int cart_mine(struct request *request, struct response *response) {
  struct session session;
  if (session_of_request(request, &session) != 0) return response_error(response, 401, "not logged in");
  if (!session.cart_id) return response_error(response, 404, "no cart yet");
  return cart_write(session.cart_id, response);
}

int cart_add(struct request *request, struct response *response) {
  long id, product_id, quantity = 1, in_stock = 0;
  struct product product;
  if (request_arg_long(request, "cart", &id) != 0 || !cart_exists(id))
    return response_error(response, 404, "no such cart");
  if (request_arg_long(request, "product", &product_id) != 0 || catalogue_find(product_id, &product) != 0)
    return response_error(response, 400, "no such product");
  if (request_arg(request, "quantity") &&
      (request_arg_long(request, "quantity", &quantity) != 0 || quantity < 1 || quantity > CART_MAX_QUANTITY))
    return response_error(response, 400, "quantity must be 1 to 100");
  if (stock_quantity(product_id, &in_stock) != 0 || in_stock <= 0) return response_error(response, 409, "sold out");
  if (db_exec("INSERT INTO cart_items (cart_id, product_id, quantity) VALUES ($1, $2, $3)"
              " ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = cart_items.quantity + excluded.quantity",
              "iii", id, product_id, quantity) < 0)
    return -1;
  return cart_write(id, response);
}

int cart_remove(struct request *request, struct response *response) {
  long id, product_id;
  if (request_arg_long(request, "cart", &id) != 0 || !cart_exists(id))
    return response_error(response, 404, "no such cart");
  if (request_arg_long(request, "product", &product_id) != 0 ||
      db_exec_one("DELETE FROM cart_items WHERE cart_id = $1 AND product_id = $2", "ii", id, product_id) != 0)
    return response_error(response, 404, "not in the cart");
  return cart_write(id, response);
}
