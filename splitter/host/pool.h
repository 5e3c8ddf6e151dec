/* The instances of one function: processes that take one event at a time, through the Runtime API
 * or (PORT mode, Azure) as requests that the pool sends them.
 *
 * Scales as the platform does: a new instance when all are busy, up to a limit; the most recently
 * used idle one first; idle ones end after the keep-alive time; an overrun kills the instance. The
 * rules of the Runtime API (states, refusals) are in runtime_api.c; its addresses are in api.c.
 *
 * Source of the rules: docs of the Lambda Runtime API and its emulator's router, rendering and
 * states (read 2026-11-23). */
#ifndef CLEAVE_HOST_POOL_H
#define CLEAVE_HOST_POOL_H

#include <event2/event.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "splitter/host/context.h"
#include "splitter/host/listener.h"
#include "splitter/host/payload.h"
#include "splitter/host/project.h"
#include "splitter/host/watcher.h"

struct pool;
struct instance;
struct invocation;

typedef void (*invocation_done)(const struct invocation_result *result, void *data);

struct pool_options {
  struct event_base *base;
  const struct project_function *function;
  uint16_t api_port;     /* where the Runtime API listens, on loopback */
  unsigned keep_alive_s; /* idle instances end after this */
  const char *region;
  struct host_watcher watcher;
};

struct pool *pool_new(const struct pool_options *options);
/* Ends all instances and fails what is waiting. */
void pool_free(struct pool *pool);
const struct project_function *pool_function(const struct pool *pool);

/* Hands PAYLOAD (taken over) to an instance as soon as one is free. DONE is called exactly once,
 * never from within this call; it may be NULL. CONTEXT is the span of this invocation. */
void pool_invoke(struct pool *pool, struct payload *payload, const struct trace_context *context,
                 invocation_done done, void *data);

/* How many more invocations could start at once: idle instances and those that may be started. */
unsigned pool_room(const struct pool *pool);

/* Ends instances that use more memory than their function may, and notices a binary that has
 * changed: idle instances of the old one end, busy ones after their answer. Call it now and then.
 */
void pool_check(struct pool *pool);

struct pool_figures {
  unsigned n_instances;
  unsigned n_busy;
  unsigned n_waiting;
  int64_t memory; /* resident bytes of all instances */
};
void pool_figures(const struct pool *pool, struct pool_figures *figures);

/* Runtime API: the instance with the token that its endpoint carries, or NULL. */
struct instance *pool_instance(struct pool *pool, const char *token);

/* A request of the instance to its endpoint: PATH is what stands behind it. Returns false, and
 * answers nothing, when there is no such address. */
bool instance_serve(struct instance *instance, struct call *call, const char *path);
/* The peer of a parked "next" has gone. */
void instance_forget(struct instance *instance, const struct call *call);

/* A child has ended (after waitpid). Returns false when PID is no instance of this pool. */
bool pool_reap(struct pool *pool, int pid, int status, int64_t max_rss);

#endif
