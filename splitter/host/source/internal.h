/* What the files of a source share. Not for others: source.h is the door. */
#ifndef CLEAVE_HOST_SOURCE_INTERNAL_H
#define CLEAVE_HOST_SOURCE_INTERNAL_H

#include "splitter/host/source/kind.h"
#include "splitter/host/source/source.h"

#define SOURCE_FIRST_PAUSE_MS 100
#define SOURCE_SETTLE_MS 10000 /* how long one answer about a message may take */

struct source {
  struct source_options options;
  struct source_place *place;
  struct upstream *upstream;
  struct event *wake;
  struct delivery *receiving; /* a request for messages is under way */
  GHashTable *settlements;    /* struct settlement, all under way */
  GHashTable *failures; /* message id -> how often it failed, where the back end does not count */
  unsigned n_failures;  /* of receiving, in a row */
  unsigned n_empty;     /* answers without messages, in a row */
  struct source_figures figures;
};

/* Tells the watcher. */
void source_say(const struct source *source, const char *what);
/* FIRST doubled N times, at most LIMIT. */
unsigned source_doubled(unsigned first, unsigned n, unsigned limit);
/* Sends REQUEST when IS_WHOLE says that it could be written, and clears it. NULL: nothing was sent.
 */
struct delivery *source_send(struct source *source, struct source_request *request, bool is_whole,
                             unsigned timeout_ms, upstream_done done, void *data);

enum step { ACKNOWLEDGE, RELEASE, BURY, MAKE_GRAVE };

/* Says to the back end what became of MESSAGE (taken over), several times when it does not answer:
 * ACKNOWLEDGE it, RELEASE it, or BURY it and acknowledge it then (settlement.c). */
void settlement_begin(struct source *source, struct source_message *message, enum step step);
void settlement_free(void *settlement);
/* MESSAGE has failed. Counts for the pause alone, and where the back end does not count: what is
 * forgotten comes again sooner. */
void settlement_count_failure(struct source *source, const struct source_message *message);

#endif
