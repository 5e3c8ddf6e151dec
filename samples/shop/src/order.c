#include "shop.h"

/* Called by the payments, inside the transaction of the order. */
static void order_was_paid(long order_id, const char *provider, long cents, int is_paid) {
  if (!is_paid) {
    log_notice("order %ld: %s refused %ld", order_id, provider, cents);
    return;
  }
  db_exec("UPDATE orders SET status = 'paid' WHERE id = $1", "i", order_id);
  stats.revenue_cents += (unsigned long)cents;
}

int order_init(void) {
  payment_observe(order_was_paid);
  return 0;
}

int order_mail(const char *template, long order_id) {
  char payload[80];
  snprintf(payload, sizeof payload, "template=%s&order=%ld", template, order_id);
  return notify("mail", payload);
}

static int order_insert(long user_id, const char *country, long total_cents, const struct lines *lines,
                        long *order_id) {
  if (db_select_long(order_id,
                     "INSERT INTO orders (user_id, status, country, total_cents, created_at)"
                     " VALUES ($1, 'new', $2, $3, $4) RETURNING id",
                     "isii", user_id, country, total_cents, (long)clock_now()) != 0)
    return -1;
  for (int i = 0; i < lines->n; i++)
    if (db_exec_one("INSERT INTO order_lines (order_id, product_id, quantity, price_cents) VALUES ($1, $2, $3, $4)",
                    "iiii", *order_id, lines->items[i].product_id, lines->items[i].quantity,
                    lines->items[i].price_cents) != 0)
      return -1;
  return 0;
}

/* Everything that must hold together; the caller commits or rolls back. */
static enum order_result order_fill(long user_id, long cart_id, const char *country, const char *provider,
                                    const char *account, long *order_id) {
  struct lines lines;
  struct price price;
  if (cart_load(cart_id, &lines) != 0 || lines.n == 0) return ORDER_EMPTY;
  if (price_of_lines(&lines, country, &price) != 0) return ORDER_NO_SHIPPING;
  if (order_insert(user_id, country, price.total_cents, &lines, order_id) != 0) return ORDER_FAILED;
  for (int i = 0; i < lines.n; i++) {
    int status = stock_reserve(lines.items[i].product_id, lines.items[i].quantity, *order_id);
    if (status != 0) return status > 0 ? ORDER_SOLD_OUT : ORDER_FAILED;
  }
  if (payment_charge(*order_id, provider, account, price.total_cents) != 0) return ORDER_NOT_PAID;
  return cart_empty(cart_id) == 0 ? ORDER_PLACED : ORDER_FAILED;
}

enum order_result order_place(long user_id, long cart_id, const char *country, const char *provider,
                              const char *account, long *order_id) {
  if (db_begin() != 0) return ORDER_FAILED;
  enum order_result result = order_fill(user_id, cart_id, country, provider, account, order_id);
  if (result != ORDER_PLACED) {
    db_rollback();
    return result;
  }
  if (db_commit() != 0) return ORDER_FAILED;
  stats.orders++;
  order_mail("order-placed", *order_id);
  return ORDER_PLACED;
}

static int order_take_row(void *context, const char *const *values) {
  struct order *order = context;
  order->id = atol(values[0]);
  order->user_id = atol(values[1]);
  str_set(order->status, values[2]);
  str_set(order->country, values[3]);
  order->total_cents = atol(values[4]);
  order->created_at = atol(values[5]);
  return 0;
}

int order_load(long id, struct order *order) {
  return db_select_one(order_take_row, order,
                       "SELECT id, user_id, status, country, total_cents, created_at FROM orders WHERE id = $1", "i",
                       id);
}

int order_set_status(long id, const char *from, const char *to) {
  return db_exec_one("UPDATE orders SET status = $1 WHERE id = $2 AND status = $3", "sis", to, id, from);
}

static void order_write(struct buffer *out, const struct order *order) {
  char day[16];
  clock_day((time_t)order->created_at, day, sizeof day);
  json_item(out, "{'id':%l,'status':%s,'country':%s,'total_cents':%l,'day':%s", order->id, order->status,
            order->country, order->total_cents, day);
}

int order_create(struct request *request, struct response *response) {
  long user_id, cart_id = 0, order_id = 0;
  struct session session;
  const char *country = request_arg(request, "country");
  const char *provider = request_arg(request, "provider");
  const char *account = request_arg(request, "account");
  if (user_of_request(request, &user_id) != 0) return response_error(response, 401, "not logged in");
  if (request_arg_long(request, "cart", &cart_id) != 0 && session_of_request(request, &session) == 0)
    cart_id = session.cart_id;
  if (!provider || !account) return response_error(response, 400, "provider and account are needed");
  switch (order_place(user_id, cart_id, country ? country : "DE", provider, account, &order_id)) {
  case ORDER_EMPTY: return response_error(response, 400, "the cart is empty");
  case ORDER_NO_SHIPPING: return response_error(response, 400, "the shop does not ship there");
  case ORDER_SOLD_OUT: return response_error(response, 409, "sold out");
  case ORDER_NOT_PAID: return response_error(response, 402, "the payment was refused");
  case ORDER_FAILED: return -1;
  case ORDER_PLACED: break;
  }
  struct order order;
  if (order_load(order_id, &order) != 0) return -1;
  order_write(&response->body, &order);
  json_write(&response->body, "}");
  response->status = 201;
  return 0;
}

static int order_list_row(void *context, const char *const *values) {
  struct order order;
  order_take_row(&order, values);
  order_write(context, &order);
  json_write(context, "}");
  return 0;
}

static int order_write_list(long user_id, struct response *response) {
  json_write(&response->body, "[");
  if (db_select(order_list_row, &response->body,
                "SELECT id, user_id, status, country, total_cents, created_at FROM orders"
                " WHERE user_id = $1 ORDER BY id",
                "i", user_id) < 0)
    return -1;
  json_write(&response->body, "]");
  return 0;
}

int order_list(struct request *request, struct response *response) {
  long user_id;
  if (user_of_request(request, &user_id) != 0) return response_error(response, 401, "not logged in");
  return order_write_list(user_id, response);
}

/* For the partners' programs, which have no cookies. */
int order_list_by_token(struct request *request, struct response *response) {
  long user_id;
  const char *token = request_arg(request, "token");
  if (!token || db_select_long(&user_id, "SELECT id FROM users WHERE api_token = $1", "s", token) != 0)
    return response_error(response, 401, "unknown token");
  return order_write_list(user_id, response);
}

static int order_line_row(void *context, const char *const *values) {
  json_item(context, "{'product':%l,'name':%s,'quantity':%l,'price_cents':%l}", atol(values[0]), values[1],
            atol(values[2]), atol(values[3]));
  return 0;
}

/* The order that is asked for, when it belongs to who asks: 0, else an answer was written. */
static int order_of_request(struct request *request, struct response *response, struct order *order) {
  long user_id, id;
  if (user_of_request(request, &user_id) != 0) {
    response_error(response, 401, "not logged in");
    return -1;
  }
  if (request_arg_long(request, "id", &id) != 0 || order_load(id, order) != 0 || order->user_id != user_id) {
    response_error(response, 404, "no such order");
    return -1;
  }
  return 0;
}

int order_show(struct request *request, struct response *response) {
  struct order order;
  if (order_of_request(request, response, &order) != 0) return 0;
  order_write(&response->body, &order);
  json_write(&response->body, ",'lines':[");
  if (db_select(order_line_row, &response->body,
                "SELECT l.product_id, p.name, l.quantity, l.price_cents FROM order_lines l"
                " JOIN products p ON p.id = l.product_id WHERE l.order_id = $1 ORDER BY l.product_id",
                "i", order.id) < 0)
    return -1;
  json_write(&response->body, "]}");
  return 0;
}

static int order_take_line(void *context, const char *const *values) {
  struct lines *lines = context;
  if (lines->n == PRICE_MAX_LINES) return 1;
  lines->items[lines->n].product_id = atol(values[0]);
  lines->items[lines->n].quantity = atol(values[1]);
  lines->n++;
  return 0;
}

static int order_undo(long order_id) {
  struct lines lines = {.n = 0};
  if (order_set_status(order_id, "paid", "cancelled") != 0 || payment_refund(order_id) != 0 ||
      db_select(order_take_line, &lines,
                "SELECT product_id, quantity FROM order_lines WHERE order_id = $1 ORDER BY product_id", "i",
                order_id) < 0)
    return -1;
  for (int i = 0; i < lines.n; i++)
    if (stock_release(lines.items[i].product_id, lines.items[i].quantity, order_id) != 0) return -1;
  return 0;
}

int order_cancel(struct request *request, struct response *response) {
  struct order order;
  if (order_of_request(request, response, &order) != 0) return 0;
  if (strcmp(order.status, "paid")) return response_error(response, 409, "too late to cancel");
  if (db_begin() != 0) return -1;
  if (order_undo(order.id) != 0) return db_rollback();
  if (db_commit() != 0 || order_load(order.id, &order) != 0) return -1;
  order_mail("order-cancelled", order.id);
  order_write(&response->body, &order);
  json_write(&response->body, "}");
  return 0;
}
