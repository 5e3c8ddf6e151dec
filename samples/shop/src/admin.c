#include "shop.h"

#define ADMIN_MAX_WORDS 8
#define ADMIN_MAX_NUMBER 1000000000 /* cents or pieces */

static int admin_say(struct buffer *out, int status) {
  buffer_puts(out, status == 0 ? "ok\n" : "failed\n");
  return 0;
}

static int admin_help(struct buffer *out) {
  buffer_puts(out, "help\nstatus\nprice ID CENTS\nstock ID\nstock-add ID N\nstock-set ID N\n"
                   "order-ship ID\nvoucher CODE CENTS\nsessions\nlogout TOKEN\nreport DAY\n"
                   "cache-flush\nsearch-forget\nqueue\nqueue-wait\n");
  return 0;
}

static int admin_status(struct buffer *out) {
  buffer_printf(out, "requests %lu\nerrors %lu\nsessions %d\nqueue %d\n", stats.requests, stats.errors, session_count(),
                queue_length());
  return 0;
}

/* A stocktake: what was counted replaces what was believed. */
static int admin_stock_set(long id, long quantity, struct buffer *out) {
  return admin_say(out, db_exec_one("UPDATE stock SET quantity = $1 WHERE product_id = $2", "ii", quantity, id));
}

static int admin_stock_show(long id, struct buffer *out) {
  long quantity;
  if (stock_quantity(id, &quantity) != 0) return admin_say(out, -1);
  buffer_printf(out, "%ld\n", quantity);
  return 0;
}

static int admin_voucher(const char *code, long cents, struct buffer *out) {
  return admin_say(out, db_exec_one("INSERT INTO vouchers (code, balance_cents) VALUES ($1, $2)"
                                    " ON CONFLICT (code) DO UPDATE SET balance_cents = $2",
                                    "si", code, cents));
}

static int admin_report(const char *day, struct buffer *out) {
  if (report_day(day) != 0) return admin_say(out, -1);
  return report_write_text(day, out);
}

int admin_execute(char *line, struct buffer *out) {
  char *words[ADMIN_MAX_WORDS];
  long first = 0, second = 0;
  int n = str_split(line, words, ADMIN_MAX_WORDS);
  if (n == 0) return -1;
  const char *command = words[0];
  int has_first = n >= 2 && str_to_long(words[1], &first) == 0;
  int has_second = n >= 3 && str_to_long(words[2], &second) == 0 && labs(second) <= ADMIN_MAX_NUMBER;
  if (!strcmp(command, "help")) return admin_help(out);
  else if (!strcmp(command, "status")) return admin_status(out);
  else if (!strcmp(command, "price") && has_first && has_second && second > 0)
    return admin_say(out, catalogue_set_price(first, second));
  else if (!strcmp(command, "stock") && has_first) return admin_stock_show(first, out);
  else if (!strcmp(command, "stock-add") && has_first && has_second)
    return admin_say(out, stock_add(first, second, "delivery"));
  else if (!strcmp(command, "stock-set") && has_first && has_second && second >= 0)
    return admin_stock_set(first, second, out);
  else if (!strcmp(command, "order-ship") && has_first)
    return admin_say(out, order_set_status(first, "paid", "shipped"));
  else if (!strcmp(command, "voucher") && has_second && second >= 0) return admin_voucher(words[1], second, out);
  else if (!strcmp(command, "sessions")) buffer_printf(out, "%d\n", session_count());
  else if (!strcmp(command, "logout") && n == 2) return admin_say(out, session_end(words[1]));
  else if (!strcmp(command, "report") && n == 2) return admin_report(words[1], out);
  else if (!strcmp(command, "cache-flush")) catalogue_cache_flush();
  else if (!strcmp(command, "search-forget")) search_forget();
  else if (!strcmp(command, "queue")) buffer_printf(out, "%d\n", queue_length());
  else if (!strcmp(command, "queue-wait")) queue_wait();
  else return -1;
  return 0;
}

int admin_command(struct request *request, struct response *response) {
  const char *token = request_header(request, "x-admin-token");
  if (!config.admin_token[0] || !token || strcmp(token, config.admin_token))
    return response_error(response, 403, "not for you");
  char *line = mem_string(request->body ? request->body : "");
  log_notice("admin: %s", str_trim(line));
  int status = admin_execute(line, &response->body);
  free(line);
  if (status != 0) return response_error(response, 400, "no such command, or not enough words");
  str_set(response->content_type, "text/plain; charset=utf-8");
  return 0;
}
