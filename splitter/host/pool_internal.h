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

/* ---- pool.c ---- */

/* Completes RESULT with what is known of INVOCATION, hands it to whoever waits for it and to the
 * watcher, and frees INVOCATION. */
void pool_deliver(struct pool *pool, struct invocation *invocation,
                  struct invocation_result *result);
/* {"errorType":..,"errorMessage":..}: a new string. */
char *pool_error_json(const char *type, const char *message);
/* Fails the first that waits for an instance. */
void pool_fail_waiting(struct pool *pool, const char *type, const char *message);

/* ---- instance.c ---- */

/* Starts one more; the pool owns it. */
struct instance *instance_spawn(struct pool *pool, GError **error);
void instance_free(void *instance);
/* Makes INVOCATION the current one, from now on. */
void instance_begin(struct instance *instance, struct invocation *invocation);
/* Waits for an event: the newest idle one comes last, and ends after the keep-alive time. */
void instance_rest(struct instance *instance);
/* Ends as soon as it is idle: its binary was replaced. */
void instance_retire(struct instance *instance);
/* Sends a signal; ENDING is what its running invocation becomes. */
void instance_end(struct instance *instance, int signal_number, enum outcome ending);
/* (Re)starts the timer: overrun while busy, keep-alive while idle. */
void instance_arm(struct instance *instance, unsigned seconds);
/* The current invocation has ended with this outcome and body. */
void instance_finish(struct instance *instance, enum outcome outcome, const char *error_type,
                     const char *body, size_t n_body, int64_t max_rss);
/* The same with status and headers of ANSWER, which may be NULL. */
void instance_finish_with(struct instance *instance, enum outcome outcome, const char *error_type,
                          const char *body, size_t n_body, int64_t max_rss,
                          const struct upstream_answer *answer);
/* The same with an error made here. */
void instance_fail(struct instance *instance, enum outcome outcome, const char *type,
                   const char *message, int64_t max_rss);
/* Tells the watcher what became of it. */
void instance_say(struct instance *instance, const char *what);
/* Highest memory so far, in bytes. */
int64_t instance_peak_memory(struct instance *instance);

/* ---- runtime_api.c ---- */

/* Makes INVOCATION the current one and hands it over to CALL. */
void instance_take(struct instance *instance, struct invocation *invocation, struct call *call);

/* ---- port_mode.c ---- */

/* Chooses where the instance will listen; nothing for those of the Runtime API. */
bool instance_choose_port(struct instance *instance, GError **error);
/* Asks now and then whether it listens, and gives it events from then on. */
void instance_wait_for_port(struct instance *instance);
/* Sends it INVOCATION. */
void instance_ask(struct instance *instance, struct invocation *invocation);

#endif
