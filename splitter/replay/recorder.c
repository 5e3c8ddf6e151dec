#include "splitter/replay/recorder.h"

#include <event2/event.h>
#include <signal.h>
#include <string.h>

#include "splitter/host/listener.h"
#include "splitter/host/upstream.h"
#include "splitter/replay/har.h"

#define MAX_HEADERS ((size_t)64 * 1024)
#define MAX_BODY ((size_t)64 * 1024 * 1024)
#define TIMEOUT_MS 120000

struct recorder {
  struct event_base *base;
  struct upstream *upstream;
  struct listener *listener;
  struct har_writer *writer;
  char *origin;
  GHashTable *open; /* call -> passage */
  size_t n_entries;
  GError *error;
};

/* A request on its way; call is NULL when its peer is gone. */
struct passage {
  struct recorder *recorder;
  struct call *call;
  char *method;
  char *target;
  GArray *headers;
  GStringChunk *strings;
  GBytes *body;
  double started;
};

static void passage_free(struct passage *passage)
{
  g_free(passage->method);
  g_free(passage->target);
  g_array_unref(passage->headers);
  g_string_chunk_free(passage->strings);
  g_bytes_unref(passage->body);
  g_free(passage);
}

static void write_down(struct passage *passage, const struct upstream_answer *answer)
{
  struct recorder *recorder = passage->recorder;
  gsize n_body = 0;
  const char *body = g_bytes_get_data(passage->body, &n_body);
  struct har_exchange exchange = {
      .method = passage->method,
      .origin = recorder->origin,
      .target = passage->target,
      .headers = (const struct cleave_field *)(const void *)passage->headers->data,
      .n_headers = passage->headers->len,
      .body = body ? body : "",
      .n_body = n_body,
      .status = answer->status,
      .reason = http_status_str((enum http_status)answer->status),
      .answer_headers = answer->fields->items,
      .n_answer_headers = answer->fields->n_items,
      .answer_body = answer->body,
      .n_answer_body = answer->n_body,
      .started = passage->started,
      .seconds = answer->seconds,
  };
  if (!har_writer_add(recorder->writer, &exchange, &recorder->error)) {
    event_base_loopbreak(recorder->base);
  }
  recorder->n_entries++;
}

static void pass_back(struct call *call, const struct upstream_answer *answer)
{
  g_autoptr(GArray) headers = g_array_new(FALSE, FALSE, sizeof(struct cleave_field));
  for (size_t i = 0; i < answer->fields->n_items; i++) {
    if (!upstream_is_hop(answer->fields->items[i].name)) {
      g_array_append_val(headers, answer->fields->items[i]);
    }
  }
  call_reply(call, answer->status, (const struct cleave_field *)(const void *)headers->data,
             headers->len, answer->body, answer->n_body);
}

static void on_answer(const struct upstream_answer *answer, void *data)
{
  struct passage *passage = data;
  struct recorder *recorder = passage->recorder;
  struct call *call = passage->call;
  if (call) {
    g_hash_table_remove(recorder->open, call);
  }
  if (answer->status != 0 && !recorder->error) {
    write_down(passage, answer);
  }
  if (call && answer->status != 0) {
    pass_back(call, answer);
  } else if (call) {
    call_reply_json(call, answer->is_late ? 504 : 502,
                    "{\"message\":\"the monolith gave no answer\"}");
  }
  passage_free(passage);
}

static void on_call(struct call *call, void *data)
{
  struct recorder *recorder = data;
  const struct wire *request = call_request(call);
  struct passage *passage = g_new0(struct passage, 1);
  passage->recorder = recorder;
  passage->call = call;
  passage->method = g_strdup(http_method_str((enum http_method)request->parser.method));
  passage->target = g_strdup(buffer_text(&request->target));
  passage->headers = g_array_new(FALSE, FALSE, sizeof(struct cleave_field));
  passage->strings = g_string_chunk_new(512);
  passage->body = g_bytes_new(buffer_text(&request->body), request->body.length);
  passage->started = (double)g_get_real_time() / 1e6;
  for (size_t i = 0; i < request->headers.n_items; i++) {
    struct cleave_field field = {
        g_string_chunk_insert(passage->strings, request->headers.items[i].name),
        g_string_chunk_insert(passage->strings, request->headers.items[i].value)};
    g_array_append_val(passage->headers, field);
  }
  g_hash_table_insert(recorder->open, call, passage);
  const char *host = wire_header(request, "host");
  struct upstream_request sent = {
      .method = passage->method,
      .target = passage->target,
      .headers = (const struct cleave_field *)(const void *)passage->headers->data,
      .n_headers = passage->headers->len,
      .body = buffer_text(&request->body),
      .n_body = request->body.length,
      .host = host,
      .timeout_ms = TIMEOUT_MS,
  };
  upstream_send(recorder->upstream, &sent, on_answer, passage);
}

static void on_gone(struct call *call, void *data)
{
  struct recorder *recorder = data;
  struct passage *passage = g_hash_table_lookup(recorder->open, call);
  if (passage) {
    passage->call = NULL;
    g_hash_table_remove(recorder->open, call);
  }
}

static void on_signal(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct recorder *recorder = data;
  event_base_loopbreak(recorder->base);
}

static void serve(struct recorder *recorder, const struct recorder_options *options)
{
  struct event *interrupt = evsignal_new(recorder->base, SIGINT, on_signal, recorder);
  struct event *terminate = evsignal_new(recorder->base, SIGTERM, on_signal, recorder);
  evsignal_add(interrupt, NULL);
  evsignal_add(terminate, NULL);
  options->on_start(listener_port(recorder->listener), options->data);
  event_base_dispatch(recorder->base);
  event_free(interrupt);
  event_free(terminate);
}

bool recorder_run(const struct recorder_options *options, size_t *n_entries, GError **error)
{
  struct wire_limits limits = {MAX_HEADERS, MAX_BODY};
  struct recorder recorder = {.base = event_base_new(), .open = g_hash_table_new(NULL, NULL)};
  bool is_good = false;
  recorder.upstream = upstream_from_url(recorder.base, options->monolith, limits, error);
  if (recorder.upstream) {
    recorder.origin = g_strconcat("http://", upstream_authority(recorder.upstream), NULL);
    recorder.listener = listener_new(recorder.base, "127.0.0.1", options->port, limits, on_call,
                                     on_gone, &recorder, error);
  }
  if (recorder.listener) {
    recorder.writer = har_writer_new(options->path, options->version, error);
  }
  if (recorder.writer) {
    serve(&recorder, options);
    is_good = !recorder.error && har_writer_finish(recorder.writer, error);
  }
  if (recorder.error) {
    g_propagate_error(error, recorder.error);
  }
  *n_entries = recorder.n_entries;
  GHashTableIter iterator;
  gpointer passage = NULL;
  g_hash_table_iter_init(&iterator, recorder.open);
  while (g_hash_table_iter_next(&iterator, NULL, &passage)) {
    passage_free(passage);
  }
  g_hash_table_remove_all(recorder.open);
  listener_free(recorder.listener);
  upstream_free(recorder.upstream);
  har_writer_free(recorder.writer);
  g_hash_table_destroy(recorder.open);
  event_base_free(recorder.base);
  g_free(recorder.origin);
  return is_good;
}
