#include "stats.h"

#include "json.h"
#include "request.h"

struct stats stats;

int stats_show(struct request *request, struct response *response)
{
  (void)request;
  struct json json;
  json_init(&json, &response->body);
  json_object(&json, NULL);
  json_long(&json, "requests", (long)stats.requests);
  json_long(&json, "errors", (long)stats.errors);
  json_long(&json, "statements", (long)stats.statements);
  json_long(&json, "transactions", (long)stats.transactions);
  json_long(&json, "cache_hits", (long)stats.cache_hits);
  json_long(&json, "cache_misses", (long)stats.cache_misses);
  json_long(&json, "searches", (long)stats.searches);
  json_long(&json, "clicks", (long)stats.clicks);
  json_long(&json, "logins", (long)stats.logins);
  json_long(&json, "orders", (long)stats.orders);
  json_long(&json, "revenue_cents", (long)stats.revenue_cents);
  json_long(&json, "payments_refused", (long)stats.payments_refused);
  json_long(&json, "jobs_queued", (long)stats.jobs_queued);
  json_long(&json, "jobs_done", (long)stats.jobs_done);
  json_long(&json, "jobs_failed", (long)stats.jobs_failed);
  json_long(&json, "mails", (long)stats.mails);
  json_long(&json, "thumbnails", (long)stats.thumbnails);
  json_object_end(&json);
  return 0;
}
