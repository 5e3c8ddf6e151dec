#include "shop.h"

static int stock_record_move(long product_id, long delta, const char *reason) {
  return db_exec_one("INSERT INTO stock_moves (product_id, delta, reason, at) VALUES ($1, $2, $3, $4)", "iisi",
                     product_id, delta, reason, (long)clock_now());
}

int stock_quantity(long product_id, long *quantity) {
  return db_select_long(quantity, "SELECT quantity FROM stock WHERE product_id = $1", "i", product_id);
}

int stock_reserve(long product_id, long quantity, long order_id) {
  char reason[48], payload[80];
  long left = 0;
  long n = db_exec("UPDATE stock SET quantity = quantity - $1 WHERE product_id = $2 AND quantity >= $1", "ii", quantity,
                   product_id);
  if (n != 1) return n == 0 ? 1 : -1;
  snprintf(reason, sizeof reason, "order %ld", order_id);
  if (stock_record_move(product_id, -quantity, reason) != 0 || stock_quantity(product_id, &left) != 0) return -1;
  if (left < config.low_stock && left + quantity >= config.low_stock) {
    snprintf(payload, sizeof payload, "template=low-stock&product=%ld&left=%ld", product_id, left);
    notify("mail", payload);
  }
  return 0;
}

int stock_release(long product_id, long quantity, long order_id) {
  char reason[48];
  snprintf(reason, sizeof reason, "cancelled order %ld", order_id);
  return stock_add(product_id, quantity, reason);
}

int stock_add(long product_id, long quantity, const char *reason) {
  if (db_begin() != 0) return -1;
  if (db_exec_one("UPDATE stock SET quantity = quantity + $1 WHERE product_id = $2", "ii", quantity, product_id) != 0 ||
      stock_record_move(product_id, quantity, reason) != 0)
    return db_rollback();
  return db_commit();
}

int stock_show(struct request *request, struct response *response) {
  long id, quantity;
  if (request_arg_long(request, "id", &id) != 0 || stock_quantity(id, &quantity) != 0)
    return response_error(response, 404, "no such product");
  json_write(&response->body, "{'id':%l,'quantity':%l,'delivery':%s}", id, quantity,
             quantity <= 0                 ? "sold out"
             : quantity < config.low_stock ? "few left"
                                           : "in stock");
  return 0;
}
