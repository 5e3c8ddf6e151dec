/* The local host: generated functions behind their triggers on this machine.
 *
 * Two listeners: the front behaves like an HTTP API gateway; the API port serves the Runtime API to
 * the instances, the Invoke API to AWS clients, and lets tests send messages and wake schedules:
 *
 *   POST /2015-03-31/functions/NAME/invocations   Invoke API
 *   POST /queues/KEY/messages                     one message: 202 once it is on the disk;
 *                                                 ?wait=true: 200 or 502 after its first delivery;
 *                                                 ?delay=SECONDS
 *   POST /queues/KEY/push                         the same for Pub/Sub pushes and CloudEvents
 *   GET  /queues/KEY                              how many wait, are out, are dead letters
 *   POST /queues/KEY/redrive                      dead letters become messages again
 *   POST /schedules/NAME                          wakes a schedule now
 *   GET  /metrics                                 for Prometheus
 *
 * Listens on loopback unless told otherwise. Prints nothing: what happens is told to a watcher. */
#ifndef CLEAVE_HOST_HOST_H
#define CLEAVE_HOST_HOST_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "splitter/host/project.h"
#include "splitter/host/watcher.h"

struct host;
typedef struct host host_owner;

struct host_options {
  const struct project *project; /* must outlive the host */
  const char *listen;            /* address of the front: "127.0.0.1" */
  uint16_t port;                 /* 0: a free one */
  uint16_t api_port;             /* 0: a free one; always on 127.0.0.1 */
  unsigned keep_alive_s;
  const char *region;
  const char *fallback;       /* "http://HOST:PORT" for what no function serves; NULL: 404 */
  const char *queues;         /* file of the durable queues; NULL: queues.db in the project */
  const char *const *buckets; /* "BUCKET=FOLDER", NULL-terminated; may be NULL */
  /* "FUNCTION=KIND:URL", kinds sqs, azure, pubsub, s3; NULL-terminated; may be NULL. */
  const char *const *sources;
  struct host_watcher watcher;
  void (*on_tick)(void *data); /* every second while serving; may be NULL; gets watcher.data */
};

/* Starts listening. Sets ERROR and returns NULL when it cannot. */
struct host *host_new(const struct host_options *options, GError **error);
uint16_t host_port(const struct host *host);
uint16_t host_api_port(const struct host *host);

/* What is true now of function I of the project, and since the start. */
struct host_figures {
  const char *name;
  const char *trigger;
  unsigned n_instances;
  unsigned n_busy;
  unsigned n_waiting;
  int64_t memory;
  guint64 n;
  guint64 n_failed;
  guint64 n_cold;
  double mean; /* seconds */
  double p99;
  int64_t n_messages; /* of its queue; -1: it has none */
  int64_t n_dead;
};
void host_figures(struct host *host, size_t i, struct host_figures *figures);

/* Serves until SIGINT or SIGTERM; returns the signal's number. */
int host_run(struct host *host);

/* Ends all instances. */
void host_free(struct host *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(host_owner, host_free)

#endif
