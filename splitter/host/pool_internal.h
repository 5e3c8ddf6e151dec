/* What the files of a pool share: instances, and what may be done with one. Not for others: pool.h
 * is the door. */
#ifndef CLEAVE_HOST_POOL_INTERNAL_H
#define CLEAVE_HOST_POOL_INTERNAL_H

#include <sys/stat.h>

#include "splitter/host/pool.h"
#include "splitter/host/process.h"
#include "splitter/host/upstream.h"

struct invocation {
  char *id;
  struct trace_context context;
  struct payload *payload;
  invocation_done done;
  void *data;
};

struct instance {
  struct pool *pool;
  char *token;
  struct process process;
  struct event *timer;       /* overrun while busy, keep-alive while idle */
  struct call *parked;       /* a "next" that waits for an event */
  struct upstream *upstream; /* PORT mode: its address */
  struct delivery *delivery; /* PORT mode: the request that it works on */
  struct event *probe;       /* PORT mode: asks whether it listens yet */
  uint16_t port;
  struct invocation *current;
  gint64 spawned; /* monotonic microseconds */
  gint64 measured;
  int64_t peak; /* bytes at that time */
  gint64 handed_over;
  gint64 handed_over_real;
  double init;   /* seconds, of the first event only */
  bool is_ready; /* has asked for an event */
  bool has_served;
  bool is_idle;    /* PORT mode: waits for a request */
  bool is_ending;  /* killed by us */
  bool is_retired; /* its binary was replaced */
  bool has_failed_init;
  enum outcome ending; /* what its running invocation becomes when it dies */
};

struct pool {
  struct pool_options options;
  GQueue waiting;
  GPtrArray *instances; /* most recently idle last */
  GHashTable *by_token;
  guint64 n_tokens;
  struct event *pump; /* starts instances outside of the caller's stack */
  struct stat binary; /* as it was when instances were last started */
  bool is_changing;   /* the binary differs from that, for one check already */
};

/* Answers the parked or given "next" with the current invocation's event. */
void instance_hand_over(struct instance *instance, struct call *call);
/* Sends a signal; ENDING is what its running invocation becomes. */
void instance_end(struct instance *instance, int signal_number, enum outcome ending);
/* Makes INVOCATION the current one and hands it over to CALL. */
void instance_take(struct instance *instance, struct invocation *invocation, struct call *call);
/* (Re)starts the timer: overrun while busy, keep-alive while idle. */
void instance_arm(struct instance *instance, unsigned seconds);
/* The current invocation has ended with this outcome and body. */
void instance_finish(struct instance *instance, enum outcome outcome, const char *error_type,
                     const char *body, size_t n_body, int64_t max_rss);
/* The same with an error made here. */
void instance_fail(struct instance *instance, enum outcome outcome, const char *type,
                   const char *message, int64_t max_rss);
/* Tells the watcher what became of it. */
void instance_say(struct instance *instance, const char *what);
/* Highest memory so far, in bytes. */
int64_t instance_peak_memory(struct instance *instance);
/* {"errorType":..,"errorMessage":..}: a new string. */
char *pool_error_json(const char *type, const char *message);
/* Fails everything that waits for an instance. */
void pool_fail_waiting(struct pool *pool, const char *type, const char *message);

#endif
