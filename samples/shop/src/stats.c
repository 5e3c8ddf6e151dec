#include "shop.h"

struct stats stats;

int stats_show(struct request *request UNUSED, struct response *response) {
  json_write(&response->body,
             "{'requests':%l,'errors':%l,'statements':%l,'transactions':%l,'cache_hits':%l,'cache_misses':"
             "%l,'searches':%l,'clicks':%l,'logins':%l,'orders':%l,'revenue_cents':%l,'payments_refused':%"
             "l,'jobs_queued':%l,'jobs_done':%l,'jobs_failed':%l,'mails':%l,'thumbnails':%l}",
             (long)stats.requests, (long)stats.errors, (long)stats.statements, (long)stats.transactions,
             (long)stats.cache_hits, (long)stats.cache_misses, (long)stats.searches, (long)stats.clicks,
             (long)stats.logins, (long)stats.orders, (long)stats.revenue_cents, (long)stats.payments_refused,
             (long)stats.jobs_queued, (long)stats.jobs_done, (long)stats.jobs_failed, (long)stats.mails,
             (long)stats.thumbnails);
  return 0;
}
