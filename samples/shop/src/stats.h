/* Counters since start-up. Whoever does something worth counting counts it here. */
#ifndef SHOP_STATS_H
#define SHOP_STATS_H

#include <stdatomic.h>

struct stats {
  atomic_ulong requests;
  atomic_ulong errors;
  atomic_ulong statements;
  atomic_ulong transactions;
  atomic_ulong cache_hits;
  atomic_ulong cache_misses;
  atomic_ulong searches;
  atomic_ulong clicks;
  atomic_ulong logins;
  atomic_ulong orders;
  atomic_ulong revenue_cents;
  atomic_ulong payments_refused;
  atomic_ulong jobs_queued;
  atomic_ulong jobs_done;
  atomic_ulong jobs_failed;
  atomic_ulong mails;
  atomic_ulong thumbnails;
};

extern struct stats stats;

struct request;
struct response;

/* GET /stats */
int stats_show(struct request *request, struct response *response);

#endif
