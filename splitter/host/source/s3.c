/* Source: ListObjectsV2 of the Amazon S3 API reference (docs.aws.amazon.com, read 2026-11-27). */
#include "splitter/host/source/s3.h"

#include <string.h>

#include "splitter/host/source/created.h"
#include "splitter/host/source/kind.h"
#include "splitter/host/source/markup.h"
#include "splitter/runtime/encoding.h"

#define PAUSE_MS 2000
#define FAILURE_PAUSE_MS 5000
#define LIST_MS 20000
#define MAX_HEADERS ((size_t)64 * 1024)
#define MAX_ANSWER ((size_t)16 * 1024 * 1024)

struct bucket_source {
  struct bucket_source_options options;
  struct source_place *place;
  struct upstream *upstream;
  struct event *wake;
  struct delivery *listing;
  char *next; /* where the next page begins, or NULL */
  int64_t round;
  unsigned n_failures;
};

static void say(const struct bucket_source *source, const char *what)
{
  const struct host_watcher *watcher = &source->options.watcher;
  if (watcher->on_change) {
    g_autofree char *text = g_strdup_printf("s3 '%s': %s", source->place->name, what);
    watcher->on_change(source->options.function, 0, text, watcher->data);
  }
}

static void wake_in(struct bucket_source *source, unsigned ms)
{
  struct timeval time = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
  evtimer_add(source->wake, &time);
}

/* The look is given up; the next one begins anew. */
static void failed(struct bucket_source *source, const char *problem)
{
  if (source->n_failures++ == 0) {
    g_autofree char *text = g_strdup_printf("cannot be listed: %s", problem);
    say(source, text);
  }
  g_clear_pointer(&source->next, g_free);
  source->round = 0;
  unsigned ms = PAUSE_MS;
  for (unsigned i = 1; i < source->n_failures && ms < FAILURE_PAUSE_MS; i++) {
    ms *= 2;
  }
  wake_in(source, MIN(ms, FAILURE_PAUSE_MS));
}

/* A key as it is: listings encode it when they say so. NULL when it cannot be told to a function.
 */
static char *key_of(const char *text, bool is_encoded)
{
  struct arena arena;
  size_t n = strlen(text);
  arena_init(&arena);
  const char *key = is_encoded ? percent_decode(&arena, text, n, true, &n) : text;
  char *copy = n > 0 && strlen(key) == n && utf8_is_valid(key, n) ? g_strdup(key) : NULL;
  arena_clear(&arena);
  return copy;
}

static bool see(struct bucket_source *source, GHashTable *record, bool is_encoded)
{
  g_autofree char *key = key_of(markup_text(record, "Key"), is_encoded);
  g_autofree char *etag = g_strdup(markup_text(record, "ETag"));
  g_autofree char *version = g_strjoin(" ", etag, markup_text(record, "LastModified"), NULL);
  if (!key || key[strlen(key) - 1] == '/') {
    return true; /* a folder's own entry is no object that somebody wrote */
  }
  g_strdelimit(etag, "\"", ' ');
  struct created created = {.bucket = source->place->name,
                            .key = key,
                            .etag = g_strstrip(etag),
                            .size = g_ascii_strtoull(markup_text(record, "Size"), NULL, 10)};
  return consumer_see(source->options.consumer, &created, version, source->round);
}

static void read_page(struct bucket_source *source, const char *body, size_t n_body)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GHashTable) top = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GPtrArray) records =
      markup_records(body, n_body, "ListBucketResult", "Contents", top, &error);
  bool is_first = false;
  if (!records) {
    failed(source, error->message);
    return;
  }
  bool is_encoded = strcmp(markup_text(top, "EncodingType"), "url") == 0;
  bool is_good = true;
  for (guint i = 0; is_good && i < records->len; i++) {
    is_good = see(source, g_ptr_array_index(records, i), is_encoded);
  }
  bool is_truncated = strcmp(markup_text(top, "IsTruncated"), "true") == 0;
  const char *next = markup_text(top, "NextContinuationToken");
  if (is_truncated && (*next == '\0' || g_strcmp0(next, source->next) == 0)) {
    failed(source, "the list does not go on");
    return;
  }
  g_free(source->next);
  source->next = is_truncated ? g_strdup(next) : NULL;
  if (is_good && !is_truncated) {
    is_good = consumer_end_look(source->options.consumer, source->round, &is_first);
  }
  if (!is_good) {
    failed(source, "what it holds could not be written down");
    return;
  }
  if (source->n_failures > 0) {
    say(source, "answers again");
    source->n_failures = 0;
  }
  if (is_first) {
    say(source, "is watched: what it holds now does not count as created");
  }
  wake_in(source, source->next ? 0 : PAUSE_MS);
}

static void on_listed(const struct upstream_answer *answer, void *data)
{
  struct bucket_source *source = data;
  source->listing = NULL;
  if (answer->status == 200) {
    read_page(source, answer->body, answer->n_body);
    return;
  }
  g_autofree char *code = source_error_code(answer->body, answer->n_body);
  g_autofree char *problem = answer->status ? g_strdup_printf("status %d %s", answer->status, code)
                                            : g_strdup(answer->problem);
  failed(source, problem);
}

/* Writes and signs the request for a page. */
static bool write_request(const struct bucket_source *source, struct source_request *request,
                          GError **error)
{
  struct arena *arena = &request->arena;
  const char *next = source->next ? source->next : "";
  request->method = "GET";
  request->body = "";
  request->target =
      arena_print(arena, "%s?%s%s%sencoding-type=url&list-type=2", source->place->path,
                  *next ? "continuation-token=" : "",
                  percent_encode(arena, next, strlen(next), "-_.~"), *next ? "&" : "");
  return source_sign(source->place, "s3", request, error);
}

static void on_wake(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct bucket_source *source = data;
  g_autoptr(GError) error = NULL;
  struct source_request request;
  memset(&request, 0, sizeof request);
  if (!source->next) { /* rounds grow, and are different from those of an earlier host */
    source->round = MAX(source->round + 1, g_get_real_time());
  }
  if (write_request(source, &request, &error)) {
    struct upstream_request sent = {.method = request.method,
                                    .target = request.target,
                                    .headers = request.headers.items,
                                    .n_headers = request.headers.n_items,
                                    .body = "",
                                    .host = source->place->host,
                                    .timeout_ms = LIST_MS};
    source->listing = upstream_send(source->upstream, &sent, on_listed, source);
  } else {
    failed(source, error->message);
  }
  arena_clear(&request.arena);
}

struct bucket_source *bucket_source_new(const struct bucket_source_options *options, GError **error)
{
  struct wire_limits limits = {MAX_HEADERS, MAX_ANSWER};
  struct source_request request;
  g_autoptr(source_place_owner) place = source_place_new(options->address, error);
  struct upstream *upstream =
      place ? upstream_from_url(options->base, place->url, limits, error) : NULL;
  if (!upstream) {
    return NULL;
  }
  struct bucket_source *source = g_new0(struct bucket_source, 1);
  source->options = *options;
  source->place = g_steal_pointer(&place);
  source->upstream = upstream;
  source->wake = evtimer_new(options->base, on_wake, source);
  memset(&request, 0, sizeof request);
  bool is_good = write_request(source, &request, error); /* are there credentials? */
  arena_clear(&request.arena);
  if (!is_good) {
    bucket_source_free(source);
    return NULL;
  }
  wake_in(source, 0);
  return source;
}

void bucket_source_free(struct bucket_source *source)
{
  if (!source) {
    return;
  }
  if (source->listing) {
    upstream_cancel(source->listing);
  }
  event_free(source->wake);
  upstream_free(source->upstream);
  source_place_free(source->place);
  g_free(source->next);
  g_free(source);
}
