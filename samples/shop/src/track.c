#include "shop.h"

int track_click(struct request *request, struct response *response) {
  const char *visitor = request_arg(request, "visitor");
  const char *page = request_arg(request, "page");
  const char *target = request_arg(request, "target");
  long product_id = 0;
  if (!page || !*page || !target || strlen(page) > 200 || strlen(target) > 200)
    return response_error(response, 400, "page and target are needed");
  request_arg_long(request, "product", &product_id);
  if (db_exec_one("INSERT INTO clicks (visitor, page, target, product_id, at) VALUES ($1, $2, $3, $4, $5)", "sssii",
                  visitor ? visitor : "", page, target, product_id, (long)clock_now()) != 0)
    return -1;
  stats.clicks++;
  response->status = 204;
  return 0;
}

static int track_summary_row(void *context, const char *const *values) {
  json_item(context, "{'page':%s,'target':%s,'clicks':%l}", values[0], values[1], atol(values[2]));
  return 0;
}

int track_summary(struct request *request, struct response *response) {
  const char *page = request_arg(request, "page");
  json_write(&response->body, "[");
  if (db_select(track_summary_row, &response->body,
                "SELECT page, target, COUNT(*) FROM clicks WHERE $1 = '' OR page = $1"
                " GROUP BY page, target ORDER BY COUNT(*) DESC, page, target LIMIT 50",
                "s", page ? page : "") < 0)
    return -1;
  json_write(&response->body, "]");
  return 0;
}
