#include "splitter/host/source/source.h"

#include <string.h>

#include "splitter/host/source/created.h"
#include "splitter/host/source/internal.h"

#define MAX_HEADERS ((size_t)64 * 1024)
#define MAX_ANSWER ((size_t)32 * 1024 * 1024)
#define RECEIVE_MS 40000    /* services wait up to 20 s, the emulator of Pub/Sub longer */
#define EMPTY_PAUSE_MS 1000 /* longest, where the back end does not wait by itself */
#define FAILURE_PAUSE_MS 5000
#define FULL_PAUSE_MS 200

/* Messages that one or more invocations work on; settled when the last has ended. */
struct batch {
  struct source *source;
  GPtrArray *messages;
  bool *is_failed;    /* one per message */
  unsigned n_running; /* invocations */
  bool is_event;      /* the body of its message is the event: no answer per message */
  bool is_stopped;    /* the host ends: nothing may be settled any more */
};

void source_say(const struct source *source, const char *what)
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

unsigned source_doubled(unsigned first, unsigned n, unsigned limit)
{
  while (n-- > 0 && first < limit) {
    first *= 2;
  }
  return MIN(first, limit);
}

struct delivery *source_send(struct source *source, struct source_request *request, bool is_whole,
                             unsigned timeout_ms, upstream_done done, void *data)
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

static void batch_free(struct batch *batch)
{
  g_ptr_array_unref(batch->messages);
  g_free(batch->is_failed);
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
      settlement_count_failure(source, message);
    } else {
      g_hash_table_remove(source->failures, message->id);
    }
    settlement_begin(source, message,
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
  source_say(batch->source, why);
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
    source_send(source, &request, is_whole, SOURCE_SETTLE_MS, on_held, NULL);
  }
}

static void receive_failed(struct source *source, const char *problem)
{
  if (source->n_failures++ == 0) {
    g_autofree char *text = g_strdup_printf("gives no messages: %s", problem);
    source_say(source, text);
  }
  wake_in(source, source_doubled(SOURCE_FIRST_PAUSE_MS, source->n_failures, FAILURE_PAUSE_MS));
}

static void received(struct source *source, GPtrArray *messages)
{
  if (source->n_failures > 0) {
    source_say(source, "answers again");
  }
  source->n_failures = 0;
  source->n_empty = messages->len > 0 ? 0 : source->n_empty + 1;
  source->figures.n_received += messages->len;
  hold(source, messages);
  hand_out(source, messages);
  bool is_pausing = source->n_empty > 0 && !source->place->kind->does_wait;
  wake_in(source,
          is_pausing ? source_doubled(SOURCE_FIRST_PAUSE_MS, source->n_empty, EMPTY_PAUSE_MS) : 0);
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
  source->receiving = source_send(source, &request, is_whole, RECEIVE_MS, on_received, source);
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
  source_say(source, "is asked for messages");
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
