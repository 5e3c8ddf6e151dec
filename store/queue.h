/* A durable queue in a file of its own: messages wait in named queues until they are deleted.
 *
 * What queue_send() has committed survives the death of the process at any point. A received
 * message is invisible for a while and comes again when nobody deleted it; after too many
 * deliveries it goes to the dead letters. Delivery is at least once, oldest first. It never deletes
 * a message that was not acknowledged with the receipt of its last delivery. Knows no clock: times
 * come in as milliseconds since 1970 UTC. */
#ifndef CLEAVE_STORE_QUEUE_H
#define CLEAVE_STORE_QUEUE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SQLite's application id of these files: "CLVQ". */
#define QUEUE_APPLICATION_ID 0x434c5651

struct queue;
typedef struct queue queue_owner;

/* Opens or makes the file at PATH. One process at a time owns it; another one gets
 * STORE_ERROR_BUSY. Messages that were out when the former owner ended are visible again at once.
 * Sets ERROR (STORE_ERROR) and returns NULL when it cannot. */
struct queue *queue_open(const char *path, GError **error);
/* Accepts NULL. What was not committed is rolled back. */
void queue_close(struct queue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(queue_owner, queue_close)

struct queue_message {
  int64_t id;      /* grows with every message of the file */
  int64_t receipt; /* of this delivery */
  GBytes *body;
  char *trace; /* W3C traceparent, or "" */
  int64_t sent_ms;
  unsigned n_deliveries; /* this one included */
};
void queue_message_clear(struct queue_message *message);

/* Puts a message into the queue NAME; durable once this returns true, outside of a batch. It is
 * visible from VISIBLE_MS on. O(log n). */
bool queue_send(struct queue *queue, const char *name, const void *body, size_t n_body,
                const char *trace, int64_t now_ms, int64_t visible_ms, int64_t *id, GError **error);

/* Several changes with one commit: durable once queue_commit() returns true. A failed commit has
 * changed nothing. */
bool queue_begin(struct queue *queue, GError **error);
bool queue_commit(struct queue *queue, GError **error);

enum queue_result { QUEUE_GOT, QUEUE_EMPTY, QUEUE_FAILED };

/* The oldest visible message of NAME, invisible to others until UNTIL_MS. Messages that were
 * delivered MAX_DELIVERIES times become dead letters instead (0: never). QUEUE_FAILED sets ERROR.
 * O(log n). */
enum queue_result queue_receive(struct queue *queue, const char *name, int64_t now_ms,
                                int64_t until_ms, unsigned max_deliveries,
                                struct queue_message *message, GError **error);

/* The message was processed. *IS_DELETED is false when RECEIPT is not that of the last delivery:
 * the message was given to somebody else meanwhile, and stays. */
bool queue_delete(struct queue *queue, int64_t id, int64_t receipt, bool *is_deleted,
                  GError **error);

/* The message was not processed: visible again from VISIBLE_MS on, with WHY as its last failure. */
bool queue_release(struct queue *queue, int64_t id, int64_t receipt, int64_t visible_ms,
                   const char *why, GError **error);

struct queue_figures {
  int64_t n_visible;
  int64_t n_out;   /* delivered or delayed, not visible yet */
  int64_t n_dead;  /* dead letters */
  int64_t next_ms; /* when the next of n_out becomes visible; 0: none */
};
bool queue_figures(struct queue *queue, const char *name, int64_t now_ms,
                   struct queue_figures *figures, GError **error);

/* Dead letters of NAME, oldest first, at most LIMIT: called as VISIT(message, why, DATA). */
bool queue_dead(struct queue *queue, const char *name, unsigned limit,
                void (*visit)(const struct queue_message *message, const char *why, void *data),
                void *data, GError **error);

/* Makes all dead letters of NAME ordinary messages again, with no delivery counted. */
bool queue_redrive(struct queue *queue, const char *name, int64_t now_ms, int64_t *n_moved,
                   GError **error);

/* What has been seen elsewhere and is told once: NAME's marks, a VERSION per KEY. *IS_NEW: KEY was
 * not marked, or with another version. ROUND (greater than 0, growing) is the look that saw it.
 * O(log n). */
bool queue_mark(struct queue *queue, const char *name, const char *key, const char *version,
                int64_t round, bool *is_new, GError **error);
/* Ends a look: takes away NAME's marks that ROUND did not see. *IS_FIRST: it was the first look of
 * all. O(n). */
bool queue_end_round(struct queue *queue, const char *name, int64_t round, bool *is_first,
                     GError **error);
/* Whether a look at NAME has ended before. */
bool queue_has_looked(struct queue *queue, const char *name, bool *has_looked, GError **error);

#endif
