#include <string.h>
#include <time.h>

#include "splitter/generate/template/cleave_proxy_credentials.h"
#include "splitter/generate/template/cleave_proxy_sign.h"
#include "splitter/host/source/kind.h"

G_DEFINE_QUARK(cleave - source - error, source_error)

static const struct source_kind *const kinds[] = {&source_sqs, &source_azure, &source_pubsub};

void source_message_free(void *pointer)
{
  struct source_message *message = pointer;
  if (message) {
    g_free(message->id);
    g_free(message->receipt);
    g_bytes_unref(message->body);
    g_free(message->trace);
    json_decref(message->attributes);
    json_decref(message->record);
    g_free(message);
  }
}

void source_place_free(struct source_place *place)
{
  if (place) {
    g_free(place->address);
    g_free(place->url);
    g_free(place->path);
    g_free(place->name);
    g_free(place->host);
    g_free(place->region);
    g_free(place->account);
    g_bytes_unref(place->key);
    g_free(place);
  }
}

/* The region of "sqs.eu-central-1.amazonaws.com", or what the environment says. */
static char *region_of(const char *host)
{
  g_auto(GStrv) parts = g_strsplit(host, ".", 4);
  if (g_strv_length(parts) == 4 && g_str_has_prefix(parts[2], "amazonaws")) {
    return g_strdup(parts[1]);
  }
  const char *region = g_getenv("AWS_REGION");
  region = region && *region ? region : g_getenv("AWS_DEFAULT_REGION");
  return g_strdup(region && *region ? region : "us-east-1");
}

/* Scheme, host and port of URL. NULL with ERROR when it is none for a back end. */
static GUri *read_server(struct source_place *place, const char *url, GError **error)
{
  g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED, NULL);
  const char *scheme = uri ? g_uri_get_scheme(uri) : "";
  const char *host = uri ? g_uri_get_host(uri) : NULL;
  bool is_secure = strcmp(scheme, "https") == 0;
  if ((!is_secure && strcmp(scheme, "http") != 0) || !host || *host == '\0' ||
      g_uri_get_query(uri) || g_uri_get_fragment(uri) || g_uri_get_userinfo(uri)) {
    g_set_error(error, SOURCE_ERROR, 0, "'%s' is no address of the form http://HOST[:PORT]/PATH",
                url);
    return NULL;
  }
  int port = g_uri_get_port(uri);
  g_autofree char *name = g_strdup_printf(strchr(host, ':') ? "[%s]" : "%s", host);
  bool is_own_port = port <= 0 || port == (is_secure ? 443 : 80);
  g_free(place->host);
  g_free(place->url);
  place->host = is_own_port ? g_strdup(name) : g_strdup_printf("%s:%d", name, port);
  place->url = g_strdup_printf("%s://%s", scheme, place->host);
  return g_steal_pointer(&uri);
}

bool source_place_redirect(struct source_place *place, const char *url, GError **error)
{
  g_autoptr(GUri) uri = read_server(place, url, error);
  return uri != NULL;
}

static bool read_url(struct source_place *place, const char *text, GError **error)
{
  g_autoptr(GUri) uri = read_server(place, text, error);
  const char *path = uri ? g_uri_get_path(uri) : "";
  const char *last = strrchr(path, '/');
  if (!uri) {
    return false;
  }
  place->name = last ? g_uri_unescape_string(last + 1, NULL) : NULL;
  if (!place->name || *place->name == '\0' || strpbrk(path, " \r\n")) {
    g_set_error(error, SOURCE_ERROR, 0, "'%s' names no queue or bucket", text);
    return false;
  }
  place->address = g_strdup(text);
  place->path = g_strdup(path);
  place->region = region_of(g_uri_get_host(uri));
  return true;
}

struct source_place *source_place_new(const char *text, GError **error)
{
  const char *colon = strchr(text, ':');
  size_t n = colon ? (size_t)(colon - text) : 0;
  g_autoptr(source_place_owner) place = g_new0(struct source_place, 1);
  bool is_bucket = n == 2 && strncmp(text, "s3", 2) == 0;
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
    if (strlen(kinds[i]->name) == n && strncmp(text, kinds[i]->name, n) == 0) {
      place->kind = kinds[i];
    }
  }
  if (!place->kind && !is_bucket) {
    g_set_error(error, SOURCE_ERROR, 0,
                "'%s' does not begin with sqs:, s3:, azure: or pubsub: and an address", text);
    return NULL;
  }
  if (!read_url(place, colon + 1, error) || (place->kind && !place->kind->prepare(place, error))) {
    return NULL;
  }
  return g_steal_pointer(&place);
}

bool source_sign(const struct source_place *place, const char *service,
                 struct source_request *request, GError **error)
{
  struct proxy_credentials credentials;
  const char *query = strchr(request->target, '?');
  struct proxy_signing signing = {
      .method = request->method,
      .host = place->host,
      .path = query
                  ? arena_copy(&request->arena, request->target, (size_t)(query - request->target))
                  : request->target,
      .query = query ? query + 1 : "",
      .body = request->body,
      .n_body = request->n_body,
      .headers = fields_view(&request->headers),
      .region = place->region,
      .service = service,
      .now = time(NULL),
  };
  if (proxy_credentials_find(&request->arena, &credentials) != 0) {
    g_set_error(error, SOURCE_ERROR, 0, "%s", credentials.problem);
    return false;
  }
  signing.id = credentials.id;
  signing.secret = credentials.secret;
  signing.token = credentials.token;
  struct fields added = {NULL, 0, 0};
  if (proxy_sign(&request->arena, &signing, &added) != 0) {
    g_set_error(error, SOURCE_ERROR, 0, "the request cannot be signed");
    return false;
  }
  for (size_t i = 0; i < added.n_items; i++) {
    fields_add(&request->headers, &request->arena, added.items[i].name, added.items[i].value);
  }
  return true;
}

char *source_error_code(const char *body, size_t n_body)
{
  static const char *const marks[] = {"\"__type\"", "<Code>", "\"status\"", NULL};
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
  g_autofree char *text = g_strndup(body, n_body);
  for (size_t i = 0; marks[i]; i++) {
    const char *at = strstr(text, marks[i]);
    if (at) {
      at += strlen(marks[i]);
      at += strspn(at, " :\"");
      const char *hash = at + strcspn(at, "#\"<");
      at = *hash == '#' ? hash + 1 : at; /* "com.amazonaws.sqs#QueueDoesNotExist" */
      return g_strndup(at, MIN(strspn(at, letters), 64));
    }
  }
  return g_strdup("");
}

bool source_read_list(const struct source_place *place, const char *text, size_t n_text,
                      const char *name,
                      struct source_message *(*read)(const struct source_place *place,
                                                     json_t *given),
                      GPtrArray *messages, GError **error)
{
  json_t *root = json_loadb(text, n_text, JSON_ALLOW_NUL, NULL);
  json_t *list = json_object_get(root, name);
  bool is_good = json_is_object(root) && (!list || json_is_array(list));
  for (size_t i = 0; is_good && i < json_array_size(list); i++) {
    struct source_message *message = read(place, json_array_get(list, i));
    is_good = message != NULL;
    if (message) {
      g_ptr_array_add(messages, message);
    }
  }
  json_decref(root);
  if (!is_good) {
    g_set_error(error, SOURCE_ERROR, 0, "the answer is no list of messages");
  }
  return is_good;
}
