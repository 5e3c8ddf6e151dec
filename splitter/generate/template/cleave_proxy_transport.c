#include "cleave_proxy_transport.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "cleave_proxy_metadata.h"
#include "cleave_proxy_sign.h"

#define ANSWER_LIMIT (32u << 20)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;

static void thread_free(void *data)
{
  struct proxy_thread *thread = data;
  while (thread->lent) {
    struct proxy_lent *lent = thread->lent;
    thread->lent = lent->next;
    cleave_marshal_end(&lent->marshal);
    free(lent);
  }
  if (thread->process == (int)getpid()) {
    curl_easy_cleanup(thread->connections);
  }
  free(thread);
}

static void start(void)
{
  curl_global_init(CURL_GLOBAL_DEFAULT);
  pthread_key_create(&thread_key, thread_free);
}

struct proxy_thread *proxy_thread(void)
{
  pthread_once(&once, start);
  struct proxy_thread *thread = pthread_getspecific(thread_key);
  if (!thread) {
    thread = calloc(1, sizeof *thread);
    if (thread) {
      pthread_setspecific(thread_key, thread);
    }
  }
  if (thread && (!thread->connections || thread->process != (int)getpid())) {
    /* After a fork the parent's connections are not the child's to use, nor to close. */
    thread->connections = curl_easy_init();
    thread->process = (int)getpid();
  }
  return thread && thread->connections ? thread : NULL;
}

void proxy_exchange_init(struct proxy_exchange *exchange, struct arena *arena)
{
  memset(exchange, 0, sizeof *exchange);
  exchange->arena = arena;
  exchange->method = "POST";
}

/* What would end a header line early does not travel. */
static int is_clean(const char *text)
{
  for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
    if ((*at < ' ' && *at != '\t') || *at == 127) {
      return 0;
    }
  }
  return 1;
}

void proxy_exchange_header(struct proxy_exchange *exchange, const char *name, const char *value)
{
  if (!*name || !is_clean(name) || strpbrk(name, ": ;") || !is_clean(value)) {
    return;
  }
  fields_add(&exchange->headers, exchange->arena, name, value);
}

void proxy_exchange_clear(struct proxy_exchange *exchange)
{
  free(exchange->answer);
  exchange->answer = NULL;
  exchange->n_answer = 0;
}

static size_t take_body(char *data, size_t size, size_t n, void *to)
{
  struct proxy_exchange *exchange = to;
  size_t length = size * n;
  if (length > ANSWER_LIMIT - exchange->n_answer) {
    return 0;
  }
  char *answer = realloc(exchange->answer, exchange->n_answer + length + 1);
  if (!answer) {
    return 0;
  }
  memcpy(answer + exchange->n_answer, data, length);
  exchange->answer = answer;
  exchange->n_answer += length;
  answer[exchange->n_answer] = '\0';
  return length;
}

static size_t take_header(char *data, size_t size, size_t n, void *to)
{
  struct proxy_exchange *exchange = to;
  size_t length = size * n;
  const char *colon = memchr(data, ':', length);
  if (length > 5 && strncmp(data, "HTTP/", 5) == 0) {
    exchange->answer_headers = (struct fields){NULL, 0, 0}; /* the last answer counts */
  }
  if (colon) {
    const char *value = colon + 1;
    const char *end = data + length;
    while (value < end && (*value == ' ' || *value == '\t')) {
      value++;
    }
    while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' ')) {
      end--;
    }
    if (!memchr(value, '\0', (size_t)(end - value))) {
      fields_add(&exchange->answer_headers, exchange->arena,
                 arena_copy(exchange->arena, data, (size_t)(colon - data)),
                 arena_copy(exchange->arena, value, (size_t)(end - value)));
    }
  }
  return length;
}

/* libcurl sends a request again when a kept connection turns out to be closed: the peer may have
 * worked on it all the same. Whether to try again is for the caller to say. */
static int before_sending(void *data, char *peer, char *local, int peer_port, int local_port)
{
  unsigned *n_sent = data;
  (void)peer, (void)local, (void)peer_port, (void)local_port;
  return ++*n_sent > 1 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static struct curl_slist *append_fields(struct curl_slist *list, struct arena *arena,
                                        const struct fields *fields)
{
  struct cleave_fields view = fields_view(fields);
  for (size_t i = 0; i < view.n_items; i++) {
    /* With nothing behind the colon libcurl would leave the header out. */
    const char *format = *view.items[i].value ? "%s: %s" : "%s;";
    struct curl_slist *longer = curl_slist_append(
        list, arena_print(arena, format, view.items[i].name, view.items[i].value));
    list = longer ? longer : list;
  }
  return list;
}

static int cannot_sign(struct proxy_exchange *exchange, const char *why)
{
  snprintf(exchange->problem, sizeof exchange->problem, "%s", why);
  exchange->error_number = EACCES;
  exchange->is_unsent = 1;
  return -1;
}

/* Host, path and query of the address; path and query as they travel. */
static int take_apart(const struct proxy_exchange *exchange, struct proxy_signing *signing)
{
  const char *host = strstr(exchange->url, "://");
  if (!host) {
    return -1;
  }
  host += 3;
  size_t n = strcspn(host, "/?");
  const char *path = host + n;
  const char *mark = strchr(path, '?');
  int is_secure = strncmp(exchange->url, "https:", 6) == 0;
  signing->path = arena_copy(exchange->arena, path, mark ? (size_t)(mark - path) : strlen(path));
  signing->query = mark ? mark + 1 : "";
  const char *own_port = is_secure ? ":443" : ":80";
  if (n > strlen(own_port) &&
      strncmp(host + n - strlen(own_port), own_port, strlen(own_port)) == 0) {
    n -= strlen(own_port);
  }
  signing->host = arena_copy(exchange->arena, host, n);
  return 0;
}

static int sign(struct proxy_exchange *exchange)
{
  struct proxy_credentials credentials;
  struct proxy_signing signing = {.method = exchange->method,
                                  .body = exchange->body,
                                  .n_body = exchange->n_body,
                                  .headers = fields_view(&exchange->headers),
                                  .region = exchange->region,
                                  .service = exchange->service,
                                  .now = time(NULL)};
  if (proxy_credentials_get(exchange->arena, &credentials) != 0) {
    return cannot_sign(exchange, credentials.problem);
  }
  signing.id = credentials.id;
  signing.secret = credentials.secret;
  signing.token = credentials.token;
  exchange->signature = (struct fields){NULL, 0, 0};
  if (take_apart(exchange, &signing) != 0 ||
      proxy_sign(exchange->arena, &signing, &exchange->signature) != 0) {
    return cannot_sign(exchange, "the request cannot be signed");
  }
  return 0;
}

static int errno_of(CURLcode code)
{
  switch (code) {
  case CURLE_COULDNT_CONNECT:
    return ECONNREFUSED;
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY:
    return EHOSTUNREACH;
  case CURLE_OPERATION_TIMEDOUT:
    return ETIMEDOUT;
  case CURLE_WRITE_ERROR:
    return EMSGSIZE;
  case CURLE_OUT_OF_MEMORY:
    return ENOMEM;
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_GOT_NOTHING:
  case CURLE_PARTIAL_FILE:
  case CURLE_ABORTED_BY_CALLBACK:
    return ECONNRESET;
  default:
    return EPROTO;
  }
}

static void set_options(CURL *curl, struct proxy_exchange *exchange, unsigned *n_sent)
{
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_URL, exchange->url);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)exchange->timeout_ms);
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
  curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, before_sending);
  curl_easy_setopt(curl, CURLOPT_PREREQDATA, n_sent);
  if (exchange->is_direct) {
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  }
  if (strcmp(exchange->method, "HEAD") == 0) {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (exchange->n_body > 0 || strcmp(exchange->method, "GET") != 0) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->n_body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange->n_body > 0 ? exchange->body : "");
  }
  if (strcmp(exchange->method, "HEAD") != 0) {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, exchange->method);
  }
}

int proxy_exchange_run(struct proxy_exchange *exchange)
{
  struct proxy_thread *thread = proxy_thread();
  unsigned n_sent = 0;
  char words[CURL_ERROR_SIZE] = "";
  exchange->status = 0;
  if (!thread) {
    exchange->error_number = ENOMEM;
    exchange->is_unsent = 1;
    return -1;
  }
  if (exchange->service && sign(exchange) != 0) { /* may ask a server for credentials itself */
    return -1;
  }
  CURL *curl = thread->connections;
  curl_easy_reset(curl); /* keeps the connections */
  set_options(curl, exchange, &n_sent);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
  struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
  headers = append_fields(headers, exchange->arena, &exchange->headers);
  headers = append_fields(headers, exchange->arena, &exchange->signature);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  CURLcode code = curl_easy_perform(curl);
  long sent = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &exchange->status);
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
  curl_slist_free_all(headers);
  if (code != CURLE_OK) {
    exchange->status = 0;
    exchange->is_unsent = sent == 0;
    exchange->error_number = errno_of(code);
    snprintf(exchange->problem, sizeof exchange->problem, "%.120s",
             *words ? words : curl_easy_strerror(code));
    return -1;
  }
  return 0;
}
