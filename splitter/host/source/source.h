/* Queue functions fed from a back end elsewhere: Amazon SQS, Azure's storage queues, Pub/Sub.
 *
 * Asks for messages while there is room for instances and hands them out. A message is acknowledged
 * after its function has said that it is processed, never before; one that failed is given back and
 * comes again by the back end's own count, later each time. Several messages go into one event
 * where the platform does so, unless they belong to different traces. Never blocks, never loses a
 * message: what it does not acknowledge the back end delivers again. */
#ifndef CLEAVE_HOST_SOURCE_H
#define CLEAVE_HOST_SOURCE_H

#include <event2/event.h>
#include <glib.h>
#include <stdint.h>

#include "splitter/host/pool.h"

struct source;

struct source_options {
  struct event_base *base;
  struct pool *pool;   /* must outlive the source */
  const char *address; /* "sqs:http://127.0.0.1:9324/000000000000/mail" */
  struct host_watcher watcher;
};

/* Starts asking. Credentials come from the environment (AWS: or from the shared file). Sets ERROR
 * (SOURCE_ERROR, UPSTREAM_ERROR) and returns NULL when the address or credentials are missing. */
struct source *source_new(const struct source_options *options, GError **error);
/* Forgets what is under way; the back end delivers it again. Accepts NULL. After the pool. */
void source_free(struct source *source);

struct source_figures {
  const char *function;
  const char *kind; /* "sqs" */
  const char *name; /* of the queue or subscription */
  guint64 n_received;
  guint64 n_done;   /* acknowledged */
  guint64 n_failed; /* given back */
  guint64 n_buried; /* put aside: failed too often */
  guint64 n_unsure; /* processed, but the acknowledgement got no answer: will come again */
};
void source_figures(const struct source *source, struct source_figures *figures);

#endif
