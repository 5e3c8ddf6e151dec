/* Counters since start-up. Whoever does something worth counting counts it here. */
#pragma once

#include <stdatomic.h>

struct stats {
  atomic_ulong requests, errors;
  atomic_ulong statements, transactions;
  atomic_ulong cache_hits, cache_misses;
  atomic_ulong searches, clicks, logins;
  atomic_ulong orders, revenue_cents, payments_refused;
  atomic_ulong jobs_queued, jobs_done, jobs_failed, mails, thumbnails;
};

extern struct stats stats;

struct request;
struct response;

/* GET /stats */
int stats_show(struct request *request, struct response *response);
