/* What each function of the plan has to carry: rate, duration and memory from recorded invocations,
 * the workload, or stated assumptions, in this order. It reads the store and knows no prices.
 */
#ifndef CLEAVE_COST_LOAD_H
#define CLEAVE_COST_LOAD_H

#include <glib.h>
#include <stdbool.h>

#include "cost/range.h"
#include "cost/workload.h"
#include "store/store.h"

enum load_source { LOAD_MEASURED, LOAD_STATED, LOAD_ASSUMED };

struct load {
  char *name;
  char *service;
  char *trigger;
  char *key;
  struct range per_day;     /* calls */
  struct range duration_ms; /* of one call with one whole vCPU */
  struct range memory_mb;   /* resident */
  struct range init_ms;     /* of a cold start */
  struct range payload_kb;  /* of one call, in and out */
  struct range cpu_share;   /* of the duration that computes */
  enum load_source rate_source;
  enum load_source duration_source;
  enum load_source memory_source;
  double peak_factor;
  const struct workload_entry *entry; /* NULL when the workload does not mention it */
  unsigned int n_measured;            /* recorded invocations */
  unsigned int n_state_reads;         /* pieces of in-memory state that a call may read … */
  unsigned int n_state_writes; /* … and write, which must be kept outside: one record per call */
};

/* A call or state access between services, in calls per day over all functions that make it. */
struct cut_load {
  char *from_service;
  char *to_service;
  char *what; /* the callee or state */
  struct range per_day;
  struct range round_trip_ms;
};

struct loads {
  GPtrArray *functions; /* struct load *, by name */
  GPtrArray *services;  /* char *: all services of the plan, by name */
  GPtrArray *cuts;      /* struct cut_load *, by services and callee */
  GPtrArray *notes;     /* char *: assumptions in words, unmatched lines of the workload */
};

/* The plan of a store under a workload. Needs a plan: an empty one is COST_ERROR_INPUT. The
 * workload must outlive the loads. */
struct loads *loads_read(struct store *store, const struct workload *workload, GError **error);
void loads_free(struct loads *loads);
typedef struct loads loads_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(loads_t, loads_free)

/* Calls per day of a schedule's key: a cron line of five fields, a period ("300", "300s", "5m",
 * "24h") or a word (@daily, hourly …); 0 when it is none of these. */
double schedule_per_day(const char *key);

#endif
