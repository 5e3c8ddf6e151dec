#include "shop.h"

#define DAY_SECONDS 86400

struct report {
  long n_orders, revenue_cents, n_clicks;
};

static int report_day_start(const char *day, long *start) {
  struct tm parts = {0};
  const char *end = strptime(day, "%Y-%m-%d", &parts);
  if (!end || *end) return -1;
  *start = (long)timegm(&parts);
  return 0;
}

static int report_take_row(void *context, const char *const *values) {
  struct report *report = context;
  report->n_orders = atol(values[0]);
  report->revenue_cents = atol(values[1]);
  report->n_clicks = atol(values[2]);
  return 0;
}

static int report_compute(const char *day, long start) {
  struct report report = {0};
  if (db_select_one(report_take_row, &report,
                    "SELECT COUNT(*), COALESCE(SUM(total_cents), 0),"
                    " (SELECT COUNT(*) FROM clicks WHERE at >= $1 AND at < $2)"
                    " FROM orders WHERE status <> 'cancelled' AND created_at >= $1 AND created_at < $2",
                    "ii", start, start + DAY_SECONDS) != 0)
    return -1;
  if (db_exec("DELETE FROM report_lines WHERE day = $1", "s", day) < 0 ||
      db_exec("DELETE FROM reports WHERE day = $1", "s", day) < 0 ||
      db_exec("INSERT INTO reports (day, n_orders, revenue_cents, n_clicks) VALUES ($1, $2, $3, $4)", "siii", day,
              report.n_orders, report.revenue_cents, report.n_clicks) < 0)
    return -1;
  return db_done(db_exec("INSERT INTO report_lines (day, product_id, quantity, revenue_cents)"
                         " SELECT CAST($1 AS TEXT), l.product_id, SUM(l.quantity),"
                         " SUM(l.quantity * l.price_cents) FROM order_lines l"
                         " JOIN orders o ON o.id = l.order_id WHERE o.status <> 'cancelled'"
                         " AND o.created_at >= $2 AND o.created_at < $3 GROUP BY l.product_id",
                         "sii", day, start, start + DAY_SECONDS));
}

static int report_text_row(void *context, const char *const *values) {
  char revenue[32];
  str_format_money(revenue, sizeof revenue, atol(values[2]));
  buffer_printf(context, "%-24s %6s %12s\n", values[0], values[1], revenue);
  return 0;
}

int report_write_text(const char *day, struct buffer *out) {
  struct report report;
  char revenue[32];
  if (db_select_one(report_take_row, &report, "SELECT n_orders, revenue_cents, n_clicks FROM reports WHERE day = $1",
                    "s", day) != 0)
    return -1;
  str_format_money(revenue, sizeof revenue, report.revenue_cents);
  buffer_printf(out, "Sales of %s\norders %ld, revenue %s, clicks %ld\n\n", day, report.n_orders, revenue,
                report.n_clicks);
  return db_done(db_select(report_text_row, out,
                           "SELECT p.name, r.quantity, r.revenue_cents FROM report_lines r"
                           " JOIN products p ON p.id = r.product_id WHERE r.day = $1"
                           " ORDER BY r.revenue_cents DESC, r.product_id",
                           "s", day));
}

static int report_write_file(const char *day) {
  char path[sizeof config.report_dir + 40];
  snprintf(path, sizeof path, "%s/sales-%.10s.txt", config.report_dir, day);
  struct buffer text;
  buffer_init(&text);
  int status = report_write_text(day, &text) == 0 ? file_write(path, &text) : -1;
  buffer_clear(&text);
  return status;
}

int report_day(const char *day) {
  long start;
  if (report_day_start(day, &start) != 0 || db_begin() != 0) return -1;
  if (report_compute(day, start) != 0) return db_rollback();
  if (db_commit() != 0) return -1;
  log_notice("reported on %s", day);
  return report_write_file(day);
}

int report_nightly(void) {
  char day[16];
  clock_day(clock_now() - DAY_SECONDS, day, sizeof day);
  return report_day(day);
}

static int report_line_row(void *context, const char *const *values) {
  json_item(context, "{'product':%l,'quantity':%l,'revenue_cents':%l}", atol(values[0]), atol(values[1]),
            atol(values[2]));
  return 0;
}

int report_show(struct request *request, struct response *response) {
  const char *day = request_arg(request, "day");
  struct report report;
  long n = db_select(report_take_row, &report, "SELECT n_orders, revenue_cents, n_clicks FROM reports WHERE day = $1",
                     "s", day);
  if (n != 1) return n < 0 ? -1 : response_error(response, 404, "no report for this day");
  json_write(&response->body, "{'day':%s,'orders':%l,'revenue_cents':%l,'clicks':%l,'products':[", day, report.n_orders,
             report.revenue_cents, report.n_clicks);
  if (db_select(report_line_row, &response->body,
                "SELECT product_id, quantity, revenue_cents FROM report_lines WHERE day = $1 ORDER BY product_id", "s",
                day) < 0)
    return -1;
  json_write(&response->body, "]}");
  return 0;
}
