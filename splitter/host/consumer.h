/* Queue functions: messages wait in a durable queue, are handed to instances as long as there is
 * room, and are deleted when their function says that they are processed. What fails comes again,
 * later each time, and goes to the dead letters in the end.
 *
 * It never tells a sender that a message is kept before it is on the disk, and never deletes a
 * message that was not processed. */
#ifndef CLEAVE_HOST_CONSUMER_H
#define CLEAVE_HOST_CONSUMER_H

#include <event2/event.h>
#include <glib.h>
#include <stdbool.h>

#include "splitter/host/pool.h"
#include "store/queue.h"

/* The queues' file. Changes of one round of the event loop share one commit. */
struct ledger;
struct ledger *ledger_new(struct event_base *base, const char *path, GError **error);
/* Commits what is open; accepts NULL. */
void ledger_free(struct ledger *ledger);

struct consumer;
/* POOL and LEDGER must outlive it. */
struct consumer *consumer_new(struct event_base *base, struct ledger *ledger, struct pool *pool);
void consumer_free(struct consumer *consumer);

/* A sender is told: KEPT is called once the message is on the disk (or IS_GOOD false: it is not),
 * PROCESSED after its first delivery has ended. Either may be NULL. Neither is called from within
 * consumer_send(). */
struct consumer_sender {
  void (*kept)(bool is_good, int64_t id, void *data);
  void (*processed)(bool is_processed, void *data);
  void *data;
};
void consumer_send(struct consumer *consumer, const void *body, size_t n_body,
                   const char *traceparent, int64_t delay_ms, const struct consumer_sender *sender);

/* {"name":..,"visible":..,"out":..,"dead":..} and, with dead letters, "letters":[{..}]. A new
 * string. */
char *consumer_describe(struct consumer *consumer);
bool consumer_figures(struct consumer *consumer, struct queue_figures *figures);
/* An object of a bucket was seen by the look ROUND (growing numbers). When it was not there at the
 * last look, or as another VERSION, it becomes a message, with the same commit as the note of it;
 * what the very first look sees does not. False when it could not be written down: look again. */
struct created;
bool consumer_see(struct consumer *consumer, const struct created *created, const char *version,
                  int64_t round);
/* The look has seen the whole bucket: what it did not see is gone. */
bool consumer_end_look(struct consumer *consumer, int64_t round, bool *is_first);

/* Dead letters become messages again; returns how many. */
int64_t consumer_redrive(struct consumer *consumer);

#endif
