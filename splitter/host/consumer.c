#include "splitter/host/consumer.h"

#include <jansson.h>
#include <string.h>

#include "splitter/host/source/created.h"

#define MAX_RETRY_MS 60000
#define SHOWN_LETTERS 100

struct ledger {
  struct queue *queue;
  struct event *commit;
  GArray *after; /* struct waiting: told after the commit */
  bool is_open;
};

/* A sender that waits for the commit. */
struct waiting {
  struct consumer_sender sender;
  int64_t id;
};

struct consumer {
  struct ledger *ledger;
  struct pool *pool;
  struct event *wake;
  int64_t wake_ms;     /* when it will be woken; 0: not at all */
  GHashTable *senders; /* message id -> struct consumer_sender *, until its first delivery ends */
};

/* A delivered message. */
struct delivered {
  struct consumer *consumer;
  int64_t id;
  int64_t receipt;
  unsigned n_deliveries;
  char *text_id;
};

static int64_t now_ms(void)
{
  return g_get_real_time() / 1000;
}

static void on_commit(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct ledger *ledger = data;
  bool is_good = !ledger->is_open || queue_commit(ledger->queue, NULL);
  ledger->is_open = false;
  GArray *after = ledger->after;
  ledger->after = g_array_new(FALSE, FALSE, sizeof(struct waiting));
  for (guint i = 0; i < after->len; i++) {
    const struct waiting *waiting = &g_array_index(after, struct waiting, i);
    waiting->sender.kept(is_good && waiting->id > 0, waiting->id, waiting->sender.data);
  }
  g_array_unref(after);
}

struct ledger *ledger_new(struct event_base *base, const char *path, GError **error)
{
  struct queue *queue = queue_open(path, error);
  if (!queue) {
    return NULL;
  }
  struct ledger *ledger = g_new0(struct ledger, 1);
  ledger->queue = queue;
  ledger->commit = evtimer_new(base, on_commit, ledger);
  ledger->after = g_array_new(FALSE, FALSE, sizeof(struct waiting));
  return ledger;
}

void ledger_free(struct ledger *ledger)
{
  if (!ledger) {
    return;
  }
  if (ledger->is_open) {
    queue_commit(ledger->queue, NULL);
  }
  event_free(ledger->commit);
  g_array_unref(ledger->after);
  queue_close(ledger->queue);
  g_free(ledger);
}

/* Opens the round's transaction, which is committed when the loop comes round. */
static bool touch(struct ledger *ledger)
{
  if (!ledger->is_open) {
    ledger->is_open = queue_begin(ledger->queue, NULL);
    event_active(ledger->commit, EV_TIMEOUT, 0);
  }
  return ledger->is_open;
}

static const char *queue_name(const struct consumer *consumer)
{
  return pool_function(consumer->pool)->name;
}

/* Wakes at TIME_MS, or earlier when that is due already. */
static void wake_at(struct consumer *consumer, int64_t time_ms)
{
  if (consumer->wake_ms > 0 && consumer->wake_ms <= time_ms) {
    return;
  }
  consumer->wake_ms = time_ms > 0 ? time_ms : 1;
  int64_t wait = time_ms - now_ms();
  wait = wait < 0 ? 0 : wait;
  struct timeval time = {.tv_sec = wait / 1000, .tv_usec = (suseconds_t)(wait % 1000) * 1000};
  evtimer_add(consumer->wake, &time);
}

/* Failing messages come again after 1, 2, 4 ... times the function's pause. */
static int64_t retry_ms(const struct delivered *delivered)
{
  int64_t pause = (int64_t)pool_function(delivered->consumer->pool)->retry_s * 1000;
  for (unsigned i = 1; i < delivered->n_deliveries && pause < MAX_RETRY_MS; i++) {
    pause *= 2;
  }
  return pause < MAX_RETRY_MS ? pause : MAX_RETRY_MS;
}

static void tell_sender(struct consumer *consumer, int64_t id, bool is_processed)
{
  struct consumer_sender *sender = g_hash_table_lookup(consumer->senders, &id);
  if (sender) {
    sender->processed(is_processed, sender->data);
    g_hash_table_remove(consumer->senders, &id);
  }
}

static void on_result(const struct invocation_result *result, void *data)
{
  struct delivered *delivered = data;
  struct consumer *consumer = delivered->consumer;
  struct ledger *ledger = consumer->ledger;
  const char *id = delivered->text_id;
  bool is_processed = false;
  payload_is_processed(pool_function(consumer->pool), result, &id, 1, &is_processed);
  bool is_deleted = false;
  if (touch(ledger) && is_processed) {
    queue_delete(ledger->queue, delivered->id, delivered->receipt, &is_deleted, NULL);
  } else if (ledger->is_open) {
    int64_t pause = result->outcome == OUTCOME_REFUSED ? 0 : retry_ms(delivered);
    const char *why = result->error_type[0] != '\0' ? result->error_type : "Function.Failed";
    queue_release(ledger->queue, delivered->id, delivered->receipt, now_ms() + pause, why, NULL);
  }
  tell_sender(consumer, delivered->id, is_processed);
  g_free(delivered->text_id);
  g_free(delivered);
  wake_at(consumer, 0);
}

/* A message that consumer_see() wrote. */
static struct payload *created_payload(const struct project_function *function, const char *text,
                                       size_t n_text, const char *traceparent)
{
  struct created *created = created_parse(text ? text : "", n_text);
  struct payload_object object = {.bucket = created ? created->bucket : "",
                                  .key = created ? created->key : "",
                                  .etag = created ? created->etag : "",
                                  .size = created ? created->size : 0,
                                  .content = "",
                                  .now_ms = now_ms()};
  struct payload *payload = payload_object(function, &object, traceparent);
  created_free(created);
  return payload;
}

static void deliver(struct consumer *consumer, struct queue_message *message)
{
  const struct project_function *function = pool_function(consumer->pool);
  struct delivered *delivered = g_new0(struct delivered, 1);
  struct trace_context context;
  gsize n_body = 0;
  const void *body = g_bytes_get_data(message->body, &n_body);
  *delivered = (struct delivered){consumer, message->id, message->receipt, message->n_deliveries,
                                  g_strdup_printf("%" G_GINT64_FORMAT, message->id)};
  trace_context_begin(&context, message->trace);
  if (function->trigger == CLEAVE_OBJECT) {
    pool_invoke(consumer->pool, created_payload(function, body, n_body, context.traceparent),
                &context, on_result, delivered);
    queue_message_clear(message);
    return;
  }
  struct payload_message sent = {.id = delivered->text_id,
                                 .body = body ? body : "",
                                 .n_body = n_body,
                                 .n_deliveries = message->n_deliveries,
                                 .sent_ms = message->sent_ms,
                                 .traceparent = context.traceparent};
  pool_invoke(consumer->pool, payload_queue(function, &sent, 1), &context, on_result, delivered);
  queue_message_clear(message);
}

/* Hands out messages as long as there is room, then waits for the next one to become visible. */
static void on_wake(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct consumer *consumer = data;
  struct ledger *ledger = consumer->ledger;
  const struct project_function *function = pool_function(consumer->pool);
  consumer->wake_ms = 0;
  /* Longer than the function may take; its end releases the message earlier. */
  int64_t invisible_ms = ((int64_t)function->timeout_s * 6 + 30) * 1000;
  for (unsigned room = pool_room(consumer->pool); room > 0; room--) {
    struct queue_message message;
    if (!touch(ledger) ||
        queue_receive(ledger->queue, queue_name(consumer), now_ms(), now_ms() + invisible_ms,
                      function->max_deliveries, &message, NULL) != QUEUE_GOT) {
      break;
    }
    deliver(consumer, &message);
  }
  struct queue_figures figures;
  if (!consumer_figures(consumer, &figures)) {
    wake_at(consumer, now_ms() + 1000);
  } else if (figures.n_visible > 0 && pool_room(consumer->pool) > 0) {
    wake_at(consumer, now_ms() + 5); /* became visible meanwhile */
  } else if (figures.next_ms > 0) {
    wake_at(consumer, figures.next_ms);
  }
}

struct consumer *consumer_new(struct event_base *base, struct ledger *ledger, struct pool *pool)
{
  struct consumer *consumer = g_new0(struct consumer, 1);
  consumer->ledger = ledger;
  consumer->pool = pool;
  consumer->wake = evtimer_new(base, on_wake, consumer);
  consumer->senders = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
  wake_at(consumer, 0); /* what an earlier host left */
  return consumer;
}

void consumer_free(struct consumer *consumer)
{
  if (consumer) {
    event_free(consumer->wake);
    g_hash_table_destroy(consumer->senders);
    g_free(consumer);
  }
}

void consumer_send(struct consumer *consumer, const void *body, size_t n_body,
                   const char *traceparent, int64_t delay_ms, const struct consumer_sender *sender)
{
  struct ledger *ledger = consumer->ledger;
  int64_t now = now_ms();
  struct waiting waiting = {.sender = *sender, .id = 0};
  bool is_good = touch(ledger) && queue_send(ledger->queue, queue_name(consumer), body, n_body,
                                             traceparent, now, now + delay_ms, &waiting.id, NULL);
  waiting.id = is_good ? waiting.id : 0; /* the round goes on without it */
  if (sender->kept) {
    g_array_append_val(ledger->after, waiting);
    event_active(ledger->commit, EV_TIMEOUT, 0);
  }
  if (sender->processed && is_good) {
    int64_t *key = g_memdup2(&waiting.id, sizeof waiting.id);
    g_hash_table_replace(consumer->senders, key, g_memdup2(sender, sizeof *sender));
  }
  wake_at(consumer, now + delay_ms);
}

bool consumer_figures(struct consumer *consumer, struct queue_figures *figures)
{
  return queue_figures(consumer->ledger->queue, queue_name(consumer), now_ms(), figures, NULL);
}

static void add_letter(const struct queue_message *message, const char *why, void *data)
{
  gsize n = 0;
  const char *body = g_bytes_get_data(message->body, &n);
  g_autofree char *text = g_utf8_make_valid(body ? body : "", (gssize)n);
  json_array_append_new(data,
                        json_pack("{s:I,s:s,s:i,s:s}", "id", (json_int_t)message->id, "body", text,
                                  "deliveries", (int)message->n_deliveries, "why", why));
}

char *consumer_describe(struct consumer *consumer)
{
  struct queue_figures figures = {0};
  consumer_figures(consumer, &figures);
  json_t *letters = json_array();
  if (figures.n_dead > 0) {
    queue_dead(consumer->ledger->queue, queue_name(consumer), SHOWN_LETTERS, add_letter, letters,
               NULL);
  }
  json_t *root = json_pack("{s:s,s:I,s:I,s:I,s:o}", "name", queue_name(consumer), "visible",
                           (json_int_t)figures.n_visible, "out", (json_int_t)figures.n_out, "dead",
                           (json_int_t)figures.n_dead, "letters", letters);
  char *text = json_dumps(root, JSON_COMPACT);
  json_decref(root);
  char *copy = g_strdup(text ? text : "{}");
  free(text);
  return copy;
}

int64_t consumer_redrive(struct consumer *consumer)
{
  int64_t n_moved = 0;
  if (touch(consumer->ledger)) {
    queue_redrive(consumer->ledger->queue, queue_name(consumer), now_ms(), &n_moved, NULL);
  }
  wake_at(consumer, 0);
  return n_moved;
}

bool consumer_see(struct consumer *consumer, const struct created *created, const char *version,
                  int64_t round)
{
  struct queue *queue = consumer->ledger->queue;
  const char *name = queue_name(consumer);
  bool has_looked = false;
  bool is_new = false;
  int64_t id = 0;
  if (!touch(consumer->ledger) || !queue_has_looked(queue, name, &has_looked, NULL) ||
      !queue_mark(queue, name, created->key, version, round, &is_new, NULL)) {
    return false;
  }
  if (!is_new || !has_looked) {
    return true;
  }
  g_autofree char *body = created_write(created);
  int64_t now = now_ms();
  bool is_good = body && queue_send(queue, name, body, strlen(body), "", now, now, &id, NULL);
  wake_at(consumer, now);
  return is_good;
}

bool consumer_end_look(struct consumer *consumer, int64_t round, bool *is_first)
{
  return touch(consumer->ledger) &&
         queue_end_round(consumer->ledger->queue, queue_name(consumer), round, is_first, NULL);
}
