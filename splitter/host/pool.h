/* The instances of one function: processes that take one event at a time through the Runtime API.
 *
 * Scales as the platform does: a new instance when all are busy, up to a limit; the most recently
 * used idle one first; idle ones end after the keep-alive time; an overrun kills the instance. The
 * rules of the Runtime API (states, refusals) are here; HTTP is in runtime_api.c.
 *
 * Source of the rules: docs of the Lambda Runtime API and its emulator's router, rendering and
 * states (read 2026-11-23). */
#ifndef CLEAVE_HOST_POOL_H
#define CLEAVE_HOST_POOL_H

#include <event2/event.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "splitter/host/listener.h"
#include "splitter/host/project.h"

struct pool;
struct instance;
struct invocation;

/* How an invocation ended. */
enum outcome { OUTCOME_OK, OUTCOME_ERROR, OUTCOME_TIMEOUT, OUTCOME_CRASH, OUTCOME_REFUSED };

const char *outcome_name(enum outcome outcome);

/* What is told about an invocation once it is over. */
struct invocation_result {
  const char *id;
  const char *function;
  const char *trigger;
  const char *traceparent;
  enum outcome outcome;
  const char *error_type; /* "" when OK */
  const char *body;       /* the function's reply, or the error as JSON */
  size_t n_body;
  double started;  /* seconds since 1970 UTC */
  double duration; /* seconds from hand-over to reply */
  double init;     /* seconds from process start to its first request for an event; 0 when warm */
  bool is_cold;
  int64_t max_rss; /* bytes, peak of the instance so far; 0 when unknown */
};

typedef void (*invocation_done)(const struct invocation_result *result, void *data);

/* What the pool tells besides: one line of a function's output, or what happened to an instance. */
struct pool_watcher {
  void (*on_output)(const char *function, const char *line, void *data);
  void (*on_change)(const char *function, int pid, const char *what, void *data);
  void (*on_result)(const struct invocation_result *result, void *data);
  void *data;
};

struct pool_options {
  struct event_base *base;
  const struct project_function *function;
  uint16_t api_port;     /* where the Runtime API listens, on loopback */
  unsigned keep_alive_s; /* idle instances end after this */
  const char *region;
  struct pool_watcher watcher;
};

struct pool *pool_new(const struct pool_options *options);
/* Ends all instances and fails what is waiting. */
void pool_free(struct pool *pool);
const struct project_function *pool_function(const struct pool *pool);
unsigned pool_n_instances(const struct pool *pool);
unsigned pool_n_waiting(const struct pool *pool);

/* Hands EVENT (JSON, taken over) to an instance as soon as one is free. DONE is called exactly
 * once, never from within this call; it may be NULL. TRACEPARENT may be "". */
void pool_invoke(struct pool *pool, GBytes *event, const char *traceparent, invocation_done done,
                 void *data);

/* Runtime API: the instance with the token that its endpoint carries, or NULL. */
struct instance *pool_instance(struct pool *pool, const char *token);

/* GET /runtime/invocation/next: answered at once or when an event comes. */
void instance_next(struct instance *instance, struct call *call);
/* The peer of a parked "next" has gone. */
void instance_forget(struct instance *instance, const struct call *call);
/* POST .../{id}/response and .../{id}/error. */
void instance_response(struct instance *instance, struct call *call, const char *id);
void instance_error(struct instance *instance, struct call *call, const char *id);
/* POST /runtime/init/error. */
void instance_init_error(struct instance *instance, struct call *call);

/* A child has ended (after waitpid). Returns false when PID is no instance of this pool. */
bool pool_reap(struct pool *pool, int pid, int status, int64_t max_rss);

#endif
