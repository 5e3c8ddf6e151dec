/* What the files of the host share. Not for others: host.h is the door. */
#ifndef CLEAVE_HOST_INTERNAL_H
#define CLEAVE_HOST_INTERNAL_H

#include <event2/event.h>

#include "splitter/host/consumer.h"
#include "splitter/host/context.h"
#include "splitter/host/host.h"
#include "splitter/host/listener.h"
#include "splitter/host/metrics.h"
#include "splitter/host/payload.h"
#include "splitter/host/pool.h"
#include "splitter/host/source/s3.h"
#include "splitter/host/source/source.h"
#include "splitter/host/upstream.h"

/* The part of a function that stays the same for its whole life. */
struct station {
  struct host *host;
  const struct project_function *function;
  struct pool *pool;
  struct consumer *consumer; /* queue functions, and object functions that a bucket feeds */
  struct event *timer;       /* schedules */
  struct schedule *schedule; /* NULL: woken by hand alone */
  int64_t due_ms;
  int watch; /* object functions: inotify's number, or -1 */
  char *folder;
};

struct host {
  struct host_options options;
  struct event_base *base;
  struct listener *front;
  struct listener *api;
  struct event *on_interrupt;
  struct event *on_terminate;
  struct event *on_child;
  struct event *tick;
  struct event *inotify;
  int inotify_descriptor;
  struct station *stations; /* one per function, in the project's order */
  size_t n_stations;
  struct cleave_function *routes; /* http functions as the router wants them */
  size_t *route_stations;         /* station of each of them */
  size_t n_routes;
  struct upstream *fallback; /* where requests go that no function serves; may be NULL */
  struct ledger *ledger;     /* of the queues; NULL when there are none */
  GPtrArray *sources;        /* struct source: back ends that functions are fed from */
  GPtrArray *bucket_sources; /* struct bucket_source */
  struct metrics *metrics;
  struct host_watcher watcher; /* what the pools tell: metrics, spans, then the options' watcher */
  GHashTable *open;            /* calls that wait for an answer -> struct pending */
  int signal_number;
};

/* A call that waits for a function; call is NULL when its peer is gone. */
struct pending {
  struct station *station; /* NULL: the fallback */
  struct host *host;
  struct call *call;
  struct trace_context context; /* of the front's own span */
  char *name;                   /* of that span, or NULL */
  gint64 started;               /* microseconds since 1970 UTC */
};
struct pending *pending_new(struct host *host, struct call *call, struct station *station);
/* The call that still waits, or NULL; releases PENDING. */
struct call *pending_take(struct pending *pending);

/* The traceparent that came with a request, or "". */
const char *call_trace(const struct call *call);

/* The http front, and the API port (front.c, api.c). */
void front_serve(struct call *call, void *host);
void api_serve(struct call *call, void *host);

/* Timers and watched folders (timers.c, buckets.c). They say what they cannot use to the watcher.
 */
void timers_start(struct host *host);
void timer_wake(struct station *station, int64_t due_ms, const struct trace_context *context,
                invocation_done done, void *data);
void buckets_start(struct host *host);

/* Back ends elsewhere (feeds.c). */
bool feeds_start(struct host *host, GError **error);
void feeds_free(struct host *host);
/* Whether what a source finds for FUNCTION waits in a queue of the host's. */
bool feeds_want_queue(const struct host *host, const struct project_function *function);

#endif
