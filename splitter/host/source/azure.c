/* Azure's storage queues, by REST with a shared key.
 *
 * Source: "Get Messages", "Delete Message", "Update Message", "Put Message", "Create Queue" and
 * "Authorize with Shared Key" (learn.microsoft.com, read 2026-11-27). What fails too often goes to
 * NAME-poison, as the platform's own host does it. */
#include <string.h>
#include <time.h>

#include "splitter/host/source/kind.h"
#include "splitter/host/source/markup.h"
#include "splitter/runtime/encoding.h"

#define VERSION "2020-10-02"

/* The value of NAME in "A=1;B=2", or NULL. A new string. */
static char *connection_part(const char *text, const char *name)
{
  g_auto(GStrv) parts = g_strsplit(text, ";", -1);
  size_t n = strlen(name);
  for (char **part = parts; *part; part++) {
    if (strncmp(*part, name, n) == 0 && (*part)[n] == '=') {
      return g_strdup(*part + n + 1);
    }
  }
  return NULL;
}

static bool prepare(struct source_place *place, GError **error)
{
  const char *connection = g_getenv("AZURE_STORAGE_CONNECTION_STRING");
  g_autofree char *key = NULL;
  if (connection && *connection) {
    place->account = connection_part(connection, "AccountName");
    key = connection_part(connection, "AccountKey");
  } else {
    place->account = g_strdup(g_getenv("AZURE_STORAGE_ACCOUNT"));
    key = g_strdup(g_getenv("AZURE_STORAGE_KEY"));
  }
  struct arena arena;
  size_t n = 0;
  arena_init(&arena);
  const char *bytes = key ? base64_decode(&arena, key, strlen(key), &n) : NULL;
  bool is_good = place->account && *place->account && bytes && n > 0;
  if (is_good) {
    place->key = g_bytes_new(bytes, n);
  } else {
    g_set_error(error, SOURCE_ERROR, 0,
                "AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, "
                "hold no account and key");
  }
  arena_clear(&arena);
  return is_good;
}

static int compare_lines(gconstpointer left, gconstpointer right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The parameters of the query, each on a line of its own as "name:value", by name. */
static char *canonical_query(const char *query)
{
  g_auto(GStrv) parts = g_strsplit(query, "&", -1);
  GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
  for (char **part = parts; *part && **part; part++) {
    char *equals = strchr(*part, '=');
    g_autofree char *value = equals ? g_uri_unescape_string(equals + 1, NULL) : NULL;
    g_autofree char *name = equals ? g_strndup(*part, (gsize)(equals - *part)) : g_strdup(*part);
    g_ptr_array_add(lines, g_strdup_printf("\n%s:%s", name, value ? value : ""));
  }
  g_ptr_array_sort(lines, compare_lines);
  g_ptr_array_add(lines, NULL);
  char *text = g_strjoinv("", (char **)lines->pdata);
  g_ptr_array_unref(lines);
  return text;
}

static char *signature(GBytes *key, const char *text)
{
  gsize n_key = 0;
  const void *bytes = g_bytes_get_data(key, &n_key);
  guint8 digest[32];
  gsize n = sizeof digest;
  GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, bytes, n_key);
  g_hmac_update(hmac, (const guchar *)text, (gssize)strlen(text));
  g_hmac_get_digest(hmac, digest, &n);
  g_hmac_unref(hmac);
  return g_base64_encode(digest, n);
}

/* Signs what METHOD, target and body of REQUEST say. */
static void sign(const struct source_place *place, struct source_request *request)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree char *date = g_date_time_format(now, "%a, %d %b %Y %H:%M:%S GMT");
  const char *mark = strchr(request->target, '?');
  g_autofree char *path = mark ? g_strndup(request->target, (gsize)(mark - request->target))
                               : g_strdup(request->target);
  g_autofree char *query = canonical_query(mark ? mark + 1 : "");
  g_autofree char *length =
      request->n_body > 0 ? g_strdup_printf("%zu", request->n_body) : g_strdup("");
  g_autofree char *text = g_strdup_printf(
      "%s\n\n\n%s\n\n%s\n\n\n\n\n\n\nx-ms-date:%s\nx-ms-version:" VERSION "\n/%s%s%s",
      request->method, length, request->n_body > 0 ? "application/xml" : "", date, place->account,
      path, query);
  g_autofree char *value = signature(place->key, text);
  struct arena *arena = &request->arena;
  if (request->n_body > 0) {
    fields_add(&request->headers, arena, "Content-Type", "application/xml");
  }
  fields_add(&request->headers, arena, "x-ms-date", arena_string(arena, date));
  fields_add(&request->headers, arena, "x-ms-version", VERSION);
  fields_add(&request->headers, arena, "Authorization",
             arena_print(arena, "SharedKey %s:%s", place->account, value));
}

static bool receive(const struct source_place *place, unsigned n, unsigned seconds,
                    struct source_request *request, GError **error)
{
  (void)error;
  request->method = "GET";
  request->target =
      arena_print(&request->arena, "%s/messages?numofmessages=%u&visibilitytimeout=%u", place->path,
                  n, seconds);
  sign(place, request);
  return true;
}

static const char *message_target(const struct source_place *place,
                                  const struct source_message *message,
                                  struct source_request *request, const char *more)
{
  struct arena *arena = &request->arena;
  return arena_print(arena, "%s/messages/%s?popreceipt=%s%s", place->path,
                     percent_encode(arena, message->id, strlen(message->id), "-_.~"),
                     percent_encode(arena, message->receipt, strlen(message->receipt), "-_.~"),
                     more);
}

static bool acknowledge(const struct source_place *place, const struct source_message *message,
                        struct source_request *request, GError **error)
{
  (void)error;
  request->method = "DELETE";
  request->target = message_target(place, message, request, "");
  sign(place, request);
  return true;
}

/* The message in XML, in base64 as it came. */
static void set_message(const struct source_message *message, struct source_request *request)
{
  gsize n = 0;
  const void *body = g_bytes_get_data(message->body, &n);
  g_autofree char *encoded = g_base64_encode(body ? body : (const guchar *)"", n);
  request->body = arena_print(
      &request->arena, "<QueueMessage><MessageText>%s</MessageText></QueueMessage>", encoded);
  request->n_body = strlen(request->body);
}

static bool release(const struct source_place *place, const struct source_message *message,
                    unsigned seconds, struct source_request *request, GError **error)
{
  (void)error;
  request->method = "PUT";
  request->target = message_target(place, message, request,
                                   arena_print(&request->arena, "&visibilitytimeout=%u", seconds));
  set_message(message, request);
  sign(place, request);
  return true;
}

static bool bury(const struct source_place *place, const struct source_message *message,
                 struct source_request *request, GError **error)
{
  (void)error;
  request->method = "POST";
  request->target = arena_print(&request->arena, "%s-poison/messages", place->path);
  set_message(message, request);
  sign(place, request);
  return true;
}

static bool make_grave(const struct source_place *place, struct source_request *request,
                       GError **error)
{
  (void)error;
  request->method = "PUT";
  request->target = arena_print(&request->arena, "%s-poison", place->path);
  sign(place, request);
  return true;
}

/* "Fri, 27 Nov 2026 07:00:00 GMT" as milliseconds, 0 when it is none. */
static int64_t milliseconds(const char *time)
{
  struct tm parts = {0};
  return strptime(time, "%a, %d %b %Y %H:%M:%S GMT", &parts) ? (int64_t)timegm(&parts) * 1000 : 0;
}

/* Base64, as the platform's host writes and reads it; what is none is taken as it is. */
static GBytes *body_of(const char *text)
{
  struct arena arena;
  size_t n = 0;
  arena_init(&arena);
  const char *data = base64_decode(&arena, text, strlen(text), &n);
  GBytes *body = data ? g_bytes_new(data, n) : g_bytes_new(text, strlen(text));
  arena_clear(&arena);
  return body;
}

static bool read_answer(const struct source_place *place, const char *text, size_t n_text,
                        GPtrArray *messages, GError **error)
{
  (void)place;
  GPtrArray *records =
      markup_records(text, n_text, "QueueMessagesList", "QueueMessage", NULL, error);
  bool is_good = records != NULL;
  for (guint i = 0; is_good && i < records->len; i++) {
    GHashTable *record = g_ptr_array_index(records, i);
    const char *id = markup_text(record, "MessageId");
    const char *receipt = markup_text(record, "PopReceipt");
    is_good = *id && *receipt;
    if (!is_good) {
      g_set_error(error, SOURCE_ERROR, 0, "a message has no id or no receipt");
      break;
    }
    struct source_message *message = g_new0(struct source_message, 1);
    message->id = g_strdup(id);
    message->receipt = g_strdup(receipt);
    message->body = body_of(markup_text(record, "MessageText"));
    message->n_deliveries =
        (unsigned)g_ascii_strtoull(markup_text(record, "DequeueCount"), NULL, 10);
    message->sent_ms = milliseconds(markup_text(record, "InsertionTime"));
    message->trace = g_strdup("");
    message->attributes = json_object();
    g_ptr_array_add(messages, message);
  }
  if (records) {
    g_ptr_array_unref(records);
  }
  return is_good;
}

const struct source_kind source_azure = {
    .name = "azure",
    .max_batch = 32,
    .prepare = prepare,
    .receive = receive,
    .read = read_answer,
    .acknowledge = acknowledge,
    .release = release,
    .bury = bury,
    .make_grave = make_grave,
};
