/* What became of a message, said to its back end until it answers or that is hopeless. */
#include "splitter/host/source/internal.h"

#define SETTLE_TRIES 5
#define MAX_RETRY_S 60
#define MAX_COUNTED 10000

/* What is still to be said to the back end about a message. */
struct settlement {
  struct source *source;
  struct source_message *message;
  struct delivery *delivery;
  struct event *retry;
  enum step step;
  unsigned n_tries;
  bool is_buried; /* what is acknowledged then was not processed */
};

void settlement_free(void *pointer)
{
  struct settlement *settlement = pointer;
  if (settlement->delivery) {
    upstream_cancel(settlement->delivery);
  }
  event_free(settlement->retry);
  source_message_free(settlement->message);
  g_free(settlement);
}

static void settlement_end(struct settlement *settlement)
{
  g_hash_table_remove(settlement->source->settlements, settlement);
}

static void settle(struct settlement *settlement);

static void try_again(struct settlement *settlement, const char *problem)
{
  struct source *source = settlement->source;
  if (++settlement->n_tries < SETTLE_TRIES) {
    unsigned ms = source_doubled(SOURCE_FIRST_PAUSE_MS, settlement->n_tries, 5000);
    struct timeval time = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    evtimer_add(settlement->retry, &time);
    return;
  }
  if (settlement->step == ACKNOWLEDGE) {
    source->figures.n_unsure++;
    g_autofree char *text = g_strdup_printf(
        "a processed message could not be acknowledged and will come again (%s)", problem);
    source_say(source, text);
  }
  settlement_end(settlement);
}

static void on_settled(const struct upstream_answer *answer, void *data)
{
  struct settlement *settlement = data;
  struct source *source = settlement->source;
  bool is_good = answer->status >= 200 && answer->status < 300;
  settlement->delivery = NULL;
  if (settlement->step == BURY && answer->status == 404) {
    settlement->step = MAKE_GRAVE;
    settle(settlement);
  } else if (is_good && (settlement->step == BURY || settlement->step == MAKE_GRAVE)) {
    bool is_buried = settlement->step == BURY;
    source->figures.n_buried += is_buried;
    settlement->is_buried = is_buried;
    settlement->step = is_buried ? ACKNOWLEDGE : BURY;
    settle(settlement);
  } else if (is_good) {
    source->figures.n_done += settlement->step == ACKNOWLEDGE && !settlement->is_buried;
    settlement_end(settlement);
  } else if (answer->status >= 400 && answer->status < 500 && answer->status != 429) {
    /* Its receipt counts no longer: somebody else has the message, or it is gone. */
    g_autofree char *code = source_error_code(answer->body, answer->n_body);
    g_autofree char *problem = g_strdup_printf("status %d %s", answer->status, code);
    settlement->n_tries = SETTLE_TRIES;
    try_again(settlement, problem);
  } else {
    g_autofree char *problem =
        answer->status ? g_strdup_printf("status %d", answer->status) : g_strdup(answer->problem);
    try_again(settlement, problem);
  }
}

static void on_retry(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  settle(data);
}

/* Later each time, as with the host's own queues. */
static unsigned retry_seconds(const struct source *source, const struct source_message *message)
{
  unsigned pause = pool_function(source->options.pool)->retry_s;
  unsigned n = message->n_deliveries;
  n = n > 0 ? n : GPOINTER_TO_UINT(g_hash_table_lookup(source->failures, message->id));
  return source_doubled(pause, n > 0 ? n - 1 : 0, MAX_RETRY_S);
}

static void settle(struct settlement *settlement)
{
  struct source *source = settlement->source;
  const struct source_place *place = source->place;
  const struct source_message *message = settlement->message;
  g_autoptr(GError) error = NULL;
  struct source_request request = {.method = "POST"};
  bool is_whole = false;
  arena_init(&request.arena);
  switch (settlement->step) {
  case ACKNOWLEDGE:
    is_whole = place->kind->acknowledge(place, message, &request, &error);
    break;
  case RELEASE:
    is_whole =
        place->kind->release(place, message, retry_seconds(source, message), &request, &error);
    break;
  case BURY:
    is_whole = place->kind->bury(place, message, &request, &error);
    break;
  case MAKE_GRAVE:
    is_whole = place->kind->make_grave(place, &request, &error);
    break;
  }
  settlement->delivery =
      source_send(source, &request, is_whole, SOURCE_SETTLE_MS, on_settled, settlement);
  if (!settlement->delivery) {
    try_again(settlement, error->message);
  }
}

void settlement_begin(struct source *source, struct source_message *message, enum step step)
{
  struct settlement *settlement = g_new0(struct settlement, 1);
  settlement->source = source;
  settlement->message = message;
  settlement->step = step;
  settlement->retry = evtimer_new(source->options.base, on_retry, settlement);
  g_hash_table_add(source->settlements, settlement);
  settle(settlement);
}

void settlement_count_failure(struct source *source, const struct source_message *message)
{
  if (message->n_deliveries > 0) {
    return;
  }
  guint n = GPOINTER_TO_UINT(g_hash_table_lookup(source->failures, message->id));
  if (g_hash_table_size(source->failures) > MAX_COUNTED) {
    g_hash_table_remove_all(source->failures);
  }
  g_hash_table_replace(source->failures, g_strdup(message->id), GUINT_TO_POINTER(n + 1));
}
