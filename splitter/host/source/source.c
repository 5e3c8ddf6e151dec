#include "splitter/host/source/source.h"

#include <string.h>

#include "splitter/host/source/created.h"
#include "splitter/host/source/kind.h"

#define MAX_HEADERS ((size_t)64 * 1024)
#define MAX_ANSWER ((size_t)32 * 1024 * 1024)
#define RECEIVE_MS 40000 /* services wait up to 20 s, the emulator of Pub/Sub longer */
#define SETTLE_MS 10000  /* of one try of an acknowledgement */
#define SETTLE_TRIES 5
#define FIRST_PAUSE_MS 100
#define EMPTY_PAUSE_MS 1000 /* longest, where the back end does not wait by itself */
#define FAILURE_PAUSE_MS 5000
#define FULL_PAUSE_MS 200
#define MAX_RETRY_S 60
#define MAX_COUNTED 10000

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

/* Messages that one or more invocations work on; settled when the last has ended. */
struct batch {
  struct source *source;
  GPtrArray *messages;
  bool *is_failed;    /* one per message */
  unsigned n_running; /* invocations */
  bool is_event;      /* the body of its message is the event: no answer per message */
  bool is_stopped;    /* the host ends: nothing may be settled any more */
  char *why;          /* of a message that cannot be handed out, or NULL */
};

enum step { ACKNOWLEDGE, RELEASE, BURY, MAKE_GRAVE };

/* What is still to be said to the back end about a message. */
struct settlement {
  struct source *source;
  struct source_message *message;
  struct delivery *delivery;
  struct event *retry;
  enum step step;
  unsigned n_tries;
};

static void say(const struct source *source, const char *what)
{
  const struct host_watcher *watcher = &source->options.watcher;
  if (watcher->on_change) {
    g_autofree char *text =
        g_strdup_printf("%s '%s': %s", source->place->kind->name, source->place->name, what);
    watcher->on_change(pool_function(source->options.pool)->name, 0, text, watcher->data);
  }
}

static void wake_in(struct source *source, unsigned ms)
{
  struct timeval time = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
  evtimer_add(source->wake, &time);
}

static unsigned doubled(unsigned first, unsigned n, unsigned limit)
{
  while (n-- > 0 && first < limit) {
    first *= 2;
  }
  return MIN(first, limit);
}

/* Sends a request that WROTE says is whole; NULL with ERROR otherwise. Clears REQUEST. */
static struct delivery *send_request(struct source *source, struct source_request *request,
                                     bool is_whole, unsigned timeout_ms, upstream_done done,
                                     void *data)
{
  struct delivery *delivery = NULL;
  if (is_whole) {
    struct upstream_request sent = {.method = request->method,
                                    .target = request->target,
                                    .headers = request->headers.items,
                                    .n_headers = request->headers.n_items,
                                    .body = request->body ? request->body : "",
                                    .n_body = request->n_body,
                                    .host = source->place->host,
                                    .timeout_ms = timeout_ms};
    delivery = upstream_send(source->upstream, &sent, done, data);
  }
  arena_clear(&request->arena);
  return delivery;
}

static void settlement_free(void *pointer)
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
    unsigned ms = doubled(FIRST_PAUSE_MS, settlement->n_tries, 5000);
    struct timeval time = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    evtimer_add(settlement->retry, &time);
    return;
  }
  if (settlement->step == ACKNOWLEDGE) {
    source->figures.n_unsure++;
    g_autofree char *text = g_strdup_printf(
        "a processed message could not be acknowledged and will come again (%s)", problem);
    say(source, text);
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
    settlement->step = is_buried ? ACKNOWLEDGE : BURY;
    settle(settlement);
  } else if (is_good) {
    source->figures.n_done += settlement->step == ACKNOWLEDGE;
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
  return doubled(pause, n > 0 ? n - 1 : 0, MAX_RETRY_S);
}

/* Counts for the pause alone: what is forgotten comes again sooner. */
static void count_failure(struct source *source, const struct source_message *message)
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
      send_request(source, &request, is_whole, SETTLE_MS, on_settled, settlement);
  if (!settlement->delivery) {
    try_again(settlement, error->message);
  }
}

static void settle_later(struct source *source, struct source_message *message, enum step step)
{
  struct settlement *settlement = g_new0(struct settlement, 1);
  settlement->source = source;
  settlement->message = message;
  settlement->step = step;
  settlement->retry = evtimer_new(source->options.base, on_retry, settlement);
  g_hash_table_add(source->settlements, settlement);
  settle(settlement);
}

static void batch_free(struct batch *batch)
{
  g_ptr_array_unref(batch->messages);
  g_free(batch->is_failed);
  g_free(batch->why);
  g_free(batch);
}

/* Every message of the batch is acknowledged, given back, or put aside. */
static void batch_settle(struct batch *batch)
{
  struct source *source = batch->source;
  unsigned limit = pool_function(source->options.pool)->max_deliveries;
  for (guint i = 0; !batch->is_stopped && i < batch->messages->len; i++) {
    struct source_message *message = g_steal_pointer(&batch->messages->pdata[i]);
    bool is_hopeless = batch->is_failed[i] && !source->place->kind->buries_itself && limit > 0 &&
                       message->n_deliveries >= limit;
    if (batch->is_failed[i]) {
      source->figures.n_failed++;
      count_failure(source, message);
    } else {
      g_hash_table_remove(source->failures, message->id);
    }
    settle_later(source, message,
                 !batch->is_failed[i] ? ACKNOWLEDGE
                 : is_hopeless        ? BURY
                                      : RELEASE);
  }
  batch_free(batch);
  wake_in(source, 0);
}

static void on_result(const struct invocation_result *result, void *data)
{
  struct batch *batch = data;
  const struct project_function *function = pool_function(batch->source->options.pool);
  if (strcmp(result->error_type, "Host.Stopped") == 0) {
    batch->is_stopped = true;
  }
  g_autofree bool *is_done = g_new0(bool, batch->messages->len);
  if (batch->is_event) {
    bool is_good = result->outcome == OUTCOME_OK &&
                   (function->platform == PROJECT_AWS || result->http_status < 300);
    memset(is_done, is_good, batch->messages->len * sizeof *is_done);
  } else {
    g_autofree const char **ids = g_new0(const char *, batch->messages->len);
    for (guint i = 0; i < batch->messages->len; i++) {
      ids[i] = ((struct source_message *)g_ptr_array_index(batch->messages, i))->id;
    }
    payload_is_processed(function, result, ids, batch->messages->len, is_done);
  }
  for (guint i = 0; i < batch->messages->len; i++) {
    batch->is_failed[i] = batch->is_failed[i] || !is_done[i];
  }
  if (--batch->n_running == 0) {
    batch_settle(batch);
  }
}

static void run(struct batch *batch, struct payload *payload, const struct trace_context *context)
{
  batch->n_running++;
  pool_invoke(batch->source->options.pool, payload, context, on_result, batch);
}

/* A message that cannot be handed out has failed like one whose function failed. */
static void refuse(struct batch *batch, const char *why)
{
  say(batch->source, why);
  for (guint i = 0; i < batch->messages->len; i++) {
    batch->is_failed[i] = true;
  }
  batch_settle(batch);
}

/* An object function: the message tells what was created. */
static void run_created(struct batch *batch, const struct trace_context *context)
{
  const struct project_function *function = pool_function(batch->source->options.pool);
  struct source_message *message = g_ptr_array_index(batch->messages, 0);
  gsize n = 0;
  const char *body = g_bytes_get_data(message->body, &n);
  g_autoptr(GPtrArray) list = created_read(body ? body : "", n, message->attributes);
  batch->is_event = true;
  if (!list) {
    refuse(batch, "a message is no notification about objects");
    return;
  }
  batch->n_running = 1; /* until all have been started */
  for (guint i = 0; i < list->len; i++) {
    const struct created *created = g_ptr_array_index(list, i);
    struct payload_object object = {.bucket = created->bucket,
                                    .key = created->key,
                                    .size = created->size,
                                    .etag = created->etag,
                                    .content = "",
                                    .now_ms = g_get_real_time() / 1000};
    struct trace_context one = *context;
    if (i > 0) {
      trace_context_begin(&one, message->trace);
    }
    run(batch, payload_object(function, &object, one.traceparent), &one);
  }
  if (--batch->n_running == 0) {
    batch_settle(batch); /* about nothing that was created: a test of the connection */
  }
}

static void batch_run(struct batch *batch)
{
  const struct project_function *function = pool_function(batch->source->options.pool);
  const struct source_message *first = g_ptr_array_index(batch->messages, 0);
  struct trace_context context;
  trace_context_begin(&context, first->trace);
  if (function->trigger == CLEAVE_OBJECT) {
    run_created(batch, &context);
    return;
  }
  guint n = batch->messages->len;
  g_autofree struct payload_message *sent = g_new0(struct payload_message, n);
  for (guint i = 0; i < n; i++) {
    const struct source_message *message = g_ptr_array_index(batch->messages, i);
    gsize length = 0;
    const char *body = g_bytes_get_data(message->body, &length);
    sent[i] = (struct payload_message){.id = message->id,
                                       .body = body ? body : "",
                                       .n_body = length,
                                       .n_deliveries = message->n_deliveries,
                                       .sent_ms = message->sent_ms,
                                       .traceparent = context.traceparent,
                                       .record = message->record,
                                       .attributes = message->attributes,
                                       .origin = batch->source->place->path};
  }
  struct payload *payload = payload_queue(function, sent, n);
  if (payload) {
    run(batch, payload, &context);
  } else {
    refuse(batch, "a message is not UTF-8, which an event of this platform cannot hold");
  }
}

static struct batch *batch_new(struct source *source)
{
  struct batch *batch = g_new0(struct batch, 1);
  batch->source = source;
  batch->messages = g_ptr_array_new_with_free_func(source_message_free);
  return batch;
}

/* Messages that may share an event: of one trace, or in an order that must be kept. */
static bool belongs(const struct source *source, const struct batch *batch,
                    const struct source_message *message)
{
  const struct project_function *function = pool_function(source->options.pool);
  const struct source_message *first = g_ptr_array_index(batch->messages, 0);
  bool is_shared = function->platform == PROJECT_AWS && function->trigger == CLEAVE_QUEUE;
  return is_shared && (message->is_ordered || strcmp(first->trace, message->trace) == 0);
}

static void hand_out(struct source *source, GPtrArray *messages)
{
  g_autoptr(GPtrArray) batches = g_ptr_array_new();
  for (guint i = 0; i < messages->len; i++) {
    struct source_message *message = g_ptr_array_index(messages, i);
    struct batch *batch = NULL;
    for (guint k = 0; k < batches->len && !batch; k++) {
      struct batch *candidate = g_ptr_array_index(batches, k);
      batch = belongs(source, candidate, message) ? candidate : NULL;
    }
    if (!batch) {
      batch = batch_new(source);
      g_ptr_array_add(batches, batch);
    }
    g_ptr_array_add(batch->messages, message);
  }
  for (guint k = 0; k < batches->len; k++) {
    struct batch *batch = g_ptr_array_index(batches, k);
    batch->is_failed = g_new0(bool, batch->messages->len);
    batch_run(batch);
  }
}

/* Longer than the messages may wait and their function may take; the end of it gives back earlier.
 */
static unsigned hidden_seconds(const struct source *source)
{
  return pool_function(source->options.pool)->timeout_s * 6 + 10;
}

static void on_held(const struct upstream_answer *answer, void *data)
{
  (void)answer; /* if not, the back end delivers again too early: at least once holds */
  (void)data;
}

static void hold(struct source *source, const GPtrArray *messages)
{
  const struct source_place *place = source->place;
  struct source_request request = {.method = "POST"};
  if (place->kind->hold && messages->len > 0) {
    arena_init(&request.arena);
    bool is_whole = place->kind->hold(place, messages, hidden_seconds(source), &request, NULL);
    send_request(source, &request, is_whole, SETTLE_MS, on_held, NULL);
  }
}

static void receive_failed(struct source *source, const char *problem)
{
  if (source->n_failures++ == 0) {
    g_autofree char *text = g_strdup_printf("gives no messages: %s", problem);
    say(source, text);
  }
  wake_in(source, doubled(FIRST_PAUSE_MS, source->n_failures, FAILURE_PAUSE_MS));
}

static void received(struct source *source, GPtrArray *messages)
{
  if (source->n_failures > 0) {
    say(source, "answers again");
  }
  source->n_failures = 0;
  source->n_empty = messages->len > 0 ? 0 : source->n_empty + 1;
  source->figures.n_received += messages->len;
  hold(source, messages);
  hand_out(source, messages);
  bool is_pausing = source->n_empty > 0 && !source->place->kind->does_wait;
  wake_in(source, is_pausing ? doubled(FIRST_PAUSE_MS, source->n_empty, EMPTY_PAUSE_MS) : 0);
}

static void on_received(const struct upstream_answer *answer, void *data)
{
  struct source *source = data;
  const struct source_place *place = source->place;
  g_autoptr(GError) error = NULL;
  source->receiving = NULL;
  if (answer->status < 200 || answer->status > 299) {
    g_autofree char *code = source_error_code(answer->body, answer->n_body);
    g_autofree char *problem = answer->status
                                   ? g_strdup_printf("status %d %s", answer->status, code)
                                   : g_strdup(answer->problem);
    receive_failed(source, problem);
    return;
  }
  g_autoptr(GPtrArray) messages = g_ptr_array_new();
  bool is_good = place->kind->read(place, answer->body, answer->n_body, messages, &error);
  if (is_good) {
    received(source, messages);
  } else {
    g_ptr_array_foreach(messages, (GFunc)(void (*)(void))source_message_free, NULL);
    receive_failed(source, error->message);
  }
}

static void on_wake(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct source *source = data;
  const struct project_function *function = pool_function(source->options.pool);
  const struct source_place *place = source->place;
  unsigned room = pool_room(source->options.pool);
  if (source->receiving) {
    return;
  }
  if (room == 0) { /* other triggers may have it: the end of an invocation is not told here */
    wake_in(source, FULL_PAUSE_MS);
    return;
  }
  bool is_shared = function->platform == PROJECT_AWS && function->trigger == CLEAVE_QUEUE;
  unsigned n = MIN(is_shared ? function->batch : room, place->kind->max_batch);
  g_autoptr(GError) error = NULL;
  struct source_request request = {.method = "GET"};
  arena_init(&request.arena);
  bool is_whole = place->kind->receive(place, n, hidden_seconds(source), &request, &error);
  source->receiving = send_request(source, &request, is_whole, RECEIVE_MS, on_received, source);
  if (!source->receiving) {
    receive_failed(source, error->message);
  }
}

struct source *source_new(const struct source_options *options, GError **error)
{
  struct wire_limits limits = {MAX_HEADERS, MAX_ANSWER};
  g_autoptr(source_place_owner) place = source_place_new(options->address, error);
  struct upstream *upstream =
      place ? upstream_from_url(options->base, place->url, limits, error) : NULL;
  if (!upstream) {
    return NULL;
  }
  struct source *source = g_new0(struct source, 1);
  source->options = *options;
  source->place = g_steal_pointer(&place);
  source->upstream = upstream;
  source->figures.function = pool_function(options->pool)->name;
  source->figures.name = source->place->name;
  source->figures.kind = source->place->kind->name;
  source->wake = evtimer_new(options->base, on_wake, source);
  source->settlements = g_hash_table_new_full(NULL, NULL, settlement_free, NULL);
  source->failures = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  say(source, "is asked for messages");
  wake_in(source, 0);
  return source;
}

void source_free(struct source *source)
{
  if (!source) {
    return;
  }
  g_hash_table_destroy(source->settlements);
  g_hash_table_destroy(source->failures);
  if (source->receiving) {
    upstream_cancel(source->receiving);
  }
  event_free(source->wake);
  upstream_free(source->upstream);
  source_place_free(source->place);
  g_free(source);
}

void source_figures(const struct source *source, struct source_figures *figures)
{
  *figures = source->figures;
}
